/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracing engines: the interface between the tracehook layer and whoever
 * traces user tasks.
 *
 * An engine is a set of callbacks attached to one task (thread).  Any number of
 * engines can be attached to the same task; each sees the events that it asked
 * for, and the task runs only as freely as the most demanding of them allows.
 *
 * Documentation/trace/utrace/index.rst is the guide to writing one.
 */
#ifndef _LINUX_UTRACE_H
#define _LINUX_UTRACE_H

#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/list.h>
#include <linux/pid_types.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/signal_types.h>
#include <linux/types.h>

struct linux_binfmt;
struct linux_binprm;
struct pid;
struct pt_regs;
struct seq_file;
struct task_struct;
struct utrace;

/*
 * Clients that support several kernels read this number: from 20091216 on,
 * callbacks would lack their task argument.
 */
#define UTRACE_API_VERSION		20091201

/**
 * enum utrace_event_nr - numbers of the events that an engine can ask for
 * @UTRACE_NR_QUIESCE: the task is about to report something, or was asked to
 * @UTRACE_NR_REAP: the dead task is being reaped
 * @UTRACE_NR_CLONE: a new task was created and has not started yet
 * @UTRACE_NR_EXEC: an execve() succeeded
 * @UTRACE_NR_EXIT: the task starts to exit
 * @UTRACE_NR_DEATH: the task is dead
 * @UTRACE_NR_SYSCALL_ENTRY: a system call is about to be made
 * @UTRACE_NR_SYSCALL_EXIT: a system call was made
 * @UTRACE_NR_SIGNAL: a signal with a handler
 * @UTRACE_NR_SIGNAL_IGN: a signal that is ignored
 * @UTRACE_NR_SIGNAL_STOP: a signal that stops the process
 * @UTRACE_NR_SIGNAL_TERM: a signal that ends the process
 * @UTRACE_NR_SIGNAL_CORE: a signal that ends the process and dumps core
 * @UTRACE_NR_JCTL: the task stops or continues for job control
 * @UTRACE_NR_SECCOMP: a seccomp filter returned %SECCOMP_RET_TRACE
 * @UTRACE_NR_VFORK_DONE: the child of a vfork() gave the memory back
 * @UTRACE_NR_GROUP_STOP: the task is to take part in a group stop, which the
 *	engine stands in for: see &utrace_engine_ops.group_stop
 * @UTRACE_NR_NO_SECCOMP: no event, but: seccomp filters do not act on the task
 * @UTRACE_NR_EVENTS: the number of events
 *
 * Use UTRACE_EVENT() to make a bit of an event mask of one of them.
 */
enum utrace_event_nr {
	UTRACE_NR_QUIESCE,
	UTRACE_NR_REAP,
	UTRACE_NR_CLONE,
	UTRACE_NR_EXEC,
	UTRACE_NR_EXIT,
	UTRACE_NR_DEATH,
	UTRACE_NR_SYSCALL_ENTRY,
	UTRACE_NR_SYSCALL_EXIT,
	UTRACE_NR_SIGNAL,
	UTRACE_NR_SIGNAL_IGN,
	UTRACE_NR_SIGNAL_STOP,
	UTRACE_NR_SIGNAL_TERM,
	UTRACE_NR_SIGNAL_CORE,
	UTRACE_NR_JCTL,
	UTRACE_NR_SECCOMP,
	UTRACE_NR_VFORK_DONE,
	UTRACE_NR_GROUP_STOP,
	UTRACE_NR_NO_SECCOMP,
	UTRACE_NR_EVENTS
};

/* The bit of one event in an engine's event mask, e.g. UTRACE_EVENT(EXEC). */
#define UTRACE_EVENT(type)		BIT(UTRACE_NR_##type)

#define UTRACE_EVENT_SYSCALL						\
	(UTRACE_EVENT(SYSCALL_ENTRY) | UTRACE_EVENT(SYSCALL_EXIT))

#define UTRACE_EVENT_SIGNAL_ALL						\
	(UTRACE_EVENT(SIGNAL) | UTRACE_EVENT(SIGNAL_IGN) |		\
	 UTRACE_EVENT(SIGNAL_STOP) | UTRACE_EVENT(SIGNAL_TERM) |	\
	 UTRACE_EVENT(SIGNAL_CORE))

/* All that utrace_set_events() accepts. */
#define UTRACE_EVENT_ALL		(BIT(UTRACE_NR_EVENTS) - 1)

/*
 * task_struct.utrace_flags holds the events that any engine of the task asked
 * for, and these.  The word is zero where no engine is attached, or soon will be:
 * a callback may be on its way, and what the last engine leaves (a stop to be given
 * back, steps) the task sees to first.
 */
#define UTRACE_TASK_FORCE		BIT(24)	/* get_signal() must call us */
#define UTRACE_TASK_STOPPED		BIT(25)	/* held by utrace_stay() */
#define UTRACE_TASK_NEWBORN		BIT(26)	/* report_clone() not over */
#define UTRACE_TASK_STEPS		BIT(27)	/* an engine steps it */
#define UTRACE_TASK_TAKES		BIT(28)	/* also signals to the group */
#define UTRACE_TASK_ASKED		BIT(29)	/* see utrace_notify_resume() */

/**
 * enum utrace_resume_action - what an engine wants the task to do
 * @UTRACE_STOP: stop, and stay stopped until this engine says otherwise
 * @UTRACE_INTERRUPT: run, interrupt what it does, and report
 * @UTRACE_REPORT: run, and report soon
 * @UTRACE_SINGLESTEP: run one instruction
 * @UTRACE_BLOCKSTEP: run until the next branch
 * @UTRACE_RESUME: run
 * @UTRACE_DETACH: run, without this engine
 *
 * Where engines disagree the smallest value wins.
 */
enum utrace_resume_action {
	UTRACE_STOP,
	UTRACE_INTERRUPT,
	UTRACE_REPORT,
	UTRACE_SINGLESTEP,
	UTRACE_BLOCKSTEP,
	UTRACE_RESUME,
	UTRACE_DETACH
};

#define UTRACE_RESUME_MASK		0x0f

/*
 * ORed to UTRACE_STOP by a callback: stop where the event happened, as soon as
 * all engines have heard of it, rather than on the way back to user mode.
 */
#define UTRACE_STOP_HERE		0x200

/*
 * ORed to UTRACE_STOP by report_exit(), and by report_quiesce() and report_jctl()
 * after that: stop even if the task was killed.  Only a SIGKILL that is queued to
 * the task ends such a stop, and none is queued once the whole group exits: so an
 * engine that says this must go away with its owner.
 */
#define UTRACE_STOP_DYING		0x400

/**
 * utrace_resume_action - what an engine wants, from a callback
 * @action: argument or return value of a callback
 *
 * Return: the part of it that is an &enum utrace_resume_action.
 */
static inline enum utrace_resume_action utrace_resume_action(u32 action)
{
	return action & UTRACE_RESUME_MASK;
}

/**
 * enum utrace_signal_action - what becomes of a signal
 * @UTRACE_SIGNAL_DELIVER: act as the &struct k_sigaction in return_ka says
 * @UTRACE_SIGNAL_IGN: nothing
 * @UTRACE_SIGNAL_TERM: end the process
 * @UTRACE_SIGNAL_CORE: end the process with a core dump
 * @UTRACE_SIGNAL_STOP: stop the process
 * @UTRACE_SIGNAL_TSTP: stop the process unless its process group is orphaned
 * @UTRACE_SIGNAL_REPORT: there is no signal, an engine asked for this report
 * @UTRACE_SIGNAL_HANDLER: the frame of a handler was just set up
 */
enum utrace_signal_action {
	UTRACE_SIGNAL_DELIVER	= 0x00,
	UTRACE_SIGNAL_IGN	= 0x10,
	UTRACE_SIGNAL_TERM	= 0x20,
	UTRACE_SIGNAL_CORE	= 0x30,
	UTRACE_SIGNAL_STOP	= 0x40,
	UTRACE_SIGNAL_TSTP	= 0x50,
	UTRACE_SIGNAL_REPORT	= 0x60,
	UTRACE_SIGNAL_HANDLER	= 0x70
};

#define UTRACE_SIGNAL_MASK		0xf0

/* ORed to the signal action: put the signal back on the queue. */
#define UTRACE_SIGNAL_HOLD		0x100

/**
 * utrace_signal_action - what becomes of a signal, from report_signal()
 * @action: argument or return value of the callback
 *
 * Return: the part of it that is an &enum utrace_signal_action.
 */
static inline enum utrace_signal_action utrace_signal_action(u32 action)
{
	return action & UTRACE_SIGNAL_MASK;
}

/**
 * enum utrace_syscall_action - what becomes of a system call
 * @UTRACE_SYSCALL_RUN: it is made
 * @UTRACE_SYSCALL_ABORT: it is not made
 */
enum utrace_syscall_action {
	UTRACE_SYSCALL_RUN	= 0x00,
	UTRACE_SYSCALL_ABORT	= 0x10
};

#define UTRACE_SYSCALL_MASK		0xf0

/* In the action of report_syscall_entry() and report_seccomp(): a stop is over. */
#define UTRACE_SYSCALL_RESUMED		0x100

/**
 * utrace_syscall_action - what becomes of a call, from report_syscall_entry()
 * @action: argument or return value of the callback
 *
 * Return: the part of it that is an &enum utrace_syscall_action.
 */
static inline enum utrace_syscall_action utrace_syscall_action(u32 action)
{
	return action & UTRACE_SYSCALL_MASK;
}

/* Flags of utrace_attach_task(). */
#define UTRACE_ATTACH_MATCH_OPS		0x0001	/* same ops */
#define UTRACE_ATTACH_MATCH_DATA	0x0002	/* same data */
#define UTRACE_ATTACH_CREATE		0x0010	/* attach a new engine */
#define UTRACE_ATTACH_EXCLUSIVE		0x0020	/* unless one matches */
#define UTRACE_ATTACH_WORKER		0x0040	/* io workers are fine, too */
#define UTRACE_ATTACH_NOFAIL		0x0080	/* wait until there is memory */

/**
 * struct utrace_engine - one tracer of one task
 * @ops: the callbacks
 * @data: belongs to the engine's owner
 * @flags: events asked for, in the low bits; the others are private
 *
 * All other members are private to kernel/utrace.c.  An engine lives as long
 * as someone holds a reference; being attached is one.
 */
struct utrace_engine {
	const struct utrace_engine_ops *ops;
	void *data;
	unsigned long flags;

	/* private: */
	struct utrace *utrace;
	struct list_head entry;
	refcount_t refs;
	unsigned int running;
	atomic_t waiters;
	bool gone;
	bool stopped;
	bool announce;
	u64 seq;
	struct rcu_head rcu;
};

/**
 * struct utrace_engine_ops - callbacks of an engine
 * @report_quiesce:
 *	The task is at a safe place.  Comes before each callback for an event
 *	other than REAP and GROUP_STOP, with @event set to that event's bit, to
 *	every engine that asked for QUIESCE; and with @event zero when an engine
 *	used %UTRACE_REPORT or %UTRACE_INTERRUPT and no report_signal() was made
 *	in its place, or said %UTRACE_STOP by utrace_control() and the task has
 *	come to where it stops.
 * @report_signal:
 *	A signal was taken from the queue and is about to act, or @action says
 *	%UTRACE_SIGNAL_REPORT or %UTRACE_SIGNAL_HANDLER, which stands for the former
 *	where a handler is about to run.  @info and @return_ka can be changed.
 *	@orig_ka is what was in force before any engine spoke, or NULL in a report
 *	that began with one of these two, with nothing in @info.  After a stop that
 *	came before the signal acted, a report with %UTRACE_SIGNAL_REPORT finds @info
 *	as it was left, and if all return this action, what they said before the
 *	stop stands.
 * @report_clone:
 *	@child was created and cannot run before this returns.  Nobody but this
 *	callback can attach to it yet.
 * @report_jctl:
 *	@type is CLD_STOPPED or CLD_CONTINUED.  Where @notify is not zero the
 *	parent gets a SIGCHLD with this code next.
 * @report_exec:
 *	A new program is about to start, its first registers are in @regs.
 * @report_syscall_entry:
 *	The call in @regs is about to be made.  %UTRACE_STOP holds the task
 *	right here.
 * @report_syscall_exit:
 *	The call was made, its result is in @regs.
 * @report_exit:
 *	The task starts to exit.  @code can be changed and is what wait() will
 *	show, unless the whole process exits with another code than @orig_code,
 *	which is what the task left.  %UTRACE_STOP holds the task right
 *	here, with all it has.
 * @report_death:
 *	The task is dead; only %UTRACE_DETACH means anything in the result.
 *	@signal is what its parent was sent, or %DEATH_REAP or
 *	%DEATH_DELAYED_GROUP_LEADER.
 * @report_reap:
 *	The last callback; the engine is detached after it.  May come in the
 *	context of the parent and must not block.  Callbacks made under RCU alone,
 *	see below, may still run.
 * @release:
 *	The last reference to the engine is gone.  Gets &utrace_engine.data.
 * @report_seccomp:
 *	A seccomp filter returned %SECCOMP_RET_TRACE with @data.
 *	%UTRACE_SYSCALL_ABORT in the result skips the call.
 * @report_vfork_done:
 *	@child, made by this task's vfork(), has called execve() or exited.
 * @stop_commit:
 *	The task is stopping and this engine is among those that want it.
 *	Called with the siglock held: the stop cannot be seen before it returns.
 * @stop_announce:
 *	The stop can be seen now, and the engine may have ended it already.
 *	Must not sleep.
 * @stop_end:
 *	The engine's part in the stop ends, by utrace_resume_frozen(), as the task
 *	leaves the stop, or by utrace_control() with %UTRACE_STOP before it could
 *	leave.  Called with the siglock held.
 * @group_stop:
 *	A group stop begins for the task, or SIGCONT came for its process.  For
 *	engines that asked for GROUP_STOP, by the thread that begins it, for the
 *	others, or by whoever sends SIGCONT, and with the siglock held.
 *	%UTRACE_RESUME leaves the task to job control.  With %UTRACE_REPORT a
 *	report_signal() as for %UTRACE_INTERRUPT comes, but not before a stop of
 *	the engine ends; %UTRACE_INTERRUPT ends that, too.
 * @cancel_group_stop:
 *	What group_stop() told of, if it did, counts no more: the task is about to
 *	be killed, or it execs or exits, and its process loses all other threads.
 *	Called with the siglock held, by anyone, interrupts included.
 * @killed:
 *	The task is to die, or exits.  For engines that asked for any event; called
 *	with the siglock held, by anyone, interrupts included, and possibly more
 *	than once.
 *
 * An engine that asks for GROUP_STOP stands in for the task's job control: where
 * the task would stop, report_signal() is called as for %UTRACE_INTERRUPT instead,
 * again and again until the engine stops the task and takes its part in the group
 * stop, or SIGCONT comes.
 *
 * All callbacks but report_reap(), release() and those from stop_commit() on are
 * made by the task itself, with no locks held; they may allocate memory but must
 * not wait for other events: return %UTRACE_STOP instead.  Those from
 * stop_commit() on are made under rcu_read_lock(), and utrace_barrier() does not
 * wait for them: free what they use after a grace period.  Each may be NULL.
 */
struct utrace_engine_ops {
	u32 (*report_quiesce)(enum utrace_resume_action action,
			      struct utrace_engine *engine,
			      struct task_struct *task,
			      unsigned long event);
	u32 (*report_signal)(u32 action,
			     struct utrace_engine *engine,
			     struct task_struct *task,
			     struct pt_regs *regs,
			     kernel_siginfo_t *info,
			     const struct k_sigaction *orig_ka,
			     struct k_sigaction *return_ka);
	u32 (*report_clone)(enum utrace_resume_action action,
			    struct utrace_engine *engine,
			    struct task_struct *parent,
			    unsigned long clone_flags,
			    struct task_struct *child);
	u32 (*report_jctl)(enum utrace_resume_action action,
			   struct utrace_engine *engine,
			   struct task_struct *task,
			   int type, int notify);
	u32 (*report_exec)(enum utrace_resume_action action,
			   struct utrace_engine *engine,
			   struct task_struct *task,
			   const struct linux_binfmt *fmt,
			   const struct linux_binprm *bprm,
			   struct pt_regs *regs);
	u32 (*report_syscall_entry)(u32 action,
				    struct utrace_engine *engine,
				    struct task_struct *task,
				    struct pt_regs *regs);
	u32 (*report_syscall_exit)(enum utrace_resume_action action,
				   struct utrace_engine *engine,
				   struct task_struct *task,
				   struct pt_regs *regs);
	u32 (*report_exit)(enum utrace_resume_action action,
			   struct utrace_engine *engine,
			   struct task_struct *task,
			   long orig_code, long *code);
	u32 (*report_death)(struct utrace_engine *engine,
			    struct task_struct *task,
			    bool group_dead, int signal);
	void (*report_reap)(struct utrace_engine *engine,
			    struct task_struct *task);
	void (*release)(void *data);
	u32 (*report_seccomp)(u32 action,
			      struct utrace_engine *engine,
			      struct task_struct *task,
			      struct pt_regs *regs,
			      unsigned long data);
	u32 (*report_vfork_done)(enum utrace_resume_action action,
				 struct utrace_engine *engine,
				 struct task_struct *task,
				 struct pid *child);
	void (*stop_commit)(struct utrace_engine *engine,
			    struct task_struct *task);
	void (*stop_announce)(struct utrace_engine *engine,
			      struct task_struct *task);
	void (*stop_end)(struct utrace_engine *engine,
			 struct task_struct *task);
	enum utrace_resume_action (*group_stop)(struct utrace_engine *engine,
						struct task_struct *task);
	void (*cancel_group_stop)(struct utrace_engine *engine,
				  struct task_struct *task);
	void (*killed)(struct utrace_engine *engine, struct task_struct *task);
};

/**
 * struct utrace_examiner - carried from utrace_prepare_examine() to its end
 *
 * All members are private to kernel/utrace.c.
 */
struct utrace_examiner {
	/* private: */
	unsigned long ncsw;
};

/* The engine interface, for any code and (kernel/utrace_export.c) modules. */
struct utrace_engine *utrace_attach_task(struct task_struct *target, int flags,
					 const struct utrace_engine_ops *ops,
					 void *data);
struct utrace_engine *utrace_attach_pid(struct pid *pid, int flags,
					const struct utrace_engine_ops *ops,
					void *data);
void utrace_engine_get(struct utrace_engine *engine);
void utrace_engine_put(struct utrace_engine *engine);
int utrace_set_events(struct task_struct *target, struct utrace_engine *engine,
		      unsigned long events);
int utrace_set_events_pid(struct pid *pid, struct utrace_engine *engine,
			  unsigned long events);
int utrace_control(struct task_struct *target, struct utrace_engine *engine,
		   enum utrace_resume_action action);
int utrace_control_pid(struct pid *pid, struct utrace_engine *engine,
		       enum utrace_resume_action action);
int utrace_control_locked(struct task_struct *target,
			  struct utrace_engine *engine,
			  enum utrace_resume_action action);
int utrace_ask(struct task_struct *target, struct utrace_engine *engine,
	       enum utrace_resume_action action);
int utrace_ask_locked(struct task_struct *target, struct utrace_engine *engine,
		      enum utrace_resume_action action);
void utrace_withdraw(struct task_struct *target, struct utrace_engine *engine);
void utrace_leave_steps(struct task_struct *target,
			struct utrace_engine *engine);
int utrace_barrier(struct task_struct *target, struct utrace_engine *engine);
int utrace_barrier_pid(struct pid *pid, struct utrace_engine *engine);
int utrace_prepare_examine(struct task_struct *target,
			   struct utrace_engine *engine,
			   struct utrace_examiner *exam);
int utrace_finish_examine(struct task_struct *target,
			  struct utrace_engine *engine,
			  struct utrace_examiner *exam);

int utrace_freeze(struct task_struct *target, struct utrace_engine *engine);
void utrace_wait_frozen(struct task_struct *target);
void utrace_resume_frozen(struct task_struct *target,
			  struct utrace_engine *engine,
			  enum utrace_resume_action action);
void utrace_unfreeze(struct task_struct *target);

bool utrace_stepped_into_handler(void);
struct task_struct *utrace_newborn(struct task_struct *task,
				   unsigned long *clone_flags);

/* For <linux/tracehook.h> and /proc only. */

/* Results of tracehook_get_signal() that are not signals. */
#define GET_SIGNAL_ANEW			(-1)
#define GET_SIGNAL_NEXT			(-2)
#define GET_SIGNAL_NONE			(-3)

void utrace_free(struct task_struct *task);
int utrace_report_syscall_entry(struct pt_regs *regs);
void utrace_report_syscall_exit(struct pt_regs *regs);
bool utrace_report_stepped_exit(struct pt_regs *regs);
void utrace_soft_trap(void);
void utrace_report_exec(const struct linux_binfmt *fmt,
			const struct linux_binprm *bprm, struct pt_regs *regs);
long utrace_report_exit(long code);
void utrace_prepare_clone(unsigned long clone_flags);
void utrace_finish_clone(struct task_struct *child);
void utrace_report_clone(struct task_struct *child);
void utrace_report_clone_complete(bool vfork);
void utrace_report_vfork_done(struct pid *child);
int utrace_report_seccomp(struct pt_regs *regs, unsigned long data);
void utrace_notify_death(struct task_struct *task);
void utrace_report_death(struct task_struct *task, bool group_dead, int signal);
void utrace_release_task(struct task_struct *task);
bool utrace_continue_stop(void);
int utrace_get_signal(struct pt_regs *regs, kernel_siginfo_t *info,
		      struct k_sigaction *return_ka, enum pid_type *type);
void utrace_signal_handler(kernel_siginfo_t *info, struct k_sigaction *return_ka,
			   struct pt_regs *regs, bool stepping);
void utrace_notify_resume(void);
void utrace_report_jctl(int notify, int type);
bool utrace_take_stop(void);
void utrace_finish_jctl(void);
void utrace_jctl_wake(struct task_struct *task);
bool utrace_group_stop(struct task_struct *task);
void utrace_cancel_group_stop(struct task_struct *task);
void utrace_take_group_stop(void);
void utrace_mark_killed(struct task_struct *task);
void utrace_show(struct seq_file *m, struct task_struct *task);

#endif /* _LINUX_UTRACE_H */
