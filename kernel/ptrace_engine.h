/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What kernel/ptrace.c, with the requests of the system call, and
 * kernel/ptrace_engine.c, with the stops of the tracee, know of each other.
 */
#ifndef _KERNEL_PTRACE_ENGINE_H
#define _KERNEL_PTRACE_ENGINE_H

#include <linux/bits.h>
#include <linux/lockdep.h>
#include <linux/ptrace.h>
#include <linux/rcupdate.h>
#include <linux/sched/task.h>
#include <linux/signal_types.h>
#include <linux/types.h>

struct cred;
struct list_head;
struct task_struct;
struct utrace_engine;

/* Options, at the same place as in PTRACE_SETOPTIONS, and what was asked for. */
#define PTRACEE_OPTIONS		PTRACE_O_MASK
#define PTRACEE_SEIZED		BIT(24)
#define PTRACEE_SYSCALL		BIT(25)	/* stops at system calls */
#define PTRACEE_EMU		BIT(26)	/* stops at them and skips them */
#define PTRACEE_STEP		BIT(27)
#define PTRACEE_BLOCKSTEP	BIT(28)

#define PTRACEE_STEPS		(PTRACEE_STEP | PTRACEE_BLOCKSTEP)
#define PTRACEE_RESUMED		(PTRACEE_SYSCALL | PTRACEE_EMU | PTRACEE_STEPS)

/* Reasons to stop that the tracee has not seen yet, and who waits for it. */
#define PTRACEE_TRAP_STOP	BIT(0)	/* gone with the next stop other than for a signal */
#define PTRACEE_TRAP_NOTIFY	BIT(1)	/* gone with the next PTRACE_EVENT_STOP */
#define PTRACEE_TRAPPING	BIT(2)	/* the tracer waits for the stop */

/**
 * enum ptrace_stop - kinds of stops, by what the tracer's answer does
 * @PTRACE_STOP_NONE: not stopped
 * @PTRACE_STOP_LISTENING: a %PTRACE_STOP_JOBCTL that PTRACE_LISTEN has hidden
 * @PTRACE_STOP_EVENT: an event; the answer has no effect
 * @PTRACE_STOP_SYSCALL: a system call; the answer is a signal to be sent, or zero
 * @PTRACE_STOP_SIGNAL: a signal; the answer is the one to be delivered, or zero
 * @PTRACE_STOP_JOBCTL: a group stop or PTRACE_EVENT_STOP; the answer has no effect
 */
enum ptrace_stop {
	PTRACE_STOP_NONE,
	PTRACE_STOP_LISTENING,
	PTRACE_STOP_EVENT,
	PTRACE_STOP_SYSCALL,
	PTRACE_STOP_SIGNAL,
	PTRACE_STOP_JOBCTL,
};

/**
 * struct ptracee - the tracee's side of the tie between tracer and tracee
 * @engine: the engine that is attached to the tracee
 * @tracer: the tracer, to be compared with; does not change
 * @flags: options, and how the tracer resumed the tracee
 * @traps: %PTRACEE_TRAP_* bits; guarded by the siglock
 * @next: kind of the stop that the tracee is about to make; only it uses this
 * @code: wait status of that stop
 * @stop: kind of the stop that the tracee is in; guarded by the siglock
 * @announce: CLD_* code with which the tracer is yet to be told of the stop, or 0
 * @group_stopped: the parent is yet to be told of the group's stop; guarded by the
 *	siglock
 * @answer_due: the tracee has an answer to take in: to a signal, or, of a tracer that
 *	has left, at a system call; taken back under the siglock
 * @send_answer: it is one of the latter, and sent by the tracee to itself; written
 *	while the tracee is in its stop
 * @answer: number of the signal to deliver or to send, or zero
 * @message: for PTRACE_GETEVENTMSG
 * @siginfo: for PTRACE_GETSIGINFO, or NULL; see ptracee_siginfo()
 * @info: the signal information of a stop that has no signal
 * @info_due: number of the signal that @info is yet to be filled in for, or zero
 * @rcu: to free it
 *
 * While the tracee is stopped and frozen it all belongs to the tracer.
 */
struct ptracee {
	struct utrace_engine *engine;
	struct task_struct *tracer;
	unsigned int flags;
	unsigned int traps;
	enum ptrace_stop next;
	int code;
	enum ptrace_stop stop;
	int announce;
	bool group_stopped;
	bool answer_due;
	bool send_answer;
	int answer;
	unsigned long message;
	kernel_siginfo_t *siginfo;
	kernel_siginfo_t info;
	int info_due;
	struct rcu_head rcu;
};

/* Whose child a task is, and who traces it, changes under tasklist_lock. */
#define ptracee_protected(pointer)					\
	rcu_dereference_protected(pointer, lockdep_is_held(&tasklist_lock))

/* kernel/ptrace.c */
void ptracee_link(struct task_struct *task, struct ptracee *ptracee,
		  struct task_struct *tracer, const struct cred *cred);
void ptracee_set_events(struct task_struct *task, struct ptracee *ptracee);

/* kernel/ptrace_engine.c */
struct ptracee *ptracee_create(struct task_struct *task);
void ptracee_destroy(struct task_struct *task, struct ptracee *ptracee);
void ptracee_unlink(struct task_struct *task, struct ptracee *ptracee);
void ptracee_kill(struct task_struct *task, struct ptracee *ptracee);
void ptracee_stop_attached(struct task_struct *task, bool seize);
void ptracee_wait_attached(struct ptracee *ptracee);
void ptracee_resume(struct task_struct *task, struct ptracee *ptracee,
		    unsigned int how, int answer);
kernel_siginfo_t *ptracee_siginfo(struct task_struct *task,
				  struct ptracee *ptracee);
int ptracee_interrupt(struct task_struct *task);
int ptracee_listen(struct task_struct *task, struct ptracee *ptracee);

#endif /* _KERNEL_PTRACE_ENGINE_H */
