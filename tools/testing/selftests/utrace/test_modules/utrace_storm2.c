// SPDX-License-Identifier: GPL-2.0-only
/*
 * The same again, so that there are engines of two modules on one task and one of
 * the modules goes away.
 */
#include "utrace_storm.c"
