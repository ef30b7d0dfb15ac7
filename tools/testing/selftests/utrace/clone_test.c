// SPDX-License-Identifier: GPL-2.0-only
/* report_clone(), report_vfork_done() and engines of new tasks. */
#include <linux/sched.h>
#include "utrace_lib.h"

FIXTURE(clone) {
	char unused;
};

FIXTURE_SETUP(clone)
{
	ASSERT_EQ(0, utest_open());
}

FIXTURE_TEARDOWN(clone)
{
	utest_close();
}

static void child_fork(void)
{
	pid_t pid;

	wait_go();
#if defined(SYS_fork) && !defined(__sparc__)
	pid = syscall(SYS_fork);
#else
	pid = clone_flags(SIGCHLD);
#endif
	if (pid == 0) {
		shared[WORD] = 1;
		syscall(SYS_getppid);
		_exit(4);
	}
	shared[RESULT] = pid;
	if (waitpid(pid, NULL, 0) != pid)
		_exit(5);
	_exit(3);
}

TEST_F(clone, flags_of_fork)
{
	pid_t pid = start(child_fork);
	int h = attach(pid, EVENT(CLONE));

	ASSERT_LT(0, h);
	go();
	ASSERT_TRUE(exits_with(pid, 3));
	ASSERT_TRUE(see(h, CB(CLONE)));
	EXPECT_EQ(SIGCHLD, ev.values[0]);
	EXPECT_EQ(shared[RESULT], ev.values[1]);
	EXPECT_EQ(SIGCHLD, ev.values[2]);
	EXPECT_EQ(pid, ev.tid);
}

static void child_vfork(void)
{
	pid_t pid;

	wait_go();
	pid = vfork();
	if (pid == 0)
		_exit(4);
	shared[RESULT] = pid;
	if (waitpid(pid, NULL, 0) != pid)
		_exit(5);
	_exit(3);
}

TEST_F(clone, flags_of_vfork_and_vfork_done)
{
	pid_t pid = start(child_vfork);
	int h = attach(pid, EVENT(CLONE) | EVENT(VFORK_DONE));

	ASSERT_LT(0, h);
	go();
	ASSERT_TRUE(exits_with(pid, 3));
	ASSERT_TRUE(see(h, ~0u));
	EXPECT_EQ(CB_CLONE, ev.callback);
	EXPECT_EQ(VFORK_FLAGS, ev.values[0]);
	EXPECT_EQ(shared[RESULT], ev.values[1]);
	ASSERT_TRUE(see(h, ~0u));
	EXPECT_EQ(CB_VFORK_DONE, ev.callback);
	EXPECT_EQ(shared[RESULT], ev.values[0]);
	EXPECT_EQ(2, count(h, ~0u));
}

static void child_vfork_waits(void)
{
	pid_t pid;

	wait_go();
	pid = vfork();
	if (pid == 0) {
		while (shared[WORD] != 2)
			nap(1);
		_exit(4);
	}
	if (waitpid(pid, NULL, 0) != pid)
		_exit(5);
	_exit(3);
}

/* There it would get no report_signal() before its child lets it. */
TEST_F(clone, vfork_does_not_wait_where_the_task_was_asked_to_stop)
{
	pid_t pid = start(child_vfork_waits);
	int h = attach_as(pid, CREATE, UTEST_OPS_SIGNAL, 0, EVENT(QUIESCE));
	int other = attach(pid, EVENT(CLONE));

	ASSERT_LT(0, h);
	ASSERT_LT(0, other);
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = other, .callback = CB_CLONE, .effects = UTEST_GATE,
	}));
	go();
	ASSERT_TRUE(see_begin(other, CB(CLONE)));
	EXPECT_EQ(-EINPROGRESS, control(h, STOP));
	open_gate();
	ASSERT_EQ(0, wait_held(h));
	EXPECT_TRUE(stays(pid, 't'));
	shared[WORD] = 2;
	EXPECT_TRUE(stays(pid, 't'));
	EXPECT_EQ(0, control(h, RESUME));
	EXPECT_TRUE(exits_with(pid, 3));
}

static void child_vfork_by_clone(void)
{
	pid_t pid;

	wait_go();
	pid = clone_flags(CLONE_VFORK | SIGCHLD);
	if (pid == 0) {
		shared[RESULT2] = 1;
		while (shared[WORD] != 2)
			nap(1);
		_exit(4);
	}
	if (waitpid(pid, NULL, 0) != pid)
		_exit(5);
	_exit(3);
}

FIXTURE(vfork) {
	pid_t pid;
};

FIXTURE_VARIANT(vfork) {
	unsigned int clone;
};

FIXTURE_VARIANT_ADD(vfork, reported) {
	.clone = EVENT(CLONE),
};

/* What engines ask for makes no difference to what they were promised. */
FIXTURE_VARIANT_ADD(vfork, not_reported) {
};

FIXTURE_SETUP(vfork)
{
	ASSERT_EQ(0, utest_open());
	self->pid = start(child_vfork_by_clone);
	ASSERT_LT(0, self->pid);
}

FIXTURE_TEARDOWN(vfork)
{
	utest_close();
}

TEST_F(vfork, does_not_wait_where_a_stop_was_asked_for_before)
{
	pid_t pid = self->pid;
	int h = attach(pid, 0);
	int other = attach(pid, EVENT(SYSCALL_ENTRY) | variant->clone);

	ASSERT_LT(0, h);
	ASSERT_LT(0, other);
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = other, .callback = CB_SYSCALL_ENTRY, .times = 1,
		.cond = UTEST_IF_VALUE, .value = SYS_clone, .effects = UTEST_GATE,
	}));
	go();
	ASSERT_TRUE(see_begin(other, CB(SYSCALL_ENTRY)));
	EXPECT_EQ(-EINPROGRESS, control(h, STOP));
	open_gate();
	ASSERT_EQ(0, wait_held(h));
	EXPECT_TRUE(until(RESULT2, 1));
	EXPECT_TRUE(stays(pid, 't'));
	EXPECT_EQ(0, control(h, RESUME));
	shared[WORD] = 2;
	EXPECT_TRUE(exits_with(pid, 3));
}

/* The stop was put off, as it looked as if the task would get to its signals. */
TEST_F(vfork, does_not_wait_where_a_stop_was_put_off)
{
	pid_t pid = self->pid;
	int h = attach_as(pid, CREATE, UTEST_OPS_SIGNAL, 0, EVENT(QUIESCE));
	int other = attach(pid, EVENT(SYSCALL_ENTRY) | variant->clone);

	ASSERT_LT(0, h);
	ASSERT_LT(0, other);
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = other, .callback = CB_SYSCALL_ENTRY, .times = 1,
		.cond = UTEST_IF_VALUE, .value = SYS_clone,
		.effects = UTEST_GATE | UTEST_RETURN, .ret = STOP | STOP_HERE,
	}));
	go();
	ASSERT_TRUE(see_begin(other, CB(SYSCALL_ENTRY)));
	EXPECT_EQ(-EINPROGRESS, control(h, STOP));
	open_gate();
	ASSERT_EQ(0, wait_held(other));
	EXPECT_EQ(0, control(other, RESUME));
	ASSERT_EQ(0, wait_held(h));
	EXPECT_TRUE(until(RESULT2, 1));
	EXPECT_EQ(0, count(h, CB(SIGNAL)));
	shared[WORD] = 2;
	EXPECT_TRUE(stays(pid, 't'));
	EXPECT_EQ(0, control(h, RESUME));
	EXPECT_TRUE(exits_with(pid, 3));
}

#ifdef SYS_clone3
static void child_clone3(void)
{
	struct clone_args args = {
		.flags = CLONE_FS | CLONE_FILES, .exit_signal = SIGUSR2,
	};
	pid_t pid;

	catch_signal(SIGUSR2, 0);
	wait_go();
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid == 0)
		_exit(4);
	shared[RESULT] = pid;
	if (waitpid(pid, NULL, __WALL) != pid)
		_exit(5);
	_exit(3);
}

TEST_F(clone, flags_of_clone3_have_the_exit_signal_in_the_low_byte)
{
	pid_t pid = start(child_clone3);
	int h = attach(pid, EVENT(CLONE));

	ASSERT_LT(0, h);
	go();
	ASSERT_TRUE(exits_with(pid, 3));
	ASSERT_TRUE(see(h, CB(CLONE)));
	EXPECT_EQ(CLONE_FS | CLONE_FILES | SIGUSR2, ev.values[0]);
	EXPECT_EQ(shared[RESULT], ev.values[1]);
}
#else
TEST_F(clone, flags_of_clone3_have_the_exit_signal_in_the_low_byte)
{
	SKIP(return, "no clone3() on this machine");
}
#endif

static void *thread(void *arg)
{
	shared[RESULT] = syscall(SYS_gettid);
	return NULL;
}

static void child_thread(void)
{
	pthread_t t;

	wait_go();
	pthread_create(&t, NULL, thread, NULL);
	pthread_join(t, NULL);
	_exit(3);
}

TEST_F(clone, flags_of_a_thread)
{
	pid_t pid = start(child_thread);
	int h = attach(pid, EVENT(CLONE));

	ASSERT_LT(0, h);
	go();
	ASSERT_TRUE(exits_with(pid, 3));
	ASSERT_TRUE(see(h, CB(CLONE)));
	EXPECT_EQ(CLONE_THREAD | CLONE_VM | CLONE_SIGHAND,
		  ev.values[0] & (CLONE_THREAD | CLONE_VM | CLONE_SIGHAND |
				  0xff));
	EXPECT_EQ(shared[RESULT], ev.values[1]);
}

/* Attach to the child from report_clone() of the parent. */
static int follow(int h, __u64 events, int control)
{
	return rule((struct utest_rule){
		.handle = h, .callback = CB_CLONE, .effects = UTEST_DO,
		.do_what = UTEST_ATTACH_CHILD, .do_control = control,
		.do_attach = { .flags = CREATE, .ops = UTEST_OPS_SECOND,
			       .data = 9, .events = events },
	});
}

TEST_F(clone, engine_of_report_clone_sees_all_of_the_child)
{
	pid_t pid = start(child_fork);
	int h = attach(pid, EVENT(CLONE)), h2;

	ASSERT_LT(0, h);
	ASSERT_EQ(0, follow(h, EVENT_ALL & ~EVENT(QUIESCE), RESUME));
	go();
	ASSERT_TRUE(exits_with(pid, 3));
	ASSERT_TRUE(see(h, CB(CLONE)));
	EXPECT_EQ(0, ev.do_result);
	h2 = ev.do_handle;
	ASSERT_LT(0, h2);
	EXPECT_EQ(1, count_value(h2, CB(SYSCALL_ENTRY), SYS_getppid));
	EXPECT_EQ(1, count_value(h2, CB(SYSCALL_EXIT), SYS_getppid));
	EXPECT_EQ(1, count(h2, CB(EXIT)));
	EXPECT_EQ(1, count_to(h2, CB(DEATH), 1));
	EXPECT_EQ(1, count_to(h2, CB(REAP), 1));
	EXPECT_EQ(0, count(h2, CB(CLONE)));
}

static void report_before_user_mode(struct __test_metadata *_metadata,
				    int action)
{
	pid_t pid = start(child_fork);
	int h = attach(pid, EVENT(CLONE)), h2;

	ASSERT_LT(0, h);
	ASSERT_EQ(0, follow(h, EVENT(QUIESCE) | EVENT(SYSCALL_ENTRY), action));
	go();
	ASSERT_TRUE(exits_with(pid, 3));
	ASSERT_TRUE(see(h, CB(CLONE)));
	EXPECT_EQ(0, ev.control_result);
	h2 = ev.do_handle;
	seen = 0;
	/* Before its first call, and that comes soon. */
	ASSERT_TRUE(see(h2, ~0u));
	EXPECT_TRUE(ev.callback == CB_QUIESCE || ev.callback == CB_SIGNAL);
	EXPECT_TRUE(ev.callback == CB_QUIESCE ?
		    action == REPORT && ev.values[0] == 0 :
		    (ev.action & SIGNAL_MASK) == SIGNAL_REPORT);
}

TEST_F(clone, report_from_report_clone_comes_before_user_mode)
{
	report_before_user_mode(_metadata, REPORT);
}

TEST_F(clone, interrupt_from_report_clone_comes_before_user_mode)
{
	report_before_user_mode(_metadata, INTERRUPT);
}

TEST_F(clone, child_has_no_engines_of_its_parent)
{
	pid_t pid = start(child_fork);
	int h = attach(pid, EVENT_ALL);

	ASSERT_LT(0, h);
	go();
	ASSERT_TRUE(exits_with(pid, 3));
	EXPECT_EQ(1, count_value(h, CB(QUIESCE), EVENT(EXIT)));
	while (find_event(h, 0, 0, 0, 0))
		EXPECT_NE(ev.tid, shared[RESULT]);
	/* And nothing on it either, when the parent's wait it out. */
	EXPECT_EQ(0, count_value(h, CB(SYSCALL_ENTRY), SYS_getppid));
}

TEST_F(clone, second_engine_sees_the_same_child)
{
	pid_t pid = start(child_fork);
	int a = attach(pid, EVENT(CLONE)), b = attach(pid, EVENT(CLONE));

	ASSERT_LT(0, a);
	ASSERT_LT(0, b);
	ASSERT_EQ(0, follow(a, EVENT(EXIT), RESUME));
	/* The second finds the engine of the first. */
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = b, .callback = CB_CLONE, .effects = UTEST_DO,
		.do_what = UTEST_ATTACH_CHILD, .do_control = RESUME,
		.do_attach = { .flags = CREATE | EXCLUSIVE | MATCH_OPS,
			       .ops = UTEST_OPS_SECOND },
	}));
	go();
	ASSERT_TRUE(exits_with(pid, 3));
	ASSERT_TRUE(see(b, CB(CLONE)));
	EXPECT_EQ(-EEXIST, ev.do_result);
}

static pid_t newborn;

static void async_attach(void)
{
	shared[LAST_WORD] = 1;
	shared[WORD + 1] = attach_as(newborn, CREATE | EXCLUSIVE,
				     UTEST_OPS_FIRST, 1, 0);
	shared[LAST_WORD] = 2;
	nap(10000);
}

/* Only SIGKILL ends that sleep, so its letter is not that of nap(). */
static bool waits_in_attach(pid_t pid)
{
	return until(LAST_WORD, 1) && stays(pid, 'D') && shared[LAST_WORD] == 1;
}

TEST_F(clone, attach_of_others_waits_until_report_clone_is_over)
{
	pid_t pid = start(child_fork), other;
	int h = attach(pid, EVENT(CLONE));

	ASSERT_LT(0, h);
	/* At the gate first, then attach to the child. */
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = h, .callback = CB_CLONE,
		.effects = UTEST_GATE | UTEST_DO,
		.do_what = UTEST_ATTACH_CHILD, .do_control = RESUME,
		.do_attach = { .flags = CREATE, .ops = UTEST_OPS_SECOND },
	}));
	go();
	ASSERT_TRUE(see_begin(h, CB(CLONE)));
	newborn = ev.values[1];
	other = spawn(async_attach);
	ASSERT_LT(0, other);
	ASSERT_TRUE(waits_in_attach(other));
	EXPECT_EQ(0, shared[WORD]);
	open_gate();
	ASSERT_TRUE(until(LAST_WORD, 2));
	/* The engine of report_clone() was there before, or all is over. */
	EXPECT_TRUE(shared[WORD + 1] == -EEXIST ||
		    shared[WORD + 1] == -ESRCH || shared[WORD + 1] == -ENXIO);
	ASSERT_TRUE(exits_with(pid, 3));
	seen = 0;
	ASSERT_TRUE(see(h, CB(CLONE)));
	EXPECT_EQ(0, ev.do_result);
}

TEST_F(clone, waiting_attacher_can_be_killed)
{
	pid_t pid = start(child_fork), other;
	int h = attach(pid, EVENT(CLONE));

	ASSERT_LT(0, h);
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = h, .callback = CB_CLONE, .effects = UTEST_GATE,
	}));
	go();
	ASSERT_TRUE(see_begin(h, CB(CLONE)));
	newborn = ev.values[1];
	other = spawn(async_attach);
	ASSERT_LT(0, other);
	ASSERT_TRUE(waits_in_attach(other));
	EXPECT_TRUE(can_be_killed(other));
	EXPECT_EQ(1, shared[LAST_WORD]);
	open_gate();
	EXPECT_TRUE(exits_with(pid, 3));
}

static void child_late_fork(void)
{
	until(LAST_WORD, 1);
	child_fork();
}

/* Or the two could wait for each other. */
TEST_F(clone, eagain_in_report_clone_for_the_child_of_another_task)
{
	pid_t first = start(child_fork), second = spawn(child_late_fork);
	int a = attach(first, EVENT(CLONE)), b = attach(second, EVENT(CLONE));

	ASSERT_LT(0, a);
	ASSERT_LT(0, b);
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = a, .callback = CB_CLONE, .effects = UTEST_GATE,
	}));
	go();
	ASSERT_TRUE(see_begin(a, CB(CLONE)));
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = b, .callback = CB_CLONE, .effects = UTEST_DO,
		.do_what = UTEST_ATTACH_OTHER,
		.do_attach = { .target = ev.values[1], .flags = CREATE,
			       .ops = UTEST_OPS_SECOND },
	}));
	shared[LAST_WORD] = 1;
	EXPECT_TRUE(see(b, CB(CLONE)));
	EXPECT_EQ(-EAGAIN, ev.do_result);
	open_gate();
	EXPECT_TRUE(exits_with(first, 3));
	EXPECT_TRUE(exits_with(second, 3));
}

static void child_failing_fork(void)
{
	wait_go();
	/* CLONE_SIGHAND needs CLONE_VM. */
	shared[RESULT] = clone_flags(CLONE_SIGHAND | SIGCHLD);
	_exit(3);
}

TEST_F(clone, failed_clone_is_no_event)
{
	pid_t pid = start(child_failing_fork);
	int h = attach(pid, EVENT(CLONE) | EVENT(VFORK_DONE));

	ASSERT_LT(0, h);
	go();
	ASSERT_TRUE(exits_with(pid, 3));
	EXPECT_EQ(-1, shared[RESULT]);
	EXPECT_EQ(0, count(h, ~0u));
}

TEST_F(clone, detach_during_report_clone_of_the_child)
{
	pid_t pid = start(child_fork);
	int h = attach(pid, EVENT(CLONE)), h2;

	ASSERT_LT(0, h);
	ASSERT_EQ(0, follow(h, EVENT(SYSCALL_ENTRY), DETACH));
	go();
	ASSERT_TRUE(exits_with(pid, 3));
	ASSERT_TRUE(see(h, CB(CLONE)));
	EXPECT_EQ(0, ev.control_result);
	h2 = ev.do_handle;
	EXPECT_EQ(0, count(h2, ~0u));
	EXPECT_EQ(-ESRCH, control(h2, RESUME));
}
