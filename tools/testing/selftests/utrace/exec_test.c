// SPDX-License-Identifier: GPL-2.0-only
/* report_exec(), and engines of a threaded group that execs. */
#include <stddef.h>
#include <asm/ptrace.h>
#include "utrace_lib.h"

FIXTURE(exec) {
	char unused;
};

FIXTURE_SETUP(exec)
{
	ASSERT_EQ(0, utest_open());
}

FIXTURE_TEARDOWN(exec)
{
	utest_close();
}

static void child_exec(void)
{
	wait_go();
	exec_self("6");
}

TEST_F(exec, event_with_its_values)
{
	pid_t pid = start(child_exec);
	struct utest_regs regs;
	int h = attach(pid, EVENT(EXEC));
	char comm[32];

	ASSERT_LT(0, h);
	ASSERT_EQ(0, on(h, CB_EXEC, STOP, 1));
	go();
	ASSERT_EQ(0, wait_held(h));
	ASSERT_TRUE(see(h, CB(EXEC)));
	EXPECT_EQ(3, ev.values[1]);
	EXPECT_EQ(1, ev.values[2]);
	EXPECT_EQ(pid, ev.tid);
	ASSERT_LT(0, read_proc(pid, "comm", comm, sizeof(comm)));
	EXPECT_STREQ("exe\n", comm);
	ASSERT_TRUE(read_regs(h, &regs));
	EXPECT_EQ(0, regs.finish);
#ifdef __x86_64__
	/* The first instruction of the program is yet to run. */
	EXPECT_EQ(ev.values[0], regs.regs[16]);
#endif
	EXPECT_EQ(0, control(h, RESUME));
	EXPECT_TRUE(exits_with(pid, 6));
	EXPECT_EQ(1, count(h, CB(EXEC)));
}

static void child_failing_exec(void)
{
	wait_go();
	execl("/nonexistent", "x", NULL);
	_exit(3);
}

TEST_F(exec, failed_exec_is_no_event)
{
	pid_t pid = start(child_failing_exec);
	int h = attach(pid, EVENT(EXEC));

	ASSERT_LT(0, h);
	go();
	EXPECT_TRUE(exits_with(pid, 3));
	EXPECT_EQ(0, count(h, ~0u));
}

#ifdef __x86_64__
static char reg_program[PATH_MAX];

static void child_exec_reg(void)
{
	wait_go();
	execl(reg_program, "exec_reg", NULL);
	_exit(99);
}

TEST_F(exec, registers_of_the_new_program_can_be_changed)
{
	pid_t pid;
	int h;

	snprintf(reg_program, sizeof(reg_program), "%s", beside("exec_reg"));
	ASSERT_EQ(0, access(reg_program, X_OK));
	pid = start(child_exec_reg);
	ASSERT_LT(0, pid);
	h = attach(pid, EVENT(EXEC));
	ASSERT_LT(0, h);
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = h, .callback = CB_EXEC, .effects = UTEST_REG,
		.reg = offsetof(struct pt_regs, rbx), .reg_value = 66,
	}));
	go();
	EXPECT_TRUE(exits_with(pid, 66));
}
#endif

TEST_F(exec, two_engines_one_counts_calls_one_stops)
{
	pid_t pid = start(child_exec);
	int counter = attach(pid, EVENT_SYSCALL), stopper;
	int before;

	ASSERT_LT(0, counter);
	stopper = attach(pid, EVENT(EXEC));
	ASSERT_LT(0, stopper);
	ASSERT_EQ(0, on(stopper, CB_EXEC, STOP, 1));
	go();
	ASSERT_EQ(0, wait_held(stopper));
	EXPECT_EQ(1, count_value(counter, CB(SYSCALL_ENTRY), SYS_execve));
	before = count(counter, CB(SYSCALL_ENTRY));
	nap(50);
	EXPECT_EQ(before, count(counter, CB(SYSCALL_ENTRY)));
	EXPECT_EQ(0, control(stopper, RESUME));
	EXPECT_TRUE(exits_with(pid, 6));
	EXPECT_LT(before, count(counter, CB(SYSCALL_ENTRY)));
}

/* sparc knows of a call by a flag of its registers, and execve() clears them all. */
#ifdef __sparc__
#define NR_AT_END	-1
#else
#define NR_AT_END	SYS_execve
#endif

TEST_F(exec, stop_in_place_is_inside_the_call)
{
	pid_t pid = start(child_exec);
	int h = attach(pid, EVENT(EXEC) | EVENT(SYSCALL_EXIT));

	ASSERT_LT(0, h);
	ASSERT_EQ(0, on(h, CB_EXEC, STOP | STOP_HERE, 1));
	go();
	ASSERT_EQ(0, wait_held(h));
	EXPECT_EQ(0, count_value(h, CB(SYSCALL_EXIT), NR_AT_END));
	EXPECT_EQ(0, control(h, RESUME));
	EXPECT_TRUE(exits_with(pid, 6));
	EXPECT_EQ(1, count_value(h, CB(SYSCALL_EXIT), NR_AT_END));
}

TEST_F(exec, stop_without_here_comes_after_the_call)
{
	pid_t pid = start(child_exec);
	int h = attach(pid, EVENT(EXEC));
	int other = attach(pid, EVENT(SYSCALL_EXIT));

	ASSERT_LT(0, h);
	ASSERT_LT(0, other);
	ASSERT_EQ(0, on(h, CB_EXEC, STOP, 1));
	go();
	ASSERT_EQ(0, wait_held(h));
	EXPECT_EQ(1, count_value(other, CB(SYSCALL_EXIT), NR_AT_END));
	EXPECT_EQ(0, control(h, RESUME));
	EXPECT_TRUE(exits_with(pid, 6));
}

/* --- threads */

static void *exec_thread(void *arg)
{
	shared[RESULT] = syscall(SYS_gettid);
	while (!shared[GO])
		;
	exec_self("6");
	return NULL;
}

static void child_thread_execs(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, exec_thread, NULL);
	while (!shared[RESULT])
		;
	child_sleep();
}

TEST_F(exec, of_another_thread_than_the_leader)
{
	pid_t pid = start(child_thread_execs), tid;
	__u64 mask = EVENT(EXEC) | EVENT(EXIT) | EVENT(DEATH) | EVENT(REAP);
	int leader, h;

	ASSERT_LT(0, pid);
	tid = shared[RESULT];
	leader = attach(pid, mask);
	h = attach(tid, mask);
	ASSERT_LT(0, leader);
	ASSERT_LT(0, h);
	ASSERT_EQ(0, on(h, CB_EXEC, STOP, 1));
	go();
	ASSERT_EQ(0, wait_held(h));
	/* The thread that called has the leader's place and its engine. */
	ASSERT_TRUE(see(h, CB(EXEC)));
	EXPECT_EQ(pid, ev.tid);
	EXPECT_EQ('t', state_of(pid));
	EXPECT_EQ(h, attach_as(pid, 0, UTEST_OPS_FIRST, 0, 0));
	/* The old leader is gone, its engine with it. */
	EXPECT_EQ(1, count(leader, CB(EXIT)));
	EXPECT_EQ(1, count_to(leader, CB(DEATH), 1));
	EXPECT_EQ(1, count_to(leader, CB(REAP), 1));
	EXPECT_EQ(0, count(leader, CB(EXEC)));
	EXPECT_EQ(-ESRCH, control(leader, STOP));
	EXPECT_EQ(0, control(h, RESUME));
	EXPECT_TRUE(exits_with(pid, 6));
	EXPECT_EQ(1, count_to(h, CB(REAP), 1));
}

/*
 * The thread that calls execve() has the leader's pid while that is being reaped, and
 * the leader has its: who knows an engine by a pid means another thread now.
 */
TEST_F(exec, pid_forms_esrch_where_the_pid_has_moved)
{
	pid_t pid = start(child_thread_execs);
	int leader, h;

	ASSERT_LT(0, pid);
	leader = attach(pid, EVENT(REAP));
	h = attach(shared[RESULT], EVENT(EXIT));
	ASSERT_LT(0, leader);
	ASSERT_LT(0, h);
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = leader, .callback = CB_REAP, .effects = UTEST_GATE,
	}));
	go();
	ASSERT_TRUE(see_begin(leader, CB(REAP)));
	EXPECT_EQ(-ESRCH, call_how(h, UTEST_BY_PID, UTEST_CONTROL, RESUME));
	EXPECT_EQ(-ESRCH, call_how(h, UTEST_BY_PID, UTEST_CONTROL, DETACH));
	EXPECT_EQ(-ESRCH, call_how(h, UTEST_BY_PID, UTEST_SET_EVENTS, 0));
	EXPECT_EQ(-ESRCH, call_how(leader, UTEST_BY_PID, UTEST_SET_EVENTS, 0));
	/* All else is as it should be, and nothing was changed. */
	EXPECT_EQ(0, call_how(h, UTEST_BY_PID, UTEST_BARRIER, 0));
	EXPECT_EQ(0, control(h, RESUME));
	EXPECT_EQ(-EALREADY, set_events(leader, 0));
	EXPECT_EQ(EVENT(EXIT), engine_flags(h) & EVENT_ALL);
	open_gate();
	EXPECT_TRUE(exits_with(pid, 6));
	EXPECT_EQ(1, count(h, CB(EXIT)));
}

/* Once the leader is gone, nobody has that pid. */
TEST_F(exec, pid_forms_esrch_where_the_pid_is_gone)
{
	pid_t pid = start(child_thread_execs);
	int h;

	ASSERT_LT(0, pid);
	h = attach(shared[RESULT], EVENT(EXEC));
	ASSERT_LT(0, h);
	ASSERT_EQ(0, on(h, CB_EXEC, STOP, 1));
	go();
	ASSERT_EQ(0, wait_held(h));
	EXPECT_EQ(-ESRCH, call_how(h, UTEST_BY_PID, UTEST_CONTROL, RESUME));
	EXPECT_EQ(-ESRCH, call_how(h, UTEST_BY_PID, UTEST_SET_EVENTS, 0));
	EXPECT_TRUE(stays(pid, 't'));
	EXPECT_EQ(0, control(h, RESUME));
	EXPECT_TRUE(exits_with(pid, 6));
}

/* The current task has that pid, but the engine is of one that dies. */
TEST_F(exec, barrier_by_pid_waits_for_the_engine_of_the_old_leader)
{
	pid_t pid = start(child_thread_execs);
	int leader, h;

	ASSERT_LT(0, pid);
	leader = attach(pid, EVENT(DEATH));
	h = attach(shared[RESULT], EVENT(EXEC));
	ASSERT_LT(0, leader);
	ASSERT_LT(0, h);
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = leader, .callback = CB_DEATH, .effects = UTEST_GATE,
	}));
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = h, .callback = CB_EXEC, .effects = UTEST_DO,
		.do_what = UTEST_BARRIER, .do_how = UTEST_BY_PID,
		.do_handle = leader,
	}));
	go();
	ASSERT_TRUE(see_begin(leader, CB(DEATH)));
	ASSERT_TRUE(see_begin(h, CB(EXEC)));
	seen = 0;
	EXPECT_FALSE(find_event(h, CB(EXEC), 0, 0, 200));
	open_gate();
	ASSERT_TRUE(see(h, CB(EXEC)));
	EXPECT_TRUE(ev.do_result == 0 || ev.do_result == -ESRCH);
	EXPECT_TRUE(exits_with(pid, 6));
}

static void *sleep_thread(void *arg)
{
	shared[RESULT2]++;
	shared[RESULT] = syscall(SYS_gettid);
	for (;;)
		pause();
	return NULL;
}

static void child_leader_execs(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, sleep_thread, NULL);
	while (!shared[RESULT])
		;
	wait_go();
	exec_self("6");
}

TEST_F(exec, of_the_leader_ends_the_engines_of_other_threads)
{
	pid_t pid = start(child_leader_execs);
	__u64 mask = EVENT(EXEC) | EVENT(EXIT) | EVENT(DEATH) | EVENT(REAP);
	int leader = attach(pid, mask), h = attach(shared[RESULT], mask);

	ASSERT_LT(0, leader);
	ASSERT_LT(0, h);
	go();
	EXPECT_TRUE(exits_with(pid, 6));
	EXPECT_EQ(1, count(h, CB(EXIT)));
	EXPECT_EQ(1, count_to(h, CB(DEATH), 1));
	EXPECT_EQ(1, count_to(h, CB(REAP), 1));
	EXPECT_EQ(0, count(h, CB(EXEC)));
	EXPECT_EQ(1, count(leader, CB(EXEC)));
	EXPECT_EQ(1, count(leader, CB(EXIT)));
}
