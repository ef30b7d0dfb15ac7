// SPDX-License-Identifier: GPL-2.0-only
/* What is between the breakpoints on riscv, and those of a debugger. */
#define FAMILY "step"
#include "ptrace_record_pieces.h"

const struct piece pieces[] = {
	{ "plain", piece_plain },
	{ "branch", piece_branch },
	{ "call", piece_call },
	{ "break", piece_break },
	{ "raise", piece_raise },
	{ "fork", piece_fork },
	{ "vfork", piece_vfork },
	{ "reserved", piece_reserved },
	{ "store", piece_store },
};

const int nr_pieces = ARRAY_SIZE(pieces);

/* --- breakpoints that a debugger plants, of either size */

static void planted(const struct scenario *self)
{
	if (self->a == 2)
		run_planted(0x9002, 0xffff, self->b);
	else
		run_planted(0x00100073, 0xffffffff, self->b);
}

GENERATE(add_planted)
{
	add_scenario(planted, 4, PTRACE_CONT, FAMILY "/planted_cont");
	add_scenario(planted, 4, PTRACE_SYSCALL, FAMILY "/planted_syscall");
	add_scenario(planted, 2, PTRACE_CONT, FAMILY "/planted_2_cont");
	add_scenario(planted, 2, PTRACE_SYSCALL,
		     FAMILY "/planted_2_syscall");
}
