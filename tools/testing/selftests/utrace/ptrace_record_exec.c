// SPDX-License-Identifier: GPL-2.0-only
/* execve() of traced tasks: alone, with threads, into other privileges. */
#define FAMILY "exec"
#include <sys/stat.h>
#include "ptrace_record.h"

#define ALL_EVENTS	(PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT |	\
			 PTRACE_O_TRACECLONE | PTRACE_O_TRACESYSGOOD)

static void exec_32(void)
{
	exec_tiny(TINY_32, TINY_EXIT);
}

static void exec_32_signal(void)
{
	exec_tiny(TINY_32, TINY_SIGNAL);
}

static void exec_signal(void)
{
	exec_tiny(TINY_64, TINY_SIGNAL);
}

static void exec_pause(void)
{
	exec_tiny(TINY_64, TINY_PAUSE);
}

static void exec_nothing(void)
{
	raise_raw(SIGUSR1);
	CALL3(SYS_execve, "/nonexistent", NULL, NULL);
	leave_group(EXIT_CODE);
}

static const struct {
	const char *name;
	void (*program)(void);
} programs[] = {
	{ "64", prog_exec },
	{ "64_signal", exec_signal },
	{ "32", exec_32 },
	{ "32_signal", exec_32_signal },
	{ "fails", exec_nothing },
};

static const struct {
	const char *name;
	pid_t (*start)(void (*program)(void), long options);
	long options;
	int request;
} manners[] = {
	{ "seized", start_seized, 0, PTRACE_CONT },
	{ "seized_event", start_seized, ALL_EVENTS, PTRACE_CONT },
	{ "attached", start_attached, 0, PTRACE_CONT },
	{ "attached_event", start_attached, ALL_EVENTS, PTRACE_CONT },
	{ "traceme", start_traceme, 0, PTRACE_SYSCALL },
	{ "calls", start_attached, PTRACE_O_TRACESYSGOOD, PTRACE_SYSCALL },
	{ "calls_event", start_seized, ALL_EVENTS, PTRACE_SYSCALL },
};

static void run(const struct scenario *self)
{
	pid_t pid = manners[self->b].start(programs[self->a].program,
					   manners[self->b].options);

	run_out(pid, manners[self->b].request);
}

GENERATE(add_execs)
{
	int i, k;

	for (i = 0; i < ARRAY_SIZE(programs); i++) {
		for (k = 0; k < ARRAY_SIZE(manners); k++)
			add_scenario(run, i, k, FAMILY "/%s/%s",
				     programs[i].name, manners[k].name);
	}
}

/* --- threads */

static void thread_execs(void)
{
	gate_wait(GATE_A);
	prog_exec();
}

static void two_threads(void)
{
	thread_raw(thread_execs);
	gate_wait(GATE_B);
	prog_exec();
}

/* The leader ends without a word and the thread takes its number. */
SCENARIO(by_thread)
{
	pid_t thread, pid = start_two(two_threads, PTRACE_O_TRACEEXEC, &thread);

	gate_open(GATE_A);
	wait_stop(pid);
	wait_for(thread, WALL | WNOHANG);
	req(PTRACE_CONT, thread, 0, 0);
	resume(PTRACE_CONT, pid, 0);
	run_out(pid, PTRACE_CONT);
}

SCENARIO(by_thread_without_event)
{
	pid_t thread, pid = start_two(two_threads, 0, &thread);

	gate_open(GATE_A);
	wait_stop(pid);
	wait_for(thread, WALL | WNOHANG);
}

SCENARIO(by_leader)
{
	pid_t thread, pid = start_two(two_threads, PTRACE_O_TRACEEXEC, &thread);

	gate_open(GATE_B);
	wait_for(thread, WALL);
	wait_stop(pid);
	resume(PTRACE_CONT, pid, 0);
	run_out(pid, PTRACE_CONT);
}

/* The others stop for their exit before the exec goes on. */
SCENARIO(by_thread_exit_events)
{
	pid_t thread, pid = start_two(two_threads, PTRACE_O_TRACEEXEC |
				      PTRACE_O_TRACEEXIT, &thread);

	gate_open(GATE_A);
	wait_stop(pid);
	rec("thread %c", until_state(thread, "DS") ? 'D' : '?');
	resume(PTRACE_CONT, pid, 0);
	wait_stop(pid);
	resume(PTRACE_CONT, pid, 0);
	run_out(pid, PTRACE_CONT);
}

SCENARIO(by_leader_exit_events)
{
	pid_t thread, pid = start_two(two_threads, PTRACE_O_TRACEEXEC |
				      PTRACE_O_TRACEEXIT, &thread);

	gate_open(GATE_B);
	wait_stop(thread);
	resume(PTRACE_CONT, thread, 0);
	wait_for(thread, WALL);
	wait_stop(pid);
	resume(PTRACE_CONT, pid, 0);
	run_out(pid, PTRACE_CONT);
}

/* A stopped thread is in the way of nobody. */
SCENARIO(by_thread_leader_stopped)
{
	pid_t thread, pid = start_two(two_threads, PTRACE_O_TRACEEXEC, &thread);

	req(PTRACE_INTERRUPT, pid, 0, 0);
	wait_stop(pid);
	gate_open(GATE_A);
	wait_stop(pid);
	resume(PTRACE_CONT, pid, 0);
	run_out(pid, PTRACE_CONT);
}

/* A trap that was due is not that of the task that takes the number. */
SCENARIO(by_thread_leader_interrupted)
{
	pid_t thread, pid = start_two(two_threads, PTRACE_O_TRACEEXEC, &thread);

	req(PTRACE_INTERRUPT, pid, 0, 0);
	wait_for(pid, WALL);
	req(PTRACE_INTERRUPT, pid, 0, 0);
	send_thread(pid, pid, SIGUSR1);
	gate_open(GATE_A);
	wait_stop(pid);
	run_out(pid, PTRACE_CONT);
}

SCENARIO(by_thread_calls)
{
	pid_t thread, pid = start_two(two_threads, ALL_EVENTS &
				      ~PTRACE_O_TRACEEXIT, &thread);

	req(PTRACE_INTERRUPT, thread, 0, 0);
	wait_stop(thread);
	resume(PTRACE_SYSCALL, thread, 0);
	gate_open(GATE_A);
	wait_stop(thread);
	resume(PTRACE_DETACH, pid, 0);
	run_out(thread, PTRACE_SYSCALL);
	run_out(pid, PTRACE_SYSCALL);
}

/*
 * The task of this number is another one by now, of which the tracer does not know
 * before it has waited: until then the kernel does not let it do anything to it.
 */
static void ask_before_wait(bool by_leader)
{
	pid_t thread, pid = start_two(two_threads, PTRACE_O_TRACEEXEC, &thread);

	gate_open(by_leader ? GATE_B : GATE_A);
	if (by_leader)
		wait_for(thread, WALL);
	until_state(pid, "t");
	wait_info(P_PID, pid, WSTOPPED | WNOWAIT);
	req(PTRACE_GETEVENTMSG, pid, 0, 0);
	req(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEEXIT);
	req(PTRACE_INTERRUPT, pid, 0, 0);
	req(PTRACE_LISTEN, pid, 0, 0);
	resume(PTRACE_DETACH, pid, KERNEL_NSIG + 1);
	resume(PTRACE_CONT, thread, 0);
	resume(PTRACE_CONT, pid, 0);
	wait_stop(pid);
	run_out(pid, PTRACE_CONT);
}

SCENARIO(by_thread_not_waited_for)
{
	ask_before_wait(false);
}

/* Its number stays the same, and it can be resumed at once. */
SCENARIO(by_leader_not_waited_for)
{
	ask_before_wait(true);
}

/* Nor is it let go before the wait; the other number is nobody's. */
SCENARIO(by_thread_not_waited_for_detach)
{
	pid_t thread, pid = start_two(two_threads, PTRACE_O_TRACEEXEC, &thread);

	gate_open(GATE_A);
	until_state(pid, "t");
	wait_for(thread, WALL | WNOHANG);
	resume(PTRACE_DETACH, pid, 0);
	wait_stop(pid);
	resume(PTRACE_DETACH, pid, 0);
	wait_for(pid, WALL);
}

/* And to be killed it need not have been seen. */
SCENARIO(by_thread_not_waited_for_kill)
{
	pid_t thread, pid = start_two(two_threads, PTRACE_O_TRACEEXEC, &thread);

	gate_open(GATE_A);
	until_state(pid, "t");
	resume(PTRACE_KILL, pid, 0);
	send(pid, SIGKILL);
	wait_for(pid, WALL);
}

static void leader_leaves(void)
{
	thread_raw(thread_execs);
	leave(9);
}

SCENARIO(of_dead_leader)
{
	pid_t pid = start_seized(leader_leaves, PTRACE_O_TRACECLONE |
				 PTRACE_O_TRACEEXEC);
	pid_t thread = event_child(pid, wait_for(pid, WALL));

	name_child(thread);
	resume(PTRACE_CONT, pid, 0);
	wait_for(thread, WALL);
	resume(PTRACE_CONT, thread, 0);
	until_state(pid, "Z");
	until_in(thread, SYS_futex);
	wait_for(pid, WALL | WNOHANG);
	show_proc(pid);
	gate_open(GATE_A);
	wait_stop(pid);
	resume(PTRACE_CONT, pid, 0);
	run_out(pid, PTRACE_CONT);
}

SCENARIO(only_thread_traced)
{
	pid_t thread, pid = start_two(two_threads, PTRACE_O_TRACEEXEC, &thread);

	req(PTRACE_INTERRUPT, pid, 0, 0);
	wait_for(pid, WALL);
	resume(PTRACE_DETACH, pid, 0);
	gate_open(GATE_A);
	wait_stop(pid);
	resume(PTRACE_CONT, pid, 0);
	run_out(pid, PTRACE_CONT);
}

SCENARIO(only_leader_traced)
{
	pid_t thread, pid = start_two(two_threads, PTRACE_O_TRACEEXEC, &thread);

	req(PTRACE_INTERRUPT, thread, 0, 0);
	wait_for(thread, WALL);
	resume(PTRACE_DETACH, thread, 0);
	gate_open(GATE_A);
	wait_stop(pid);
}

/* --- what comes while the exec waits for a task that is held in its exit */

enum { INTERRUPTS, STOPS, SIGNALS, KILLS };

static void disturb(pid_t pid, pid_t caller, int how)
{
	if (how == INTERRUPTS)
		req(PTRACE_INTERRUPT, caller, 0, 0);
	if (how == STOPS)
		send(pid, SIGSTOP);
	if (how == SIGNALS)
		send_thread(pid, caller, SIGUSR1);
	if (how == KILLS)
		send(pid, SIGKILL);
}

/* Only SIGKILL ends the wait, and the stop of the other. */
static void run_while_waiting(const struct scenario *self)
{
	long options = PTRACE_O_TRACEEXIT | (self->b & 1 ? PTRACE_O_TRACEEXEC : 0);
	pid_t thread, pid = start_two(two_threads, options, &thread);
	pid_t caller = self->b & 2 ? thread : pid;
	pid_t held = self->b & 2 ? pid : thread;

	gate_open(self->b & 2 ? GATE_A : GATE_B);
	wait_for(held, WALL);
	until_in(caller, SYS_execveat);
	disturb(pid, caller, self->a);
	if (self->a == KILLS) {
		wait_stop(caller);
		until_state(held, "Z");
	} else {
		until_in(caller, SYS_execveat);
		show_proc(held);
	}
	resume(PTRACE_CONT, held, 0);
	if (self->a == KILLS || held == thread)
		run_out(thread, PTRACE_CONT);
	run_out(pid, PTRACE_CONT);
}

GENERATE(add_while_waiting)
{
	static const char * const names[] = {
		"interrupt", "stop", "signal", "kill"
	};
	int i, k;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		for (k = 0; k < 4; k++)
			add_scenario(run_while_waiting, i, k,
				     FAMILY "/by_%s_waits_%s%s",
				     k & 2 ? "thread" : "leader", names[i],
				     k & 1 ? "_event" : "");
	}
}

/* --- setuid: the tracer's privileges decide */

#define SETUID_PATH	"/tmp/ptrace_record_setuid"
#define NOBODY		65534

static void exec_setuid(void)
{
	syscall(SYS_setresgid, NOBODY, NOBODY, NOBODY);
	syscall(SYS_setresuid, NOBODY, NOBODY, NOBODY);
	/* Dumpable again, for a tracer that is nobody too. */
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	gate_open(GATE_A);
	gate_wait(GATE_B);
	exec_path(SETUID_PATH, TINY_PAUSE);
}

static void show_ids(pid_t pid)
{
	char status[4096], *uid;

	if (read_proc(pid, "status", status, sizeof(status)) <= 0)
		return;
	uid = strstr(status, "Uid:");
	if (uid)
		rec("  %.*s", (int)strcspn(uid, "\n"), uid);
}

static void become_nobody(long a, long b)
{
	syscall(SYS_setresgid, NOBODY, NOBODY, NOBODY);
	syscall(SYS_setresuid, NOBODY, NOBODY, NOBODY);
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

static void see_setuid(long pid, long unused)
{
	wait_stop(pid);
	resume(PTRACE_CONT, pid, 0);
}

/* The tracer is root or nobody; only root lets the tracee become root. */
static void run_setuid(bool privileged)
{
	int tracer = helper();
	int fd = tiny_file(TINY_64, SETUID_PATH, 04755);
	pid_t pid;

	close(fd);
	pid = start(exec_setuid);
	gate_await(GATE_A);
	if (!privileged)
		tell(tracer, become_nobody, 0, 0);
	tell(tracer, seize_it, pid, PTRACE_O_TRACEEXEC);
	gate_open(GATE_B);
	tell(tracer, see_setuid, pid, 0);
	until_in(pid, NR_pause);
	show_ids(pid);
	unlink(SETUID_PATH);
}

SCENARIO(setuid_root_tracer)
{
	run_setuid(true);
}

SCENARIO(setuid_nobody_tracer)
{
	run_setuid(false);
}

/* A tracer of before the exec stays, one that comes after it may not. */
SCENARIO(of_unreadable_program)
{
	int tracer = helper();
	int fd = tiny_file(TINY_64, SETUID_PATH, 0111);
	pid_t pid;

	close(fd);
	pid = start(exec_setuid);
	gate_await(GATE_A);
	tell(tracer, become_nobody, 0, 0);
	gate_open(GATE_B);
	until_in(pid, NR_pause);
	tell(tracer, seize_it, pid, 0);
	unlink(SETUID_PATH);
}

SCENARIO(pause_and_detach)
{
	pid_t pid = start_seized(exec_pause, PTRACE_O_TRACEEXEC);

	wait_stop(pid);
	resume(PTRACE_DETACH, pid, 0);
	until_in(pid, NR_pause);
	show_proc(pid);
}
