// SPDX-License-Identifier: GPL-2.0-only
/* utrace_set_events() and utrace_control(): every result they can have. */
#include <sys/epoll.h>
#include "utrace_lib.h"

FIXTURE(control) {
	pid_t pid;
};

FIXTURE_SETUP(control)
{
	ASSERT_EQ(0, utest_open());
	self->pid = start(child_spin);
	ASSERT_LT(0, self->pid);
}

FIXTURE_TEARDOWN(control)
{
	utest_close();
}

static void child_getppid(void)
{
	wait_go();
	shared[RESULT] = syscall(SYS_getppid);
}

static void child_exit(void)
{
	wait_go();
	_exit(3);
}

/* A child inside a callback of this engine: callback(value) waits. */
static int enter_gate(pid_t pid, __u64 events, int callback)
{
	int h = attach(pid, events);

	if (h < 0)
		return h;
	rule((struct utest_rule){
		.handle = h, .callback = callback, .times = 1,
		.effects = UTEST_GATE,
	});
	go();
	return see_begin(h, 1u << callback) ? h : -ETIMEDOUT;
}

/* --- utrace_set_events() */

TEST_F(control, set_events_0_when_stopped)
{
	int h = attach(self->pid, EVENT(QUIESCE));

	ASSERT_LT(0, h);
	ASSERT_EQ(0, on(h, CB_SIGNAL, STOP | SIGNAL_REPORT, 0));
	ASSERT_EQ(0, on(h, CB_QUIESCE, STOP, 0));
	ASSERT_EQ(0, hold(h));
	EXPECT_EQ(0, set_events(h, EVENT(EXEC) | EVENT(QUIESCE)));
	EXPECT_EQ(EVENT(EXEC) | EVENT(QUIESCE), engine_flags(h) & EVENT_ALL);
	EXPECT_EQ(0, set_events(h, 0));
	EXPECT_EQ(0, engine_flags(h) & EVENT_ALL);
	EXPECT_EQ(0, call_how(h, UTEST_BY_PID, UTEST_SET_EVENTS, EVENT(EXIT)));
	EXPECT_EQ(EVENT(EXIT), engine_flags(h) & EVENT_ALL);
}

TEST_F(control, set_events_einprogress_in_a_callback)
{
	pid_t pid = start_instead(self->pid, child_getppid);
	int h = enter_gate(pid, EVENT_SYSCALL | EVENT(QUIESCE),
			   CB_SYSCALL_ENTRY);

	ASSERT_LT(0, h);
	EXPECT_EQ(-EINPROGRESS, set_events(h, 0));
	/* It is set all the same. */
	EXPECT_EQ(0, engine_flags(h) & EVENT_ALL);
	open_gate();
	EXPECT_EQ(0, barrier(h));
	EXPECT_TRUE(exits_with(pid, 0));
	EXPECT_EQ(0, count(h, CB(SYSCALL_EXIT)));
}

TEST_F(control, set_events_pid_einprogress_in_a_callback)
{
	pid_t pid = start_instead(self->pid, child_getppid);
	int h = enter_gate(pid, EVENT_SYSCALL, CB_SYSCALL_ENTRY);

	ASSERT_LT(0, h);
	EXPECT_EQ(-EINPROGRESS, call_how(h, UTEST_BY_PID, UTEST_SET_EVENTS, 0));
	open_gate();
	EXPECT_EQ(0, call_how(h, UTEST_BY_PID, UTEST_BARRIER, 0));
	EXPECT_TRUE(exits_with(pid, 0));
}

/* Have the engine make a call in its callback for the entry of getppid(). */
static int do_in_getppid(int handle, __u32 what, __u64 arg)
{
	return rule((struct utest_rule){
		.handle = handle, .callback = CB_SYSCALL_ENTRY, .times = 1,
		.cond = UTEST_IF_VALUE, .value = SYS_getppid,
		.effects = UTEST_DO, .do_what = what, .do_arg = arg,
	});
}

TEST_F(control, set_events_0_in_its_own_callback)
{
	pid_t pid = start_instead(self->pid, child_getppid);
	int h = attach(pid, EVENT_SYSCALL);

	ASSERT_LT(0, h);
	ASSERT_EQ(0, do_in_getppid(h, UTEST_SET_EVENTS, 0));
	go();
	ASSERT_TRUE(exits_with(pid, 0));
	ASSERT_TRUE(see_value(h, CB(SYSCALL_ENTRY), SYS_getppid));
	EXPECT_EQ(0, ev.do_result);
	EXPECT_EQ(0, count_value(h, CB(SYSCALL_EXIT), SYS_getppid));
}

TEST_F(control, set_events_esrch_detached)
{
	int h = attach(self->pid, 0);

	ASSERT_LT(0, h);
	ASSERT_EQ(0, control(h, DETACH));
	EXPECT_EQ(-ESRCH, set_events(h, EVENT(EXEC)));
	EXPECT_EQ(-ESRCH, call_how(h, UTEST_BY_PID, UTEST_SET_EVENTS, 0));
}

TEST_F(control, set_events_esrch_reaped)
{
	int h = attach(self->pid, 0);

	ASSERT_LT(0, h);
	ASSERT_TRUE(can_be_killed(self->pid));
	EXPECT_EQ(-ESRCH, set_events(h, EVENT(REAP)));
	EXPECT_EQ(-ESRCH, call_how(h, UTEST_BY_PID, UTEST_SET_EVENTS, 0));
}

TEST_F(control, set_events_ealready_clearing_death)
{
	pid_t pid = start_instead(self->pid, child_exit);
	int h = enter_gate(pid, EVENT(DEATH) | EVENT(REAP), CB_DEATH);

	ASSERT_LT(0, h);
	EXPECT_EQ(-EALREADY, set_events(h, EVENT(REAP)));
	EXPECT_EQ(EVENT(DEATH) | EVENT(REAP), engine_flags(h) & EVENT_ALL);
	open_gate();
	ASSERT_TRUE(wait_state(pid, 'Z'));
	ASSERT_EQ(0, barrier(h));
	EXPECT_EQ(-EALREADY, set_events(h, 0));
	EXPECT_EQ(EVENT(DEATH) | EVENT(REAP), engine_flags(h) & EVENT_ALL);
	EXPECT_TRUE(exits_with(pid, 3));
	EXPECT_EQ(1, count_to(h, CB(REAP), 1));
}

TEST_F(control, set_events_ealready_clearing_reap)
{
	int h = attach(self->pid, EVENT(REAP));

	ASSERT_LT(0, h);
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = h, .callback = CB_REAP, .effects = UTEST_DO,
		.do_what = UTEST_SET_EVENTS, .do_arg = 0,
	}));
	ASSERT_TRUE(can_be_killed(self->pid));
	ASSERT_TRUE(see(h, CB(REAP)));
	EXPECT_EQ(-EALREADY, ev.do_result);
}

TEST_F(control, set_events_ealready_newly_death_or_quiesce_of_the_dying)
{
	pid_t pid = start_instead(self->pid, child_exit);
	/* A second engine keeps report_death() busy. */
	int h = attach(pid, EVENT(REAP));
	int busy = enter_gate(pid, EVENT(DEATH), CB_DEATH);

	ASSERT_LT(0, h);
	ASSERT_LT(0, busy);
	EXPECT_EQ(-EALREADY, set_events(h, EVENT(REAP) | EVENT(DEATH)));
	EXPECT_EQ(-EALREADY, set_events(h, EVENT(REAP) | EVENT(QUIESCE)));
	EXPECT_EQ(EVENT(REAP), engine_flags(h) & EVENT_ALL);
	/* Nor can it be detached, though it hears nothing of that itself. */
	EXPECT_EQ(-EALREADY, control(h, DETACH));
	open_gate();
	ASSERT_TRUE(wait_state(pid, 'Z'));
	ASSERT_EQ(0, barrier(busy));
	EXPECT_EQ(-EALREADY, set_events(h, EVENT(REAP) | EVENT(DEATH)));
	EXPECT_EQ(-EALREADY, set_events(h, EVENT(REAP) | EVENT(QUIESCE)));
	EXPECT_EQ(EVENT(REAP), engine_flags(h) & EVENT_ALL);
	/* Clearing REAP before the reaping is fine. */
	EXPECT_EQ(0, set_events(h, 0));
	EXPECT_TRUE(exits_with(pid, 3));
	EXPECT_EQ(0, count(h, CB(REAP)));
}

TEST_F(control, set_events_einval_unknown_bits)
{
	int h = attach(self->pid, EVENT(EXEC)), bit;

	ASSERT_LT(0, h);
	for (bit = NR_EVENTS; bit < 8 * (int)sizeof(long); bit++)
		EXPECT_EQ(-EINVAL, set_events(h, EVENT(EXIT) | (1ull << bit)));
	EXPECT_EQ(EVENT(EXEC), engine_flags(h) & EVENT_ALL);
	EXPECT_NE(-EINVAL, set_events(h, EVENT_ALL));
	EXPECT_EQ(EVENT_ALL, engine_flags(h) & EVENT_ALL);
}

TEST_F(control, set_events_quiesce_then_report_reaches_a_running_target)
{
	int h = attach(self->pid, 0), i;

	ASSERT_LT(0, h);
	for (i = 0; i < 20; i++) {
		int before = count(h, CB(QUIESCE) | CB(SIGNAL));

		set_events(h, EVENT(QUIESCE));
		ASSERT_EQ(0, control(h, REPORT));
		ASSERT_TRUE(see(h, CB(QUIESCE) | CB(SIGNAL)));
		EXPECT_LT(before, count(h, CB(QUIESCE) | CB(SIGNAL)));
		set_events(h, 0);
		ASSERT_EQ(0, barrier(h));
	}
	EXPECT_TRUE(spins());
}

TEST_F(control, set_events_quiesce_then_stop_reaches_a_running_target)
{
	int h = attach(self->pid, 0);

	ASSERT_LT(0, h);
	set_events(h, EVENT(QUIESCE));
	ASSERT_EQ(0, on(h, CB_SIGNAL, STOP | SIGNAL_REPORT, 0));
	ASSERT_EQ(0, on(h, CB_QUIESCE, STOP, 0));
	ASSERT_EQ(-EINPROGRESS, control(h, STOP));
	ASSERT_TRUE(see(h, CB(QUIESCE) | CB(SIGNAL)));
	EXPECT_EQ(0, wait_held(h));
	EXPECT_TRUE(stays(self->pid, 't'));
}

/* --- STOP and RESUME */

TEST_F(control, stop_einprogress_then_0)
{
	int h = attach(self->pid, 0);

	ASSERT_LT(0, h);
	EXPECT_EQ(-EINPROGRESS, control(h, STOP));
	EXPECT_EQ(0, wait_held(h));
	EXPECT_EQ(0, control(h, STOP));
	EXPECT_EQ(0, call_how(h, UTEST_BY_PID, UTEST_CONTROL, STOP));
	EXPECT_TRUE(spins_not());
	EXPECT_TRUE(stays(self->pid, 't'));
}

TEST_F(control, stop_needs_no_event_bit)
{
	int h = attach(self->pid, 0);

	ASSERT_LT(0, h);
	EXPECT_EQ(0, hold(h));
	EXPECT_TRUE(stays(self->pid, 't'));
	EXPECT_EQ(0, count(h, ~0u));
	EXPECT_EQ(0, control(h, RESUME));
	EXPECT_TRUE(spins());
}

TEST_F(control, stop_with_quiesce_asks_the_engine)
{
	int h = attach(self->pid, EVENT(QUIESCE));

	ASSERT_LT(0, h);
	/* The default answer is to go on. */
	EXPECT_EQ(-EINPROGRESS, control(h, STOP));
	EXPECT_TRUE(see(h, CB(QUIESCE) | CB(SIGNAL)));
	EXPECT_TRUE(spins());
	EXPECT_NE('t', state_of(self->pid));
}

TEST_F(control, stop_0_where_another_engine_holds_the_task)
{
	int a = attach(self->pid, 0), b = attach(self->pid, 0);

	ASSERT_LT(0, a);
	ASSERT_LT(0, b);
	ASSERT_EQ(0, hold(a));
	EXPECT_EQ(0, control(b, STOP));
	EXPECT_EQ(0, control(a, RESUME));
	EXPECT_TRUE(stays(self->pid, 't'));
	EXPECT_EQ(0, control(b, RESUME));
	EXPECT_TRUE(spins());
}

TEST_F(control, rule8_detach_keeps_the_other_engines_stop)
{
	int a = attach(self->pid, 0), b = attach(self->pid, 0);

	ASSERT_LT(0, a);
	ASSERT_LT(0, b);
	ASSERT_EQ(0, hold(a));
	ASSERT_EQ(0, hold(b));
	EXPECT_EQ(0, control(a, DETACH));
	EXPECT_TRUE(stays(self->pid, 't'));
	EXPECT_TRUE(spins_not());
	EXPECT_EQ(0, control(b, DETACH));
	EXPECT_TRUE(spins());
}

TEST_F(control, detach_ends_the_engines_stop)
{
	int h = attach(self->pid, 0);

	ASSERT_LT(0, h);
	ASSERT_EQ(0, hold(h));
	EXPECT_EQ(0, control(h, DETACH));
	EXPECT_TRUE(spins());
}

TEST_F(control, resume_0)
{
	int h = attach(self->pid, 0);

	ASSERT_LT(0, h);
	EXPECT_EQ(0, control(h, RESUME));
	ASSERT_EQ(0, hold(h));
	EXPECT_EQ(0, control(h, RESUME));
	EXPECT_TRUE(spins());
	EXPECT_EQ(0, call_how(h, UTEST_BY_PID, UTEST_CONTROL, RESUME));
	EXPECT_EQ(0, count(h, ~0u));
}

TEST_F(control, resume_takes_back_a_stop_not_yet_made)
{
	int h = attach(self->pid, 0), i;

	ASSERT_LT(0, h);
	for (i = 0; i < 200; i++) {
		control(h, STOP);
		EXPECT_EQ(0, control(h, RESUME));
	}
	EXPECT_TRUE(spins());
}

TEST_F(control, stop_does_not_break_a_sleep)
{
	int fds[2], status;
	struct epoll_event event;
	pid_t pid;
	int h;

	ASSERT_EQ(0, pipe(fds));
	pid = fork();
	if (pid == 0) {
		int fd = epoll_create1(0);

		shared[READY] = 2;
		shared[RESULT] = epoll_wait(fd, &event, 1, 3000);
		shared[RESULT2] = errno;
		_exit(0);
	}
	ASSERT_TRUE(until(READY, 2));
	ASSERT_TRUE(wait_state(pid, 'S'));
	h = attach(pid, 0);
	ASSERT_LT(0, h);
	EXPECT_EQ(-EINPROGRESS, control(h, STOP));
	/* It sleeps to the end and stops after that. */
	EXPECT_EQ('S', state_of(pid));
	EXPECT_EQ(0, wait_held(h));
	EXPECT_EQ('t', state_of(pid));
	EXPECT_EQ(0, control(h, RESUME));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, shared[RESULT]);
}

/* --- REPORT and INTERRUPT */

TEST_F(control, report_0_and_a_callback)
{
	int h = attach(self->pid, EVENT(QUIESCE));

	ASSERT_LT(0, h);
	EXPECT_EQ(0, control(h, REPORT));
	ASSERT_TRUE(see(h, CB(QUIESCE) | CB(SIGNAL)));
	EXPECT_TRUE(ev.callback == CB_QUIESCE ? ev.values[0] == 0 :
		    (ev.action & SIGNAL_MASK) == SIGNAL_REPORT);
	EXPECT_EQ(self->pid, ev.tid);
	EXPECT_EQ(0, call_how(h, UTEST_BY_PID, UTEST_CONTROL, REPORT));
	EXPECT_TRUE(see(h, CB(QUIESCE) | CB(SIGNAL)));
	EXPECT_TRUE(spins());
}

TEST_F(control, report_without_report_signal_is_quiesce_0)
{
	int h = attach_as(self->pid, CREATE, UTEST_OPS_QUIESCE, 0,
			  EVENT(QUIESCE));

	ASSERT_LT(0, h);
	EXPECT_EQ(0, control(h, REPORT));
	ASSERT_TRUE(see(h, ~0u));
	EXPECT_EQ(CB_QUIESCE, ev.callback);
	EXPECT_EQ(0, ev.values[0]);
	EXPECT_EQ(0, control(h, INTERRUPT));
	ASSERT_TRUE(see(h, ~0u));
	EXPECT_EQ(CB_QUIESCE, ev.callback);
	EXPECT_EQ(0, ev.values[0]);
}

TEST_F(control, report_einval_without_quiesce)
{
	int h = attach(self->pid, EVENT_ALL & ~EVENT(QUIESCE));

	ASSERT_LT(0, h);
	EXPECT_EQ(-EINVAL, control(h, REPORT));
	EXPECT_EQ(-EINVAL, call_how(h, UTEST_BY_PID, UTEST_CONTROL, REPORT));
}

TEST_F(control, report_ends_the_engines_stop)
{
	int h = attach(self->pid, 0);

	ASSERT_LT(0, h);
	ASSERT_EQ(0, hold(h));
	ASSERT_EQ(0, set_events(h, EVENT(QUIESCE)));
	EXPECT_EQ(0, control(h, REPORT));
	EXPECT_TRUE(see(h, CB(QUIESCE) | CB(SIGNAL)));
	EXPECT_TRUE(spins());
}

TEST_F(control, report_comes_in_a_task_that_another_engine_holds)
{
	int a = attach(self->pid, 0), b = attach(self->pid, EVENT(QUIESCE));

	ASSERT_LT(0, a);
	ASSERT_LT(0, b);
	ASSERT_EQ(0, hold(a));
	EXPECT_EQ(0, control(b, REPORT));
	nap(50);
	EXPECT_TRUE(stays(self->pid, 't'));
	EXPECT_EQ(0, control(a, RESUME));
	/* At the latest when it runs. */
	EXPECT_TRUE(see(b, CB(QUIESCE) | CB(SIGNAL)));
	EXPECT_TRUE(spins());
}

static void child_epoll(void)
{
	struct epoll_event event;
	int fd = epoll_create1(0);

	shared[READY] = 1;
	shared[RESULT] = epoll_wait(fd, &event, 1, 5000);
	shared[RESULT2] = errno;
	shared[READY] = 2;
	child_spin();
}

TEST_F(control, report_does_not_interrupt_a_sleep)
{
	pid_t pid = start_instead(self->pid, child_epoll);
	int h = attach(pid, EVENT(QUIESCE));

	ASSERT_LT(0, h);
	ASSERT_TRUE(wait_state(pid, 'S'));
	EXPECT_EQ(0, control(h, REPORT));
	nap(100);
	EXPECT_EQ(0, count(h, ~0u));
	EXPECT_TRUE(stays(pid, 'S'));
	EXPECT_EQ(1, shared[READY]);
}

TEST_F(control, interrupt_breaks_a_sleep_as_sigstop_would)
{
	pid_t pid = start_instead(self->pid, child_epoll);
	int h = attach(pid, EVENT(QUIESCE));

	ASSERT_LT(0, h);
	ASSERT_TRUE(wait_state(pid, 'S'));
	EXPECT_EQ(0, control(h, INTERRUPT));
	ASSERT_TRUE(see(h, CB(SIGNAL)));
	EXPECT_EQ(SIGNAL_REPORT, ev.action & SIGNAL_MASK);
	/* Without a handler epoll_wait() is not restarted. */
	ASSERT_TRUE(until(RESULT2, EINTR));
	EXPECT_EQ(-1, shared[RESULT]);
}

static void child_pipe(void)
{
	int fds[2];
	char byte;

	if (pipe(fds))
		_exit(9);
	shared[READY] = 1;
	shared[RESULT] = read(fds[0], &byte, 1);
	shared[RESULT2] = errno;
	_exit(8);
}

TEST_F(control, interrupted_restartable_call_is_restarted)
{
	pid_t pid = start_instead(self->pid, child_pipe);
	int h = attach(pid, EVENT(QUIESCE));

	ASSERT_LT(0, h);
	ASSERT_TRUE(wait_state(pid, 'S'));
	EXPECT_EQ(0, control(h, INTERRUPT));
	ASSERT_TRUE(see(h, CB(SIGNAL)));
	EXPECT_EQ(SIGNAL_REPORT, ev.action & SIGNAL_MASK);
	EXPECT_TRUE(stays(pid, 'S'));
	EXPECT_EQ(0, shared[RESULT2]);
}

TEST_F(control, interrupt_0_and_report_signal_first)
{
	int h = attach(self->pid, EVENT(QUIESCE) | EVENT_SIGNAL_ALL);
	int holder = attach(self->pid, 0);

	ASSERT_LT(0, h);
	ASSERT_LT(0, holder);
	ASSERT_EQ(0, hold(holder));
	/* A signal waits, and still the report comes before it. */
	ASSERT_EQ(0, kill(self->pid, SIGURG));
	EXPECT_EQ(0, control(h, INTERRUPT));
	EXPECT_EQ(0, control(holder, RESUME));
	ASSERT_TRUE(see(h, CB(SIGNAL)));
	EXPECT_EQ(SIGNAL_REPORT, ev.action & SIGNAL_MASK);
	ASSERT_TRUE(see(h, CB(SIGNAL)));
	EXPECT_EQ(SIGNAL_IGN, ev.action & SIGNAL_MASK);
	EXPECT_EQ(SIGURG, ev.values[0]);
	EXPECT_EQ(0, call_how(h, UTEST_BY_PID, UTEST_CONTROL, INTERRUPT));
	ASSERT_TRUE(see(h, CB(SIGNAL)));
	EXPECT_EQ(SIGNAL_REPORT, ev.action & SIGNAL_MASK);
}

TEST_F(control, interrupt_of_a_running_task)
{
	int h = attach(self->pid, EVENT(QUIESCE)), i;

	ASSERT_LT(0, h);
	for (i = 1; i <= 20; i++) {
		EXPECT_EQ(0, control(h, INTERRUPT));
		ASSERT_TRUE(see(h, CB(SIGNAL)));
		EXPECT_EQ(SIGNAL_REPORT, ev.action & SIGNAL_MASK);
	}
	EXPECT_TRUE(spins());
}

/* --- SINGLESTEP and BLOCKSTEP (more in step_test) */

TEST_F(control, singlestep_einval_without_quiesce)
{
	int h = attach(self->pid, EVENT_ALL & ~EVENT(QUIESCE));

	if (!has_step(SINGLESTEP))
		SKIP(return, NO_SINGLESTEP);
	ASSERT_LT(0, h);
	EXPECT_EQ(-EINVAL, control(h, SINGLESTEP));
	EXPECT_EQ(-EINVAL, call_how(h, UTEST_BY_PID, UTEST_CONTROL,
				    SINGLESTEP));
	EXPECT_TRUE(spins());
}

TEST_F(control, blockstep_einval_without_quiesce)
{
	int h = attach(self->pid, EVENT_ALL & ~EVENT(QUIESCE));

	if (!has_step(BLOCKSTEP))
		SKIP(return, NO_BLOCKSTEP);
	ASSERT_LT(0, h);
	EXPECT_EQ(-EINVAL, control(h, BLOCKSTEP));
	EXPECT_TRUE(spins());
}

/* What is due for an action other than DETACH of a task that is held. */
static int result_of(int action)
{
	bool step = action == SINGLESTEP || action == BLOCKSTEP;

	return step && !has_step(action) ? -EOPNOTSUPP : 0;
}

TEST_F(control, steps_0_or_eopnotsupp_without_hardware)
{
	int h = attach(self->pid, EVENT(QUIESCE)), holder = attach(self->pid, 0);
	int action;

	ASSERT_LT(0, h);
	ASSERT_LT(0, holder);
	/* It is not to make one. */
	ASSERT_EQ(0, hold(holder));
	for (action = SINGLESTEP; action <= BLOCKSTEP; action++) {
		EXPECT_EQ(result_of(action), control(h, action));
		EXPECT_EQ(result_of(action),
			  call_how(h, UTEST_BY_PID, UTEST_CONTROL, action));
	}
	EXPECT_EQ(0, control(h, DETACH));
	EXPECT_EQ(0, control(holder, RESUME));
	EXPECT_TRUE(spins());
}

/* --- utrace_ask() */

TEST_F(control, ask_0_and_neither_stop_nor_report_is_lost)
{
	static const int actions[] = { REPORT, INTERRUPT };
	int h = attach(self->pid, 0), i;

	ASSERT_LT(0, h);
	for (i = 0; i < 2; i++) {
		EXPECT_TRUE(done(set_events(h, 0)));
		ASSERT_EQ(0, hold(h));
		ASSERT_EQ(0, set_events(h, EVENT(QUIESCE)));
		EXPECT_EQ(0, ask(h, actions[i]));
		EXPECT_TRUE(stays(self->pid, 't'));
		EXPECT_EQ(i, count(h, ~0u));
		EXPECT_EQ(0, control(h, RESUME));
		ASSERT_TRUE(see(h, CB(SIGNAL)));
		EXPECT_EQ(SIGNAL_REPORT, ev.action & SIGNAL_MASK);
		EXPECT_TRUE(spins());
	}
}

TEST_F(control, ask_interrupt_breaks_a_sleep)
{
	pid_t pid = start_instead(self->pid, child_epoll);
	int h = attach(pid, EVENT(QUIESCE));

	ASSERT_LT(0, h);
	ASSERT_TRUE(wait_state(pid, 'S'));
	EXPECT_EQ(0, ask(h, INTERRUPT));
	ASSERT_TRUE(see(h, CB(SIGNAL)));
	EXPECT_EQ(SIGNAL_REPORT, ev.action & SIGNAL_MASK);
	EXPECT_TRUE(until(RESULT2, EINTR));
}

TEST_F(control, ask_einval_other_actions)
{
	int h = attach(self->pid, EVENT(QUIESCE)), action;

	ASSERT_LT(0, h);
	EXPECT_EQ(-EINVAL, ask(h, STOP));
	for (action = SINGLESTEP; action < 16; action++)
		EXPECT_EQ(-EINVAL, ask(h, action));
	EXPECT_EQ(-EINVAL, ask(h, -1));
	EXPECT_TRUE(spins());
	EXPECT_EQ(0, count(h, ~0u));
}

TEST_F(control, ask_einval_report_without_quiesce)
{
	int h = attach(self->pid, EVENT_ALL & ~EVENT(QUIESCE));

	ASSERT_LT(0, h);
	EXPECT_EQ(-EINVAL, ask(h, REPORT));
	EXPECT_EQ(0, count(h, ~0u));
	/* That is all that needs it. */
	EXPECT_EQ(0, ask(h, INTERRUPT));
	EXPECT_TRUE(see(h, CB(SIGNAL)));
}

TEST_F(control, ask_esrch_detached)
{
	int h = attach(self->pid, EVENT(QUIESCE));

	ASSERT_LT(0, h);
	ASSERT_EQ(0, control(h, DETACH));
	EXPECT_EQ(-ESRCH, ask(h, REPORT));
	EXPECT_EQ(-ESRCH, ask(h, INTERRUPT));
}

TEST_F(control, ask_esrch_dead)
{
	int h = attach(self->pid, EVENT(QUIESCE));

	ASSERT_LT(0, h);
	ASSERT_EQ(0, kill(self->pid, SIGKILL));
	ASSERT_TRUE(wait_state(self->pid, 'Z'));
	EXPECT_EQ(-ESRCH, ask(h, REPORT));
	EXPECT_EQ(-ESRCH, ask(h, INTERRUPT));
	EXPECT_TRUE(dies_of(self->pid, SIGKILL));
	EXPECT_EQ(-ESRCH, ask(h, REPORT));
	EXPECT_EQ(-ESRCH, ask(h, INTERRUPT));
}

/* --- DETACH */

TEST_F(control, detach_0)
{
	int h = attach(self->pid, EVENT_ALL);

	ASSERT_LT(0, h);
	nap(20);
	EXPECT_EQ(0, control(h, DETACH));
	EXPECT_EQ(-ESRCH, barrier(h));
	EXPECT_TRUE(spins());
	h = attach(self->pid, 0);
	EXPECT_EQ(0, call_how(h, UTEST_BY_PID, UTEST_CONTROL, DETACH));
}

TEST_F(control, detach_0_of_a_held_task)
{
	int h = attach(self->pid, EVENT_SYSCALL);

	ASSERT_LT(0, h);
	ASSERT_EQ(0, hold(h));
	EXPECT_EQ(0, control(h, DETACH));
	EXPECT_TRUE(spins());
}

TEST_F(control, detach_einprogress_in_a_callback)
{
	pid_t pid = start_instead(self->pid, child_getppid);
	int h = enter_gate(pid, EVENT_SYSCALL, CB_SYSCALL_ENTRY);

	ASSERT_LT(0, h);
	EXPECT_EQ(-EINPROGRESS, control(h, DETACH));
	EXPECT_EQ(-ESRCH, control(h, DETACH));
	open_gate();
	EXPECT_EQ(-ESRCH, barrier(h));
	EXPECT_TRUE(exits_with(pid, 0));
	EXPECT_EQ(0, count(h, CB(SYSCALL_EXIT)));
}

TEST_F(control, detach_in_its_own_callback)
{
	pid_t pid = start_instead(self->pid, child_getppid);
	int h = attach(pid, EVENT_SYSCALL);

	ASSERT_LT(0, h);
	ASSERT_EQ(0, do_in_getppid(h, UTEST_CONTROL, DETACH));
	go();
	ASSERT_TRUE(exits_with(pid, 0));
	ASSERT_TRUE(see_value(h, CB(SYSCALL_ENTRY), SYS_getppid));
	EXPECT_EQ(0, ev.do_result);
	EXPECT_EQ(0, count_value(h, CB(SYSCALL_EXIT), SYS_getppid));
	EXPECT_EQ(-ESRCH, control(h, RESUME));
}

/* Which is not part of the callback that it comes in the middle of. */
TEST_F(control, detach_einprogress_by_an_interrupt_in_a_callback)
{
	pid_t pid = start_instead(self->pid, child_getppid);
	int h = attach(pid, EVENT_SYSCALL);

	ASSERT_LT(0, h);
	ASSERT_EQ(0, do_in_getppid(h, UTEST_DETACH_BY_IRQ, 0));
	go();
	ASSERT_TRUE(exits_with(pid, 0));
	ASSERT_TRUE(see_value(h, CB(SYSCALL_ENTRY), SYS_getppid));
	if (ev.do_result == -EOPNOTSUPP)
		SKIP(return, "no locks in interrupts with PREEMPT_RT");
	EXPECT_EQ(-EINPROGRESS, ev.do_result);
	EXPECT_EQ(0, count_value(h, CB(SYSCALL_EXIT), SYS_getppid));
	EXPECT_EQ(-ESRCH, control(h, RESUME));
}

TEST_F(control, detach_returned_from_a_callback)
{
	pid_t pid = start_instead(self->pid, child_getppid);
	int h = attach(pid, EVENT_SYSCALL);
	int other = attach(pid, EVENT_SYSCALL);

	ASSERT_LT(0, h);
	ASSERT_LT(0, other);
	ASSERT_EQ(0, on_value(h, CB_SYSCALL_ENTRY, SYS_getppid, DETACH, 1));
	go();
	ASSERT_TRUE(exits_with(pid, 0));
	EXPECT_EQ(0, count_value(h, CB(SYSCALL_EXIT), SYS_getppid));
	EXPECT_EQ(1, count_value(other, CB(SYSCALL_EXIT), SYS_getppid));
	EXPECT_EQ(-ESRCH, control(h, RESUME));
}

TEST_F(control, detach_ealready_in_report_death_then_0)
{
	pid_t pid = start_instead(self->pid, child_exit);
	int h = enter_gate(pid, EVENT(DEATH) | EVENT(REAP), CB_DEATH);

	ASSERT_LT(0, h);
	EXPECT_EQ(-EALREADY, control(h, DETACH));
	open_gate();
	EXPECT_EQ(0, barrier(h));
	ASSERT_TRUE(wait_state(pid, 'Z'));
	/* A zombie may last for ever; that must not pin the module. */
	EXPECT_EQ(0, control(h, DETACH));
	EXPECT_EQ(-ESRCH, barrier(h));
	EXPECT_TRUE(exits_with(pid, 3));
	EXPECT_EQ(0, count(h, CB(REAP)));
}

TEST_F(control, detach_esrch_in_report_reap_and_after)
{
	int h = attach(self->pid, EVENT(REAP));

	ASSERT_LT(0, h);
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = h, .callback = CB_REAP, .effects = UTEST_DO,
		.do_what = UTEST_CONTROL, .do_arg = DETACH,
	}));
	ASSERT_TRUE(can_be_killed(self->pid));
	ASSERT_TRUE(see(h, CB(REAP)));
	EXPECT_EQ(-ESRCH, ev.do_result);
	EXPECT_EQ(-ESRCH, control(h, DETACH));
}

TEST_F(control, detach_esrch_twice)
{
	int h = attach(self->pid, 0);

	ASSERT_LT(0, h);
	EXPECT_EQ(0, control(h, DETACH));
	EXPECT_EQ(-ESRCH, control(h, DETACH));
}

/* --- all of them */

TEST_F(control, esrch_detached_for_all_actions)
{
	int h = attach(self->pid, EVENT(QUIESCE)), action;

	ASSERT_LT(0, h);
	ASSERT_EQ(0, control(h, DETACH));
	for (action = STOP; action <= DETACH; action++) {
		EXPECT_EQ(-ESRCH, control(h, action));
		EXPECT_EQ(-ESRCH, call_how(h, UTEST_BY_PID, UTEST_CONTROL,
					   action));
	}
	EXPECT_TRUE(spins());
}

TEST_F(control, esrch_with_a_stale_task_pointer)
{
	int h, action, i;
	pid_t pid;

	h = attach_how(self->pid, UTEST_NO_REF, CREATE, UTEST_OPS_FIRST, 0,
		       EVENT(QUIESCE));
	ASSERT_LT(0, h);
	ASSERT_TRUE(can_be_killed(self->pid));
	/* Let the memory of the task be freed and used again. */
	for (i = 0; i < 100; i++) {
		pid = fork();
		if (pid == 0)
			_exit(0);
		ASSERT_EQ(pid, waitpid(pid, NULL, 0));
	}
	for (action = STOP; action <= DETACH; action++)
		EXPECT_EQ(-ESRCH, control(h, action));
	EXPECT_EQ(-ESRCH, set_events(h, EVENT(EXEC)));
	EXPECT_EQ(-ESRCH, barrier(h));
	EXPECT_EQ(-ESRCH, ask(h, REPORT));
	EXPECT_EQ(-ESRCH, call_how(h, 0, UTEST_PREPARE, 0));
	EXPECT_EQ(-ESRCH, call_how(h, 0, UTEST_FREEZE, 0));
}

TEST_F(control, einval_unknown_action)
{
	int h = attach(self->pid, EVENT(QUIESCE)), action;

	ASSERT_LT(0, h);
	for (action = DETACH + 1; action < 16; action++)
		EXPECT_EQ(-EINVAL, control(h, action));
	EXPECT_EQ(-EINVAL, control(h, -1));
	EXPECT_EQ(-EINVAL, control(h, 0x10));
	EXPECT_EQ(0, count(h, ~0u));
	EXPECT_TRUE(spins());
}

static int control_under_rcu(int h, int action)
{
	return call_how(h, UTEST_UNDER_RCU, UTEST_CONTROL, action);
}

/* A kernel with CONFIG_DEBUG_ATOMIC_SLEEP complains if one does. */
TEST_F(control, locked_forms_do_what_the_others_do)
{
	pid_t pid = start(child_spin);
	int h = attach(pid, 0);

	ASSERT_LT(0, h);
	EXPECT_EQ(-EINPROGRESS, call_how(h, UTEST_LOCKED, UTEST_CONTROL, STOP));
	ASSERT_EQ(0, wait_held(h));
	EXPECT_EQ(0, call_how(h, UTEST_LOCKED, UTEST_CONTROL, STOP));
	EXPECT_EQ(0, call_how(h, UTEST_LOCKED, UTEST_ASK, INTERRUPT));
	EXPECT_TRUE(stays(pid, 't'));
	EXPECT_EQ(0, call_how(h, UTEST_LOCKED, UTEST_CONTROL, RESUME));
	EXPECT_TRUE(spins());
	EXPECT_EQ(0, set_events(h, EVENT(QUIESCE)));
	EXPECT_EQ(0, call_how(h, UTEST_LOCKED, UTEST_CONTROL, REPORT));
	EXPECT_TRUE(see(h, CB(SIGNAL) | CB(QUIESCE)));
	EXPECT_EQ(0, call_how(h, UTEST_LOCKED, UTEST_ASK, REPORT));
	EXPECT_TRUE(see(h, CB(SIGNAL) | CB(QUIESCE)));
	EXPECT_EQ(0, call_how(h, UTEST_LOCKED, UTEST_CONTROL, INTERRUPT));
	EXPECT_TRUE(see(h, CB(SIGNAL)));
}

TEST_F(control, locked_forms_einval_and_esrch)
{
	pid_t pid = start(child_spin);
	int h = attach(pid, 0);

	ASSERT_LT(0, h);
	EXPECT_EQ(-EINVAL, call_how(h, UTEST_LOCKED, UTEST_CONTROL, REPORT));
	EXPECT_EQ(-EINVAL, call_how(h, UTEST_LOCKED, UTEST_CONTROL, SINGLESTEP));
	EXPECT_EQ(-EINVAL, call_how(h, UTEST_LOCKED, UTEST_CONTROL, DETACH));
	EXPECT_EQ(-EINVAL, call_how(h, UTEST_LOCKED, UTEST_CONTROL, 77));
	EXPECT_EQ(-EINVAL, call_how(h, UTEST_LOCKED, UTEST_ASK, REPORT));
	EXPECT_EQ(0, control(h, DETACH));
	EXPECT_EQ(-ESRCH, call_how(h, UTEST_LOCKED, UTEST_CONTROL, STOP));
	EXPECT_EQ(-ESRCH, call_how(h, UTEST_LOCKED, UTEST_ASK, INTERRUPT));
	EXPECT_TRUE(spins());
}

TEST_F(control, no_call_sleeps)
{
	int h = attach(self->pid, EVENT(QUIESCE)), holder = attach(self->pid, 0);
	int action;

	ASSERT_LT(0, h);
	ASSERT_LT(0, holder);
	EXPECT_EQ(0, call_how(h, UTEST_UNDER_RCU, UTEST_SET_EVENTS,
			      EVENT(QUIESCE) | EVENT_SIGNAL_ALL));
	EXPECT_EQ(-EINPROGRESS, control_under_rcu(holder, STOP));
	ASSERT_EQ(0, wait_held(holder));
	for (action = STOP; action < DETACH; action++)
		EXPECT_EQ(result_of(action), control_under_rcu(h, action));
	EXPECT_EQ(0, call_how(h, UTEST_UNDER_RCU, UTEST_ASK, REPORT));
	EXPECT_EQ(0, call_how(h, UTEST_UNDER_RCU, UTEST_ASK, INTERRUPT));
	EXPECT_EQ(0, control_under_rcu(h, DETACH));
	EXPECT_EQ(-ESRCH, control(h, RESUME));
	EXPECT_EQ(0, control_under_rcu(holder, RESUME));
	EXPECT_TRUE(spins());
}

/* --- what happens at each stage of dying */

static void child_exit_slowly(void)
{
	wait_go();
	syscall(SYS_exit_group, 5);
}

TEST_F(control, rule10_results_at_each_stage_of_dying)
{
	pid_t pid = start_instead(self->pid, child_exit_slowly);
	__u64 mask = EVENT(EXIT) | EVENT(DEATH) | EVENT(REAP);
	int h = enter_gate(pid, mask, CB_EXIT);

	ASSERT_LT(0, h);
	rule((struct utest_rule){
		.handle = h, .callback = CB_DEATH, .effects = UTEST_GATE,
	});
	rule((struct utest_rule){
		.handle = h, .callback = CB_REAP, .effects = UTEST_DO,
		.do_what = UTEST_CONTROL, .do_arg = RESUME,
	});
	/* In report_exit() it is alive in all respects. */
	EXPECT_EQ(-EINPROGRESS, set_events(h, mask & ~EVENT(DEATH)));
	EXPECT_EQ(-EINPROGRESS, set_events(h, mask));
	EXPECT_EQ(0, control(h, RESUME));
	open_gate();
	/* In report_death(): teardown is not ours to start. */
	ASSERT_TRUE(see_begin(h, CB(DEATH)));
	EXPECT_EQ(-EALREADY, set_events(h, mask & ~EVENT(DEATH)));
	EXPECT_EQ(-EALREADY, control(h, DETACH));
	open_gate();
	ASSERT_EQ(0, barrier(h));
	ASSERT_TRUE(wait_state(pid, 'Z'));
	/* Dead and not reaped. */
	EXPECT_EQ(-EALREADY, set_events(h, EVENT(REAP)));
	EXPECT_EQ(0, set_events(h, EVENT(REAP) | EVENT(DEATH)));
	/* In report_reap(), and after it. */
	ASSERT_TRUE(exits_with(pid, 5));
	ASSERT_TRUE(see(h, CB(REAP)));
	EXPECT_EQ(-ESRCH, ev.do_result);
	EXPECT_EQ(-ESRCH, set_events(h, mask));
	EXPECT_EQ(-ESRCH, control(h, DETACH));
	EXPECT_EQ(-ESRCH, barrier(h));
}

/* The result of each action but DETACH is the same; without the steps that it lacks. */
static bool all_are(int handle, int expected)
{
	int action;

	for (action = INTERRUPT; action <= RESUME; action++) {
		if (!result_of(action) && control(handle, action) != expected)
			return false;
	}
	return true;
}

TEST_F(control, rule10_each_action_at_each_stage_of_dying)
{
	pid_t pid = start_instead(self->pid, child_exit_slowly);
	int h = enter_gate(pid, EVENT(QUIESCE) | EVENT(EXIT) | EVENT(DEATH) |
			   EVENT(REAP), CB_EXIT);

	ASSERT_LT(0, h);
	rule((struct utest_rule){
		.handle = h, .callback = CB_DEATH, .effects = UTEST_GATE,
	});
	/* In report_exit() it takes all, and RESUME comes last here. */
	EXPECT_EQ(-EINPROGRESS, control(h, STOP));
	EXPECT_TRUE(all_are(h, 0));
	open_gate();
	/* In report_death() nothing can be had of it any more. */
	ASSERT_TRUE(see_begin(h, CB(DEATH)));
	EXPECT_EQ(-ESRCH, control(h, STOP));
	EXPECT_TRUE(all_are(h, -ESRCH));
	EXPECT_EQ(-EALREADY, control(h, DETACH));
	open_gate();
	ASSERT_EQ(0, barrier(h));
	ASSERT_TRUE(wait_state(pid, 'Z'));
	/* After it the engine can leave, and then hears of no reap. */
	EXPECT_EQ(-ESRCH, control(h, STOP));
	EXPECT_TRUE(all_are(h, -ESRCH));
	EXPECT_EQ(0, control(h, DETACH));
	EXPECT_EQ(-ESRCH, control(h, DETACH));
	ASSERT_TRUE(exits_with(pid, 5));
	EXPECT_EQ(0, count(h, CB(REAP)));
	EXPECT_EQ(-ESRCH, control(h, STOP));
	EXPECT_TRUE(all_are(h, -ESRCH));
}

TEST_F(control, rule10_each_action_in_report_reap)
{
	int action;

	for (action = STOP; action <= DETACH; action++) {
		pid_t pid = start(child_exit_slowly);
		int h = attach(pid, EVENT(REAP));

		ASSERT_LT(0, h);
		ASSERT_EQ(0, rule((struct utest_rule){
			.handle = h, .callback = CB_REAP, .effects = UTEST_DO,
			.do_what = UTEST_CONTROL, .do_arg = action,
		}));
		go();
		ASSERT_TRUE(exits_with(pid, 5));
		ASSERT_TRUE(see(h, CB(REAP)));
		EXPECT_EQ(result_of(action) ?: -ESRCH, ev.do_result);
	}
}
