/* SPDX-License-Identifier: GPL-2.0-only */
/* The states in which a tracer may find a task, as a table. */
#ifndef _PTRACE_RECORD_STOPS_H
#define _PTRACE_RECORD_STOPS_H

#include "ptrace_record.h"

struct stop {
	const char *name;
	pid_t (*reach)(const struct stop *self);
	void (*program)(void);
	long options;
	int requests;		/* how many times PTRACE_SYSCALL */
	int signo;		/* with PTRACE_SINGLESTEP */
	bool runs;		/* not stopped for the tracer */
};

extern const struct stop stops[];
extern const int nr_stops;

/* Reach the state; a task that was made on the way is in *child. */
pid_t reach(int stop, pid_t *child);

/* The same; the task that was made on the way is left to itself. */
pid_t reach_alone(int stop);

/* A few stops tell what became of it, then the program is left alone. */
void see(pid_t pid, int request);

#endif /* _PTRACE_RECORD_STOPS_H */
