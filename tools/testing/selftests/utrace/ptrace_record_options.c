// SPDX-License-Identifier: GPL-2.0-only
/* PTRACE_O_*: each alone and in pairs, on a program that does all of it. */
#define FAMILY "options"
#include "ptrace_record.h"

#define EVENT(name)	(SIGTRAP | PTRACE_EVENT_##name << 8)

static const struct {
	const char *name;
	long option;
	int stop;		/* what it makes: the upper part of a status */
} options[] = {
	{ "none", 0 },
	{ "sysgood", PTRACE_O_TRACESYSGOOD, SYSCALL_TRAP },
	{ "fork", PTRACE_O_TRACEFORK, EVENT(FORK) },
	{ "vfork", PTRACE_O_TRACEVFORK, EVENT(VFORK) },
	{ "clone", PTRACE_O_TRACECLONE, EVENT(CLONE) },
	{ "exec", PTRACE_O_TRACEEXEC, EVENT(EXEC) },
	{ "vforkdone", PTRACE_O_TRACEVFORKDONE, EVENT(VFORK_DONE) },
	{ "exit", PTRACE_O_TRACEEXIT, EVENT(EXIT) },
	{ "seccomp", PTRACE_O_TRACESECCOMP, EVENT(SECCOMP) },
	{ "exitkill", PTRACE_O_EXITKILL },
	{ "suspend", PTRACE_O_SUSPEND_SECCOMP },
};

static long both(const struct scenario *self)
{
	return options[self->a].option | options[self->b].option;
}

static void run_seized(const struct scenario *self)
{
	pid_t pid = start_seized(prog_all, both(self));

	run_out(pid, PTRACE_CONT);
}

static void run_attached(const struct scenario *self)
{
	pid_t pid = start_attached(prog_all, both(self));

	run_out(pid, PTRACE_CONT);
}

/* The first stop is the one for a signal: all calls from then on can be seen. */
static void prog_pair(void)
{
	handle(SIGUSR2, SIG_IGN, 0);
	raise_raw(SIGUSR2);
	prog_all();
}

/* Two, with stops at all calls, of which TRACESYSGOOD makes others. */
static void run_pair(const struct scenario *self)
{
	pid_t pid = start_seized(prog_pair, both(self));

	follow(pid, PTRACE_SYSCALL, 100);
}

/* As far as the first stop that the option makes, or the first of all. */
static void trace_to_stop(long i, long set)
{
	pid_t child, pid = start_seized(prog_pair, set);
	int status = wait_for(pid, WALL);

	while (options[i].stop && status != -1 && WIFSTOPPED(status) &&
	       status >> 8 != options[i].stop) {
		resume(PTRACE_SYSCALL, pid, 0);
		status = wait_for(pid, WALL);
	}
	child = event_child(pid, status);
	if (child) {
		name_child(child);
		until_state(child, "t");
	}
	shared->words[WORD_A] = pid;
	shared->words[WORD_B] = child;
}

/* There the tracer ends. T is the parent then, of a child that is left, too. */
static void run_tracer_dies(const struct scenario *self)
{
	int h = helper();

	tell(h, trace_to_stop, self->b, both(self));
	tell_begin(h, die, 0, 0);
	wait_for(helper_pid(h), WALL);
	run_out(shared->words[WORD_A], PTRACE_CONT);
	if (shared->words[WORD_B])
		run_out(shared->words[WORD_B], PTRACE_CONT);
}

static void run_traceme(const struct scenario *self)
{
	pid_t pid = start_traceme(prog_all, both(self));

	run_out(pid, PTRACE_CONT);
}

/* From the first signal on all system calls stop. */
static void run_calls(const struct scenario *self)
{
	pid_t pid = start_traceme(prog_all, both(self));

	run_out(pid, PTRACE_SYSCALL);
}

static int index_of(long option)
{
	int i = 0;

	while (options[i].option != option)
		i++;
	return i;
}

GENERATE(add_options)
{
	int i, k, exitkill = index_of(PTRACE_O_EXITKILL);

	for (i = 0; i < ARRAY_SIZE(options); i++) {
		add_scenario(run_attached, i, i, FAMILY "/attach_%s",
			     options[i].name);
		add_scenario(run_traceme, i, i, FAMILY "/traceme_%s",
			     options[i].name);
		add_scenario(run_calls, i, i, FAMILY "/syscall_%s",
			     options[i].name);
		for (k = i; k < ARRAY_SIZE(options); k++) {
			if (i == 0 && k > 0)
				continue;
			add_scenario(i == k ? run_seized : run_pair, i, k,
				     FAMILY "/%s+%s", options[i].name,
				     options[k].name);
		}
		add_scenario(run_tracer_dies, 0, i, FAMILY "/%s_tracer_dies",
			     options[i].name);
		add_scenario(run_tracer_dies, exitkill, i,
			     FAMILY "/%s+exitkill_tracer_dies",
			     options[i].name);
	}
}

/* --- what is an option at all */

SCENARIO(bits)
{
	pid_t pid = start_attached(prog_gate, 0);
	int bit;

	until_in(pid, SYS_futex);
	send(pid, SIGUSR1);
	wait_stop(pid);
	for (bit = 0; bit < WORD_BITS; bit++)
		req(PTRACE_SETOPTIONS, pid, 0, 1ul << bit);
	req(PTRACE_SETOPTIONS, pid, 1, 0);
	req(PTRACE_OLDSETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD);
	req(PTRACE_OLDSETOPTIONS, pid, 0, ~0ul);
	req(PTRACE_SETOPTIONS, pid, 0, 0);
	resume(PTRACE_CONT, pid, 0);
	run_out(pid, PTRACE_CONT);
}

SCENARIO(seize_bits)
{
	pid_t pid = start_held(prog_gate);
	int bit;

	req(PTRACE_SEIZE, pid, 0, ~0ul);
	req(PTRACE_SEIZE, pid, 1, 0);
	req(PTRACE_SEIZE, pid, 0, TOP_BIT);
	for (bit = 0; bit < WORD_BITS; bit++) {
		if (req(PTRACE_SEIZE, pid, 0, 1ul << bit) == 0) {
			req(PTRACE_INTERRUPT, pid, 0, 0);
			wait_for(pid, WALL);
			req(PTRACE_DETACH, pid, 0, 0);
			until_in(pid, SYS_futex);
		}
	}
}

/* Options that are set later count from then on. */
SCENARIO(changed_at_a_stop)
{
	pid_t pid = start_seized(prog_all, PTRACE_O_TRACEFORK);
	pid_t child = event_child(pid, wait_stop(pid));

	req(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEEXEC);
	run_out(child, PTRACE_CONT);
	run_out(pid, PTRACE_CONT);
}

/* They end with the tracer's interest. */
SCENARIO(after_attach_again)
{
	pid_t pid = start_seized(prog_all, PTRACE_O_TRACEFORK |
				 PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC);
	pid_t child = event_child(pid, wait_stop(pid));

	req(PTRACE_DETACH, pid, 0, 0);
	until_in(pid, SYS_wait4);
	req(PTRACE_SEIZE, pid, 0, 0);
	run_out(child, PTRACE_CONT);
	run_out(pid, PTRACE_CONT);
}
