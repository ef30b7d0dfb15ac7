/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The same code as in ptrace_record_code.S, and pieces from one breakpoint to
 * another. What follows a branch is done before it.
 */
	.set	noreorder
	.set	noat
	.set	nomips16
	.set	nomicromips

.macro	address reg, symbol
	lui	\reg, %hi(\symbol)
	addiu	\reg, \reg, %lo(\symbol)
.endm

.macro	return
	jr	$ra
	nop
.endm

/*
 * long call6(nr, a, b, c, d, e, f): of the arguments of a function as of those of a
 * call, all but the first four are on the stack.
 */
	.text
.globl call6, call6_insn, call6_done
call6:
	lw	$t0, 16($sp)
	lw	$t1, 20($sp)
	lw	$t2, 24($sp)
	addiu	$sp, $sp, -32
	sw	$t1, 16($sp)
	sw	$t2, 20($sp)
	move	$v0, $a0
	move	$a0, $a1
	move	$a1, $a2
	move	$a2, $a3
	move	$a3, $t0
call6_insn:
	syscall
call6_done:
	beqz	$a3, 1f
	addiu	$sp, $sp, 32
	negu	$v0, $v0
1:	return

/* The child runs on this stack too; the return address is in a register. */
.globl call_vfork, call_vfork_done
call_vfork:
	li	$a0, 0x4112		/* CLONE_VFORK | CLONE_VM | SIGCHLD */
	li	$a1, 0
	li	$a2, 0
	li	$a3, 0
	li	$v0, 4120		/* clone */
	syscall
call_vfork_done:
	return

/* Until the word at the first argument is not zero. */
.globl spin_loop, spin_end
spin_loop:
	lw	$v0, 0($a0)
	beqz	$v0, spin_loop
	nop
spin_end:
	return

/* Faults that come again when the program goes on. */
.globl fault_segv, fault_trap, fault_trap_if, fault_ill, fault_priv, fault_fetch
.globl fault_bus, fault_overflow, fault_division, faults_end
fault_segv:
	li	$v0, 16
	sw	$zero, 0($v0)
	return
fault_trap:
	break
	return
fault_trap_if:
	teq	$zero, $zero
	return
fault_ill:
	.word	0xffffffff
	return
fault_priv:
	mfc0	$v0, $12
	return
fault_fetch:
	li	$v0, 16
	jr	$v0
	nop
fault_bus:
	lui	$v0, 0x8000		/* the kernel's */
	lw	$v0, 0($v0)
	return
fault_overflow:
	lui	$v0, 0x7fff
	add	$v0, $v0, $v0
	return
fault_division:
	teq	$zero, $zero, 7
	return
faults_end:
	nop

/* --- pieces: each begins with a breakpoint and ends with a return */

.globl piece_plain, piece_branch, piece_call, piece_break, piece_delay
.globl piece_raise, piece_fork, piece_vfork, piece_linked, piece_store
.globl piece_store_insn, piece_landing, piece_handler, piece_fp, pieces_end
piece_plain:
	break
	nop
	li	$v0, 2
	addiu	$v0, $v0, 1
	return
piece_branch:
	break
	li	$v0, 2
1:	addiu	$v0, $v0, -1
	bnez	$v0, 1b
	nop
	b	2f
	nop
	nop
2:	return
piece_call:
	break
	li	$v0, 4064		/* getppid */
	syscall
	nop
	return
piece_break:
	break
	nop
	break
	nop
	return
/* The place that is told is that of the branch. */
piece_delay:
	break
	b	1f
	break
1:	return
/* Its signal comes with the return of the call. */
piece_raise:
	break
	li	$v0, 4020		/* kill(getpid(), SIGUSR1) */
	syscall
	move	$a0, $v0
	li	$a1, 16
	li	$v0, 4037
	syscall
	nop
	return
piece_fork:
	break
	li	$a0, 18			/* SIGCHLD */
	b	1f
	nop
piece_vfork:
	break
	li	$a0, 0x4112
1:	li	$a1, 0
	li	$a2, 0
	li	$a3, 0
	li	$v0, 4120
	syscall
	bnez	$v0, 2f
	nop
	li	$a0, 3
	li	$v0, 4001		/* exit */
	syscall
2:	return
/* A stop ends the link, so that the store fails, with 0 in V0. */
piece_linked:
	break
	address	$a1, piece_data
	ll	$v0, 0($a1)
	break
	addiu	$v0, $v0, 1
	sc	$v0, 0($a1)
	break
	return
piece_store:
	break
	address	$a1, piece_data
	li	$v0, 1
piece_store_insn:
	sw	$v0, 0($a1)
	nop
	return
/* Where a program goes that is sent somewhere else. */
piece_landing:
	li	$a0, 9
	li	$v0, 4246		/* exit_group */
	syscall
piece_handler:
	return
/* From stop to stop, with something of the other registers in V0. */
piece_fp:
	break
	mfc1	$v0, $f6
	break
	return
pieces_end:
	nop

	.bss
	.balign	16
.globl piece_data
piece_data:
	.skip	16

/* A whole program: see tiny_file(). */
	.section .rodata
	.balign	4
.globl tiny_32_code, tiny_32_end
tiny_32_code:
	lw	$s0, 0($sp)
	li	$v0, 4064		/* getppid */
	syscall
	sltiu	$t0, $s0, 2
	bnez	$t0, 1f
	li	$t0, 2
	beq	$s0, $t0, 2f
	nop
	li	$v0, 4020		/* kill(getpid(), SIGUSR1) */
	syscall
	move	$a0, $v0
	li	$a1, 16
	li	$v0, 4037
	syscall
1:	li	$a0, 7
	li	$v0, 4001		/* exit */
	syscall
2:	li	$v0, 4029		/* pause */
	syscall
	b	2b
	nop
tiny_32_end:

	.section .note.GNU-stack, "", @progbits
