// SPDX-License-Identifier: GPL-2.0-only
/* Much at once, and races that are lost one way or the other. */
#include <sys/ptrace.h>
#include "utrace_lib.h"

FIXTURE(stress) {
	char unused;
};

FIXTURE_SETUP(stress)
{
	ASSERT_EQ(0, utest_open());
}

FIXTURE_TEARDOWN(stress)
{
	utest_close();
}

#define TASKS	100

static void child_napping(void)
{
	/* The module's use count must not include this one. */
	close(dev);
	shared[READY]++;
	for (;;) {
		shared[COUNT]++;
		nap(300);
	}
}

static bool calls_back(int handle)
{
	double end = now() + PATIENCE;

	while (!counted(handle, CB_SYSCALL_ENTRY)) {
		if (now() > end)
			return false;
		nap(10);
	}
	return true;
}

/* So slow that a kernel with all its checkers keeps up under emulation. */
TEST_F_TIMEOUT(stress, module_unload_while_100_tasks_are_traced, 240)
{
	int h[TASKS], other, i;
	pid_t pids[TASKS];

	for (i = 0; i < TASKS; i++) {
		pids[i] = spawn(child_napping);
		ASSERT_LT(0, pids[i]);
		h[i] = attach_how(pids[i], UTEST_QUIET, CREATE, UTEST_OPS_FIRST,
				  i + 1, EVENT_ALL);
		ASSERT_LT(0, h[i]);
		/* A quarter of the time each of them is in a callback. */
		ASSERT_EQ(0, rule((struct utest_rule){
			.handle = h[i], .callback = CB_SYSCALL_ENTRY,
			.effects = UTEST_DELAY, .delay_ms = 100,
		}));
	}
	ASSERT_TRUE(until(READY, TASKS));
	for (i = 0; i < TASKS; i++)
		ASSERT_TRUE(calls_back(h[i]));
	/* Some more that are held. */
	for (i = 0; i < TASKS; i += 10) {
		other = attach_how(pids[i], UTEST_QUIET, CREATE,
				   UTEST_OPS_SECOND, 0, 0);
		ASSERT_LT(0, other);
		EXPECT_TRUE(done(control(other, STOP)));
	}
	EXPECT_TRUE(spins());
	/* Leave them attached, for the module's exit function. */
	ASSERT_EQ(0, ioctl(dev, UTEST_IOC_KEEP));
	close(dev);
	dev = -1;
	ASSERT_EQ(0, syscall(SYS_delete_module, UTEST_NAME, O_NONBLOCK));
	EXPECT_NE(0, access("/sys/module/" UTEST_NAME, F_OK));
	for (i = 0; i < TASKS; i++) {
		char buf[64];

		EXPECT_EQ(0, read_proc(pids[i], "utrace", buf, sizeof(buf)));
		EXPECT_NE('t', state_of(pids[i]));
		EXPECT_EQ(0, waitpid(pids[i], NULL, WNOHANG));
	}
	EXPECT_TRUE(spins());
	dev = open_device();
	ASSERT_LE(0, dev);
}

TEST_F_TIMEOUT(stress, module_in_use_cannot_be_unloaded, 240)
{
	EXPECT_EQ(-1, syscall(SYS_delete_module, UTEST_NAME, O_NONBLOCK));
	EXPECT_EQ(EWOULDBLOCK, errno);
}

#define ENGINES	64

static void child_one_call(void)
{
	wait_go();
	syscall(SYS_getppid);
	child_spin_on();
}

TEST_F_TIMEOUT(stress, sixty_four_engines_on_one_task, 240)
{
	pid_t pid = start(child_one_call);
	int h[ENGINES], i;

	ASSERT_LT(0, pid);
	for (i = 0; i < ENGINES; i++) {
		h[i] = attach(pid, EVENT_SYSCALL | EVENT(DEATH) | EVENT(REAP));
		ASSERT_LT(0, h[i]);
	}
	go();
	for (i = ENGINES - 1; i >= 0; i--) {
		ASSERT_TRUE(see_value(0, CB(SYSCALL_ENTRY), SYS_getppid));
		EXPECT_EQ(h[i], ev.handle);
	}
	for (i = 0; i < ENGINES; i++) {
		ASSERT_TRUE(see_value(0, CB(SYSCALL_EXIT), SYS_getppid));
		EXPECT_EQ(h[i], ev.handle);
	}
	/* All hold it, and the last one to let go lets it run. */
	for (i = 0; i < ENGINES; i++)
		control(h[i], STOP);
	ASSERT_EQ(0, wait_held(h[0]));
	for (i = 0; i < ENGINES - 1; i++)
		EXPECT_EQ(0, control(h[i], RESUME));
	EXPECT_TRUE(stays(pid, 't'));
	EXPECT_EQ(0, control(h[ENGINES - 1], RESUME));
	EXPECT_TRUE(spins());
	/* Every other one leaves, the others see the end. */
	for (i = 0; i < ENGINES; i += 2)
		EXPECT_TRUE(done(control(h[i], DETACH)));
	kill(pid, SIGKILL);
	EXPECT_NE(-1, reap(pid));
	for (i = 1; i < ENGINES; i += 2)
		EXPECT_EQ(1, count_to(h[i], CB(REAP), 1));
	for (i = 0; i < ENGINES; i += 2)
		EXPECT_EQ(0, count(h[i], CB(REAP)));
}

/* Are objects of other kinds in it, that come and go as they please? */
static bool cache_is_shared(const char *cache)
{
	char path[128], buf[16];

	snprintf(path, sizeof(path), "/sys/kernel/slab/%s/aliases", cache);
	return read_file(path, buf, sizeof(buf)) > 0 && atoi(buf);
}

/*
 * Not one may be lost. Free objects that a processor has set aside would count as used,
 * but shrinking the cache, before each count, takes them back; and what waits for a
 * grace period has been freed by then. What the target carries for engines it gets
 * with the first one, which comes before both counts.
 */
TEST_F_TIMEOUT(stress, ten_thousand_pairs_of_attach_and_detach, 240)
{
	static const char * const caches[] = { "utrace_engine", "utrace" };
	struct utest_pairs pairs = { .pairs = 1 };
	long before[2];
	int i;

	pairs.target = start(child_one_call);
	ASSERT_LT(0, pairs.target);
	ASSERT_EQ(0, ioctl(dev, UTEST_IOC_PAIRS, &pairs));
	for (i = 0; i < 2; i++) {
		before[i] = slab_objects(caches[i]);
		if (before[i] < 0)
			SKIP(return, "no /sys/kernel/slab/%s: needs CONFIG_SLUB_DEBUG",
			     caches[i]);
		if (cache_is_shared(caches[i]))
			SKIP(return, "others share the cache: slab_nomerge");
	}
	pairs.pairs = 10000;
	go();
	ASSERT_EQ(0, ioctl(dev, UTEST_IOC_PAIRS, &pairs));
	EXPECT_EQ(0, pairs.result);
	for (i = 0; i < 2; i++)
		EXPECT_GE(before[i], settled_objects(caches[i], before[i]));
}

static void child_exit(void)
{
	wait_go();
	_exit(3);
}

static pid_t race_target;

/*
 * Attach again and again until the task is gone. With one processor, it may have
 * so much time for that before the task runs that the log would overflow.
 */
static void attacher(void)
{
	int ret;

	shared[WORD] = 1;
	do {
		ret = attach(race_target, EVENT(REAP));
		if (ret > 0 && ++shared[RESULT] >= 4000)
			while (!kill(race_target, 0))
				nap(1);
	} while (ret > 0);
	shared[RESULT2] = ret;
	shared[WORD] = 2;
	nap(PATIENCE * 1000);
}

TEST_F_TIMEOUT(stress, attach_races_with_exit, 240)
{
	pid_t pid, helper;
	int i, result, won = 0;

	for (i = 0; i < 40; i++) {
		shared[RESULT] = 0;
		shared[WORD] = 0;
		/* With a log of its own that does not overflow. */
		close(dev);
		dev = open_device();
		ASSERT_LE(0, dev);
		pid = start(child_exit);
		race_target = pid;
		helper = spawn(attacher);
		ASSERT_LT(0, helper);
		ASSERT_TRUE(until(WORD, 1));
		go();
		ASSERT_TRUE(exits_with(pid, 3));
		ASSERT_TRUE(until(WORD, 2));
		result = shared[RESULT2];
		/* ENXIO: the module found no task of this number any more. */
		EXPECT_TRUE(result == -ESRCH || result == -ENXIO);
		/* Who got in and could ask for the reaping has heard of it. */
		EXPECT_EQ(shared[RESULT],
			  count_to(0, CB(REAP), shared[RESULT]));
		won += shared[RESULT];
		ASSERT_TRUE(can_be_killed(helper));
		nr_kids -= 2;
	}
	/* Tasks were traced while they exited. */
	EXPECT_LT(0, won);
}

/* Thread ids of the group, that of its leader first. */
#define GROUP		5
#define GROUP_TID	(WORD + 1)

static void *exec_thread(void *arg)
{
	shared[GROUP_TID + 1] = syscall(SYS_gettid);
	while (!shared[GO])
		;
	exec_self("6");
	return NULL;
}

static void *spin_thread(void *arg)
{
	shared[GROUP_TID + (long)arg] = syscall(SYS_gettid);
	for (;;)
		sched_yield();
	return NULL;
}

static void child_group(void)
{
	pthread_t thread;
	long i;

	shared[GROUP_TID] = getpid();
	pthread_create(&thread, NULL, exec_thread, NULL);
	for (i = 2; i < GROUP; i++)
		pthread_create(&thread, NULL, spin_thread, (void *)i);
	for (i = 0; i < GROUP; i++)
		while (!shared[GROUP_TID + i])
			;
	wait_go();
	for (;;)
		pause();
}

/* One that is on its way out is gone, or takes no new request. */
static bool lost_race(int ret)
{
	return ret == -ESRCH || ret == -ENXIO || ret == -EALREADY;
}

/* All of it has to end with the engine gone: 0, or what went wrong. */
static int detach_and_put(int h)
{
	int ret, err;

	/* EALREADY: report_death() is to come, or on its way. */
	do {
		ret = control(h, DETACH);
		err = barrier(h);
		if (err && err != -ESRCH)
			return err;
	} while (ret == -EALREADY);
	if (ret && ret != -EINPROGRESS && ret != -ESRCH)
		return ret;
	return call_how(h, 0, UTEST_PUT, 0);
}

/* An engine that asks for all, and goes. */
static int attach_and_detach(pid_t tid)
{
	int h = attach_how(tid, UTEST_QUIET, CREATE, UTEST_OPS_FIRST, 0, EVENT_ALL);

	if (h <= 0)
		return lost_race(h) ? 0 : h;
	return detach_and_put(h);
}

/* So many engines of one round stay, or the group would not come to its end. */
#define STAY	200

/* And one that stays until the end of the thread. */
static int attach_and_stay(int thread)
{
	int h = attach(shared[GROUP_TID + thread], EVENT(REAP));

	/* A dying task may still be asked for this. */
	if (h <= 0)
		return h == -ESRCH || h == -ENXIO ? 0 : h;
	shared[RESULT]++;
	/* Only exec can end this one, so it was not over when we began. */
	if (thread)
		shared[RESULT2]++;
	return 0;
}

/* Engines on all threads of a group, again and again; and some stay after go(). */
static void group_attacher(void)
{
	int i, ret = 0;
	bool stay;

	shared[WORD] = 1;
	while (shared[WORD] == 1 && !ret) {
		for (i = 0; i < GROUP && !ret; i++) {
			stay = shared[GO] && shared[RESULT] < STAY;
			ret = attach_and_detach(shared[GROUP_TID + i]);
			if (stay && !ret)
				ret = attach_and_stay(i);
		}
	}
	shared[RESULT3] = ret;
	until(WORD, 2);
	shared[WORD] = 3;
	nap(PATIENCE * 1000);
}

TEST_F_TIMEOUT(stress, attach_races_with_exec_in_a_threaded_group, 240)
{
	pid_t pid, helper;
	int i, j, won = 0;

	for (i = 0; i < 20; i++) {
		for (j = RESULT; j < GROUP_TID + GROUP; j++)
			shared[j] = 0;
		/* With a log of its own, as above. */
		close(dev);
		dev = open_device();
		ASSERT_LE(0, dev);
		pid = start(child_group);
		ASSERT_LT(0, pid);
		helper = spawn(group_attacher);
		ASSERT_LT(0, helper);
		ASSERT_TRUE(until(WORD, 1));
		nap(5);
		go();
		EXPECT_TRUE(exits_with(pid, 6));
		shared[WORD] = 2;
		ASSERT_TRUE(until(WORD, 3));
		EXPECT_EQ(0, shared[RESULT3]);
		EXPECT_EQ(shared[RESULT],
			  count_to(0, CB(REAP), shared[RESULT]));
		won += shared[RESULT2];
		EXPECT_TRUE(can_be_killed(helper));
		nr_kids -= 2;
	}
	/* The group was traced while it went through exec. */
	EXPECT_LT(0, won);
}

#define TRACEES	16

static int tracees_group;

static void child_waits(void)
{
	for (;;)
		pause();
}

/* Traces so many of one process group, and dies when it is told to. */
static void tracer_that_dies(void)
{
	pid_t pids[TRACEES];
	int i;

	for (i = 0; i < TRACEES; i++) {
		pids[i] = fork();
		if (!pids[i])
			child_waits();
		setpgid(pids[i], tracees_group ?: pids[0]);
		tracees_group = pids[0];
		if (ptrace(PTRACE_SEIZE, pids[i], 0, 0))
			_exit(1);
	}
	shared[RESULT] = tracees_group;
	shared[READY] = 1;
	while (!shared[GO])
		continue;
	_exit(0);
}

static int reap_group(pid_t pgrp)
{
	int number = 0;

	while (waitpid(-pgrp, NULL, 0) > 0)
		number++;
	return number;
}

/*
 * The group stops while the tracer lets go of its members, so that each of them has
 * its stop before that, after it, or in the middle of it.
 */
TEST_F_TIMEOUT(stress, tracer_dies_while_its_tracees_stop, 240)
{
	int status, turn, i;
	pid_t pid;

	ASSERT_EQ(0, prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0));
	for (turn = 0; turn < 30; turn += 3) {
		pid = start(tracer_that_dies);
		ASSERT_LT(0, pid);
		ASSERT_EQ(0, kill(-shared[RESULT], SIGSTOP));
		for (i = 0; i < turn; i++)
			sched_yield();
		shared[GO] = 1;
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_EQ(0, status);
		for (i = 0; i < TRACEES; i++) {
			ASSERT_LT(0, waitpid(-shared[RESULT], &status,
					     WUNTRACED));
			EXPECT_EQ(SIGSTOP << 8 | 0x7f, status);
		}
		ASSERT_EQ(0, kill(-shared[RESULT], SIGKILL));
		EXPECT_EQ(TRACEES, reap_group(shared[RESULT]));
	}
}

static void child_calls(void)
{
	wait_go();
	for (;;)
		syscall(SYS_getppid);
}

TEST_F_TIMEOUT(stress, stop_resume_and_events_while_calls_are_made, 240)
{
	pid_t pid = start(child_calls);
	double end;
	int holder, a, b, i;

	/* A callback that says RESUME ends a stop: this one has none. */
	holder = attach(pid, 0);
	a = attach_how(pid, UTEST_QUIET, CREATE, UTEST_OPS_FIRST, 0,
		       EVENT_SYSCALL);
	b = attach_how(pid, UTEST_QUIET, CREATE, UTEST_OPS_SECOND, 0,
		       EVENT(QUIESCE));
	ASSERT_LT(0, holder);
	ASSERT_LT(0, a);
	ASSERT_LT(0, b);
	go();
	for (i = 0; i < 200; i++) {
		ASSERT_EQ(0, hold(holder));
		set_events(b, i % 2 ? EVENT_ALL : EVENT(QUIESCE));
		EXPECT_EQ(0, control(b, REPORT));
		EXPECT_EQ(0, control(holder, RESUME));
		EXPECT_EQ(0, control(b, i % 3 ? INTERRUPT : RESUME));
	}
	/* With so many stops it may not have come far up to now. */
	end = now() + PATIENCE;
	while ((!counted(a, CB_SYSCALL_EXIT) || !counted(b, CB_QUIESCE)) &&
	       now() < end)
		nap(1);
	EXPECT_LT(0, counted(a, CB_SYSCALL_EXIT));
	EXPECT_LT(0, counted(b, CB_QUIESCE));
	EXPECT_TRUE(can_be_killed(pid));
}

static void child_signals_itself(void)
{
	catch_signal(SIGUSR1, 0);
	wait_go();
	for (;;) {
		raise(SIGUSR1);
		shared[COUNT]++;
	}
}

static struct utest_hammer hammer;

static void hammers(void)
{
	int ret = ioctl(dev, UTEST_IOC_HAMMER, &hammer) ? -errno : hammer.result;

	if (ret)
		fprintf(stderr, "# call %u, argument %llu: %d\n", hammer.what,
			(unsigned long long)hammer.arg, ret);
	_exit(ret ? 1 : 0);
}

/* Job control and readers come in between, from a process that sees to it. */
static void disturber(void)
{
	char buf[4096];

	for (;;) {
		kill(race_target, SIGSTOP);
		read_proc(race_target, "utrace", buf, sizeof(buf));
		kill(race_target, SIGCONT);
		nap(1);
	}
}

/* So close together that data races are seen by a kernel that looks for them. */
TEST_F_TIMEOUT(stress, calls_of_all_kinds_while_the_task_runs, 240)
{
	static const struct {
		int ops, callback;
	} engines[] = {
		{ UTEST_OPS_FIRST, CB_QUIESCE },
		{ UTEST_OPS_SIGNAL, CB_SIGNAL },
		{ UTEST_OPS_EVENTS, CB_SYSCALL_EXIT },
	};
	pid_t helpers[ARRAY_SIZE(engines)], disturbs;
	int h[ARRAY_SIZE(engines)];
	unsigned int i;

	race_target = start(child_signals_itself);
	ASSERT_LT(0, race_target);
	for (i = 0; i < ARRAY_SIZE(engines); i++) {
		h[i] = attach_how(race_target, UTEST_QUIET, CREATE,
				  engines[i].ops, 0, EVENT_ALL);
		ASSERT_LT(0, h[i]);
	}
	go();
	disturbs = spawn(disturber);
	for (i = 0; i < ARRAY_SIZE(engines); i++) {
		hammer = (struct utest_hammer){
			.handle = h[i], .ms = 3000, .seed = i + 1,
		};
		helpers[i] = spawn(hammers);
		ASSERT_LT(0, helpers[i]);
	}
	for (i = 0; i < ARRAY_SIZE(engines); i++)
		EXPECT_TRUE(exits_with(helpers[i], 0));
	EXPECT_TRUE(can_be_killed(disturbs));

	/* No stop is left over, and none of the many requests has lost its wakeup. */
	kill(race_target, SIGCONT);
	for (i = 0; i < ARRAY_SIZE(engines); i++) {
		EXPECT_LT(0, counted(h[i], engines[i].callback));
		EXPECT_EQ(0, control(h[i], RESUME));
	}
	EXPECT_TRUE(spins());
	EXPECT_TRUE(can_be_killed(race_target));
}
