// SPDX-License-Identifier: GPL-2.0-only
/* Which callbacks come, in what order, and what they tell each other. */
#include "utrace_lib.h"

FIXTURE(events) {
	pid_t pid;
};

FIXTURE_SETUP(events)
{
	ASSERT_EQ(0, utest_open());
}

FIXTURE_TEARDOWN(events)
{
	utest_close();
}

/* Something of each kind but a stop. */
static void child_everything(void)
{
	pid_t pid;

	catch_signal(SIGUSR1, 0);
	wait_go();
	syscall(SYS_getppid);
	raise(SIGUSR1);
	raise(SIGURG);
	pid = vfork();
	if (pid == 0)
		_exit(4);
	if (waitpid(pid, NULL, 0) != pid)
		_exit(1);
	exec_self("6");
}

static __u64 event_of(int callback)
{
	switch (callback) {
	case CB_CLONE:
		return EVENT(CLONE);
	case CB_JCTL:
		return EVENT(JCTL);
	case CB_EXEC:
		return EVENT(EXEC);
	case CB_SYSCALL_ENTRY:
		return EVENT(SYSCALL_ENTRY);
	case CB_SYSCALL_EXIT:
		return EVENT(SYSCALL_EXIT);
	case CB_EXIT:
		return EVENT(EXIT);
	case CB_DEATH:
		return EVENT(DEATH);
	case CB_VFORK_DONE:
		return EVENT(VFORK_DONE);
	case CB_SIGNAL:
		return EVENT_SIGNAL_ALL;
	default:
		return 0;
	}
}

TEST_F(events, rule1_quiesce_comes_before_each_event)
{
	pid_t pid = start(child_everything);
	int h = attach(pid, EVENT_ALL), seen_callbacks = 0;
	__u64 quiesce = 0;

	ASSERT_LT(0, h);
	go();
	ASSERT_TRUE(exits_with(pid, 6));
	ASSERT_EQ(1, count_to(h, CB(REAP), 1));
	while (find_event(h, 0, 0, 0, 0)) {
		if (ev.callback == CB_QUIESCE) {
			quiesce = ev.values[0];
			continue;
		}
		if (ev.callback == CB_REAP) {
			EXPECT_EQ(0, quiesce);
			continue;
		}
		seen_callbacks |= 1 << ev.callback;
		EXPECT_NE(0, quiesce & event_of(ev.callback));
		EXPECT_EQ(pid, ev.tid);
		quiesce = 0;
	}
	EXPECT_EQ(CB(SIGNAL) | CB(CLONE) | CB(EXEC) | CB(SYSCALL_ENTRY) |
		  CB(SYSCALL_EXIT) | CB(EXIT) | CB(DEATH) | CB(VFORK_DONE),
		  seen_callbacks);
	EXPECT_EQ(1, count_value(h, CB(QUIESCE), EVENT(SIGNAL)));
	EXPECT_LE(1, count_value(h, CB(QUIESCE), EVENT(SIGNAL_IGN)));
	EXPECT_EQ(0, count_value(h, CB(QUIESCE), EVENT(REAP)));
	EXPECT_EQ(1, count(h, CB(EXIT)));
	EXPECT_EQ(1, count_to(h, CB(DEATH), 1));
	EXPECT_EQ(1, count_to(h, CB(REAP), 1));
	EXPECT_EQ(1, count(h, CB(EXEC)));
	EXPECT_EQ(1, count(h, CB(CLONE)));
	EXPECT_EQ(1, count(h, CB(VFORK_DONE)));
}

TEST_F(events, rule1_attach_order_and_reverse_at_syscall_entry)
{
	pid_t pid = start(child_everything);
	int a = attach(pid, 0), b = attach(pid, 0), c = attach(pid, 0);
	__u64 mask = EVENT_ALL & ~EVENT(QUIESCE);

	ASSERT_LT(0, a);
	ASSERT_LT(0, b);
	ASSERT_LT(0, c);
	/* The order is that of attaching, whoever asked first. */
	set_events(c, mask);
	set_events(b, mask);
	set_events(a, mask);
	go();
	ASSERT_TRUE(exits_with(pid, 6));
	ASSERT_EQ(3, count_to(0, CB(REAP), 3));
	EXPECT_TRUE(in_order(CB_SYSCALL_ENTRY, SYS_getppid, c, b, a));
	EXPECT_TRUE(in_order(CB_SYSCALL_EXIT, SYS_getppid, a, b, c));
	EXPECT_TRUE(in_order(CB_SIGNAL, SIGUSR1, a, b, c));
	EXPECT_TRUE(in_order(CB_SIGNAL, SIGURG, a, b, c));
	EXPECT_TRUE(in_order(CB_CLONE, ANY_VALUE, a, b, c));
	EXPECT_TRUE(in_order(CB_VFORK_DONE, ANY_VALUE, a, b, c));
	EXPECT_TRUE(in_order(CB_EXEC, ANY_VALUE, a, b, c));
	EXPECT_TRUE(in_order(CB_EXIT, ANY_VALUE, a, b, c));
	EXPECT_TRUE(in_order(CB_DEATH, ANY_VALUE, a, b, c));
	EXPECT_TRUE(in_order(CB_REAP, ANY_VALUE, a, b, c));
}

TEST_F(events, rule1_engine_by_engine_quiesce_then_event)
{
	pid_t pid = start(child_everything);
	__u64 mask = EVENT(QUIESCE) | EVENT(EXEC);
	int a = attach(pid, mask), b = attach(pid, mask);

	ASSERT_LT(0, a);
	ASSERT_LT(0, b);
	go();
	ASSERT_TRUE(exits_with(pid, 6));
	ASSERT_TRUE(see_value(0, CB(QUIESCE), EVENT(EXEC)));
	EXPECT_EQ(a, ev.handle);
	ASSERT_TRUE(see(0, ~0u));
	EXPECT_EQ(a, ev.handle);
	EXPECT_EQ(CB_EXEC, ev.callback);
	ASSERT_TRUE(see(0, ~0u));
	EXPECT_EQ(b, ev.handle);
	EXPECT_EQ(CB_QUIESCE, ev.callback);
	EXPECT_EQ(EVENT(EXEC), ev.values[0]);
	ASSERT_TRUE(see(0, ~0u));
	EXPECT_EQ(b, ev.handle);
	EXPECT_EQ(CB_EXEC, ev.callback);
}

TEST_F(events, rule1_an_engine_sees_only_what_it_asked_for)
{
	pid_t pid = start(child_everything);
	static const struct {
		__u64 event;
		__u32 callback;
		int times;
	} cases[] = {
		{ EVENT(CLONE), CB(CLONE), 1 },
		{ EVENT(EXEC), CB(EXEC), 1 },
		{ EVENT(EXIT), CB(EXIT), 1 },
		{ EVENT(DEATH), CB(DEATH), 1 },
		{ EVENT(REAP), CB(REAP), 1 },
		{ EVENT(SIGNAL), CB(SIGNAL), 1 },
		{ EVENT(VFORK_DONE), CB(VFORK_DONE), 1 },
		{ EVENT(SIGNAL_TERM), CB(SIGNAL), 0 },
		{ EVENT(SIGNAL_CORE), CB(SIGNAL), 0 },
		{ EVENT(SIGNAL_STOP), CB(SIGNAL), 0 },
		{ EVENT(JCTL), CB(JCTL), 0 },
		{ EVENT(SECCOMP), CB(SECCOMP), 0 },
	};
	int h[ARRAY_SIZE(cases)];
	unsigned int i;

	/* One that asks for all, so that all is reported. */
	ASSERT_LT(0, attach(pid, EVENT_ALL));
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		h[i] = attach(pid, cases[i].event);
		ASSERT_LT(0, h[i]);
	}
	go();
	ASSERT_TRUE(exits_with(pid, 6));
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		EXPECT_EQ(cases[i].times, count_to(h[i], cases[i].callback,
						   cases[i].times));
		EXPECT_EQ(cases[i].times, count(h[i], ~0u));
	}
}

TEST_F(events, rule1_quiesce_engines_see_every_events_quiesce)
{
	pid_t pid = start(child_everything);
	int h = attach(pid, EVENT(QUIESCE));
	int other = attach(pid, EVENT(EXEC) | EVENT(CLONE));

	ASSERT_LT(0, h);
	ASSERT_LT(0, other);
	go();
	ASSERT_TRUE(exits_with(pid, 6));
	EXPECT_EQ(1, count_value(h, CB(QUIESCE), EVENT(EXEC)));
	EXPECT_EQ(1, count_value(h, CB(QUIESCE), EVENT(CLONE)));
	EXPECT_EQ(count(h, ~0u), count(h, CB(QUIESCE)));
	EXPECT_EQ(0, count(other, CB(QUIESCE)));
}

TEST_F(events, rule1_quiesce_can_ask_for_the_event_at_hand)
{
	pid_t pid = start(child_everything);
	int h = attach(pid, EVENT(QUIESCE));
	int other = attach(pid, EVENT(EXEC));

	ASSERT_LT(0, h);
	ASSERT_LT(0, other);
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = h, .callback = CB_QUIESCE,
		.cond = UTEST_IF_VALUE, .value = EVENT(EXEC),
		.effects = UTEST_DO, .do_what = UTEST_SET_EVENTS,
		.do_arg = EVENT(QUIESCE) | EVENT(EXEC),
	}));
	go();
	ASSERT_TRUE(exits_with(pid, 6));
	EXPECT_EQ(1, count(h, CB(EXEC)));
}

TEST_F(events, rule1_action_tells_what_earlier_engines_chose)
{
	pid_t pid = start(child_everything);
	__u64 mask = EVENT(EXEC) | EVENT(CLONE) | EVENT(EXIT);
	int a = attach(pid, mask | EVENT(QUIESCE));
	int b = attach(pid, mask), c = attach(pid, mask);

	ASSERT_LT(0, a);
	ASSERT_LT(0, b);
	ASSERT_LT(0, c);
	ASSERT_EQ(0, on(a, CB_EXEC, INTERRUPT, 1));
	ASSERT_EQ(0, on(b, CB_EXEC, REPORT, 1));
	ASSERT_EQ(0, on(a, CB_CLONE, REPORT, 1));
	go();
	ASSERT_TRUE(exits_with(pid, 6));
	/* It starts as RESUME, and the smallest wins. */
	ASSERT_TRUE(see(a, CB(EXEC)));
	EXPECT_EQ(RESUME, ev.action);
	ASSERT_TRUE(see(b, CB(EXEC)));
	EXPECT_EQ(INTERRUPT, ev.action);
	ASSERT_TRUE(see(c, CB(EXEC)));
	EXPECT_EQ(INTERRUPT, ev.action);
	seen = 0;
	ASSERT_TRUE(see(c, CB(CLONE)));
	EXPECT_EQ(REPORT, ev.action);
	ASSERT_TRUE(see(c, CB(EXIT)));
	EXPECT_EQ(RESUME, ev.action);
}

TEST_F(events, rule1_action_does_not_tell_what_the_engine_itself_chose)
{
	pid_t pid = start(child_everything);
	int h = attach(pid, EVENT(QUIESCE) | EVENT(SYSCALL_ENTRY) |
			    EVENT(CLONE));

	ASSERT_LT(0, h);
	ASSERT_EQ(0, on_value(h, CB_QUIESCE, EVENT(SYSCALL_ENTRY), REPORT, 0));
	ASSERT_EQ(0, on_value(h, CB_QUIESCE, EVENT(CLONE), INTERRUPT, 1));
	go();
	ASSERT_TRUE(exits_with(pid, 6));
	ASSERT_TRUE(see(h, CB(SYSCALL_ENTRY)));
	EXPECT_EQ(RESUME, ev.action);
	ASSERT_TRUE(see(h, CB(CLONE)));
	EXPECT_EQ(RESUME, ev.action);
}

TEST_F(events, report_returned_brings_a_report)
{
	pid_t pid = start(child_everything);
	int h = attach(pid, EVENT(CLONE) | EVENT(QUIESCE));

	ASSERT_LT(0, h);
	ASSERT_EQ(0, on(h, CB_CLONE, REPORT, 1));
	go();
	ASSERT_TRUE(exits_with(pid, 6));
	ASSERT_TRUE(see(h, CB(CLONE)));
	ASSERT_TRUE(find_event(h, CB(QUIESCE) | CB(SIGNAL), 0, 0, 0));
	/* The next is a report without an event, in either form, and only one. */
	EXPECT_TRUE((ev.callback == CB_QUIESCE && ev.values[0] == 0) ||
		    (ev.action & SIGNAL_MASK) == SIGNAL_REPORT);
	EXPECT_EQ(1, count_value(h, CB(QUIESCE), 0) + count(h, CB(SIGNAL)));
}

TEST_F(events, interrupt_returned_brings_report_signal)
{
	pid_t pid = start(child_everything);
	int h = attach(pid, EVENT(CLONE) | EVENT(QUIESCE));

	ASSERT_LT(0, h);
	ASSERT_EQ(0, on(h, CB_CLONE, INTERRUPT, 1));
	go();
	ASSERT_TRUE(exits_with(pid, 6));
	ASSERT_TRUE(see(h, CB(CLONE)));
	ASSERT_TRUE(find_event(h, CB(SIGNAL), 0, 0, 0));
	EXPECT_EQ(SIGNAL_REPORT, ev.action & SIGNAL_MASK);
	EXPECT_EQ(1, count(h, CB(SIGNAL)));
}

TEST_F(events, rule6_callbacks_run_in_the_task_itself)
{
	pid_t pid = start(child_everything);
	int h = attach(pid, EVENT_ALL);
	/* Which logged value says that task was current. */
	static const int which[CB_COUNT] = {
		[CB_QUIESCE] = 1, [CB_SIGNAL] = 6, [CB_CLONE] = 3,
		[CB_EXEC] = 3, [CB_SYSCALL_EXIT] = 3, [CB_VFORK_DONE] = 1,
	};

	static const int may_sleep[] = {
		CB_QUIESCE, CB_SIGNAL, CB_CLONE, CB_JCTL, CB_EXEC, CB_SYSCALL_ENTRY,
		CB_SYSCALL_EXIT, CB_EXIT, CB_DEATH, CB_VFORK_DONE,
	};
	size_t i;

	ASSERT_LT(0, h);
	for (i = 0; i < ARRAY_SIZE(may_sleep); i++)
		ASSERT_EQ(0, rule((struct utest_rule){
			.handle = h, .callback = may_sleep[i], .times = 1,
			.effects = UTEST_DELAY, .delay_ms = 20,
		}));
	ASSERT_EQ(0, kill(pid, SIGSTOP));
	ASSERT_TRUE(wait_state(pid, 'T'));
	ASSERT_EQ(0, kill(pid, SIGCONT));
	go();
	ASSERT_TRUE(exits_with(pid, 6));
	ASSERT_EQ(1, count_to(h, CB(REAP), 1));
	for (i = 0; i < ARRAY_SIZE(may_sleep); i++)
		EXPECT_LT(0, count(h, 1u << may_sleep[i]));
	while (find_event(h, ~CB(REAP), 0, 0, 0)) {
		EXPECT_EQ(pid, ev.tid);
		EXPECT_EQ(1, which[ev.callback] ?
			  ev.values[which[ev.callback]] : 1);
	}
	EXPECT_LT(10, count(h, ~0u));
}

TEST_F(events, rule8_detach_keeps_the_other_engines_mask)
{
	pid_t pid = start(child_everything);
	int a = attach(pid, EVENT_ALL), b = attach(pid, EVENT_ALL);

	ASSERT_LT(0, a);
	ASSERT_LT(0, b);
	ASSERT_TRUE(done(control(a, DETACH)));
	barrier(a);
	EXPECT_EQ(EVENT_ALL, engine_flags(b) & EVENT_ALL);
	go();
	ASSERT_TRUE(exits_with(pid, 6));
	EXPECT_EQ(0, count(a, ~0u));
	EXPECT_EQ(1, count(b, CB(EXEC)));
	EXPECT_EQ(1, count_value(b, CB(SYSCALL_ENTRY), SYS_getppid));
	EXPECT_EQ(1, count_to(b, CB(DEATH), 1));
}

/* Lines of the kernel's log with both words. */
static int logged(const char *one, const char *two)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK), lines = 0;
	char buf[8192];
	ssize_t len;

	if (fd < 0)
		return -errno;
	for (;;) {
		len = read(fd, buf, sizeof(buf) - 1);
		if (len < 0 && errno == EPIPE)
			continue;
		if (len <= 0)
			break;
		buf[len] = 0;
		if (strstr(buf, one) && strstr(buf, two))
			lines++;
	}
	close(fd);
	return lines;
}

TEST_F(events, garbage_from_callbacks_is_masked_and_warned_about_once)
{
	static const __u32 garbage[] = {
		7, 0x0f, 0x80000005, 0xffff0005, 0xffffff0f,
	};
	unsigned int i;
	int callback, h;
	pid_t pid;

	for (i = 0; i < ARRAY_SIZE(garbage); i++) {
		pid = start(child_everything);
		h = attach(pid, EVENT_ALL);
		ASSERT_LT(0, h);
		for (callback = 0; callback < CB_COUNT; callback++)
			ASSERT_EQ(0, on(h, callback, garbage[i], 0));
		/* Garbage in the fields of calls and signals, too. */
		if (garbage[i] == 0xffffff0f)
			clear_rules(h);
		ASSERT_EQ(0, on(h, CB_EXEC, garbage[i], 0));
		ASSERT_EQ(0, on(h, CB_CLONE, garbage[i], 0));
		ASSERT_EQ(0, on(h, CB_DEATH, garbage[i], 0));
		ASSERT_EQ(0, on(h, CB_EXIT, garbage[i], 0));
		ASSERT_EQ(0, on(h, CB_QUIESCE, garbage[i], 0));
		go();
		EXPECT_TRUE(exits_with(pid, 6));
		EXPECT_EQ(1, count_to(h, CB(REAP), 1));
	}
	EXPECT_EQ(1, logged("utrace", "utest_first_ops"));
}

static void child_getppid(void)
{
	wait_go();
	shared[RESULT] = syscall(SYS_getppid);
	_exit(6);
}

TEST_F(events, garbage_about_a_system_call_does_not_abort_it)
{
	/* The bit of UTRACE_SYSCALL_ABORT says nothing with others beside it. */
	static const __u32 garbage[] = { 0xe0, 0x30, 0xf0 };
	unsigned int i;
	int h, other;
	pid_t pid;

	for (i = 0; i < ARRAY_SIZE(garbage); i++) {
		pid = start(child_getppid);
		h = attach(pid, EVENT(SYSCALL_ENTRY));
		ASSERT_LT(0, h);
		/* Called first: system calls are reported the other way round. */
		other = attach(pid, EVENT(SYSCALL_ENTRY));
		ASSERT_LT(0, other);
		ASSERT_EQ(0, on(other, CB_SYSCALL_ENTRY, RESUME | garbage[i],
				0));
		go();
		EXPECT_TRUE(exits_with(pid, 6));
		EXPECT_EQ(getpid(), shared[RESULT]);
		ASSERT_TRUE(see_value(h, CB(SYSCALL_ENTRY), SYS_getppid));
		EXPECT_EQ(RESUME, ev.action);
	}
}

TEST_F(events, stop_returned_and_never_resumed_shows_in_proc_and_can_be_killed)
{
	pid_t pid = start(child_getppid);
	int h = attach(pid, EVENT(SYSCALL_EXIT));
	char buf[256];

	ASSERT_LT(0, h);
	ASSERT_EQ(0, on_value(h, CB_SYSCALL_EXIT, SYS_getppid, STOP, 1));
	go();
	ASSERT_EQ(0, wait_held(h));
	EXPECT_EQ(0, shared[RESULT]);
	ASSERT_LT(0, read_proc(pid, "utrace", buf, sizeof(buf)));
	EXPECT_TRUE(!!strstr(buf, " stop\n"));
	EXPECT_TRUE(can_be_killed(pid));
}

static void child_getppid_loop(void)
{
	wait_go();
	for (;;) {
		syscall(SYS_getppid);
		shared[COUNT]++;
	}
}

TEST_F(events, rule9_a_task_without_engines_carries_nothing)
{
	pid_t pid = start(child_getppid_loop);
	struct utest_task info;

	go();
	ASSERT_TRUE(spins());
	ASSERT_TRUE(task_info(pid, &info));
	EXPECT_EQ(0, info.utrace_flags);
	EXPECT_EQ(0, info.syscall_trace);
}

TEST_F(events, rule9_nor_does_one_whose_engines_are_gone)
{
	pid_t pid = start(child_getppid_loop);
	int a = attach_how(pid, UTEST_QUIET, CREATE, UTEST_OPS_FIRST, 0,
			   EVENT_ALL);
	int b = attach_how(pid, UTEST_QUIET, CREATE, UTEST_OPS_SECOND, 0,
			   EVENT_SYSCALL);
	struct utest_task info;

	ASSERT_LT(0, a);
	ASSERT_LT(0, b);
	go();
	ASSERT_TRUE(spins());
	ASSERT_TRUE(task_info(pid, &info));
	EXPECT_NE(0, info.utrace_flags);
	EXPECT_EQ(1, info.syscall_trace);
	ASSERT_TRUE(done(control(a, DETACH)));
	ASSERT_TRUE(done(control(b, DETACH)));
	barrier(a);
	barrier(b);
	/* The task itself tidies up, in the next calls. */
	ASSERT_TRUE(spins());
	ASSERT_TRUE(spins());
	ASSERT_TRUE(task_info(pid, &info));
	EXPECT_EQ(0, info.utrace_flags);
	EXPECT_EQ(0, info.syscall_trace);
}

TEST_F(events, rule9_other_events_do_not_slow_down_calls)
{
	pid_t pid = start(child_getppid_loop);
	int h = attach(pid, EVENT_ALL & ~EVENT_SYSCALL & ~EVENT(QUIESCE));
	struct utest_task info;

	ASSERT_LT(0, h);
	go();
	ASSERT_TRUE(spins());
	ASSERT_TRUE(task_info(pid, &info));
	EXPECT_EQ(0, info.syscall_trace);
	EXPECT_EQ(0, count(h, ~0u));
}
