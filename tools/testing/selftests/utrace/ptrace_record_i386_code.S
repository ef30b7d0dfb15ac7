/* SPDX-License-Identifier: GPL-2.0-only */
/* The same code as in ptrace_record_code.S, and what is worth a step here. */

/* long call6(nr, a, b, c, d, e, f) */
	.text
.globl call6, call6_insn, call6_done
call6:
	push	%ebp
	push	%edi
	push	%esi
	push	%ebx
	mov	20(%esp), %eax
	mov	24(%esp), %ebx
	mov	28(%esp), %ecx
	mov	32(%esp), %edx
	mov	36(%esp), %esi
	mov	40(%esp), %edi
	mov	44(%esp), %ebp
call6_insn:
	int	$0x80
call6_done:
	pop	%ebx
	pop	%esi
	pop	%edi
	pop	%ebp
	ret

/*
 * The child runs on this stack too, and no register is left for the return
 * address where all that tell arguments are cleared.
 */
.globl call_vfork, call_vfork_done
call_vfork:
	popl	kept
	mov	%ebx, kept + 4
	mov	%esi, kept + 8
	mov	%edi, kept + 12
	mov	%ebp, kept + 16
	xor	%ebx, %ebx
	xor	%ecx, %ecx
	xor	%edx, %edx
	xor	%esi, %esi
	xor	%edi, %edi
	xor	%ebp, %ebp
	mov	$190, %eax
	int	$0x80
call_vfork_done:
	mov	kept + 4, %ebx
	mov	kept + 8, %esi
	mov	kept + 12, %edi
	mov	kept + 16, %ebp
	pushl	kept
	ret

/* Until the word at the first argument is not zero. */
.globl spin_loop, spin_end
spin_loop:
	mov	4(%esp), %eax
1:	pause
	cmpl	$0, (%eax)
	je	1b
spin_end:
	ret

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

/*
 * Code to step through, as in ptrace_record_step.S: each piece begins with a
 * breakpoint and ends with a return.
 */
.globl piece_plain, piece_call, piece_popf, piece_pushf, piece_int3, piece_rep
.globl piece_ss, piece_touch, piece_fault, piece_fork, piece_vfork, piece_clone
.globl piece_handler, piece_watch, piece_watch_store, piece_raise, pieces_end
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
	mov	$64, %eax		/* getppid */
	int	$0x80
	nop
	ret

piece_popf:
	int3
	pushf
	orl	$0x100, (%esp)
	popf
	nop
	nop
	mov	$64, %eax
	int	$0x80
	nop
	pushf
	andl	$~0x100, (%esp)
	popf
	nop
	ret

piece_pushf:
	int3
	pushf
	pop	%eax
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
	push	%esi
	push	%edi
	int3
	lea	-64(%esp), %edi
	mov	%edi, %esi
	mov	$3, %ecx
	rep movsb
	nop
	pop	%edi
	pop	%esi
	ret

piece_ss:
	int3
	mov	%ss, %eax
	mov	%eax, %ss
	nop
	nop
	ret

piece_touch:
	int3
	mov	piece_page, %ecx
	movb	$1, (%ecx)
	nop
	ret

piece_fault:
	int3
	movl	$1, 16
	nop
	ret

piece_fork:
	int3
	mov	$2, %eax
	int	$0x80
	nop
	test	%eax, %eax
	jz	piece_child
	ret
piece_child:
	mov	$3, %ebx
	mov	$1, %eax		/* exit */
	int	$0x80

piece_vfork:
	int3
	mov	$190, %eax
	int	$0x80
	nop
	test	%eax, %eax
	jz	piece_child
	ret

piece_clone:
	push	%ebx
	push	%esi
	push	%edi
	int3
	xor	%ebx, %ebx
	xor	%ecx, %ecx
	xor	%edx, %edx
	xor	%esi, %esi
	xor	%edi, %edi
	mov	$120, %eax
	int	$0x80
	nop
	test	%eax, %eax
	jz	piece_child
	pop	%edi
	pop	%esi
	pop	%ebx
	ret

/* kill(getpid(), SIGUSR1) */
piece_raise:
	push	%ebx
	int3
	mov	$20, %eax
	int	$0x80
	mov	%eax, %ebx
	mov	$10, %ecx
	mov	$37, %eax
	int	$0x80
	nop
	pop	%ebx
	ret

piece_handler:
	nop
	ret

piece_watch:
	int3
	mov	$piece_data, %ecx
piece_watch_store:
	movb	$1, (%ecx)
	movb	$2, 3(%ecx)
	movw	$3, 2(%ecx)
	movl	$4, 4(%ecx)
	movl	$5, 8(%ecx)
	movb	(%ecx), %al
	movl	4(%ecx), %eax
	movl	8(%ecx), %eax
	nop
	ret
pieces_end:
	nop

/* A whole program: see tiny_file(). */
	.section .rodata
.globl tiny_32_code, tiny_32_end
tiny_32_code:
	mov	(%esp), %esi
	mov	$64, %eax		/* getppid */
	int	$0x80
	cmp	$2, %esi
	jb	1f
	je	2f
	mov	$20, %eax		/* kill(getpid(), SIGUSR1) */
	int	$0x80
	mov	%eax, %ebx
	mov	$10, %ecx
	mov	$37, %eax
	int	$0x80
1:	mov	$7, %ebx
	mov	$1, %eax		/* exit */
	int	$0x80
2:	mov	$29, %eax		/* pause */
	int	$0x80
	jmp	2b
tiny_32_end:

	.data
	.balign	16
.globl piece_data, piece_page
piece_data:
	.long	0, 0, 0, 0
piece_page:
	.long	0
kept:
	.long	0, 0, 0, 0, 0

	.section .note.GNU-stack, "", @progbits
