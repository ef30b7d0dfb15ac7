// SPDX-License-Identifier: GPL-2.0-only
/* Job control: its events, and tracing stops laid over its stops. */
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
