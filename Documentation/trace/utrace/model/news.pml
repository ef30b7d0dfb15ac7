/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * News of job control.  Signals stop a group of two threads and continue it; an engine
 * of one of them asks for JCTL, and its owner holds the task and resumes it; a tracer
 * may take the task out of the stop, and after that job control does not stop it.
 *
 * - An engine that was told of a stop hears of its end, whatever the task is doing then:
 *   in the end it was not told last that a group is stopped that is not.
 * - It hears of a SIGCONT no more than once, and of none that a stop has overtaken.
 * - A task that an engine holds does not say a second time what it has said already.
 * - A task that stands in the stop of job control has said so.
 * - Nothing is left to be said when nothing goes on any more.
 *
 * Mirrored are utrace_jctl_wake(), utrace_report_jctl(), utrace_finish_jctl(), and of
 * utrace_stay(), utrace_get_signal(), utrace_notify_resume(), do_signal_stop() and
 * get_signal() what has to do with it.  What the siglock guards is one step here.
 *
 *   run: -DSIGNALS=5 -DCONTROLS=3
 *   run: -DSIGNALS=5 -DCONTROLS=2 -DTRACER
 *   fails: -DSIGNALS=3 -DCONTROLS=1 -DTRACER -DONLY_TO_THE_HELD
 *   fails: -DSIGNALS=4 -DCONTROLS=1 -DKEEP_OLD_NEWS
 *   fails: -DSIGNALS=4 -DCONTROLS=3 -DROUND_IS_NO_STOP
 *   fails: -DSIGNALS=4 -DCONTROLS=1 -DTRACER -DSAY_OVERTAKEN
 */
#define RUNNING		0
#define TASK_TRACED	1
#define TASK_STOPPED	2
byte state;
bit in_user = 1;

/* The group, and the bits of the task */
bit group_stopped;		/* SIGNAL_STOP_STOPPED or a group_stop_count */
bit cld_continued;		/* SIGNAL_CLD_CONTINUED */
bit jobctl_pending;		/* JOBCTL_STOP_PENDING */
bit tif_sigpending;
bit tif_notify_resume;
bit traced;			/* by an engine with GROUP_STOP */

/* struct utrace */
bit wants_stop;
bit held;
bit jctl_stop;
bit jctl_wake;
bit in_round;
bit continued;
bit stop_told;
bit continue_told;

/* task->utrace_flags */
bit flags_force;
bit flags_asked;
bit flags_stopped;

/* What the engine was told last, and what it does not know */
#define NOTHING		0
#define CLD_STOPPED	1
#define CLD_CONTINUED	2
byte told;
bit news;
bit sigcont;

/* --- in the context of the sender or the owner, with the siglock */

inline utrace_wake()
{
	if
	:: flags_stopped && (!wants_stop || jctl_wake) ->
		flags_stopped = flags_stopped && wants_stop;
		if
		:: state == TASK_TRACED -> state = RUNNING
		:: else
		fi
	:: else
	fi
}

inline set_notify_resume()
{
	flags_asked = 1;
	tif_notify_resume = 1
}

inline utrace_jctl_wake()
{
	continue_told = 0;
	if
#ifdef ROUND_IS_NO_STOP
	:: flags_stopped || held ->
#else
	:: flags_stopped || held || in_round ->
#endif
		jctl_wake = 1;
		utrace_wake()
	:: else ->
#ifndef ONLY_TO_THE_HELD
		if
		:: stop_told && !group_stopped -> continued = 1; set_notify_resume()
		:: else
		fi
#endif
	fi
}

inline wake_up_stopped()
{
	if
	:: state == TASK_STOPPED -> state = RUNNING
	:: else
	fi
}

/*
 * Another thread takes the signal, and begins the stop of the group.  On its way there
 * it has seen to what an earlier SIGCONT left.
 */
inline send_sigstop()
{
	atomic {
		if
		:: group_stopped
		:: else ->
			group_stopped = 1;
			cld_continued = 0;
			news = 1;
			jobctl_pending = 1;
			tif_sigpending = 1;
			utrace_jctl_wake()
		fi
	}
}

inline send_sigcont()
{
	atomic {
		jobctl_pending = 0;
		wake_up_stopped();
		if
		:: group_stopped ->
			group_stopped = 0;
			cld_continued = 1;
			news = 1;
			sigcont = 1;
			utrace_jctl_wake()
		:: else
		fi
	}
}

inline utrace_own_jctl_stop()
{
	jctl_stop = 1;
	flags_stopped = 1;
	flags_force = 1
}

inline utrace_control(stop)
{
	atomic {
		wants_stop = stop;
		if
		:: stop && flags_stopped && !in_round
		:: stop && !flags_stopped && state == TASK_STOPPED ->
			utrace_own_jctl_stop();
			tif_sigpending = 1;
			state = RUNNING
		:: stop && (flags_stopped -> in_round : state != TASK_STOPPED) ->
			set_notify_resume()
		:: else -> utrace_wake()
		fi
	}
}

/* --- in the context of the task; inside of atomic, with the siglock */

#define news_are_told(type)						\
	assert(group_stopped == (type == CLD_STOPPED));			\
	told = type;							\
	news = 0

/* Sets told_before. */
inline utrace_told_continued()
{
	told_before = continue_told;
	continued = 0;
	stop_told = 0;
	continue_told = 1
}

inline utrace_unforce()
{
	if
	:: jctl_stop || continued || wants_stop
	:: else -> flags_force = 0; flags_asked = 0
	fi
}

/* The callback itself is made without the siglock. */
inline utrace_report_stopped()
{
#ifndef KEEP_OLD_NEWS
	continued = 0;
#endif
	stop_told = 1;
	news_are_told(CLD_STOPPED)
}

inline utrace_report_continued()
{
	if
	:: !group_stopped -> jctl_wake = 0
	:: else
	fi;
	utrace_told_continued();
	if
	:: told_before
	:: else ->
		assert(sigcont);
		sigcont = 0;
		news_are_told(CLD_CONTINUED)
	fi;
	told_before = 0
}

/* In the stop. Sets in_round where there is a callback to make. */
inline utrace_tell_jctl()
{
	jctl_wake = 0;
	if
	:: group_stopped ->
		assert(news);
		continued = 0;
		stop_told = 1;
		in_round = 1;
		news_are_told(CLD_STOPPED)
	:: else ->
		jctl_stop = 0;
		utrace_unforce();
		utrace_told_continued();
		if
		:: told_before
		:: else ->
			assert(sigcont);
			sigcont = 0;
			in_round = 1;
			news_are_told(CLD_CONTINUED)
		fi;
		told_before = 0
	fi
}

inline utrace_end_jctl_stop()
{
	jctl_stop = 0;
	utrace_unforce();
	if
	:: group_stopped -> jobctl_pending = 1
	:: else -> continued = continued || !continue_told
	fi
}

inline recalc_sigpending_tsk()
{
	tif_sigpending = tif_sigpending || jobctl_pending || flags_force
}

/* utrace_must_stop(), and what is next in the stop; ends it with "out" set. */
inline one_turn()
{
	flags_stopped = wants_stop;
	if
	:: wants_stop && jctl_wake -> utrace_tell_jctl()
	:: wants_stop && !jctl_wake -> state = TASK_TRACED; held = 1
	/* utrace_tell_continued() */
	:: !wants_stop && jctl_wake && !group_stopped -> utrace_tell_jctl()
	:: else ->
		jctl_wake = 0;
		if
		:: jctl_stop -> utrace_end_jctl_stop()
		:: else
		fi;
		recalc_sigpending_tsk();
		out = 1
	fi
}

inline utrace_stay()
{
	atomic {
		if
#ifdef KEEP_OLD_NEWS
		:: continued -> jctl_wake = 1
#else
		:: continued && !group_stopped -> jctl_wake = 1
#endif
		:: else
		fi;
		one_turn()
	}
	do
	:: atomic { out -> out = 0; break }
	:: atomic { !out && in_round -> in_round = 0; one_turn() }
	:: atomic { !out && held && state == RUNNING -> held = 0; one_turn() }
	:: atomic { !out && !in_round && !held -> one_turn() }
	od
}

inline utrace_finish_jctl()
{
	atomic {
		if
		:: !group_stopped -> continued = 1
		:: else
		fi
	}
}

/* The task tells of the stop, and then may find that it has no reason to stop. */
inline do_signal_stop()
{
	atomic {
		if
		:: !group_stopped || jobctl_pending
		:: else ->
			if
			:: wants_stop -> utrace_own_jctl_stop()
			:: else -> state = TASK_STOPPED
			fi
		fi
	}
	/* schedule() */
	state == RUNNING;
	utrace_finish_jctl()
}

#define STOP_FIRST	1
#define TELLS_STOP	2
#define TELLS_END	3
#define STOPS		4
#define LEAVES		5

/* What get_signal() finds, each time that it has taken the siglock */
inline look()
{
	if
	:: cld_continued ->
		cld_continued = 0;
		utrace_report_continued();
		next = TELLS_END
	:: !cld_continued && flags_force && jctl_stop -> next = STOP_FIRST
	:: !cld_continued && !(flags_force && jctl_stop) && jobctl_pending && !traced ->
		jobctl_pending = 0;
		utrace_report_stopped();
		next = TELLS_STOP
	:: else ->
		/* A stop of its tracer goes by. */
		jobctl_pending = 0;
		if
		:: continued ->
			continued = 0;
			if
#ifdef SAY_OVERTAKEN
			:: 1 ->
#else
			:: !group_stopped ->
#endif
				utrace_report_continued()
			:: else
			fi;
			next = TELLS_END
		:: !continued && wants_stop -> next = STOPS
		:: else ->
			utrace_unforce();
			tif_sigpending = jobctl_pending || flags_force;
			next = LEAVES
		fi
	fi
}

inline get_signal()
{
	do
	:: atomic { look() };
		if
		:: next == STOP_FIRST || next == STOPS -> utrace_stay()
		:: next == TELLS_STOP -> do_signal_stop()
		:: next == TELLS_END
		:: next == LEAVES -> break
		fi
	od
}

inline utrace_notify_resume()
{
	atomic {
		if
		:: flags_asked ->
			flags_asked = 0;
			if
			:: continued || wants_stop -> flags_force = 1; tif_sigpending = 1
			:: else
			fi
		:: else
		fi
	}
}

active proctype task()
{
	byte next;
	bit out, told_before;

	do
	:: tif_sigpending -> get_signal()
	:: atomic { !tif_sigpending && tif_notify_resume -> tif_notify_resume = 0 };
		utrace_notify_resume()
	:: atomic { !tif_sigpending && !tif_notify_resume -> in_user = 1 };
end_user:
		atomic { tif_sigpending || tif_notify_resume -> in_user = 0 }
	od
}

/* The other thread of the group, which may be the one that comes to SIGCONT. */
active proctype other()
{
end_other:
	do
	:: atomic { cld_continued -> cld_continued = 0 }
	od
}

active proctype sender()
{
	byte left = SIGNALS;

	do
	:: left > 0 ->
		left--;
		if
		:: send_sigstop()
		:: send_sigcont()
		fi
	:: break
	od
}

active proctype owner()
{
	byte left = CONTROLS;

	do
	:: left > 0 ->
		left--;
		if
		:: utrace_control(1)
		:: utrace_control(0)
		fi
	:: break
	od
}

#ifdef TRACER
active proctype tracer()
{
	atomic {
		traced = 1;
		tif_sigpending = 1;
		wake_up_stopped()
	}
}
#endif

active proctype end()
{
	timeout ->
	assert(group_stopped || told != CLD_STOPPED);
	assert(state != TASK_STOPPED || (group_stopped && told == CLD_STOPPED));
	if
	:: wants_stop -> assert(state == TASK_TRACED && held && flags_stopped)
	:: else ->
		assert(!flags_stopped && !held && !jctl_stop);
		assert(state == TASK_STOPPED || (in_user && !continued && !flags_force && !flags_asked));
		assert(!group_stopped || traced || state == TASK_STOPPED)
	fi
}
