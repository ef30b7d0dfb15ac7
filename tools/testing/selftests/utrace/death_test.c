// SPDX-License-Identifier: GPL-2.0-only
/* report_exit(), report_death(), report_reap(): values, order, teardown. */
#include <sched.h>
#include "utrace_lib.h"

#define DEATH_REAP			-1
#define DEATH_DELAYED_GROUP_LEADER	-2

#define ENDS	(EVENT(EXIT) | EVENT(DEATH) | EVENT(REAP))

FIXTURE(death) {
	char unused;
};

FIXTURE_SETUP(death)
{
	ASSERT_EQ(0, utest_open());
}

FIXTURE_TEARDOWN(death)
{
	utest_close();
}

static void child_exit3(void)
{
	wait_go();
	_exit(3);
}

TEST_F(death, values_of_exit_death_and_reap)
{
	pid_t pid = start(child_exit3);
	int h = attach(pid, ENDS);

	ASSERT_LT(0, h);
	go();
	ASSERT_TRUE(see(h, ~0u));
	EXPECT_EQ(CB_EXIT, ev.callback);
	EXPECT_EQ(0x300, ev.values[0]);
	EXPECT_EQ(0x300, ev.values[1]);
	EXPECT_EQ(1, ev.values[2]);
	ASSERT_TRUE(see(h, ~0u));
	EXPECT_EQ(CB_DEATH, ev.callback);
	EXPECT_EQ(1, ev.values[0]);
	EXPECT_EQ(SIGCHLD, (int)ev.values[1]);
	EXPECT_EQ(0, ev.values[2]);
	EXPECT_EQ(pid, ev.tid);
	/* No reap while it is a zombie. */
	ASSERT_TRUE(wait_state(pid, 'Z'));
	nap(20);
	EXPECT_EQ(0, count(h, CB(REAP)));
	EXPECT_TRUE(exits_with(pid, 3));
	ASSERT_TRUE(see(h, ~0u));
	EXPECT_EQ(CB_REAP, ev.callback);
	EXPECT_EQ(0, ev.values[0]);
	EXPECT_EQ(getpid(), ev.tid);
	EXPECT_EQ(3, count(h, ~0u));
}

TEST_F(death, code_of_a_killed_task)
{
	pid_t pid = start(child_exit3);
	int h = attach(pid, ENDS);

	ASSERT_LT(0, h);
	ASSERT_TRUE(can_be_killed(pid));
	ASSERT_TRUE(see(h, CB(EXIT)));
	EXPECT_EQ(SIGKILL, ev.values[0]);
}

/* --- the exit code that engines leave */

static void changed_code(struct __test_metadata *_metadata, pid_t pid, int h)
{
	ASSERT_LT(0, h);
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = h, .callback = CB_EXIT, .effects = UTEST_CODE,
		.code = 0x2a00,
	}));
}

TEST_F(death, changed_code_of_exit_group_is_what_wait_shows)
{
	pid_t pid = start(child_exit3);
	int h = attach(pid, ENDS), other = attach(pid, ENDS);

	changed_code(_metadata, pid, h);
	go();
	EXPECT_TRUE(exits_with(pid, 42));
	/* The next engine sees both. */
	ASSERT_TRUE(see(other, CB(EXIT)));
	EXPECT_EQ(0x300, ev.values[0]);
	EXPECT_EQ(0x2a00, ev.values[1]);
}

TEST_F(death, changed_code_of_death_by_signal_is_what_wait_shows)
{
	pid_t pid = start(child_exit3);
	int h = attach(pid, ENDS);

	changed_code(_metadata, pid, h);
	ASSERT_EQ(0, kill(pid, SIGTERM));
	EXPECT_TRUE(exits_with(pid, 42));
}

TEST_F(death, code_changed_to_a_signal)
{
	pid_t pid = start(child_exit3);
	int h = attach(pid, ENDS);

	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = h, .callback = CB_EXIT, .effects = UTEST_CODE,
		.code = SIGUSR2,
	}));
	go();
	EXPECT_TRUE(dies_of(pid, SIGUSR2));
}

static void *thread_exit(void *arg)
{
	shared[RESULT] = syscall(SYS_gettid);
	while (!shared[GO])
		;
	while (shared[WORD] != 1)
		;
	syscall(SYS_exit, 5);
	return NULL;
}

/* The leader leaves with exit(2), the thread when told. */
static void child_leader_first(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, thread_exit, NULL);
	while (!shared[RESULT])
		;
	wait_go();
	syscall(SYS_exit, 4);
}

TEST_F(death, changed_code_of_the_last_thread_is_what_wait_shows)
{
	pid_t pid = start(child_leader_first);
	int leader = attach(pid, ENDS), h = attach(shared[RESULT], ENDS);

	ASSERT_LT(0, leader);
	changed_code(_metadata, pid, h);
	changed_code(_metadata, pid, leader);
	go();
	ASSERT_TRUE(see(leader, CB(DEATH)));
	shared[WORD] = 1;
	EXPECT_TRUE(exits_with(pid, 42));
}

/* While the thread is in its callback, the leader has all of them exit. */
static void child_leader_exits_all(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, thread_exit, NULL);
	while (!shared[RESULT])
		;
	shared[READY] = 1;
	while (!shared[WORD])
		;
	while (shared[WORD] != 2)
		;
	_exit(3);
}

TEST_F(death, changed_code_of_one_thread_is_not_that_of_the_others)
{
	pid_t pid = start(child_leader_exits_all);
	int h = attach(shared[RESULT], EVENT(EXIT));

	ASSERT_LT(0, h);
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = h, .callback = CB_EXIT,
		.effects = UTEST_GATE | UTEST_CODE, .code = 0x2a00,
	}));
	go();
	shared[WORD] = 1;
	ASSERT_TRUE(see_begin(h, CB(EXIT)));
	shared[WORD] = 2;
	EXPECT_TRUE(wait_state(pid, 'Z'));
	open_gate();
	EXPECT_TRUE(exits_with(pid, 3));
}

TEST_F(death, delayed_group_leader_and_last_thread)
{
	pid_t pid = start(child_leader_first);
	int leader = attach(pid, ENDS), h = attach(shared[RESULT], ENDS);

	ASSERT_LT(0, leader);
	ASSERT_LT(0, h);
	go();
	ASSERT_TRUE(see(leader, CB(DEATH)));
	EXPECT_EQ(0, ev.values[0]);
	EXPECT_EQ(DEATH_DELAYED_GROUP_LEADER, (int)ev.values[1]);
	EXPECT_EQ(0, count(leader, CB(REAP)));
	shared[WORD] = 1;
	ASSERT_TRUE(see(h, CB(DEATH)));
	EXPECT_EQ(1, ev.values[0]);
	EXPECT_EQ(DEATH_REAP, (int)ev.values[1]);
	EXPECT_NE(-1, reap(pid));
	EXPECT_EQ(1, count_to(leader, CB(REAP), 1));
	EXPECT_EQ(1, count_to(h, CB(REAP), 1));
}

/* --- rule 5 */

/* At the gate in report_death(), with everything after that in a hurry. */
static int death_gate(pid_t pid)
{
	int h = attach(pid, EVENT(DEATH) | EVENT(REAP));

	if (h < 0)
		return h;
	rule((struct utest_rule){
		.handle = h, .callback = CB_DEATH, .effects = UTEST_GATE,
	});
	return h;
}

/* report_reap() never begins before report_death() is over. */
static bool death_before_reap(int h)
{
	seen = 0;
	if (!see(h, ~0u) || ev.callback != CB_DEATH)
		return false;
	return see(h, ~0u) && ev.callback == CB_REAP && count(h, ~0u) == 2;
}

TEST_F(death, rule5_parent_that_waits_at_once)
{
	pid_t pid = start(child_exit3);
	int h = death_gate(pid), status;
	pid_t reaped;

	ASSERT_LT(0, h);
	go();
	ASSERT_TRUE(see_begin(h, CB(DEATH)));
	/* The zombie may be there for the taking; the callback goes on. */
	nap(50);
	reaped = waitpid(pid, &status, WNOHANG);
	nap(50);
	EXPECT_EQ(0, count(h, CB(REAP)));
	open_gate();
	if (reaped == 0)
		reaped = waitpid(pid, &status, 0);
	EXPECT_EQ(pid, reaped);
	EXPECT_TRUE(see(h, CB(REAP)));
	EXPECT_TRUE(death_before_reap(h));
}

TEST_F(death, rule5_parent_that_ignores_sigchld)
{
	pid_t pid;
	int h;

	signal(SIGCHLD, SIG_IGN);
	pid = start(child_exit3);
	h = death_gate(pid);
	ASSERT_LT(0, h);
	go();
	ASSERT_TRUE(see_begin(h, CB(DEATH)));
	EXPECT_EQ(DEATH_REAP, (int)ev.values[1]);
	nap(50);
	EXPECT_EQ(0, count(h, CB(REAP)));
	open_gate();
	EXPECT_TRUE(see(h, CB(REAP)));
	EXPECT_EQ(pid, ev.tid);
	EXPECT_EQ(1, ev.values[0]);
	EXPECT_TRUE(death_before_reap(h));
	signal(SIGCHLD, SIG_DFL);
}

/* The child of a child that is init of a new pid namespace. */
static void namespace_init(void)
{
	pid_t pid = fork();
	char buf[64];
	int len;

	if (pid == 0) {
		pid = fork();
		if (pid > 0)
			_exit(0);
		/* An orphan now: init is its parent. */
		len = readlink("/proc/self", buf, sizeof(buf) - 1);
		if (len > 0) {
			buf[len] = 0;
			shared[RESULT] = atoi(buf);
		}
		while (syscall(SYS_getppid) != 1)
			;
		shared[READY] = 1;
		while (!shared[GO])
			;
		_exit(3);
	}
	for (;;)
		if (waitpid(-1, NULL, 0) < 0)
			nap(1);
}

TEST_F(death, rule5_parent_that_is_init)
{
	pid_t pid = start_init(namespace_init);
	int h;

	ASSERT_LT(0, pid);
	ASSERT_LT(0, shared[RESULT]);
	h = death_gate(shared[RESULT]);
	ASSERT_LT(0, h);
	go();
	ASSERT_TRUE(see_begin(h, CB(DEATH)));
	nap(50);
	EXPECT_EQ(0, count(h, CB(REAP)));
	open_gate();
	EXPECT_TRUE(see(h, CB(REAP)));
	EXPECT_TRUE(death_before_reap(h));
	EXPECT_TRUE(can_be_killed(pid));
}

static void *gated_thread(void *arg)
{
	shared[RESULT] = syscall(SYS_gettid);
	while (!shared[GO])
		;
	return NULL;
}

static void child_thread_ends(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, gated_thread, NULL);
	while (!shared[RESULT])
		;
	shared[READY] = 1;
	pthread_join(thread, NULL);
	child_sleep();
}

/* The thread ends, and when told the leader dies of what dumps core. */
static void child_leader_crashes(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, gated_thread, NULL);
	while (!shared[RESULT])
		;
	shared[READY] = 1;
	while (!shared[WORD])
		;
	raise(SIGSEGV);
}

TEST_F(death, core_dump_lets_go_a_thread_that_is_held_in_its_exit)
{
	pid_t pid = start(child_leader_crashes);
	int h = attach(shared[RESULT], EVENT(EXIT));

	ASSERT_LT(0, pid);
	ASSERT_LT(0, h);
	ASSERT_EQ(0, on(h, CB_EXIT, STOP, 1));
	go();
	ASSERT_EQ(0, wait_held(h));
	shared[WORD] = 1;
	EXPECT_TRUE(dies_of(pid, SIGSEGV));
}

TEST_F(death, rule5_thread_that_reaps_itself)
{
	pid_t pid = start(child_thread_ends);
	int h = death_gate(shared[RESULT]);

	ASSERT_LT(0, pid);
	ASSERT_LT(0, h);
	go();
	ASSERT_TRUE(see_begin(h, CB(DEATH)));
	EXPECT_EQ(0, ev.values[0]);
	EXPECT_EQ(DEATH_REAP, (int)ev.values[1]);
	nap(50);
	EXPECT_EQ(0, count(h, CB(REAP)));
	open_gate();
	EXPECT_TRUE(see(h, CB(REAP)));
	EXPECT_EQ(1, ev.values[0]);
	EXPECT_TRUE(death_before_reap(h));
}

TEST_F(death, rule5_many_times_with_a_parent_in_wait)
{
	pid_t pid;
	int h, i;

	for (i = 0; i < 50; i++) {
		pid = start(child_exit3);
		h = attach(pid, EVENT(DEATH) | EVENT(REAP));
		ASSERT_LT(0, h);
		go();
		ASSERT_EQ(pid, waitpid(pid, NULL, 0));
		ASSERT_TRUE(see(h, CB(REAP)));
		ASSERT_TRUE(death_before_reap(h));
	}
}

TEST_F(death, rule5_detach_from_report_death_means_no_reap)
{
	pid_t pid = start(child_exit3);
	int h = attach(pid, ENDS), other = attach(pid, ENDS);

	ASSERT_LT(0, h);
	ASSERT_LT(0, other);
	ASSERT_EQ(0, on(h, CB_DEATH, DETACH, 1));
	go();
	EXPECT_TRUE(exits_with(pid, 3));
	EXPECT_EQ(1, count_to(other, CB(REAP), 1));
	EXPECT_EQ(1, count_to(h, CB(DEATH), 1));
	EXPECT_EQ(0, count(h, CB(REAP)));
	EXPECT_EQ(-ESRCH, control(h, RESUME));
}

TEST_F(death, rule5_detach_in_report_death_after_the_parent_has_waited)
{
	pid_t pid = start(child_exit3);
	int h = attach(pid, ENDS), status;

	ASSERT_LT(0, h);
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = h, .callback = CB_DEATH,
		.effects = UTEST_GATE | UTEST_DO,
		.do_what = UTEST_CONTROL, .do_arg = DETACH,
	}));
	go();
	ASSERT_TRUE(see_begin(h, CB(DEATH)));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	open_gate();
	ASSERT_EQ(1, count_to(h, CB(DEATH), 1));
	seen = 0;
	ASSERT_TRUE(see(h, CB(DEATH)));
	EXPECT_EQ(0, ev.do_result);
	nap(50);
	EXPECT_EQ(0, count(h, CB(REAP)));
}

TEST_F(death, rule5_engine_is_detached_after_reap)
{
	pid_t pid = start(child_exit3);
	int h = attach(pid, 0);

	ASSERT_LT(0, h);
	go();
	ASSERT_TRUE(wait_state(pid, 'Z'));
	/* Still attached, for what it is worth. */
	EXPECT_EQ(0, barrier(h));
	EXPECT_EQ(-ESRCH, control(h, RESUME));
	EXPECT_TRUE(exits_with(pid, 3));
	EXPECT_EQ(-ESRCH, control(h, RESUME));
	EXPECT_EQ(-ESRCH, control(h, DETACH));
	EXPECT_EQ(-ESRCH, barrier(h));
	EXPECT_EQ(0, count(h, ~0u));
}

TEST_F(death, other_actions_of_report_death_mean_nothing)
{
	pid_t pid = start(child_exit3);
	int h = attach(pid, EVENT(DEATH) | EVENT(REAP));

	ASSERT_LT(0, h);
	ASSERT_EQ(0, on(h, CB_DEATH, STOP, 1));
	go();
	EXPECT_TRUE(exits_with(pid, 3));
	EXPECT_EQ(1, count_to(h, CB(REAP), 1));
}

TEST_F(death, exit_of_a_task_that_is_asked_to_stop)
{
	pid_t pid;
	int h, i;

	for (i = 0; i < 30; i++) {
		pid = start(child_exit3);
		h = attach(pid, 0);
		ASSERT_LT(0, h);
		go();
		control(h, STOP);
		control(h, RESUME);
		ASSERT_TRUE(exits_with(pid, 3));
	}
}
