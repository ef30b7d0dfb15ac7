// SPDX-License-Identifier: GPL-2.0-only
/* What a kernel for x86 has alike for a tracer of 64 bits and for one of 32. */
#include "ptrace_record.h"

const struct name arch_calls[] = {
	{ SYS_pause, "pause" },
	{ SYS_poll, "poll" },
	{ SYS_fork, "fork" },
	{ SYS_vfork, "vfork" },
	{ SYS_time, "time" },
	{ SYS_pipe, "pipe" },
};

const int nr_arch_calls = ARRAY_SIZE(arch_calls);

const struct fault faults[] = {
	{ "segv", SIGSEGV, fault_segv },
	{ "div", SIGFPE, fault_div },
	{ "int3", SIGTRAP, fault_int3 },
	{ "ud2", SIGILL, fault_ud2 },
	{ "gp", SIGSEGV, fault_gp },
};

const int nr_faults = ARRAY_SIZE(faults);

/* --- registers */

static const unsigned long places[] = {
	[REG_CALL] = offsetof(struct user, regs.REGS_CALL),
	[REG_ARG] = offsetof(struct user, regs.REGS_ARG),
	[REG_RESULT] = offsetof(struct user, regs.REGS_AX),
	[REG_PLACE] = offsetof(struct user, regs.REGS_IP),
};

void set_reg(pid_t pid, enum reg reg, unsigned long value)
{
	req(PTRACE_POKEUSER, pid, places[reg], value);
}

/* --- each request for them */

static char page[4096];

static void regset(pid_t pid, int type)
{
	struct iovec vec = { .iov_base = page, .iov_len = sizeof(page) };

	req(PTRACE_GETREGSET, pid, type, (long)&vec);
	/* The size of the vector state is the machine's. */
	if (type != NT_X86_XSTATE)
		rec("  size %zu", vec.iov_len);
	req(PTRACE_SETREGSET, pid, type, (long)&vec);
}

void ask_registers(pid_t pid)
{
	struct iovec vec = { .iov_base = page, .iov_len = 13 };

	req(PTRACE_GETREGS, pid, 0, (long)page);
	req(PTRACE_SETREGS, pid, 0, (long)page);
	req(PTRACE_GETFPREGS, pid, 0, (long)page);
	req(PTRACE_SETFPREGS, pid, 0, (long)page);
	req(PTRACE_GETFPXREGS, pid, 0, (long)page);
	req(PTRACE_GETREGS, pid, 0, 0);
	req(PTRACE_SETREGS, pid, 0, 0);
	regset(pid, NT_PRSTATUS);
	regset(pid, NT_PRFPREG);
	regset(pid, NT_X86_XSTATE);
	regset(pid, NT_386_TLS);
	regset(pid, NT_386_IOPERM);
	regset(pid, 0x7777);
	req(PTRACE_GETREGSET, pid, NT_PRSTATUS, (long)&vec);
	req(PTRACE_GETREGSET, pid, NT_PRSTATUS, 0);
	req(PTRACE_GET_THREAD_AREA, pid, 12, (long)page);
	req(PTRACE_GET_THREAD_AREA, pid, 99, (long)page);
	req(PTRACE_ARCH_PRCTL, pid, (long)page, 0x1003);
	req(PTRACE_ARCH_PRCTL, pid, (long)page, 0x7777);
}
