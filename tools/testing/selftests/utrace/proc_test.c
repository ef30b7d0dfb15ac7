// SPDX-License-Identifier: GPL-2.0-only
/* What others see of a traced task: /proc, wait(2), tracepoints. */
#include <ctype.h>
#include <grp.h>
#include "utrace_lib.h"

#define OPS(name)	"utest_" name "_ops [" UTEST_NAME "]"

FIXTURE(proc) {
	pid_t pid;
	char buf[4096];
};

FIXTURE_SETUP(proc)
{
	ASSERT_EQ(0, utest_open());
	self->pid = start(child_spin);
	ASSERT_LT(0, self->pid);
}

FIXTURE_TEARDOWN(proc)
{
	utest_close();
}

static ssize_t read_utrace(pid_t pid, char *buf)
{
	return read_proc(pid, "utrace", buf, 4096);
}

TEST_F(proc, utrace_is_empty_without_engines)
{
	int h;

	EXPECT_EQ(0, read_utrace(self->pid, self->buf));
	h = attach(self->pid, EVENT(EXEC));
	ASSERT_LT(0, h);
	EXPECT_LT(0, read_utrace(self->pid, self->buf));
	ASSERT_EQ(0, control(h, DETACH));
	EXPECT_EQ(0, read_utrace(self->pid, self->buf));
}

TEST_F(proc, utrace_lists_engines_in_order)
{
	int a, b, c;

	a = attach_as(self->pid, CREATE, UTEST_OPS_SECOND, 0, 0);
	b = attach_as(self->pid, CREATE, UTEST_OPS_FIRST, 0,
		      EVENT(EXEC) | EVENT(EXIT));
	c = attach_as(self->pid, CREATE, UTEST_OPS_NULL, 0, EVENT(CLONE));
	ASSERT_LT(0, a);
	ASSERT_LT(0, b);
	ASSERT_LT(0, c);
	ASSERT_EQ(0, hold(a));
	ASSERT_LT(0, read_utrace(self->pid, self->buf));
	EXPECT_STREQ(OPS("second") " - stop\n"
		     OPS("first") " EXEC,EXIT -\n"
		     OPS("null") " CLONE -\n", self->buf);
	ASSERT_EQ(0, control(b, DETACH));
	ASSERT_EQ(0, control(a, RESUME));
	ASSERT_EQ(0, hold(c));
	ASSERT_LT(0, read_utrace(self->pid, self->buf));
	EXPECT_STREQ(OPS("second") " - -\n"
		     OPS("null") " CLONE stop\n", self->buf);
}

TEST_F(proc, utrace_knows_all_event_names)
{
	static const char * const names[NR_EVENTS] = {
		"QUIESCE", "REAP", "CLONE", "EXEC", "EXIT", "DEATH",
		"SYSCALL_ENTRY", "SYSCALL_EXIT", "SIGNAL", "SIGNAL_IGN",
		"SIGNAL_STOP", "SIGNAL_TERM", "SIGNAL_CORE", "JCTL",
		"SECCOMP", "VFORK_DONE", "GROUP_STOP", "NO_SECCOMP",
	};
	char expected[128];
	int h, i;

	h = attach(self->pid, 0);
	ASSERT_LT(0, h);
	ASSERT_EQ(0, hold(h));
	for (i = 0; i < NR_EVENTS; i++) {
		ASSERT_EQ(0, set_events(h, 1ul << i));
		snprintf(expected, sizeof(expected), OPS("first") " %s stop\n",
			 names[i]);
		ASSERT_LT(0, read_utrace(self->pid, self->buf));
		EXPECT_STREQ(expected, self->buf);
	}
}

TEST_F(proc, utrace_of_threads_and_zombies)
{
	char path[64];
	int h;

	h = attach(self->pid, EVENT(REAP));
	ASSERT_LT(0, h);
	snprintf(path, sizeof(path), "task/%d/utrace", self->pid);
	EXPECT_LT(0, read_proc(self->pid, path, self->buf, 4096));
	EXPECT_STREQ(OPS("first") " REAP -\n", self->buf);
	kill(self->pid, SIGKILL);
	ASSERT_TRUE(wait_state(self->pid, 'Z'));
	EXPECT_LE(0, read_utrace(self->pid, self->buf));
	EXPECT_TRUE(dies_of(self->pid, SIGKILL));
}

static int error_as_nobody(const char *path)
{
	char buf[64];
	int fd, status;
	pid_t child;

	child = fork();
	if (child == 0) {
		if (setgroups(0, NULL) || setgid(65534) || setuid(65534))
			_exit(255);
		fd = open(path, O_RDONLY);
		if (fd < 0 || read(fd, buf, sizeof(buf)) < 0)
			_exit(errno);
		_exit(0);
	}
	return waitpid(child, &status, 0) == child && WIFEXITED(status) ?
	       WEXITSTATUS(status) : -1;
}

static int proc_error_as_nobody(pid_t pid, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	return error_as_nobody(path);
}

static void child_nobody(void)
{
	if (setgroups(0, NULL) || setgid(65534) || setuid(65534))
		_exit(90);
	prctl(PR_SET_DUMPABLE, 1);
	/* Where Yama has a say, for others than its ancestors, too. */
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
	child_spin();
}

TEST_F(proc, utrace_is_readable_by_whoever_may_read_syscall)
{
	struct stat utrace, syscall;
	char path[64];
	pid_t nobody;

	snprintf(path, sizeof(path), "/proc/%d/utrace", self->pid);
	ASSERT_EQ(0, stat(path, &utrace));
	snprintf(path, sizeof(path), "/proc/%d/syscall", self->pid);
	if (access("/proc/self/syscall", F_OK) && errno == ENOENT)
		SKIP(return, "this machine has no /proc/PID/syscall");
	ASSERT_EQ(0, stat(path, &syscall));
	EXPECT_EQ(syscall.st_mode, utrace.st_mode);
	/* Someone else's. */
	EXPECT_LT(0, proc_error_as_nobody(self->pid, "syscall"));
	EXPECT_EQ(proc_error_as_nobody(self->pid, "syscall"),
		  proc_error_as_nobody(self->pid, "utrace"));
	/* Their own. */
	nobody = start(child_nobody);
	ASSERT_LT(0, nobody);
	EXPECT_EQ(0, proc_error_as_nobody(nobody, "syscall"));
	EXPECT_EQ(0, proc_error_as_nobody(nobody, "utrace"));
}

/* It attaches to whatever task it is told, and asks for no rights of its own. */
TEST_F(proc, device_of_these_tests_is_for_root_alone)
{
	EXPECT_EQ(EACCES, error_as_nobody("/dev/" UTEST_NAME));
}

TEST_F(proc, state_is_t_and_tracer_pid_0)
{
	char *line;
	int h;

	h = attach(self->pid, 0);
	ASSERT_LT(0, h);
	ASSERT_EQ(0, hold(h));
	ASSERT_LT(0, read_proc(self->pid, "status", self->buf, 4096));
	line = strstr(self->buf, "\nState:\t");
	ASSERT_TRUE(!!line);
	EXPECT_EQ('t', line[8]);
	line = strstr(self->buf, "\nTracerPid:\t");
	ASSERT_TRUE(!!line);
	EXPECT_EQ(0, atoi(line + 12));
}

TEST_F(proc, stop_is_invisible_to_the_parents_wait)
{
	siginfo_t info = {};
	sigset_t set;
	struct timespec zero = {};
	int h;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	h = attach(self->pid, 0);
	ASSERT_LT(0, h);
	ASSERT_EQ(0, hold(h));
	nap(20);
	EXPECT_EQ(0, waitpid(self->pid, NULL, WNOHANG | WUNTRACED |
			     WCONTINUED | __WALL));
	EXPECT_EQ(0, waitid(P_PID, self->pid, &info, WNOHANG | WSTOPPED |
			    WCONTINUED | WEXITED));
	EXPECT_EQ(0, info.si_pid);
	EXPECT_EQ(-1, sigtimedwait(&set, &info, &zero));
	EXPECT_EQ(0, control(h, RESUME));
	EXPECT_TRUE(spins());
	EXPECT_EQ(0, waitpid(self->pid, NULL, WNOHANG | WUNTRACED |
			     WCONTINUED | __WALL));
	EXPECT_EQ(-1, sigtimedwait(&set, &info, &zero));
}

/* --- tracepoints */

#define TRACEFS	"/sys/kernel/tracing/"

FIXTURE(tracepoints) {
	pid_t pid;
};

FIXTURE_SETUP(tracepoints)
{
	if (access(TRACEFS "events", F_OK))
		SKIP(return, "tracefs is not mounted");
	ASSERT_EQ(0, utest_open());
	self->pid = start(child_spin);
	ASSERT_LT(0, self->pid);
	/* Time may stand still between two events on two CPUs. */
	ASSERT_TRUE(write_file(TRACEFS "trace_clock", "counter"));
	ASSERT_TRUE(write_file(TRACEFS "events/utrace/enable", "1"));
}

FIXTURE_TEARDOWN(tracepoints)
{
	write_file(TRACEFS "events/utrace/enable", "0");
	write_file(TRACEFS "trace_clock", "local");
	utest_close();
}

TEST_F(tracepoints, of_attach_stop_resume_detach)
{
	static const char * const names[] = {
		"utrace_attach:", "utrace_stop:", "utrace_resume:",
		"utrace_detach:",
	};
	static char trace[65536];
	char *at = trace, *line, pid[16];
	unsigned int i;
	int h;

	write_file(TRACEFS "trace", "\n");
	h = attach(self->pid, 0);
	ASSERT_LT(0, h);
	ASSERT_EQ(0, hold(h));
	ASSERT_EQ(0, control(h, RESUME));
	ASSERT_TRUE(spins());
	ASSERT_EQ(0, control(h, DETACH));
	ASSERT_TRUE(write_file(TRACEFS "events/utrace/enable", "0"));
	read_file(TRACEFS "trace", trace, sizeof(trace));
	snprintf(pid, sizeof(pid), " pid=%d", self->pid);
	/* In this order, and about this task. */
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		at = strstr(at, names[i]);
		ASSERT_TRUE(!!at) {
			TH_LOG("no %s in the trace: %s", names[i], trace);
		}
		line = at;
		at += strcspn(at, "\n");
		if (*at)
			*at++ = 0;
		line = strstr(line, pid);
		EXPECT_TRUE(line && !isdigit(line[strlen(pid)]));
	}
}
