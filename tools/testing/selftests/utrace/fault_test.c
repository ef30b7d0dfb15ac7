// SPDX-License-Identifier: GPL-2.0-only
/*
 * No memory: make the first allocation of a call fail, then the second, and so
 * on, until the call gets through with none that failed.  Each failure is an
 * error of the call and leaves all as it was.
 *
 * Where a task is made pages fail, too. That is no error for certain: a slab cache
 * that gets no large page takes a small one, and a checker may do without.
 */
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/ptrace.h>
#include <linux/seccomp.h>
#include <dirent.h>
#include <stddef.h>

#include "utrace_failslab.h"

#define SLAB		"/sys/kernel/slab"

/* More than any of the calls here allocates. */
#define MOST		2000

static long request(long what, pid_t pid, void *addr, void *data)
{
	return syscall(SYS_ptrace, what, pid, addr, data);
}

/* --- which allocations can fail */

/* All caches but that of a checker which has its own way out of it. */
static int mark_caches(const char *mark)
{
	struct dirent *entry;
	DIR *dir = opendir(SLAB);
	char path[512];
	int nr = 0;

	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.' || strstr(entry->d_name, "kmemleak"))
			continue;
		snprintf(path, sizeof(path), SLAB "/%s/failslab", entry->d_name);
		nr += write_file(path, mark);
	}
	if (dir)
		closedir(dir);
	return nr;
}

/* Of the calling thread; kept open, as opening a file allocates. */
static int nth_fd = -1;

static bool open_nth(void)
{
	nth_fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	return nth_fd >= 0;
}

static void fail_nth(int n)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%d", n);

	if (pwrite(nth_fd, text, len, 0) != len)
		_exit(97);
}

/* Has one failed since? None will any more. */
static bool has_failed(void)
{
	char left[16] = "";

	if (pread(nth_fd, left, sizeof(left) - 1, 0) <= 0)
		_exit(97);
	fail_nth(0);
	return !atoi(left);
}

/*
 * How many there are is not the same each time: a cache may have objects left, and
 * a stack is kept for the next thread.  So a call is through when none has failed
 * for so many times in a row.
 */
#define IN_VAIN	30

static bool is_through(bool failed)
{
	static int in_vain;

	in_vain = failed ? 0 : in_vain + 1;
	return in_vain == IN_VAIN;
}

/* --- what is in use */

static const char * const caches[] = { "utrace", "utrace_engine" };

FIXTURE(fault) {
	struct failslab before;
	long objects[ARRAY_SIZE(caches)];	/* and one */
};

FIXTURE_SETUP(fault)
{
	size_t i;

	if (!failslab_save(&self->before))
		SKIP(return, "needs CONFIG_FAILSLAB, CONFIG_FAIL_PAGE_ALLOC and debugfs");
	if (!open_nth())
		SKIP(return, "needs /proc/PID/fail-nth");
	if (!write_file(SLAB "/utrace_engine/failslab", "0"))
		SKIP(return, "needs marks for caches: slab_nomerge");
	ASSERT_EQ(0, utest_open());
	for (i = 0; i < ARRAY_SIZE(caches); i++)
		self->objects[i] = slab_objects(caches[i]) + 1;
	ASSERT_TRUE(failslab_set(FAIL_CACHES));
	ASSERT_LT(0, mark_caches("1"));
}

/* In the parent, however the test ended: its process is gone, and all with it. */
FIXTURE_TEARDOWN_PARENT(fault)
{
	size_t i;

	if (!self->objects[0])
		return;
	mark_caches("0");
	EXPECT_TRUE(failslab_restore(&self->before));
	for (i = 0; i < ARRAY_SIZE(caches); i++)
		EXPECT_GE(self->objects[i] - 1,
			  settled_objects(caches[i], self->objects[i] - 1));
}

/* --- attaching */

TEST_F(fault, attach)
{
	pid_t pid = start(child_spin);
	int n, h = 0;

	ASSERT_LT(0, pid);
	for (n = 1; n < MOST; n++) {
		fail_nth(n);
		h = attach(pid, EVENT(EXIT));
		if (!has_failed())
			break;
		EXPECT_EQ(-ENOMEM, h);
		EXPECT_TRUE(is_untouched(pid));
	}
	/* It allocates the one and the other. */
	EXPECT_LE(3, n);
	ASSERT_LT(0, h);
	EXPECT_EQ(0, hold(h));
	EXPECT_EQ(0, control(h, DETACH));
	EXPECT_TRUE(can_be_killed(pid));
}

static void child_traceme(void)
{
	int n;

	if (!open_nth())
		_exit(1);
	for (n = 1; n < MOST; n++) {
		long ret;

		fail_nth(n);
		ret = request(PTRACE_TRACEME, 0, NULL, NULL);
		if (!has_failed()) {
			shared[RESULT] = ret;
			break;
		}
		if (ret != -1 || errno != ENOMEM)
			shared[RESULT2]++;
		if (tracer_of(getpid()))
			shared[RESULT3]++;
	}
	shared[COUNT] = n;
	raise(SIGUSR1);
	_exit(5);
}

TEST_F(fault, traceme)
{
	pid_t pid = spawn(child_traceme);
	int status;

	ASSERT_LT(0, pid);
	status = reap(pid);
	ASSERT_TRUE(WIFSTOPPED(status));
	EXPECT_EQ(SIGUSR1, WSTOPSIG(status));
	EXPECT_EQ(0, shared[RESULT]);
	EXPECT_EQ(0, shared[RESULT2]);
	EXPECT_EQ(0, shared[RESULT3]);
	EXPECT_LE(3, shared[COUNT]);
	EXPECT_EQ(0, request(PTRACE_CONT, pid, NULL, NULL));
	EXPECT_TRUE(exits_with(pid, 5));
}

static long seize_until_done(struct __test_metadata *_metadata, pid_t pid,
			     long what, int *n)
{
	long ret = -1;

	for (*n = 1; *n < MOST; ++*n) {
		fail_nth(*n);
		ret = request(what, pid, NULL, NULL);
		if (!has_failed())
			break;
		EXPECT_EQ(-1, ret);
		EXPECT_EQ(ENOMEM, errno);
		EXPECT_TRUE(is_untouched(pid));
		EXPECT_EQ('S', state_of(pid));
	}
	return ret;
}

TEST_F(fault, seize)
{
	pid_t pid = start(child_sleep);
	int n, status;

	ASSERT_TRUE(wait_state(pid, 'S'));
	ASSERT_EQ(0, seize_until_done(_metadata, pid, PTRACE_SEIZE, &n));
	EXPECT_LE(3, n);
	EXPECT_EQ(getpid(), tracer_of(pid));
	for (n = 1; n < MOST; n++) {
		fail_nth(n);
		EXPECT_EQ(0, request(PTRACE_INTERRUPT, pid, NULL, NULL));
		status = reap(pid);
		EXPECT_EQ(PTRACE_EVENT_STOP, status >> 16);
		EXPECT_EQ(0, request(PTRACE_CONT, pid, NULL, NULL));
		if (!has_failed())
			break;
	}
	EXPECT_EQ(0, request(PTRACE_INTERRUPT, pid, NULL, NULL));
	status = reap(pid);
	EXPECT_EQ(PTRACE_EVENT_STOP, status >> 16);
	EXPECT_EQ(0, request(PTRACE_DETACH, pid, NULL, NULL));
	EXPECT_TRUE(can_be_killed(pid));
}

TEST_F(fault, ptrace_attach)
{
	pid_t pid = start(child_sleep);
	int n, status;

	ASSERT_TRUE(wait_state(pid, 'S'));
	ASSERT_EQ(0, seize_until_done(_metadata, pid, PTRACE_ATTACH, &n));
	EXPECT_LE(3, n);
	status = reap(pid);
	EXPECT_TRUE(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
	EXPECT_EQ(0, request(PTRACE_DETACH, pid, NULL, NULL));
	EXPECT_TRUE(can_be_killed(pid));
}

/* Who cannot be traced has no engine even for a moment, so none can be missing. */
static bool seize_finds_out_first(pid_t pid)
{
	bool refused;

	fail_nth(1);
	refused = request(PTRACE_SEIZE, pid, NULL, NULL) && errno == EPERM;
	return !has_failed() && refused;
}

static void child_exit(void)
{
	_exit(0);
}

TEST_F(fault, seize_of_a_tracee_or_a_zombie_allocates_nothing)
{
	pid_t pid = start(child_sleep), zombie = spawn(child_exit);

	ASSERT_EQ(0, request(PTRACE_SEIZE, pid, NULL, NULL));
	EXPECT_TRUE(seize_finds_out_first(pid));
	EXPECT_TRUE(can_be_killed(pid));
	ASSERT_TRUE(wait_state(zombie, 'Z'));
	EXPECT_TRUE(seize_finds_out_first(zombie));
	EXPECT_TRUE(exits_with(zombie, 0));
}

/* --- a traced task makes another */

enum kind { FORK, VFORK, THREAD };

static char stack[64 << 10] __attribute__((aligned(16)));

/* Says whether it is traced, and ends. */
static int child_of_tracee(void *unused)
{
	char buf[4096], *line = NULL;

	if (read_file("/proc/thread-self/status", buf, sizeof(buf)) > 0)
		line = strstr(buf, "\nTracerPid:");
	if (!line || !atoi(line + 11))
		shared[RESULT2]++;
	shared[COUNT]++;
	syscall(SYS_exit, 0);
	return 0;
}

/* Cleared by the kernel when the stack is free again. */
static volatile pid_t busy;

static pid_t make(enum kind kind)
{
	static const int flags[] = {
		[FORK] = SIGCHLD,
		[VFORK] = CLONE_VM | CLONE_VFORK | SIGCHLD,
		[THREAD] = CLONE_VM | CLONE_SIGHAND | CLONE_THREAD | CLONE_FS |
			   CLONE_FILES | CLONE_CHILD_CLEARTID,
	};

	busy = 1;
	return clone(child_of_tracee, stack + sizeof(stack), flags[kind], NULL,
		     NULL, NULL, &busy);
}

static enum kind kind;

/* RESULT: how often an error was not said, or was another. */
static void child_makes(void)
{
	int n, made;

	if (!open_nth())
		_exit(1);
	raise(SIGSTOP);
	for (n = 1; n < MOST; n++) {
		bool failed;
		pid_t pid;

		made = shared[COUNT];
		fail_nth(n);
		pid = make(kind);
		failed = has_failed();
		if (pid > 0) {
			shared[LAST_WORD]++;
			until(COUNT, made + 1);
			if (kind != THREAD)
				waitpid(pid, NULL, __WALL);
			while (kind == THREAD && busy)
				nap(1);
		} else if (!failed || (errno != ENOMEM && errno != EAGAIN)) {
			shared[RESULT]++;
		}
		if (is_through(failed))
			break;
	}
	shared[WORD] = n;
	_exit(5);
}

#define FOLLOW	(PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE)

/* Let all tracees go on until the first of them ends; its status. */
static int follow(pid_t first)
{
	int status, sig;
	double end = now() + 12 * PATIENCE;
	pid_t pid;

	while (now() < end) {
		pid = waitpid(-1, &status, WNOHANG | __WALL);
		if (pid < 0)
			return -1;
		if (!pid) {
			nap(1);
			continue;
		}
		if (!WIFSTOPPED(status)) {
			if (pid == first)
				return status;
			continue;
		}
		sig = WSTOPSIG(status);
		if (status >> 16 || sig == SIGSTOP || sig == SIGTRAP)
			sig = 0;
		request(PTRACE_CONT, pid, NULL, (void *)(long)sig);
	}
	return -1;
}

static void test_make(struct __test_metadata *_metadata, enum kind what)
{
	int status;
	pid_t pid;

	ASSERT_TRUE(failslab_set(FAIL_CACHES_AND_PAGES));
	kind = what;
	pid = spawn(child_makes);
	ASSERT_LT(0, pid);
	ASSERT_TRUE(wait_state(pid, 'T'));
	ASSERT_EQ(0, request(PTRACE_SEIZE, pid, NULL,
			     (void *)(FOLLOW | PTRACE_O_EXITKILL)));
	kill(pid, SIGCONT);
	status = follow(pid);
	EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 5);
	/* Nobody got away: who asked for it follows all children. */
	EXPECT_EQ(0, shared[RESULT2]);
	EXPECT_EQ(0, shared[RESULT]);
	EXPECT_EQ(shared[COUNT], shared[LAST_WORD]);
	EXPECT_LE(1, shared[COUNT]);
	/* The task and its pid, at least. */
	EXPECT_LE(2, shared[WORD] - IN_VAIN);
	EXPECT_GT(MOST, shared[WORD]);
}

TEST_F_TIMEOUT(fault, fork_of_a_tracee, 150)
{
	test_make(_metadata, FORK);
}

TEST_F_TIMEOUT(fault, vfork_of_a_tracee, 150)
{
	test_make(_metadata, VFORK);
}

TEST_F_TIMEOUT(fault, thread_of_a_tracee, 150)
{
	test_make(_metadata, THREAD);
}

/* --- an engine attaches to the child of its task */

/*
 * Attached, or -ENOMEM; the child lives in any case.  No other allocation of fork()
 * fails: there is no telling how many these are, and the two of the callback come last.
 */
TEST_F_TIMEOUT(fault, attach_in_report_clone, 150)
{
	int h, status, made = 0, attached = 0;
	pid_t pid;

	mark_caches("0");
	ASSERT_TRUE(write_file(SLAB "/utrace/failslab", "1"));
	ASSERT_TRUE(write_file(SLAB "/utrace_engine/failslab", "1"));
	kind = FORK;
	pid = spawn(child_makes);
	ASSERT_LT(0, pid);
	ASSERT_TRUE(wait_state(pid, 'T'));
	h = attach(pid, EVENT(CLONE));
	ASSERT_LT(0, h);
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = h, .callback = CB_CLONE, .effects = UTEST_DO,
		.do_what = UTEST_ATTACH_CHILD,
		.do_attach = { .flags = CREATE, .ops = UTEST_OPS_SECOND,
			       .events = EVENT(EXIT) },
	}));
	kill(pid, SIGCONT);
	status = follow(pid);
	EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 5);
	EXPECT_EQ(0, shared[RESULT]);
	while (find_event(h, CB(CLONE), 0, 0, 0)) {
		made++;
		if (ev.do_result) {
			EXPECT_EQ(-ENOMEM, ev.do_result);
			continue;
		}
		attached++;
		EXPECT_EQ(1, count_to(ev.do_handle, CB(EXIT), 1));
	}
	EXPECT_EQ(shared[LAST_WORD], made);
	EXPECT_EQ(shared[COUNT], made);
	EXPECT_EQ(shared[WORD], made);
	/* The child's struct utrace, and the engine. */
	EXPECT_EQ(2, made - attached);
}

/* --- seccomp */

static void child_filtered(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE | 7),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { ARRAY_SIZE(filter), filter };
	long parent = getppid();
	int n;

	if (!open_nth())
		_exit(1);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog))
		_exit(2);
	raise(SIGSTOP);
	for (n = 1; n < MOST; n++) {
		fail_nth(n);
		if (syscall(SYS_getppid) != parent)
			shared[RESULT]++;
		shared[COUNT]++;
		if (!has_failed())
			break;
	}
	shared[WORD] = n;
	_exit(5);
}

TEST_F(fault, seccomp_stop)
{
	int status, stops = 0;
	pid_t pid;

	pid = spawn(child_filtered);
	ASSERT_LT(0, pid);
	ASSERT_TRUE(wait_state(pid, 'T'));
	ASSERT_EQ(0, request(PTRACE_SEIZE, pid, NULL,
			     (void *)PTRACE_O_TRACESECCOMP));
	kill(pid, SIGCONT);
	for (;;) {
		status = reap(pid);
		if (status == -1 || !WIFSTOPPED(status))
			break;
		stops += status >> 16 == PTRACE_EVENT_SECCOMP;
		request(PTRACE_CONT, pid, NULL, NULL);
	}
	EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 5);
	EXPECT_EQ(0, shared[RESULT]);
	EXPECT_LE(1, stops);
	EXPECT_EQ(shared[COUNT], stops);
}

/* --- modules */

#define OOPS	"utrace_oops"

/* It attaches an engine when it is loaded; that the task execs, it waits in vain. */
static int load_oops(int fd, pid_t pid)
{
	char args[64];

	snprintf(args, sizeof(args), "pid=%d event=exec", pid);
	return syscall(SYS_finit_module, fd, args, 0) ? -errno : 0;
}

TEST_F_TIMEOUT(fault, load_of_a_module_that_attaches, 150)
{
	pid_t pid = start(child_sleep);
	int n, fd, ret = -1, in_spite = 0;

	ASSERT_LT(0, pid);
	fd = open(beside("test_modules/" OOPS ".ko"), O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	for (n = 1; n < MOST; n++) {
		bool failed;

		fail_nth(n);
		ret = load_oops(fd, pid);
		failed = has_failed();
		if (!failed)
			break;
		if (!ret) {
			/* It could do without. */
			in_spite++;
			EXPECT_EQ(0, syscall(SYS_delete_module, OOPS,
					     O_NONBLOCK));
			EXPECT_TRUE(is_untouched(pid));
			continue;
		}
		EXPECT_EQ(-ENOMEM, ret);
		EXPECT_NE(0, access("/sys/module/" OOPS, F_OK));
		EXPECT_TRUE(is_untouched(pid));
	}
	close(fd);
	TH_LOG("%d allocations, %d that it could do without", n - 1, in_spite);
	ASSERT_EQ(0, ret);
	EXPECT_FALSE(is_untouched(pid));
	EXPECT_EQ(0, syscall(SYS_delete_module, OOPS, O_NONBLOCK));
	EXPECT_TRUE(is_untouched(pid));
	EXPECT_TRUE(can_be_killed(pid));
}
