// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tracing engine behind ptrace(2): the tracee's side of it.
 *
 * A tracee has a struct ptracee, which an engine carries and task->ptracee points
 * to from the moment when the tracer is linked to it until it is unlinked.  The
 * pointer changes with tasklist_lock held for writing and the siglock of the
 * tracee; so each of the two is enough to read it, and so is RCU.
 *
 * Each stop goes the same way.  A callback says in ptracee->next and ->code what
 * is to be seen, and returns UTRACE_STOP | UTRACE_STOP_HERE.  Where the task does
 * stop, ptrace_stop_commit() makes it visible for wait(2) and ptrace(2), with the
 * siglock held, and ptrace_stop_announce() tells the tracer.  The tracer's next
 * request to go on ends it in ptracee_resume(): from there on the tracee counts
 * as running, even if another engine still holds it.  Only for a signal the
 * answer is taken in by a callback again, report_signal() with
 * %UTRACE_SIGNAL_REPORT; and if the tracer leaves at a system call, by that or,
 * before the call is made, by another report_syscall_entry().
 *
 * PTRACE_INTERRUPT, a group stop, and SIGCONT for a seized tracee are bits in
 * ptracee->traps and a request for such a report, in which the tracee stops.
 */
#include "ptrace_engine.h"

#include <linux/binfmts.h>
#include <linux/cleanup.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/pid_namespace.h>
#include <linux/sched/jobctl.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/thread_info.h>
#include <linux/tracehook.h>
#include <linux/utrace.h>
#include <linux/wait_bit.h>

static bool ptracee_has(const struct ptracee *ptracee, int event)
{
	return READ_ONCE(ptracee->flags) & BIT(event);
}

/* --- pending traps and who waits for them, under the siglock */

static void ptracee_clear_traps(struct ptracee *ptracee, unsigned int traps)
{
	WRITE_ONCE(ptracee->traps, ptracee->traps & ~traps);
}

static void ptracee_clear_trapping(struct ptracee *ptracee)
{
	if (likely(!(ptracee->traps & PTRACEE_TRAPPING)))
		return;
	ptracee_clear_traps(ptracee, PTRACEE_TRAPPING);
	/* Pairs with set_current_state() in ptracee_wait_attached(). */
	smp_mb();
	wake_up_var(&ptracee->traps);
}

static bool ptracee_trapping(const struct ptracee *ptracee)
{
	/* Pairs with smp_wmb() in ptracee_meet_traps(). */
	return smp_load_acquire(&ptracee->traps) & PTRACEE_TRAPPING;
}

/* Traps are for tasks that live on. */
static bool ptracee_set_traps(struct task_struct *task, struct ptracee *ptracee,
			      unsigned int traps)
{
	lockdep_assert_held(&task->sighand->siglock);
	if (fatal_signal_pending(task) || (task->flags & PF_EXITING))
		return false;
	WRITE_ONCE(ptracee->traps, ptracee->traps | traps);
	return true;
}

/* --- stops */

/* What a callback returns to stop for the tracer. */
static u32 ptracee_stop(struct ptracee *ptracee, enum ptrace_stop next, int code,
			unsigned long message)
{
	ptracee->next = next;
	ptracee->code = code;
	ptracee->message = message;
	return UTRACE_STOP | UTRACE_STOP_HERE;
}

static u32 ptracee_stop_event(struct ptracee *ptracee, int event,
			      unsigned long message)
{
	return ptracee_stop(ptracee, PTRACE_STOP_EVENT, SIGTRAP | (event << 8),
			    message);
}

/* How the tracee runs, by its flags. */
static enum utrace_resume_action ptracee_resume_action(unsigned int flags)
{
	if (likely(!(flags & PTRACEE_STEPS)))
		return UTRACE_RESUME;
	return flags & PTRACEE_STEP ? UTRACE_SINGLESTEP : UTRACE_BLOCKSTEP;
}

/* What a callback returns to go on as the tracer said last. */
static u32 ptracee_run(const struct ptracee *ptracee)
{
	return ptracee_resume_action(READ_ONCE(ptracee->flags));
}

static bool ptracee_group_stopped(struct task_struct *task)
{
	return (task->signal->flags & SIGNAL_STOP_STOPPED) ||
	       task->signal->group_stop_count;
}

/* Most stops come and go without the tracer asking for this. */
static void ptracee_defer_info(struct ptracee *ptracee, int signr)
{
	ptracee->siginfo = &ptracee->info;
	ptracee->info_due = signr;
}

/* A stop for job control: what it shows is what is true just now. */
static void ptracee_commit_jobctl(struct ptracee *ptracee)
{
	int signr = current->jobctl & JOBCTL_STOP_SIGMASK;

	if (!(ptracee->flags & PTRACEE_SEIZED)) {
		ptracee->code = signr;
		ptracee->siginfo = NULL;
		ptracee->info_due = 0;
	} else {
		if (!ptracee_group_stopped(current))
			signr = SIGTRAP;
		ptracee->code = signr | (PTRACE_EVENT_STOP << 8);
		ptracee_defer_info(ptracee, signr);
		ptracee_clear_traps(ptracee, PTRACEE_TRAP_NOTIFY);
	}
	/* A SIGCONT since the report is as if it came after the stop. */
	if (current->jobctl & JOBCTL_STOP_PENDING)
		ptracee->group_stopped = task_participate_group_stop(current);
}

/*
 * This stop is as good as the one that is due, which does not come any more. What came
 * after a signal was taken is as if it came after its stop.
 */
static noinline void ptracee_meet_traps(struct ptracee *ptracee)
{
	if (ptracee->stop != PTRACE_STOP_SIGNAL) {
		ptracee_clear_traps(ptracee, PTRACEE_TRAP_STOP);
		if (!(ptracee->traps & PTRACEE_TRAP_NOTIFY))
			utrace_withdraw(current, ptracee->engine);
	}
	/*
	 * wait() must find the stop once the tracer does not wait any more. Pairs
	 * with ptracee_trapping().
	 */
	smp_wmb();
	ptracee_clear_trapping(ptracee);
}

static void ptrace_stop_commit(struct utrace_engine *engine,
			       struct task_struct *task)
{
	struct ptracee *ptracee = engine->data;

	/* The tracer may have gone since the callback; it wakes us then. */
	if (ptracee->next == PTRACE_STOP_NONE || task->ptracee != ptracee)
		return;
	if (ptracee->next == PTRACE_STOP_JOBCTL)
		ptracee_commit_jobctl(ptracee);
	else if (ptracee->next != PTRACE_STOP_SIGNAL)
		ptracee_defer_info(ptracee, SIGTRAP);
	else
		ptracee->info_due = 0;

	task->exit_code = ptracee->code;
	ptracee->announce = ptracee->next == PTRACE_STOP_JOBCTL ? CLD_STOPPED :
								  CLD_TRAPPED;
	/* Pairs with ptrace_check_attach(), for what that looks at. */
	smp_store_release(&ptracee->stop, ptracee->next);
	ptracee->next = PTRACE_STOP_NONE;

	if (unlikely(ptracee->traps))
		ptracee_meet_traps(ptracee);
}

/* Tell the parent of a group that has stopped, which is its tracer at times. */
static void ptracee_tell_parent(struct task_struct *task,
				struct ptracee *ptracee)
{
	bool told;

	lockdep_assert_held(&tasklist_lock);
	scoped_guard(spinlock_irqsave, &task->sighand->siglock) {
		told = !ptracee->group_stopped;
		ptracee->group_stopped = false;
	}
	if (!told && (!ptrace_traced(task) || ptrace_reparented(task)))
		do_notify_parent_cldstop(task, false, CLD_STOPPED);
}

static void ptrace_stop_announce(struct utrace_engine *engine,
				 struct task_struct *task)
{
	struct ptracee *ptracee = engine->data;
	int why = ptracee->announce;

	if (!why)
		return;
	ptracee->announce = 0;

	read_lock(&tasklist_lock);
	if (task->ptracee == ptracee)
		do_notify_parent_cldstop(task, true, why);
	if (READ_ONCE(ptracee->group_stopped))
		ptracee_tell_parent(task, ptracee);
	read_unlock(&tasklist_lock);
}

/* The stop is over as far as the tracer can see. */
static void ptracee_end_stop(struct task_struct *task, struct ptracee *ptracee)
{
	lockdep_assert_held(&task->sighand->siglock);
	WRITE_ONCE(ptracee->stop, PTRACE_STOP_NONE);
	ptracee->siginfo = NULL;
	ptracee->message = 0;
	task->exit_code = 0;
}

/* By ptracee_resume(), or by SIGKILL. */
static void ptrace_stop_end(struct utrace_engine *engine,
			    struct task_struct *task)
{
	struct ptracee *ptracee = engine->data;

	if (ptracee->stop != PTRACE_STOP_NONE)
		ptracee_end_stop(task, ptracee);
}

/* The tracee is to die, or execs and its other threads die. */
static void ptrace_drop_traps(struct utrace_engine *engine,
			      struct task_struct *task)
{
	struct ptracee *ptracee = engine->data;

	ptracee_clear_traps(ptracee, PTRACEE_TRAP_STOP | PTRACEE_TRAP_NOTIFY);
	ptracee_clear_trapping(ptracee);
}

static enum utrace_resume_action ptrace_group_stop(struct utrace_engine *engine,
						   struct task_struct *task)
{
	struct ptracee *ptracee = engine->data;

	if (!(ptracee->flags & PTRACEE_SEIZED))
		return UTRACE_RESUME;
	ptracee_set_traps(task, ptracee, PTRACEE_TRAP_NOTIFY);
	if (ptracee->stop != PTRACE_STOP_LISTENING)
		return UTRACE_REPORT;
	ptracee_end_stop(task, ptracee);
	return UTRACE_INTERRUPT;
}

/* --- making a tracee */

static const struct utrace_engine_ops ptrace_engine_ops;

static struct ptracee *ptracee_alloc(struct task_struct *task, int flags)
{
	gfp_t gfp = GFP_KERNEL_ACCOUNT;
	struct utrace_engine *engine;
	struct ptracee *ptracee;

	if (flags & UTRACE_ATTACH_NOFAIL)
		gfp |= __GFP_NOFAIL;
	ptracee = kzalloc(sizeof(*ptracee), gfp);
	if (!ptracee)
		return ERR_PTR(-ENOMEM);
	engine = utrace_attach_task(task, flags | UTRACE_ATTACH_CREATE |
					  UTRACE_ATTACH_WORKER,
				    &ptrace_engine_ops, ptracee);
	if (IS_ERR(engine)) {
		kfree(ptracee);
		return ERR_CAST(engine);
	}
	ptracee->engine = engine;
	return ptracee;
}

/* --- callbacks for events */

/* Is there a tracer that did not seize it? One may have gone just now. */
static bool ptracee_attached(const struct ptracee *ptracee)
{
	guard(spinlock_irq)(&current->sighand->siglock);
	return current->ptracee == ptracee &&
	       !(ptracee->flags & PTRACEE_SEIZED);
}

static u32 ptrace_report_exec(enum utrace_resume_action action,
			      struct utrace_engine *engine,
			      struct task_struct *task,
			      const struct linux_binfmt *fmt,
			      const struct linux_binprm *bprm,
			      struct pt_regs *regs)
{
	struct ptracee *ptracee = engine->data;

	if (ptracee_has(ptracee, PTRACE_EVENT_EXEC))
		return ptracee_stop_event(ptracee, PTRACE_EVENT_EXEC,
					  bprm->old_vpid);
	/* What there was before there were events. */
	if (ptracee_attached(ptracee))
		send_sig(SIGTRAP, task, 0);
	return ptracee_run(ptracee);
}

/* Is there an answer yet to be taken in? If so, @ka is what its signal does. */
static bool ptracee_take_answer(struct ptracee *ptracee, struct k_sigaction *ka)
{
	guard(spinlock_irq)(&current->sighand->siglock);
	if (!ptracee->answer_due)
		return false;
	WRITE_ONCE(ptracee->answer_due, false);
	if (ka && ptracee->answer)
		*ka = current->sighand->action[ptracee->answer - 1];
	return true;
}

/*
 * A tracer has left its tracee with a signal at a system call. Sent from here, it is
 * from a task that runs, and that has no tracer any more: one that is the end of the
 * process is so at once.
 */
static u32 ptracee_last_word(struct ptracee *ptracee)
{
	if (ptracee_take_answer(ptracee, NULL))
		send_sig(ptracee->answer, current, 1);
	return UTRACE_DETACH;
}

static u32 ptrace_report_exit(enum utrace_resume_action action,
			      struct utrace_engine *engine,
			      struct task_struct *task,
			      long orig_code, long *code)
{
	struct ptracee *ptracee = engine->data;

	if (unlikely(ptracee->send_answer))
		return ptracee_last_word(ptracee);
	/*
	 * It was killed before it could act on this. A tracer that leaves must not
	 * take it for a callback to come, and leave the engine with the next stop.
	 */
	if (unlikely(READ_ONCE(ptracee->answer_due)))
		ptracee_take_answer(ptracee, NULL);
	if (!ptracee_has(ptracee, PTRACE_EVENT_EXIT))
		return ptracee_run(ptracee);
	return ptracee_stop_event(ptracee, PTRACE_EVENT_EXIT, *code) |
	       UTRACE_STOP_DYING;
}

/* A pid as the tracer of the current task knows it. */
static unsigned long ptracee_pid_message(struct pid *pid)
{
	struct pid_namespace *ns;

	guard(rcu)();
	ns = task_active_pid_ns(rcu_dereference(current->parent));
	return ns ? pid_nr_ns(pid, ns) : 0;
}

/* The new task gets the tracer, and the options, of the one that made it. */
static void ptracee_inherit(struct ptracee *ptracee, struct task_struct *child)
{
	/* Too late for the call to fail, and the child must not get away. */
	struct ptracee *new = ptracee_alloc(child, UTRACE_ATTACH_NOFAIL);
	bool linked = false;

	if (WARN_ON_ONCE(IS_ERR(new)))
		return;

	/* Once it is linked the tracer may die, and take @new with it. */
	guard(rcu)();
	scoped_guard(write_lock_irq, &tasklist_lock) {
		/* The tracer may be gone. */
		if (current->ptracee != ptracee)
			break;
		linked = true;
		new->flags = ptracee->flags & ~PTRACEE_RESUMED;
		ptracee_link(child, new,
			     ptracee_protected(current->parent),
			     ptracee_protected(current->ptracer_cred));
		guard(spinlock)(&child->sighand->siglock);
		if (new->flags & PTRACEE_SEIZED)
			ptracee_set_traps(child, new, PTRACEE_TRAP_STOP);
		else
			sigaddset(&child->pending.signal, SIGSTOP);
	}
	/* The child does not run yet, nor can it be reaped. */
	if (!linked)
		ptracee_destroy(child, new);
	else if (new->flags & PTRACEE_SEIZED)
		utrace_ask(child, new->engine, UTRACE_INTERRUPT);
}

static int ptracee_clone_event(unsigned long clone_flags)
{
	if (clone_flags & CLONE_VFORK)
		return PTRACE_EVENT_VFORK;
	if ((clone_flags & CSIGNAL) != SIGCHLD)
		return PTRACE_EVENT_CLONE;
	return PTRACE_EVENT_FORK;
}

/* Does the tracer want to stop for this, and is the child to be its tracee? */
static bool ptracee_stops_for(const struct ptracee *ptracee,
			      unsigned long clone_flags)
{
	return !(clone_flags & CLONE_UNTRACED) &&
	       ptracee_has(ptracee, ptracee_clone_event(clone_flags));
}

static bool ptracee_inherits(const struct ptracee *ptracee,
			     unsigned long clone_flags)
{
	return (clone_flags & CLONE_PTRACE) ||
	       ptracee_stops_for(ptracee, clone_flags);
}

static u32 ptrace_report_clone(enum utrace_resume_action action,
			       struct utrace_engine *engine,
			       struct task_struct *parent,
			       unsigned long clone_flags,
			       struct task_struct *child)
{
	struct ptracee *ptracee = engine->data;
	bool stop = ptracee_stops_for(ptracee, clone_flags);

	if (ptracee_inherits(ptracee, clone_flags))
		ptracee_inherit(ptracee, child);
	if (!stop)
		return ptracee_run(ptracee);
	return ptracee_stop_event(ptracee, ptracee_clone_event(clone_flags),
				  ptracee_pid_message(task_pid(child)));
}

static u32 ptrace_report_vfork_done(enum utrace_resume_action action,
				    struct utrace_engine *engine,
				    struct task_struct *task, struct pid *child)
{
	struct ptracee *ptracee = engine->data;

	if (!ptracee_has(ptracee, PTRACE_EVENT_VFORK_DONE))
		return ptracee_run(ptracee);
	return ptracee_stop_event(ptracee, PTRACE_EVENT_VFORK_DONE,
				  ptracee_pid_message(child));
}

static u32 ptracee_stop_syscall(struct ptracee *ptracee, unsigned int flags,
				unsigned long message)
{
	int code = SIGTRAP;

	if (flags & PTRACE_O_TRACESYSGOOD)
		code |= 0x80;
	return ptracee_stop(ptracee, PTRACE_STOP_SYSCALL, code, message);
}

static u32 ptrace_report_call_entry(u32 action, struct utrace_engine *engine,
				    struct task_struct *task,
				    struct pt_regs *regs)
{
	struct ptracee *ptracee = engine->data;
	u32 result = utrace_syscall_action(action);
	unsigned int flags;

	if (unlikely(ptracee->send_answer))
		return result | ptracee_last_word(ptracee);
	flags = READ_ONCE(ptracee->flags);
	if ((action & UTRACE_SYSCALL_RESUMED) ||
	    !(flags & (PTRACEE_SYSCALL | PTRACEE_EMU)))
		return result | ptracee_run(ptracee);
	return result | ptracee_stop_syscall(ptracee, flags,
					     PTRACE_EVENTMSG_SYSCALL_ENTRY);
}

static u32 ptrace_report_call_exit(enum utrace_resume_action action,
				   struct utrace_engine *engine,
				   struct task_struct *task,
				   struct pt_regs *regs)
{
	struct ptracee *ptracee = engine->data;
	unsigned int flags = READ_ONCE(ptracee->flags);

	if (!(flags & PTRACEE_SYSCALL))
		return ptracee_run(ptracee);
	return ptracee_stop_syscall(ptracee, flags,
				    PTRACE_EVENTMSG_SYSCALL_EXIT);
}

static u32 ptrace_report_seccomp(u32 action, struct utrace_engine *engine,
				 struct task_struct *task, struct pt_regs *regs,
				 unsigned long data)
{
	struct ptracee *ptracee = engine->data;
	u32 result = utrace_syscall_action(action);

	if ((action & UTRACE_SYSCALL_RESUMED) ||
	    !ptracee_has(ptracee, PTRACE_EVENT_SECCOMP))
		return result | ptracee_run(ptracee);
	return result | ptracee_stop_event(ptracee, PTRACE_EVENT_SECCOMP, data);
}

/* --- signals */

/* Another signal than the one that was taken comes from the tracer. */
static void ptracee_replace_signal(kernel_siginfo_t *info, int signr)
{
	struct task_struct *tracer;

	clear_siginfo(info);
	info->si_code = SI_USER;
	info->si_signo = signr;
	guard(rcu)();
	tracer = rcu_dereference(current->parent);
	info->si_uid = from_kuid_munged(current_user_ns(), task_uid(tracer));
	info->si_pid = task_pid_vnr(tracer);
}

/* What the tracer made of the signal in @info, in terms of report_signal(). */
static u32 ptracee_answer(struct ptracee *ptracee, kernel_siginfo_t *info)
{
	int signr = ptracee->answer;

	if (!signr)
		return UTRACE_SIGNAL_IGN;
	if (signr != info->si_signo)
		ptracee_replace_signal(info, signr);
	return UTRACE_SIGNAL_DELIVER;
}

static bool ptracee_trapped(const struct ptracee *ptracee)
{
	return (READ_ONCE(ptracee->traps) &
		(PTRACEE_TRAP_STOP | PTRACEE_TRAP_NOTIFY)) ||
	       (READ_ONCE(current->jobctl) & JOBCTL_STOP_PENDING);
}

/* A report that was asked for: by us, for an answer or a trap, or by others. */
static u32 ptracee_requested(struct utrace_engine *engine, u32 result,
			     kernel_siginfo_t *info,
			     struct k_sigaction *return_ka)
{
	struct ptracee *ptracee = engine->data;
	bool answered;

	if (unlikely(ptracee->send_answer))
		return result | ptracee_last_word(ptracee);
	answered = ptracee_take_answer(ptracee, return_ka);
	if (answered)
		result = ptracee_answer(ptracee, info);
	/* Detached, and this was the last word. */
	if (READ_ONCE(current->ptracee) != ptracee)
		return result | UTRACE_DETACH;
	if (!ptracee_trapped(ptracee))
		return result | ptracee_run(ptracee);
	if (!answered && !info->si_signo)
		return result | ptracee_stop(ptracee, PTRACE_STOP_JOBCTL, 0, 0);
	/* The signal acts first, also one that a tracer of before has answered. */
	utrace_ask(current, engine, UTRACE_INTERRUPT);
	return result | ptracee_run(ptracee);
}

static u32 ptrace_report_signal(u32 action, struct utrace_engine *engine,
				struct task_struct *task, struct pt_regs *regs,
				kernel_siginfo_t *info,
				const struct k_sigaction *orig_ka,
				struct k_sigaction *return_ka)
{
	struct ptracee *ptracee = engine->data;
	u32 result = action & (UTRACE_SIGNAL_MASK | UTRACE_SIGNAL_HOLD);

	if (orig_ka) {
		ptracee->siginfo = info;
		return result | ptracee_stop(ptracee, PTRACE_STOP_SIGNAL,
					     info->si_signo, 0);
	}
	if (utrace_signal_action(action) != UTRACE_SIGNAL_HANDLER)
		return ptracee_requested(engine, result, info, return_ka);
	/* This stands for a report that was asked for, too: ask again. */
	if (ptracee_trapped(ptracee))
		utrace_ask(current, engine, UTRACE_INTERRUPT);
	if (!(READ_ONCE(ptracee->flags) & PTRACEE_STEPS) ||
	    !utrace_stepped_into_handler())
		return result | ptracee_run(ptracee);
	return result | ptracee_stop(ptracee, PTRACE_STOP_EVENT, SIGTRAP, 0);
}

static void ptrace_release(void *data)
{
	struct ptracee *ptracee = data;

	kfree_rcu(ptracee, rcu);
}

static const struct utrace_engine_ops ptrace_engine_ops = {
	.report_signal = ptrace_report_signal,
	.report_clone = ptrace_report_clone,
	.report_exec = ptrace_report_exec,
	.report_syscall_entry = ptrace_report_call_entry,
	.report_syscall_exit = ptrace_report_call_exit,
	.report_exit = ptrace_report_exit,
	.release = ptrace_release,
	.report_seccomp = ptrace_report_seccomp,
	.report_vfork_done = ptrace_report_vfork_done,
	.stop_commit = ptrace_stop_commit,
	.stop_announce = ptrace_stop_announce,
	.stop_end = ptrace_stop_end,
	.group_stop = ptrace_group_stop,
	.cancel_group_stop = ptrace_drop_traps,
	.killed = ptrace_drop_traps,
};

/* --- the tracer's side of the tie */

/**
 * ptracee_create - prepare a task for a tracer
 * @task: the task
 *
 * Context: no spinlocks held, may sleep.
 *
 * Return: what ptracee_link() takes, or an ERR_PTR() as utrace_attach_task().
 */
struct ptracee *ptracee_create(struct task_struct *task)
{
	return ptracee_alloc(task, 0);
}

/**
 * ptracee_destroy - undo ptracee_create(), where no tracer came
 * @task: the task
 * @ptracee: the result of ptracee_create()
 *
 * Context: any that kfree_rcu() can be called in.
 */
void ptracee_destroy(struct task_struct *task, struct ptracee *ptracee)
{
	utrace_control(task, ptracee->engine, UTRACE_DETACH);
	utrace_engine_put(ptracee->engine);
}

/* Leave the engine, and the tracee as it is without a tracer. */
static void ptracee_leave(struct task_struct *task, struct ptracee *ptracee,
			  unsigned int flags)
{
	unsigned long events = UTRACE_EVENT(QUIESCE);

	/*
	 * PTRACE_DETACH has ended the steps. A tracer that dies while it steps
	 * leaves the hardware as it is, and the tracee to the next trap.
	 */
	if (flags & PTRACEE_STEPS)
		utrace_leave_steps(task, ptracee->engine);
	if (READ_ONCE(ptracee->answer_due)) {
		/* It has a last callback to make: before the call, a stop, or its end. */
		if (ptracee->send_answer)
			events |= UTRACE_EVENT(SYSCALL_ENTRY) |
				  UTRACE_EVENT(GROUP_STOP) | UTRACE_EVENT(EXIT);
		utrace_set_events(task, ptracee->engine, events);
		utrace_ask(task, ptracee->engine, UTRACE_REPORT);
		utrace_control(task, ptracee->engine, UTRACE_RESUME);
	} else if (utrace_control(task, ptracee->engine, UTRACE_DETACH) == -EALREADY) {
		/* A task that dies has its engines until it is reaped. */
		utrace_set_events(task, ptracee->engine, 0);
	}
	utrace_engine_put(ptracee->engine);
}

/* The signal that a stop leaves where the tracer does not say. */
static int ptracee_signal_left(const struct task_struct *task)
{
	return valid_signal(task->exit_code) ? task->exit_code : 0;
}

/*
 * The tracee takes in itself what it is left with, where it is a signal to be
 * delivered, and at a system call, see ptracee_last_word(): if it is before the call,
 * and the signal is the end of the tracee, the call must not be made. SIGKILL acts
 * wherever it comes from.
 */
static void ptracee_last_answer(struct task_struct *task,
				struct ptracee *ptracee)
{
	bool signal = ptracee->stop == PTRACE_STOP_SIGNAL;
	bool call = ptracee->stop == PTRACE_STOP_SYSCALL;
	int answer = ptracee_signal_left(task);

	lockdep_assert_held(&task->sighand->siglock);
	ptracee->answer = answer;
	ptracee->send_answer = call && answer && answer != SIGKILL;
	WRITE_ONCE(ptracee->answer_due, signal || ptracee->send_answer);
}

/**
 * ptracee_unlink - the tracee's part of __ptrace_unlink()
 * @task: the tracee, in any state
 * @ptracee: its side of the tie, which may be freed by this
 *
 * If it was stopped it goes on with the signal in its exit_code, or, where its
 * group is stopped, into the group's stop.  The tracer can see that it runs in
 * between.
 *
 * Context: called with tasklist_lock held for writing.
 */
void ptracee_unlink(struct task_struct *task, struct ptracee *ptracee)
{
	enum ptrace_stop stop;
	unsigned int flags;

	lockdep_assert_held_write(&tasklist_lock);

	scoped_guard(spinlock, &task->sighand->siglock) {
		WRITE_ONCE(task->ptracee, NULL);
		flags = ptracee->flags;
		WRITE_ONCE(ptracee->flags, 0);
		WRITE_ONCE(ptracee->traps, ptracee->traps & PTRACEE_TRAPPING);
		ptracee_clear_trapping(ptracee);

		stop = ptracee->stop;
		if (stop != PTRACE_STOP_NONE) {
			if (stop != PTRACE_STOP_LISTENING)
				ptracee_last_answer(task, ptracee);
			ptracee_end_stop(task, ptracee);
		}

		if (!(task->flags & PF_EXITING) && ptracee_group_stopped(task))
			task->jobctl |= JOBCTL_STOP_PENDING;
		if ((task->jobctl & JOBCTL_STOP_PENDING) ||
		    stop != PTRACE_STOP_NONE)
			signal_wake_up(task, 0);
	}
	/* It may not come to ptrace_stop_announce(). */
	ptracee_tell_parent(task, ptracee);
	if (stop == PTRACE_STOP_SYSCALL && ptracee->answer == SIGKILL)
		send_sig(SIGKILL, task, 1);
	ptracee_leave(task, ptracee, flags);
}

/**
 * ptracee_kill - a tracer exits that wants its tracees to die then
 * @task: one of them
 * @ptracee: its side of the tie
 *
 * A child that the tracee is just about to have, and that would be a tracee, too, is
 * not told apart from one that has been attached.
 *
 * Context: called with tasklist_lock held for writing.
 */
void ptracee_kill(struct task_struct *task, struct ptracee *ptracee)
{
	unsigned long clone_flags;
	struct task_struct *child = utrace_newborn(task, &clone_flags);

	send_sig_info(SIGKILL, SEND_SIG_PRIV, task);
	if (child && ptracee_inherits(ptracee, clone_flags))
		send_sig_info(SIGKILL, SEND_SIG_PRIV, child);
}

/**
 * ptracee_stop_attached - begin to stop a task that just got its tracer
 * @task: the task
 * @seize: only if it is stopped already
 *
 * Context: called with tasklist_lock held for writing.
 */
void ptracee_stop_attached(struct task_struct *task, bool seize)
{
	struct ptracee *ptracee = task->ptracee;

	guard(spinlock)(&task->sighand->siglock);
	if (!seize)
		send_signal_locked(SIGSTOP, SEND_SIG_PRIV, task, PIDTYPE_PID);
	/* No engine must come in between and have it stop without this. */
	if (task_is_stopped(task) &&
	    ptracee_set_traps(task, ptracee,
			      PTRACEE_TRAP_STOP | PTRACEE_TRAPPING))
		utrace_ask_locked(task, ptracee->engine, UTRACE_INTERRUPT);
}

/**
 * ptracee_wait_attached - wait for the stop of a task that was stopped already
 * @ptracee: the tracee's side of the tie
 *
 * Hides from the tracer, though not from its other threads, that the task runs
 * from the one stop to the other.
 *
 * Context: may sleep; the caller has a reference to the engine.
 */
void ptracee_wait_attached(struct ptracee *ptracee)
{
	/* A tracer that is killed does not come back to ask. */
	wait_var_event_killable(&ptracee->traps, !ptracee_trapping(ptracee));
}

/* After a system call it is sent, instead of a signal it is taken in by the tracee. */
static __always_inline void ptracee_set_answer(struct task_struct *task,
					       struct ptracee *ptracee,
					       enum ptrace_stop stop, int answer)
{
	if (stop == PTRACE_STOP_SYSCALL && answer)
		send_sig(answer, task, 1);
	if (stop == PTRACE_STOP_SIGNAL) {
		ptracee->answer = answer;
		WRITE_ONCE(ptracee->answer_due, true);
	}
}

static noinline void ptracee_resume_otherwise(struct task_struct *task,
					      struct ptracee *ptracee,
					      unsigned int how)
{
	unsigned int before = ptracee->flags;

	WRITE_ONCE(ptracee->flags, (before & ~PTRACEE_RESUMED) | how);
	ptrace_set_syscall_emu(task, how & PTRACEE_EMU);
	ptracee_set_events(task, ptracee);
	/* The trap of the last step may be pending: it is still the tracer's. */
	if ((before & PTRACEE_STEPS) && !(how & PTRACEE_STEPS))
		utrace_leave_steps(task, ptracee->engine);
}

/**
 * ptracee_resume - end a stop
 * @task: the tracee, frozen in it; it is not afterwards
 * @ptracee: its side of the tie
 * @how: %PTRACEE_RESUMED bits
 * @answer: number of a signal, or zero
 *
 * Context: no locks held.
 */
void ptracee_resume(struct task_struct *task, struct ptracee *ptracee,
		    unsigned int how, int answer)
{
	enum utrace_resume_action action = ptracee_resume_action(how);
	enum ptrace_stop stop = ptracee->stop;

	if ((ptracee->flags & PTRACEE_RESUMED) != how)
		ptracee_resume_otherwise(task, ptracee, how);

	ptracee_set_answer(task, ptracee, stop, answer);
	/* The callback that takes it in says how the task goes on. */
	if (stop == PTRACE_STOP_SIGNAL)
		action = UTRACE_REPORT;
	utrace_resume_frozen(task, ptracee->engine, action);
}

/**
 * ptracee_siginfo - signal information of the stop that a tracee is in
 * @task: the tracee, frozen in it
 * @ptracee: its side of the tie
 *
 * Context: any.
 *
 * Return: the signal information, which may be changed, or NULL for a group stop
 * of a task that is not seized.
 */
kernel_siginfo_t *ptracee_siginfo(struct task_struct *task,
				  struct ptracee *ptracee)
{
	kernel_siginfo_t *info = &ptracee->info;

	if (!ptracee->info_due)
		return ptracee->siginfo;
	guard(rcu)();
	clear_siginfo(info);
	info->si_signo = ptracee->info_due;
	info->si_code = ptracee->code;
	info->si_pid = task_pid_nr_ns(task, task_active_pid_ns(task));
	info->si_uid = from_kuid_munged(task_cred_xxx(task, user_ns),
					task_uid(task));
	ptracee->info_due = 0;
	return info;
}

/**
 * ptracee_interrupt - have a seized tracee stop
 * @task: the tracee, in any state
 *
 * One that is stopped stops again after that, one that listens does it at once.
 *
 * Context: no locks held.
 *
 * Return: zero, or %-EIO if the task is not seized, or is reaped.
 */
int ptracee_interrupt(struct task_struct *task)
{
	struct utrace_engine *engine;
	struct ptracee *ptracee;
	unsigned long flags;

	if (!lock_task_sighand(task, &flags))
		return -EIO;
	ptracee = task->ptracee;
	if (!ptracee || !(ptracee->flags & PTRACEE_SEIZED)) {
		unlock_task_sighand(task, &flags);
		return -EIO;
	}
	engine = ptracee->engine;
	if (ptracee_set_traps(task, ptracee, PTRACEE_TRAP_STOP)) {
		/*
		 * At once, as a stop that meets the trap takes this back, too; and none
		 * but the one in which it listens is to end.
		 */
		if (ptracee->stop == PTRACE_STOP_LISTENING) {
			ptracee_end_stop(task, ptracee);
			utrace_control_locked(task, engine, UTRACE_INTERRUPT);
		} else {
			utrace_ask_locked(task, engine, UTRACE_INTERRUPT);
		}
	}
	unlock_task_sighand(task, &flags);
	return 0;
}

/**
 * ptracee_listen - let a stopped tracee be, until something happens to its group
 * @task: the tracee, frozen in a PTRACE_EVENT_STOP
 * @ptracee: its side of the tie
 *
 * Context: no locks held.
 *
 * Return: zero, or %-EIO if it is in another stop.
 */
int ptracee_listen(struct task_struct *task, struct ptracee *ptracee)
{
	enum ptrace_stop stop = ptracee->stop;
	kernel_siginfo_t *info;
	bool again;
	int left;

	scoped_guard(spinlock_irq, &task->sighand->siglock) {
		info = ptracee_siginfo(task, ptracee);
		if (!info || info->si_code >> 8 != PTRACE_EVENT_STOP)
			return -EIO;
		left = ptracee_signal_left(task);
		/* Did it happen already? */
		again = ptracee->traps & PTRACEE_TRAP_NOTIFY;
		if (again)
			ptracee_end_stop(task, ptracee);
		else
			WRITE_ONCE(ptracee->stop, PTRACE_STOP_LISTENING);
	}
	/* With a siginfo of the tracer's making it can be any stop. */
	ptracee_set_answer(task, ptracee, stop, left);
	if (again)
		utrace_control(task, ptracee->engine, UTRACE_INTERRUPT);
	return 0;
}
