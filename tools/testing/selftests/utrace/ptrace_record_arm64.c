// SPDX-License-Identifier: GPL-2.0-only
/*
 * The registers of arm64. A tracer gets and sets them as a whole, and the number
 * of the system call as a set of its own. A 32-bit program has other ones.
 */
#include "ptrace_record_sets.h"

const struct name arch_calls[] = {
	{ SYS_ppoll, "ppoll" },
};

const int nr_arch_calls = ARRAY_SIZE(arch_calls);

const struct fault faults[] = {
	{ "segv", SIGSEGV, fault_segv },
	{ "udf", SIGILL, fault_udf },
	{ "msr", SIGILL, fault_msr },
	{ "sp", SIGBUS, fault_sp },
};

const int nr_faults = ARRAY_SIZE(faults);

/* --- registers */

/* Of a program of either size; the larger is that of 64-bit ones. */
union registers {
	struct user_regs_struct full;
	uint32_t arm[18];
};

#define SINGLE_STEP	(1ul << 21)	/* in pstate, for one instruction */

static long get_registers(pid_t pid, union registers *regs, bool *is_32)
{
	size_t size = sizeof(*regs);
	long error = get_set(pid, NT_PRSTATUS, regs, &size);

	*is_32 = size == sizeof(regs->arm);
	return error;
}

static long get_call(pid_t pid, int *nr)
{
	size_t size = sizeof(*nr);

	*nr = 0;
	return get_set(pid, NT_ARM_SYSTEM_CALL, nr, &size);
}

/*
 * In the stops of a system call X7, or R12, says which of the two it is. The
 * argument is where the result will be, so it is not clear what that one is.
 */
void show_regs(pid_t pid)
{
	union registers regs = {};
	bool is_32 = false;
	long error;
	int nr;

	error = get_registers(pid, &regs, &is_32) ?: get_call(pid, &nr);
	if (error)
		rec("  regs %s", error_name(-error));
	else if (is_32)
		rec("  regs pc=%s nr=%s r0=%s r12=%s 32", where(regs.arm[15]),
		    syscall_name(nr), call_value((int)regs.arm[0]),
		    call_value((int)regs.arm[12]));
	else
		rec("  regs pc=%s nr=%s x0=%s x7=%s%s", where(regs.full.pc),
		    syscall_name(nr), call_value(regs.full.regs[0]),
		    call_value(regs.full.regs[7]),
		    regs.full.pstate & SINGLE_STEP ? " SS" : "");
}

static void set_one(union registers *regs, bool is_32, enum reg reg,
		    unsigned long value)
{
	if (is_32)
		regs->arm[reg == REG_PLACE ? 15 : 0] = value;
	else if (reg == REG_PLACE)
		regs->full.pc = value;
	else
		regs->full.regs[0] = value;
}

static long set_registers(pid_t pid, enum reg reg, unsigned long value)
{
	union registers regs = {};
	bool is_32 = false;
	long error = get_registers(pid, &regs, &is_32);

	if (error)
		return error;
	set_one(&regs, is_32, reg, value);
	return put_set(pid, NT_PRSTATUS, &regs,
		       is_32 ? sizeof(regs.arm) : sizeof(regs.full));
}

static long set_call(pid_t pid, int nr)
{
	return put_set(pid, NT_ARM_SYSTEM_CALL, &nr, sizeof(nr));
}

void set_reg(pid_t pid, enum reg reg, unsigned long v)
{
	show_poke(pid, reg, v, reg == REG_CALL ? set_call(pid, v) :
						 set_registers(pid, reg, v));
}

/* Without a word; for 64-bit programs. */
bool get_regs(pid_t pid, struct user_regs_struct *regs)
{
	size_t size = sizeof(*regs);

	return !get_set(pid, NT_PRSTATUS, regs, &size);
}

/* A breakpoint is where it was until somebody goes past it. */
void skip_brk(pid_t pid)
{
	struct user_regs_struct regs = {};

	if (get_regs(pid, &regs))
		set_reg(pid, REG_PLACE, regs.pc + 4);
}

/* --- each request for them */

static char page[16];

void ask_user_area(pid_t pid)
{
	static unsigned long data;
	struct iovec vec = { .iov_base = page, .iov_len = 1 };

	req(PTRACE_PEEKUSER, pid, 0, (long)&data);
	req(PTRACE_PEEKUSER, pid, 3, (long)&data);
	req(PTRACE_PEEKUSER, pid, -8ul, (long)&data);
	req(PTRACE_POKEUSER, pid, 0, 0);
	req(PTRACE_PEEKMTETAGS, pid, (long)page, (long)&vec);
	req(PTRACE_PEEKMTETAGS, pid, 16, (long)&vec);
	req(PTRACE_PEEKMTETAGS, pid, (long)page, 0);
	req(PTRACE_POKEMTETAGS, pid, (long)page, (long)&vec);
}

void ask_registers(pid_t pid)
{
	static const int types[] = {
		NT_PRSTATUS, NT_PRFPREG, NT_ARM_TLS, NT_ARM_HW_BREAK,
		NT_ARM_HW_WATCH, NT_ARM_SYSTEM_CALL, NT_ARM_SVE,
		NT_ARM_PAC_MASK, NT_ARM_PACA_KEYS, NT_ARM_PACG_KEYS,
		NT_ARM_TAGGED_ADDR_CTRL, NT_ARM_PAC_ENABLED_KEYS,
	};

	ask_sets(pid, types, ARRAY_SIZE(types));
}
