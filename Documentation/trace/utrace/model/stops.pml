/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The stop: what kernel/utrace.c has from utrace_holds() to utrace_control(), from
 * utrace_await_held() to utrace_unfreeze(), and from utrace_must_stop() to
 * utrace_stop(); the parts of get_signal(), of job control and of SIGKILL that
 * meet it; and the way back to user mode.  Each inline has the name of the
 * function that it mirrors.
 *
 * The siglock is a lock of the model, since the task holds it from
 * utrace_must_stop() until it sleeps.
 */
#include "engines.pml"

bit siglock;
#define lock_siglock()		atomic { !siglock -> siglock = 1 }
#define unlock_siglock()	siglock = 0

/* The task: its state, signals, jobctl and thread flags */
#define RUNNING		0
#define TASK_TRACED	1
#define TASK_STOPPED	2
byte state;
bit in_user;
bit dead;
bit sigkill;			/* pending */
bit group_exit;			/* SIGNAL_GROUP_EXIT */
bit group_stopped;		/* SIGNAL_STOP_STOPPED or a group_stop_count */
bit jobctl_killed;
bit jobctl_traced;
bit jobctl_frozen;
bit jobctl_stopped;
bit jobctl_pending;		/* JOBCTL_STOP_PENDING */
bit tif_sigpending;
bit tif_notify_resume;

/* struct utrace */
bit held;
byte held_waiters;
byte frozen;
bit jctl_stop;
bit jctl_wake;
bit ask;
bit in_round;
#define INTERRUPT	1
#define REPORT		2
#define RESUME		5
byte resume = RESUME;

/* task->utrace_flags */
bit flags_force;

/* engine->flags */
bit quiesce[ENGINES];
bit jctl[ENGINES];
bit stop_asked[ENGINES];
bit asks[ENGINES];		/* ENGINE_ASK */

/*
 * For the properties: the engine said last that it holds the task; it was told
 * that the task is stopped; it was told that a callback comes.
 */
bit said[ENGINES];
bit promise[ENGINES];
bit due[ENGINES];
#define holding(i)	(said[i] && !engine[i].detached)

#define utrace_holds()		(!sigkill && !jobctl_killed && wants_stop)

#define recalc_sigpending_tsk()						\
	if								\
	:: jobctl_pending || flags_force || sigkill -> tif_sigpending = 1 \
	:: else								\
	fi
#define recalc_sigpending()						\
	tif_sigpending = (jobctl_pending || flags_force || sigkill)

/* Both at once: the state is looked at where the task sleeps. */
#define wake_up_traced()						\
	if								\
	:: state == TASK_TRACED -> state = RUNNING			\
	:: else								\
	fi
#define wake_up_stopped()						\
	if								\
	:: state == TASK_STOPPED -> state = RUNNING			\
	:: else								\
	fi

/* --- waking the task */

inline utrace_wake_waiters()
{
	if
	:: held_waiters > 0 -> wake_up_var(HELD)
	:: else
	fi
}

inline utrace_wake()
{
	locked {
		go_on = 0;
		if
#ifndef FORGET_WHILE_FROZEN
		:: jobctl_frozen
#endif
		:: !flags_stopped
		:: else ->
			if
			:: !utrace_holds() -> flags_stopped = 0; go_on = 1
			:: else -> go_on = jctl_wake
			fi
		fi
	}
	if
	:: !go_on || jobctl_frozen
	:: go_on && !jobctl_frozen && held ->
		jobctl_traced = 0;
		wake_up_traced()
	:: else -> utrace_wake_waiters()
	fi;
	go_on = 0
}

/* The other reasons for get_signal() to be called are left. */
inline utrace_unforce()
{
	if
	:: resume != RESUME || jctl_stop || wants_stop
	:: else -> flags_force = 0
	fi
}

inline utrace_meet_request(action)
{
	locked {
		if
		:: resume < action
		:: else ->
			resume = RESUME;
			utrace_unforce()
		fi
	}
}

inline utrace_mark_killed()
{
	/* utrace_drop_requests() */
	locked {
		resume = RESUME;
		flags_force = 0
	}
	utrace_wake()
}

inline tracehook_kill_thread()
{
	jobctl_killed = 1;
	utrace_mark_killed()
}

/* --- asking */

inline set_notify_resume()
{
	tif_notify_resume = 1
}

inline utrace_own_jctl_stop()
{
	jctl_stop = 1;
	flags_stopped = 1;
	flags_force = 1
}

inline utrace_control_stop(i, ret)
{
	if
#ifdef ROUND_IS_STOP
	:: flags_stopped -> ret = 0
#else
	:: flags_stopped && !in_round -> ret = 0
#endif
	:: !flags_stopped && jobctl_stopped ->
		locked { utrace_own_jctl_stop() }
		jobctl_stopped = 0;
		wake_up_stopped();
		ret = 0
	:: else ->
		locked {
			if
			:: quiesce[i] ->
#ifndef FORGET_TO_ASK
				asks[i] = 1;
				ask = 1;
#endif
				resume = (resume > REPORT -> REPORT : resume)
			:: else
			fi
		}
#ifndef NOTIFY_BEFORE_FLAG
		set_notify_resume();
#endif
		ret = EINPROGRESS
	fi
}

/* UTRACE_STOP, or one of the others as far as they end a stop. */
inline utrace_control_attached(i, wanted, ret)
{
#ifdef NOTIFY_BEFORE_FLAG
	if
	:: wanted -> set_notify_resume()
	:: else
	fi;
#endif
	locked {
		if
		:: engine[i].detached || dead -> ret = ESRCH
		:: else ->
			engine[i].stop = wanted;
			stop_asked[i] = wanted;
			asks[i] = 0;
			due[i] = wanted && quiesce[i];
			said[i] = wanted;
			utrace_update();
			ret = AGAIN
		fi
	}
	if
	:: ret == AGAIN && wanted -> utrace_control_stop(i, ret)
	:: ret == AGAIN && !wanted -> utrace_wake(); ret = 0
	:: else
	fi
}

inline utrace_control(i, wanted, ret)
{
	lock_siglock();
	if
	:: dead -> ret = ESRCH
	:: else ->
		if
		:: wanted
		:: else -> promise[i] = 0
		fi;
		utrace_control_attached(i, wanted, ret);
		d_step {
			if
			:: wanted && ret == 0 ->
				assert(!in_user && in_callback == HEAD);
				promise[i] = said[i];
				due[i] = 0
			:: else
			fi
		}
	fi;
	unlock_siglock()
}

/* The end of utrace_detach(), after utrace_finish_detach(). */
inline utrace_detach_wake()
{
	if
	:: flags_stopped ->
		lock_siglock();
		if
		:: !dead -> utrace_wake()
		:: else
		fi;
		unlock_siglock()
	:: else
	fi
}

/* No callback is running in these models, so it leaves the list at once. */
inline utrace_detach_stopper(i)
{
	promise[i] = 0;
#ifdef WAKE_BEFORE_FLAG
	utrace_detach_wake();
#endif
	locked {
		if
		:: engine[i].detached
		:: else ->
			utrace_unlink(i);
			utrace_update();
			if
			:: !flags_reap ->
				flags_force = flags_force && jctl_stop;
				resume = RESUME
			:: else
			fi
		fi
	}
#ifndef WAKE_BEFORE_FLAG
	utrace_detach_wake()
#endif
}

/* utrace_prepare_examine(), up to where the task is off the CPU */
inline utrace_prepare_examine(i, ret)
{
	if
	:: engine[i].detached || dead -> ret = ESRCH
	:: !(engine[i].detached || dead) && !engine[i].stop -> ret = EINVAL
	:: !(engine[i].detached || dead) && engine[i].stop && !flags_stopped -> ret = EAGAIN
	:: else ->
		/* utrace_await_held() */
		held_waiters++;
		wait_var_event(HELD, held || !flags_stopped);
		held_waiters--;
		/* wait_task_inactive() */
		ret = (state == TASK_TRACED -> 0 : EAGAIN)
	fi
}

/* --- freezing */

inline utrace_freeze(i, ret)
{
	lock_siglock();
	if
	:: engine[i].detached || dead -> ret = ESRCH
	:: !(engine[i].detached || dead) && !engine[i].stop -> ret = EINVAL
	:: !(engine[i].detached || dead) && engine[i].stop &&
#ifdef FREEZE_WOKEN
	   !held ->
#else
	   (!held || !jobctl_traced || !utrace_holds()) ->
#endif
		ret = EAGAIN
	:: else ->
		frozen++;
		jobctl_frozen = 1;
		ret = 0
	fi;
	unlock_siglock()
}

inline utrace_end_freeze()
{
	frozen--;
	if
#ifndef FIRST_UNFREEZE_COUNTS
	:: frozen > 0
#endif
	:: else -> jobctl_frozen = 0
	fi
}

inline utrace_resume_frozen(i, ret)
{
	lock_siglock();
	promise[i] = 0;
	utrace_end_freeze();
	ret = 0;
	utrace_control_attached(i, 0, ret);
	if
	:: ret != 0 -> utrace_wake()
	:: else
	fi;
	unlock_siglock()
}

inline utrace_unfreeze()
{
	lock_siglock();
	utrace_end_freeze();
#ifdef FORGET_WHILE_FROZEN
	if
	:: !jobctl_frozen && (!utrace_holds() || jctl_wake) ->
		jobctl_traced = 0;
		wake_up_traced()
	:: else
	fi;
#else
	utrace_wake();
#endif
	unlock_siglock()
}

/* --- the task's side */

inline utrace_must_stop(ret)
{
	ret = utrace_holds() || flags_stopped;
	if
	:: ret ->
		locked {
			flags_stopped = utrace_holds();
			ret = flags_stopped
		}
#ifndef NO_WAKE_BEFORE_STOP
		if
		:: !ret -> utrace_wake_waiters()
		:: else
		fi
#endif
	:: else
	fi
}

inline utrace_sleep()
{
	state = TASK_TRACED;
	jobctl_traced = 1;
	held = 1;
	unlock_siglock();
	utrace_wake_waiters();
	/* schedule() */
	state == RUNNING;
	lock_siglock();
	held = 0
}

/*
 * One callback, which says anew whether the engine holds the task.  It counts, but
 * not against a request to stop that came after it had begun.
 */
inline callback(i, holds)
{
	/* utrace_start_engine() */
	locked {
		/* Of the one who was told of the stop only job control makes any. */
		assert(!promise[i] || jctl[i]);
		in_callback = i;
		due[i] = 0;
		if
		:: quiesce[i] && stop_asked[i] -> stop_asked[i] = 0; asks[i] = 0
		:: else
		fi
	}
	/* utrace_returned() */
	locked {
		if
		:: holds = 1
		:: holds = 0
		fi;
		if
#ifdef CALLBACK_UNDOES_REQUEST
		:: stop_asked[i] -> engine[i].stop = holds
#else
		:: stop_asked[i]
#endif
		:: else ->
			engine[i].stop = holds;
			said[i] = holds;
			promise[i] = promise[i] && holds
		fi;
		in_callback = HEAD;
		utrace_update()
	}
}

inline utrace_drop_jctl_stop()
{
	locked {
		jctl_stop = 0;
		utrace_unforce()
	}
}

/* utrace_ask_round(): who was promised a callback has it now. */
inline utrace_ask_engines()
{
	ask = 0;
	in_round = 1;
	unlock_siglock();
	i = 0;
	do
	:: i < ENGINES ->
		if
		:: asks[i] && !engine[i].detached -> callback(i, any); any = 0
		:: else
		fi;
		i++
	:: else -> break
	od;
	i = 0;
	/* utrace_defer() */
	if
	:: wants_stop -> set_notify_resume()
	:: else
	fi;
	lock_siglock();
	in_round = 0
}

/* Each engine that asked for JCTL chooses anew whether it holds the task. */
inline utrace_tell_jctl()
{
	jctl_wake = 0;
	if
	:: !group_stopped && jctl_stop -> utrace_drop_jctl_stop()
	:: else
	fi;
	in_round = 1;
	unlock_siglock();
	i = 0;
	do
	:: i < ENGINES ->
		if
		:: jctl[i] && !engine[i].detached -> callback(i, any); any = 0
		:: else
		fi;
		i++
	:: else -> break
	od;
	i = 0;
	/* utrace_defer() */
	if
	:: wants_stop -> set_notify_resume()
	:: else
	fi;
	lock_siglock();
	in_round = 0
}

inline utrace_end_jctl_stop()
{
	if
	:: jctl_stop ->
		utrace_drop_jctl_stop();
		if
		:: group_stopped -> jobctl_pending = 1
		:: else
		fi
	:: else
	fi
}

inline utrace_stop()
{
	lock_siglock();
	do
	:: utrace_must_stop(ret);
		if
		:: !ret -> break
		:: ret && ask -> utrace_ask_engines()
		:: ret && !ask && jctl_wake -> utrace_tell_jctl()
		:: else -> utrace_sleep()
		fi
	od;
	jctl_wake = 0;
	utrace_end_jctl_stop();
	recalc_sigpending_tsk();
	unlock_siglock();
	if
	:: resume == REPORT -> set_notify_resume()
	:: else
	fi
}

inline utrace_notify_resume()
{
	if
	:: resume <= REPORT || wants_stop ->
		locked { flags_force = 1 }
		tif_sigpending = 1
	:: else
	fi
}

/* A report that was asked for: who is asked decides anew, the others do not. */
inline utrace_get_requested()
{
	unlock_siglock();
	i = 0;
	any = 0;
	do
	:: i < ENGINES ->
		if
		:: quiesce[i] && !engine[i].detached ->
			callback(i, holds);
			any = any | holds;
			holds = 0
		:: else
		fi;
		i++
	:: else -> break
	od;
	i = 0;
	if
	:: any -> any = 0; utrace_stop()
	:: else
	fi
}

inline do_signal_stop()
{
	jobctl_pending = 0;
	/* tracehook_take_stop() */
	if
	:: wants_stop ->
		locked { utrace_own_jctl_stop() }
		unlock_siglock()
	:: else ->
		jobctl_stopped = 1;
		state = TASK_STOPPED;
		unlock_siglock();
		/* schedule() */
		state == RUNNING
	fi
}

inline get_signal()
{
	do
	:: lock_siglock();
		if
		:: group_exit ->
			tracehook_kill_thread();
			sigkill = 0;
			unlock_siglock();
			dies = 1;
			break
		:: !group_exit && flags_force && jctl_stop ->
			unlock_siglock();
			utrace_stop()
		:: !group_exit && !(flags_force && jctl_stop) && jobctl_pending ->
			do_signal_stop()
		:: else ->
			/* utrace_get_signal() */
			if
			:: resume <= REPORT ->
				utrace_meet_request(0);
				utrace_get_requested()
			:: resume > REPORT && wants_stop ->
				unlock_siglock();
				utrace_stop()
			:: else ->
				if
				:: flags_force -> utrace_meet_request(0)
				:: else
				fi;
				/* dequeue_signal() finds none */
				recalc_sigpending();
				unlock_siglock();
				break
			fi
		fi
	od
}

/* exit_to_user_mode_loop(), until SIGKILL */
inline user_and_back()
{
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
	:: atomic {
		!tif_sigpending && !tif_notify_resume ->
		assert(!promise[0] && !promise[1]);
		in_user = 1
	   }
end_user:
	   atomic { tif_sigpending || tif_notify_resume -> in_user = 0 }
	od
}

/* --- signals to the task */

inline send_sigkill()
{
	lock_siglock();
	if
	:: dead
	:: !dead && group_exit -> tracehook_kill_thread()
	:: else ->
		group_exit = 1;
		sigkill = 1;
		/* signal_wake_up() */
		tif_sigpending = 1;
		if
		:: jobctl_frozen
		:: else ->
			jobctl_stopped = 0;
			jobctl_traced = 0;
			wake_up_traced();
			wake_up_stopped()
		fi
	fi;
	unlock_siglock()
}

inline utrace_jctl_wake()
{
	n = 0;
	deaf = 0;
	do
	:: n < ENGINES ->
		deaf = deaf | (engine[n].stop && !engine[n].detached && !jctl[n]);
		n++
	:: else -> break
	od;
	n = 0;
	if
	:: flags_stopped && !deaf && (jctl[0] || jctl[1]) ->
		jctl_wake = 1;
		utrace_wake()
	:: else
	fi;
	deaf = 0
}

/* Taken from the queue by another thread of the group, which then tells all. */
inline send_sigstop()
{
	lock_siglock();
	if
	:: dead || group_exit
	:: else ->
		group_stopped = 1;
		jobctl_pending = 1;
		tif_sigpending = 1;
		utrace_jctl_wake()
	fi;
	unlock_siglock()
}

inline send_sigcont()
{
	lock_siglock();
	if
	:: dead || group_exit
	:: else ->
		jobctl_pending = 0;
		jobctl_stopped = 0;
		group_stopped = 0;
		wake_up_stopped();
		utrace_jctl_wake()
	fi;
	unlock_siglock()
}

/*
 * When nothing goes on any more: who waited got through, and the task is where the
 * engines, job control and SIGKILL want it.
 */
inline all_as_it_should_be(to_die)
{
	if
	:: to_die -> assert(dead && only(1))
	:: else ->
		assert((!due[0] || engine[0].detached) && (!due[1] || engine[1].detached));
		assert(only(2));
		if
		:: holding(0) || holding(1) ->
			assert(state == TASK_TRACED && held && flags_stopped && !in_user)
		:: else ->
			assert(!flags_stopped && !held);
			assert(group_stopped -> state == TASK_STOPPED : in_user && state == RUNNING)
		fi
	fi
}
