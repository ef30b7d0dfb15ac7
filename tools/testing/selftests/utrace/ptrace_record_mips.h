/* SPDX-License-Identifier: GPL-2.0-only */
/* 32-bit mips: registers by their number, all of them or by sets; nothing steps. */
#ifndef _PTRACE_RECORD_MIPS_H
#define _PTRACE_RECORD_MIPS_H

#define HAVE_SINGLEBLOCK	false
#define HAVE_STEP		false

/* Those on the stack are looked for in the memory of whoever looks. */
#define NR_ARGUMENTS	4

#define NR_pause	SYS_pause
#define NR_poll		SYS_poll
#define NR_fork		SYS_fork
#define NR_vfork	SYS_clone

#define TINY_32_MACHINE	EM_MIPS
#define TINY_32_FLAGS	(EF_MIPS_ARCH_32R2 | 0x1000)	/* of the o32 ABI */

#define FP_PLACE	(6 * 8 + 4)	/* the low half of an even one */

/* In ptrace_record_mips_code.S. */
void fault_trap(void);
void fault_trap_if(void);
void fault_ill(void);
void fault_priv(void);
void fault_fetch(void);
void fault_bus(void);
void fault_overflow(void);
void fault_division(void);
void piece_plain(void);
void piece_branch(void);
void piece_call(void);
void piece_break(void);
void piece_delay(void);
void piece_raise(void);
void piece_fork(void);
void piece_vfork(void);
void piece_linked(void);
void piece_store(void);
void piece_landing(void);
void piece_handler(int signo);
void piece_fp(void);
extern char piece_store_insn[], pieces_end[], piece_data[16];

/* In ptrace_record_mips.c. */
long peek_reg(pid_t pid, int number);

#endif /* _PTRACE_RECORD_MIPS_H */
