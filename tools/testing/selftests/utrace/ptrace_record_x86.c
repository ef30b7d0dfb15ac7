// SPDX-License-Identifier: GPL-2.0-only
/* The registers of x86-64, and its user area. */
#include "ptrace_record.h"

const struct label arch_labels[] = {
	{ "call32", call32, call32_done },
	{ "call32_done", call32_done, call32_done + 1 },
	{ "steps", steps_start, steps_end },
	{ "piece", piece_plain, pieces_end },
	{ "regs", regs_landing, regs_end },
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
	nr = regs.orig_rax;
	rec("  regs rip=%s orig_rax=%s rax=%s%s%s", where(regs.rip),
	    syscall_name(nr), syscall_result(nr, regs.rax),
	    regs.eflags & 0x100 ? " TF" : "", regs.cs == 0x23 ? " 32" : "");
}

/* --- each request for them */

void ask_user_area(pid_t pid)
{
	static unsigned long data;
	long rax = offsetof(struct user, regs.orig_rax);

	req(PTRACE_PEEKUSER, pid, rax, (long)&data);
	rec("  = %s", syscall_name(data));
	req(PTRACE_PEEKUSER, pid, 0, 0);
	req(PTRACE_PEEKUSER, pid, 3, (long)&data);
	req(PTRACE_PEEKUSER, pid, sizeof(struct user), (long)&data);
	req(PTRACE_PEEKUSER, pid, -8ul, (long)&data);
	req(PTRACE_POKEUSER, pid, rax, data);
	req(PTRACE_POKEUSER, pid, 3, 0);
	req(PTRACE_POKEUSER, pid, offsetof(struct user, regs.cs), 0);
	req(PTRACE_POKEUSER, pid, offsetof(struct user, regs.fs_base),
	    1ul << 63);
	req(PTRACE_POKEUSER, pid, offsetof(struct user, u_debugreg[7]), 0);
	req(PTRACE_POKEUSER, pid, offsetof(struct user, u_debugreg[4]), 0);
	req(PTRACE_POKEUSER, pid, sizeof(struct user) - 8, 0);
}
