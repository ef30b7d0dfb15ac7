/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A task is frozen in the stop of one engine, while another thread of that
 * engine's owner resumes or leaves it, a second engine does as it likes, and
 * SIGKILL may come.
 *
 * - From utrace_freeze() to utrace_unfreeze() or utrace_resume_frozen() the task
 *   sleeps, whatever comes, also for the first of two that freeze it.
 * - Nothing that came meanwhile is lost: see stop.pml for what has to be true in
 *   the end.
 *
 *   run:
 *   run: -DKILL
 *   run: -DTWO_FREEZERS -DKILL
 *   run: -DKILL -DCYCLES
 *   fails: -DFORGET_WHILE_FROZEN
 *   fails: -DKILL -DFREEZE_WOKEN
 *   fails: -DTWO_FREEZERS -DKILL -DFIRST_UNFREEZE_COUNTS
 */
#include "stops.pml"

proctype task()
{
	byte ret, n, i;
	bit go_on, any, holds, dies;

	user_and_back();
	utrace_stop();
	lock_siglock();
	dead = 1;
	unlock_siglock()
}

proctype freezer(bit i)
{
	byte ret, n;
	bit go_on;

	utrace_freeze(i, ret);
	if
	:: ret
	:: else ->
		assert(state == TASK_TRACED);
		/* Whoever runs now: the task does not. */
		assert(state == TASK_TRACED && !dead);
		if
		:: utrace_resume_frozen(i, ret)
		:: utrace_unfreeze()
		fi
	fi
}

/* Of the engine that freezes, and not there all the time. */
proctype other_thread()
{
	byte ret, n;
	bit go_on;

	if
	:: utrace_control(0, 0, ret)
	:: utrace_detach_stopper(0)
	fi
}

proctype second()
{
	byte ret, n, left = 2;
	bit go_on;

	do
	:: left > 0 ->
		left--;
		if
		:: utrace_control(1, 1, ret)
		:: utrace_control(1, 0, ret)
		fi;
		ret = 0
	:: break
	od
}

#ifdef KILL
bit sent;
proctype killer()
{
	byte n;
	bit go_on;

	sent = 1;
	send_sigkill()
}
#define to_die	sent
#else
#define to_die	0
#endif

init
{
	byte n;

	atomic {
		init_list();
		utrace_link(0);
		utrace_link(1);
		/* It is on its way into the first engine's stop. */
		engine[0].stop = 1;
		said[0] = 1;
		flags_force = 1;
		tif_sigpending = 1;
#ifdef TWO_FREEZERS
		engine[1].stop = 1;
		said[1] = 1;
#endif
		utrace_update();
		run task();
		run freezer(0);
#ifdef TWO_FREEZERS
		run freezer(1);
#endif
		run other_thread();
#ifndef TWO_FREEZERS
		run second();
#endif
#ifdef KILL
		run killer();
#endif
	}
	timeout;
	all_as_it_should_be(to_die)
}
