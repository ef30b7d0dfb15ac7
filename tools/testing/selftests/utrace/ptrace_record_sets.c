// SPDX-License-Identifier: GPL-2.0-only
/* Registers by sets: PTRACE_GETREGSET and PTRACE_SETREGSET. */
#include "ptrace_record_sets.h"

long get_set(pid_t pid, int type, void *set, size_t *size)
{
	struct iovec vec = { .iov_base = set, .iov_len = *size };

	if (ptrace_raw(PTRACE_GETREGSET, pid, type, (long)&vec))
		return -errno;
	*size = vec.iov_len;
	return 0;
}

long put_set(pid_t pid, int type, void *set, size_t size)
{
	struct iovec vec = { .iov_base = set, .iov_len = size };

	return ptrace_raw(PTRACE_SETREGSET, pid, type, (long)&vec) ? -errno : 0;
}

void set_regset(pid_t pid, int type, const char *what, void *set, size_t size)
{
	long result = put_set(pid, type, set, size);

	rec("SETREGSET %s %s of %zu = %s", who(pid), what, size,
	    result_text(result));
}

static const char * const reg_names[] = {
	[REG_CALL] = "call", [REG_ARG] = "argument", [REG_RESULT] = "result",
	[REG_PLACE] = "pc",
};

void show_poke(pid_t pid, enum reg reg, unsigned long v, long error)
{
	rec("poke %s %s=%s = %s", who(pid), reg_names[reg], value(v),
	    result_text(error));
}

/* --- each request for them */

static char page[16384];

static void ask_set(pid_t pid, int type)
{
	struct iovec vec = { .iov_base = page, .iov_len = sizeof(page) };

	req(PTRACE_GETREGSET, pid, type, (long)&vec);
	rec("  size %zu", vec.iov_len);
	req(PTRACE_SETREGSET, pid, type, (long)&vec);
	vec.iov_len = 4;
	req(PTRACE_GETREGSET, pid, type, (long)&vec);
}

void ask_sets(pid_t pid, const int *types, int n)
{
	struct iovec vec = { .iov_base = page, .iov_len = 13 };
	int i;

	for (i = 0; i < n; i++)
		ask_set(pid, types[i]);
	ask_set(pid, 0x7777);
	req(PTRACE_GETREGSET, pid, NT_PRSTATUS, (long)&vec);
	req(PTRACE_GETREGSET, pid, NT_PRSTATUS, 0);
	/* What others have; 12 is PTRACE_SINGLEBLOCK on s390. */
	if (PTRACE_SINGLEBLOCK != PTRACE_GETREGS)
		req(PTRACE_GETREGS, pid, 0, (long)page);
	req(PTRACE_SETREGS, pid, 0, (long)page);
	req(PTRACE_GETFPREGS, pid, 0, (long)page);
}
