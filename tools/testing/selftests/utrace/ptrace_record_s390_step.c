// SPDX-License-Identifier: GPL-2.0-only
/* Single steps and block steps on s390, and what else PER can record. */
#define FAMILY "step"
#include "ptrace_record_pieces.h"

/* Each piece begins with a breakpoint, so there is nothing to do. */
void prepare_piece(void)
{
}

void enter_piece(pid_t pid)
{
}

void pass_breakpoint(pid_t pid)
{
}

const struct piece pieces[] = {
	{ "plain", piece_plain },
	{ "branch", piece_branch },
	{ "call", piece_call },
	{ "raise", piece_raise },
	{ "fork", piece_fork },
	{ "vfork", piece_vfork },
	{ "store", piece_store },
};

const int nr_pieces = ARRAY_SIZE(pieces);

const struct way ways[] = {
	{ "block", PTRACE_SINGLEBLOCK, PTRACE_SINGLEBLOCK },
	{ "block_then_step", PTRACE_SINGLEBLOCK, PTRACE_SINGLESTEP },
	{ "step_then_cont", PTRACE_SINGLESTEP, PTRACE_CONT },
};

const int nr_ways = ARRAY_SIZE(ways);

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
	for (i = 0; i < 3 && go_on(pid, self->b, 0); i++)
		;
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
