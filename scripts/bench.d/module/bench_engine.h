/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What /dev/bench-engine takes: attach engines to a task, see what comes of it.
 * Only one task at a time has engines.
 */
#ifndef BENCH_ENGINE_H
#define BENCH_ENGINE_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* What an engine does. */
enum bench_kind {
	BENCH_COUNT,		/* count system calls, entry and exit */
	BENCH_FORMAT,		/* and print the call and its result to a buffer */
	BENCH_CLONE,		/* count new tasks */
	BENCH_EXEC,		/* count execs */
	BENCH_STEP,		/* single-step, when told so */
	BENCH_HOLD,		/* stop at the entry of each call */
	BENCH_IDLE,		/* ask for nothing; stop when told so */
	BENCH_KINDS
};

struct bench_attach {
	__s32 pid;		/* 0: the caller */
	__u32 number;		/* of engines, at most BENCH_MAX */
	__u32 kind;
};

#define BENCH_MAX	16

#define BENCH_NOTHING	_IO('b', 0)
#define BENCH_ATTACH	_IOW('b', 1, struct bench_attach)
#define BENCH_DETACH	_IO('b', 2)
#define BENCH_STOP	_IO('b', 3)	/* stop the task and wait for that */
#define BENCH_RESUME	_IO('b', 4)
#define BENCH_RUN	_IO('b', 5)	/* resume, wait for the next stop */
#define BENCH_STEPS	_IO('b', 6)	/* step the caller, until BENCH_DETACH */
#define BENCH_CROWD	_IOW('b', 8, __s32)	/* one engine on each thread of a process */
#define BENCH_REPORTS	_IO('b', 7)	/* how many reports there were */

#endif /* BENCH_ENGINE_H */
