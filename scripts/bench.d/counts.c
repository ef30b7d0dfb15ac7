// SPDX-License-Identifier: GPL-2.0-only
/* What is counted otherwise than by the clock: locks taken, memory used. */
#include "bench.h"

#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "module/bench_engine.h"

static FILE *must_open(const char *name, const char *mode)
{
	FILE *file = fopen(name, mode);

	if (!file)
		fatal("%s: %m", name);
	return file;
}

static void write_to(const char *name, const char *text)
{
	FILE *file = must_open(name, "w");

	if (fputs(text, file) < 0 || fclose(file))
		fatal("%s: %m", name);
}

/* --- locks */

#define STOPS	10000

/* How often locks of this class were taken: the eighth number of its line. */
static unsigned long acquisitions(const char *class)
{
	FILE *file = must_open("/proc/lock_stat", "r");
	unsigned long number, found = 0;
	char line[512], name[128];

	while (fgets(line, sizeof(line), file))
		if (sscanf(line, " %127[^:]: %*u %*u %*s %*s %*s %*s %*u %lu",
			   name, &number) == 2 && !strcmp(name, class))
			found += number;
	fclose(file);
	return found;
}

/* Per stop of a tracee, in hundredths: the tracer's part and the tracee's. */
void count_locks(void)
{
	static const char * const classes[] = {
		"tasklist_lock-R", "tasklist_lock-W", "&sighand->siglock",
		"&utrace->lock", "&p->pi_lock", "&rq->__lock",
		"&sig->wait_chldexit", NULL
	}, * const *class;
	pid_t pid = start_caller();

	make_stops(pid, 100);
	write_to("/proc/sys/kernel/lock_stat", "1");
	write_to("/proc/lock_stat", "0");
	make_stops(pid, STOPS);
	write_to("/proc/sys/kernel/lock_stat", "0");
	for (class = classes; *class; class++)
		printf("bench: row locks|%s|%.2f\n", *class,
		       (double)acquisitions(*class) / STOPS);
	must(kill(pid, SIGKILL));
	must(waitpid(pid, NULL, __WALL));
}

/* --- memory */

#define MOST_TASKS	10000
#define STACK		512

static char stacks[MOST_TASKS][STACK] __attribute__((aligned(16)));

static int idle(void *arg)
{
	for (;;)
		raw_syscall(SYS_pause, 0, 0, 0, 0);
	return 0;
}

/* A process of so many threads, which sleep; it says when they are all there. */
static pid_t start_crowd(unsigned int number)
{
	unsigned int i;
	int ready[2];
	pid_t pid;
	char byte;

	must(pipe(ready));
	pid = must(fork());
	if (pid) {
		must(close(ready[1]));
		if (read(ready[0], &byte, 1) != 1)
			fatal("no %u threads", number);
		must(close(ready[0]));
		return pid;
	}
	for (i = 1; i < number; i++)
		must(clone(idle, stacks[i] + STACK, CLONE_VM | CLONE_FS |
			   CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
			   CLONE_SYSVSEM, NULL));
	must(write(ready[1], "", 1));
	idle(NULL);
	_exit(1);
}

/* Bytes in kernel objects. */
static long slab(void)
{
	FILE *file = must_open("/proc/meminfo", "r");
	long kilobytes = -1;
	char line[128];

	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "Slab: %ld kB", &kilobytes) == 1)
			break;
	fclose(file);
	return kilobytes * 1024;
}

static void seize_all(pid_t pid, unsigned int number)
{
	pid_t tid;

	/* Pids are given in order, and nobody else takes any. */
	for (tid = pid; number--; tid++)
		must(ptrace(PTRACE_SEIZE, tid, 0, 0));
}

static void attach_all(pid_t pid, unsigned int number)
{
	__s32 process = pid;

	if (tell(BENCH_CROWD, (unsigned long)&process) != number)
		fatal("cannot attach to %u threads", number);
}

static void memory_of(const char *name, unsigned int number,
		      void (*trace)(pid_t pid, unsigned int number))
{
	pid_t pid = start_crowd(number);
	long before, after;

	sleep(1);
	before = slab();
	trace(pid, number);
	after = slab();
	printf("bench: row memory|%s, %u tasks|%ld\n", name, number,
	       (after - before) / number);
	must(kill(pid, SIGKILL));
}

/* In a process of its own, so that all is given back. */
static void in_process(const char *name, unsigned int number,
		       void (*trace)(pid_t pid, unsigned int number))
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = must(fork());
	if (!pid) {
		memory_of(name, number, trace);
		exit(0);
	}
	must(waitpid(pid, &status, 0));
	if (status)
		fatal("memory of %u: status %#x", number, status);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	sleep(2);
}

void count_memory(void)
{
	unsigned int number;

	write_to("/proc/sys/kernel/threads-max", "20000");
	for (number = 1; number <= MOST_TASKS; number *= 10)
		in_process("ptrace, bytes per task", number, seize_all);
	if (access("/dev/bench-engine", F_OK))
		return;
	for (number = 1; number <= MOST_TASKS; number *= 10)
		in_process("engine, bytes per task", number, attach_all);
}
