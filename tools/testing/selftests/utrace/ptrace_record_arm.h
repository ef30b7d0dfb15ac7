/* SPDX-License-Identifier: GPL-2.0-only */
/* 32-bit arm: registers in the user area or by sets, and nothing steps. */
#ifndef _PTRACE_RECORD_ARM_H
#define _PTRACE_RECORD_ARM_H

#define HAVE_SINGLEBLOCK	false
#define HAVE_STEP		false

#define NR_pause	SYS_pause
#define NR_poll		SYS_poll
#define NR_fork		SYS_fork
#define NR_vfork	SYS_vfork

#define TINY_32_MACHINE	EM_ARM
#define TINY_32_FLAGS	EF_ARM_EABI_VER5

/* The C library's enum has names for some of these, the kernel for all. */
#define PTRACE_GETWMMXREGS	18
#define PTRACE_SETWMMXREGS	19
#define PTRACE_SET_SYSCALL	23
#define PTRACE_GETVFPREGS	27
#define PTRACE_SETVFPREGS	28
#define PTRACE_GETHBPREGS	29
#define PTRACE_SETHBPREGS	30
#define PTRACE_GETFDPIC		31
/* The 22 of the kernel; 25 is what others have under the name. */
#define ARM_GET_THREAD_AREA	22

/* In ptrace_record_arm_code.S. */
void fault_trap(void);
void fault_ill(void);
void fault_priv(void);
void fault_fetch(void);
void piece_plain(void);
void piece_branch(void);
void piece_call(void);
void piece_break(void);
void piece_raise(void);
void piece_fork(void);
void piece_vfork(void);
void piece_exclusive(void);
void piece_store(void);
void piece_thumb(void);
void piece_landing(void);
void piece_handler(int signo);
void piece_fp(void);
extern char piece_store_insn[], piece_thumb_insn[], pieces_end[];
extern char piece_data[16];

#endif /* _PTRACE_RECORD_ARM_H */
