// SPDX-License-Identifier: GPL-2.0-only
/* Engines and ptrace(2) on the same task. */
#include <sys/ptrace.h>
#include <sys/user.h>
#include "utrace_lib.h"

#ifndef PTRACE_EVENT_STOP
#define PTRACE_EVENT_STOP	128
#endif

FIXTURE(ptrace) {
	pid_t pid;
	int h;
};

static void child_calls(void)
{
	wait_go();
	syscall(SYS_getppid);
	syscall(SYS_getpid);
	child_spin_on();
}

FIXTURE_SETUP(ptrace)
{
	ASSERT_EQ(0, utest_open());
	self->pid = start(child_calls);
	ASSERT_LT(0, self->pid);
	self->h = attach(self->pid, 0);
	ASSERT_LT(0, self->h);
}

FIXTURE_TEARDOWN(ptrace)
{
	utest_close();
}

/* The next stop that the tracer sees; -1 without one. */
static int next_stop(pid_t pid)
{
	double end = now() + PATIENCE;
	int status;

	while (now() < end) {
		if (waitpid(pid, &status, WNOHANG | __WALL) == pid)
			return WIFSTOPPED(status) ? status >> 8 : -1;
		nap(1);
	}
	return -1;
}

static bool quiet(pid_t pid)
{
	nap(50);
	return waitpid(pid, NULL, WNOHANG | __WALL) == 0;
}

static bool spins_after_go(void)
{
	go();
	return spins();
}

static int request(int request, pid_t pid)
{
	return ptrace(request, pid, 0, 0) ? -errno : 0;
}

static int seize(pid_t pid)
{
	return ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACESYSGOOD) ? -errno : 0;
}

#define SYSCALL_STOP	(SIGTRAP | 0x80)
#define EVENT_STOP	(SIGTRAP | PTRACE_EVENT_STOP << 8)

TEST_F(ptrace, both_see_system_calls)
{
	set_events(self->h, EVENT_SYSCALL);
	ASSERT_EQ(0, seize(self->pid));
	ASSERT_EQ(0, request(PTRACE_INTERRUPT, self->pid));
	ASSERT_EQ(EVENT_STOP, next_stop(self->pid));
	ASSERT_EQ(0, request(PTRACE_SYSCALL, self->pid));
	go();
	ASSERT_EQ(SYSCALL_STOP, next_stop(self->pid));
	ASSERT_EQ(0, request(PTRACE_SYSCALL, self->pid));
	ASSERT_EQ(SYSCALL_STOP, next_stop(self->pid));
	EXPECT_EQ(1, count_value(self->h, CB(SYSCALL_ENTRY), SYS_getppid));
	/* From here on only the engine wants to know. */
	ASSERT_EQ(0, request(PTRACE_CONT, self->pid));
	EXPECT_TRUE(see_value(self->h, CB(SYSCALL_ENTRY), SYS_getpid));
	EXPECT_TRUE(see_value(self->h, CB(SYSCALL_EXIT), SYS_getpid));
	EXPECT_TRUE(quiet(self->pid));
	EXPECT_EQ(1, count_value(self->h, CB(SYSCALL_ENTRY), SYS_getpid));
	EXPECT_EQ(1, count_value(self->h, CB(SYSCALL_EXIT), SYS_getpid));
}

TEST_F(ptrace, system_call_stops_without_the_engine)
{
	set_events(self->h, EVENT_SYSCALL);
	ASSERT_EQ(0, seize(self->pid));
	ASSERT_EQ(0, request(PTRACE_INTERRUPT, self->pid));
	ASSERT_EQ(EVENT_STOP, next_stop(self->pid));
	ASSERT_EQ(0, request(PTRACE_SYSCALL, self->pid));
	EXPECT_TRUE(done(control(self->h, DETACH)));
	barrier(self->h);
	go();
	ASSERT_EQ(SYSCALL_STOP, next_stop(self->pid));
	ASSERT_EQ(0, request(PTRACE_SYSCALL, self->pid));
	ASSERT_EQ(SYSCALL_STOP, next_stop(self->pid));
	ASSERT_EQ(0, request(PTRACE_SYSCALL, self->pid));
	ASSERT_EQ(SYSCALL_STOP, next_stop(self->pid));
	EXPECT_EQ(0, count(self->h, ~0u));
}

TEST_F(ptrace, task_held_by_an_engine_counts_as_running)
{
	ASSERT_EQ(0, seize(self->pid));
	ASSERT_EQ(0, hold(self->h));
	EXPECT_TRUE(quiet(self->pid));
	EXPECT_EQ(-ESRCH, request(PTRACE_CONT, self->pid));
	EXPECT_EQ(-ESRCH, request(PTRACE_DETACH, self->pid));
	EXPECT_TRUE(stays(self->pid, 't'));
	EXPECT_EQ(0, control(self->h, RESUME));
	EXPECT_EQ(0, request(PTRACE_INTERRUPT, self->pid));
	EXPECT_EQ(EVENT_STOP, next_stop(self->pid));
}

TEST_F(ptrace, interrupt_of_a_held_task_waits_for_the_engine)
{
	ASSERT_EQ(0, hold(self->h));
	ASSERT_EQ(0, seize(self->pid));
	ASSERT_EQ(0, request(PTRACE_INTERRUPT, self->pid));
	EXPECT_TRUE(quiet(self->pid));
	EXPECT_EQ(0, control(self->h, RESUME));
	EXPECT_EQ(EVENT_STOP, next_stop(self->pid));
}

TEST_F(ptrace, engine_keeps_a_task_that_the_tracer_lets_go)
{
	ASSERT_EQ(0, seize(self->pid));
	ASSERT_EQ(0, request(PTRACE_INTERRUPT, self->pid));
	ASSERT_EQ(EVENT_STOP, next_stop(self->pid));
	EXPECT_TRUE(done(control(self->h, STOP)));
	ASSERT_EQ(0, request(PTRACE_CONT, self->pid));
	/* Held for the engine now; running, as far as ptrace is concerned. */
	EXPECT_EQ(0, wait_held(self->h));
	EXPECT_TRUE(stays(self->pid, 't'));
	EXPECT_TRUE(quiet(self->pid));
	EXPECT_EQ(-ESRCH, request(PTRACE_CONT, self->pid));
	go();
	nap(20);
	EXPECT_EQ(0, shared[COUNT]);
	EXPECT_EQ(0, control(self->h, RESUME));
	EXPECT_TRUE(spins_after_go());
}

TEST_F(ptrace, tracer_keeps_a_task_that_the_engine_lets_go)
{
	ASSERT_EQ(0, seize(self->pid));
	ASSERT_EQ(0, request(PTRACE_INTERRUPT, self->pid));
	ASSERT_EQ(EVENT_STOP, next_stop(self->pid));
	EXPECT_TRUE(done(control(self->h, STOP)));
	EXPECT_EQ(0, control(self->h, RESUME));
	EXPECT_TRUE(stays(self->pid, 't'));
	EXPECT_EQ(0, request(PTRACE_CONT, self->pid));
	EXPECT_TRUE(spins_after_go());
}

TEST_F(ptrace, attach_and_detach_with_an_engine_attached)
{
	set_events(self->h, EVENT_SIGNAL_ALL);
	ASSERT_EQ(0, request(PTRACE_ATTACH, self->pid));
	ASSERT_EQ(SIGSTOP, next_stop(self->pid));
	EXPECT_EQ(0, request(PTRACE_DETACH, self->pid));
	nap(20);
	EXPECT_EQ('R', state_of(self->pid));
}

TEST_F(ptrace, attach_an_engine_to_a_traced_task)
{
	int h;

	ASSERT_EQ(0, request(PTRACE_ATTACH, self->pid));
	ASSERT_EQ(SIGSTOP, next_stop(self->pid));
	h = attach(self->pid, EVENT_SYSCALL);
	ASSERT_LT(0, h);
	EXPECT_EQ(0, request(PTRACE_DETACH, self->pid));
	go();
	EXPECT_TRUE(see_value(h, CB(SYSCALL_ENTRY), SYS_getppid));
}

TEST_F(ptrace, both_see_a_signal)
{
	set_events(self->h, EVENT(SIGNAL_TERM));
	ASSERT_EQ(0, seize(self->pid));
	ASSERT_EQ(0, kill(self->pid, SIGTERM));
	EXPECT_EQ(SIGTERM, next_stop(self->pid));
	/* Without the signal. */
	EXPECT_EQ(0, request(PTRACE_CONT, self->pid));
	/* Once the signal, and once the report that has the tracer's answer. */
	EXPECT_EQ(2, count_value_to(self->h, CB(SIGNAL), SIGTERM, 2));
	EXPECT_TRUE(wait_state(self->pid, 'R'));
}

TEST_F(ptrace, sigkill_ends_both_stops)
{
	int status;

	ASSERT_EQ(0, seize(self->pid));
	ASSERT_EQ(0, request(PTRACE_INTERRUPT, self->pid));
	ASSERT_EQ(EVENT_STOP, next_stop(self->pid));
	control(self->h, STOP);
	ASSERT_EQ(0, kill(self->pid, SIGKILL));
	status = reap(self->pid);
	EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void child_traceme_exec(void)
{
	wait_go();
	ptrace(PTRACE_TRACEME, 0, 0, 0);
	exec_self("6");
}

TEST_F(ptrace, exec_stop_with_an_engine)
{
	pid_t pid = start(child_traceme_exec);
	int h = attach(pid, EVENT(EXEC));

	ASSERT_LT(0, h);
	go();
	EXPECT_EQ(SIGTRAP, next_stop(pid));
	EXPECT_EQ(1, count(h, CB(EXEC)));
	EXPECT_EQ(0, request(PTRACE_CONT, pid));
	EXPECT_TRUE(exits_with(pid, 6));
}

static int seize_and_stop(pid_t pid)
{
	int ret = seize(pid) ?: request(PTRACE_INTERRUPT, pid);

	return ret ?: next_stop(pid) == EVENT_STOP ? 0 : -ETIMEDOUT;
}

/* Stopped for the tracer, and asked to stop for the engine. */
static int stop_for_both(pid_t pid, int h)
{
	int ret = seize_and_stop(pid) ?: control(h, STOP);

	return ret == -EINPROGRESS ? 0 : ret;
}

static bool traced(pid_t pid)
{
	char buf[4096];

	return read_proc(pid, "status", buf, sizeof(buf)) > 0 &&
	       !strstr(buf, "TracerPid:\t0\n");
}

/* Is it held for the engine, untraced, and free once that lets it go? */
static bool held_until_resumed(pid_t pid, int h)
{
	if (wait_held(h) || traced(pid) || !stays(pid, 't'))
		return false;
	go();
	if (!spins_not())
		return false;
	return !control(h, RESUME) && spins();
}

TEST_F(ptrace, engine_keeps_a_task_that_is_detached)
{
	ASSERT_EQ(0, stop_for_both(self->pid, self->h));
	EXPECT_TRUE(traced(self->pid));
	ASSERT_EQ(0, request(PTRACE_DETACH, self->pid));
	EXPECT_TRUE(held_until_resumed(self->pid, self->h));
}

static pid_t child_tracee;
static int child_handle;

/* The tracer has done what it is for, and dies when told. */
static void die_as_tracer(int result)
{
	shared[RESULT] = result;
	shared[READY] = 1;
	while (!shared[WORD])
		nap(1);
	_exit(0);
}

static pid_t start_tracer(void (*tracer)(void), pid_t tracee, int h)
{
	child_tracee = tracee;
	child_handle = h;
	shared[RESULT] = 1;
	return start(tracer);
}

static void child_tracer(void)
{
	die_as_tracer(stop_for_both(child_tracee, child_handle));
}

TEST_F(ptrace, engine_keeps_a_task_whose_tracer_dies)
{
	pid_t tracer = start_tracer(child_tracer, self->pid, self->h);

	ASSERT_LT(0, tracer);
	ASSERT_EQ(0, shared[RESULT]);
	EXPECT_TRUE(traced(self->pid));
	shared[WORD] = 1;
	ASSERT_TRUE(exits_with(tracer, 0));
	EXPECT_TRUE(held_until_resumed(self->pid, self->h));
}

/* A stop from which the task would report its calls. */
static int seize_for_calls(pid_t pid)
{
	int ret = seize_and_stop(pid) ?: request(PTRACE_SYSCALL, pid) ?:
		  request(PTRACE_INTERRUPT, pid);

	if (!ret && next_stop(pid) != EVENT_STOP)
		ret = -ETIMEDOUT;
	return ret;
}

static void child_tracer_of_calls(void)
{
	die_as_tracer(seize_for_calls(child_tracee));
}

/* A tracer that has the task in such a stop, and is all that traces it. */
static pid_t trace_calls_alone(struct __test_metadata *_metadata, pid_t pid, int h)
{
	pid_t tracer;

	ASSERT_TRUE(done(control(h, DETACH)));
	tracer = start_tracer(child_tracer_of_calls, pid, h);
	ASSERT_LT(0, tracer);
	ASSERT_EQ(0, shared[RESULT]);
	EXPECT_FALSE(is_untouched(pid));
	return tracer;
}

/* What the task keeps it gives up itself, on its way. */
static bool goes_on_untouched(pid_t pid)
{
	double end = now() + PATIENCE;

	while (!is_untouched(pid) && now() < end)
		nap(1);
	go();
	return is_untouched(pid) && spins() && is_untouched(pid);
}

TEST_F(ptrace, rule9_detach_leaves_nothing_in_the_task)
{
	ASSERT_TRUE(done(control(self->h, DETACH)));
	ASSERT_EQ(0, seize_for_calls(self->pid));
	EXPECT_FALSE(is_untouched(self->pid));
	ASSERT_EQ(0, request(PTRACE_DETACH, self->pid));
	EXPECT_TRUE(goes_on_untouched(self->pid));
}

TEST_F(ptrace, rule9_tracer_that_exits_leaves_nothing_in_the_task)
{
	pid_t tracer = trace_calls_alone(_metadata, self->pid, self->h);

	shared[WORD] = 1;
	ASSERT_TRUE(exits_with(tracer, 0));
	EXPECT_TRUE(goes_on_untouched(self->pid));
}

TEST_F(ptrace, rule9_tracer_that_is_killed_leaves_nothing_in_the_task)
{
	pid_t tracer = trace_calls_alone(_metadata, self->pid, self->h);

	EXPECT_TRUE(can_be_killed(tracer));
	EXPECT_TRUE(goes_on_untouched(self->pid));
}

#define STEPS_ARE_LOST	"steps bring no trap, in this emulator"

#ifdef __hppa__
/*
 * Has the processor run with the recovery counter on, and not trapped? QEMU 7.2 has no
 * such counter. All that stops a task that is stepped are the ends of its calls.
 */
static bool steps_are_lost(void)
{
	pid_t pid = fork();
	int status = 0, i;
	long psw = 0;

	if (pid < 0)
		return false;
	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		kill(getpid(), SIGSTOP);
		kill(getpid(), SIGSTOP);
		_exit(0);
	}
	for (i = 0; i < 3; i++) {
		if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
			break;
		psw = ptrace(PTRACE_PEEKUSER, pid, 0, 0);
		ptrace(PTRACE_SINGLESTEP, pid, 0, 0);
	}
	can_be_killed(pid);
	/* The bit is off after a trap. */
	return psw & 0x10;
}
#else
static bool steps_are_lost(void)
{
	return false;
}
#endif

/* The same after a step; then it lets its tracee go, but the engine does not. */
static void child_stepping_tracer(void)
{
	int ret = seize_and_stop(child_tracee) ?:
		  request(PTRACE_SINGLESTEP, child_tracee);

	if (!ret && next_stop(child_tracee) != SIGTRAP)
		ret = -ETIMEDOUT;
	ret = ret ?: control(child_handle, STOP);
	die_as_tracer(ret ?: request(PTRACE_CONT, child_tracee));
}

TEST_F(ptrace, tracer_that_has_stepped_leaves_no_step_behind)
{
	pid_t tracer;

	if (!has_step(SINGLESTEP))
		SKIP(return, NO_SINGLESTEP);
	if (steps_are_lost())
		SKIP(return, STEPS_ARE_LOST);
	tracer = start_tracer(child_stepping_tracer, self->pid, self->h);
	ASSERT_LT(0, tracer);
	ASSERT_EQ(0, shared[RESULT]);
	shared[WORD] = 1;
	ASSERT_TRUE(exits_with(tracer, 0));
	EXPECT_TRUE(held_until_resumed(self->pid, self->h));
}

/* Both step: a step of the one is a step of the other, and each may go on. */
TEST_F(ptrace, both_single_step)
{
	int i;

	if (!has_step(SINGLESTEP))
		SKIP(return, NO_SINGLESTEP);
	if (steps_are_lost())
		SKIP(return, STEPS_ARE_LOST);
	set_events(self->h, EVENT(QUIESCE) | EVENT(SIGNAL_CORE));
	ASSERT_EQ(0, on_value(self->h, CB_SIGNAL, SIGTRAP,
			      SINGLESTEP | SIGNAL_CORE, 0));
	ASSERT_EQ(0, seize(self->pid));
	ASSERT_EQ(0, request(PTRACE_INTERRUPT, self->pid));
	ASSERT_EQ(EVENT_STOP, next_stop(self->pid));
	ASSERT_EQ(0, control(self->h, SINGLESTEP));
	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, request(PTRACE_SINGLESTEP, self->pid));
		ASSERT_EQ(SIGTRAP, next_stop(self->pid));
	}
	/* The tracer does not step any more, but the engine does. */
	ASSERT_EQ(0, request(PTRACE_CONT, self->pid));
	ASSERT_EQ(SIGTRAP, next_stop(self->pid));
	/* Now nobody does. */
	clear_rules(self->h);
	EXPECT_TRUE(done(control(self->h, DETACH)));
	ASSERT_EQ(0, request(PTRACE_CONT, self->pid));
	EXPECT_TRUE(quiet(self->pid));
	/* And the tracer alone. */
	ASSERT_EQ(0, request(PTRACE_INTERRUPT, self->pid));
	ASSERT_EQ(EVENT_STOP, next_stop(self->pid));
	ASSERT_EQ(0, request(PTRACE_SINGLESTEP, self->pid));
	EXPECT_EQ(SIGTRAP, next_stop(self->pid));
}

/* Number and result of the call, in the stops at its entry and its end, or INT_MIN. */
#if defined(__m68k__)
/* There is no PTRACE_GET_SYSCALL_INFO. */
static long call_number(pid_t pid)
{
	return ptrace(PTRACE_PEEKUSER, pid, 16 * sizeof(long), 0);
}

static long call_result(pid_t pid)
{
	return ptrace(PTRACE_PEEKUSER, pid, 14 * sizeof(long), 0);
}
#elif defined(__alpha__)
/* Nor is it here, where registers are asked for by their numbers. */
static long call_number(pid_t pid)
{
	return ptrace(PTRACE_PEEKUSER, pid, 0, 0);
}

static long call_result(pid_t pid)
{
	long result = ptrace(PTRACE_PEEKUSER, pid, 0, 0);

	return ptrace(PTRACE_PEEKUSER, pid, 19, 0) ? -result : result;
}
#else
static long call_number(pid_t pid)
{
	struct __ptrace_syscall_info info = {};

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) <= 0 ||
	    info.op != PTRACE_SYSCALL_INFO_ENTRY)
		return INT_MIN;
	return info.entry.nr;
}

static long call_result(pid_t pid)
{
	struct __ptrace_syscall_info info = {};

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) <= 0 ||
	    info.op != PTRACE_SYSCALL_INFO_EXIT)
		return INT_MIN;
	return info.exit.rval;
}
#endif

TEST_F(ptrace, engine_aborts_a_call_that_the_tracer_sees)
{
	set_events(self->h, EVENT(SYSCALL_ENTRY));
	ASSERT_EQ(0, on_value(self->h, CB_SYSCALL_ENTRY, SYS_getppid,
			      RESUME | SYSCALL_ABORT, 0));
	ASSERT_EQ(0, seize(self->pid));
	ASSERT_EQ(0, request(PTRACE_INTERRUPT, self->pid));
	ASSERT_EQ(EVENT_STOP, next_stop(self->pid));
	ASSERT_EQ(0, request(PTRACE_SYSCALL, self->pid));
	go();
	ASSERT_EQ(SYSCALL_STOP, next_stop(self->pid));
	EXPECT_EQ(SYS_getppid, call_number(self->pid));
	ASSERT_EQ(0, request(PTRACE_SYSCALL, self->pid));
	ASSERT_EQ(SYSCALL_STOP, next_stop(self->pid));
	EXPECT_EQ(-ENOSYS, call_result(self->pid));
	EXPECT_EQ(1, count_value(self->h, CB(SYSCALL_ENTRY), SYS_getppid));
}

/* The engine that came last has the last word on the tracer's answer. */
TEST_F(ptrace, engine_drops_a_signal_that_the_tracer_sees)
{
	int h;

	ASSERT_EQ(0, seize(self->pid));
	h = attach(self->pid, EVENT(SIGNAL_TERM));
	ASSERT_LT(0, h);
	ASSERT_EQ(0, on(h, CB_SIGNAL, RESUME | SIGNAL_IGN, 0));
	ASSERT_EQ(0, kill(self->pid, SIGTERM));
	ASSERT_EQ(SIGTERM, next_stop(self->pid));
	ASSERT_EQ(0, ptrace(PTRACE_CONT, self->pid, 0, SIGTERM));
	EXPECT_TRUE(spins_after_go());
	EXPECT_EQ(2, count_value(h, CB(SIGNAL), SIGTERM));
}

TEST_F(ptrace, engine_detaches_in_the_tracers_stop)
{
	set_events(self->h, EVENT(QUIESCE) | EVENT(SIGNAL_TERM));
	ASSERT_EQ(0, seize(self->pid));
	ASSERT_EQ(0, kill(self->pid, SIGTERM));
	ASSERT_EQ(SIGTERM, next_stop(self->pid));
	EXPECT_EQ(0, control(self->h, DETACH));
	EXPECT_EQ(-ESRCH, barrier(self->h));
	ASSERT_EQ(0, request(PTRACE_CONT, self->pid));
	EXPECT_TRUE(spins_after_go());
	/* The report of the tracer's answer came without it. */
	EXPECT_EQ(1, count_value(self->h, CB(SIGNAL), SIGTERM));
}

TEST_F(ptrace, attach_to_a_held_task_waits_for_the_engine)
{
	ASSERT_EQ(0, hold(self->h));
	ASSERT_EQ(0, request(PTRACE_ATTACH, self->pid));
	EXPECT_TRUE(quiet(self->pid));
	EXPECT_EQ(-ESRCH, request(PTRACE_DETACH, self->pid));
	EXPECT_EQ(0, control(self->h, RESUME));
	EXPECT_EQ(SIGSTOP, next_stop(self->pid));
}

/* An engine that stops the task with the signal does not take it away. */
TEST_F(ptrace, signal_of_the_tracer_outlives_the_engines_stop)
{
	ASSERT_EQ(0, seize(self->pid));
	set_events(self->h, EVENT(QUIESCE));
	ASSERT_EQ(0, kill(self->pid, SIGTERM));
	ASSERT_EQ(SIGTERM, next_stop(self->pid));
	/* It is called when the tracer has answered, and before the tracer. */
	ASSERT_EQ(0, on_action(self->h, SIGNAL_REPORT,
			       STOP | STOP_HERE | SIGNAL_REPORT, 1));
	ASSERT_EQ(0, ptrace(PTRACE_CONT, self->pid, 0, SIGTERM));
	ASSERT_EQ(0, wait_held(self->h));
	EXPECT_EQ(0, control(self->h, REPORT));
	EXPECT_TRUE(dies_of(self->pid, SIGTERM));
}

/* The tracer that comes after it has the last word. */
TEST_F(ptrace, engine_before_the_tracer_cannot_drop_a_signal)
{
	set_events(self->h, EVENT(SIGNAL_TERM));
	ASSERT_EQ(0, on(self->h, CB_SIGNAL, RESUME | SIGNAL_IGN, 0));
	ASSERT_EQ(0, seize(self->pid));
	ASSERT_EQ(0, kill(self->pid, SIGTERM));
	ASSERT_EQ(SIGTERM, next_stop(self->pid));
	ASSERT_EQ(0, ptrace(PTRACE_CONT, self->pid, 0, SIGTERM));
	EXPECT_TRUE(dies_of(self->pid, SIGTERM));
}

/* From the stop of an attach to the next one, at the child's first call. */
static bool to_first_call(pid_t pid)
{
	if (seize_and_stop(pid) || request(PTRACE_SYSCALL, pid))
		return false;
	go();
	return next_stop(pid) == SYSCALL_STOP;
}

static int change_call(int h, long nr)
{
	return rule((struct utest_rule){
		.handle = h, .callback = CB_SYSCALL_ENTRY,
		.effects = UTEST_SYSCALL, .nr = nr, .times = 1,
	});
}

TEST_F(ptrace, tracer_sees_what_an_engine_before_it_made_of_a_call)
{
	set_events(self->h, EVENT(SYSCALL_ENTRY));
	ASSERT_EQ(0, change_call(self->h, SYS_gettid));
	ASSERT_TRUE(to_first_call(self->pid));
	EXPECT_EQ(SYS_gettid, call_number(self->pid));
}

TEST_F(ptrace, tracer_sees_what_an_engine_after_it_made_of_a_call)
{
	int h;

	ASSERT_EQ(0, request(PTRACE_ATTACH, self->pid));
	ASSERT_EQ(SIGSTOP, next_stop(self->pid));
	h = attach(self->pid, EVENT(SYSCALL_ENTRY));
	ASSERT_LT(0, h);
	ASSERT_EQ(0, change_call(h, SYS_gettid));
	ASSERT_EQ(0, ptrace(PTRACE_SETOPTIONS, self->pid, 0,
			    PTRACE_O_TRACESYSGOOD));
	ASSERT_EQ(0, request(PTRACE_SYSCALL, self->pid));
	go();
	ASSERT_EQ(SYSCALL_STOP, next_stop(self->pid));
	EXPECT_EQ(SYS_gettid, call_number(self->pid));
}

#ifdef __x86_64__
static bool set_call_number(pid_t pid, long nr)
{
	struct user_regs_struct regs;

	if (ptrace(PTRACE_GETREGS, pid, 0, &regs))
		return false;
	regs.orig_rax = nr;
	return !ptrace(PTRACE_SETREGS, pid, 0, &regs);
}

TEST_F(ptrace, engine_does_not_see_what_the_tracer_makes_of_a_call)
{
	set_events(self->h, EVENT_SYSCALL);
	ASSERT_TRUE(to_first_call(self->pid));
	ASSERT_TRUE(set_call_number(self->pid, SYS_gettid));
	ASSERT_EQ(0, request(PTRACE_SYSCALL, self->pid));
	ASSERT_EQ(SYSCALL_STOP, next_stop(self->pid));
	EXPECT_EQ(1, count_value(self->h, CB(SYSCALL_ENTRY), SYS_getppid));
	EXPECT_EQ(0, count_value(self->h, CB(SYSCALL_ENTRY), SYS_gettid));
	ASSERT_TRUE(see_value(self->h, CB(SYSCALL_EXIT), SYS_gettid));
	EXPECT_EQ(self->pid, (int)ev.values[1]);
}

TEST_F(ptrace, call_that_an_engine_aborted_is_not_made)
{
	set_events(self->h, EVENT_SYSCALL);
	ASSERT_EQ(0, on_value(self->h, CB_SYSCALL_ENTRY, SYS_getppid,
			      RESUME | SYSCALL_ABORT, 1));
	ASSERT_TRUE(to_first_call(self->pid));
	ASSERT_TRUE(set_call_number(self->pid, SYS_gettid));
	ASSERT_EQ(0, request(PTRACE_SYSCALL, self->pid));
	ASSERT_EQ(SYSCALL_STOP, next_stop(self->pid));
	ASSERT_TRUE(see(self->h, CB(SYSCALL_EXIT)));
	EXPECT_EQ(-ENOSYS, (long)ev.values[1]);
}
#endif

TEST_F(ptrace, step_of_an_engine_is_a_signal_to_the_tracer)
{
	if (!has_step(SINGLESTEP))
		SKIP(return, NO_SINGLESTEP);
	if (steps_are_lost())
		SKIP(return, STEPS_ARE_LOST);
	set_events(self->h, EVENT(QUIESCE) | EVENT_SIGNAL_ALL);
	on_value(self->h, CB_SIGNAL, SIGTRAP, RESUME | SIGNAL_IGN, 0);
	ASSERT_EQ(0, seize(self->pid));
	ASSERT_EQ(0, control(self->h, SINGLESTEP));
	ASSERT_EQ(SIGTRAP, next_stop(self->pid));
	/* Whoever passes it on does what it would have done. */
	ASSERT_EQ(0, ptrace(PTRACE_CONT, self->pid, 0, SIGTRAP));
	EXPECT_TRUE(dies_of(self->pid, SIGTRAP));
}

/* --- between two moments that are one where the tracer is alone */

/* Let the first callback of this kind wait until open_gate(). */
static int gate(int h, int callback)
{
	return rule((struct utest_rule){
		.handle = h, .callback = callback, .times = 1,
		.effects = UTEST_GATE,
	});
}

/* The signal was taken before, so the stop for it is not the one asked for. */
TEST_F(ptrace, interrupt_after_a_signal_was_taken)
{
	int h;

	ASSERT_EQ(0, seize(self->pid));
	h = attach(self->pid, EVENT(SIGNAL_TERM));
	ASSERT_LT(0, h);
	ASSERT_EQ(0, gate(h, CB_SIGNAL));
	ASSERT_EQ(0, kill(self->pid, SIGTERM));
	ASSERT_TRUE(see_begin(h, CB(SIGNAL)));
	ASSERT_EQ(0, request(PTRACE_INTERRUPT, self->pid));
	open_gate();
	ASSERT_EQ(SIGTERM, next_stop(self->pid));
	ASSERT_EQ(0, request(PTRACE_CONT, self->pid));
	EXPECT_EQ(EVENT_STOP, next_stop(self->pid));
}

static void child_handles_usr1(void)
{
	catch_signal(SIGUSR1, 0);
	child_spin();
}

/* These do not tell signal_setup_done() that the task is stepped. */
#if defined(__alpha__) || defined(__csky__) || defined(__loongarch__) || \
	defined(__m68k__) || defined(__xtensa__)
#define HANDLER_STOP	EVENT_STOP
#else
#define HANDLER_STOP	SIGTRAP
#endif

/* A report that is due does not make one of the step into a handler. */
TEST_F(ptrace, step_into_a_handler_with_an_interrupt_due)
{
	pid_t pid = start(child_handles_usr1);

	if (!has_step(SINGLESTEP))
		SKIP(return, NO_SINGLESTEP);
	ASSERT_EQ(0, seize(pid));
	ASSERT_EQ(0, kill(pid, SIGUSR1));
	ASSERT_EQ(SIGUSR1, next_stop(pid));
	ASSERT_EQ(0, request(PTRACE_INTERRUPT, pid));
	ASSERT_EQ(0, ptrace(PTRACE_SINGLESTEP, pid, 0, SIGUSR1));
	EXPECT_EQ(HANDLER_STOP, next_stop(pid));
	EXPECT_EQ(0, request(PTRACE_CONT, pid));
#ifdef __m68k__
	/* Here that step makes a signal. */
	EXPECT_EQ(SIGTRAP, next_stop(pid));
	EXPECT_EQ(0, request(PTRACE_CONT, pid));
#endif
	EXPECT_TRUE(quiet(pid));
	EXPECT_TRUE(can_be_killed(pid));
}

TEST_F(ptrace, answer_of_one_tracer_acts_before_the_stop_for_the_next)
{
	ASSERT_EQ(0, seize(self->pid));
	ASSERT_EQ(0, kill(self->pid, SIGTERM));
	ASSERT_EQ(SIGTERM, next_stop(self->pid));
	set_events(self->h, EVENT(QUIESCE));
	ASSERT_EQ(0, control(self->h, STOP));
	ASSERT_EQ(0, ptrace(PTRACE_DETACH, self->pid, 0, SIGTERM));
	ASSERT_EQ(0, seize(self->pid));
	ASSERT_EQ(0, request(PTRACE_INTERRUPT, self->pid));
	EXPECT_EQ(0, control(self->h, RESUME));
	EXPECT_TRUE(dies_of(self->pid, SIGTERM));
}

static void child_forks(void)
{
	wait_go();
	if (!fork())
		shared[RESULT2] = 1;
	child_spin_on();
}

static pid_t first_child(pid_t pid)
{
	char name[32], buf[64];

	snprintf(name, sizeof(name), "task/%d/children", pid);
	return read_proc(pid, name, buf, sizeof(buf)) > 0 ? atoi(buf) : -1;
}

/* A task that is about to have a child; its engine is called before the tracer's. */
static pid_t start_parent(int *h)
{
	pid_t pid = start(child_forks);

	*h = attach(pid, EVENT(CLONE));
	return *h < 0 || gate(*h, CB_CLONE) ? -1 : pid;
}

#define TRACE_FORK_AND_KILL						\
	(PTRACE_O_TRACEFORK | PTRACE_O_EXITKILL)

static void child_killing_tracer(void)
{
	die_as_tracer(ptrace(PTRACE_SEIZE, child_tracee, 0,
			     TRACE_FORK_AND_KILL) ? -errno : 0);
}

TEST_F(ptrace, exitkill_reaches_a_child_that_is_about_to_be_attached)
{
	pid_t tracer, pid;
	int h;

	pid = start_parent(&h);
	ASSERT_LT(0, pid);
	tracer = start_tracer(child_killing_tracer, pid, h);
	ASSERT_LT(0, tracer);
	ASSERT_EQ(0, shared[RESULT]);
	go();
	ASSERT_TRUE(see_begin(h, CB(CLONE)));
	shared[WORD] = 1;
	ASSERT_TRUE(exits_with(tracer, 0));
	open_gate();
	EXPECT_TRUE(dies_of(pid, SIGKILL));
	nap(100);
	EXPECT_EQ(0, shared[RESULT2]);
}

TEST_F(ptrace, signal_for_a_child_that_is_about_to_be_attached)
{
	pid_t pid, child;
	int h;

	pid = start_parent(&h);
	ASSERT_LT(0, pid);
	ASSERT_EQ(0, ptrace(PTRACE_SEIZE, pid, 0, TRACE_FORK_AND_KILL));
	go();
	ASSERT_TRUE(see_begin(h, CB(CLONE)));
	child = first_child(pid);
	ASSERT_LT(0, child);
	ASSERT_EQ(0, kill(child, SIGTERM));
	open_gate();
	ASSERT_EQ(EVENT_STOP, next_stop(child));
	ASSERT_EQ(0, request(PTRACE_CONT, child));
	ASSERT_EQ(SIGTERM, next_stop(child));
	ASSERT_EQ(0, request(PTRACE_CONT, child));
	EXPECT_TRUE(until(RESULT2, 1));
	EXPECT_TRUE(can_be_killed(child));
}

TEST_F(ptrace, all_are_in_proc)
{
	char buf[1024];

	set_events(self->h, EVENT(EXEC));
	ASSERT_EQ(0, hold(self->h));
	ASSERT_EQ(0, seize(self->pid));
	ASSERT_LT(0, read_proc(self->pid, "utrace", buf, sizeof(buf)));
	EXPECT_TRUE(!!strstr(buf, "utest_first_ops [utrace_test] EXEC stop\n"
				   "ptrace_engine_ops QUIESCE,CLONE,SIGNAL,"));
	EXPECT_TRUE(!!strstr(buf, ",SIGNAL_CORE,GROUP_STOP -\n"));
	ASSERT_LT(0, read_proc(self->pid, "status", buf, sizeof(buf)));
	EXPECT_TRUE(!!strstr(buf, "\nState:\tt"));
}

/* --- what a tracer's stop leaves behind for others */

static void group_stop(struct __test_metadata *_metadata, pid_t pid, int h)
{
	set_events(h, EVENT(JCTL));
	ASSERT_EQ(0, seize(pid));
	ASSERT_EQ(0, kill(pid, SIGSTOP));
	ASSERT_EQ(SIGSTOP, next_stop(pid));
	ASSERT_EQ(0, ptrace(PTRACE_CONT, pid, 0, SIGSTOP));
	ASSERT_EQ(SIGSTOP | PTRACE_EVENT_STOP << 8, next_stop(pid));
}

static void goes_on(struct __test_metadata *_metadata, pid_t pid, int h)
{
	ASSERT_EQ(EVENT_STOP, next_stop(pid));
	ASSERT_EQ(0, request(PTRACE_CONT, pid));
	ASSERT_EQ(SIGCONT, next_stop(pid));
	ASSERT_EQ(0, request(PTRACE_CONT, pid));
	EXPECT_TRUE(quiet(pid));
	EXPECT_EQ(1, count_value(h, CB(JCTL), CLD_CONTINUED));
}

/* The group goes on while only the tracer holds the task. */
TEST_F(ptrace, engine_hears_once_that_the_group_goes_on_in_a_stop)
{
	group_stop(_metadata, self->pid, self->h);
	ASSERT_EQ(0, kill(self->pid, SIGCONT));
	ASSERT_EQ(0, request(PTRACE_CONT, self->pid));
	goes_on(_metadata, self->pid, self->h);
}

TEST_F(ptrace, engine_hears_once_that_the_group_goes_on_under_listen)
{
	group_stop(_metadata, self->pid, self->h);
	ASSERT_EQ(0, request(PTRACE_LISTEN, self->pid));
	ASSERT_EQ(0, kill(self->pid, SIGCONT));
	goes_on(_metadata, self->pid, self->h);
}

/* SIGKILL came between the callback and its stop; later another engine stops it. */
TEST_F(ptrace, stop_that_a_kill_has_prevented_is_not_seen_later)
{
	int h;

	ASSERT_EQ(0, seize(self->pid));
	h = attach(self->pid, EVENT(SIGNAL_TERM) | EVENT(EXIT));
	ASSERT_LT(0, h);
	ASSERT_EQ(0, gate(h, CB_SIGNAL));
	ASSERT_EQ(0, on(h, CB_EXIT, STOP | STOP_DYING, 1));
	ASSERT_EQ(0, kill(self->pid, SIGTERM));
	ASSERT_TRUE(see_begin(h, CB(SIGNAL)));
	ASSERT_EQ(0, kill(self->pid, SIGKILL));
	open_gate();
	ASSERT_EQ(0, wait_held(h));
	EXPECT_TRUE(quiet(self->pid));
	EXPECT_EQ(0, control(h, RESUME));
	EXPECT_TRUE(dies_of(self->pid, SIGKILL));
}

/* An engine ends the task, with a core dump, on its way from stop to stop. */
TEST_F(ptrace, attach_does_not_wait_for_a_task_that_dumps_core)
{
	pid_t tracer;

	set_events(self->h, EVENT(QUIESCE));
	ASSERT_EQ(0, kill(self->pid, SIGSTOP));
	ASSERT_TRUE(wait_state(self->pid, 'T'));
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = self->h, .callback = CB_SIGNAL, .times = 1,
		.effects = UTEST_INFO | UTEST_RETURN, .signo = SIGSEGV,
		.ret = RESUME | SIGNAL_CORE,
	}));
	tracer = fork();
	if (!tracer)
		_exit(ptrace(PTRACE_ATTACH, self->pid, 0, 0) ? 1 : 3);
	EXPECT_TRUE(exits_with(tracer, 3));
	kill(tracer, SIGKILL);
}

/* --- a tracer that goes just when its tracee reports an exec */

/*
 * A thread has little to do until it is no tracer any more. The tracee has never been
 * on the same processor, and need not wait for that one.
 */
static void *trace_and_go(void *tracee)
{
	pid_t pid;

	stay_on(0, 1);
	pid = fork();
	if (!pid) {
		while (!shared[GO])
			;
		exec_self("3");
	}
	stay_on(0, 0);
	if (pid > 0 && ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACEEXEC))
		kill(pid, SIGKILL);
	*(pid_t *)tracee = pid;
	go();
	syscall(SYS_exit, 0);
	return NULL;
}

/* What becomes of the tracee: its wait status, -1 where that is not known. */
static int status_of_left(void *(*tracer)(void *tracee))
{
	pthread_t thread;
	pid_t pid;
	int status;

	shared[GO] = 0;
	if (pthread_create(&thread, NULL, tracer, &pid))
		return -1;
	pthread_join(thread, NULL);
	if (pid < 0)
		return -1;
	/* The tracer may still be on its way out, and we see its tracee stop. */
	do {
		status = reap(pid);
	} while (status != -1 && WIFSTOPPED(status));
	return status;
}

/* The tracer has let go of it, but the engine is yet to be told. */
TEST_F(ptrace, tracee_whose_tracer_goes_at_its_exec_lives_on)
{
	int i, status;

	/* They need the processors. */
	ASSERT_TRUE(can_be_killed(self->pid));
	if (ioctl(dev, UTEST_IOC_HOLD_UP, UTEST_HOLD_UP_TRACER)) {
		ASSERT_EQ(EOPNOTSUPP, errno);
		SKIP(return, "no kprobes here");
	}
	for (i = 0; i < 40; i++) {
		status = status_of_left(trace_and_go);
		ASSERT_TRUE(WIFEXITED(status));
		ASSERT_EQ(3, WEXITSTATUS(status));
	}
	EXPECT_LT(0, ioctl(dev, UTEST_IOC_HELD_UP));
}

static pid_t traceme_and_raise(void)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	if (ptrace(PTRACE_TRACEME, 0, 0, 0))
		_exit(1);
	raise(SIGUSR1);
	child_sleep();
	_exit(2);
}

/*
 * Resumed from the stop of a signal, and killed before it can run: what the tracer has
 * answered is of no use then. It only has a processor once its tracer leaves that one,
 * and the tracer is gone while the tracee is about to stop in its exit.
 */
static void *kill_and_go(void *tracee)
{
	static const struct sched_param param;
	int status;
	pid_t pid;

	stay_on(0, 0);
	pid = traceme_and_raise();
	if (pid > 0 &&
	    (waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status) ||
	     ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEEXIT) ||
	     sched_setscheduler(pid, SCHED_IDLE, &param) ||
	     ptrace(PTRACE_CONT, pid, 0, 0))) {
		kill(pid, SIGKILL);
		pid = -1;
	}
	*(pid_t *)tracee = pid;
	if (pid > 0)
		kill(pid, SIGKILL);
	stay_on(0, 1);
	syscall(SYS_exit, 0);
	return NULL;
}

TEST_F(ptrace, tracee_whose_tracer_goes_at_its_end_dies)
{
	int i, status;

	ASSERT_TRUE(can_be_killed(self->pid));
	if (ioctl(dev, UTEST_IOC_HOLD_UP, UTEST_HOLD_UP_KILLED)) {
		ASSERT_EQ(EOPNOTSUPP, errno);
		SKIP(return, "no kprobes here");
	}
	for (i = 0; i < 20; i++) {
		status = status_of_left(kill_and_go);
		ASSERT_TRUE(WIFSIGNALED(status));
		ASSERT_EQ(SIGKILL, WTERMSIG(status));
	}
	EXPECT_LT(0, ioctl(dev, UTEST_IOC_HELD_UP));
}

static pid_t seize_and_listen(void)
{
	pid_t pid = start(child_sleep);
	int status;

	if (pid < 0 || ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACEEXIT) ||
	    kill(pid, SIGSTOP))
		return -1;
	status = reap(pid);
	if (status >> 8 == SIGSTOP && !ptrace(PTRACE_CONT, pid, 0, SIGSTOP))
		status = reap(pid);
	return status >> 8 == (SIGSTOP | PTRACE_EVENT_STOP << 8) &&
	       !ptrace(PTRACE_LISTEN, pid, 0, 0) ? pid : -1;
}

static void *kill_soon(void *tracee)
{
	while (!shared[GO])
		;
	nap(3);
	kill(*(pid_t *)tracee, SIGKILL);
	return NULL;
}

/* Killed in the middle of the request, it is in the stop of its end by then. */
TEST_F(ptrace, interrupt_ends_no_other_stop_than_that_in_which_it_listens)
{
	unsigned long code;
	pthread_t thread;
	int i, status;
	pid_t pid;

	ASSERT_TRUE(can_be_killed(self->pid));
	if (ioctl(dev, UTEST_IOC_HOLD_UP, UTEST_HOLD_UP_CALLER)) {
		ASSERT_EQ(EOPNOTSUPP, errno);
		SKIP(return, "no kprobes here");
	}
	for (i = 0; i < 10; i++) {
		shared[GO] = 0;
		pid = seize_and_listen();
		ASSERT_LT(0, pid);
		ASSERT_EQ(0, pthread_create(&thread, NULL, kill_soon, &pid));
		shared[GO] = 1;
		ASSERT_EQ(0, ptrace(PTRACE_INTERRUPT, pid, 0, 0));
		pthread_join(thread, NULL);
		/* It may have stopped once more, of which the wait is the first news. */
		do {
			status = reap(pid);
		} while (status >> 8 == (SIGTRAP | PTRACE_EVENT_STOP << 8) ||
			 status >> 8 == (SIGSTOP | PTRACE_EVENT_STOP << 8));
		ASSERT_EQ(SIGTRAP | PTRACE_EVENT_EXIT << 8, status >> 8);
		ASSERT_EQ(0, ptrace(PTRACE_GETEVENTMSG, pid, 0, &code));
		EXPECT_EQ(SIGKILL, code);
		ASSERT_EQ(0, ptrace(PTRACE_CONT, pid, 0, 0));
		ASSERT_TRUE(dies_of(pid, SIGKILL));
	}
	EXPECT_LT(0, ioctl(dev, UTEST_IOC_HELD_UP));
}

static void child_end(void)
{
	wait_go();
	_exit(3);
}

/* Does a tracee sleep in the rest of its exit, where the tracer asked for this? */
static bool sleeps_in_exit(struct __test_metadata *_metadata, pid_t pid,
			   int what, int how_on)
{
	int h = attach(pid, EVENT(DEATH));

	ASSERT_LT(0, h);
	ASSERT_EQ(0, ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACEEXIT));
	go();
	ASSERT_EQ(SIGTRAP | PTRACE_EVENT_EXIT << 8, next_stop(pid));
	if (what)
		ASSERT_EQ(0, request(what, pid));
	ASSERT_EQ(0, request(how_on, pid));
	ASSERT_TRUE(exits_with(pid, 3));
	ASSERT_TRUE(see(h, CB(DEATH)));
	return ev.values[3];
}

/* As ever since there is PTRACE_EVENT_EXIT: what would wait for a device does not. */
TEST_F(ptrace, tracee_does_not_sleep_after_an_interrupt_in_its_exit)
{
	EXPECT_FALSE(sleeps_in_exit(_metadata,
				    start_instead(self->pid, child_end),
				    PTRACE_INTERRUPT, PTRACE_CONT));
}

TEST_F(ptrace, tracee_does_not_sleep_after_its_tracer_left_in_its_exit)
{
	EXPECT_FALSE(sleeps_in_exit(_metadata,
				    start_instead(self->pid, child_end), 0,
				    PTRACE_DETACH));
}

TEST_F(ptrace, tracee_sleeps_after_its_exit_was_reported)
{
	EXPECT_TRUE(sleeps_in_exit(_metadata,
				   start_instead(self->pid, child_end), 0,
				   PTRACE_CONT));
}
