// SPDX-License-Identifier: GPL-2.0-only
/* The modules of samples/utrace: what they refuse to trace, and when they leave. */
#include <sys/resource.h>
#include <sys/utsname.h>
#include "utrace_lib.h"

FIXTURE(sample) {
	char path[PATH_MAX];
	int kmsg;
};

FIXTURE_VARIANT(sample) {
	const char *name;
	const char *file;	/* below /sys/kernel/debug */
	const char *path, *complaint;
};

FIXTURE_VARIANT_ADD(sample, syscalls) {
	"utrace_syscalls", "utrace-syscalls", "utrace-syscalls.ko",
	"cannot trace process"
};

FIXTURE_VARIANT_ADD(sample, count) {
	"utrace_count", NULL, "utrace-count.ko", "cannot trace task"
};

FIXTURE_VARIANT_ADD(sample, execstop) {
	"utrace_execstop", "utrace-execstop", "utrace-execstop.ko",
	"cannot trace task"
};

FIXTURE_VARIANT_ADD(sample, crash) {
	"utrace_crash", "utrace-crash", "utrace-crash.ko", "cannot trace task"
};

FIXTURE_VARIANT_ADD(sample, first) {
	"utrace_first", NULL, "first/utrace-first.ko", "cannot follow task"
};

static bool find_sample(const char *name, char *path)
{
	struct utsname uts;

	uname(&uts);
	snprintf(path, PATH_MAX, "/lib/modules/%s/kernel/samples/utrace/%s",
		 uts.release, name);
	return !access(path, R_OK);
}

FIXTURE_SETUP(sample)
{
	if (!find_sample(variant->path, self->path))
		SKIP(return, "no module %s: needs CONFIG_SAMPLE_UTRACE=m",
		     variant->name);
	ASSERT_EQ(0, utest_open());
	self->kmsg = open_kmsg();
	ASSERT_LE(0, self->kmsg);
}

FIXTURE_TEARDOWN(sample)
{
	utest_close();
	/* Where a test ended early. */
	unload_module(variant->name);
}

static int load_sample(const char *path, pid_t pid)
{
	char args[32];

	snprintf(args, sizeof(args), "pid=%d", pid);
	return insert_module(path, args);
}

static bool is_loaded(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/module/%s", name);
	return !access(path, F_OK);
}

static bool has_debugfs_file(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/kernel/debug/%s", name);
	return name && !access(path, F_OK);
}

/* Does an engine of this module trace the task? Who is gone is not traced. */
static bool is_traced(pid_t pid, const char *module)
{
	char buf[4096], what[64];

	snprintf(what, sizeof(what), "[%s]", module);
	return read_proc(pid, "utrace", buf, sizeof(buf)) > 0 &&
	       strstr(buf, what);
}

static ssize_t engines_of(pid_t pid)
{
	char buf[4096];

	return read_proc(pid, "utrace", buf, sizeof(buf));
}

static void child_nothing(void)
{
}

static pid_t start_zombie(void)
{
	pid_t pid = spawn(child_nothing);

	return pid > 0 && !wait_state(pid, 'Z') ? -ETIMEDOUT : pid;
}

TEST_F(sample, refuses_a_bad_pid)
{
	const struct {
		const char *pid;
		int error;
		bool is_number;
	} bad[] = {
		{ "0", -ESRCH, true },
		{ "-1", -ESRCH, true },
		{ "2147483647", -ESRCH, true },
		/* kthreadd */
		{ "2", -EPERM, true },
		{ "2147483648", -ERANGE },
		{ "1x", -EINVAL },
		{ "", -EINVAL },
	};
	char args[32], line[128];
	unsigned int i;
	pid_t pid;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		snprintf(args, sizeof(args), "pid=%s", bad[i].pid);
		EXPECT_EQ(bad[i].error, insert_module(self->path, args)) {
			TH_LOG("with %s", args);
		}
		if (bad[i].is_number)
			snprintf(line, sizeof(line), "%s: %s %s: ", variant->name,
				 variant->complaint, bad[i].pid);
		else
			snprintf(line, sizeof(line),
				 "%s: `%s' invalid for parameter `pid'",
				 variant->name, bad[i].pid);
		EXPECT_TRUE(said(self->kmsg, line)) {
			TH_LOG("with %s", args);
		}
		EXPECT_FALSE(is_loaded(variant->name));
		EXPECT_FALSE(has_debugfs_file(variant->file));
	}
	EXPECT_EQ(-ESRCH, insert_module(self->path, ""));
	EXPECT_FALSE(is_loaded(variant->name));
	EXPECT_FALSE(is_traced(2, variant->name));

	/* A zombie, for whose events it is too late. */
	pid = start_zombie();
	ASSERT_LT(0, pid);
	EXPECT_EQ(-EALREADY, load_sample(self->path, pid));
	snprintf(line, sizeof(line), "%s: %s %d: ", variant->name,
		 variant->complaint, pid);
	EXPECT_TRUE(said(self->kmsg, line));
	EXPECT_FALSE(is_loaded(variant->name));
	EXPECT_FALSE(is_traced(pid, variant->name));

	/* After all that it still does what it is for. */
	pid = start(child_spin);
	ASSERT_LT(0, pid);
	ASSERT_EQ(0, load_sample(self->path, pid));
	EXPECT_TRUE(is_traced(pid, variant->name));
	EXPECT_EQ(!!variant->file, has_debugfs_file(variant->file));
	EXPECT_TRUE(unload_module(variant->name));
	EXPECT_FALSE(is_loaded(variant->name));
	EXPECT_FALSE(has_debugfs_file(variant->file));
	EXPECT_EQ(0, engines_of(pid));
}

#define WORKERS	4

/* Calls, signals, and children who do the same and exit. */
static void child_storm_worker(void)
{
	pid_t pid;
	int i;

	catch_signal(SIGUSR1, SA_RESTART);
	for (;;) {
		pid = fork();
		for (i = 0; i < 20; i++)
			syscall(SYS_getppid);
		raise(SIGUSR1);
		if (!pid)
			_exit(0);
		if (pid > 0)
			while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
				;
		shared[COUNT]++;
	}
}

static pid_t workers[WORKERS];

static void child_storm(void)
{
	int i;

	wait_go();
	for (i = 0; i < WORKERS; i++)
		shared[WORD + i] = spawn(child_storm_worker);
	shared[RESULT] = 1;
	child_storm_worker();
}

/* They are our children once their parent is gone. */
static bool end_storm(pid_t pid)
{
	bool ok = can_be_killed(pid);
	int i;

	for (i = 0; i < WORKERS; i++)
		ok &= can_be_killed(workers[i]);
	return ok;
}

static int count_traced_workers(const char *module)
{
	int i, n = 0;

	for (i = 0; i < WORKERS; i++)
		n += is_traced(workers[i], module);
	return n;
}

/*
 * A callback that came after the end of the module would crash, and the console is
 * looked at after the test.
 */
TEST_F_TIMEOUT(sample, unloads_while_what_it_traces_works, 240)
{
	bool all = !strcmp(variant->name, "utrace_syscalls");
	int round, i;
	pid_t pid;

	for (round = 0; round < 2; round++) {
		shared[RESULT] = 0;
		pid = start(child_storm);
		ASSERT_LT(0, pid);
		ASSERT_EQ(0, load_sample(self->path, pid));
		go();
		ASSERT_TRUE(until(RESULT, 1));
		for (i = 0; i < WORKERS; i++)
			workers[i] = shared[WORD + i];
		EXPECT_EQ(all ? WORKERS : 0, count_traced_workers(variant->name));
		EXPECT_TRUE(is_traced(pid, variant->name));
		ASSERT_TRUE(spins());

		EXPECT_TRUE(unload_module(variant->name));
		EXPECT_FALSE(is_loaded(variant->name));
		EXPECT_FALSE(has_debugfs_file(variant->file));
		EXPECT_EQ(0, engines_of(pid));
		for (i = 0; i < WORKERS; i++) {
			EXPECT_EQ(0, engines_of(workers[i]));
			EXPECT_NE('t', state_of(workers[i]));
		}
		EXPECT_TRUE(spins());
		EXPECT_TRUE(end_storm(pid));
	}
}

FIXTURE(holding) {
	char path[PATH_MAX];
};

FIXTURE_VARIANT(holding) {
	const char *name, *path;
	bool crash;
};

FIXTURE_VARIANT_ADD(holding, execstop) {
	"utrace_execstop", "utrace-execstop.ko"
};

FIXTURE_VARIANT_ADD(holding, crash) {
	"utrace_crash", "utrace-crash.ko", .crash = true
};

FIXTURE_SETUP(holding)
{
	if (!find_sample(variant->path, self->path))
		SKIP(return, "no module %s: needs CONFIG_SAMPLE_UTRACE=m",
		     variant->name);
	ASSERT_EQ(0, utest_open());
}

FIXTURE_TEARDOWN(holding)
{
	utest_close();
	unload_module(variant->name);
}

static void child_exec(void)
{
	wait_go();
	exec_self("4");
}

static void child_crash(void)
{
	struct rlimit none = {};

	setrlimit(RLIMIT_CORE, &none);
	wait_go();
	raise(SIGSEGV);
}

/* What it holds goes on as if it had not been held. */
TEST_F_TIMEOUT(holding, ends_when_it_is_unloaded, 60)
{
	pid_t pid = start(variant->crash ? child_crash : child_exec);

	ASSERT_LT(0, pid);
	ASSERT_EQ(0, load_sample(self->path, pid));
	go();
	EXPECT_TRUE(stays(pid, 't'));
	EXPECT_TRUE(unload_module(variant->name));
	EXPECT_FALSE(is_loaded(variant->name));
	EXPECT_TRUE(variant->crash ? dies_of(pid, SIGSEGV) : exits_with(pid, 4));
}
