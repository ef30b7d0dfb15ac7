// SPDX-License-Identifier: GPL-2.0-only
/*
 * The registers of mips, which have numbers. That of the result has the number of
 * the call before, and the one of the fourth argument says if the result is an error.
 */
#include "ptrace_record_sets.h"
#include <asm/ptrace.h>

const struct name arch_calls[] = {
	{ SYS_pause, "pause" },
	{ SYS_poll, "poll" },
	{ SYS_fork, "fork" },
	{ SYS_pipe, "pipe" },
	{ SYS_sigreturn, "sigreturn" },
	{ SYS_syscall, "syscall" },
};

const int nr_arch_calls = ARRAY_SIZE(arch_calls);

const struct fault faults[] = {
	{ "segv", SIGSEGV, fault_segv },
	{ "trap", SIGTRAP, fault_trap },
	{ "trap_if", SIGTRAP, fault_trap_if },
	{ "ill", SIGILL, fault_ill },
	{ "priv", SIGILL, fault_priv },
	{ "fetch", SIGSEGV, fault_fetch },
	{ "bus", SIGBUS, fault_bus },
	{ "overflow", SIGFPE, fault_overflow },
	{ "division", SIGFPE, fault_division },
};

const int nr_faults = ARRAY_SIZE(faults);

/* --- registers */

#define NR_RESTART	0	/* the call that may be made again */
#define NR_V0		2
#define NR_A0		4
#define NR_A3		7

#define FIRST_CALL	SYS_syscall

/* Outside of a call it may be anything. */
static const char *call_name(long v)
{
	return v >= FIRST_CALL && v < FIRST_CALL + 1000 ? syscall_name(v) :
							  call_value(v);
}

static const char *result_name(long v, long failed)
{
	return failed == 1 && v > 0 && v < FIRST_CALL ? value(-v) : call_name(v);
}

void show_regs(pid_t pid)
{
	struct pt_regs regs = {};
	const uint64_t *r = regs.regs;

	if (ptrace_raw(PTRACE_GETREGS, pid, 0, (long)&regs))
		rec("  regs %s", error_name(errno));
	else
		rec("  regs pc=%s v0=%s a0=%s a3=%s restart=%s",
		    where(regs.cp0_epc), result_name(r[NR_V0], r[NR_A3]),
		    call_value(r[NR_A0]), call_value(r[NR_A3]),
		    call_name(r[NR_RESTART]));
}

long peek_reg(pid_t pid, int number)
{
	long data = 0;

	ptrace_raw(PTRACE_PEEKUSER, pid, number, (long)&data);
	return data;
}

static long poke_reg(pid_t pid, int number, long v)
{
	return ptrace_raw(PTRACE_POKEUSER, pid, number, v) ? -errno : 0;
}

static long poke_result(pid_t pid, long v)
{
	bool failed = v < 0 && v >= -4095;

	return poke_reg(pid, NR_V0, failed ? -v : v) ?:
	       poke_reg(pid, NR_A3, failed);
}

static long set_one(pid_t pid, enum reg reg, unsigned long v)
{
	static const int numbers[] = {
		[REG_CALL] = NR_V0, [REG_ARG] = NR_A0, [REG_PLACE] = PC,
	};

	return reg == REG_RESULT ? poke_result(pid, v) :
				   poke_reg(pid, numbers[reg], v);
}

void set_reg(pid_t pid, enum reg reg, unsigned long v)
{
	show_poke(pid, reg, v, set_one(pid, reg, v));
}

/* A breakpoint is where it was until somebody goes past it. */
void skip_break(pid_t pid)
{
	set_reg(pid, REG_PLACE, peek_reg(pid, PC) + 4);
}

/* --- each request for them */

/* The first and the last of each kind, and what is next to them. */
static const int numbers[] = {
	0, 1, 31, FPR_BASE, FPR_BASE + 1, FPR_BASE + 31, PC, CAUSE, BADVADDR,
	MMHI, MMLO, FPC_CSR, FPC_EIR, DSP_BASE, DSP_BASE + 5, DSP_CONTROL,
	ACX, ACX + 1, -1,
};

/* What a register has, which may be anything, is not told. */
static void ask_number(pid_t pid, long number)
{
	static unsigned long data;

	if (!req(PTRACE_PEEKUSER, pid, number, (long)&data))
		rec("  poke = %s", result_text(poke_reg(pid, number, data)));
}

void ask_user_area(pid_t pid)
{
	static unsigned long data;
	int i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		ask_number(pid, numbers[i]);
	req(PTRACE_PEEKUSER, pid, PC, (long)&data);
	rec("  = %s", where(data));
	req(PTRACE_PEEKUSER, pid, PC, 0);
	req(PTRACE_GET_THREAD_AREA, pid, 0, (long)&data);
	req(PTRACE_GET_THREAD_AREA, pid, 0, 0);
	req(PTRACE_SET_THREAD_AREA, pid, 0, (long)&data);
}

static char page[1024];

void ask_registers(pid_t pid)
{
	static const int types[] = {
		NT_PRSTATUS, NT_PRFPREG, NT_MIPS_DSP, NT_MIPS_FP_MODE,
		NT_MIPS_MSA,
	};

	ask_sets(pid, types, ARRAY_SIZE(types));
	req(PTRACE_SETFPREGS, pid, 0, (long)page);
	req(PTRACE_GETREGS, pid, 0, TOP_BIT);
	req(PTRACE_SETREGS, pid, 0, TOP_BIT);
	req(PTRACE_GETFPREGS, pid, 0, TOP_BIT);
	req(PTRACE_SETFPREGS, pid, 0, TOP_BIT);
	req(PTRACE_GET_WATCH_REGS, pid, (long)page, 0);
	req(PTRACE_SET_WATCH_REGS, pid, (long)page, 0);
	req(PTRACE_GET_WATCH_REGS, pid, TOP_BIT, 0);
	req(PTRACE_PEEKTEXT_3264, pid, 0, (long)page);
}
