// SPDX-License-Identifier: GPL-2.0-only
/* Group stops: signals that stop, LISTEN, INTERRUPT, SIGCONT. */
#define FAMILY "jobctl"
#include "ptrace_record_stops.h"

static const int stop_signals[] = { SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU };

static int raised;

static void raise_it(void)
{
	raise_raw(raised);
	leave_group(EXIT_CODE);
}

/* The signal, the stop that it makes, and SIGCONT in one of several ways. */
enum { RESUME, CONTINUE, LISTEN, DETACH_STOPPED, NR_WAYS };

static const char * const ways[] = { "cont", "sigcont", "listen", "detach" };

static void leave_stop(pid_t pid, int way)
{
	if (way == CONTINUE)
		send(pid, SIGCONT);
	if (way == LISTEN) {
		resume(PTRACE_LISTEN, pid, 0);
		show_settled(pid);
		send(pid, SIGCONT);
	}
	if (way == DETACH_STOPPED) {
		resume(PTRACE_DETACH, pid, 0);
		until_state(pid, "T");
		show_proc(pid);
		send(pid, SIGCONT);
	}
}

static void run(const struct scenario *self)
{
	bool seize = self->b & 1;
	pid_t pid;

	raised = stop_signals[self->a];
	pid = seize ? start_seized(raise_it, 0) : start_attached(raise_it, 0);
	wait_stop(pid);
	resume(PTRACE_CONT, pid, raised);
	wait_stop(pid);
	leave_stop(pid, self->b >> 1);
	run_out(pid, PTRACE_CONT);
}

GENERATE(add_stops)
{
	int i, k;

	for (i = 0; i < ARRAY_SIZE(stop_signals); i++) {
		for (k = 0; k < 2 * NR_WAYS; k++)
			add_scenario(run, i, k, FAMILY "/%s_%s_%s",
				     signal_name(stop_signals[i]),
				     k & 1 ? "seized" : "attached",
				     ways[k >> 1]);
	}
}

/* Group-stopped for a tracer that seized it. */
static pid_t stopped(void)
{
	pid_t pid = start_seized(prog_sigstop, 0);

	wait_for(pid, WALL);
	resume(PTRACE_CONT, pid, SIGSTOP);
	wait_stop(pid);
	return pid;
}

SCENARIO(listen_and_stop_again)
{
	pid_t pid = stopped();

	resume(PTRACE_LISTEN, pid, 0);
	send(pid, SIGSTOP);
	show_settled(pid);
	send(pid, SIGCONT);
	run_out(pid, PTRACE_CONT);
}

SCENARIO(listen_and_interrupt)
{
	pid_t pid = stopped();

	resume(PTRACE_LISTEN, pid, 0);
	req(PTRACE_INTERRUPT, pid, 0, 0);
	wait_stop(pid);
	resume(PTRACE_LISTEN, pid, 0);
	send(pid, SIGCONT);
	wait_stop(pid);
	run_out(pid, PTRACE_CONT);
}

SCENARIO(listen_twice)
{
	pid_t pid = stopped();

	resume(PTRACE_LISTEN, pid, 0);
	resume(PTRACE_LISTEN, pid, 0);
	req(PTRACE_DETACH, pid, 0, 0);
	send(pid, SIGCONT);
	wait_stop(pid);
	resume(PTRACE_LISTEN, pid, 0);
	run_out(pid, PTRACE_CONT);
}

SCENARIO(listen_signal)
{
	pid_t pid = stopped();

	resume(PTRACE_LISTEN, pid, 0);
	send(pid, SIGUSR1);
	show_settled(pid);
	show_proc(pid);
	send(pid, SIGCONT);
	run_out(pid, PTRACE_CONT);
}

SCENARIO(listen_kill)
{
	pid_t pid = stopped();

	resume(PTRACE_LISTEN, pid, 0);
	send(pid, SIGKILL);
	wait_stop(pid);
}

/* To be taken for a PTRACE_EVENT_STOP is a matter of the siginfo. */
static void listen_anywhere(pid_t pid)
{
	siginfo_t info;

	req(PTRACE_GETSIGINFO, pid, 0, (long)&info);
	info.si_code = PTRACE_EVENT_STOP << 8 | SIGTRAP;
	req(PTRACE_SETSIGINFO, pid, 0, (long)&info);
	resume(PTRACE_LISTEN, pid, 0);
}

static pid_t listens_in_a_signal(void)
{
	pid_t pid;

	raised = SIGTERM;
	pid = start_seized(raise_it, 0);
	wait_stop(pid);
	listen_anywhere(pid);
	return pid;
}

SCENARIO(listen_in_a_signal_and_interrupt)
{
	pid_t pid = listens_in_a_signal();

	req(PTRACE_INTERRUPT, pid, 0, 0);
	wait_stop(pid);
	run_out(pid, PTRACE_CONT);
}

static void listen_in_a_call(bool waited)
{
	pid_t pid = start_seized(prog_calls, 0);

	wait_stop(pid);
	resume(PTRACE_SYSCALL, pid, 0);
	if (waited)
		wait_stop(pid);
	else
		wait_info(P_PID, pid, WSTOPPED | WNOWAIT);
	listen_anywhere(pid);
	req(PTRACE_INTERRUPT, pid, 0, 0);
	wait_stop(pid);
	run_out(pid, PTRACE_CONT);
}

SCENARIO(listen_in_a_call_and_interrupt)
{
	listen_in_a_call(true);
}

/* What the stop leaves is sent. */
SCENARIO(listen_in_a_call_not_waited_for)
{
	listen_in_a_call(false);
}

SCENARIO(listen_in_a_signal_and_stop)
{
	pid_t pid = listens_in_a_signal();

	send(pid, SIGSTOP);
	show_settled(pid);
	send(pid, SIGCONT);
	run_out(pid, PTRACE_CONT);
}

/* What LISTEN waits for has happened already. */
SCENARIO(sigcont_before_listen)
{
	pid_t pid = stopped();

	send(pid, SIGCONT);
	resume(PTRACE_LISTEN, pid, 0);
	wait_stop(pid);
	run_out(pid, PTRACE_CONT);
}

SCENARIO(stop_before_listen)
{
	pid_t pid = stopped();

	send(pid, SIGSTOP);
	resume(PTRACE_LISTEN, pid, 0);
	show_settled(pid);
	send(pid, SIGCONT);
	run_out(pid, PTRACE_CONT);
}

SCENARIO(interrupt_before_listen)
{
	pid_t pid = stopped();

	req(PTRACE_INTERRUPT, pid, 0, 0);
	resume(PTRACE_LISTEN, pid, 0);
	show_settled(pid);
	send(pid, SIGCONT);
	run_out(pid, PTRACE_CONT);
}

static pid_t leader_of(pid_t pid)
{
	char status[4096], *at;

	if (read_proc(pid, "status", status, sizeof(status)) <= 0)
		return pid;
	at = strstr(status, "Tgid:");
	return at ? atoi(at + strlen("Tgid:")) : pid;
}

/*
 * A signal is for the whole process. Where another thread of it runs, that one
 * stops for it first, or is the one that takes it.
 */
static void send_in_stop(pid_t pid, int signo)
{
	pid_t leader = leader_of(pid);

	send(pid, signo);
	if (leader != pid)
		until_state(leader, "t");
}

/* SIGCONT comes while the task is stopped for something else. */
static void sigcont_in_stop(const struct scenario *self)
{
	pid_t child, pid = reach(self->a, &child);

	send_in_stop(pid, SIGCONT);
	if (!stops[self->a].runs)
		show(pid);
	if (stops[self->a].program == prog_spin)
		show_settled(pid);
	if (stops[self->a].program == prog_spin)
		release();
	if (child)
		run_out(child, PTRACE_CONT);
	run_out(pid, PTRACE_CONT);
}

/* And SIGSTOP. */
static void sigstop_in_stop(const struct scenario *self)
{
	pid_t child, pid = reach(self->a, &child);

	send_in_stop(pid, SIGSTOP);
	if (!stops[self->a].runs)
		show(pid);
	if (stops[self->a].program == prog_spin)
		show_settled(pid);
	if (stops[self->a].program == prog_spin)
		release();
	if (child)
		run_out(child, PTRACE_CONT);
	run_out(pid, PTRACE_CONT);
}

static void interrupt_in_stop(const struct scenario *self)
{
	pid_t child, pid = reach(self->a, &child);

	req(PTRACE_INTERRUPT, pid, 0, 0);
	req(PTRACE_INTERRUPT, pid, 0, 0);
	show(pid);
	if (child)
		run_out(child, PTRACE_CONT);
	run_out(pid, PTRACE_CONT);
}

GENERATE(add_in_stops)
{
	int i;

	for (i = 0; i < nr_stops; i++) {
		add_scenario(sigcont_in_stop, i, 0, FAMILY "/sigcont_in_%s",
			     stops[i].name);
		add_scenario(sigstop_in_stop, i, 0, FAMILY "/sigstop_in_%s",
			     stops[i].name);
		if (!stops[i].runs)
			add_scenario(interrupt_in_stop, i, 0,
				     FAMILY "/interrupt_in_%s", stops[i].name);
	}
}

/* --- a task that was stopped before its tracer came */

static pid_t stopped_before(void)
{
	pid_t pid = start(prog_sigstop);

	until_state(pid, "T");
	wait_for(pid, WUNTRACED);
	show_sigchld();
	return pid;
}

SCENARIO(attach_stopped)
{
	pid_t pid = stopped_before();

	req(PTRACE_ATTACH, pid, 0, 0);
	wait_stop(pid);
	wait_sigchld();
	run_out(pid, PTRACE_CONT);
}

/* Not a moment passes between the two stops: a wait need not wait. */
static void stopped_at_once(int request)
{
	pid_t pid = stopped_before();

	req(request, pid, 0, 0);
	wait_for(pid, WALL | WNOHANG);
	show(pid);
	resume(PTRACE_DETACH, pid, 0);
	until_state(pid, "T");
	wait_for(pid, WUNTRACED | WNOHANG);
	req(request, pid, 0, 0);
	wait_for(pid, WALL | WNOHANG);
	run_out(pid, PTRACE_CONT);
}

SCENARIO(attach_stopped_at_once)
{
	stopped_at_once(PTRACE_ATTACH);
}

SCENARIO(seize_stopped_at_once)
{
	stopped_at_once(PTRACE_SEIZE);
}

SCENARIO(attach_stopped_detach)
{
	pid_t pid = stopped_before();

	req(PTRACE_ATTACH, pid, 0, 0);
	wait_stop(pid);
	resume(PTRACE_DETACH, pid, 0);
	until_state(pid, "T");
	show_proc(pid);
	send(pid, SIGCONT);
	run_out(pid, PTRACE_CONT);
}

SCENARIO(attach_stopped_sigcont)
{
	pid_t pid = stopped_before();

	req(PTRACE_ATTACH, pid, 0, 0);
	wait_stop(pid);
	send(pid, SIGCONT);
	run_out(pid, PTRACE_CONT);
}

SCENARIO(seize_stopped)
{
	pid_t pid = stopped_before();

	req(PTRACE_SEIZE, pid, 0, 0);
	wait_stop(pid);
	resume(PTRACE_LISTEN, pid, 0);
	send(pid, SIGCONT);
	run_out(pid, PTRACE_CONT);
}

SCENARIO(seize_stopped_detach)
{
	pid_t pid = stopped_before();

	req(PTRACE_SEIZE, pid, 0, 0);
	wait_stop(pid);
	resume(PTRACE_DETACH, pid, 0);
	until_state(pid, "T");
	show_proc(pid);
	send(pid, SIGCONT);
	run_out(pid, PTRACE_CONT);
}

SCENARIO(seize_stopped_interrupt)
{
	pid_t pid = stopped_before();

	req(PTRACE_SEIZE, pid, 0, 0);
	wait_stop(pid);
	req(PTRACE_INTERRUPT, pid, 0, 0);
	resume(PTRACE_CONT, pid, 0);
	run_out(pid, PTRACE_CONT);
}

/* --- two threads: the stop is one of the group */

static void thread_waits(void)
{
	gate_wait(GATE_RELEASE);
	leave(4);
}

static void two_threads(void)
{
	thread_raw(thread_waits);
	gate_wait(GATE_RELEASE);
	leave_group(EXIT_CODE);
}

static pid_t stopped_two(pid_t *thread)
{
	pid_t pid = start_two(two_threads, 0, thread);

	stop_two(pid, *thread);
	return pid;
}

SCENARIO(group_of_two)
{
	pid_t thread, pid = stopped_two(&thread);

	resume(PTRACE_CONT, thread, 0);
	until_in(thread, SYS_futex);
	show_proc(pid);
	show_proc(thread);
	resume(PTRACE_CONT, pid, 0);
}

SCENARIO(group_of_two_listen)
{
	pid_t thread, pid = stopped_two(&thread);

	resume(PTRACE_LISTEN, thread, 0);
	resume(PTRACE_LISTEN, pid, 0);
	send(pid, SIGCONT);
	wait_stop(thread);
	wait_stop(pid);
}

SCENARIO(group_of_two_one_detached)
{
	pid_t thread, pid = stopped_two(&thread);

	resume(PTRACE_DETACH, thread, 0);
	until_state(thread, "T");
	resume(PTRACE_LISTEN, pid, 0);
	send(pid, SIGCONT);
	until_in(thread, SYS_futex);
	wait_stop(pid);
}

/* And comes back, while the other one runs. */
SCENARIO(group_of_two_one_attached)
{
	pid_t thread, pid = stopped_two(&thread);

	resume(PTRACE_DETACH, thread, 0);
	until_state(thread, "T");
	resume(PTRACE_CONT, pid, 0);
	until_in(pid, SYS_futex);
	req(PTRACE_ATTACH, thread, 0, 0);
	wait_for(thread, WALL | WNOHANG);
	show(thread);
	resume(PTRACE_CONT, thread, 0);
	wait_stop(thread);
}

SCENARIO(group_of_two_one_traced)
{
	pid_t thread, pid = start_two(two_threads, 0, &thread);

	req(PTRACE_INTERRUPT, thread, 0, 0);
	wait_for(thread, WALL);
	resume(PTRACE_DETACH, thread, 0);
	until_in(thread, SYS_futex);
	send_thread(pid, thread, SIGSTOP);
	wait_stop(pid);
	until_state(thread, "T");
	resume(PTRACE_CONT, pid, 0);
	until_in(pid, SYS_futex);
	show_proc(thread);
	send(pid, SIGCONT);
	until_in(thread, SYS_futex);
}

/* --- a group without a parent that could continue it */

/* That of T, whose own parent is in another session. */
static void raise_orphaned(void)
{
	setpgid(0, getppid());
	raise_raw(SIGTSTP);
	leave_group(EXIT_CODE);
}

/* The stop is dropped, of whichever signal but SIGSTOP. */
SCENARIO(orphaned_group)
{
	pid_t pid = start_seized(raise_orphaned, 0);

	wait_stop(pid);
	resume(PTRACE_CONT, pid, SIGTSTP);
	run_out(pid, PTRACE_CONT);
}

SCENARIO(orphaned_group_injected)
{
	static const int signals[] = { SIGTTIN, SIGTTOU, SIGSTOP };
	int i;

	for (i = 0; i < ARRAY_SIZE(signals); i++) {
		pid_t pid = start_seized(raise_orphaned, 0);

		wait_for(pid, WALL);
		resume(PTRACE_CONT, pid, signals[i]);
		run_out(pid, PTRACE_CONT);
	}
}

/* --- what the parent hears when it is not the tracer */

static pid_t tracee;

/* In the helper, which was there before the tracee. */
static void seize_tracee(long pid, long options)
{
	tracee = pid;
	req(PTRACE_SEIZE, pid, 0, options);
}

static void hear_it(long pid, long unused)
{
	wait_stop(pid);
	wait_sigchld();
}

static void resume_it(long request, long signo)
{
	resume(request, tracee, signo);
}

static void parent_looks(void)
{
	show_sigchld();
	wait_for(tracee, WUNTRACED | WCONTINUED | WNOHANG);
	wait_info(P_PID, tracee, WEXITED | WSTOPPED | WCONTINUED | WNOHANG);
}

/* The real parent T sees the stop of the group, not those of the tracer. */
static void parent_view(bool listen)
{
	int tracer = helper();

	tracee = start_held(prog_sigstop);
	tell(tracer, seize_tracee, tracee, 0);
	let_go(tracee);
	tell(tracer, hear_it, tracee, 0);
	parent_looks();
	tell(tracer, resume_it, PTRACE_CONT, SIGSTOP);
	tell(tracer, hear_it, tracee, 0);
	until_state(tracee, "t");
	parent_looks();
	tell(tracer, resume_it, listen ? PTRACE_LISTEN : PTRACE_CONT, 0);
	if (listen) {
		until_state(tracee, "t");
		parent_looks();
		send(tracee, SIGCONT);
		tell(tracer, hear_it, tracee, 0);
		parent_looks();
		tell(tracer, resume_it, PTRACE_CONT, 0);
		tell(tracer, hear_it, tracee, 0);
		tell(tracer, resume_it, PTRACE_CONT, 0);
	}
	tell(tracer, hear_it, tracee, 0);
	wait_for(tracee, 0);
	show_sigchld();
}

SCENARIO(parent_view_cont)
{
	parent_view(false);
}

SCENARIO(parent_view_listen)
{
	parent_view(true);
}

static void stop_and_stay(void)
{
	raise_raw(SIGSTOP);
	gate_wait(GATE_RELEASE);
	leave_group(EXIT_CODE);
}

/* Detached in the group stop: the stop is the parent's again. */
SCENARIO(parent_view_detach)
{
	int tracer = helper();

	tracee = start_held(stop_and_stay);
	tell(tracer, seize_tracee, tracee, 0);
	let_go(tracee);
	tell(tracer, hear_it, tracee, 0);
	tell(tracer, resume_it, PTRACE_CONT, SIGSTOP);
	tell(tracer, hear_it, tracee, 0);
	wait_for(tracee, WUNTRACED | WNOHANG);
	tell(tracer, resume_it, PTRACE_DETACH, 0);
	until_state(tracee, "T");
	parent_looks();
	send(tracee, SIGCONT);
	wait_for(tracee, WCONTINUED);
	release();
	wait_for(tracee, 0);
}

static void listen_it_then_die(long pid, long unused)
{
	listen_anywhere(pid);
	leave_group(0);
}

SCENARIO(listen_in_a_signal_and_die)
{
	int tracer = helper();

	raised = SIGTERM;
	tracee = start_held(raise_it);
	tell(tracer, seize_tracee, tracee, 0);
	let_go(tracee);
	tell(tracer, hear_it, tracee, 0);
	tell_begin(tracer, listen_it_then_die, tracee, 0);
	wait_for(helper_pid(tracer), WALL);
	wait_for(tracee, 0);
	show_sigchld();
}

/* Without any tracer, for comparison. */
SCENARIO(parent_alone)
{
	tracee = start(prog_sigstop);
	until_state(tracee, "T");
	parent_looks();
	send(tracee, SIGCONT);
	wait_for(tracee, 0);
}
