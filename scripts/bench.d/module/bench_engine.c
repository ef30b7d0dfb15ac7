// SPDX-License-Identifier: GPL-2.0-only
/*
 * Engines to be measured. They do as little as one can, so that what is measured is
 * the cost of having them.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cleanup.h>
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/sprintf.h>
#include <linux/uaccess.h>
#include <linux/utrace.h>
#include <linux/vmalloc.h>

#include <asm/syscall.h>

#include "bench_engine.h"

static DEFINE_MUTEX(bench_lock);	/* guards these */
static struct task_struct *bench_task;
static struct utrace_engine *bench_engines[BENCH_MAX];
static unsigned int bench_number;
static struct bench_member {
	struct task_struct *task;
	struct utrace_engine *engine;
} *bench_crowd;
static unsigned int bench_crowd_size;

static DECLARE_COMPLETION(bench_stopped);

/* Only the traced task changes these. */
static unsigned long bench_reports;
static char bench_line[256];

static void bench_report(void)
{
	WRITE_ONCE(bench_reports, bench_reports + 1);
}

static u32 bench_count_entry(u32 action, struct utrace_engine *engine,
			     struct task_struct *task, struct pt_regs *regs)
{
	bench_report();
	return UTRACE_RESUME | utrace_syscall_action(action);
}

static u32 bench_count_exit(enum utrace_resume_action action,
			    struct utrace_engine *engine,
			    struct task_struct *task, struct pt_regs *regs)
{
	bench_report();
	return UTRACE_RESUME;
}

static u32 bench_format_entry(u32 action, struct utrace_engine *engine,
			      struct task_struct *task, struct pt_regs *regs)
{
	unsigned long args[6];

	syscall_get_arguments(task, regs, args);
	scnprintf(bench_line, sizeof(bench_line),
		  "%d: syscall_%d(%#lx, %#lx, %#lx, %#lx, %#lx, %#lx)",
		  task->pid, syscall_get_nr(task, regs), args[0], args[1],
		  args[2], args[3], args[4], args[5]);
	bench_report();
	return UTRACE_RESUME | utrace_syscall_action(action);
}

static u32 bench_format_exit(enum utrace_resume_action action,
			     struct utrace_engine *engine,
			     struct task_struct *task, struct pt_regs *regs)
{
	scnprintf(bench_line, sizeof(bench_line), " = %ld",
		  syscall_get_return_value(task, regs));
	bench_report();
	return UTRACE_RESUME;
}

static u32 bench_clone(enum utrace_resume_action action,
		       struct utrace_engine *engine, struct task_struct *parent,
		       unsigned long clone_flags, struct task_struct *child)
{
	bench_report();
	return UTRACE_RESUME;
}

static u32 bench_exec(enum utrace_resume_action action,
		      struct utrace_engine *engine, struct task_struct *task,
		      const struct linux_binfmt *fmt,
		      const struct linux_binprm *bprm, struct pt_regs *regs)
{
	bench_report();
	return UTRACE_RESUME;
}

/* The trap after each step is ours alone. */
static u32 bench_step_signal(u32 action, struct utrace_engine *engine,
			     struct task_struct *task, struct pt_regs *regs,
			     kernel_siginfo_t *info,
			     const struct k_sigaction *orig_ka,
			     struct k_sigaction *return_ka)
{
	bench_report();
	return UTRACE_SIGNAL_IGN | UTRACE_SINGLESTEP;
}

static u32 bench_hold_entry(u32 action, struct utrace_engine *engine,
			    struct task_struct *task, struct pt_regs *regs)
{
	bench_report();
	return UTRACE_STOP | utrace_syscall_action(action);
}

static void bench_stop_announce(struct utrace_engine *engine,
				struct task_struct *task)
{
	complete(&bench_stopped);
}

static const struct {
	struct utrace_engine_ops ops;
	unsigned long events;
} bench_kinds[BENCH_KINDS] = {
	[BENCH_COUNT] = {
		.ops.report_syscall_entry = bench_count_entry,
		.ops.report_syscall_exit = bench_count_exit,
		.events = UTRACE_EVENT_SYSCALL,
	},
	[BENCH_FORMAT] = {
		.ops.report_syscall_entry = bench_format_entry,
		.ops.report_syscall_exit = bench_format_exit,
		.events = UTRACE_EVENT_SYSCALL,
	},
	[BENCH_CLONE] = {
		.ops.report_clone = bench_clone,
		.events = UTRACE_EVENT(CLONE),
	},
	[BENCH_EXEC] = {
		.ops.report_exec = bench_exec,
		.events = UTRACE_EVENT(EXEC),
	},
	[BENCH_STEP] = {
		.ops.report_signal = bench_step_signal,
		.events = UTRACE_EVENT(QUIESCE) | UTRACE_EVENT(SIGNAL_CORE),
	},
	[BENCH_HOLD] = {
		.ops.report_syscall_entry = bench_hold_entry,
		.ops.stop_announce = bench_stop_announce,
		.events = UTRACE_EVENT(SYSCALL_ENTRY),
	},
	[BENCH_IDLE] = {
		.ops.stop_announce = bench_stop_announce,
	},
};

static void bench_detach_engine(struct task_struct *task,
				struct utrace_engine *engine)
{
	while (utrace_control(task, engine, UTRACE_DETACH) == -EALREADY)
		schedule_timeout_uninterruptible(1);
	while (utrace_barrier(task, engine) == -ERESTARTSYS)
		schedule_timeout_uninterruptible(1);
	utrace_engine_put(engine);
}

static void bench_detach(void)
{
	struct bench_member *member;

	while (bench_number)
		bench_detach_engine(bench_task, bench_engines[--bench_number]);
	if (bench_task)
		put_task_struct(bench_task);
	bench_task = NULL;

	while (bench_crowd_size) {
		member = &bench_crowd[--bench_crowd_size];
		if (!IS_ERR_OR_NULL(member->engine))
			bench_detach_engine(member->task, member->engine);
		put_task_struct(member->task);
	}
	vfree(bench_crowd);
	bench_crowd = NULL;
}

/* All threads that a process has just now; they make no more. */
static int bench_find_crowd(struct task_struct *process)
{
	unsigned int room = get_nr_threads(process);
	struct task_struct *thread;

	bench_crowd = vcalloc(room, sizeof(*bench_crowd));
	if (!bench_crowd)
		return -ENOMEM;
	guard(rcu)();
	for_each_thread(process, thread) {
		if (bench_crowd_size == room)
			return -E2BIG;
		bench_crowd[bench_crowd_size++].task = get_task_struct(thread);
	}
	return 0;
}

static int bench_attach_crowd(const void __user *arg)
{
	struct task_struct *process __free(put_task) = NULL;
	struct bench_member *member;
	struct pid *pid;
	s32 number;
	int ret;

	if (copy_from_user(&number, arg, sizeof(number)))
		return -EFAULT;
	if (bench_task || bench_crowd)
		return -EBUSY;
	pid = find_get_pid(number);
	process = get_pid_task(pid, PIDTYPE_PID);
	put_pid(pid);
	if (!process)
		return -ESRCH;

	ret = bench_find_crowd(process);
	if (ret)
		goto failed;
	for (member = bench_crowd; member < bench_crowd + bench_crowd_size;
	     member++) {
		member->engine = utrace_attach_task(member->task,
						    UTRACE_ATTACH_CREATE,
						    &bench_kinds[BENCH_IDLE].ops,
						    NULL);
		ret = PTR_ERR_OR_ZERO(member->engine);
		if (ret)
			goto failed;
	}
	return bench_crowd_size;
failed:
	bench_detach();
	return ret;
}

static int bench_attach_one(const struct bench_attach *attach)
{
	struct utrace_engine *engine;
	int ret;

	engine = utrace_attach_task(bench_task, UTRACE_ATTACH_CREATE,
				    &bench_kinds[attach->kind].ops, NULL);
	if (IS_ERR(engine))
		return PTR_ERR(engine);
	bench_engines[bench_number++] = engine;
	ret = utrace_set_events(bench_task, engine,
				bench_kinds[attach->kind].events);
	return ret == -EINPROGRESS ? 0 : ret;
}

static int bench_attach(const void __user *arg)
{
	struct bench_attach attach;
	struct pid *pid;
	int ret = 0;

	if (copy_from_user(&attach, arg, sizeof(attach)))
		return -EFAULT;
	if (bench_task || bench_crowd)
		return -EBUSY;
	if (attach.number > BENCH_MAX || attach.kind >= BENCH_KINDS)
		return -EINVAL;

	if (attach.pid) {
		pid = find_get_pid(attach.pid);
		bench_task = get_pid_task(pid, PIDTYPE_PID);
		put_pid(pid);
	} else {
		bench_task = get_task_struct(current);
	}
	if (!bench_task)
		return -ESRCH;

	reinit_completion(&bench_stopped);
	while (!ret && bench_number < attach.number)
		ret = bench_attach_one(&attach);
	if (ret)
		bench_detach();
	return ret;
}

static int bench_control(enum utrace_resume_action action)
{
	int ret;

	if (!bench_number)
		return -ESRCH;
	ret = utrace_control(bench_task, bench_engines[0], action);
	return ret == -EINPROGRESS ? 0 : ret;
}

static int bench_wait(void)
{
	return wait_for_completion_interruptible(&bench_stopped);
}

static int bench_do(unsigned int cmd, unsigned long arg)
{
	int ret;

	switch (cmd) {
	case BENCH_NOTHING:
		return 0;
	case BENCH_ATTACH:
		return bench_attach((const void __user *)arg);
	case BENCH_DETACH:
		bench_detach();
		return 0;
	case BENCH_STOP:
		ret = bench_control(UTRACE_STOP);
		return ret ?: bench_wait();
	case BENCH_RESUME:
		return bench_control(UTRACE_RESUME);
	case BENCH_RUN:
		ret = bench_control(UTRACE_RESUME);
		return ret ?: bench_wait();
	case BENCH_STEPS:
		return bench_control(UTRACE_SINGLESTEP);
	case BENCH_CROWD:
		return bench_attach_crowd((const void __user *)arg);
	case BENCH_REPORTS:
		return bench_reports;
	default:
		return -ENOTTY;
	}
}

static long bench_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	long ret;

	if (mutex_lock_interruptible(&bench_lock))
		return -EINTR;
	ret = bench_do(cmd, arg);
	mutex_unlock(&bench_lock);
	return ret;
}

/* Whoever opened it is gone, and so shall be what it attached. */
static int bench_release(struct inode *inode, struct file *file)
{
	mutex_lock(&bench_lock);
	bench_detach();
	mutex_unlock(&bench_lock);
	return 0;
}

static const struct file_operations bench_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = bench_ioctl,
	.release = bench_release,
};

static struct miscdevice bench_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "bench-engine",
	.fops = &bench_fops,
};
module_misc_device(bench_device);

MODULE_DESCRIPTION("engines to be measured");
MODULE_LICENSE("GPL");
