// SPDX-License-Identifier: GPL-2.0-only
/* Waits for a line, and then writes where it must not: dies of SIGSEGV. */
#include <stdio.h>

static const char text[] = "not to be written to";

static void clobber(volatile char *where)
{
	*where = 'N';
}

int main(void)
{
	char line[80];

	if (!fgets(line, sizeof(line), stdin))
		return 1;
	clobber((char *)text);
	puts(text);
	return 0;
}
