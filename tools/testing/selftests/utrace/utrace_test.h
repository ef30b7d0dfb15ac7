/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What utrace_test.ko and the tests say to each other.
 *
 * The module attaches engines for the tests and lets them do what a list of
 * rules says. All that the engines see goes to a log that the tests read.
 * There is one context, with its engines and its log, for each open file.
 */
#ifndef _UTRACE_TEST_H
#define _UTRACE_TEST_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define UTEST_NAME		"utrace_test"

/* Callbacks, as a log entry and a rule name them. */
enum utest_callback {
	CB_QUIESCE,
	CB_SIGNAL,
	CB_CLONE,
	CB_JCTL,
	CB_EXEC,
	CB_SYSCALL_ENTRY,
	CB_SYSCALL_EXIT,
	CB_EXIT,
	CB_DEATH,
	CB_REAP,
	CB_RELEASE,
	CB_SECCOMP,
	CB_VFORK_DONE,
	CB_STOP_COMMIT,
	CB_STOP_ANNOUNCE,
	CB_STOP_END,
	CB_GROUP_STOP,
	CB_CANCEL_GROUP_STOP,
	CB_KILLED,
	CB_COUNT
};

/* The tables of callbacks. */
enum utest_ops {
	UTEST_OPS_NONE,		/* no table at all */
	UTEST_OPS_FIRST,	/* utest_first_ops: all but those under RCU */
	UTEST_OPS_SECOND,	/* utest_second_ops: the same once more */
	UTEST_OPS_STOPS,	/* utest_stops_ops: all there are */
	UTEST_OPS_NULL,		/* utest_null_ops: none */
	UTEST_OPS_QUIESCE,	/* utest_quiesce_ops: only report_quiesce() */
	UTEST_OPS_SIGNAL,	/* utest_signal_ops: only report_signal() */
	UTEST_OPS_NO_QUIESCE,	/* utest_no_quiesce_ops: no report_quiesce() */
	UTEST_OPS_EVENTS,	/* utest_events_ops: nor report_signal() */
	UTEST_OPS_COUNT
};

/* How to make a call. */
#define UTEST_BY_PID		0x01	/* the call that takes a struct pid */
#define UTEST_PINNED		0x02	/* the target is a number of UTEST_PIN */
#define UTEST_NO_REF		0x04	/* keep no reference to the target */
#define UTEST_QUIET		0x08	/* count callbacks, do not log them */
#define UTEST_UNDER_RCU		0x10	/* call under rcu_read_lock() */
#define UTEST_LOCKED		0x20	/* call with the siglock of a task that lives */

struct utest_attach {
	__s32 target;		/* thread id */
	__u32 how;
	__u32 flags;		/* UTRACE_ATTACH_* */
	__u32 ops;		/* enum utest_ops */
	__u64 data;		/* 0 is a NULL pointer */
	__u64 events;		/* to ask for, unless 0 */
	__s32 result;		/* 0 or a negative error code */
	__s32 events_result;
	__s32 handle;		/* 0: an engine of someone else */
	__u32 pad;
};

enum utest_what {
	UTEST_CONTROL = 1,	/* arg: the action */
	UTEST_SET_EVENTS,	/* arg: the mask */
	UTEST_BARRIER,
	UTEST_PREPARE,
	UTEST_READ,		/* registers, after UTEST_PREPARE; their size */
	UTEST_FINISH,
	UTEST_FREEZE,
	UTEST_UNFREEZE,
	UTEST_RESUME_FROZEN,	/* arg: the action */
	UTEST_ASK,		/* arg: the action */
	UTEST_GET_PUT,		/* take a reference and drop it */
	UTEST_PUT,		/* drop the module's own, of a detached engine */
	UTEST_DETACH_BY_IRQ,	/* by a timer's interrupt, on this CPU */
	UTEST_ATTACH_SELF,	/* callbacks only: to the current task */
	UTEST_ATTACH_CHILD,	/* report_clone() only */
	UTEST_ATTACH_OTHER,	/* callbacks only: to do_attach.target */
};

struct utest_call {
	__s32 handle;
	__u32 how;
	__u32 what;
	__s32 result;
	__u64 arg;
};

struct utest_regs {
	__s32 handle;
	__s32 prepare;		/* results of the two calls */
	__s32 finish;
	__u32 size;
	__u64 regs[64];		/* the first regset of the task */
	__s32 syscall_result;	/* of task_current_syscall() */
	__s32 syscall_nr;
	__u64 syscall_args[6];
};

/* When a rule applies. */
#define UTEST_IF_VALUE		0x01	/* the first logged value is value */
#define UTEST_IF_ACTION		0x02	/* (action & action_mask) == action */

/* What it does, in this order. */
#define UTEST_DELAY		0x0001	/* sleep delay_ms */
#define UTEST_GATE		0x0002	/* wait for UTEST_OPEN_GATE */
#define UTEST_SYSCALL		0x0004	/* set number and arguments */
#define UTEST_RETVAL		0x0008	/* set the result register */
#define UTEST_REG		0x0010	/* set one word of struct pt_regs */
#define UTEST_INFO		0x0020	/* make info a signal from signo */
#define UTEST_HANDLER		0x0040	/* set the handler in return_ka */
#define UTEST_CODE		0x0080	/* set the exit code */
#define UTEST_DO		0x0100	/* make the call do_what */
#define UTEST_RETURN		0x0200	/* return ret, not the default */
/*
 * Drop the module's own reference and forget the engine, which has data and is
 * detached by ret. Its release() detaches the engine do_handle, if that is not 0.
 */
#define UTEST_FORGET		0x0400

struct utest_rule {
	__s32 handle;
	__u32 callback;		/* enum utest_callback */
	__u32 cond;
	__u32 effects;
	__u64 value;
	__u32 action_mask;
	__u32 action;
	__u32 skip;		/* let as many pass first */
	__u32 times;		/* 0: for ever */
	__u32 delay_ms;
	__u32 ret;
	__s64 nr;
	__u64 args[6];
	__s64 retval;
	__u64 reg_value;
	__u32 reg;		/* offset in struct pt_regs */
	__s32 signo;
	__u64 handler;
	__s64 code;
	__u32 do_what;		/* enum utest_what */
	__s32 do_handle;	/* 0: this engine */
	__u64 do_arg;
	/* For the two attaches; a control of the new engine after the mask. */
	struct utest_attach do_attach;
	__s32 do_control;	/* -1: none */
	__u32 do_how;		/* of do_what, unless it is one of these */
};

#define UTEST_VALUES		7

struct utest_event {
	__u64 seq;		/* from 1 */
	__s32 handle;
	__u32 callback;
	__s32 tid;		/* of the caller */
	__u32 action;		/* argument of the callback */
	__u64 values[UTEST_VALUES];	/* see the callbacks in the module */
	__u32 done;		/* the callback is about to return ... */
	__u32 ret;		/* ... this */
	__s32 do_result;
	__s32 do_handle;	/* of an engine that the callback attached */
	__s32 control_result;
	__u32 pad;
};

#define UTEST_ENTERED		0x10	/* do not wait for done */

struct utest_wait {
	__s32 handle;		/* 0: any */
	__u32 callbacks;	/* mask; 0: any */
	__u32 cond;
	__u32 timeout_ms;	/* 0: do not wait */
	__u64 value;
	__u64 after;		/* only later ones */
	__u64 count;		/* in the whole log, after "after" */
	__s32 result;		/* 0 or -ETIMEDOUT */
	__u32 pad;
	struct utest_event event;
};

struct utest_info {
	__s32 handle;
	__u32 pad;
	__u64 flags;
	__u64 counts[CB_COUNT];
};

/* What became of an attach to a helper that has not called execve() yet. */
struct utest_helper {
	__s32 attach;
	__s32 run;
};

/* Attach and detach so many times, and wait until all of it is free. */
struct utest_pairs {
	__s32 target;
	__u32 pairs;
	__s32 result;
};

/*
 * Calls that may be made at any time, at random, without a way to user space between
 * them. At the first that does not return what it may return, that is the end.
 */
struct utest_hammer {
	__s32 handle;
	__u32 ms;		/* how long */
	__u64 seed;
	__s32 result;		/* 0, or ... */
	__u32 what;		/* ... of this one */
	__u64 arg;
};

/* What a task carries for engines. */
struct utest_task {
	__s32 target;
	__u32 syscall_trace;	/* calls take the slow path for tracing */
	__u64 utrace_flags;
};

#define UTEST_IOC_ATTACH	_IOWR('u', 1, struct utest_attach)
#define UTEST_IOC_CALL		_IOWR('u', 2, struct utest_call)
#define UTEST_IOC_RULE		_IOW('u', 3, struct utest_rule)
#define UTEST_IOC_CLEAR		_IO('u', 4)		/* arg: handle */
#define UTEST_IOC_WAIT		_IOWR('u', 5, struct utest_wait)
#define UTEST_IOC_INFO		_IOWR('u', 6, struct utest_info)
#define UTEST_IOC_REGS		_IOWR('u', 7, struct utest_regs)
#define UTEST_IOC_PIN		_IO('u', 8)		/* arg: thread id */
#define UTEST_IOC_OPEN_GATE	_IO('u', 9)
#define UTEST_IOC_KEEP		_IO('u', 10)
#define UTEST_IOC_HELPER	_IOR('u', 11, struct utest_helper)
#define UTEST_IOC_PAIRS		_IOWR('u', 12, struct utest_pairs)
#define UTEST_IOC_TASK		_IOWR('u', 13, struct utest_task)
#define UTEST_IOC_HAMMER	_IOWR('u', 14, struct utest_hammer)
#define UTEST_IOC_HOLD_UP	_IO('u', 15)		/* arg: one of these */
#define UTEST_IOC_HELD_UP	_IO('u', 16)		/* how often that was */

/* Who takes its time from then on, until the file is closed. */
enum utest_hold_up {
	UTEST_HOLD_UP_TRACER,	/* who detaches engines on its way out */
	UTEST_HOLD_UP_KILLED,	/* whose engine has returned something else than before */
	UTEST_HOLD_UP_CALLER,	/* who is about to call utrace_control() */
};

#endif /* _UTRACE_TEST_H */
