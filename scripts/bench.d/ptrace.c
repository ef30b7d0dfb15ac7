// SPDX-License-Identifier: GPL-2.0-only
/* What a tracer does by ptrace(2). */
#include "bench.h"

#include <elf.h>
#include <sched.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <unistd.h>

static pid_t tracee;

static void must_stop(pid_t pid, int code)
{
	int status;

	must(waitpid(pid, &status, __WALL));
	if (!WIFSTOPPED(status) || status >> 8 != code)
		fatal("status %#x of the tracee, not a stop with %#x", status,
		      code);
}

static void loop_getppid(void)
{
	for (;;)
		raw_syscall(SYS_getppid, 0, 0, 0, 0);
}

static void on_signal(int sig)
{
}

static void loop_signal(void)
{
	pid_t pid = getpid();

	must(signal(SIGUSR1, on_signal));
	for (;;)
		raw_syscall(SYS_kill, pid, SIGUSR1, 0, 0);
}

static void loop_fork(void)
{
	long pid;

	for (;;) {
		pid = raw_syscall(SYS_fork, 0, 0, 0, 0);
		if (!pid)
			raw_syscall(SYS_exit_group, 0, 0, 0, 0);
		raw_syscall(SYS_wait4, pid, 0, 0, 0);
	}
}

static void loop_pause(void)
{
	for (;;)
		pause();
}

/*
 * For a tracer and its tracees, which take turns. The fair scheduler decides by times,
 * and what it does for that is another sequence of cases in each kernel.
 */
static void take_turns(void)
{
	struct sched_param param = { .sched_priority = 1 };

	must(sched_setscheduler(0, SCHED_FIFO, &param));
}

/* A child that asks to be traced, stopped before it does loop. */
static pid_t start(void (*loop)(void))
{
	pid_t pid = must(fork());

	if (!pid) {
		must(ptrace(PTRACE_TRACEME, 0, 0, 0));
		raw_syscall(SYS_kill, getpid(), SIGSTOP, 0, 0);
		loop();
	}
	must_stop(pid, SIGSTOP);
	return pid;
}

pid_t start_caller(void)
{
	return start(loop_getppid);
}

static void start_calls(unsigned long arg)
{
	take_turns();
	tracee = start_caller();
}

static void kill_tracee(unsigned long arg)
{
	must(kill(tracee, SIGKILL));
	must(waitpid(tracee, NULL, __WALL));
}

static long request(long nr, pid_t pid, long addr, long data)
{
	return raw_syscall(SYS_ptrace, nr, pid, addr, data);
}

/* Let it run to its next stop; which one that is was made sure before. */
static void run_on(long nr, long sig)
{
	request(nr, tracee, 0, sig);
	raw_syscall(SYS_wait4, tracee, 0, __WALL, 0);
}

/* --- stops */

void make_stops(pid_t pid, unsigned long number)
{
	tracee = pid;
	while (number--)
		run_on(PTRACE_SYSCALL, 0);
}

/* Entry and exit. */
static void do_syscall_stops(unsigned long arg)
{
	run_on(PTRACE_SYSCALL, 0);
	run_on(PTRACE_SYSCALL, 0);
}

/* The loop has four instructions, one of which enters the kernel. */
static void do_step(unsigned long arg)
{
	run_on(PTRACE_SINGLESTEP, 0);
}

static void start_signals(unsigned long arg)
{
	take_turns();
	tracee = start(loop_signal);
	must(ptrace(PTRACE_CONT, tracee, 0, 0));
	must_stop(tracee, SIGUSR1);
}

static void do_signal(unsigned long arg)
{
	run_on(PTRACE_CONT, SIGUSR1);
}

/* --- requests */

static long buffer[64];

static void do_peek(unsigned long arg)
{
	request(PTRACE_PEEKDATA, tracee, (long)buffer, (long)buffer);
}

static void do_getregs(unsigned long arg)
{
	struct user_regs_struct regs;

	request(PTRACE_GETREGS, tracee, 0, (long)&regs);
}

static void do_getregset(unsigned long arg)
{
	struct user_regs_struct regs;
	struct iovec iov = { &regs, sizeof(regs) };

	request(PTRACE_GETREGSET, tracee, NT_PRSTATUS, (long)&iov);
}

static void stop_in_call(unsigned long arg)
{
	start_calls(arg);
	must(ptrace(PTRACE_SETOPTIONS, tracee, 0, PTRACE_O_TRACESYSGOOD));
	must(ptrace(PTRACE_SYSCALL, tracee, 0, 0));
	must_stop(tracee, SIGTRAP | 0x80);
}

static void do_syscall_info(unsigned long arg)
{
	struct __ptrace_syscall_info info;

	request(PTRACE_GET_SYSCALL_INFO, tracee, sizeof(info), (long)&info);
}

/* --- coming and going */

static void start_stranger(unsigned long arg)
{
	take_turns();
	tracee = must(fork());
	if (!tracee)
		loop_pause();
	/* Once to see that it can be done, and that it sleeps. */
	must(ptrace(PTRACE_ATTACH, tracee, 0, 0));
	must_stop(tracee, SIGSTOP);
	must(ptrace(PTRACE_DETACH, tracee, 0, 0));
	usleep(1000);
}

static void do_attach(unsigned long arg)
{
	request(PTRACE_ATTACH, tracee, 0, 0);
	raw_syscall(SYS_wait4, tracee, 0, __WALL, 0);
	request(PTRACE_DETACH, tracee, 0, 0);
}

static void do_seize(unsigned long arg)
{
	request(PTRACE_SEIZE, tracee, 0, 0);
	request(PTRACE_INTERRUPT, tracee, 0, 0);
	raw_syscall(SYS_wait4, tracee, 0, __WALL, 0);
	request(PTRACE_DETACH, tracee, 0, 0);
}

/* --- a tracee that forks */

static void next_fork(void)
{
	int status;

	for (;;) {
		must(waitpid(tracee, &status, __WALL));
		if (status >> 8 == (SIGTRAP | PTRACE_EVENT_FORK << 8))
			return;
		/* The child before is dead. */
		if (status >> 8 != SIGCHLD)
			fatal("status %#x of a tracee that forks", status);
		must(ptrace(PTRACE_CONT, tracee, 0, SIGCHLD));
	}
}

static void start_forks(unsigned long arg)
{
	tracee = start(loop_fork);
	must(ptrace(PTRACE_SETOPTIONS, tracee, 0, PTRACE_O_TRACEFORK));
	must(ptrace(PTRACE_CONT, tracee, 0, 0));
	next_fork();
}

/* From one fork of the tracee to the next, and the whole life of its child. */
static void do_forks(unsigned long arg)
{
	unsigned long child;
	int status;

	must(ptrace(PTRACE_GETEVENTMSG, tracee, 0, &child));
	must_stop(child, SIGSTOP);
	must(ptrace(PTRACE_CONT, child, 0, 0));
	must(ptrace(PTRACE_CONT, tracee, 0, 0));
	must(waitpid(child, &status, __WALL));
	if (status)
		fatal("status %#x of a tracee's child", status);
	next_fork();
}

/* --- many tracees */

#define MAX_TRACEES	1000

static pid_t tracees[MAX_TRACEES];

static void start_many(unsigned long arg)
{
	unsigned long i;

	take_turns();
	for (i = 0; i < arg; i++)
		tracees[i] = start(loop_getppid);
	for (i = 0; i < arg; i++)
		must(ptrace(PTRACE_SYSCALL, tracees[i], 0, 0));
}

/* As many stops as there are tracees, whoever makes them. */
static void do_many(unsigned long arg)
{
	unsigned long i;
	long pid;

	for (i = 0; i < arg; i++) {
		pid = raw_syscall(SYS_wait4, -1, 0, __WALL, 0);
		request(PTRACE_SYSCALL, pid, 0, 0);
	}
}

static void kill_many(unsigned long arg)
{
	unsigned long i;

	for (i = 0; i < arg; i++)
		must(kill(tracees[i], SIGKILL));
	for (i = 0; i < arg; i++)
		must(waitpid(tracees[i], NULL, __WALL));
}

#define REQUEST(what, how)						\
	{ "ptrace", what, ROW_BRIEF, 1000, .begin = start_calls,	\
	  .once = how, .end = kill_tracee }

#define MANY(number, times)						\
	{ "ptrace", "stop, " #number " tracees", 0, times, number,	\
	  .begin = start_many, .once = do_many, .end = kill_many,	\
	  .arg = number }

const struct row ptrace_rows[] = {
	{ "ptrace", "PTRACE_SYSCALL stop", ROW_BRIEF, 1000, 2, .begin = start_calls,
	  .once = do_syscall_stops, .end = kill_tracee },
	{ "ptrace", "single-step", ROW_BRIEF, 2000, .begin = start_calls,
	  .once = do_step, .end = kill_tracee },
	{ "ptrace", "PTRACE_CONT with a signal", ROW_BRIEF, 1000,
	  .begin = start_signals, .once = do_signal, .end = kill_tracee },
	REQUEST("PTRACE_PEEKDATA", do_peek),
	REQUEST("PTRACE_GETREGS", do_getregs),
	REQUEST("PTRACE_GETREGSET", do_getregset),
	{ "ptrace", "PTRACE_GET_SYSCALL_INFO", ROW_BRIEF, 1000,
	  .begin = stop_in_call, .once = do_syscall_info, .end = kill_tracee },
	{ "ptrace", "ATTACH, stop, DETACH", ROW_BRIEF, 1000,
	  .begin = start_stranger, .once = do_attach, .end = kill_tracee },
	{ "ptrace", "SEIZE, INTERRUPT, stop, DETACH", ROW_BRIEF, 1000,
	  .begin = start_stranger, .once = do_seize, .end = kill_tracee },
	{ "ptrace", "fork with PTRACE_O_TRACEFORK", ROW_BRIEF | ROW_QUIET, 300,
	  .begin = start_forks, .once = do_forks, .end = kill_tracee },
	MANY(1, 2000),
	MANY(10, 400),
	MANY(100, 60),
	MANY(1000, 20),
	{ }
};
