// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many tasks: what tracing them costs, each and all of them.
 *
 *	utrace_limits [--max-ratio N]
 *
 * Prints tables of the time per operation, in ns, as the number of traced tasks or
 * of engines on each grows, and of memory.  With ptrace(2) this runs on any kernel;
 * where there is utrace_storm.ko, also with engines.
 *
 * The exit status is 1 if something grows more than it should from the one number
 * to the other: what should be constant to more than N times (4), what is in
 * proportion to the number by its nature to so much more than that as is said for
 * it.  It is 4 if something that is needed is missing.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/ptrace.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "utrace_storm.h"

#define MODULE		"utrace_storm"
#define THREADS		100		/* of each process */
#define STACK		4096
#define MOST		20000
#define STOP		0
#define RESUME		5
#define EVENT_QUIESCE	(1ul << 0)
#define EVENT_CALLS	(3ul << 6)

/*
 * How much more than in proportion to a number something may grow, or not with it at
 * all.  A few tasks that are looked at again and again are in the caches of the
 * processor, and a thousand are not; the engines of one task always may be.
 */
enum growth { CONSTANT = 0, BY_ENGINES = 2, BY_TASKS = 10 };

static pid_t *tids;			/* shared with those who fill it */
static int nr_tids;
static double max_ratio = 4;
static int failures;

static long ptrace(long what, pid_t pid, void *addr, void *data)
{
	return syscall(SYS_ptrace, what, pid, addr, data);
}

static double clock_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

#ifdef __x86_64__
static double tick;			/* of the counter, in seconds */

/* In a guest the clock may have nothing better than the timer's interrupts. */
static double now(void)
{
	return __builtin_ia32_rdtsc() * tick;
}

static void set_clock(void)
{
	double began = clock_now(), ended;
	unsigned long ticks = __builtin_ia32_rdtsc();

	do {
		ended = clock_now();
	} while (ended < began + 0.5);
	tick = (ended - began) / (__builtin_ia32_rdtsc() - ticks);
}
#else
static double now(void)
{
	return clock_now();
}

static void set_clock(void)
{
}
#endif

static void quit(int status, const char *what)
{
	printf("limits: %s: %s\n", what, strerror(errno));
	exit(status);
}

static void check(bool ok, const char *what)
{
	if (!ok)
		quit(1, what);
}

static long read_number(const char *path, const char *after)
{
	char buf[8192], *line = buf;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len;

	if (fd < 0)
		return -1;
	len = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	if (len <= 0)
		return -1;
	buf[len] = 0;
	if (after)
		line = strstr(buf, after);
	return line ? atol(line + (after ? strlen(after) : 0)) : -1;
}

/* All that the kernel's caches take, in bytes. */
static long cached(void)
{
	unsigned long objects, size, each, pages, slabs, sum = 0;
	FILE *file = fopen("/proc/slabinfo", "re");
	char line[512], *at;

	check(file, "/proc/slabinfo");
	while (fgets(line, sizeof(line), file)) {
		/* name, used, all, size, in a slab, pages of a slab */
		if (sscanf(line, "%*s %*u %lu %lu %lu %lu", &objects, &size,
			   &each, &pages) != 4)
			continue;
		at = strstr(line, ": slabdata ");
		if (at && sscanf(at, ": slabdata %*u %lu", &slabs) == 1)
			sum += slabs * pages * sysconf(_SC_PAGESIZE);
	}
	fclose(file);
	return sum;
}

/* --- the machine is not ours alone: many short measurements, and their median */

#define SAMPLES	20000
#define CHUNK	100

struct samples {
	double *cost;
	int nr;
};

static void add_sample(struct samples *samples, double cost)
{
	if (!samples->cost)
		samples->cost = calloc(SAMPLES, sizeof(*samples->cost));
	check(samples->cost, "no memory");
	if (samples->nr < SAMPLES)
		samples->cost[samples->nr++] = cost;
}

static int by_cost(const void *a, const void *b)
{
	double difference = *(const double *)a - *(const double *)b;

	return difference < 0 ? -1 : difference > 0;
}

static double median(struct samples *samples)
{
	qsort(samples->cost, samples->nr, sizeof(double), by_cost);
	return samples->cost[samples->nr / 2];
}

/* And these are not needed any more. */
static double take_median(struct samples *samples)
{
	double value = median(samples);

	free(samples->cost);
	*samples = (struct samples){ 0 };
	return value;
}

/* --- the tasks: they sleep, and take no memory that could be spared */

static char *stacks;
static int ready_pipe[2];

static int sleeper(void *arg)
{
	*(pid_t *)arg = syscall(SYS_gettid);
	if (write(ready_pipe[1], "", 1) != 1)
		_exit(1);
	for (;;)
		pause();
	return 0;
}

static void make_process(pid_t *slots, int nr)
{
	int flags = CLONE_VM | CLONE_SIGHAND | CLONE_THREAD | CLONE_FS |
		    CLONE_FILES, i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	stacks = mmap(NULL, nr * STACK, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (i = 1; i < nr; i++)
		if (clone(sleeper, stacks + (i + 1) * STACK, flags,
			  slots + i) < 0)
			_exit(1);
	sleeper(slots);
}

static void make_tasks(int total)
{
	int made = nr_tids, nr;
	char byte;
	pid_t pid;

	while (made < total) {
		nr = total - made < THREADS ? total - made : THREADS;
		pid = fork();
		check(pid >= 0, "cannot fork");
		if (!pid)
			make_process(tids + made, nr);
		made += nr;
		while (nr--)
			check(read(ready_pipe[0], &byte, 1) == 1, "no task");
	}
	nr_tids = total;
}

/* --- ptrace */

enum column { SEIZE, INTERRUPT, ANY, DETACH, LOOK, COLUMNS };

static const struct {
	const char *name;
	enum growth growth;
} columns[COLUMNS] = {
	[SEIZE] = { "SEIZE", CONSTANT },
	[INTERRUPT] = { "INTERRUPT, wait for it, CONT", CONSTANT },
	[ANY] = { "the same, wait for any", BY_TASKS },
	[LOOK] = { "wait for any in vain", BY_TASKS },
	[DETACH] = { "stop, DETACH", CONSTANT },
};

#define ROWS	4

static const int sizes[ROWS] = { 100, 1000, 5000, 10000 };
/* Each is measured that often. */
static const int rounds[ROWS] = { 20, 5, 2, 2 };
static struct samples cost[ROWS][COLUMNS];

static void interrupt_one(pid_t pid, pid_t whom)
{
	int status;

	check(!ptrace(PTRACE_INTERRUPT, pid, 0, 0), "PTRACE_INTERRUPT");
	check(waitpid(whom, &status, __WALL) == pid && WIFSTOPPED(status),
	      "wait for a stop");
}

static void measure_ptrace(int row)
{
	int n = sizes[row], step = n / 100, first, i;
	struct samples *row_cost = cost[row];
	double began;

	for (first = 0; first < n; first += CHUNK) {
		began = now();
		for (i = first; i < first + CHUNK; i++)
			check(!ptrace(PTRACE_SEIZE, tids[i], 0, 0),
			      "PTRACE_SEIZE");
		add_sample(&row_cost[SEIZE], (now() - began) / CHUNK);
	}
	for (i = 0; i < n; i += step) {
		began = now();
		interrupt_one(tids[i], tids[i]);
		ptrace(PTRACE_CONT, tids[i], 0, 0);
		add_sample(&row_cost[INTERRUPT], now() - began);
	}
	for (i = 0; i < n; i += step) {
		began = now();
		interrupt_one(tids[i], -1);
		ptrace(PTRACE_CONT, tids[i], 0, 0);
		add_sample(&row_cost[ANY], now() - began);
	}
	for (i = 0; i < 100; i++) {
		began = now();
		waitpid(-1, NULL, WNOHANG | __WALL);
		add_sample(&row_cost[LOOK], now() - began);
	}
	for (i = 0; i < n; i++) {
		began = now();
		interrupt_one(tids[i], tids[i]);
		check(!ptrace(PTRACE_DETACH, tids[i], 0, 0), "PTRACE_DETACH");
		add_sample(&row_cost[DETACH], now() - began);
	}
}

/* A row of a table; it grows from column @first to the last one. */
static void judge(const char *what, const int *numbers, const double *cost,
		  int first, enum growth growth)
{
	double ratio = cost[ROWS - 1] / cost[first], most = max_ratio;
	int i;

	printf("limits: %40s", what);
	for (i = 0; i < ROWS; i++)
		printf(" %6d: %9.0f", numbers[i], cost[i] * 1e9);
	printf("; %.1f times as long with %d as with %d", ratio,
	       numbers[ROWS - 1], numbers[first]);
	if (growth != CONSTANT) {
		most = (double)growth * numbers[ROWS - 1] / numbers[first];
		printf(", in proportion to their number by nature");
	}
	if (ratio > most) {
		failures++;
		printf(", more than %.0f times", most);
	}
	printf("\n");
}

static void print_ptrace(void)
{
	double medians[ROWS];
	int row, column;

	printf("limits: ptrace, ns per operation by number of tracees:\n");
	for (column = 0; column < COLUMNS; column++) {
		for (row = 0; row < ROWS; row++)
			medians[row] = median(&cost[row][column]);
		judge(columns[column].name, sizes, medians, 0,
		      columns[column].growth);
	}
}

/*
 * How long it takes. A process of its own, so that others see what becomes of its
 * tracees.
 */
static double tracer_dies(int n)
{
	double began, dead;
	int ready[2], i;
	char byte, path[64];
	pid_t pid;

	check(!pipe(ready), "pipe");
	pid = fork();
	if (!pid) {
		for (i = 0; i < n; i++)
			if (ptrace(PTRACE_SEIZE, tids[i], 0, 0))
				_exit(1);
		if (write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	check(read(ready[0], &byte, 1) == 1, "no tracer");
	began = now();
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	dead = now();
	for (i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "/proc/%d/status", tids[i]);
		check(!read_number(path, "\nTracerPid:"),
		      "a tracee has a dead tracer");
	}
	close(ready[0]);
	close(ready[1]);
	return dead - began;
}

#define DEATHS	5

/* A hundred tracees take less time than the end of any process. */
static void measure_deaths(void)
{
	double medians[ROWS];
	struct samples samples;
	int row, i;

	for (row = 0; row < ROWS; row++) {
		samples = (struct samples){ 0 };
		for (i = 0; i < DEATHS; i++)
			add_sample(&samples,
				   tracer_dies(sizes[row]) / sizes[row]);
		medians[row] = take_median(&samples);
	}
	judge("a tracer dies, for each tracee", sizes, medians, 1, CONSTANT);
}

static long object_size(const char *cache)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/kernel/slab/%s/object_size", cache);
	return read_number(path, NULL);
}

/* What it takes that they are traced for the first time, and for the second. */
static void measure_memory(void)
{
	long before, used[2];
	int i, round;

	for (round = 0; round < 2; round++) {
		before = cached();
		for (i = 0; i < nr_tids; i++)
			check(!ptrace(PTRACE_SEIZE, tids[i], 0, 0),
			      "PTRACE_SEIZE");
		used[round] = (cached() - before) / nr_tids;
		for (i = 0; i < nr_tids; i++) {
			interrupt_one(tids[i], tids[i]);
			ptrace(PTRACE_DETACH, tids[i], 0, 0);
		}
	}
	printf("limits: memory for each of %d tracees: %ld bytes, %ld when it is traced again\n",
	       nr_tids, used[0], used[1]);
	if (object_size("utrace") > 0)
		printf("limits: of these %ld are utrace, which stays, and %ld utrace_engine\n",
		       object_size("utrace"), object_size("utrace_engine"));
}

/* --- engines */

static int dev;

static const char *beside(const char *name)
{
	static char path[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 64);

	if (len < 0)
		return name;
	path[len] = 0;
	snprintf(strrchr(path, '/') + 1, 64, "%s", name);
	return path;
}

static bool load_module(void)
{
	int fd = open(beside("test_modules/" MODULE ".ko"), O_RDONLY | O_CLOEXEC);

	if (fd < 0 || syscall(SYS_finit_module, fd, "slots=16384", 0))
		return false;
	close(fd);
	dev = open("/dev/" MODULE, O_RDWR | O_CLOEXEC);
	return dev >= 0;
}

static int attach(pid_t tid, int how, unsigned long events)
{
	struct storm_attach arg = {
		.target = tid, .how = how, .events = events,
	};

	if (ioctl(dev, STORM_IOC_ATTACH, &arg) || arg.slot < 0)
		quit(1, "cannot attach");
	return arg.slot;
}

static int call(int slot, int what, unsigned long arg)
{
	struct storm_call call = { .slot = slot, .what = what, .arg = arg };

	check(!ioctl(dev, STORM_IOC_CALL, &call), "ioctl");
	return call.result;
}

static int slots[MOST];

enum { ATTACH, STOP_RESUME, EVENTS, DROP, ENGINE_COLUMNS };

static const char * const engine_columns[ENGINE_COLUMNS] = {
	[ATTACH] = "an engine: attach",
	[STOP_RESUME] = "an engine: STOP and RESUME",
	[EVENTS] = "an engine: other events",
	[DROP] = "an engine: detach, barrier",
};

static void do_engine(int what, int i)
{
	switch (what) {
	case ATTACH:
		slots[i] = attach(tids[i], 0, EVENT_QUIESCE);
		break;
	case STOP_RESUME:
		call(slots[i], STORM_CONTROL, STOP);
		call(slots[i], STORM_CONTROL, RESUME);
		break;
	case EVENTS:
		call(slots[i], STORM_SET_EVENTS, EVENT_CALLS);
		break;
	case DROP:
		check(!call(slots[i], STORM_DROP, 0), "detach");
		break;
	}
}

static struct samples engine_cost[ENGINE_COLUMNS][ROWS];

static void measure_tasks(int row)
{
	int n = sizes[row], column, first, i;
	double began;

	for (column = 0; column < ENGINE_COLUMNS; column++) {
		for (first = 0; first < n; first += CHUNK) {
			began = now();
			for (i = first; i < first + CHUNK; i++)
				do_engine(column, i);
			add_sample(&engine_cost[column][row],
				   (now() - began) / CHUNK);
		}
	}
}

static void measure_all_tasks(void)
{
	double medians[ROWS];
	int row, i;

	for (row = 0; row < ROWS; row++)
		for (i = 0; i < rounds[row]; i++)
			measure_tasks(row);
	printf("limits: one engine on each task, ns per operation by number of tasks:\n");
	for (i = 0; i < ENGINE_COLUMNS; i++) {
		for (row = 0; row < ROWS; row++)
			medians[row] = median(&engine_cost[i][row]);
		judge(engine_columns[i], sizes, medians, 0, CONSTANT);
	}
}

/* Shared with the caller, which says there how long a call takes. */
static volatile double *call_time;

/* Makes calls for ever. */
static void caller(void)
{
	double began;
	int i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		began = now();
		for (i = 0; i < 1000; i++)
			syscall(SYS_getppid);
		*call_time = (now() - began) / i;
	}
}

static double time_call(void)
{
	struct samples samples = { 0 };
	double value;

	while (samples.nr < 100) {
		*call_time = 0;
		while (!*call_time)
			usleep(100);
		/* The first one may have begun before. */
		*call_time = 0;
		while (!(value = *call_time))
			usleep(100);
		add_sample(&samples, value);
	}
	return take_median(&samples);
}

#define TASKS	100
#define ENGINES	64

/* By number of engines on each of the tasks, with those that are measured. */
static const int numbers[ROWS] = { 1, 8, 32, ENGINES };

enum { LAST, NONE, OFF, CALL, MANY_COLUMNS };

/* The sum of what all engines ask for is made again for the first three. */
static const struct {
	const char *name;
	enum growth growth;
} many_columns[MANY_COLUMNS] = {
	[LAST] = { "the last of many: attach", BY_ENGINES },
	[NONE] = { "the last of many: look, attach, detach", BY_ENGINES },
	[OFF] = { "the last of many: detach, barrier", BY_ENGINES },
	[CALL] = { "each of many: a call reported", CONSTANT },
};

static double many_cost[MANY_COLUMNS][ROWS];

/* One more engine on each task. */
static double attach_each(const pid_t *whom, int *slots)
{
	struct samples samples = { 0 };
	double began;
	int i;

	for (i = 0; i < TASKS; i++) {
		began = now();
		slots[i] = attach(whom[i], 0, EVENT_CALLS);
		add_sample(&samples, now() - began);
	}
	return take_median(&samples);
}

static double detach_each(const int *slots)
{
	struct samples samples = { 0 };
	double began;
	int i;

	for (i = 0; i < TASKS; i++) {
		began = now();
		check(!call(slots[i], STORM_DROP, 0), "detach");
		add_sample(&samples, now() - began);
	}
	return take_median(&samples);
}

/* None of the others has its ops, so each is looked at. */
static double look_on_each(const pid_t *whom)
{
	struct samples samples = { 0 };
	double began;
	int i, slot;

	for (i = 0; i < TASKS; i++) {
		began = now();
		slot = attach(whom[i], STORM_FEW | STORM_EXCLUSIVE,
			      EVENT_QUIESCE);
		check(!call(slot, STORM_DROP, 0), "detach");
		add_sample(&samples, now() - began);
	}
	return take_median(&samples);
}

/* The last of the tasks is the caller. */
static void measure_many(const pid_t *whom)
{
	static int engines[ENGINES][TASKS];
	double untraced = time_call();
	long before = cached();
	int row, each, i;

	for (row = 0, each = 0; row < ROWS; row++) {
		while (each < numbers[row] - 1)
			attach_each(whom, engines[each++]);
		many_cost[LAST][row] = attach_each(whom, engines[each++]);
		many_cost[CALL][row] = (time_call() - untraced) / each;
		many_cost[NONE][row] = look_on_each(whom);
	}
	printf("limits: memory for each of %d engines on each of %d tasks: %ld bytes\n",
	       ENGINES, TASKS, (cached() - before) / (ENGINES * TASKS));
	for (row = ROWS - 1; row >= 0; row--) {
		many_cost[OFF][row] = detach_each(engines[--each]);
		while (each > (row ? numbers[row - 1] : 0))
			detach_each(engines[--each]);
	}
	printf("limits: many engines on each of %d tasks, ns per operation by number of engines:\n",
	       TASKS);
	/* With few, what does not depend on their number is the most of it. */
	for (i = 0; i < MANY_COLUMNS; i++)
		judge(many_columns[i].name, numbers, many_cost[i], 1,
		      many_columns[i].growth);
	printf("limits: a call without an engine: %.0f ns\n", untraced * 1e9);
}

static void measure_engines(void)
{
	pid_t whom[TASKS], pid;

	call_time = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	check(call_time != MAP_FAILED, "no memory");
	pid = fork();
	check(pid >= 0, "cannot fork");
	if (!pid)
		caller();
	memcpy(whom, tids, sizeof(whom));
	whom[TASKS - 1] = pid;
	measure_many(whom);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

int main(int argc, char **argv)
{
	struct rlimit limit = { 65536, 65536 };
	double began;
	int row, i;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--max-ratio") && i + 1 < argc) {
			max_ratio = atof(argv[++i]);
		} else {
			printf("usage: utrace_limits [--max-ratio N]\n");
			return strcmp(argv[i], "--help") ? 2 : 0;
		}
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	setrlimit(RLIMIT_NPROC, &limit);
	tids = mmap(NULL, MOST * sizeof(*tids), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	check(tids != MAP_FAILED && !pipe(ready_pipe), "no memory");

	set_clock();
	began = now();
	make_tasks(sizes[ROWS - 1]);
	printf("limits: %d tasks made in %.1f s\n", nr_tids, now() - began);
	measure_memory();
	for (row = 0; row < ROWS; row++)
		for (i = 0; i < rounds[row]; i++)
			measure_ptrace(row);
	print_ptrace();
	measure_deaths();
	if (load_module()) {
		measure_all_tasks();
		measure_engines();
		close(dev);
		if (syscall(SYS_delete_module, MODULE, O_NONBLOCK))
			quit(1, "the module cannot be unloaded");
	}
	printf("limits: %d operations grow with a number as they should not\n",
	       failures);
	return failures ? 1 : 0;
}
