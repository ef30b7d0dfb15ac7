// SPDX-License-Identifier: GPL-2.0-only
/* utrace_attach_task() and _pid(): what they find, make and refuse. */
#include "utrace_failslab.h"

FIXTURE(attach) {
	pid_t pid;
};

FIXTURE_SETUP(attach)
{
	ASSERT_EQ(0, utest_open());
	self->pid = start_sleeper();
	ASSERT_LT(0, self->pid);
}

FIXTURE_TEARDOWN(attach)
{
	utest_close();
}

TEST_F(attach, enoent_without_create)
{
	EXPECT_EQ(-ENOENT, attach_as(self->pid, 0, UTEST_OPS_FIRST, 1, 0));
	EXPECT_EQ(-ENOENT, attach_as(self->pid, 0, UTEST_OPS_NONE, 0, 0));
	EXPECT_EQ(-ENOENT, attach_as(self->pid, MATCH_OPS, UTEST_OPS_FIRST,
				     0, 0));
}

TEST_F(attach, enoent_when_nothing_matches)
{
	ASSERT_LT(0, attach_as(self->pid, CREATE, UTEST_OPS_FIRST, 1, 0));
	EXPECT_EQ(-ENOENT, attach_as(self->pid, MATCH_OPS, UTEST_OPS_SECOND,
				     1, 0));
	EXPECT_EQ(-ENOENT, attach_as(self->pid, MATCH_DATA, UTEST_OPS_FIRST,
				     2, 0));
	EXPECT_EQ(-ENOENT, attach_as(self->pid, MATCH_OPS | MATCH_DATA,
				     UTEST_OPS_SECOND, 1, 0));
	EXPECT_EQ(-ENOENT, attach_as(self->pid, MATCH_OPS | MATCH_DATA,
				     UTEST_OPS_FIRST, 2, 0));
}

TEST_F(attach, enoent_after_detach)
{
	int h = attach_as(self->pid, CREATE, UTEST_OPS_FIRST, 1, 0);

	ASSERT_LT(0, h);
	EXPECT_EQ(h, attach_as(self->pid, 0, UTEST_OPS_FIRST, 1, 0));
	EXPECT_EQ(0, control(h, DETACH));
	EXPECT_EQ(-ENOENT, attach_as(self->pid, 0, UTEST_OPS_FIRST, 1, 0));
}

TEST_F(attach, lookup_finds_by_ops_and_data)
{
	int a = attach_as(self->pid, CREATE, UTEST_OPS_FIRST, 1, 0);
	int b = attach_as(self->pid, CREATE, UTEST_OPS_FIRST, 2, 0);
	int c = attach_as(self->pid, CREATE, UTEST_OPS_SECOND, 1, 0);
	int d = attach_as(self->pid, CREATE, UTEST_OPS_SECOND, 0, 0);

	ASSERT_LT(0, a);
	ASSERT_LT(0, b);
	ASSERT_LT(0, c);
	ASSERT_LT(0, d);
	EXPECT_EQ(a, attach_as(self->pid, 0, UTEST_OPS_SECOND, 2, 0));
	EXPECT_EQ(a, attach_as(self->pid, MATCH_OPS, UTEST_OPS_FIRST, 2, 0));
	EXPECT_EQ(c, attach_as(self->pid, MATCH_OPS, UTEST_OPS_SECOND, 2, 0));
	EXPECT_EQ(b, attach_as(self->pid, MATCH_DATA, UTEST_OPS_SECOND, 2, 0));
	EXPECT_EQ(d, attach_as(self->pid, MATCH_DATA, UTEST_OPS_FIRST, 0, 0));
	EXPECT_EQ(b, attach_as(self->pid, MATCH_OPS | MATCH_DATA,
			       UTEST_OPS_FIRST, 2, 0));
	EXPECT_EQ(c, attach_as(self->pid, MATCH_OPS | MATCH_DATA,
			       UTEST_OPS_SECOND, 1, 0));
}

TEST_F(attach, lookup_by_pid)
{
	int h = attach_how(self->pid, UTEST_BY_PID, CREATE, UTEST_OPS_FIRST,
			   1, 0);

	ASSERT_LT(0, h);
	EXPECT_EQ(h, attach_how(self->pid, UTEST_BY_PID, 0, UTEST_OPS_FIRST,
				1, 0));
	EXPECT_EQ(-ENOENT, attach_how(self->pid, UTEST_BY_PID, MATCH_OPS,
				      UTEST_OPS_SECOND, 1, 0));
}

TEST_F(attach, eexist_exclusive_without_match_flags)
{
	ASSERT_LT(0, attach_as(self->pid, CREATE | EXCLUSIVE, UTEST_OPS_FIRST,
			       1, 0));
	EXPECT_EQ(-EEXIST, attach_as(self->pid, CREATE | EXCLUSIVE,
				     UTEST_OPS_SECOND, 2, 0));
}

TEST_F(attach, eexist_exclusive_with_match_flags)
{
	ASSERT_LT(0, attach_as(self->pid, CREATE, UTEST_OPS_FIRST, 1, 0));
	EXPECT_EQ(-EEXIST, attach_as(self->pid, CREATE | EXCLUSIVE | MATCH_OPS,
				     UTEST_OPS_FIRST, 2, 0));
	EXPECT_EQ(-EEXIST, attach_as(self->pid, CREATE | EXCLUSIVE | MATCH_DATA,
				     UTEST_OPS_SECOND, 1, 0));
	EXPECT_EQ(-EEXIST, attach_as(self->pid, CREATE | EXCLUSIVE | MATCH_OPS |
				     MATCH_DATA, UTEST_OPS_FIRST, 1, 0));
}

TEST_F(attach, exclusive_creates_where_nothing_matches)
{
	ASSERT_LT(0, attach_as(self->pid, CREATE, UTEST_OPS_FIRST, 1, 0));
	EXPECT_LT(0, attach_as(self->pid, CREATE | EXCLUSIVE | MATCH_OPS,
			       UTEST_OPS_SECOND, 1, 0));
	EXPECT_LT(0, attach_as(self->pid, CREATE | EXCLUSIVE | MATCH_DATA,
			       UTEST_OPS_FIRST, 2, 0));
	EXPECT_LT(0, attach_as(self->pid, CREATE | EXCLUSIVE | MATCH_OPS |
			       MATCH_DATA, UTEST_OPS_SECOND, 2, 0));
}

TEST_F(attach, create_with_match_but_not_exclusive_makes_a_new_engine)
{
	int a = attach_as(self->pid, CREATE, UTEST_OPS_FIRST, 1, 0);
	int b = attach_as(self->pid, CREATE | MATCH_OPS | MATCH_DATA,
			  UTEST_OPS_FIRST, 1, 0);

	ASSERT_LT(0, a);
	ASSERT_LT(0, b);
	EXPECT_NE(a, b);
	/* It is a second one, behind the first. */
	EXPECT_EQ(a, attach_as(self->pid, MATCH_OPS, UTEST_OPS_FIRST, 0, 0));
	EXPECT_EQ(0, control(a, DETACH));
	EXPECT_EQ(b, attach_as(self->pid, MATCH_OPS, UTEST_OPS_FIRST, 0, 0));
}

TEST_F(attach, einval_create_without_ops)
{
	EXPECT_EQ(-EINVAL, attach_as(self->pid, CREATE, UTEST_OPS_NONE, 1, 0));
	EXPECT_EQ(-EINVAL, attach_as(self->pid, CREATE | EXCLUSIVE,
				     UTEST_OPS_NONE, 1, 0));
	EXPECT_EQ(-ENOENT, attach_as(self->pid, 0, UTEST_OPS_NONE, 0, 0));
}

TEST_F(attach, einval_unknown_flags)
{
	int bit, known = MATCH_OPS | MATCH_DATA | CREATE | EXCLUSIVE |
			 WORKER | NOFAIL;

	for (bit = 0; bit < 32; bit++) {
		if (known & (1u << bit))
			continue;
		EXPECT_EQ(-EINVAL, attach_as(self->pid, CREATE | (1u << bit),
					     UTEST_OPS_FIRST, 1, 0));
		EXPECT_EQ(-EINVAL, attach_as(self->pid, 1u << bit,
					     UTEST_OPS_FIRST, 1, 0));
	}
	EXPECT_EQ(-ENOENT, attach_as(self->pid, 0, UTEST_OPS_FIRST, 1, 0));
}

TEST_F(attach, nofail_attaches_as_without_it)
{
	int h = attach_as(self->pid, CREATE | NOFAIL, UTEST_OPS_FIRST, 1,
			  EVENT(QUIESCE));

	ASSERT_LT(0, h);
	EXPECT_EQ(0, control(h, REPORT));
	EXPECT_EQ(0, control(h, INTERRUPT));
	EXPECT_TRUE(see(h, CB(SIGNAL)));
	EXPECT_EQ(-EEXIST, attach_as(self->pid, CREATE | EXCLUSIVE | NOFAIL,
				     UTEST_OPS_FIRST, 1, 0));
}

TEST_F(attach, eperm_kernel_thread)
{
	char comm[32];

	ASSERT_LT(0, read_proc(2, "comm", comm, sizeof(comm)));
	ASSERT_STREQ("kthreadd\n", comm);
	EXPECT_EQ(-EPERM, attach(2, 0));
	EXPECT_EQ(-EPERM, attach_how(2, UTEST_BY_PID, CREATE, UTEST_OPS_FIRST,
				     0, 0));
}

TEST_F(attach, eperm_user_mode_helper)
{
	struct utest_helper helper;

	ASSERT_EQ(0, ioctl(dev, UTEST_IOC_HELPER, &helper));
	EXPECT_EQ(-EPERM, helper.attach);
}

static void child_exit(void)
{
	shared[READY] = 1;
	_exit(0);
}

TEST_F(attach, esrch_reaped)
{
	pid_t pid = start(child_exit);
	int nr;

	ASSERT_LT(0, pid);
	ASSERT_TRUE(wait_state(pid, 'Z'));
	nr = pin(pid);
	ASSERT_LE(0, nr);
	ASSERT_TRUE(exits_with(pid, 0));
	EXPECT_EQ(-ESRCH, attach_how(nr, UTEST_PINNED, CREATE, UTEST_OPS_FIRST,
				     1, 0));
	EXPECT_EQ(-ESRCH, attach_how(nr, UTEST_PINNED, 0, UTEST_OPS_FIRST,
				     1, 0));
	EXPECT_EQ(-ESRCH, attach_how(nr, UTEST_PINNED | UTEST_BY_PID, CREATE,
				     UTEST_OPS_FIRST, 1, 0));
}

TEST_F(attach, esrch_reaped_with_engine_before)
{
	int nr = pin(self->pid);
	int h = attach(self->pid, 0);

	ASSERT_LE(0, nr);
	ASSERT_LT(0, h);
	ASSERT_TRUE(can_be_killed(self->pid));
	EXPECT_EQ(-ESRCH, attach_how(nr, UTEST_PINNED, CREATE, UTEST_OPS_FIRST,
				     1, 0));
	EXPECT_EQ(-ESRCH, attach_how(nr, UTEST_PINNED, 0, UTEST_OPS_FIRST,
				     1, 0));
}

TEST_F(attach, esrch_while_being_reaped)
{
	int h = attach(self->pid, EVENT(REAP));

	ASSERT_LT(0, h);
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = h, .callback = CB_REAP, .effects = UTEST_DO,
		.do_what = UTEST_ATTACH_SELF,
		.do_attach = { .flags = CREATE, .ops = UTEST_OPS_SECOND },
	}));
	ASSERT_TRUE(can_be_killed(self->pid));
	ASSERT_TRUE(see(h, CB(REAP)));
	EXPECT_EQ(-ESRCH, ev.do_result);
	EXPECT_EQ(0, ev.do_handle);
}

#define FAIL_NTH	"/proc/thread-self/fail-nth"

FIXTURE(enomem) {
	pid_t pid;
	struct failslab before;
};

FIXTURE_VARIANT(enomem) {
	const char *mark;
	bool once;		/* a task gets it once, not with each engine */
};

FIXTURE_VARIANT_ADD(enomem, utrace) {
	.mark = "/sys/kernel/slab/utrace/failslab", .once = true,
};

FIXTURE_VARIANT_ADD(enomem, utrace_engine) {
	.mark = "/sys/kernel/slab/utrace_engine/failslab",
};

FIXTURE_SETUP(enomem)
{
	if (!failslab_save(&self->before))
		SKIP(return, "needs CONFIG_FAILSLAB, CONFIG_FAIL_PAGE_ALLOC and debugfs");
	/* No mark for a cache that others share. */
	if (access(FAIL_NTH, W_OK) || !write_file(variant->mark, "0"))
		SKIP(return, "needs a mark for the cache: slab_nomerge");
	ASSERT_EQ(0, utest_open());
	self->pid = start_sleeper();
	ASSERT_LT(0, self->pid);
}

/* In the parent, however the test ended. With its process went fail-nth. */
FIXTURE_TEARDOWN_PARENT(enomem)
{
	EXPECT_TRUE(write_file(variant->mark, "0"));
	EXPECT_TRUE(failslab_restore(&self->before));
}

static bool next_fails(void)
{
	return write_file(FAIL_NTH, "1");
}

static bool has_failed(void)
{
	char left[16];

	return read_file(FAIL_NTH, left, sizeof(left)) > 0 && !atoi(left);
}

TEST_F(enomem, leaves_nothing_behind)
{
	struct utest_task info;
	char engines[256];
	int h, h2;

	ASSERT_TRUE(failslab_set(FAIL_CACHES));
	ASSERT_TRUE(write_file(variant->mark, "1"));

	ASSERT_TRUE(next_fails());
	EXPECT_EQ(-ENOMEM, attach(self->pid, EVENT_ALL));
	ASSERT_TRUE(has_failed());
	ASSERT_TRUE(next_fails());
	EXPECT_EQ(-ENOMEM, attach_how(self->pid, UTEST_BY_PID, CREATE,
				      UTEST_OPS_FIRST, 0, EVENT_ALL));
	ASSERT_TRUE(has_failed());
	ASSERT_TRUE(task_info(self->pid, &info));
	EXPECT_EQ(0, info.utrace_flags);
	EXPECT_EQ(0, info.syscall_trace);
	EXPECT_EQ(0, read_proc(self->pid, "utrace", engines, sizeof(engines)));
	EXPECT_EQ(-ENOENT, attach_as(self->pid, 0, UTEST_OPS_FIRST, 0, 0));

	/* Later it works, and a task that has engines keeps these. */
	h = attach(self->pid, EVENT(QUIESCE));
	ASSERT_LT(0, h);
	ASSERT_TRUE(next_fails());
	h2 = attach_as(self->pid, CREATE, UTEST_OPS_SECOND, 0, 0);
	if (variant->once) {
		EXPECT_LT(0, h2);
		EXPECT_FALSE(has_failed());
		EXPECT_EQ(0, control(h2, DETACH));
	} else {
		EXPECT_EQ(-ENOMEM, h2);
		EXPECT_TRUE(has_failed());
	}
	EXPECT_EQ(-ENOENT, attach_as(self->pid, MATCH_OPS, UTEST_OPS_SECOND,
				     0, 0));
	EXPECT_EQ(h, attach_as(self->pid, 0, UTEST_OPS_FIRST, 0, 0));
	EXPECT_EQ(EVENT(QUIESCE), engine_flags(h) & EVENT_ALL);
	EXPECT_EQ(0, control(h, DETACH));
	EXPECT_EQ(-ENOENT, attach_as(self->pid, 0, UTEST_OPS_FIRST, 0, 0));
	utest_close();
}

/* It does without what would fail. */
TEST_F(enomem, not_with_nofail)
{
	ASSERT_TRUE(failslab_set(FAIL_CACHES));
	ASSERT_TRUE(write_file(variant->mark, "1"));
	ASSERT_TRUE(next_fails());
	EXPECT_LT(0, attach_as(self->pid, CREATE | NOFAIL, UTEST_OPS_FIRST, 0,
			       EVENT_ALL));
	EXPECT_FALSE(has_failed());
	utest_close();
}

static void child_getppid_loop(void)
{
	wait_go();
	while (shared[GO] == 1)
		syscall(SYS_getppid);
	_exit(0);
}

TEST_F(attach, new_engine_has_an_empty_mask)
{
	pid_t pid = start(child_getppid_loop);
	int h = attach(pid, 0);
	long i;

	ASSERT_LT(0, h);
	EXPECT_EQ(0, engine_flags(h) & EVENT_ALL);
	go();
	nap(50);
	for (i = 0; i < CB_COUNT; i++)
		EXPECT_EQ(0, counted(h, i));
	shared[GO] = 2;
	EXPECT_TRUE(exits_with(pid, 0));
	for (i = 0; i < CB_COUNT; i++)
		EXPECT_EQ(0, counted(h, i));
}

static void child_two_getppid(void)
{
	wait_go();
	syscall(SYS_getppid);
	syscall(SYS_getppid);
}

/*
 * The new engine comes last, so that it is the next one where the order is that of
 * attaching. Where it is turned round, at the entry to a call, nobody comes to it.
 */
static int attach_in_first(struct __test_metadata *_metadata, pid_t pid,
			   __u64 event, int callback, int cond, __u64 value)
{
	int h = attach(pid, event);

	ASSERT_LT(0, h);
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = h, .callback = callback, .times = 1,
		.cond = cond, .value = value,
		.effects = UTEST_DO, .do_what = UTEST_ATTACH_SELF,
		.do_attach = { .flags = CREATE, .ops = UTEST_OPS_SECOND,
			       .events = event },
	}));
	go();
	ASSERT_TRUE(exits_with(pid, 0));
	ASSERT_TRUE(find_event(h, 1u << callback, cond, value, PATIENCE * 1000));
	EXPECT_EQ(0, ev.do_result);
	ASSERT_LT(0, ev.do_handle);
	return h;
}

static void attach_in_callback(struct __test_metadata *_metadata,
			       void (*child)(void), __u64 event, int callback,
			       __u64 value)
{
	int h = attach_in_first(_metadata, start(child), event, callback,
				UTEST_IF_VALUE, value);
	int h2 = ev.do_handle;

	EXPECT_EQ(2, count_value(h, 1u << callback, value));
	EXPECT_EQ(1, count_value(h2, 1u << callback, value));
}

TEST_F(attach, engine_of_a_callback_does_not_see_its_event)
{
	attach_in_callback(_metadata, child_two_getppid, EVENT(SYSCALL_EXIT),
			   CB_SYSCALL_EXIT, SYS_getppid);
}

static void child_two_signals(void)
{
	catch_signal(SIGUSR1, 0);
	wait_go();
	raise(SIGUSR1);
	raise(SIGUSR1);
}

TEST_F(attach, engine_of_report_signal_does_not_see_its_signal)
{
	attach_in_callback(_metadata, child_two_signals, EVENT(SIGNAL),
			   CB_SIGNAL, SIGUSR1);
}

static void child_all_once(void)
{
	wait_go();
	if (!fork())
		_exit(0);
	wait(NULL);
	exec_self("0");
}

/* Events that a task has only once. */
static void attach_in_only(struct __test_metadata *_metadata, __u64 event,
			   int callback)
{
	int h = attach_in_first(_metadata, start(child_all_once), event,
				callback, 0, 0);
	int h2 = ev.do_handle;

	EXPECT_EQ(1, count(h, 1u << callback));
	EXPECT_EQ(0, count(h2, 1u << callback));
}

TEST_F(attach, engine_of_report_clone_does_not_see_its_clone)
{
	attach_in_only(_metadata, EVENT(CLONE), CB_CLONE);
}

TEST_F(attach, engine_of_report_exec_does_not_see_its_exec)
{
	attach_in_only(_metadata, EVENT(EXEC), CB_EXEC);
}

TEST_F(attach, engine_of_report_exit_does_not_see_its_exit)
{
	attach_in_only(_metadata, EVENT(EXIT), CB_EXIT);
}

TEST_F(attach, engine_of_quiesce_does_not_see_its_event)
{
	pid_t pid = start(child_two_getppid);
	int h = attach(pid, EVENT(SYSCALL_EXIT) | EVENT(QUIESCE)), h2;

	ASSERT_LT(0, h);
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = h, .callback = CB_QUIESCE, .times = 1,
		.cond = UTEST_IF_VALUE, .value = EVENT(SYSCALL_EXIT),
		.effects = UTEST_DO, .do_what = UTEST_ATTACH_SELF,
		.do_attach = { .flags = CREATE, .ops = UTEST_OPS_SECOND,
			       .events = EVENT(SYSCALL_EXIT) },
	}));
	go();
	ASSERT_TRUE(exits_with(pid, 0));
	ASSERT_TRUE(see_value(h, CB(QUIESCE), EVENT(SYSCALL_EXIT)));
	h2 = ev.do_handle;
	ASSERT_LT(0, h2);
	EXPECT_EQ(count_value(h, CB(SYSCALL_EXIT), SYS_getppid) - 1,
		  count_value(h2, CB(SYSCALL_EXIT), SYS_getppid));
}

TEST_F(attach, references_and_release)
{
	int h = attach_as(self->pid, CREATE, UTEST_OPS_FIRST, 77, 0);

	ASSERT_LT(0, h);
	EXPECT_EQ(0, call_how(h, 0, UTEST_GET_PUT, 0));
	EXPECT_EQ(0, control(h, DETACH));
	EXPECT_EQ(-ESRCH, barrier(h));
	EXPECT_EQ(0, call_how(h, 0, UTEST_GET_PUT, 0));
	/* Detached, callbacks over: now the last reference is the caller's. */
	EXPECT_EQ(0, count_value(0, CB(RELEASE), 77));
	EXPECT_EQ(0, call_how(h, 0, UTEST_PUT, 0));
	EXPECT_EQ(1, count_value(0, CB(RELEASE), 77));
	EXPECT_TRUE(see_value(0, CB(RELEASE), 77));
	/* In the context of the one who dropped it. */
	EXPECT_EQ(getpid(), ev.tid);
}

TEST_F(attach, release_waits_for_the_callers_reference_after_reap)
{
	int h = attach_as(self->pid, CREATE, UTEST_OPS_FIRST, 78, 0);

	ASSERT_LT(0, h);
	ASSERT_TRUE(can_be_killed(self->pid));
	EXPECT_EQ(0, count_value(0, CB(RELEASE), 78));
	EXPECT_EQ(-ESRCH, control(h, DETACH));
	EXPECT_EQ(0, call_how(h, 0, UTEST_PUT, 0));
	EXPECT_EQ(1, count_value(0, CB(RELEASE), 78));
}

/* The last reference goes in the middle of a round, and with it the next engine. */
TEST_F(attach, release_in_a_round_detaches_the_next_engine)
{
	static const int callbacks[] = { CB_SYSCALL_EXIT, CB_EXIT, CB_DEATH };
	__u64 events = EVENT(SYSCALL_EXIT) | EVENT(EXIT) | EVENT(DEATH);
	int i, h, next, last;
	pid_t pid;

	for (i = 0; i < 3; i++) {
		pid = start(child_two_getppid);
		h = attach_as(pid, CREATE, UTEST_OPS_FIRST, 80 + i, events);
		next = attach(pid, events);
		last = attach(pid, events);
		ASSERT_LT(0, h);
		ASSERT_LT(0, next);
		ASSERT_LT(0, last);
		ASSERT_EQ(0, rule((struct utest_rule){
			.handle = h, .callback = callbacks[i],
			.effects = UTEST_RETURN | UTEST_FORGET,
			.ret = DETACH, .do_handle = next,
		}));
		go();
		ASSERT_TRUE(exits_with(pid, 0));
		ASSERT_TRUE(see_value(0, CB(RELEASE), 80 + i));
		EXPECT_EQ(pid, ev.tid);
		EXPECT_EQ(0, ev.values[1]);
		EXPECT_EQ(0, count(next, 1u << callbacks[i]));
		/* The process can be seen to be dead before that. */
		EXPECT_EQ(1, count_to(last, CB(DEATH), 1));
	}
}

TEST_F(attach, zombie_can_be_attached_and_only_reap_asked_for)
{
	pid_t pid = start(child_exit);
	int h;

	ASSERT_TRUE(wait_state(pid, 'Z'));
	h = attach(pid, 0);
	ASSERT_LT(0, h);
	EXPECT_EQ(-EALREADY, set_events(h, EVENT(DEATH)));
	EXPECT_EQ(-EALREADY, set_events(h, EVENT(QUIESCE)));
	EXPECT_EQ(-EALREADY, set_events(h, EVENT(REAP) | EVENT(DEATH)));
	EXPECT_EQ(0, engine_flags(h) & EVENT_ALL);
	EXPECT_EQ(0, set_events(h, EVENT(REAP)));
	EXPECT_EQ(EVENT(REAP), engine_flags(h) & EVENT_ALL);
	EXPECT_TRUE(exits_with(pid, 0));
	EXPECT_EQ(1, count_to(h, CB(REAP), 1));
	EXPECT_EQ(1, count(h, ~0u));
	EXPECT_EQ(-ESRCH, control(h, RESUME));
}

TEST_F(attach, zombie_thread_group_leader)
{
	pid_t pid = start(child_exit);
	int h;

	ASSERT_TRUE(wait_state(pid, 'Z'));
	h = attach(pid, EVENT(REAP));
	ASSERT_LT(0, h);
	EXPECT_EQ(0, control(h, DETACH));
	EXPECT_TRUE(exits_with(pid, 0));
	EXPECT_EQ(0, count(h, CB(REAP)));
}

static void child_everything(void)
{
	pid_t pid;

	catch_signal(SIGUSR1, 0);
	wait_go();
	raise(SIGUSR1);
	raise(SIGURG);
	pid = vfork();
	if (pid == 0)
		_exit(4);
	if (waitpid(pid, NULL, 0) != pid)
		_exit(1);
	pid = fork();
	if (pid == 0)
		exec_self("5");
	if (waitpid(pid, NULL, 0) != pid)
		_exit(2);
	raise(SIGSTOP);
	exec_self("6");
}

TEST_F(attach, null_callbacks_are_harmless)
{
	pid_t pid = start(child_everything);
	int status;
	int h = attach_as(pid, CREATE, UTEST_OPS_NULL, 1, EVENT_ALL);
	int h2 = attach_as(pid, CREATE, UTEST_OPS_QUIESCE, 1, EVENT_ALL);

	ASSERT_LT(0, h);
	ASSERT_LT(0, h2);
	go();
	ASSERT_EQ(pid, waitpid(pid, &status, WUNTRACED));
	ASSERT_TRUE(WIFSTOPPED(status));
	kill(pid, SIGCONT);
	EXPECT_TRUE(exits_with(pid, 6));
	/* Exits and deaths of calls included, it saw all in quiesce. */
	EXPECT_LE(1, count_value(h2, CB(QUIESCE), EVENT(EXEC)));
	EXPECT_LE(2, count_value(h2, CB(QUIESCE), EVENT(CLONE)));
	EXPECT_EQ(1, count_value(h2, CB(QUIESCE), EVENT(EXIT)));
}

static void *spinning_thread(void *arg)
{
	shared[RESULT] = syscall(SYS_gettid);
	for (;;)
		shared[COUNT]++;
	return NULL;
}

static void child_with_thread(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, spinning_thread, NULL);
	while (!shared[RESULT])
		;
	child_sleep();
}

TEST_F(attach, engines_belong_to_one_thread)
{
	pid_t pid = start(child_with_thread);
	int h = attach(shared[RESULT], 0);

	ASSERT_LT(0, h);
	ASSERT_TRUE(wait_state(pid, 'S'));
	EXPECT_EQ(-ENOENT, attach_as(pid, 0, UTEST_OPS_FIRST, 0, 0));
	EXPECT_EQ(h, attach_as(shared[RESULT], 0, UTEST_OPS_FIRST, 0, 0));
	EXPECT_EQ(0, hold(h));
	EXPECT_TRUE(stays(shared[RESULT], 't'));
	EXPECT_EQ('S', state_of(pid));
}

TEST_F(attach, closing_the_device_detaches)
{
	pid_t pid = start(child_spin);
	int h, fd = dev;

	dev = open_device();
	ASSERT_LE(0, dev);
	h = attach(pid, 0);
	ASSERT_LT(0, h);
	ASSERT_EQ(0, hold(h));
	ASSERT_TRUE(stays(pid, 't'));
	close(dev);
	dev = fd;
	EXPECT_TRUE(spins());
	EXPECT_EQ(-ENOENT, attach_as(pid, 0, UTEST_OPS_FIRST, 0, 0));
}

/* Its callback is for the cleanup to wait for, and the engine is not dropped twice. */
TEST_F(attach, closing_the_device_waits_for_an_engine_that_is_forgotten)
{
	pid_t pid = start(child_two_getppid);
	int h, fd = dev;

	dev = open_device();
	ASSERT_LE(0, dev);
	h = attach_as(pid, CREATE, UTEST_OPS_FIRST, 1, EVENT(SYSCALL_EXIT));
	ASSERT_LT(0, h);
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = h, .callback = CB_SYSCALL_EXIT, .delay_ms = 100,
		.effects = UTEST_DELAY | UTEST_RETURN | UTEST_FORGET,
		.ret = DETACH,
	}));
	go();
	ASSERT_TRUE(see_begin(h, CB(SYSCALL_EXIT)));
	close(dev);
	dev = fd;
	EXPECT_TRUE(is_untouched(pid));
	EXPECT_TRUE(exits_with(pid, 0));
}
