// SPDX-License-Identifier: GPL-2.0-only
/*
 * The registers of arm, which stand in the user area. The number of the system
 * call is set by a request of its own: R7 is only where the program left it.
 */
#include "ptrace_record_sets.h"

const struct name arch_calls[] = {
	{ SYS_pause, "pause" },
	{ SYS_poll, "poll" },
	{ SYS_fork, "fork" },
	{ SYS_vfork, "vfork" },
	{ SYS_pipe, "pipe" },
	{ SYS_sigreturn, "sigreturn" },
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

#define NR_R12		12
#define NR_PC		15
#define NR_PSR		16
#define NR_ORIG		17

#define PLACE(nr)	((nr) * sizeof(long))
#define THUMB		0x20	/* in the PSR */

/* Outside of a call it may be anything. */
static const char *call_name(unsigned long v)
{
	return v < 1024 ? syscall_name(v) : call_value(v);
}

/* In the stops of a system call, R12 says which of the two it is. */
void show_regs(pid_t pid)
{
	struct user_regs regs = {};
	const unsigned long *r = regs.uregs;

	if (ptrace_raw(PTRACE_GETREGS, pid, 0, (long)&regs))
		rec("  regs %s", error_name(errno));
	else
		rec("  regs pc=%s r7=%s r0=%s r12=%s orig=%s%s",
		    where(r[NR_PC]), call_name(r[7]), call_value(r[0]),
		    call_value(r[NR_R12]), call_value(r[NR_ORIG]),
		    r[NR_PSR] & THUMB ? " thumb" : "");
}

static long set_one(pid_t pid, enum reg reg, unsigned long v)
{
	long result;

	if (reg == REG_CALL)
		result = ptrace_raw(PTRACE_SET_SYSCALL, pid, 0, v);
	else
		result = ptrace_raw(PTRACE_POKEUSER, pid,
				    reg == REG_PLACE ? PLACE(NR_PC) : 0, v);
	return result ? -errno : 0;
}

void set_reg(pid_t pid, enum reg reg, unsigned long v)
{
	show_poke(pid, reg, v, set_one(pid, reg, v));
}

static bool is_thumb(pid_t pid)
{
	unsigned long psr = 0;

	ptrace_raw(PTRACE_PEEKUSER, pid, PLACE(NR_PSR), (long)&psr);
	return psr & THUMB;
}

/* A breakpoint is where it was until somebody goes past it. */
void skip_break(pid_t pid)
{
	unsigned long pc = 0, insn = 0;
	bool is_short;

	if (ptrace_raw(PTRACE_PEEKUSER, pid, PLACE(NR_PC), (long)&pc) ||
	    ptrace_raw(PTRACE_PEEKTEXT, pid, pc, (long)&insn))
		return;
	is_short = is_thumb(pid) && (insn & 0xffff) < 0xe800;
	set_reg(pid, REG_PLACE, pc + (is_short ? 2 : 4));
}

/* --- each request for them */

static char page[1024];

void ask_user_area(pid_t pid)
{
	static unsigned long data;
	unsigned long place;

	req(PTRACE_PEEKUSER, pid, PLACE(NR_PC), (long)&data);
	rec("  = %s", where(data));
	req(PTRACE_PEEKUSER, pid, 0, 0);
	req(PTRACE_PEEKUSER, pid, 3, (long)&data);
	req(PTRACE_PEEKUSER, pid, sizeof(struct user), (long)&data);
	req(PTRACE_PEEKUSER, pid, -4ul, (long)&data);
	/* Where its code and its data are, which is told here, too. */
	for (place = 0x10000; place <= 0x1000c; place += 4) {
		req(PTRACE_PEEKUSER, pid, place, (long)&data);
		req(PTRACE_POKEUSER, pid, place, 0);
	}
	req(PTRACE_POKEUSER, pid, 3, 0);
	/* Another mode, another order of bytes, another set of instructions. */
	req(PTRACE_POKEUSER, pid, PLACE(NR_PSR), 0);
	req(PTRACE_POKEUSER, pid, PLACE(NR_PSR), 0x13);
	req(PTRACE_POKEUSER, pid, PLACE(NR_PSR), 0x01000010);
	req(PTRACE_POKEUSER, pid, sizeof(struct user) - 4, 0);
	req(ARM_GET_THREAD_AREA, pid, 0, (long)&data);
	req(ARM_GET_THREAD_AREA, pid, 0, 0);
	req(PTRACE_GETFDPIC, pid, 0, (long)&data);
	req(PTRACE_GETHBPREGS, pid, 0, (long)&data);
	rec("  = %#lx", data);
	req(PTRACE_GETHBPREGS, pid, 1000, (long)&data);
	req(PTRACE_SETHBPREGS, pid, 0, (long)&data);
	req(PTRACE_SETHBPREGS, pid, -1000ul, (long)&data);
}

void ask_registers(pid_t pid)
{
	static const int types[] = {
		NT_PRSTATUS, NT_PRFPREG, NT_ARM_VFP, NT_ARM_TLS,
	};

	ask_sets(pid, types, ARRAY_SIZE(types));
	req(PTRACE_GETREGS, pid, 0, 0);
	req(PTRACE_SETREGS, pid, 0, 0);
	req(PTRACE_GETVFPREGS, pid, 0, (long)page);
	req(PTRACE_SETVFPREGS, pid, 0, (long)page);
	req(PTRACE_SETVFPREGS, pid, 0, 0);
	req(PTRACE_GETWMMXREGS, pid, 0, (long)page);
	req(PTRACE_SETWMMXREGS, pid, 0, (long)page);
}
