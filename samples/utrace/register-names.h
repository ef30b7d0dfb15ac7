/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of the general registers, in the order in which a regset of 8 or 4
 * bytes per register has them.
 */
#ifndef _UTRACE_SAMPLE_REGISTER_NAMES_H
#define _UTRACE_SAMPLE_REGISTER_NAMES_H

#ifdef CONFIG_X86
static const char * const register_names_64[] = {
	"r15", "r14", "r13", "r12", "bp", "bx", "r11", "r10", "r9", "r8",
	"ax", "cx", "dx", "si", "di", "orig_ax", "ip", "cs", "flags", "sp",
	"ss", "fs_base", "gs_base", "ds", "es", "fs", "gs",
};

static const char * const register_names_32[] = {
	"bx", "cx", "dx", "si", "di", "bp", "ax", "ds", "es", "fs", "gs",
	"orig_ax", "ip", "cs", "flags", "sp", "ss",
};
#else
static const char * const register_names_64[] = {};
static const char * const register_names_32[] = {};
#endif

#endif /* _UTRACE_SAMPLE_REGISTER_NAMES_H */
