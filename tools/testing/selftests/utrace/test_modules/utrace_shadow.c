// SPDX-License-Identifier: GPL-2.0-only
/*
 * An engine on every user task that asks for every event and wants nothing: with
 * it loaded, no program may see any difference.
 *
 * It attaches to the threads that there are, and from report_clone() to those that
 * are made.  As it is on every task, it cannot be unloaded.
 */
#include <linux/atomic.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/pid.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/utrace.h>

/*
 * All but what would make a difference by being asked for: GROUP_STOP has to be
 * acted upon, NO_SECCOMP is no event, and SECCOMP makes a tracer of an engine.
 */
#define SHADOW_EVENTS							\
	(UTRACE_EVENT_ALL &						\
	 ~(UTRACE_EVENT(GROUP_STOP) | UTRACE_EVENT(NO_SECCOMP) |	\
	   UTRACE_EVENT(SECCOMP)))

static unsigned int shadow_tasks;
module_param_named(tasks, shadow_tasks, uint, 0444);
MODULE_PARM_DESC(tasks, "how many threads got the engine, more or less");

static unsigned int shadow_callbacks;
module_param_named(callbacks, shadow_callbacks, uint, 0444);
MODULE_PARM_DESC(callbacks, "how many callbacks were made, more or less");

/* For who looks whether the engine is there at all. Some that are lost do not matter. */
#define shadow_count(counter)	data_race((counter)++)

static const struct utrace_engine_ops shadow_ops;

static void shadow_attach(struct task_struct *task)
{
	struct utrace_engine *engine;

	engine = utrace_attach_task(task, UTRACE_ATTACH_CREATE |
					  UTRACE_ATTACH_EXCLUSIVE |
					  UTRACE_ATTACH_MATCH_OPS,
				    &shadow_ops, NULL);
	/* Kernel threads, those that have it, and those that are gone. */
	if (IS_ERR(engine))
		return;
	utrace_set_events(task, engine, SHADOW_EVENTS);
	utrace_engine_put(engine);
	shadow_count(shadow_tasks);
}

static u32 shadow_report(u32 result)
{
	shadow_count(shadow_callbacks);
	return result | UTRACE_RESUME;
}

static u32 shadow_quiesce(enum utrace_resume_action action,
			  struct utrace_engine *engine,
			  struct task_struct *task, unsigned long event)
{
	return shadow_report(0);
}

static u32 shadow_signal(u32 action, struct utrace_engine *engine,
			 struct task_struct *task, struct pt_regs *regs,
			 kernel_siginfo_t *info,
			 const struct k_sigaction *orig_ka,
			 struct k_sigaction *return_ka)
{
	return shadow_report(action &
			     (UTRACE_SIGNAL_MASK | UTRACE_SIGNAL_HOLD));
}

static u32 shadow_clone(enum utrace_resume_action action,
			struct utrace_engine *engine,
			struct task_struct *parent, unsigned long clone_flags,
			struct task_struct *child)
{
	shadow_attach(child);
	return shadow_report(0);
}

static u32 shadow_jctl(enum utrace_resume_action action,
		       struct utrace_engine *engine, struct task_struct *task,
		       int type, int notify)
{
	return shadow_report(0);
}

static u32 shadow_exec(enum utrace_resume_action action,
		       struct utrace_engine *engine, struct task_struct *task,
		       const struct linux_binfmt *fmt,
		       const struct linux_binprm *bprm, struct pt_regs *regs)
{
	return shadow_report(0);
}

static u32 shadow_syscall_entry(u32 action, struct utrace_engine *engine,
				struct task_struct *task, struct pt_regs *regs)
{
	return shadow_report(utrace_syscall_action(action));
}

static u32 shadow_syscall_exit(enum utrace_resume_action action,
			       struct utrace_engine *engine,
			       struct task_struct *task, struct pt_regs *regs)
{
	return shadow_report(0);
}

static u32 shadow_exit(enum utrace_resume_action action,
		       struct utrace_engine *engine, struct task_struct *task,
		       long orig_code, long *code)
{
	return shadow_report(0);
}

static u32 shadow_death(struct utrace_engine *engine, struct task_struct *task,
			bool group_dead, int signal)
{
	return shadow_report(0);
}

static void shadow_reap(struct utrace_engine *engine, struct task_struct *task)
{
	shadow_count(shadow_callbacks);
}

static u32 shadow_vfork_done(enum utrace_resume_action action,
			     struct utrace_engine *engine,
			     struct task_struct *task, struct pid *child)
{
	return shadow_report(0);
}

static const struct utrace_engine_ops shadow_ops = {
	.report_quiesce = shadow_quiesce,
	.report_signal = shadow_signal,
	.report_clone = shadow_clone,
	.report_jctl = shadow_jctl,
	.report_exec = shadow_exec,
	.report_syscall_entry = shadow_syscall_entry,
	.report_syscall_exit = shadow_syscall_exit,
	.report_exit = shadow_exit,
	.report_death = shadow_death,
	.report_reap = shadow_reap,
	.report_vfork_done = shadow_vfork_done,
};

/* The next thread whose pid is not lower, with a reference, or NULL. */
static struct task_struct *shadow_next(int *nr)
{
	struct task_struct *task = NULL;
	struct pid *pid;

	rcu_read_lock();
	while (!task) {
		pid = find_ge_pid(*nr, &init_pid_ns);
		if (!pid)
			break;
		*nr = pid_nr(pid) + 1;
		task = pid_task(pid, PIDTYPE_PID);
	}
	if (task)
		get_task_struct(task);
	rcu_read_unlock();
	return task;
}

/* A thread that is made meanwhile has the engine, or is found in time. */
static int __init shadow_init(void)
{
	struct task_struct *task;
	int nr = 1;

	while ((task = shadow_next(&nr))) {
		shadow_attach(task);
		put_task_struct(task);
	}
	return 0;
}
module_init(shadow_init);

MODULE_DESCRIPTION("an engine on every task that must not be noticed");
MODULE_LICENSE("GPL");
