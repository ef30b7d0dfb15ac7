// SPDX-License-Identifier: GPL-2.0-only
/* What programs do that nobody traces. */
#include "bench.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static int fd;

void do_getppid(unsigned long arg)
{
	raw_syscall(SYS_getppid, 0, 0, 0, 0);
}

static void open_null(unsigned long arg)
{
	fd = must(open("/dev/null", O_RDONLY));
}

static void do_read(unsigned long arg)
{
	char byte;

	raw_syscall(SYS_read, fd, (long)&byte, 1, 0);
}

static void on_signal(int sig)
{
}

static void set_handler(unsigned long arg)
{
	must(signal(SIGUSR1, on_signal));
}

static void do_signal(unsigned long arg)
{
	raw_syscall(SYS_kill, getpid(), SIGUSR1, 0, 0);
}

void do_fork(unsigned long arg)
{
	long pid = raw_syscall(SYS_fork, 0, 0, 0, 0);

	if (!pid)
		raw_syscall(SYS_exit_group, 0, 0, 0, 0);
	raw_syscall(SYS_wait4, pid, 0, 0, 0);
}

void do_exec(unsigned long arg)
{
	static char *const argv[] = { NOTHING_PROGRAM, NULL }, *const envp[] = { NULL };
	pid_t pid = vfork();

	if (!pid) {
		execve(NOTHING_PROGRAM, argv, envp);
		_exit(1);
	}
	raw_syscall(SYS_wait4, pid, 0, 0, 0);
}

static void *thread(void *arg)
{
	return NULL;
}

static void do_thread(unsigned long arg)
{
	pthread_t id;

	if (pthread_create(&id, NULL, thread, NULL) || pthread_join(id, NULL))
		fatal("no thread");
}

/* One page at a time, and all given back at the end of each round. */
#define PAGES	64

static char *area;
static unsigned int page;

static void map_area(unsigned long arg)
{
	area = must(mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
}

static void do_fault(unsigned long arg)
{
	if (page == PAGES) {
		must(madvise(area, PAGES * 4096, MADV_DONTNEED));
		page = 0;
	}
	((volatile char *)area)[page++ * 4096] = 1;
}

static int there[2], back[2];

static void start_echo(unsigned long arg)
{
	char byte;

	must(pipe(there));
	must(pipe(back));
	if (must(fork())) {
		must(close(there[0]));
		must(close(back[1]));
		return;
	}
	must(close(there[1]));
	must(close(back[0]));
	while (read(there[0], &byte, 1) == 1)
		must(write(back[1], &byte, 1));
	_exit(0);
}

static void do_pipe(unsigned long arg)
{
	char byte = 0;

	must(write(there[1], &byte, 1));
	must(read(back[0], &byte, 1));
}

static void stop_echo(unsigned long arg)
{
	must(close(there[1]));
	must(wait(NULL));
}

const struct row untraced_rows[] = {
	{ "untraced", "getppid", ROW_BRIEF, 500, .once = do_getppid },
	{ "untraced", "read of /dev/null", 0, 2000, .begin = open_null,
	  .once = do_read },
	{ "untraced", "signal and handler", ROW_BRIEF, 500, .begin = set_handler,
	  .once = do_signal },
	{ "untraced", "fork, exit and wait", ROW_BRIEF | ROW_QUIET, 300, .once = do_fork },
	{ "untraced", "vfork, exec, exit and wait", ROW_BRIEF | ROW_QUIET, 300, .once = do_exec },
	{ "untraced", "thread, start and join", ROW_QUIET, 1000, .once = do_thread },
	{ "untraced", "page fault", 0, 2000, .begin = map_area,
	  .once = do_fault },
	{ "untraced", "pipe, there and back", 0, 1000, .begin = start_echo,
	  .once = do_pipe, .end = stop_echo },
	{ }
};
