/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The registers and the system call of a task that is stopped, also where the
 * architecture has no regsets.
 */
#ifndef _UTRACE_REGS_H
#define _UTRACE_REGS_H

#include <linux/minmax.h>
#include <linux/ptrace.h>
#include <linux/regset.h>
#include <linux/sched/task_stack.h>
#include <linux/string.h>
#include <asm/syscall.h>

#ifdef CONFIG_HAVE_ARCH_TRACEHOOK

/* The first regset; its size or an error. */
static inline int read_first_regset(struct task_struct *task, unsigned int size,
				    void *regs)
{
	const struct user_regset_view *view = task_user_regset_view(task);

	return regset_get(task, &view->regsets[0], size, regs);
}

static inline int read_current_syscall(struct task_struct *task,
				       struct syscall_info *info)
{
	return task_current_syscall(task, info);
}

#else

static inline int read_first_regset(struct task_struct *task, unsigned int size,
				    void *regs)
{
	size = min_t(unsigned int, size, sizeof(struct pt_regs));
	memcpy(regs, task_pt_regs(task), size);
	return size;
}

/* For who knows that the task does not run. */
static inline int read_current_syscall(struct task_struct *task,
				       struct syscall_info *info)
{
	struct pt_regs *regs = task_pt_regs(task);
	unsigned long args[6];
	int i;

	info->data.nr = syscall_get_nr(task, regs);
	syscall_get_arguments(task, regs, args);
	for (i = 0; i < 6; i++)
		info->data.args[i] = args[i];
	return 0;
}

#endif

#endif /* _UTRACE_REGS_H */
