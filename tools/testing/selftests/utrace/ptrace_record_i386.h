/* SPDX-License-Identifier: GPL-2.0-only */
/* A kernel for 32-bit x86: one word size, and one way to make a call. */
#ifndef _PTRACE_RECORD_I386_H
#define _PTRACE_RECORD_I386_H

#define HAVE_SINGLEBLOCK	true

#define NR_pause	SYS_pause
#define NR_poll		SYS_poll
#define NR_fork		SYS_fork
#define NR_vfork	SYS_vfork

#define TINY_32_MACHINE	EM_386
#define TINY_32_FLAGS	0

/* Where the addresses of programs end. */
#define USER_END	0xc0000000ul

/* What is looked at in struct user_regs_struct. */
#define REGS_IP		eip
#define REGS_AX		eax
#define REGS_CALL	orig_eax
#define REGS_ARG	ebx

/* In ptrace_record_i386_code.S. */
void fault_div(void);
void fault_int3(void);
void fault_ud2(void);
void fault_gp(void);
void piece_plain(void);
void piece_call(void);
void piece_popf(void);
void piece_pushf(void);
void piece_int3(void);
void piece_rep(void);
void piece_ss(void);
void piece_touch(void);
void piece_fault(void);
void piece_fork(void);
void piece_vfork(void);
void piece_clone(void);
void piece_raise(void);
void piece_handler(int signo);
void piece_watch(void);
extern char piece_watch_store[], pieces_end[], piece_data[16];
extern void *piece_page;

#endif /* _PTRACE_RECORD_I386_H */
