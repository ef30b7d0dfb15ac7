// SPDX-License-Identifier: GPL-2.0-only
/* utrace_prepare_examine() and utrace_finish_examine(), reading, freezing. */
#include <sys/user.h>
#include "utrace_lib.h"

FIXTURE(examine) {
	pid_t pid;
};

FIXTURE_SETUP(examine)
{
	ASSERT_EQ(0, utest_open());
	self->pid = start(child_spin);
	ASSERT_LT(0, self->pid);
}

FIXTURE_TEARDOWN(examine)
{
	utest_close();
}

static int prepare(int h)
{
	return call_how(h, 0, UTEST_PREPARE, 0);
}

static int finish(int h)
{
	return call_how(h, 0, UTEST_FINISH, 0);
}

TEST_F(examine, prepare_0_finish_0)
{
	int h = attach(self->pid, 0);

	ASSERT_LT(0, h);
	ASSERT_EQ(0, hold(h));
	EXPECT_EQ(0, prepare(h));
	EXPECT_EQ(0, finish(h));
}

TEST_F(examine, prepare_einval_not_stopped_by_this_engine)
{
	int h = attach(self->pid, 0), other = attach(self->pid, 0);

	ASSERT_LT(0, h);
	ASSERT_LT(0, other);
	EXPECT_EQ(-EINVAL, prepare(h));
	ASSERT_EQ(0, hold(other));
	EXPECT_EQ(-EINVAL, prepare(h));
	EXPECT_EQ(0, prepare(other));
	EXPECT_EQ(0, finish(other));
}

TEST_F(examine, prepare_eagain_not_stopped_yet)
{
	pid_t pid = start_sleeper();
	int h = attach(pid, 0);

	ASSERT_LT(0, h);
	/* STOP does not break the sleep, so the stop is yet to come. */
	EXPECT_EQ(-EINPROGRESS, control(h, STOP));
	EXPECT_EQ(-EAGAIN, prepare(h));
}

/* Not even in a callback of an engine that wants it stopped. */
TEST_F(examine, prepare_einval_current)
{
	int h = attach(self->pid, EVENT(SIGNAL_IGN));

	ASSERT_LT(0, h);
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = h, .callback = CB_SIGNAL, .times = 1,
		.effects = UTEST_GATE | UTEST_DO, .do_what = UTEST_PREPARE,
	}));
	ASSERT_EQ(0, kill(self->pid, SIGURG));
	ASSERT_TRUE(see_begin(h, CB(SIGNAL)));
	ASSERT_EQ(-EINPROGRESS, control(h, STOP));
	/* To others, it is just not stopped yet. */
	EXPECT_EQ(-EAGAIN, prepare(h));
	open_gate();
	seen = 0;
	ASSERT_TRUE(see(h, CB(SIGNAL)));
	EXPECT_EQ(-EINVAL, ev.do_result);
	EXPECT_EQ(0, wait_held(h));
}

TEST_F(examine, prepare_esrch_detached)
{
	int h = attach(self->pid, 0);

	ASSERT_LT(0, h);
	ASSERT_EQ(0, hold(h));
	ASSERT_EQ(0, control(h, DETACH));
	EXPECT_EQ(-ESRCH, prepare(h));
}

TEST_F(examine, prepare_esrch_dead)
{
	int h = attach(self->pid, 0);

	ASSERT_LT(0, h);
	ASSERT_EQ(0, hold(h));
	kill(self->pid, SIGKILL);
	ASSERT_TRUE(wait_state(self->pid, 'Z'));
	EXPECT_EQ(-ESRCH, prepare(h));
	ASSERT_TRUE(dies_of(self->pid, SIGKILL));
	EXPECT_EQ(-ESRCH, prepare(h));
}

TEST_F(examine, finish_eagain_ran_meanwhile)
{
	int h = attach(self->pid, 0);

	ASSERT_LT(0, h);
	ASSERT_EQ(0, hold(h));
	ASSERT_EQ(0, prepare(h));
	ASSERT_EQ(0, control(h, RESUME));
	ASSERT_TRUE(spins());
	EXPECT_EQ(-EAGAIN, finish(h));
}

TEST_F(examine, finish_eagain_ran_and_stopped_again)
{
	int h = attach(self->pid, 0);

	ASSERT_LT(0, h);
	ASSERT_EQ(0, hold(h));
	ASSERT_EQ(0, prepare(h));
	ASSERT_EQ(0, control(h, RESUME));
	ASSERT_TRUE(spins());
	ASSERT_EQ(-EINPROGRESS, control(h, STOP));
	ASSERT_TRUE(wait_state(self->pid, 't'));
	EXPECT_EQ(-EAGAIN, finish(h));
}

TEST_F(examine, finish_eagain_died_meanwhile)
{
	int h = attach(self->pid, 0);

	ASSERT_LT(0, h);
	ASSERT_EQ(0, hold(h));
	ASSERT_EQ(0, prepare(h));
	kill(self->pid, SIGKILL);
	ASSERT_TRUE(wait_state(self->pid, 'Z'));
	EXPECT_EQ(-EAGAIN, finish(h));
}

/* What is read then is worthless, but it can be read. */
TEST_F(examine, registers_of_a_task_that_was_reaped_meanwhile)
{
	int h = attach(self->pid, 0);
	int size;

	ASSERT_LT(0, h);
	ASSERT_EQ(0, hold(h));
	ASSERT_EQ(0, prepare(h));
	size = call_how(h, 0, UTEST_READ, 0);
	EXPECT_LT(0, size);
	ASSERT_TRUE(can_be_killed(self->pid));
	/* By RCU, and where the task is switched from for the last time. */
	nap(100);
	EXPECT_EQ(size, call_how(h, 0, UTEST_READ, 0));
	EXPECT_EQ(-EAGAIN, finish(h));
	EXPECT_EQ(-ESRCH, prepare(h));
}

/* Another engine holds the task all the time. */
TEST_F(examine, finish_eagain_detached)
{
	int h = attach(self->pid, 0), holder = attach(self->pid, 0);

	ASSERT_LT(0, h);
	ASSERT_LT(0, holder);
	ASSERT_EQ(0, hold(holder));
	ASSERT_EQ(0, control(h, STOP));
	ASSERT_EQ(0, prepare(h));
	ASSERT_EQ(0, prepare(holder));
	ASSERT_EQ(0, control(h, DETACH));
	EXPECT_EQ(-EAGAIN, finish(h));
	EXPECT_EQ(0, finish(holder));
}

/* --- freezing */

static int freeze(int h)
{
	return call_how(h, 0, UTEST_FREEZE, 0);
}

static int unfreeze(int h)
{
	return call_how(h, 0, UTEST_UNFREEZE, 0);
}

static int resume_frozen(int h, int action)
{
	return call_how(h, 0, UTEST_RESUME_FROZEN, action);
}

TEST_F(examine, freeze_einval_not_stopped_by_this_engine)
{
	int h = attach(self->pid, 0), other = attach(self->pid, 0);

	ASSERT_LT(0, h);
	ASSERT_LT(0, other);
	ASSERT_EQ(0, hold(other));
	EXPECT_EQ(-EINVAL, freeze(h));
	EXPECT_EQ(0, freeze(other));
	EXPECT_EQ(0, unfreeze(other));
}

TEST_F(examine, freeze_esrch_detached)
{
	int h = attach(self->pid, 0), holder = attach(self->pid, 0);

	ASSERT_LT(0, h);
	ASSERT_LT(0, holder);
	ASSERT_EQ(0, hold(holder));
	ASSERT_EQ(0, control(h, STOP));
	ASSERT_EQ(0, control(h, DETACH));
	EXPECT_EQ(-ESRCH, freeze(h));
}

TEST_F(examine, freeze_esrch_reaped)
{
	int h = attach(self->pid, 0);

	ASSERT_LT(0, h);
	ASSERT_EQ(0, hold(h));
	ASSERT_TRUE(can_be_killed(self->pid));
	EXPECT_EQ(-ESRCH, freeze(h));
}

TEST_F(examine, freeze_eagain_not_stopped_yet)
{
	pid_t pid = start_sleeper();
	int h = attach(pid, 0);

	ASSERT_LT(0, h);
	EXPECT_EQ(-EINPROGRESS, control(h, STOP));
	EXPECT_EQ(-EAGAIN, freeze(h));
}

TEST_F(examine, freeze_eagain_killed)
{
	int h = attach(self->pid, 0), other = attach(self->pid, 0);

	ASSERT_LT(0, h);
	ASSERT_LT(0, other);
	ASSERT_EQ(0, hold(h));
	ASSERT_EQ(0, control(other, STOP));
	/* It is killed and in its stop yet, and then it is dead. */
	ASSERT_EQ(0, freeze(h));
	ASSERT_EQ(0, kill(self->pid, SIGKILL));
	EXPECT_EQ(-EAGAIN, freeze(other));
	EXPECT_EQ(0, unfreeze(h));
	ASSERT_TRUE(wait_state(self->pid, 'Z'));
	EXPECT_EQ(-EAGAIN, freeze(h));
	EXPECT_TRUE(dies_of(self->pid, SIGKILL));
}

/* By who calls it, before the task can run. */
TEST_F(examine, resume_frozen_calls_stop_end)
{
	int h = attach_as(self->pid, CREATE, UTEST_OPS_STOPS, 1, 0);

	ASSERT_LT(0, h);
	ASSERT_EQ(0, hold(h));
	ASSERT_EQ(0, freeze(h));
	EXPECT_EQ(0, count(h, CB(STOP_END)));
	EXPECT_EQ(0, resume_frozen(h, RESUME));
	EXPECT_EQ(1, count(h, CB(STOP_END)));
	ASSERT_TRUE(see(h, CB(STOP_END)));
	EXPECT_EQ(getpid(), ev.tid);
	EXPECT_TRUE(spins());
	EXPECT_EQ(1, count(h, CB(STOP_END)));
}

TEST_F(examine, sigkill_waits_for_the_end_of_a_freeze)
{
	int h = attach(self->pid, 0);

	ASSERT_LT(0, h);
	ASSERT_EQ(0, hold(h));
	ASSERT_EQ(0, freeze(h));
	ASSERT_EQ(0, kill(self->pid, SIGKILL));
	EXPECT_TRUE(stays(self->pid, 't'));
	EXPECT_EQ(0, unfreeze(h));
	EXPECT_TRUE(dies_of(self->pid, SIGKILL));
}

/* What another engine asks for meanwhile must not let the kill be forgotten. */
static void killed_while_frozen(struct __test_metadata *_metadata, pid_t pid,
				int action, bool resume)
{
	int h = attach(pid, 0), other = attach(pid, EVENT(QUIESCE));

	ASSERT_LT(0, h);
	ASSERT_LT(0, other);
	ASSERT_EQ(0, hold(h));
	ASSERT_EQ(0, freeze(h));
	ASSERT_EQ(0, kill(pid, SIGKILL));
	EXPECT_EQ(0, control(other, action));
	EXPECT_TRUE(stays(pid, 't'));
	EXPECT_EQ(0, resume ? resume_frozen(h, RESUME) : unfreeze(h));
	EXPECT_TRUE(dies_of(pid, SIGKILL));
}

TEST_F(examine, killed_while_frozen_and_resumed_by_another)
{
	killed_while_frozen(_metadata, self->pid, RESUME, true);
}

TEST_F(examine, killed_while_frozen_and_left_by_another)
{
	killed_while_frozen(_metadata, self->pid, DETACH, true);
}

TEST_F(examine, killed_while_frozen_and_interrupted_by_another)
{
	killed_while_frozen(_metadata, self->pid, INTERRUPT, false);
}

TEST_F(examine, resumed_and_stopped_again_while_frozen)
{
	int h = attach(self->pid, 0);

	ASSERT_LT(0, h);
	ASSERT_EQ(0, hold(h));
	ASSERT_EQ(0, freeze(h));
	EXPECT_EQ(0, control(h, RESUME));
	/* It did not get away. */
	EXPECT_EQ(0, control(h, STOP));
	EXPECT_EQ(0, unfreeze(h));
	EXPECT_TRUE(stays(self->pid, 't'));
	EXPECT_EQ(0, control(h, RESUME));
	EXPECT_TRUE(spins());
}

TEST_F(examine, resume_frozen_ends_the_stop_of_its_engine)
{
	int h = attach(self->pid, 0), other = attach(self->pid, 0);

	ASSERT_LT(0, h);
	ASSERT_LT(0, other);
	ASSERT_EQ(0, hold(h));
	ASSERT_EQ(0, control(other, STOP));
	ASSERT_EQ(0, freeze(h));
	EXPECT_EQ(0, resume_frozen(h, RESUME));
	EXPECT_EQ(-EINVAL, unfreeze(h));
	EXPECT_TRUE(stays(self->pid, 't'));
	EXPECT_EQ(0, control(other, RESUME));
	EXPECT_TRUE(spins());
}

TEST_F(examine, the_last_of_two_freezes_counts)
{
	int a = attach(self->pid, 0), b = attach(self->pid, 0);

	ASSERT_LT(0, a);
	ASSERT_LT(0, b);
	ASSERT_EQ(0, hold(a));
	ASSERT_EQ(0, control(b, STOP));
	ASSERT_EQ(0, freeze(a));
	ASSERT_EQ(0, freeze(b));
	EXPECT_EQ(0, resume_frozen(a, RESUME));
	kill(self->pid, SIGKILL);
	EXPECT_TRUE(stays(self->pid, 't'));
	EXPECT_EQ(0, unfreeze(b));
	EXPECT_TRUE(dies_of(self->pid, SIGKILL));
}

TEST_F(examine, detached_while_frozen_it_runs_after_that)
{
	int h = attach(self->pid, 0);

	ASSERT_LT(0, h);
	ASSERT_EQ(0, hold(h));
	ASSERT_EQ(0, freeze(h));
	EXPECT_EQ(0, control(h, DETACH));
	EXPECT_TRUE(stays(self->pid, 't'));
	EXPECT_EQ(0, resume_frozen(h, RESUME));
	EXPECT_EQ(-EINVAL, unfreeze(h));
	EXPECT_TRUE(spins());
	EXPECT_TRUE(can_be_killed(self->pid));
}

TEST_F(examine, stop_asked_for_while_another_resumes_it_frozen)
{
	int a = attach(self->pid, 0), b = attach(self->pid, 0);
	int c = attach(self->pid, 0);

	ASSERT_LT(0, a);
	ASSERT_LT(0, b);
	ASSERT_LT(0, c);
	ASSERT_EQ(0, hold(a));
	ASSERT_EQ(0, control(c, STOP));
	ASSERT_EQ(0, freeze(a));
	ASSERT_EQ(0, freeze(c));
	EXPECT_EQ(0, control(c, RESUME));
	EXPECT_EQ(0, resume_frozen(a, RESUME));
	EXPECT_EQ(0, control(b, STOP));
	EXPECT_EQ(0, unfreeze(c));
	EXPECT_TRUE(stays(self->pid, 't'));
	EXPECT_EQ(0, prepare(b));
	EXPECT_EQ(0, control(b, RESUME));
	EXPECT_TRUE(spins());
	EXPECT_TRUE(can_be_killed(self->pid));
}

/* --- reading */

#ifdef __x86_64__
static void child_registers(void)
{
	asm volatile("movq	$0x1234567, %%r12\n\t"
		     "movq	$0x7654321, %%r13\n\t"
		     "movq	$1, (%0)\n"
		     "1:	jmp 1b"
		     : : "r" (&shared[READY]) : "r12", "r13", "memory");
}

TEST_F(examine, reads_the_registers)
{
	pid_t pid = start(child_registers);
	struct user_regs_struct *user;
	struct utest_regs regs;
	int h = attach(pid, 0);

	ASSERT_LT(0, h);
	ASSERT_EQ(0, hold(h));
	ASSERT_TRUE(read_regs(h, &regs));
	EXPECT_EQ(0, regs.prepare);
	EXPECT_EQ(0, regs.finish);
	ASSERT_EQ(sizeof(*user), regs.size);
	user = (void *)regs.regs;
	EXPECT_EQ(0x1234567, user->r12);
	EXPECT_EQ(0x7654321, user->r13);
}
#endif

static void child_write(void)
{
	wait_go();
	syscall(SYS_write, -1, 0x1111, 0x2222);
}

TEST_F(examine, current_syscall)
{
	pid_t pid = start(child_write);
	struct utest_regs regs;
	int h = attach(pid, EVENT(SYSCALL_ENTRY));

	ASSERT_LT(0, h);
	ASSERT_EQ(0, on_value(h, CB_SYSCALL_ENTRY, SYS_write, STOP, 1));
	go();
	ASSERT_EQ(0, wait_held(h));
	ASSERT_TRUE(read_regs(h, &regs));
	EXPECT_EQ(0, regs.prepare);
	EXPECT_EQ(0, regs.finish);
	EXPECT_EQ(0, regs.syscall_result);
	EXPECT_EQ(SYS_write, regs.syscall_nr);
	EXPECT_EQ(0x1111, regs.syscall_args[1]);
	EXPECT_EQ(0x2222, regs.syscall_args[2]);
}
