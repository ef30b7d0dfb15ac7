// SPDX-License-Identifier: GPL-2.0-only
/* The registers of 32-bit x86, and its user area. */
#include <poll.h>
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

const struct label arch_labels[] = {
	{ "piece", piece_plain, pieces_end },
	{ "data", piece_data, piece_data + sizeof(piece_data) },
	{ }
};

const struct fault faults[] = {
	{ "segv", SIGSEGV, fault_segv },
	{ "div", SIGFPE, fault_div },
	{ "int3", SIGTRAP, fault_int3 },
	{ "ud2", SIGILL, fault_ud2 },
	{ "gp", SIGSEGV, fault_gp },
};

const int nr_faults = ARRAY_SIZE(faults);

pid_t fork_raw(void)
{
	return CALL0(SYS_fork);
}

void poll_raw(struct pollfd *fd, int milliseconds)
{
	CALL3(SYS_poll, fd, 1, milliseconds);
}

/* --- registers */

void show_regs(pid_t pid)
{
	struct user_regs_struct regs = {};
	long nr;

	if (ptrace_raw(PTRACE_GETREGS, pid, 0, (long)&regs)) {
		rec("  regs %s", error_name(errno));
		return;
	}
	nr = regs.orig_eax;
	rec("  regs eip=%s orig_eax=%s eax=%s%s", where(regs.eip),
	    syscall_name(nr), syscall_result(nr, regs.eax),
	    regs.eflags & 0x100 ? " TF" : "");
}

static const unsigned long places[] = {
	[REG_CALL] = offsetof(struct user, regs.orig_eax),
	[REG_ARG] = offsetof(struct user, regs.ebx),
	[REG_RESULT] = offsetof(struct user, regs.eax),
	[REG_PLACE] = offsetof(struct user, regs.eip),
};

void set_reg(pid_t pid, enum reg reg, unsigned long value)
{
	req(PTRACE_POKEUSER, pid, places[reg], value);
}

/* --- each request for them */

static char page[4096];

void ask_user_area(pid_t pid)
{
	static unsigned long data;
	long eax = offsetof(struct user, regs.orig_eax);

	req(PTRACE_PEEKUSER, pid, eax, (long)&data);
	rec("  = %s", syscall_name(data));
	req(PTRACE_PEEKUSER, pid, 0, 0);
	req(PTRACE_PEEKUSER, pid, 3, (long)&data);
	req(PTRACE_PEEKUSER, pid, sizeof(struct user), (long)&data);
	req(PTRACE_PEEKUSER, pid, -4ul, (long)&data);
	req(PTRACE_POKEUSER, pid, eax, data);
	req(PTRACE_POKEUSER, pid, 3, 0);
	req(PTRACE_POKEUSER, pid, offsetof(struct user, regs.xcs), 0);
	req(PTRACE_POKEUSER, pid, offsetof(struct user, regs.xgs), 1);
	req(PTRACE_POKEUSER, pid, offsetof(struct user, u_debugreg[7]), 0);
	req(PTRACE_POKEUSER, pid, offsetof(struct user, u_debugreg[4]), 0);
	req(PTRACE_POKEUSER, pid, sizeof(struct user) - 4, 0);
}

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
