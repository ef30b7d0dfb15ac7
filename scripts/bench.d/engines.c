// SPDX-License-Identifier: GPL-2.0-only
/* What engines cost the tasks that they are attached to. */
#include "bench.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "module/bench_engine.h"

static int fd = -1;
static pid_t target;

long tell(unsigned long cmd, unsigned long arg)
{
	if (fd < 0)
		fd = must(open("/dev/bench-engine", O_RDWR | O_CLOEXEC));
	return raw_syscall(SYS_ioctl, fd, cmd, arg, 0);
}

static void must_tell(unsigned long cmd, unsigned long arg)
{
	long ret = tell(cmd, arg);

	if (ret)
		fatal("request %#lx of the engines: %ld", cmd & 0xff, ret);
}

static void attach(pid_t pid, unsigned int number, enum bench_kind kind)
{
	struct bench_attach request = { pid, number, kind };

	must_tell(BENCH_ATTACH, (unsigned long)&request);
}

/* Were there reports at all? */
static void detach(unsigned long arg)
{
	if (tell(BENCH_REPORTS, 0) <= 0)
		fatal("nothing was reported to the engines");
	must_tell(BENCH_DETACH, 0);
}

static void attach_counters(unsigned long arg)
{
	attach(0, arg, BENCH_COUNT);
}

static void attach_one(unsigned long arg)
{
	attach(0, 1, arg);
}

static void tell_nothing(unsigned long arg)
{
	tell(BENCH_NOTHING, 0);
}

static void tell_nothing_twice(unsigned long arg)
{
	tell(BENCH_NOTHING, 0);
	tell(BENCH_NOTHING, 0);
}

static void attach_detach(unsigned long arg)
{
	struct bench_attach request = { target, 1, BENCH_COUNT };

	tell(BENCH_ATTACH, (unsigned long)&request);
	tell(BENCH_DETACH, 0);
}

static void start_target(unsigned long arg)
{
	target = must(fork());
	if (!target)
		for (;;)
			raw_syscall(SYS_getppid, 0, 0, 0, 0);
}

static void kill_target(unsigned long arg)
{
	must_tell(BENCH_DETACH, 0);
	must(kill(target, SIGKILL));
	must(waitpid(target, NULL, 0));
}

static void start_and_attach(unsigned long arg)
{
	start_target(arg);
	attach(target, 1, arg);
	if (arg == BENCH_HOLD)
		must_tell(BENCH_RUN, 0);
}

static void stop_resume(unsigned long arg)
{
	tell(BENCH_STOP, 0);
	tell(BENCH_RESUME, 0);
}

static void run_to_call(unsigned long arg)
{
	tell(BENCH_RUN, 0);
}

static void step_self(unsigned long arg)
{
	attach(0, 1, BENCH_STEP);
	must_tell(BENCH_STEPS, 0);
}

/* The few instructions around these are stepped, too. */
#define STEPS	1000

static void do_steps(unsigned long arg)
{
	asm volatile(".rept %c0; nop; .endr" : : "i" (STEPS));
}

/* The child has the engine. */
static void exec_with(enum bench_kind kind)
{
	static char *const argv[] = { NOTHING_PROGRAM, NULL };
	static char *const envp[] = { NULL };
	pid_t pid;

	/* The first request opens the device, which the child cannot do for us. */
	tell(BENCH_NOTHING, 0);
	pid = vfork();
	if (!pid) {
		attach(0, 1, kind);
		execve(NOTHING_PROGRAM, argv, envp);
		_exit(1);
	}
	raw_syscall(SYS_wait4, pid, 0, 0, 0);
	tell(BENCH_DETACH, 0);
}

static void exec_idle(unsigned long arg)
{
	exec_with(BENCH_IDLE);
}

static void exec_reported(unsigned long arg)
{
	exec_with(BENCH_EXEC);
}

#define COUNTERS(number)						\
	{ "engines", "entry and exit, " #number " counting", false,	\
	  2000, .less = do_getppid, .begin = attach_counters,		\
	  .once = do_getppid, .end = detach, .arg = number }

const struct row engine_rows[] = {
	COUNTERS(1),
	COUNTERS(2),
	COUNTERS(4),
	COUNTERS(8),
	COUNTERS(16),
	{ "engines", "entry and exit, 1 formatting", 0, 2000,
	  .less = do_getppid, .begin = attach_one, .once = do_getppid,
	  .end = detach, .arg = BENCH_FORMAT },
	{ "engines", "attach and detach", 0, 1000,
	  .less = tell_nothing_twice, .begin = start_target,
	  .once = attach_detach, .end = kill_target },
	{ "engines", "stop and resume a running task", 0, 1000,
	  .less = tell_nothing_twice, .begin = start_and_attach,
	  .once = stop_resume, .end = kill_target, .arg = BENCH_IDLE },
	{ "engines", "resume, to the next stop at a call", 0, 1000,
	  .less = tell_nothing, .begin = start_and_attach,
	  .once = run_to_call, .end = kill_target, .arg = BENCH_HOLD },
	{ "engines", "single-step", 0, 10, STEPS, .begin = step_self,
	  .once = do_steps, .end = detach },
	{ "engines", "report of a fork", ROW_QUIET, 300, .less = do_fork,
	  .begin = attach_one, .once = do_fork, .end = detach,
	  .arg = BENCH_CLONE },
	{ "engines", "report of an exec", ROW_QUIET, 300, .less = exec_idle,
	  .once = exec_reported, .end = detach },
	{ }
};
