/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Code to step through. Each piece begins with a breakpoint, from which the
 * tracer goes on step by step, and ends with a return.
 */
	.text
.globl piece_plain, piece_call, piece_call32, piece_popf, piece_pushf
.globl piece_int3, piece_rep, piece_ss, piece_touch
.globl piece_fault, piece_fork, piece_vfork, piece_clone, piece_handler
.globl piece_watch, piece_watch_store, piece_raise, pieces_end
piece_plain:
	int3
	nop
	mov	$2, %ecx
1:	dec	%ecx
	jnz	1b
	call	2f
	nop
	ret
2:	ret

piece_call:
	int3
	mov	$110, %eax		/* getppid */
	syscall
	nop
	ret

piece_call32:
	int3
	mov	$64, %eax
	int	$0x80
	nop
	ret

piece_popf:
	int3
	pushf
	orl	$0x100, (%rsp)
	popf
	nop
	nop
	mov	$110, %eax
	syscall
	nop
	pushf
	andl	$~0x100, (%rsp)
	popf
	nop
	ret

/* Does the program see the flag that is not its own? */
piece_pushf:
	int3
	pushf
	pop	%rax
	shr	$8, %eax
	and	$1, %eax
	nop
	ret

piece_int3:
	int3
	nop
	int3
	nop
	ret

piece_rep:
	int3
	lea	-64(%rsp), %rdi
	mov	%rdi, %rsi
	mov	$3, %ecx
	rep movsb
	nop
	ret

/* The instruction after a load of SS goes with it. */
piece_ss:
	int3
	mov	%ss, %eax
	mov	%eax, %ss
	nop
	nop
	ret

/* A page that is not there yet. */
piece_touch:
	int3
	mov	piece_page(%rip), %rcx
	movb	$1, (%rcx)
	nop
	ret

piece_fault:
	int3
	movl	$1, 16
	nop
	ret

piece_fork:
	int3
	mov	$57, %eax
	syscall
	nop
	test	%eax, %eax
	jz	piece_child
	ret
piece_child:
	mov	$3, %edi
	mov	$60, %eax		/* exit */
	syscall

piece_vfork:
	int3
	mov	$58, %eax
	syscall
	nop
	test	%eax, %eax
	jz	piece_child
	ret

/* As a fork that sends no signal at the end. */
piece_clone:
	int3
	xor	%edi, %edi
	xor	%esi, %esi
	xor	%edx, %edx
	xor	%r10d, %r10d
	xor	%r8d, %r8d
	mov	$56, %eax
	syscall
	nop
	test	%eax, %eax
	jz	piece_child
	ret

/* kill(getpid(), SIGUSR1) */
piece_raise:
	int3
	mov	$39, %eax
	syscall
	mov	%eax, %edi
	mov	$10, %esi
	mov	$62, %eax
	syscall
	nop
	ret

piece_handler:
	nop
	ret

piece_watch:
	int3
	lea	piece_data(%rip), %rcx
piece_watch_store:
	movb	$1, (%rcx)
	movb	$2, 3(%rcx)
	movw	$3, 2(%rcx)
	movl	$4, 4(%rcx)
	movq	$5, 8(%rcx)
	movb	(%rcx), %al
	movl	4(%rcx), %eax
	movq	8(%rcx), %rax
	nop
	ret
pieces_end:
	nop

	.data
	.balign	16
.globl piece_data, piece_page
piece_data:
	.quad	0, 0
piece_page:
	.quad	0

	.section .note.GNU-stack, "", @progbits
