// SPDX-License-Identifier: GPL-2.0-only
/*
 * Landlock: who is in a domain traces those in it, or in one below, and nobody
 * else.
 */
#define FAMILY "access"
#include <linux/landlock.h>
#include "ptrace_record.h"

#define NOBODY		65534
#define WORD_HELPER	WORD_A

/* Who enters a domain of its own; the parent does so before it has children. */
#define PARENT		0x01
#define TRACER		0x02
#define TRACER_TWICE	0x04
#define TRACEE		0x08
#define AS_NOBODY	0x10

static void enter_domain(long unused_a, long unused_b)
{
	struct landlock_ruleset_attr attr = {
		.handled_access_fs = LANDLOCK_ACCESS_FS_MAKE_SOCK,
	};
	int fd = syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (fd < 0 || syscall(SYS_landlock_restrict_self, fd, 0))
		rec("no domain: %s", error_name(errno));
	close(fd);
}

static void be_nobody(long unused_a, long unused_b)
{
	syscall(SYS_setgroups, 0, NULL);
	syscall(SYS_setresgid, NOBODY, NOBODY, NOBODY);
	syscall(SYS_setresuid, NOBODY, NOBODY, NOBODY);
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

static void start_helper(long unused_a, long unused_b)
{
	shared->words[WORD_HELPER] = helper();
}

static int helper_of(int parent)
{
	tell(parent, start_helper, 0, 0);
	return shared->words[WORD_HELPER];
}

static const char *may_open(long pid, int flags)
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/proc/%ld/mem", pid);
	fd = open(path, flags);
	if (fd < 0)
		return error_name(errno);
	close(fd);
	return "ok";
}

static void try_it(long pid, long request)
{
	if (req(request, pid, 0, 0))
		return;
	if (request == PTRACE_SEIZE)
		req(PTRACE_INTERRUPT, pid, 0, 0);
	wait_for(pid, WALL);
	req(PTRACE_DETACH, pid, 0, 0);
}

static void try_all(long pid, long unused)
{
	unsigned long word;
	struct iovec here = { &word, sizeof(word) };
	struct iovec there = { shared, sizeof(word) };
	long result;

	rec("mem %s, to write %s", may_open(pid, O_RDONLY),
	    may_open(pid, O_RDWR));
	result = syscall(SYS_process_vm_readv, pid, &here, 1, &there, 1, 0);
	rec("process_vm_readv %s", result < 0 ? error_name(errno) : "ok");
	try_it(pid, PTRACE_ATTACH);
	try_it(pid, PTRACE_SEIZE);
}

/* Traced from before, the domain changes nothing any more. */
static void hold_it(long pid, long unused)
{
	if (req(PTRACE_SEIZE, pid, 0, 0))
		return;
	enter_domain(0, 0);
	req(PTRACE_INTERRUPT, pid, 0, 0);
	wait_for(pid, WALL);
	rec("mem %s", may_open(pid, O_RDONLY));
	req(PTRACE_PEEKDATA, pid, (long)shared, 0);
	req(PTRACE_DETACH, pid, 0, 0);
	try_it(pid, PTRACE_SEIZE);
}

static void ask_from_domain(long enters, long unused)
{
	start_asking(enters ? enter_domain : NULL, 0);
}

static void run_domains(const struct scenario *self)
{
	int parent = helper(), tracer, tracee;

	if (self->a & PARENT)
		tell(parent, enter_domain, 0, 0);
	if (self->a & AS_NOBODY)
		tell(parent, be_nobody, 0, 0);
	tracer = helper_of(parent);
	tracee = helper_of(parent);
	if (self->a & (TRACER | TRACER_TWICE))
		tell(tracer, enter_domain, 0, 0);
	if (self->a & TRACER_TWICE)
		tell(tracer, enter_domain, 0, 0);
	if (self->a & TRACEE)
		tell(tracee, enter_domain, 0, 0);
	tell(tracer, try_all, helper_pid(tracee), 0);
	tell(tracee, try_all, helper_pid(tracer), 0);
	tell(tracer, try_all, helper_pid(parent), 0);
	tell(parent, try_all, helper_pid(tracer), 0);
	tell(tracer, ask_from_domain, false, 0);
	tell(tracer, ask_from_domain, true, 0);
	show_notes();
	tell(tracer, hold_it, helper_pid(tracee), 0);
}

GENERATE(add_domains)
{
	int who;

	for (who = 0; who < 2 * AS_NOBODY; who++) {
		if ((who & TRACER) && (who & TRACER_TWICE))
			continue;
		add_scenario(run_domains, who, 0,
			     FAMILY "/landlock%s%s%s%s%s",
			     who & AS_NOBODY ? "_nobody" : "",
			     who & PARENT ? "_parent" : "",
			     who & TRACER ? "_tracer" : "",
			     who & TRACER_TWICE ? "_tracer_twice" : "",
			     who & TRACEE ? "_tracee" : "");
	}
}
