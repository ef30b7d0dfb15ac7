/* SPDX-License-Identifier: GPL-2.0-only */
/* The same code as in ptrace_record_code.S, and what is worth a step here. */

/* long call6(nr, a, b, c, d, e, f) */
	.text
.globl call6, call6_insn, call6_done
call6:
	stmg	%r6, %r7, 48(%r15)
	lgr	%r1, %r2
	lgr	%r2, %r3
	lgr	%r3, %r4
	lgr	%r4, %r5
	lgr	%r5, %r6
	lg	%r6, 160(%r15)
	lg	%r7, 168(%r15)
call6_insn:
	svc	0
call6_done:
	lmg	%r6, %r7, 48(%r15)
	br	%r14

/* The child runs on this stack too; the return address is in a register. */
.globl call_vfork, call_vfork_done
call_vfork:
	svc	190
call_vfork_done:
	br	%r14

/* Until the word at the first argument is not zero. */
.globl spin_loop, spin_end
spin_loop:
	icm	%r1, 15, 0(%r2)
	jz	spin_loop
spin_end:
	br	%r14

/* Faults; where one is no end the program comes back. */
.globl fault_segv, fault_trap, fault_ill, fault_priv, fault_div, faults_end
fault_segv:
	lghi	%r1, 16
	mvi	0(%r1), 1
	br	%r14
fault_trap:
	.short	0x0001			/* the breakpoint of debuggers */
	br	%r14
fault_ill:
	.short	0x0000
	br	%r14
fault_priv:
	ssm	0(%r15)
	br	%r14
fault_div:
	lghi	%r0, 0
	lghi	%r1, 1
	lghi	%r2, 0
	dsgr	%r0, %r2
	br	%r14
faults_end:
	nop

/*
 * Instructions worth a step. Each piece begins with a breakpoint, and ends the
 * program without a branch, as some emulators lose one that is stepped.
 */
.globl piece_plain, piece_branch, piece_call, piece_raise, piece_fork
.globl piece_vfork, piece_store, piece_landing, piece_handler, pieces_end
.macro leave
	lghi	%r2, 5
	svc	248			/* exit_group */
.endm
piece_plain:
	.short	0x0001
	nop
	lghi	%r2, 2
	aghi	%r2, 1
	leave
piece_branch:
	.short	0x0001
	lghi	%r2, 2
1:	brctg	%r2, 1b
	j	2f
	nop
2:	leave
piece_call:
	.short	0x0001
	svc	64			/* getppid */
	nop
	leave
/* Its signal comes with the return of the call. */
piece_raise:
	.short	0x0001
	svc	20			/* kill(getpid(), SIGUSR1) */
	lghi	%r3, 10
	svc	37
	nop
	leave
piece_fork:
	.short	0x0001
	svc	2
	nop
	leave
piece_vfork:
	.short	0x0001
	svc	190
	nop
	leave
piece_store:
	.short	0x0001
	larl	%r1, piece_data
	mvi	0(%r1), 1
	nop
	leave
/* Where a program goes that is sent somewhere else. */
piece_landing:
	lghi	%r2, 9
	svc	248
piece_handler:
	nop
	svc	119			/* sigreturn */
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
	lg	%r6, 0(%r15)
	svc	64			/* getppid */
	cghi	%r6, 2
	jl	1f
	je	2f
	svc	20			/* kill(getpid(), SIGUSR1) */
	lghi	%r3, 10
	svc	37
1:	lghi	%r2, 7
	svc	1			/* exit */
2:	svc	29			/* pause */
	j	2b
tiny_64_end:
tiny_32_code:
	l	%r6, 0(%r15)
	svc	64
	chi	%r6, 2
	jl	1f
	je	2f
	svc	20
	lhi	%r3, 10
	svc	37
1:	lhi	%r2, 7
	svc	1
2:	svc	29
	j	2b
tiny_32_end:

	.section .note.GNU-stack, "", @progbits
