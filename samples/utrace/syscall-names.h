/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of system calls, as far as the architecture generates tables from which
 * they can be had: a call is named after the function that implements it.
 */
#ifndef _UTRACE_SAMPLE_SYSCALL_NAMES_H
#define _UTRACE_SAMPLE_SYSCALL_NAMES_H

#include <linux/array_size.h>
#include <linux/audit.h>
#include <linux/string.h>

#ifdef CONFIG_X86

/* The tables begin with number zero and have no gaps. */
struct syscall_function {
	unsigned int nr;
	const char *name;
};

#define __SYSCALL(nr, sym)			{ nr, #sym },
#define __SYSCALL_WITH_COMPAT(nr, sym, ...)	__SYSCALL(nr, sym)
#define __SYSCALL_NORETURN(nr, sym)		__SYSCALL(nr, sym)
#define __SYSCALL_COMPAT_NORETURN(nr, sym, ...)	__SYSCALL(nr, sym)

static const struct syscall_function syscall_functions_32[] = {
#include <asm/syscalls_32.h>
};

#ifdef CONFIG_X86_64
static const struct syscall_function syscall_functions_64[] = {
#include <asm/syscalls_64.h>
};
#endif

static inline const char *syscall_function(int arch, unsigned int nr)
{
	if (arch == AUDIT_ARCH_I386) {
		if (nr < ARRAY_SIZE(syscall_functions_32))
			return syscall_functions_32[nr].name;
		return NULL;
	}
#ifdef CONFIG_X86_64
	nr &= ~__X32_SYSCALL_BIT;
	if (nr < ARRAY_SIZE(syscall_functions_64))
		return syscall_functions_64[nr].name;
#endif
	return NULL;
}

#undef __SYSCALL
#undef __SYSCALL_WITH_COMPAT
#undef __SYSCALL_NORETURN
#undef __SYSCALL_COMPAT_NORETURN

#else

static inline const char *syscall_function(int arch, unsigned int nr)
{
	return NULL;
}

#endif

/* The name without sys_, or NULL.  @arch is an AUDIT_ARCH number. */
static inline const char *syscall_name(int arch, unsigned int nr)
{
	const char *name = syscall_function(arch, nr);

	if (!name || !strstarts(name, "sys_") || !strcmp(name, "sys_ni_syscall"))
		return NULL;
	return name + strlen("sys_");
}

#endif /* _UTRACE_SAMPLE_SYSCALL_NAMES_H */
