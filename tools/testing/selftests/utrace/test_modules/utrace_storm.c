// SPDX-License-Identifier: GPL-2.0-only
/*
 * Engines that do whatever comes to their mind: the part of the storm that is in
 * the kernel.  User space attaches them through /dev/utrace_storm, and what they
 * do follows from the seed that it gives.
 *
 * They may be left attached, without an owner; when the module is unloaded it
 * detaches them all.
 */
#include <linux/atomic.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/pid.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/signal.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/uaccess.h>
#include <linux/utrace.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>

#include "../utrace_storm.h"
#include "utrace_regs.h"

static unsigned int slots = 256;
module_param(slots, uint, 0444);
MODULE_PARM_DESC(slots, "how many engines there can be at a time");

/* What the engines have done. */
static atomic_long_t storm_callbacks;
static atomic_long_t storm_calls;
static atomic_long_t storm_attached;

static int storm_get_count(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%ld\n",
			  atomic_long_read((atomic_long_t *)kp->arg));
}

static const struct kernel_param_ops storm_count_ops = {
	.get = storm_get_count,
};

module_param_cb(callbacks, &storm_count_ops, &storm_callbacks, 0444);
MODULE_PARM_DESC(callbacks, "how many callbacks were made");
module_param_cb(calls, &storm_count_ops, &storm_calls, 0444);
MODULE_PARM_DESC(calls, "how many calls callbacks made");
module_param_cb(attached, &storm_count_ops, &storm_attached, 0444);
MODULE_PARM_DESC(attached, "how many engines were attached");

/**
 * struct storm_engine - what an engine's data points to; goes with the engine
 * @users: one for the slot, and one for each who looks at it just now
 * @engine: the engine, with a reference as long as there are users
 * @task: what it is attached to, likewise
 * @slot: which slot it is in
 * @owner: number of the open file that it goes with, or 0
 * @how: %STORM_WILD, or not any more
 * @holds: the task is to be stopped, says whoever made it calm
 * @state: of the stream of numbers; only used in callbacks, one after another
 * @rcu: to free it
 */
struct storm_engine {
	refcount_t users;
	struct utrace_engine *engine;
	struct task_struct *task;
	unsigned int slot;
	u64 owner;
	u32 how;
	bool holds;
	u64 state;
	struct rcu_head rcu;
};

/* Guards the slots, and what follows. */
static DEFINE_SPINLOCK(storm_lock);
static struct storm_engine **storm_slots;
static unsigned int storm_last_slot;
static u64 storm_last_owner;
static bool storm_closing;

/* How many there are that were not freed yet. */
static atomic_t storm_live;

static const struct utrace_engine_ops storm_all_ops;
static const struct utrace_engine_ops storm_few_ops;

/* A slot that is taken, but whose engine is not attached yet. */
#define STORM_RESERVED	((struct storm_engine *)ERR_PTR(-EBUSY))

/* --- numbers */

static u64 storm_next(u64 *state)
{
	u64 z = (*state += 0x9e3779b97f4a7c15ull);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

static u32 storm_below(struct storm_engine *mine, u32 limit)
{
	return (u32)storm_next(&mine->state) % limit;
}

/* In so many of a thousand cases. */
static bool storm_chance(struct storm_engine *mine, u32 permille)
{
	return storm_below(mine, 1000) < permille;
}

/* All that may be asked for by who does not do job control, nor seccomp. */
static unsigned long storm_random_events(struct storm_engine *mine)
{
	unsigned long events = storm_next(&mine->state) & UTRACE_EVENT_ALL;

	if (storm_chance(mine, 300))
		events &= ~UTRACE_EVENT_SYSCALL;
	return events & ~UTRACE_EVENT(GROUP_STOP);
}

/* --- slots */

static struct storm_engine *storm_get(unsigned int slot)
{
	struct storm_engine *mine;

	guard(spinlock_irqsave)(&storm_lock);
	mine = slot < slots ? storm_slots[slot] : NULL;
	if (IS_ERR_OR_NULL(mine))
		return NULL;
	refcount_inc(&mine->users);
	return mine;
}

/* With the last reference to the engine it is freed by storm_release(). */
static void storm_put(struct storm_engine *mine)
{
	struct task_struct *task = mine->task;

	if (!refcount_dec_and_test(&mine->users))
		return;
	utrace_engine_put(mine->engine);
	put_task_struct(task);
}

static int storm_reserve(void)
{
	unsigned int i, slot;

	guard(spinlock_irqsave)(&storm_lock);
	if (storm_closing)
		return -ESHUTDOWN;
	for (i = 1; i <= slots; i++) {
		slot = (storm_last_slot + i) % slots;
		if (storm_slots[slot])
			continue;
		storm_slots[slot] = STORM_RESERVED;
		storm_last_slot = slot;
		return slot;
	}
	return -ENOSPC;
}

static void storm_set_slot(unsigned int slot, struct storm_engine *mine)
{
	guard(spinlock_irqsave)(&storm_lock);
	storm_slots[slot] = mine;
}

/* By ioctl, or from a callback. The number of the slot, or an error. */
static int storm_attach(struct task_struct *task, u32 how, u64 seed,
			unsigned long events, u64 owner)
{
	int flags = UTRACE_ATTACH_CREATE, slot;
	struct storm_engine *mine;
	struct utrace_engine *engine;

	if (how & STORM_EXCLUSIVE)
		flags |= UTRACE_ATTACH_EXCLUSIVE | UTRACE_ATTACH_MATCH_OPS;
	mine = kzalloc(sizeof(*mine), GFP_KERNEL);
	if (!mine)
		return -ENOMEM;
	slot = storm_reserve();
	if (slot < 0) {
		kfree(mine);
		return slot;
	}
	refcount_set(&mine->users, 1);
	mine->task = get_task_struct(task);
	mine->slot = slot;
	mine->owner = owner;
	mine->how = how;
	mine->state = seed;
	atomic_inc(&storm_live);

	engine = utrace_attach_task(task, flags, how & STORM_FEW ?
						 &storm_few_ops : &storm_all_ops,
				    mine);
	if (IS_ERR(engine)) {
		storm_set_slot(slot, NULL);
		put_task_struct(task);
		kfree(mine);
		atomic_dec(&storm_live);
		return PTR_ERR(engine);
	}
	mine->engine = engine;
	utrace_set_events(task, engine, events);
	atomic_long_inc(&storm_attached);
	storm_set_slot(slot, mine);
	return slot;
}

/*
 * Detach, wait for the callback that may be running, give the slot back. Can be
 * called for the same one at the same time. Zero, or why it is still there.
 */
static int storm_drop(struct storm_engine *mine)
{
	int ret;

	ret = utrace_control(mine->task, mine->engine, UTRACE_DETACH);
	if (ret == -EALREADY)
		return ret;
	if (ret) {
		ret = utrace_barrier(mine->task, mine->engine);
		if (ret && ret != -ESRCH)
			return ret;
	}
	scoped_guard(spinlock_irqsave, &storm_lock) {
		if (storm_slots[mine->slot] != mine)
			return 0;
		storm_slots[mine->slot] = NULL;
	}
	storm_put(mine);
	return 0;
}

/* Drop those of one owner, or all. How many could not be dropped yet? */
static unsigned int storm_drop_all(u64 owner)
{
	struct storm_engine *mine;
	unsigned int slot, left = 0;

	for (slot = 0; slot < slots; slot++) {
		mine = storm_get(slot);
		if (!mine)
			continue;
		if ((!owner || mine->owner == owner) && storm_drop(mine))
			left++;
		storm_put(mine);
	}
	return left;
}

/* --- callbacks */

static enum utrace_resume_action storm_action(struct storm_engine *mine)
{
	u32 nr = storm_below(mine, 1000);

	if (nr < 850)
		return UTRACE_RESUME;
	if (nr < 900)
		return UTRACE_STOP;
	if (nr < 920)
		return UTRACE_INTERRUPT;
	if (nr < 945)
		return UTRACE_REPORT;
	if (nr < 970)
		return UTRACE_SINGLESTEP;
	if (nr < 985)
		return UTRACE_BLOCKSTEP;
	if (nr < 990)
		return UTRACE_DETACH;
	return UTRACE_RESUME;
}

/* What may be called from inside a callback. */
static void storm_call_something(struct storm_engine *mine,
				 struct task_struct *child)
{
	struct task_struct *task = child ?: current;

	atomic_long_inc(&storm_calls);
	switch (storm_below(mine, child ? 2 : 8)) {
	case 0:
	case 1:
		storm_attach(task, STORM_WILD |
				   (storm_chance(mine, 500) ? STORM_FEW : 0) |
				   (child ? 0 : STORM_EXCLUSIVE),
			     storm_next(&mine->state),
			     storm_random_events(mine), mine->owner);
		break;
	case 2:
	case 3:
		utrace_set_events(task, mine->engine,
				  storm_random_events(mine));
		break;
	case 4:
		utrace_control(task, mine->engine, storm_action(mine));
		break;
	case 5:
		utrace_ask(task, mine->engine, storm_chance(mine, 500) ?
					       UTRACE_REPORT : UTRACE_INTERRUPT);
		break;
	case 6:
		utrace_barrier(task, mine->engine);
		break;
	case 7:
		usleep_range(50, 2000);
		break;
	}
}

/* The part of the answer that all events have. */
static u32 storm_answer(struct storm_engine *mine, struct task_struct *child)
{
	u32 ret;

	atomic_long_inc(&storm_callbacks);
	if (!(READ_ONCE(mine->how) & STORM_WILD))
		return READ_ONCE(mine->holds) ? UTRACE_STOP : UTRACE_RESUME;

	if (storm_chance(mine, child ? 400 : 20))
		storm_call_something(mine, child);
	ret = storm_action(mine);
	if (ret == UTRACE_STOP && storm_chance(mine, 500))
		ret |= UTRACE_STOP_HERE;
	return ret;
}

static bool storm_is_wild(struct storm_engine *mine)
{
	return READ_ONCE(mine->how) & STORM_WILD;
}

static u32 storm_quiesce(enum utrace_resume_action action,
			 struct utrace_engine *engine, struct task_struct *task,
			 unsigned long event)
{
	return storm_answer(engine->data, NULL);
}

/* A signal from nowhere, with whatever the task does about it. */
static u32 storm_inject(struct storm_engine *mine, kernel_siginfo_t *info,
			struct k_sigaction *return_ka)
{
	static const int signals[] = { SIGUSR1, SIGUSR2, SIGWINCH, SIGALRM };
	struct sighand_struct *sighand;
	int signr = signals[storm_below(mine, ARRAY_SIZE(signals))];

	clear_siginfo(info);
	info->si_signo = signr;
	info->si_code = SI_KERNEL;
	/* The task's own, so it stays. */
	sighand = rcu_dereference_protected(current->sighand, true);
	guard(spinlock_irq)(&sighand->siglock);
	*return_ka = sighand->action[signr - 1];
	return UTRACE_SIGNAL_DELIVER;
}

static u32 storm_signal(u32 action, struct utrace_engine *engine,
			struct task_struct *task, struct pt_regs *regs,
			kernel_siginfo_t *info,
			const struct k_sigaction *orig_ka,
			struct k_sigaction *return_ka)
{
	static const u32 verdicts[] = {
		UTRACE_SIGNAL_DELIVER, UTRACE_SIGNAL_IGN, UTRACE_SIGNAL_IGN,
		UTRACE_SIGNAL_IGN, UTRACE_SIGNAL_TERM, UTRACE_SIGNAL_CORE,
		UTRACE_SIGNAL_STOP, UTRACE_SIGNAL_TSTP,
	};
	u32 result = action & (UTRACE_SIGNAL_MASK | UTRACE_SIGNAL_HOLD);
	struct storm_engine *mine = engine->data;
	u32 ret = storm_answer(mine, NULL);

	if (!storm_is_wild(mine))
		return result | ret;
	if (!orig_ka) {
		if (storm_chance(mine, 5))
			result = storm_inject(mine, info, return_ka);
	} else if (info->si_signo == SIGTRAP && storm_chance(mine, 800)) {
		/* Most likely of a step. */
		result = UTRACE_SIGNAL_IGN;
	} else if (storm_chance(mine, 50)) {
		result = verdicts[storm_below(mine, ARRAY_SIZE(verdicts))];
		if (storm_chance(mine, 100))
			result |= UTRACE_SIGNAL_HOLD;
	}
	return result | ret;
}

static u32 storm_clone(enum utrace_resume_action action,
		       struct utrace_engine *engine, struct task_struct *parent,
		       unsigned long clone_flags, struct task_struct *child)
{
	return storm_answer(engine->data, child);
}

static u32 storm_jctl(enum utrace_resume_action action,
		      struct utrace_engine *engine, struct task_struct *task,
		      int type, int notify)
{
	return storm_answer(engine->data, NULL);
}

static u32 storm_exec(enum utrace_resume_action action,
		      struct utrace_engine *engine, struct task_struct *task,
		      const struct linux_binfmt *fmt,
		      const struct linux_binprm *bprm, struct pt_regs *regs)
{
	return storm_answer(engine->data, NULL);
}

static u32 storm_call_verdict(struct storm_engine *mine, u32 action)
{
	u32 result = utrace_syscall_action(action);

	if (storm_is_wild(mine) && storm_chance(mine, 3))
		result ^= UTRACE_SYSCALL_ABORT;
	return result;
}

static u32 storm_syscall_entry(u32 action, struct utrace_engine *engine,
			       struct task_struct *task, struct pt_regs *regs)
{
	u32 ret = storm_answer(engine->data, NULL);

	return storm_call_verdict(engine->data, action) | ret;
}

static u32 storm_syscall_exit(enum utrace_resume_action action,
			      struct utrace_engine *engine,
			      struct task_struct *task, struct pt_regs *regs)
{
	return storm_answer(engine->data, NULL);
}

static u32 storm_exit(enum utrace_resume_action action,
		      struct utrace_engine *engine, struct task_struct *task,
		      long orig_code, long *code)
{
	struct storm_engine *mine = engine->data;
	u32 ret = storm_answer(mine, NULL);

	if (storm_is_wild(mine) && storm_chance(mine, 50))
		*code = storm_below(mine, 256) << 8;
	return ret;
}

static u32 storm_death(struct utrace_engine *engine, struct task_struct *task,
		       bool group_dead, int signal)
{
	return storm_answer(engine->data, NULL);
}

static void storm_reap(struct utrace_engine *engine, struct task_struct *task)
{
	atomic_long_inc(&storm_callbacks);
}

/* The callbacks for stops may look at it until a grace period is over. */
static void storm_release(void *data)
{
	struct storm_engine *mine = data;

	kfree_rcu(mine, rcu);
	atomic_dec(&storm_live);
}

static u32 storm_seccomp(u32 action, struct utrace_engine *engine,
			 struct task_struct *task, struct pt_regs *regs,
			 unsigned long data)
{
	u32 ret = storm_answer(engine->data, NULL);

	return storm_call_verdict(engine->data, action) | ret;
}

static u32 storm_vfork_done(enum utrace_resume_action action,
			    struct utrace_engine *engine,
			    struct task_struct *task, struct pid *child)
{
	return storm_answer(engine->data, NULL);
}

/* With locks held, or by others: these only count. */
static void storm_stop(struct utrace_engine *engine, struct task_struct *task)
{
	struct storm_engine *mine = engine->data;

	WARN_ON_ONCE(mine->task != task);
	atomic_long_inc(&storm_callbacks);
}

static const struct utrace_engine_ops storm_all_ops = {
	.report_quiesce		= storm_quiesce,
	.report_signal		= storm_signal,
	.report_clone		= storm_clone,
	.report_jctl		= storm_jctl,
	.report_exec		= storm_exec,
	.report_syscall_entry	= storm_syscall_entry,
	.report_syscall_exit	= storm_syscall_exit,
	.report_exit		= storm_exit,
	.report_death		= storm_death,
	.report_reap		= storm_reap,
	.release		= storm_release,
	.report_seccomp		= storm_seccomp,
	.report_vfork_done	= storm_vfork_done,
	.stop_commit		= storm_stop,
	.stop_announce		= storm_stop,
	.stop_end		= storm_stop,
	.killed			= storm_stop,
};

static const struct utrace_engine_ops storm_few_ops = {
	.report_quiesce		= storm_quiesce,
	.report_clone		= storm_clone,
	.report_syscall_entry	= storm_syscall_entry,
	.release		= storm_release,
};

/* --- the file */

static struct task_struct *storm_task(int nr)
{
	struct pid *pid = find_get_pid(nr);
	struct task_struct *task = get_pid_task(pid, PIDTYPE_PID);

	put_pid(pid);
	return task;
}

static long storm_ioc_attach(u64 owner, void __user *user)
{
	struct storm_attach arg;
	struct task_struct *task;

	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;
	task = storm_task(arg.target);
	if (!task)
		return -ENXIO;
	arg.slot = storm_attach(task, arg.how, arg.seed,
				arg.events & ~UTRACE_EVENT(GROUP_STOP), owner);
	put_task_struct(task);
	return copy_to_user(user, &arg, sizeof(arg)) ? -EFAULT : 0;
}

static int storm_examine(struct storm_engine *mine)
{
	struct utrace_examiner exam;
	unsigned long *regs;
	int ret;

	regs = kzalloc(64 * sizeof(*regs), GFP_KERNEL);
	if (!regs)
		return -ENOMEM;
	ret = utrace_prepare_examine(mine->task, mine->engine, &exam);
	if (!ret) {
		read_first_regset(mine->task, 64 * sizeof(*regs), regs);
		ret = utrace_finish_examine(mine->task, mine->engine, &exam);
	}
	kfree(regs);
	return ret;
}

static unsigned long storm_switches(struct task_struct *task)
{
	return READ_ONCE(task->nvcsw) + READ_ONCE(task->nivcsw);
}

/* What is frozen does not move. */
static int storm_freeze(struct storm_engine *mine, bool resume)
{
	unsigned long switches;
	int ret;

	ret = utrace_freeze(mine->task, mine->engine);
	if (ret)
		return ret;
	utrace_wait_frozen(mine->task);
	switches = storm_switches(mine->task);
	usleep_range(20, 3000);
	WARN_ONCE(storm_switches(mine->task) != switches,
		  "a frozen task has run\n");
	if (resume)
		utrace_resume_frozen(mine->task, mine->engine, UTRACE_RESUME);
	else
		utrace_unfreeze(mine->task);
	return 0;
}

static int storm_call(struct storm_engine *mine, u32 what, u64 arg)
{
	switch (what) {
	case STORM_CONTROL:
		return utrace_control(mine->task, mine->engine, arg);
	case STORM_SET_EVENTS:
		return utrace_set_events(mine->task, mine->engine,
					 arg & ~UTRACE_EVENT(GROUP_STOP));
	case STORM_ASK:
		return utrace_ask(mine->task, mine->engine, arg);
	case STORM_BARRIER:
		return utrace_barrier(mine->task, mine->engine);
	case STORM_EXAMINE:
		return storm_examine(mine);
	case STORM_FREEZE:
		return storm_freeze(mine, arg);
	case STORM_DROP:
		return storm_drop(mine);
	default:
		return -ENOTTY;
	}
}

static long storm_ioc_call(void __user *user)
{
	struct storm_engine *mine;
	struct storm_call arg;

	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;
	mine = storm_get(arg.slot);
	if (!mine)
		return -ENXIO;
	arg.result = storm_call(mine, arg.what, arg.arg);
	storm_put(mine);
	return copy_to_user(user, &arg, sizeof(arg)) ? -EFAULT : 0;
}

static long storm_ioc_calm(void __user *user)
{
	struct storm_engine *mine;
	struct storm_calm arg;
	unsigned int slot;
	int ret;

	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;
	arg.engines = 0;
	arg.attached = 0;
	for (slot = 0; slot < slots; slot++) {
		mine = storm_get(slot);
		if (!mine)
			continue;
		WRITE_ONCE(mine->holds, arg.stop);
		WRITE_ONCE(mine->how, 0);
		ret = utrace_control(mine->task, mine->engine, arg.stop ?
				     UTRACE_STOP : UTRACE_RESUME);
		arg.engines++;
		if (ret != -ESRCH)
			arg.attached++;
		storm_put(mine);
		cond_resched();
	}
	return copy_to_user(user, &arg, sizeof(arg)) ? -EFAULT : 0;
}

/* As after a wakeup that was lost: in a tracing stop, and no engine wants it so. */
static long storm_ioc_strand(void)
{
	set_special_state(TASK_TRACED);
	schedule();
	return 0;
}

struct storm_file {
	u64 owner;
	bool keep;
	struct work_struct work;
};

static long storm_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct storm_file *mine = file->private_data;
	void __user *user = (void __user *)arg;

	switch (cmd) {
	case STORM_IOC_KEEP:
		WRITE_ONCE(mine->keep, true);
		return 0;
	case STORM_IOC_ATTACH:
		return storm_ioc_attach(mine->owner, user);
	case STORM_IOC_CALL:
		return storm_ioc_call(user);
	case STORM_IOC_CALM:
		return storm_ioc_calm(user);
	case STORM_IOC_STRAND:
		return storm_ioc_strand();
	default:
		return -ENOTTY;
	}
}

static int storm_open(struct inode *inode, struct file *file)
{
	struct storm_file *mine;

	mine = kzalloc(sizeof(*mine), GFP_KERNEL);
	if (!mine)
		return -ENOMEM;
	scoped_guard(spinlock_irqsave, &storm_lock)
		mine->owner = ++storm_last_owner;
	file->private_data = mine;
	return 0;
}

/* In a worker, as it has no signals that would end the wait for a callback. */
static void storm_close_work(struct work_struct *work)
{
	struct storm_file *mine = container_of(work, struct storm_file, work);

	while (storm_drop_all(mine->owner))
		msleep(20);
}

static int storm_close(struct inode *inode, struct file *file)
{
	struct storm_file *mine = file->private_data;

	if (!READ_ONCE(mine->keep)) {
		INIT_WORK(&mine->work, storm_close_work);
		queue_work(system_unbound_wq, &mine->work);
		flush_work(&mine->work);
	}
	kfree(mine);
	return 0;
}

static const struct file_operations storm_fops = {
	.owner		= THIS_MODULE,
	.open		= storm_open,
	.release	= storm_close,
	.unlocked_ioctl	= storm_ioctl,
};

static struct miscdevice storm_device = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= KBUILD_MODNAME,
	.fops	= &storm_fops,
	.mode	= 0600,
};

static int __init storm_module_init(void)
{
	int ret;

	if (!slots)
		return -EINVAL;
	storm_slots = vcalloc(slots, sizeof(*storm_slots));
	if (!storm_slots)
		return -ENOMEM;
	ret = misc_register(&storm_device);
	if (ret)
		vfree(storm_slots);
	return ret;
}
module_init(storm_module_init);

static void __exit storm_module_exit(void)
{
	misc_deregister(&storm_device);
	scoped_guard(spinlock_irqsave, &storm_lock)
		storm_closing = true;
	/* A callback may be attaching one more, in a slot that was passed. */
	while (storm_drop_all(0) || atomic_read(&storm_live))
		msleep(20);
	/* A barrier does not wait for the callbacks for stops. */
	synchronize_rcu();
	vfree(storm_slots);
}
module_exit(storm_module_exit);

MODULE_DESCRIPTION("Engines that do whatever comes to their mind");
MODULE_LICENSE("GPL");
