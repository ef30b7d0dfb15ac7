// SPDX-License-Identifier: GPL-2.0-only
/* Threads of io_uring are not for engines that do not ask for such. */
#include <dirent.h>
#include <linux/io_uring.h>
#include "utrace_lib.h"

FIXTURE(uring) {
	char unused;
};

FIXTURE_SETUP(uring)
{
	ASSERT_EQ(0, utest_open());
}

FIXTURE_TEARDOWN(uring)
{
	utest_close();
}

static void *map_ring(int fd, size_t size, __u64 offset)
{
	return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);
}

/* A ring with one read of an empty pipe that a worker has to do. */
static void child_ring(void)
{
	struct io_uring_params params = {};
	struct io_uring_sqe *sqe;
	static char buf[16];
	unsigned int *array, *tail;
	int fds[2], fd;
	char *sq;

	params.flags = shared[WORD];
	fd = syscall(SYS_io_uring_setup, 4, &params);
	if (fd < 0) {
		shared[RESULT] = -errno;
		child_sleep();
	}
	if (pipe(fds))
		_exit(90);
	sq = map_ring(fd, params.sq_off.array + 4 * sizeof(int),
		      IORING_OFF_SQ_RING);
	sqe = map_ring(fd, 4 * sizeof(*sqe), IORING_OFF_SQES);
	if (sq == MAP_FAILED || sqe == MAP_FAILED)
		_exit(91);
	sqe->opcode = IORING_OP_READ;
	sqe->flags = IOSQE_ASYNC;
	sqe->fd = fds[0];
	sqe->addr = (unsigned long)buf;
	sqe->len = sizeof(buf);
	array = (unsigned int *)(sq + params.sq_off.array);
	tail = (unsigned int *)(sq + params.sq_off.tail);
	array[0] = 0;
	wait_go();
	__atomic_store_n(tail, 1, __ATOMIC_RELEASE);
	syscall(SYS_io_uring_enter, fd, 1, 0,
		params.flags & IORING_SETUP_SQPOLL ? IORING_ENTER_SQ_WAKEUP : 0,
		NULL, 0);
	child_sleep();
}

/* The thread of a process whose name starts like this, or 0. */
static pid_t thread_named(pid_t pid, const char *name)
{
	double end = now() + PATIENCE;
	char path[300], comm[32];
	struct dirent *entry;
	pid_t found = 0;
	DIR *dir;

	do {
		snprintf(path, sizeof(path), "/proc/%d/task", pid);
		dir = opendir(path);
		if (!dir)
			return 0;
		while ((entry = readdir(dir))) {
			snprintf(path, sizeof(path), "task/%s/comm",
				 entry->d_name);
			if (read_proc(pid, path, comm, sizeof(comm)) > 0 &&
			    !strncmp(comm, name, strlen(name)))
				found = atoi(entry->d_name);
		}
		closedir(dir);
		nap(1);
	} while (!found && now() < end);
	return found;
}

TEST_F(uring, eperm_io_worker)
{
	pid_t pid, worker;
	int h;

	pid = start(child_ring);
	ASSERT_LT(0, pid);
	if (shared[RESULT] < 0)
		SKIP(return, "no io_uring: %s", strerror(-shared[RESULT]));
	h = attach(pid, EVENT(CLONE));
	ASSERT_LT(0, h);
	go();
	worker = thread_named(pid, "iou-wrk");
	ASSERT_LT(0, worker);
	EXPECT_EQ(-EPERM, attach(worker, 0));
	EXPECT_EQ(-EPERM, attach_how(worker, UTEST_BY_PID, CREATE,
				     UTEST_OPS_FIRST, 0, 0));
	/* Nor is the making of such a thread an event. */
	EXPECT_EQ(0, count(h, CB(CLONE)));
	EXPECT_TRUE(can_be_killed(pid));
}

/* It takes no other signals than SIGKILL and SIGSTOP. */
TEST_F(uring, io_worker_for_an_engine_that_asks_for_it)
{
	pid_t pid, worker;
	char buf[256];
	int h;

	pid = start(child_ring);
	ASSERT_LT(0, pid);
	if (shared[RESULT] < 0)
		SKIP(return, "no io_uring: %s", strerror(-shared[RESULT]));
	go();
	worker = thread_named(pid, "iou-wrk");
	ASSERT_LT(0, worker);
	h = attach_as(worker, CREATE | WORKER, UTEST_OPS_FIRST, 0,
		      EVENT(QUIESCE) | EVENT(SIGNAL_STOP));
	ASSERT_LT(0, h);
	ASSERT_LT(0, read_proc(worker, "utrace", buf, sizeof(buf)));
	EXPECT_STREQ("utest_first_ops [" UTEST_NAME "] QUIESCE,SIGNAL_STOP -\n",
		     buf);

	ASSERT_EQ(0, on_value(h, CB_SIGNAL, SIGSTOP, RESUME | SIGNAL_IGN, 1));
	ASSERT_EQ(0, syscall(SYS_tgkill, pid, worker, SIGSTOP));
	ASSERT_TRUE(see_value(h, CB(SIGNAL), SIGSTOP));
	EXPECT_EQ(SIGNAL_STOP, ev.action & SIGNAL_MASK);
	EXPECT_EQ(worker, ev.tid);

	ASSERT_EQ(0, on_action(h, SIGNAL_REPORT, STOP | SIGNAL_REPORT, 1));
	EXPECT_EQ(0, control(h, INTERRUPT));
	ASSERT_EQ(0, wait_held(h));
	EXPECT_TRUE(stays(worker, 't'));
	EXPECT_EQ(0, control(h, DETACH));
	EXPECT_EQ(-ESRCH, barrier(h));
	EXPECT_TRUE(stays(worker, 'S'));
	EXPECT_EQ(0, read_proc(worker, "utrace", buf, sizeof(buf)));
	EXPECT_TRUE(can_be_killed(pid));
}

TEST_F(uring, eperm_submission_poller)
{
	pid_t pid, worker;

	shared[WORD] = IORING_SETUP_SQPOLL;
	pid = start(child_ring);
	ASSERT_LT(0, pid);
	if (shared[RESULT] < 0)
		SKIP(return, "no SQPOLL: %s", strerror(-shared[RESULT]));
	worker = thread_named(pid, "iou-sqp");
	ASSERT_LT(0, worker);
	EXPECT_EQ(-EPERM, attach(worker, 0));
	EXPECT_TRUE(can_be_killed(pid));
}

TEST_F(uring, held_process_with_a_worker_can_be_killed)
{
	pid_t pid;
	int h;

	pid = start(child_ring);
	ASSERT_LT(0, pid);
	if (shared[RESULT] < 0)
		SKIP(return, "no io_uring: %s", strerror(-shared[RESULT]));
	go();
	ASSERT_LT(0, thread_named(pid, "iou-wrk"));
	h = attach(pid, EVENT(QUIESCE));
	ASSERT_LT(0, h);
	ASSERT_EQ(0, on(h, CB_SIGNAL, STOP | SIGNAL_REPORT, 0));
	ASSERT_EQ(0, control(h, INTERRUPT));
	ASSERT_EQ(0, wait_held(h));
	EXPECT_TRUE(can_be_killed(pid));
}
