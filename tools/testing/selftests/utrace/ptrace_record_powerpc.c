// SPDX-License-Identifier: GPL-2.0-only
/* The registers of powerpc, and its user area. */
#include <asm/ptrace.h>
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
	{ "align", SIGBUS, fault_align },
};

const int nr_faults = ARRAY_SIZE(faults);

/* --- registers */

#define PLACE(index)	((index) * sizeof(long))

/* A call's first argument is where its result will be. */
static const unsigned long places[] = {
	[REG_CALL] = PLACE(PT_R0),
	[REG_ARG] = PLACE(PT_R3),
	[REG_RESULT] = PLACE(PT_R3),
	[REG_PLACE] = PLACE(PT_NIP),
};

static long peek(pid_t pid, unsigned long place, unsigned long *value)
{
	return ptrace_raw(PTRACE_PEEKUSER, pid, place, (long)value);
}

#define STEP		(1ul << 10)	/* of the machine state */
#define BRANCH_STEP	(1ul << 9)
#define ERROR		(1ul << 28)	/* of the condition register */
#define NR_CALLS	1000		/* R0 is anything between calls */

/* In a call, what its first argument was; elsewhere what was left there. */
static const char *original(pid_t pid)
{
	unsigned long trap = 0, first = 0;

	if (peek(pid, PLACE(PT_TRAP), &trap) ||
	    peek(pid, PLACE(PT_ORIG_R3), &first) ||
	    (trap != 0xc00 && trap != 0x3000))
		return "-";
	return call_value(first);
}

void show_regs(pid_t pid)
{
	unsigned long pc = 0, call = 0, result = 0, msr = 0, cr = 0;

	if (peek(pid, PLACE(PT_NIP), &pc) || peek(pid, PLACE(PT_R0), &call) ||
	    peek(pid, PLACE(PT_R3), &result) ||
	    peek(pid, PLACE(PT_MSR), &msr) || peek(pid, PLACE(PT_CCR), &cr))
		rec("  regs %s", error_name(errno));
	else
		rec("  regs pc=%s r0=%s r3=%s orig=%s%s%s%s", where(pc),
		    call < NR_CALLS ? syscall_name(call) : value(call),
		    call_value(result), original(pid),
		    cr & ERROR ? " SO" : "", msr & STEP ? " SE" : "",
		    msr & BRANCH_STEP ? " BE" : "");
}

void set_reg(pid_t pid, enum reg reg, unsigned long value)
{
	req(PTRACE_POKEUSER, pid, places[reg], value);
}

/* A breakpoint is where it was until somebody goes past it. */
void skip_trap(pid_t pid)
{
	unsigned long pc = 0;

	if (!peek(pid, PLACE(PT_NIP), &pc))
		set_reg(pid, REG_PLACE, pc + 4);
}

/* --- each request for them */

static char page[4096];

void ask_user_area(pid_t pid)
{
	static const int indices[] = {
		PT_NIP, PT_MSR, PT_ORIG_R3, PT_CCR, PT_SOFTE, PT_TRAP, PT_DAR,
		PT_DSISR, PT_RESULT, PT_DSCR, PT_FPR0, PT_FPSCR,
		PT_FPSCR + 1, PT_VR0,
	};
	static unsigned long data;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(indices); i++) {
		req(PTRACE_PEEKUSER, pid, PLACE(indices[i]), (long)&data);
		/* Those behind have what was left there. */
		req(PTRACE_POKEUSER, pid, PLACE(indices[i]),
		    indices[i] < PT_SOFTE ? data : 0);
	}
	req(PTRACE_POKEUSER, pid, PLACE(PT_MSR), -1ul);
	req(PTRACE_PEEKUSER, pid, 0, 0);
	req(PTRACE_PEEKUSER, pid, 3, (long)&data);
	req(PTRACE_PEEKUSER, pid, -8ul, (long)&data);
	req(PTRACE_POKEUSER, pid, 3, 0);
	req(PTRACE_GET_DEBUGREG, pid, 0, (long)&data);
	rec("  = %s", value(data));
	req(PTRACE_GET_DEBUGREG, pid, 1, (long)&data);
	req(PTRACE_SET_DEBUGREG, pid, 0, 0);
	req(PTRACE_SET_DEBUGREG, pid, 0, 8);
	req(PTRACE_SET_DEBUGREG, pid, 1, 0);
	req(PPC_PTRACE_GETHWDBGINFO, pid, 0, (long)page);
	memset(page, 0, sizeof(page));
	req(PPC_PTRACE_SETHWDEBUG, pid, 0, (long)page);
	req(PPC_PTRACE_DELHWDEBUG, pid, 0, 1);
	req(PPC_PTRACE_DELHWDEBUG, pid, 0, 7);
}

void ask_registers(pid_t pid)
{
	static const int types[] = {
		NT_PRSTATUS, NT_PRFPREG, NT_PPC_VMX, NT_PPC_SPE, NT_PPC_VSX,
		NT_PPC_TAR, NT_PPC_PPR, NT_PPC_DSCR, NT_PPC_EBB, NT_PPC_PMU,
		NT_PPC_TM_CGPR, NT_PPC_TM_SPR, NT_PPC_PKEY,
	};
	static const int requests[] = {
		PTRACE_GETREGS, PTRACE_SETREGS, PTRACE_GETFPREGS,
		PTRACE_SETFPREGS, PTRACE_GETREGS64, PTRACE_SETREGS64,
		PTRACE_GETVRREGS, PTRACE_SETVRREGS, PTRACE_GETVSRREGS,
		PTRACE_SETVSRREGS, PTRACE_GETEVRREGS, PTRACE_SETEVRREGS,
	};
	size_t i;

	ask_sets(pid, types, ARRAY_SIZE(types));
	for (i = 0; i < ARRAY_SIZE(requests); i++)
		req(requests[i], pid, 0, (long)page);
	req(PTRACE_GETREGS, pid, 0, 0);
	req(PTRACE_SETREGS, pid, 0, 0);
}
