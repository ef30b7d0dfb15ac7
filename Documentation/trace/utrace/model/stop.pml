/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two engines stop and resume a task, or leave it, while job control does the
 * same, somebody examines it, and SIGKILL may come.
 *
 * - Once UTRACE_STOP has returned 0 the task does not run in user mode until the
 *   engine itself says so, or SIGKILL; and no callback is on its way then, nor does one
 *   come, but of job control.
 * - In the end a task that an engine wants to be stopped is stopped, and one that
 *   none does is not: it runs, or is in the stop of job control.
 * - After SIGKILL the task dies.
 * - Who waits for the stop gets there.
 *
 *   run: -DOPERATIONS=2 -DKILL
 *   run: -DOPERATIONS=2 -DQUIESCE
 *   run: -DOPERATIONS=2 -DJOBCTL
 *   run: -DOPERATIONS=1 -DQUIESCE -DJOBCTL -DKILL
 *   run: -DOPERATIONS=1 -DQUIESCE -DJOBCTL -DJCTL -DEXAMINER
 *   run: -DOPERATIONS=2 -DKILL -DCYCLES
 *   run: -DOPERATIONS=1 -DQUIESCE -DJOBCTL -DJCTL -DCYCLES
 *   fails: -DOPERATIONS=2 -DWAKE_BEFORE_FLAG
 *   fails: -DOPERATIONS=2 -DNOTIFY_BEFORE_FLAG
 *   fails: -DOPERATIONS=1 -DJOBCTL -DJCTL -DCALLBACK_UNDOES_REQUEST
 *   fails: -DOPERATIONS=2 -DQUIESCE -DFORGET_TO_ASK
 *   fails: -DOPERATIONS=2 -DQUIESCE -DROUND_IS_STOP
 *   fails: -DOPERATIONS=1 -DJOBCTL -DJCTL -DROUND_IS_STOP
 *   fails: -DOPERATIONS=1 -DQUIESCE -DJOBCTL -DJCTL -DEXAMINER -DNO_WAKE_BEFORE_STOP
 */
#include "stops.pml"

proctype task()
{
	byte ret, n, i;
	bit go_on, any, holds, dies;

	user_and_back();

	/* report_exit() finds an engine that wants to hold it. */
	utrace_stop();
	lock_siglock();
	dead = 1;
	unlock_siglock()
}

proctype owner(byte i)
{
	byte ret, n, left = OPERATIONS;
	bit go_on;

	do
	:: left > 0 ->
		left--;
		if
		:: utrace_control(i, 1, ret)
		:: utrace_control(i, 0, ret)
		:: utrace_detach_stopper(i); break
		fi;
		ret = 0
	:: break
	od
}

#ifdef EXAMINER
proctype examiner()
{
	byte ret, n;

	utrace_prepare_examine(0, ret)
}
#endif

#ifdef JOBCTL
proctype job_control()
{
	byte n;
	bit go_on, deaf;

	if
	:: send_sigstop();
		if
		:: send_sigcont()
		:: skip
		fi
	:: skip
	fi
}
#endif

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
#ifdef QUIESCE
		quiesce[0] = 1;
		quiesce[1] = 1;
#endif
#ifdef JCTL
		jctl[0] = 1;
		jctl[1] = 1;
#endif
		utrace_update();
		run task();
		run owner(0);
		run owner(1);
#ifdef EXAMINER
		run examiner();
#endif
#ifdef JOBCTL
		run job_control();
#endif
#ifdef KILL
		run killer();
#endif
	}
	timeout;
	all_as_it_should_be(to_die)
}
