/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The same code as in ptrace_record_code.S, and pieces from one breakpoint to
 * another. All instructions have four bytes, but for those that say otherwise;
 * a compiler may make others of two, so that each function is said to be one.
 */
	.syntax	unified
	.arm
	.fpu	vfp

.macro	function name
	.globl	\name
	.type	\name, %function
\name:
.endm

.macro	break
	.inst	0xe7f001f0
.endm

/* long call6(nr, a, b, c, d, e, f) */
	.text
.globl call6_insn, call6_done
function call6
	push	{r4, r5, r6, r7}
	mov	r7, r0
	mov	r0, r1
	mov	r1, r2
	mov	r2, r3
	ldr	r3, [sp, #16]
	ldr	r4, [sp, #20]
	ldr	r5, [sp, #24]
call6_insn:
	svc	#0
call6_done:
	pop	{r4, r5, r6, r7}
	bx	lr

/*
 * The child runs on this stack too, so that what is to stay is elsewhere, and the
 * return address in a register. All that tell arguments are cleared.
 */
.globl call_vfork_done
function call_vfork
	ldr	ip, =kept
	stm	ip, {r4, r5, r6, r7}
	mov	r0, #0
	mov	r1, #0
	mov	r2, #0
	mov	r3, #0
	mov	r4, #0
	mov	r5, #0
	mov	r7, #190
	svc	#0
call_vfork_done:
	ldr	ip, =kept
	ldm	ip, {r4, r5, r6, r7}
	bx	lr
	.ltorg

/* Until the word at the first argument is not zero. */
.globl spin_end
function spin_loop
	ldr	r1, [r0]
	cmp	r1, #0
	beq	spin_loop
spin_end:
	bx	lr

/* Faults that come again when the program goes on. */
.globl faults_end
function fault_segv
	mov	r0, #16
	str	r0, [r0]
	bx	lr
function fault_trap
	break
	bx	lr
function fault_ill
	.inst	0xe7f000f0
	bx	lr
function fault_priv
	mrc	p15, 0, r0, c1, c0, 0
	bx	lr
function fault_fetch
	mov	r0, #16
	bx	r0
faults_end:
	nop

/* --- pieces: each begins with a breakpoint and ends with a return */

.globl piece_store_insn, piece_thumb_insn, pieces_end
function piece_plain
	break
	nop
	mov	r0, #2
	add	r0, r0, #1
	bx	lr
function piece_branch
	break
	mov	r0, #2
1:	subs	r0, r0, #1
	bne	1b
	b	2f
	nop
2:	bx	lr
function piece_call
	break
	push	{r7}
	mov	r7, #64			/* getppid */
	svc	#0
	nop
	pop	{r7}
	bx	lr
function piece_break
	break
	nop
	break
	nop
	bx	lr
/* Its signal comes with the return of the call. */
function piece_raise
	break
	push	{r7}
	mov	r7, #20			/* kill(getpid(), SIGUSR1) */
	svc	#0
	mov	r1, #10
	mov	r7, #37
	svc	#0
	nop
	pop	{r7}
	bx	lr
function piece_fork
	break
	push	{r7}
	mov	r7, #2
	svc	#0
	b	1f
function piece_vfork
	break
	push	{r7}
	mov	r7, #190
	svc	#0
1:	cmp	r0, #0
	bne	2f
	mov	r0, #3
	mov	r7, #1			/* exit */
	svc	#0
2:	pop	{r7}
	bx	lr
/* A stop ends the reservation, so that this fails, with 1 in R2. */
function piece_exclusive
	break
	ldr	r1, =piece_data
	ldrex	r0, [r1]
	break
	add	r0, r0, #1
	strex	r2, r0, [r1]
	mov	r0, r2
	break
	bx	lr
function piece_store
	break
	ldr	r1, =piece_data
	mov	r0, #1
piece_store_insn:
	str	r0, [r1]
	nop
	bx	lr
	.ltorg
/* Of either size. */
function piece_thumb
	break
	adr	r1, 1f + 1
	bx	r1
	.thumb
	.balign	4
1:	nop
	.inst.n	0xde01
	movs	r0, #1
	.inst.w	0xf7f0a000
	movs	r0, #2
	.balign	4
piece_thumb_insn:
	movs	r0, #3
	nop
	bx	lr
	.arm
	.balign	4
/* Where a program goes that is sent somewhere else. */
function piece_landing
	mov	r0, #9
	mov	r7, #248		/* exit_group */
	svc	#0
function piece_handler
	nop
	bx	lr
/* From stop to stop, with something of the other registers in R0. */
function piece_fp
	break
	vmov	r0, s14
	break
	bx	lr
pieces_end:
	nop

	.bss
	.balign	16
.globl piece_data
piece_data:
	.skip	16
kept:
	.skip	16

/* A whole program: see tiny_file(). */
	.section .rodata
	.balign	4
.globl tiny_32_code, tiny_32_end
tiny_32_code:
	ldr	r4, [sp]
	mov	r7, #64			/* getppid */
	svc	#0
	cmp	r4, #2
	blo	1f
	beq	2f
	mov	r7, #20			/* kill(getpid(), SIGUSR1) */
	svc	#0
	mov	r1, #10
	mov	r7, #37
	svc	#0
1:	mov	r0, #7
	mov	r7, #1			/* exit */
	svc	#0
2:	mov	r7, #29			/* pause */
	svc	#0
	b	2b
tiny_32_end:

	.section .note.GNU-stack, "", %progbits
