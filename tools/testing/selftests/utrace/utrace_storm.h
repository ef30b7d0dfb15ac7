/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What utrace_storm.ko, utrace_storm2.ko and the programs that use them say to
 * each other.
 *
 * A slot holds one engine.  Slots belong to the module, not to the open file that
 * made them: any file can use any of them.
 */
#ifndef _UTRACE_STORM_H
#define _UTRACE_STORM_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* What an attached engine is to do. */
#define STORM_WILD		0x01	/* whatever comes to its mind */
#define STORM_FEW		0x02	/* with few callbacks, not all there are */
#define STORM_EXCLUSIVE		0x04	/* unless the module has one there */

struct storm_attach {
	__s32 target;		/* thread id */
	__u32 how;
	__u64 seed;		/* of what comes to its mind */
	__u64 events;
	__s32 slot;		/* result, or a negative error code */
	__u32 pad;
};

enum storm_what {
	STORM_CONTROL = 1,	/* arg: the action */
	STORM_SET_EVENTS,	/* arg: the mask */
	STORM_ASK,		/* arg: the action */
	STORM_BARRIER,
	STORM_EXAMINE,		/* registers */
	STORM_FREEZE,		/* arg: 0, or 1 to resume from there */
	STORM_DROP,		/* detach, and give the slot back */
};

struct storm_call {
	__s32 slot;
	__u32 what;
	__u64 arg;
	__s32 result;
	__u32 pad;
};

/* All engines become calm and stop the task, or let it run. */
struct storm_calm {
	__u32 stop;
	__u32 engines;		/* how many there are */
	__u32 attached;		/* how many of these to living tasks */
};

/* Leave the engines attached when the file is closed. */
#define STORM_IOC_KEEP		_IO('U', 1)
#define STORM_IOC_ATTACH	_IOWR('U', 2, struct storm_attach)
#define STORM_IOC_CALL		_IOWR('U', 3, struct storm_call)
#define STORM_IOC_CALM		_IOWR('U', 4, struct storm_calm)
/* Be held until SIGKILL, by no engine: for a test of who looks for that. */
#define STORM_IOC_STRAND	_IO('U', 5)

#endif /* _UTRACE_STORM_H */
