/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A task reports an event, dies and is reaped, by its parent or by itself, while
 * two engines come, ask, go, or stay to the end; and one of them is found by
 * somebody else.
 *
 * - report_reap() does not begin before report_death() is over, comes once to
 *   each engine that asked for it and is attached to the end, and to no other.
 * - After a detach that returned 0, and after a barrier for a detached engine,
 *   no callback comes; who is told -EALREADY gets through after one barrier, also
 *   with an engine that was attached while the others were told of the death.
 * - From its report_death() an engine can always be detached, though the task is
 *   being reaped already.
 * - An engine that was attached after the callbacks began is not called.
 * - A barrier ends, whoever calls it.
 * - An engine that could be attached does not stay behind.
 *
 *   run:
 *   run: -DSELF_REAP
 *   run: -DFINDER
 *   run: -DFINDER -DSELF_REAP
 *   run: -DPATIENT_PARENT
 *   fails: -DREAP_WITHOUT_DEATH_CHECK
 *   fails: -DATTACH_WITHOUT_LOOK
 *   fails: -DFINDER -DLOOK_UNLOCKED
 *   fails: -DDETACH_IN_REPORT_DEATH
 *   fails: -DBARRIER_OVERLOOKS_DEATH
 *   fails: -DATTACH_WITHOUT_DYING
 *   fails: -DPATIENT_PARENT -DNO_WAKE_AFTER_DEATH
 *   fails: -DREAP_COMES_FIRST
 */
#include "engines.pml"

byte tasklist_readers;
bit tasklist_written;

#define read_lock_tasklist()	atomic { !tasklist_written -> tasklist_readers++ }
#define read_unlock_tasklist()	tasklist_readers--
#define write_lock_tasklist()						\
	atomic {							\
		!tasklist_written && tasklist_readers == 0 ->		\
		tasklist_written = 1					\
	}
#define write_unlock_tasklist()	tasklist_written = 0

/* --- attaching */

/*
 * utrace_add_engine() holds utrace->lock from its first look to its last.  That keeps
 * the finder away; whom else it keeps away, the model lets in.
 */
bit adding;

inline utrace_attach_task(i, ret)
{
	engine[i].refs = 1;
	/* utrace_add_engine(), with tasklist_lock held for reading */
	read_lock_tasklist();
	if
	:: reap || exit_state == EXIT_DEAD -> ret = ESRCH
	:: else ->
		ret = 0;
		locked {
#ifndef ATTACH_WITHOUT_DYING
			engine[i].dying = death == DYING;
#endif
			engine[i].refs++;
			utrace_link(i);
			utrace_update();
			adding = 1
		}
	fi;
#ifdef LOOK_UNLOCKED
	adding = 0;
#endif
#ifndef ATTACH_WITHOUT_LOOK
	if
	:: !ret && exit_state == EXIT_DEAD ->
		ret = ESRCH;
		locked {
			engine[i].detached = 1;
			utrace_update();
			adding = 0
		}
		utrace_finish_detach(i, 0, late);
		late = 0
	:: else
	fi;
#endif
	adding = 0;
	read_unlock_tasklist();
	if
	:: ret -> utrace_engine_put(i)
	:: else
	fi
}

inline utrace_lookup(i, ret)
{
	if
	:: exit_state == EXIT_DEAD -> ret = ESRCH
	:: else ->
		locked {
			!adding;
			if
			:: reap || !engine[i].attached || engine[i].detached -> ret = ESRCH
			:: else -> engine[i].refs++; ret = 0
			fi
		}
	fi
}

/* --- the task */

inline report()
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
				if
				:: skip
				:: utrace_set_wants_detach(current);
					engine[current].left = 1
				:: utrace_detach(current, 1, ret);
					assert(ret == 0);
					engine[current].left = 1
				fi;
				end_callback(current)
			:: else
			fi;
			previous = current
		fi
	od;
	previous = HEAD
}

inline utrace_report_death()
{
	if
	:: death == DYING ->
		report();
		utrace_end_dying(later);
		if
		:: later -> later = 0; utrace_reap(i)
		:: else
		fi
	:: else
	fi
}

inline release_task()
{
	if
	:: flags_reap -> utrace_release_task(i)
	:: else
	fi;
	released = 1
}

bit released;

proctype task()
{
	byte previous, current, stale, ret, n, i;
	bit entered, unlinked, last, later, autoreap;

	/* exit_notify() */
	write_lock_tasklist();
	write_back();
	exit_state = EXIT_ZOMBIE;
	if
	:: flags_reap -> utrace_notify_death()
	:: else
	fi;
#ifdef SELF_REAP
	autoreap = 1;
	exit_state = EXIT_DEAD;
#endif
	write_unlock_tasklist();
	if
	:: flags_reap -> utrace_report_death()
	:: else
	fi;
	if
	:: autoreap -> release_task()
	:: else
	fi
}

/* The first engine's owner has seen to what it wanted. */
bit owner_done;

/* wait_task_zombie() */
proctype parent()
{
	byte n, i;
	bit last, later;

#ifdef PATIENT_PARENT
	owner_done;
#endif
	do
	:: atomic {
		exit_state == EXIT_ZOMBIE && !tasklist_written ->
		exit_state = EXIT_DEAD
	   }
	   release_task();
	   break
	:: exit_state == EXIT_DEAD -> break
	od
}

/* --- who attaches, and who finds */

inline detach_for_good(i)
{
	do
	:: utrace_detach(i, 0, ret);
		if
		:: ret == EALREADY -> assert(!again); again = 1; utrace_barrier(i, ret)
		:: else -> break
		fi
	od;
	again = 0;
	if
	:: ret == 0
	:: ret == EINPROGRESS || ret == ESRCH ->
		utrace_barrier(i, ret);
		assert(ret == ESRCH)
	fi;
	ret = 0;
	d_step {
		assert(in_callback != i);
		engine[i].over = 1
	}
}

proctype owner(byte i)
{
	byte ret, running, n, late;
	bit last, unlinked, again;

	utrace_attach_task(i, ret);
	if
	:: ret
	:: else ->
		utrace_set_events(i, 0, 1, i == 1, ret);
		if
		:: i == 1 && ret == EALREADY -> utrace_set_events(i, 0, 0, 1, ret)
		:: else
		fi;
		engine[i].asked = ret == 0 || ret == EINPROGRESS;
		ret = 0;
		if
		:: i == 0 ->
			detach_for_good(i);
#ifdef PATIENT_PARENT
			owner_done = 1
#endif
		:: else
		fi;
		utrace_engine_put(i)
	fi
}

#ifdef FINDER
/* It asks for REAP of the engine that it has found, then waits for its end. */
proctype finder()
{
	byte ret, running, n;
	bit last, unlinked;

	utrace_lookup(0, ret);
	if
	:: ret
	:: else ->
		utrace_set_events(0, 0, engine[0].death_event, 1, ret);
		do
		:: utrace_barrier(0, ret);
			if
			:: ret == ESRCH -> break
			:: else -> engine[0].detached || engine[0].reaping
			fi
		od;
		utrace_engine_put(0)
	fi
}
#endif

init
{
	atomic {
		init_list();
		run task();
		run parent();
		run owner(0);
#ifdef FINDER
		run finder()
#else
		run owner(1)
#endif
	}
	timeout;
	assert(only(1));
	assert(released && engine[HEAD].next == HEAD && !flags_reap);
	assert(engine[0].released && (engine[1].released || !engine[1].attached));
	/* Asked for, and attached to the end */
	assert(!engine[1].asked || engine[1].left || engine[1].reaped == 1)
}
