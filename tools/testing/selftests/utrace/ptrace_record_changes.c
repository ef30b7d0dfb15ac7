// SPDX-License-Identifier: GPL-2.0-only
/*
 * Registers: what the program does with what its tracer left in them. For
 * machines with no more than those of enum reg to tell of.
 */
#define FAMILY "regs"
#include "ptrace_record_pieces.h"
#include "ptrace_record_sets.h"

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
	{ "no_call_result", { { REG_CALL, -1ul }, { REG_RESULT, 77 } } },
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
	{ "step", PTRACE_SINGLESTEP },
};

/* The last is an error where the machine does not step. */
#define NR_REQUESTS	((int)ARRAY_SIZE(requests) - !HAVE_STEP)

static void change(pid_t pid, int how)
{
	poke_regs(pid, changes[how].pokes);
	show_regs(pid);
}

static void run_change(const struct scenario *self)
{
	pid_t pid = reach_alone(self->a);

	change(pid, self->b / NR_REQUESTS);
	see(pid, requests[self->b % NR_REQUESTS].request);
}

GENERATE(add_changes)
{
	int i, k, r;

	for (i = 0; i < nr_stops; i++) {
		if (stops[i].runs)
			continue;
		for (k = 0; k < ARRAY_SIZE(changes); k++) {
			for (r = 0; r < NR_REQUESTS; r++)
				add_scenario(run_change, i, k * NR_REQUESTS + r,
					     FAMILY "/%s/%s_%s", stops[i].name,
					     changes[k].name,
					     requests[r].name);
		}
	}
}

/* --- a program of the smaller size, whose registers are others */

#ifdef TINY_64_MACHINE
static void exec_small(void)
{
	exec_tiny(TINY_32, TINY_SIGNAL);
}

static void run_small(const struct scenario *self)
{
	pid_t pid = start_seized(exec_small, PTRACE_O_TRACEEXEC |
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

GENERATE(add_small)
{
	static const char * const places[] = { "exec", "exec_exit", "entry",
					       "exit" };
	int i, k;

	for (i = 0; i < ARRAY_SIZE(places); i++) {
		add_scenario(run_small, i, -1, FAMILY "/%d_%s/sets",
			     TINY_32_BITS, places[i]);
		for (k = 0; k < ARRAY_SIZE(changes); k++)
			add_scenario(run_small, i, k, FAMILY "/%d_%s/%s",
				     TINY_32_BITS, places[i], changes[k].name);
	}
}
#endif /* TINY_64_MACHINE */

/* --- floating point */

#ifdef FP_PLACE
/* What a stopped program has in its registers is what it goes on with. */
SCENARIO(fp)
{
	static char fp[1024];
	size_t size = sizeof(fp);
	pid_t pid = start_piece(piece_fp, 0);
	long v = 77;

	rec("get %s", result_text(get_set(pid, NT_PRFPREG, fp, &size)));
	rec("  size %zu", size);
	memcpy(fp + FP_PLACE, &v, sizeof(v));
	set_regset(pid, NT_PRFPREG, "fp", fp, size);
	go_on(pid, PTRACE_CONT, 0);
	set_regset(pid, NT_PRFPREG, "a part of fp", fp, 8);
	pass_breakpoint(pid);
	resume(PTRACE_CONT, pid, 0);
	run_out(pid, PTRACE_CONT);
}
#endif
