// SPDX-License-Identifier: GPL-2.0-only
/*
 * The registers of arm64. A tracer gets and sets them as a whole, and the number
 * of the system call as a set of its own. A 32-bit program has other ones.
 */
#include <elf.h>
#include "ptrace_record.h"

const struct name arch_calls[] = {
	{ SYS_ppoll, "ppoll" },
};

const int nr_arch_calls = ARRAY_SIZE(arch_calls);

const struct label arch_labels[] = {
	{ "piece", piece_plain, pieces_end },
	{ "data", piece_data, piece_data + sizeof(piece_data) },
	{ }
};

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
	struct iovec vec = { .iov_base = regs, .iov_len = sizeof(*regs) };

	if (ptrace_raw(PTRACE_GETREGSET, pid, NT_PRSTATUS, (long)&vec))
		return -errno;
	*is_32 = vec.iov_len == sizeof(regs->arm);
	return 0;
}

static long get_call(pid_t pid, int *nr)
{
	struct iovec vec = { .iov_base = nr, .iov_len = sizeof(*nr) };

	*nr = 0;
	return ptrace_raw(PTRACE_GETREGSET, pid, NT_ARM_SYSTEM_CALL,
			  (long)&vec) ? -errno : 0;
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
	struct iovec vec = {};
	union registers regs = {};
	bool is_32 = false;
	long error = get_registers(pid, &regs, &is_32);

	if (error)
		return error;
	set_one(&regs, is_32, reg, value);
	vec.iov_base = &regs;
	vec.iov_len = is_32 ? sizeof(regs.arm) : sizeof(regs.full);
	return ptrace_raw(PTRACE_SETREGSET, pid, NT_PRSTATUS, (long)&vec) ?
	       -errno : 0;
}

static long set_call(pid_t pid, int nr)
{
	struct iovec vec = { .iov_base = &nr, .iov_len = sizeof(nr) };

	return ptrace_raw(PTRACE_SETREGSET, pid, NT_ARM_SYSTEM_CALL,
			  (long)&vec) ? -errno : 0;
}

static const char * const reg_names[] = {
	[REG_CALL] = "call", [REG_ARG] = "argument", [REG_RESULT] = "result",
	[REG_PLACE] = "pc",
};

void set_reg(pid_t pid, enum reg reg, unsigned long v)
{
	long error = reg == REG_CALL ? set_call(pid, v) :
				       set_registers(pid, reg, v);

	rec("poke %s %s=%s = %s", who(pid), reg_names[reg], value(v),
	    result_text(error));
}

/* Without a word; for 64-bit programs. */
bool get_regs(pid_t pid, struct user_regs_struct *regs)
{
	struct iovec vec = { .iov_base = regs, .iov_len = sizeof(*regs) };

	return !ptrace_raw(PTRACE_GETREGSET, pid, NT_PRSTATUS, (long)&vec);
}

void set_regset(pid_t pid, int type, const char *what, void *set, size_t size)
{
	struct iovec vec = { .iov_base = set, .iov_len = size };
	long result = ptrace_raw(PTRACE_SETREGSET, pid, type, (long)&vec);

	rec("SETREGSET %s %s of %zu = %s", who(pid), what, size,
	    result_text(result ? -errno : 0));
}

/* A breakpoint is where it was until somebody goes past it. */
void skip_brk(pid_t pid)
{
	struct user_regs_struct regs = {};

	if (get_regs(pid, &regs))
		set_reg(pid, REG_PLACE, regs.pc + 4);
}

/* --- each request for them */

static char page[16384];

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

static void regset(pid_t pid, int type)
{
	struct iovec vec = { .iov_base = page, .iov_len = sizeof(page) };

	req(PTRACE_GETREGSET, pid, type, (long)&vec);
	rec("  size %zu", vec.iov_len);
	req(PTRACE_SETREGSET, pid, type, (long)&vec);
	vec.iov_len = 4;
	req(PTRACE_GETREGSET, pid, type, (long)&vec);
}

void ask_registers(pid_t pid)
{
	static const int types[] = {
		NT_PRSTATUS, NT_PRFPREG, NT_ARM_TLS, NT_ARM_HW_BREAK,
		NT_ARM_HW_WATCH, NT_ARM_SYSTEM_CALL, NT_ARM_SVE,
		NT_ARM_PAC_MASK, NT_ARM_PACA_KEYS, NT_ARM_PACG_KEYS,
		NT_ARM_TAGGED_ADDR_CTRL, NT_ARM_PAC_ENABLED_KEYS, 0x7777,
	};
	struct iovec vec = { .iov_base = page, .iov_len = 13 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(types); i++)
		regset(pid, types[i]);
	req(PTRACE_GETREGSET, pid, NT_PRSTATUS, (long)&vec);
	req(PTRACE_GETREGSET, pid, NT_PRSTATUS, 0);
	/* What others have. */
	req(PTRACE_GETREGS, pid, 0, (long)page);
	req(PTRACE_SETREGS, pid, 0, (long)page);
	req(PTRACE_GETFPREGS, pid, 0, (long)page);
}
