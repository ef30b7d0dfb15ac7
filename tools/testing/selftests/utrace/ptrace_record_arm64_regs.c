// SPDX-License-Identifier: GPL-2.0-only
/* Sets of registers of arm64 that are worth more than a look. */
#define FAMILY "regs"
#include <asm/ptrace.h>
#include "ptrace_record_sets.h"
#include "ptrace_record_stops.h"

/* Mode bits and those that no program may have, and a part of the set. */
SCENARIO(pstate)
{
	static const unsigned long bits[] = {
		0, 1ul << 31, 5, 1ul << 4, 1ul << 21, 1ul << 20, 0xful << 6, -1ul,
	};
	struct user_regs_struct regs = {};
	pid_t pid = start_seized(prog_calls, 0);
	int i;

	wait_stop(pid);
	for (i = 0; i < ARRAY_SIZE(bits); i++) {
		get_regs(pid, &regs);
		regs.pstate = bits[i];
		set_regset(pid, NT_PRSTATUS, "all", &regs, sizeof(regs));
		get_regs(pid, &regs);
		rec("  pstate %#llx", (unsigned long long)regs.pstate);
	}
	set_regset(pid, NT_PRSTATUS, "some", &regs, 16);
	set_regset(pid, NT_PRSTATUS, "an odd part", &regs, 13);
	set_regset(pid, NT_PRSTATUS, "nothing", &regs, 0);
	show_regs(pid);
	see(pid, PTRACE_SYSCALL);
}

static void look_at_fp(void)
{
	piece_fp();
	leave_group(EXIT_CODE);
}

SCENARIO(fp)
{
	struct user_fpsimd_state fp = {};
	struct iovec vec = { .iov_base = &fp, .iov_len = sizeof(fp) };
	pid_t pid = start_seized(look_at_fp, 0);

	wait_stop(pid);
	req(PTRACE_GETREGSET, pid, NT_PRFPREG, (long)&vec);
	fp.vregs[7] = 4321;
	set_regset(pid, NT_PRFPREG, "fp", &fp, sizeof(fp));
	skip_brk(pid);
	resume(PTRACE_CONT, pid, 0);
	wait_stop(pid);
	skip_brk(pid);
	resume(PTRACE_CONT, pid, 0);
	run_out(pid, PTRACE_CONT);
}

SCENARIO(call_number)
{
	pid_t pid = start_seized(prog_calls, PTRACE_O_TRACESYSGOOD);
	int nr = SYS_getuid;

	wait_stop(pid);
	resume(PTRACE_SYSCALL, pid, 0);
	wait_stop(pid);
	set_regset(pid, NT_ARM_SYSTEM_CALL, "call", &nr, sizeof(nr));
	set_regset(pid, NT_ARM_SYSTEM_CALL, "call", &nr, 3);
	set_regset(pid, NT_ARM_SYSTEM_CALL, "call", &nr, 0);
	show_regs(pid);
	see(pid, PTRACE_SYSCALL);
}
