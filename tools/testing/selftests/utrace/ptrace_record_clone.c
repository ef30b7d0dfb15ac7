// SPDX-License-Identifier: GPL-2.0-only
/* New tasks: which event they make, and whether they are born traced. */
#define FAMILY "clone"
#include "ptrace_record.h"

#define THREAD	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |	\
		 CLONE_THREAD | CLONE_SYSVSEM)

static const struct {
	const char *name;
	unsigned long flags;
} kinds[] = {
	{ "fork", SIGCHLD },
	{ "vfork", CLONE_VFORK | SIGCHLD },
	{ "vfork_vm", CLONE_VFORK | CLONE_VM | SIGCHLD },
	{ "winch", SIGWINCH },
	{ "silent", 0 },
	{ "vm", CLONE_VM | SIGCHLD },
	{ "thread", THREAD },
	{ "parent", CLONE_PARENT | SIGCHLD },
};

static const struct {
	const char *name;
	unsigned long flag;
} wishes[] = {
	{ "", 0 },
	{ "+ptrace", CLONE_PTRACE },
	{ "+untraced", CLONE_UNTRACED },
	{ "+both", CLONE_PTRACE | CLONE_UNTRACED },
};

static const struct {
	const char *name;
	long options;
	int request;
} manners[] = {
	{ "none", 0, PTRACE_CONT },
	{ "events", CHILD_EVENTS, PTRACE_CONT },
	{ "only_clone", PTRACE_O_TRACECLONE, PTRACE_CONT },
	{ "calls", CHILD_EVENTS | PTRACE_O_TRACESYSGOOD, PTRACE_SYSCALL },
};

static unsigned long flags;

/*
 * The parent says who its child is before it sleeps, as without an event the
 * tracer knows only from that.
 */
static void make_task(void)
{
	pid_t pid;

	block(SIGCHLD);
	block(SIGWINCH);
	raise_raw(SIGUSR2);
	pid = clone_raw(flags, child_exit);
	shared->words[WORD_A] = pid;
	gate_wait(GATE_RELEASE);
	leave_group(EXIT_CODE);
}

/* The child first; where its parent waits for it there is nothing to release. */
static void run(const struct scenario *self)
{
	int kind = self->a / ARRAY_SIZE(wishes);
	int wish = self->a % ARRAY_SIZE(wishes);
	pid_t pid, child;

	flags = kinds[kind].flags | wishes[wish].flag;
	pid = start_seized(make_task, manners[self->b].options);
	wait_for(pid, WALL);
	resume(manners[self->b].request, pid, 0);
	follow(pid, manners[self->b].request, 20);
	child = waitable_other(pid) ?: shared->words[WORD_A];
	if (child > 0) {
		name_child(child);
		if (flags & (CLONE_PARENT | CLONE_PTRACE))
			follow(child, manners[self->b].request, 20);
	}
	run_out(pid, manners[self->b].request);
}

GENERATE(add_clones)
{
	int i, k, w;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		for (w = 0; w < ARRAY_SIZE(wishes); w++) {
			for (k = 0; k < ARRAY_SIZE(manners); k++)
				add_scenario(run, i * ARRAY_SIZE(wishes) + w, k,
					     FAMILY "/%s%s/%s", kinds[i].name,
					     wishes[w].name, manners[k].name);
		}
	}
}

/* --- what a new task takes over */

static void fork_and_step(void)
{
	block(SIGCHLD);
	raise_raw(SIGUSR1);
	if (!fork_raw())
		child_exit();
	gate_wait(GATE_RELEASE);
	leave_group(EXIT_CODE);
}

SCENARIO(fork_while_stepping)
{
	pid_t pid = start_seized(fork_and_step, CHILD_EVENTS);
	pid_t child = 0;
	int i;

	wait_for(pid, WALL);
	for (i = 0; i < 200 && !child; i++) {
		if (ptrace_raw(PTRACE_SINGLESTEP, pid, 0, 0))
			break;
		child = event_child(pid, wait_for(pid, WALL));
	}
	show(pid);
	resume(PTRACE_CONT, pid, 0);
	run_out(child, PTRACE_CONT);
	run_out(pid, PTRACE_CONT);
}

SCENARIO(kill_in_event)
{
	pid_t pid = start_seized(prog_fork, CHILD_EVENTS);
	pid_t child = event_child(pid, wait_stop(pid));

	name_child(child);
	wait_for(child, WALL);
	send(pid, SIGKILL);
	wait_for(pid, WALL);
	run_out(child, PTRACE_CONT);
}

SCENARIO(kill_vfork_parent)
{
	pid_t pid = start_seized(prog_vfork, CHILD_EVENTS);
	pid_t child = event_child(pid, wait_stop(pid));

	name_child(child);
	wait_for(child, WALL);
	resume(PTRACE_CONT, pid, 0);
	until_in(pid, NR_vfork);
	show_proc(pid);
	send(pid, SIGKILL);
	wait_for(pid, WALL);
	run_out(child, PTRACE_CONT);
}

SCENARIO(kill_vfork_child)
{
	pid_t pid = start_seized(prog_vfork, CHILD_EVENTS);
	pid_t child = event_child(pid, wait_stop(pid));

	name_child(child);
	wait_for(child, WALL);
	resume(PTRACE_CONT, pid, 0);
	send(child, SIGKILL);
	wait_for(child, WALL);
	run_out(pid, PTRACE_CONT);
}

SCENARIO(interrupt_vfork_parent)
{
	pid_t pid = start_seized(prog_vfork, CHILD_EVENTS);
	pid_t child = event_child(pid, wait_stop(pid));

	name_child(child);
	wait_for(child, WALL);
	resume(PTRACE_CONT, pid, 0);
	until_in(pid, NR_vfork);
	req(PTRACE_INTERRUPT, pid, 0, 0);
	send(pid, SIGUSR1);
	wait_for(pid, WALL | WNOHANG);
	run_out(child, PTRACE_CONT);
	run_out(pid, PTRACE_CONT);
}

SCENARIO(attach_vfork_parent)
{
	pid_t pid = start_seized(prog_vfork, CHILD_EVENTS);
	pid_t child = event_child(pid, wait_stop(pid));

	name_child(child);
	wait_for(child, WALL);
	resume(PTRACE_DETACH, pid, 0);
	until_in(pid, NR_vfork);
	req(PTRACE_ATTACH, pid, 0, 0);
	wait_for(pid, WALL | WNOHANG);
	run_out(child, PTRACE_CONT);
	run_out(pid, PTRACE_CONT);
}

SCENARIO(detach_child_at_birth)
{
	pid_t pid = start_seized(prog_fork, CHILD_EVENTS);
	pid_t child = event_child(pid, wait_stop(pid));

	name_child(child);
	wait_for(child, WALL);
	resume(PTRACE_DETACH, child, 0);
	run_out(pid, PTRACE_CONT);
	wait_for(child, WALL | WNOHANG);
}

/* A child that its tracer has not looked at when its parent ends. */
SCENARIO(parent_ends_first)
{
	pid_t pid, child;

	flags = SIGCHLD;
	pid = start_seized(make_task, CHILD_EVENTS);
	wait_for(pid, WALL);
	resume(PTRACE_CONT, pid, 0);
	child = event_child(pid, wait_stop(pid));
	name_child(child);
	until_state(child, "t");
	send(pid, SIGKILL);
	wait_for(pid, WALL);
	run_out(child, PTRACE_CONT);
}
