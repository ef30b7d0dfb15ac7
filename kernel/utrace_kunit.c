// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of the utrace interface, as far as no second user task is
 * needed. They run in a kernel thread, which no engine can be attached to; the
 * rest is in tools/testing/selftests/utrace/.
 */
#include <kunit/test.h>
#include <linux/bitops.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/utrace.h>

static const struct utrace_engine_ops utrace_kunit_ops;

/* Clients of several kernels compare with the first one without task. */
static void utrace_kunit_api_version(struct kunit *test)
{
	KUNIT_EXPECT_GT(test, UTRACE_API_VERSION, 20000000);
	KUNIT_EXPECT_LT(test, UTRACE_API_VERSION, 20091216);
}

static void utrace_kunit_resume_actions(struct kunit *test)
{
	static const enum utrace_resume_action order[] = {
		UTRACE_STOP, UTRACE_INTERRUPT, UTRACE_REPORT, UTRACE_SINGLESTEP,
		UTRACE_BLOCKSTEP, UTRACE_RESUME, UTRACE_DETACH,
	};
	int i;

	/* The smaller one wins: the order is part of the interface. */
	for (i = 0; i < ARRAY_SIZE(order); i++)
		KUNIT_EXPECT_EQ(test, order[i], i);
}

static void utrace_kunit_signal_actions(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, UTRACE_SIGNAL_DELIVER, 0x00);
	KUNIT_EXPECT_EQ(test, UTRACE_SIGNAL_IGN, 0x10);
	KUNIT_EXPECT_EQ(test, UTRACE_SIGNAL_TERM, 0x20);
	KUNIT_EXPECT_EQ(test, UTRACE_SIGNAL_CORE, 0x30);
	KUNIT_EXPECT_EQ(test, UTRACE_SIGNAL_STOP, 0x40);
	KUNIT_EXPECT_EQ(test, UTRACE_SIGNAL_TSTP, 0x50);
	KUNIT_EXPECT_EQ(test, UTRACE_SIGNAL_REPORT, 0x60);
	KUNIT_EXPECT_EQ(test, UTRACE_SIGNAL_HANDLER, 0x70);
	KUNIT_EXPECT_EQ(test, UTRACE_SIGNAL_HOLD, 0x100);
}

static void utrace_kunit_syscall_actions(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, UTRACE_SYSCALL_RUN, 0x00);
	KUNIT_EXPECT_EQ(test, UTRACE_SYSCALL_ABORT, 0x10);
	KUNIT_EXPECT_EQ(test, UTRACE_SYSCALL_RESUMED, 0x100);
}

static void utrace_kunit_stop_here(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, UTRACE_STOP_HERE, 0x200);
	/* It can be told apart from whatever it is ORed to. */
	KUNIT_EXPECT_EQ(test, utrace_resume_action(UTRACE_STOP_HERE),
			UTRACE_STOP);
	KUNIT_EXPECT_EQ(test, utrace_signal_action(UTRACE_STOP_HERE),
			UTRACE_SIGNAL_DELIVER);
	KUNIT_EXPECT_EQ(test, utrace_syscall_action(UTRACE_STOP_HERE),
			UTRACE_SYSCALL_RUN);
	KUNIT_EXPECT_EQ(test, UTRACE_STOP_HERE & UTRACE_SIGNAL_HOLD, 0);
	KUNIT_EXPECT_EQ(test, UTRACE_STOP_HERE & UTRACE_SYSCALL_RESUMED, 0);
}

static void utrace_kunit_picking_fields(struct kunit *test)
{
	u32 resume, signal;

	for (resume = UTRACE_STOP; resume <= UTRACE_DETACH; resume++) {
		for (signal = UTRACE_SIGNAL_DELIVER;
		     signal <= UTRACE_SIGNAL_HANDLER; signal += 0x10) {
			u32 action = resume | signal | UTRACE_SIGNAL_HOLD;

			KUNIT_EXPECT_EQ(test, utrace_resume_action(action),
					resume);
			KUNIT_EXPECT_EQ(test, utrace_signal_action(action),
					signal);
		}
		KUNIT_EXPECT_EQ(test,
				utrace_syscall_action(resume |
						      UTRACE_SYSCALL_ABORT |
						      UTRACE_SYSCALL_RESUMED),
				UTRACE_SYSCALL_ABORT);
		KUNIT_EXPECT_EQ(test,
				utrace_resume_action(resume |
						     UTRACE_SYSCALL_ABORT |
						     UTRACE_SYSCALL_RESUMED),
				resume);
	}
}

static void utrace_kunit_events(struct kunit *test)
{
	static const unsigned long events[] = {
		UTRACE_EVENT(QUIESCE), UTRACE_EVENT(REAP), UTRACE_EVENT(CLONE),
		UTRACE_EVENT(EXEC), UTRACE_EVENT(EXIT), UTRACE_EVENT(DEATH),
		UTRACE_EVENT(SYSCALL_ENTRY), UTRACE_EVENT(SYSCALL_EXIT),
		UTRACE_EVENT(SIGNAL), UTRACE_EVENT(SIGNAL_IGN),
		UTRACE_EVENT(SIGNAL_STOP), UTRACE_EVENT(SIGNAL_TERM),
		UTRACE_EVENT(SIGNAL_CORE), UTRACE_EVENT(JCTL),
		UTRACE_EVENT(SECCOMP), UTRACE_EVENT(VFORK_DONE),
		UTRACE_EVENT(GROUP_STOP), UTRACE_EVENT(NO_SECCOMP),
	};
	unsigned long all = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(events); i++) {
		KUNIT_EXPECT_EQ(test, hweight_long(events[i]), 1);
		KUNIT_EXPECT_EQ(test, all & events[i], 0);
		all |= events[i];
	}
	KUNIT_EXPECT_EQ(test, all, UTRACE_EVENT_ALL);
	KUNIT_EXPECT_EQ(test, UTRACE_EVENT_SYSCALL,
			UTRACE_EVENT(SYSCALL_ENTRY) |
			UTRACE_EVENT(SYSCALL_EXIT));
	KUNIT_EXPECT_EQ(test, hweight_long(UTRACE_EVENT_SIGNAL_ALL), 5);
	KUNIT_EXPECT_EQ(test, UTRACE_EVENT_SIGNAL_ALL,
			UTRACE_EVENT(SIGNAL) | UTRACE_EVENT(SIGNAL_IGN) |
			UTRACE_EVENT(SIGNAL_STOP) | UTRACE_EVENT(SIGNAL_TERM) |
			UTRACE_EVENT(SIGNAL_CORE));
}

static void utrace_kunit_attach_flags(struct kunit *test)
{
	int all = UTRACE_ATTACH_MATCH_OPS | UTRACE_ATTACH_MATCH_DATA |
		  UTRACE_ATTACH_CREATE | UTRACE_ATTACH_EXCLUSIVE |
		  UTRACE_ATTACH_WORKER | UTRACE_ATTACH_NOFAIL;

	KUNIT_EXPECT_EQ(test, hweight32(all), 6);
}

/* --- attaching to the thread that runs this */

static void utrace_kunit_attach_eperm_kernel_thread(struct kunit *test)
{
	struct utrace_engine *engine;

	KUNIT_ASSERT_TRUE(test, current->flags & PF_KTHREAD);
	engine = utrace_attach_task(current, UTRACE_ATTACH_CREATE,
				    &utrace_kunit_ops, NULL);
	KUNIT_EXPECT_PTR_EQ(test, engine, ERR_PTR(-EPERM));
	engine = utrace_attach_pid(task_pid(current), UTRACE_ATTACH_CREATE,
				   &utrace_kunit_ops, NULL);
	KUNIT_EXPECT_PTR_EQ(test, engine, ERR_PTR(-EPERM));
	engine = utrace_attach_task(&init_task, UTRACE_ATTACH_CREATE,
				    &utrace_kunit_ops, NULL);
	KUNIT_EXPECT_PTR_EQ(test, engine, ERR_PTR(-EPERM));
}

static void utrace_kunit_attach_einval_unknown_flags(struct kunit *test)
{
	int known = UTRACE_ATTACH_MATCH_OPS | UTRACE_ATTACH_MATCH_DATA |
		    UTRACE_ATTACH_CREATE | UTRACE_ATTACH_EXCLUSIVE |
		    UTRACE_ATTACH_WORKER | UTRACE_ATTACH_NOFAIL;
	struct utrace_engine *engine;
	int bit;

	for (bit = 0; bit < 32; bit++) {
		if (known & BIT(bit))
			continue;
		engine = utrace_attach_task(current,
					    UTRACE_ATTACH_CREATE | (int)BIT(bit),
					    &utrace_kunit_ops, NULL);
		KUNIT_EXPECT_PTR_EQ(test, engine, ERR_PTR(-EINVAL));
	}
}

static void utrace_kunit_attach_einval_create_without_ops(struct kunit *test)
{
	struct utrace_engine *engine;

	engine = utrace_attach_task(current, UTRACE_ATTACH_CREATE, NULL, NULL);
	KUNIT_EXPECT_PTR_EQ(test, engine, ERR_PTR(-EINVAL));
}

static int utrace_kunit_thread(void *data)
{
	while (!kthread_should_stop())
		schedule_timeout_interruptible(1);
	return 0;
}

static void utrace_kunit_attach_esrch_gone(struct kunit *test)
{
	struct utrace_engine *engine;
	struct task_struct *task;
	struct pid *pid;
	int tries = 100;

	task = kthread_run(utrace_kunit_thread, NULL, "utrace_kunit");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	pid = get_task_pid(task, PIDTYPE_PID);
	engine = utrace_attach_pid(pid, UTRACE_ATTACH_CREATE,
				   &utrace_kunit_ops, NULL);
	KUNIT_EXPECT_PTR_EQ(test, engine, ERR_PTR(-EPERM));
	kthread_stop(task);
	/* The number is given up a little after that. */
	do {
		engine = utrace_attach_pid(pid, UTRACE_ATTACH_CREATE,
					   &utrace_kunit_ops, NULL);
		msleep(20);
	} while (engine != ERR_PTR(-ESRCH) && --tries);
	KUNIT_EXPECT_PTR_EQ(test, engine, ERR_PTR(-ESRCH));
	put_pid(pid);
}

/* What failed has left nothing, and a new task starts with nothing. */
static void utrace_kunit_no_trace_of_failed_attaches(struct kunit *test)
{
	struct utrace_engine *engine;

	engine = utrace_attach_task(current, UTRACE_ATTACH_CREATE,
				    &utrace_kunit_ops, NULL);
	KUNIT_EXPECT_TRUE(test, IS_ERR(engine));
	KUNIT_EXPECT_EQ(test, current->utrace_flags, 0);
	KUNIT_EXPECT_NULL(test, current->utrace);
}

static struct kunit_case utrace_kunit_cases[] = {
	KUNIT_CASE(utrace_kunit_api_version),
	KUNIT_CASE(utrace_kunit_resume_actions),
	KUNIT_CASE(utrace_kunit_signal_actions),
	KUNIT_CASE(utrace_kunit_syscall_actions),
	KUNIT_CASE(utrace_kunit_stop_here),
	KUNIT_CASE(utrace_kunit_picking_fields),
	KUNIT_CASE(utrace_kunit_events),
	KUNIT_CASE(utrace_kunit_attach_flags),
	KUNIT_CASE(utrace_kunit_attach_eperm_kernel_thread),
	KUNIT_CASE(utrace_kunit_attach_einval_unknown_flags),
	KUNIT_CASE(utrace_kunit_attach_einval_create_without_ops),
	KUNIT_CASE(utrace_kunit_attach_esrch_gone),
	KUNIT_CASE(utrace_kunit_no_trace_of_failed_attaches),
	{}
};

static struct kunit_suite utrace_kunit_suite = {
	.name = "utrace",
	.test_cases = utrace_kunit_cases,
};

kunit_test_suite(utrace_kunit_suite);
