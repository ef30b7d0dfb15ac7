// SPDX-License-Identifier: GPL-2.0-only
/* The registers of s390, and its user area. */
#include "ptrace_record_sets.h"

const struct name arch_calls[] = {
	{ SYS_pause, "pause" },
	{ SYS_poll, "poll" },
	{ SYS_fork, "fork" },
	{ SYS_vfork, "vfork" },
	{ SYS_sigreturn, "sigreturn" },
};

const int nr_arch_calls = ARRAY_SIZE(arch_calls);

const struct fault faults[] = {
	{ "segv", SIGSEGV, fault_segv },
	{ "trap", SIGTRAP, fault_trap },
	{ "ill", SIGILL, fault_ill },
	{ "priv", SIGILL, fault_priv },
	{ "div", SIGFPE, fault_div },
};

const int nr_faults = ARRAY_SIZE(faults);

/* --- registers, as the user area has them for programs of either size */

/* Before a system call, GPR 2 is its number, and who writes to it changes that. */
static const unsigned long places[] = {
	[REG_CALL] = offsetof(struct user, regs.gprs[2]),
	[REG_ARG] = offsetof(struct user, regs.orig_gpr2),
	[REG_RESULT] = offsetof(struct user, regs.gprs[2]),
	[REG_PLACE] = offsetof(struct user, regs.psw.addr),
};

static long peek(pid_t pid, unsigned long place, unsigned long *value)
{
	return ptrace_raw(PTRACE_PEEKUSER, pid, place, (long)value);
}

void show_regs(pid_t pid)
{
	unsigned long pc = 0, result = 0, argument = 0;

	if (peek(pid, places[REG_PLACE], &pc) ||
	    peek(pid, places[REG_RESULT], &result) ||
	    peek(pid, places[REG_ARG], &argument))
		rec("  regs %s", error_name(errno));
	else
		rec("  regs pc=%s r2=%s orig=%s", where(pc),
		    call_value(result), call_value(argument));
}

void set_reg(pid_t pid, enum reg reg, unsigned long value)
{
	req(PTRACE_POKEUSER, pid, places[reg], value);
}

/* --- each request for them */

void ask_user_area(pid_t pid)
{
	static unsigned long data;
	unsigned long mask = offsetof(struct user, regs.psw.mask);
	unsigned long place;

	req(PTRACE_PEEKUSER, pid, places[REG_PLACE], (long)&data);
	rec("  = %s", where(data));
	req(PTRACE_PEEKUSER, pid, mask, (long)&data);
	rec("  = %#lx", data);
	req(PTRACE_POKEUSER, pid, mask, data);
	req(PTRACE_POKEUSER, pid, mask, 0);
	req(PTRACE_POKEUSER, pid, mask, -1ul);
	req(PTRACE_PEEKUSER, pid, 0, 0);
	req(PTRACE_PEEKUSER, pid, 3, (long)&data);
	req(PTRACE_PEEKUSER, pid, sizeof(struct user), (long)&data);
	req(PTRACE_PEEKUSER, pid, -8ul, (long)&data);
	req(PTRACE_POKEUSER, pid, 3, 0);
	/* What stands in the control registers for PER. */
	for (place = offsetof(struct user, regs.per_info);
	     place < offsetof(struct user, regs.ieee_instruction_pointer);
	     place += sizeof(long)) {
		req(PTRACE_PEEKUSER, pid, place, (long)&data);
		rec("  = %s", value(data));
		req(PTRACE_POKEUSER, pid, place, 0);
	}
	req(PTRACE_POKEUSER, pid, sizeof(struct user) - 8, 0);
}

void ask_registers(pid_t pid)
{
	static const int types[] = {
		NT_PRSTATUS, NT_PRFPREG, NT_S390_HIGH_GPRS, NT_S390_LAST_BREAK,
		NT_S390_SYSTEM_CALL, NT_S390_TDB, NT_S390_VXRS_LOW,
		NT_S390_VXRS_HIGH, NT_S390_GS_CB, NT_S390_GS_BC, NT_S390_RI_CB,
	};

	ask_sets(pid, types, ARRAY_SIZE(types));
}
