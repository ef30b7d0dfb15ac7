// SPDX-License-Identifier: GPL-2.0-only
/* Single steps and block steps on s390, and what else PER can record. */
#define FAMILY "step"
#include "ptrace_record_stops.h"

/* Each piece begins with a breakpoint, so there is nothing to do. */
void prepare_piece(void)
{
}

static bool is_stopped(int status)
{
	return status != -1 && WIFSTOPPED(status);
}

static int step_stop(pid_t pid)
{
	int status = wait_for(pid, WALL);

	if (is_stopped(status)) {
		show_siginfo(pid);
		show_regs(pid);
	}
	return status;
}

static pid_t start_piece(void (*fn)(void), long options)
{
	pid_t pid;

	piece = fn;
	pid = start_seized(do_piece, options);
	step_stop(pid);
	return pid;
}

/* --- each piece, by each way to go through it */

static const struct {
	const char *name;
	void (*fn)(void);
} pieces[] = {
	{ "plain", piece_plain },
	{ "branch", piece_branch },
	{ "call", piece_call },
	{ "raise", piece_raise },
	{ "fork", piece_fork },
	{ "vfork", piece_vfork },
	{ "store", piece_store },
};

static const struct {
	const char *name;
	int request;
	int other;		/* every second time */
	long options;
	int signo;		/* with the third */
} ways[] = {
	{ "step", PTRACE_SINGLESTEP, PTRACE_SINGLESTEP },
	{ "step_good", PTRACE_SINGLESTEP, PTRACE_SINGLESTEP,
	  PTRACE_O_TRACESYSGOOD },
	{ "step_events", PTRACE_SINGLESTEP, PTRACE_SINGLESTEP, CHILD_EVENTS },
	{ "step_exit", PTRACE_SINGLESTEP, PTRACE_SINGLESTEP,
	  PTRACE_O_TRACEEXIT },
	{ "ignored", PTRACE_SINGLESTEP, PTRACE_SINGLESTEP, 0, SIGTERM },
	{ "block", PTRACE_SINGLEBLOCK, PTRACE_SINGLEBLOCK },
	{ "block_then_step", PTRACE_SINGLEBLOCK, PTRACE_SINGLESTEP },
	{ "step_then_cont", PTRACE_SINGLESTEP, PTRACE_CONT },
	{ "syscall", PTRACE_SINGLESTEP, PTRACE_SYSCALL, PTRACE_O_TRACESYSGOOD },
	{ "sysemu", PTRACE_SYSEMU, PTRACE_SYSEMU, PTRACE_O_TRACESYSGOOD },
	{ "sysemu_step", PTRACE_SYSEMU_SINGLESTEP, PTRACE_SYSEMU_SINGLESTEP,
	  PTRACE_O_TRACESYSGOOD },
	{ "cont", PTRACE_CONT, PTRACE_CONT, CHILD_EVENTS },
};

/* Until it is at its end or waits, 24 times at most. */
static void go_through(pid_t pid, int way)
{
	int i, status;

	for (i = 0; i < 24; i++) {
		int request = i & 1 ? ways[way].other : ways[way].request;
		pid_t child;

		if (resume(request, pid, i == 2 ? ways[way].signo : 0))
			break;
		if (settle(pid) != 'W')
			break;
		status = step_stop(pid);
		if (!is_stopped(status))
			break;
		child = event_child(pid, status);
		if (child) {
			name_child(child);
			follow(child, PTRACE_CONT, 20);
		}
	}
}

static void run_piece(const struct scenario *self)
{
	pid_t pid = start_piece(pieces[self->a].fn, ways[self->b].options);

	go_through(pid, self->b);
	run_out(pid, PTRACE_CONT);
	show_notes();
}

GENERATE(add_pieces)
{
	int i, k;

	for (i = 0; i < ARRAY_SIZE(pieces); i++) {
		for (k = 0; k < ARRAY_SIZE(ways); k++)
			add_scenario(run_piece, i, k, FAMILY "/%s/%s",
				     pieces[i].name, ways[k].name);
	}
}

SCENARIO(step_then_detach)
{
	pid_t pid = start_piece(piece_plain, 0);

	resume(PTRACE_SINGLESTEP, pid, 0);
	step_stop(pid);
	resume(PTRACE_DETACH, pid, 0);
	run_out(pid, PTRACE_CONT);
}

/* --- a range of addresses, of which PER records stores or what is executed */

#define ON_STORE	0x20000000
#define ON_EXECUTION	0x40000000

static void set_per(pid_t pid, unsigned long control, const void *start,
		    const void *end)
{
	unsigned long place = offsetof(struct user, regs.per_info);

	req(PTRACE_POKEUSER, pid, place, control);
	place = offsetof(struct user, regs.per_info.starting_addr);
	req(PTRACE_POKEUSER, pid, place, (unsigned long)start);
	place = offsetof(struct user, regs.per_info.ending_addr);
	req(PTRACE_POKEUSER, pid, place, (unsigned long)end);
}

static void run_per(const struct scenario *self)
{
	pid_t pid = start_piece(piece_store, 0);
	int i;

	if (self->a == ON_STORE)
		set_per(pid, self->a, piece_data, piece_data + 3);
	else
		set_per(pid, self->a, piece_store, pieces_end);
	ask_user_area(pid);
	for (i = 0; i < 3; i++) {
		if (resume(self->b, pid, 0) || settle(pid) != 'W' ||
		    !is_stopped(step_stop(pid)))
			break;
	}
	run_out(pid, PTRACE_CONT);
}

GENERATE(add_per)
{
	add_scenario(run_per, ON_STORE, PTRACE_CONT, FAMILY "/per_store_cont");
	add_scenario(run_per, ON_STORE, PTRACE_SINGLESTEP,
		     FAMILY "/per_store_step");
	add_scenario(run_per, ON_EXECUTION, PTRACE_CONT,
		     FAMILY "/per_execution_cont");
	add_scenario(run_per, ON_EXECUTION, PTRACE_SINGLESTEP,
		     FAMILY "/per_execution_step");
}
