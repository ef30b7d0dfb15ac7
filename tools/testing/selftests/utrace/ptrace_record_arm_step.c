// SPDX-License-Identifier: GPL-2.0-only
/* What is between the breakpoints on arm, and those of a debugger. */
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
	{ "exclusive", piece_exclusive },
	{ "store", piece_store },
	{ "thumb", piece_thumb },
};

const int nr_pieces = ARRAY_SIZE(pieces);

/* --- breakpoints that a debugger plants, of each kind that the kernel knows */

static const struct plant {
	const char *name;
	void (*piece)(void);
	const char *at;
	unsigned long insn;
	unsigned long mask;
} plants[] = {
	{ "arm", piece_store, piece_store_insn, 0xe7f001f0, -1ul },
	{ "thumb", piece_thumb, piece_thumb_insn, 0xde01, 0xffff },
	/* Its first half is the first in memory. */
	{ "thumb_4", piece_thumb, piece_thumb_insn, 0xa000f7f0, -1ul },
};

static void planted(const struct scenario *self)
{
	const struct plant *plant = &plants[self->a];
	pid_t pid = start_piece(plant->piece, PTRACE_O_TRACESYSGOOD);
	unsigned long word;

	memcpy(&word, plant->at, sizeof(word));
	req(PTRACE_POKETEXT, pid, (unsigned long)plant->at,
	    (word & ~plant->mask) | plant->insn);
	/* Past those that are there anyway. */
	while (go_on(pid, self->b, 0) && plant->piece == piece_thumb) {
		unsigned long pc = 0;

		ptrace_raw(PTRACE_PEEKUSER, pid, 15 * sizeof(long), (long)&pc);
		if (pc == (unsigned long)plant->at)
			break;
		pass_breakpoint(pid);
	}
	req(PTRACE_POKETEXT, pid, (unsigned long)plant->at, word);
	go_on(pid, self->b, 0);
	run_out(pid, PTRACE_CONT);
	show_notes();
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

/* --- breakpoint and watchpoint registers: the latter have negative numbers */

#define BREAK_ADDRESS	1
#define WATCH_ADDRESS	-1

/* Length and kind as in the register, enabled for user space. */
#define CONTROL(length, kind)	((length) << 5 | (kind) << 3 | 2 << 1 | 1)
#define ON_STORE		2
#define FOUR_BYTES		15

static void set_slot(pid_t pid, int number, unsigned long address,
		     unsigned long control)
{
	static unsigned long data;
	int other = number < 0 ? number - 1 : number + 1;

	data = address;
	req(PTRACE_SETHBPREGS, pid, number, (long)&data);
	data = control;
	req(PTRACE_SETHBPREGS, pid, other, (long)&data);
	req(PTRACE_GETHBPREGS, pid, number, (long)&data);
	rec("  address %s", where(data));
	req(PTRACE_GETHBPREGS, pid, other, (long)&data);
	rec("  control %#lx", data);
}

static void run_debug(const struct scenario *self)
{
	pid_t pid = start_piece(piece_store, 0);
	int i;

	if (self->a == BREAK_ADDRESS)
		set_slot(pid, self->a, (unsigned long)piece_store_insn,
			 CONTROL(FOUR_BYTES, 0));
	else
		set_slot(pid, self->a, (unsigned long)piece_data,
			 CONTROL(FOUR_BYTES, ON_STORE));
	for (i = 0; i < 3; i++) {
		if (!go_on(pid, self->b, 0))
			break;
		set_slot(pid, self->a, 0, 0);
	}
	run_out(pid, PTRACE_CONT);
}

static void run_bad_debug(const struct scenario *self)
{
	pid_t pid = start_piece(piece_store, 0);

	set_slot(pid, self->a, -8ul, CONTROL(FOUR_BYTES, 0));
	set_slot(pid, self->a, (unsigned long)piece_data, CONTROL(0, 3));
	set_slot(pid, self->a, (unsigned long)piece_data | 1,
		 CONTROL(FOUR_BYTES, 3));
	set_slot(pid, self->a, 0, 0);
	run_out(pid, PTRACE_CONT);
}

GENERATE(add_debug)
{
	add_scenario(run_debug, BREAK_ADDRESS, PTRACE_CONT,
		     FAMILY "/hw_break_cont");
	add_scenario(run_debug, BREAK_ADDRESS, PTRACE_SYSCALL,
		     FAMILY "/hw_break_syscall");
	add_scenario(run_debug, WATCH_ADDRESS, PTRACE_CONT,
		     FAMILY "/hw_watch_cont");
	add_scenario(run_debug, WATCH_ADDRESS, PTRACE_SYSCALL,
		     FAMILY "/hw_watch_syscall");
	add_scenario(run_bad_debug, BREAK_ADDRESS, 0, FAMILY "/hw_break_wrong");
	add_scenario(run_bad_debug, WATCH_ADDRESS, 0, FAMILY "/hw_watch_wrong");
}
