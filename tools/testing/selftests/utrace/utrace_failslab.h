/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Allocations that fail when a thread asks for it by its fail-nth: those from
 * caches that are marked for it, as the kernel's own checkers allocate, too; and
 * where a test wants that, those of pages.
 */
#ifndef _UTRACE_FAILSLAB_H
#define _UTRACE_FAILSLAB_H

#include "utrace_lib.h"

#define FAILSLAB	"/sys/kernel/debug/failslab/"
#define FAIL_PAGES	"/sys/kernel/debug/fail_page_alloc/"
#define ABOVE_ALL_ORDERS "99"

/*
 * The values for caches alone, and with pages.  A page for user space, which those
 * of ignore-gfp-highmem are, is no part of what a call allocates.
 */
enum { FAIL_CACHES, FAIL_CACHES_AND_PAGES };

static const struct {
	const char *path, *values[2];
} failslab_knobs[] = {
	{ FAILSLAB "cache-filter", { "Y", "Y" } },
	{ FAILSLAB "ignore-gfp-wait", { "N", "N" } },
	{ FAILSLAB "times", { "-1", "-1" } },
	{ FAILSLAB "verbose", { "0", "0" } },
	{ FAIL_PAGES "min-order", { ABOVE_ALL_ORDERS, "0" } },
	{ FAIL_PAGES "ignore-gfp-wait", { "Y", "N" } },
	{ FAIL_PAGES "ignore-gfp-highmem", { "Y", "Y" } },
	{ FAIL_PAGES "times", { "-1", "-1" } },
	{ FAIL_PAGES "verbose", { "0", "0" } },
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

static inline bool failslab_set(int what)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(failslab_knobs); i++)
		if (!write_file(failslab_knobs[i].path,
				failslab_knobs[i].values[what]))
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
