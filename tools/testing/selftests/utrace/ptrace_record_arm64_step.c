// SPDX-License-Identifier: GPL-2.0-only
/* Single steps on arm64, and its breakpoint registers. */
#define FAMILY "step"
#include <elf.h>
#include <stddef.h>
#include <asm/ptrace.h>
#include "ptrace_record_stops.h"

/* Where start_piece() begins to step. */
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

static bool is_stopped(int status)
{
	return status != -1 && WIFSTOPPED(status);
}

/* From the signal before it, whose end is a stop of no interest. */
static pid_t start_piece(void (*fn)(void), long options)
{
	pid_t pid;
	int i;

	piece = fn;
	pid = start_seized(do_piece, options);
	wait_for(pid, WALL);
	for (i = 0; i < 500 && !in_piece(pid); i++) {
		if (ptrace_raw(PTRACE_SINGLESTEP, pid, 0, 0) ||
		    waitpid(pid, NULL, WALL) != pid)
			break;
	}
	rec("%s", in_piece(pid) ? "in the piece" : "never in the piece");
	show_regs(pid);
	return pid;
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

static bool at_brk(pid_t pid)
{
	siginfo_t info = {};

	return !ptrace_raw(PTRACE_GETSIGINFO, pid, 0, (long)&info) &&
	       info.si_signo == SIGTRAP && info.si_code == TRAP_BRKPT;
}

/* --- each piece, by each way to go through it */

static const struct {
	const char *name;
	void (*fn)(void);
} pieces[] = {
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
	{ "handled", PTRACE_SINGLESTEP, PTRACE_SINGLESTEP, 0, SIGUSR2 },
	{ "ignored", PTRACE_SINGLESTEP, PTRACE_SINGLESTEP, 0, SIGTERM },
	{ "handled_cont", PTRACE_SINGLESTEP, PTRACE_CONT, 0, SIGUSR2 },
	{ "syscall", PTRACE_SINGLESTEP, PTRACE_SYSCALL, PTRACE_O_TRACESYSGOOD },
	{ "sysemu", PTRACE_SYSEMU, PTRACE_SYSEMU, PTRACE_O_TRACESYSGOOD },
	{ "sysemu_step", PTRACE_SYSEMU_SINGLESTEP, PTRACE_SYSEMU_SINGLESTEP,
	  PTRACE_O_TRACESYSGOOD },
	{ "sysemu_then_step", PTRACE_SYSEMU_SINGLESTEP, PTRACE_SINGLESTEP,
	  PTRACE_O_TRACESYSGOOD },
	{ "cont", PTRACE_CONT, PTRACE_CONT, CHILD_EVENTS },
};

static void run_piece(const struct scenario *self)
{
	pid_t pid = start_piece(pieces[self->a].fn, ways[self->b].options);
	int i, status;

	for (i = 0; i < 24; i++) {
		int request = i & 1 ? ways[self->b].other :
				      ways[self->b].request;
		pid_t child;

		if (resume(request, pid, i == 2 ? ways[self->b].signo : 0))
			break;
		/* It waits for a child that has to be let go. */
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
		if (at_brk(pid))
			skip_brk(pid);
	}
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

SCENARIO(step_then_detach)
{
	pid_t pid = start_piece(piece_plain, 0);

	resume(PTRACE_SINGLESTEP, pid, 0);
	step_stop(pid);
	resume(PTRACE_DETACH, pid, 0);
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
		if (resume(self->b, pid, 0) || settle(pid) != 'W' ||
		    !is_stopped(step_stop(pid)))
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
