// SPDX-License-Identifier: GPL-2.0-only
/* Sets of registers of arm that are worth more than a look. */
#define FAMILY "regs"
#include "ptrace_record_pieces.h"
#include "ptrace_record_sets.h"

#define NR_PSR	16

/* Mode bits and those that no program may have, and a part of the set. */
SCENARIO(psr)
{
	static const unsigned long bits[] = {
		0, 0x10, 0x13, 0x1f, 0xf0000010, 0x1d0, 0x210, 0x30, 0x01000010,
		-1ul,
	};
	struct user_regs regs = {};
	size_t size = sizeof(regs);
	pid_t pid = start_seized(prog_calls, 0);
	int i;

	wait_stop(pid);
	get_set(pid, NT_PRSTATUS, &regs, &size);
	rec("size %zu", size);
	for (i = 0; i < ARRAY_SIZE(bits); i++) {
		regs.uregs[NR_PSR] = bits[i];
		set_regset(pid, NT_PRSTATUS, "all", &regs, sizeof(regs));
		get_set(pid, NT_PRSTATUS, &regs, &size);
		rec("  psr %#lx", regs.uregs[NR_PSR]);
	}
	regs.uregs[NR_PSR] = 0x10;
	set_regset(pid, NT_PRSTATUS, "all", &regs, sizeof(regs));
	set_regset(pid, NT_PRSTATUS, "some", &regs, 16);
	set_regset(pid, NT_PRSTATUS, "an odd part", &regs, 13);
	set_regset(pid, NT_PRSTATUS, "nothing", &regs, 0);
	show_regs(pid);
	see(pid, PTRACE_SYSCALL);
}

/* What a stopped program has in its registers is what it goes on with. */
static void run_fp(const struct scenario *self)
{
	static char fp[1024];
	size_t size = sizeof(fp);
	pid_t pid = start_piece(piece_fp, 0);
	long v = 77;

	rec("get %s", result_text(get_set(pid, NT_ARM_VFP, fp, &size)));
	rec("  size %zu", size);
	memcpy(fp + 7 * 8, &v, sizeof(v));
	if (self->a)
		req(PTRACE_SETVFPREGS, pid, 0, (long)fp);
	else
		set_regset(pid, NT_ARM_VFP, "fp", fp, size);
	go_on(pid, PTRACE_CONT, 0);
	set_regset(pid, NT_ARM_VFP, "a part of fp", fp, 8);
	pass_breakpoint(pid);
	resume(PTRACE_CONT, pid, 0);
	run_out(pid, PTRACE_CONT);
}

GENERATE(add_fp)
{
	add_scenario(run_fp, false, 0, FAMILY "/fp");
	add_scenario(run_fp, true, 0, FAMILY "/fp_request");
}

/* The number of a call may be set more than once, and in any stop. */
SCENARIO(call_number)
{
	pid_t pid = start_seized(prog_calls, PTRACE_O_TRACESYSGOOD);

	wait_stop(pid);
	req(PTRACE_SET_SYSCALL, pid, 0, SYS_getuid);
	resume(PTRACE_SYSCALL, pid, 0);
	wait_stop(pid);
	req(PTRACE_SET_SYSCALL, pid, 0, -1ul);
	req(PTRACE_SET_SYSCALL, pid, 0, 0x900000 + SYS_getpid);
	show(pid);
	see(pid, PTRACE_SYSCALL);
}
