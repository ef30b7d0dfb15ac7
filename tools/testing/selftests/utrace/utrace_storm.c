// SPDX-License-Identifier: GPL-2.0-only
/*
 * The storm: processes and threads that fork, exec, exit, signal, stop and kill
 * one another, while tracers and engines of two modules do to them all that there
 * is to do, get killed themselves, and have their modules unloaded.
 *
 *	utrace_storm [--seconds N] [--epoch N] [--seed N] [--tasks N]
 *		     [--patience N] [--no-engines] [--strand]
 *
 * All that is decided follows from the seed, which is printed; each worker has a
 * stream of numbers of its own.  What the machine makes of it is not decided by
 * anybody, so the same seed gives the same storm and not the same weather.
 *
 * This process, the supervisor, takes no part.  It starts what is killed, and
 * looks on:
 *
 *  - nobody lives on for longer than its patience lasts after SIGKILL (after an
 *    eighth of that it gets the CPU before all others),
 *  - who is in a tracing stop has an engine that wants it so; with --strand there is
 *    one task that has none, and the storm has to find it,
 *
 * and when an epoch is over, step by step:
 *
 *  - told by all engines to stop, who is in user mode stops; told to go on, all do,
 *  - modules can be unloaded once no file of theirs is open, and no engine is left,
 *  - all tasks die, and as much memory is in use for tasks and engines as before.
 *
 * The exit status is 0 if all that held, 4 if something that is needed is missing.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/ptrace.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "utrace_storm.h"

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#endif

/* Where a block is too much, a step; and calls that are not made are made. */
#ifndef PTRACE_SINGLEBLOCK
#define PTRACE_SINGLEBLOCK	PTRACE_SINGLESTEP
#endif
#ifndef PTRACE_SYSEMU
#define PTRACE_SYSEMU		PTRACE_SYSCALL
#define PTRACE_SYSEMU_SINGLESTEP PTRACE_SINGLESTEP
#endif

/*
 * Seconds until something that has to happen counts as not happening. In a guest this
 * is also the time in which the host may have given its processors to others.
 */
static double patience = 8;
/* Seconds after which a worker that does nothing is killed. */
#define STALLED		4
/*
 * Seconds for which a task may be seen in a stop that nobody wants.  That does not
 * depend on how busy the machine is, as patience does: whoever lets go of a task
 * wakes it, and then it is runnable.  So this can be much shorter than an epoch.  It
 * also takes so many looks, as the machine may stand still between two of them.
 */
#define STRANDED	5
#define STRANDED_LOOKS	3

#define CGROUP		"/sys/fs/cgroup/utrace-storm"
#define ARENA_FD	200
#define MODULES		2
#define SLOTS		96
#define TIDS		512

/* As in <linux/utrace.h>; the numbers of the actions are fixed. */
enum { STOP, INTERRUPT, REPORT, SINGLESTEP, BLOCKSTEP, RESUME, DETACH };
#define EVENTS		((1ul << 18) - 1)

static const char * const modules[MODULES] = { "utrace_storm", "utrace_storm2" };

enum role { LIFE, KILLER, TRACER, DRIVER, LOADER, ROLES };

static const int workers_of[ROLES] = { 4, 2, 3, 3, 1 };
#define WORKERS		16

enum count {
	FORKS, VFORKS, THREADS, EXECS, SIGNALS, KILLS, FREEZES, READS,
	TRACED, REQUESTS, STOPS, DETACHES, TRACERS,
	ENGINES, CALLS, EXAMINED, FROZEN, DROPS, FILES, UNLOADS, OPERATIONS,
	/* Not operations of user space: */
	CALLBACKS = OPERATIONS, INSIDE, HELD, COUNTS
};

/*
 * What it is, and how many there have to be each minute: a tenth of what a guest has
 * done that had all checkers and a fifth of a processor. One in all, where that has
 * no number. A module is only unloaded once the tasks are gone that it has left engines
 * on, which takes a slow guest more than a short storm.
 */
#define IN_LONG_STORM	(-1)
#define LONG_STORM	300

static const struct {
	const char *name;
	int least;
} kinds[COUNTS] = {
	[FORKS] = { "forks", 20 },
	[VFORKS] = { "vforks", 8 },
	[THREADS] = { "threads", 9 },
	[EXECS] = { "execs", 6 },
	[SIGNALS] = { "signals", 30 },
	[KILLS] = { "SIGKILLs", 7 },
	[FREEZES] = { "cgroup freezes" },
	[READS] = { "reads of /proc", 1 },
	[TRACED] = { "ptrace attaches", 3 },
	[REQUESTS] = { "ptrace requests", 6 },
	[STOPS] = { "ptrace stops", 2 },
	[DETACHES] = { "ptrace detaches" },
	[TRACERS] = { "tracers ended", 1 },
	[ENGINES] = { "engines attached", 6 },
	[CALLS] = { "engine calls", 6 },
	[EXAMINED] = { "tasks examined" },
	[FROZEN] = { "tasks frozen" },
	[DROPS] = { "engines detached", 1 },
	[FILES] = { "engine owners closed or killed", 2 },
	[UNLOADS] = { "modules unloaded", IN_LONG_STORM },
	[CALLBACKS] = { "callbacks", 30 },
	[INSIDE] = { "calls from callbacks" },
	[HELD] = { "tasks held by engines that all say stop" },
};

struct worker {
	atomic_int pid;
	atomic_long beats;
	enum role role;
	int generation;
	/* The supervisor's. */
	long last_beats;
	double last_time;
};

/* Shared by all processes of the storm, at ARENA_FD. */
struct arena {
	uint64_t seed;
	pid_t supervisor;
	int epoch;
	bool engines;
	atomic_int unload[MODULES];
	atomic_int tids[TIDS];
	atomic_uint last_tid;
	atomic_long counts[COUNTS];
	struct worker workers[WORKERS];
	int nr_workers;
};

static struct arena *arena;
static int me = -1;		/* which worker this is, or -1 */

/* --- numbers */

struct rng {
	uint64_t state;
};

static uint64_t next(struct rng *rng)
{
	uint64_t z = (rng->state += 0x9e3779b97f4a7c15ull);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

static unsigned int below(struct rng *rng, unsigned int limit)
{
	return next(rng) % limit;
}

static bool chance(struct rng *rng, unsigned int permille)
{
	return below(rng, 1000) < permille;
}

/* A stream that follows from the seed and from what it is for. */
static struct rng stream(uint64_t a, uint64_t b, uint64_t c)
{
	struct rng rng = { arena->seed ^ a * 0xd6e8feb86659fd93ull };

	rng.state = next(&rng) ^ b * 0xa0761d6478bd642full;
	rng.state = next(&rng) ^ c * 0xe7037ed1a0b428dbull;
	return rng;
}

/* --- this and that */

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void nap_us(long us)
{
	struct timespec ts = { us / 1000000, us % 1000000 * 1000 };

	nanosleep(&ts, NULL);
}

static void count(enum count what)
{
	arena->counts[what]++;
}

static long ptrace(long what, pid_t pid, void *addr, void *data)
{
	return syscall(SYS_ptrace, what, pid, addr, data);
}

static pid_t gettid_now(void)
{
	return syscall(SYS_gettid);
}

static ssize_t read_file(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len;

	buf[0] = 0;
	if (fd < 0)
		return -errno;
	len = read(fd, buf, size - 1);
	if (len < 0)
		len = -errno;
	close(fd);
	buf[len > 0 ? len : 0] = 0;
	return len;
}

static bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t len;

	if (fd < 0)
		return false;
	len = write(fd, text, strlen(text));
	close(fd);
	return len == (ssize_t)strlen(text);
}

static ssize_t read_proc(pid_t pid, const char *name, char *buf, size_t size)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	return read_file(path, buf, size);
}

/* Path of something that lies beside this program. */
static const char *beside(const char *name)
{
	static char path[PATH_MAX];
	ssize_t len;

	len = readlink("/proc/self/exe", path, sizeof(path) - 64);
	if (len < 0)
		return name;
	path[len] = 0;
	snprintf(strrchr(path, '/') + 1, 64, "%s", name);
	return path;
}

/* --- who there is */

static const char *cgroup_of(enum role role)
{
	return role == LIFE ? CGROUP "/life/cgroup.procs" :
			      CGROUP "/actors/cgroup.procs";
}

static void i_am_here(void)
{
	arena->tids[arena->last_tid++ % TIDS] = gettid_now();
}

static void beat(void)
{
	if (me >= 0)
		arena->workers[me].beats++;
}

/* Someone of the storm, most likely not a worker; or 0. */
static pid_t somebody(struct rng *rng)
{
	unsigned int last = arena->last_tid, range = last < TIDS ? last : TIDS;
	pid_t pid;

	if (chance(rng, 30)) {
		pid = arena->workers[below(rng, arena->nr_workers)].pid;
	} else {
		/* Those who came last are still there. */
		if (range > 64 && chance(rng, 900))
			range = 64;
		if (!range)
			return 0;
		pid = arena->tids[(last - 1 - below(rng, range)) % TIDS];
	}
	return pid <= arena->supervisor || pid == gettid_now() ? 0 : pid;
}

static pid_t tgid_of(pid_t tid)
{
	char buf[1024], *line;

	if (read_proc(tid, "status", buf, sizeof(buf)) <= 0)
		return 0;
	line = strstr(buf, "\nTgid:");
	return line ? atoi(line + 6) : 0;
}

/* --- life: what tasks do to live, and to die */

static void live(struct rng *rng, int depth, int length);

static void caught(int sig)
{
}

static const int common_signals[] = {
	SIGUSR1, SIGUSR2, SIGALRM, SIGTERM, SIGINT, SIGHUP, SIGTRAP, SIGCHLD,
	SIGWINCH, SIGURG, SIGQUIT, SIGPIPE, SIGTSTP, SIGTTIN, SIGTTOU,
};

static int some_signal(struct rng *rng)
{
	if (chance(rng, 100))
		return SIGRTMIN + below(rng, 4);
	return common_signals[below(rng, ARRAY_SIZE(common_signals))];
}

/* Most signals have handlers, or nobody would live. */
static void set_handlers(struct rng *rng)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(common_signals); i++) {
		struct sigaction sa = {
			.sa_handler = chance(rng, 900) ? caught :
				      chance(rng, 500) ? SIG_IGN : SIG_DFL,
			.sa_flags = chance(rng, 500) ? SA_RESTART : 0,
		};

		sigaction(common_signals[i], &sa, NULL);
	}
}

static void change_handler(struct rng *rng)
{
	struct sigaction sa = {
		.sa_handler = chance(rng, 700) ? caught :
			      chance(rng, 700) ? SIG_IGN : SIG_DFL,
		.sa_flags = (chance(rng, 200) ? SA_RESETHAND : 0) |
			    (chance(rng, 200) ? SA_NODEFER : 0) |
			    (chance(rng, 200) ? SA_SIGINFO : 0),
	};

	sigaction(some_signal(rng), &sa, NULL);
}

static void change_mask(struct rng *rng)
{
	sigset_t set;
	int i;

	sigemptyset(&set);
	for (i = 0; i < 3; i++)
		sigaddset(&set, some_signal(rng));
	pthread_sigmask(chance(rng, 300) ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}

/* True if it was sent: the task may be gone by now. */
static bool send_signal(struct rng *rng, pid_t pid, int sig)
{
	siginfo_t info = { .si_code = SI_QUEUE, .si_signo = sig };
	long ret;

	switch (below(rng, 4)) {
	case 0:
		ret = kill(pid, sig);
		break;
	case 1:
		ret = syscall(SYS_tkill, pid, sig);
		break;
	case 2:
		ret = syscall(SYS_rt_sigqueueinfo, pid, sig, &info);
		break;
	default:
		ret = syscall(SYS_rt_tgsigqueueinfo, tgid_of(pid), pid, sig,
			      &info);
		break;
	}
	if (!ret)
		count(SIGNALS);
	return !ret;
}

/* As a child's parent, and as its tracer where it asked for that. */
static void reap_some(struct rng *rng)
{
	int status, i;
	pid_t pid;

	for (i = 0; i < 8; i++) {
		pid = waitpid(-1, &status, WNOHANG | __WALL |
			      (chance(rng, 300) ? WUNTRACED | WCONTINUED : 0));
		if (pid <= 0)
			return;
		if (!WIFSTOPPED(status))
			continue;
		if (!ptrace(chance(rng, 800) ? PTRACE_CONT : PTRACE_DETACH, pid,
			    0, 0))
			count(REQUESTS);
		else if (chance(rng, 500))
			kill(pid, SIGCONT);
	}
}

/* Leave getppid() to whoever traces. */
static void filter_calls(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE | 7),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { ARRAY_SIZE(filter), filter };

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
}

static void exec_self(const char *what, uint64_t seed, int depth)
{
	char text[32], deep[16];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)seed);
	snprintf(deep, sizeof(deep), "%d", depth);
	execl("/proc/self/exe", "storm", what, text, deep, NULL);
	_exit(99);
}

/* Most are gone before anybody has found them. */
static int lifetime(struct rng *rng)
{
	return 5 + below(rng, chance(rng, 600) ? 40 : 500);
}

static void fork_child(struct rng *rng, int depth)
{
	struct rng child = { next(rng) };
	static const unsigned long flags[] = {
		0, 0, 0, CLONE_PARENT, CLONE_PTRACE, CLONE_UNTRACED, CLONE_FILES,
	};
	unsigned long flag;
	pid_t pid;

	flag = flags[below(rng, ARRAY_SIZE(flags))] |
	       (chance(rng, 900) ? SIGCHLD : SIGUSR1);
#ifdef __s390x__
	pid = syscall(SYS_clone, NULL, flag, NULL, NULL, 0);
#else
	pid = syscall(SYS_clone, flag, NULL, NULL, NULL, 0);
#endif
	if (pid > 0)
		count(FORKS);
	if (pid)
		return;
	me = -1;
	i_am_here();
	if (chance(&child, 100))
		ptrace(PTRACE_TRACEME, 0, 0, 0);
	live(&child, depth + 1, lifetime(&child));
	_exit(below(&child, 256));
}

static void vfork_child(struct rng *rng, int depth)
{
	uint64_t seed = next(rng);
	bool exec = chance(rng, 300);
	pid_t pid;

	pid = vfork();
	if (!pid) {
		i_am_here();
		if (exec)
			exec_self("--live", seed, depth + 1);
		_exit(0);
	}
	if (pid > 0)
		count(VFORKS);
}

struct thread {
	struct rng rng;
	int depth;
};

static void *thread_main(void *arg)
{
	struct thread thread = *(struct thread *)arg;

	free(arg);
	i_am_here();
	live(&thread.rng, thread.depth, lifetime(&thread.rng));
	return NULL;
}

static void make_thread(struct rng *rng, int depth)
{
	struct thread *thread = malloc(sizeof(*thread));
	pthread_attr_t attr;
	pthread_t id;

	if (!thread)
		return;
	thread->rng.state = next(rng);
	thread->depth = depth + 1;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 64 << 10);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	if (pthread_create(&id, &attr, thread_main, thread))
		free(thread);
	else
		count(THREADS);
	pthread_attr_destroy(&attr);
}

static void set_alarm(struct rng *rng)
{
	struct itimerval timer = {
		.it_value.tv_usec = 100 + below(rng, 5000),
		.it_interval.tv_usec = chance(rng, 100) ? 2000 : 0,
	};

	setitimer(chance(rng, 800) ? ITIMER_REAL : ITIMER_VIRTUAL, &timer, NULL);
}

static void compute(struct rng *rng)
{
	volatile unsigned int n = below(rng, 20000);

	while (n)
		n--;
}

/* A worker's life is long, and none of its threads ends it. */
static void live(struct rng *rng, int depth, int length)
{
	pid_t pid;

	while (length--) {
		beat();
		switch (below(rng, 40)) {
		case 0 ... 3:
			if (depth < 4)
				fork_child(rng, depth);
			break;
		case 4:
			vfork_child(rng, depth);
			break;
		case 5 ... 6:
			if (depth < 4)
				make_thread(rng, depth);
			break;
		case 7:
			if (depth)
				exec_self("--live", next(rng), depth);
			break;
		case 8 ... 9:
			pid = somebody(rng);
			if (pid)
				send_signal(rng, pid, some_signal(rng));
			break;
		case 10:
			pid = somebody(rng);
			if (pid)
				send_signal(rng, pid, SIGCONT);
			break;
		case 11:
			if (depth && chance(rng, 300))
				raise(SIGSTOP);
			break;
		case 12:
			if (depth && chance(rng, 300))
				syscall(chance(rng, 500) ? SYS_exit :
				SYS_exit_group, below(rng, 256));
			break;
		case 13:
			change_handler(rng);
			break;
		case 14:
			change_mask(rng);
			break;
		case 15:
			set_alarm(rng);
			break;
		case 16:
			if (depth > 1 && chance(rng, 100))
				filter_calls();
			break;
		case 17:
			if (depth && chance(rng, 200))
				setpgid(0, 0);
			break;
		case 18 ... 20:
			reap_some(rng);
			break;
		case 21 ... 24:
			nap_us(below(rng, 20000));
			break;
		case 25 ... 27:
			compute(rng);
			break;
		case 28:
			if (depth > 1 && chance(rng, 100))
				raise(chance(rng, 500) ? SIGSEGV : SIGABRT);
			break;
		case 29 ... 31:
			sched_yield();
			break;
		default:
			syscall(SYS_getppid);
		}
	}
}

static void life(struct rng *rng)
{
	live(rng, 0, INT_MAX);
}

/* --- killers: signals to anybody, the freezer, and those who only look */

static void look_at(struct rng *rng, pid_t pid)
{
	static const char * const names[] = {
		"utrace", "status", "stat", "syscall", "stack", "wchan",
		"environ", "maps", "task",
	};
	char buf[4096];

	if (read_proc(pid, names[below(rng, ARRAY_SIZE(names))], buf,
		      sizeof(buf)) > 0)
		count(READS);
}

static void freeze_all(struct rng *rng)
{
	/* Should this one die on the way, the supervisor thaws them. */
	if (write_file(CGROUP "/life/cgroup.freeze", "1"))
		count(FREEZES);
	nap_us(below(rng, 20000));
	write_file(CGROUP "/life/cgroup.freeze", "0");
}

static void killer(struct rng *rng)
{
	pid_t pid;

	for (;;) {
		beat();
		pid = somebody(rng);
		if (!pid) {
			nap_us(1000);
			continue;
		}
		switch (below(rng, 40)) {
		case 0 ... 11:
			send_signal(rng, pid, SIGCONT);
			break;
		case 12 ... 16:
			send_signal(rng, pid, chance(rng, 700) ? SIGSTOP :
							SIGTSTP);
			break;
		case 17 ... 24:
			send_signal(rng, pid, some_signal(rng));
			break;
		case 25:
			if (chance(rng, 700) && send_signal(rng, pid, SIGKILL))
				count(KILLS);
			break;
		case 26:
			if (chance(rng, 300) && getpgid(pid) > arena->supervisor &&
			    !kill(-getpgid(pid), some_signal(rng)))
				count(SIGNALS);
			break;
		case 27:
			if (chance(rng, 600))
				freeze_all(rng);
			break;
		case 28 ... 33:
			look_at(rng, pid);
			break;
		default:
			nap_us(below(rng, 4000));
		}
	}
}

/* --- tracers, by ptrace(2) */

#define TRACEES	24

static pid_t tracees[TRACEES];

static void know(struct rng *rng, pid_t pid)
{
	tracees[below(rng, TRACEES)] = pid;
}

static bool request(long what, pid_t pid, void *addr, void *data)
{
	if (ptrace(what, pid, addr, data) < 0)
		return false;
	count(REQUESTS);
	return true;
}

static unsigned long some_options(struct rng *rng)
{
	unsigned long options = next(rng) & 0xff;

	if (chance(rng, 300))
		options |= PTRACE_O_EXITKILL;
	if (chance(rng, 50))
		options |= PTRACE_O_SUSPEND_SECCOMP;
	return options;
}

static void trace_somebody(struct rng *rng)
{
	pid_t pid;
	bool ok;

	if (chance(rng, 100)) {
		struct rng child = { next(rng) };

		pid = fork();
		if (!pid) {
			me = -1;
			i_am_here();
			ptrace(PTRACE_TRACEME, 0, 0, 0);
			if (chance(&child, 500))
				exec_self("--live", next(&child), 2);
			live(&child, 2, 50);
			_exit(0);
		}
		if (pid > 0) {
			count(FORKS);
			count(TRACED);
			know(rng, pid);
		}
		return;
	}
	pid = somebody(rng);
	if (!pid)
		return;
	if (chance(rng, 600))
		ok = !ptrace(PTRACE_SEIZE, pid, 0,
			     (void *)some_options(rng));
	else
		ok = !ptrace(PTRACE_ATTACH, pid, 0, 0);
	if (ok) {
		count(TRACED);
		know(rng, pid);
	}
}

/* What can be asked of a stopped tracee that changes nothing. */
static void ask(struct rng *rng, pid_t pid)
{
	uint64_t regs[64];
	struct iovec iov = { regs, sizeof(regs) };
	struct ptrace_syscall_info call;
	unsigned long message;
	uint64_t mask;
	siginfo_t info;
	void *place;
	long word;

	switch (below(rng, 10)) {
	case 0:
		if (request(PTRACE_GETREGSET, pid, (void *)1, &iov) &&
		    chance(rng, 300))
			request(PTRACE_SETREGSET, pid, (void *)1, &iov);
		break;
	case 1:
		request(PTRACE_GETREGSET, pid, (void *)1, &iov);
		break;
	case 2:
		if (request(PTRACE_GETSIGINFO, pid, 0, &info) &&
		    chance(rng, 300))
			request(PTRACE_SETSIGINFO, pid, 0, &info);
		break;
	case 3:
		request(PTRACE_GETEVENTMSG, pid, 0, &message);
		break;
	case 4:
		request(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof(call),
			&call);
		break;
	case 5:
		request(PTRACE_SETOPTIONS, pid, 0, (void *)some_options(rng));
		break;
	case 6:
		if (request(PTRACE_GETSIGMASK, pid, (void *)8, &mask))
			request(PTRACE_SETSIGMASK, pid, (void *)8, &mask);
		break;
	case 7:
		if (!request(PTRACE_GET_SYSCALL_INFO, pid,
			     (void *)sizeof(call), &call))
			break;
		place = (void *)(unsigned long)call.instruction_pointer;
		if (request(PTRACE_PEEKTEXT, pid, place, &word))
			request(PTRACE_POKETEXT, pid, place, (void *)word);
		break;
	case 8:
		request(PTRACE_PEEKUSR, pid, 0, &word);
		break;
	case 9:
		send_signal(rng, pid, some_signal(rng));
		break;
	}
}

static void let_go_on(struct rng *rng, pid_t pid, long sig)
{
	static const struct {
		long what;
		int weight;
	} ways[] = {
		{ PTRACE_CONT, 40 }, { PTRACE_SYSCALL, 25 },
		{ PTRACE_SINGLESTEP, 8 }, { PTRACE_SINGLEBLOCK, 4 },
		{ PTRACE_SYSEMU, 2 }, { PTRACE_SYSEMU_SINGLESTEP, 1 },
		{ PTRACE_LISTEN, 5 }, { PTRACE_DETACH, 10 },
		{ PTRACE_KILL, 1 }, { 0, 4 },
	};
	int nr = below(rng, 100);
	size_t i;

	for (i = 0; nr >= ways[i].weight; i++)
		nr -= ways[i].weight;
	/* It stays in its stop for a while, until it is met again. */
	if (!ways[i].what)
		return;
	if (chance(rng, 200))
		sig = chance(rng, 500) ? 0 : some_signal(rng);
	if (request(ways[i].what, pid, 0, ways[i].what == PTRACE_LISTEN ? 0 :
					  (void *)sig) &&
	    ways[i].what == PTRACE_DETACH)
		count(DETACHES);
}

/* Is there news of a tracee? */
static bool wait_for_one(struct rng *rng)
{
	int status, sig = 0, i;
	pid_t pid;

	pid = waitpid(-1, &status, WNOHANG | __WALL);
	if (pid <= 0)
		return false;
	if (!WIFSTOPPED(status))
		return true;
	count(STOPS);
	/* New ones come by the events of their parents. */
	know(rng, pid);
	if (!(status >> 16) && WSTOPSIG(status) != SIGTRAP &&
	    WSTOPSIG(status) != (SIGTRAP | 0x80))
		sig = WSTOPSIG(status);
	for (i = below(rng, 4); i; i--)
		ask(rng, pid);
	let_go_on(rng, pid, sig);
	return true;
}

static void tracer(struct rng *rng)
{
	pid_t pid;
	int i;

	for (;;) {
		beat();
		pid = tracees[below(rng, TRACEES)];
		switch (below(rng, 20)) {
		case 0 ... 1:
			trace_somebody(rng);
			break;
		case 2:
			if (pid)
				request(PTRACE_INTERRUPT, pid, 0, 0);
			break;
		case 3 ... 5:
			/* In a stop, or not: then it is refused. */
			if (pid) {
				ask(rng, pid);
				let_go_on(rng, pid, 0);
			}
			break;
		case 6:
			if (chance(rng, 10))
				_exit(0);
			if (chance(rng, 5))
				exec_self("--trace", next(rng), me);
			break;
		default:
			for (i = 0; i < 8 && wait_for_one(rng); i++)
				;
			if (!i)
				nap_us(below(rng, 2000));
		}
	}
}

/* --- drivers and the loader of engines */

static int call(int fd, int slot, int what, uint64_t arg)
{
	struct storm_call call = { .slot = slot, .what = what, .arg = arg };

	if (ioctl(fd, STORM_IOC_CALL, &call))
		return -errno;
	/* Of a task that is gone nothing was asked. */
	if (!call.result || call.result == -EINPROGRESS)
		count(CALLS);
	return call.result;
}

static void attach_engine(struct rng *rng, int fd)
{
	struct storm_attach attach = {
		.target = somebody(rng),
		.how = STORM_WILD | (chance(rng, 200) ? STORM_FEW : 0) |
		       (chance(rng, 200) ? STORM_EXCLUSIVE : 0),
		.seed = next(rng),
		.events = next(rng) & EVENTS,
	};

	if (attach.target && !ioctl(fd, STORM_IOC_ATTACH, &attach) &&
	    attach.slot >= 0)
		count(ENGINES);
}

static int some_action(struct rng *rng)
{
	static const int actions[] = {
		RESUME, RESUME, RESUME, RESUME, RESUME, RESUME, RESUME, RESUME,
		RESUME, RESUME, STOP, STOP, STOP, INTERRUPT, REPORT, REPORT,
		SINGLESTEP, BLOCKSTEP, DETACH,
	};

	return actions[below(rng, ARRAY_SIZE(actions))];
}

static void use_engine(struct rng *rng, int fd)
{
	int slot = below(rng, SLOTS), ret;

	switch (below(rng, 20)) {
	case 0 ... 9:
		ret = call(fd, slot, STORM_CONTROL, some_action(rng));
		break;
	case 10 ... 11:
		ret = call(fd, slot, STORM_SET_EVENTS, next(rng) & EVENTS);
		break;
	case 12:
		ret = call(fd, slot, STORM_ASK, chance(rng, 500) ? REPORT :
						INTERRUPT);
		break;
	case 13:
		ret = call(fd, slot, STORM_BARRIER, 0);
		break;
	case 14 ... 15:
		ret = call(fd, slot, STORM_CONTROL, STOP);
		if (ret == -EINPROGRESS)
			nap_us(500);
		ret = call(fd, slot, STORM_EXAMINE, 0);
		if (!ret)
			count(EXAMINED);
		call(fd, slot, STORM_CONTROL, RESUME);
		break;
	case 16 ... 17:
		if (call(fd, slot, STORM_CONTROL, STOP) == -EINPROGRESS)
			nap_us(500);
		ret = call(fd, slot, STORM_FREEZE, chance(rng, 500));
		if (!ret)
			count(FROZEN);
		break;
	default:
		ret = call(fd, slot, STORM_DROP, 0);
		if (!ret)
			count(DROPS);
		break;
	}
	/* Of a task that is gone; make room. */
	if (ret == -ESRCH && chance(rng, 700))
		call(fd, slot, STORM_DROP, 0);
}

static int open_module(int nr)
{
	char path[64];

	snprintf(path, sizeof(path), "/dev/%s", modules[nr]);
	return open(path, O_RDWR | O_CLOEXEC);
}

static void driver(struct rng *rng)
{
	int fd, nr, n;

	for (;;) {
		beat();
		nr = below(rng, MODULES);
		fd = arena->unload[nr] ? -1 : open_module(nr);
		if (fd < 0) {
			nap_us(2000);
			continue;
		}
		for (n = below(rng, 300); n && !arena->unload[nr]; n--) {
			beat();
			if (chance(rng, 150))
				attach_engine(rng, fd);
			else
				use_engine(rng, fd);
			if (chance(rng, 50))
				nap_us(below(rng, 2000));
		}
		if (chance(rng, 500))
			ioctl(fd, STORM_IOC_KEEP);
		close(fd);
		count(FILES);
	}
}

static int load_module(int nr)
{
	char name[64], args[32];
	int fd, ret;

	snprintf(name, sizeof(name), "test_modules/%s.ko", modules[nr]);
	snprintf(args, sizeof(args), "slots=%d", SLOTS);
	fd = open(beside(name), O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = syscall(SYS_finit_module, fd, args, 0) ? -errno : 0;
	close(fd);
	return ret == -EEXIST ? 0 : ret;
}

static long parameter(int nr, const char *name)
{
	char path[128], buf[32];

	snprintf(path, sizeof(path), "/sys/module/%s/parameters/%s",
		 modules[nr], name);
	return read_file(path, buf, sizeof(buf)) > 0 ? atol(buf) : 0;
}

/* Until no file is open any more; zero, or the last error: -ENOENT if it is not there. */
static int unload_module(int nr, double within)
{
	double end = now() + within;
	long callbacks, inside;

	for (;;) {
		beat();
		callbacks = parameter(nr, "callbacks");
		inside = parameter(nr, "calls");
		if (!syscall(SYS_delete_module, modules[nr], O_NONBLOCK)) {
			arena->counts[CALLBACKS] += callbacks;
			arena->counts[INSIDE] += inside;
			return 0;
		}
		if (errno == ENOENT || now() > end)
			return -errno;
		nap_us(5000);
	}
}

static void loader(struct rng *rng)
{
	int nr;

	for (;;) {
		beat();
		for (nr = 0; nr < MODULES; nr++)
			load_module(nr);
		nap_us(100000 + below(rng, 600000));
		beat();
		nr = below(rng, MODULES);
		arena->unload[nr] = 1;
		if (!unload_module(nr, 8))
			count(UNLOADS);
		arena->unload[nr] = 0;
	}
}

/* --- the supervisor: what has gone wrong */

static int violations;

static bool is_telling(const char *line)
{
	static const char * const names[] = {
		"State:", "Tgid:", "PPid:", "TracerPid:", "SigPnd:", "ShdPnd:",
		"SigBlk:", "voluntary_ctxt", "nonvoluntary_ctxt",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (!strncmp(line, names[i], strlen(names[i])))
			return true;
	return false;
}

/* What can be known of a thread. */
static void describe(pid_t tid)
{
	static const char * const names[] = {
		"utrace", "stack", "syscall", "stat", "status"
	};
	char buf[8192], *line;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		read_proc(tid, names[i], buf, sizeof(buf));
		for (line = strtok(buf, "\n"); line; line = strtok(NULL, "\n"))
			if (i < ARRAY_SIZE(names) - 1 || is_telling(line))
				printf("#     %s: %s\n", names[i], line);
	}
}

/* --- the supervisor: all threads of the storm */

struct task {
	pid_t pid, tid;
	char state;
	unsigned long long began;
	bool kernel;
	bool exiting;		/* as far as report_exit() */
};

/* State, 5 numbers, flags, 12 numbers, start time. */
#define STAT	" %c %*d %*d %*d %*d %*d %lu" LONG3 LONG3 LONG3 LONG3 " %llu"
#define LONG3	" %*d %*d %*d"

static bool read_task(pid_t pid, pid_t tid, struct task *task)
{
	char path[64], buf[1024], *p;
	unsigned long flags;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", pid, tid);
	if (read_file(path, buf, sizeof(buf)) <= 0)
		return false;
	p = strrchr(buf, ')');
	task->pid = pid;
	task->tid = tid;
	if (!p || sscanf(p + 1, STAT, &task->state, &flags, &task->began) != 3)
		return false;
	task->kernel = flags & 0x00200000;
	/* PF_POSTCOREDUMP */
	task->exiting = flags & 0x00000008;
	return true;
}

static int threads_of(pid_t pid, void (*visit)(struct task *task))
{
	struct dirent *entry;
	struct task task;
	char path[64];
	int nr = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' &&
		    read_task(pid, atoi(entry->d_name), &task)) {
			nr++;
			if (visit)
				visit(&task);
		}
	if (dir)
		closedir(dir);
	return nr;
}

static void describe_task(struct task *task)
{
	printf("#   thread %d\n", task->tid);
	describe(task->tid);
}

static void describe_all(pid_t pid)
{
	threads_of(pid, describe_task);
	fflush(stdout);
}

static void violation(pid_t pid, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static void violation(pid_t pid, const char *format, ...)
{
	va_list args;

	violations++;
	printf("# VIOLATION: ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	describe_all(pid);
}

/* How many there are in the whole machine, or in the storm. */
static int all_threads(bool storm, void (*visit)(struct task *task))
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	struct task task;
	int nr = 0;
	pid_t pid;

	while (dir && (entry = readdir(dir))) {
		pid = atoi(entry->d_name);
		if (pid <= 0 || (storm && (pid <= arena->supervisor ||
					   !read_task(pid, pid, &task) ||
					   task.kernel)))
			continue;
		nr += threads_of(pid, visit);
	}
	if (dir)
		closedir(dir);
	return nr;
}

/* Does an engine of this name, or any, want it stopped? */
static bool is_held(pid_t tid, const char *name)
{
	char buf[16384], *line;

	read_proc(tid, "utrace", buf, sizeof(buf));
	for (line = strtok(buf, "\n"); line; line = strtok(NULL, "\n"))
		if ((!name || strstr(line, name)) &&
		    !strcmp(strrchr(line, ' '), " stop"))
			return true;
	return false;
}

static long switches_of(pid_t tid)
{
	char buf[4096], *line;
	long sum = 0;

	read_proc(tid, "status", buf, sizeof(buf));
	line = strstr(buf, "\nvoluntary_ctxt_switches:");
	if (line)
		sum = atol(line + 25);
	line = strstr(buf, "\nnonvoluntary_ctxt_switches:");
	return line ? sum + atol(line + 28) : sum;
}

/*
 * Threads that are in a state in which they should not be for long: they are, if
 * they did not move at all from one look to the next.
 */
#define SUSPECTS	256

struct suspect {
	pid_t tid;
	unsigned long long began;
	long switches;
	double since;
	int round, looks;
};

static struct suspect suspects[SUSPECTS];
static int suspect_round;
static double longest_suspicion;

static bool suspicious_for_long(struct task *task)
{
	long switches = switches_of(task->tid);
	struct suspect *free = NULL, *s;
	double took;

	for (s = suspects; s < suspects + SUSPECTS; s++) {
		if (!s->tid || s->round < suspect_round - 1)
			free = s;
		else if (s->tid == task->tid && s->began == task->began &&
			 s->switches == switches)
			break;
	}
	if (s < suspects + SUSPECTS) {
		s->round = suspect_round;
		took = now() - s->since;
		if (took > longest_suspicion)
			longest_suspicion = took;
		return ++s->looks >= STRANDED_LOOKS && took > STRANDED;
	}
	if (free)
		*free = (struct suspect){ task->tid, task->began, switches,
					  now(), suspect_round, 1 };
	return false;
}

static void check_held(struct task *task)
{
	if (task->state != 't' || is_held(task->tid, NULL))
		return;
	/* What was read first may be old. */
	if (!read_task(task->pid, task->tid, task) || task->state != 't')
		return;
	if (suspicious_for_long(task))
		violation(task->pid, "thread %d is stopped, and no engine wants it so",
			  task->tid);
}

static void check_all_held(void)
{
	suspect_round++;
	all_threads(true, check_held);
}

/*
 * A task that is in a tracing stop and has no engine, for the look to find.  It goes
 * with the tracers, and nobody of the storm knows it.
 */
static bool strand_one(void)
{
	int fd = load_module(0) ? -1 : open_module(0);
	pid_t pid = fd < 0 ? -1 : fork();

	if (!pid) {
		write_file(cgroup_of(TRACER), "0");
		ioctl(fd, STORM_IOC_STRAND);
		_exit(0);
	}
	close(fd);
	return pid > 0;
}

/* --- the supervisor: killing, with a look at what becomes of it */

#define PENDING	128

struct pending {
	pid_t pid;
	int fd;
	double since;
	int grace;
	bool hastened;
	bool told;
};

static struct pending pending[PENDING];
static double slowest;
static long killed;

static pid_t tracer_of(pid_t tid)
{
	char buf[4096], *line;

	read_proc(tid, "status", buf, sizeof(buf));
	line = strstr(buf, "\nTracerPid:");
	return line ? atoi(line + 11) : 0;
}

static void kill_checked(pid_t pid)
{
	struct pending *p;
	int fd;

	for (p = pending; p < pending + PENDING && p->fd; p++)
		if (p->pid == pid)
			return;
	if (p == pending + PENDING || pid <= arena->supervisor)
		return;
	fd = syscall(SYS_pidfd_open, pid, 0);
	if (fd < 0)
		return;
	*p = (struct pending){ .pid = pid, .fd = fd, .since = now() };
	kill(pid, SIGKILL);
	count(KILLS);
	killed++;
}

static pid_t last_tracer;

static void find_tracer(struct task *task)
{
	if (task->state == 't' && task->exiting && tracer_of(task->tid))
		last_tracer = tracer_of(task->tid);
}

/*
 * At PTRACE_EVENT_EXIT a tracee stays stopped until its tracer says otherwise, as
 * it is exiting already; so it is the tracer's turn to die. Not so in any other stop:
 * SIGKILL has to end that.
 */
static bool kill_tracer(struct pending *p)
{
	last_tracer = 0;
	threads_of(p->pid, find_tracer);
	if (!last_tracer || p->grace++ > 3)
		return false;
	kill_checked(tgid_of(last_tracer));
	p->since = now();
	return true;
}

static void hasten(struct task *task)
{
	setpriority(PRIO_PROCESS, task->tid, -20);
}

/*
 * An exit needs a CPU, which a hundred others want, too. That is no engine's fault;
 * and one that is held does not die for being first in line.
 */
static void hasten_killed(struct pending *p)
{
	if (p->hastened)
		return;
	p->hastened = true;
	threads_of(p->pid, hasten);
}

/* Was it alive just now, and may it be? When it died is not known. */
static bool yet_to_die(struct pending *p)
{
	struct pollfd poll_fd = { .fd = p->fd, .events = POLLIN };
	double took = now() - p->since;

	if (poll(&poll_fd, 1, 0) == 1)
		return false;
	if (took > slowest && !p->grace)
		slowest = took;
	if (took > patience / 8)
		hasten_killed(p);
	if (took < (p->grace ? patience : patience / 2) || kill_tracer(p))
		return true;
	if (took >= patience) {
		violation(p->pid, "process %d lives %.1f s after SIGKILL",
			  p->pid, took);
		return false;
	}
	if (!p->told && took > patience * 3 / 4) {
		p->told = true;
		printf("# slow: process %d lives %.1f s after SIGKILL\n",
		       p->pid, took);
		describe_all(p->pid);
	}
	return true;
}

/* How many are yet to die? */
static int check_killed(void)
{
	struct pending *p;
	int left = 0;

	for (p = pending; p < pending + PENDING; p++) {
		if (!p->fd)
			continue;
		if (yet_to_die(p)) {
			left++;
			continue;
		}
		close(p->fd);
		p->fd = 0;
	}
	return left;
}

/* --- the supervisor: starting, reaping */

static void work(int nr, struct rng *rng)
{
	switch (arena->workers[nr].role) {
	case LIFE:
		set_handlers(rng);
		life(rng);
		break;
	case KILLER:
		killer(rng);
		break;
	case TRACER:
		tracer(rng);
		break;
	case DRIVER:
		driver(rng);
		break;
	case LOADER:
		loader(rng);
		break;
	default:
		break;
	}
}

static void start_worker(int nr)
{
	struct worker *worker = &arena->workers[nr];
	struct rng rng = stream(arena->epoch, nr, ++worker->generation);
	pid_t pid = fork();

	if (!pid) {
		write_file(cgroup_of(worker->role), "0");
		setpriority(PRIO_PROCESS, 0, 0);
		/* Programs whose system calls fail complain. */
		dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), 1);
		dup2(1, 2);
		setpgid(0, 0);
		me = nr;
		i_am_here();
		work(nr, &rng);
		_exit(0);
	}
	worker->last_time = now();
	worker->last_beats = worker->beats;
	worker->pid = pid > 0 ? pid : 0;
}

/* Orphans come to us; and whoever asked its parent to trace it. */
static void reap_all(void)
{
	int status, i;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG | __WALL)) > 0) {
		if (WIFSTOPPED(status)) {
			ptrace(PTRACE_DETACH, pid, 0, 0);
			continue;
		}
		for (i = 0; i < arena->nr_workers; i++)
			if (arena->workers[i].pid == pid) {
				arena->workers[i].pid = 0;
				if (arena->workers[i].role == DRIVER)
					count(FILES);
				if (arena->workers[i].role == TRACER)
					count(TRACERS);
			}
	}
}

static void look_after_workers(bool restart)
{
	struct worker *worker;
	int i;

	for (i = 0; i < arena->nr_workers; i++) {
		worker = &arena->workers[i];
		if (!worker->pid) {
			if (restart)
				start_worker(i);
		} else if (worker->beats != worker->last_beats) {
			worker->last_beats = worker->beats;
			worker->last_time = now();
		} else if (now() - worker->last_time > STALLED) {
			kill_checked(worker->pid);
			worker->last_time = now();
		}
	}
}

/* --- the supervisor: how much memory is in use */

static const struct cache {
	const char *name;
	bool per_thread;	/* one for each thread of the machine */
} caches[] = {
	{ "utrace", false },
	{ "utrace_engine", false },
	{ "task_struct", true },
};

static long baseline[ARRAY_SIZE(caches)];

static long objects(const struct cache *cache)
{
	char path[128], buf[128];

	snprintf(path, sizeof(path), "/sys/kernel/slab/%s/shrink", cache->name);
	write_file(path, "1");
	snprintf(path, sizeof(path), "/sys/kernel/slab/%s/objects", cache->name);
	if (read_file(path, buf, sizeof(buf)) <= 0)
		return -1;
	return atol(buf) - (cache->per_thread ? all_threads(false, NULL) : 0);
}

static bool take_baseline(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(caches); i++) {
		baseline[i] = objects(&caches[i]);
		if (baseline[i] < 0 && !caches[i].per_thread)
			return false;
	}
	return true;
}

/* Memory that is freed after a grace period takes its time. */
static void check_memory(void)
{
	double end = now() + 4 * patience;
	long more = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(caches); i++) {
		while ((more = objects(&caches[i]) - baseline[i]) > 0 &&
		       now() < end)
			nap_us(200000);
		if (more > 0)
			violation(0, "%ld more objects %s than at the start", more,
				  caches[i].name);
	}
}

/* --- the supervisor: the end of an epoch */

static bool wait_killed(void)
{
	double end = now() + 6 * patience;

	while (check_killed() && now() < end) {
		reap_all();
		nap_us(20000);
	}
	return now() < end;
}

/* All but life. Theirs are tracers, and the files of the modules. */
static void kill_actors(void)
{
	int i;

	for (i = 0; i < arena->nr_workers; i++)
		if (arena->workers[i].role != LIFE && arena->workers[i].pid)
			kill_checked(arena->workers[i].pid);
	/* Their children, too, which may be tracers by now. */
	wait_killed();
	write_file(CGROUP "/actors/cgroup.kill", "1");
	write_file(CGROUP "/life/cgroup.freeze", "0");
	reap_all();
}

static int seen_held, seen_running;
static bool final_look;

static void check_stopped(struct task *task)
{
	if (!is_held(task->tid, "storm"))
		return;
	if (task->state == 't')
		seen_held++;
	if (task->state != 'R')
		return;
	if (!read_task(task->pid, task->tid, task) || task->state != 'R' ||
	    !is_held(task->tid, "storm"))
		return;
	seen_running++;
	if (final_look)
		violation(task->pid, "thread %d runs though an engine holds it",
			  task->tid);
}

static void check_running(struct task *task)
{
	if (task->state != 't' || is_held(task->tid, NULL))
		return;
	if (!read_task(task->pid, task->tid, task) || task->state != 't')
		return;
	seen_held++;
	if (final_look)
		violation(task->pid, "thread %d is stopped, and no engine wants it so",
			  task->tid);
}

/* Look again and again until there is nothing left to see, or it is too long. */
static void until_none(void (*look)(struct task *task), int *seen)
{
	double end = now() + patience;

	final_look = false;
	do {
		seen_held = 0;
		seen_running = 0;
		all_threads(true, look);
		if (!*seen)
			return;
		reap_all();
		nap_us(50000);
	} while (now() < end);
	final_look = true;
	all_threads(true, look);
	final_look = false;
}

static void calm(bool stop)
{
	struct storm_calm arg = { .stop = stop };
	int nr, fd;

	for (nr = 0; nr < MODULES; nr++) {
		fd = open_module(nr);
		if (fd < 0)
			continue;
		ioctl(fd, STORM_IOC_CALM, &arg);
		ioctl(fd, STORM_IOC_KEEP);
		close(fd);
	}
}

static void check_no_engine(struct task *task)
{
	char buf[16384], *line;

	read_proc(task->tid, "utrace", buf, sizeof(buf));
	for (line = strtok(buf, "\n"); line; line = strtok(NULL, "\n"))
		if (strncmp(line, "ptrace_engine_ops ", 18) &&
		    strncmp(line, "shadow_ops ", 11))
			violation(task->pid, "thread %d has an engine of a module that is gone: %s",
				  task->tid, line);
}

static void audit(void)
{
	int nr, ret;

	kill_actors();
	calm(true);
	/* Some sleep, and stop when they wake up. */
	nap_us(500000);
	until_none(check_stopped, &seen_running);
	arena->counts[HELD] += seen_held;
	calm(false);
	until_none(check_running, &seen_held);
	for (nr = 0; nr < MODULES; nr++) {
		ret = unload_module(nr, patience);
		if (ret && ret != -ENOENT)
			violation(0, "module %s cannot be unloaded: %s",
				  modules[nr], strerror(-ret));
	}
	all_threads(true, check_no_engine);
	until_none(check_running, &seen_held);
}

static int populated(void)
{
	char buf[64];

	return read_file(CGROUP "/pids.current", buf, sizeof(buf)) > 0 ?
	       atoi(buf) : -1;
}

static double slowest_end;

static void report_survivor(struct task *task)
{
	violation(task->pid, "thread %d, %c, survives the end", task->tid,
		  task->state);
}

static void end_of_life(void)
{
	double began = now(), next_kill = began;

	while (populated() > 0 && now() < began + patience) {
		/* A child that is just being made may not be among those of a moment. */
		if (now() >= next_kill) {
			write_file(CGROUP "/cgroup.kill", "1");
			next_kill = now() + patience / 4;
		}
		reap_all();
		nap_us(5000);
	}
	if (populated() > 0)
		all_threads(true, report_survivor);
	else if (now() - began > slowest_end)
		slowest_end = now() - began;
	wait_killed();
	reap_all();
}

/* --- the supervisor: an epoch, and all of them */

static void storm(double seconds)
{
	struct rng rng = stream(arena->epoch, 1000, 0);
	double end = now() + seconds, next_look = 0, next_kill = 0;
	pid_t pid;

	while (now() < end && !violations) {
		reap_all();
		look_after_workers(true);
		check_killed();
		if (now() > next_kill) {
			pid = somebody(&rng);
			if (pid)
				kill_checked(tgid_of(pid));
			next_kill = now() + 0.05 + below(&rng, 200) / 1000.;
		}
		if (now() > next_look) {
			check_all_held();
			write_file(CGROUP "/life/cgroup.freeze", "0");
			next_look = now() + 1;
		}
		nap_us(20000);
	}
}

static long operations(void)
{
	long sum = 0;
	int i;

	for (i = 0; i < OPERATIONS; i++)
		sum += arena->counts[i];
	return sum;
}

static bool make_cgroups(int tasks)
{
	char max[16];

	snprintf(max, sizeof(max), "%d", tasks);
	write_file("/sys/fs/cgroup/cgroup.subtree_control", "+pids");
	mkdir(CGROUP, 0755);
	write_file(CGROUP "/cgroup.subtree_control", "+pids");
	mkdir(CGROUP "/life", 0755);
	mkdir(CGROUP "/actors", 0755);
	/* Workers must have a place, however many others there are. */
	return write_file(CGROUP "/pids.max", "max") &&
	       write_file(CGROUP "/life/pids.max", max) &&
	       write_file(CGROUP "/actors/pids.max", max);
}

static void remove_cgroups(void)
{
	rmdir(CGROUP "/life");
	rmdir(CGROUP "/actors");
	rmdir(CGROUP);
}

static bool map_arena(void)
{
	arena = mmap(NULL, sizeof(*arena), PROT_READ | PROT_WRITE, MAP_SHARED,
		     ARENA_FD, 0);
	return arena != MAP_FAILED;
}

static bool make_arena(void)
{
	int fd = memfd_create("storm", 0);

	return fd >= 0 && dup2(fd, ARENA_FD) == ARENA_FD && !close(fd) &&
	       !ftruncate(ARENA_FD, sizeof(*arena)) && map_arena();
}

static void make_workers(void)
{
	int role, i;

	for (role = 0; role < ROLES; role++) {
		if (!arena->engines && (role == DRIVER || role == LOADER))
			continue;
		for (i = 0; i < workers_of[role]; i++)
			arena->workers[arena->nr_workers++].role = role;
	}
}

static void missing(const char *what)
{
	printf("storm: cannot run here: %s\n", what);
	exit(4);
}

static void report(double seconds)
{
	long sum = operations();
	int i;

	printf("storm: seed %llu: %d epochs, %.0f s of storm, %ld operations, %.0f each second\n",
	       (unsigned long long)arena->seed, arena->epoch, seconds, sum,
	       sum / seconds);
	printf("storm:");
	for (i = 0; i < COUNTS; i++)
		if (arena->counts[i])
			printf("%s %ld %s (%.1f/s)", i ? "," : "",
			       (long)arena->counts[i], kinds[i].name,
			       arena->counts[i] / seconds);
	printf("\nstorm: %ld processes killed and watched, none seen alive after %.0f ms; ",
	       killed, slowest * 1000);
	printf("all tasks of an epoch at most %.0f ms; ", slowest_end * 1000);
	printf("a task was held by nobody for at most %.0f ms\n",
	       longest_suspicion * 1000);
	printf("storm: %d violations\n", violations);
}

/* All that a storm is said to do has to be seen, or it shows nothing. */
static void see_activity(double seconds)
{
	int nr = arena->engines ? COUNTS : ENGINES, i;
	long least;

	for (i = 0; i < nr; i++) {
		least = kinds[i].least * seconds / 60;
		if (kinds[i].least == IN_LONG_STORM && seconds < LONG_STORM)
			least = 0;
		else if (least < 1)
			least = 1;
		if (arena->counts[i] < least)
			violation(0, "there were only %ld %s, not %ld",
				  (long)arena->counts[i], kinds[i].name, least);
	}
}

/* The program again, as a task of the storm. */
static int go_on(int argc, char **argv)
{
	struct rng rng = { strtoull(argv[2], NULL, 10) };

	if (!map_arena())
		return 98;
	i_am_here();
	count(EXECS);
	if (!strcmp(argv[1], "--trace")) {
		me = atoi(argv[3]);
		tracer(&rng);
	}
	set_handlers(&rng);
	live(&rng, atoi(argv[3]), lifetime(&rng));
	return below(&rng, 256);
}

static void usage(void)
{
	printf("usage: utrace_storm [--seconds N] [--epoch N] [--seed N] [--tasks N]\n");
	printf("                    [--patience N] [--no-engines] [--strand]\n");
	printf("what it does, the comment at the head of its source says\n");
}

int main(int argc, char **argv)
{
	double seconds = 30, length = 20, began, stormed = 0;
	unsigned long long seed = 0;
	bool engines = true, strand = false;
	int tasks = 80, i;

	if (argc == 4 && (!strcmp(argv[1], "--live") ||
			  !strcmp(argv[1], "--trace")))
		return go_on(argc, argv);
	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--no-engines")) {
			engines = false;
		} else if (!strcmp(argv[i], "--strand")) {
			strand = true;
		} else if (i + 1 == argc) {
			usage();
			return strcmp(argv[i], "--help") ? 2 : 0;
		} else if (!strcmp(argv[i], "--seconds")) {
			seconds = atof(argv[++i]);
		} else if (!strcmp(argv[i], "--epoch")) {
			length = atof(argv[++i]);
		} else if (!strcmp(argv[i], "--seed")) {
			seed = strtoull(argv[++i], NULL, 0);
		} else if (!strcmp(argv[i], "--tasks")) {
			tasks = atoi(argv[++i]);
		} else if (!strcmp(argv[i], "--patience")) {
			patience = atof(argv[++i]);
		} else {
			usage();
			return 2;
		}
	}
	if (!seed)
		seed = time(NULL) ^ (uint64_t)getpid() << 20;

	if (!make_arena())
		missing("no shared memory");
	arena->supervisor = getpid();
	arena->seed = seed;
	arena->engines = engines;
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("storm: seed %llu\n", seed);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	setpriority(PRIO_PROCESS, 0, -20);
	if (!make_cgroups(tasks))
		missing("no cgroup v2 with the controller pids at /sys/fs/cgroup");
	if (engines) {
		for (i = 0; i < MODULES; i++)
			if (load_module(i) || unload_module(i, 1))
				missing("no module utrace_storm.ko to load");
	}
	if (!take_baseline())
		missing("no /sys/kernel/slab/utrace: boot with slab_nomerge");
	make_workers();
	if (strand && !strand_one())
		missing("no engine module whose task could be stranded");

	while (stormed < seconds && !violations) {
		arena->epoch++;
		began = now();
		storm(length < seconds - stormed ? length : seconds - stormed);
		stormed += now() - began;
		audit();
		end_of_life();
		check_memory();
		printf("# epoch %d: %.0f s, %ld operations so far\n", arena->epoch,
		       now() - began, operations());
	}
	remove_cgroups();
	/* What ends early has not had the time. */
	if (!violations)
		see_activity(stormed);
	report(stormed);
	return violations ? 1 : 0;
}
