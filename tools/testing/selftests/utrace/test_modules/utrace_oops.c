// SPDX-License-Identifier: GPL-2.0-only
/*
 * An engine that crashes: insmod utrace_oops.ko pid=PID event=EVENT how=HOW, where
 * EVENT is quiesce, signal, clone, vfork_done, jctl, seccomp, exec, entry, exit or
 * end, and HOW is null, to call what is not there, or bug.  The task goes with it.
 */
#include <linux/bug.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/string.h>
#include <linux/utrace.h>

static int pid;
module_param(pid, int, 0444);
MODULE_PARM_DESC(pid, "the task to trace");

static char *event = "entry";
module_param(event, charp, 0444);
MODULE_PARM_DESC(event, "the callback that crashes");

static char *how = "bug";
module_param(how, charp, 0444);
MODULE_PARM_DESC(how, "null or bug");

static bool detach;
module_param(detach, bool, 0444);
MODULE_PARM_DESC(detach, "have the callback detach the engine first");

static struct task_struct *oops_task;
static struct utrace_engine *oops_engine;
static void (*oops_nothing)(void);

static u32 oops(u32 result)
{
	if (detach)
		utrace_control(current, oops_engine, UTRACE_DETACH);
	if (!strcmp(how, "null"))
		READ_ONCE(oops_nothing)();
	else
		BUG();
	return result | UTRACE_RESUME;
}

static u32 oops_quiesce(enum utrace_resume_action action,
			struct utrace_engine *engine, struct task_struct *task,
			unsigned long event)
{
	return oops(0);
}

static u32 oops_signal(u32 action, struct utrace_engine *engine,
		       struct task_struct *task, struct pt_regs *regs,
		       kernel_siginfo_t *info,
		       const struct k_sigaction *orig_ka,
		       struct k_sigaction *return_ka)
{
	return oops(utrace_signal_action(action));
}

static u32 oops_clone(enum utrace_resume_action action,
		      struct utrace_engine *engine, struct task_struct *parent,
		      unsigned long clone_flags, struct task_struct *child)
{
	return oops(0);
}

static u32 oops_vfork_done(enum utrace_resume_action action,
			   struct utrace_engine *engine,
			   struct task_struct *task, struct pid *child)
{
	return oops(0);
}

static u32 oops_jctl(enum utrace_resume_action action,
		     struct utrace_engine *engine, struct task_struct *task,
		     int type, int notify)
{
	return oops(0);
}

static u32 oops_seccomp(u32 action, struct utrace_engine *engine,
			struct task_struct *task, struct pt_regs *regs,
			unsigned long data)
{
	return oops(utrace_syscall_action(action));
}

static u32 oops_exec(enum utrace_resume_action action,
		     struct utrace_engine *engine, struct task_struct *task,
		     const struct linux_binfmt *fmt,
		     const struct linux_binprm *bprm, struct pt_regs *regs)
{
	return oops(0);
}

static u32 oops_syscall_entry(u32 action, struct utrace_engine *engine,
			      struct task_struct *task, struct pt_regs *regs)
{
	return oops(utrace_syscall_action(action));
}

static u32 oops_syscall_exit(enum utrace_resume_action action,
			     struct utrace_engine *engine,
			     struct task_struct *task, struct pt_regs *regs)
{
	return oops(0);
}

static u32 oops_end(enum utrace_resume_action action,
		    struct utrace_engine *engine, struct task_struct *task,
		    long orig_code, long *code)
{
	return oops(0);
}

static const struct utrace_engine_ops oops_ops = {
	.report_quiesce		= oops_quiesce,
	.report_signal		= oops_signal,
	.report_clone		= oops_clone,
	.report_vfork_done	= oops_vfork_done,
	.report_jctl		= oops_jctl,
	.report_seccomp		= oops_seccomp,
	.report_exec		= oops_exec,
	.report_syscall_entry	= oops_syscall_entry,
	.report_syscall_exit	= oops_syscall_exit,
	.report_exit		= oops_end,
};

static const struct {
	const char *name;
	unsigned long bits;
} oops_events[] = {
	{ "quiesce", UTRACE_EVENT(QUIESCE) },
	{ "signal", UTRACE_EVENT_SIGNAL_ALL },
	{ "clone", UTRACE_EVENT(CLONE) },
	{ "vfork_done", UTRACE_EVENT(VFORK_DONE) },
	{ "jctl", UTRACE_EVENT(JCTL) },
	{ "seccomp", UTRACE_EVENT(SECCOMP) },
	{ "exec", UTRACE_EVENT(EXEC) },
	{ "entry", UTRACE_EVENT(SYSCALL_ENTRY) },
	{ "exit", UTRACE_EVENT(SYSCALL_EXIT) },
	{ "end", UTRACE_EVENT(EXIT) },
};

static unsigned long oops_bits(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(oops_events); i++)
		if (!strcmp(event, oops_events[i].name))
			return oops_events[i].bits;
	return 0;
}

static int __init oops_module_init(void)
{
	unsigned long bits = oops_bits();
	struct pid *found;

	if (!bits)
		return -EINVAL;
	found = find_get_pid(pid);
	oops_task = get_pid_task(found, PIDTYPE_PID);
	put_pid(found);
	if (!oops_task)
		return -ESRCH;
	oops_engine = utrace_attach_task(oops_task, UTRACE_ATTACH_CREATE,
					 &oops_ops, NULL);
	if (IS_ERR(oops_engine)) {
		put_task_struct(oops_task);
		return PTR_ERR(oops_engine);
	}
	utrace_set_events(oops_task, oops_engine, bits);
	return 0;
}
module_init(oops_module_init);

static void __exit oops_module_exit(void)
{
	int ret;

	/* As those do that are written to be copied: see samples/utrace. */
	do {
		ret = utrace_control(oops_task, oops_engine, UTRACE_DETACH);
		while (utrace_barrier(oops_task, oops_engine) == -ERESTARTSYS)
			schedule_timeout_uninterruptible(1);
	} while (ret == -EALREADY);
	utrace_engine_put(oops_engine);
	put_task_struct(oops_task);
}
module_exit(oops_module_exit);

MODULE_DESCRIPTION("An engine that crashes");
MODULE_LICENSE("GPL");
