// SPDX-License-Identifier: GPL-2.0-only
/* A 32-bit program on a 64-bit kernel. */
#include "utrace_lib.h"

/* Numbers of the 32-bit calls. */
#define NR32_EXIT	1
#define NR32_WRITE	4
#define NR32_GETPPID	64

static char program[PATH_MAX];
static int fds[2];

static void child_compat(void)
{
	dup2(fds[1], 1);
	wait_go();
	execl(program, "compat_prog", NULL);
	shared[RESULT] = errno;
	_exit(99);
}

FIXTURE(compat) {
	pid_t pid;
	int h;
};

FIXTURE_SETUP(compat)
{
	ASSERT_EQ(0, utest_open());
	snprintf(program, sizeof(program), "%s", beside("compat_prog"));
	if (access(program, X_OK))
		SKIP(return, "no 32-bit program: the compiler could not build one");
	ASSERT_EQ(0, pipe(fds));
	self->pid = start(child_compat);
	ASSERT_LT(0, self->pid);
	self->h = attach(self->pid, EVENT(EXEC) | EVENT(SIGNAL_TERM));
	ASSERT_LT(0, self->h);
	ASSERT_EQ(0, on_value(self->h, CB_SIGNAL, SIGUSR1, RESUME | SIGNAL_IGN,
			      0));
	/* From the start of the program. */
	ASSERT_EQ(0, on(self->h, CB_EXEC, STOP, 1));
	go();
	if (!see(self->h, CB(EXEC)) && shared[RESULT] == ENOEXEC)
		SKIP(return, "the kernel runs no 32-bit programs");
	ASSERT_EQ(0, wait_held(self->h));
	ASSERT_EQ(0, set_events(self->h, EVENT_SYSCALL | EVENT(SIGNAL_TERM) |
				EVENT(QUIESCE)));
}

FIXTURE_TEARDOWN(compat)
{
	utest_close();
}

TEST_F(compat, calls_with_32_bit_numbers_and_arguments)
{
	char buf[16] = "";

	ASSERT_EQ(0, control(self->h, RESUME));
	EXPECT_TRUE(exits_with(self->pid, 7));
	EXPECT_EQ(7, read(fds[0], buf, sizeof(buf)));
	EXPECT_STREQ("32 bits", buf);
	ASSERT_TRUE(see_value(self->h, CB(SYSCALL_ENTRY), NR32_GETPPID));
	ASSERT_TRUE(see(self->h, CB(SYSCALL_EXIT)));
	EXPECT_EQ(getpid(), ev.values[1]);
	ASSERT_TRUE(see_value(self->h, CB(SYSCALL_ENTRY), NR32_WRITE));
	EXPECT_EQ(1, ev.values[1]);
	EXPECT_GT(1ull << 32, ev.values[2]);
	EXPECT_EQ(7, ev.values[3]);
	ASSERT_TRUE(see(self->h, CB(SYSCALL_EXIT)));
	EXPECT_EQ(7, ev.values[1]);
	ASSERT_TRUE(see_value(self->h, CB(SIGNAL), SIGUSR1));
	EXPECT_EQ(SIGNAL_TERM, ev.action & SIGNAL_MASK);
	ASSERT_TRUE(see_value(self->h, CB(SYSCALL_ENTRY), NR32_EXIT));
	EXPECT_EQ(7, ev.values[1]);
}

TEST_F(compat, number_and_arguments_can_be_changed)
{
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = self->h, .callback = CB_SYSCALL_ENTRY,
		.cond = UTEST_IF_VALUE, .value = NR32_EXIT,
		.effects = UTEST_SYSCALL, .nr = NR32_EXIT,
		.args = { 43 },
	}));
	ASSERT_EQ(0, control(self->h, RESUME));
	EXPECT_TRUE(exits_with(self->pid, 43));
}

TEST_F(compat, call_can_be_aborted)
{
	ASSERT_EQ(0, rule((struct utest_rule){
		.handle = self->h, .callback = CB_SYSCALL_ENTRY,
		.cond = UTEST_IF_VALUE, .value = NR32_WRITE,
		.effects = UTEST_RETVAL | UTEST_RETURN, .retval = 9,
		.ret = RESUME | SYSCALL_ABORT,
	}));
	ASSERT_EQ(0, control(self->h, RESUME));
	EXPECT_TRUE(exits_with(self->pid, 9));
}

TEST_F(compat, registers_are_those_of_a_32_bit_task)
{
	struct utest_regs regs;

	ASSERT_TRUE(read_regs(self->h, &regs));
	EXPECT_EQ(0, regs.prepare);
	EXPECT_EQ(0, regs.finish);
	/* user_regs_struct of i386 has 17 words. */
	EXPECT_EQ(17 * 4, regs.size);
}

TEST_F(compat, stop_at_syscall_entry)
{
	char buf[16];

	ASSERT_EQ(0, on_value(self->h, CB_SYSCALL_ENTRY, NR32_WRITE, STOP, 1));
	ASSERT_EQ(0, fcntl(fds[0], F_SETFL, O_NONBLOCK));
	ASSERT_EQ(0, control(self->h, RESUME));
	ASSERT_TRUE(see_value(self->h, CB(SYSCALL_ENTRY), NR32_WRITE));
	ASSERT_EQ(0, wait_held(self->h));
	EXPECT_EQ(-1, read(fds[0], buf, sizeof(buf)));
	ASSERT_EQ(0, control(self->h, REPORT));
	EXPECT_TRUE(exits_with(self->pid, 7));
	EXPECT_EQ(7, read(fds[0], buf, sizeof(buf)));
	EXPECT_EQ(2, count_value(self->h, CB(SYSCALL_ENTRY), NR32_WRITE));
}
