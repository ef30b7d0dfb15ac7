// SPDX-License-Identifier: GPL-2.0-only
/* Registers of s390: what the program does with what its tracer left in them. */
#define FAMILY "regs"
#include "ptrace_record_stops.h"

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
	{ "call_argument", { { REG_CALL, SYS_exit }, { REG_ARG, 8 } } },
	{ "no_call", { { REG_CALL, -1ul } } },
	{ "large", { { REG_CALL, 60000 } } },
	{ "landing", { { REG_PLACE, (unsigned long)piece_landing } } },
};

static const struct {
	const char *name;
	int request;
} requests[] = {
	{ "cont", PTRACE_CONT },
	{ "syscall", PTRACE_SYSCALL },
	{ "sysemu", PTRACE_SYSEMU },
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

/* --- a 31-bit program, whose registers are others */

static void exec_31(void)
{
	exec_tiny(TINY_32, TINY_SIGNAL);
}

static void run_31(const struct scenario *self)
{
	pid_t pid = start_seized(exec_31, PTRACE_O_TRACEEXEC |
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

GENERATE(add_31)
{
	static const char * const places[] = { "exec", "exec_exit", "entry",
					       "exit" };
	int i, k;

	for (i = 0; i < ARRAY_SIZE(places); i++) {
		add_scenario(run_31, i, -1, FAMILY "/31_%s/sets", places[i]);
		for (k = 0; k < ARRAY_SIZE(changes); k++)
			add_scenario(run_31, i, k, FAMILY "/31_%s/%s",
				     places[i], changes[k].name);
	}
}
