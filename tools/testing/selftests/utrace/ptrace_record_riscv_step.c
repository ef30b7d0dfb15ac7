// SPDX-License-Identifier: GPL-2.0-only
/* From one breakpoint to another on riscv, where nothing steps. */
#define FAMILY "step"
#include "ptrace_record_pieces.h"

void prepare_piece(void)
{
}

void enter_piece(pid_t pid)
{
	skip_ebreak(pid);
}

void pass_breakpoint(pid_t pid)
{
	if (at_breakpoint(pid))
		skip_ebreak(pid);
}

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

const struct way ways[] = {
	{ "cont_then_step", PTRACE_CONT, PTRACE_SINGLESTEP },
	{ "cont_alone", PTRACE_CONT, PTRACE_CONT },
	{ "cont_exit", PTRACE_CONT, PTRACE_CONT, PTRACE_O_TRACEEXIT },
	{ "syscall", PTRACE_SYSCALL, PTRACE_SYSCALL },
	{ "syscall_good", PTRACE_SYSCALL, PTRACE_SYSCALL,
	  PTRACE_O_TRACESYSGOOD },
	{ "syscall_events", PTRACE_SYSCALL, PTRACE_SYSCALL,
	  PTRACE_O_TRACESYSGOOD | CHILD_EVENTS },
	{ "handled", PTRACE_SYSCALL, PTRACE_SYSCALL, PTRACE_O_TRACESYSGOOD,
	  SIGUSR2 },
	{ "ignored", PTRACE_SYSCALL, PTRACE_SYSCALL, PTRACE_O_TRACESYSGOOD,
	  SIGTERM },
	{ "syscall_then_cont", PTRACE_SYSCALL, PTRACE_CONT,
	  PTRACE_O_TRACESYSGOOD },
};

const int nr_ways = ARRAY_SIZE(ways);

/* The trap of a breakpoint that nobody goes past comes again. */
SCENARIO(break_again)
{
	pid_t pid = start_piece(piece_break, 0);
	int i;

	for (i = 0; i < 3; i++)
		go_on(pid, PTRACE_CONT, 0);
	resume(PTRACE_CONT, pid, SIGTRAP);
	run_out(pid, PTRACE_CONT);
}

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
