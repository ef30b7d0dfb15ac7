/* SPDX-License-Identifier: GPL-2.0-only */
/* The same code as in ptrace_record_code.S, and what is worth a step here. */

.macro begin name
.globl \name
.type \name, @function
\name:
.endm

/* A result that is an error has the bit for it, and no minus. */
.macro done
	bnslr
	neg	3, 3
	blr
.endm

/* long call6(nr, a, b, c, d, e, f) */
	.text
	.abiversion	2
begin call6
	mr	0, 3
	mr	3, 4
	mr	4, 5
	mr	5, 6
	mr	6, 7
	mr	7, 8
	mr	8, 9
begin call6_insn
	sc
begin call6_done
	done

/* The child runs on this stack too; the return address is in a register. */
begin call_vfork
	li	0, 189
	sc
begin call_vfork_done
	done

/* Until the word at the first argument is not zero. */
begin spin_loop
	lwz	4, 0(3)
	cmpwi	4, 0
	beq	spin_loop
begin spin_end
	blr

/* Faults that come again when the program goes on. */
begin fault_segv
	li	4, 16
	stw	4, 0(4)
	blr
begin fault_trap
	trap
	blr
begin fault_ill
	.long	0
	blr
begin fault_priv
	mfmsr	3
	blr
begin fault_align
	addi	4, 1, 1
	lwarx	3, 0, 4
	blr
begin faults_end
	nop

/* --- instructions worth a step; each piece begins with a breakpoint */

begin piece_plain
	trap
	nop
	li	3, 2
	addi	3, 3, 1
	blr
begin piece_branch
	trap
	li	3, 2
	mtctr	3
1:	bdnz	1b
	b	2f
	nop
2:	blr
begin piece_call
	trap
	li	0, 64			/* getppid */
	sc
	nop
	blr
/* The other way to make a call, which leaves LR and CTR to the kernel. */
begin piece_scv
	trap
	mflr	11
	std	11, 16(1)
	li	0, 64
	.machine push
	.machine power9
	scv	0
	.machine pop
	nop
	ld	11, 16(1)
	mtlr	11
	blr
begin piece_trap
	trap
	nop
	trap
	nop
	blr
/* Its signal comes with the return of the call. */
begin piece_raise
	trap
	li	0, 20			/* kill(getpid(), SIGUSR1) */
	sc
	li	4, 10
	li	0, 37
	sc
	nop
	blr
begin piece_fork
	trap
	li	0, 2
	b	1f
begin piece_vfork
	trap
	li	0, 189
1:	sc
	cmpdi	3, 0
	bnelr
	li	3, 3
	li	0, 1			/* exit */
	sc
/* The end of a stop is the end of the reservation, so that this fails. */
begin piece_reserved
	trap
	addis	4, 2, piece_data@toc@ha
	addi	4, 4, piece_data@toc@l
	lwarx	3, 0, 4
	addi	3, 3, 1
	stwcx.	3, 0, 4
	mfcr	3
	blr
begin piece_store
	trap
	addis	4, 2, piece_data@toc@ha
	addi	4, 4, piece_data@toc@l
	li	3, 1
	stw	3, 0(4)
	nop
	blr
/* Where a program goes that is sent somewhere else. */
begin piece_landing
	li	3, 9
	li	0, 234			/* exit_group */
	sc
begin piece_handler
	nop
	blr
/* From stop to stop, with something of the other registers in R3. */
begin piece_fp
	trap
	mffprd	3, 7
	trap
	blr
begin pieces_end
	nop

	.bss
	.balign	16
.globl piece_data
piece_data:
	.skip	16

/* Whole programs, for either word size: see tiny_file(). */
	.section .rodata
	.balign	4
.macro tiny
	lwz	14, 0(1)
	li	0, 64			/* getppid */
	sc
	cmplwi	14, 2
	blt	1f
	beq	2f
	li	0, 20			/* kill(getpid(), SIGUSR1) */
	sc
	li	4, 10
	li	0, 37
	sc
1:	li	3, 7
	li	0, 1			/* exit */
	sc
2:	li	0, 29			/* pause */
	sc
	b	2b
.endm
.globl tiny_64_code, tiny_64_end, tiny_32_code, tiny_32_end
tiny_64_code:
	tiny
tiny_64_end:
tiny_32_code:
	tiny
tiny_32_end:

	.section .note.GNU-stack, "", @progbits
