/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The same code as in ptrace_record_code.S, and pieces from one breakpoint to
 * another. All instructions have four bytes, but for those that say otherwise.
 */
	.option	norvc

/* long call6(nr, a, b, c, d, e, f) */
	.text
.globl call6, call6_insn, call6_done
call6:
	mv	a7, a0
	mv	a0, a1
	mv	a1, a2
	mv	a2, a3
	mv	a3, a4
	mv	a4, a5
	mv	a5, a6
call6_insn:
	ecall
call6_done:
	ret

/* The child runs on this stack too; the return address is in a register. */
.globl call_vfork, call_vfork_done
call_vfork:
	li	a0, 0x4111		/* CLONE_VFORK | CLONE_VM | SIGCHLD */
	li	a1, 0
	li	a2, 0
	li	a3, 0
	li	a4, 0
	li	a7, 220			/* clone */
	ecall
call_vfork_done:
	ret

/* Until the word at the first argument is not zero. */
.globl spin_loop, spin_end
spin_loop:
	lw	a1, 0(a0)
	beqz	a1, spin_loop
spin_end:
	ret

/* Faults that come again when the program goes on. */
.globl fault_segv, fault_trap, fault_ill, fault_priv, fault_fetch, faults_end
fault_segv:
	li	a0, 16
	sw	zero, 0(a0)
	ret
fault_trap:
	ebreak
	ret
fault_ill:
	.2byte	0, 0
	ret
fault_priv:
	csrr	a0, sstatus
	ret
fault_fetch:
	li	a0, 16
	jr	a0
faults_end:
	nop

/* --- pieces: each begins with a breakpoint and ends with a return */

.globl piece_plain, piece_branch, piece_call, piece_break, piece_raise
.globl piece_fork, piece_vfork, piece_reserved, piece_store
.globl piece_store_insn, piece_landing, piece_handler, piece_fp, pieces_end
piece_plain:
	ebreak
	nop
	li	a0, 2
	addi	a0, a0, 1
	ret
piece_branch:
	ebreak
	li	a0, 2
1:	addi	a0, a0, -1
	bnez	a0, 1b
	j	2f
	nop
2:	ret
piece_call:
	ebreak
	li	a7, 173			/* getppid */
	ecall
	nop
	ret
/* Of either size. */
piece_break:
	ebreak
	nop
	ebreak
	.option	push
	.option	rvc
	c.ebreak
	c.nop
	.option	pop
	ret
/* Its signal comes with the return of the call. */
piece_raise:
	ebreak
	li	a7, 172			/* kill(getpid(), SIGUSR1) */
	ecall
	li	a1, 10
	li	a7, 129
	ecall
	nop
	ret
piece_fork:
	ebreak
	li	a0, 17			/* SIGCHLD */
	j	1f
piece_vfork:
	ebreak
	li	a0, 0x4111
1:	li	a1, 0
	li	a2, 0
	li	a3, 0
	li	a4, 0
	li	a7, 220
	ecall
	bnez	a0, 2f
	li	a0, 3
	li	a7, 93			/* exit */
	ecall
2:	ret
/* A stop ends the reservation, so that this fails, with 1 in A0. */
piece_reserved:
	ebreak
	la	a1, piece_data
	lr.w	a0, (a1)
	ebreak
	addi	a0, a0, 1
	sc.w	a0, a0, (a1)
	ebreak
	ret
piece_store:
	ebreak
	la	a1, piece_data
	li	a0, 1
	.balign	8
piece_store_insn:
	sw	a0, 0(a1)
	nop
	ret
/* Where a program goes that is sent somewhere else. */
piece_landing:
	li	a0, 9
	li	a7, 94			/* exit_group */
	ecall
piece_handler:
	nop
	ret
/* From stop to stop, with something of the other registers in A0. */
piece_fp:
	ebreak
	fmv.x.d	a0, f7
	ebreak
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
.macro tiny ppoll
	lw	s1, 0(sp)
	li	a7, 173			/* getppid */
	ecall
	li	s2, 2
	bltu	s1, s2, 1f
	beq	s1, s2, 2f
	li	a7, 172			/* kill(getpid(), SIGUSR1) */
	ecall
	li	a1, 10
	li	a7, 129
	ecall
1:	li	a0, 7
	li	a7, 93			/* exit */
	ecall
2:	li	a0, 0
	li	a1, 0
	li	a2, 0
	li	a3, 0
	li	a4, 0
	li	a7, \ppoll
	ecall
	j	2b
.endm
.globl tiny_64_code, tiny_64_end, tiny_32_code, tiny_32_end
tiny_64_code:
	tiny	ppoll=73
tiny_64_end:
tiny_32_code:
	tiny	ppoll=414		/* with 64 bits for the time */
tiny_32_end:

	.section .note.GNU-stack, "", @progbits
