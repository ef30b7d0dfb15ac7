// SPDX-License-Identifier: GPL-2.0-only
/* System calls: what is seen of them and what can be made of them. */
#include <sys/ioctl.h>
#include "utrace_lib.h"

FIXTURE(syscall) {
	pid_t pid;
	int h;
};

static int fds[2];

static void child_write(void)
{
	wait_go();
	shared[RESULT] = syscall(SYS_write, fds[1], "abcdef", 6);
	shared[RESULT2] = errno;
}

FIXTURE_SETUP(syscall)
{
	ASSERT_EQ(0, utest_open());
	ASSERT_EQ(0, pipe(fds));
	self->pid = start(child_write);
	ASSERT_LT(0, self->pid);
	self->h = attach(self->pid, EVENT_SYSCALL);
	ASSERT_LT(0, self->h);
}

FIXTURE_TEARDOWN(syscall)
{
	utest_close();
}

static int bytes_in_pipe(void)
{
	int n = -1;

	ioctl(fds[0], FIONREAD, &n);
	return n;
}

/* A rule for the write() of the child. */
static int on_write(int h, int callback, struct utest_rule more)
{
	more.handle = h;
	more.callback = callback;
	more.cond = UTEST_IF_VALUE;
	more.value = SYS_write;
	more.times = 1;
	return rule(more);
}

TEST_F(syscall, entry_and_exit_with_their_values)
{
	go();
	ASSERT_TRUE(exits_with(self->pid, 0));
	ASSERT_TRUE(see_value(self->h, CB(SYSCALL_ENTRY), SYS_write));
	EXPECT_EQ(RESUME, ev.action);
	EXPECT_EQ(fds[1], ev.values[1]);
	EXPECT_EQ(6, ev.values[3]);
#if defined(__x86_64__) || defined(__i386__) || defined(__riscv) || \
	defined(__m68k__)
	/* Elsewhere its register has an argument, or the number of the call. */
	EXPECT_EQ(-ENOSYS, (long)ev.values[6]);
#endif
	ASSERT_TRUE(see(self->h, ~0u));
	EXPECT_EQ(CB_SYSCALL_EXIT, ev.callback);
	EXPECT_EQ(SYS_write, ev.values[0]);
	EXPECT_EQ(6, ev.values[1]);
	EXPECT_EQ(0, ev.values[2]);
	EXPECT_EQ(6, shared[RESULT]);
}

TEST_F(syscall, entry_only_and_exit_only)
{
	int exit_only = attach(self->pid, EVENT(SYSCALL_EXIT));

	ASSERT_LT(0, exit_only);
	set_events(self->h, EVENT(SYSCALL_ENTRY));
	go();
	ASSERT_TRUE(exits_with(self->pid, 0));
	EXPECT_EQ(1, count_value(self->h, CB(SYSCALL_ENTRY), SYS_write));
	EXPECT_EQ(0, count(self->h, CB(SYSCALL_EXIT)));
	EXPECT_EQ(0, count(exit_only, CB(SYSCALL_ENTRY)));
	EXPECT_EQ(1, count_value(exit_only, CB(SYSCALL_EXIT), SYS_write));
}

TEST_F(syscall, arguments_can_be_changed)
{
	ASSERT_EQ(0, on_write(self->h, CB_SYSCALL_ENTRY, (struct utest_rule){
		.effects = UTEST_SYSCALL, .nr = SYS_write,
		.args = { fds[1], (long)"xyz", 2 },
	}));
	go();
	ASSERT_TRUE(exits_with(self->pid, 0));
	EXPECT_EQ(2, shared[RESULT]);
	EXPECT_EQ(2, bytes_in_pipe());
}

TEST_F(syscall, number_can_be_changed)
{
	ASSERT_EQ(0, on_write(self->h, CB_SYSCALL_ENTRY, (struct utest_rule){
		.effects = UTEST_SYSCALL, .nr = SYS_getpid,
	}));
	go();
	ASSERT_TRUE(exits_with(self->pid, 0));
	EXPECT_EQ(self->pid, shared[RESULT]);
	EXPECT_EQ(0, bytes_in_pipe());
	EXPECT_EQ(1, count_value(self->h, CB(SYSCALL_EXIT), SYS_getpid));
}

/* By -1, whoever sets it on arm or mips says that the result is there already. */
#if defined(__aarch64__) || defined(__arm__) || defined(__mips__)
#define INVALID_NR	100000
#else
#define INVALID_NR	-1
#endif

TEST_F(syscall, number_can_be_made_invalid)
{
	ASSERT_EQ(0, on_write(self->h, CB_SYSCALL_ENTRY, (struct utest_rule){
		.effects = UTEST_SYSCALL, .nr = INVALID_NR,
	}));
	go();
	ASSERT_TRUE(exits_with(self->pid, 0));
	EXPECT_EQ(-1, shared[RESULT]);
	EXPECT_EQ(ENOSYS, shared[RESULT2]);
	EXPECT_EQ(0, bytes_in_pipe());
}

TEST_F(syscall, changes_are_seen_by_the_next_engine)
{
	/* Attached later, thus asked first: nearer to user mode. */
	int near = attach(self->pid, EVENT_SYSCALL);

	ASSERT_LT(0, near);
	ASSERT_EQ(0, on_write(near, CB_SYSCALL_ENTRY, (struct utest_rule){
		.effects = UTEST_SYSCALL, .nr = SYS_getppid,
	}));
	go();
	ASSERT_TRUE(exits_with(self->pid, 0));
	EXPECT_EQ(1, count_value(near, CB(SYSCALL_ENTRY), SYS_write));
	EXPECT_EQ(0, count_value(self->h, CB(SYSCALL_ENTRY), SYS_write));
	EXPECT_EQ(1, count_value(self->h, CB(SYSCALL_ENTRY), SYS_getppid));
	EXPECT_EQ(getpid(), shared[RESULT]);
}

TEST_F(syscall, abort_makes_no_call_and_leaves_enosys)
{
	ASSERT_EQ(0, on_value(self->h, CB_SYSCALL_ENTRY, SYS_write,
			      RESUME | SYSCALL_ABORT, 1));
	go();
	ASSERT_TRUE(exits_with(self->pid, 0));
	EXPECT_EQ(0, bytes_in_pipe());
	EXPECT_EQ(-1, shared[RESULT]);
	EXPECT_EQ(ENOSYS, shared[RESULT2]);
	/* It still has an end. */
	ASSERT_TRUE(see_value(self->h, CB(SYSCALL_ENTRY), SYS_write));
	ASSERT_TRUE(see(self->h, CB(SYSCALL_EXIT)));
	EXPECT_EQ(-ENOSYS, (long)ev.values[2]);
}

TEST_F(syscall, abort_with_a_result_set_by_the_engine)
{
	ASSERT_EQ(0, on_write(self->h, CB_SYSCALL_ENTRY, (struct utest_rule){
		.effects = UTEST_RETVAL | UTEST_RETURN, .retval = 77,
		.ret = RESUME | SYSCALL_ABORT,
	}));
	go();
	ASSERT_TRUE(exits_with(self->pid, 0));
	EXPECT_EQ(0, bytes_in_pipe());
	EXPECT_EQ(77, shared[RESULT]);
}

TEST_F(syscall, abort_with_an_error_set_by_the_engine)
{
	ASSERT_EQ(0, on_write(self->h, CB_SYSCALL_ENTRY, (struct utest_rule){
		.effects = UTEST_RETVAL | UTEST_RETURN, .retval = -EPERM,
		.ret = RESUME | SYSCALL_ABORT,
	}));
	go();
	ASSERT_TRUE(exits_with(self->pid, 0));
	EXPECT_EQ(-1, shared[RESULT]);
	EXPECT_EQ(EPERM, shared[RESULT2]);
}

TEST_F(syscall, abort_is_overridden_by_a_later_engine)
{
	int near = attach(self->pid, EVENT(SYSCALL_ENTRY));

	ASSERT_LT(0, near);
	ASSERT_EQ(0, on_value(near, CB_SYSCALL_ENTRY, SYS_write,
			      RESUME | SYSCALL_ABORT, 1));
	ASSERT_EQ(0, on_value(self->h, CB_SYSCALL_ENTRY, SYS_write, RESUME, 1));
	go();
	ASSERT_TRUE(exits_with(self->pid, 0));
	EXPECT_EQ(6, bytes_in_pipe());
	ASSERT_TRUE(see_value(self->h, CB(SYSCALL_ENTRY), SYS_write));
	EXPECT_EQ(SYSCALL_ABORT, ev.action & 0xf0);
}

TEST_F(syscall, abort_while_stopped_at_entry)
{
	set_events(self->h, EVENT_SYSCALL | EVENT(QUIESCE));
	ASSERT_EQ(0, on_value(self->h, CB_SYSCALL_ENTRY, SYS_write, STOP, 1));
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = self->h, .callback = CB_SYSCALL_ENTRY,
		.cond = UTEST_IF_ACTION, .action_mask = SYSCALL_RESUMED,
		.action = SYSCALL_RESUMED, .effects = UTEST_RETURN,
		.ret = RESUME | SYSCALL_ABORT,
	}));
	go();
	ASSERT_EQ(0, wait_held(self->h));
	EXPECT_EQ(0, control(self->h, REPORT));
	ASSERT_TRUE(exits_with(self->pid, 0));
	EXPECT_EQ(0, bytes_in_pipe());
	EXPECT_EQ(ENOSYS, shared[RESULT2]);
}

/* What an engine asked for that has only report_signal() waits for that. */
TEST_F(syscall, report_asked_for_before_a_call_comes_after_it)
{
	int other = attach_as(self->pid, CREATE, UTEST_OPS_SIGNAL, 0,
			      EVENT(QUIESCE));

	ASSERT_LT(0, other);
	ASSERT_EQ(0, on_value(self->h, CB_SYSCALL_ENTRY, SYS_write, STOP, 1));
	go();
	ASSERT_EQ(0, wait_held(self->h));
	ASSERT_EQ(0, control(other, REPORT));
	EXPECT_EQ(0, control(self->h, RESUME));
	ASSERT_TRUE(see(other, CB(SIGNAL)));
	EXPECT_EQ(SIGNAL_REPORT, ev.action & SIGNAL_MASK);
	EXPECT_TRUE(exits_with(self->pid, 0));
	EXPECT_EQ(6, bytes_in_pipe());
}

TEST_F(syscall, result_can_be_changed_at_exit)
{
	int other = attach(self->pid, EVENT(SYSCALL_EXIT));

	ASSERT_LT(0, other);
	ASSERT_EQ(0, on_write(self->h, CB_SYSCALL_EXIT, (struct utest_rule){
		.effects = UTEST_RETVAL, .retval = -EDOM,
	}));
	go();
	ASSERT_TRUE(exits_with(self->pid, 0));
	EXPECT_EQ(6, bytes_in_pipe());
	EXPECT_EQ(-1, shared[RESULT]);
	EXPECT_EQ(EDOM, shared[RESULT2]);
	ASSERT_TRUE(see_value(other, CB(SYSCALL_EXIT), SYS_write));
	EXPECT_EQ(-EDOM, (long)ev.values[2]);
}

/* What the C library makes of pause(). */
#if defined(SYS_pause) && !defined(__sparc__)
#define NR_PAUSE	SYS_pause
#else
#define NR_PAUSE	SYS_ppoll
#endif

TEST_F(syscall, events_asked_for_in_a_call_count_for_its_end)
{
	pid_t pid = start_sleeper();
	int h = attach(pid, 0);

	/* The call began before anyone asked. */
	ASSERT_LT(0, h);
	set_events(h, EVENT(SYSCALL_EXIT) | EVENT(QUIESCE));
	ASSERT_EQ(0, control(h, INTERRUPT));
	EXPECT_TRUE(see_value(h, CB(SYSCALL_EXIT), NR_PAUSE));
}

static void child_loop(void)
{
	wait_go();
	while (shared[GO] == 1) {
		syscall(SYS_getppid);
		shared[COUNT]++;
	}
	_exit(3);
}

TEST_F(syscall, nothing_is_reported_after_detach)
{
	pid_t pid = start(child_loop);
	int h = attach_how(pid, UTEST_QUIET, CREATE, UTEST_OPS_FIRST, 0,
			   EVENT_SYSCALL);
	long entries;

	ASSERT_LT(0, h);
	go();
	ASSERT_TRUE(spins());
	ASSERT_TRUE(done(control(h, DETACH)));
	ASSERT_EQ(-ESRCH, barrier(h));
	entries = counted(h, CB_SYSCALL_ENTRY);
	EXPECT_LT(0, entries);
	EXPECT_TRUE(spins());
	EXPECT_EQ(entries, counted(h, CB_SYSCALL_ENTRY));
	/* Each entry that was seen had its exit, but for the last. */
	EXPECT_GE(1, labs(entries - counted(h, CB_SYSCALL_EXIT)));
	shared[GO] = 2;
	EXPECT_TRUE(exits_with(pid, 3));
}
