// SPDX-License-Identifier: GPL-2.0-only
/* Job control: its events, and tracing stops laid over its stops. */
#include <sys/ptrace.h>
#include "utrace_lib.h"

FIXTURE(jctl) {
	pid_t pid;
	int h;
};

FIXTURE_SETUP(jctl)
{
	ASSERT_EQ(0, utest_open());
	self->pid = start(child_spin);
	ASSERT_LT(0, self->pid);
	self->h = attach(self->pid, 0);
	ASSERT_LT(0, self->h);
}

FIXTURE_TEARDOWN(jctl)
{
	utest_close();
}

static bool stopped_child(pid_t pid, int sig)
{
	int status;

	return waitpid(pid, &status, WUNTRACED) == pid &&
	       WIFSTOPPED(status) && WSTOPSIG(status) == sig;
}

static bool continued_child(pid_t pid)
{
	int status;

	return waitpid(pid, &status, WCONTINUED) == pid && WIFCONTINUED(status);
}

TEST_F(jctl, events_of_a_stop_and_of_sigcont)
{
	set_events(self->h, EVENT(JCTL));
	ASSERT_EQ(0, kill(self->pid, SIGSTOP));
	ASSERT_TRUE(see(self->h, CB(JCTL)));
	EXPECT_EQ(CLD_STOPPED, ev.values[0]);
	EXPECT_EQ(CLD_STOPPED, ev.values[1]);
	EXPECT_EQ(1, ev.values[2]);
	EXPECT_TRUE(stopped_child(self->pid, SIGSTOP));
	EXPECT_EQ(1, count(self->h, CB(JCTL)));
	ASSERT_EQ(0, kill(self->pid, SIGCONT));
	ASSERT_TRUE(see(self->h, CB(JCTL)));
	EXPECT_EQ(CLD_CONTINUED, ev.values[0]);
	EXPECT_TRUE(continued_child(self->pid));
	EXPECT_TRUE(spins());
	EXPECT_EQ(1, count_if(self->h, CB(JCTL), UTEST_IF_VALUE, CLD_STOPPED));
	EXPECT_EQ(1, count_if(self->h, CB(JCTL), UTEST_IF_VALUE,
			      CLD_CONTINUED));
	EXPECT_EQ(CLD_CONTINUED, ev.values[1]);
}

TEST_F(jctl, rule1_quiesce_comes_before_the_event)
{
	set_events(self->h, EVENT(QUIESCE) | EVENT(JCTL));
	ASSERT_EQ(0, kill(self->pid, SIGSTOP));
	ASSERT_TRUE(see_after_quiesce(self->h, EVENT(JCTL), CB_JCTL));
	EXPECT_EQ(CLD_STOPPED, ev.values[0]);
	EXPECT_TRUE(stopped_child(self->pid, SIGSTOP));
	ASSERT_EQ(0, kill(self->pid, SIGCONT));
	ASSERT_TRUE(see_after_quiesce(self->h, EVENT(JCTL), CB_JCTL));
	EXPECT_EQ(CLD_CONTINUED, ev.values[0]);
	EXPECT_TRUE(spins());
	EXPECT_EQ(4, count(self->h, ~0u));
}

TEST_F(jctl, rule1_attach_order)
{
	int a = self->h, b = attach(self->pid, 0), c = attach(self->pid, 0);

	ASSERT_LT(0, b);
	ASSERT_LT(0, c);
	/* The order is that of attaching, whoever asked first. */
	ASSERT_TRUE(done(set_events(c, EVENT(JCTL))));
	ASSERT_TRUE(done(set_events(b, EVENT(JCTL))));
	ASSERT_TRUE(done(set_events(a, EVENT(JCTL))));
	ASSERT_EQ(0, kill(self->pid, SIGSTOP));
	EXPECT_TRUE(stopped_child(self->pid, SIGSTOP));
	ASSERT_EQ(0, kill(self->pid, SIGCONT));
	EXPECT_TRUE(spins());
	EXPECT_TRUE(in_order(CB_JCTL, CLD_STOPPED, a, b, c));
	EXPECT_TRUE(in_order(CB_JCTL, CLD_CONTINUED, a, b, c));
}

static void *spinning_thread(void *arg)
{
	shared[RESULT] = syscall(SYS_gettid);
	for (;;)
		shared[RESULT2]++;
	return NULL;
}

static void child_threads(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, spinning_thread, NULL);
	while (!shared[RESULT])
		;
	child_spin();
}

TEST_F(jctl, only_the_last_thread_to_stop_notifies)
{
	pid_t pid = start_instead(self->pid, child_threads);
	int h[2] = { attach(pid, EVENT(JCTL)),
		     attach(shared[RESULT], EVENT(JCTL)) };
	int notified = 0, i;

	ASSERT_LT(0, h[0]);
	ASSERT_LT(0, h[1]);
	ASSERT_EQ(0, kill(pid, SIGSTOP));
	EXPECT_TRUE(stopped_child(pid, SIGSTOP));
	for (i = 0; i < 2; i++) {
		/* In any order, and the first to begin may be the last done. */
		seen = 0;
		ASSERT_TRUE(see(h[i], CB(JCTL)));
		EXPECT_EQ(CLD_STOPPED, ev.values[0]);
		notified += ev.values[1] == CLD_STOPPED;
		EXPECT_TRUE(ev.values[1] == CLD_STOPPED || ev.values[1] == 0);
		EXPECT_EQ(1, count(h[i], CB(JCTL)));
	}
	EXPECT_EQ(1, notified);
	/* They were told before they stop. */
	ASSERT_TRUE(wait_state(pid, 'T'));
	ASSERT_TRUE(wait_state(shared[RESULT], 'T'));
	ASSERT_EQ(0, kill(pid, SIGCONT));
	EXPECT_TRUE(spins());
	for (i = 0; i < 2; i++) {
		seen = 0;
		ASSERT_TRUE(see_value(h[i], CB(JCTL), CLD_CONTINUED));
	}
}

/* Its tracer took the thread out of the stop; it is another that comes to SIGCONT. */
TEST_F(jctl, end_of_a_stop_is_told_where_a_tracer_has_resumed_the_thread)
{
	int h, status, round, i;
	pid_t pid, thread;

	/* Three that spin are one too many. */
	ASSERT_TRUE(can_be_killed(self->pid));
	for (round = 0; round < 10; round++) {
		shared[RESULT] = 0;
		pid = start(child_threads);
		thread = shared[RESULT];
		h = attach(thread, EVENT(JCTL));
		ASSERT_LT(0, h);
		ASSERT_EQ(0, kill(pid, SIGSTOP));
		EXPECT_TRUE(stopped_child(pid, SIGSTOP));
		ASSERT_TRUE(see_value(h, CB(JCTL), CLD_STOPPED));
		ASSERT_TRUE(wait_state(thread, 'T'));
		ASSERT_EQ(0, ptrace(PTRACE_ATTACH, thread, NULL, NULL));
		/* Where it stood, and by the SIGSTOP of the request. */
		for (i = 0; i < 2; i++) {
			ASSERT_EQ(thread, waitpid(thread, &status, __WALL));
			EXPECT_EQ(SIGSTOP, WSTOPSIG(status));
			ASSERT_EQ(0, ptrace(PTRACE_CONT, thread, NULL, NULL));
		}
		ASSERT_TRUE(wait_state(thread, 'R'));
		ASSERT_EQ(0, kill(pid, SIGCONT));
		ASSERT_TRUE(see_value(h, CB(JCTL), CLD_CONTINUED));
		EXPECT_TRUE(spins());
		EXPECT_EQ(1, count_if(h, CB(JCTL), UTEST_IF_VALUE,
				      CLD_CONTINUED));
		/* The tracee first, the process is not dead before. */
		ASSERT_EQ(0, kill(pid, SIGKILL));
		ASSERT_EQ(thread, waitpid(thread, &status, __WALL));
		ASSERT_TRUE(dies_of(pid, SIGKILL));
	}
}

/* A SIGCONT that the next stop has overtaken is no news in that. */
TEST_F_TIMEOUT(jctl, stop_0_is_not_undone_by_news_that_are_old, 120)
{
	pid_t pid = start_instead(self->pid, child_threads);
	pid_t thread = shared[RESULT];
	int h = attach(thread, EVENT(QUIESCE) | EVENT(JCTL)), i;

	ASSERT_LT(0, h);
	ASSERT_EQ(0, kill(pid, SIGSTOP));
	ASSERT_TRUE(stopped_child(pid, SIGSTOP));
	for (i = 0; i < 30; i++) {
		ASSERT_EQ(0, kill(pid, SIGCONT));
		ASSERT_EQ(0, kill(pid, SIGSTOP));
		ASSERT_TRUE(stopped_child(pid, SIGSTOP));
		ASSERT_TRUE(wait_state(thread, 'T'));
		ASSERT_EQ(0, control(h, STOP));
		ASSERT_TRUE(stays(thread, 't'));
		ASSERT_EQ(0, control(h, RESUME));
		ASSERT_TRUE(wait_state(thread, 'T'));
	}
}

/* News are for who was there. Without any they leave nothing in the task. */
TEST_F(jctl, end_of_a_stop_is_not_told_to_who_comes_later)
{
	int h;

	ASSERT_EQ(0, kill(self->pid, SIGSTOP));
	ASSERT_TRUE(wait_state(self->pid, 'T'));
	EXPECT_EQ(0, control(self->h, STOP));
	ASSERT_EQ(0, kill(self->pid, SIGCONT));
	EXPECT_EQ(0, control(self->h, DETACH));
	ASSERT_TRUE(spins());
	h = attach(self->pid, EVENT(JCTL) | EVENT(SIGNAL_IGN));
	ASSERT_LT(0, h);
	EXPECT_EQ(0, kill(self->pid, SIGURG));
	ASSERT_TRUE(see_value(h, CB(SIGNAL), SIGURG));
	EXPECT_TRUE(done(control(h, DETACH)));
	EXPECT_EQ(-ESRCH, barrier(h));
	EXPECT_EQ(1, count(h, ~0u));
	EXPECT_TRUE(is_untouched(self->pid));
}

/* The engine was told of a stop, so it is told that there is none after all. */
TEST_F(jctl, sigcont_in_the_callback_of_a_thread_that_is_not_the_last_to_stop)
{
	pid_t pid = start_instead(self->pid, child_threads);
	int h[2] = { attach(pid, EVENT(JCTL)),
		     attach(shared[RESULT], EVENT(JCTL)) };
	int first, notify, i;

	for (i = 0; i < 2; i++) {
		ASSERT_LT(0, h[i]);
		/* The one that is last says so with its second value. */
		ASSERT_EQ(0, rule((struct utest_rule){
			.handle = h[i], .callback = CB_JCTL, .times = 1,
			.cond = UTEST_IF_VALUE, .value = CLD_STOPPED,
			.effects = UTEST_GATE,
		}));
	}
	ASSERT_EQ(0, kill(pid, SIGSTOP));
	/* Whose callback begins first says nothing of who was last to stop. */
	ASSERT_TRUE(see_begin(0, CB(JCTL)));
	first = ev.handle;
	notify = ev.values[1];
	EXPECT_TRUE(notify == CLD_STOPPED || notify == 0);
	ASSERT_TRUE(see_begin(0, CB(JCTL)));
	EXPECT_NE(first, ev.handle);
	EXPECT_EQ(CLD_STOPPED - notify, ev.values[1]);
	ASSERT_EQ(0, kill(pid, SIGCONT));
	open_gate();
	EXPECT_TRUE(spins());
	for (i = 0; i < 2; i++) {
		seen = 0;
		EXPECT_TRUE(see_value(h[i], CB(JCTL), CLD_CONTINUED));
		EXPECT_EQ(1, count_value(h[i], CB(JCTL), CLD_CONTINUED));
	}
}

/* There is no report_signal() before SIGCONT, so the stop comes without. */
TEST_F(jctl, stop_asked_for_on_the_way_into_a_stop_of_job_control)
{
	int h = attach_as(self->pid, CREATE, UTEST_OPS_SIGNAL, 0, EVENT(QUIESCE));

	ASSERT_LT(0, h);
	set_events(self->h, EVENT(JCTL));
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = self->h, .callback = CB_JCTL, .times = 1,
		.effects = UTEST_GATE,
	}));
	ASSERT_EQ(0, kill(self->pid, SIGSTOP));
	ASSERT_TRUE(see_begin(self->h, CB(JCTL)));
	EXPECT_EQ(-EINPROGRESS, control(h, STOP));
	open_gate();
	ASSERT_EQ(0, wait_held(h));
	EXPECT_EQ(0, control(h, RESUME));
	EXPECT_TRUE(stays(self->pid, 'T'));
	ASSERT_EQ(0, kill(self->pid, SIGCONT));
	EXPECT_TRUE(spins());
}

/* It is told of both, however long the callback takes. */
TEST_F(jctl, parent_is_told_of_a_stop_that_sigcont_ends_in_the_callback)
{
	const struct timespec patience = { .tv_sec = PATIENCE };
	siginfo_t info = {};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	ASSERT_EQ(0, sigprocmask(SIG_BLOCK, &set, NULL));
	ASSERT_EQ(0, set_events(self->h, EVENT(JCTL)));
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = self->h, .callback = CB_JCTL, .times = 1,
		.effects = UTEST_GATE,
	}));
	ASSERT_EQ(0, kill(self->pid, SIGSTOP));
	ASSERT_TRUE(see_begin(self->h, CB(JCTL)));
	ASSERT_EQ(0, kill(self->pid, SIGCONT));
	open_gate();
	EXPECT_TRUE(spins());
	/* Another one that comes before this is taken is dropped. */
	ASSERT_EQ(SIGCHLD, sigtimedwait(&set, &info, &patience));
	EXPECT_EQ(self->pid, info.si_pid);
	EXPECT_EQ(CLD_STOPPED, info.si_code);
}

/*
 * An engine holds a thread and is told of the stop of the group. Then another one
 * holds it, too, that does not want to be disturbed, and the group goes on.
 */
FIXTURE(deaf) {
	int h;
	int deaf;
};

FIXTURE_SETUP(deaf)
{
	pid_t pid;

	ASSERT_EQ(0, utest_open());
	pid = start(child_threads);
	ASSERT_LT(0, pid);
	self->h = attach(shared[RESULT], EVENT(JCTL));
	self->deaf = attach(shared[RESULT], 0);
	ASSERT_LT(0, self->h);
	ASSERT_LT(0, self->deaf);
	ASSERT_EQ(0, on_value(self->h, CB_JCTL, CLD_STOPPED, STOP, 1));
	ASSERT_EQ(0, hold(self->h));
	ASSERT_EQ(0, kill(pid, SIGSTOP));
	ASSERT_TRUE(see_value(self->h, CB(JCTL), CLD_STOPPED));
	ASSERT_EQ(0, wait_held(self->h));
	ASSERT_TRUE(wait_state(pid, 'T'));
	EXPECT_EQ(0, control(self->deaf, STOP));
	ASSERT_EQ(0, kill(pid, SIGCONT));
	EXPECT_TRUE(spins());
	EXPECT_EQ(0, count_value(self->h, CB(JCTL), CLD_CONTINUED));
}

FIXTURE_TEARDOWN(deaf)
{
	utest_close();
}

TEST_F(deaf, news_for_an_engine_wait_until_it_lets_go)
{
	ASSERT_EQ(0, on_value(self->h, CB_JCTL, CLD_CONTINUED, STOP, 1));
	EXPECT_EQ(0, control(self->deaf, RESUME));
	EXPECT_TRUE(see_value(self->h, CB(JCTL), CLD_CONTINUED));
	EXPECT_EQ(0, wait_held(self->h));
	EXPECT_TRUE(stays(shared[RESULT], 't'));
	EXPECT_EQ(1, count_value(self->h, CB(JCTL), CLD_CONTINUED));
}

TEST_F(deaf, news_for_an_engine_come_when_the_last_that_holds_the_task_lets_go)
{
	EXPECT_EQ(0, control(self->h, RESUME));
	EXPECT_TRUE(stays(shared[RESULT], 't'));
	EXPECT_EQ(0, count_value(self->h, CB(JCTL), CLD_CONTINUED));
	EXPECT_EQ(0, control(self->deaf, RESUME));
	EXPECT_TRUE(see_value(self->h, CB(JCTL), CLD_CONTINUED));
	EXPECT_TRUE(wait_state(shared[RESULT], 'R'));
	EXPECT_EQ(1, count_value(self->h, CB(JCTL), CLD_CONTINUED));
}

/* An engine takes over a stop as that ends. */
TEST_F_TIMEOUT(jctl, end_of_a_stop_is_told_once, 120)
{
	int i;

	set_events(self->h, EVENT(JCTL));
	ASSERT_EQ(0, on_value(self->h, CB_JCTL, CLD_CONTINUED, STOP, 0));
	for (i = 1; i <= 200; i++) {
		ASSERT_EQ(0, kill(self->pid, SIGSTOP));
		ASSERT_TRUE(stopped_child(self->pid, SIGSTOP));
		ASSERT_TRUE(wait_state(self->pid, 'T'));
		ASSERT_EQ(0, control(self->h, STOP));
		ASSERT_EQ(0, kill(self->pid, SIGCONT));
		ASSERT_TRUE(see_value(self->h, CB(JCTL), CLD_CONTINUED));
		ASSERT_EQ(0, wait_held(self->h));
		ASSERT_EQ(0, control(self->h, RESUME));
		ASSERT_TRUE(spins());
		ASSERT_EQ(i, count_value(self->h, CB(JCTL), CLD_CONTINUED));
	}
}

/* The engine hears of SIGCONT in its own stop, and its thread is the only one. */
TEST_F(jctl, end_of_a_stop_is_told_once_to_who_holds_the_task)
{
	set_events(self->h, EVENT(JCTL));
	ASSERT_EQ(0, on_value(self->h, CB_JCTL, CLD_CONTINUED, STOP, 1));
	ASSERT_EQ(0, kill(self->pid, SIGSTOP));
	ASSERT_TRUE(stopped_child(self->pid, SIGSTOP));
	ASSERT_TRUE(wait_state(self->pid, 'T'));
	ASSERT_EQ(0, control(self->h, STOP));
	ASSERT_EQ(0, wait_held(self->h));
	ASSERT_EQ(0, kill(self->pid, SIGCONT));
	ASSERT_TRUE(see_value(self->h, CB(JCTL), CLD_CONTINUED));
	ASSERT_EQ(0, wait_held(self->h));
	ASSERT_EQ(0, control(self->h, RESUME));
	EXPECT_TRUE(spins());
	EXPECT_EQ(1, count_value(self->h, CB(JCTL), CLD_CONTINUED));
}

TEST_F(jctl, stop_0_of_a_job_control_stopped_task)
{
	ASSERT_EQ(0, kill(self->pid, SIGSTOP));
	ASSERT_TRUE(stopped_child(self->pid, SIGSTOP));
	ASSERT_TRUE(wait_state(self->pid, 'T'));
	EXPECT_EQ(0, control(self->h, STOP));
	EXPECT_EQ(0, wait_held(self->h));
	EXPECT_TRUE(stays(self->pid, 't'));
	/* Nothing new for the parent. */
	EXPECT_EQ(0, waitpid(self->pid, NULL, WNOHANG | WUNTRACED));
}

TEST_F(jctl, sigcont_does_not_end_the_tracing_stop)
{
	ASSERT_EQ(0, kill(self->pid, SIGSTOP));
	ASSERT_TRUE(stopped_child(self->pid, SIGSTOP));
	EXPECT_EQ(0, control(self->h, STOP));
	ASSERT_EQ(0, kill(self->pid, SIGCONT));
	EXPECT_TRUE(stays(self->pid, 't'));
	EXPECT_TRUE(spins_not());
	/* SIGCONT came meanwhile, so it runs. */
	EXPECT_EQ(0, control(self->h, RESUME));
	EXPECT_TRUE(spins());
	EXPECT_TRUE(continued_child(self->pid));
}

TEST_F(jctl, resume_goes_back_to_the_job_control_stop)
{
	ASSERT_EQ(0, kill(self->pid, SIGSTOP));
	ASSERT_TRUE(stopped_child(self->pid, SIGSTOP));
	EXPECT_EQ(0, control(self->h, STOP));
	ASSERT_TRUE(wait_state(self->pid, 't'));
	EXPECT_EQ(0, control(self->h, RESUME));
	EXPECT_TRUE(stays(self->pid, 'T'));
	EXPECT_TRUE(spins_not());
	/* Once more, to see that the second time is like the first. */
	EXPECT_EQ(0, control(self->h, STOP));
	ASSERT_TRUE(wait_state(self->pid, 't'));
	EXPECT_EQ(0, control(self->h, RESUME));
	EXPECT_TRUE(stays(self->pid, 'T'));
	ASSERT_EQ(0, kill(self->pid, SIGCONT));
	EXPECT_TRUE(spins());
	EXPECT_TRUE(continued_child(self->pid));
}

TEST_F(jctl, detach_goes_back_to_the_job_control_stop)
{
	ASSERT_EQ(0, kill(self->pid, SIGSTOP));
	ASSERT_TRUE(stopped_child(self->pid, SIGSTOP));
	EXPECT_EQ(0, control(self->h, STOP));
	ASSERT_TRUE(wait_state(self->pid, 't'));
	EXPECT_EQ(0, control(self->h, DETACH));
	EXPECT_TRUE(stays(self->pid, 'T'));
	ASSERT_EQ(0, kill(self->pid, SIGCONT));
	EXPECT_TRUE(spins());
}

TEST_F(jctl, sigstop_of_a_held_task_acts_when_it_is_resumed)
{
	ASSERT_EQ(0, hold(self->h));
	ASSERT_EQ(0, kill(self->pid, SIGSTOP));
	EXPECT_TRUE(stays(self->pid, 't'));
	EXPECT_EQ(0, control(self->h, RESUME));
	EXPECT_TRUE(stays(self->pid, 'T'));
	EXPECT_TRUE(stopped_child(self->pid, SIGSTOP));
	ASSERT_EQ(0, kill(self->pid, SIGCONT));
	EXPECT_TRUE(spins());
}

TEST_F(jctl, held_thread_counts_as_stopped_in_a_group_stop)
{
	pid_t pid = start_instead(self->pid, child_threads);
	int h = attach(shared[RESULT], 0);

	ASSERT_LT(0, h);
	ASSERT_EQ(0, hold(h));
	ASSERT_EQ(0, kill(pid, SIGSTOP));
	ASSERT_TRUE(wait_state(pid, 'T'));
	EXPECT_EQ(0, control(h, RESUME));
	EXPECT_TRUE(wait_state(shared[RESULT], 'T'));
	EXPECT_TRUE(stopped_child(pid, SIGSTOP));
	ASSERT_EQ(0, kill(pid, SIGCONT));
	EXPECT_TRUE(spins());
}

TEST_F(jctl, sigkill_ends_a_stop_laid_over_a_job_control_stop)
{
	ASSERT_EQ(0, kill(self->pid, SIGSTOP));
	ASSERT_TRUE(stopped_child(self->pid, SIGSTOP));
	EXPECT_EQ(0, control(self->h, STOP));
	EXPECT_TRUE(can_be_killed(self->pid));
}

TEST_F(jctl, stop_returned_holds_after_sigcont)
{
	set_events(self->h, EVENT(JCTL));
	ASSERT_EQ(0, on_value(self->h, CB_JCTL, CLD_CONTINUED, STOP, 1));
	ASSERT_EQ(0, kill(self->pid, SIGSTOP));
	ASSERT_TRUE(stopped_child(self->pid, SIGSTOP));
	ASSERT_EQ(0, kill(self->pid, SIGCONT));
	ASSERT_EQ(0, wait_held(self->h));
	EXPECT_TRUE(stays(self->pid, 't'));
	EXPECT_EQ(0, control(self->h, RESUME));
	EXPECT_TRUE(spins());
}

/* Nobody else gets this CPU. */
static void child_hog(void)
{
	const struct sched_param param = { .sched_priority = 1 };

	if (!stay_on(0, 1) || sched_setscheduler(0, SCHED_FIFO, &param))
		_exit(1);
	shared[RESULT] = 1;
	for (;;)
		;
}

/*
 * It is called, as it wants to hear of any event, while the task is on its way from
 * one stop to the other; but it was told that the task is stopped.
 */
TEST_F(jctl, stop_0_is_not_undone_by_news_for_others)
{
	int other = attach(self->pid, EVENT(JCTL));
	pid_t hog;

	if (!stay_on(self->pid, 1) || !stay_on(0, 0))
		SKIP(return, "needs two CPUs");
	ASSERT_LT(0, other);
	set_events(self->h, EVENT(QUIESCE));
	ASSERT_EQ(0, kill(self->pid, SIGSTOP));
	ASSERT_TRUE(stopped_child(self->pid, SIGSTOP));
	ASSERT_TRUE(wait_state(self->pid, 'T'));

	hog = spawn(child_hog);
	ASSERT_TRUE(until(RESULT, 1));
	EXPECT_EQ(0, control(self->h, STOP));
	EXPECT_EQ(0, kill(self->pid, SIGCONT));
	ASSERT_TRUE(can_be_killed(hog));

	EXPECT_TRUE(see_value(other, CB(JCTL), CLD_CONTINUED));
	EXPECT_LE(1, count(self->h, CB(QUIESCE)));
	EXPECT_EQ(0, wait_held(self->h));
	EXPECT_TRUE(spins_not());
	EXPECT_EQ(0, control(self->h, RESUME));
	EXPECT_TRUE(spins());
}

TEST_F(jctl, report_of_a_job_control_stopped_task)
{
	set_events(self->h, EVENT(QUIESCE));
	ASSERT_EQ(0, kill(self->pid, SIGSTOP));
	ASSERT_TRUE(stopped_child(self->pid, SIGSTOP));
	EXPECT_EQ(0, control(self->h, REPORT));
	/* It still does not run in user mode. */
	nap(50);
	EXPECT_TRUE(spins_not());
	ASSERT_EQ(0, kill(self->pid, SIGCONT));
	EXPECT_TRUE(see(self->h, CB(QUIESCE) | CB(SIGNAL)));
	EXPECT_TRUE(spins());
}

TEST_F(jctl, asked_to_stop_on_the_way_into_a_job_control_stop)
{
	int other = attach(self->pid, EVENT(JCTL));

	ASSERT_LT(0, other);
	set_events(self->h, EVENT(QUIESCE));
	ASSERT_EQ(0, on_value(self->h, CB_QUIESCE, 0, STOP, 1));
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = other, .callback = CB_JCTL, .times = 1,
		.effects = UTEST_GATE,
	}));
	ASSERT_EQ(0, kill(self->pid, SIGSTOP));
	ASSERT_TRUE(see_begin(other, CB(JCTL)));
	EXPECT_EQ(-EINPROGRESS, control(self->h, STOP));
	open_gate();
	/* Promised is a callback, and it does not wait for SIGCONT. */
	ASSERT_TRUE(see_value(self->h, CB(QUIESCE), 0));
	EXPECT_EQ(0, wait_held(self->h));
	EXPECT_TRUE(stays(self->pid, 't'));
	EXPECT_TRUE(stopped_child(self->pid, SIGSTOP));
	EXPECT_EQ(0, control(self->h, RESUME));
	EXPECT_TRUE(stays(self->pid, 'T'));
	ASSERT_EQ(0, kill(self->pid, SIGCONT));
	EXPECT_TRUE(spins());
}

TEST_F(jctl, two_engines_over_a_job_control_stop)
{
	int other = attach(self->pid, 0);

	ASSERT_LT(0, other);
	ASSERT_EQ(0, kill(self->pid, SIGSTOP));
	ASSERT_TRUE(stopped_child(self->pid, SIGSTOP));
	EXPECT_EQ(0, control(self->h, STOP));
	EXPECT_EQ(0, control(other, STOP));
	EXPECT_EQ(0, control(self->h, RESUME));
	EXPECT_TRUE(stays(self->pid, 't'));
	EXPECT_EQ(0, control(other, RESUME));
	EXPECT_TRUE(stays(self->pid, 'T'));
	ASSERT_EQ(0, kill(self->pid, SIGCONT));
	EXPECT_TRUE(spins());
}

/* --- callbacks in the middle of a stop */

static int waiting_handle;

/* What prepare says to a process that is killed is left in shared memory. */
static void child_prepares(void)
{
	struct utest_call *call = (void *)&shared[WORD];

	*call = (struct utest_call){
		.handle = waiting_handle, .what = UTEST_PREPARE, .result = 1,
	};
	ioctl(dev, UTEST_IOC_CALL, call);
	child_sleep();
}

/* A task in its stop that is told of another one is not off the CPU: who waits for it? */
static pid_t wait_in_prepare(struct __test_metadata *_metadata, pid_t pid)
{
	struct utest_call *call = (void *)&shared[WORD];
	pid_t caller;

	waiting_handle = attach(shared[RESULT], EVENT(JCTL));
	ASSERT_LT(0, waiting_handle);
	ASSERT_EQ(0, hold(waiting_handle));
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = waiting_handle, .callback = CB_JCTL, .times = 1,
		.effects = UTEST_GATE | UTEST_RETURN, .ret = STOP,
	}));
	ASSERT_EQ(0, kill(pid, SIGSTOP));
	ASSERT_TRUE(see_begin(waiting_handle, CB(JCTL)));
	caller = spawn(child_prepares);
	ASSERT_LT(0, caller);
	ASSERT_TRUE(stays(caller, 'D'));
	EXPECT_EQ(1, call->result);
	return caller;
}

TEST_F(jctl, prepare_waits_until_the_task_is_off_the_cpu)
{
	struct utest_call *call = (void *)&shared[WORD];
	pid_t pid = start_instead(self->pid, child_threads);
	pid_t caller = wait_in_prepare(_metadata, pid);

	open_gate();
	ASSERT_TRUE(stays(caller, 'S'));
	EXPECT_EQ(0, call->result);
	EXPECT_EQ(0, wait_held(waiting_handle));
}

TEST_F(jctl, prepare_eagain_for_a_caller_that_is_killed)
{
	struct utest_call *call = (void *)&shared[WORD];
	pid_t pid = start_instead(self->pid, child_threads);
	pid_t caller = wait_in_prepare(_metadata, pid);

	EXPECT_TRUE(can_be_killed(caller));
	EXPECT_EQ(-EAGAIN, call->result);
	open_gate();
	EXPECT_EQ(0, wait_held(waiting_handle));
}

/* --- in place of job control */

/*
 * One thread begins to stop its process. The engine of the other one stands in for
 * job control: it holds that thread, and takes no part in the stop for it.
 */
FIXTURE(instead) {
	pid_t pid;
	int h;
};

FIXTURE_SETUP(instead)
{
	ASSERT_EQ(0, utest_open());
	self->pid = start(child_threads);
	ASSERT_LT(0, self->pid);
	self->h = attach_as(shared[RESULT], CREATE, UTEST_OPS_STOPS, 0,
			    EVENT(QUIESCE) | EVENT(GROUP_STOP));
	ASSERT_LT(0, self->h);
	ASSERT_EQ(0, on_action(self->h, SIGNAL_REPORT, STOP | SIGNAL_REPORT, 1));
	ASSERT_EQ(0, syscall(SYS_tgkill, self->pid, self->pid, SIGSTOP));
	/* By the thread that begins the stop. */
	ASSERT_TRUE(see(self->h, CB(GROUP_STOP)));
	EXPECT_EQ(self->pid, ev.tid);
	EXPECT_EQ(shared[RESULT], (long)ev.values[1]);
	/* By the other one, where it would stop. */
	ASSERT_TRUE(see(self->h, CB(SIGNAL)));
	EXPECT_EQ(SIGNAL_REPORT, ev.action & SIGNAL_MASK);
	ASSERT_EQ(0, wait_held(self->h));
	ASSERT_TRUE(wait_state(self->pid, 'T'));
	EXPECT_TRUE(stays(shared[RESULT], 't'));
	EXPECT_EQ(0, waitpid(self->pid, NULL, WNOHANG | WUNTRACED));
}

FIXTURE_TEARDOWN(instead)
{
	utest_close();
}

static bool both_run(void)
{
	long before = shared[RESULT2];
	double end = now() + PATIENCE;

	while (shared[RESULT2] == before && now() < end)
		nap(1);
	return shared[RESULT2] != before && spins();
}

TEST_F(instead, asked_again_until_it_is_done)
{
	EXPECT_EQ(1, count(self->h, CB(SIGNAL)));
	ASSERT_EQ(0, on_action(self->h, SIGNAL_REPORT, STOP | SIGNAL_REPORT, 1));
	EXPECT_EQ(0, control(self->h, RESUME));
	ASSERT_TRUE(see(self->h, CB(SIGNAL)));
	EXPECT_EQ(SIGNAL_REPORT, ev.action & SIGNAL_MASK);
	ASSERT_EQ(0, wait_held(self->h));
	EXPECT_EQ(2, count(self->h, CB(SIGNAL)));
	/* It leaves it to job control after all. */
	ASSERT_EQ(0, set_events(self->h, 0));
	EXPECT_EQ(0, control(self->h, RESUME));
	EXPECT_TRUE(stopped_child(self->pid, SIGSTOP));
	EXPECT_TRUE(wait_state(shared[RESULT], 'T'));
	ASSERT_EQ(0, kill(self->pid, SIGCONT));
	EXPECT_TRUE(both_run());
	EXPECT_EQ(1, count(self->h, CB(GROUP_STOP)));
}

TEST_F(instead, told_of_sigcont_and_leaves_it_at_that)
{
	ASSERT_EQ(0, kill(self->pid, SIGCONT));
	ASSERT_TRUE(see(self->h, CB(GROUP_STOP)));
	EXPECT_EQ(getpid(), ev.tid);
	EXPECT_TRUE(spins());
	EXPECT_TRUE(stays(shared[RESULT], 't'));
	EXPECT_EQ(1, count(self->h, CB(SIGNAL)));
	EXPECT_EQ(0, control(self->h, RESUME));
	EXPECT_TRUE(both_run());
	EXPECT_EQ(1, count(self->h, CB(SIGNAL)));
}

TEST_F(instead, told_of_sigcont_and_reports_after_its_stop)
{
	ASSERT_EQ(0, on(self->h, CB_GROUP_STOP, REPORT, 1));
	ASSERT_EQ(0, kill(self->pid, SIGCONT));
	EXPECT_TRUE(spins());
	EXPECT_TRUE(stays(shared[RESULT], 't'));
	EXPECT_EQ(1, count(self->h, CB(SIGNAL)));
	EXPECT_EQ(0, control(self->h, RESUME));
	ASSERT_TRUE(see(self->h, CB(SIGNAL)));
	EXPECT_EQ(SIGNAL_REPORT, ev.action & SIGNAL_MASK);
	EXPECT_TRUE(both_run());
}

TEST_F(instead, told_of_sigcont_and_ends_its_stop)
{
	ASSERT_EQ(0, on(self->h, CB_GROUP_STOP, INTERRUPT, 1));
	ASSERT_EQ(0, kill(self->pid, SIGCONT));
	ASSERT_TRUE(see(self->h, CB(SIGNAL)));
	EXPECT_EQ(SIGNAL_REPORT, ev.action & SIGNAL_MASK);
	EXPECT_TRUE(both_run());
}

TEST_F(instead, rule4_sigkill_ends_a_stop_in_place_of_job_control)
{
	EXPECT_TRUE(can_be_killed(self->pid));
	EXPECT_EQ(-ESRCH, control(self->h, RESUME));
}

static void child_thread_execs(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, spinning_thread, NULL);
	while (!shared[RESULT])
		;
	wait_go();
	exec_self("3");
}

/* Once by execve(), which other threads die of, and once by exit_group(). */
TEST_F(jctl, cancel_group_stop_where_the_other_threads_are_killed)
{
	pid_t pid = start_instead(self->pid, child_thread_execs);
	int h = attach_as(pid, CREATE, UTEST_OPS_STOPS, 0,
			  EVENT(GROUP_STOP) | EVENT(EXEC));
	int other = attach_as(pid, CREATE, UTEST_OPS_STOPS, 0, 0);

	ASSERT_LT(0, h);
	ASSERT_LT(0, other);
	ASSERT_EQ(0, on(h, CB_EXEC, STOP, 1));
	go();
	ASSERT_EQ(0, wait_held(h));
	EXPECT_EQ(1, count(h, CB(CANCEL_GROUP_STOP)));
	ASSERT_TRUE(see(h, CB(CANCEL_GROUP_STOP)));
	EXPECT_EQ(pid, ev.tid);
	EXPECT_EQ(pid, (int)ev.values[1]);
	EXPECT_EQ(0, control(h, RESUME));
	EXPECT_TRUE(exits_with(pid, 3));
	EXPECT_EQ(2, count(h, CB(CANCEL_GROUP_STOP)));
	EXPECT_EQ(0, count(other, CB(CANCEL_GROUP_STOP)));
	EXPECT_EQ(0, count(h, CB(GROUP_STOP)));
}
