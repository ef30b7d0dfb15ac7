/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The measuring program of scripts/bench, which is the init of its guest: rows,
 * each of which does one thing many times and is measured each time.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/wait.h>

/**
 * struct row - one thing to measure
 * @group: the table that it belongs to
 * @name: what it is, the same for all kernels
 * @flags: ROW_BRIEF if it is part of the short form, ROW_QUIET if it allocates and frees
 *	memory, so that it depends on what the allocators have at hand
 * @samples: how often it is measured, after a tenth as often without
 * @share: the result is divided by this, for what is done several times at once
 * @less: what to take off, measured before @begin, or NULL
 * @begin: called once before, or NULL
 * @once: what is measured
 * @end: called once afterwards, or NULL
 * @arg: for these three
 *
 * Each row is run in a process of its own.
 */
struct row {
	const char *group;
	const char *name;
	unsigned int flags;
	unsigned int samples;
	unsigned int share;
	void (*less)(unsigned long arg);
	void (*begin)(unsigned long arg);
	void (*once)(unsigned long arg);
	void (*end)(unsigned long arg);
	unsigned long arg;
};

#define ROW_BRIEF	1
#define ROW_QUIET	2

extern const struct row untraced_rows[], ptrace_rows[], engine_rows[];

/* Not rows but what they print. */
void count_locks(void);
void count_memory(void);

/* A request to the engines, see module/bench_engine.h; its result. */
long tell(unsigned long cmd, unsigned long arg);

/* A child that makes system calls until it is killed, stopped by PTRACE_TRACEME. */
pid_t start_caller(void);
/* Let it make so many stops at system calls. */
void make_stops(pid_t pid, unsigned long number);

/* Some that others build upon. */
void do_getppid(unsigned long arg);
void do_fork(unsigned long arg);
void do_exec(unsigned long arg);

/* The program that rows execute: it does nothing. */
#define NOTHING_PROGRAM	"/nothing"

/* Ends the run, and says so. */
void fatal(const char *format, ...)
	__attribute__((format(printf, 1, 2), noreturn));

/* For calls that cannot fail here: their result. */
#define must(call)							\
({									\
	typeof(call) must_ret = (call);					\
									\
	if (must_ret == (typeof(call))-1)				\
		fatal("%s:%d: %s: %m", __FILE__, __LINE__, #call);	\
	must_ret;							\
})

/* System calls without what the C library may add to them. */
static inline long raw_syscall(long nr, long a, long b, long c, long d)
{
	register long r10 asm("r10") = d;
	long ret;

	asm volatile("syscall" : "=a" (ret)
		     : "a" (nr), "D" (a), "S" (b), "d" (c), "r" (r10)
		     : "rcx", "r11", "memory");
	return ret;
}

#endif /* BENCH_H */
