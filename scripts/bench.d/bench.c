// SPDX-License-Identifier: GPL-2.0-only
/*
 * Init of the guest of scripts/bench: measure, print a line for each row, reboot.
 *
 *	bench: row GROUP|NAME|RESULT|MEAN|MINIMUM|MAXIMUM|QUARTILE|QUARTILE
 *
 * Words on the command line: "short" for the rows of the short form, "only=TEXT"
 * for those with TEXT in GROUP/NAME, "times=N" for N times as many samples, "gross" for
 * nothing but these: nothing varies, and nothing is taken off; "locks", "memory" or
 * "tools" for those instead, the tools with programs that make "calls=N" calls.
 *
 * The clock is the time stamp counter, which counts instructions where QEMU runs
 * with -icount shift=0. With the word "wall" it counts time, and results are in
 * nanoseconds. What the measuring costs itself is measured first and taken off.
 */
#include "bench.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define MAX_SAMPLES	20000

static bool wall, brief, gross, locks, memory, tools;
static const char *only;
static unsigned int times = 1;
static uint64_t cost_of_clock;
/* What the clock counts, in terms of results. */
static double unit = 1;

/* Shared with the processes of the rows. */
static struct result {
	uint64_t sample[MAX_SAMPLES];
	unsigned int count;
	unsigned int often;	/* count, and what was not measured */
	uint64_t less;
} *result;

static void finish(const char *word)
{
	printf("bench: %s\n", word);
	fflush(stdout);
	/* The console is a serial line: it takes its time. */
	usleep(10000);
	reboot(RB_AUTOBOOT);
	_exit(1);
}

void fatal(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf("bench: error: ");
	vprintf(format, args);
	printf("\n");
	fflush(stdout);
	va_end(args);
	if (getpid() == 1)
		finish("failed");
	_exit(1);
}

static inline uint64_t now(void)
{
	uint32_t low, high;

	asm volatile("rdtsc" : "=a" (low), "=d" (high) : : "memory");
	return (uint64_t)high << 32 | low;
}

static uint64_t nanoseconds(void)
{
	struct timespec ts;

	must(clock_gettime(CLOCK_MONOTONIC, &ts));
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/* The kernel's clock may go by ticks: look at it just when it does. */
static uint64_t wait_for_time(uint64_t time, uint64_t *counter)
{
	uint64_t ns;

	do {
		ns = nanoseconds();
		*counter = now();
	} while (ns < time);
	return ns;
}

/* How long is what the counter counts? It takes a second to find out. */
static void set_unit(void)
{
	uint64_t begin, end, first, last;

	begin = wait_for_time(nanoseconds() + 1, &first);
	end = wait_for_time(begin + 1000000000, &last);
	unit = (double)(end - begin) / (last - first);
}

/* Is it instructions that the counter counts? This loop is 200,001 of them. */
static void check_clock(void)
{
	uint64_t begin, loops = 100000;

	begin = now();
	asm volatile("1: dec %0; jnz 1b" : "+r" (loops));
	begin = now() - begin;
	printf("bench: clock %llu\n", (unsigned long long)begin);
	if (!wall && (begin < 200001 || begin > 200020))
		fatal("a loop of 200,001 instructions counts as %llu: no -icount shift=0?",
		      (unsigned long long)begin);
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* How many samples, which are sorted, have the same value as this one and follow it. */
static unsigned int run_at(unsigned int first)
{
	unsigned int i = first;

	while (i < result->count && result->sample[i] == result->sample[first])
		i++;
	return i - first;
}

/*
 * The result of all samples: that which most of them have, because the others are
 * those with something that is not part of it, as a tick of the clock, or a list of
 * free objects to be filled. Where another one is a third as frequent, or more, chance
 * decides between them, and it is the lowest. Where not a tenth have the same, it is
 * the median; and so it is of times, of which many are the same only as the clock is
 * coarse.
 */
static uint64_t sum_up(void)
{
	uint64_t *sample = result->sample;
	unsigned int i, longest = 0;

	qsort(sample, result->count, sizeof(*sample), compare);
	for (i = 0; i < result->count; i += run_at(i))
		if (run_at(i) > longest)
			longest = run_at(i);
	if (wall || longest <= result->count / 10)
		return sample[result->count / 2];
	for (i = 0; run_at(i) * 3 < longest; i += run_at(i))
		;
	return sample[i];
}

/*
 * Before each sample, so that no sample depends on the one before: the time since the
 * last tick of the clock varies, and with it how the tasks stand with the scheduler.
 * Where it matters what the kernel puts off, there is time for that.
 */
static void vary(unsigned int number, bool quiet)
{
	unsigned long loops = number * 7919UL % 20011 + 1;

	if (quiet)
		usleep(30000);
	asm volatile("1: dec %0; jnz 1b" : "+r" (loops));
}

static void take_samples(void (*once)(unsigned long arg), unsigned long arg,
			 unsigned int samples, bool quiet)
{
	unsigned int i, warm = samples / 10 + 1;
	uint64_t begin;

	/* Page faults of the buffer do not belong into the result. */
	memset(result->sample, 0, sizeof(result->sample));
	for (i = 0; i < warm; i++) {
		if (!gross)
			vary(i, quiet);
		once(arg);
	}
	for (i = 0; i < samples; i++) {
		if (!gross)
			vary(i, quiet);
		begin = now();
		once(arg);
		result->sample[i] = now() - begin;
	}
	result->count = samples;
	result->often = samples + warm;
}

static void measure(const struct row *row)
{
	unsigned int samples = row->samples * times;

	if (samples > MAX_SAMPLES)
		fatal("%s: too many samples", row->name);
	result->less = cost_of_clock;
	if (row->less && !gross) {
		take_samples(row->less, row->arg, samples, row->flags & ROW_QUIET);
		result->less = sum_up();
	}
	result->count = 0;
	if (row->begin)
		row->begin(row->arg);
	take_samples(row->once, row->arg, samples, row->flags & ROW_QUIET);
	if (row->end)
		row->end(row->arg);
}

/* A number as the difference to what was taken off, for one of what is shared. */
static double net(const struct row *row, double value)
{
	return (value - result->less) / (row->share ?: 1) * unit;
}

/* Instructions are whole. */
static void print_number(double number)
{
	printf("|%.*f", wall ? 1 : 0, number);
}

static void print_result(const char *group, const struct row *row)
{
	uint64_t value = sum_up();
	double sum = 0;
	unsigned int i;

	for (i = 0; i < result->count; i++)
		sum += result->sample[i];
	printf("bench: row %s|%s", group, row->name);
	print_number(net(row, value));
	print_number(net(row, sum / result->count));
	print_number(net(row, result->sample[0]));
	print_number(net(row, result->sample[result->count - 1]));
	print_number(net(row, result->sample[result->count / 4]));
	print_number(net(row, result->sample[result->count * 3 / 4]));
	printf("\n");
	printf("bench: often %u\n", result->often * (row->share ?: 1));
}

/* Is the row, as GROUP/NAME, among those asked for? There with _ for a space. */
static bool wanted(const char *group, const struct row *row)
{
	char name[128], *c;

	if (brief && !(row->flags & ROW_BRIEF))
		return false;
	/* The same again, of which one is enough. */
	if (gross && !strcmp(group, "loaded"))
		return false;
	snprintf(name, sizeof(name), "%s/%s", group, row->name);
	for (c = name; *c; c++)
		if (*c == ' ')
			*c = '_';
	return !only || strstr(name, only);
}

static void run(const char *group, const struct row *row)
{
	int status;
	pid_t pid;

	if (!wanted(group, row))
		return;
	pid = must(fork());
	if (!pid) {
		measure(row);
		_exit(0);
	}
	must(waitpid(pid, &status, 0));
	if (status || !result->count)
		fatal("%s: %s ended with status %#x", group, row->name, status);
	print_result(group, row);
	/* Whatever is left of it, and what the kernel puts off. */
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	usleep(100000);
}

/* @group takes the place of the rows' own. */
static void run_all(const char *group, const struct row *rows)
{
	for (; rows->name; rows++)
		run(group ?: rows->group, rows);
}

/* The engines to be measured, where the kernel can have any. */
static bool load_engines(void)
{
	int fd = open("/bench_engine.ko", O_RDONLY);

	if (fd < 0)
		return false;
	if (syscall(SYS_finit_module, fd, "", 0))
		fatal("cannot load bench_engine.ko: %m");
	close(fd);
	return true;
}

static void nothing(unsigned long arg)
{
}

static void calibrate(void)
{
	const struct row row = { .name = "nothing", .samples = 1000,
				 .once = nothing };

	if (wall)
		set_unit();
	check_clock();
	measure(&row);
	cost_of_clock = sum_up();
}

/* The script prints what it finds. */
static void run_tools(void)
{
	int status;
	pid_t pid;

	mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL);
	mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, NULL);
	fflush(stdout);
	pid = must(fork());
	if (!pid) {
		must(setenv("PATH", "/usr/bin:/usr/sbin", 1));
		execl("/bin/sh", "sh", "/bench/tools", NULL);
		_exit(127);
	}
	must(waitpid(pid, &status, 0));
	if (status)
		fatal("the tools ended with status %#x", status);
}

int main(int argc, char **argv)
{
	bool loaded;
	int i;

	/* Nothing is printed before the end: the console has interrupts. */
	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	if (getpid() != 1) {
		fprintf(stderr, "this is the init of scripts/bench\n");
		return 1;
	}
	for (i = 1; i < argc; i++) {
		wall |= !strcmp(argv[i], "wall");
		brief |= !strcmp(argv[i], "short");
		gross |= !strcmp(argv[i], "gross");
		locks |= !strcmp(argv[i], "locks");
		memory |= !strcmp(argv[i], "memory");
		tools |= !strcmp(argv[i], "tools");
		if (!strncmp(argv[i], "calls=", 6))
			setenv("NUMBER", argv[i] + 6, 1);
		if (!strncmp(argv[i], "only=", 5))
			only = argv[i] + 5;
		if (!strncmp(argv[i], "times=", 6))
			times = atoi(argv[i] + 6);
	}
	mkdir("/proc", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	mkdir("/sys", 0755);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);

	result = mmap(NULL, sizeof(*result), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (result == MAP_FAILED)
		fatal("no memory");
	calibrate();
	if (locks) {
		count_locks();
	} else if (memory) {
		load_engines();
		count_memory();
	} else if (tools) {
		run_tools();
	} else {
		run_all(NULL, untraced_rows);
		run_all(NULL, ptrace_rows);
		loaded = load_engines();
		/* Vanilla has none, but is to be in the same state. */
		if (!brief)
			run_all("loaded", untraced_rows);
		if (loaded)
			run_all(NULL, engine_rows);
	}
	finish("done");
	return 0;
}
