// SPDX-License-Identifier: GPL-2.0-only
/*
 * A 32-bit program without a C library: writes to a descriptor, asks for its
 * parent and leaves with the number of bytes written.
 */
static long call(long nr, long a, long b, long c)
{
	long ret;

	asm volatile("int $0x80"
		     : "=a" (ret)
		     : "a" (nr), "b" (a), "c" (b), "d" (c)
		     : "memory");
	return ret;
}

void _start(void)
{
	static const char text[] = "32 bits";
	long written;

	call(64, 0, 0, 0);			/* getppid */
	written = call(4, 1, (long)text, 7);	/* write */
	call(37, call(20, 0, 0, 0), 10, 0);	/* kill(getpid(), SIGUSR1) */
	call(1, written, 0, 0);			/* exit */
}
