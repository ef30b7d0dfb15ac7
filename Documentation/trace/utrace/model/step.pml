/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An owner steps the task, resumes it without stepping or leaves it, again and
 * again, while the task leaves a stop and runs handlers of signals.
 *
 * - In the end the hardware steps the task if and only if an engine wants that.
 *
 * Mirrored are utrace_arm(), utrace_notify_resume(), handle_signal() of an architecture
 * that does not step into handlers, utrace_signal_handler(), and those ends of
 * utrace_control_attached() and utrace_detach() that have to do with stepping.
 *
 *   run:
 *   fails: -DARM_WITHOUT_LOOK
 *   fails: -DHANDLER_LEAVES_IT_OFF
 */
bit wants_steps;		/* utrace->wants */
bit armed;			/* utrace->armed */
bit hardware;
bit tif_notify_resume;

#define locked	atomic

inline utrace_arm()
{
	do
	:: wants = wants_steps;
		/* utrace_set_hardware() */
		if
		:: wants -> hardware = 1
		:: !wants && armed -> hardware = 0
		:: else
		fi;
		if
		:: wants == armed -> break
		:: else ->
			/* utrace_set_armed() */
			locked {
				armed = wants;
#ifdef ARM_WITHOUT_LOOK
				done = 1
#else
				done = wants == wants_steps
#endif
			}
			if
			:: done -> done = 0; break
			:: else
			fi
		fi
	od
}

inline utrace_notify_resume()
{
	if
	:: armed == wants_steps
	:: else -> utrace_arm()
	fi
}

inline handle_signal()
{
	stepping = hardware;
	hardware = 0;
	/* utrace_signal_handler() */
	if
#ifdef HANDLER_LEAVES_IT_OFF
	:: stepping && wants_steps -> utrace_arm()
#else
	:: stepping -> utrace_arm()
#endif
	:: else
	fi
}

active proctype task()
{
	bit wants, done, stepping;
	byte signals = 2;

	/* It leaves a stop. */
	utrace_arm();
	do
	:: signals > 0 ->
		signals--;
		handle_signal()
	:: tif_notify_resume ->
		tif_notify_resume = 0;
		utrace_notify_resume()
	:: !tif_notify_resume && !signals ->
end_user:
		tif_notify_resume
	od
}

active proctype owner()
{
	byte left = 3;

	do
	:: left > 0 ->
		left--;
		if
		:: locked { wants_steps = 1 }
			tif_notify_resume = 1
		:: locked { wants_steps = 0 }
			if
			:: armed -> tif_notify_resume = 1
			:: else
			fi
		fi
	:: break
	od
}

init
{
	timeout;
	assert(hardware == wants_steps)
}
