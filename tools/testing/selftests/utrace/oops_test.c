// SPDX-License-Identifier: GPL-2.0-only
/*
 * A callback that crashes kills the task that made it and nothing else, the
 * console names the engine, and all goes on.  Not among the tests that run by
 * themselves, as it is nothing for a kernel that is to live on; and only where an
 * oops is no panic.
 */
#include <stddef.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include "utrace_lib.h"

#define OOPS	"utrace_oops"

FIXTURE(oops) {
	int kmsg;
};

FIXTURE_VARIANT(oops) {
	const char *event, *how;
	bool process;		/* exits as a whole */
	bool vfork;
};

FIXTURE_VARIANT_ADD(oops, null_at_syscall_entry) { "entry", "null" };
FIXTURE_VARIANT_ADD(oops, bug_at_syscall_entry) { "entry", "bug" };
FIXTURE_VARIANT_ADD(oops, bug_at_syscall_exit) { "exit", "bug" };
FIXTURE_VARIANT_ADD(oops, null_in_quiesce) { "quiesce", "null", true };
FIXTURE_VARIANT_ADD(oops, bug_at_signal) { "signal", "bug" };
FIXTURE_VARIANT_ADD(oops, bug_at_clone) { "clone", "bug" };
FIXTURE_VARIANT_ADD(oops, bug_at_vfork) { "clone", "bug", .vfork = true };
FIXTURE_VARIANT_ADD(oops, bug_at_the_end_of_vfork) { "vfork_done", "bug", .vfork = true };
FIXTURE_VARIANT_ADD(oops, bug_at_a_group_stop) { "jctl", "bug" };
FIXTURE_VARIANT_ADD(oops, null_at_seccomp) { "seccomp", "null" };
FIXTURE_VARIANT_ADD(oops, null_at_exec) { "exec", "null", true };
FIXTURE_VARIANT_ADD(oops, bug_at_exit) { "end", "bug", true };

FIXTURE_SETUP(oops)
{
	char value[16];

	if (read_file("/proc/sys/kernel/panic_on_oops", value,
		      sizeof(value)) <= 0 || atoi(value))
		SKIP(return, "kernel.panic_on_oops is not 0");
	ASSERT_EQ(0, utest_open());
	self->kmsg = open_kmsg();
	ASSERT_LE(0, self->kmsg);
}

FIXTURE_TEARDOWN(oops)
{
	utest_close();
}

static int load_oops(pid_t tid, const char *event, const char *how, bool detach)
{
	char args[64];

	snprintf(args, sizeof(args), "pid=%d event=%s how=%s detach=%d", tid, event,
		 how, detach);
	return insert_module(beside("test_modules/" OOPS ".ko"), args);
}

static const char *event;
static bool by_vfork;

/* SECCOMP_RET_TRACE for getppid(), in this thread. */
static void trace_by_filter(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {
		.len = ARRAY_SIZE(code), .filter = code,
	};

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
	syscall(SYS_getppid);
}

/*
 * All that there are events for, one after another. QUIESCE alone is for those that
 * others ask for, the exit here.
 */
static void *victim(void *unused)
{
	pid_t pid;

	shared[RESULT] = syscall(SYS_gettid);
	shared[READY] = 1;
	while (!shared[GO])
		;
	catch_signal(SIGUSR1, 0);
	raise(SIGUSR1);
	pid = by_vfork ? vfork() : fork();
	if (!pid)
		_exit(0);
	if (!strcmp(event, "jctl"))
		raise(SIGSTOP);
	if (!strcmp(event, "seccomp"))
		trace_by_filter();
	if (!strcmp(event, "exec"))
		exec_self("4");
	return NULL;
}

static void *idler(void *unused)
{
	for (;;)
		pause();
	return NULL;
}

/* So many that one which exits twice is not taken for the last. */
static void child_three_threads(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, idler, NULL);
	pthread_create(&thread, NULL, victim, NULL);
	for (;;)
		shared[COUNT]++;
}

static bool is_thread_of(pid_t tid, pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task/%d", pid, tid);
	return !access(path, F_OK);
}

static bool only_thread_ends(pid_t pid, pid_t tid)
{
	double end = now() + PATIENCE;

	/* The others may have to be got out of a group stop. */
	kill(pid, SIGCONT);
	while (is_thread_of(tid, pid) && now() < end)
		nap(5);
	return !is_thread_of(tid, pid) && spins() && can_be_killed(pid);
}

static bool no_child_is_left(void)
{
	double end = now() + PATIENCE;

	while (waitpid(-1, NULL, WNOHANG | __WALL) >= 0 && now() < end)
		nap(5);
	return waitpid(-1, NULL, WNOHANG | __WALL) == -1 && errno == ECHILD;
}

TEST_F_TIMEOUT(oops, costs_the_task_its_life_and_nobody_else, 60)
{
	pid_t pid, tid, other;
	int h, h2;

	event = variant->event;
	by_vfork = variant->vfork;
	other = spawn(child_sleep);
	ASSERT_TRUE(until(READY, 1));
	shared[READY] = 0;
	pid = start(child_three_threads);
	tid = shared[RESULT];
	ASSERT_LT(0, tid);
	h = attach(tid, EVENT(EXIT) | EVENT(DEATH) | EVENT(REAP));
	ASSERT_LT(0, h);
	ASSERT_EQ(0, load_oops(tid, variant->event, variant->how, false));
	h2 = attach_as(tid, CREATE, UTEST_OPS_SECOND, 0, EVENT(DEATH));
	ASSERT_LT(0, h2);
	go();

	EXPECT_TRUE(said(self->kmsg, "a callback of oops_ops [utrace_oops] crashed"));
	EXPECT_TRUE(variant->process ? WIFSIGNALED(reap(pid)) :
		    only_thread_ends(pid, tid));
	/* The engines around it hear of the end. */
	EXPECT_TRUE(see(h, CB(EXIT)));
	EXPECT_TRUE(see(h, CB(DEATH)));
	EXPECT_TRUE(see(h, CB(REAP)));
	EXPECT_EQ(1, count_to(h2, CB(DEATH), 1));
	EXPECT_TRUE(unload_module(OOPS));

	/* A child that it was about to make is dead, too. */
	EXPECT_EQ('S', state_of(other));
	EXPECT_TRUE(can_be_killed(other));
	EXPECT_TRUE(no_child_is_left());

	/* And tracing goes on. */
	shared[READY] = 0;
	shared[GO] = 0;
	pid = start(child_spin);
	h = attach(pid, 0);
	ASSERT_LT(0, h);
	EXPECT_EQ(0, hold(h));
	EXPECT_EQ(0, control(h, DETACH));
	EXPECT_TRUE(can_be_killed(pid));
}

/* Without another engine there is nothing left in the flags of the task. */
TEST_F_TIMEOUT(oops, of_the_only_engine_that_has_just_been_detached, 60)
{
	pid_t pid, tid;

	event = variant->event;
	by_vfork = variant->vfork;
	if (!strcmp(event, "quiesce"))
		SKIP(return, "an engine that asks for no event and is alone hears of none");
	pid = start(child_three_threads);
	tid = shared[RESULT];
	ASSERT_LT(0, tid);
	ASSERT_EQ(0, load_oops(tid, variant->event, variant->how, true));
	go();

	EXPECT_TRUE(said(self->kmsg, "a callback of oops_ops [utrace_oops] crashed"));
	EXPECT_TRUE(variant->process ? WIFSIGNALED(reap(pid)) :
		    only_thread_ends(pid, tid));
	EXPECT_TRUE(unload_module(OOPS));
	EXPECT_TRUE(no_child_is_left());
}
