/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What core and architecture code calls where a tracer of user tasks may have to
 * be told, or asked.
 *
 * Each hook has the context of its call site in its comment, so that whoever
 * changes core code need not know who traces, nor whoever traces how core code
 * works.  Most cost a task that nobody traces one test of task->utrace_flags.
 *
 * A hook that is called with a spinlock held, siglock and tasklist_lock included, or
 * in any context does not sleep; of one that drops the lock, and of all others, the
 * comment says whether it does.
 *
 * Engines are attached to tasks by the interface in <linux/utrace.h>, ptrace(2)
 * being one of those who do so.  But it also makes one task the parent of another,
 * and only this is what the ptrace_*() functions here are about.
 */
#ifndef _LINUX_TRACEHOOK_H
#define _LINUX_TRACEHOOK_H

#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <linux/security.h>
#include <linux/utrace.h>

/* Results of tracehook_notify_death() that are not signals. */
#define DEATH_REAP			(-1)
#define DEATH_DELAYED_GROUP_LEADER	(-2)

/* Did engines ask for one of these events of this task? */
static inline bool tracehook_wants(struct task_struct *task,
				   unsigned int events)
{
	/*
	 * Whoever adds to the flags makes the task look again, so that a plain
	 * load will do, which is one instruction with the test.
	 */
	return unlikely(data_race(task->utrace_flags) & events);
}

/**
 * tracehook_expect_breakpoints - is the task's code likely to be patched?
 * @task: the current task, making a mapping
 *
 * A hint: mappings of a file that shall take breakpoints should be private.
 *
 * Context: mmap_lock may be held for writing; does not sleep.
 *
 * Return: nonzero if someone traces @task.
 */
static inline int tracehook_expect_breakpoints(struct task_struct *task)
{
	return tracehook_wants(task, ~0U);
}

/**
 * tracehook_is_stepped - is the trap of a step for a tracer?
 *
 * For architectures where the hardware may be set up for steps, or looks as if it
 * were, though nobody steps the task.
 *
 * Context: any.
 *
 * Return: true if a tracer steps the current task, or did so until now.
 */
static inline bool tracehook_is_stepped(void)
{
	return tracehook_wants(current, UTRACE_TASK_STEPS);
}

/**
 * tracehook_soft_step_trap - the trap of a step is about to be sent by software
 *
 * For a SIGTRAP whose code does not say that it is a step's, where the hardware made
 * no trap, or one for somebody else.
 *
 * Context: any; the task that is about to send itself the signal.  Does not sleep.
 */
static inline void tracehook_soft_step_trap(void)
{
	if (tracehook_is_stepped())
		utrace_soft_trap();
}

/* --- system calls */

/**
 * tracehook_report_syscall_entry - a system call is about to be made
 * @regs: user registers of the current task
 *
 * Called if %SYSCALL_WORK_SYSCALL_TRACE or %SYSCALL_WORK_SYSCALL_EMU is set, with
 * the result register preset to -ENOSYS, unless syscall_set_default_result() does
 * that later.  Tracers may change the number and the arguments of the call in @regs,
 * and hold the task here.
 *
 * Context: no locks held, may sleep.
 *
 * Return: nonzero if the call must not be made; @regs then hold its result, except
 * on architectures where that is always -ENOSYS.
 */
static inline __must_check int
tracehook_report_syscall_entry(struct pt_regs *regs)
{
	if (!tracehook_wants(current, UTRACE_EVENT(SYSCALL_ENTRY)))
		return 0;
	return utrace_report_syscall_entry(regs);
}

/**
 * tracehook_report_syscall_exit - a system call was made, or aborted
 * @regs: user registers of the current task, with the result
 * @step: nonzero if the task is stepped and the trap after the instruction that
 *	made the call is due
 *
 * Called if %SYSCALL_WORK_SYSCALL_TRACE is set, or @step is not zero.
 *
 * Context: no locks held, may sleep.
 */
static inline void tracehook_report_syscall_exit(struct pt_regs *regs, int step)
{
	if (unlikely(step)) {
		/* Not where nobody steps the task any more since it went in. */
		if (utrace_report_stepped_exit(regs))
			user_single_step_report(regs);
	} else if (tracehook_wants(current, UTRACE_EVENT(SYSCALL_EXIT))) {
		utrace_report_syscall_exit(regs);
	}
}

/**
 * tracehook_seccomp_wanted - is there a tracer for %SECCOMP_RET_TRACE?
 *
 * Context: no locks needed, does not sleep.
 *
 * Return: whether tracehook_report_seccomp() reaches anyone.
 */
static inline bool tracehook_seccomp_wanted(void)
{
	return tracehook_wants(current, UTRACE_EVENT(SECCOMP));
}

/**
 * tracehook_seccomp_suspended - do filters not count for now?
 *
 * Context: no locks needed, does not sleep.
 *
 * Return: whether a tracer that may do so has suspended them.
 */
static inline bool tracehook_seccomp_suspended(void)
{
	return tracehook_wants(current, UTRACE_EVENT(NO_SECCOMP));
}

/**
 * tracehook_report_seccomp - a filter leaves a system call to the tracer
 * @data: the low half of the filter's return value
 *
 * Only called after tracehook_seccomp_wanted() said yes.  Tracers may change the
 * call in the registers of the task; the caller runs the filters again.
 *
 * Context: no locks held, may sleep; on x86 in a page fault, too, for calls into
 *	the vsyscall page.
 *
 * Return: nonzero if the call must not be made.
 */
static inline int tracehook_report_seccomp(unsigned long data)
{
	if (!tracehook_wants(current, UTRACE_EVENT(SECCOMP)))
		return 0;
	return utrace_report_seccomp(current_pt_regs(), data);
}

/* --- exec, exit */

/**
 * tracehook_unsafe_exec - is an exec that gains privileges unsafe?
 * @task: the current task
 *
 * Context: called with the cred_guard_mutex of @task held; does not sleep.
 *
 * Return: LSM_UNSAFE_* bits.
 */
static inline int tracehook_unsafe_exec(struct task_struct *task)
{
	return ptrace_traced(task) ? LSM_UNSAFE_PTRACE : 0;
}

/**
 * tracehook_tracer_task - the task that traces another
 * @task: the task
 *
 * Context: called under rcu_read_lock(), which alone may keep the result alive; does
 *	not sleep.
 *
 * Return: the tracer, or NULL.  An engine is not a task and does not count.
 */
static inline struct task_struct *tracehook_tracer_task(struct task_struct *task)
{
	return ptrace_parent(task);
}

/**
 * tracehook_report_exec - an exec succeeded
 * @fmt: the binary format, kept by the new mm
 * @bprm: the program, and the pid of the thread before the exec
 * @regs: the registers that the program starts with
 *
 * Context: no locks held, may sleep.
 */
static inline void tracehook_report_exec(const struct linux_binfmt *fmt,
					 const struct linux_binprm *bprm,
					 struct pt_regs *regs)
{
	if (tracehook_wants(current, UTRACE_EVENT(EXEC)))
		utrace_report_exec(fmt, bprm, regs);
}

/**
 * tracehook_report_exit - the task starts to exit
 * @code: the exit code, as wait() will show it; may be changed
 *
 * The task has all its resources yet, but it can already be the only one of a
 * group that exits, and it may be here because of an oops.
 *
 * Context: no locks held, may sleep.
 */
static inline void tracehook_report_exit(long *code)
{
	if (tracehook_wants(current, ~0U))
		*code = utrace_report_exit(*code);
}

/* --- the life of a task */

/**
 * tracehook_init_task - a task_struct was copied
 * @task: the copy
 *
 * Context: no locks held, does not sleep; @task is not visible to anyone.
 */
static inline void tracehook_init_task(struct task_struct *task)
{
	task->utrace_flags = 0;
	task->utrace = NULL;
}

/**
 * tracehook_free_task - a task_struct is about to be freed
 * @task: the task, which may have never run
 *
 * Context: any, RCU callbacks included; must not sleep.
 */
static inline void tracehook_free_task(struct task_struct *task)
{
	if (unlikely(task->utrace))
		utrace_free(task);
}

/* What tracehook_prepare_clone() returns */
#define TRACEHOOK_CLONE		1
#define TRACEHOOK_VFORK		2

/**
 * tracehook_prepare_clone - a user task is about to be created
 * @args: what kernel_clone() was asked for
 *
 * Context: no locks held, may sleep.
 *
 * Return: what to pass to the other clone hooks: %TRACEHOOK_CLONE if someone is to hear
 * of the new task, and %TRACEHOOK_VFORK if the current task will wait for it.
 */
static inline int tracehook_prepare_clone(const struct kernel_clone_args *args)
{
	int trace = args->flags & CLONE_VFORK ? TRACEHOOK_VFORK : 0;

	/* CLONE_PTRACE asks for the tracer, and wins. */
	if ((args->flags & (CLONE_UNTRACED | CLONE_PTRACE)) == CLONE_UNTRACED)
		return trace;
	if (!tracehook_wants(current, UTRACE_EVENT(CLONE)))
		return trace;
	utrace_prepare_clone((args->flags & ~(u64)CSIGNAL) |
			     (args->exit_signal & CSIGNAL));
	return trace | TRACEHOOK_CLONE;
}

/**
 * tracehook_finish_clone - a new task joins its parent's children
 * @child: the new task
 * @clone_flags: CLONE_* flags
 * @trace: what tracehook_prepare_clone() returned; 0 for threads of the kernel
 *
 * From here on others can find @child, but none can attach an engine to it
 * before tracehook_report_clone(), if that is to tell someone of @child.
 *
 * Context: called with tasklist_lock held for writing and the siglock of the
 *	current task.
 */
static inline void tracehook_finish_clone(struct task_struct *child,
					  u64 clone_flags, int trace)
{
	if (unlikely(trace & TRACEHOOK_CLONE))
		utrace_finish_clone(child);
	ptrace_init_child(child);
}

/**
 * tracehook_report_clone - a new task is about to start
 * @trace: what tracehook_prepare_clone() returned
 * @regs: user registers of the parent, which is the current task
 * @args: what kernel_clone() was asked for
 * @child: the new task
 *
 * Comes before all that user space can make the parent wait for.
 *
 * Context: no locks held, may sleep; but @child does not run before this returns.
 */
static inline void tracehook_report_clone(int trace, struct pt_regs *regs,
					  const struct kernel_clone_args *args,
					  struct task_struct *child)
{
	if (unlikely(trace & TRACEHOOK_CLONE))
		utrace_report_clone(child);
}

/**
 * tracehook_report_clone_complete - a new task runs
 * @trace: what tracehook_prepare_clone() returned
 * @regs: user registers of the parent, which is the current task
 * @pid: pid of the new task, which itself may be gone
 *
 * Comes before the parent waits for a child of vfork().
 *
 * Context: no locks held, may sleep.
 */
static inline void tracehook_report_clone_complete(int trace,
						   struct pt_regs *regs,
						   struct pid *pid)
{
	if (unlikely(trace) && ((trace & TRACEHOOK_CLONE) ||
				tracehook_wants(current, ~0U)))
		utrace_report_clone_complete(trace & TRACEHOOK_VFORK);
}

/**
 * tracehook_report_vfork_done - a child of vfork() gave the memory back
 * @pid: pid of the child, which itself may be gone
 *
 * Context: no locks held, may sleep.
 */
static inline void tracehook_report_vfork_done(struct pid *pid)
{
	if (tracehook_wants(current, UTRACE_EVENT(VFORK_DONE)))
		utrace_report_vfork_done(pid);
}

/**
 * tracehook_prepare_release_task - a dead task is being reaped
 * @task: the task, %EXIT_DEAD
 *
 * Context: no locks held, but must not sleep. Often in the context of the parent, and
 *	while @task is still in tracehook_report_death().
 */
static inline void tracehook_prepare_release_task(struct task_struct *task)
{
	if (tracehook_wants(task, ~0U))
		utrace_release_task(task);
}

/**
 * tracehook_finish_release_task - a dead task leaves its thread group
 * @task: the task, %EXIT_DEAD; it has its sighand yet
 *
 * After this nothing ties @task to a tracer.
 *
 * Context: called with tasklist_lock held for writing.
 */
static inline void tracehook_finish_release_task(struct task_struct *task)
{
	ptrace_release_task(task);
}

/**
 * tracehook_notify_death - a task is dead: who is to be told?
 * @task: the current task, a zombie by now
 * @group_dead: nonzero if it was the last of its thread group
 *
 * Context: called with tasklist_lock held for writing.
 *
 * Return: the signal for do_notify_parent(), where zero stands for none;
 * %DEATH_REAP if nobody waits for it; or %DEATH_DELAYED_GROUP_LEADER if its
 * parent must not hear of it before the other threads are gone.
 */
static inline int tracehook_notify_death(struct task_struct *task,
					 int group_dead)
{
	if (tracehook_wants(task, ~0U)) {
		bool last = thread_group_leader(task) &&
			    thread_group_empty(task);

		utrace_notify_death(task);
		/* Who is traced has an engine, or had one that crashed. */
		if (ptrace_traced(task))
			return last && !ptrace_reparented(task) ?
				task->exit_signal : SIGCHLD;
	}
	if (!thread_group_leader(task))
		return DEATH_REAP;
	return thread_group_empty(task) ? task->exit_signal :
					  DEATH_DELAYED_GROUP_LEADER;
}

/**
 * tracehook_report_death - a task is dead
 * @task: the current task, which may be reaped at any time, or was
 * @signal: what tracehook_notify_death() returned, or %DEATH_REAP where the
 *	parent ignores it
 * @group_dead: nonzero if it was the last of its thread group
 *
 * Context: no locks held, may sleep, but not for long.
 */
static inline void tracehook_report_death(struct task_struct *task, int signal,
					  int group_dead)
{
	if (tracehook_wants(task, ~0U))
		utrace_report_death(task, group_dead, signal);
}

/* --- signals */

/**
 * tracehook_consider_ignored_signal - is an ignored signal to be queued?
 * @task: the task that it is for
 * @sig: the signal, not SIGKILL
 *
 * Context: called with the siglock of @task held.
 *
 * Return: nonzero if a tracer wants to see the signal though it does nothing, or may
 * want to once it is attached to a new child.
 */
static inline int tracehook_consider_ignored_signal(struct task_struct *task,
						    int sig)
{
	if (!tracehook_wants(task, UTRACE_EVENT(SIGNAL_IGN) |
				   UTRACE_EVENT(GROUP_STOP) |
				   UTRACE_TASK_NEWBORN))
		return 0;
	/*
	 * Only init ignores SIGSTOP, and stops if it comes as far as that: who only
	 * looks on must not bring it there.
	 */
	return tracehook_wants(task, UTRACE_TASK_NEWBORN |
				     (sig == SIGSTOP ? UTRACE_EVENT(GROUP_STOP) :
						       UTRACE_EVENT(SIGNAL_IGN)));
}

/**
 * tracehook_consider_fatal_signal - has a tracer a say in a fatal signal?
 * @task: the task that it is for
 * @sig: the signal, not SIGKILL; its handler is SIG_DFL, or is about to be
 *
 * Context: any, with or without the siglock of @task held.
 *
 * Return: nonzero if the signal must be dequeued by @task before it may act.
 */
static inline int tracehook_consider_fatal_signal(struct task_struct *task,
						  int sig)
{
	if (!tracehook_wants(task, UTRACE_EVENT(SIGNAL_TERM) |
				   UTRACE_EVENT(SIGNAL_CORE) |
				   UTRACE_TASK_NEWBORN | UTRACE_TASK_STEPS))
		return 0;
	/* The trap of a step is taken away if who stepped the task has left. */
	return sig == SIGTRAP ||
	       tracehook_wants(task, UTRACE_EVENT(SIGNAL_TERM) |
				     UTRACE_EVENT(SIGNAL_CORE) |
				     UTRACE_TASK_NEWBORN);
}

/**
 * tracehook_consider_forced_signal - is a debugger to decide about a forced signal?
 * @task: the task that is sent the signal for what it did itself
 * @sig: the signal, not SIGKILL; its handler is SIG_DFL, or is about to be
 *
 * A debugger is who stands in for job control. Nobody expects debugging to leave init
 * killable; but where all engines only look on, init has to die as it would without
 * them, or it would do the same again for ever.
 *
 * Context: any, with or without the siglock of @task held.
 *
 * Return: nonzero if so, and init is to ignore the signal unless the debugger objects.
 */
static inline int tracehook_consider_forced_signal(struct task_struct *task,
						   int sig)
{
	if (!tracehook_wants(task, UTRACE_EVENT(GROUP_STOP) |
				   UTRACE_TASK_NEWBORN | UTRACE_TASK_STEPS))
		return 0;
	/* The trap of a step does not kill. */
	return sig == SIGTRAP ||
	       tracehook_wants(task, UTRACE_EVENT(GROUP_STOP) |
				     UTRACE_TASK_NEWBORN);
}

/**
 * tracehook_consider_taken_signal - has a tracer of the thread that takes it a say?
 * @task: the thread that was chosen for a signal to its group
 * @sig: the signal, not SIGKILL
 *
 * An engine that stands in for job control does not count here: it only has a say
 * in what is sent to its own task.
 *
 * Context: called with the siglock of @task held.
 *
 * Return: nonzero if the signal must be dequeued by @task before it may act.
 */
static inline int tracehook_consider_taken_signal(struct task_struct *task,
						  int sig)
{
	return tracehook_wants(task, UTRACE_TASK_TAKES);
}

/**
 * tracehook_force_sigpending - must get_signal() be called, signal or not?
 *
 * Context: called with the siglock of the current task held.
 *
 * Return: nonzero if so.
 */
static inline int tracehook_force_sigpending(void)
{
	return tracehook_wants(current, UTRACE_TASK_FORCE) &&
	       !(current->flags & (PF_EXITING | PF_DUMPCORE));
}

/**
 * tracehook_continue_stop - go from a job control stop into an engine's
 *
 * Context: called with the siglock of the current task held, where job control
 *	wants its turn before tracehook_get_signal(), which does the same.  Sleeps
 *	without it where the result is true.
 *
 * Return: true if the task was in such a stop; the siglock is not held then, and
 * the caller has to begin anew.
 */
static inline bool tracehook_continue_stop(void)
{
	return tracehook_wants(current, UTRACE_TASK_FORCE) &&
	       utrace_continue_stop();
}

/**
 * tracehook_get_signal - stop, report, or take a signal from the queue
 * @task: the current task
 * @regs: its user registers
 * @info: filled in for a signal
 * @return_ka: what the signal does
 * @type: which queue it came from, should it have to go back
 *
 * Comes after job control, and before the task freezes or takes a signal from the
 * queue itself.  Reports and stops, but takes no signal, where the task is about to
 * freeze.
 *
 * Context: called with the siglock of @task held.  Drops it where the result is
 *	%GET_SIGNAL_ANEW or %GET_SIGNAL_NEXT, and may drop and take it again where
 *	the result is positive; may sleep without it.
 *
 * Return: zero to go on as if nobody traced; %GET_SIGNAL_NONE if there is no signal
 * in the queue; %GET_SIGNAL_ANEW to begin anew, as after a stop; %GET_SIGNAL_NEXT to
 * go on as after a signal that did nothing; or the number of a signal.  That one then
 * does what @return_ka says.  Where its handler is SIG_DFL, the result only stands for
 * what the signal does; its number is @info->si_signo.
 */
static inline int tracehook_get_signal(struct task_struct *task,
				       struct pt_regs *regs,
				       kernel_siginfo_t *info,
				       struct k_sigaction *return_ka,
				       enum pid_type *type)
{
	if (!tracehook_wants(task, ~0U))
		return 0;
	return utrace_get_signal(regs, info, return_ka, type);
}

/**
 * tracehook_signal_handler - the frame of a signal handler was set up
 * @ksig: the signal
 * @regs: user registers of the current task, at the start of the handler
 * @stepping: nonzero if the task is stepped
 *
 * Context: no locks held, may sleep.
 */
static inline void tracehook_signal_handler(struct ksignal *ksig,
					    struct pt_regs *regs, int stepping)
{
	if (tracehook_wants(current, ~0U))
		utrace_signal_handler(&ksig->info, &ksig->ka, regs, stepping);
}

/**
 * tracehook_kill_thread - a thread that exits already is to be gone soon
 * @task: the thread
 *
 * Only %UTRACE_STOP_DYING holds it from here on.
 *
 * Context: called with the siglock of @task held.
 */
static inline void tracehook_kill_thread(struct task_struct *task)
{
	/* For engines that are yet to come, too. */
	task->jobctl |= JOBCTL_KILLED;
	if (tracehook_wants(task, ~0U))
		utrace_mark_killed(task);
}

/**
 * tracehook_marked_for_death - a SIGKILL is about to act and to be forgotten
 *
 * Context: called with the siglock of the current task held.
 */
static inline void tracehook_marked_for_death(void)
{
	tracehook_kill_thread(current);
}

/**
 * tracehook_kill_exiting - SIGKILL for a process that is exiting already
 * @task: one of its threads
 *
 * The signal itself is dropped, but must end what holds the threads, except for
 * %UTRACE_STOP_DYING.
 *
 * Context: called with the siglock of @task held.
 */
static inline void tracehook_kill_exiting(struct task_struct *task)
{
	struct signal_struct *signal = task->signal;
	struct task_struct *t;

	/*
	 * Whoever kills a container thread by thread comes here for each. And a
	 * dead process is read by who waits for it.
	 */
	if ((signal->flags & SIGNAL_KILLED) || !atomic_read(&signal->live))
		return;
	signal->flags |= SIGNAL_KILLED;
	for_each_thread(task, t)
		tracehook_kill_thread(t);
}

/* --- job control */

/**
 * tracehook_notify_jctl - the task is about to stop, or continues
 * @notify: what its parent will be sent: CLD_STOPPED, CLD_CONTINUED, or 0
 * @why: CLD_STOPPED or CLD_CONTINUED
 *
 * Context: called with the siglock of the current task held, and not in a stopped
 *	state yet; may sleep without it.
 *
 * Return: whether the siglock was dropped and taken again, so that the caller must
 * look again whether there is still something to stop for.
 */
static inline bool tracehook_notify_jctl(int notify, int why)
{
	if (!tracehook_wants(current, UTRACE_EVENT(JCTL)))
		return false;
	utrace_report_jctl(notify, why);
	return true;
}

/**
 * tracehook_take_stop - does an engine hold a task that is about to stop?
 *
 * Context: called with the siglock of the current task held, in place of entering
 *	%TASK_STOPPED.
 *
 * Return: true if the stop is the engine's; tracehook_continue_stop() goes on.
 */
static inline bool tracehook_take_stop(void)
{
	return tracehook_wants(current, ~0U) && utrace_take_stop();
}

/**
 * tracehook_finish_jctl - the task left a job control stop
 *
 * Context: no locks held, may sleep.
 */
static inline void tracehook_finish_jctl(void)
{
	if (tracehook_wants(current, UTRACE_EVENT(JCTL)))
		utrace_finish_jctl();
}

/**
 * tracehook_jctl_wake - a group stop begins or ends
 * @task: a thread of the group
 *
 * Engines that asked for JCTL hear of it even if they hold @task.
 *
 * Context: called with the siglock of @task held.
 */
static inline void tracehook_jctl_wake(struct task_struct *task)
{
	if (tracehook_wants(task, UTRACE_EVENT(JCTL)))
		utrace_jctl_wake(task);
}

/**
 * tracehook_group_stop - a group stop begins for a thread, or SIGCONT came
 * @task: the thread
 *
 * Context: called with the siglock of @task held.
 *
 * Return: true if an engine stands in for job control of @task and has taken the
 * news; otherwise the caller has to wake @task as needed.
 */
static inline bool tracehook_group_stop(struct task_struct *task)
{
	return tracehook_wants(task, UTRACE_EVENT(GROUP_STOP)) &&
	       utrace_group_stop(task);
}

/**
 * tracehook_cancel_group_stop - no group stop is pending for a thread any more
 * @task: the thread, which is to be killed, or of which the other threads of its
 *	group are
 *
 * Context: called with the siglock of @task held.
 */
static inline void tracehook_cancel_group_stop(struct task_struct *task)
{
	if (tracehook_wants(task, UTRACE_EVENT(GROUP_STOP)))
		utrace_cancel_group_stop(task);
}

/**
 * tracehook_takes_group_stop - does an engine stand in for job control?
 *
 * If so, tracehook_get_signal() reports to it.
 *
 * Context: called with the siglock of the current task held, which is to take part
 *	in a group stop.
 *
 * Return: true if so, and the caller must go on as if there was no stop.
 */
static inline bool tracehook_takes_group_stop(void)
{
	if (!tracehook_wants(current, UTRACE_EVENT(GROUP_STOP)))
		return false;
	utrace_take_group_stop();
	return true;
}

/* --- on the way to user mode */

/**
 * set_notify_resume - have tracehook_notify_resume() called soon
 * @task: the task
 *
 * It is called before @task returns to user mode, where it is now, or before it
 * gets there again.  A task that sleeps is not woken.
 *
 * Context: any.
 */
static inline void set_notify_resume(struct task_struct *task)
{
	if (!test_and_set_tsk_thread_flag(task, TIF_NOTIFY_RESUME))
		kick_process(task);
}

/**
 * tracehook_notify_resume - the task is about to return to user mode
 * @regs: its user registers; NULL where it is about to run a guest, or is an io
 *	worker
 *
 * Called after set_notify_resume().  The task does not stop here, but may be made
 * to go through tracehook_get_signal() next.
 *
 * Context: no locks held, may sleep.
 */
static inline void tracehook_notify_resume(struct pt_regs *regs)
{
	if (tracehook_wants(current, UTRACE_TASK_ASKED | UTRACE_TASK_STEPS))
		utrace_notify_resume();
}

#endif /* _LINUX_TRACEHOOK_H */
