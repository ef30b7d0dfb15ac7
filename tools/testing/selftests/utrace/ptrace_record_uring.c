// SPDX-License-Identifier: GPL-2.0-only
/* Threads that the kernel makes for a program's io_uring: they run none of it. */
#define FAMILY "uring"
#include <dirent.h>
#include <linux/io_uring.h>
#include "ptrace_record.h"

static unsigned int ring_flags;

enum { ERROR = WORD_A };

static void *map_ring(int fd, size_t size, uint64_t offset)
{
	void *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			 offset);

	if (map == MAP_FAILED)
		leave_group(91);
	return map;
}

/* With one read that is left to another thread, and has nothing to read. */
static void prog_ring(void)
{
	struct io_uring_params params = {
		.flags = ring_flags,
		.sq_thread_idle = 1,
	};
	int fd = syscall(SYS_io_uring_setup, 4, &params);
	struct io_uring_sqe *sqe;
	static uint64_t n;
	char *ring;

	if (fd < 0) {
		shared->words[ERROR] = errno;
		prog_gate();
	}
	ring = map_ring(fd, params.sq_off.array + 4 * sizeof(int),
			IORING_OFF_SQ_RING);
	sqe = map_ring(fd, 4 * sizeof(*sqe), IORING_OFF_SQES);
	sqe->opcode = IORING_OP_READ;
	sqe->flags = IOSQE_ASYNC;
	sqe->fd = BLOCK_FD;
	sqe->addr = (unsigned long)&n;
	sqe->len = sizeof(n);
	/* The poller needs no work to be there. */
	if (!ring_flags) {
		__atomic_store_n((unsigned int *)(ring + params.sq_off.tail), 1,
				 __ATOMIC_RELEASE);
		CALL4(SYS_io_uring_enter, fd, 1, 0, 0);
	}
	prog_gate();
}

/* The other thread of the two. */
static pid_t find_thread(pid_t pid)
{
	struct dirent *entry;
	char path[64];
	pid_t tid = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	if (!dir)
		return 0;
	while (!tid && (entry = readdir(dir))) {
		tid = atoi(entry->d_name);
		if (tid == pid)
			tid = 0;
	}
	closedir(dir);
	return tid;
}

/* It sleeps whenever it has nothing to do. */
static void until_idle(pid_t worker)
{
	if (until_state(worker, "S"))
		rec("%s is S", who(worker));
}

static void interrupted(pid_t pid, pid_t worker)
{
	static const int requests[] = {
		PTRACE_CONT, PTRACE_SYSCALL, PTRACE_SINGLESTEP, PTRACE_DETACH,
	};
	struct kernel_sigset set = sigset_of(0);
	int i;

	req(PTRACE_SEIZE, worker, 0, PTRACE_O_TRACESYSGOOD);
	for (i = 0; i < ARRAY_SIZE(requests); i++) {
		req(PTRACE_INTERRUPT, worker, 0, 0);
		wait_stop(worker);
		req(PTRACE_GETSIGMASK, worker, sizeof(set), (long)&set);
		rec("  %#" PRIx64, bits_of(&set));
		req(PTRACE_SETSIGMASK, worker, sizeof(set), (long)&set);
		resume(requests[i], worker, 0);
		until_idle(worker);
	}
	req(PTRACE_INTERRUPT, worker, 0, 0);
}

static void attached(pid_t pid, pid_t worker)
{
	req(PTRACE_ATTACH, worker, 0, 0);
	wait_stop(worker);
	resume(PTRACE_CONT, worker, SIGUSR1);
	until_idle(worker);
	show_proc(worker);
	resume(PTRACE_DETACH, worker, 0);
}

/* The one signal that it takes and lives on: it stops them both. */
static void stopped(pid_t pid, pid_t worker)
{
	req(PTRACE_SEIZE, worker, 0, 0);
	send_thread(pid, worker, SIGUSR1);
	send_thread(pid, worker, SIGSTOP);
	wait_stop(worker);
	resume(PTRACE_CONT, worker, SIGSTOP);
	until_state(pid, "T");
	wait_stop(worker);
	resume(PTRACE_LISTEN, worker, 0);
	send(pid, SIGCONT);
	wait_stop(worker);
	resume(PTRACE_CONT, worker, 0);
	until_idle(worker);
	until_in(pid, SYS_futex);
}

static void killed(pid_t pid, pid_t worker)
{
	req(PTRACE_SEIZE, worker, 0, PTRACE_O_TRACEEXIT);
	send(pid, SIGKILL);
	wait_stop(worker);
	resume(PTRACE_CONT, worker, 0);
	wait_for(worker, WALL);
	wait_for(pid, WALL);
}

static void killed_in_stop(pid_t pid, pid_t worker)
{
	req(PTRACE_SEIZE, worker, 0, 0);
	req(PTRACE_INTERRUPT, worker, 0, 0);
	wait_stop(worker);
	send(pid, SIGKILL);
	wait_for(worker, WALL);
	wait_for(pid, WALL);
}

/* The making of a worker is no event. */
static void inherited(pid_t pid, pid_t worker)
{
	req(PTRACE_GETEVENTMSG, worker, 0, 0);
	wait_for(-1, WALL | WNOHANG);
	req(PTRACE_INTERRUPT, pid, 0, 0);
	wait_stop(pid);
	until_idle(worker);
	show_proc(worker);
}

static const struct {
	const char *name;
	void (*run)(pid_t pid, pid_t worker);
	bool traced;
} ways[] = {
	{ "interrupted", interrupted },
	{ "attached", attached },
	{ "stopped", stopped },
	{ "killed", killed },
	{ "killed_in_stop", killed_in_stop },
	{ "inherited", inherited, true },
};

static void run_worker(const struct scenario *self)
{
	pid_t pid, worker;

	ring_flags = self->a;
	pid = ways[self->b].traced ? start_seized(prog_ring, CHILD_EVENTS) :
				     start(prog_ring);
	until_in(pid, SYS_futex);
	if (shared->words[ERROR]) {
		rec("no ring: %s", error_name(shared->words[ERROR]));
		return;
	}
	worker = find_thread(pid);
	name_child(worker);
	until_idle(worker);
	ways[self->b].run(pid, worker);
}

GENERATE(add_workers)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		add_scenario(run_worker, 0, i, FAMILY "/worker_%s",
			     ways[i].name);
		add_scenario(run_worker, IORING_SETUP_SQPOLL, i,
			     FAMILY "/poller_%s", ways[i].name);
	}
}
