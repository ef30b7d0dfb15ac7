// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stop a task at each execve(), before the new program runs its first
 * instruction, and let it go on when told to.
 *
 *	# modprobe utrace-execstop pid=PID
 *	# cat /sys/kernel/debug/utrace-execstop
 *	held at the exec of /usr/bin/true
 *	# echo go > /sys/kernel/debug/utrace-execstop
 *	# rmmod utrace-execstop
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/binfmts.h>
#include <linux/cleanup.h>
#include <linux/debugfs.h>
#include <linux/limits.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/spinlock.h>

#include "utrace-sample.h"

static int pid;
module_param(pid, int, 0444);
MODULE_PARM_DESC(pid, "the task to trace");

static struct sample_target target;

static DEFINE_MUTEX(go_lock);	/* for one writer at a time */
static DEFINE_SPINLOCK(lock);	/* guards all below */
static enum { WAITING, HELD, DEAD } state;
static char program[PATH_MAX];

static u32 execstop_exec(enum utrace_resume_action action,
			 struct utrace_engine *engine,
			 struct task_struct *task,
			 const struct linux_binfmt *fmt,
			 const struct linux_binprm *bprm, struct pt_regs *regs)
{
	spin_lock(&lock);
	state = HELD;
	strscpy(program, bprm->filename);
	spin_unlock(&lock);

	/*
	 * This asks for a stop on the way to user mode.  If we had asked for
	 * events between here and there, the callbacks for these would have to
	 * return UTRACE_STOP too: the last one decides.
	 */
	return UTRACE_STOP;
}

static u32 execstop_death(struct utrace_engine *engine,
			  struct task_struct *task, bool group_dead, int signal)
{
	spin_lock(&lock);
	state = DEAD;
	spin_unlock(&lock);
	return UTRACE_DETACH;
}

static const struct utrace_engine_ops execstop_ops = {
	.report_exec = execstop_exec,
	.report_death = execstop_death,
};

/* Has the task arrived in the stop that report_exec() asked for? */
static bool execstop_stopped(void)
{
	struct utrace_examiner exam;

	return !utrace_prepare_examine(target.task, target.engine, &exam) &&
	       !utrace_finish_examine(target.task, target.engine, &exam);
}

static int execstop_show(struct seq_file *m, void *unused)
{
	bool stopped = execstop_stopped();

	spin_lock(&lock);
	if (state == DEAD)
		seq_puts(m, "dead\n");
	else if (state == WAITING)
		seq_puts(m, "waiting for an exec\n");
	else
		seq_printf(m, "%s at the exec of %s\n",
			   stopped ? "held" : "about to stop", program);
	spin_unlock(&lock);
	return 0;
}

static int execstop_open(struct inode *inode, struct file *file)
{
	return single_open(file, execstop_show, NULL);
}

/* Zero if the task is held or about to be. */
static int execstop_holds(void)
{
	guard(spinlock)(&lock);
	if (state == DEAD)
		return -ESRCH;
	return state == HELD ? 0 : -EINVAL;
}

static int execstop_go(void)
{
	int ret;

	/* Between the look at the state and the resume, nobody else's. */
	guard(mutex)(&go_lock);
	ret = execstop_holds();
	if (ret)
		return ret;
	/*
	 * It was report_exec() that said so.  If that is still running, its
	 * UTRACE_STOP would come after our UTRACE_RESUME and win: wait until
	 * it has returned.
	 */
	ret = utrace_barrier(target.task, target.engine);
	if (ret)
		return ret;
	guard(spinlock)(&lock);
	if (state == DEAD)
		return -ESRCH;
	state = WAITING;
	return utrace_control(target.task, target.engine, UTRACE_RESUME);
}

/* Whatever is written, it means: go on. */
static ssize_t execstop_write(struct file *file, const char __user *buf,
			      size_t count, loff_t *ppos)
{
	return execstop_go() ?: count;
}

/* An open file pins the module: .owner. */
static const struct file_operations execstop_fops = {
	.owner = THIS_MODULE,
	.open = execstop_open,
	.read = seq_read,
	.write = execstop_write,
	.llseek = seq_lseek,
	.release = single_release,
};

static struct dentry *execstop_file;

static int __init execstop_init(void)
{
	int ret;

	/* First the engine: the file is of no use without it. */
	ret = sample_trace(&target, pid, &execstop_ops,
			   UTRACE_EVENT(EXEC) | UTRACE_EVENT(DEATH));
	if (ret)
		return ret;
	execstop_file = debugfs_create_file("utrace-execstop", 0600, NULL,
					    NULL, &execstop_fops);
	if (IS_ERR(execstop_file)) {
		sample_detach(&target);
		sample_put(&target);
		return PTR_ERR(execstop_file);
	}
	return 0;
}
module_init(execstop_init);

static void __exit execstop_exit(void)
{
	debugfs_remove(execstop_file);
	/* A task that is held runs on. */
	sample_detach(&target);
	sample_put(&target);
}
module_exit(execstop_exit);

MODULE_DESCRIPTION("utrace sample: stop at execve()");
MODULE_LICENSE("GPL");
