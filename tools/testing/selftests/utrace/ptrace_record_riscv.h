/* SPDX-License-Identifier: GPL-2.0-only */
/* riscv: no user area, registers go by sets, and nothing steps. */
#ifndef _PTRACE_RECORD_RISCV_H
#define _PTRACE_RECORD_RISCV_H

/* Its number is that of another request here. */
#define HAVE_SINGLEBLOCK	false
#define HAVE_STEP		false

/* With no arguments, ppoll() waits for a signal and no more. */
#define NR_pause	SYS_ppoll
#define NR_poll		SYS_ppoll
#define NR_fork		SYS_clone
#define NR_vfork	SYS_clone

#define TINY_64_MACHINE	EM_RISCV
#define TINY_32_MACHINE	EM_RISCV
#define TINY_32_FLAGS	0
#define TINY_32_BITS	32

#define FP_PLACE	(7 * 8)		/* among those of floating point */

#ifndef NT_RISCV_CSR
#define NT_RISCV_CSR			0x900
#endif
#ifndef NT_RISCV_VECTOR
#define NT_RISCV_VECTOR			0x901
#endif
#ifndef NT_RISCV_TAGGED_ADDR_CTRL
#define NT_RISCV_TAGGED_ADDR_CTRL	0x902
#endif
#ifndef PTRACE_GETFDPIC
#define PTRACE_GETFDPIC			33
#endif

/* In ptrace_record_riscv_code.S. */
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
void piece_reserved(void);
void piece_store(void);
void piece_landing(void);
void piece_handler(int signo);
void piece_fp(void);
extern char piece_store_insn[], pieces_end[], piece_data[16];

#endif /* _PTRACE_RECORD_RISCV_H */
