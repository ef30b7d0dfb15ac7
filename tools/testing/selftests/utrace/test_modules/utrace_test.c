// SPDX-License-Identifier: GPL-2.0-only
/*
 * Engines for the tests: user space attaches them through /dev/utrace_test,
 * says with rules what their callbacks do, and reads what they saw.
 */
#include <linux/binfmts.h>
#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/hashtable.h>
#include <linux/hrtimer.h>
#include <linux/jiffies.h>
#include <linux/kprobes.h>
#include <linux/list.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pid.h>
#include <linux/prandom.h>
#include <linux/ptrace.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/signal.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/uaccess.h>
#include <linux/umh.h>
#include <linux/utrace.h>
#include <linux/vmalloc.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include <asm/syscall.h>

#include "../utrace_test.h"
#include "utrace_regs.h"

#define UTEST_LOG_SIZE		8192
#define UTEST_PINS		16
/* However wrong a test goes, nobody waits longer than this at a gate. */
#define UTEST_GATE_TIME		(30 * HZ)

/**
 * struct utest_ctx - all that belongs to one open file
 * @node: in utest_kept, once the file is closed
 * @engines: the engines, as struct utest_engine
 * @tags: what they have as their data
 * @mutex: one ioctl at a time that changes @tags or @pins
 * @log: ring of the last UTEST_LOG_SIZE events
 * @seq: number of the last one
 * @wait: for something new in the log
 * @gate: for @gate_open
 * @gate_open: how often the gate was opened
 * @pins: references to tasks
 * @pin_pids: and what their pids are or were
 * @keep: leave the engines attached when the file is closed
 * @hold_up: what UTEST_IOC_HOLD_UP has set, or NULL
 * @closing: the cleanup has begun, and has what is in @engines
 * @forgotten: how many engines still have to be released that are not in there
 * @cleanup: takes all of it down
 */
struct utest_ctx {
	struct list_head node;
	struct list_head engines;
	struct list_head tags;
	struct mutex mutex; /* guards tags and pins */
	struct utest_event *log;
	u64 seq;
	wait_queue_head_t wait;
	wait_queue_head_t gate;
	unsigned int gate_open;
	struct task_struct *pins[UTEST_PINS];
	struct pid *pin_pids[UTEST_PINS];
	bool keep;
	struct utest_probe *hold_up;
	bool closing;
	unsigned int forgotten;
	struct work_struct cleanup;
};

/* What an engine's data points to; lives as long as the context. */
struct utest_tag {
	struct list_head node;
	struct utest_ctx *ctx;
	u64 value;
	bool forgotten;			/* release() is what the context waits for */
	struct utest_engine *next;	/* for release() to detach, or NULL */
};

struct utest_engine {
	struct hlist_node hash;
	struct list_head node;
	struct utest_ctx *ctx;
	struct utrace_engine *engine;
	struct task_struct *task;
	struct pid *pid;
	bool has_ref;
	bool quiet;
	int handle;
	u64 counts[CB_COUNT];
	struct list_head rules;
	struct utrace_examiner exam;
	unsigned int examined;	/* how often; one caller at a time */
	unsigned int frozen;	/* likewise */
};

struct utest_rule_entry {
	struct list_head node;
	struct utest_rule rule;
};

/* A callback on its way. */
struct utest_report {
	struct utest_engine *mine;	/* NULL: nothing to do */
	struct utest_rule *rule;	/* NULL: none applies */
	u64 seq;			/* its log entry, or 0 */
};

/* Guards the table, the lists of engines and rules, and the logs. */
static DEFINE_SPINLOCK(utest_lock);
static DEFINE_HASHTABLE(utest_table, 10);
static LIST_HEAD(utest_kept);
static int utest_last_handle;

static const struct utrace_engine_ops utest_first_ops;
static const struct utrace_engine_ops utest_second_ops;
static const struct utrace_engine_ops utest_stops_ops;
static const struct utrace_engine_ops utest_null_ops;
static const struct utrace_engine_ops utest_quiesce_ops;
static const struct utrace_engine_ops utest_signal_ops;
static const struct utrace_engine_ops utest_no_quiesce_ops;
static const struct utrace_engine_ops utest_events_ops;

static const struct utrace_engine_ops *const utest_ops[UTEST_OPS_COUNT] = {
	[UTEST_OPS_FIRST]	= &utest_first_ops,
	[UTEST_OPS_SECOND]	= &utest_second_ops,
	[UTEST_OPS_STOPS]	= &utest_stops_ops,
	[UTEST_OPS_NULL]	= &utest_null_ops,
	[UTEST_OPS_QUIESCE]	= &utest_quiesce_ops,
	[UTEST_OPS_SIGNAL]	= &utest_signal_ops,
	[UTEST_OPS_NO_QUIESCE]	= &utest_no_quiesce_ops,
	[UTEST_OPS_EVENTS]	= &utest_events_ops,
};

/* --- the log */

static struct utest_event *utest_log_slot(struct utest_ctx *ctx, u64 seq)
{
	return &ctx->log[seq % UTEST_LOG_SIZE];
}

static u64 utest_log(struct utest_ctx *ctx, int handle, u32 callback,
		     u32 action, const u64 *values, bool done)
{
	struct utest_event *event;

	lockdep_assert_held(&utest_lock);
	event = utest_log_slot(ctx, ++ctx->seq);
	memset(event, 0, sizeof(*event));
	event->seq = ctx->seq;
	event->handle = handle;
	event->callback = callback;
	event->tid = task_pid_nr(current);
	event->action = action;
	memcpy(event->values, values, sizeof(event->values));
	event->done = done;
	return ctx->seq;
}

/* --- attaching and calls, from ioctls and from callbacks */

static struct utest_engine *utest_find(const struct utrace_engine *engine)
{
	struct utest_engine *mine;

	lockdep_assert_held(&utest_lock);
	hash_for_each_possible(utest_table, mine, hash, (unsigned long)engine)
		if (mine->engine == engine)
			return mine;
	return NULL;
}

static struct utest_engine *utest_by_handle_locked(struct utest_ctx *ctx,
						   int handle)
{
	struct utest_engine *mine;

	lockdep_assert_held(&utest_lock);
	list_for_each_entry(mine, &ctx->engines, node)
		if (mine->handle == handle)
			return mine;
	return NULL;
}

static struct utest_engine *utest_by_handle(struct utest_ctx *ctx, int handle)
{
	guard(spinlock_irqsave)(&utest_lock);
	return utest_by_handle_locked(ctx, handle);
}

/* Tags are made by ioctls, or beforehand for the callback that needs them. */
static struct utest_tag *utest_tag(struct utest_ctx *ctx, u64 value)
{
	struct utest_tag *tag;

	if (!value)
		return NULL;
	guard(mutex)(&ctx->mutex);
	list_for_each_entry(tag, &ctx->tags, node)
		if (tag->value == value)
			return tag;
	tag = kzalloc(sizeof(*tag), GFP_KERNEL | __GFP_NOFAIL);
	tag->ctx = ctx;
	tag->value = value;
	list_add_tail(&tag->node, &ctx->tags);
	return tag;
}

static void utest_free_engine(struct utest_engine *mine)
{
	struct utest_rule_entry *entry, *next;

	list_for_each_entry_safe(entry, next, &mine->rules, node)
		kfree(entry);
	if (mine->has_ref && mine->task)
		put_task_struct(mine->task);
	put_pid(mine->pid);
	kfree(mine);
}

/* No allocation of this one fails, so that tests can make the others fail. */
static void utest_attach(struct utest_ctx *ctx, struct task_struct *task,
			 struct pid *pid, struct utest_attach *arg)
{
	struct utest_tag *tag = utest_tag(ctx, arg->data);
	const struct utrace_engine_ops *ops = NULL;
	struct utest_engine *mine, *old;
	struct utrace_engine *engine;

	if (arg->ops < UTEST_OPS_COUNT)
		ops = utest_ops[arg->ops];
	arg->handle = 0;
	arg->events_result = 0;
	mine = kzalloc(sizeof(*mine), GFP_KERNEL | __GFP_NOFAIL);
	INIT_LIST_HEAD(&mine->rules);
	mine->ctx = ctx;
	mine->quiet = arg->how & UTEST_QUIET;
	mine->task = task;
	mine->pid = get_pid(pid);
	if (!(arg->how & UTEST_NO_REF)) {
		get_task_struct(task);
		mine->has_ref = true;
	}

	if (arg->how & UTEST_BY_PID)
		engine = utrace_attach_pid(pid, arg->flags, ops, tag);
	else
		engine = utrace_attach_task(task, arg->flags, ops, tag);
	arg->result = PTR_ERR_OR_ZERO(engine);
	if (IS_ERR(engine)) {
		utest_free_engine(mine);
		return;
	}

	scoped_guard(spinlock_irqsave, &utest_lock) {
		old = utest_find(engine);
		if (!old && (arg->flags & UTRACE_ATTACH_CREATE)) {
			mine->engine = engine;
			mine->handle = ++utest_last_handle;
			hash_add(utest_table, &mine->hash,
				 (unsigned long)engine);
			list_add_tail(&mine->node, &ctx->engines);
			arg->handle = mine->handle;
		} else if (old) {
			arg->handle = old->handle;
		}
	}
	if (!mine->engine) {
		utest_free_engine(mine);
		utrace_engine_put(engine);
		return;
	}
	if (arg->events)
		arg->events_result = utrace_set_events(task, engine,
						       arg->events);
}

static int utest_prepare_examine(struct utest_engine *mine)
{
	int ret = utrace_prepare_examine(mine->task, mine->engine,
					 &mine->exam);

	if (!ret)
		mine->examined++;
	return ret;
}

static int utest_read(struct utest_engine *mine)
{
	unsigned long regs[64];

	if (!mine->examined)
		return -EINVAL;
	return read_first_regset(mine->task, sizeof(regs), regs);
}

static int utest_finish_examine(struct utest_engine *mine)
{
	if (!mine->examined)
		return -EINVAL;
	mine->examined--;
	return utrace_finish_examine(mine->task, mine->engine, &mine->exam);
}

static int utest_freeze(struct utest_engine *mine)
{
	int ret = utrace_freeze(mine->task, mine->engine);

	if (ret)
		return ret;
	mine->frozen++;
	utrace_wait_frozen(mine->task);
	return 0;
}

static int utest_unfreeze(struct utest_engine *mine)
{
	if (!mine->frozen)
		return -EINVAL;
	mine->frozen--;
	utrace_unfreeze(mine->task);
	return 0;
}

struct utest_timer {
	struct hrtimer timer;
	struct utest_engine *mine;
	int result;
	bool done;
};

static enum hrtimer_restart utest_timer(struct hrtimer *timer)
{
	struct utest_timer *arg = container_of(timer, struct utest_timer, timer);

	arg->result = utrace_control(arg->mine->task, arg->mine->engine,
				     UTRACE_DETACH);
	/* Pairs with utest_detach_by_irq(). */
	smp_store_release(&arg->done, true);
	return HRTIMER_NORESTART;
}

/* The interrupt comes in the middle of the loop, to the task that runs it. */
static int utest_detach_by_irq(struct utest_engine *mine)
{
	struct utest_timer arg = { .mine = mine };

	/* Where locks sleep, this is nothing that an interrupt may do. */
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		return -EOPNOTSUPP;
	hrtimer_init_on_stack(&arg.timer, CLOCK_MONOTONIC,
			      HRTIMER_MODE_REL_PINNED_HARD);
	arg.timer.function = utest_timer;
	scoped_guard(preempt) {
		hrtimer_start(&arg.timer, ns_to_ktime(10 * NSEC_PER_USEC),
			      HRTIMER_MODE_REL_PINNED_HARD);
		/* Pairs with utest_timer(). */
		while (!smp_load_acquire(&arg.done))
			cpu_relax();
	}
	hrtimer_cancel(&arg.timer);
	destroy_hrtimer_on_stack(&arg.timer);
	return arg.result;
}

static int utest_call_locked(struct utest_engine *mine, u32 what, u64 arg)
{
	struct sighand_struct *sighand;

	guard(rcu)();
	sighand = rcu_dereference(mine->task->sighand);
	if (!sighand)
		return -ENXIO;
	guard(spinlock_irqsave)(&sighand->siglock);
	switch (what) {
	case UTEST_CONTROL:
		return utrace_control_locked(mine->task, mine->engine, arg);
	case UTEST_ASK:
		return utrace_ask_locked(mine->task, mine->engine, arg);
	default:
		return -ENOTTY;
	}
}

static int utest_call(struct utest_engine *mine, u32 what, u32 how, u64 arg)
{
	struct utrace_engine *engine = mine->engine;

	if (how & UTEST_LOCKED)
		return utest_call_locked(mine, what, arg);
	switch (what) {
	case UTEST_CONTROL:
		if (how & UTEST_BY_PID)
			return utrace_control_pid(mine->pid, engine, arg);
		return utrace_control(mine->task, engine, arg);
	case UTEST_SET_EVENTS:
		if (how & UTEST_BY_PID)
			return utrace_set_events_pid(mine->pid, engine, arg);
		return utrace_set_events(mine->task, engine, arg);
	case UTEST_ASK:
		return utrace_ask(mine->task, engine, arg);
	case UTEST_BARRIER:
		if (how & UTEST_BY_PID)
			return utrace_barrier_pid(mine->pid, engine);
		return utrace_barrier(mine->task, engine);
	case UTEST_PREPARE:
		return utest_prepare_examine(mine);
	case UTEST_READ:
		return utest_read(mine);
	case UTEST_FINISH:
		return utest_finish_examine(mine);
	case UTEST_FREEZE:
		return utest_freeze(mine);
	case UTEST_RESUME_FROZEN:
		if (!mine->frozen)
			return -EINVAL;
		mine->frozen--;
		utrace_resume_frozen(mine->task, engine, arg);
		return 0;
	case UTEST_UNFREEZE:
		return utest_unfreeze(mine);
	case UTEST_DETACH_BY_IRQ:
		return utest_detach_by_irq(mine);
	case UTEST_GET_PUT:
		utrace_engine_get(engine);
		utrace_engine_put(engine);
		return 0;
	default:
		return -ENOTTY;
	}
}

/* Until no callback comes: in report_death() it cannot be detached, afterwards it can. */
static int utest_detach(struct task_struct *task, struct utrace_engine *engine)
{
	int ret;

	do {
		ret = utrace_control(task, engine, UTRACE_DETACH);
		while (utrace_barrier(task, engine) == -ERESTARTSYS)
			schedule_timeout_uninterruptible(1);
	} while (ret == -EALREADY);
	return ret;
}

static void utest_unlist(struct utest_engine *mine)
{
	lockdep_assert_held(&utest_lock);
	hash_del(&mine->hash);
	list_del(&mine->node);
}

/* Drop the module's reference. */
static void utest_drop(struct utest_engine *mine)
{
	utrace_engine_put(mine->engine);
	utest_free_engine(mine);
}

static void utest_forget(struct utest_engine *mine)
{
	scoped_guard(spinlock_irqsave, &utest_lock)
		utest_unlist(mine);
	utest_drop(mine);
}

/* Only safe once no callback can come. */
static int utest_put(struct utest_engine *mine)
{
	/* A dead task takes no requests, but may have the engine yet. */
	if (mine->examined ||
	    utrace_control(mine->task, mine->engine, UTRACE_RESUME) != -ESRCH ||
	    utrace_barrier(mine->task, mine->engine) != -ESRCH)
		return -EBUSY;
	utest_forget(mine);
	return 0;
}

/* --- callbacks */

static bool utest_applies(struct utest_rule *rule, u32 callback, u32 action,
			  const u64 *values)
{
	if (rule->callback != callback)
		return false;
	if ((rule->cond & UTEST_IF_VALUE) && rule->value != values[0])
		return false;
	if ((rule->cond & UTEST_IF_ACTION) &&
	    (action & rule->action_mask) != rule->action)
		return false;
	if (rule->skip) {
		rule->skip--;
		return false;
	}
	return true;
}

static struct utest_rule_entry *utest_choose(struct utest_engine *mine,
					     u32 callback, u32 action,
					     const u64 *values)
{
	struct utest_rule_entry *entry;

	lockdep_assert_held(&utest_lock);
	list_for_each_entry(entry, &mine->rules, node)
		if (utest_applies(&entry->rule, callback, action, values))
			return entry;
	return NULL;
}

/* It applies once less, and may be gone. */
static void utest_used(struct utest_rule_entry *entry)
{
	lockdep_assert_held(&utest_lock);
	if (entry->rule.times && !--entry->rule.times) {
		list_del(&entry->node);
		kfree(entry);
	}
}

/* The copy of the rule is the caller's to free, or NULL. */
static struct utest_report utest_begin(struct utrace_engine *engine,
				       u32 callback, u32 action,
				       const u64 *values)
{
	struct utest_report report = {};
	struct utest_rule_entry *entry;
	struct utest_rule *rule;
	struct utest_ctx *ctx = NULL;
	unsigned int gate = 0;

	/* The reaper may be a thread that execs, with locks of that. */
	if (callback != CB_REAP)
		lockdep_assert_none_held_once();
	rule = kzalloc(sizeof(*rule), GFP_KERNEL | __GFP_NOFAIL);
	scoped_guard(spinlock_irqsave, &utest_lock) {
		report.mine = utest_find(engine);
		if (!report.mine)
			break;
		ctx = report.mine->ctx;
		report.mine->counts[callback]++;
		if (!report.mine->quiet)
			report.seq = utest_log(ctx, report.mine->handle,
					       callback, action, values, false);
		gate = READ_ONCE(ctx->gate_open);
		entry = utest_choose(report.mine, callback, action, values);
		if (!entry)
			break;
		*rule = entry->rule;
		report.rule = rule;
		utest_used(entry);
	}
	/* It was detached, and a barrier passed, or it was released. */
	WARN_ONCE(!report.mine, "callback %u of an engine that is gone\n", callback);
	if (!report.rule) {
		kfree(rule);
		if (report.seq)
			wake_up_all(&ctx->wait);
		return report;
	}
	wake_up_all(&ctx->wait);

	if (rule->effects & UTEST_DELAY)
		msleep(rule->delay_ms);
	if (rule->effects & UTEST_GATE)
		wait_event_timeout(ctx->gate, READ_ONCE(ctx->gate_open) != gate,
				   UTEST_GATE_TIME);
	return report;
}

static struct task_struct *utest_get_task(int nr)
{
	struct pid *pid = find_get_pid(nr);
	struct task_struct *task = get_pid_task(pid, PIDTYPE_PID);

	put_pid(pid);
	return task;
}

static void utest_do(struct utest_report *report, struct task_struct *child,
		     struct utest_event *event)
{
	struct utest_rule *rule = report->rule;
	struct utest_ctx *ctx = report->mine->ctx;
	struct utest_engine *mine = report->mine;
	struct task_struct *found __free(put_task) = NULL;
	struct task_struct *task = current;

	switch (rule->do_what) {
	case UTEST_ATTACH_OTHER:
		found = utest_get_task(rule->do_attach.target);
		child = found;
		fallthrough;
	case UTEST_ATTACH_CHILD:
		task = child;
		fallthrough;
	case UTEST_ATTACH_SELF:
		/* In report_reap() too, where current may be someone else. */
		if (rule->do_what == UTEST_ATTACH_SELF)
			task = mine->task;
		if (!task) {
			event->do_result = -ENOTTY;
			return;
		}
		utest_attach(ctx, task, task_pid(task), &rule->do_attach);
		event->do_result = rule->do_attach.result;
		event->do_handle = rule->do_attach.handle;
		if (!event->do_handle || rule->do_control < 0)
			return;
		mine = utest_by_handle(ctx, event->do_handle);
		event->control_result = utest_call(mine, UTEST_CONTROL, 0,
						   rule->do_control);
		return;
	default:
		if (rule->do_handle)
			mine = utest_by_handle(ctx, rule->do_handle);
		event->do_result = mine ? utest_call(mine, rule->do_what,
						     rule->do_how,
						     rule->do_arg) : -ENOENT;
	}
}

/*
 * Its own callback does that, and returns UTRACE_DETACH; nobody else knows it, or the
 * cleanup does, which waits for the callback and drops it then.
 */
static void utest_forget_here(struct utest_engine *mine, int next)
{
	struct utest_tag *tag = mine->engine->data;
	struct utest_ctx *ctx = mine->ctx;

	scoped_guard(spinlock_irqsave, &utest_lock) {
		if (ctx->closing)
			return;
		tag->next = utest_by_handle_locked(ctx, next);
		tag->forgotten = true;
		ctx->forgotten++;
		utest_unlist(mine);
	}
	utest_drop(mine);
}

static u32 utest_end(struct utest_report *report, struct task_struct *child,
		     u32 ret)
{
	struct utest_rule *rule = report->rule;
	struct utest_event result = {}, *event;
	struct utest_ctx *ctx;

	if (!report->mine)
		return ret;
	ctx = report->mine->ctx;
	if (rule && (rule->effects & UTEST_DO))
		utest_do(report, child, &result);
	if (rule && (rule->effects & UTEST_RETURN))
		ret = rule->ret;
	if (rule && (rule->effects & UTEST_FORGET))
		utest_forget_here(report->mine, rule->do_handle);
	kfree(rule);

	if (!report->seq)
		return ret;
	scoped_guard(spinlock_irqsave, &utest_lock) {
		event = utest_log_slot(ctx, report->seq);
		if (event->seq != report->seq)
			break;
		event->ret = ret;
		event->do_result = result.do_result;
		event->do_handle = result.do_handle;
		event->control_result = result.control_result;
		event->done = 1;
	}
	wake_up_all(&ctx->wait);
	return ret;
}

static bool utest_has(const struct utest_report *report, u32 effect)
{
	return report->rule && (report->rule->effects & effect);
}

/* Which call is made. There is no function of the kernel for it. */
static void utest_set_nr(struct pt_regs *regs, unsigned long nr)
{
#if defined(CONFIG_X86)
	regs->orig_ax = nr;
#elif defined(CONFIG_ARM64)
	regs->syscallno = nr;
#elif defined(CONFIG_ARM)
	current_thread_info()->abi_syscall = nr;
#elif defined(CONFIG_RISCV)
	regs->a7 = nr;
#elif defined(CONFIG_PPC)
	regs->gpr[0] = nr;
#elif defined(CONFIG_S390)
	regs->int_code = (regs->int_code & ~0xffff) | (nr & 0xffff);
#elif defined(CONFIG_MIPS)
	regs->regs[2] = nr;
	mips_syscall_update_nr(current, regs);
#elif defined(CONFIG_M68K)
	regs->orig_d0 = nr;
#elif defined(CONFIG_SPARC)
	regs->u_regs[UREG_G1] = nr;
#elif defined(CONFIG_PARISC)
	regs->gr[20] = nr;
#elif defined(CONFIG_SUPERH)
	regs->regs[3] = nr;
#elif defined(CONFIG_ALPHA)
	regs->r0 = nr;
#endif
}

static void utest_change_regs(const struct utest_report *report,
			      struct pt_regs *regs)
{
	const struct utest_rule *rule = report->rule;
	unsigned long args[6];
	int i;

	if (utest_has(report, UTEST_SYSCALL)) {
		for (i = 0; i < 6; i++)
			args[i] = rule->args[i];
		syscall_set_arguments(current, regs, args);
		utest_set_nr(regs, rule->nr);
	}
	if (utest_has(report, UTEST_RETVAL))
		syscall_set_return_value(current, regs,
					 rule->retval < 0 ? rule->retval : 0,
					 rule->retval);
	if (utest_has(report, UTEST_REG) &&
	    rule->reg <= sizeof(*regs) - sizeof(long))
		*(unsigned long *)((void *)regs + rule->reg) = rule->reg_value;
}

/* All of a callback that has no effects of its own; regs may be NULL. */
static u32 utest_report(struct utrace_engine *engine, u32 callback, u32 action,
			const u64 *values, struct pt_regs *regs, u32 ret)
{
	struct utest_report report;

	report = utest_begin(engine, callback, action, values);
	if (regs)
		utest_change_regs(&report, regs);
	return utest_end(&report, NULL, ret);
}

/* Values: the event. */
static u32 utest_quiesce(enum utrace_resume_action action,
			 struct utrace_engine *engine,
			 struct task_struct *task, unsigned long event)
{
	u64 values[UTEST_VALUES] = { event, task == current };

	return utest_report(engine, CB_QUIESCE, action, values, NULL,
			    UTRACE_RESUME);
}

static void utest_own_action(int sig, struct k_sigaction *ka)
{
	struct sighand_struct *sighand;

	if (!valid_signal(sig) || !sig)
		return;
	/* The task's own, so it stays. */
	sighand = rcu_dereference_protected(current->sighand, true);
	spin_lock_irq(&sighand->siglock);
	*ka = sighand->action[sig - 1];
	spin_unlock_irq(&sighand->siglock);
}

/*
 * Values: signal, code, original handler or -1 without one, handler, address
 * (of a fault) or sender, instruction pointer.
 */
static u32 utest_signal(u32 action, struct utrace_engine *engine,
			struct task_struct *task, struct pt_regs *regs,
			kernel_siginfo_t *info,
			const struct k_sigaction *orig_ka,
			struct k_sigaction *return_ka)
{
	u64 values[UTEST_VALUES] = {
		info->si_signo,
		info->si_code,
		orig_ka ? (unsigned long)orig_ka->sa.sa_handler : -1,
		(unsigned long)return_ka->sa.sa_handler,
		info->si_code > 0 ? (unsigned long)info->si_addr :
				    info->si_pid,
		instruction_pointer(regs),
		task == current,
	};
	struct utest_report report;

	report = utest_begin(engine, CB_SIGNAL, action, values);
	utest_change_regs(&report, regs);
	if (utest_has(&report, UTEST_INFO)) {
		clear_siginfo(info);
		info->si_signo = report.rule->signo;
		info->si_code = SI_USER;
		/* Where there was no signal, return_ka is ours to fill. */
		if (!orig_ka)
			utest_own_action(info->si_signo, return_ka);
	}
	if (utest_has(&report, UTEST_HANDLER))
		return_ka->sa.sa_handler =
			(__sighandler_t)(unsigned long)report.rule->handler;
	return utest_end(&report, NULL,
			 UTRACE_RESUME | utrace_signal_action(action));
}

/* Values: flags, thread id of the child, its exit signal. */
static u32 utest_clone(enum utrace_resume_action action,
		       struct utrace_engine *engine, struct task_struct *parent,
		       unsigned long clone_flags, struct task_struct *child)
{
	u64 values[UTEST_VALUES] = {
		clone_flags, task_pid_nr(child), child->exit_signal,
		parent == current,
	};
	struct utest_report report;

	report = utest_begin(engine, CB_CLONE, action, values);
	return utest_end(&report, child, UTRACE_RESUME);
}

/* Values: type, notify. */
static u32 utest_jctl(enum utrace_resume_action action,
		      struct utrace_engine *engine, struct task_struct *task,
		      int type, int notify)
{
	u64 values[UTEST_VALUES] = { type, notify, task == current };

	return utest_report(engine, CB_JCTL, action, values, NULL,
			    UTRACE_RESUME);
}

/* Values: instruction pointer, number of arguments, whether fmt is there. */
static u32 utest_exec(enum utrace_resume_action action,
		      struct utrace_engine *engine, struct task_struct *task,
		      const struct linux_binfmt *fmt,
		      const struct linux_binprm *bprm, struct pt_regs *regs)
{
	u64 values[UTEST_VALUES] = {
		instruction_pointer(regs), bprm->argc, !!fmt, task == current,
	};

	return utest_report(engine, CB_EXEC, action, values, regs,
			    UTRACE_RESUME);
}

/* Values: number, first five arguments, result register. */
static u32 utest_syscall_entry(u32 action, struct utrace_engine *engine,
			       struct task_struct *task, struct pt_regs *regs)
{
	u64 values[UTEST_VALUES] = { syscall_get_nr(task, regs) };
	unsigned long args[6];
	int i;

	syscall_get_arguments(task, regs, args);
	for (i = 0; i < 5; i++)
		values[i + 1] = args[i];
	values[6] = syscall_get_return_value(task, regs);
	return utest_report(engine, CB_SYSCALL_ENTRY, action, values, regs,
			    UTRACE_RESUME | utrace_syscall_action(action));
}

/* Values: number, result, the same if it is an error. */
static u32 utest_syscall_exit(enum utrace_resume_action action,
			      struct utrace_engine *engine,
			      struct task_struct *task, struct pt_regs *regs)
{
	u64 values[UTEST_VALUES] = {
		syscall_get_nr(task, regs),
		syscall_get_return_value(task, regs),
		syscall_get_error(task, regs),
		task == current,
	};

	return utest_report(engine, CB_SYSCALL_EXIT, action, values, regs,
			    UTRACE_RESUME);
}

/* Values: original code, code so far, whether the task has its memory. */
static u32 utest_exit(enum utrace_resume_action action,
		      struct utrace_engine *engine, struct task_struct *task,
		      long orig_code, long *code)
{
	u64 values[UTEST_VALUES] = { orig_code, *code, !!task->mm };
	struct utest_report report;

	report = utest_begin(engine, CB_EXIT, action, values);
	if (utest_has(&report, UTEST_CODE))
		*code = report.rule->code;
	return utest_end(&report, NULL, UTRACE_RESUME);
}

/* Values: last of its group, signal, whether it has its memory, whether it would sleep. */
static u32 utest_death(struct utrace_engine *engine, struct task_struct *task,
		       bool group_dead, int signal)
{
	u64 values[UTEST_VALUES] = { group_dead, signal, !!task->mm,
				     !signal_pending(task) };

	return utest_report(engine, CB_DEATH, 0, values, NULL, UTRACE_RESUME);
}

/* Values: whether the task reaps itself. */
static void utest_reap(struct utrace_engine *engine, struct task_struct *task)
{
	u64 values[UTEST_VALUES] = { task == current };

	utest_report(engine, CB_REAP, 0, values, NULL, 0);
}

/* Values: the data that the test gave; the result for the engine that it detached. */
static void utest_release(void *data)
{
	struct utest_tag *tag = data;
	u64 values[UTEST_VALUES] = {};

	if (!tag)
		return;
	values[0] = tag->value;
	if (tag->next)
		values[1] = utrace_control(tag->next->task, tag->next->engine,
					   UTRACE_DETACH);
	guard(spinlock_irqsave)(&utest_lock);
	utest_log(tag->ctx, 0, CB_RELEASE, 0, values, true);
	if (tag->forgotten)
		tag->ctx->forgotten--;
	tag->forgotten = false;
	/* With the lock: once it is free, the context may be, too. */
	wake_up_all(&tag->ctx->wait);
}

/* Values: data of the filter, number of the call. */
static u32 utest_seccomp(u32 action, struct utrace_engine *engine,
			 struct task_struct *task, struct pt_regs *regs,
			 unsigned long data)
{
	u64 values[UTEST_VALUES] = { data, syscall_get_nr(task, regs) };

	return utest_report(engine, CB_SECCOMP, action, values, regs,
			    UTRACE_RESUME | utrace_syscall_action(action));
}

/* Values: thread id of the child. */
static u32 utest_vfork_done(enum utrace_resume_action action,
			    struct utrace_engine *engine,
			    struct task_struct *task, struct pid *child)
{
	u64 values[UTEST_VALUES] = { pid_nr(child), task == current };

	return utest_report(engine, CB_VFORK_DONE, action, values, NULL,
			    UTRACE_RESUME);
}

/*
 * Those under RCU must not sleep: of a rule they only do what it returns. Values:
 * state and thread id of the task.
 */
static u32 utest_atomic(struct utrace_engine *engine, struct task_struct *task,
			u32 callback, u32 ret)
{
	u64 values[UTEST_VALUES] = {
		READ_ONCE(task->__state), task_pid_nr(task),
	};
	struct utest_rule_entry *entry;
	struct utest_engine *mine;
	struct utest_ctx *ctx = NULL;
	u64 seq;

	scoped_guard(spinlock_irqsave, &utest_lock) {
		mine = utest_find(engine);
		if (!mine)
			break;
		ctx = mine->ctx;
		mine->counts[callback]++;
		entry = utest_choose(mine, callback, 0, values);
		if (entry) {
			ret = entry->rule.ret;
			utest_used(entry);
		}
		seq = utest_log(ctx, mine->handle, callback, 0, values, true);
		utest_log_slot(ctx, seq)->ret = ret;
	}
	if (ctx)
		wake_up_all(&ctx->wait);
	return ret;
}

static void utest_stop_commit(struct utrace_engine *engine,
			      struct task_struct *task)
{
	utest_atomic(engine, task, CB_STOP_COMMIT, 0);
}

static void utest_stop_announce(struct utrace_engine *engine,
				struct task_struct *task)
{
	utest_atomic(engine, task, CB_STOP_ANNOUNCE, 0);
}

static void utest_stop_end(struct utrace_engine *engine,
			   struct task_struct *task)
{
	utest_atomic(engine, task, CB_STOP_END, 0);
}

static enum utrace_resume_action utest_group_stop(struct utrace_engine *engine,
						  struct task_struct *task)
{
	return utest_atomic(engine, task, CB_GROUP_STOP, UTRACE_RESUME);
}

static void utest_cancel_group_stop(struct utrace_engine *engine,
				    struct task_struct *task)
{
	utest_atomic(engine, task, CB_CANCEL_GROUP_STOP, 0);
}

static void utest_killed(struct utrace_engine *engine, struct task_struct *task)
{
	utest_atomic(engine, task, CB_KILLED, 0);
}

#define UTEST_EVENTS						\
	.report_clone		= utest_clone,			\
	.report_jctl		= utest_jctl,			\
	.report_exec		= utest_exec,			\
	.report_syscall_entry	= utest_syscall_entry,		\
	.report_syscall_exit	= utest_syscall_exit,		\
	.report_exit		= utest_exit,			\
	.report_death		= utest_death,			\
	.report_reap		= utest_reap,			\
	.release		= utest_release,		\
	.report_seccomp		= utest_seccomp,		\
	.report_vfork_done	= utest_vfork_done

#define UTEST_REPORTS						\
	.report_quiesce		= utest_quiesce,		\
	.report_signal		= utest_signal,			\
	UTEST_EVENTS

static const struct utrace_engine_ops utest_first_ops = {
	UTEST_REPORTS,
};

static const struct utrace_engine_ops utest_second_ops = {
	UTEST_REPORTS,
};

static const struct utrace_engine_ops utest_stops_ops = {
	UTEST_REPORTS,
	.stop_commit		= utest_stop_commit,
	.stop_announce		= utest_stop_announce,
	.stop_end		= utest_stop_end,
	.group_stop		= utest_group_stop,
	.cancel_group_stop	= utest_cancel_group_stop,
	.killed			= utest_killed,
};

static const struct utrace_engine_ops utest_null_ops = {
};

static const struct utrace_engine_ops utest_quiesce_ops = {
	.report_quiesce		= utest_quiesce,
};

static const struct utrace_engine_ops utest_signal_ops = {
	.report_signal		= utest_signal,
};

static const struct utrace_engine_ops utest_no_quiesce_ops = {
	.report_signal		= utest_signal,
	UTEST_EVENTS,
};

static const struct utrace_engine_ops utest_events_ops = {
	UTEST_EVENTS,
};

/* --- the file */

static struct pid *utest_target(struct utest_ctx *ctx,
				const struct utest_attach *arg,
				struct task_struct **task)
{
	struct pid *pid = NULL;

	*task = NULL;
	if (arg->how & UTEST_PINNED) {
		if (arg->target < 0 || arg->target >= UTEST_PINS ||
		    !ctx->pins[arg->target])
			return NULL;
		*task = get_task_struct(ctx->pins[arg->target]);
		return get_pid(ctx->pin_pids[arg->target]);
	}
	pid = find_get_pid(arg->target);
	*task = get_pid_task(pid, PIDTYPE_PID);
	return pid;
}

static long utest_ioc_attach(struct utest_ctx *ctx, void __user *user)
{
	struct task_struct *task;
	struct utest_attach arg;
	struct pid *pid;

	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;
	pid = utest_target(ctx, &arg, &task);
	if (!task) {
		put_pid(pid);
		return -ENXIO;
	}
	utest_attach(ctx, task, pid, &arg);
	put_task_struct(task);
	put_pid(pid);
	return copy_to_user(user, &arg, sizeof(arg)) ? -EFAULT : 0;
}

static long utest_ioc_call(struct utest_ctx *ctx, void __user *user)
{
	struct utest_engine *mine;
	struct utest_call arg;

	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;
	mine = utest_by_handle(ctx, arg.handle);
	if (!mine)
		return -ENXIO;
	if (arg.what == UTEST_PUT) {
		guard(mutex)(&ctx->mutex);
		arg.result = utest_put(mine);
	} else if (arg.how & UTEST_UNDER_RCU) {
		guard(rcu)();
		arg.result = utest_call(mine, arg.what, arg.how, arg.arg);
	} else {
		arg.result = utest_call(mine, arg.what, arg.how, arg.arg);
	}
	return copy_to_user(user, &arg, sizeof(arg)) ? -EFAULT : 0;
}

static long utest_ioc_rule(struct utest_ctx *ctx, void __user *user)
{
	struct utest_rule_entry *entry;
	struct utest_engine *mine;

	entry = kzalloc(sizeof(*entry), GFP_KERNEL);
	if (!entry)
		return -ENOMEM;
	if (copy_from_user(&entry->rule, user, sizeof(entry->rule))) {
		kfree(entry);
		return -EFAULT;
	}
	mine = utest_by_handle(ctx, entry->rule.handle);
	if (!mine) {
		kfree(entry);
		return -ENXIO;
	}
	/* There has to be something to wait for. */
	if ((entry->rule.effects & UTEST_FORGET) && !mine->engine->data) {
		kfree(entry);
		return -EINVAL;
	}
	/* Make the tag now. */
	utest_tag(ctx, entry->rule.do_attach.data);
	scoped_guard(spinlock_irqsave, &utest_lock)
		list_add_tail(&entry->node, &mine->rules);
	return 0;
}

static long utest_ioc_clear(struct utest_ctx *ctx, int handle)
{
	struct utest_engine *mine = utest_by_handle(ctx, handle);
	struct utest_rule_entry *entry, *next;
	LIST_HEAD(rules);

	if (!mine)
		return -ENXIO;
	scoped_guard(spinlock_irqsave, &utest_lock)
		list_splice_init(&mine->rules, &rules);
	list_for_each_entry_safe(entry, next, &rules, node)
		kfree(entry);
	return 0;
}

static bool utest_log_find(struct utest_ctx *ctx, struct utest_wait *arg)
{
	struct utest_event *event;
	unsigned long flags;
	bool found = false;
	u64 seq;

	spin_lock_irqsave(&utest_lock, flags);
	arg->count = 0;
	seq = ctx->seq < UTEST_LOG_SIZE ? 0 : ctx->seq - UTEST_LOG_SIZE + 1;
	for (seq = max(seq, arg->after) + 1; seq <= ctx->seq; seq++) {
		event = utest_log_slot(ctx, seq);
		if (arg->handle && event->handle != arg->handle)
			continue;
		if (arg->callbacks && !(arg->callbacks & BIT(event->callback)))
			continue;
		if ((arg->cond & UTEST_IF_VALUE) &&
		    event->values[0] != arg->value)
			continue;
		if (!event->done && !(arg->cond & UTEST_ENTERED))
			continue;
		if (!found)
			arg->event = *event;
		found = true;
		arg->count++;
	}
	spin_unlock_irqrestore(&utest_lock, flags);
	return found;
}

static long utest_ioc_wait(struct utest_ctx *ctx, void __user *user)
{
	struct utest_wait arg;
	long left;

	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;
	left = wait_event_interruptible_timeout(ctx->wait,
						utest_log_find(ctx, &arg),
						msecs_to_jiffies(arg.timeout_ms));
	if (left < 0)
		return -EINTR;
	arg.result = left ? 0 : -ETIMEDOUT;
	return copy_to_user(user, &arg, sizeof(arg)) ? -EFAULT : 0;
}

static long utest_ioc_info(struct utest_ctx *ctx, void __user *user)
{
	struct utest_engine *mine;
	struct utest_info arg;

	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;
	mine = utest_by_handle(ctx, arg.handle);
	if (!mine)
		return -ENXIO;
	scoped_guard(spinlock_irqsave, &utest_lock) {
		arg.flags = READ_ONCE(mine->engine->flags);
		memcpy(arg.counts, mine->counts, sizeof(arg.counts));
	}
	return copy_to_user(user, &arg, sizeof(arg)) ? -EFAULT : 0;
}

static long utest_ioc_regs(struct utest_ctx *ctx, void __user *user)
{
	struct utest_engine *mine;
	struct syscall_info info;
	struct utest_regs *arg;
	long ret = -EFAULT;
	int i;

	arg = kzalloc(sizeof(*arg), GFP_KERNEL);
	if (!arg)
		return -ENOMEM;
	if (copy_from_user(&arg->handle, user, sizeof(arg->handle)))
		goto out;
	mine = utest_by_handle(ctx, arg->handle);
	ret = -ENXIO;
	if (!mine)
		goto out;
	arg->prepare = utest_prepare_examine(mine);
	if (!arg->prepare) {
		ret = read_first_regset(mine->task, sizeof(arg->regs),
					arg->regs);
		arg->finish = utest_finish_examine(mine);
		if (ret < 0)
			goto out;
		arg->size = ret;
		arg->syscall_result = read_current_syscall(mine->task, &info);
		arg->syscall_nr = info.data.nr;
		for (i = 0; i < 6; i++)
			arg->syscall_args[i] = info.data.args[i];
	}
	ret = copy_to_user(user, arg, sizeof(*arg)) ? -EFAULT : 0;
out:
	kfree(arg);
	return ret;
}

static long utest_ioc_pin(struct utest_ctx *ctx, int nr)
{
	struct task_struct *task;
	struct pid *pid;
	int i;

	pid = find_get_pid(nr);
	task = get_pid_task(pid, PIDTYPE_PID);
	if (!task) {
		put_pid(pid);
		return -ENXIO;
	}
	guard(mutex)(&ctx->mutex);
	for (i = 0; i < UTEST_PINS; i++) {
		if (ctx->pins[i])
			continue;
		ctx->pins[i] = task;
		ctx->pin_pids[i] = pid;
		return i;
	}
	put_task_struct(task);
	put_pid(pid);
	return -EMFILE;
}

/* Runs in the new helper thread, before its execve(). */
static int utest_helper_init(struct subprocess_info *info, struct cred *new)
{
	struct utest_helper *helper = info->data;
	struct utrace_engine *engine;

	engine = utrace_attach_task(current, UTRACE_ATTACH_CREATE,
				    &utest_null_ops, NULL);
	helper->attach = PTR_ERR_OR_ZERO(engine);
	if (!IS_ERR(engine)) {
		utrace_control(current, engine, UTRACE_DETACH);
		utrace_engine_put(engine);
	}
	return 0;
}

static long utest_ioc_helper(void __user *user)
{
	char *argv[2] = { "/bin/true", NULL };
	char *envp[2] = { "PATH=/bin", NULL };
	struct utest_helper helper = {};
	struct subprocess_info *info;

	info = call_usermodehelper_setup(argv[0], argv, envp, GFP_KERNEL,
					 utest_helper_init, NULL, &helper);
	if (!info)
		return -ENOMEM;
	helper.run = call_usermodehelper_exec(info, UMH_WAIT_PROC);
	return copy_to_user(user, &helper, sizeof(helper)) ? -EFAULT : 0;
}

static u32 utest_pair_quiesce(enum utrace_resume_action action,
			      struct utrace_engine *engine,
			      struct task_struct *task, unsigned long event)
{
	return UTRACE_RESUME;
}

/* These engines are in no list. */
static const struct utrace_engine_ops utest_pair_ops = {
	.report_quiesce		= utest_pair_quiesce,
};

static int utest_pair(struct task_struct *task)
{
	struct utrace_engine *engine;
	int ret;

	engine = utrace_attach_task(task, UTRACE_ATTACH_CREATE,
				    &utest_pair_ops, NULL);
	if (IS_ERR(engine))
		return PTR_ERR(engine);
	utrace_set_events(task, engine, UTRACE_EVENT(QUIESCE) |
			  UTRACE_EVENT_SYSCALL);
	ret = utest_detach(task, engine);
	if (ret == -EINPROGRESS)
		ret = 0;
	utrace_engine_put(engine);
	return ret;
}

static long utest_ioc_pairs(void __user *user)
{
	struct task_struct *task;
	struct utest_pairs arg;

	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;
	task = utest_get_task(arg.target);
	if (!task)
		return -ENXIO;
	arg.result = 0;
	while (arg.pairs-- && !arg.result) {
		arg.result = utest_pair(task);
		cond_resched();
	}
	put_task_struct(task);
	/* All that is given up is free from here on, for whoever counts. */
	rcu_barrier();
	kvfree_rcu_barrier();
	return copy_to_user(user, &arg, sizeof(arg)) ? -EFAULT : 0;
}

struct utest_hammering {
	u32 what;
	u64 arg;
	int busy, early;	/* errors that do not mean that something is wrong */
	u32 undo;		/* what has to follow if there was none */
};

static const struct utest_hammering utest_hammerings[] = {
	{ UTEST_CONTROL, UTRACE_STOP, -EINPROGRESS },
	{ UTEST_CONTROL, UTRACE_RESUME },
	{ UTEST_CONTROL, UTRACE_REPORT },
	{ UTEST_CONTROL, UTRACE_INTERRUPT },
	{ UTEST_ASK, UTRACE_REPORT },
	{ UTEST_ASK, UTRACE_INTERRUPT },
	{ UTEST_SET_EVENTS, UTRACE_EVENT(QUIESCE), -EINPROGRESS },
	{ UTEST_SET_EVENTS, UTRACE_EVENT_ALL, -EINPROGRESS },
	{ UTEST_BARRIER },
	{ UTEST_GET_PUT },
	{ UTEST_FREEZE, 0, -EAGAIN, -EINVAL, UTEST_UNFREEZE },
	{ UTEST_PREPARE, 0, -EAGAIN, -EINVAL, UTEST_FINISH },
};

static int utest_hammer_once(struct utest_engine *mine,
			     const struct utest_hammering *once)
{
	int ret = utest_call(mine, once->what, 0, once->arg);

	if (!ret && once->undo)
		ret = utest_call(mine, once->undo, 0, 0);
	return ret == once->busy || ret == once->early ? 0 : ret;
}

static long utest_ioc_hammer(struct utest_ctx *ctx, void __user *user)
{
	const struct utest_hammering *once;
	struct utest_engine *mine;
	struct utest_hammer arg;
	struct rnd_state random;
	unsigned long end;

	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;
	mine = utest_by_handle(ctx, arg.handle);
	if (!mine)
		return -ENXIO;
	prandom_seed_state(&random, arg.seed);
	arg.result = 0;
	end = jiffies + msecs_to_jiffies(arg.ms);
	while (time_before(jiffies, end) && !arg.result &&
	       !fatal_signal_pending(current)) {
		once = &utest_hammerings[prandom_u32_state(&random) %
					 ARRAY_SIZE(utest_hammerings)];
		arg.what = once->what;
		arg.arg = once->arg;
		arg.result = utest_hammer_once(mine, once);
		cond_resched();
	}
	return copy_to_user(user, &arg, sizeof(arg)) ? -EFAULT : 0;
}

static long utest_ioc_task(void __user *user)
{
	struct task_struct *task;
	struct utest_task arg;

	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;
	task = utest_get_task(arg.target);
	if (!task)
		return -ENXIO;
	arg.utrace_flags = READ_ONCE(task->utrace_flags);
	arg.syscall_trace = !!test_task_syscall_work(task, SYSCALL_TRACE);
	put_task_struct(task);
	return copy_to_user(user, &arg, sizeof(arg)) ? -EFAULT : 0;
}

/**
 * struct utest_probe - a place where tasks take their time
 * @kprobe: at that place
 * @times: how many have
 */
struct utest_probe {
	struct kprobe kprobe;
	atomic_t times;
};

static void utest_hold_up(struct kprobe *kprobe)
{
	atomic_inc(&container_of(kprobe, struct utest_probe, kprobe)->times);
	mdelay(10);
}

static int utest_hold_up_tracer(struct kprobe *kprobe, struct pt_regs *regs)
{
	if (current->flags & PF_EXITING)
		utest_hold_up(kprobe);
	return 0;
}

static int utest_hold_up_killed(struct kprobe *kprobe, struct pt_regs *regs)
{
	if (current->signal->flags & SIGNAL_GROUP_EXIT)
		utest_hold_up(kprobe);
	return 0;
}

static int utest_hold_up_caller(struct kprobe *kprobe, struct pt_regs *regs)
{
	utest_hold_up(kprobe);
	return 0;
}

/*
 * A tracer that exits has untied its tracee then, and the engine is still there. A task
 * that was killed has made the callback, and its engine does not hold it yet.
 */
static const struct {
	const char *symbol;
	kprobe_pre_handler_t handler;
} utest_hold_ups[] = {
	[UTEST_HOLD_UP_TRACER] = { "utrace_control", utest_hold_up_tracer },
	[UTEST_HOLD_UP_KILLED] = { "utrace_set_wants", utest_hold_up_killed },
	[UTEST_HOLD_UP_CALLER] = { "utrace_control", utest_hold_up_caller },
};

static long utest_ioc_hold_up(struct utest_ctx *ctx, unsigned long who)
{
	struct utest_probe *hold_up;
	int ret;

	if (who >= ARRAY_SIZE(utest_hold_ups))
		return -EINVAL;
	guard(mutex)(&ctx->mutex);
	if (ctx->hold_up)
		return -EBUSY;
	hold_up = kzalloc(sizeof(*hold_up), GFP_KERNEL);
	if (!hold_up)
		return -ENOMEM;
	hold_up->kprobe.symbol_name = utest_hold_ups[who].symbol;
	hold_up->kprobe.pre_handler = utest_hold_ups[who].handler;
	ret = register_kprobe(&hold_up->kprobe);
	if (ret)
		kfree(hold_up);
	else
		ctx->hold_up = hold_up;
	return ret;
}

static long utest_ioc_held_up(struct utest_ctx *ctx)
{
	guard(mutex)(&ctx->mutex);
	return ctx->hold_up ? atomic_read(&ctx->hold_up->times) : -ENOENT;
}

static long utest_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct utest_ctx *ctx = file->private_data;
	void __user *user = (void __user *)arg;

	switch (cmd) {
	case UTEST_IOC_ATTACH:
		return utest_ioc_attach(ctx, user);
	case UTEST_IOC_CALL:
		return utest_ioc_call(ctx, user);
	case UTEST_IOC_RULE:
		return utest_ioc_rule(ctx, user);
	case UTEST_IOC_CLEAR:
		return utest_ioc_clear(ctx, arg);
	case UTEST_IOC_WAIT:
		return utest_ioc_wait(ctx, user);
	case UTEST_IOC_INFO:
		return utest_ioc_info(ctx, user);
	case UTEST_IOC_REGS:
		return utest_ioc_regs(ctx, user);
	case UTEST_IOC_PIN:
		return utest_ioc_pin(ctx, arg);
	case UTEST_IOC_OPEN_GATE:
		WRITE_ONCE(ctx->gate_open, ctx->gate_open + 1);
		wake_up_all(&ctx->gate);
		return 0;
	case UTEST_IOC_KEEP:
		ctx->keep = true;
		return 0;
	case UTEST_IOC_HELPER:
		return utest_ioc_helper(user);
	case UTEST_IOC_PAIRS:
		return utest_ioc_pairs(user);
	case UTEST_IOC_TASK:
		return utest_ioc_task(user);
	case UTEST_IOC_HAMMER:
		return utest_ioc_hammer(ctx, user);
	case UTEST_IOC_HOLD_UP:
		return utest_ioc_hold_up(ctx, arg);
	case UTEST_IOC_HELD_UP:
		return utest_ioc_held_up(ctx);
	default:
		return -ENOTTY;
	}
}

static struct utest_engine *utest_first(struct utest_ctx *ctx)
{
	struct utest_engine *first;
	unsigned long flags;

	spin_lock_irqsave(&utest_lock, flags);
	first = list_first_entry_or_null(&ctx->engines, struct utest_engine,
					 node);
	spin_unlock_irqrestore(&utest_lock, flags);
	return first;
}

static bool utest_all_released(struct utest_ctx *ctx)
{
	guard(spinlock_irqsave)(&utest_lock);
	return !ctx->forgotten;
}

/*
 * The way out for any owner of engines: detach, wait for the callback that may
 * be running, drop the reference. In a worker, as it has no signals that would
 * end the wait. An engine goes when no callback of another one can refer to it.
 */
static void utest_cleanup(struct work_struct *work)
{
	struct utest_ctx *ctx = container_of(work, struct utest_ctx, cleanup);
	struct utest_engine *mine, *next_mine;
	struct utest_tag *tag, *next;
	LIST_HEAD(detached);
	int i;

	scoped_guard(spinlock_irqsave, &utest_lock)
		ctx->closing = true;
	WRITE_ONCE(ctx->gate_open, ctx->gate_open + 1);
	wake_up_all(&ctx->gate);
	if (ctx->hold_up)
		unregister_kprobe(&ctx->hold_up->kprobe);
	kfree(ctx->hold_up);

	while ((mine = utest_first(ctx))) {
		while (!utest_unfreeze(mine))
			;
		while (utest_finish_examine(mine) != -EINVAL)
			;
		utest_detach(mine->task, mine->engine);
		scoped_guard(spinlock_irqsave, &utest_lock)
			list_move_tail(&mine->node, &detached);
	}
	wait_event(ctx->wait, utest_all_released(ctx));
	list_for_each_entry_safe(mine, next_mine, &detached, node)
		utest_forget(mine);
	/* The barriers did not wait for the callbacks that are made under RCU. */
	synchronize_rcu();
	list_for_each_entry_safe(tag, next, &ctx->tags, node)
		kfree(tag);
	for (i = 0; i < UTEST_PINS; i++) {
		if (ctx->pins[i])
			put_task_struct(ctx->pins[i]);
		put_pid(ctx->pin_pids[i]);
	}
	mutex_destroy(&ctx->mutex);
	vfree(ctx->log);
}

static void utest_free(struct utest_ctx *ctx)
{
	queue_work(system_unbound_wq, &ctx->cleanup);
	flush_work(&ctx->cleanup);
	kfree(ctx);
}

static int utest_open(struct inode *inode, struct file *file)
{
	struct utest_ctx *ctx;

	ctx = kzalloc(sizeof(*ctx), GFP_KERNEL);
	if (!ctx)
		return -ENOMEM;
	ctx->log = vcalloc(UTEST_LOG_SIZE, sizeof(*ctx->log));
	if (!ctx->log) {
		kfree(ctx);
		return -ENOMEM;
	}
	INIT_LIST_HEAD(&ctx->engines);
	INIT_LIST_HEAD(&ctx->tags);
	mutex_init(&ctx->mutex);
	init_waitqueue_head(&ctx->wait);
	init_waitqueue_head(&ctx->gate);
	INIT_WORK(&ctx->cleanup, utest_cleanup);
	file->private_data = ctx;
	return 0;
}

static int utest_close(struct inode *inode, struct file *file)
{
	struct utest_ctx *ctx = file->private_data;
	unsigned long flags;

	if (!ctx->keep) {
		utest_free(ctx);
		return 0;
	}
	spin_lock_irqsave(&utest_lock, flags);
	list_add(&ctx->node, &utest_kept);
	spin_unlock_irqrestore(&utest_lock, flags);
	return 0;
}

static const struct file_operations utest_fops = {
	.owner		= THIS_MODULE,
	.open		= utest_open,
	.release	= utest_close,
	.unlocked_ioctl	= utest_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
};

static struct miscdevice utest_device = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= UTEST_NAME,
	.fops	= &utest_fops,
	.mode	= 0600,
};

static int __init utest_module_init(void)
{
	return misc_register(&utest_device);
}
module_init(utest_module_init);

static void __exit utest_module_exit(void)
{
	struct utest_ctx *ctx, *next;

	misc_deregister(&utest_device);
	list_for_each_entry_safe(ctx, next, &utest_kept, node)
		utest_free(ctx);
}
module_exit(utest_module_exit);

MODULE_DESCRIPTION("Engines for the tests of utrace");
MODULE_LICENSE("GPL");
