// SPDX-License-Identifier: GPL-2.0-only
/* Stops: where they happen, what ends them, and that SIGKILL always does. */
#include <sys/ioctl.h>
#include "utrace_lib.h"

FIXTURE(stop) {
	char unused;
};

FIXTURE_SETUP(stop)
{
	ASSERT_EQ(0, utest_open());
}

FIXTURE_TEARDOWN(stop)
{
	utest_close();
}

static int fds[2];

static void child_write(void)
{
	wait_go();
	shared[RESULT] = syscall(SYS_write, fds[1], "abc", 3);
	shared[RESULT2] = errno;
}

static int bytes_in_pipe(void)
{
	int n = -1;

	ioctl(fds[0], FIONREAD, &n);
	return n;
}

/* --- rule 2: at system call entry */

TEST_F(stop, rule2_syscall_entry_stop_is_before_the_call)
{
	pid_t pid;
	int h;

	ASSERT_EQ(0, pipe(fds));
	pid = start(child_write);
	h = attach(pid, EVENT(SYSCALL_ENTRY));
	ASSERT_LT(0, h);
	ASSERT_EQ(0, on_value(h, CB_SYSCALL_ENTRY, SYS_write, STOP, 1));
	go();
	ASSERT_EQ(0, wait_held(h));
	EXPECT_TRUE(stays(pid, 't'));
	EXPECT_EQ(0, bytes_in_pipe());
	EXPECT_EQ(0, control(h, RESUME));
	ASSERT_TRUE(exits_with(pid, 0));
	EXPECT_EQ(3, bytes_in_pipe());
	EXPECT_EQ(3, shared[RESULT]);
	/* Nobody asked for a second report. */
	EXPECT_EQ(1, count_value(h, CB(SYSCALL_ENTRY), SYS_write));
}

static void resumed_round(struct __test_metadata *_metadata, int action)
{
	pid_t pid;
	int h, other;

	ASSERT_EQ(0, pipe(fds));
	pid = start(child_write);
	h = attach(pid, EVENT(SYSCALL_ENTRY) | EVENT(QUIESCE));
	other = attach(pid, EVENT(SYSCALL_ENTRY));
	ASSERT_LT(0, h);
	ASSERT_LT(0, other);
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = h, .callback = CB_SYSCALL_ENTRY, .times = 1,
		.cond = UTEST_IF_VALUE, .value = SYS_write,
		.effects = UTEST_RETURN, .ret = STOP,
	}));
	/* The second time, make it write one byte. */
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = h, .callback = CB_SYSCALL_ENTRY, .times = 1,
		.cond = UTEST_IF_ACTION, .action_mask = SYSCALL_RESUMED,
		.action = SYSCALL_RESUMED, .effects = UTEST_SYSCALL,
		.nr = SYS_write, .args = { fds[1], (long)"z", 1 },
	}));
	go();
	ASSERT_EQ(0, wait_held(h));
	EXPECT_EQ(1, count_value(other, CB(SYSCALL_ENTRY), SYS_write));
	EXPECT_EQ(0, control(h, action));
	ASSERT_TRUE(exits_with(pid, 0));
	EXPECT_EQ(1, bytes_in_pipe());
	EXPECT_EQ(1, shared[RESULT]);
	ASSERT_TRUE(see_value(h, CB(SYSCALL_ENTRY), SYS_write));
	EXPECT_EQ(0, ev.action & SYSCALL_RESUMED);
	/* Before any report_signal(), and to every engine with the event. */
	ASSERT_TRUE(see(h, CB(SYSCALL_ENTRY) | CB(SIGNAL)));
	EXPECT_EQ(CB_SYSCALL_ENTRY, ev.callback);
	EXPECT_EQ(SYSCALL_RESUMED, ev.action & SYSCALL_RESUMED);
	EXPECT_EQ(SYS_write, ev.values[0]);
	EXPECT_EQ(2, count_value(other, CB(SYSCALL_ENTRY), SYS_write));
	seen = 0;
	ASSERT_TRUE(see_value(other, CB(SYSCALL_ENTRY), SYS_write));
	EXPECT_EQ(0, ev.action & SYSCALL_RESUMED);
	ASSERT_TRUE(see_value(other, CB(SYSCALL_ENTRY), SYS_write));
	EXPECT_EQ(SYSCALL_RESUMED, ev.action & SYSCALL_RESUMED);
}

TEST_F(stop, rule2_resumed_report_and_the_call_the_registers_name)
{
	resumed_round(_metadata, REPORT);
}

TEST_F(stop, resumed_round_comes_before_the_report_of_interrupt)
{
	resumed_round(_metadata, INTERRUPT);
	seen = 0;
	EXPECT_TRUE(see(0, CB(SIGNAL)));
	EXPECT_EQ(SIGNAL_REPORT, ev.action & SIGNAL_MASK);
}

TEST_F(stop, rule2_stop_again_in_the_resumed_round)
{
	pid_t pid;
	int h;

	ASSERT_EQ(0, pipe(fds));
	pid = start(child_write);
	h = attach(pid, EVENT(SYSCALL_ENTRY) | EVENT(QUIESCE));
	ASSERT_LT(0, h);
	ASSERT_EQ(0, on_value(h, CB_SYSCALL_ENTRY, SYS_write, STOP, 3));
	go();
	ASSERT_EQ(0, wait_held(h));
	EXPECT_EQ(0, control(h, REPORT));
	ASSERT_TRUE(see_value(h, CB(SYSCALL_ENTRY), SYS_write));
	ASSERT_TRUE(see_value(h, CB(SYSCALL_ENTRY), SYS_write));
	ASSERT_EQ(0, wait_held(h));
	EXPECT_EQ(0, bytes_in_pipe());
	EXPECT_EQ(0, control(h, REPORT));
	ASSERT_TRUE(see_value(h, CB(SYSCALL_ENTRY), SYS_write));
	ASSERT_EQ(0, wait_held(h));
	EXPECT_EQ(0, bytes_in_pipe());
	EXPECT_EQ(0, control(h, RESUME));
	ASSERT_TRUE(exits_with(pid, 0));
	EXPECT_EQ(3, bytes_in_pipe());
}

/* What is for report_signal() is no reason for round after round until then. */
TEST_F(stop, interrupt_brings_one_resumed_round)
{
	pid_t pid;
	int h, other;

	ASSERT_EQ(0, pipe(fds));
	pid = start(child_write);
	h = attach(pid, EVENT(SYSCALL_ENTRY) | EVENT(QUIESCE));
	other = attach(pid, EVENT(QUIESCE));
	ASSERT_LT(0, h);
	ASSERT_LT(0, other);
	ASSERT_EQ(0, on_value(h, CB_SYSCALL_ENTRY, SYS_write, STOP, 0));
	go();
	ASSERT_EQ(0, wait_held(h));
	EXPECT_EQ(0, control(other, INTERRUPT));
	EXPECT_EQ(0, control(h, RESUME));
	ASSERT_TRUE(see_value(h, CB(SYSCALL_ENTRY), SYS_write));
	ASSERT_TRUE(see_value(h, CB(SYSCALL_ENTRY), SYS_write));
	EXPECT_EQ(SYSCALL_RESUMED, ev.action & SYSCALL_RESUMED);
	ASSERT_EQ(0, wait_held(h));
	EXPECT_EQ(0, bytes_in_pipe());
	EXPECT_EQ(0, control(h, RESUME));
	ASSERT_TRUE(exits_with(pid, 0));
	EXPECT_EQ(3, bytes_in_pipe());
	EXPECT_EQ(2, count_value(h, CB(SYSCALL_ENTRY), SYS_write));
}

/* --- rule 2: elsewhere */

static void child_exit7(void)
{
	wait_go();
	exit(7);
}

TEST_F(stop, rule2_exit_stop_is_before_anything_is_torn_down)
{
	char path[64], buf[256];
	pid_t pid;
	int h;

	ASSERT_EQ(0, pipe(fds));
	pid = start(child_exit7);
	h = attach(pid, EVENT(EXIT));
	ASSERT_LT(0, h);
	ASSERT_EQ(0, on(h, CB_EXIT, STOP, 1));
	go();
	ASSERT_EQ(0, wait_held(h));
	EXPECT_TRUE(stays(pid, 't'));
	EXPECT_LT(0, read_proc(pid, "maps", buf, sizeof(buf)));
	EXPECT_LT(0, read_proc(pid, "cmdline", buf, sizeof(buf)));
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fds[0]);
	EXPECT_LT(0, readlink(path, buf, sizeof(buf)));
	EXPECT_EQ(0, waitpid(pid, NULL, WNOHANG));
	EXPECT_EQ(0, control(h, RESUME));
	EXPECT_TRUE(exits_with(pid, 7));
	ASSERT_TRUE(see(h, CB(EXIT)));
	EXPECT_EQ(1, ev.values[2]);
}

static void child_signal_itself(void)
{
	catch_signal(SIGUSR1, 0);
	wait_go();
	/* The signal is pending when kill() ends. */
	syscall(SYS_kill, getpid(), SIGUSR1);
	shared[RESULT] = handled;
}

TEST_F(stop, rule2_the_last_round_of_callbacks_decides)
{
	pid_t pid = start(child_signal_itself);
	int h = attach(pid, EVENT(SYSCALL_EXIT) | EVENT(SIGNAL));

	ASSERT_LT(0, h);
	ASSERT_EQ(0, on_value(h, CB_SYSCALL_EXIT, SYS_kill, STOP, 1));
	/* report_signal() comes after that and says RESUME. */
	go();
	EXPECT_TRUE(exits_with(pid, 0));
	EXPECT_EQ(1, shared[RESULT]);
	ASSERT_TRUE(see_value(h, CB(SYSCALL_EXIT), SYS_kill));
	EXPECT_EQ(STOP, ev.ret);
	EXPECT_TRUE(see_value(h, CB(SIGNAL), SIGUSR1));
}

TEST_F(stop, stop_is_sticky_without_another_callback)
{
	pid_t pid = start(child_signal_itself);
	int h = attach(pid, EVENT(SYSCALL_EXIT));
	int other = attach(pid, EVENT(SIGNAL));

	ASSERT_LT(0, h);
	ASSERT_LT(0, other);
	ASSERT_EQ(0, on_value(h, CB_SYSCALL_EXIT, SYS_kill, STOP, 1));
	go();
	/* The callback of another engine does not change what this one said. */
	ASSERT_EQ(0, wait_held(h));
	EXPECT_TRUE(stays(pid, 't'));
	EXPECT_EQ(0, control(h, RESUME));
	EXPECT_TRUE(exits_with(pid, 0));
	EXPECT_EQ(1, shared[RESULT]);
}

TEST_F(stop, rule2_a_stop_takes_effect_on_the_way_to_user_mode)
{
	pid_t pid = start(child_signal_itself);
	int h = attach(pid, EVENT(SYSCALL_EXIT) | EVENT(SIGNAL));

	ASSERT_LT(0, h);
	ASSERT_EQ(0, on_value(h, CB_SYSCALL_EXIT, SYS_kill, STOP, 1));
	ASSERT_EQ(0, on_value(h, CB_SIGNAL, SIGUSR1, STOP | SIGNAL_DELIVER, 1));
	go();
	ASSERT_TRUE(see_value(h, CB(SIGNAL), SIGUSR1));
	ASSERT_EQ(0, wait_held(h));
	EXPECT_EQ(0, control(h, RESUME));
	EXPECT_TRUE(exits_with(pid, 0));
	EXPECT_EQ(1, shared[RESULT]);
}

TEST_F(stop, here_at_syscall_exit_is_before_the_pending_signal)
{
	pid_t pid = start(child_signal_itself);
	int h = attach(pid, EVENT(SYSCALL_EXIT) | EVENT(SIGNAL));

	ASSERT_LT(0, h);
	ASSERT_EQ(0, on_value(h, CB_SYSCALL_EXIT, SYS_kill, STOP | STOP_HERE,
			      1));
	go();
	ASSERT_EQ(0, wait_held(h));
	EXPECT_TRUE(stays(pid, 't'));
	EXPECT_EQ(0, count_value(h, CB(SIGNAL), SIGUSR1));
	EXPECT_EQ(0, control(h, RESUME));
	EXPECT_TRUE(exits_with(pid, 0));
	EXPECT_EQ(1, count_value(h, CB(SIGNAL), SIGUSR1));
	EXPECT_EQ(1, shared[RESULT]);
}

static void child_exec(void)
{
	wait_go();
	exec_self("3");
}

static void child_fork(void)
{
	pid_t pid;

	wait_go();
	pid = fork();
	if (pid == 0)
		_exit(4);
	if (waitpid(pid, NULL, 0) != pid)
		_exit(5);
	_exit(3);
}

static void child_vfork(void)
{
	pid_t pid;

	wait_go();
	pid = vfork();
	if (pid == 0)
		_exit(4);
	if (waitpid(pid, NULL, 0) != pid)
		_exit(5);
	_exit(3);
}

static void send_itself(int sig)
{
	wait_go();
	syscall(SYS_kill, getpid(), sig);
	_exit(3);
}

static void child_sigusr1(void)
{
	catch_signal(SIGUSR1, 0);
	send_itself(SIGUSR1);
}

static void child_sigurg(void)
{
	send_itself(SIGURG);
}

static void child_sigterm(void)
{
	send_itself(SIGTERM);
}

static void child_sigquit(void)
{
	send_itself(SIGQUIT);
}

static void child_getppid(void)
{
	wait_go();
	syscall(SYS_getppid);
	_exit(3);
}

static void child_sigstop(void)
{
	send_itself(SIGSTOP);
}

static void child_exit3(void)
{
	wait_go();
	_exit(3);
}

/*
 * One stop of each kind there is. Where another callback of the engine has to say
 * something for it, that is "first". "fatal" is what the child dies of when it is let
 * go.
 */
FIXTURE(each_stop) {
	pid_t pid;
	int h;
};

FIXTURE_VARIANT(each_stop) {
	void (*child)(void);
	__u64 event;
	int callback;
	__u64 value;
	__u32 ret;
	int signal_action;
	int first;
	__u64 first_value;
	__u32 first_ret;
	int fatal;
};

#define EACH_STOP(name)	FIXTURE_VARIANT_ADD(each_stop, name)
#define BY(child_name, type, first_value, returned)			\
	.child = child_##child_name, .event = EVENT(type),		\
	.callback = CB_##type, .value = first_value, .ret = returned
#define HERE	(STOP | STOP_HERE)

EACH_STOP(quiesce_clone) { BY(fork, QUIESCE, EVENT(CLONE), STOP) };
EACH_STOP(quiesce_exec) { BY(exec, QUIESCE, EVENT(EXEC), STOP) };
EACH_STOP(quiesce_exit) { BY(exit3, QUIESCE, EVENT(EXIT), STOP) };
EACH_STOP(quiesce_entry) { BY(getppid, QUIESCE, EVENT(SYSCALL_ENTRY), STOP) };
EACH_STOP(syscall_entry) { BY(getppid, SYSCALL_ENTRY, SYS_getppid, STOP) };
EACH_STOP(syscall_exit) { BY(getppid, SYSCALL_EXIT, SYS_getppid, STOP) };
EACH_STOP(syscall_exit_here) { BY(getppid, SYSCALL_EXIT, SYS_getppid, HERE) };
EACH_STOP(clone) { BY(fork, CLONE, ANY_VALUE, STOP) };
EACH_STOP(clone_here) { BY(fork, CLONE, ANY_VALUE, HERE) };
EACH_STOP(vfork) { BY(vfork, CLONE, ANY_VALUE, STOP) };
EACH_STOP(vfork_here) { BY(vfork, CLONE, ANY_VALUE, HERE) };
EACH_STOP(vfork_done) { BY(vfork, VFORK_DONE, ANY_VALUE, STOP) };
EACH_STOP(vfork_done_here) { BY(vfork, VFORK_DONE, ANY_VALUE, HERE) };
EACH_STOP(exec) { BY(exec, EXEC, ANY_VALUE, STOP) };
EACH_STOP(exec_here) { BY(exec, EXEC, ANY_VALUE, HERE) };
EACH_STOP(exit) { BY(exit3, EXIT, ANY_VALUE, STOP) };
EACH_STOP(signal) { BY(sigusr1, SIGNAL, SIGUSR1, STOP | SIGNAL_DELIVER) };
EACH_STOP(signal_here) { BY(sigusr1, SIGNAL, SIGUSR1, HERE | SIGNAL_DELIVER) };
EACH_STOP(jctl) { BY(sigstop, JCTL, ANY_VALUE, STOP) };
EACH_STOP(jctl_here) { BY(sigstop, JCTL, ANY_VALUE, HERE) };

/* All signals have the same callback, by whatever event it comes. */
#define BY_CLASS(child_name, type, signo, returned)			\
	.child = child_##child_name, .event = EVENT(SIGNAL_##type),	\
	.callback = CB_SIGNAL, .value = signo, .ret = returned

EACH_STOP(signal_stop) { BY_CLASS(sigstop, STOP, SIGSTOP, STOP | SIGNAL_IGN) };
EACH_STOP(signal_stop_here) { BY_CLASS(sigstop, STOP, SIGSTOP, HERE | SIGNAL_IGN) };
EACH_STOP(signal_ign) { BY_CLASS(sigurg, IGN, SIGURG, STOP | SIGNAL_IGN) };
EACH_STOP(signal_ign_here) { BY_CLASS(sigurg, IGN, SIGURG, HERE | SIGNAL_IGN) };
EACH_STOP(signal_term) { BY_CLASS(sigterm, TERM, SIGTERM, STOP | SIGNAL_IGN) };
EACH_STOP(signal_core) { BY_CLASS(sigquit, CORE, SIGQUIT, STOP | SIGNAL_IGN) };

/* In these the signal is to act yet, or to come again. */
EACH_STOP(signal_put_back) {
	BY_CLASS(sigterm, TERM, SIGTERM, STOP | SIGNAL_IGN | SIGNAL_HOLD),
	.fatal = SIGTERM,
};

EACH_STOP(signal_put_back_here) {
	BY_CLASS(sigterm, TERM, SIGTERM, HERE | SIGNAL_IGN | SIGNAL_HOLD),
	.fatal = SIGTERM,
};

EACH_STOP(signal_term_here) {
	BY_CLASS(sigterm, TERM, SIGTERM, HERE | SIGNAL_TERM), .fatal = SIGTERM,
};

EACH_STOP(signal_core_here) {
	BY_CLASS(sigquit, CORE, SIGQUIT, HERE | SIGNAL_CORE), .fatal = SIGQUIT,
};

/* The frame of a handler is there, which is told to who asked for a report before. */
#define BY_HANDLER(returned)						\
	BY(sigusr1, SIGNAL, ANY_VALUE, (returned) | SIGNAL_HANDLER),	\
	.signal_action = SIGNAL_HANDLER, .first = CB_SIGNAL,		\
	.first_value = SIGUSR1, .first_ret = REPORT | SIGNAL_DELIVER

EACH_STOP(handler) { BY_HANDLER(STOP) };
EACH_STOP(handler_here) { BY_HANDLER(HERE) };

/* The trap of a step is a signal that dumps core. */
#define BY_STEP(returned)						\
	.child = child_getppid, .callback = CB_SIGNAL, .value = SIGTRAP, \
	.event = EVENT(SIGNAL_CORE) | EVENT(SYSCALL_EXIT) | EVENT(QUIESCE), \
	.ret = (returned) | SIGNAL_IGN, .first = CB_SYSCALL_EXIT,	\
	.first_value = SYS_getppid, .first_ret = SINGLESTEP

EACH_STOP(step) { BY_STEP(STOP) };
EACH_STOP(step_here) { BY_STEP(HERE) };

FIXTURE_SETUP(each_stop)
{
	ASSERT_EQ(0, utest_open());
	if (variant->first_ret == SINGLESTEP && !has_step(SINGLESTEP))
		SKIP(return, NO_SINGLESTEP);
	self->pid = start(variant->child);
	ASSERT_LT(0, self->pid);
	self->h = attach(self->pid, variant->event);
	ASSERT_LT(0, self->h);
	/* Another engine is who asks for the event then. */
	ASSERT_LT(0, variant->callback == CB_QUIESCE ?
		  attach(self->pid, variant->value) : 1);
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = self->h, .callback = variant->callback, .times = 1,
		.cond = (variant->value == (__u64)ANY_VALUE ? 0 : UTEST_IF_VALUE) |
			(variant->signal_action ? UTEST_IF_ACTION : 0),
		.value = variant->value, .effects = UTEST_RETURN,
		.action_mask = SIGNAL_MASK, .action = variant->signal_action,
		.ret = variant->ret,
	}));
	if (variant->first_ret)
		ASSERT_EQ(0, on_value(self->h, variant->first, variant->first_value,
				      variant->first_ret, 1));
	go();
	do {
		ASSERT_TRUE(see(self->h, 1u << variant->callback));
	} while (ev.ret != variant->ret);
	ASSERT_EQ(0, wait_held(self->h));
	ASSERT_EQ('t', state_of(self->pid));
}

FIXTURE_TEARDOWN(each_stop)
{
	utest_close();
}

/* One that is in exit_group() already has its exit code. */
static bool ends(pid_t pid, bool exiting)
{
	if (!exiting)
		return can_be_killed(pid);
	return !kill(pid, SIGKILL) && reap(pid) != -1;
}

TEST_F(each_stop, rule4_sigkill_ends_it)
{
	EXPECT_TRUE(ends(self->pid, variant->child == child_exit3));
}

TEST_F(each_stop, rule4_sigkill_ends_it_with_two_engines)
{
	int other = attach(self->pid, EVENT_ALL);

	ASSERT_LT(0, other);
	EXPECT_EQ(0, control(other, STOP));
	EXPECT_TRUE(ends(self->pid, variant->child == child_exit3));
}

static bool goes_on(pid_t pid, int fatal)
{
	kill(pid, SIGCONT);
	return fatal ? dies_of(pid, fatal) : exits_with(pid, 3);
}

TEST_F(each_stop, resume_ends_it)
{
	EXPECT_EQ(0, control(self->h, RESUME));
	EXPECT_TRUE(goes_on(self->pid, variant->fatal));
}

TEST_F(each_stop, detach_ends_it)
{
	EXPECT_EQ(0, control(self->h, DETACH));
	EXPECT_TRUE(goes_on(self->pid, variant->fatal));
}

/* --- rule 3 */

static void child_vfork_wait(void)
{
	pid_t pid;
	char byte;

	wait_go();
	pid = vfork();
	if (pid == 0) {
		shared[WORD] = 1;
		while (shared[WORD] == 1)
			sched_yield();
		if (read(fds[0], &byte, 1) < 0)
			_exit(1);
		_exit(4);
	}
	shared[RESULT] = pid;
	if (waitpid(pid, NULL, 0) != pid)
		_exit(5);
	_exit(3);
}

static void vfork_parent(struct __test_metadata *_metadata,
			 struct utest_rule at_clone)
{
	pid_t pid;
	int h;

	ASSERT_EQ(0, pipe(fds));
	pid = start(child_vfork_wait);
	h = attach(pid, EVENT(CLONE) | EVENT(VFORK_DONE));
	ASSERT_LT(0, h);
	at_clone.handle = h;
	at_clone.callback = CB_CLONE;
	ASSERT_EQ(0, rule(at_clone));
	go();
	/* The parent stops, and the child runs all the same. */
	ASSERT_EQ(0, wait_held(h));
	ASSERT_TRUE(until(WORD, 1));
	EXPECT_TRUE(stays(pid, 't'));
	EXPECT_EQ(0, count(h, CB(VFORK_DONE)));
	EXPECT_EQ(0, shared[RESULT]);
	shared[WORD] = 2;
	/* Resumed, it waits for the child. */
	EXPECT_EQ(0, control(h, RESUME));
	nap(30);
	EXPECT_NE('t', state_of(pid));
	EXPECT_EQ(0, shared[RESULT]);
	EXPECT_EQ(0, count(h, CB(VFORK_DONE)));
	ASSERT_EQ(1, write(fds[1], "x", 1));
	EXPECT_TRUE(exits_with(pid, 3));
	EXPECT_EQ(1, count(h, CB(VFORK_DONE)));
}

TEST_F(stop, rule3_vfork_parent_stops_before_waiting)
{
	vfork_parent(_metadata, (struct utest_rule){
		.effects = UTEST_RETURN, .ret = STOP,
	});
}

TEST_F(stop, rule3_vfork_parent_stops_in_place_before_waiting)
{
	vfork_parent(_metadata, (struct utest_rule){
		.effects = UTEST_RETURN, .ret = STOP | STOP_HERE,
	});
}

TEST_F(stop, rule3_vfork_parent_stops_before_waiting_if_asked_by_control)
{
	vfork_parent(_metadata, (struct utest_rule){
		.effects = UTEST_DO, .do_what = UTEST_CONTROL, .do_arg = STOP,
	});
}

static void child_fork_mark(void)
{
	pid_t pid;

	wait_go();
	pid = fork();
	if (pid == 0) {
		shared[WORD] = 1;
		_exit(4);
	}
	shared[RESULT] = pid;
	if (waitpid(pid, NULL, 0) != pid)
		_exit(5);
	_exit(3);
}

/* Take the last word, a hexadecimal number, off a line; zero is none. */
static unsigned long last_word(char *line)
{
	char *word = strrchr(line, ' ');

	if (!word)
		return 0;
	*word = 0;
	return strtoul(word + 1, NULL, 16);
}

/* Where a task that is held goes on in user mode, and where its stack is. */
static bool user_place(pid_t pid, unsigned long *ip, unsigned long *sp)
{
	char buf[256];

	if (read_proc(pid, "syscall", buf, sizeof(buf)) <= 0)
		return false;
	*ip = last_word(buf);
	*sp = last_word(buf);
	return *ip && *sp;
}

/* The test has the same program at the same place, so it can look there. */
static bool is_behind_a_call(unsigned long ip)
{
#ifdef __x86_64__
	return !memcmp((char *)ip - 2, "\x0f\x05", 2);
#else
	return true;
#endif
}

TEST_F(stop, rule3_child_stopped_from_report_clone_runs_no_user_instruction)
{
	unsigned long ip, sp, child_ip, child_sp;
	pid_t pid = start(child_fork_mark), child;
	struct utest_regs regs;
	int h = attach(pid, EVENT(CLONE)), h2;

	ASSERT_LT(0, h);
	/* The parent stops, too: it comes back from fork() in the same place. */
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = h, .callback = CB_CLONE, .effects = UTEST_DO | UTEST_RETURN,
		.do_what = UTEST_ATTACH_CHILD, .do_control = CONTROL_STOP,
		.do_attach = { .flags = CREATE, .ops = UTEST_OPS_SECOND },
		.ret = STOP,
	}));
	go();
	ASSERT_TRUE(see(h, CB(CLONE)));
	EXPECT_EQ(0, ev.do_result);
	EXPECT_TRUE(ev.control_result == 0 ||
		    ev.control_result == -EINPROGRESS);
	h2 = ev.do_handle;
	child = ev.values[1];
	ASSERT_LT(0, h2);
	ASSERT_EQ(0, wait_held(h2));
	EXPECT_TRUE(stays(child, 't'));
	EXPECT_EQ(0, shared[WORD]);
	ASSERT_EQ(0, wait_held(h));
	/* Some architectures do not have this file. */
	if (!access("/proc/self/syscall", F_OK)) {
		ASSERT_TRUE(user_place(pid, &ip, &sp));
		ASSERT_TRUE(user_place(child, &child_ip, &child_sp));
		EXPECT_EQ(ip, child_ip);
		EXPECT_EQ(sp, child_sp);
		EXPECT_TRUE(is_behind_a_call(child_ip));
	}
	EXPECT_EQ(0, control(h, RESUME));
	/* The parent goes on, by and by. */
	EXPECT_TRUE(until(RESULT, child));
	ASSERT_TRUE(read_regs(h2, &regs));
	EXPECT_EQ(0, regs.prepare);
	EXPECT_EQ(0, regs.finish);
	EXPECT_EQ(0, control(h2, RESUME));
	EXPECT_TRUE(exits_with(pid, 3));
	EXPECT_EQ(1, shared[WORD]);
}

TEST_F(stop, rule3_child_stopped_from_report_clone_can_be_killed)
{
	pid_t pid = start(child_fork_mark), child;
	int h = attach(pid, EVENT(CLONE));

	ASSERT_LT(0, h);
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = h, .callback = CB_CLONE, .effects = UTEST_DO,
		.do_what = UTEST_ATTACH_CHILD, .do_control = CONTROL_STOP,
		.do_attach = { .flags = CREATE, .ops = UTEST_OPS_SECOND },
	}));
	go();
	ASSERT_TRUE(see(h, CB(CLONE)));
	child = ev.values[1];
	ASSERT_EQ(0, wait_held(ev.do_handle));
	ASSERT_EQ(0, kill(child, SIGKILL));
	EXPECT_TRUE(exits_with(pid, 3));
	EXPECT_EQ(0, shared[WORD]);
}

/* --- rule 4 */

TEST_F(stop, rule4_sigkill_in_syscall_entry_stop_and_no_call_is_made)
{
	pid_t pid;
	int h;

	ASSERT_EQ(0, pipe(fds));
	pid = start(child_write);
	h = attach(pid, EVENT(SYSCALL_ENTRY));
	ASSERT_LT(0, h);
	ASSERT_EQ(0, on_value(h, CB_SYSCALL_ENTRY, SYS_write, STOP, 1));
	go();
	ASSERT_EQ(0, wait_held(h));
	EXPECT_TRUE(can_be_killed(pid));
	EXPECT_EQ(0, bytes_in_pipe());
}

TEST_F(stop, rule4_sigkill_while_asked_to_stop)
{
	pid_t pid;
	int h, i;

	for (i = 0; i < 20; i++) {
		pid = start(child_spin);
		h = attach(pid, EVENT(EXIT));
		ASSERT_LT(0, h);
		control(h, STOP);
		EXPECT_TRUE(can_be_killed(pid));
	}
}

TEST_F(stop, rule4_callbacks_of_a_killed_task_do_not_hold_it)
{
	pid_t pid = start(child_spin);
	int h = attach(pid, EVENT_ALL), callback;

	ASSERT_LT(0, h);
	for (callback = 0; callback < CB_COUNT; callback++)
		ASSERT_EQ(0, on(h, callback, STOP | STOP_HERE, 0));
	EXPECT_TRUE(can_be_killed(pid));
	/* They were made, and said so. */
	ASSERT_TRUE(see(h, CB(EXIT)));
	EXPECT_EQ(STOP | STOP_HERE, ev.ret);
	EXPECT_EQ(1, count_to(h, CB(DEATH), 1));
}

TEST_F(stop, rule4_the_flag_to_stop_dying_means_nothing_without_a_stop)
{
	pid_t pid = start(child_spin);
	int h = attach(pid, EVENT(EXIT)), other = attach(pid, EVENT(EXIT));

	ASSERT_LT(0, h);
	ASSERT_LT(0, other);
	ASSERT_EQ(0, on(h, CB_EXIT, RESUME | STOP_DYING, 1));
	ASSERT_EQ(0, on(other, CB_EXIT, STOP, 1));
	EXPECT_TRUE(can_be_killed(pid));
}

static void *spinning_thread(void *arg)
{
	shared[RESULT] = syscall(SYS_gettid);
	for (;;)
		shared[COUNT]++;
	return NULL;
}

static void child_thread_exit_group(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, spinning_thread, NULL);
	while (!shared[RESULT])
		;
	wait_go();
	_exit(3);
}

static void child_thread_exec(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, spinning_thread, NULL);
	while (!shared[RESULT])
		;
	wait_go();
	exec_self("3");
}

TEST_F(stop, rule4_exit_group_kills_a_stopped_thread)
{
	pid_t pid = start(child_thread_exit_group);
	int h = attach(shared[RESULT], 0);

	ASSERT_LT(0, h);
	ASSERT_EQ(0, hold(h));
	EXPECT_TRUE(spins_not());
	go();
	EXPECT_TRUE(exits_with(pid, 3));
}

TEST_F(stop, rule4_exec_kills_a_stopped_thread)
{
	pid_t pid = start(child_thread_exec);
	int h = attach(shared[RESULT], 0);

	ASSERT_LT(0, h);
	ASSERT_EQ(0, hold(h));
	go();
	EXPECT_TRUE(exits_with(pid, 3));
}

TEST_F(stop, rule4_sigkill_to_a_group_with_stopped_threads)
{
	pid_t pid = start(child_thread_exit_group);
	int h = attach(shared[RESULT], 0), h2 = attach(pid, 0);

	ASSERT_LT(0, h);
	ASSERT_LT(0, h2);
	ASSERT_EQ(0, hold(h));
	ASSERT_EQ(0, hold(h2));
	EXPECT_TRUE(can_be_killed(pid));
}

TEST_F(stop, sigkill_ends_a_stop_in_report_exit)
{
	pid_t pid = start(child_exit3);
	int h = attach(pid, EVENT(EXIT));

	ASSERT_LT(0, h);
	ASSERT_EQ(0, on(h, CB_EXIT, STOP, 1));
	go();
	ASSERT_EQ(0, wait_held(h));
	ASSERT_EQ(0, kill(pid, SIGKILL));
	/* It was on its way with this code already. */
	EXPECT_NE(-1, reap(pid));
}

TEST_F(stop, rule4_exit_group_does_not_wait_for_a_stop_in_report_exit)
{
	pid_t pid = start(child_thread_exit_group);
	int h = attach(shared[RESULT], EVENT(EXIT));

	ASSERT_LT(0, h);
	ASSERT_EQ(0, on(h, CB_EXIT, STOP, 1));
	go();
	EXPECT_TRUE(exits_with(pid, 3));
	EXPECT_EQ(1, count(h, CB(EXIT)));
}

TEST_F(stop, stop_asked_of_a_killed_task_that_is_held)
{
	pid_t pid = start(child_exit3);
	int h = attach(pid, EVENT(EXIT));

	ASSERT_LT(0, h);
	ASSERT_EQ(0, on(h, CB_EXIT, STOP | STOP_DYING, 1));
	ASSERT_EQ(0, kill(pid, SIGKILL));
	ASSERT_EQ(0, wait_held(h));
	EXPECT_EQ(0, control(h, STOP));
	EXPECT_TRUE(stays(pid, 't'));
	EXPECT_EQ(0, control(h, RESUME));
	EXPECT_TRUE(dies_of(pid, SIGKILL));
}

/* An engine that asked for a stop is called when another one holds the dying task. */
TEST_F(stop, stop_dying_from_the_quiesce_report_in_such_a_stop)
{
	pid_t pid = start(child_exit3);
	int other = attach(pid, EVENT(QUIESCE)), h = attach(pid, EVENT(EXIT));

	ASSERT_LT(0, other);
	ASSERT_LT(0, h);
	ASSERT_EQ(0, on_value(other, CB_QUIESCE, 0, STOP | STOP_DYING, 1));
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = h, .callback = CB_EXIT, .times = 1,
		.effects = UTEST_GATE | UTEST_RETURN, .ret = STOP | STOP_DYING,
	}));
	ASSERT_EQ(0, kill(pid, SIGKILL));
	ASSERT_TRUE(see_begin(h, CB(EXIT)));
	EXPECT_EQ(-EINPROGRESS, control(other, STOP));
	open_gate();
	ASSERT_TRUE(see_value(other, CB(QUIESCE), 0));
	ASSERT_EQ(0, wait_held(h));
	EXPECT_EQ(0, control(h, RESUME));
	EXPECT_TRUE(stays(pid, 't'));
	EXPECT_EQ(0, control(other, RESUME));
	EXPECT_TRUE(dies_of(pid, SIGKILL));
}

static void *exiting_thread(void *arg)
{
	shared[RESULT] = syscall(SYS_gettid);
	while (!shared[GO])
		;
	syscall(SYS_exit, 0);
	return NULL;
}

static void child_two_exits(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, exiting_thread, NULL);
	while (!shared[RESULT])
		;
	wait_go();
	syscall(SYS_exit, 3);
}

TEST_F(stop, sigkill_ends_a_stop_in_report_exit_of_each_thread)
{
	pid_t pid = start(child_two_exits);
	int h = attach(shared[RESULT], EVENT(EXIT));
	int h2 = attach(pid, EVENT(EXIT));

	ASSERT_LT(0, h);
	ASSERT_LT(0, h2);
	ASSERT_EQ(0, on(h, CB_EXIT, STOP, 1));
	ASSERT_EQ(0, on(h2, CB_EXIT, STOP, 1));
	go();
	ASSERT_EQ(0, wait_held(h));
	ASSERT_EQ(0, wait_held(h2));
	ASSERT_EQ(0, kill(pid, SIGKILL));
	/* All threads had called exit(), so the group had its exit code. */
	EXPECT_NE(-1, reap(pid));
}

TEST_F(stop, fatal_signal_nobody_asked_for_ends_stops_in_the_group)
{
	pid_t pid = start(child_thread_exit_group);
	int h = attach(pid, 0);

	/* One thread runs, so the signal kills the group when it is sent. */
	ASSERT_LT(0, h);
	ASSERT_EQ(0, hold(h));
	EXPECT_TRUE(spins());
	ASSERT_EQ(0, kill(pid, SIGTERM));
	EXPECT_TRUE(dies_of(pid, SIGTERM));
}

TEST_F(stop, fatal_signal_to_a_lone_held_task_waits)
{
	pid_t pid = start(child_spin);
	int h = attach(pid, 0);

	ASSERT_LT(0, h);
	ASSERT_EQ(0, hold(h));
	ASSERT_EQ(0, kill(pid, SIGTERM));
	EXPECT_TRUE(stays(pid, 't'));
	EXPECT_EQ(0, control(h, RESUME));
	EXPECT_TRUE(dies_of(pid, SIGTERM));
}

TEST_F(stop, fatal_signal_someone_asked_for_does_not_end_a_stop)
{
	pid_t pid = start(child_spin);
	int h = attach(pid, EVENT(SIGNAL_TERM));

	ASSERT_LT(0, h);
	ASSERT_EQ(0, hold(h));
	ASSERT_EQ(0, kill(pid, SIGTERM));
	EXPECT_TRUE(stays(pid, 't'));
	EXPECT_EQ(0, count(h, ~0u));
	EXPECT_EQ(0, control(h, RESUME));
	EXPECT_TRUE(dies_of(pid, SIGTERM));
	EXPECT_EQ(1, count_value(h, CB(SIGNAL), SIGTERM));
}

/* --- asked to stop, and promised a callback */

/*
 * The first engine asks while the callback of the second runs, which then stops
 * the task in place. Asked, the first says this.
 */
static pid_t ask_before_another_stops(struct __test_metadata *_metadata,
				      int *h, int *other, __u32 ret)
{
	pid_t pid = start(child_getppid);

	*h = attach(pid, EVENT(QUIESCE));
	*other = attach(pid, EVENT(SYSCALL_EXIT));
	ASSERT_LT(0, *h);
	ASSERT_LT(0, *other);
	ASSERT_EQ(0, on_value(*h, CB_QUIESCE, 0, ret, 1));
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = *other, .callback = CB_SYSCALL_EXIT, .times = 1,
		.effects = UTEST_GATE | UTEST_RETURN, .ret = STOP | STOP_HERE,
	}));
	go();
	ASSERT_TRUE(see_begin(*other, CB(SYSCALL_EXIT)));
	EXPECT_EQ(-EINPROGRESS, control(*h, STOP));
	open_gate();
	ASSERT_TRUE(see_value(*h, CB(QUIESCE), 0));
	EXPECT_EQ(ret, ev.ret);
	EXPECT_EQ(0, wait_held(*other));
	return pid;
}

TEST_F(stop, asked_where_another_engine_stops_the_task_first)
{
	int h, other;
	pid_t pid = ask_before_another_stops(_metadata, &h, &other, STOP);

	EXPECT_EQ(0, wait_held(h));
	EXPECT_EQ(0, control(other, RESUME));
	EXPECT_TRUE(stays(pid, 't'));
	EXPECT_EQ(0, control(h, RESUME));
	EXPECT_TRUE(exits_with(pid, 3));
}

TEST_F(stop, asked_where_another_engine_stops_the_task_and_not_interested)
{
	int h, other;
	pid_t pid = ask_before_another_stops(_metadata, &h, &other, RESUME);

	EXPECT_EQ(-EINVAL, call_how(h, 0, UTEST_PREPARE, 0));
	EXPECT_EQ(0, control(other, RESUME));
	EXPECT_TRUE(exits_with(pid, 3));
}

/* Where there is no callback to be made, nothing comes before the stop. */
TEST_F(stop, asked_without_any_callback)
{
	pid_t pid = start(child_spin);
	int h = attach_as(pid, CREATE, UTEST_OPS_NULL, 0, EVENT(QUIESCE));

	ASSERT_LT(0, h);
	EXPECT_EQ(-EINPROGRESS, control(h, STOP));
	ASSERT_EQ(0, wait_held(h));
	EXPECT_TRUE(stays(pid, 't'));
	EXPECT_EQ(0, control(h, RESUME));
	EXPECT_TRUE(spins());
	EXPECT_TRUE(can_be_killed(pid));
}

/* An engine that only has report_signal() gets that when the other lets go. */
TEST_F(stop, asked_where_another_engine_stops_the_task_and_only_for_signals)
{
	int h, other;
	pid_t pid;

	ASSERT_EQ(0, pipe(fds));
	pid = start(child_write);
	h = attach_as(pid, CREATE, UTEST_OPS_SIGNAL, 0, EVENT(QUIESCE));
	other = attach(pid, EVENT(SYSCALL_ENTRY));
	ASSERT_LT(0, h);
	ASSERT_LT(0, other);
	ASSERT_EQ(0, on_action(h, SIGNAL_REPORT, STOP | SIGNAL_REPORT, 1));
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = other, .callback = CB_SYSCALL_ENTRY, .times = 1,
		.cond = UTEST_IF_VALUE, .value = SYS_write,
		.effects = UTEST_GATE | UTEST_RETURN, .ret = STOP | STOP_HERE,
	}));
	go();
	ASSERT_TRUE(see_begin(other, CB(SYSCALL_ENTRY)));
	EXPECT_EQ(-EINPROGRESS, control(h, STOP));
	open_gate();
	ASSERT_EQ(0, wait_held(other));
	EXPECT_EQ(0, bytes_in_pipe());
	EXPECT_EQ(0, control(other, RESUME));
	ASSERT_TRUE(see(h, CB(SIGNAL)));
	EXPECT_EQ(SIGNAL_REPORT, ev.action & SIGNAL_MASK);
	ASSERT_EQ(0, wait_held(h));
	EXPECT_EQ(3, bytes_in_pipe());
	EXPECT_EQ(0, control(h, RESUME));
	EXPECT_TRUE(exits_with(pid, 0));
}

/* Asked to stop, with a callback to come, while another engine is about to stop it. */
static int asked_before_other_stops(int h, int other)
{
	rule((struct utest_rule){
		.handle = other, .callback = CB_SYSCALL_ENTRY, .times = 1,
		.cond = UTEST_IF_VALUE, .value = SYS_write,
		.effects = UTEST_GATE | UTEST_RETURN, .ret = STOP | STOP_HERE,
	});
	go();
	if (!see_begin(other, CB(SYSCALL_ENTRY)))
		return -ETIMEDOUT;
	return control(h, STOP);
}

/* Without QUIESCE that callback does not come any more, and the stop does all the same. */
TEST_F(stop, asked_and_then_without_quiesce)
{
	int h, other, late;
	pid_t pid;

	for (late = 0; late < 2; late++) {
		ASSERT_EQ(0, pipe(fds));
		shared[GO] = 0;
		pid = start(child_write);
		h = attach_as(pid, CREATE, UTEST_OPS_SIGNAL, 0, EVENT(QUIESCE));
		other = attach(pid, EVENT(SYSCALL_ENTRY));
		ASSERT_LT(0, h);
		ASSERT_LT(0, other);
		EXPECT_EQ(-EINPROGRESS, asked_before_other_stops(h, other));
		if (!late)
			EXPECT_EQ(0, set_events(h, 0));
		open_gate();
		ASSERT_EQ(0, wait_held(other));
		if (late)
			EXPECT_EQ(0, set_events(h, 0));
		EXPECT_EQ(0, control(other, RESUME));
		ASSERT_EQ(0, wait_held(h));
		EXPECT_TRUE(stays(pid, 't'));
		EXPECT_EQ(0, bytes_in_pipe());
		EXPECT_EQ(0, count(h, CB(SIGNAL)));
		EXPECT_EQ(0, control(h, RESUME));
		EXPECT_TRUE(exits_with(pid, 0));
	}
}

/*
 * Each time that it is asked the engine asks for a stop, and says so as well. It is not
 * asked again for that.
 */
static void asks_itself(struct __test_metadata *_metadata, pid_t pid, int h,
			int callback, __u32 ret)
{
	ASSERT_LT(0, h);
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = h, .callback = callback,
		.effects = UTEST_DO | UTEST_RETURN,
		.do_what = UTEST_CONTROL, .do_arg = STOP, .ret = ret,
	}));
	ASSERT_EQ(0, control(h, REPORT));
	go();
	ASSERT_TRUE(wait_state(pid, 't'));
	ASSERT_EQ(0, wait_held(h));
	EXPECT_TRUE(stays(pid, 't'));
	EXPECT_GE(2, count(h, CB(QUIESCE) | CB(SIGNAL)));
	EXPECT_EQ(0, control(h, DETACH));
	EXPECT_TRUE(exits_with(pid, 3));
}

TEST_F(stop, asked_for_by_its_own_report_quiesce)
{
	pid_t pid = start(child_getppid);

	asks_itself(_metadata, pid, attach(pid, EVENT(QUIESCE) | EVENT(SYSCALL_EXIT)),
		    CB_QUIESCE, STOP | STOP_HERE);
}

TEST_F(stop, asked_for_by_its_own_report_signal)
{
	pid_t pid = start(child_getppid);

	asks_itself(_metadata, pid,
		    attach_as(pid, CREATE, UTEST_OPS_SIGNAL, 0, EVENT(QUIESCE)),
		    CB_SIGNAL, STOP | SIGNAL_REPORT);
}

/*
 * A request to stop does not undo the stop that a callback of the engine has returned, or
 * is about to return. It could only be asked by report_signal(), which is not due here:
 * "last" is the last one to be called, and is so when the request comes.
 */
static void asked_as_it_stops(struct __test_metadata *_metadata, pid_t pid, int h,
			      int last, int callback, __u64 value)
{
	ASSERT_LT(0, h);
	ASSERT_LT(0, last);
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = last, .callback = callback, .times = 1,
		.cond = UTEST_IF_VALUE, .value = value,
		.effects = UTEST_GATE | UTEST_RETURN, .ret = h == last ? STOP : RESUME,
	}));
	if (h != last)
		ASSERT_EQ(0, on_value(h, callback, value, STOP, 1));
	go();
	ASSERT_TRUE(see_begin(last, 1u << callback));
	EXPECT_EQ(-EINPROGRESS, control(h, STOP));
	open_gate();
	ASSERT_EQ(0, wait_held(h));
	EXPECT_TRUE(stays(pid, 't'));
	EXPECT_EQ(1, count_value(h, 1u << callback, value));
	EXPECT_EQ(0, count(h, CB(SIGNAL)));
	EXPECT_EQ(0, control(h, RESUME));
}

static int attach_without_quiesce(pid_t pid, __u64 events)
{
	return attach_as(pid, CREATE, UTEST_OPS_NO_QUIESCE, 0, EVENT(QUIESCE) | events);
}

TEST_F(stop, asked_in_the_callback_that_stops_the_task_before_a_call)
{
	pid_t pid;
	int h;

	ASSERT_EQ(0, pipe(fds));
	pid = start(child_write);
	h = attach_without_quiesce(pid, EVENT(SYSCALL_ENTRY));
	asked_as_it_stops(_metadata, pid, h, h, CB_SYSCALL_ENTRY, SYS_write);
	EXPECT_TRUE(exits_with(pid, 0));
	EXPECT_EQ(3, bytes_in_pipe());
}

TEST_F(stop, asked_after_the_callback_that_stops_the_task_before_a_call)
{
	int h, last;
	pid_t pid;

	ASSERT_EQ(0, pipe(fds));
	pid = start(child_write);
	last = attach(pid, EVENT(SYSCALL_ENTRY));
	h = attach_without_quiesce(pid, EVENT(SYSCALL_ENTRY));
	asked_as_it_stops(_metadata, pid, h, last, CB_SYSCALL_ENTRY, SYS_write);
	EXPECT_TRUE(exits_with(pid, 0));
	EXPECT_EQ(3, bytes_in_pipe());
}

TEST_F(stop, asked_after_the_callback_that_stops_the_task_in_its_exit)
{
	pid_t pid = start(child_exit7);
	int h = attach_without_quiesce(pid, EVENT(EXIT)), last = attach(pid, EVENT(EXIT));

	asked_as_it_stops(_metadata, pid, h, last, CB_EXIT, 7 << 8);
	EXPECT_TRUE(exits_with(pid, 7));
}

/* That callback was for the request before. */
TEST_F(stop, asked_in_the_callback_that_was_asked_for)
{
	pid_t pid = start(child_spin);
	int h = attach_as(pid, CREATE, UTEST_OPS_SIGNAL, 0, EVENT(QUIESCE));

	ASSERT_LT(0, h);
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = h, .callback = CB_SIGNAL, .times = 1,
		.effects = UTEST_GATE | UTEST_RETURN, .ret = RESUME | SIGNAL_REPORT,
	}));
	ASSERT_EQ(0, on(h, CB_SIGNAL, STOP | SIGNAL_REPORT, 1));
	EXPECT_EQ(-EINPROGRESS, control(h, STOP));
	ASSERT_TRUE(see_begin(h, CB(SIGNAL)));
	EXPECT_EQ(-EINPROGRESS, control(h, STOP));
	open_gate();
	ASSERT_EQ(2, count_to(h, CB(SIGNAL), 2));
	ASSERT_EQ(0, wait_held(h));
	EXPECT_TRUE(stays(pid, 't'));
	EXPECT_TRUE(can_be_killed(pid));
}

/* There is no report_signal() to come. */
TEST_F(stop, asked_where_another_engine_stops_the_task_in_its_exit)
{
	pid_t pid = start(child_exit7);
	int h = attach_as(pid, CREATE, UTEST_OPS_SIGNAL, 0, EVENT(QUIESCE));
	int other = attach(pid, EVENT(EXIT));

	ASSERT_LT(0, h);
	ASSERT_LT(0, other);
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = other, .callback = CB_EXIT, .times = 1,
		.effects = UTEST_GATE | UTEST_RETURN, .ret = STOP,
	}));
	go();
	ASSERT_TRUE(see_begin(other, CB(EXIT)));
	EXPECT_EQ(-EINPROGRESS, control(h, STOP));
	open_gate();
	ASSERT_EQ(0, wait_held(other));
	EXPECT_EQ(0, wait_held(h));
	EXPECT_EQ(0, control(other, RESUME));
	EXPECT_TRUE(stays(pid, 't'));
	EXPECT_EQ(0, control(h, RESUME));
	EXPECT_TRUE(exits_with(pid, 7));
}

/* It asked for QUIESCE, but has no callback by which it could be asked. */
TEST_F(stop, asked_without_a_callback_for_it)
{
	pid_t pid = start(child_getppid);
	int other = attach(pid, EVENT(SYSCALL_ENTRY));
	int h = attach_as(pid, CREATE, UTEST_OPS_EVENTS, 0,
			  EVENT(QUIESCE) | EVENT(SYSCALL_EXIT));

	ASSERT_LT(0, h);
	ASSERT_LT(0, other);
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = other, .callback = CB_SYSCALL_ENTRY, .times = 1,
		.cond = UTEST_IF_VALUE, .value = SYS_getppid, .effects = UTEST_GATE,
	}));
	go();
	ASSERT_TRUE(see_begin(other, CB(SYSCALL_ENTRY)));
	EXPECT_EQ(-EINPROGRESS, control(h, STOP));
	open_gate();
	ASSERT_EQ(0, wait_held(h));
	EXPECT_EQ(1, count_value(h, CB(SYSCALL_EXIT), SYS_getppid));
	EXPECT_TRUE(stays(pid, 't'));
	EXPECT_EQ(0, control(h, RESUME));
	EXPECT_TRUE(exits_with(pid, 3));
}

TEST_F(stop, asked_again_before_the_resumed_task_could_leave_the_stop)
{
	pid_t pid = start(child_spin);
	int h = attach(pid, EVENT(QUIESCE)), i, ret;

	ASSERT_LT(0, h);
	ASSERT_EQ(0, on(h, CB_QUIESCE, STOP, 0));
	ASSERT_EQ(0, on(h, CB_SIGNAL, STOP | SIGNAL_REPORT, 0));
	ASSERT_EQ(0, hold(h));
	for (i = 0; i < 200; i++) {
		while (find_event(h, ~0u, 0, 0, 0))
			;
		ASSERT_EQ(0, control(h, RESUME));
		ret = control(h, STOP);
		if (ret) {
			ASSERT_EQ(-EINPROGRESS, ret);
			ASSERT_TRUE(see(h, CB(QUIESCE) | CB(SIGNAL)));
		}
		ASSERT_EQ(0, wait_held(h));
	}
	EXPECT_TRUE(can_be_killed(pid));
}

static void child_getppid_and_spin(void)
{
	wait_go();
	syscall(SYS_getppid);
	child_spin_on();
}

TEST_F(stop, report_returned_comes_after_the_stop_of_another_engine)
{
	pid_t pid = start(child_getppid_and_spin);
	int h = attach(pid, EVENT(QUIESCE) | EVENT(SYSCALL_EXIT));
	int other = attach(pid, EVENT(SYSCALL_EXIT));

	ASSERT_LT(0, h);
	ASSERT_LT(0, other);
	ASSERT_EQ(0, on(h, CB_SYSCALL_EXIT, REPORT, 1));
	ASSERT_EQ(0, on(other, CB_SYSCALL_EXIT, STOP | STOP_HERE, 1));
	go();
	ASSERT_EQ(0, wait_held(other));
	EXPECT_EQ(0, count(h, CB(SIGNAL)));
	EXPECT_EQ(0, control(other, RESUME));
	ASSERT_TRUE(see(h, CB(SIGNAL)));
	EXPECT_EQ(SIGNAL_REPORT, ev.action & SIGNAL_MASK);
}

/* --- the callbacks around a stop */

TEST_F(stop, stop_commit_then_stop_announce)
{
	pid_t pid = start(child_exec);
	int h = attach_as(pid, CREATE, UTEST_OPS_STOPS, 1, EVENT(EXEC));
	int other = attach_as(pid, CREATE, UTEST_OPS_STOPS, 1, EVENT(EXEC));

	ASSERT_LT(0, h);
	ASSERT_LT(0, other);
	ASSERT_EQ(0, on(h, CB_EXEC, STOP | STOP_HERE, 1));
	go();
	ASSERT_EQ(0, wait_held(h));
	ASSERT_TRUE(see(h, ~0u));
	EXPECT_EQ(CB_EXEC, ev.callback);
	ASSERT_TRUE(see(h, ~0u));
	EXPECT_EQ(CB_STOP_COMMIT, ev.callback);
	EXPECT_EQ(pid, ev.tid);
	ASSERT_TRUE(see(h, ~0u));
	EXPECT_EQ(CB_STOP_ANNOUNCE, ev.callback);
	EXPECT_EQ(pid, ev.tid);
	EXPECT_EQ(0, count(h, CB(STOP_END)));
	EXPECT_EQ(0, control(h, RESUME));
	EXPECT_TRUE(exits_with(pid, 3));
	ASSERT_TRUE(see(h, ~0u));
	EXPECT_EQ(CB_STOP_END, ev.callback);
	EXPECT_EQ(pid, ev.tid);
	EXPECT_EQ(1, count(h, CB(STOP_COMMIT)));
	EXPECT_EQ(1, count(h, CB(STOP_ANNOUNCE)));
	EXPECT_EQ(1, count(h, CB(STOP_END)));
	/* Only those that want the stop hear of it. */
	EXPECT_EQ(0, count(other, CB(STOP_COMMIT) | CB(STOP_ANNOUNCE) |
				  CB(STOP_END)));
}

TEST_F(stop, stop_end_when_the_task_is_killed)
{
	pid_t pid = start(child_getppid);
	int h[2], i;

	for (i = 0; i < 2; i++) {
		h[i] = attach_as(pid, CREATE, UTEST_OPS_STOPS, 1,
				 EVENT(SYSCALL_EXIT));
		ASSERT_LT(0, h[i]);
		ASSERT_EQ(0, on(h[i], CB_SYSCALL_EXIT, STOP | STOP_HERE, 1));
	}
	go();
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, wait_held(h[i]));
		EXPECT_EQ(1, count(h[i], CB(STOP_COMMIT)));
	}
	/* Who leaves before the end does not hear of it. */
	EXPECT_EQ(0, control(h[0], DETACH));
	EXPECT_TRUE(can_be_killed(pid));
	EXPECT_EQ(0, count(h[0], CB(STOP_END)));
	EXPECT_EQ(1, count(h[1], CB(STOP_END)));
}

/* It may be called for each of the ways in which a task comes to its end. */
TEST_F(stop, killed_when_the_task_is_to_die_for_engines_with_an_event)
{
	pid_t pid = start(child_spin);
	int none = attach_as(pid, CREATE, UTEST_OPS_STOPS, 1, 0);
	int h = attach_as(pid, CREATE, UTEST_OPS_STOPS, 1, EVENT(EXEC));

	ASSERT_LT(0, h);
	ASSERT_LT(0, none);
	ASSERT_EQ(0, hold(h));
	EXPECT_EQ(0, count(h, CB(KILLED)));
	EXPECT_TRUE(can_be_killed(pid));
	EXPECT_LE(1, count(h, CB(KILLED)));
	EXPECT_EQ(0, count(none, CB(KILLED)));
	ASSERT_TRUE(see(h, CB(KILLED)));
	EXPECT_EQ(pid, (int)ev.values[1]);
}

TEST_F(stop, killed_when_the_task_exits)
{
	pid_t pid = start(child_exit3);
	int h = attach_as(pid, CREATE, UTEST_OPS_STOPS, 1,
			  EVENT(EXIT) | EVENT(DEATH));

	ASSERT_LT(0, h);
	go();
	EXPECT_TRUE(exits_with(pid, 3));
	ASSERT_EQ(1, count_to(h, CB(DEATH), 1));
	/* In this order. */
	ASSERT_TRUE(see(h, CB(EXIT)));
	ASSERT_TRUE(see(h, CB(KILLED)));
	EXPECT_EQ(pid, ev.tid);
	EXPECT_TRUE(see(h, CB(DEATH)));
}

/* One that is exiting already is told by whoever sends the signal. */
TEST_F(stop, killed_in_a_stop_in_report_exit)
{
	pid_t pid = start(child_exit3);
	int h = attach_as(pid, CREATE, UTEST_OPS_STOPS, 1, EVENT(EXIT));

	ASSERT_LT(0, h);
	ASSERT_EQ(0, on(h, CB_EXIT, STOP, 1));
	go();
	ASSERT_EQ(0, wait_held(h));
	EXPECT_EQ(0, count(h, CB(KILLED)));
	ASSERT_EQ(0, kill(pid, SIGKILL));
	ASSERT_TRUE(see(h, CB(KILLED)));
	EXPECT_EQ(getpid(), ev.tid);
	EXPECT_EQ(pid, (int)ev.values[1]);
	EXPECT_NE(-1, reap(pid));
}

/* --- many stops */

/*
 * The task is let go, but before it has a chance to run it is asked to stop again.
 * That was -EINPROGRESS, so the engine hears when it has come about.
 */
TEST_F(stop, stop_asked_for_before_the_task_could_leave_the_last_is_announced)
{
	static const struct sched_param param;
	pid_t pid = start(child_spin);
	int h = attach_as(pid, CREATE, UTEST_OPS_STOPS, 1, 0);
	int i;

	ASSERT_LT(0, h);
	/* One processor for both, and the task only has it where we sleep. */
	ASSERT_TRUE(stay_on(0, 0));
	ASSERT_TRUE(stay_on(pid, 0));
	ASSERT_EQ(0, sched_setscheduler(pid, SCHED_IDLE, &param));
	EXPECT_EQ(-EINPROGRESS, control(h, STOP));
	ASSERT_TRUE(see(h, CB(STOP_ANNOUNCE)));
	for (i = 2; i <= 20; i++) {
		ASSERT_EQ(0, control(h, RESUME));
		ASSERT_EQ(-EINPROGRESS, control(h, STOP));
		/* Its part in the last one is over, as it was told in this call. */
		EXPECT_EQ(i - 1, count(h, CB(STOP_END)));
		ASSERT_TRUE(see(h, CB(STOP_ANNOUNCE)));
		EXPECT_EQ(i, count(h, CB(STOP_COMMIT)));
	}
	EXPECT_TRUE(can_be_killed(pid));
}

TEST_F(stop, stop_and_resume_many_times)
{
	pid_t pid = start(child_spin);
	int h = attach(pid, 0), i;

	ASSERT_LT(0, h);
	for (i = 0; i < 100; i++) {
		ASSERT_EQ(0, hold(h));
		ASSERT_EQ(0, control(h, RESUME));
	}
	EXPECT_TRUE(spins());
}
