/* SPDX-License-Identifier: GPL-2.0-only */
/* s390: registers in the user area, of which one is a call's number and result. */
#ifndef _PTRACE_RECORD_S390_H
#define _PTRACE_RECORD_S390_H

#define HAVE_SINGLEBLOCK	true

#define NR_pause	SYS_pause
#define NR_poll		SYS_poll
#define NR_fork		SYS_fork
#define NR_vfork	SYS_vfork

#define TINY_64_MACHINE	EM_S390
#define TINY_32_MACHINE	EM_S390
#define TINY_32_FLAGS	0
#define TINY_32_BITS	31

/* In ptrace_record_s390_code.S. */
void fault_trap(void);
void fault_ill(void);
void fault_priv(void);
void fault_div(void);
void piece_plain(void);
void piece_branch(void);
void piece_call(void);
void piece_raise(void);
void piece_fork(void);
void piece_vfork(void);
void piece_store(void);
void piece_landing(void);
void piece_handler(int signo);
extern char pieces_end[], piece_data[16];

#endif /* _PTRACE_RECORD_S390_H */
