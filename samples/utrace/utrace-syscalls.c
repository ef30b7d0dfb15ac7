// SPDX-License-Identifier: GPL-2.0-only
/*
 * Print the system calls of a process and of all that it starts, as they are
 * made.
 *
 *	# modprobe utrace-syscalls pid=PID [follow=0]
 *	# cat /sys/kernel/debug/utrace-syscalls
 *	  204 read(3, 0x7ffd7e0b1c30, 1024) = 13
 *	# rmmod utrace-syscalls
 *
 * The file ends when the last traced task has died.
 *
 * There is one engine per thread.  The sample shows how to attach to a running
 * process with all its threads, how to follow its children, how to forget dead
 * tasks, and how to unload nevertheless at any time.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/debugfs.h>
#include <linux/kfifo.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/seq_buf.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/uaccess.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <asm/syscall.h>

#include "syscall-names.h"
#include "utrace-sample.h"

static int pid;
module_param(pid, int, 0444);
MODULE_PARM_DESC(pid, "a task of the process to trace");

static bool follow = true;
module_param(follow, bool, 0444);
MODULE_PARM_DESC(follow, "trace what it clones, too (default: true)");

/* One traced task; engine->data points to it. */
struct tracee {
	struct sample_target target;
	struct list_head entry;
	bool retired;

	/* Of use to the task itself only, in its callbacks. */
	bool in_call;
	char call[256];
};

static DEFINE_SPINLOCK(lock);		/* guards what follows */
static LIST_HEAD(tracees);
static LIST_HEAD(retired_tracees);	/* to be detached and freed */
static bool going_away;

/*
 * The lines that nobody has read so far.  If the reader is slow lines get lost:
 * a callback must not wait for it.
 */
#define RING_SIZE	(256 * 1024)
static DECLARE_KFIFO_PTR(ring, char);
static DEFINE_SPINLOCK(ring_lock);	/* one writer at a time */
static DEFINE_MUTEX(reader_mutex);		/* one reader at a time */
static unsigned long lost_lines;
static DECLARE_WAIT_QUEUE_HEAD(readers);

static const struct utrace_engine_ops syscalls_ops;

/* --- Output --- */

/* Say so where lines got lost, if there is room for @more bytes, too. */
static void note_lost_lines(unsigned int more)
{
	char note[40];
	int len;

	if (!lost_lines)
		return;
	len = scnprintf(note, sizeof(note), "(%lu lines lost)\n", lost_lines);
	if (kfifo_avail(&ring) < len + more)
		return;
	kfifo_in(&ring, note, len);
	lost_lines = 0;
}

static __printf(2, 3) void print_line(struct task_struct *task,
				      const char *format, ...)
{
	char line[320];
	va_list args;
	int len;

	len = scnprintf(line, sizeof(line), "%5d ", task->pid);
	va_start(args, format);
	/* One byte is kept back for the end of the line. */
	len += vscnprintf(line + len, sizeof(line) - len - 1, format, args);
	va_end(args);
	line[len++] = '\n';

	spin_lock(&ring_lock);
	note_lost_lines(len);
	if (!lost_lines && kfifo_avail(&ring) >= len)
		kfifo_in(&ring, line, len);
	else
		lost_lines++;
	spin_unlock(&ring_lock);
	wake_up_interruptible(&readers);
}

/*
 * How to print arguments: decimal, unsigned, octal, x for hexadecimal, string,
 * and w for a buffer whose size is the next argument.  Calls that are not here
 * are shown with six hexadecimal numbers.
 */
static const struct {
	const char *name;
	const char *args;
} formats[] = {
	{ "access", "so" }, { "alarm", "u" }, { "arch_prctl", "xx" },
	{ "brk", "x" }, { "chdir", "s" }, { "chmod", "so" },
	{ "clock_nanosleep", "ddxx" }, { "clone", "xxxxx" },
	{ "clone3", "xu" }, { "close", "d" }, { "connect", "dxu" },
	{ "dup", "d" }, { "dup2", "dd" }, { "dup3", "ddx" },
	{ "execve", "sxx" }, { "exit", "d" }, { "exit_group", "d" },
	{ "faccessat", "dso" }, { "faccessat2", "dsox" }, { "fchdir", "d" },
	{ "fcntl", "ddx" }, { "fcntl64", "ddx" }, { "fork", "" },
	{ "fstat64", "dx" }, { "ftruncate", "du" }, { "futex", "xxuxxx" },
	{ "getcwd", "xu" }, { "getdents64", "dxu" }, { "getegid", "" },
	{ "getegid16", "" }, { "geteuid", "" }, { "geteuid16", "" },
	{ "getgid", "" }, { "getgid16", "" }, { "getpgid", "d" },
	{ "getpgrp", "" }, { "getpid", "" }, { "getppid", "" },
	{ "getrandom", "xux" }, { "gettid", "" }, { "getuid", "" },
	{ "getuid16", "" }, { "ioctl", "dxx" }, { "kill", "dd" },
	{ "link", "ss" }, { "lseek", "ddd" }, { "madvise", "xud" },
	{ "mkdir", "so" }, { "mmap", "xuxxdx" }, { "mmap_pgoff", "xuxxdx" },
	{ "mprotect", "xux" }, { "mremap", "xuuxx" }, { "munmap", "xu" },
	{ "nanosleep", "xx" }, { "newfstat", "dx" }, { "newfstatat", "dsxx" },
	{ "newlstat", "sx" }, { "newstat", "sx" }, { "newuname", "x" },
	{ "open", "sxo" }, { "openat", "dsxo" }, { "pause", "" },
	{ "pipe", "x" }, { "pipe2", "xx" }, { "poll", "xud" },
	{ "ppoll", "xuxxu" }, { "prctl", "dxxxx" }, { "pread64", "dxuu" },
	{ "prlimit64", "ddxx" }, { "pwrite64", "dwuu" }, { "read", "dxu" },
	{ "readlink", "sxu" }, { "readlinkat", "dsxu" }, { "readv", "dxu" },
	{ "rename", "ss" }, { "restart_syscall", "" }, { "rmdir", "s" },
	{ "rseq", "xuxx" }, { "rt_sigaction", "dxxu" },
	{ "rt_sigprocmask", "dxxu" }, { "rt_sigreturn", "" },
	{ "rt_sigsuspend", "xu" }, { "sched_yield", "" },
	{ "sendfile64", "ddxu" }, { "sendto", "dwuxxu" },
	{ "set_robust_list", "xu" }, { "set_tid_address", "x" },
	{ "setpgid", "dd" }, { "setsid", "" }, { "socket", "dxd" },
	{ "statx", "dsxxx" }, { "tgkill", "ddd" }, { "umask", "o" },
	{ "uname", "x" }, { "unlink", "s" }, { "vfork", "" },
	{ "wait4", "dxdx" }, { "write", "dwu" }, { "writev", "dxu" },
};

static const char *find_format(const char *name)
{
	unsigned int i;

	for (i = 0; name && i < ARRAY_SIZE(formats); i++)
		if (!strcmp(name, formats[i].name))
			return formats[i].args;
	return "xxxxxx";
}

/*
 * Bytes from the task's memory.  The callbacks run in the task, which can read
 * them as a system call would.  But a page that is not there might come from
 * who knows where, and a callback must not wait for that: do not touch it.
 */
static void print_memory(struct seq_buf *s, unsigned long addr,
			 unsigned long size, bool string)
{
	const void __user *from = (const void __user *)addr;
	unsigned int room = min(size, 48UL);
	char bytes[48];
	long len = 0;

	pagefault_disable();
	if (string)
		len = strncpy_from_user(bytes, from, room);
	else if (!copy_from_user(bytes, from, room))
		len = room;
	else
		len = -EFAULT;
	pagefault_enable();

	if (len < 0)
		seq_buf_printf(s, "%#lx", addr);
	else
		seq_buf_printf(s, "\"%*pE\"%s", (int)len, bytes,
			       len == room && len < size ? "..." : "");
}

static void print_argument(struct seq_buf *s, char format,
			   const unsigned long *arg)
{
	switch (format) {
	case 'd':
		seq_buf_printf(s, "%d", (int)*arg);
		break;
	case 'u':
		seq_buf_printf(s, "%lu", *arg);
		break;
	case 'o':
		seq_buf_printf(s, "%#lo", *arg);
		break;
	case 's':
		print_memory(s, *arg, ULONG_MAX, true);
		break;
	case 'w':
		print_memory(s, *arg, arg[1], false);
		break;
	default:
		seq_buf_printf(s, *arg ? "%#lx" : "%lu", *arg);
	}
}

/* The call in @regs, without its result, to tracee->call. */
static void print_call(struct tracee *tracee, struct task_struct *task,
		       struct pt_regs *regs)
{
	int nr = syscall_get_nr(task, regs);
	const char *name = syscall_name(syscall_get_arch(task), nr);
	const char *format = find_format(name);
	unsigned long args[6];
	struct seq_buf s;
	unsigned int i;

	seq_buf_init(&s, tracee->call, sizeof(tracee->call));
	if (name)
		seq_buf_printf(&s, "%s(", name);
	else
		seq_buf_printf(&s, "syscall_%d(", nr);
	syscall_get_arguments(task, regs, args);
	for (i = 0; format[i]; i++) {
		if (i)
			seq_buf_puts(&s, ", ");
		print_argument(&s, format[i], &args[i]);
	}
	seq_buf_puts(&s, ")");
	seq_buf_str(&s);
}

/* --- Callbacks --- */

static u32 syscalls_entry(u32 action, struct utrace_engine *engine,
			  struct task_struct *task, struct pt_regs *regs)
{
	struct tracee *tracee = engine->data;

	/*
	 * If another engine holds the task here and changes the call, this is
	 * called again: the last one counts.
	 */
	print_call(tracee, task, regs);
	tracee->in_call = true;
	return UTRACE_RESUME | utrace_syscall_action(action);
}

static u32 syscalls_return(enum utrace_resume_action action,
			   struct utrace_engine *engine,
			   struct task_struct *task, struct pt_regs *regs)
{
	struct tracee *tracee = engine->data;
	long error = syscall_get_error(task, regs);
	unsigned long value = syscall_get_return_value(task, regs);

	/* We were attached in the middle of the call. */
	if (!tracee->in_call)
		print_call(tracee, task, regs);
	tracee->in_call = false;

	if (error)
		print_line(task, "%s = %pe", tracee->call, ERR_PTR(error));
	else
		print_line(task, value > 0xffff ? "%s = %#lx" : "%s = %lu",
			   tracee->call, value);
	return UTRACE_RESUME;
}

static u32 syscalls_task_exit(enum utrace_resume_action action,
			      struct utrace_engine *engine,
			      struct task_struct *task, long orig_code,
			      long *code)
{
	struct tracee *tracee = engine->data;

	if (tracee->in_call)
		print_line(task, "%s = ?", tracee->call);
	if (orig_code & 0x7f)
		print_line(task, "+++ killed by signal %ld", orig_code & 0x7f);
	else
		print_line(task, "+++ exits with %ld", orig_code >> 8 & 0xff);
	return UTRACE_RESUME;
}

/* Let the worker take care of it.  Called with the lock held. */
static void retire(struct tracee *tracee)
{
	if (tracee->retired)
		return;
	tracee->retired = true;
	list_move_tail(&tracee->entry, &retired_tracees);
}

static void detach_retired(struct work_struct *work)
{
	struct tracee *tracee;

	for (;;) {
		spin_lock(&lock);
		tracee = list_first_entry_or_null(&retired_tracees,
						  struct tracee, entry);
		if (tracee)
			list_del(&tracee->entry);
		spin_unlock(&lock);
		if (!tracee)
			break;
		sample_detach(&tracee->target);
		sample_put(&tracee->target);
		kfree(tracee);
	}
}

static DECLARE_WORK(detach_work, detach_retired);

/*
 * Nothing here may free the tracee and let the module forget it: then nobody
 * would know that this callback is still to return into code of the module.
 * The worker frees it, after a barrier.
 */
static u32 syscalls_death(struct utrace_engine *engine,
			  struct task_struct *task, bool group_dead, int signal)
{
	spin_lock(&lock);
	retire(engine->data);
	schedule_work(&detach_work);
	spin_unlock(&lock);
	wake_up_interruptible(&readers);
	return UTRACE_DETACH;
}

/* Trace this task.  Consumes the reference to it. */
static int trace_task(struct task_struct *task)
{
	struct tracee *tracee;
	int ret;

	tracee = kzalloc(sizeof(*tracee), GFP_KERNEL);
	if (!tracee) {
		put_task_struct(task);
		return -ENOMEM;
	}
	ret = sample_attach(&tracee->target, task, &syscalls_ops, tracee);
	if (ret) {
		kfree(tracee);
		return ret;
	}

	/*
	 * No callback comes before the events are set.  From then on the task
	 * may die and retire the tracee at any time, but not before the lock is
	 * free.  And when the lock is free the tracee is on the list, on which
	 * whoever unloads the module finds it.
	 */
	spin_lock(&lock);
	if (going_away) {
		ret = -ESHUTDOWN;
	} else {
		ret = sample_set_events(&tracee->target, UTRACE_EVENT_SYSCALL |
					UTRACE_EVENT(CLONE) |
					UTRACE_EVENT(EXIT) |
					UTRACE_EVENT(DEATH));
		if (!ret)
			list_add_tail(&tracee->entry, &tracees);
	}
	spin_unlock(&lock);

	if (ret) {
		sample_detach(&tracee->target);
		sample_put(&tracee->target);
		kfree(tracee);
	}
	return ret;
}

static u32 syscalls_clone(enum utrace_resume_action action,
			  struct utrace_engine *engine,
			  struct task_struct *parent, unsigned long clone_flags,
			  struct task_struct *child)
{
	int ret;

	/* The child does not run before we return, so no call is missed. */
	if (follow) {
		ret = trace_task(get_task_struct(child));
		if (ret && ret != -ESHUTDOWN)
			print_line(parent, "cannot trace task %d: %pe",
				   child->pid, ERR_PTR(ret));
	}
	return UTRACE_RESUME;
}

static const struct utrace_engine_ops syscalls_ops = {
	.report_syscall_entry = syscalls_entry,
	.report_syscall_exit = syscalls_return,
	.report_clone = syscalls_clone,
	.report_exit = syscalls_task_exit,
	.report_death = syscalls_death,
};

/* --- The file --- */

static bool all_dead(void)
{
	bool ret;

	spin_lock(&lock);
	ret = list_empty(&tracees);
	spin_unlock(&lock);
	return ret;
}

static ssize_t stream_read(struct file *file, char __user *buf, size_t count,
			   loff_t *ppos)
{
	unsigned int copied;
	bool last;
	int ret;

	if (!count)
		return 0;
	for (;;) {
		/* In this order: who dies prints its last line before. */
		last = all_dead();
		ret = mutex_lock_interruptible(&reader_mutex);
		if (ret)
			return ret;
		spin_lock(&ring_lock);
		note_lost_lines(0);
		spin_unlock(&ring_lock);
		ret = kfifo_to_user(&ring, buf, count, &copied);
		mutex_unlock(&reader_mutex);
		if (ret)
			return ret;
		if (copied || last)
			return copied;
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		ret = wait_event_interruptible(readers,
					       !kfifo_is_empty(&ring) ||
					       all_dead());
		if (ret)
			return ret;
	}
}

static __poll_t stream_poll(struct file *file, poll_table *wait)
{
	__poll_t mask = 0;

	poll_wait(file, &readers, wait);
	if (all_dead())
		mask |= EPOLLIN | EPOLLRDNORM | EPOLLHUP;
	if (!kfifo_is_empty(&ring))
		mask |= EPOLLIN | EPOLLRDNORM;
	return mask;
}

/* An open file pins the module: .owner. */
static const struct file_operations stream_fops = {
	.owner = THIS_MODULE,
	.open = nonseekable_open,
	.read = stream_read,
	.poll = stream_poll,
};

/* --- Loading and unloading --- */

/* All threads of the process at this moment. */
static unsigned int list_threads(struct task_struct *process,
				 struct task_struct **threads,
				 unsigned int room)
{
	struct task_struct *thread;
	unsigned int n = 0;

	rcu_read_lock();
	for_each_thread(process, thread) {
		if (n == room)
			break;
		threads[n++] = get_task_struct(thread);
	}
	rcu_read_unlock();
	return n;
}

static int trace_process(struct task_struct *process)
{
	struct task_struct **threads;
	unsigned int i, n, room;
	int ret, error = -ESRCH;
	bool again, any = false;

	/*
	 * A thread that we have not attached to yet may make new ones, so look
	 * again, until all that are there have an engine: -EEXIST.  Threads
	 * that are dying can no longer be traced, and need not be.
	 */
	do {
		again = false;
		room = get_nr_threads(process) + 16;
		threads = kcalloc(room, sizeof(*threads), GFP_KERNEL);
		if (!threads)
			return -ENOMEM;
		n = list_threads(process, threads, room);
		for (i = 0; i < n; i++) {
			ret = trace_task(threads[i]);
			if (!ret)
				again = true;
			else if (ret != -EEXIST)
				error = ret;
		}
		kfree(threads);
		any |= again;
	} while (again && follow);

	return any ? 0 : error;
}

static void detach_all(void)
{
	struct tracee *tracee, *next;

	spin_lock(&lock);
	/* From now on report_clone() adds no tracees. */
	going_away = true;
	list_for_each_entry_safe(tracee, next, &tracees, entry)
		retire(tracee);
	schedule_work(&detach_work);
	spin_unlock(&lock);
	/*
	 * As all are retired, report_death() does not queue the work any more
	 * once its engine is detached, which this waits for.
	 */
	flush_work(&detach_work);
	/* A last call of report_death() may have queued it for nothing. */
	cancel_work_sync(&detach_work);
}

static struct dentry *stream_file;

static int __init syscalls_init(void)
{
	struct task_struct *process;
	int ret;

	ret = kfifo_alloc(&ring, RING_SIZE, GFP_KERNEL);
	if (ret)
		return ret;

	process = sample_find_task(pid);
	ret = process ? trace_process(process) : -ESRCH;
	if (process)
		put_task_struct(process);
	if (ret) {
		pr_err("cannot trace process %d: %pe\n", pid, ERR_PTR(ret));
		goto detach;
	}

	stream_file = debugfs_create_file("utrace-syscalls", 0400, NULL, NULL,
					  &stream_fops);
	if (IS_ERR(stream_file)) {
		ret = PTR_ERR(stream_file);
		goto detach;
	}
	return 0;

detach:
	detach_all();
	kfifo_free(&ring);
	return ret;
}
module_init(syscalls_init);

static void __exit syscalls_exit(void)
{
	debugfs_remove(stream_file);
	detach_all();
	kfifo_free(&ring);
}
module_exit(syscalls_exit);

MODULE_DESCRIPTION("utrace sample: print system calls");
MODULE_LICENSE("GPL");
