/* SPDX-License-Identifier: GPL-2.0-only */
/* Exits with what it finds in a register that execve() clears. */
#ifdef __x86_64__
	.globl	_start
_start:
	movl	%ebx, %edi
	movl	$231, %eax
	syscall
#endif
