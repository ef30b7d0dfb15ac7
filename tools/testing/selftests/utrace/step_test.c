// SPDX-License-Identifier: GPL-2.0-only
/* Single-step and block-step, shared by engines, and with uprobes. */
#include <linux/perf_event.h>
#include <sys/ptrace.h>
#include "utrace_lib.h"

FIXTURE(step) {
	pid_t pid;
	int h;
};

#define NOPS	10

#if defined(__s390x__)
#define STEP_CODE	TRAP_HWBKPT
#elif defined(__alpha__)
#define STEP_CODE	TRAP_BRKPT
#else
#define STEP_CODE	TRAP_TRACE
#endif

/*
 * Ten instructions that do nothing, and a system call. One more is in front, as
 * some emulators do a taken branch and the next instruction in one step. So many
 * more follow that whoever steps a task gets to no branch soon.
 */
#if defined(__x86_64__)
#define NOP_SIZE	1
#define SET_CALL	"movl	%0, %%eax"
#define CALL		"syscall"
#define CLOBBERED	"rax", "rcx", "r11"
#elif defined(__i386__)
#define NOP_SIZE	1
#define SET_CALL	"movl	%0, %%eax"
#define CALL		"int	$0x80"
#define CLOBBERED	"eax"
#elif defined(__aarch64__)
#define NOP_SIZE	4
#define SET_CALL	"mov	x8, %0"
#define CALL		"svc	#0"
#define CLOBBERED	"x0", "x8"
#elif defined(__powerpc__)
#define NOP_SIZE	4
#define SET_CALL	"li	0, %0"
#define CALL		"sc"
#define CLOBBERED	"r0", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", \
			"r11", "r12", "cr0", "ctr"
#elif defined(__s390x__)
#define NOP_SIZE	4
#define SET_CALL	"lghi	%%r1, %0"
#define CALL		"svc	0"
#define CLOBBERED	"r1", "r2"
#elif defined(__m68k__)
#define NOP_SIZE	2
#define SET_CALL	"movel	%0, %%d0"
#define CALL		"trap	#0"
#define CLOBBERED	"d0"
#elif defined(__alpha__)
#define NOP_SIZE	4
#define SET_CALL	"lda	$0, %0($31)"
#define CALL		"callsys"
#define CLOBBERED	"$0", "$19"
#else
#define NOP_SIZE	0
#endif

/* On powerpc a step over a system call ends after the instruction that is next. */
#ifdef __powerpc__
#define STEP_OVER_CALL	NOP_SIZE
#else
#define STEP_OVER_CALL	0
#endif

#if NOP_SIZE
extern char step_nops[], step_call[], step_after_call[];

static void child_nops(void)
{
	wait_go();
	asm volatile("nop\n"
		     ".globl step_nops\n"
		     "step_nops:\n\t"
		     ".rept 10\n\t"
		     "nop\n\t"
		     ".endr\n\t"
		     SET_CALL "\n"
		     ".globl step_call\n"
		     "step_call:\n\t"
		     CALL "\n"
		     ".globl step_after_call\n"
		     "step_after_call:\n\t"
		     ".rept 1000\n\t"
		     "nop\n\t"
		     ".endr\n\t"
		     : : "i" (SYS_getppid) : CLOBBERED, "memory");
	child_spin_on();
}
#else
static char step_nops[1], step_call[1], step_after_call[1];

static void child_nops(void)
{
	child_spin();
}
#endif

#define BRANCHES_GET_LOST						\
	"a taken branch goes on behind itself when it is stepped, in this emulator"

#ifdef __s390x__
/*
 * Does a taken branch go on behind itself when it is stepped? On any kernel that is
 * so in QEMU 7.2, and not in 10.0. The exit status of the child says where it went.
 */
static bool steps_lose_branches(void)
{
	pid_t pid = fork();
	int status = 0, i;

	if (pid < 0)
		return false;
	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		asm volatile("lgr	%%r2, %0\n\t"
			     "lghi	%%r3, %1\n\t"
			     "lghi	%%r1, %2\n\t"
			     "svc	0\n\t"
			     "lghi	%%r2, 0\n\t"
			     "j		1f\n\t"
			     "lghi	%%r2, 1\n"
			     "1:\n\t"
			     "lghi	%%r1, %3\n\t"
			     "svc	0"
			     : : "d" ((long)getpid()), "i" (SIGSTOP),
				 "i" (SYS_kill), "i" (SYS_exit)
			     : "r1", "r2", "r3", "memory");
	}
	for (i = 0; i < 20; i++)
		if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status) ||
		    ptrace(PTRACE_SINGLESTEP, pid, 0, 0))
			break;
	if (!WIFEXITED(status))
		can_be_killed(pid);
	return WIFEXITED(status) && WEXITSTATUS(status) == 1;
}
#else
static bool steps_lose_branches(void)
{
	return false;
}
#endif

FIXTURE_SETUP(step)
{
	ASSERT_EQ(0, utest_open());
	self->pid = start(child_nops);
	ASSERT_LT(0, self->pid);
	self->h = attach(self->pid, EVENT(QUIESCE) | EVENT_SIGNAL_ALL);
	ASSERT_LT(0, self->h);
	if (!has_step(SINGLESTEP))
		SKIP(return, NO_SINGLESTEP);
	if (!NOP_SIZE)
		SKIP(return, "does not know the instructions of this machine");
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = self->h, .callback = CB_SIGNAL, .times = 1,
		.effects = UTEST_RETURN, .ret = STOP | SIGNAL_REPORT,
	}));
	ASSERT_EQ(0, control(self->h, INTERRUPT));
	ASSERT_EQ(0, wait_held(self->h));
	/* The loop in front of the instructions is over. */
	go();
}

FIXTURE_TEARDOWN(step)
{
	utest_close();
}

/* Go on with this action after each step, for so many steps. */
static int keep_stepping(int h, int action, int times, int last)
{
	int ret = on_value(h, CB_SIGNAL, SIGTRAP, action | SIGNAL_IGN, times);

	return ret ?: on_value(h, CB_SIGNAL, SIGTRAP, last | SIGNAL_IGN, 0);
}

/* Did h get a step trap at each of the nops, one after the other? */
static bool stepped_nops(int h)
{
	int i;

	seen = 0;
	do {
		if (!find_event(h, CB(SIGNAL), UTEST_IF_VALUE, SIGTRAP, 0))
			return false;
	} while (ev.values[5] != (unsigned long)step_nops);
	for (i = 1; i <= NOPS; i++) {
		if (!find_event(h, CB(SIGNAL), UTEST_IF_VALUE, SIGTRAP, 0))
			return false;
		if (ev.values[5] != (unsigned long)step_nops + i * NOP_SIZE)
			return false;
	}
	return true;
}

TEST_F(step, one_step_is_one_instruction)
{
	int i;

	ASSERT_EQ(0, keep_stepping(self->h, STOP, 0, STOP));
	for (i = 1; i <= 5; i++) {
		ASSERT_EQ(0, control(self->h, SINGLESTEP));
		ASSERT_TRUE(see_value(self->h, CB(SIGNAL), SIGTRAP));
		EXPECT_EQ(STEP_CODE, (int)ev.values[1]);
		EXPECT_EQ(SIGNAL_CORE, ev.action & SIGNAL_MASK);
		ASSERT_EQ(0, wait_held(self->h));
		EXPECT_EQ(i, count_value(self->h, CB(SIGNAL), SIGTRAP));
	}
	/* RESUME stops the stepping. */
	clear_rules(self->h);
	EXPECT_EQ(0, control(self->h, RESUME));
	nap(30);
	EXPECT_EQ(5, count_value(self->h, CB(SIGNAL), SIGTRAP));
}

TEST_F(step, singlestep_returned_goes_on_stepping)
{
	ASSERT_EQ(0, keep_stepping(self->h, SINGLESTEP, 100, STOP));
	ASSERT_EQ(0, control(self->h, SINGLESTEP));
	ASSERT_EQ(0, wait_held(self->h));
	EXPECT_EQ(101, count_value(self->h, CB(SIGNAL), SIGTRAP));
	EXPECT_TRUE(stepped_nops(self->h));
}

TEST_F(step, over_a_system_call)
{
	ASSERT_EQ(0, keep_stepping(self->h, SINGLESTEP, 100, STOP));
	ASSERT_EQ(0, control(self->h, SINGLESTEP));
	ASSERT_EQ(0, wait_held(self->h));
	seen = 0;
	do {
		ASSERT_TRUE(find_event(self->h, CB(SIGNAL), UTEST_IF_VALUE,
				       SIGTRAP, 0));
	} while (ev.values[5] != (unsigned long)step_call);
	ASSERT_TRUE(find_event(self->h, CB(SIGNAL), UTEST_IF_VALUE, SIGTRAP,
			       0));
	EXPECT_EQ((unsigned long)step_after_call + STEP_OVER_CALL, ev.values[5]);
}

TEST_F(step, shared_by_two_engines)
{
	int other = attach(self->pid, EVENT(QUIESCE) | EVENT_SIGNAL_ALL);

	ASSERT_LT(0, other);
	ASSERT_EQ(0, keep_stepping(self->h, SINGLESTEP, 60, STOP));
	ASSERT_EQ(0, keep_stepping(other, SINGLESTEP, 60, STOP));
	ASSERT_EQ(0, control(other, SINGLESTEP));
	ASSERT_EQ(0, control(self->h, SINGLESTEP));
	ASSERT_EQ(0, wait_held(self->h));
	ASSERT_EQ(0, wait_held(other));
	EXPECT_EQ(61, count_value(self->h, CB(SIGNAL), SIGTRAP));
	EXPECT_EQ(61, count_value(other, CB(SIGNAL), SIGTRAP));
	EXPECT_TRUE(stepped_nops(self->h));
	EXPECT_TRUE(stepped_nops(other));
}

TEST_F(step, rule8_stays_on_while_another_engine_wants_it)
{
	int other = attach(self->pid, EVENT(QUIESCE) | EVENT_SIGNAL_ALL);

	ASSERT_LT(0, other);
	/* The first loses interest at once, the second goes on. */
	ASSERT_EQ(0, keep_stepping(self->h, RESUME, 0, RESUME));
	ASSERT_EQ(0, keep_stepping(other, SINGLESTEP, 60, STOP));
	ASSERT_EQ(0, control(other, SINGLESTEP));
	ASSERT_EQ(0, control(self->h, SINGLESTEP));
	ASSERT_EQ(0, wait_held(other));
	EXPECT_EQ(61, count_value(other, CB(SIGNAL), SIGTRAP));
	EXPECT_TRUE(stepped_nops(other));
}

TEST_F(step, rule8_detach_keeps_the_other_engines_step)
{
	int other = attach(self->pid, EVENT(QUIESCE) | EVENT_SIGNAL_ALL);
	int holder = attach(self->pid, 0);

	ASSERT_LT(0, other);
	ASSERT_LT(0, holder);
	ASSERT_EQ(0, control(holder, STOP));
	ASSERT_EQ(0, keep_stepping(other, SINGLESTEP, 60, STOP));
	ASSERT_EQ(0, control(other, SINGLESTEP));
	ASSERT_EQ(0, control(self->h, SINGLESTEP));
	EXPECT_EQ(0, control(self->h, DETACH));
	ASSERT_EQ(0, control(holder, RESUME));
	ASSERT_EQ(0, wait_held(other));
	EXPECT_EQ(61, count_value(other, CB(SIGNAL), SIGTRAP));
	EXPECT_TRUE(stepped_nops(other));
}

TEST_F(step, detach_takes_the_step_away)
{
	int holder = attach(self->pid, 0);

	ASSERT_LT(0, holder);
	ASSERT_EQ(0, control(holder, STOP));
	ASSERT_EQ(0, control(self->h, SINGLESTEP));
	EXPECT_EQ(0, control(self->h, DETACH));
	ASSERT_EQ(0, control(holder, RESUME));
	nap(50);
	/* A step trap would kill it: nobody asks for signals any more. */
	EXPECT_EQ('R', state_of(self->pid));
	EXPECT_EQ(0, count_value(0, CB(SIGNAL), SIGTRAP));
}

/* Steps for ever, and has begun to: the handle of a new engine, or an error. */
static int attach_stepping(pid_t pid)
{
	int h = attach(pid, EVENT(QUIESCE) | EVENT_SIGNAL_ALL);
	int ret = h < 0 ? h : keep_stepping(h, SINGLESTEP, 0, SINGLESTEP);

	ret = ret ?: control(h, SINGLESTEP);
	if (!ret && !see_value(h, CB(SIGNAL), SIGTRAP))
		ret = -ETIME;
	return ret ?: h;
}

/* In the middle of its steps, again and again; it lives on without them. */
static void detach_stepping(struct __test_metadata *_metadata, pid_t pid,
			    int times)
{
	int h;

	while (times--) {
		h = attach_stepping(pid);
		ASSERT_LT(0, h);
		ASSERT_TRUE(done(control(h, DETACH)));
		ASSERT_EQ(-ESRCH, barrier(h));
		ASSERT_TRUE(spins());
	}
}

/* The traps that are on their way would kill it, too. */
TEST_F(step, detach_of_a_running_task_takes_the_step_away)
{
	if (steps_lose_branches())
		SKIP(return, BRANCHES_GET_LOST);
	ASSERT_EQ(0, control(self->h, DETACH));
	ASSERT_TRUE(spins());
	detach_stepping(_metadata, self->pid, 50);
	EXPECT_EQ('R', state_of(self->pid));
}

static int fds[2];

static void child_read_and_spin(void)
{
	char byte;

	wait_go();
	shared[RESULT] = read(fds[0], &byte, 1);
	child_spin_on();
}

TEST_F(step, detach_of_a_sleeping_task_takes_the_step_away)
{
	pid_t pid;
	int h;

	if (steps_lose_branches())
		SKIP(return, BRANCHES_GET_LOST);
	ASSERT_EQ(0, pipe(fds));
	pid = start(child_read_and_spin);
	h = attach_stepping(pid);
	ASSERT_LT(0, h);
	go();
	ASSERT_TRUE(wait_state(pid, 'S'));
	EXPECT_EQ(0, control(h, DETACH));
	ASSERT_EQ(1, write(fds[1], "x", 1));
	EXPECT_TRUE(until(RESULT, 1));
	EXPECT_TRUE(spins());
}

/*
 * The last step is over the system call. Another engine stops the task at its exit,
 * or as soon as it can after that; there nobody steps it any more, and no trap may
 * kill it.
 */
static int detach_after_call(int h, pid_t pid, int ret_at_exit)
{
	int holder = attach(pid, EVENT(QUIESCE) | EVENT(SYSCALL_EXIT));
	int ret = holder < 0 ? holder : 0;

	ret = ret ?: on(holder, CB_SYSCALL_EXIT, ret_at_exit, 1);
	ret = ret ?: on(holder, CB_SIGNAL, STOP | SIGNAL_REPORT, 1);
	ret = ret ?: on(h, CB_QUIESCE, SINGLESTEP, 0);
	ret = ret ?: keep_stepping(h, SINGLESTEP, 0, SINGLESTEP);
	ret = ret ?: control(h, SINGLESTEP);
	ret = ret ?: wait_held(holder);
	ret = ret ?: control(h, DETACH);
	return ret ?: control(holder, RESUME);
}

TEST_F(step, detach_in_a_stop_at_the_exit_of_a_call_takes_the_trap_away)
{
	if (steps_lose_branches())
		SKIP(return, BRANCHES_GET_LOST);
	ASSERT_EQ(0, detach_after_call(self->h, self->pid, STOP | STOP_HERE));
	EXPECT_TRUE(spins());
}

TEST_F(step, detach_between_a_call_and_its_trap_takes_the_trap_away)
{
	if (steps_lose_branches())
		SKIP(return, BRANCHES_GET_LOST);
	ASSERT_EQ(0, detach_after_call(self->h, self->pid, REPORT));
	EXPECT_TRUE(spins());
}

/* That it was seen does not make it a signal of the task. */
TEST_F_TIMEOUT(step, detach_takes_a_trap_away_that_another_engine_has_seen, 120)
{
	int h = attach(self->pid, EVENT(QUIESCE) | EVENT_SIGNAL_ALL);

	if (steps_lose_branches())
		SKIP(return, BRANCHES_GET_LOST);
	ASSERT_LT(0, h);
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = self->h, .callback = CB_SIGNAL, .times = 1,
		.cond = UTEST_IF_VALUE, .value = SIGTRAP,
		.effects = UTEST_GATE,
	}));
	ASSERT_EQ(0, keep_stepping(h, SINGLESTEP, 0, SINGLESTEP));
	ASSERT_EQ(0, control(h, SINGLESTEP));
	ASSERT_EQ(0, control(self->h, RESUME));
	ASSERT_TRUE(find_event(self->h, CB(SIGNAL),
			       UTEST_IF_VALUE | UTEST_ENTERED, SIGTRAP,
			       PATIENCE * 1000));
	EXPECT_TRUE(done(control(h, DETACH)));
	open_gate();
	EXPECT_EQ(-ESRCH, barrier(h));
	EXPECT_TRUE(spins());
}

static void child_catches_trap(void)
{
	catch_signal(SIGTRAP, 0);
	child_spin();
}

/* Its last step, and an answer that is what would become of the signal anyway. */
TEST_F(step, trap_is_delivered_if_who_steps_says_so)
{
	pid_t pid = start(child_catches_trap);
	int h = attach(pid, EVENT(QUIESCE) | EVENT_SIGNAL_ALL);

	ASSERT_LT(0, h);
	ASSERT_EQ(0, on_value(h, CB_SIGNAL, SIGTRAP, RESUME | SIGNAL_DELIVER, 1));
	ASSERT_EQ(0, control(h, SINGLESTEP));
	EXPECT_TRUE(until(RESULT3, SIGTRAP));
	EXPECT_TRUE(spins());
}

static void child_init(void)
{
	if (!fork()) {
		while (!shared[GO])
			nap(1);
		kill(1, SIGTERM);
		shared[RESULT] = 1;
		_exit(0);
	}
	shared[READY] = 1;
	child_spin_on();
}

/* The trap of a step is not what an init can be killed by. */
TEST_F_TIMEOUT(step, detach_leaves_init_protected_from_its_children, 120)
{
	pid_t pid = start_init(child_init);

	ASSERT_LT(0, pid);
	if (steps_lose_branches())
		SKIP(return, BRANCHES_GET_LOST);
	detach_stepping(_metadata, pid, 100);
	go();
	ASSERT_TRUE(until(RESULT, 1));
	nap(50);
	EXPECT_TRUE(spins());
	EXPECT_TRUE(can_be_killed(pid));
}

/* What somebody else sends is no trap of a step, whatever was stepped before. */
TEST_F(step, detach_keeps_a_signal_that_was_sent)
{
	int holder;

	/* The system call is among them. */
	ASSERT_EQ(0, keep_stepping(self->h, SINGLESTEP, 60, STOP));
	ASSERT_EQ(0, on(self->h, CB_QUIESCE, SINGLESTEP, 0));
	ASSERT_EQ(0, control(self->h, SINGLESTEP));
	ASSERT_EQ(0, wait_held(self->h));
	holder = attach(self->pid, 0);
	ASSERT_LT(0, holder);
	ASSERT_EQ(0, control(holder, STOP));
	ASSERT_EQ(0, control(self->h, SINGLESTEP));
	ASSERT_EQ(0, syscall(SYS_tgkill, self->pid, self->pid, SIGTRAP));
	ASSERT_EQ(0, control(self->h, DETACH));
	ASSERT_EQ(0, control(holder, RESUME));
	EXPECT_TRUE(dies_of(self->pid, SIGTRAP));
}

/* Some of these stops come between an instruction and its trap. */
TEST_F(step, detach_in_a_stop_takes_the_trap_away)
{
	int h, holder, i;

	if (steps_lose_branches())
		SKIP(return, BRANCHES_GET_LOST);
	ASSERT_EQ(0, control(self->h, DETACH));
	ASSERT_TRUE(spins());
	holder = attach(self->pid, EVENT(QUIESCE));
	ASSERT_LT(0, holder);
	for (i = 0; i < 100; i++) {
		h = attach_stepping(self->pid);
		ASSERT_LT(0, h);
		ASSERT_EQ(0, on(holder, CB_SIGNAL, STOP | SIGNAL_REPORT, 1));
		ASSERT_EQ(0, control(holder, REPORT));
		ASSERT_EQ(0, wait_held(holder));
		ASSERT_EQ(0, control(h, DETACH));
		ASSERT_EQ(0, control(holder, RESUME));
		ASSERT_TRUE(spins());
	}
	EXPECT_EQ('R', state_of(self->pid));
}

TEST_F(step, blockstep_becomes_singlestep_beside_a_single_step)
{
	int other = attach(self->pid, EVENT(QUIESCE) | EVENT_SIGNAL_ALL);

	if (!has_step(BLOCKSTEP))
		SKIP(return, NO_BLOCKSTEP);
	ASSERT_LT(0, other);
	ASSERT_EQ(0, keep_stepping(self->h, BLOCKSTEP, 60, STOP));
	ASSERT_EQ(0, keep_stepping(other, SINGLESTEP, 60, STOP));
	ASSERT_EQ(0, control(other, SINGLESTEP));
	ASSERT_EQ(0, control(self->h, BLOCKSTEP));
	ASSERT_EQ(0, wait_held(self->h));
	EXPECT_EQ(61, count_value(self->h, CB(SIGNAL), SIGTRAP));
	EXPECT_TRUE(stepped_nops(self->h));
	EXPECT_TRUE(stepped_nops(other));
}

#ifdef __m68k__
/*
 * Has the processor run with the bit for a trace at branches, and not trapped at the
 * way back from a function? QEMU does not know of that bit.
 */
static bool block_steps_are_lost(void)
{
	pid_t pid = fork();
	int status = 0;
	long sr = 0;

	if (pid < 0)
		return false;
	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		kill(getpid(), SIGSTOP);
		_exit(0);
	}
	if (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status) &&
	    !ptrace(33 /* PTRACE_SINGLEBLOCK */, pid, 0, 0) &&
	    waitpid(pid, &status, 0) == pid && WIFSTOPPED(status) &&
	    WSTOPSIG(status) == SIGSTOP)
		sr = ptrace(PTRACE_PEEKUSER, pid, 17 * sizeof(long), 0);
	can_be_killed(pid);
	return sr & 0x4000;
}
#else
static bool block_steps_are_lost(void)
{
	return false;
}
#endif

TEST_F(step, blockstep_brings_a_trap)
{
	if (!has_step(BLOCKSTEP))
		SKIP(return, NO_BLOCKSTEP);
	if (block_steps_are_lost())
		SKIP(return, "branches are not traced, in this emulator");
	ASSERT_EQ(0, keep_stepping(self->h, STOP, 0, STOP));
	ASSERT_EQ(0, control(self->h, BLOCKSTEP));
	ASSERT_TRUE(see_value(self->h, CB(SIGNAL), SIGTRAP));
	EXPECT_EQ(0, wait_held(self->h));
	EXPECT_EQ(1, count_value(self->h, CB(SIGNAL), SIGTRAP));
}

/* m68k sends a SIGTRAP at the first instruction, and says nothing else of it. */
#ifdef __m68k__
#define INTO_HANDLER	SIGNAL_CORE
#else
#define INTO_HANDLER	SIGNAL_HANDLER
#endif

static void child_handler(void)
{
	catch_signal(SIGUSR1, 0);
	child_spin();
}

TEST_F(step, rule7_handler_is_reported_to_those_that_step)
{
	pid_t pid = start(child_handler);
	int h = attach(pid, EVENT(QUIESCE) | EVENT_SIGNAL_ALL);
	int holder = attach(pid, 0);

#ifdef __alpha__
	SKIP(return, "who steps is not told of a handler here");
#endif
	ASSERT_LT(0, h);
	ASSERT_LT(0, holder);
	ASSERT_EQ(0, hold(holder));
	ASSERT_EQ(0, on_value(h, CB_SIGNAL, SIGUSR1,
			      SINGLESTEP | SIGNAL_DELIVER, 1));
	ASSERT_EQ(0, on_action(h, INTO_HANDLER, STOP | SIGNAL_IGN, 1));
	ASSERT_EQ(0, kill(pid, SIGUSR1));
	ASSERT_EQ(0, control(holder, RESUME));
	ASSERT_TRUE(see_value(h, CB(SIGNAL), SIGUSR1));
	ASSERT_TRUE(see(h, CB(SIGNAL)));
	EXPECT_EQ(INTO_HANDLER, ev.action & SIGNAL_MASK);
	EXPECT_TRUE(begins_handler(ev.values[5], handler));
	EXPECT_EQ(0, wait_held(h));
	/* The handler has not run an instruction. */
	EXPECT_EQ(0, shared[RESULT3]);
	EXPECT_EQ(0, control(h, RESUME));
	EXPECT_TRUE(until(RESULT3, SIGUSR1));
}

#ifdef __x86_64__
extern char step_probed[];

/* An instruction that uprobes do not emulate: they step a copy of it. */
static void child_probed(void)
{
	shared[READY] = 1;
	for (;;)
		asm volatile(".globl step_probed\n"
			     "step_probed:\n\t"
			     "incq	%0"
			     : "+m" (shared[COUNT]) : : "memory");
}

/* Offset in the file of something in its code, or -1. */
static long file_offset(unsigned long addr)
{
	unsigned long from, to, offset;
	FILE *maps = fopen("/proc/self/maps", "r");
	long ret = -1;
	char line[512];

	while (maps && fgets(line, sizeof(line), maps))
		if (sscanf(line, "%lx-%lx %*s %lx", &from, &to, &offset) == 3 &&
		    addr >= from && addr < to)
			ret = addr - from + offset;
	if (maps)
		fclose(maps);
	return ret;
}

/* A uprobe for as long as the file is open; -ENOENT without uprobes. */
static int open_uprobe(pid_t pid, char *where)
{
	struct perf_event_attr attr = { .size = sizeof(attr) };
	char path[PATH_MAX] = "", type[16];
	int fd;

	if (read_file("/sys/bus/event_source/devices/uprobe/type", type,
		      sizeof(type)) <= 0)
		return -ENOENT;
	if (readlink("/proc/self/exe", path, sizeof(path) - 1) < 0)
		return -errno;
	attr.type = atoi(type);
	attr.uprobe_path = (unsigned long)path;
	attr.probe_offset = file_offset((unsigned long)where);
	fd = syscall(SYS_perf_event_open, &attr, pid, -1, -1,
		     PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

TEST_F_TIMEOUT(step, steps_begin_and_end_while_a_uprobe_is_stepped, 120)
{
	pid_t pid = start(child_probed);
	int h = attach(pid, EVENT(QUIESCE) | EVENT_SIGNAL_ALL), i;
	int uprobe = open_uprobe(pid, step_probed);

	ASSERT_LT(0, h);
	if (uprobe == -ENOENT)
		SKIP(return, "no uprobes here");
	ASSERT_LE(0, uprobe);
	for (i = 0; i < 300; i++) {
		clear_rules(h);
		ASSERT_EQ(0, keep_stepping(h, SINGLESTEP, 3, RESUME));
		ASSERT_EQ(0, control(h, SINGLESTEP));
		/* None of the steps gets lost... */
		ASSERT_TRUE(see_value(h, CB(SIGNAL), SIGTRAP));
		ASSERT_TRUE(see_value(h, CB(SIGNAL), SIGTRAP));
		ASSERT_TRUE(see_value(h, CB(SIGNAL), SIGTRAP));
		ASSERT_TRUE(see_value(h, CB(SIGNAL), SIGTRAP));
		/* What the last callback returned must not undo what is next. */
		ASSERT_EQ(0, barrier(h));
	}
	/* ... and none comes when it is over. */
	ASSERT_EQ(0, control(h, RESUME));
	nap(50);
	control(h, DETACH);
	EXPECT_EQ(-ESRCH, barrier(h));
	EXPECT_TRUE(spins());
	close(uprobe);
	EXPECT_TRUE(spins());
	EXPECT_TRUE(can_be_killed(pid));
}

/* On x86 the trap is then a signal that looks as if the task had sent it to itself. */
TEST_F_TIMEOUT(step, detach_while_a_uprobe_is_stepped_takes_the_trap_away, 120)
{
	pid_t pid = start(child_probed);
	int uprobe = open_uprobe(pid, step_probed);

	if (uprobe == -ENOENT)
		SKIP(return, "no uprobes here");
	ASSERT_LE(0, uprobe);
	detach_stepping(_metadata, pid, 100);
	EXPECT_EQ('R', state_of(pid));
	close(uprobe);
	EXPECT_TRUE(can_be_killed(pid));
}
#endif

TEST_F(step, killed_while_stepping)
{
	ASSERT_EQ(0, keep_stepping(self->h, SINGLESTEP, 0, SINGLESTEP));
	ASSERT_EQ(0, control(self->h, SINGLESTEP));
	ASSERT_TRUE(see_value(self->h, CB(SIGNAL), SIGTRAP));
	EXPECT_TRUE(can_be_killed(self->pid));
}
