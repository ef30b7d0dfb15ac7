/* SPDX-License-Identifier: GPL-2.0-only */
/* Code whose registers are looked at and changed. */

/* long ptrace32(request, pid, addr, data): the call of 32-bit programs */
	.text
.globl ptrace32
ptrace32:
	push	%rbx
	mov	%edi, %ebx
	mov	%ecx, %r8d
	mov	%esi, %ecx
	mov	%r8d, %esi
	mov	$26, %eax
	int	$0x80
	cltq
	pop	%rbx
	ret

/* Where a program goes that is sent somewhere else; so does a 32-bit one. */
.globl regs_landing, regs_fp, regs_base, regs_all, regs_end
regs_landing:
	mov	$9, %edi
	mov	$231, %eax		/* exit_group */
	syscall

/* From stop to stop, with something of the other registers in RAX. */
regs_fp:
	int3
	movq	%xmm7, %rax
	int3
	ret

regs_base:
	int3
	mov	%fs:0, %rax
	int3
	mov	%gs:0, %rax
	int3
	ret

/* All that are general, and a call that leaves them as they are. */
regs_all:
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	int3
	mov	$39, %eax		/* getpid */
	syscall
	int3
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	ret
regs_end:
	nop

	.section .note.GNU-stack, "", @progbits
