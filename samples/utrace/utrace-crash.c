// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hold a task when a signal is about to kill it with a core dump, SIGSEGV for
 * one; look at it from outside; then let it die.
 *
 *	# modprobe utrace-crash pid=PID
 *	# cat /sys/kernel/debug/utrace-crash		(waits for the crash)
 *	# echo go > /sys/kernel/debug/utrace-crash
 *	# rmmod utrace-crash
 *
 * The point of this sample is who looks: not the callback, in which the task
 * would look at itself, but a worker, while the task is stopped.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/debugfs.h>
#include <linux/elf.h>
#include <linux/limits.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/ptrace.h>
#include <linux/rcupdate.h>
#include <linux/regset.h>
#include <linux/sched/mm.h>
#include <linux/sched/task_stack.h>
#include <linux/seq_buf.h>
#include <linux/signal.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "register-names.h"
#include "utrace-sample.h"

static int pid;
module_param(pid, int, 0444);
MODULE_PARM_DESC(pid, "the task to trace");

static struct sample_target target;

/*
 * WATCHING -> STOPPING -> REPORTED, and when it is let go WATCHING again: another
 * engine may save the task.  If none does it is DEAD, and so it is by SIGKILL at
 * any time.
 */
static DEFINE_SPINLOCK(lock);
static enum { WATCHING, STOPPING, REPORTED, DEAD } state;
static DECLARE_WAIT_QUEUE_HEAD(state_changed);

static DEFINE_MUTEX(report_lock);	/* guards the report */
static char report_text[4096];
static size_t report_size;

static kernel_siginfo_t signal_info;

/* Change the state, if it is still what the caller thinks. */
static bool move_state(int from, int to)
{
	bool moved;

	spin_lock(&lock);
	moved = state == from;
	if (moved)
		state = to;
	spin_unlock(&lock);
	if (moved)
		wake_up_all(&state_changed);
	return moved;
}

static u32 crash_signal(u32 action, struct utrace_engine *engine,
			struct task_struct *task, struct pt_regs *regs,
			kernel_siginfo_t *info,
			const struct k_sigaction *orig_ka,
			struct k_sigaction *return_ka)
{
	u32 verdict = action & ~UTRACE_RESUME_MASK;

	/*
	 * We only asked for signals that dump core, but an engine before us
	 * may have decided that this one does not.
	 */
	if (utrace_signal_action(action) != UTRACE_SIGNAL_CORE ||
	    !move_state(WATCHING, STOPPING))
		return UTRACE_RESUME | verdict;

	copy_siginfo(&signal_info, info);
	/*
	 * Stop before the signal acts.  It does so after the stop, whatever ends
	 * that: even if this module is unloaded meanwhile.
	 */
	return UTRACE_STOP | UTRACE_STOP_HERE | verdict;
}

static u32 crash_death(struct utrace_engine *engine, struct task_struct *task,
		       bool group_dead, int signal)
{
	spin_lock(&lock);
	state = DEAD;
	spin_unlock(&lock);
	wake_up_all(&state_changed);
	return UTRACE_DETACH;
}

static void show_register(struct seq_buf *s, unsigned int i, unsigned int size,
			  u64 value)
{
	const char * const *names = register_names_32;
	size_t known = ARRAY_SIZE(register_names_32);

	if (size == 8) {
		names = register_names_64;
		known = ARRAY_SIZE(register_names_64);
	}

	if (i < known)
		seq_buf_printf(s, "%8s %0*llx", names[i], size * 2, value);
	else
		seq_buf_printf(s, "    [%2u] %0*llx", i, size * 2, value);
	seq_buf_puts(s, i % 4 == 3 ? "\n" : "  ");
}

/* The general registers, as a debugger would get them. */
static void write_registers(struct seq_buf *s, struct task_struct *task)
{
	const struct user_regset_view *view = task_user_regset_view(task);
	const struct user_regset *regset = NULL;
	unsigned int i;
	void *values;
	int size;

	for (i = 0; i < view->n && !regset; i++)
		if (view->regsets[i].core_note_type == NT_PRSTATUS)
			regset = &view->regsets[i];
	if (!regset)
		return;
	size = regset_get_alloc(task, regset, regset->n * regset->size,
				&values);
	if (size <= 0) {
		seq_buf_puts(s, "cannot read the registers\n");
		return;
	}
	for (i = 0; i < size / regset->size; i++)
		show_register(s, i, regset->size, regset->size == 8 ?
			      ((u64 *)values)[i] : ((u32 *)values)[i]);
	if (i % 4)
		seq_buf_puts(s, "\n");
	kvfree(values);
}

static void show_mapping(struct seq_buf *s, struct mm_struct *mm,
			 const char *what, unsigned long addr)
{
	struct vm_area_struct *vma;
	const char *path = "";
	char *buf;

	buf = kmalloc(PATH_MAX, GFP_KERNEL);
	if (!buf)
		return;
	seq_buf_printf(s, "%s %lx: ", what, addr);
	mmap_read_lock(mm);
	/* The first one that ends above the address. */
	vma = find_vma(mm, addr);
	if (vma && addr >= vma->vm_start) {
		if (vma->vm_file)
			path = file_path(vma->vm_file, buf, PATH_MAX);
		else if (vma_is_initial_stack(vma))
			path = "[stack]";
		else if (vma_is_initial_heap(vma))
			path = "[heap]";
		seq_buf_printf(s, "%lx-%lx %c%c%c%c %s\n",
			       vma->vm_start, vma->vm_end,
			       vma->vm_flags & VM_READ ? 'r' : '-',
			       vma->vm_flags & VM_WRITE ? 'w' : '-',
			       vma->vm_flags & VM_EXEC ? 'x' : '-',
			       vma->vm_flags & VM_SHARED ? 's' : 'p',
			       IS_ERR(path) ? "?" : path);
	} else {
		seq_buf_puts(s, "nothing is mapped there\n");
	}
	mmap_read_unlock(mm);
	kfree(buf);
}

/* The signals that a bad access or instruction raises say where it was. */
static bool signal_has_address(const kernel_siginfo_t *info)
{
	switch (info->si_signo) {
	case SIGSEGV:
	case SIGBUS:
	case SIGILL:
	case SIGFPE:
		return !SI_FROMUSER(info) && info->si_code != SI_KERNEL;
	default:
		return false;
	}
}

static void write_report(struct task_struct *task)
{
	struct mm_struct *mm;
	struct seq_buf s;

	seq_buf_init(&s, report_text, sizeof(report_text));
	seq_buf_printf(&s, "%s[%d] is about to die of signal %d, code %d\n",
		       task->comm, task->pid, signal_info.si_signo,
		       signal_info.si_code);
	write_registers(&s, task);
	mm = get_task_mm(task);
	if (mm) {
		show_mapping(&s, mm, "instruction",
			     instruction_pointer(task_pt_regs(task)));
		if (signal_has_address(&signal_info))
			show_mapping(&s, mm, "address",
				     (unsigned long)signal_info.si_addr);
		mmput(mm);
	}
	report_size = seq_buf_used(&s);
}

static void crash_examine(struct work_struct *work)
{
	struct utrace_examiner exam;
	int ret;

	/*
	 * Only between these two calls it is sure that the task is off the CPU,
	 * its registers saved.  The second one tells whether it has been all
	 * the time; SIGKILL ends a stop whenever it likes.
	 */
	mutex_lock(&report_lock);
	ret = utrace_prepare_examine(target.task, target.engine, &exam);
	if (!ret) {
		write_report(target.task);
		ret = utrace_finish_examine(target.task, target.engine, &exam);
	}
	if (ret)
		report_size = scnprintf(report_text, sizeof(report_text),
					"the task did not stay: %pe\n",
					ERR_PTR(ret));
	mutex_unlock(&report_lock);
	move_state(STOPPING, REPORTED);
}

static DECLARE_WORK(crash_work, crash_examine);

/*
 * From here on the stop can be seen by others.  We are still the stopping task,
 * though, on its way off the CPU, and must not sleep.
 */
static void crash_stopped(struct utrace_engine *engine,
			  struct task_struct *task)
{
	schedule_work(&crash_work);
}

static const struct utrace_engine_ops crash_ops = {
	.report_signal = crash_signal,
	.report_death = crash_death,
	.stop_announce = crash_stopped,
};

static bool report_ready(void)
{
	bool ready;

	spin_lock(&lock);
	ready = state == REPORTED || state == DEAD;
	spin_unlock(&lock);
	return ready;
}

/* Waits until the task has crashed, or died without a crash: end of file. */
static ssize_t crash_read(struct file *file, char __user *buf, size_t count,
			  loff_t *ppos)
{
	ssize_t ret;

	if (!report_ready() && (file->f_flags & O_NONBLOCK))
		return -EAGAIN;
	if (wait_event_interruptible(state_changed, report_ready()))
		return -ERESTARTSYS;

	mutex_lock(&report_lock);
	ret = simple_read_from_buffer(buf, count, ppos, report_text,
				      report_size);
	mutex_unlock(&report_lock);
	return ret;
}

/* Whatever is written, it means: let it die. */
static ssize_t crash_write(struct file *file, const char __user *buf,
			   size_t count, loff_t *ppos)
{
	int ret;

	if (!move_state(REPORTED, WATCHING))
		return -EINVAL;
	ret = utrace_control(target.task, target.engine, UTRACE_RESUME);
	return ret ?: count;
}

/* An open file pins the module: .owner. */
static const struct file_operations crash_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.read = crash_read,
	.write = crash_write,
	.llseek = default_llseek,
};

static struct dentry *crash_file;

/*
 * In this order: no callback can queue the work any more, where the barrier in
 * sample_detach() does not wait for stop_announce(); the work is over; and then
 * nobody uses the task and the engine.
 */
static void crash_detach(void)
{
	sample_detach(&target);
	synchronize_rcu();
	cancel_work_sync(&crash_work);
	sample_put(&target);
}

static int __init crash_init(void)
{
	int ret;

	ret = sample_trace(&target, pid, &crash_ops,
			   UTRACE_EVENT(SIGNAL_CORE) | UTRACE_EVENT(DEATH));
	if (ret)
		return ret;
	crash_file = debugfs_create_file("utrace-crash", 0600, NULL, NULL,
					 &crash_fops);
	if (IS_ERR(crash_file)) {
		crash_detach();
		return PTR_ERR(crash_file);
	}
	return 0;
}
module_init(crash_init);

static void __exit crash_exit(void)
{
	debugfs_remove(crash_file);
	crash_detach();
}
module_exit(crash_exit);

MODULE_DESCRIPTION("utrace sample: hold a crashing program");
MODULE_LICENSE("GPL");
