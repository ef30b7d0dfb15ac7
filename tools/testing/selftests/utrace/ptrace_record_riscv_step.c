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

static void plant(pid_t pid, long word)
{
	req(PTRACE_POKETEXT, pid, (unsigned long)piece_store_insn, word);
}

static void run_planted(const struct scenario *self)
{
	pid_t pid = start_piece(piece_store, PTRACE_O_TRACESYSGOOD);
	long word, mask = self->a == 2 ? 0xffff : 0xffffffff;

	memcpy(&word, piece_store_insn, sizeof(word));
	plant(pid, (word & ~mask) | (self->a == 2 ? 0x9002 : 0x00100073));
	go_on(pid, self->b, 0);
	plant(pid, word);
	go_on(pid, self->b, 0);
	run_out(pid, PTRACE_CONT);
	show_notes();
}

GENERATE(add_planted)
{
	add_scenario(run_planted, 4, PTRACE_CONT, FAMILY "/planted_cont");
	add_scenario(run_planted, 4, PTRACE_SYSCALL, FAMILY "/planted_syscall");
	add_scenario(run_planted, 2, PTRACE_CONT, FAMILY "/planted_2_cont");
	add_scenario(run_planted, 2, PTRACE_SYSCALL,
		     FAMILY "/planted_2_syscall");
}
