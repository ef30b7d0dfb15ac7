/* SPDX-License-Identifier: GPL-2.0-only */
/* 64-bit powerpc: registers in the user area, and results with a bit for errors. */
#ifndef _PTRACE_RECORD_POWERPC_H
#define _PTRACE_RECORD_POWERPC_H

#define HAVE_SINGLEBLOCK	true

#define NR_pause	SYS_pause
#define NR_poll		SYS_poll
#define NR_fork		SYS_fork
#define NR_vfork	SYS_vfork

#define TINY_64_MACHINE	EM_PPC64
#define TINY_64_FLAGS	2		/* no function descriptors */
#define TINY_32_MACHINE	EM_PPC
#define TINY_32_FLAGS	0
#define TINY_32_BITS	32

#define FP_PLACE	(7 * 8)		/* among those of floating point */

/* In ptrace_record_powerpc_code.S. */
void fault_trap(void);
void fault_ill(void);
void fault_priv(void);
void fault_align(void);
void piece_plain(void);
void piece_branch(void);
void piece_call(void);
void piece_scv(void);
void piece_trap(void);
void piece_raise(void);
void piece_fork(void);
void piece_vfork(void);
void piece_reserved(void);
void piece_store(void);
void piece_landing(void);
void piece_handler(int signo);
void piece_fp(void);
extern char pieces_end[], piece_data[16];

/* In ptrace_record_powerpc.c. */
void skip_trap(pid_t pid);

#endif /* _PTRACE_RECORD_POWERPC_H */
