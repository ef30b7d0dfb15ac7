/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One engine asks for a report by UTRACE_REPORT, another by UTRACE_INTERRUPT, each
 * of them just attached, while the task makes system calls.
 *
 * - After UTRACE_REPORT some callback comes to that engine.
 * - After UTRACE_INTERRUPT a report_signal() does.
 *
 * Mirrored are utrace_request(), utrace_meet_request(), the beginning of
 * utrace_report_syscall_entry(), utrace_notify_resume() and what
 * utrace_get_signal() has of requests.
 *
 *   run: -DCALLS=2
 *   fails: -DCALLS=2 -DSEQ_BEFORE_REQUEST
 */
#define ENGINES	2

#include "machine.pml"

#define INTERRUPT	1
#define REPORT		2
#define RESUME		5

/* struct utrace; an engine's sequence number is its place in the list. */
byte resume = RESUME;
byte last_seq;
byte list[ENGINES];

/* task->utrace_flags and the rest of the task */
bit flags_event;
bit flags_force;
bit siglock;
bit tif_sigpending;
bit tif_notify_resume;
byte calls = CALLS;

/* What an engine waits for. */
bit report_due[ENGINES];
bit signal_due[ENGINES];

#define locked	atomic
#define lock_siglock()		atomic { !siglock -> siglock = 1 }
#define unlock_siglock()	siglock = 0

inline utrace_request(action)
{
	if
	:: action < resume -> resume = action
	:: else
	fi;
	if
	:: action == INTERRUPT -> flags_force = 1
	:: else
	fi
}

inline utrace_meet_request(action)
{
	if
	:: resume == RESUME && !flags_force
	:: else ->
		locked {
			if
			:: resume < action
			:: else -> resume = RESUME; flags_force = 0
			fi
		}
	fi
}

/* All engines that were attached when the round began. */
inline round(is_signal)
{
	i = 0;
	do
	:: i < seq ->
		d_step {
			report_due[list[i]] = 0;
			if
			:: is_signal -> signal_due[list[i]] = 0
			:: else
			fi
		}
		i++
	:: else -> break
	od;
	i = 0;
	seq = 0
}

inline utrace_report_syscall_entry()
{
#ifdef SEQ_BEFORE_REQUEST
	seq = last_seq;
	utrace_meet_request(REPORT);
#else
	utrace_meet_request(REPORT);
	seq = last_seq;
#endif
	round(0)
}

inline utrace_notify_resume()
{
	if
	:: resume <= REPORT ->
		locked { flags_force = 1 }
		tif_sigpending = 1
	:: else
	fi
}

inline get_signal()
{
	do
	:: lock_siglock();
		if
		:: resume <= REPORT ->
			utrace_meet_request(0);
			seq = last_seq;
			unlock_siglock();
			round(1)
		:: else ->
			if
			:: flags_force -> utrace_meet_request(0)
			:: else
			fi;
			tif_sigpending = flags_force;
			unlock_siglock();
			break
		fi
	od
}

active proctype task()
{
	byte i, seq;

	do
	:: tif_sigpending -> get_signal()
	:: !tif_sigpending && tif_notify_resume ->
		tif_notify_resume = 0;
		utrace_notify_resume()
	:: !tif_sigpending && !tif_notify_resume && calls > 0 ->
		calls--;
		if
		:: flags_event -> utrace_report_syscall_entry()
		:: else
		fi
	:: !tif_sigpending && !tif_notify_resume ->
end_user:
		tif_sigpending || tif_notify_resume
	od
}

proctype owner(byte i)
{
	/* utrace_attach_task(), utrace_set_events() */
	locked {
		list[last_seq] = i;
		last_seq++
	}
	locked {
		flags_event = 1
	}
	/* utrace_control() */
	lock_siglock();
	if
	:: i == 0 ->
		locked {
			utrace_request(REPORT);
			report_due[i] = 1
		}
		tif_notify_resume = 1
	:: else ->
		locked {
			utrace_request(INTERRUPT);
			signal_due[i] = 1
		}
		tif_sigpending = 1
	fi;
	unlock_siglock()
}

init
{
	atomic {
		run owner(0);
		run owner(1)
	}
	timeout;
	assert(only(2));
	assert(!report_due[0] && !signal_due[1]);
	assert(resume == RESUME && !flags_force)
}
