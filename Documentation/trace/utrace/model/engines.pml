/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The engines of one task, and how callbacks, detaching and reaping meet: what
 * kernel/utrace.c has from utrace_gone() to utrace_barrier(), utrace_enter() to
 * utrace_step(), utrace_report_next(), and utrace_notify_death() to
 * utrace_release_task().  Each inline has the name of the function that it mirrors,
 * and its steps in their order.
 *
 * Two events stand for all: one that is reported while the task lives, and
 * DEATH; REAP is the third.  Bits of engine->flags and task->utrace_flags are
 * variables of their own, changed at once where the code writes the word once.
 */
#include "machine.pml"

#ifndef ENGINES
#define ENGINES	2
#endif
#define HEAD	ENGINES

/* struct utrace_engine; the list's head is the last. */
typedef engine_t {
	bit event;			/* engine->flags */
	bit death_event;
	bit reap_event;
	bit stop;
	bit dying;			/* ENGINE_DYING */
	bit detached;
	bit unlinked;
	bit reaping;
	byte seq;
	byte running;			/* counts on modulo 4 */
	byte refs;
	byte waiters;
	bit gone;
	byte next;
	byte prev;
	/* for the properties */
	bit attached;			/* was put on the list */
	bit late;			/* while a round of callbacks went on */
	bit over;			/* the owner was told: no more callbacks */
	bit asked;			/* for report_reap(), and can have it */
	bit left;			/* report_death() detached it */
	bit released;
	byte reaped;			/* calls of report_reap() */
}
engine_t engine[ENGINES + 1];

/* struct utrace */
byte last_seq;
bit wants_stop;
bit reap;
#define ALIVE	0
#define DYING	1
#define DEAD	2
byte death = ALIVE;

/* task->utrace_flags: events, REAP while there is any engine, private bits */
bit flags_event;
bit flags_death;
bit flags_reap;
bit flags_stopped;

#define EXIT_ZOMBIE	1
#define EXIT_DEAD	2
byte exit_state;

/* struct utrace_report, of the one round that there is at a time */
byte report_seq;

/* What the properties need to know of the task. */
byte in_callback = HEAD;
bit in_report;

/*
 * A section under utrace->lock is one step of the model.  It holds no lock that
 * is taken inside, and who reads without the lock reads one word at a time.
 */
#define locked	atomic

/* Not a result: go on behind the lock. */
#define AGAIN	255

#define odd(i)	(engine[i].running & 1)

/*
 * Where a model says so, the task's CPU has a store buffer, of one store: of
 * ->running, which is what the barriers in utrace_enter() and utrace_leave() are
 * about.  It is written back by a barrier, by taking a lock, by the next store,
 * or at any time.
 */
#ifdef STORE_BUFFER
byte buffered = HEAD;

inline write_back()
{
	d_step {
		if
		:: buffered != HEAD ->
			engine[buffered].running = (engine[buffered].running + 1) % 4;
			buffered = HEAD
		:: else
		fi
	}
}

inline store_running(i)
{
	d_step { write_back(); buffered = i }
}

active proctype store_buffer()
{
end:	do
	:: atomic { buffered != HEAD -> write_back() }
	od
}
#else
#define write_back()	skip

inline store_running(i)
{
	engine[i].running = (engine[i].running + 1) % 4
}
#endif

/* --- the list */

inline init_list()
{
	engine[HEAD].next = HEAD;
	engine[HEAD].prev = HEAD
}

inline utrace_link(i)
{
	engine[i].attached = 1;
	engine[i].late = in_report;
	last_seq++;
	engine[i].seq = last_seq;
	engine[i].next = HEAD;
	engine[i].prev = engine[HEAD].prev;
	engine[engine[i].prev].next = i;
	engine[HEAD].prev = i
}

inline utrace_unlink(i)
{
	assert(!engine[i].unlinked);
	engine[i].detached = 1;
	engine[i].unlinked = 1;
	engine[engine[i].next].prev = engine[i].prev;
	engine[engine[i].prev].next = engine[i].next
}

/* The list's engines, by their links. */
inline utrace_update()
{
	wants_stop = 0;
	flags_event = 0;
	flags_death = 0;
	flags_reap = 0;
	n = engine[HEAD].next;
	do
	:: n != HEAD ->
		if
		:: !engine[n].detached ->
			wants_stop = wants_stop | engine[n].stop;
			flags_event = flags_event | engine[n].event;
			flags_death = flags_death | engine[n].death_event;
			flags_reap = 1
		:: else
		fi;
		n = engine[n].next
	:: else -> break
	od;
	n = 0
}

inline utrace_engine_put(i)
{
	d_step {
		assert(engine[i].refs > 0);
		engine[i].refs--;
		if
		:: engine[i].refs == 0 ->
			assert(!engine[i].released);
			engine[i].released = 1
		:: else
		fi
	}
}

inline utrace_gone(i)
{
	d_step {
		assert(engine[i].refs > 0);
		engine[i].refs--;
		last = engine[i].refs == 0
	}
	if
	:: last -> d_step { assert(!engine[i].released); engine[i].released = 1; last = 0 }
	:: else ->
#ifdef WAKE_BEFORE_GONE
		wake_up_var(ENGINE(i));
		engine[i].gone = 1
#else
		engine[i].gone = 1;
		wake_up_var(ENGINE(i))
#endif
	fi
}

/* --- callbacks */

inline utrace_enter(i, entered)
{
	store_running(i);
#if defined(STORE_BUFFER) && !defined(NO_BARRIER_IN_ENTER)
	write_back();
#endif
	entered = !engine[i].detached
}

inline utrace_unlink_left(i, unlinked)
{
	locked {
		write_back();
		if
#ifndef NO_UNLINKED_CHECK
		:: engine[i].unlinked -> unlinked = 0
#endif
		:: else ->
			utrace_unlink(i);
			unlinked = 1
		fi
	}
}

inline utrace_leave(i)
{
	store_running(i);
#if defined(STORE_BUFFER) && !defined(NO_BARRIER_IN_LEAVE)
	write_back();
#endif
	if
	:: engine[i].detached ->
		utrace_unlink_left(i, unlinked);
		if
		:: unlinked -> unlinked = 0; utrace_gone(i)
		:: else
		fi
	:: else ->
#ifdef NO_WAKE_IN_LEAVE
		skip
#else
		if
		:: engine[i].waiters > 0 -> wake_up_var(ENGINE(i))
		:: else
		fi
#endif
	fi
}

/* From previous, or HEAD, to current, or HEAD. */
inline utrace_step(previous, current, reverse)
{
#ifdef LEAVE_BEFORE_STEP
	if
	:: previous != HEAD -> utrace_leave(previous)
	:: else
	fi;
#endif
	do
	:: stale = HEAD;
		current = previous;
		/* RCU keeps those after it; it itself is kept by its callback. */
		assert(previous == HEAD || engine[previous].refs > 0);
		do
		:: current = (reverse -> engine[current].prev : engine[current].next);
			if
			:: current == HEAD -> break
#ifndef NO_SEQ
			:: current != HEAD && engine[current].seq > report_seq
#endif
			:: else ->
				utrace_enter(current, entered);
				if
				:: entered -> entered = 0; break
				:: else ->
					utrace_unlink_left(current, unlinked);
					if
					:: unlinked -> unlinked = 0; stale = current
					:: else
					fi;
					store_running(current);
					if
					:: stale != HEAD -> break
					:: else
					fi
				fi
			fi
		od;
		if
		:: stale != HEAD -> utrace_gone(stale)
		:: else -> break
		fi
	od;
#ifndef LEAVE_BEFORE_STEP
	if
	:: previous != HEAD -> utrace_leave(previous)
	:: else
	fi
#endif
}

inline utrace_report_next(previous, current, reverse)
{
	if
	:: previous == HEAD -> d_step { report_seq = last_seq; in_report = 1 }
	:: else
	fi;
	utrace_step(previous, current, reverse);
	if
	:: current == HEAD ->
		d_step {
			report_seq = 0;
			in_report = 0;
			n = 0;
			do
			:: n < ENGINES -> engine[n].late = 0; n++
			:: else -> break
			od;
			n = 0
		}
	:: else
	fi
}

/* Around each callback of the task. */
inline begin_callback(i)
{
	d_step {
		assert(engine[i].attached && !engine[i].over && engine[i].refs > 0);
		assert(!engine[i].late);
		in_callback = i
	}
}
inline end_callback(i)
{
	d_step {
		assert(!engine[i].over && engine[i].refs > 0);
		in_callback = HEAD
	}
}

/* --- asking */

/* As far as UTRACE_DETACH in a callback's return value. */
inline utrace_set_wants_detach(i)
{
	locked {
		write_back();
		engine[i].detached = 1;
		utrace_update()
	}
}

inline utrace_finish_detach(i, is_current, ret)
{
	locked {
		if
		:: engine[i].unlinked ->
#ifdef DETACHED_BEFORE_GONE
			ret = 0
#else
			ret = (is_current -> 0 : EINPROGRESS)
#endif
#ifndef UNLINK_RUNNING
		:: !engine[i].unlinked && odd(i) ->
			ret = (is_current -> 0 : EINPROGRESS)
#endif
		:: else ->
			utrace_unlink(i);
			unlinked = 1
		fi
	}
	if
	:: unlinked -> unlinked = 0; utrace_gone(i); ret = 0
	:: else
	fi
}

/* Up to where a stop may end with the engine. */
inline utrace_detach(i, is_current, ret)
{
	locked {
		if
		:: is_current -> write_back()
		:: else
		fi;
		if
		:: engine[i].detached -> ret = ESRCH
#ifdef REAP_COMES_FIRST
		:: !engine[i].detached && reap ->
#else
		:: !engine[i].detached && reap && !(death == DYING && is_current) ->
#endif
			ret = ESRCH
#ifndef DETACH_IN_REPORT_DEATH
		:: !(engine[i].detached || reap) && death == DYING && !is_current ->
			ret = EALREADY
#endif
		:: else ->
			engine[i].detached = 1;
			utrace_update();
			ret = AGAIN
		fi
	}
	if
	:: ret == AGAIN -> utrace_finish_detach(i, is_current, ret)
	:: else
	fi
}

inline utrace_set_events(i, wanted, wants_death, wants_reap, ret)
{
	locked {
		if
		:: engine[i].detached -> ret = ESRCH
		:: !engine[i].detached && reap ->
			ret = (engine[i].reap_event && !(wants_reap) -> EALREADY : ESRCH)
		:: !(engine[i].detached || reap) && death != ALIVE &&
		   engine[i].death_event && !(wants_death) ->
			ret = EALREADY
		:: !(engine[i].detached || reap) && exit_state &&
		   ((!engine[i].event && wanted) || (!engine[i].death_event && wants_death)) ->
			ret = EALREADY
		:: else ->
			engine[i].event = wanted;
			engine[i].death_event = wants_death;
			engine[i].reap_event = wants_reap;
			utrace_update();
			ret = AGAIN
		fi
	}
	if
	:: ret == AGAIN -> ret = (odd(i) -> EINPROGRESS : 0)
	:: else
	fi
}

#ifdef BARRIER_OVERLOOKS_DEATH
#define is_dying(i)	0
#else
#define is_dying(i)	engine[i].dying
#endif

#define utrace_settled(i, running)					\
	(engine[i].detached || engine[i].reaping -> engine[i].gone :	\
	 !is_dying(i) &&						\
	 (!((running) & 1) || engine[i].running != (running)))

inline utrace_barrier(i, ret)
{
	engine[i].waiters++;
	running = engine[i].running;
	wait_var_event(ENGINE(i), utrace_settled(i, running));
	engine[i].waiters--;
	running = 0;
	ret = (engine[i].gone -> ESRCH : 0)
}

/* --- death */

inline utrace_notify_death()
{
	locked {
		death = (flags_death -> DYING : DEAD);
		n = engine[HEAD].next;
		do
		:: n != HEAD -> engine[n].dying = death == DYING; n = engine[n].next
		:: else -> break
		od;
		n = 0
	}
}

inline utrace_end_dying(later)
{
	locked {
		write_back();
		death = DEAD;
		n = engine[HEAD].next;
		do
		:: n != HEAD -> engine[n].dying = 0; n = engine[n].next
		:: else -> break
		od;
		n = 0;
		later = reap
	}
#ifndef NO_WAKE_AFTER_DEATH
	current = engine[HEAD].next;
	do
	:: current != HEAD ->
		if
		:: engine[current].waiters > 0 -> wake_up_var(ENGINE(current))
		:: else
		fi;
		current = engine[current].next
	:: else -> break
	od
#endif
}

/* The callback, which takes two steps. */
inline report_reap(i)
{
	d_step {
		assert(death != DYING && in_callback == HEAD);
		assert(engine[i].reap_event && !engine[i].left);
		assert(!engine[i].over && engine[i].refs > 0);
		engine[i].reaped++
	}
	d_step {
		assert(!engine[i].over && engine[i].refs > 0 && engine[i].reaped == 1);
	}
}

inline utrace_next_to_reap(i)
{
	locked {
		i = engine[HEAD].next;
		if
		:: i != HEAD && (engine[i].detached || !engine[i].reap_event) ->
			utrace_unlink(i);
			utrace_update()
		:: else
		fi
	}
}

inline utrace_reap(i)
{
	do
	:: utrace_next_to_reap(i);
		if
		:: i == HEAD -> break
		:: i != HEAD && !engine[i].unlinked ->
			/* utrace_enter() */
			engine[i].running = (engine[i].running + 1) % 4;
			report_reap(i);
			locked {
				utrace_unlink(i);
				utrace_update()
			}
			utrace_gone(i)
		:: else -> utrace_gone(i)
		fi
	od;
	i = 0
}

/* tracehook_prepare_release_task() has found engines. */
inline utrace_release_task(i)
{
	locked {
		reap = 1;
		n = engine[HEAD].next;
		do
		:: n != HEAD -> engine[n].reaping = 1; n = engine[n].next
		:: else -> break
		od;
		n = 0;
#ifdef REAP_WITHOUT_DEATH_CHECK
		later = 0
#else
		later = death == DYING
#endif
	}
	if
	:: later -> later = 0
	:: else -> utrace_reap(i)
	fi
}
