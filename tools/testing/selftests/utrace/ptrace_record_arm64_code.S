/* SPDX-License-Identifier: GPL-2.0-only */
/* The same code as in ptrace_record_code.S, and what is worth a step here. */

/* long call6(nr, a, b, c, d, e, f) */
	.text
.globl call6, call6_insn, call6_done
call6:
	mov	x8, x0
	mov	x0, x1
	mov	x1, x2
	mov	x2, x3
	mov	x3, x4
	mov	x4, x5
	mov	x5, x6
	mov	x7, #77			/* seen by tracers, and to stay */
call6_insn:
	svc	#0
call6_done:
	ret

/* The child runs on this stack too; the return address is in a register. */
.globl call_vfork, call_vfork_done
call_vfork:
	mov	x0, #0x4111		/* CLONE_VFORK | CLONE_VM | SIGCHLD */
	mov	x1, xzr
	mov	x2, xzr
	mov	x3, xzr
	mov	x4, xzr
	mov	x8, #220		/* clone */
	svc	#0
call_vfork_done:
	ret

/* Until the word at the first argument is not zero. */
.globl spin_loop, spin_end
spin_loop:
	yield
	ldr	w1, [x0]
	cbz	w1, spin_loop
spin_end:
	ret

/* Faults that come again when the program goes on. */
.globl fault_segv, fault_udf, fault_msr, fault_sp, faults_end
fault_segv:
	mov	x0, #16
	str	wzr, [x0]
	ret
fault_udf:
	udf	#0
	ret
fault_msr:
	mrs	x0, sctlr_el1
	ret
fault_sp:
	mov	x1, sp
	sub	x0, x1, #8
	mov	sp, x0
	ldr	x0, [sp]
	mov	sp, x1
	ret
faults_end:
	nop

/* --- instructions worth a step; each piece ends with a return */

.globl piece_plain, piece_branch, piece_call, piece_brk, piece_raise
.globl piece_fork, piece_vfork, piece_exclusive, piece_store
.globl piece_store_insn, piece_landing, piece_handler, piece_fp, pieces_end
piece_plain:
	nop
	mov	x0, #2
	add	x0, x0, #1
	ret
piece_branch:
	mov	x0, #2
1:	sub	x0, x0, #1
	cbnz	x0, 1b
	b	2f
	nop
2:	ret
piece_call:
	mov	x8, #173		/* getppid */
	svc	#0
	nop
	ret
piece_brk:
	nop
	brk	#5
	nop
	ret
/* Its signal comes with the return of the call. */
piece_raise:
	mov	x8, #172		/* kill(getpid(), SIGUSR1) */
	svc	#0
	mov	x1, #10
	mov	x8, #129
	svc	#0
	nop
	ret
piece_fork:
	mov	x0, #17			/* SIGCHLD */
	b	1f
piece_vfork:
	mov	x0, #0x4111
1:	mov	x1, xzr
	mov	x2, xzr
	mov	x3, xzr
	mov	x4, xzr
	mov	x8, #220
	svc	#0
	cbnz	x0, 2f
	mov	x0, #3
	mov	x8, #93			/* exit */
	svc	#0
2:	ret
/* The exception of a step ends the reservation, so that this fails each time. */
piece_exclusive:
	adrp	x1, piece_data
	add	x1, x1, :lo12:piece_data
	ldxr	w0, [x1]
	add	w0, w0, #1
	stxr	w2, w0, [x1]
	ret
piece_store:
	adrp	x1, piece_data
	add	x1, x1, :lo12:piece_data
	mov	w0, #1
piece_store_insn:
	str	w0, [x1]
	nop
	ret
/* Where a program goes that is sent somewhere else. */
piece_landing:
	mov	x0, #9
	mov	x8, #94			/* exit_group */
	svc	#0
piece_handler:
	nop
	ret
/* From stop to stop, with something of the other registers in X0. */
piece_fp:
	brk	#0
	fmov	x0, d7
	brk	#0
	ret
pieces_end:
	nop

	.bss
	.balign	16
.globl piece_data
piece_data:
	.skip	16

/* Whole programs, for either word size: see tiny_file(). */
	.section .rodata
	.balign	4
.globl tiny_64_code, tiny_64_end, tiny_32_code, tiny_32_end
tiny_64_code:
	ldr	x20, [sp]
	mov	x8, #173		/* getppid */
	svc	#0
	cmp	x20, #2
	b.lo	1f
	b.eq	2f
	mov	x8, #172		/* kill(getpid(), SIGUSR1) */
	svc	#0
	mov	x1, #10
	mov	x8, #129
	svc	#0
1:	mov	x0, #7
	mov	x8, #93			/* exit */
	svc	#0
2:	mov	x0, xzr			/* ppoll, with no arguments */
	mov	x1, xzr
	mov	x2, xzr
	mov	x3, xzr
	mov	x4, xzr
	mov	x8, #73
	svc	#0
	b	2b
tiny_64_end:
/* This assembler does not know the instructions of 32-bit programs. */
tiny_32_code:
	.inst	0xe59d4000		/*	ldr	r4, [sp]	*/
	.inst	0xe3a07040		/*	mov	r7, #64		*/
	.inst	0xef000000		/*	svc	#0	getppid	*/
	.inst	0xe3540002		/*	cmp	r4, #2		*/
	.inst	0x3a000005		/*	blo	1f		*/
	.inst	0x0a000007		/*	beq	2f		*/
	.inst	0xe3a07014		/*	mov	r7, #20		*/
	.inst	0xef000000		/*	svc	#0	getpid	*/
	.inst	0xe3a0100a		/*	mov	r1, #10		*/
	.inst	0xe3a07025		/*	mov	r7, #37		*/
	.inst	0xef000000		/*	svc	#0	kill	*/
	.inst	0xe3a00007		/* 1:	mov	r0, #7		*/
	.inst	0xe3a07001		/*	mov	r7, #1		*/
	.inst	0xef000000		/*	svc	#0	exit	*/
	.inst	0xe3a0701d		/* 2:	mov	r7, #29		*/
	.inst	0xef000000		/*	svc	#0	pause	*/
	.inst	0xeafffffc		/*	b	2b		*/
tiny_32_end:

	.section .note.GNU-stack, "", %progbits
