// SPDX-License-Identifier: GPL-2.0-only
/* Single steps and steps to the next branch on powerpc. */
#define FAMILY "step"
#include "ptrace_record_pieces.h"

void prepare_piece(void)
{
}

void enter_piece(pid_t pid)
{
	skip_trap(pid);
}

void pass_breakpoint(pid_t pid)
{
	if (at_breakpoint(pid))
		skip_trap(pid);
}

const struct piece pieces[] = {
	{ "plain", piece_plain },
	{ "branch", piece_branch },
	{ "call", piece_call },
	{ "scv", piece_scv },
	{ "trap", piece_trap },
	{ "raise", piece_raise },
	{ "fork", piece_fork },
	{ "vfork", piece_vfork },
	{ "reserved", piece_reserved },
	{ "store", piece_store },
};

const int nr_pieces = ARRAY_SIZE(pieces);

const struct way ways[] = {
	{ "handled", PTRACE_SINGLESTEP, PTRACE_SINGLESTEP, 0, SIGUSR2 },
	{ "handled_cont", PTRACE_SINGLESTEP, PTRACE_CONT, 0, SIGUSR2 },
	{ "block", PTRACE_SINGLEBLOCK, PTRACE_SINGLEBLOCK },
	{ "block_events", PTRACE_SINGLEBLOCK, PTRACE_SINGLEBLOCK,
	  CHILD_EVENTS },
	{ "block_then_step", PTRACE_SINGLEBLOCK, PTRACE_SINGLESTEP },
	{ "step_then_cont", PTRACE_SINGLESTEP, PTRACE_CONT },
	{ "calls", PTRACE_SYSCALL, PTRACE_SYSCALL, PTRACE_O_TRACESYSGOOD },
	{ "sysemu_then_step", PTRACE_SYSEMU_SINGLESTEP, PTRACE_SINGLESTEP,
	  PTRACE_O_TRACESYSGOOD },
};

const int nr_ways = ARRAY_SIZE(ways);
