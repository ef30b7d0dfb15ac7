// SPDX-License-Identifier: GPL-2.0-only
/* report_signal(): classes, and all that an engine can do to a signal. */
#include <sys/resource.h>
#include "utrace_lib.h"

FIXTURE(signal) {
	pid_t pid;
	int h;
};

/* Waits for signals in user mode, with a handler for the two. */
static void child_handlers(void)
{
	catch_signal(SIGUSR1, 0);
	catch_signal(SIGUSR2, 0);
	shared[READY] = 1;
	while (!shared[GO]) {
		shared[RESULT] = handled;
		shared[COUNT]++;
	}
	_exit(3);
}

FIXTURE_SETUP(signal)
{
	ASSERT_EQ(0, utest_open());
	self->pid = start(child_handlers);
	ASSERT_LT(0, self->pid);
	self->h = attach(self->pid, 0);
	ASSERT_LT(0, self->h);
}

FIXTURE_TEARDOWN(signal)
{
	utest_close();
}

/* --- rule 7: classes */

static void one_class(struct __test_metadata *_metadata, pid_t pid, int h,
		      int sig, __u64 event, int action, long orig)
{
	ASSERT_TRUE(done(set_events(h, event)));
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = h, .callback = CB_SIGNAL, .times = 1,
		.effects = UTEST_RETURN, .ret = RESUME | SIGNAL_IGN,
	}));
	ASSERT_EQ(0, kill(pid, sig));
	ASSERT_TRUE(see(h, CB(SIGNAL)));
	EXPECT_EQ(sig, ev.values[0]);
	EXPECT_EQ(SI_USER, (int)ev.values[1]);
	EXPECT_EQ(action, ev.action & SIGNAL_MASK);
	EXPECT_EQ(RESUME, ev.action & 0xf);
	EXPECT_EQ(getpid(), ev.values[4]);
	EXPECT_TRUE(orig < 0 ? ev.values[2] != (__u64)-1 :
		    ev.values[2] == (__u64)orig);
	EXPECT_TRUE(spins());
	EXPECT_EQ(0, shared[RESULT]);
}

TEST_F(signal, rule7_class_signal)
{
	one_class(_metadata, self->pid, self->h, SIGUSR1, EVENT(SIGNAL),
		  SIGNAL_DELIVER, (long)handler);
}

TEST_F(signal, rule7_class_ignored)
{
	one_class(_metadata, self->pid, self->h, SIGURG, EVENT(SIGNAL_IGN),
		  SIGNAL_IGN, 0);
}

TEST_F(signal, rule7_class_stop)
{
	one_class(_metadata, self->pid, self->h, SIGSTOP, EVENT(SIGNAL_STOP),
		  SIGNAL_STOP, 0);
}

TEST_F(signal, rule7_class_terminal_stop)
{
	one_class(_metadata, self->pid, self->h, SIGTSTP, EVENT(SIGNAL_STOP),
		  SIGNAL_TSTP, 0);
}

TEST_F(signal, rule7_class_term)
{
	one_class(_metadata, self->pid, self->h, SIGTERM, EVENT(SIGNAL_TERM),
		  SIGNAL_TERM, 0);
}

TEST_F(signal, rule7_class_core)
{
	one_class(_metadata, self->pid, self->h, SIGQUIT, EVENT(SIGNAL_CORE),
		  SIGNAL_CORE, 0);
}

/* With the bit of its class, so that an engine can tell what is coming. */
TEST_F(signal, rule1_quiesce_comes_before_the_event_of_each_class)
{
	static const struct {
		int sig;
		__u64 event;
	} classes[] = {
		{ SIGUSR1, EVENT(SIGNAL) },
		{ SIGURG, EVENT(SIGNAL_IGN) },
		{ SIGSTOP, EVENT(SIGNAL_STOP) },
		{ SIGTSTP, EVENT(SIGNAL_STOP) },
		{ SIGTERM, EVENT(SIGNAL_TERM) },
		{ SIGQUIT, EVENT(SIGNAL_CORE) },
	};
	int other = attach(self->pid, EVENT(QUIESCE) | EVENT_SIGNAL_ALL);
	unsigned int i;

	ASSERT_LT(0, other);
	set_events(self->h, EVENT(QUIESCE) | EVENT_SIGNAL_ALL);
	ASSERT_EQ(0, on(self->h, CB_SIGNAL, RESUME | SIGNAL_IGN, 0));
	for (i = 0; i < ARRAY_SIZE(classes); i++) {
		ASSERT_EQ(0, kill(self->pid, classes[i].sig));
		/* Both for one engine, then both for the next one. */
		ASSERT_TRUE(see_after_quiesce(0, classes[i].event, CB_SIGNAL));
		EXPECT_EQ(self->h, ev.handle);
		EXPECT_EQ(classes[i].sig, ev.values[0]);
		ASSERT_TRUE(see_after_quiesce(0, classes[i].event, CB_SIGNAL));
		EXPECT_EQ(other, ev.handle);
		EXPECT_EQ(classes[i].sig, ev.values[0]);
	}
	EXPECT_TRUE(spins());
	EXPECT_EQ(4 * ARRAY_SIZE(classes), count(0, ~0u));
}

TEST_F(signal, rule7_only_the_classes_asked_for)
{
	int other = attach(self->pid, EVENT_SIGNAL_ALL & ~EVENT(SIGNAL));

	ASSERT_LT(0, other);
	set_events(self->h, EVENT(SIGNAL));
	ASSERT_EQ(0, kill(self->pid, SIGURG));
	ASSERT_TRUE(see_value(other, CB(SIGNAL), SIGURG));
	ASSERT_EQ(0, kill(self->pid, SIGUSR1));
	ASSERT_TRUE(see_value(self->h, CB(SIGNAL), SIGUSR1));
	ASSERT_TRUE(until(RESULT, 1));
	EXPECT_EQ(1, count(self->h, CB(SIGNAL)));
	EXPECT_EQ(1, count(other, CB(SIGNAL)));
}

TEST_F(signal, sigkill_is_never_reported)
{
	set_events(self->h, EVENT_SIGNAL_ALL | EVENT(QUIESCE));
	ASSERT_TRUE(can_be_killed(self->pid));
	EXPECT_EQ(0, count(self->h, CB(SIGNAL)));
}

TEST_F(signal, class_is_decided_before_any_engine_spoke)
{
	int other = attach(self->pid, EVENT(SIGNAL));
	int term = attach(self->pid, EVENT(SIGNAL_TERM));

	ASSERT_LT(0, other);
	ASSERT_LT(0, term);
	set_events(self->h, EVENT(SIGNAL));
	/* The first makes it a fatal one, the second sees it still. */
	ASSERT_EQ(0, on(self->h, CB_SIGNAL, RESUME | SIGNAL_TERM, 1));
	ASSERT_EQ(0, on(other, CB_SIGNAL, RESUME | SIGNAL_IGN, 1));
	ASSERT_EQ(0, kill(self->pid, SIGUSR1));
	ASSERT_TRUE(see(other, CB(SIGNAL)));
	EXPECT_EQ(SIGNAL_TERM, ev.action & SIGNAL_MASK);
	EXPECT_TRUE(spins());
	EXPECT_EQ(0, count(term, CB(SIGNAL)));
	EXPECT_EQ(0, shared[RESULT]);
}

static void child_blocked(void)
{
	sigset_t set;

	catch_signal(SIGUSR1, 0);
	catch_signal(SIGUSR2, 0);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGURG);
	sigprocmask(SIG_BLOCK, &set, NULL);
	wait_go();
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	shared[RESULT] = handled;
}

TEST_F(signal, blocked_signals_are_reported_when_unblocked)
{
	pid_t pid = start_instead(self->pid, child_blocked);
	int h = attach(pid, EVENT(SIGNAL));

	ASSERT_LT(0, h);
	ASSERT_EQ(0, kill(pid, SIGUSR1));
	nap(50);
	EXPECT_EQ(0, count(h, CB(SIGNAL)));
	go();
	EXPECT_TRUE(exits_with(pid, 0));
	EXPECT_EQ(1, count_value(h, CB(SIGNAL), SIGUSR1));
	EXPECT_EQ(1, shared[RESULT]);
}

TEST_F(signal, blocked_ignored_signals_wait_too)
{
	pid_t pid = start_instead(self->pid, child_blocked);
	int h = attach(pid, EVENT(SIGNAL_IGN));

	ASSERT_LT(0, h);
	ASSERT_EQ(0, kill(pid, SIGURG));
	nap(50);
	EXPECT_EQ(0, count(h, CB(SIGNAL)));
	go();
	EXPECT_TRUE(exits_with(pid, 0));
	EXPECT_EQ(1, count_value(h, CB(SIGNAL), SIGURG));
	ASSERT_TRUE(see(h, CB(SIGNAL)));
	EXPECT_EQ(SIGNAL_IGN, ev.action & SIGNAL_MASK);
}

TEST_F(signal, ignored_signals_are_dropped_where_nobody_asks)
{
	set_events(self->h, EVENT(SIGNAL_IGN));
	ASSERT_EQ(0, kill(self->pid, SIGURG));
	ASSERT_TRUE(see_value(self->h, CB(SIGNAL), SIGURG));
	set_events(self->h, 0);
	ASSERT_EQ(0, barrier(self->h));
	/* With nobody asking, it is dropped where it is sent, and asking comes too late. */
	ASSERT_EQ(0, hold(self->h));
	ASSERT_EQ(0, kill(self->pid, SIGURG));
	ASSERT_EQ(0, set_events(self->h, EVENT(SIGNAL_IGN)));
	ASSERT_EQ(0, control(self->h, RESUME));
	EXPECT_TRUE(spins());
	EXPECT_EQ(1, count(self->h, CB(SIGNAL)));
}

/* --- rule 7: drop, replace, hold, inject */

TEST_F(signal, rule7_drop)
{
	set_events(self->h, EVENT(SIGNAL) | EVENT(SIGNAL_TERM));
	ASSERT_EQ(0, on(self->h, CB_SIGNAL, RESUME | SIGNAL_IGN, 0));
	ASSERT_EQ(0, kill(self->pid, SIGUSR1));
	ASSERT_TRUE(see_value(self->h, CB(SIGNAL), SIGUSR1));
	ASSERT_EQ(0, kill(self->pid, SIGTERM));
	ASSERT_TRUE(see_value(self->h, CB(SIGNAL), SIGTERM));
	EXPECT_TRUE(spins());
	EXPECT_EQ(0, shared[RESULT]);
}

TEST_F(signal, rule7_replace_by_another_signal)
{
	set_events(self->h, EVENT(SIGNAL));
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = self->h, .callback = CB_SIGNAL,
		.effects = UTEST_INFO | UTEST_RETURN, .signo = SIGUSR2,
		.ret = RESUME | SIGNAL_DELIVER,
	}));
	ASSERT_EQ(0, kill(self->pid, SIGUSR1));
	ASSERT_TRUE(until(RESULT, 1));
	EXPECT_EQ(SIGUSR2, shared[RESULT3]);
	EXPECT_EQ(1, count(self->h, CB(SIGNAL)));
}

/* Signals that are pending: those of the task are SigPnd, those of the group ShdPnd. */
static __u64 pending(pid_t pid, const char *queue)
{
	char buf[4096], *line;

	if (read_proc(pid, "status", buf, sizeof(buf)) <= 0)
		return -1;
	line = strstr(buf, queue);
	return line ? strtoull(line + strlen(queue), NULL, 16) : (__u64)-1;
}

/* An engine is about to deliver SIGUSR1 in this state, and the task blocks it. */
static void blocked_choice(struct __test_metadata *_metadata, pid_t pid, int h,
			   __u32 state, const char *queue)
{
	ASSERT_TRUE(see(h, CB(SIGNAL)));
	EXPECT_EQ(state, ev.action & SIGNAL_MASK);
	EXPECT_EQ(RESUME | SIGNAL_DELIVER, ev.ret);
	/* What became of it can be seen when the task has left get_signal(). */
	ASSERT_EQ(0, hold(h));
	EXPECT_EQ(1ull << (SIGUSR1 - 1), pending(pid, queue));
	EXPECT_EQ(0, shared[RESULT3]);
	EXPECT_EQ(1, count(h, CB(SIGNAL)));
	EXPECT_EQ(0, control(h, RESUME));
	/* From there it is taken, and reported, as any other. */
	go();
	EXPECT_TRUE(exits_with(pid, 0));
	EXPECT_EQ(SIGUSR1, shared[RESULT3]);
	EXPECT_EQ(1, shared[RESULT]);
	ASSERT_TRUE(see(h, CB(SIGNAL)));
	EXPECT_EQ(SIGUSR1, ev.values[0]);
	EXPECT_EQ(SIGNAL_DELIVER, ev.action & SIGNAL_MASK);
	EXPECT_EQ((unsigned long)handler, ev.values[2]);
	EXPECT_EQ(2, count(h, CB(SIGNAL)));
}

/* In place of SIGUSR2, which it does not block. */
static int replace_by_blocked(struct __test_metadata *_metadata, pid_t pid)
{
	int h = attach(pid, EVENT(SIGNAL));

	ASSERT_LT(0, h);
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = h, .callback = CB_SIGNAL, .times = 1,
		.effects = UTEST_INFO | UTEST_RETURN, .signo = SIGUSR1,
		.ret = RESUME | SIGNAL_DELIVER,
	}));
	return h;
}

TEST_F(signal, rule7_replace_a_signal_of_the_group_by_a_blocked_one)
{
	pid_t pid = start_instead(self->pid, child_blocked);
	int h = replace_by_blocked(_metadata, pid);

	ASSERT_EQ(0, kill(pid, SIGUSR2));
	blocked_choice(_metadata, pid, h, SIGNAL_DELIVER, "ShdPnd:");
}

TEST_F(signal, rule7_replace_a_signal_of_the_task_by_a_blocked_one)
{
	pid_t pid = start_instead(self->pid, child_blocked);
	int h = replace_by_blocked(_metadata, pid);

	ASSERT_EQ(0, syscall(SYS_tgkill, pid, pid, SIGUSR2));
	blocked_choice(_metadata, pid, h, SIGNAL_DELIVER, "SigPnd:");
}

TEST_F(signal, rule7_inject_a_blocked_signal)
{
	pid_t pid = start_instead(self->pid, child_blocked);
	int h = replace_by_blocked(_metadata, pid);

	ASSERT_EQ(0, control(h, INTERRUPT));
	blocked_choice(_metadata, pid, h, SIGNAL_REPORT, "SigPnd:");
}

TEST_F(signal, rule7_replace_by_a_fatal_signal)
{
	set_events(self->h, EVENT(SIGNAL));
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = self->h, .callback = CB_SIGNAL,
		.effects = UTEST_INFO | UTEST_RETURN, .signo = SIGHUP,
		.ret = RESUME | SIGNAL_TERM,
	}));
	ASSERT_EQ(0, kill(self->pid, SIGUSR1));
	EXPECT_TRUE(dies_of(self->pid, SIGHUP));
}

/* Where the core files of children go, unless the pattern has a place of its own. */
static char core_dir[32];

static void child_may_dump(void)
{
	struct rlimit limit;

	if (chdir(core_dir) || getrlimit(RLIMIT_CORE, &limit))
		_exit(90);
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_CORE, &limit))
		_exit(91);
	child_handlers();
}

static pid_t start_dumper(void)
{
	snprintf(core_dir, sizeof(core_dir), "/tmp/utrace-XXXXXX");
	return mkdtemp(core_dir) ? start(child_may_dump) : -errno;
}

static void remove_core(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/core.%d", core_dir, pid);
	unlink(path);
	snprintf(path, sizeof(path), "%s/core", core_dir);
	unlink(path);
	rmdir(core_dir);
}

/* The status of such a child that this signal kills, or -1. */
static int killed_by(pid_t pid, int sig)
{
	int status = kill(pid, sig) ? -1 : reap(pid);

	remove_core(pid);
	if (status == -1 || !WIFSIGNALED(status) || WTERMSIG(status) != sig)
		return -1;
	return status;
}

/* Does a signal that dumps core do so here, without engines? */
static bool dumps_core(void)
{
	pid_t pid = start_dumper();
	int status = pid > 0 ? killed_by(pid, SIGQUIT) : -1;

	return status != -1 && WCOREDUMP(status);
}

/* An engine makes this of a signal that has a handler. */
static int killed_by_verdict(int verdict)
{
	pid_t pid = start_dumper();
	int h = pid > 0 ? attach(pid, EVENT(SIGNAL)) : -1;

	if (h < 0 || on(h, CB_SIGNAL, RESUME | verdict, 0))
		return -1;
	return killed_by(pid, SIGUSR1);
}

/* Beyond the last action, with all kinds of bits of those that there are. */
static const __u32 no_actions[] = { 0x80, 0xb0, 0xf0 };

TEST_F(signal, garbage_about_a_signal_leaves_what_becomes_of_it)
{
	int first = attach(self->pid, EVENT(SIGNAL)), last;
	unsigned int i;

	ASSERT_LT(0, first);
	last = attach(self->pid, EVENT(SIGNAL));
	ASSERT_LT(0, last);
	for (i = 0; i < ARRAY_SIZE(no_actions); i++) {
		ASSERT_EQ(0, on(first, CB_SIGNAL, RESUME | no_actions[i], 1));
		ASSERT_EQ(0, kill(self->pid, SIGUSR1));
		ASSERT_TRUE(see_value(last, CB(SIGNAL), SIGUSR1));
		EXPECT_EQ(RESUME | SIGNAL_DELIVER, ev.action);
		EXPECT_TRUE(until(RESULT, i + 1));

		/* What an engine before it said stands. */
		ASSERT_EQ(0, on(first, CB_SIGNAL, RESUME | SIGNAL_IGN, 1));
		ASSERT_EQ(0, on(last, CB_SIGNAL, RESUME | no_actions[i], 1));
		ASSERT_EQ(0, kill(self->pid, SIGUSR1));
		ASSERT_TRUE(see_value(last, CB(SIGNAL), SIGUSR1));
		EXPECT_EQ(RESUME | SIGNAL_IGN, ev.action);
		EXPECT_TRUE(spins());
		EXPECT_EQ(i + 1, shared[RESULT]);
	}
}

TEST_F(signal, garbage_about_a_fatal_signal_does_not_save_from_it)
{
	unsigned int i;
	pid_t pid;
	int h;

	for (i = 0; i < ARRAY_SIZE(no_actions); i++) {
		pid = start(child_handlers);
		h = attach(pid, EVENT(SIGNAL_TERM));
		ASSERT_LT(0, h);
		ASSERT_EQ(0, on(h, CB_SIGNAL, RESUME | no_actions[i], 0));
		EXPECT_NE(-1, killed_by(pid, SIGTERM));
	}
}

TEST_F(signal, garbage_about_a_signal_leaves_it_on_the_queue_or_not)
{
	int other = attach(self->pid, EVENT(SIGNAL));

	ASSERT_LT(0, other);
	set_events(self->h, EVENT(SIGNAL));
	ASSERT_EQ(0, on(self->h, CB_SIGNAL, RESUME | SIGNAL_IGN | SIGNAL_HOLD,
			1));
	ASSERT_EQ(0, on(other, CB_SIGNAL, RESUME | no_actions[0], 1));
	ASSERT_EQ(0, kill(self->pid, SIGUSR1));
	ASSERT_TRUE(until(RESULT, 1));
	EXPECT_EQ(2, count(self->h, CB(SIGNAL)));

	ASSERT_EQ(0, on(other, CB_SIGNAL,
			RESUME | no_actions[0] | SIGNAL_HOLD, 1));
	ASSERT_EQ(0, kill(self->pid, SIGUSR1));
	ASSERT_TRUE(until(RESULT, 2));
	EXPECT_EQ(3, count(self->h, CB(SIGNAL)));
}

TEST_F(signal, rule7_action_term)
{
	int status = killed_by_verdict(SIGNAL_TERM);

	ASSERT_NE(-1, status);
	EXPECT_FALSE(WCOREDUMP(status));
}

TEST_F(signal, rule7_action_core)
{
	int status = killed_by_verdict(SIGNAL_CORE);

	ASSERT_NE(-1, status);
	if (!dumps_core())
		SKIP(return, "a process that may dump core does not");
	EXPECT_TRUE(WCOREDUMP(status));
}

TEST_F(signal, rule7_action_stop)
{
	int status;

	set_events(self->h, EVENT(SIGNAL));
	ASSERT_EQ(0, on(self->h, CB_SIGNAL, RESUME | SIGNAL_STOP, 1));
	ASSERT_EQ(0, kill(self->pid, SIGUSR1));
	ASSERT_EQ(self->pid, waitpid(self->pid, &status, WUNTRACED));
	EXPECT_TRUE(WIFSTOPPED(status));
	EXPECT_EQ(SIGUSR1, WSTOPSIG(status));
	EXPECT_EQ('T', state_of(self->pid));
	ASSERT_EQ(0, kill(self->pid, SIGCONT));
	EXPECT_TRUE(spins());
	EXPECT_EQ(0, shared[RESULT]);
}

TEST_F(signal, rule7_action_deliver_runs_the_handler)
{
	set_events(self->h, EVENT(SIGNAL));
	ASSERT_EQ(0, on(self->h, CB_SIGNAL, RESUME | SIGNAL_DELIVER, 0));
	ASSERT_EQ(0, kill(self->pid, SIGUSR1));
	EXPECT_TRUE(until(RESULT, 1));
}

static void other_handler(int sig)
{
	shared[WORD] = 42;
}

TEST_F(signal, rule7_return_ka_decides_what_deliver_does)
{
	int other = attach(self->pid, EVENT(SIGNAL));

	ASSERT_LT(0, other);
	set_events(self->h, EVENT(SIGNAL));
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = self->h, .callback = CB_SIGNAL, .times = 1,
		.effects = UTEST_HANDLER, .handler = (long)other_handler,
	}));
	ASSERT_EQ(0, kill(self->pid, SIGUSR1));
	EXPECT_TRUE(until(WORD, 42));
	EXPECT_TRUE(spins());
	EXPECT_EQ(0, shared[RESULT]);
	/* The second sees what the first set, and what was there before. */
	ASSERT_TRUE(see(other, CB(SIGNAL)));
	EXPECT_EQ((unsigned long)handler, ev.values[2]);
	EXPECT_EQ((unsigned long)other_handler, ev.values[3]);
	/* The task's own table of handlers is as it was. */
	ASSERT_EQ(0, kill(self->pid, SIGUSR1));
	EXPECT_TRUE(until(RESULT, 1));
}

TEST_F(signal, rule7_hold_pushes_the_signal_back)
{
	set_events(self->h, EVENT(SIGNAL));
	ASSERT_EQ(0, on(self->h, CB_SIGNAL, RESUME | SIGNAL_IGN | SIGNAL_HOLD,
			3));
	ASSERT_EQ(0, kill(self->pid, SIGUSR1));
	EXPECT_TRUE(until(RESULT, 1));
	EXPECT_EQ(4, count_value(self->h, CB(SIGNAL), SIGUSR1));
	EXPECT_TRUE(spins());
	EXPECT_EQ(1, shared[RESULT]);
}

TEST_F(signal, rule7_hold_with_another_signal_in_its_place)
{
	int other = attach(self->pid, EVENT(SIGNAL));

	ASSERT_LT(0, other);
	set_events(self->h, EVENT(SIGNAL));
	/* Seen by the next engine. */
	ASSERT_EQ(0, on_value(self->h, CB_SIGNAL, SIGUSR1,
			      RESUME | SIGNAL_IGN | SIGNAL_HOLD, 1));
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = other, .callback = CB_SIGNAL, .times = 1,
		.effects = UTEST_RETURN,
		.ret = RESUME | SIGNAL_IGN | SIGNAL_HOLD,
	}));
	ASSERT_EQ(0, kill(self->pid, SIGUSR1));
	EXPECT_TRUE(until(RESULT, 1));
	ASSERT_TRUE(see(other, CB(SIGNAL)));
	EXPECT_EQ(SIGNAL_HOLD, ev.action & SIGNAL_HOLD);
	EXPECT_EQ(SIGNAL_IGN, ev.action & SIGNAL_MASK);
}

TEST_F(signal, rule7_inject)
{
	set_events(self->h, EVENT(QUIESCE) | EVENT(SIGNAL));
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = self->h, .callback = CB_SIGNAL, .times = 1,
		.cond = UTEST_IF_ACTION, .action_mask = SIGNAL_MASK,
		.action = SIGNAL_REPORT,
		.effects = UTEST_INFO | UTEST_RETURN, .signo = SIGUSR2,
		.ret = RESUME | SIGNAL_DELIVER,
	}));
	ASSERT_EQ(0, control(self->h, INTERRUPT));
	EXPECT_TRUE(until(RESULT, 1));
	EXPECT_EQ(SIGUSR2, shared[RESULT3]);
	ASSERT_TRUE(see(self->h, CB(SIGNAL)));
	/* There was no signal to begin with. */
	EXPECT_EQ(-1, (long)ev.values[2]);
}

TEST_F(signal, rule7_inject_a_fatal_signal)
{
	set_events(self->h, EVENT(QUIESCE));
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = self->h, .callback = CB_SIGNAL, .times = 1,
		.effects = UTEST_INFO | UTEST_RETURN, .signo = SIGPIPE,
		.ret = RESUME | SIGNAL_TERM,
	}));
	ASSERT_EQ(0, control(self->h, INTERRUPT));
	EXPECT_TRUE(dies_of(self->pid, SIGPIPE));
}

TEST_F(signal, deliver_of_what_is_no_signal_is_dropped)
{
	set_events(self->h, EVENT(SIGNAL));
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = self->h, .callback = CB_SIGNAL, .times = 1,
		.effects = UTEST_INFO | UTEST_RETURN, .signo = 200,
		.ret = RESUME | SIGNAL_DELIVER,
	}));
	ASSERT_EQ(0, kill(self->pid, SIGUSR1));
	ASSERT_TRUE(see(self->h, CB(SIGNAL)));
	EXPECT_TRUE(spins());
	EXPECT_EQ(0, shared[RESULT]);
	/* And nothing else has changed for it. */
	ASSERT_EQ(0, kill(self->pid, SIGUSR2));
	EXPECT_TRUE(until(RESULT, 1));
	EXPECT_EQ(SIGUSR2, shared[RESULT3]);
}

TEST_F(signal, report_returned_unchanged_means_no_signal)
{
	set_events(self->h, EVENT(QUIESCE) | EVENT_SIGNAL_ALL);
	ASSERT_EQ(0, on_action(self->h, SIGNAL_REPORT, RESUME | SIGNAL_REPORT,
			       0));
	ASSERT_EQ(0, control(self->h, INTERRUPT));
	ASSERT_TRUE(see(self->h, CB(SIGNAL)));
	EXPECT_EQ(SIGNAL_REPORT, ev.action & SIGNAL_MASK);
	EXPECT_EQ(-1, (long)ev.values[2]);
	EXPECT_TRUE(spins());
	EXPECT_EQ(0, shared[RESULT]);
}

TEST_F(signal, info_is_kept_over_a_stop)
{
	set_events(self->h, EVENT(QUIESCE) | EVENT(SIGNAL));
	ASSERT_EQ(0, on_value(self->h, CB_SIGNAL, SIGUSR1, STOP | SIGNAL_IGN,
			      1));
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = self->h, .callback = CB_SIGNAL, .times = 1,
		.cond = UTEST_IF_ACTION, .action_mask = SIGNAL_MASK,
		.action = SIGNAL_REPORT, .effects = UTEST_RETURN |
		UTEST_HANDLER, .handler = (long)handler,
		.ret = RESUME | SIGNAL_DELIVER,
	}));
	ASSERT_EQ(0, kill(self->pid, SIGUSR1));
	ASSERT_EQ(0, wait_held(self->h));
	EXPECT_EQ(0, shared[RESULT]);
	EXPECT_EQ(0, control(self->h, INTERRUPT));
	EXPECT_TRUE(until(RESULT, 1));
	EXPECT_EQ(SIGUSR1, shared[RESULT3]);
	ASSERT_TRUE(see_value(self->h, CB(SIGNAL), SIGUSR1));
	ASSERT_TRUE(see(self->h, CB(SIGNAL)));
	EXPECT_EQ(SIGNAL_REPORT, ev.action & SIGNAL_MASK);
	EXPECT_EQ(SIGUSR1, ev.values[0]);
	EXPECT_EQ(getpid(), ev.values[4]);
}

/* Whoever has nothing to say about it then leaves it at that. */
TEST_F(signal, verdict_of_before_a_stop_stands)
{
	set_events(self->h, EVENT(QUIESCE) | EVENT(SIGNAL));
	ASSERT_EQ(0, on_value(self->h, CB_SIGNAL, SIGUSR1,
			      STOP | STOP_HERE | SIGNAL_DELIVER, 1));
	ASSERT_EQ(0, on_action(self->h, SIGNAL_REPORT, RESUME | SIGNAL_REPORT,
			       0));
	ASSERT_EQ(0, kill(self->pid, SIGUSR1));
	ASSERT_EQ(0, wait_held(self->h));
	EXPECT_EQ(0, shared[RESULT]);
	EXPECT_EQ(0, control(self->h, REPORT));
	EXPECT_TRUE(until(RESULT, 1));
	EXPECT_EQ(SIGUSR1, shared[RESULT3]);
}

/* As it does where whoever asked for the report is not there to hear it. */
TEST_F(signal, verdict_of_before_a_stop_outlives_its_engine)
{
	int other = attach(self->pid, 0);

	ASSERT_LT(0, other);
	set_events(self->h, EVENT(QUIESCE) | EVENT(SIGNAL));
	ASSERT_EQ(0, on_value(self->h, CB_SIGNAL, SIGUSR1,
			      STOP | STOP_HERE | SIGNAL_DELIVER, 1));
	ASSERT_EQ(0, kill(self->pid, SIGUSR1));
	ASSERT_EQ(0, wait_held(self->h));
	EXPECT_EQ(0, control(other, STOP));
	EXPECT_EQ(0, control(self->h, REPORT));
	EXPECT_EQ(0, control(self->h, DETACH));
	EXPECT_EQ(0, shared[RESULT]);
	EXPECT_EQ(0, control(other, RESUME));
	EXPECT_TRUE(until(RESULT, 1));
	EXPECT_EQ(SIGUSR1, shared[RESULT3]);
}

/* There may be as many stops before a signal acts as engines want. */
TEST_F(signal, stop_in_the_report_about_a_signal)
{
	set_events(self->h, EVENT(QUIESCE) | EVENT(SIGNAL));
	ASSERT_EQ(0, on_value(self->h, CB_SIGNAL, SIGUSR1,
			      STOP | STOP_HERE | SIGNAL_DELIVER, 3));
	ASSERT_EQ(0, kill(self->pid, SIGUSR1));
	ASSERT_EQ(0, wait_held(self->h));
	ASSERT_TRUE(see_value(self->h, CB(SIGNAL), SIGUSR1));
	EXPECT_EQ(0, control(self->h, REPORT));
	ASSERT_TRUE(see_value(self->h, CB(SIGNAL), SIGUSR1));
	EXPECT_EQ(SIGNAL_REPORT, ev.action & SIGNAL_MASK);
	ASSERT_EQ(0, wait_held(self->h));
	EXPECT_EQ(0, control(self->h, INTERRUPT));
	ASSERT_TRUE(see_value(self->h, CB(SIGNAL), SIGUSR1));
	EXPECT_EQ(SIGNAL_REPORT, ev.action & SIGNAL_MASK);
	ASSERT_EQ(0, wait_held(self->h));
	EXPECT_EQ(0, shared[RESULT]);
	EXPECT_EQ(0, control(self->h, RESUME));
	EXPECT_TRUE(until(RESULT, 1));
	EXPECT_EQ(SIGUSR1, shared[RESULT3]);
}

/* And SIGKILL ends each of them; nothing becomes of the signal then. */
TEST_F(signal, rule4_sigkill_in_the_second_stop_for_a_signal)
{
	set_events(self->h, EVENT(QUIESCE) | EVENT(SIGNAL));
	ASSERT_EQ(0, on_value(self->h, CB_SIGNAL, SIGUSR1,
			      STOP | STOP_HERE | SIGNAL_DELIVER, 2));
	ASSERT_EQ(0, kill(self->pid, SIGUSR1));
	ASSERT_EQ(0, wait_held(self->h));
	ASSERT_TRUE(see_value(self->h, CB(SIGNAL), SIGUSR1));
	EXPECT_EQ(0, control(self->h, REPORT));
	ASSERT_TRUE(see_value(self->h, CB(SIGNAL), SIGUSR1));
	ASSERT_EQ(0, wait_held(self->h));
	EXPECT_TRUE(can_be_killed(self->pid));
	EXPECT_EQ(0, shared[RESULT]);
}

TEST_F(signal, second_engine_sees_the_choice_of_the_first)
{
	int other = attach(self->pid, EVENT(SIGNAL));

	ASSERT_LT(0, other);
	set_events(self->h, EVENT(SIGNAL));
	ASSERT_EQ(0, on(self->h, CB_SIGNAL, REPORT | SIGNAL_IGN, 1));
	ASSERT_EQ(0, on(other, CB_SIGNAL, RESUME | SIGNAL_DELIVER, 1));
	ASSERT_EQ(0, kill(self->pid, SIGUSR1));
	ASSERT_TRUE(see(other, CB(SIGNAL)));
	EXPECT_EQ(SIGNAL_IGN, ev.action & SIGNAL_MASK);
	EXPECT_EQ(REPORT, ev.action & 0xf);
	/* The last word on the signal is the second engine's. */
	EXPECT_TRUE(until(RESULT, 1));
}

TEST_F(signal, rule7_job_control_default_acts_on_the_final_choice)
{
	set_events(self->h, EVENT(SIGNAL_STOP));
	ASSERT_EQ(0, on(self->h, CB_SIGNAL, RESUME | SIGNAL_IGN, 1));
	ASSERT_EQ(0, kill(self->pid, SIGSTOP));
	ASSERT_TRUE(see_value(self->h, CB(SIGNAL), SIGSTOP));
	EXPECT_TRUE(spins());
	EXPECT_EQ(0, waitpid(self->pid, NULL, WNOHANG | WUNTRACED));
	/* And not dropped: */
	ASSERT_EQ(0, kill(self->pid, SIGSTOP));
	ASSERT_TRUE(wait_state(self->pid, 'T'));
}

static void child_orphaned_group(void)
{
	/* A session of its own, so nobody could continue it. */
	setsid();
	child_handlers();
}

TEST_F(signal, tstp_does_nothing_in_an_orphaned_process_group)
{
	pid_t pid = start_instead(self->pid, child_orphaned_group);
	int h = attach(pid, EVENT(SIGNAL));

	ASSERT_LT(0, h);
	ASSERT_EQ(0, on(h, CB_SIGNAL, RESUME | SIGNAL_TSTP, 1));
	ASSERT_EQ(0, kill(pid, SIGUSR1));
	ASSERT_TRUE(see(h, CB(SIGNAL)));
	EXPECT_TRUE(spins());
	EXPECT_EQ(0, waitpid(pid, NULL, WNOHANG | WUNTRACED));
	ASSERT_EQ(0, on(h, CB_SIGNAL, RESUME | SIGNAL_STOP, 1));
	ASSERT_EQ(0, kill(pid, SIGUSR1));
	EXPECT_TRUE(wait_state(pid, 'T'));
}

static void child_sigcont_handler(void)
{
	catch_signal(SIGCONT, 0);
	child_handlers();
}

/* A signal that is held at a gate, and another that comes meanwhile. */
static int hold_and_send(struct __test_metadata *_metadata, pid_t pid,
			 __u64 event, int held, int sent)
{
	int h = attach(pid, event);

	ASSERT_LT(0, h);
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = h, .callback = CB_SIGNAL, .times = 1,
		.effects = UTEST_GATE | UTEST_RETURN,
		.ret = RESUME | SIGNAL_DELIVER | SIGNAL_HOLD,
	}));
	ASSERT_EQ(0, kill(pid, held));
	ASSERT_TRUE(see_begin(h, CB(SIGNAL)));
	EXPECT_EQ(held, ev.values[0]);
	ASSERT_EQ(0, kill(pid, sent));
	open_gate();
	return h;
}

TEST_F(signal, stop_signal_held_does_not_flush_a_newer_sigcont)
{
	pid_t pid = start_instead(self->pid, child_sigcont_handler);
	int h = hold_and_send(_metadata, pid, EVENT(SIGNAL_STOP), SIGTSTP,
			      SIGCONT);

	EXPECT_TRUE(until(RESULT3, SIGCONT));
	EXPECT_TRUE(spins());
	/* It would have been flushed itself. */
	EXPECT_EQ(1, count(h, CB(SIGNAL)));
	EXPECT_EQ('R', state_of(pid));
}

TEST_F(signal, sigcont_held_does_not_flush_a_newer_stop_signal)
{
	pid_t pid = start_instead(self->pid, child_sigcont_handler);
	int h = hold_and_send(_metadata, pid, EVENT(SIGNAL), SIGCONT, SIGSTOP);

	EXPECT_TRUE(stays(pid, 'T'));
	EXPECT_EQ(0, shared[RESULT3]);
	EXPECT_EQ(1, count(h, CB(SIGNAL)));
	ASSERT_EQ(0, kill(pid, SIGCONT));
	EXPECT_TRUE(until(RESULT3, SIGCONT));
}

TEST_F(signal, stop_signal_held_comes_again)
{
	pid_t pid = start_instead(self->pid, child_sigcont_handler);
	int h = hold_and_send(_metadata, pid, EVENT(SIGNAL_STOP), SIGTSTP,
			      SIGUSR1);

	ASSERT_TRUE(see_value(h, CB(SIGNAL), SIGTSTP));
	EXPECT_TRUE(wait_state(pid, 'T'));
	EXPECT_EQ(2, count_value(h, CB(SIGNAL), SIGTSTP));
}

static void child_three_handlers(void)
{
	catch_signal(SIGHUP, 0);
	child_handlers();
}

/*
 * The task comes to get_signal() for the stop, and there a report is due first
 * that ends in a handler: this must not be the end of it.
 */
TEST_F(signal, stop_asked_before_a_signal_is_injected)
{
	pid_t pid = start_instead(self->pid, child_three_handlers);
	int h = attach(pid, EVENT(SIGNAL)), injects, stops;

	ASSERT_LT(0, h);
	injects = attach(pid, EVENT(QUIESCE));
	stops = attach(pid, 0);
	ASSERT_LT(0, injects);
	ASSERT_LT(0, stops);
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = h, .callback = CB_SIGNAL, .times = 2,
		.effects = UTEST_GATE,
	}));
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = injects, .callback = CB_SIGNAL, .times = 1,
		.effects = UTEST_INFO | UTEST_RETURN, .signo = SIGHUP,
		.ret = RESUME | SIGNAL_DELIVER,
	}));
	ASSERT_EQ(0, kill(pid, SIGUSR1));
	ASSERT_TRUE(see_begin(h, CB(SIGNAL)));
	EXPECT_EQ(SIGUSR1, ev.values[0]);
	EXPECT_EQ(-EINPROGRESS, control(stops, STOP));
	ASSERT_EQ(0, kill(pid, SIGUSR2));
	open_gate();
	ASSERT_TRUE(see_begin(h, CB(SIGNAL)));
	EXPECT_EQ(SIGUSR2, ev.values[0]);
	EXPECT_EQ(0, control(injects, INTERRUPT));
	open_gate();
	ASSERT_TRUE(see(injects, CB(SIGNAL)));
	EXPECT_EQ(0, wait_held(stops));
	EXPECT_EQ(0, control(stops, RESUME));
	EXPECT_TRUE(until(RESULT, 3));
}

/* --- put back on the queue */

TEST_F(signal, stop_with_a_signal_that_is_put_back_comes_before_it)
{
	static const __u32 actions[] = {
		SIGNAL_DELIVER, SIGNAL_TERM, SIGNAL_STOP,
	};
	unsigned int i;

	set_events(self->h, EVENT(SIGNAL));
	for (i = 0; i < ARRAY_SIZE(actions); i++) {
		ASSERT_EQ(0, on(self->h, CB_SIGNAL,
				STOP | actions[i] | SIGNAL_HOLD, 1));
		ASSERT_EQ(0, kill(self->pid, SIGUSR1));
		ASSERT_EQ(0, wait_held(self->h));
		EXPECT_EQ(i, shared[RESULT]);
		EXPECT_EQ(0, control(self->h, RESUME));
		EXPECT_TRUE(until(RESULT, i + 1));
		EXPECT_EQ(2 * (i + 1), count(self->h, CB(SIGNAL)));
	}
}

TEST_F(signal, hold_loses_no_signal_where_no_more_may_be_queued)
{
	struct rlimit none = {};

	set_events(self->h, EVENT(SIGNAL_TERM));
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = self->h, .callback = CB_SIGNAL, .times = 1,
		.effects = UTEST_GATE | UTEST_RETURN,
		.ret = RESUME | SIGNAL_IGN | SIGNAL_HOLD,
	}));
	ASSERT_EQ(0, on(self->h, CB_SIGNAL, RESUME | SIGNAL_IGN, 1));
	ASSERT_EQ(0, sigqueue(self->pid, SIGRTMIN, (union sigval){}));
	ASSERT_TRUE(see_begin(self->h, CB(SIGNAL)));
	ASSERT_EQ(0, prlimit(self->pid, RLIMIT_SIGPENDING, &none, NULL));
	open_gate();
	EXPECT_EQ(2, count_to(self->h, CB(SIGNAL), 2));
	EXPECT_TRUE(spins());
}

/* It comes again and again, and who wants the task to stop is not called for it. */
TEST_F(signal, held_signal_does_not_keep_off_a_stop)
{
	int h = attach_how(self->pid, UTEST_QUIET, CREATE, UTEST_OPS_SECOND, 0,
			   EVENT(SIGNAL));

	ASSERT_LT(0, h);
	ASSERT_EQ(0, on(h, CB_SIGNAL, RESUME | SIGNAL_IGN | SIGNAL_HOLD, 0));
	ASSERT_EQ(0, kill(self->pid, SIGUSR1));
	while (counted(h, CB_SIGNAL) < 3)
		nap(1);
	EXPECT_EQ(-EINPROGRESS, control(self->h, STOP));
	ASSERT_EQ(0, wait_held(self->h));
	EXPECT_TRUE(stays(self->pid, 't'));
	EXPECT_EQ(0, control(h, DETACH));
	EXPECT_EQ(0, control(self->h, RESUME));
	EXPECT_TRUE(until(RESULT, 1));
}

/* --- handlers */

static void handler_reported(struct __test_metadata *_metadata, pid_t pid,
			     int h, int action)
{
	int other = attach(pid, EVENT(SIGNAL));

	ASSERT_LT(0, other);
	set_events(h, EVENT(QUIESCE) | EVENT(SIGNAL));
	ASSERT_EQ(0, on_value(h, CB_SIGNAL, SIGUSR1, action | SIGNAL_DELIVER,
			      1));
	ASSERT_EQ(0, kill(pid, SIGUSR1));
	ASSERT_TRUE(until(RESULT, 1));
	ASSERT_TRUE(see(h, CB(SIGNAL)));
	EXPECT_EQ(SIGNAL_DELIVER, ev.action & SIGNAL_MASK);
	ASSERT_TRUE(see(h, CB(SIGNAL)));
	EXPECT_EQ(SIGNAL_HANDLER, ev.action & SIGNAL_MASK);
	EXPECT_EQ(-1, (long)ev.values[2]);
	/* The frame is there: the next instruction is the handler's. */
	EXPECT_TRUE(begins_handler(ev.values[5], handler));
	/* In place of the report, not beside it. */
	EXPECT_TRUE(spins());
	EXPECT_EQ(2, count(h, CB(SIGNAL)));
}

TEST_F(signal, rule7_handler_reported_to_those_that_asked)
{
	handler_reported(_metadata, self->pid, self->h, REPORT);
}

TEST_F(signal, rule7_handler_reported_to_those_that_asked_to_interrupt)
{
	handler_reported(_metadata, self->pid, self->h, INTERRUPT);
}

TEST_F(signal, handler_report_does_not_deliver_the_signal_again)
{
	set_events(self->h, EVENT(QUIESCE) | EVENT(SIGNAL));
	ASSERT_EQ(0, on_value(self->h, CB_SIGNAL, SIGUSR1,
			      REPORT | SIGNAL_DELIVER, 1));
	ASSERT_EQ(0, on_action(self->h, SIGNAL_HANDLER,
			       RESUME | SIGNAL_DELIVER, 1));
	ASSERT_EQ(0, kill(self->pid, SIGUSR1));
	ASSERT_TRUE(until(RESULT, 1));
	ASSERT_TRUE(see(self->h, CB(SIGNAL)));
	ASSERT_TRUE(see(self->h, CB(SIGNAL)));
	EXPECT_EQ(SIGNAL_HANDLER, ev.action & SIGNAL_MASK);
	EXPECT_EQ(0, ev.values[0]);
	EXPECT_TRUE(spins());
	EXPECT_EQ(1, shared[RESULT]);
	EXPECT_EQ(2, count(self->h, CB(SIGNAL)));
}

TEST_F(signal, handler_not_reported_to_those_that_did_not_ask)
{
	set_events(self->h, EVENT(SIGNAL));
	ASSERT_EQ(0, kill(self->pid, SIGUSR1));
	ASSERT_TRUE(until(RESULT, 1));
	ASSERT_EQ(0, hold(self->h));
	EXPECT_EQ(1, count(self->h, CB(SIGNAL)));
}

TEST_F(signal, handler_returned_unchanged_means_no_signal)
{
	set_events(self->h, EVENT(QUIESCE) | EVENT_SIGNAL_ALL);
	ASSERT_EQ(0, on_value(self->h, CB_SIGNAL, SIGUSR1,
			      REPORT | SIGNAL_DELIVER, 1));
	ASSERT_EQ(0, on_action(self->h, SIGNAL_HANDLER,
			       RESUME | SIGNAL_HANDLER, 0));
	ASSERT_EQ(0, kill(self->pid, SIGUSR1));
	EXPECT_TRUE(until(RESULT, 1));
	EXPECT_TRUE(spins());
	EXPECT_EQ(1, shared[RESULT]);
}

TEST_F(signal, stop_at_the_first_instruction_of_a_handler)
{
	set_events(self->h, EVENT(QUIESCE) | EVENT(SIGNAL));
	ASSERT_EQ(0, on_value(self->h, CB_SIGNAL, SIGUSR1,
			      REPORT | SIGNAL_DELIVER, 1));
	ASSERT_EQ(0, on_action(self->h, SIGNAL_HANDLER,
			       STOP | SIGNAL_HANDLER, 1));
	ASSERT_EQ(0, kill(self->pid, SIGUSR1));
	ASSERT_EQ(0, wait_held(self->h));
	EXPECT_EQ(0, shared[RESULT3]);
	EXPECT_EQ(0, control(self->h, RESUME));
	EXPECT_TRUE(until(RESULT3, SIGUSR1));
}

/* --- faults */

/* Some machines only tell the page. */
#define NOT_MAPPED	0x1000

static void child_fault(void)
{
	wait_go();
	shared[WORD] = NOT_MAPPED;
	*(int *)shared[WORD] = 1;
}

TEST_F(signal, fault_is_held_before_it_kills)
{
	pid_t pid = start_instead(self->pid, child_fault);
	int h = attach(pid, EVENT(SIGNAL_CORE));
	struct utest_regs regs;
	char buf[64];

	ASSERT_LT(0, h);
	ASSERT_TRUE(done(set_events(h, EVENT(SIGNAL_CORE) | EVENT(QUIESCE))));
	ASSERT_EQ(0, on_action(h, SIGNAL_CORE, STOP | SIGNAL_IGN, 1));
	ASSERT_EQ(0, on_action(h, SIGNAL_REPORT, RESUME | SIGNAL_CORE, 1));
	go();
	ASSERT_EQ(0, wait_held(h));
	ASSERT_TRUE(see(h, CB(SIGNAL)));
	EXPECT_EQ(SIGSEGV, ev.values[0]);
	EXPECT_EQ(SEGV_MAPERR, (int)ev.values[1]);
	EXPECT_EQ(NOT_MAPPED, ev.values[4]);
	ASSERT_TRUE(read_regs(h, &regs));
	EXPECT_EQ(0, regs.finish);
	EXPECT_LT(0, read_proc(pid, "maps", buf, sizeof(buf)));
	EXPECT_EQ(0, waitpid(pid, NULL, WNOHANG));
	/* The signal is found where it was left. */
	EXPECT_EQ(0, control(h, INTERRUPT));
	EXPECT_TRUE(dies_of(pid, SIGSEGV));
	ASSERT_TRUE(see(h, CB(SIGNAL)));
	EXPECT_EQ(SIGSEGV, ev.values[0]);
	EXPECT_EQ(NOT_MAPPED, ev.values[4]);
}

TEST_F(signal, fault_is_held_in_place_before_it_kills)
{
	pid_t pid = start_instead(self->pid, child_fault);
	int h = attach(pid, EVENT(SIGNAL_CORE));
	char buf[64];

	ASSERT_LT(0, h);
	ASSERT_EQ(0, on(h, CB_SIGNAL, STOP | STOP_HERE | SIGNAL_CORE, 1));
	go();
	ASSERT_EQ(0, wait_held(h));
	EXPECT_LT(0, read_proc(pid, "maps", buf, sizeof(buf)));
	EXPECT_EQ(0, waitpid(pid, NULL, WNOHANG));
	EXPECT_EQ(0, control(h, RESUME));
	EXPECT_TRUE(dies_of(pid, SIGSEGV));
}

TEST_F(signal, fault_dropped_happens_again)
{
	pid_t pid = start_instead(self->pid, child_fault);
	int h = attach(pid, EVENT(SIGNAL_CORE));

	ASSERT_LT(0, h);
	ASSERT_EQ(0, on(h, CB_SIGNAL, RESUME | SIGNAL_IGN, 3));
	go();
	EXPECT_TRUE(dies_of(pid, SIGSEGV));
	EXPECT_EQ(4, count_value(h, CB(SIGNAL), SIGSEGV));
}

/* An init whose signal is not sent would fault for ever. */
TEST_F(signal, init_dies_of_a_fault_where_an_engine_looks_on)
{
	pid_t pid = start_init(child_fault);
	int h;

	ASSERT_LT(0, pid);
	h = attach(pid, EVENT(SIGNAL_CORE) | EVENT(SIGNAL_TERM) |
			EVENT(SIGNAL_IGN));
	ASSERT_LT(0, h);
	go();
	EXPECT_TRUE(dies_of(pid, SIGSEGV));
	EXPECT_EQ(1, count(h, CB(SIGNAL)));
	ASSERT_TRUE(see(h, CB(SIGNAL)));
	EXPECT_EQ(SIGNAL_CORE, ev.action & SIGNAL_MASK);
}

/* --- fatal signals */

TEST_F(signal, fatal_signal_is_reported_before_it_acts)
{
	set_events(self->h, EVENT(SIGNAL_TERM));
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = self->h, .callback = CB_SIGNAL, .times = 1,
		.effects = UTEST_GATE | UTEST_RETURN, .ret = RESUME | SIGNAL_IGN,
	}));
	ASSERT_EQ(0, kill(self->pid, SIGTERM));
	ASSERT_TRUE(see_begin(self->h, CB(SIGNAL)));
	EXPECT_EQ(0, waitpid(self->pid, NULL, WNOHANG));
	open_gate();
	EXPECT_TRUE(spins());
	set_events(self->h, 0);
	ASSERT_EQ(0, barrier(self->h));
	ASSERT_EQ(0, kill(self->pid, SIGTERM));
	EXPECT_TRUE(dies_of(self->pid, SIGTERM));
}

static void first_handler(int signo)
{
	shared[RESULT] = 1;
}

static void second_handler(int signo)
{
	shared[RESULT] = 2;
}

static void *handler_thread(void *arg)
{
	while (!shared[WORD])
		;
	signal(SIGUSR1, second_handler);
	shared[WORD] = 2;
	return NULL;
}

static void child_one_shot(void)
{
	struct sigaction action = {
		.sa_handler = first_handler, .sa_flags = SA_RESETHAND,
	};
	pthread_t thread;

	sigaction(SIGUSR1, &action, NULL);
	pthread_create(&thread, NULL, handler_thread, NULL);
	wait_go();
	syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGUSR1);
	sigaction(SIGUSR1, NULL, &action);
	shared[RESULT2] = action.sa_handler == second_handler;
	_exit(0);
}

/* The first one runs, and is not there any more to be reset. */
TEST_F(signal, one_shot_handler_that_was_replaced_during_a_stop)
{
	pid_t pid = start_instead(self->pid, child_one_shot);
	int h = attach(pid, EVENT(QUIESCE) | EVENT(SIGNAL));

	ASSERT_LT(0, h);
	ASSERT_EQ(0, on_value(h, CB_SIGNAL, SIGUSR1,
			      STOP | STOP_HERE | SIGNAL_DELIVER, 1));
	go();
	ASSERT_EQ(0, wait_held(h));
	shared[WORD] = 1;
	ASSERT_TRUE(until(WORD, 2));
	EXPECT_EQ(0, control(h, RESUME));
	EXPECT_TRUE(exits_with(pid, 0));
	EXPECT_EQ(1, shared[RESULT]);
	EXPECT_EQ(1, shared[RESULT2]);
}

static void *spinning_thread(void *arg)
{
	shared[RESULT2] = syscall(SYS_gettid);
	for (;;)
		shared[COUNT]++;
	return NULL;
}

static void child_threads(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, spinning_thread, NULL);
	while (!shared[RESULT2])
		;
	child_handlers();
}

static void fatal_to_a_group(struct __test_metadata *_metadata, pid_t alone,
			     __u64 events)
{
	pid_t pid = start_instead(alone, child_threads);
	int h = attach(pid, events), h2 = attach(shared[RESULT2], events);

	ASSERT_LT(0, h);
	ASSERT_LT(0, h2);
	ASSERT_EQ(0, on(h, CB_SIGNAL, RESUME | SIGNAL_IGN, 1));
	ASSERT_EQ(0, on(h2, CB_SIGNAL, RESUME | SIGNAL_IGN, 1));
	ASSERT_EQ(0, kill(pid, SIGTERM));
	ASSERT_TRUE(see_value(0, CB(SIGNAL), SIGTERM));
	nap(20);
	EXPECT_EQ(1, count_value(h, CB(SIGNAL), SIGTERM) +
		  count_value(h2, CB(SIGNAL), SIGTERM));
	EXPECT_TRUE(spins());
}

TEST_F(signal, fatal_signal_to_a_group_is_reported_in_the_traced_thread)
{
	fatal_to_a_group(_metadata, self->pid, EVENT(SIGNAL_TERM));
}

/* Without a callback for group stops it does not stand in for job control. */
TEST_F(signal, group_stop_in_the_mask_alone_hides_no_fatal_signal)
{
	fatal_to_a_group(_metadata, self->pid,
			 EVENT(SIGNAL_TERM) | EVENT(GROUP_STOP));
}

static void child_stops_itself(void)
{
	wait_go();
	kill(1, SIGURG);
	kill(1, SIGSTOP);
	_exit(3);
}

/* SIGSTOP from its own namespace does nothing to init. */
TEST_F(signal, init_does_not_stop_where_ignored_signals_are_asked_for)
{
	pid_t pid = start_init(child_stops_itself);
	int h;

	ASSERT_LT(0, pid);
	h = attach(pid, EVENT(SIGNAL_IGN));
	ASSERT_LT(0, h);
	go();
	ASSERT_TRUE(exits_with(pid, 3));
	EXPECT_EQ(1, count(h, CB(SIGNAL)));
	EXPECT_EQ(1, count_value(h, CB(SIGNAL), SIGURG));
}

TEST_F(signal, init_does_not_stop_where_stop_signals_are_asked_for)
{
	pid_t pid = start_init(child_stops_itself);
	int h;

	ASSERT_LT(0, pid);
	h = attach(pid, EVENT(SIGNAL_STOP));
	ASSERT_LT(0, h);
	go();
	EXPECT_TRUE(exits_with(pid, 3));
	EXPECT_EQ(0, count(h, CB(SIGNAL)));
}
