// SPDX-License-Identifier: GPL-2.0-only
/* report_seccomp(): filters that return SECCOMP_RET_TRACE. */
#include <stddef.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include "utrace_lib.h"

FIXTURE(seccomp) {
	pid_t pid;
	int h;
};

#define DATA	4711

/* Trace getppid(), refuse getpgid(), allow all else. */
static void install_filter(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE | DATA),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getpgid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EBADMSG),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {
		.len = ARRAY_SIZE(code), .filter = code,
	};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog))
		_exit(90);
}

static void child_filtered(void)
{
	install_filter();
	wait_go();
	shared[RESULT] = syscall(SYS_getppid);
	shared[RESULT2] = errno;
	_exit(3);
}

FIXTURE_SETUP(seccomp)
{
	ASSERT_EQ(0, utest_open());
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL) &&
	    errno == EINVAL)
		SKIP(return, "no seccomp filters on this machine");
	self->pid = start(child_filtered);
	ASSERT_LT(0, self->pid);
	self->h = attach(self->pid, EVENT(SECCOMP));
	ASSERT_LT(0, self->h);
}

FIXTURE_TEARDOWN(seccomp)
{
	utest_close();
}

TEST_F(seccomp, event_with_data_and_the_call_is_made)
{
	go();
	ASSERT_TRUE(exits_with(self->pid, 3));
	ASSERT_TRUE(see(self->h, CB(SECCOMP)));
	EXPECT_EQ(DATA, ev.values[0]);
	EXPECT_EQ(SYS_getppid, ev.values[1]);
	EXPECT_EQ(self->pid, ev.tid);
	EXPECT_EQ(1, count(self->h, ~0u));
	EXPECT_EQ(getpid(), shared[RESULT]);
}

TEST_F(seccomp, rule1_quiesce_comes_before_the_event)
{
	set_events(self->h, EVENT(QUIESCE) | EVENT(SECCOMP));
	go();
	ASSERT_TRUE(exits_with(self->pid, 3));
	EXPECT_TRUE(see_after_quiesce(self->h, EVENT(SECCOMP), CB_SECCOMP));
	EXPECT_EQ(1, count(self->h, CB(SECCOMP)));
}

TEST_F(seccomp, rule6_callback_may_sleep)
{
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = self->h, .callback = CB_SECCOMP,
		.effects = UTEST_DELAY, .delay_ms = 20,
	}));
	go();
	ASSERT_TRUE(exits_with(self->pid, 3));
	ASSERT_TRUE(see(self->h, CB(SECCOMP)));
	EXPECT_EQ(getpid(), shared[RESULT]);
}

TEST_F(seccomp, rule1_attach_order)
{
	int a = self->h, b = attach(self->pid, 0), c = attach(self->pid, 0);
	__u64 mask = EVENT(SECCOMP) | EVENT(SYSCALL_ENTRY);

	ASSERT_LT(0, b);
	ASSERT_LT(0, c);
	/* It is not turned round, as that of the entry to the same call is. */
	ASSERT_TRUE(done(set_events(c, mask)));
	ASSERT_TRUE(done(set_events(b, mask)));
	ASSERT_TRUE(done(set_events(a, mask)));
	go();
	ASSERT_TRUE(exits_with(self->pid, 3));
	EXPECT_TRUE(in_order(CB_SYSCALL_ENTRY, SYS_getppid, c, b, a));
	EXPECT_TRUE(in_order(CB_SECCOMP, DATA, a, b, c));
}

static void child_filtered_twice(void)
{
	install_filter();
	wait_go();
	shared[RESULT] = syscall(SYS_getppid);
	shared[WORD] = 1;
	while (shared[WORD] == 1)
		;
	shared[RESULT2] = syscall(SYS_getppid);
	shared[RESULT3] = errno;
	_exit(3);
}

/* This is not an event, but keeps filters from acting as long as it is asked for. */
TEST_F(seccomp, no_seccomp_suspends_filters)
{
	pid_t pid = start_instead(self->pid, child_filtered_twice);
	int h = attach(pid, EVENT(NO_SECCOMP));

	ASSERT_LT(0, h);
	if (access("/proc/self/timers", F_OK))
		SKIP(return, "needs CONFIG_CHECKPOINT_RESTORE");
	go();
	ASSERT_TRUE(until(WORD, 1));
	EXPECT_EQ(getpid(), shared[RESULT]);
	EXPECT_EQ(0, set_events(h, 0));
	shared[WORD] = 2;
	ASSERT_TRUE(exits_with(pid, 3));
	EXPECT_EQ(-1, shared[RESULT2]);
	EXPECT_EQ(ENOSYS, shared[RESULT3]);
	EXPECT_EQ(0, count(h, ~0u));
}

TEST_F(seccomp, enosys_where_no_engine_asks)
{
	set_events(self->h, EVENT(EXEC));
	go();
	ASSERT_TRUE(exits_with(self->pid, 3));
	EXPECT_EQ(-1, shared[RESULT]);
	EXPECT_EQ(ENOSYS, shared[RESULT2]);
}

TEST_F(seccomp, enosys_where_who_asks_has_no_callback)
{
	set_events(self->h, 0);
	ASSERT_LT(0, attach_as(self->pid, CREATE, UTEST_OPS_NULL, 0,
			       EVENT(SECCOMP)));
	go();
	ASSERT_TRUE(exits_with(self->pid, 3));
	EXPECT_EQ(-1, shared[RESULT]);
	EXPECT_EQ(ENOSYS, shared[RESULT2]);
}

TEST_F(seccomp, abort_skips_the_call)
{
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = self->h, .callback = CB_SECCOMP,
		.effects = UTEST_RETVAL | UTEST_RETURN, .retval = 55,
		.ret = RESUME | SYSCALL_ABORT,
	}));
	go();
	ASSERT_TRUE(exits_with(self->pid, 3));
	EXPECT_EQ(55, shared[RESULT]);
}

TEST_F(seccomp, changed_call_goes_through_the_filter_again)
{
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = self->h, .callback = CB_SECCOMP,
		.effects = UTEST_SYSCALL, .nr = SYS_getpgid,
	}));
	go();
	ASSERT_TRUE(exits_with(self->pid, 3));
	EXPECT_EQ(-1, shared[RESULT]);
	EXPECT_EQ(EBADMSG, shared[RESULT2]);
	EXPECT_EQ(1, count(self->h, ~0u));
}

TEST_F(seccomp, changed_call_that_the_filter_allows)
{
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = self->h, .callback = CB_SECCOMP,
		.effects = UTEST_SYSCALL, .nr = SYS_getpid,
	}));
	go();
	ASSERT_TRUE(exits_with(self->pid, 3));
	EXPECT_EQ(self->pid, shared[RESULT]);
}

TEST_F(seccomp, stop_in_place_is_before_the_call)
{
	struct utest_regs regs;

	ASSERT_EQ(0, on(self->h, CB_SECCOMP, STOP | STOP_HERE, 1));
	go();
	ASSERT_EQ(0, wait_held(self->h));
	EXPECT_TRUE(stays(self->pid, 't'));
	ASSERT_TRUE(read_regs(self->h, &regs));
	EXPECT_EQ(SYS_getppid, regs.syscall_nr);
	EXPECT_EQ(0, control(self->h, RESUME));
	ASSERT_TRUE(exits_with(self->pid, 3));
	EXPECT_EQ(getpid(), shared[RESULT]);
}

TEST_F(seccomp, rule4_sigkill_in_the_stop)
{
	ASSERT_EQ(0, on(self->h, CB_SECCOMP, STOP | STOP_HERE, 1));
	go();
	ASSERT_EQ(0, wait_held(self->h));
	EXPECT_TRUE(can_be_killed(self->pid));
}

TEST_F(seccomp, together_with_syscall_entry)
{
	set_events(self->h, EVENT(SECCOMP) | EVENT_SYSCALL);
	go();
	ASSERT_TRUE(exits_with(self->pid, 3));
	/* The filter has its say after the engines had theirs. */
	ASSERT_TRUE(see_value(self->h, CB(SYSCALL_ENTRY), SYS_getppid));
	ASSERT_TRUE(see(self->h, ~0u));
	EXPECT_EQ(CB_SECCOMP, ev.callback);
	ASSERT_TRUE(see(self->h, ~0u));
	EXPECT_EQ(CB_SYSCALL_EXIT, ev.callback);
}
