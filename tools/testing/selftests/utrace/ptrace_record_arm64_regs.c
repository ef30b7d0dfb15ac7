// SPDX-License-Identifier: GPL-2.0-only
/* Registers of arm64: what the program does with what its tracer left in them. */
#define FAMILY "regs"
#include <elf.h>
#include <asm/ptrace.h>
#include "ptrace_record_stops.h"

/* --- one change in each stop */

static const struct {
	const char *name;
	struct poke pokes[2];
} changes[] = {
	{ "result", { { REG_RESULT, 77 } } },
	{ "error", { { REG_RESULT, -EXDEV } } },
	{ "restart", { { REG_RESULT, -KERNEL_ERESTARTNOINTR } } },
	{ "restart_sys", { { REG_RESULT, -KERNEL_ERESTARTSYS } } },
	{ "restart_block", { { REG_RESULT, -KERNEL_ERESTART_RESTARTBLOCK } } },
	{ "call", { { REG_CALL, SYS_getuid } } },
	{ "no_call", { { REG_CALL, -1ul } } },
	{ "no_call_result", { { REG_CALL, -1ul }, { REG_RESULT, 77 } } },
	{ "large", { { REG_CALL, 100000 } } },
	{ "landing", { { REG_PLACE, (unsigned long)piece_landing } } },
};

static const struct {
	const char *name;
	int request;
} requests[] = {
	{ "cont", PTRACE_CONT },
	{ "syscall", PTRACE_SYSCALL },
	{ "step", PTRACE_SINGLESTEP },
};

static void change(pid_t pid, int how)
{
	poke_regs(pid, changes[how].pokes);
	show_regs(pid);
}

static void run_change(const struct scenario *self)
{
	pid_t pid = reach_alone(self->a);

	change(pid, self->b / ARRAY_SIZE(requests));
	see(pid, requests[self->b % ARRAY_SIZE(requests)].request);
}

GENERATE(add_changes)
{
	int i, k, r;

	for (i = 0; i < nr_stops; i++) {
		if (stops[i].runs)
			continue;
		for (k = 0; k < ARRAY_SIZE(changes); k++) {
			for (r = 0; r < ARRAY_SIZE(requests); r++)
				add_scenario(run_change, i,
					     k * ARRAY_SIZE(requests) + r,
					     FAMILY "/%s/%s_%s", stops[i].name,
					     changes[k].name,
					     requests[r].name);
		}
	}
}

/* --- a 32-bit program, whose registers are others */

static void exec_32(void)
{
	exec_tiny(TINY_32, TINY_SIGNAL);
}

static void run_32(const struct scenario *self)
{
	pid_t pid = start_seized(exec_32, PTRACE_O_TRACEEXEC |
				 PTRACE_O_TRACESYSGOOD);
	int i;

	wait_stop(pid);
	for (i = 0; i < self->a; i++) {
		resume(PTRACE_SYSCALL, pid, 0);
		wait_stop(pid);
	}
	if (self->b < 0)
		ask_registers(pid);
	else
		change(pid, self->b);
	see(pid, PTRACE_SYSCALL);
}

GENERATE(add_32)
{
	static const char * const places[] = { "exec", "exec_exit", "entry",
					       "exit" };
	int i, k;

	for (i = 0; i < ARRAY_SIZE(places); i++) {
		add_scenario(run_32, i, -1, FAMILY "/32_%s/sets", places[i]);
		for (k = 0; k < ARRAY_SIZE(changes); k++)
			add_scenario(run_32, i, k, FAMILY "/32_%s/%s",
				     places[i], changes[k].name);
	}
}

/* --- sets by themselves */

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
