// SPDX-License-Identifier: GPL-2.0-only
/* utrace_barrier(): waiting for a callback to be over. */
#include "utrace_lib.h"

FIXTURE(barrier) {
	pid_t pid;
	int h;
};

static void child_getppid(void)
{
	wait_go();
	syscall(SYS_getppid);
	child_spin_on();
}

FIXTURE_SETUP(barrier)
{
	ASSERT_EQ(0, utest_open());
	self->pid = start(child_getppid);
	ASSERT_LT(0, self->pid);
	self->h = attach(self->pid, EVENT_SYSCALL);
	ASSERT_LT(0, self->h);
}

FIXTURE_TEARDOWN(barrier)
{
	utest_close();
}

/* Bring the child into a callback that waits. */
static bool enter(int h)
{
	rule((struct utest_rule){
		.handle = h, .callback = CB_SYSCALL_ENTRY, .times = 1,
		.cond = UTEST_IF_VALUE, .value = SYS_getppid,
		.effects = UTEST_GATE,
	});
	go();
	return find_event(h, CB(SYSCALL_ENTRY), UTEST_IF_VALUE | UTEST_ENTERED,
			  SYS_getppid, PATIENCE * 1000);
}

static int waiter_handle;

static void waiter(void)
{
	catch_signal(SIGUSR1, 0);
	shared[WORD] = 1;
	shared[RESULT] = barrier(waiter_handle);
	shared[WORD] = 2;
}

/* How often a task went to sleep. */
static long sleeps(pid_t pid)
{
	static const char name[] = "\nvoluntary_ctxt_switches:";
	char buf[4096], *line;

	if (read_proc(pid, "status", buf, sizeof(buf)) <= 0)
		return -1;
	line = strstr(buf, name);
	return line ? atol(line + strlen(name)) : -1;
}

/*
 * Somebody else in utrace_barrier(), who waits until the gate opens, and does not look
 * time and again whether it has; -1 if not.
 */
static pid_t wait_for_gate(int h)
{
	long before;
	pid_t pid;

	waiter_handle = h;
	pid = spawn(waiter);
	if (!until(WORD, 1) || !stays(pid, 'S') || shared[WORD] != 1)
		return -1;
	before = sleeps(pid);
	nap(200);
	if (before < 0 || sleeps(pid) != before)
		return -1;
	open_gate();
	return until(WORD, 2) ? pid : -1;
}

TEST_F(barrier, returns_0_outside_of_callbacks)
{
	EXPECT_EQ(0, barrier(self->h));
	EXPECT_EQ(0, call_how(self->h, UTEST_BY_PID, UTEST_BARRIER, 0));
	ASSERT_EQ(0, hold(self->h));
	EXPECT_EQ(0, barrier(self->h));
}

TEST_F(barrier, waits_for_a_slow_callback)
{
	pid_t pid;

	ASSERT_TRUE(enter(self->h));
	pid = wait_for_gate(self->h);
	ASSERT_LT(0, pid);
	EXPECT_EQ(0, shared[RESULT]);
	EXPECT_TRUE(exits_with(pid, 0));
}

TEST_F(barrier, does_not_wait_for_callbacks_of_others)
{
	int other = attach(self->pid, EVENT_SYSCALL);

	ASSERT_LT(0, other);
	ASSERT_TRUE(enter(self->h));
	EXPECT_EQ(0, barrier(other));
	open_gate();
}

TEST_F(barrier, accepts_detached_engines_and_waits)
{
	ASSERT_TRUE(enter(self->h));
	EXPECT_EQ(-EINPROGRESS, control(self->h, DETACH));
	ASSERT_LT(0, wait_for_gate(self->h));
	EXPECT_EQ(-ESRCH, shared[RESULT]);
	EXPECT_EQ(-ESRCH, barrier(self->h));
}

/* An engine that comes after h is to be told of the death; h is being told. */
static int die_at_gate(pid_t pid, int h)
{
	int other = attach(pid, EVENT(DEATH));

	set_events(h, EVENT(DEATH));
	rule((struct utest_rule){
		.handle = h, .callback = CB_DEATH, .effects = UTEST_GATE,
	});
	kill(pid, SIGKILL);
	return see_begin(h, CB(DEATH)) ? other : -1;
}

/* An engine cannot be detached until then, so this is what to wait for. */
TEST_F(barrier, of_a_dying_task_waits_until_all_have_been_told)
{
	int other = die_at_gate(self->pid, self->h);
	pid_t pid;

	ASSERT_LT(0, other);
	EXPECT_EQ(-EALREADY, control(other, DETACH));
	pid = wait_for_gate(other);
	ASSERT_LT(0, pid);
	EXPECT_EQ(0, shared[RESULT]);
	EXPECT_EQ(1, count(other, CB(DEATH)));
	EXPECT_EQ(0, control(other, DETACH));
	EXPECT_TRUE(exits_with(pid, 0));
}

/* Whose parent has it by then: the reaping waits for the callbacks, too. */
TEST_F(barrier, of_a_dying_task_that_is_reaped_meanwhile)
{
	int other = die_at_gate(self->pid, self->h);

	ASSERT_LT(0, other);
	set_events(other, EVENT(DEATH) | EVENT(REAP));
	ASSERT_TRUE(dies_of(self->pid, SIGKILL));
	ASSERT_LT(0, wait_for_gate(other));
	EXPECT_TRUE(shared[RESULT] == 0 || shared[RESULT] == -ESRCH);
	EXPECT_EQ(1, count(other, CB(DEATH)));
	EXPECT_TRUE(see(other, CB(REAP)));
	EXPECT_EQ(-ESRCH, barrier(other));
}

TEST_F(barrier, esrch_detached)
{
	EXPECT_EQ(0, control(self->h, DETACH));
	EXPECT_EQ(-ESRCH, barrier(self->h));
	EXPECT_EQ(-ESRCH, call_how(self->h, UTEST_BY_PID, UTEST_BARRIER, 0));
}

TEST_F(barrier, esrch_reaped)
{
	ASSERT_TRUE(can_be_killed(self->pid));
	EXPECT_EQ(-ESRCH, barrier(self->h));
}

TEST_F(barrier, erestartsys_on_a_signal)
{
	pid_t pid;

	ASSERT_TRUE(enter(self->h));
	waiter_handle = self->h;
	pid = spawn(waiter);
	ASSERT_TRUE(until(WORD, 1));
	ASSERT_TRUE(wait_state(pid, 'S'));
	ASSERT_EQ(0, kill(pid, SIGUSR1));
	EXPECT_TRUE(until(WORD, 2));
	EXPECT_EQ(-E_RESTARTSYS, shared[RESULT]);
	open_gate();
	EXPECT_EQ(0, barrier(self->h));
}

TEST_F(barrier, a_killed_waiter_dies)
{
	pid_t pid;

	ASSERT_TRUE(enter(self->h));
	waiter_handle = self->h;
	pid = spawn(waiter);
	ASSERT_TRUE(until(WORD, 1));
	ASSERT_TRUE(wait_state(pid, 'S'));
	EXPECT_TRUE(can_be_killed(pid));
	open_gate();
}

TEST_F(barrier, returns_0_at_once_for_current)
{
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = self->h, .callback = CB_SYSCALL_ENTRY, .times = 1,
		.cond = UTEST_IF_VALUE, .value = SYS_getppid,
		.effects = UTEST_DO, .do_what = UTEST_BARRIER,
	}));
	go();
	ASSERT_TRUE(see_value(self->h, CB(SYSCALL_ENTRY), SYS_getppid));
	EXPECT_EQ(0, ev.do_result);
}

TEST_F(barrier, after_set_events_no_old_callback_comes)
{
	pid_t pid = start_instead(self->pid, child_getppid);
	int h = attach(pid, EVENT_SYSCALL), before;

	ASSERT_LT(0, h);
	ASSERT_TRUE(enter(h));
	EXPECT_EQ(-EINPROGRESS, set_events(h, EVENT(EXEC)));
	open_gate();
	EXPECT_EQ(0, barrier(h));
	before = count(h, ~0u);
	nap(50);
	EXPECT_EQ(before, count(h, ~0u));
}

static void child_many_calls(void)
{
	wait_go();
	for (;; shared[COUNT]++)
		syscall(SYS_getppid);
}

static long counted_all(int h)
{
	return counted(h, CB_QUIESCE) + counted(h, CB_SYSCALL_ENTRY) +
	       counted(h, CB_SYSCALL_EXIT);
}

TEST_F(barrier, rule10_no_callback_after_detach_and_barrier)
{
	pid_t pid = start_instead(self->pid, child_many_calls);
	int h, i, ret;
	long before;

	go();
	for (i = 0; i < 50; i++) {
		h = attach_how(pid, UTEST_QUIET, CREATE, UTEST_OPS_FIRST, 1,
			       EVENT_SYSCALL | EVENT(QUIESCE));
		ASSERT_LT(0, h);
		while (i % 2 && !counted(h, CB_SYSCALL_ENTRY))
			;
		ret = control(h, DETACH);
		ASSERT_TRUE(ret == 0 || ret == -EINPROGRESS);
		ASSERT_EQ(-ESRCH, ret ? barrier(h) : -ESRCH);
		before = counted_all(h);
		ASSERT_TRUE(spins());
		ASSERT_EQ(before, counted_all(h));
		ASSERT_EQ(0, call_how(h, 0, UTEST_PUT, 0));
		/* Nobody but the last put releases. */
		ASSERT_EQ(i + 1, count(0, CB(RELEASE)));
	}
}
