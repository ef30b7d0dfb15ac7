/* SPDX-License-Identifier: GPL-2.0-only */
/* For machines whose registers go by sets, whole or in part. */
#ifndef _PTRACE_RECORD_SETS_H
#define _PTRACE_RECORD_SETS_H

#include <elf.h>
#include "ptrace_record.h"

/* Without a word: 0 or an error, with a minus. The size becomes the set's. */
long get_set(pid_t pid, int type, void *set, size_t *size);
long put_set(pid_t pid, int type, void *set, size_t size);

/* With a record of it. */
void set_regset(pid_t pid, int type, const char *what, void *set, size_t size);
void show_poke(pid_t pid, enum reg reg, unsigned long v, long error);
void ask_sets(pid_t pid, const int *types, int n);

#endif /* _PTRACE_RECORD_SETS_H */
