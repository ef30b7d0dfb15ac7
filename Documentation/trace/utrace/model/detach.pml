/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two engines come and go while their task reports events.
 *
 * - After a detach that returned 0, and after a barrier, no callback comes, and
 *   none is running.
 * - A barrier ends.
 * - An engine that is attached while callbacks are made has none before the next
 *   event; and each is there until the task has gone on to the one after it.
 * - Each engine leaves the list once, and the attachment's reference goes once,
 *   after the last callback.
 * - When all are gone, task->utrace_flags is zero.
 *
 *   run:
 *   run: -DREVERSE=1
 *   run: -DEVENTS
 *   run: -DOTHER -DEVENTS
 *   fails: -DNO_BARRIER_IN_ENTER
 *   fails: -DNO_BARRIER_IN_LEAVE
 *   fails: -DUNLINK_RUNNING
 *   fails: -DNO_UNLINKED_CHECK
 *   fails: -DWAKE_BEFORE_GONE
 *   fails: -DDETACHED_BEFORE_GONE
 *   fails: -DEVENTS -DNO_WAKE_IN_LEAVE
 *   fails: -DNO_SEQ
 *   fails: -DLEAVE_BEFORE_STEP
 */
#define STORE_BUFFER
#include "engines.pml"

#ifndef REVERSE
#define REVERSE	0
#endif

/* A callback does nothing, detaches its engine, or says so by what it returns. */
inline callback(i)
{
	begin_callback(i);
	if
	:: skip
	:: utrace_set_wants_detach(i)
	:: utrace_detach(i, 1, ret)
	fi;
	end_callback(i)
}

inline report(reverse)
{
	previous = HEAD;
	do
	:: utrace_report_next(previous, current, reverse);
		if
		:: current == HEAD -> break
		:: else ->
			if
			:: engine[current].event -> callback(current)
			:: else
			fi;
			previous = current
		fi
	od;
	previous = HEAD
}

proctype task()
{
	byte previous, current, stale, ret, n;
	bit entered, unlinked, last;

	do
	:: flags_event -> report(REVERSE)
	:: break
	od;
	write_back()
}

inline detach_for_good(i)
{
	utrace_detach(i, 0, ret);
	if
	:: ret == 0
	:: ret == EINPROGRESS || ret == ESRCH ->
		utrace_barrier(i, ret);
		assert(ret == ESRCH)
	fi;
	ret = 0;
	d_step {
		assert(in_callback != i);
		/* The last reference to be put is the owner's. */
		assert(engine[i].gone);
		engine[i].over = 1
	}
}

proctype owner(byte i)
{
	byte ret, running, n;
	bit last, unlinked;

	locked {
		engine[i].refs = 2;
		utrace_link(i);
		utrace_update()
	}

	utrace_set_events(i, 1, 0, 0, ret);
#ifdef EVENTS
	if
	:: i == 0 ->
		utrace_set_events(i, 0, 0, 0, ret);
		if
		:: ret == EINPROGRESS -> utrace_barrier(i, ret)
		:: else
		fi;
		if
		:: ret == 0 -> assert(in_callback != i)
		:: else
		fi;
		ret = 0
	:: skip
	fi;
#endif
	detach_for_good(i);
	utrace_engine_put(i)
}

/* Another thread of the first engine's owner. */
proctype other()
{
	byte ret, running, n;
	bit last, unlinked;

	atomic {
		if
		:: engine[0].attached && !engine[0].detached -> engine[0].refs++
		:: engine[0].detached -> goto late
		fi
	}
	detach_for_good(0);
	utrace_engine_put(0);
late:	skip
}

init
{
	atomic {
		init_list();
		run task();
		run owner(0);
#ifdef OTHER
		run other()
#else
		run owner(1)
#endif
	}
	timeout;
	assert(only(2));
	assert(engine[HEAD].next == HEAD && engine[HEAD].prev == HEAD);
	assert(!flags_event && !flags_death && !flags_reap);
	assert(engine[0].released && (engine[1].released || !engine[1].attached))
}
