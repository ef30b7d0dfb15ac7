/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From beginning to end: two engines are attached to a task, hear of its events,
 * stop it, let it go, leave it or stay; it exits or is killed, reports its death,
 * and is reaped.  There is one controller, and SIGKILL and the reaper come at any
 * time.
 *
 * The properties are those of detach.pml, stop.pml and death.pml.
 *
 *   run: -DCALLS=2 -DOPERATIONS=3
 *   run: -DCALLS=1 -DOPERATIONS=2 -DKILL
 *   fails: -DCALLS=1 -DOPERATIONS=2 -DUNLINK_RUNNING
 *   fails: -DCALLS=1 -DOPERATIONS=2 -DKILL -DREAP_WITHOUT_DEATH_CHECK
 */
#include "stops.pml"

bit gone;

/* A system call: each callback does nothing, stops the task, or leaves. */
inline report_event()
{
	previous = HEAD;
	do
	:: utrace_report_next(previous, current, 0);
		if
		:: current == HEAD -> break
		:: else ->
			if
			:: engine[current].event ->
				begin_callback(current);
				if
				:: skip
				:: locked {
					if
					:: stop_asked[current]
					:: else ->
						engine[current].stop = 1;
						said[current] = 1;
						utrace_update()
					fi
				   }
				:: utrace_set_wants_detach(current)
				fi;
				end_callback(current)
			:: else
			fi;
			previous = current
		fi
	od;
	previous = HEAD;
	if
	:: wants_stop -> utrace_stop()
	:: else
	fi
}

inline report_death()
{
	previous = HEAD;
	do
	:: utrace_report_next(previous, current, 0);
		if
		:: current == HEAD -> break
		:: else ->
			if
			:: engine[current].death_event ->
				begin_callback(current);
				end_callback(current)
			:: else
			fi;
			previous = current
		fi
	od;
	previous = HEAD;
	utrace_end_dying(later);
	if
	:: later -> later = 0; utrace_reap(i)
	:: else
	fi
}

proctype task()
{
	byte previous, current, stale, ret, n, i, calls = CALLS;
	bit entered, unlinked, last, later, go_on, any, holds, dies;

	do
	:: tif_sigpending ->
		get_signal();
		if
		:: dies -> break
		:: else
		fi
	:: !tif_sigpending && tif_notify_resume ->
		tif_notify_resume = 0;
		utrace_notify_resume()
	:: !tif_sigpending && !tif_notify_resume && calls > 0 && flags_event ->
		assert(!promise[0] && !promise[1]);
		calls--;
		report_event()
	:: atomic {
		!tif_sigpending && !tif_notify_resume ->
		assert(!promise[0] && !promise[1]);
		in_user = 1
	   }
end_user:
	   atomic { tif_sigpending || tif_notify_resume -> in_user = 0 }
	od;
	calls = 0;

	/* exit_notify(), with tasklist_lock held; who attaches has done so. */
	d_step {
		dead = 1;
		exit_state = EXIT_ZOMBIE
	}
	if
	:: flags_reap -> utrace_notify_death()
	:: else
	fi;
	gone = 1;
	if
	:: flags_reap && death == DYING -> report_death()
	:: else
	fi
}

proctype parent()
{
	byte n, i;
	bit last, later;

	gone;
	exit_state = EXIT_DEAD;
	utrace_release_task(i)
}

proctype controller()
{
	byte ret, n, running, left = OPERATIONS;
	bit go_on, last, unlinked, i;

	utrace_set_events(0, 1, 1, 0, ret);
	utrace_set_events(1, 1, 0, 1, ret);
	do
	:: left > 0 ->
		left--;
		if
		:: i = 0
		:: i = 1
		fi;
		if
		:: utrace_control(i, 1, ret)
		:: utrace_control(i, 0, ret)
		:: promise[i] = 0;
			utrace_detach(i, 0, ret);
			utrace_detach_wake();
			if
			:: ret == EINPROGRESS || ret == ESRCH -> utrace_barrier(i, ret)
			:: else
			fi;
			if
			:: ret == 0 || ret == ESRCH ->
				d_step { assert(in_callback != i); engine[i].over = 1 }
			:: else
			fi
		fi;
		ret = 0
	:: break
	od
}

bit sent;
proctype killer()
{
	byte n;
	bit go_on;

	sent = 1;
	send_sigkill()
}

init
{
	byte n;

	atomic {
		init_list();
		engine[0].refs = 2;
		engine[1].refs = 2;
		utrace_link(0);
		utrace_link(1);
		utrace_update();
		run task();
		run parent();
		run controller();
#ifdef KILL
		run killer()
#endif
	}
	timeout;
	if
	:: sent ->
		assert(dead && only(1));
		assert(engine[HEAD].next == HEAD && !flags_reap);
		assert(engine[0].refs == 1 && engine[1].refs == 1)
	:: else ->
		assert(only(3));
		if
		:: holding(0) || holding(1) ->
			assert(state == TASK_TRACED && held && flags_stopped && !in_user)
		:: else ->
			assert(!flags_stopped && !held && in_user && state == RUNNING)
		fi
	fi
}
