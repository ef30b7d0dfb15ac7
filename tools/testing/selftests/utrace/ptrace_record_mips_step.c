// SPDX-License-Identifier: GPL-2.0-only
/* What is between the breakpoints on mips, and those of a debugger. */
#define FAMILY "step"
#include "ptrace_record_pieces.h"

const struct piece pieces[] = {
	{ "plain", piece_plain },
	{ "branch", piece_branch },
	{ "call", piece_call },
	{ "break", piece_break },
	{ "delay", piece_delay },
	{ "raise", piece_raise },
	{ "fork", piece_fork },
	{ "vfork", piece_vfork },
	{ "linked", piece_linked },
	{ "store", piece_store },
};

const int nr_pieces = ARRAY_SIZE(pieces);

/* --- instructions that a debugger plants, with codes that mean something else */

static const struct plant {
	const char *name;
	unsigned long insn;
} plants[] = {
	{ "break", 0x0000000d },
	{ "step", 0x0005000d },
	{ "overflow", 0x0006000d },
	{ "bug", 0x000c000d },
	{ "second", 0x0000014d },	/* in the other half of the code */
	{ "trap", 0x00000034 },
};

static void planted(const struct scenario *self)
{
	run_planted(plants[self->a].insn, -1ul, self->b);
}

GENERATE(add_planted)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(plants); i++) {
		add_scenario(planted, i, PTRACE_CONT,
			     FAMILY "/planted_%s_cont", plants[i].name);
		add_scenario(planted, i, PTRACE_SYSCALL,
			     FAMILY "/planted_%s_syscall", plants[i].name);
	}
}
