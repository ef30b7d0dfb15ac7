/* SPDX-License-Identifier: GPL-2.0-only */
/* Code of tracees whose every instruction is known. */

/* long call6(nr, a, b, c, d, e, f) */
	.text
.globl call6, call6_insn, call6_done
call6:
	mov	%rdi, %rax
	mov	%rsi, %rdi
	mov	%rdx, %rsi
	mov	%rcx, %rdx
	mov	%r8, %r10
	mov	%r9, %r8
	mov	8(%rsp), %r9
call6_insn:
	syscall
call6_done:
	ret

/* long call32(nr, a, b, c): a 32-bit call from 64-bit code */
.globl call32, call32_done
call32:
	push	%rbx
	mov	%edi, %eax
	mov	%esi, %ebx
	mov	%ecx, %edi
	mov	%edx, %ecx
	mov	%edi, %edx
	xor	%esi, %esi
	xor	%edi, %edi
	int	$0x80
call32_done:
	pop	%rbx
	ret

/* The child runs on this stack too, so the return address is in a register. */
.globl call_vfork, call_vfork_done
call_vfork:
	pop	%r9
	xor	%edi, %edi
	xor	%esi, %esi
	xor	%edx, %edx
	xor	%r10d, %r10d
	xor	%r8d, %r8d
	mov	$58, %eax
	syscall
call_vfork_done:
	push	%r9
	ret

/* Until the word at the first argument is not zero. */
.globl spin_loop, spin_end
spin_loop:
	pause
	cmpl	$0, (%rdi)
	je	spin_loop
spin_end:
	ret

/*
 * Instructions worth a step: plain ones, a loop, a call, a system call, a
 * software breakpoint, the trap flag set and cleared by the program itself.
 */
.globl steps_start, steps_end
steps_start:
	nop
	mov	$2, %ecx
1:	dec	%ecx
	jnz	1b
	mov	$110, %eax
	syscall
	nop
	pushf
	orl	$0x100, (%rsp)
	popf
	nop
	pushf
	andl	$~0x100, (%rsp)
	popf
	nop
	int3
	nop
	ret
steps_end:
	nop

/* Faults; where one is no end the program comes back. */
.globl fault_segv, fault_div, fault_int3, fault_ud2, fault_gp, faults_end
fault_segv:
	movl	$1, 16
	ret
fault_div:
	xor	%ecx, %ecx
	mov	$1, %eax
	cltd
	idiv	%ecx
	ret
fault_int3:
	int3
	ret
fault_ud2:
	ud2
	ret
fault_gp:
	hlt
	ret
faults_end:
	nop

/* Whole programs, for either word size: see tiny_file(). */
	.section .rodata
.globl tiny_64_code, tiny_64_end, tiny_32_code, tiny_32_end
tiny_64_code:
	mov	(%rsp), %rbx
	mov	$110, %eax		/* getppid */
	syscall
	cmp	$2, %ebx
	jb	1f
	je	2f
	mov	$39, %eax		/* kill(getpid(), SIGUSR1) */
	syscall
	mov	%eax, %edi
	mov	$10, %esi
	mov	$62, %eax
	syscall
1:	mov	$7, %edi
	mov	$60, %eax		/* exit */
	syscall
2:	mov	$34, %eax		/* pause */
	syscall
	jmp	2b
tiny_64_end:
	.code32
tiny_32_code:
	mov	(%esp), %esi
	mov	$64, %eax
	int	$0x80
	cmp	$2, %esi
	jb	1f
	je	2f
	mov	$20, %eax
	int	$0x80
	mov	%eax, %ebx
	mov	$10, %ecx
	mov	$37, %eax
	int	$0x80
1:	mov	$7, %ebx
	mov	$1, %eax
	int	$0x80
2:	mov	$29, %eax
	int	$0x80
	jmp	2b
tiny_32_end:
	.code64
	.text

	.section .note.GNU-stack, "", @progbits
