/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the models need of the kernel: errors, and wait_var_event().
 */
/* So many processes are left; the search for endless cycles has one more. */
#ifdef CYCLES
#define only(processes)	(_nr_pr == (processes) + 1)
#else
#define only(processes)	(_nr_pr == (processes))
#endif

#define EINPROGRESS	1
#define ESRCH		2
#define EALREADY	3
#define EEXIST		4
#define EAGAIN		5
#define EINVAL		6

/*
 * A process of the model that waits for a variable is on the queue, and sleeps,
 * from prepare_to_wait_event() until it is woken.  The condition is read after
 * that.  wake_up_var() finds who is on the queue at this moment; that it was not
 * looked for too early is what the barriers before it are for.
 */
#define PROCESSES	8
byte waits_for[PROCESSES];

#define ENGINE(i)	(1 + (i))
#define HELD		(1 + ENGINES)

#define wait_var_event(variable, condition)				\
	do								\
	:: waits_for[_pid] = variable;					\
		if							\
		:: (condition) -> waits_for[_pid] = 0; break		\
		:: else -> waits_for[_pid] == 0				\
		fi							\
	od

inline wake_up_var(variable)
{
	d_step {
		n = 0;
		do
		:: n < PROCESSES ->
			if
			:: waits_for[n] == variable -> waits_for[n] = 0
			:: else
			fi;
			n++
		:: else -> break
		od;
		n = 0
	}
}
