/* SPDX-License-Identifier: GPL-2.0-only */
/* arm64: no user area, registers go by sets, and some calls have a successor. */
#ifndef _PTRACE_RECORD_ARM64_H
#define _PTRACE_RECORD_ARM64_H

/* Its number is that of another request here. */
#define HAVE_SINGLEBLOCK	false

/* With no arguments, ppoll() waits for a signal and no more. */
#define NR_pause	SYS_ppoll
#define NR_poll		SYS_ppoll
#define NR_fork		SYS_clone
#define NR_vfork	SYS_clone

#define TINY_64_MACHINE	EM_AARCH64
#define TINY_32_MACHINE	EM_ARM
#define TINY_32_FLAGS	EF_ARM_EABI_VER5
#define TINY_32_BITS	32

#ifndef NT_ARM_TAGGED_ADDR_CTRL
#define NT_ARM_TAGGED_ADDR_CTRL		0x409
#endif
#ifndef NT_ARM_PAC_ENABLED_KEYS
#define NT_ARM_PAC_ENABLED_KEYS		0x40a
#endif
#ifndef PTRACE_PEEKMTETAGS
#define PTRACE_PEEKMTETAGS		33
#define PTRACE_POKEMTETAGS		34
#endif

/* In ptrace_record_arm64_code.S. */
void fault_udf(void);
void fault_msr(void);
void fault_sp(void);
void piece_plain(void);
void piece_branch(void);
void piece_call(void);
void piece_brk(void);
void piece_raise(void);
void piece_fork(void);
void piece_vfork(void);
void piece_exclusive(void);
void piece_store(void);
void piece_landing(void);
void piece_handler(int signo);
void piece_fp(void);
extern char piece_store_insn[], pieces_end[], piece_data[16];

/* In ptrace_record_arm64.c. */
struct user_regs_struct;
bool get_regs(pid_t pid, struct user_regs_struct *regs);
void skip_brk(pid_t pid);

#endif /* _PTRACE_RECORD_ARM64_H */
