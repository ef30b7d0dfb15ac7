// SPDX-License-Identifier: GPL-2.0-only
/* Registers of powerpc that say how the program runs. */
#define FAMILY "regs"
#include <asm/ptrace.h>
#include "ptrace_record_stops.h"

static const struct {
	const char *name;
	int place;
	unsigned long value;
} changes[] = {
	{ "no_error", PT_CCR, 0 },
	{ "error_bit", PT_CCR, 1ul << 28 },
	{ "orig", PT_ORIG_R3, 8 },
	{ "trap", PT_TRAP, 0 },
	{ "trap_call", PT_TRAP, 0xc00 },
	{ "trap_scv", PT_TRAP, 0x3000 },
	{ "msr_0", PT_MSR, 0 },
	{ "msr_all", PT_MSR, -1ul },
	{ "softe", PT_SOFTE, 0 },
	{ "result", PT_RESULT, 5 },
};

static void run_special(const struct scenario *self)
{
	pid_t pid = reach_alone(self->a);

	req(PTRACE_POKEUSER, pid, changes[self->b].place * sizeof(long),
	    changes[self->b].value);
	show_regs(pid);
	see(pid, PTRACE_SYSCALL);
}

GENERATE(add_special)
{
	int i, k;

	for (i = 0; i < nr_stops; i++) {
		for (k = 0; k < ARRAY_SIZE(changes) && !stops[i].runs; k++)
			add_scenario(run_special, i, k, FAMILY "/%s/ppc_%s",
				     stops[i].name, changes[k].name);
	}
}
