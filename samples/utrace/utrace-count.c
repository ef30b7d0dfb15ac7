// SPDX-License-Identifier: GPL-2.0-only
/*
 * The smallest engine: count the system calls of one task.
 *
 *	# modprobe utrace-count pid=PID
 *	# cat /sys/module/utrace_count/parameters/calls
 *	# rmmod utrace-count
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>

#include "utrace-sample.h"

static int pid;
module_param(pid, int, 0444);
MODULE_PARM_DESC(pid, "the task to trace");

/* Written by the traced task only. */
static unsigned long calls;
module_param(calls, ulong, 0400);
MODULE_PARM_DESC(calls, "how many system calls it has made");

static struct sample_target target;

static u32 count_syscall_entry(u32 action, struct utrace_engine *engine,
			       struct task_struct *task, struct pt_regs *regs)
{
	/* Not again for a call that another engine has held for a while. */
	if (!(action & UTRACE_SYSCALL_RESUMED))
		WRITE_ONCE(calls, calls + 1);

	/* Whether the call is made is up to the engines before us. */
	return UTRACE_RESUME | utrace_syscall_action(action);
}

static const struct utrace_engine_ops count_ops = {
	.report_syscall_entry = count_syscall_entry,
};

static int __init count_init(void)
{
	calls = 0;
	return sample_trace(&target, pid, &count_ops,
			    UTRACE_EVENT(SYSCALL_ENTRY));
}
module_init(count_init);

static void __exit count_exit(void)
{
	sample_detach(&target);
	sample_put(&target);
}
module_exit(count_exit);

MODULE_DESCRIPTION("utrace sample: count system calls");
MODULE_LICENSE("GPL");
