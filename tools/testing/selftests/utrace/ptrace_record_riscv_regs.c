// SPDX-License-Identifier: GPL-2.0-only
/* Sets of registers of riscv that are worth more than a look. */
#define FAMILY "regs"
#include <asm/ptrace.h>
#include "ptrace_record_sets.h"
#include "ptrace_record_stops.h"

/* A part of the set: the others stay as they are. */
SCENARIO(part)
{
	struct user_regs_struct regs = {};
	size_t size = sizeof(regs);
	pid_t pid = start_seized(prog_calls, 0);

	wait_stop(pid);
	get_set(pid, NT_PRSTATUS, &regs, &size);
	set_regset(pid, NT_PRSTATUS, "all", &regs, sizeof(regs));
	set_regset(pid, NT_PRSTATUS, "more than all", &regs,
		   sizeof(regs) + sizeof(long));
	regs.pc = (unsigned long)piece_landing;
	set_regset(pid, NT_PRSTATUS, "an odd part", &regs, 13);
	set_regset(pid, NT_PRSTATUS, "nothing", &regs, 0);
	show_regs(pid);
	set_regset(pid, NT_PRSTATUS, "some", &regs, 16);
	show_regs(pid);
	see(pid, PTRACE_SYSCALL);
}
