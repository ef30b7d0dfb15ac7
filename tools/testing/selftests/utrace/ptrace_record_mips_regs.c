// SPDX-License-Identifier: GPL-2.0-only
/* Registers of mips that are worth more than a look. */
#define FAMILY "regs"
#include "ptrace_record_pieces.h"
#include "ptrace_record_sets.h"
#include <asm/ptrace.h>

/* Places in the set, of 45 words. */
#define SET_V0		(6 + 2)
#define SET_PC		40
#define SET_SIZE	45

/* A part of the set: the others stay as they are. */
SCENARIO(part)
{
	unsigned int regs[SET_SIZE] = {};
	size_t size = sizeof(regs);
	pid_t pid = start_seized(prog_calls, 0);

	wait_stop(pid);
	get_set(pid, NT_PRSTATUS, regs, &size);
	rec("size %zu", size);
	set_regset(pid, NT_PRSTATUS, "all", regs, sizeof(regs));
	set_regset(pid, NT_PRSTATUS, "more than all", regs,
		   sizeof(regs) + sizeof(long));
	set_regset(pid, NT_PRSTATUS, "an odd part", regs, 13);
	set_regset(pid, NT_PRSTATUS, "nothing", regs, 0);
	regs[SET_PC] = (unsigned long)piece_landing;
	set_regset(pid, NT_PRSTATUS, "some", regs, SET_PC * sizeof(int));
	show_regs(pid);
	set_regset(pid, NT_PRSTATUS, "one more", regs,
		   (SET_PC + 1) * sizeof(int));
	show_regs(pid);
	see(pid, PTRACE_SYSCALL);
}

/* The number of the call is in the set, too, and counts. */
SCENARIO(call_in_set)
{
	unsigned int regs[SET_SIZE] = {};
	size_t size = sizeof(regs);
	pid_t pid = start_seized(prog_calls, PTRACE_O_TRACESYSGOOD);
	int i;

	wait_stop(pid);
	for (i = 0; i < 3; i++) {
		resume(PTRACE_SYSCALL, pid, 0);
		wait_stop(pid);
	}
	get_set(pid, NT_PRSTATUS, regs, &size);
	regs[SET_V0] = SYS_getpid;
	set_regset(pid, NT_PRSTATUS, "the number", regs,
		   (SET_V0 + 1) * sizeof(int));
	show(pid);
	see(pid, PTRACE_SYSCALL);
}

/* --- all of them by a request: those of the machine's state stay as they are */

static void show_same(pid_t pid, const char *name, uint64_t before,
		      uint64_t after)
{
	if (before != after)
		rec("  %s is another", name);
}

static void change_all(pid_t pid)
{
	struct pt_regs regs = {}, after = {};

	ptrace_raw(PTRACE_GETREGS, pid, 0, (long)&regs);
	regs.hi = 5;
	regs.cp0_badvaddr++;
	regs.cp0_status++;
	regs.cp0_cause++;
	req(PTRACE_SETREGS, pid, 0, (long)&regs);
	req(PTRACE_GETREGS, pid, 0, (long)&after);
	show_same(pid, "hi", regs.hi, after.hi);
	show_same(pid, "lo", regs.lo, after.lo);
	show_same(pid, "badvaddr", regs.cp0_badvaddr, after.cp0_badvaddr);
	show_same(pid, "status", regs.cp0_status, after.cp0_status);
	show_same(pid, "cause", regs.cp0_cause, after.cp0_cause);
}

/* What cannot be read is zero, and no error. */
static void change_to_nothing(pid_t pid)
{
	req(PTRACE_GETREGS, pid, 0, 0);
	req(PTRACE_SETREGS, pid, 0, 0);
}

/*
 * The call that may be made again is known by a register that is always zero for the
 * program.
 */
static void change_restart(pid_t pid)
{
	req(PTRACE_POKEUSER, pid, 0, SYS_getppid);
	set_reg(pid, REG_RESULT, -KERNEL_ERESTARTNOINTR);
}

static void change_restart_block(pid_t pid)
{
	req(PTRACE_POKEUSER, pid, 0, SYS_getppid);
	set_reg(pid, REG_RESULT, -KERNEL_ERESTART_RESTARTBLOCK);
}

static void change_to_indirect(pid_t pid)
{
	set_reg(pid, REG_CALL, SYS_syscall);
	set_reg(pid, REG_ARG, SYS_getuid);
}

static const struct {
	const char *name;
	void (*change)(pid_t pid);
} changes[] = {
	{ "all", change_all },
	{ "nothing", change_to_nothing },
	{ "restart_set", change_restart },
	{ "restart_block_set", change_restart_block },
	{ "indirect", change_to_indirect },
};

static void run_change(const struct scenario *self)
{
	pid_t pid = reach_alone(self->a);

	changes[self->b].change(pid);
	show_regs(pid);
	see(pid, PTRACE_SYSCALL);
}

GENERATE(add_changes)
{
	int i, k;

	for (i = 0; i < nr_stops; i++) {
		for (k = 0; k < ARRAY_SIZE(changes) && !stops[i].runs; k++)
			add_scenario(run_change, i, k, FAMILY "/%s/mips_%s",
				     stops[i].name, changes[k].name);
	}
}

/* --- what the machine says of the last exception */

static int which_fault;

static void do_fault(void)
{
	faults[which_fault].fault();
	leave_group(EXIT_CODE);
}

#define CAUSE_IN_BRANCH	0x80000000ul
#define CAUSE_CODE	0x7cul

static void run_fault(const struct scenario *self)
{
	pid_t pid;

	which_fault = self->a;
	pid = start_seized(do_fault, 0);
	wait_stop(pid);
	rec("  cause %#lx", peek_reg(pid, CAUSE) &
			    (CAUSE_IN_BRANCH | CAUSE_CODE));
	if (faults[self->a].signo == SIGSEGV)
		rec("  badvaddr %s", where(peek_reg(pid, BADVADDR)));
	set_reg(pid, REG_PLACE, (unsigned long)piece_landing);
	see(pid, PTRACE_CONT);
}

GENERATE(add_faults)
{
	int i;

	for (i = 0; i < nr_faults; i++)
		add_scenario(run_fault, i, 0, FAMILY "/cause/%s",
			     faults[i].name);
}

/* --- floating point by other ways than the set */

static void set_fp_request(pid_t pid)
{
	static char fp[33 * 8];
	int v = 77;

	req(PTRACE_GETFPREGS, pid, 0, (long)fp);
	memcpy(fp + FP_PLACE, &v, sizeof(v));
	req(PTRACE_SETFPREGS, pid, 0, (long)fp);
}

static void set_fp_number(pid_t pid)
{
	rec("  before %ld", peek_reg(pid, FPR_BASE + 6));
	req(PTRACE_POKEUSER, pid, FPR_BASE + 6, 77);
	rec("  after %ld", peek_reg(pid, FPR_BASE + 6));
}

static void set_fp_control(pid_t pid)
{
	req(PTRACE_POKEUSER, pid, FPC_CSR, -1ul);
	rec("  %#lx", peek_reg(pid, FPC_CSR));
	req(PTRACE_POKEUSER, pid, FPC_CSR, 0);
}

static void (* const fp_ways[])(pid_t pid) = {
	set_fp_request, set_fp_number, set_fp_control,
};

static void run_fp(const struct scenario *self)
{
	pid_t pid = start_piece(piece_fp, 0);

	fp_ways[self->a](pid);
	go_on(pid, PTRACE_CONT, 0);
	rec("  fp %ld", peek_reg(pid, FPR_BASE + 6));
	pass_breakpoint(pid);
	resume(PTRACE_CONT, pid, 0);
	run_out(pid, PTRACE_CONT);
}

GENERATE(add_fp)
{
	add_scenario(run_fp, 0, 0, FAMILY "/fp_request");
	add_scenario(run_fp, 1, 0, FAMILY "/fp_number");
	add_scenario(run_fp, 2, 0, FAMILY "/fp_control");
}

/* --- a call by syscall(), whose number is its first argument */

static void prog_indirect(void)
{
	raise_raw(SIGUSR1);
	CALL1(SYS_syscall, SYS_getppid);
	CALL2(SYS_syscall, SYS_close, 999);
	CALL1(SYS_syscall, SYS_syscall);
	leave_group(EXIT_CODE);
}

static void show_call(pid_t pid)
{
	struct syscall_info info = {};

	ptrace_raw(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), (long)&info);
	if (info.op == SYSCALL_INFO_ENTRY)
		rec("  call_info %s(%s)", syscall_name(info.entry.nr),
		    call_value(info.entry.args[0]));
	show_regs(pid);
}

static const struct {
	const char *name;
	struct poke pokes[2];
} indirect[] = {
	{ "as_it_is" },
	{ "number", { { REG_ARG, SYS_getuid } } },
	{ "direct", { { REG_CALL, SYS_getuid } } },
	{ "none", { { REG_ARG, -1ul } } },
	{ "result", { { REG_RESULT, 77 } } },
};

static void run_indirect(const struct scenario *self)
{
	pid_t pid = start_seized(prog_indirect, PTRACE_O_TRACESYSGOOD);
	int i;

	wait_stop(pid);
	for (i = 0; i < 7; i++) {
		resume(PTRACE_SYSCALL, pid, 0);
		wait_for(pid, WALL);
		show_call(pid);
		if (i == self->b)
			poke_regs(pid, indirect[self->a].pokes);
	}
	run_out(pid, PTRACE_CONT);
}

GENERATE(add_indirect)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(indirect); i++) {
		add_scenario(run_indirect, i, 2, FAMILY "/of_syscall/entry_%s",
			     indirect[i].name);
		add_scenario(run_indirect, i, 3, FAMILY "/of_syscall/exit_%s",
			     indirect[i].name);
	}
}

/* --- watchpoints, where the machine has them */

static void show_watch(pid_t pid, struct pt_watch_regs *watch)
{
	if (req(PTRACE_GET_WATCH_REGS, pid, (long)watch, 0))
		return;
	rec("  style %d of %u: %#x %#x mask %#x", watch->style,
	    watch->mips32.num_valid, watch->mips32.watchlo[0],
	    watch->mips32.watchhi[0], watch->mips32.watch_masks[0]);
}

SCENARIO(watch)
{
	static const unsigned int values[] = { 1, 7, 0x80000001, 0 };
	static struct pt_watch_regs watch;
	pid_t pid = start_piece(piece_store, 0);
	int i;

	show_watch(pid, &watch);
	for (i = 0; i < ARRAY_SIZE(values); i++) {
		watch.mips32.watchlo[0] = values[i];
		req(PTRACE_SET_WATCH_REGS, pid, (long)&watch, 0);
		show_watch(pid, &watch);
	}
	watch.mips32.watchhi[0] = 0xffff;
	req(PTRACE_SET_WATCH_REGS, pid, (long)&watch, 0);
	run_out(pid, PTRACE_CONT);
}
