// SPDX-License-Identifier: GPL-2.0-only
/* From one breakpoint to another, on machines where nothing steps. */
#define FAMILY "step"
#include "ptrace_record_pieces.h"

void prepare_piece(void)
{
}

void enter_piece(pid_t pid)
{
	skip_break(pid);
}

void pass_breakpoint(pid_t pid)
{
	if (at_breakpoint(pid))
		skip_break(pid);
}

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

/* With another instruction in piece_store(), until somebody came to it. */
void run_planted(unsigned long insn, unsigned long mask, int request)
{
	unsigned long at = (unsigned long)piece_store_insn, word;
	pid_t pid = start_piece(piece_store, PTRACE_O_TRACESYSGOOD);

	memcpy(&word, piece_store_insn, sizeof(word));
	req(PTRACE_POKETEXT, pid, at, (word & ~mask) | insn);
	go_on(pid, request, 0);
	req(PTRACE_POKETEXT, pid, at, word);
	go_on(pid, request, 0);
	run_out(pid, PTRACE_CONT);
	show_notes();
}

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
