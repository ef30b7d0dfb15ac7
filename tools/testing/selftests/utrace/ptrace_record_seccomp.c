// SPDX-License-Identifier: GPL-2.0-only
/* What stands between a program and its calls: seccomp, user dispatch. */
#define FAMILY "seccomp"
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include "ptrace_record.h"

#define EVENTS	(PTRACE_O_TRACESECCOMP | PTRACE_O_TRACESYSGOOD)
#define WRONG_FD	999

/* --- filters */

#define TRACED		(SECCOMP_RET_TRACE | 11)
#define FAILS		(SECCOMP_RET_ERRNO | EXDEV)
#define TRAPPED		(SECCOMP_RET_TRAP | 12)

static long install(struct sock_filter *code, int n, unsigned int flags)
{
	struct sock_fprog program = { .len = n, .filter = code };

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

static long filter_flags(int nr, unsigned int action, unsigned int flags)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};

	return install(code, ARRAY_SIZE(code), flags);
}

static void filter(int nr, unsigned int action)
{
	filter_flags(nr, action, 0);
}

static void on_sigsys(int signo, siginfo_t *info, void *context)
{
	note("handler %s", siginfo_text(info));
}

static void prepare(void)
{
	struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	handle_info(SIGSYS, on_sigsys, 0);
	handle(SIGUSR2, SIG_IGN, 0);
}

static void note_result(long result)
{
	note("result %s", syscall_result(SYS_getppid, result));
}

/* Where the tracer takes over, and the call that it is about. */
static void call_and_leave(void)
{
	raise_raw(SIGUSR2);
	note_result(CALL1(SYS_close, WRONG_FD));
	leave_group(EXIT_CODE);
}

/* --- two filters: whose word counts */

static const struct {
	const char *name;
	unsigned int action;
} actions[] = {
	{ "allow", SECCOMP_RET_ALLOW },
	{ "log", SECCOMP_RET_LOG },
	{ "trace", TRACED },
	{ "trace_2", SECCOMP_RET_TRACE | 22 },
	{ "notify", SECCOMP_RET_USER_NOTIF },
	{ "errno", FAILS },
	{ "errno_0", SECCOMP_RET_ERRNO },
	{ "trap", TRAPPED },
	{ "kill_thread", SECCOMP_RET_KILL_THREAD },
	{ "kill", SECCOMP_RET_KILL_PROCESS },
	{ "unknown", 0x7ff10000 },
};

static int first, second;

static void two_filters(void)
{
	prepare();
	filter(SYS_close, actions[first].action);
	filter(SYS_close, actions[second].action);
	call_and_leave();
}

static void run_two(const struct scenario *self)
{
	pid_t pid;

	first = self->a;
	second = self->b;
	pid = start_seized(two_filters, EVENTS);
	run_out(pid, PTRACE_CONT);
	show_notes();
}

static void run_two_calls(const struct scenario *self)
{
	pid_t pid;

	first = self->a;
	second = self->b;
	pid = start_seized(two_filters, EVENTS | PTRACE_O_TRACEEXIT);
	wait_for(pid, WALL);
	resume(PTRACE_SYSCALL, pid, 0);
	run_out(pid, PTRACE_SYSCALL);
	show_notes();
}

/* A tracer that did not ask for it, and none. */
static void run_two_plain(const struct scenario *self)
{
	pid_t pid;

	first = self->a;
	second = self->b;
	pid = start_seized(two_filters, 0);
	run_out(pid, PTRACE_CONT);
	show_notes();
}

static void run_two_alone(const struct scenario *self)
{
	pid_t pid;

	first = self->a;
	second = self->b;
	pid = start(two_filters);
	run_out(pid, PTRACE_CONT);
	show_notes();
}

GENERATE(add_pairs)
{
	int i, k;

	for (i = 0; i < ARRAY_SIZE(actions); i++) {
		add_scenario(run_two_calls, i, 0, FAMILY "/%s/calls",
			     actions[i].name);
		add_scenario(run_two_plain, i, 0, FAMILY "/%s/no_option",
			     actions[i].name);
		add_scenario(run_two_alone, i, 0, FAMILY "/%s/no_tracer",
			     actions[i].name);
		for (k = 0; k < ARRAY_SIZE(actions); k++)
			add_scenario(run_two, i, k, FAMILY "/%s/%s",
				     actions[i].name, actions[k].name);
	}
}

/* --- what the tracer makes of the call, at each place where it can */

static const struct {
	const char *name;
	struct poke pokes[2];
} changes[] = {
	{ "nothing" },
	{ "number", { { REG_CALL, SYS_getppid } } },
	{ "argument", { { REG_ARG, BLOCK_FD } } },
	{ "skip", { { REG_CALL, -1ul } } },
	{ "skip_result", { { REG_CALL, -1ul }, { REG_RESULT, 77 } } },
	{ "skip_error", { { REG_CALL, -1ul }, { REG_RESULT, -EXDEV } } },
	{ "result", { { REG_RESULT, 77 } } },
	{ "large", { { REG_CALL, 100000 } } },
	{ "wide", { { REG_CALL, (unsigned long)(1ull << 32 | SYS_getppid) } } },
	{ "ip", { { REG_PLACE, (unsigned long)call6_insn } } },
};

static void one_filter(void)
{
	prepare();
	filter(SYS_close, TRACED);
	call_and_leave();
}

static const struct {
	const char *name;
	int to;			/* PTRACE_CONT: to the event of seccomp */
	int from;
} places[] = {
	{ "event_cont", PTRACE_CONT, PTRACE_CONT },
	{ "event_syscall", PTRACE_CONT, PTRACE_SYSCALL },
	{ "event_step", PTRACE_CONT, PTRACE_SINGLESTEP },
	{ "event_sysemu", PTRACE_CONT, PTRACE_SYSEMU },
	{ "event_detach", PTRACE_CONT, PTRACE_DETACH },
	{ "entry_cont", PTRACE_SYSCALL, PTRACE_CONT },
	{ "entry_syscall", PTRACE_SYSCALL, PTRACE_SYSCALL },
	{ "entry_step", PTRACE_SYSCALL, PTRACE_SINGLESTEP },
	{ "entry_detach", PTRACE_SYSCALL, PTRACE_DETACH },
	{ "sysemu_cont", PTRACE_SYSEMU, PTRACE_CONT },
	{ "sysemu_syscall", PTRACE_SYSEMU, PTRACE_SYSCALL },
};

/* Past the return of the call that the signal came from. */
static void to_call(pid_t pid, int request)
{
	wait_for(pid, WALL);
	resume(request, pid, 0);
	wait_stop(pid);
}

static void run_change(const struct scenario *self)
{
	pid_t pid = start_seized(one_filter, EVENTS);

	to_call(pid, places[self->a].to);
	poke_regs(pid, changes[self->b].pokes);
	if (!resume(places[self->a].from, pid, 0) &&
	    places[self->a].from != PTRACE_DETACH) {
		wait_stop(pid);
		resume(PTRACE_CONT, pid, 0);
	}
	run_out(pid, PTRACE_CONT);
	show_notes();
}

GENERATE(add_changes)
{
	int i, k;

	for (i = 0; i < ARRAY_SIZE(places); i++) {
		for (k = 0; k < ARRAY_SIZE(changes); k++)
			add_scenario(run_change, i, k, FAMILY "/%s/%s",
				     places[i].name, changes[k].name);
	}
}

/* --- PTRACE_INTERRUPT before a stop that is good for it, in the middle of a call */

/* A call that does not wait, but looks for signals. Nobody is sent one by it. */
static void filter_of_clone(void)
{
	long pid;

	prepare();
	filter(SYS_clone, TRACED);
	raise_raw(SIGUSR2);
	pid = CALL2(SYS_clone, 0, 0);
	if (pid > 0)
		CALL4(SYS_wait4, pid, 0, __WALL, 0);
	leave_group(EXIT_CODE);
}

static void run_interrupted(const struct scenario *self)
{
	pid_t pid = start_seized(filter_of_clone, EVENTS);

	to_call(pid, PTRACE_SYSCALL);
	req(PTRACE_INTERRUPT, pid, 0, 0);
	resume(PTRACE_SYSCALL, pid, 0);
	wait_stop(pid);
	run_out(pid, self->a);
	show_notes();
}

GENERATE(add_interrupted)
{
	add_scenario(run_interrupted, PTRACE_CONT, 0,
		     FAMILY "/interrupted_entry/cont");
	add_scenario(run_interrupted, PTRACE_SYSCALL, 0,
		     FAMILY "/interrupted_entry/syscall");
}

/* The filters are asked again about the new number. */
static void filter_of_both(void)
{
	prepare();
	filter(SYS_close, TRACED);
	filter(SYS_getppid, actions[second].action);
	call_and_leave();
}

static void run_recheck(const struct scenario *self)
{
	pid_t pid;

	second = self->a;
	pid = start_seized(filter_of_both, EVENTS);
	to_call(pid, self->b);
	poke_regs(pid, changes[1].pokes);
	run_out(pid, PTRACE_CONT);
	show_notes();
}

/* Of a number that is none, too. */
static void filter_of_none(void)
{
	prepare();
	filter(SYS_close, TRACED);
	filter(-1, actions[second].action);
	call_and_leave();
}

static void run_recheck_none(const struct scenario *self)
{
	pid_t pid;

	second = self->a;
	pid = start_seized(filter_of_none, EVENTS);
	to_call(pid, self->b);
	poke_regs(pid, changes[3].pokes);
	run_out(pid, PTRACE_CONT);
	show_notes();
}

GENERATE(add_rechecks)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(actions); i++) {
		add_scenario(run_recheck, i, PTRACE_CONT,
			     FAMILY "/recheck_event/%s", actions[i].name);
		add_scenario(run_recheck, i, PTRACE_SYSCALL,
			     FAMILY "/recheck_entry/%s", actions[i].name);
		add_scenario(run_recheck_none, i, PTRACE_CONT,
			     FAMILY "/recheck_none_event/%s", actions[i].name);
		add_scenario(run_recheck_none, i, PTRACE_SYSCALL,
			     FAMILY "/recheck_none_entry/%s", actions[i].name);
	}
}

/* --- calls that make events of their own */

static void filter_fork(void)
{
	filter(NR_fork, TRACED);
	filter(SYS_exit, SECCOMP_RET_TRACE | 33);
	prog_fork();
}

static void filter_exec(void)
{
	filter(SYS_execveat, TRACED);
	filter(SYS_getppid, SECCOMP_RET_TRACE | 33);
	exec_tiny(TINY_64, TINY_EXIT);
}

static void filter_exit(void)
{
	filter(SYS_exit_group, TRACED);
	prog_exit();
}

static void filter_kill(void)
{
	filter(SYS_kill, TRACED);
	prog_signal();
}

/* What others have than the recorder itself has one number, but for riscv. */
#ifdef TINY_64_MACHINE
#define NR_32_getppid	64
#else
#define NR_32_getppid	SYS_getppid
#endif

#ifdef HAVE_CALL32
static void filter_call32(void)
{
	prepare();
	filter(64, TRACED);
	raise_raw(SIGUSR2);
	note_result(call32(64, 1, 2, 3));
	leave_group(EXIT_CODE);
}
#endif

static void filter_32(void)
{
	filter(NR_32_getppid, TRACED);
	exec_tiny(TINY_32, TINY_EXIT);
}

static const struct {
	const char *name;
	void (*program)(void);
} callers[] = {
	{ "fork", filter_fork },
	{ "exec", filter_exec },
	{ "exit", filter_exit },
	{ "kill", filter_kill },
	{ "exec32", filter_32 },
#ifdef HAVE_CALL32
	{ "call32", filter_call32 },
#endif
};

static void run_caller(const struct scenario *self)
{
	long options = PTRACE_O_TRACESECCOMP | PTRACE_O_TRACESYSGOOD;
	pid_t pid;

	if (self->b & 1)
		options |= PTRACE_O_TRACEFORK | PTRACE_O_TRACEEXEC |
			   PTRACE_O_TRACEEXIT;
	pid = start_traceme(callers[self->a].program, options);
	run_out(pid, self->b & 2 ? PTRACE_SYSCALL : PTRACE_CONT);
	show_notes();
}

GENERATE(add_callers)
{
	int i, k;

	for (i = 0; i < ARRAY_SIZE(callers); i++) {
		for (k = 0; k < 4; k++)
			add_scenario(run_caller, i, k, FAMILY "/of_%s%s%s",
				     callers[i].name, k & 1 ? "_events" : "",
				     k & 2 ? "_calls" : "");
	}
}

/* --- a trap is a signal like others, but for the call that it came from */

SCENARIO(trap_dropped)
{
	pid_t pid;

	first = 7;
	second = 7;
	pid = start_seized(two_filters, EVENTS);
	to_call(pid, PTRACE_CONT);
	resume(PTRACE_CONT, pid, 0);
	run_out(pid, PTRACE_CONT);
	show_notes();
}

SCENARIO(trap_with_result)
{
	pid_t pid;

	first = 7;
	second = 7;
	pid = start_seized(two_filters, EVENTS);
	to_call(pid, PTRACE_CONT);
	set_reg(pid, REG_RESULT, 77);
	run_out(pid, PTRACE_CONT);
	show_notes();
}

static void blocked_trap(void)
{
	prepare();
	block(SIGSYS);
	filter(SYS_close, TRAPPED);
	call_and_leave();
}

SCENARIO(trap_blocked)
{
	pid_t pid = start_seized(blocked_trap, EVENTS);

	run_out(pid, PTRACE_CONT);
	show_notes();
}

/* --- strict mode */

static void strict(void)
{
	prepare();
	raise_raw(SIGUSR2);
	CALL2(SYS_prctl, PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
	note_result(CALL1(SYS_close, WRONG_FD));
	leave(EXIT_CODE);
}

static void run_strict(const struct scenario *self)
{
	pid_t pid = start_seized(strict, self->a | EVENTS);

	run_out(pid, self->b);
	show_notes();
}

GENERATE(add_strict)
{
	add_scenario(run_strict, 0, PTRACE_CONT, FAMILY "/strict");
	add_scenario(run_strict, PTRACE_O_TRACEEXIT, PTRACE_CONT,
		     FAMILY "/strict_event");
	add_scenario(run_strict, 0, PTRACE_SYSCALL, FAMILY "/strict_calls");
	add_scenario(run_strict, PTRACE_O_SUSPEND_SECCOMP, PTRACE_CONT,
		     FAMILY "/strict_suspended");
	add_scenario(run_strict, PTRACE_O_SUSPEND_SECCOMP, PTRACE_SYSCALL,
		     FAMILY "/strict_suspended_calls");
}

/* --- suspended: the tracer is stronger than the filter */

static void call_thrice(void)
{
	int i;

	prepare();
	filter(SYS_close, FAILS);
	for (i = 0; i < 3; i++) {
		raise_raw(SIGUSR2);
		note_result(CALL1(SYS_close, WRONG_FD));
	}
	leave_group(EXIT_CODE);
}

static void suspend(pid_t pid, long options)
{
	wait_for(pid, WALL);
	req(PTRACE_SETOPTIONS, pid, 0, options);
	resume(PTRACE_CONT, pid, 0);
}

SCENARIO(suspend_and_resume)
{
	pid_t pid = start_seized(call_thrice, 0);

	suspend(pid, 0);
	suspend(pid, PTRACE_O_SUSPEND_SECCOMP);
	suspend(pid, 0);
	run_out(pid, PTRACE_CONT);
	show_notes();
}

SCENARIO(suspend_and_detach)
{
	pid_t pid = start_seized(call_thrice, PTRACE_O_SUSPEND_SECCOMP);

	wait_for(pid, WALL);
	resume(PTRACE_CONT, pid, 0);
	wait_for(pid, WALL);
	req(PTRACE_DETACH, pid, 0, 0);
	run_out(pid, PTRACE_CONT);
	show_notes();
}

static void exec_traced(void)
{
	prepare();
	filter(SYS_getppid, SECCOMP_RET_KILL_PROCESS);
	exec_tiny(TINY_64, TINY_EXIT);
}

SCENARIO(suspend_over_exec)
{
	pid_t pid = start_seized(exec_traced, PTRACE_O_SUSPEND_SECCOMP |
				 PTRACE_O_TRACEEXEC);

	run_out(pid, PTRACE_CONT);
}

static void fork_filtered(void)
{
	pid_t pid;

	prepare();
	block(SIGCHLD);
	filter(SYS_close, FAILS);
	pid = fork_raw();
	if (!pid) {
		i_am("child");
		note_result(CALL1(SYS_close, WRONG_FD));
		child_exit();
	}
	CALL4(SYS_wait4, pid, NULL, WALL, NULL);
	note_result(CALL1(SYS_close, WRONG_FD));
	leave_group(EXIT_CODE);
}

/* An heir of the option, and one that is none. */
SCENARIO(suspend_in_child)
{
	pid_t pid = start_seized(fork_filtered, PTRACE_O_SUSPEND_SECCOMP |
				 PTRACE_O_TRACEFORK);

	run_out(pid, PTRACE_CONT);
	show_notes();
}

SCENARIO(suspend_untraced_child)
{
	pid_t pid = start_seized(fork_filtered, PTRACE_O_SUSPEND_SECCOMP);

	run_out(pid, PTRACE_CONT);
	show_notes();
}

static void confine(long kind, long unused)
{
	if (kind == 1)
		syscall(SYS_setresuid, 65534, 65534, 65534);
	if (kind == 2)
		filter(SYS_close, FAILS);
	if (kind == 3)
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static void try_filters(long pid, long options)
{
	pid_t subject = pid;
	struct sock_filter code[16];
	uint64_t metadata[2] = {};

	req(PTRACE_SEIZE, subject, 0, options);
	req(PTRACE_SEIZE, subject, 0, PTRACE_O_TRACESECCOMP);
	req(PTRACE_INTERRUPT, subject, 0, 0);
	wait_for(subject, WALL);
	req(PTRACE_SETOPTIONS, subject, 0, options);
	req(PTRACE_SECCOMP_GET_FILTER, subject, 0, (long)code);
	req(PTRACE_SECCOMP_GET_FILTER, subject, 0, 0);
	req(PTRACE_SECCOMP_GET_METADATA, subject, sizeof(metadata),
	    (long)metadata);
	req(PTRACE_SETOPTIONS, subject, 0, 0);
	req(PTRACE_DETACH, subject, 0, 0);
}

static void become_other(void)
{
	if (shared->words[WORD_A])
		syscall(SYS_setresuid, 65534, 65534, 65534);
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	filter(SYS_close, FAILS);
	gate_wait(GATE_RELEASE);
}

/* Who may suspend, and read filters: root that is under none itself. */
static void run_confined(const struct scenario *self)
{
	int tracer = helper();
	pid_t subject;

	shared->words[WORD_A] = self->a == 1;
	subject = start(become_other);
	until_in(subject, SYS_futex);
	tell(tracer, confine, self->a, 0);
	tell(tracer, try_filters, subject, PTRACE_O_SUSPEND_SECCOMP);
}

/* --- the filters of a task */

static int nr_filters;

static void have_filters(void)
{
	int i;

	for (i = 0; i < nr_filters; i++)
		filter_flags(SYS_close + i, SECCOMP_RET_ALLOW,
			     i == 1 ? SECCOMP_FILTER_FLAG_LOG : 0);
	gate_wait(GATE_RELEASE);
	leave_group(EXIT_CODE);
}

static void show_filter(pid_t pid, long index)
{
	struct sock_filter code[64] = {};
	long i, n = req(PTRACE_SECCOMP_GET_FILTER, pid, index, (long)code);

	for (i = 0; i < n; i++)
		rec("  %#x %u %u %#x", code[i].code, code[i].jt, code[i].jf,
		    code[i].k);
	req(PTRACE_SECCOMP_GET_FILTER, pid, index, 0);
	req(PTRACE_SECCOMP_GET_FILTER, pid, index, 16);
}

static void show_metadata(pid_t pid, uint64_t index)
{
	static const int sizes[] = { 0, 4, 8, 12, 16, 24, 4096 };
	uint64_t data[512] = {};
	int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		data[0] = index;
		data[1] = 99;
		if (req(PTRACE_SECCOMP_GET_METADATA, pid, sizes[i],
			(long)data) >= 0)
			rec("  %" PRIu64 " %" PRIu64, data[0], data[1]);
	}
	req(PTRACE_SECCOMP_GET_METADATA, pid, 16, 0);
}

static void read_filters(const struct scenario *self)
{
	pid_t pid;
	int i;

	nr_filters = self->a;
	pid = start_seized(have_filters, 0);
	until_in(pid, SYS_futex);
	show_filter(pid, 0);
	req(PTRACE_INTERRUPT, pid, 0, 0);
	wait_for(pid, WALL);
	for (i = 0; i <= self->a; i++)
		show_filter(pid, i);
	for (i = 0; i <= self->a; i++)
		show_metadata(pid, i);
	req(PTRACE_SECCOMP_GET_FILTER, pid, -1ul, 0);
	req(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_SUSPEND_SECCOMP);
	show_filter(pid, 0);
	resume(PTRACE_CONT, pid, 0);
	run_out(pid, PTRACE_CONT);
}

static void strict_pause(void)
{
	uint64_t n;

	prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
	CALL3(SYS_read, BLOCK_FD, &n, sizeof(n));
	leave(EXIT_CODE);
}

SCENARIO(filters_of_strict)
{
	pid_t pid = start_seized(strict_pause, 0);

	until_in(pid, SYS_read);
	req(PTRACE_INTERRUPT, pid, 0, 0);
	wait_for(pid, WALL);
	show_filter(pid, 0);
	show_metadata(pid, 0);
	resume(PTRACE_CONT, pid, 0);
	run_out(pid, PTRACE_CONT);
}

GENERATE(add_reads)
{
	static const char * const kinds[] = { "root", "nobody", "filtered",
					      "no_new_privs" };
	int i;

	for (i = 0; i < 4; i++)
		add_scenario(read_filters, i, 0, FAMILY "/filters_%d", i);
	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		add_scenario(run_confined, i, 0, FAMILY "/tracer_is_%s",
			     kinds[i]);
}

/* --- a supervisor answers, in the tracer's sight */

static void ask_supervisor(void)
{
	prepare();
	shared->words[WORD_A] = filter_flags(SYS_close, SECCOMP_RET_USER_NOTIF,
					     SECCOMP_FILTER_FLAG_NEW_LISTENER);
	call_and_leave();
}

static int supervise(pid_t pid)
{
	int pidfd = syscall(SYS_pidfd_open, pid, 0);
	int fd = syscall(SYS_pidfd_getfd, pidfd, (int)shared->words[WORD_A],
			 0);

	if (fd < 0)
		rec("pidfd_getfd %s", error_name(errno));
	close(pidfd);
	return fd;
}

static uint64_t take_event(int fd)
{
	struct seccomp_notif event = {};

	if (ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &event))
		rec("receive %s", error_name(errno));
	else
		rec("receive %s %s(%s)", who(event.pid),
		    syscall_name(event.data.nr),
		    value(event.data.args[0]));
	return event.id;
}

static void answer_event(int fd, uint64_t id, int error, unsigned int flags)
{
	struct seccomp_notif_resp answer = {
		.id = id, .error = error, .flags = flags,
	};
	int result = ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &answer);

	rec("reply = %s", result_text(result ? -errno : 0));
}

/* The number of the descriptor is not recorded. */
static void run_supervised(const struct scenario *self)
{
	pid_t pid = start_seized(ask_supervisor, EVENTS);
	uint64_t id;
	int fd;

	wait_for(pid, WALL);
	fd = supervise(pid);
	resume(self->a, pid, 0);
	if (self->a == PTRACE_SYSCALL) {
		wait_for(pid, WALL);
		resume(self->a, pid, 0);
		wait_for(pid, WALL);
		resume(self->a, pid, 0);
	}
	id = take_event(fd);
	until_in(pid, SYS_close);
	if (self->b & 2) {
		req(PTRACE_INTERRUPT, pid, 0, 0);
		wait_stop(pid);
		answer_event(fd, id, -EXDEV, 0);
		resume(PTRACE_CONT, pid, 0);
		id = take_event(fd);
	}
	if (self->b & 1)
		answer_event(fd, id, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
	else
		answer_event(fd, id, -EXDEV, 0);
	run_out(pid, self->a);
	close(fd);
	show_notes();
}

GENERATE(add_supervised)
{
	int i;

	for (i = 0; i < 4; i++) {
		add_scenario(run_supervised, PTRACE_CONT, i,
			     FAMILY "/supervised_%s%s",
			     i & 1 ? "goes_on" : "fails",
			     i & 2 ? "_interrupted" : "");
	}
}

#ifdef HAVE_VSYSCALL
/* --- the calls of another age, at fixed addresses */

#define VSYSCALL	0xffffffffff600000ul

static int which_vsyscall;
static const long vsyscalls[] = { SYS_gettimeofday, SYS_time, SYS_getcpu };
static const char * const vsyscall_names[] = { "gettimeofday", "time",
					       "getcpu" };

static long (*vsyscall)(long a, long b, long c);

static void call_vsyscall(void)
{
	long result;

	prepare();
	if (first)
		filter(vsyscalls[which_vsyscall], actions[first].action);
	raise_raw(SIGUSR2);
	vsyscall = (void *)(VSYSCALL + 1024 * which_vsyscall);
	result = vsyscall(0, 0, 0);
	note("result %s", result > 100000 ? "time" : value(result));
	leave_group(EXIT_CODE);
}

static void run_vsyscall(const struct scenario *self)
{
	pid_t pid;

	which_vsyscall = self->a;
	first = self->b % 100;
	pid = start_seized(call_vsyscall, EVENTS);
	to_call(pid, self->b >= 200 ? PTRACE_SINGLESTEP : self->b >= 100 ?
		     PTRACE_SYSCALL : PTRACE_CONT);
	if (first == 2 && last_event() == PTRACE_EVENT_SECCOMP)
		poke_regs(pid, changes[self->b >= 100 ? 4 : 0].pokes);
	run_out(pid, PTRACE_CONT);
	show_notes();
}

GENERATE(add_vsyscalls)
{
	int i, k;

	for (i = 0; i < ARRAY_SIZE(vsyscalls); i++) {
		for (k = 0; k < ARRAY_SIZE(actions); k++)
			add_scenario(run_vsyscall, i, k,
				     FAMILY "/vsyscall_%s/%s",
				     vsyscall_names[i], actions[k].name);
		add_scenario(run_vsyscall, i, 100, FAMILY "/vsyscall_%s/calls",
			     vsyscall_names[i]);
		add_scenario(run_vsyscall, i, 102,
			     FAMILY "/vsyscall_%s/trace_skip",
			     vsyscall_names[i]);
		add_scenario(run_vsyscall, i, 200, FAMILY "/vsyscall_%s/step",
			     vsyscall_names[i]);
	}
}
#endif /* HAVE_VSYSCALL */

/* --- system calls that are dispatched to the program itself */

static atomic_char selector;

static void on_dispatch(int signo, siginfo_t *info, void *context)
{
	selector = 0;
	on_sigsys(signo, info, context);
}

static void prepare_dispatch(void)
{
	prepare();
	handle_info(SIGSYS, on_dispatch, 0);
	if (first)
		filter(SYS_close, actions[first].action);
	prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, 0, 0,
	      &selector);
}

static void dispatch(void)
{
	prepare_dispatch();
	raise_raw(SIGUSR2);
	selector = 1;
	note_result(CALL1(SYS_close, WRONG_FD));
	selector = 0;
	leave_group(EXIT_CODE);
}

static void run_dispatch(const struct scenario *self)
{
	pid_t pid;

	first = self->b;
	pid = start_seized(dispatch, EVENTS);
	wait_for(pid, WALL);
	resume(self->a, pid, 0);
	wait_stop(pid);
	run_out(pid, PTRACE_CONT);
	show_notes();
}

static void call_dispatched(void)
{
	prepare();
	handle_info(SIGSYS, on_dispatch, 0);
	raise_raw(SIGUSR2);
	note_result(CALL1(SYS_close, WRONG_FD));
	selector = 0;
	leave_group(EXIT_CODE);
}

static long set_config(pid_t pid, struct sud_config config, long size)
{
	long result = ptrace_raw(PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG, pid,
				 size, (long)&config);

	if (result < 0)
		result = -errno;
	rec("SET_SUD_CONFIG %s size=%ld mode=%llu selector=%s offset=%s len=%s = %s",
	    who(pid), size, config.mode, where(config.selector),
	    where(config.offset), where(config.len), result_text(result));
	return result;
}

static void get_config(pid_t pid)
{
	struct sud_config config = { 9, 9, 9, 9 };
	long result = ptrace_raw(PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG, pid,
				 sizeof(config), (long)&config);

	rec("  config %s mode=%llu selector=%s offset=%s len=%s",
	    result_text(result < 0 ? -errno : result), config.mode,
	    where(config.selector), where(config.offset), where(config.len));
}

static const struct {
	const char *name;
	struct sud_config config;
	bool with_selector;
} configs[] = {
	{ "off", { 0, 0, 0, 0 } },
	{ "off_selector", { 0, 64, 0, 0 } },
	{ "off_offset", { 0, 0, 64, 0 } },
	{ "off_len", { 0, 0, 0, 64 } },
	{ "on", { 1, 0, 0, 0 } },
	{ "on_all", { 1, 0, 0, -1ul } },
	{ "on_most", { 1, 0, 1, -2ul } },
	{ "on_wraps", { 1, 0, 64, -1ul } },
	{ "on_empty", { 1, 0, 64, 0 } },
	{ "on_kernel", { 1, -8ul, 0, -1ul } },
	{ "on_high", { 1, TOP_BIT, 0, -1ul } },
	{ "on_wrong", { 1, 16, 0, 0 } },
	{ "on_selector", { 1, 0, 0, 0 }, true },
	{ "two", { 2, 0, 0, 0 } },
	{ "large", { -1ul, 0, 0, 0 } },
};

static void run_config(const struct scenario *self)
{
	pid_t pid = start_seized(call_dispatched, EVENTS);
	struct sud_config config = configs[self->a].config;

	if (configs[self->a].with_selector)
		config.selector = (unsigned long)&selector;
	wait_for(pid, WALL);
	get_config(pid);
	set_config(pid, config, sizeof(config));
	set_config(pid, config, 24);
	set_config(pid, config, 40);
	get_config(pid);
	resume(self->b, pid, 0);
	wait_stop(pid);
	if (state_of(pid))
		set_config(pid, configs[0].config, sizeof(struct sud_config));
	run_out(pid, PTRACE_CONT);
	show_notes();
}

static void dispatch_fork(void)
{
	pid_t pid;

	first = 0;
	prepare_dispatch();
	block(SIGCHLD);
	pid = fork_raw();
	if (!pid)
		child_exit();
	CALL4(SYS_wait4, pid, NULL, WALL, NULL);
	exec_tiny(TINY_64, TINY_EXIT);
}

/* It is of one task and of one program. */
SCENARIO(dispatch_inherited)
{
	pid_t pid = start_seized(dispatch_fork, PTRACE_O_TRACEFORK |
				 PTRACE_O_TRACEEXEC);
	pid_t child = event_child(pid, wait_for(pid, WALL));

	name_child(child);
	get_config(pid);
	wait_for(child, WALL);
	get_config(child);
	resume(PTRACE_CONT, child, 0);
	run_out(child, PTRACE_CONT);
	resume(PTRACE_CONT, pid, 0);
	wait_for(pid, WALL);
	get_config(pid);
	run_out(pid, PTRACE_CONT);
}

GENERATE(add_dispatch)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(actions); i++) {
		if (i && i != 2 && i != 5 && i != 9)
			continue;
		add_scenario(run_dispatch, PTRACE_CONT, i,
			     FAMILY "/dispatch_%s/cont", actions[i].name);
		add_scenario(run_dispatch, PTRACE_SYSCALL, i,
			     FAMILY "/dispatch_%s/syscall", actions[i].name);
		add_scenario(run_dispatch, PTRACE_SYSEMU, i,
			     FAMILY "/dispatch_%s/sysemu", actions[i].name);
		add_scenario(run_dispatch, PTRACE_SINGLESTEP, i,
			     FAMILY "/dispatch_%s/step", actions[i].name);
	}
	for (i = 0; i < ARRAY_SIZE(configs); i++) {
		add_scenario(run_config, i, PTRACE_CONT,
			     FAMILY "/dispatch_config_%s", configs[i].name);
		add_scenario(run_config, i, PTRACE_SYSCALL,
			     FAMILY "/dispatch_config_%s_calls",
			     configs[i].name);
	}
}

/* --- restartable sequences */

static void show_rseq(pid_t pid)
{
	static const int sizes[] = { 0, 8, 23, 24, 32, 4096 };
	struct rseq_configuration rseq[200];
	int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		memset(rseq, 0xff, sizeof(rseq));
		req(PTRACE_GET_RSEQ_CONFIGURATION, pid, sizes[i], (long)rseq);
		rec("  %s %u %#x %u %u", where(rseq->address), rseq->size,
		    rseq->signature, rseq->flags, rseq->pad);
	}
	req(PTRACE_GET_RSEQ_CONFIGURATION, pid, 24, 0);
}

/* Of the C library, and none after an exec. */
SCENARIO(rseq)
{
	pid_t pid = start_held(prog_exec);

	req(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACEEXEC);
	req(PTRACE_INTERRUPT, pid, 0, 0);
	wait_for(pid, WALL);
	show_rseq(pid);
	resume(PTRACE_CONT, pid, 0);
	let_go(pid);
	wait_for(pid, WALL);
	show_rseq(pid);
	resume(PTRACE_CONT, pid, 0);
	run_out(pid, PTRACE_CONT);
}
