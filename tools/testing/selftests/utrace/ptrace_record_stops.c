// SPDX-License-Identifier: GPL-2.0-only
/* How to get a task into each of the states. */
#include "ptrace_record_stops.h"

static pid_t new_task;

/* The first stop of a task that was seized. */
static pid_t first_stop(const struct stop *self)
{
	pid_t pid = start_seized(self->program, self->options);

	new_task = event_child(pid, wait_for(pid, WALL));
	if (new_task) {
		name_child(new_task);
		until_state(new_task, "t");
	}
	return pid;
}

/* As many system call stops after it. */
static pid_t call_stop(const struct stop *self)
{
	pid_t pid = first_stop(self);
	int i;

	for (i = 0; i < self->requests; i++) {
		ptrace_raw(PTRACE_SYSCALL, pid, 0, 0);
		wait_for(pid, WALL);
	}
	return pid;
}

static pid_t stepped(const struct stop *self)
{
	pid_t pid = first_stop(self);

	/* Where nothing steps it is where it was. */
	if (!ptrace_raw(PTRACE_SINGLESTEP, pid, 0, self->signo))
		wait_for(pid, WALL);
	return pid;
}

/* A call that is not made. */
static pid_t emulated(const struct stop *self)
{
	pid_t pid = first_stop(self);

	/* Where no machine emulates it is where it was. */
	if (!ptrace_raw(PTRACE_SYSEMU, pid, 0, 0))
		wait_for(pid, WALL);
	return pid;
}

static pid_t new_child(const struct stop *self)
{
	pid_t pid = start_seized(self->program, self->options);
	pid_t child = event_child(pid, wait_for(pid, WALL));

	name_child(child);
	wait_for(child, WALL);
	ptrace_raw(PTRACE_CONT, pid, 0, 0);
	leave_to_parent(child);
	return child;
}

static pid_t attached(const struct stop *self)
{
	pid_t pid = start_held(self->program);

	let_go(pid);
	until_in(pid, SYS_read);
	ptrace_raw(PTRACE_ATTACH, pid, 0, 0);
	wait_for(pid, WALL);
	return pid;
}

static pid_t interrupted(const struct stop *self)
{
	pid_t pid = start_seized(self->program, self->options);

	until_in(pid, SYS_read);
	ptrace_raw(PTRACE_INTERRUPT, pid, 0, 0);
	wait_for(pid, WALL);
	return pid;
}

/* From the stop for the signal into the one of the group. */
static pid_t group_seized(const struct stop *self)
{
	pid_t pid = first_stop(self);

	ptrace_raw(PTRACE_CONT, pid, 0, SIGSTOP);
	wait_for(pid, WALL);
	return pid;
}

static pid_t group_attached(const struct stop *self)
{
	pid_t pid = start_attached(self->program, self->options);

	wait_for(pid, WALL);
	ptrace_raw(PTRACE_CONT, pid, 0, SIGSTOP);
	wait_for(pid, WALL);
	return pid;
}

static pid_t listening(const struct stop *self)
{
	pid_t pid = group_seized(self);

	ptrace_raw(PTRACE_LISTEN, pid, 0, 0);
	return pid;
}

static pid_t exec_trap(const struct stop *self)
{
	pid_t pid = start_attached(self->program, self->options);

	wait_for(pid, WALL);
	return pid;
}

static pid_t blocked(const struct stop *self)
{
	pid_t pid = start_seized(self->program, self->options);

	until_in(pid, SYS_read);
	return pid;
}

static pid_t spinning(const struct stop *self)
{
	pid_t pid = start_seized(self->program, self->options);

	until_word(WORD_SPINS, 1);
	return pid;
}

static pid_t zombie(const struct stop *self)
{
	pid_t pid = start_seized(self->program, self->options);

	until_state(pid, "Z");
	return pid;
}

static pid_t reaped(const struct stop *self)
{
	pid_t pid = start_seized(self->program, self->options);

	wait_for(pid, WALL);
	return pid;
}

static pid_t untraced(const struct stop *self)
{
	pid_t pid = start(self->program);

	until_in(pid, SYS_read);
	return pid;
}

static pid_t untraced_stopped(const struct stop *self)
{
	pid_t pid = start(self->program);

	until_state(pid, "T");
	return pid;
}

/* A stop that the tracer was not told of with a wait. */
static pid_t not_waited_for(const struct stop *self)
{
	pid_t pid = start_seized(self->program, self->options);

	until_state(pid, "t");
	return pid;
}

static void seize_quietly(long pid, long options)
{
	ptrace_raw(PTRACE_SEIZE, pid, 0, options);
}

static void stop_quietly(long pid, long unused)
{
	ptrace_raw(PTRACE_INTERRUPT, pid, 0, 0);
	waitpid(pid, NULL, WALL);
}

/* Stopped for another tracer. */
static pid_t others(const struct stop *self)
{
	pid_t pid = start(self->program);
	int other = helper();

	until_in(pid, SYS_read);
	tell(other, seize_quietly, pid, self->options);
	tell(other, stop_quietly, pid, 0);
	return pid;
}

/* Stopped for another thread of the tracer. */
static pid_t other_threads(const struct stop *self)
{
	pid_t pid = start(self->program);
	int other = helper_thread();

	until_in(pid, SYS_read);
	tell(other, seize_quietly, pid, self->options);
	tell(other, stop_quietly, pid, 0);
	return pid;
}

const struct stop stops[] = {
	{ "signal", first_stop, prog_calls },
	{ "entry", call_stop, prog_calls, PTRACE_O_TRACESYSGOOD, 1 },
	{ "exit", call_stop, prog_calls, PTRACE_O_TRACESYSGOOD, 2 },
	{ "entry_plain", call_stop, prog_calls, 0, 1 },
	{ "sysemu", emulated, prog_calls, PTRACE_O_TRACESYSGOOD },
	{ "step", stepped, prog_calls },
	{ "handler", stepped, prog_handler, .signo = SIGUSR1 },
	{ "fork", first_stop, prog_fork, PTRACE_O_TRACEFORK },
	{ "vfork", first_stop, prog_vfork, PTRACE_O_TRACEVFORK },
	{ "vfork_done", first_stop, prog_vfork, PTRACE_O_TRACEVFORKDONE },
	{ "clone", first_stop, prog_clone, PTRACE_O_TRACECLONE },
	{ "new_child", new_child, prog_fork, PTRACE_O_TRACEFORK },
	{ "new_thread", new_child, prog_clone, PTRACE_O_TRACECLONE },
	{ "exec", first_stop, prog_exec, PTRACE_O_TRACEEXEC },
	{ "exec_trap", exec_trap, prog_exec },
	{ "exit_event", first_stop, prog_exit, PTRACE_O_TRACEEXIT },
	{ "seccomp", first_stop, prog_seccomp, PTRACE_O_TRACESECCOMP },
	{ "attach", attached, prog_read },
	{ "interrupt", interrupted, prog_read },
	{ "group_seized", group_seized, prog_sigstop },
	{ "group_attached", group_attached, prog_sigstop },
	{ "unwaited", not_waited_for, prog_signal },
	{ "listen", listening, prog_sigstop, .runs = true },
	{ "blocked", blocked, prog_read, .runs = true },
	{ "running", spinning, prog_spin, .runs = true },
	{ "zombie", zombie, prog_exit, .runs = true },
	{ "reaped", reaped, prog_exit, .runs = true },
	{ "untraced", untraced, prog_read, .runs = true },
	{ "untraced_stopped", untraced_stopped, prog_sigstop, .runs = true },
	{ "other_tracer", others, prog_read, .runs = true },
	{ "other_thread", other_threads, prog_read, .runs = true },
};

const int nr_stops = ARRAY_SIZE(stops);

pid_t reach(int stop, pid_t *child)
{
	pid_t pid = stops[stop].reach(&stops[stop]);

	*child = new_task;
	return pid;
}

pid_t reach_alone(int stop)
{
	pid_t child, pid = reach(stop, &child);

	if (child)
		ptrace_raw(PTRACE_DETACH, child, 0, 0);
	return pid;
}

void see(pid_t pid, int request)
{
	int i, status;

	for (i = 0; i < 5; i++) {
		if (resume(request, pid, 0) || settle(pid) != 'W')
			break;
		status = wait_stop(pid);
		if (status == -1 || !WIFSTOPPED(status))
			return;
		if (WSTOPSIG(status) == SIGSEGV)
			break;
	}
	send(pid, SIGKILL);
	wait_for(pid, WALL);
}
