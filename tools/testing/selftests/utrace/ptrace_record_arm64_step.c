// SPDX-License-Identifier: GPL-2.0-only
/* Single steps on arm64, and its breakpoint registers. */
#define FAMILY "step"
#include <stddef.h>
#include <asm/ptrace.h>
#include "ptrace_record_pieces.h"
#include "ptrace_record_sets.h"

/* Where enter_piece() begins to step. */
void prepare_piece(void)
{
	raise_raw(SIGTERM);
}

static unsigned long pc_of(pid_t pid)
{
	struct user_regs_struct regs = {};

	return get_regs(pid, &regs) ? regs.pc : 0;
}

static bool in_piece(pid_t pid)
{
	unsigned long pc = pc_of(pid);

	return pc >= (unsigned long)piece_plain &&
	       pc < (unsigned long)pieces_end;
}

/* From the signal before it, whose end is a stop of no interest. */
void enter_piece(pid_t pid)
{
	int i;

	for (i = 0; i < 500 && !in_piece(pid); i++) {
		if (ptrace_raw(PTRACE_SINGLESTEP, pid, 0, 0) ||
		    waitpid(pid, NULL, WALL) != pid)
			break;
	}
	rec("%s", in_piece(pid) ? "in the piece" : "never in the piece");
	show_regs(pid);
}

void pass_breakpoint(pid_t pid)
{
	if (at_breakpoint(pid))
		skip_brk(pid);
}

const struct piece pieces[] = {
	{ "plain", piece_plain },
	{ "branch", piece_branch },
	{ "call", piece_call },
	{ "brk", piece_brk },
	{ "raise", piece_raise },
	{ "fork", piece_fork },
	{ "vfork", piece_vfork },
	{ "exclusive", piece_exclusive },
	{ "store", piece_store },
};

const int nr_pieces = ARRAY_SIZE(pieces);

const struct way ways[] = {
	{ "handled", PTRACE_SINGLESTEP, PTRACE_SINGLESTEP, 0, SIGUSR2 },
	{ "handled_cont", PTRACE_SINGLESTEP, PTRACE_CONT, 0, SIGUSR2 },
	{ "sysemu_then_step", PTRACE_SYSEMU_SINGLESTEP, PTRACE_SINGLESTEP,
	  PTRACE_O_TRACESYSGOOD },
};

const int nr_ways = ARRAY_SIZE(ways);

/* The trap of a breakpoint that nobody goes past comes again. */
SCENARIO(brk_again)
{
	pid_t pid = start_piece(piece_brk, 0);
	int i;

	for (i = 0; i < 3; i++) {
		resume(PTRACE_CONT, pid, 0);
		step_stop(pid);
	}
	resume(PTRACE_CONT, pid, SIGTRAP);
	run_out(pid, PTRACE_CONT);
}

SCENARIO(step_then_exec)
{
	pid_t pid = start_seized(prog_exec, PTRACE_O_TRACEEXEC);
	int i;

	wait_stop(pid);
	for (i = 0; i < 4; i++) {
		resume(PTRACE_SINGLESTEP, pid, 0);
		step_stop(pid);
	}
	run_out(pid, PTRACE_CONT);
}

/* --- breakpoint and watchpoint registers */

static void show_slots(pid_t pid, int type)
{
	struct user_hwdebug_state state = {};
	struct iovec vec = { .iov_base = &state, .iov_len = sizeof(state) };

	if (ptrace_raw(PTRACE_GETREGSET, pid, type, (long)&vec))
		rec("  slots %s", error_name(errno));
	else
		rec("  slots %#x first %s %#x size %zu", state.dbg_info,
		    where(state.dbg_regs[0].addr), state.dbg_regs[0].ctrl,
		    vec.iov_len);
}

/* Length and kind as in the register, enabled for user space. */
#define CONTROL(length, kind)	((length) << 5 | (kind) << 3 | 2 << 1 | 1)
#define ON_STORE		2
#define FOUR_BYTES		15

static void set_slot(pid_t pid, int type, unsigned long address,
		     unsigned int control)
{
	struct user_hwdebug_state state = {};

	state.dbg_regs[0].addr = address;
	state.dbg_regs[0].ctrl = control;
	set_regset(pid, type, type == NT_ARM_HW_BREAK ? "break" : "watch",
		   &state, offsetof(struct user_hwdebug_state, dbg_regs[1]));
	show_slots(pid, type);
}

static void run_debug(const struct scenario *self)
{
	pid_t pid = start_piece(piece_store, 0);
	int i;

	show_slots(pid, self->a);
	if (self->a == NT_ARM_HW_BREAK)
		set_slot(pid, self->a, (unsigned long)piece_store_insn,
			 CONTROL(FOUR_BYTES, 0));
	else
		set_slot(pid, self->a, (unsigned long)piece_data,
			 CONTROL(FOUR_BYTES, ON_STORE));
	for (i = 0; i < 3; i++) {
		if (!go_on(pid, self->b, 0))
			break;
		if (self->b == PTRACE_CONT)
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
	add_scenario(run_debug, NT_ARM_HW_BREAK, PTRACE_CONT,
		     FAMILY "/hw_break_cont");
	add_scenario(run_debug, NT_ARM_HW_BREAK, PTRACE_SINGLESTEP,
		     FAMILY "/hw_break_step");
	add_scenario(run_debug, NT_ARM_HW_WATCH, PTRACE_CONT,
		     FAMILY "/hw_watch_cont");
	add_scenario(run_debug, NT_ARM_HW_WATCH, PTRACE_SINGLESTEP,
		     FAMILY "/hw_watch_step");
	add_scenario(run_bad_debug, NT_ARM_HW_BREAK, 0,
		     FAMILY "/hw_break_wrong");
	add_scenario(run_bad_debug, NT_ARM_HW_WATCH, 0,
		     FAMILY "/hw_watch_wrong");
}
