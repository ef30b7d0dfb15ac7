// SPDX-License-Identifier: GPL-2.0-only
/* Ends of traced tasks, and SIGKILL in every state. */
#define FAMILY "exit"
#include <sys/resource.h>
#include <time.h>
#include "ptrace_record_stops.h"

/* --- killed in a stop, waited for or not */

static void kill_in_stop(const struct scenario *self)
{
	pid_t child, pid = reach(self->a, &child);

	send(pid, SIGKILL);
	if (!strcmp(stops[self->a].name, "other_tracer"))
		return;
	show_settled(pid);
	wait_for(pid, WALL | WNOHANG);
}

/* An event of the exit makes no stop in a task that was killed in another. */
static void kill_with_exit_event(const struct scenario *self)
{
	pid_t child, pid = reach(self->a, &child);

	req(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEEXIT);
	send(pid, SIGKILL);
	run_out(pid, PTRACE_CONT);
}

GENERATE(add_kills)
{
	int i;

	for (i = 0; i < nr_stops; i++) {
		add_scenario(kill_in_stop, i, 0, FAMILY "/kill_in_%s",
			     stops[i].name);
		if (!stops[i].runs)
			add_scenario(kill_with_exit_event, i, 0,
				     FAMILY "/kill_event_in_%s",
				     stops[i].name);
	}
}

/* --- ways to end, with and without a stop for it */

static void by_exit(void)
{
	leave(EXIT_CODE);
}

static void by_signal(void)
{
	raise_raw(SIGTERM);
}

static void by_kill(void)
{
	raise_raw(SIGKILL);
}

static void by_core(void)
{
	struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	raise_raw(SIGQUIT);
}

static void by_fault(void)
{
	struct rlimit none = { 0, 0 };
	int *volatile nowhere = (int *)16;

	setrlimit(RLIMIT_CORE, &none);
	*nowhere = 0;
}

static const struct {
	const char *name;
	void (*program)(void);
	int signo;		/* that stops it before */
} ends[] = {
	{ "exit", by_exit },
	{ "group", prog_exit },
	{ "signal", by_signal, SIGTERM },
	{ "kill", by_kill },
	{ "core", by_core, SIGQUIT },
	{ "fault", by_fault, SIGSEGV },
};

static void run_end(const struct scenario *self)
{
	pid_t pid = start_seized(ends[self->a].program,
				 self->b ? PTRACE_O_TRACEEXIT : 0);

	run_out(pid, PTRACE_CONT);
}

/* The parent's view, with no wait of its own between. */
static void run_end_sigchld(const struct scenario *self)
{
	pid_t pid = start_held(ends[self->a].program);

	if (self->b)
		req(PTRACE_SEIZE, pid, 0, 0);
	let_go(pid);
	wait_sigchld();
	wait_info(P_PID, pid, WEXITED | WSTOPPED | WNOWAIT);
	wait_info(P_PID, pid, WEXITED | WSTOPPED);
	if (self->b)
		run_out(pid, PTRACE_CONT);
}

static void hear_it(long pid, long unused)
{
	wait_sigchld();
	wait_info(P_PID, pid, WEXITED | WSTOPPED | WNOWAIT);
}

static void parent_looks(pid_t pid)
{
	show_sigchld();
	wait_info(P_PID, pid, WEXITED | WSTOPPED | WNOHANG | WNOWAIT);
}

static void both_look(int tracer, pid_t pid)
{
	tell(tracer, hear_it, pid, 0);
	parent_looks(pid);
}

static void see_stop(int tracer, pid_t pid, int signo)
{
	both_look(tracer, pid);
	tell(tracer, wait_it, pid, WALL);
	tell(tracer, cont_it, pid, signo);
}

/* Two that hear of the end: the parent when the tracer has waited for it or is gone. */
static void run_end_heard(const struct scenario *self, bool waits)
{
	int tracer = helper();
	pid_t pid = start_held(ends[self->a].program);

	tell(tracer, seize_it, pid, self->b ? PTRACE_O_TRACEEXIT : 0);
	let_go(pid);
	if (ends[self->a].signo)
		see_stop(tracer, pid, ends[self->a].signo);
	if (self->b)
		see_stop(tracer, pid, 0);
	both_look(tracer, pid);
	if (waits) {
		tell(tracer, wait_it, pid, WALL);
	} else {
		tell_begin(tracer, die, 0, 0);
		until_state(helper_pid(tracer), "Z");
	}
	wait_sigchld();
	wait_info(P_PID, pid, WEXITED);
	show_sigchld();
}

static void run_end_tracer_waits(const struct scenario *self)
{
	run_end_heard(self, true);
}

static void run_end_tracer_ends(const struct scenario *self)
{
	run_end_heard(self, false);
}

GENERATE(add_ends)
{
	int i, k;

	for (i = 0; i < ARRAY_SIZE(ends); i++) {
		for (k = 0; k < 2; k++) {
			add_scenario(run_end, i, k, FAMILY "/by_%s%s",
				     ends[i].name, k ? "_event" : "");
			add_scenario(run_end_sigchld, i, k,
				     FAMILY "/sigchld_%s%s", ends[i].name,
				     k ? "_traced" : "");
			add_scenario(run_end_tracer_waits, i, k,
				     FAMILY "/sigchld_tracer_waits_%s%s",
				     ends[i].name, k ? "_event" : "");
			add_scenario(run_end_tracer_ends, i, k,
				     FAMILY "/sigchld_tracer_ends_%s%s",
				     ends[i].name, k ? "_event" : "");
		}
	}
}

/* --- threads */

static void thread_waits(void)
{
	gate_wait(GATE_A);
	leave(4);
}

static void leader_first(void)
{
	thread_raw(thread_waits);
	gate_wait(GATE_B);
	leave(EXIT_CODE);
}

static void thread_ends_group(void)
{
	gate_wait(GATE_A);
	leave_group(6);
}

static void group_by_thread(void)
{
	thread_raw(thread_ends_group);
	gate_wait(GATE_B);
	leave_group(EXIT_CODE);
}

SCENARIO(leader_before_thread)
{
	pid_t thread, pid = start_two(leader_first, 0, &thread);

	forget_sigchld();
	gate_open(GATE_B);
	until_state(pid, "Z");
	wait_for(pid, WALL | WNOHANG);
	show_proc(pid);
	req(PTRACE_CONT, pid, 0, 0);
	gate_open(GATE_A);
	wait_for(thread, WALL);
	wait_for(pid, WALL);
	show_sigchld();
}

SCENARIO(leader_before_thread_events)
{
	pid_t thread, pid = start_two(leader_first, PTRACE_O_TRACEEXIT,
				      &thread);

	gate_open(GATE_B);
	wait_stop(pid);
	resume(PTRACE_CONT, pid, 0);
	until_state(pid, "Z");
	wait_for(pid, WALL | WNOHANG);
	gate_open(GATE_A);
	wait_stop(thread);
	resume(PTRACE_CONT, thread, 0);
	wait_for(thread, WALL);
	wait_for(pid, WALL);
}

SCENARIO(thread_before_leader)
{
	pid_t thread, pid = start_two(leader_first, PTRACE_O_TRACEEXIT,
				      &thread);

	gate_open(GATE_A);
	wait_stop(thread);
	resume(PTRACE_CONT, thread, 0);
	wait_for(thread, WALL);
	wait_for(thread, WALL | WNOHANG);
	gate_open(GATE_B);
	run_out(pid, PTRACE_CONT);
}

/* The zombie of a traced thread keeps its leader from being reaped. */
SCENARIO(thread_not_waited_for)
{
	pid_t thread, pid = start_two(leader_first, 0, &thread);

	gate_open(GATE_A);
	until_state(thread, "Z");
	gate_open(GATE_B);
	until_state(pid, "Z");
	wait_for(pid, WALL | WNOHANG);
	wait_for(thread, WALL);
	wait_for(pid, WALL);
}

SCENARIO(group_by_thread_events)
{
	pid_t thread, pid = start_two(group_by_thread, PTRACE_O_TRACEEXIT,
				      &thread);

	gate_open(GATE_A);
	wait_stop(thread);
	wait_stop(pid);
	resume(PTRACE_CONT, thread, 0);
	wait_for(thread, WALL);
	resume(PTRACE_CONT, pid, 0);
	wait_for(pid, WALL);
}

SCENARIO(group_by_leader_events)
{
	pid_t thread, pid = start_two(group_by_thread, PTRACE_O_TRACEEXIT,
				      &thread);

	gate_open(GATE_B);
	wait_stop(pid);
	wait_stop(thread);
	resume(PTRACE_CONT, thread, 0);
	wait_for(thread, WALL);
	resume(PTRACE_CONT, pid, 0);
	wait_for(pid, WALL);
}

SCENARIO(killed_with_events)
{
	pid_t thread, pid = start_two(group_by_thread, PTRACE_O_TRACEEXIT,
				      &thread);

	send(pid, SIGKILL);
	wait_stop(thread);
	wait_stop(pid);
	resume(PTRACE_CONT, thread, 0);
	wait_for(thread, WALL);
	resume(PTRACE_CONT, pid, 0);
	wait_for(pid, WALL);
}

SCENARIO(thread_stopped_group_killed)
{
	pid_t thread, pid = start_two(group_by_thread, 0, &thread);

	req(PTRACE_INTERRUPT, thread, 0, 0);
	wait_stop(thread);
	send(pid, SIGKILL);
	wait_for(thread, WALL);
	wait_for(pid, WALL);
}

SCENARIO(thread_detached_before_end)
{
	pid_t thread, pid = start_two(group_by_thread, 0, &thread);

	req(PTRACE_INTERRUPT, thread, 0, 0);
	wait_for(thread, WALL);
	resume(PTRACE_DETACH, thread, 0);
	gate_open(GATE_A);
	wait_for(pid, WALL);
	wait_for(thread, WALL);
}

/* --- a thread in the event of its own exit when the group ends, too */

enum { ENDS_GROUP, EXECS, DUMPS_CORE, IS_KILLED };

static int leader_does;

static void leader_acts(void)
{
	thread_raw(thread_waits);
	gate_wait(GATE_B);
	if (leader_does == EXECS)
		prog_exec();
	if (leader_does == DUMPS_CORE)
		by_core();
	leave_group(EXIT_CODE);
}

/* Until the leader is so far that the thread has been told, if it is at all. */
static void end_leader(pid_t pid, pid_t thread)
{
	if (leader_does == IS_KILLED)
		send(pid, SIGKILL);
	else
		gate_open(GATE_B);
	if (leader_does == DUMPS_CORE) {
		wait_stop(pid);
		resume(PTRACE_CONT, pid, SIGQUIT);
	}
	/* It goes on when the tracer has waited for the thread. */
	if (leader_does == EXECS)
		until_state(thread, "Z");
	else
		wait_stop(pid);
}

static void run_in_thread_event(const struct scenario *self)
{
	pid_t thread, pid;

	leader_does = self->a;
	pid = start_two(leader_acts, PTRACE_O_TRACEEXIT | PTRACE_O_TRACEEXEC,
			&thread);
	gate_open(GATE_A);
	if (self->b)
		until_state(thread, "t");
	else
		wait_stop(thread);
	end_leader(pid, thread);
	show_settled(thread);
	if (!resume(PTRACE_CONT, thread, 0))
		run_out(thread, PTRACE_CONT);
	run_out(pid, PTRACE_CONT);
}

GENERATE(add_in_thread_event)
{
	static const char * const names[] = { "group", "exec", "core", "kill" };
	int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		add_scenario(run_in_thread_event, i, 0,
			     FAMILY "/thread_event_then_%s", names[i]);
		add_scenario(run_in_thread_event, i, 1,
			     FAMILY "/thread_event_unwaited_then_%s", names[i]);
	}
}

SCENARIO(detach_in_exit_event)
{
	pid_t pid = start_seized(prog_exit, PTRACE_O_TRACEEXIT);

	wait_stop(pid);
	resume(PTRACE_DETACH, pid, 0);
	wait_sigchld();
	wait_for(pid, 0);
}

/* The group has ended already: SIGKILL is dropped, and the stop stays. */
SCENARIO(kill_in_exit_event_unwaited)
{
	pid_t pid = start_seized(prog_exit, PTRACE_O_TRACEEXIT);

	until_state(pid, "t");
	send(pid, SIGKILL);
	wait_stop(pid);
	resume(PTRACE_CONT, pid, 0);
	wait_for(pid, WALL);
}

SCENARIO(signals_in_exit_event)
{
	pid_t pid = start_seized(prog_exit, PTRACE_O_TRACEEXIT);

	wait_stop(pid);
	send(pid, SIGUSR1);
	send(pid, SIGSTOP);
	req(PTRACE_INTERRUPT, pid, 0, 0);
	show(pid);
	resume(PTRACE_CONT, pid, SIGUSR2);
	wait_for(pid, WALL);
}

static void ignore_children(int flags)
{
	struct sigaction action = { .sa_handler = SIG_IGN };

	if (flags) {
		action.sa_handler = SIG_DFL;
		action.sa_flags = flags;
	}
	sigaction(SIGCHLD, &action, NULL);
}

/* Autoreaped, but for the status that belongs to the tracer. */
static void autoreap(int flags, bool traced)
{
	pid_t pid = start_held(prog_signal);

	ignore_children(flags);
	if (traced)
		req(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACEEXIT);
	let_go(pid);
	if (traced)
		run_out(pid, PTRACE_CONT);
	else
		until_gone(pid);
	show_sigchld();
	wait_for(pid, WALL);
}

SCENARIO(sigchld_ignored)
{
	autoreap(0, false);
}

SCENARIO(sigchld_ignored_traced)
{
	autoreap(0, true);
}

SCENARIO(nocldwait)
{
	autoreap(SA_NOCLDWAIT, false);
}

SCENARIO(nocldwait_traced)
{
	autoreap(SA_NOCLDWAIT, true);
}

/* Stops of a tracee are no stops of a child. */
SCENARIO(nocldstop_traced)
{
	pid_t pid = start_held(prog_signal);

	ignore_children(SA_NOCLDSTOP);
	req(PTRACE_SEIZE, pid, 0, 0);
	let_go(pid);
	wait_stop(pid);
	show_sigchld();
	resume(PTRACE_CONT, pid, 0);
	wait_sigchld();
	wait_for(pid, WALL);
}

/* A file of the system's core pattern may follow, here it must not. */
SCENARIO(core_limit_traced)
{
	pid_t pid = start_seized(by_core, PTRACE_O_TRACEEXIT);

	wait_stop(pid);
	resume(PTRACE_CONT, pid, SIGQUIT);
	wait_stop(pid);
	resume(PTRACE_CONT, pid, 0);
	wait_info(P_PID, pid, WEXITED);
}

/* --- a child of another exit signal */

static const int exit_signals[] = { SIGCHLD, SIGWINCH, 0 };

enum { NOBODY_TRACES, PARENT_TRACES, OTHER_TRACES, NR_TRACERS };

static const char * const tracers[] = { "untraced", "traced", "other_traces" };

static void take_signal(int signo)
{
	struct timespec none = {};
	siginfo_t info = {};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, signo);
	if (sigtimedwait(&set, &info, &none) < 0)
		rec("no %s", signal_name(signo));
	else
		rec("%s code=%#x pid=%s status=%d", signal_name(signo),
		    info.si_code, who(info.si_pid), info.si_status);
}

static void take_both(void)
{
	take_signal(SIGCHLD);
	take_signal(SIGWINCH);
}

static void hear_and_wait(long pid, long unused)
{
	take_both();
	wait_for(pid, WALL);
}

/* The tracer gets a SIGCHLD, unless it is the parent. */
static void run_exit_signal(const struct scenario *self)
{
	int tracer = helper();
	pid_t pid;

	block(SIGWINCH);
	pid = clone_raw(exit_signals[self->a], prog_read);
	name_child(pid);
	until_in(pid, SYS_read);
	if (self->b == PARENT_TRACES)
		req(PTRACE_SEIZE, pid, 0, 0);
	if (self->b == OTHER_TRACES)
		tell(tracer, seize_it, pid, 0);
	release();
	until_state(pid, "Z");
	take_both();
	if (self->b == OTHER_TRACES) {
		tell(tracer, hear_and_wait, pid, 0);
		take_both();
	}
	wait_for(pid, WNOHANG);
	wait_for(pid, WALL);
}

GENERATE(add_exit_signals)
{
	int i, k;

	for (i = 0; i < ARRAY_SIZE(exit_signals); i++) {
		for (k = 0; k < NR_TRACERS; k++)
			add_scenario(run_exit_signal, i, k,
				     FAMILY "/exit_signal_%s_%s",
				     exit_signals[i] ?
				     signal_name(exit_signals[i]) : "none",
				     tracers[k]);
	}
}
