// SPDX-License-Identifier: GPL-2.0-only
/*
 * The program whose system calls are logged, and what the script tools needs.
 *
 *	calls run NUMBER FILE	make so many calls, write how long it took to FILE
 *	calls held NUMBER FILE	the same after a SIGSTOP and a SIGCONT
 *	calls clock		print the time
 *	calls drain FROM TO PID	copy the stream FROM to the file TO, until it ends or
 *				is empty when there is no process PID any more
 *
 * Times are instructions, as in bench.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static uint64_t now(void)
{
	uint32_t low, high;

	asm volatile("rdtsc" : "=a" (low), "=d" (high) : : "memory");
	return (uint64_t)high << 32 | low;
}

static int fail(const char *what)
{
	perror(what);
	return 1;
}

/* Four at a time: a string, a buffer, a number, and none of these. */
static void make_calls(long number)
{
	char byte;
	int fd;

	for (; number > 0; number -= 4) {
		fd = syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY, 0);
		syscall(SYS_read, fd, &byte, 1);
		syscall(SYS_getppid);
		syscall(SYS_close, fd);
	}
}

static int run(long number, const char *name)
{
	FILE *file = fopen(name, "w");
	uint64_t begin;

	if (!file)
		return fail(name);
	begin = now();
	make_calls(number);
	fprintf(file, "%llu\n", (unsigned long long)(now() - begin));
	return fclose(file) ? fail(name) : 0;
}

static int drain(const char *from, const char *to, pid_t pid)
{
	static char buffer[1 << 16];
	int in = open(from, O_RDONLY | O_NONBLOCK);
	int out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	struct pollfd poll_in = { .fd = in, .events = POLLIN };
	ssize_t got;
	int gone;

	if (in < 0 || out < 0)
		return fail(in < 0 ? from : to);
	for (;;) {
		gone = kill(pid, 0);
		got = read(in, buffer, sizeof(buffer));
		if (!got || (got < 0 && errno == EAGAIN && gone))
			return 0;
		if (got > 0 && write(out, buffer, got) != got)
			return fail(to);
		if (got < 0 && errno != EAGAIN)
			return fail(from);
		if (got < 0)
			poll(&poll_in, 1, 1);
	}
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "held"))
		raise(SIGSTOP);
	if (argc == 4 && (!strcmp(argv[1], "run") || !strcmp(argv[1], "held")))
		return run(atol(argv[2]), argv[3]);
	if (argc == 2 && !strcmp(argv[1], "clock"))
		return printf("%llu\n", (unsigned long long)now()) < 0;
	if (argc == 5 && !strcmp(argv[1], "drain"))
		return drain(argv[2], argv[3], atoi(argv[4]));
	fprintf(stderr, "see calls.c\n");
	return 1;
}
