/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between architectures: each has a header with its constants and
 * a file with these functions. Families of its own are in files of their own.
 */
#ifndef _PTRACE_RECORD_ARCH_H
#define _PTRACE_RECORD_ARCH_H

#if defined(__x86_64__)
#include "ptrace_record_x86.h"
#elif defined(__i386__)
#include "ptrace_record_i386.h"
#elif defined(__aarch64__)
#include "ptrace_record_arm64.h"
#elif defined(__s390x__)
#include "ptrace_record_s390.h"
#elif defined(__powerpc64__)
#include "ptrace_record_powerpc.h"
#elif defined(__riscv)
#include "ptrace_record_riscv.h"
#elif defined(__arm__)
#include "ptrace_record_arm.h"
#elif defined(__mips__)
#include "ptrace_record_mips.h"
#endif

/* Most machines can do single steps. */
#ifndef HAVE_STEP
#define HAVE_STEP	true
#endif

/* Of the six arguments of a call, those that the kernel finds for a tracer. */
#ifndef NR_ARGUMENTS
#define NR_ARGUMENTS	6
#endif

struct pollfd;

struct name {
	long nr;
	const char *name;
};

/* System calls that not every architecture has. */
extern const struct name arch_calls[];
extern const int nr_arch_calls;

/* A range of code or data that is known by name. */
struct label {
	const char *name;
	const void *start;
	const void *end;
};

extern const struct label arch_labels[];	/* the last has no name */

/* Instructions that make a signal, again and again until it ends the program. */
struct fault {
	const char *name;
	int signo;
	void (*fault)(void);
};

extern const struct fault faults[];
extern const int nr_faults;

/* What a tracer sets with set_reg(). */
enum reg {
	REG_NONE,
	REG_CALL,		/* the number of the system call */
	REG_ARG,		/* the first argument */
	REG_RESULT,
	REG_PLACE,		/* the next instruction */
};

/* Two changes at most that a tracer makes in one stop. */
struct poke {
	enum reg reg;
	unsigned long value;
};

void set_reg(pid_t pid, enum reg reg, unsigned long value);

/* Where nothing steps: to what comes after the breakpoint that the task is at. */
void skip_break(pid_t pid);
void poke_regs(pid_t pid, const struct poke pokes[2]);
void ask_user_area(pid_t pid);
void ask_registers(pid_t pid);
/* What the program of a piece has to do right before it. */
void prepare_piece(void);

/* Does the machine have the request under its number? */
static inline bool have_request(int request)
{
	return HAVE_SINGLEBLOCK || request != PTRACE_SINGLEBLOCK;
}

#endif /* _PTRACE_RECORD_ARCH_H */
