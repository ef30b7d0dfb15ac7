// SPDX-License-Identifier: GPL-2.0-only
/* The registers of 32-bit x86, and its user area. */
#include "ptrace_record.h"

const struct label arch_labels[] = {
	{ "piece", piece_plain, pieces_end },
	{ "data", piece_data, piece_data + sizeof(piece_data) },
	{ }
};

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

/* --- each request for them */

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
