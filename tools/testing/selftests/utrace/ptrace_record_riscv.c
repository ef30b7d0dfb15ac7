// SPDX-License-Identifier: GPL-2.0-only
/*
 * The registers of riscv, which a tracer gets and sets as a whole. The first
 * argument of a system call is not among them. A 32-bit program has the same
 * ones, of its size.
 */
#include "ptrace_record_sets.h"

const struct name arch_calls[] = {
	{ SYS_ppoll, "ppoll" },
	{ 414, "ppoll_time64" },
};

const int nr_arch_calls = ARRAY_SIZE(arch_calls);

const struct fault faults[] = {
	{ "segv", SIGSEGV, fault_segv },
	{ "trap", SIGTRAP, fault_trap },
	{ "ill", SIGILL, fault_ill },
	{ "priv", SIGILL, fault_priv },
	{ "fetch", SIGSEGV, fault_fetch },
};

const int nr_faults = ARRAY_SIZE(faults);

/* --- registers */

#define NR_REGS		32	/* the place stands for the one that is zero */
#define NR_A0		10
#define NR_A7		17

/* Of a program of either size; the larger is that of 64-bit ones. */
union registers {
	uint64_t full[NR_REGS];
	uint32_t half[NR_REGS];
};

static long get_registers(pid_t pid, union registers *regs, size_t *size)
{
	*size = sizeof(*regs);
	return get_set(pid, NT_PRSTATUS, regs, size);
}

static long get_one(const union registers *regs, size_t size, int i)
{
	return size == sizeof(regs->half) ? (int)regs->half[i] : regs->full[i];
}

void show_regs(pid_t pid)
{
	union registers regs = {};
	size_t size;
	long error = get_registers(pid, &regs, &size);

	if (error)
		rec("  regs %s", error_name(-error));
	else
		rec("  regs pc=%s a7=%s a0=%s%s", where(get_one(&regs, size, 0)),
		    syscall_name(get_one(&regs, size, NR_A7)),
		    call_value(get_one(&regs, size, NR_A0)),
		    size == sizeof(regs.half) ? " 32" : "");
}

static const int numbers[] = {
	[REG_CALL] = NR_A7, [REG_ARG] = NR_A0, [REG_RESULT] = NR_A0,
	[REG_PLACE] = 0,
};

static long set_one(pid_t pid, int i, unsigned long v)
{
	union registers regs = {};
	size_t size;
	long error = get_registers(pid, &regs, &size);

	if (error)
		return error;
	if (size == sizeof(regs.half))
		regs.half[i] = v;
	else
		regs.full[i] = v;
	return put_set(pid, NT_PRSTATUS, &regs, size);
}

void set_reg(pid_t pid, enum reg reg, unsigned long v)
{
	show_poke(pid, reg, v, set_one(pid, numbers[reg], v));
}

/* A breakpoint is where it was until somebody goes past it. */
void skip_break(pid_t pid)
{
	union registers regs = {};
	unsigned long insn = 0;
	size_t size;

	if (get_registers(pid, &regs, &size) ||
	    ptrace_raw(PTRACE_PEEKTEXT, pid, regs.full[0], (long)&insn))
		return;
	set_reg(pid, REG_PLACE, regs.full[0] + ((insn & 3) == 3 ? 4 : 2));
}

/* --- each request for them */

void ask_user_area(pid_t pid)
{
	static unsigned long data;

	req(PTRACE_PEEKUSER, pid, 0, (long)&data);
	req(PTRACE_PEEKUSER, pid, 3, (long)&data);
	req(PTRACE_PEEKUSER, pid, -8ul, (long)&data);
	req(PTRACE_POKEUSER, pid, 0, 0);
	req(PTRACE_GETFDPIC, pid, 0, (long)&data);
	req(PTRACE_GETFDPIC, pid, 1, (long)&data);
}

void ask_registers(pid_t pid)
{
	static const int types[] = {
		NT_PRSTATUS, NT_PRFPREG, NT_RISCV_CSR, NT_RISCV_VECTOR,
		NT_RISCV_TAGGED_ADDR_CTRL,
	};

	ask_sets(pid, types, ARRAY_SIZE(types));
}
