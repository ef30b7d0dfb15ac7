// SPDX-License-Identifier: GPL-2.0-only
/*
 * Follow one task: say which programs it runs and how it ends, and hold it when
 * told to.  Documentation/trace/utrace/first-engine.rst explains each part.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/binfmts.h>
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pid.h>
#include <linux/printk.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <linux/sysfs.h>
#include <linux/utrace.h>

static int pid;
module_param(pid, int, 0444);
MODULE_PARM_DESC(pid, "the task to follow");

static DEFINE_MUTEX(first_lock);	/* guards the two below */
static struct task_struct *first_task;
static struct utrace_engine *first_engine;

static u32 first_exec(enum utrace_resume_action action,
		      struct utrace_engine *engine, struct task_struct *task,
		      const struct linux_binfmt *fmt,
		      const struct linux_binprm *bprm, struct pt_regs *regs)
{
	pr_info("task %d runs %s\n", task_pid_nr(task), bprm->filename);
	return UTRACE_RESUME;
}

static u32 first_exit(enum utrace_resume_action action,
		      struct utrace_engine *engine, struct task_struct *task,
		      long orig_code, long *code)
{
	if (*code & 0x7f)
		pr_info("task %d dies of signal %ld\n", task_pid_nr(task),
			*code & 0x7f);
	else
		pr_info("task %d exits with %ld\n", task_pid_nr(task),
			*code >> 8 & 0xff);
	return UTRACE_RESUME;
}

static const struct utrace_engine_ops first_ops = {
	.report_exec = first_exec,
	.report_exit = first_exit,
};

static int first_attach(void)
{
	struct pid *number = find_get_pid(pid);
	struct utrace_engine *engine;

	first_task = get_pid_task(number, PIDTYPE_PID);
	put_pid(number);
	if (!first_task)
		return -ESRCH;

	engine = utrace_attach_task(first_task, UTRACE_ATTACH_CREATE,
				    &first_ops, NULL);
	if (IS_ERR(engine)) {
		put_task_struct(first_task);
		return PTR_ERR(engine);
	}
	first_engine = engine;
	return 0;
}

static int first_ask(void)
{
	int ret = utrace_set_events(first_task, first_engine,
				    UTRACE_EVENT(EXEC) | UTRACE_EVENT(EXIT));

	/* A callback of before may be running. We had none before. */
	return ret == -EINPROGRESS ? 0 : ret;
}

/* A signal may end the barrier early. We have to wait even so. */
static void first_wait(void)
{
	while (utrace_barrier(first_task, first_engine) == -ERESTARTSYS)
		schedule_timeout_uninterruptible(1);
}

static void first_detach(void)
{
	/* -EALREADY: the task is dying just now. It will not take long. */
	while (utrace_control(first_task, first_engine, UTRACE_DETACH) ==
	       -EALREADY)
		first_wait();
	first_wait();

	utrace_engine_put(first_engine);
	put_task_struct(first_task);
	first_engine = NULL;
}

static int first_hold_set(const char *text, const struct kernel_param *kp)
{
	bool hold;
	int ret;

	ret = kstrtobool(text, &hold);
	if (ret)
		return ret;

	guard(mutex)(&first_lock);
	if (!first_engine)
		return -ENODEV;
	ret = utrace_control(first_task, first_engine,
			     hold ? UTRACE_STOP : UTRACE_RESUME);
	/* It will stop before it returns to user mode. */
	return ret == -EINPROGRESS ? 0 : ret;
}

static int first_hold_get(char *text, const struct kernel_param *kp)
{
	struct utrace_examiner exam;
	unsigned long ip;
	int ret;

	guard(mutex)(&first_lock);
	if (!first_engine)
		return -ENODEV;
	ret = utrace_prepare_examine(first_task, first_engine, &exam);
	if (!ret) {
		ip = instruction_pointer(task_pt_regs(first_task));
		ret = utrace_finish_examine(first_task, first_engine, &exam);
	}

	switch (ret) {
	case 0:
		return sysfs_emit(text, "held at %#lx\n", ip);
	case -EINVAL:
		return sysfs_emit(text, "not held\n");
	case -EAGAIN:
		return sysfs_emit(text, "about to stop\n");
	default:
		return sysfs_emit(text, "dead\n");
	}
}

static const struct kernel_param_ops first_hold_ops = {
	.set = first_hold_set,
	.get = first_hold_get,
};
module_param_cb(hold, &first_hold_ops, NULL, 0600);
MODULE_PARM_DESC(hold, "write 1 to stop the task, 0 to let it go on");

static int __init first_load(void)
{
	int ret;

	guard(mutex)(&first_lock);
	ret = first_attach();
	if (!ret) {
		ret = first_ask();
		if (ret)
			first_detach();
	}
	if (ret)
		pr_err("cannot follow task %d: %pe\n", pid, ERR_PTR(ret));
	return ret;
}
module_init(first_load);

static void __exit first_unload(void)
{
	guard(mutex)(&first_lock);
	first_detach();
}
module_exit(first_unload);

MODULE_DESCRIPTION("utrace sample: the engine of the tutorial");
MODULE_LICENSE("GPL");
