/* SPDX-License-Identifier: GPL-2.0-only */
/* x86-64, where 32-bit programs and 32-bit calls of 64-bit ones are traced too. */
#ifndef _PTRACE_RECORD_X86_H
#define _PTRACE_RECORD_X86_H

#define HAVE_SINGLEBLOCK	true
#define HAVE_CALL32		1
#define HAVE_VSYSCALL		1

/* Calls that elsewhere go by another number. */
#define NR_pause	SYS_pause
#define NR_poll		SYS_poll
#define NR_fork		SYS_fork
#define NR_vfork	SYS_vfork

/* Where the addresses of programs end. */
#define USER_END	0x7ffffffff000ul

/* What is looked at in struct user_regs_struct. */
#define REGS_IP		rip
#define REGS_AX		rax
#define REGS_CALL	orig_rax
#define REGS_ARG	rdi

/* Of the programs that are executed. */
#define TINY_64_MACHINE	EM_X86_64
#define TINY_32_MACHINE	EM_386
#define TINY_32_FLAGS	0

/* In ptrace_record_code.S. */
long call32(long nr, long a, long b, long c);
void steps_start(void);
void fault_div(void);
void fault_int3(void);
void fault_ud2(void);
void fault_gp(void);
extern char call32_done[], steps_end[];

/* In ptrace_record_step.S. */
void piece_plain(void);
void piece_call(void);
void piece_call32(void);
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

/* In ptrace_record_regs.S. */
long ptrace32(long request, long pid, long addr, long data);
void regs_landing(void);
void regs_fp(void);
void regs_base(void);
void regs_all(void);
extern char regs_end[];

#endif /* _PTRACE_RECORD_X86_H */
