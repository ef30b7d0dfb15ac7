/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Allocations that fail when a thread asks for it by its fail-nth: those from
 * caches that are marked for it, as the kernel's own checkers allocate, too.
 */
#ifndef _UTRACE_FAILSLAB_H
#define _UTRACE_FAILSLAB_H

#include "utrace_lib.h"

#define FAILSLAB	"/sys/kernel/debug/failslab/"

static const struct {
	const char *path, *value;
} failslab_knobs[] = {
	{ FAILSLAB "cache-filter", "Y" },
	{ FAILSLAB "ignore-gfp-wait", "N" },
	{ FAILSLAB "times", "-1" },
	{ FAILSLAB "verbose", "0" },
};

/* What they were. */
struct failslab {
	char values[ARRAY_SIZE(failslab_knobs)][16];
};

static inline bool failslab_save(struct failslab *before)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(failslab_knobs); i++)
		if (read_file(failslab_knobs[i].path, before->values[i],
			      sizeof(before->values[i])) <= 0)
			return false;
	return true;
}

static inline bool failslab_set(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(failslab_knobs); i++)
		if (!write_file(failslab_knobs[i].path, failslab_knobs[i].value))
			return false;
	return true;
}

static inline bool failslab_restore(const struct failslab *before)
{
	bool ok = true;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(failslab_knobs); i++)
		if (!write_file(failslab_knobs[i].path, before->values[i]))
			ok = false;
	return ok;
}

#endif /* _UTRACE_FAILSLAB_H */
