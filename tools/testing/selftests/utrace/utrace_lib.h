/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What all tests share: the interface's constants, the module's ioctls as
 * functions, children to trace, and main(). Each test runs in a process of its
 * own, so its state is in global variables here.
 */
#ifndef _UTRACE_LIB_H
#define _UTRACE_LIB_H

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "utrace_test.h"

/*
 * The interface as its documentation has it. The event bits are those of
 * <linux/utrace.h>, the numbers of the others are fixed.
 */
enum {
	NR_QUIESCE, NR_REAP, NR_CLONE, NR_EXEC, NR_EXIT, NR_DEATH,
	NR_SYSCALL_ENTRY, NR_SYSCALL_EXIT, NR_SIGNAL, NR_SIGNAL_IGN,
	NR_SIGNAL_STOP, NR_SIGNAL_TERM, NR_SIGNAL_CORE, NR_JCTL, NR_SECCOMP,
	NR_VFORK_DONE, NR_GROUP_STOP, NR_NO_SECCOMP, NR_EVENTS
};

#define EVENT(type)		(1ul << NR_##type)
#define EVENT_SYSCALL		(EVENT(SYSCALL_ENTRY) | EVENT(SYSCALL_EXIT))
#define EVENT_SIGNAL_ALL	(EVENT(SIGNAL) | EVENT(SIGNAL_IGN) |	\
				 EVENT(SIGNAL_STOP) | EVENT(SIGNAL_TERM) | \
				 EVENT(SIGNAL_CORE))
#define EVENT_ALL		((1ul << NR_EVENTS) - 1)

enum {
	STOP, INTERRUPT, REPORT, SINGLESTEP, BLOCKSTEP, RESUME, DETACH
};

#define STOP_HERE		0x200
#define STOP_DYING		0x400

#define SIGNAL_DELIVER		0x00
#define SIGNAL_IGN		0x10
#define SIGNAL_TERM		0x20
#define SIGNAL_CORE		0x30
#define SIGNAL_STOP		0x40
#define SIGNAL_TSTP		0x50
#define SIGNAL_REPORT		0x60
#define SIGNAL_HANDLER		0x70
#define SIGNAL_MASK		0xf0
#define SIGNAL_HOLD		0x100

#define SYSCALL_ABORT		0x10
#define SYSCALL_RESUMED		0x100

#define MATCH_OPS		0x0001
#define MATCH_DATA		0x0002
#define CREATE			0x0010
#define EXCLUSIVE		0x0020
#define WORKER			0x0040
#define NOFAIL			0x0080

#define CB(name)		(1u << CB_##name)
#define ANY_VALUE		(-1)

/* What a call that was not made returns, and one that a signal ended. */
#define E_RESTARTSYS		512

/* Seconds until something that should happen counts as not happening. */
#define PATIENCE		10

/* Words that a test and its children share. */
enum {
	READY, GO, COUNT, RESULT, RESULT2, RESULT3, WORD, LAST_WORD = 500
};

static atomic_long *shared;
static int dev = -1;
static pid_t kids[256];
static int nr_kids;
static __u64 seen;		/* number of the last event that see() found */
static struct utest_event ev;	/* and the event */

/* --- time */

static inline double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static inline void nap(int ms)
{
	poll(NULL, 0, ms);
}

static inline bool until(int word, long value)
{
	double end = now() + PATIENCE;

	while (shared[word] != value) {
		if (now() > end)
			return false;
		nap(1);
	}
	return true;
}

/* --- modules */

/* Path of a file that lies beside this program. */
static inline const char *beside(const char *name)
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

static inline int insert_module(const char *path, const char *args)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return -errno;
	ret = syscall(SYS_finit_module, fd, args, 0) ? -errno : 0;
	close(fd);
	return ret;
}

/* Its exit function waits for the end of a callback, which must not be for ever. */
static inline bool unload_module(const char *name)
{
	double end = now() + PATIENCE;
	pid_t pid = fork();
	int status = -1;

	if (!pid)
		_exit(syscall(SYS_delete_module, name, O_NONBLOCK) ? 1 : 0);
	while (now() < end && waitpid(pid, &status, WNOHANG) == 0)
		nap(5);
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

/* What the console says from now on, for said(). */
static inline int open_kmsg(void)
{
	int kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	lseek(kmsg, 0, SEEK_END);
	return kmsg;
}

/* Does the console say this, from where kmsg was read last? */
static inline bool said(int kmsg, const char *what)
{
	double end = now() + PATIENCE;
	char buf[8192];
	ssize_t len;

	while (now() < end) {
		len = read(kmsg, buf, sizeof(buf) - 1);
		if (len < 0 && errno == EAGAIN)
			nap(5);
		if (len <= 0)
			continue;
		buf[len] = 0;
		if (strstr(buf, what))
			return true;
	}
	return false;
}

/* --- the module */

static inline int load_module(void)
{
	const char *path = beside("test_modules/" UTEST_NAME ".ko");
	int err;

	if (access(path, R_OK))
		return -errno;
	err = insert_module(path, "");
	if (err == -EEXIST)
		return 0;
	/* It is there, but for another kernel: no reason to skip the test. */
	return err == -ENOENT ? -ENOEXEC : err;
}

static inline int open_device(void)
{
	int fd = open("/dev/" UTEST_NAME, O_RDWR | O_CLOEXEC);
	int err;

	if (fd >= 0)
		return fd;
	err = load_module();
	if (err)
		return err;
	fd = open("/dev/" UTEST_NAME, O_RDWR | O_CLOEXEC);
	/* -ENOENT is for a module that is not there. */
	return fd >= 0 ? fd : errno == ENOENT ? -ENODEV : -errno;
}

static inline int utest_open(void)
{
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return -errno;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	dev = open_device();
	return dev < 0 ? dev : 0;
}

static inline void kill_children(void)
{
	char path[64], *word, buf[4096] = "";
	int fd, i;

	for (i = 0; i < nr_kids; i++)
		kill(kids[i], SIGKILL);
	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return;
	if (read(fd, buf, sizeof(buf) - 1) < 0)
		buf[0] = 0;
	close(fd);
	for (word = strtok(buf, " "); word; word = strtok(NULL, " "))
		kill(atoi(word), SIGKILL);
}

/* Nothing that a test made outlives it: who is killed has to go. */
static inline bool utest_closed(void)
{
	double end = now() + PATIENCE;
	pid_t pid;

	ioctl(dev, UTEST_IOC_OPEN_GATE);
	kill_children();
	close(dev);
	dev = -1;
	while ((pid = waitpid(-1, NULL, WNOHANG | __WALL)) >= 0 && now() < end) {
		kill_children();
		nap(1);
	}
	return pid < 0 && errno == ECHILD;
}

#define utest_close()	EXPECT_TRUE(utest_closed())

static inline int attach_how(pid_t tid, int how, int flags, int ops, __u64 data,
			     __u64 events)
{
	struct utest_attach arg = {
		.target = tid, .how = how, .flags = flags, .ops = ops,
		.data = data, .events = events,
	};

	if (ioctl(dev, UTEST_IOC_ATTACH, &arg))
		return -errno;
	if (arg.result)
		return arg.result;
	return arg.events_result && arg.events_result != -EINPROGRESS ?
	       arg.events_result : arg.handle;
}

static inline int attach_as(pid_t tid, int flags, int ops, __u64 data,
			    __u64 events)
{
	return attach_how(tid, 0, flags, ops, data, events);
}

/* A handle (above zero) of a new engine that asks for events, or an error. */
static inline int attach(pid_t tid, __u64 events)
{
	return attach_as(tid, CREATE, UTEST_OPS_FIRST, 0, events);
}

static inline int call_how(int handle, int how, int what, __u64 arg)
{
	struct utest_call call = {
		.handle = handle, .how = how, .what = what, .arg = arg,
	};

	return ioctl(dev, UTEST_IOC_CALL, &call) ? -errno : call.result;
}

static inline int control(int handle, int action)
{
	return call_how(handle, 0, UTEST_CONTROL, action);
}

static inline int ask(int handle, int action)
{
	return call_how(handle, 0, UTEST_ASK, action);
}

static inline int set_events(int handle, __u64 events)
{
	return call_how(handle, 0, UTEST_SET_EVENTS, events);
}

static inline int barrier(int handle)
{
	return call_how(handle, 0, UTEST_BARRIER, 0);
}

static inline int pin(pid_t tid)
{
	int ret = ioctl(dev, UTEST_IOC_PIN, (long)tid);

	return ret < 0 ? -errno : ret;
}

static inline void open_gate(void)
{
	ioctl(dev, UTEST_IOC_OPEN_GATE);
}

static inline int rule(struct utest_rule rule)
{
	if (!rule.do_control)
		rule.do_control = -1;
	else if (rule.do_control < 0)
		rule.do_control = STOP;
	return ioctl(dev, UTEST_IOC_RULE, &rule) ? -errno : 0;
}

/* do_control of a rule where the action is STOP, which is 0. */
#define CONTROL_STOP		(-1)

/* Return ret from that callback, for so many times (0: for ever). */
static inline int on(int handle, int callback, __u32 ret, int times)
{
	return rule((struct utest_rule){
		.handle = handle, .callback = callback, .times = times,
		.effects = UTEST_RETURN, .ret = ret,
	});
}

/* The same where the callback's first value is this one. */
static inline int on_value(int handle, int callback, __u64 value, __u32 ret,
			   int times)
{
	return rule((struct utest_rule){
		.handle = handle, .callback = callback, .times = times,
		.cond = UTEST_IF_VALUE, .value = value,
		.effects = UTEST_RETURN, .ret = ret,
	});
}

/* The same for report_signal() with this signal action. */
static inline int on_action(int handle, int action, __u32 ret, int times)
{
	return rule((struct utest_rule){
		.handle = handle, .callback = CB_SIGNAL, .times = times,
		.cond = UTEST_IF_ACTION, .action_mask = SIGNAL_MASK,
		.action = action, .effects = UTEST_RETURN, .ret = ret,
	});
}

static inline void clear_rules(int handle)
{
	ioctl(dev, UTEST_IOC_CLEAR, (long)handle);
}

static inline bool find_event(int handle, __u32 callbacks, __u32 cond,
			      __u64 value, int ms)
{
	struct utest_wait arg = {
		.handle = handle, .callbacks = callbacks, .cond = cond,
		.value = value, .after = seen, .timeout_ms = ms,
	};

	while (ioctl(dev, UTEST_IOC_WAIT, &arg))
		if (errno != EINTR)
			return false;
	if (arg.result)
		return false;
	ev = arg.event;
	seen = ev.seq;
	return true;
}

/* The next event of these callbacks, now in ev; waits until it is over. */
static inline bool see(int handle, __u32 callbacks)
{
	return find_event(handle, callbacks, 0, 0, PATIENCE * 1000);
}

static inline bool see_value(int handle, __u32 callbacks, __u64 value)
{
	return find_event(handle, callbacks, UTEST_IF_VALUE, value,
			  PATIENCE * 1000);
}

/* The next two are report_quiesce() for this event, and this callback. */
static inline bool see_after_quiesce(int handle, __u64 event, int callback)
{
	return see(handle, ~0u) && ev.callback == CB_QUIESCE &&
	       ev.values[0] == event &&
	       see(handle, ~0u) && (int)ev.callback == callback;
}

/* Does not wait until the callback is over. */
static inline bool see_begin(int handle, __u32 callbacks)
{
	return find_event(handle, callbacks, UTEST_ENTERED, 0, PATIENCE * 1000);
}

static inline int count_if(int handle, __u32 callbacks, __u32 cond, __u64 value)
{
	struct utest_wait arg = {
		.handle = handle, .callbacks = callbacks,
		.cond = cond | UTEST_ENTERED, .value = value,
	};

	return ioctl(dev, UTEST_IOC_WAIT, &arg) ? -errno : (int)arg.count;
}

/* How often these callbacks came so far. */
static inline int count(int handle, __u32 callbacks)
{
	return count_if(handle, callbacks, 0, 0);
}

static inline int count_value(int handle, __u32 callbacks, __u64 value)
{
	return count_if(handle, callbacks, UTEST_IF_VALUE, value);
}

/* The engines a, b, c see callback (of value) once each, in this order. */
static inline bool in_order(int callback, __u64 value, int a, int b, int c)
{
	__u32 cond = value == (__u64)ANY_VALUE ? 0 : UTEST_IF_VALUE;
	int order[3] = { a, b, c }, i;
	__u64 before = seen;

	seen = 0;
	for (i = 0; i < 3; i++) {
		if (!find_event(0, 1u << callback, cond, value, 0) ||
		    ev.handle != order[i])
			return false;
	}
	seen = before;
	return count_if(0, 1u << callback, cond, value) == 3;
}

/*
 * As count(), but wait until there are so many. wait(2) may return before the
 * callbacks at the end of a task are over.
 */
static inline int count_if_to(int handle, __u32 callbacks, __u32 cond,
			      __u64 value, int n)
{
	double end = now() + PATIENCE;

	while (count_if(handle, callbacks, cond, value) < n && now() < end)
		nap(1);
	return count_if(handle, callbacks, cond, value);
}

static inline int count_to(int handle, __u32 callbacks, int n)
{
	return count_if_to(handle, callbacks, 0, 0, n);
}

static inline int count_value_to(int handle, __u32 callbacks, __u64 value, int n)
{
	return count_if_to(handle, callbacks, UTEST_IF_VALUE, value, n);
}

/* Did it take effect, be it that a callback of before may still be running? */
static inline bool done(int ret)
{
	return !ret || ret == -EINPROGRESS;
}

/* As count(), of an engine that does not log. */
static inline long counted(int handle, int callback)
{
	struct utest_info info = { .handle = handle };

	if (ioctl(dev, UTEST_IOC_INFO, &info))
		return -errno;
	return info.counts[callback];
}

static inline long engine_flags(int handle)
{
	struct utest_info info = { .handle = handle };

	return ioctl(dev, UTEST_IOC_INFO, &info) ? -errno : (long)info.flags;
}

static inline bool task_info(pid_t tid, struct utest_task *info)
{
	info->target = tid;
	return !ioctl(dev, UTEST_IOC_TASK, info);
}

static inline bool read_regs(int handle, struct utest_regs *regs)
{
	regs->handle = handle;
	return !ioctl(dev, UTEST_IOC_REGS, regs);
}

/* Until the target is off the CPU in this engine's stop; 0 or an error. */
static inline int wait_held(int handle)
{
	double end = now() + PATIENCE;
	int ret;

	do {
		ret = call_how(handle, 0, UTEST_PREPARE, 0);
		if (!ret)
			call_how(handle, 0, UTEST_FINISH, 0);
		if (ret != -EAGAIN && ret != -EINVAL)
			return ret;
		nap(1);
	} while (now() < end);
	return ret;
}

/* Stop a task and wait until it has. */
static inline int hold(int handle)
{
	int ret = control(handle, STOP);

	return ret && ret != -EINPROGRESS ? ret : wait_held(handle);
}

/*
 * Has this machine steps of this kind, as the table in
 * Documentation/trace/utrace/internals.rst says? What the kernel says of it is to be
 * tested, and no reason to skip a test.
 */
static inline bool has_step(int action)
{
#if defined(__i386__) || defined(__x86_64__) || defined(__m68k__) ||	\
	defined(__hppa__) || defined(__powerpc__) || defined(__s390x__)
	return action == SINGLESTEP || action == BLOCKSTEP;
#elif defined(__alpha__) || defined(__aarch64__) || defined(__csky__) ||	\
	defined(__hexagon__) || defined(__loongarch__) ||		\
	defined(__sh__) || defined(__xtensa__)
	return action == SINGLESTEP;
#else
	return false;
#endif
}

#define NO_SINGLESTEP	"no single-step hardware"
#define NO_BLOCKSTEP	"no block-step hardware"

/* --- children */

static inline pid_t spawn(void (*child)(void))
{
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		child();
		_exit(0);
	}
	if (nr_kids < (int)ARRAY_SIZE(kids))
		kids[nr_kids++] = pid;
	return pid;
}

static inline ssize_t read_file(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY);
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

static inline bool write_file(const char *path, const char *text)
{
	ssize_t len = strlen(text);
	int fd = open(path, O_WRONLY | O_TRUNC);
	bool ok;

	if (fd < 0)
		return false;
	ok = write(fd, text, len) == len;
	close(fd);
	return ok;
}

/* Objects of a slab cache, its freed ones that wait for something dropped. */
static inline long slab_objects(const char *cache)
{
	char path[128], buf[64];

	snprintf(path, sizeof(path), "/sys/kernel/slab/%s/shrink", cache);
	if (!write_file(path, "1"))
		return -errno;
	snprintf(path, sizeof(path), "/sys/kernel/slab/%s/objects", cache);
	return read_file(path, buf, sizeof(buf)) > 0 ? atol(buf) : -ENOENT;
}

/* The same once there are no more than so many, or it takes too long. */
static inline long settled_objects(const char *cache, long limit)
{
	double end = now() + 3 * PATIENCE;
	long objects;

	/* Engines are freed after a grace period, some time later. */
	while ((objects = slab_objects(cache)) > limit && now() < end)
		nap(100);
	return objects;
}

static inline ssize_t read_proc(pid_t pid, const char *name, char *buf,
				size_t size)
{
	char path[320];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	return read_file(path, buf, size);
}

static inline int tracer_of(pid_t pid)
{
	char buf[4096], *line;

	if (read_proc(pid, "status", buf, sizeof(buf)) <= 0)
		return -1;
	line = strstr(buf, "\nTracerPid:");
	return line ? atoi(line + 11) : -1;
}

/* No engine, no tracer, and nothing in the flags that the hooks look at. */
static inline bool is_untouched(pid_t pid)
{
	struct utest_task info;
	char engines[256];

	return task_info(pid, &info) && !info.utrace_flags &&
	       !info.syscall_trace && !tracer_of(pid) &&
	       !read_proc(pid, "utrace", engines, sizeof(engines));
}

static inline char state_of(pid_t pid)
{
	char buf[512], *paren;

	if (read_proc(pid, "stat", buf, sizeof(buf)) <= 0)
		return 0;
	paren = strrchr(buf, ')');
	return paren ? paren[2] : 0;
}

static inline bool wait_state(pid_t pid, char state)
{
	double end = now() + PATIENCE;

	while (state_of(pid) != state) {
		if (now() > end)
			return false;
		nap(1);
	}
	return true;
}

/* Is it in this state, and still a while later? */
static inline bool stays(pid_t pid, char state)
{
	int i;

	if (!wait_state(pid, state))
		return false;
	for (i = 0; i < 10; i++) {
		if (state_of(pid) != state)
			return false;
		nap(10);
	}
	return true;
}

/* Wait for the end of a child; its status, or -1. */
static inline int reap(pid_t pid)
{
	double end = now() + PATIENCE;
	int status;
	pid_t ret;

	do {
		ret = waitpid(pid, &status, WNOHANG | __WALL);
		if (ret == pid)
			return status;
		nap(1);
	} while (ret == 0 && now() < end);
	return -1;
}

static inline bool exits_with(pid_t pid, int code)
{
	int status = reap(pid);

	return status != -1 && WIFEXITED(status) && WEXITSTATUS(status) == code;
}

static inline bool dies_of(pid_t pid, int sig)
{
	int status = reap(pid);

	return status != -1 && WIFSIGNALED(status) && WTERMSIG(status) == sig;
}

/* SIGKILL ends it, whatever holds it. */
static inline bool can_be_killed(pid_t pid)
{
	return !kill(pid, SIGKILL) && dies_of(pid, SIGKILL);
}

/* clone() without a stack of its own, whose arguments not all have in one order. */
static inline long clone_flags(unsigned long flags)
{
#if defined(__s390x__)
	return syscall(SYS_clone, 0, flags, 0, 0, 0);
#elif defined(__sparc__) && defined(__arch64__)
	/* The child gets the number of its parent, and a 1 in another register. */
	register long o0 asm("o0") = flags, o1 asm("o1") = 0, o2 asm("o2") = 0;
	register long o3 asm("o3") = 0, o4 asm("o4") = 0;
	register long g1 asm("g1") = SYS_clone;
	long failed;

	asm volatile("ta	0x6d\n\t"
		     "mov	0, %2\n\t"
		     "movcs	%%xcc, 1, %2"
		     : "+r" (o0), "+r" (o1), "=&r" (failed)
		     : "r" (g1), "r" (o2), "r" (o3), "r" (o4)
		     : "cc", "memory");
	if (failed) {
		errno = o0;
		return -1;
	}
	return o0 & (o1 - 1);
#else
	return syscall(SYS_clone, flags, 0, 0, 0, 0);
#endif
}

/*
 * The C library of parisc has no more than fork() behind vfork(). This child has
 * memory of its own, too, but the parent waits for it.
 */
#ifdef __hppa__
#define VFORK_FLAGS	(CLONE_VFORK | SIGCHLD)
#define vfork()		clone_flags(VFORK_FLAGS)
#else
#define VFORK_FLAGS	(CLONE_VFORK | CLONE_VM | SIGCHLD)
#endif

/* Is this where a signal's handler begins? The vDSO of 64-bit powerpc calls it. */
static inline bool begins_handler(__u64 ip, void (*handler)(int sig))
{
#ifdef __powerpc64__
	return ip - getauxval(AT_SYSINFO_EHDR) < 0x10000;
#else
	return ip == (unsigned long)handler;
#endif
}

/*
 * What children do. They wait in user mode, without a system call; and in place,
 * so that one who is stepped need not return before it gets to what comes next.
 */
static __always_inline void wait_go(void)
{
	shared[READY] = 1;
	while (!shared[GO])
		;
}

static inline void child_spin(void)
{
	shared[READY] = 1;
	while (!shared[GO])
		shared[COUNT]++;
}

/* For ever, whatever GO is. */
static inline void child_spin_on(void)
{
	for (;;)
		shared[COUNT]++;
}

static inline void child_sleep(void)
{
	shared[READY] = 1;
	for (;;)
		pause();
}

/* Start one and wait until it got there. */
static inline pid_t start(void (*child)(void))
{
	pid_t pid;

	shared[READY] = 0;
	shared[GO] = 0;
	pid = spawn(child);
	if (pid > 0 && !until(READY, 1))
		return -ETIMEDOUT;
	return pid;
}

/* The same as init of a new pid namespace. */
static inline pid_t start_init(void (*child)(void))
{
	pid_t pid;

	shared[READY] = 0;
	shared[GO] = 0;
	pid = clone_flags(CLONE_NEWPID | SIGCHLD);
	if (pid == 0) {
		child();
		_exit(1);
	}
	if (pid < 0)
		return pid;
	kids[nr_kids++] = pid;
	return until(READY, 1) ? pid : -ETIMEDOUT;
}

/* The same in place of one that was started before. */
static inline pid_t start_instead(pid_t old, void (*child)(void))
{
	if (!can_be_killed(old))
		return -EBUSY;
	shared[COUNT] = 0;
	shared[RESULT] = 0;
	return start(child);
}

static inline pid_t start_sleeper(void)
{
	pid_t pid = start(child_sleep);

	return pid > 0 && !wait_state(pid, 'S') ? -ETIMEDOUT : pid;
}

static inline bool stay_on(pid_t pid, int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return !sched_setaffinity(pid, sizeof(set), &set);
}

static inline void go(void)
{
	shared[GO] = 1;
}

/* Does the spinning child make progress? */
static inline bool spins(void)
{
	double end = now() + PATIENCE;
	long before = shared[COUNT];

	while (shared[COUNT] == before) {
		if (now() > end)
			return false;
		nap(1);
	}
	return true;
}

static inline bool spins_not(void)
{
	long before = shared[COUNT];

	nap(50);
	return shared[COUNT] == before;
}

static atomic_int handled;

static inline void handler(int sig)
{
	handled++;
	shared[RESULT3] = sig;
}

static inline void catch_signal(int sig, int flags)
{
	struct sigaction sa = { .sa_handler = handler, .sa_flags = flags };

	sigaction(sig, &sa, NULL);
}

/* The program again, as something that does little: see main(). */
static inline void exec_self(const char *what)
{
	execl("/proc/self/exe", "exec", "--exec", what, NULL);
	_exit(99);
}

int main(int argc, char **argv)
{
	int fd;

	if (argc == 3 && !strcmp(argv[1], "--exec")) {
		if (!strcmp(argv[2], "pause"))
			for (;;)
				pause();
		return atoi(argv[2]);
	}
	fd = open_device();
	if (fd == -ENOENT) {
		ksft_print_header();
		ksft_exit_skip("no module " UTEST_NAME " beside the test\n");
	}
	if (fd < 0) {
		ksft_print_header();
		ksft_exit_fail_msg("cannot load " UTEST_NAME ": %s\n",
				   strerror(-fd));
	}
	close(fd);
	return test_harness_run(argc, argv);
}

#endif /* _UTRACE_LIB_H */
