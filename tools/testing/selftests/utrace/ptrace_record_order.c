// SPDX-License-Identifier: GPL-2.0-only
/* What has happened by the time when a stop can be seen, and what has not. */
#define FAMILY "order"
#include <poll.h>
#include "ptrace_record.h"

/* --- a task that is killed before its call does not make it */

static void prog_write(void)
{
	uint64_t n = 1;

	raise_raw(SIGUSR1);
	if (shared->words[WORD_A])
		trace_calls_with_seccomp(SYS_write, 42);
	CALL3(SYS_write, BLOCK_FD, &n, sizeof(n));
	leave_group(EXIT_CODE);
}

static void show_written(void)
{
	struct pollfd fd = { .fd = BLOCK_FD, .events = POLLIN };

	rec("written: %s", poll(&fd, 1, 0) ? "yes" : "no");
}

static bool at_write(pid_t pid)
{
	struct syscall_info info = {};

	ptrace_raw(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), (long)&info);
	return info.op != SYSCALL_INFO_EXIT && info.entry.nr == SYS_write;
}

enum { AT_ENTRY, AT_SECCOMP, AT_EXIT, NR_PLACES };

static const char * const places[] = { "entry", "seccomp", "exit" };

static const struct {
	const char *name;
	int signo;
	int request;
} ends[] = {
	{ "killed", SIGKILL },
	{ "killed_by_request", 0, PTRACE_KILL },
	{ "resumed", 0, PTRACE_CONT },
	{ "resumed_with_kill", SIGKILL, PTRACE_CONT },
	{ "resumed_with_term", SIGTERM, PTRACE_CONT },
	{ "detached_with_kill", SIGKILL, PTRACE_DETACH },
	{ "detached_with_term", SIGTERM, PTRACE_DETACH },
};

/* From the stop for a signal that comes before it. */
static void go_to_write(pid_t pid, int request)
{
	wait_for(pid, WALL);
	do {
		resume(request, pid, 0);
		wait_for(pid, WALL);
	} while (!at_write(pid));
}

static void run_at_write(const struct scenario *self)
{
	pid_t pid;

	shared->words[WORD_A] = self->a == AT_SECCOMP;
	pid = start_seized(prog_write, PTRACE_O_TRACESYSGOOD |
			   PTRACE_O_TRACESECCOMP);
	go_to_write(pid, self->a == AT_SECCOMP ? PTRACE_CONT : PTRACE_SYSCALL);
	if (self->a == AT_EXIT) {
		resume(PTRACE_SYSCALL, pid, 0);
		wait_for(pid, WALL);
	}
	show_written();
	if (ends[self->b].request)
		resume(ends[self->b].request, pid, ends[self->b].signo);
	else
		send(pid, ends[self->b].signo);
	run_out(pid, PTRACE_CONT);
	show_written();
}

GENERATE(add_at_write)
{
	int i, k;

	for (i = 0; i < NR_PLACES; i++) {
		for (k = 0; k < ARRAY_SIZE(ends); k++)
			add_scenario(run_at_write, i, k,
				     FAMILY "/%s_at_%s", ends[k].name,
				     places[i]);
	}
}

/* The same, of another thread: it ends the process. */
static void ends_process(void)
{
	gate_wait(GATE_A);
	leave_group(6);
}

static void prog_two_write(void)
{
	thread_raw(ends_process);
	prog_write();
}

SCENARIO(group_ends_at_entry)
{
	pid_t pid = start_seized(prog_two_write, PTRACE_O_TRACESYSGOOD);

	go_to_write(pid, PTRACE_SYSCALL);
	gate_open(GATE_A);
	wait_for(pid, WALL);
	show_written();
}

/* --- what a call leaves to be done on the way out of it is done before the stop */

#define PIPE_READ	102
#define PIPE_WRITE	103

/* The tracee has the only end to write to. */
static pid_t start_with_pipe(void (*program)(void), long options)
{
	int pipe[2];
	pid_t pid;

	if (pipe2(pipe, O_CLOEXEC) || dup3(pipe[0], PIPE_READ, O_CLOEXEC) < 0 ||
	    dup3(pipe[1], PIPE_WRITE, O_CLOEXEC) < 0)
		rec("pipe: %s", error_name(errno));
	close(pipe[0]);
	close(pipe[1]);
	pid = start_seized(program, options);
	close(PIPE_WRITE);
	return pid;
}

static void show_pipe(void)
{
	struct pollfd fd = { .fd = PIPE_READ };

	rec("pipe: %s", poll(&fd, 1, 0) ? "closed" : "open");
}

/* Unlike close(), this leaves the last of it for later. */
static void prog_replace(void)
{
	raise_raw(SIGUSR1);
	CALL3(SYS_dup3, BLOCK_FD, PIPE_WRITE, 0);
	raise_raw(SIGUSR1);
	leave_group(EXIT_CODE);
}

static void show_pipe_until_end(pid_t pid, int request)
{
	int status;

	do {
		status = wait_for(pid, WALL);
		show_pipe();
	} while (status != -1 && WIFSTOPPED(status) && !resume(request, pid, 0));
}

SCENARIO(closed_by_call)
{
	show_pipe_until_end(start_with_pipe(prog_replace, PTRACE_O_TRACESYSGOOD),
			    PTRACE_SYSCALL);
}

SCENARIO(closed_before_signal)
{
	show_pipe_until_end(start_with_pipe(prog_replace, 0), PTRACE_CONT);
}

static void prog_signal_exec(void)
{
	raise_raw(SIGUSR1);
	prog_exec();
}

SCENARIO(closed_by_exec)
{
	show_pipe_until_end(start_with_pipe(prog_signal_exec,
					    PTRACE_O_TRACEEXEC |
					    PTRACE_O_TRACEEXIT), PTRACE_CONT);
}

SCENARIO(closed_by_exit)
{
	show_pipe_until_end(start_with_pipe(prog_signal, PTRACE_O_TRACEEXIT),
			    PTRACE_CONT);
}

/* --- whom SIGCHLD has told of a stop, a wait does not disappoint */

static const struct {
	const char *name;
	void (*program)(void);
	long options;
	int request;		/* in the stop before, which is for a signal */
	int signo;
} told[] = {
	{ "signal", prog_signal },
	{ "entry", prog_calls, PTRACE_O_TRACESYSGOOD, PTRACE_SYSCALL },
	{ "entry_plain", prog_calls, 0, PTRACE_SYSCALL },
	{ "sysemu", prog_calls, 0, PTRACE_SYSEMU },
	{ "step", prog_calls, 0, PTRACE_SINGLESTEP },
	{ "group", prog_sigstop, 0, PTRACE_CONT, SIGSTOP },
	{ "vfork_done", prog_vfork, PTRACE_O_TRACEVFORKDONE },
	{ "exec", prog_exec, PTRACE_O_TRACEEXEC },
	{ "exit", prog_exit, PTRACE_O_TRACEEXIT },
	{ "seccomp", prog_seccomp, PTRACE_O_TRACESECCOMP },
	{ "end", prog_exit },
	{ "end_by_signal", prog_signal, 0, PTRACE_CONT, SIGTERM },
};

/* Seized, and about to do what the tracer is told of; with SIGCHLD as it is. */
static pid_t start_told(int i)
{
	pid_t pid = start_held(told[i].program);

	req(PTRACE_SEIZE, pid, 0, told[i].options);
	if (told[i].request) {
		let_go(pid);
		wait_for(pid, WALL);
		forget_sigchld();
	}
	return pid;
}

/* Without a word, as another thread has its own to say of it. */
static void go_on(pid_t pid, int i)
{
	if (told[i].request)
		ptrace_raw(told[i].request, pid, 0, told[i].signo);
	else
		let_go(pid);
}

static void run_told(const struct scenario *self)
{
	pid_t pid = start_told(self->a);

	go_on(pid, self->a);
	wait_sigchld();
	wait_for(pid, WALL | WNOHANG);
	rec("%s is %c", who(pid), state_of(pid) ?: '-');
}

/* And nobody waits in vain who does not want to be told by SIGCHLD. */
static void run_not_told(const struct scenario *self)
{
	struct sigaction action = { .sa_handler = SIG_IGN };
	pid_t pid = start_told(self->a);
	int h = helper_thread();

	if (self->b) {
		action.sa_handler = SIG_DFL;
		action.sa_flags = SA_NOCLDSTOP;
	}
	sigaction(SIGCHLD, &action, NULL);
	tell_begin(h, wait_it, pid, WALL);
	until_in(helper_pid(h), SYS_wait4);
	go_on(pid, self->a);
	tell_end(h);
	show_sigchld();
	rec("%s is %c", who(pid), state_of(pid) ?: '-');
}

GENERATE(add_told)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(told); i++) {
		if ((!HAVE_STEP && told[i].request == PTRACE_SINGLESTEP) ||
		    !have_request(told[i].request))
			continue;
		add_scenario(run_told, i, 0, FAMILY "/sigchld_before_%s",
			     told[i].name);
		add_scenario(run_not_told, i, 0, FAMILY "/ignored_at_%s",
			     told[i].name);
		add_scenario(run_not_told, i, 1, FAMILY "/nocldstop_at_%s",
			     told[i].name);
	}
}

static void stop_it(long pid, long unused)
{
	ptrace_raw(PTRACE_CONT, pid, 0, SIGSTOP);
}

/* The parent, which is not the tracer, waits for the stop of the group. */
static void run_parent_waits(const struct scenario *self)
{
	struct sigaction action = {
		.sa_handler = self->a ? SIG_IGN : SIG_DFL,
		.sa_flags = SA_NOCLDSTOP,
	};
	pid_t pid = start_held(prog_sigstop);
	int tracer = helper(), h = helper_thread();

	sigaction(SIGCHLD, &action, NULL);
	tell(tracer, seize_it, pid, 0);
	tell_begin(h, wait_it, pid, WUNTRACED);
	until_in(helper_pid(h), SYS_wait4);
	let_go(pid);
	tell(tracer, wait_it, pid, WALL);
	until_in(helper_pid(h), SYS_wait4);
	tell(tracer, stop_it, pid, 0);
	tell_end(h);
	show_sigchld();
	tell(tracer, wait_it, pid, WALL | WNOHANG);
}

GENERATE(add_parent_waits)
{
	add_scenario(run_parent_waits, 0, 0, FAMILY "/parent_nocldstop");
	add_scenario(run_parent_waits, 1, 0, FAMILY "/parent_ignores");
}
