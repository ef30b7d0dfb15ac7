// SPDX-License-Identifier: GPL-2.0-only
/* Each piece of the architecture's code, by each way to go through it. */
#define FAMILY "step"
#include "ptrace_record_pieces.h"

const struct label arch_labels[] = {
	{ "piece", piece_plain, pieces_end },
	{ "data", piece_data, piece_data + sizeof(piece_data) },
	{ }
};

bool is_stopped(int status)
{
	return status != -1 && WIFSTOPPED(status);
}

int step_stop(pid_t pid)
{
	int status = wait_for(pid, WALL);

	if (is_stopped(status)) {
		show_siginfo(pid);
		show_regs(pid);
	}
	return status;
}

bool at_breakpoint(pid_t pid)
{
	siginfo_t info = {};

	return !ptrace_raw(PTRACE_GETSIGINFO, pid, 0, (long)&info) &&
	       info.si_signo == SIGTRAP && info.si_code == TRAP_BRKPT;
}

pid_t start_piece(void (*fn)(void), long options)
{
	pid_t pid;

	piece = fn;
	pid = start_seized(do_piece, options);
	step_stop(pid);
	enter_piece(pid);
	return pid;
}

static int status_after(pid_t pid, int request, int signo)
{
	/* It may wait for a child that has to be let go. */
	if (resume(request, pid, signo) || settle(pid) != 'W')
		return -1;
	return step_stop(pid);
}

bool go_on(pid_t pid, int request, int signo)
{
	return is_stopped(status_after(pid, request, signo));
}

/* --- the ways; the architecture has more */

static const struct way common_ways[] = {
	{ "cont", PTRACE_CONT, PTRACE_CONT, CHILD_EVENTS },
	{ "sysemu", PTRACE_SYSEMU, PTRACE_SYSEMU, PTRACE_O_TRACESYSGOOD },
	{ "step", PTRACE_SINGLESTEP, PTRACE_SINGLESTEP },
	{ "step_good", PTRACE_SINGLESTEP, PTRACE_SINGLESTEP,
	  PTRACE_O_TRACESYSGOOD },
	{ "step_events", PTRACE_SINGLESTEP, PTRACE_SINGLESTEP, CHILD_EVENTS },
	{ "step_exit", PTRACE_SINGLESTEP, PTRACE_SINGLESTEP,
	  PTRACE_O_TRACEEXIT },
	{ "ignored", PTRACE_SINGLESTEP, PTRACE_SINGLESTEP, 0, SIGTERM },
	{ "syscall", PTRACE_SINGLESTEP, PTRACE_SYSCALL, PTRACE_O_TRACESYSGOOD },
	{ "sysemu_step", PTRACE_SYSEMU_SINGLESTEP, PTRACE_SYSEMU_SINGLESTEP,
	  PTRACE_O_TRACESYSGOOD },
};

/* Where a step is an error, one is enough. */
#define NR_COMMON	(HAVE_STEP ? (int)ARRAY_SIZE(common_ways) : 3)

static const struct way *way_of(int i)
{
	return i < NR_COMMON ? &common_ways[i] : &ways[i - NR_COMMON];
}

/* A step that is an error leaves the program where it is. */
static int request_of(const struct way *way, pid_t pid, int i)
{
	int request = i & 1 ? way->other : way->request;

	if (HAVE_STEP || request != PTRACE_SINGLESTEP)
		return request;
	resume(request, pid, 0);
	return PTRACE_CONT;
}

/* Until it is at its end or waits, 24 times at most. */
static void go_through(pid_t pid, const struct way *way)
{
	int i;

	for (i = 0; i < 24; i++) {
		int request = request_of(way, pid, i);
		int status = status_after(pid, request, i == 2 ? way->signo : 0);
		pid_t child = event_child(pid, status);

		if (!is_stopped(status))
			break;
		if (child) {
			name_child(child);
			follow(child, PTRACE_CONT, 20);
		}
		pass_breakpoint(pid);
	}
}

static void run_piece(const struct scenario *self)
{
	const struct way *way = way_of(self->b);
	pid_t pid = start_piece(pieces[self->a].fn, way->options);

	go_through(pid, way);
	run_out(pid, PTRACE_CONT);
	show_notes();
}

GENERATE(add_pieces)
{
	int i, k;

	for (i = 0; i < nr_pieces; i++) {
		for (k = 0; k < NR_COMMON + nr_ways; k++)
			add_scenario(run_piece, i, k, FAMILY "/%s/%s",
				     pieces[i].name, way_of(k)->name);
	}
}

SCENARIO(step_then_detach)
{
	pid_t pid = start_piece(piece_plain, 0);

	go_on(pid, PTRACE_SINGLESTEP, 0);
	resume(PTRACE_DETACH, pid, 0);
	run_out(pid, PTRACE_CONT);
}
