/* SPDX-License-Identifier: GPL-2.0-only */
/* Pieces of code and the ways to go through them, of machines with sets. */
#ifndef _PTRACE_RECORD_PIECES_H
#define _PTRACE_RECORD_PIECES_H

#include "ptrace_record_stops.h"

struct piece {
	const char *name;
	void (*fn)(void);
};

struct way {
	const char *name;
	int request;
	int other;		/* every second time */
	long options;
	int signo;		/* with the third */
};

/* Of the architecture; there are ways for all of them, too. */
extern const struct piece pieces[];
extern const int nr_pieces;
extern const struct way ways[];
extern const int nr_ways;

/* From the program's first stop to the first instruction of interest. */
void enter_piece(pid_t pid);
/* Where a breakpoint leaves the program before it, past it. */
void pass_breakpoint(pid_t pid);

bool is_stopped(int status);
int step_stop(pid_t pid);
bool at_breakpoint(pid_t pid);
pid_t start_piece(void (*fn)(void), long options);
/* Resume, wait; is it stopped then? */
bool go_on(pid_t pid, int request, int signo);
/* Where nothing steps: through piece_store(), with a breakpoint of a debugger. */
void run_planted(unsigned long insn, unsigned long mask, int request);

#endif /* _PTRACE_RECORD_PIECES_H */
