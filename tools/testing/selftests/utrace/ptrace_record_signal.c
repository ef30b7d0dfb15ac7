// SPDX-License-Identifier: GPL-2.0-only
/* Signals: what the tracer makes of them, and what the program sees then. */
#define FAMILY "signal"
#include <poll.h>
#include <sys/resource.h>
#include <time.h>
#include "ptrace_record_stops.h"

static void no_core(void)
{
	struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
}

/* --- each class of signal, by what the program wants of it */

static const int signals[] = {
	SIGUSR1, SIGCHLD, SIGSEGV, SIGTRAP, SIGSTOP, SIGTSTP, SIGCONT, 34,
};

enum { DEFAULT, IGNORED, HANDLED, BLOCKED, NR_DISPOSITIONS };

static const char * const dispositions[] = {
	"default", "ignored", "handled", "blocked",
};

static int raised, disposition;

static void dispose(int signo)
{
	if (disposition == IGNORED)
		handle(signo, SIG_IGN, 0);
	if (disposition >= HANDLED)
		handle_info(signo, note_signal, 0);
	if (disposition == BLOCKED)
		block(signo);
}

static void raise_it(void)
{
	no_core();
	handle_info(SIGUSR2, note_signal, 0);
	dispose(raised);
	raise_raw(raised);
	CALL0(SYS_getppid);
	if (disposition == BLOCKED)
		unblock(raised);
	leave_group(EXIT_CODE);
}

/* --- by what the tracer makes of it */

static void set_info(pid_t pid, int signo)
{
	siginfo_t info = {
		.si_signo = signo,
		.si_code = SI_QUEUE,
		.si_errno = 3,
	};

	info.si_pid = 17;
	info.si_uid = 18;
	info.si_value.sival_int = 19;
	req(PTRACE_SETSIGINFO, pid, 0, (long)&info);
	show_siginfo(pid);
}

static void show_mask(pid_t pid)
{
	struct kernel_sigset set = {};

	req(PTRACE_GETSIGMASK, pid, sizeof(set), (long)&set);
	rec("  mask %#" PRIx64, bits_of(&set));
}

static void set_mask(pid_t pid, uint64_t bits)
{
	struct kernel_sigset set = sigset_of(bits);

	req(PTRACE_SETSIGMASK, pid, sizeof(set), (long)&set);
	show_mask(pid);
}

static uint64_t bit(int signo)
{
	return 1ull << (signo - 1);
}

enum {
	NOTHING,
	INFO,			/* other information */
	INFO_OTHER,		/* and of another signal */
	INFO_ZERO,		/* of none */
	MASK,			/* what comes is blocked by now */
	SEND_CONT,		/* a SIGCONT comes meanwhile */
	SEND_STOP,
	SEND_SAME,
	ZERO_CONT,		/* information of no signal, and a SIGCONT */
	ZERO_MASK,
};

#define SAME	-1		/* the signal of the stop */

static const struct {
	const char *name;
	int before;
	int request;
	int signo;
} answers[] = {
	{ "same", NOTHING, PTRACE_CONT, SAME },
	{ "drop", NOTHING, PTRACE_CONT, 0 },
	{ "usr2", NOTHING, PTRACE_CONT, SIGUSR2 },
	{ "stop", NOTHING, PTRACE_CONT, SIGSTOP },
	{ "tstp", NOTHING, PTRACE_CONT, SIGTSTP },
	{ "sigcont", NOTHING, PTRACE_CONT, SIGCONT },
	{ "kill", NOTHING, PTRACE_CONT, SIGKILL },
	{ "rt", NOTHING, PTRACE_CONT, 64 },
	{ "step", NOTHING, PTRACE_SINGLESTEP, SAME },
	{ "syscall", NOTHING, PTRACE_SYSCALL, SAME },
	{ "detach", NOTHING, PTRACE_DETACH, SAME },
	{ "detach_drop", NOTHING, PTRACE_DETACH, 0 },
	{ "detach_usr2", NOTHING, PTRACE_DETACH, SIGUSR2 },
	{ "info", INFO, PTRACE_CONT, SAME },
	{ "info_usr2", INFO, PTRACE_CONT, SIGUSR2 },
	{ "info_other", INFO_OTHER, PTRACE_CONT, SAME },
	{ "info_other_usr2", INFO_OTHER, PTRACE_CONT, SIGUSR2 },
	{ "info_zero", INFO_ZERO, PTRACE_CONT, SAME },
	{ "info_zero_sent_cont", ZERO_CONT, PTRACE_CONT, SAME },
	{ "info_zero_masked", ZERO_MASK, PTRACE_CONT, SAME },
	{ "masked", MASK, PTRACE_CONT, SAME },
	{ "masked_usr2", MASK, PTRACE_CONT, SIGUSR2 },
	{ "sent_cont", SEND_CONT, PTRACE_CONT, SAME },
	{ "sent_cont_stop", SEND_CONT, PTRACE_CONT, SIGSTOP },
	{ "sent_cont_tstp", SEND_CONT, PTRACE_CONT, SIGTSTP },
	{ "sent_stop", SEND_STOP, PTRACE_CONT, SAME },
	{ "sent_stop_sigcont", SEND_STOP, PTRACE_CONT, SIGCONT },
	{ "sent_same", SEND_SAME, PTRACE_CONT, SAME },
	{ "sent_same_drop", SEND_SAME, PTRACE_CONT, 0 },
};

static void answer(pid_t pid, int signo, int how)
{
	switch (answers[how].before) {
	case INFO:
		set_info(pid, signo);
		break;
	case INFO_OTHER:
		set_info(pid, SIGUSR2);
		break;
	case INFO_ZERO:
		set_info(pid, 0);
		break;
	case MASK:
		set_mask(pid, ~0ul);
		break;
	case SEND_CONT:
		send(pid, SIGCONT);
		break;
	case SEND_STOP:
		send(pid, SIGSTOP);
		break;
	case SEND_SAME:
		send(pid, signo);
		break;
	case ZERO_CONT:
		set_info(pid, 0);
		send(pid, SIGCONT);
		break;
	case ZERO_MASK:
		set_info(pid, 0);
		set_mask(pid, ~0ul);
		break;
	}
	resume(answers[how].request, pid,
	       answers[how].signo == SAME ? signo : answers[how].signo);
}

static void run(const struct scenario *self)
{
	int k = self->a / NR_DISPOSITIONS;
	pid_t pid;

	raised = signals[k];
	disposition = self->a % NR_DISPOSITIONS;
	pid = start_seized(raise_it, 0);
	wait_stop(pid);
	answer(pid, raised, self->b);
	run_out(pid, PTRACE_CONT);
	show_notes();
}

GENERATE(add_signals)
{
	int i, k, d;

	for (i = 0; i < ARRAY_SIZE(signals); i++) {
		for (d = 0; d < NR_DISPOSITIONS; d++) {
			for (k = 0; k < ARRAY_SIZE(answers); k++)
				add_scenario(run, i * NR_DISPOSITIONS + d, k,
					     FAMILY "/%s_%s/%s",
					     signal_name(signals[i]),
					     dispositions[d], answers[k].name);
		}
	}
}

/* --- signals that come with the request, in each kind of stop */

static const int injected[] = {
	SIGTSTP, SIGCONT, SIGKILL, SIGCHLD, SIGTRAP, SIGTERM, 64,
};

static void inject(const struct scenario *self)
{
	pid_t child, pid = reach(self->a, &child);

	resume(PTRACE_CONT, pid, injected[self->b]);
	if (child)
		run_out(child, PTRACE_CONT);
	run_out(pid, PTRACE_CONT);
}

/*
 * What a stop says is not what its successor says. The death of a child comes
 * at any time and stays blocked.
 */
static void change_info(const struct scenario *self)
{
	pid_t child, pid = reach(self->a, &child);

	set_info(pid, SIGUSR2);
	set_mask(pid, bit(SIGUSR2) | bit(SIGKILL) | bit(SIGSTOP) |
		 bit(SIGCHLD));
	resume(self->b ? PTRACE_SYSCALL : PTRACE_CONT, pid, SIGUSR2);
	if (child)
		run_out(child, PTRACE_CONT);
	run_out(pid, self->b ? PTRACE_SYSCALL : PTRACE_CONT);
}

GENERATE(add_injections)
{
	int i, k;

	for (i = 0; i < nr_stops; i++) {
		if (stops[i].runs)
			continue;
		for (k = 0; k < ARRAY_SIZE(injected); k++)
			add_scenario(inject, i, k, FAMILY "/inject_%s/%s",
				     signal_name(injected[k]), stops[i].name);
		add_scenario(change_info, i, 0, FAMILY "/info_of/%s",
			     stops[i].name);
		add_scenario(change_info, i, 1, FAMILY "/info_of/%s_calls",
			     stops[i].name);
	}
}

/* --- several at a time */

static void queue(pid_t pid, int signo, int n)
{
	siginfo_t info = { .si_code = SI_QUEUE };
	long result;

	info.si_signo = signo;
	info.si_pid = getpid();
	info.si_value.sival_int = n;
	result = syscall(SYS_rt_sigqueueinfo, pid, signo, &info);
	rec("sigqueue %s %s %d = %s", who(pid), signal_name(signo), n,
	    result_text(result ? -errno : 0));
}

static void queue_thread(pid_t pid, int signo, int n)
{
	siginfo_t info = { .si_code = SI_QUEUE };
	long result;

	info.si_signo = signo;
	info.si_pid = getpid();
	info.si_value.sival_int = n;
	result = syscall(SYS_rt_tgsigqueueinfo, pid, pid, signo, &info);
	rec("tgsigqueue %s %s %d = %s", who(pid), signal_name(signo), n,
	    result_text(result ? -errno : 0));
}

static void peek(pid_t pid, int off, int nr, int flags)
{
	struct peeksiginfo_args args = {
		.off = off, .nr = nr, .flags = flags,
	};
	siginfo_t infos[8] = {};
	long i, n;

	n = ptrace_raw(PTRACE_PEEKSIGINFO, pid, (long)&args, (long)infos);
	rec("PEEKSIGINFO %s off=%d nr=%d%s = %s", who(pid), off, nr,
	    flags ? " shared" : "", result_text(n < 0 ? -errno : n));
	for (i = 0; i < n; i++)
		rec("  %s", siginfo_text(&infos[i]));
}

static void peek_all(pid_t pid)
{
	int flags;

	for (flags = 0; flags <= PEEKSIGINFO_SHARED; flags++) {
		peek(pid, 0, 8, flags);
		peek(pid, 1, 2, flags);
		peek(pid, 7, 2, flags);
		peek(pid, 0, 0, flags);
	}
}

static void handle_many(void)
{
	handle_info(SIGUSR1, note_signal, 0);
	handle_info(SIGUSR2, note_signal, 0);
	handle_info(34, note_signal, 0);
	handle_info(40, note_signal, 0);
	raise_raw(SIGUSR1);
	CALL0(SYS_getppid);
	leave_group(EXIT_CODE);
}

SCENARIO(many_queued)
{
	pid_t pid = start_seized(handle_many, 0);

	wait_for(pid, WALL);
	peek_all(pid);
	queue(pid, 40, 1);
	queue(pid, 34, 2);
	queue(pid, 34, 3);
	queue(pid, SIGUSR2, 4);
	queue(pid, SIGUSR2, 5);
	queue_thread(pid, 34, 6);
	queue_thread(pid, SIGUSR2, 7);
	queue_thread(pid, SIGUSR1, 8);
	queue_thread(pid, 40, 9);
	peek_all(pid);
	show_proc(pid);
	resume(PTRACE_CONT, pid, SIGUSR1);
	run_out(pid, PTRACE_CONT);
	show_notes();
}

SCENARIO(many_queued_dropped)
{
	pid_t pid = start_seized(handle_many, 0);
	int i;

	wait_for(pid, WALL);
	queue(pid, 34, 1);
	queue_thread(pid, 34, 2);
	queue(pid, 34, 3);
	for (i = 0; i < 4; i++) {
		resume(PTRACE_CONT, pid, 0);
		wait_stop(pid);
		peek_all(pid);
	}
	show_notes();
}

/* Which of those that come with a request is the first? */
static void several(const struct scenario *self)
{
	pid_t pid = start_seized(handle_many, 0);

	wait_for(pid, WALL);
	send_thread(pid, pid, SIGUSR2);
	send(pid, SIGTERM);
	send(pid, SIGTSTP);
	send_thread(pid, pid, SIGSEGV);
	resume(self->a, pid, SIGUSR1);
	wait_stop(pid);
	resume(self->a, pid, 0);
	wait_stop(pid);
	resume(self->a, pid, 0);
	wait_stop(pid);
	peek_all(pid);
	send(pid, SIGKILL);
	wait_for(pid, WALL);
	show_notes();
}

GENERATE(add_several)
{
	add_scenario(several, PTRACE_CONT, 0, FAMILY "/several_cont");
	add_scenario(several, PTRACE_SYSCALL, 0, FAMILY "/several_syscall");
	add_scenario(several, PTRACE_SINGLESTEP, 0, FAMILY "/several_step");
	add_scenario(several, PTRACE_SYSEMU, 0, FAMILY "/several_sysemu");
}

/* --- masks */

static void block_and_pause(void)
{
	handle_info(SIGUSR1, note_signal, 0);
	handle_info(SIGUSR2, note_signal, 0);
	block(SIGUSR1);
	raise_raw(SIGUSR1);
	raise_raw(SIGUSR2);
	CALL0(SYS_getppid);
	leave_group(EXIT_CODE);
}

/* The tracer lets a pending one through. */
SCENARIO(unblocked_by_tracer)
{
	pid_t pid = start_seized(block_and_pause, 0);

	wait_stop(pid);
	set_mask(pid, 0);
	resume(PTRACE_CONT, pid, SIGUSR2);
	run_out(pid, PTRACE_CONT);
	show_notes();
}

SCENARIO(replaced_by_blocked)
{
	pid_t pid = start_seized(block_and_pause, 0);

	wait_stop(pid);
	resume(PTRACE_CONT, pid, SIGUSR1);
	run_out(pid, PTRACE_CONT);
	show_notes();
}

static void suspend_all(void)
{
	struct kernel_sigset all = sigset_of(~0ul & ~bit(SIGUSR1));

	handle_info(SIGUSR1, note_signal, 0);
	handle_info(SIGUSR2, note_signal, 0);
	block(SIGUSR2);
	CALL2(SYS_rt_sigsuspend, &all, sizeof(all));
	CALL0(SYS_getppid);
	leave_group(EXIT_CODE);
}

/* Two masks: the one of the call, and the one that it leaves behind. */
static void suspended(const struct scenario *self)
{
	pid_t pid = start_seized(suspend_all, PTRACE_O_TRACESYSGOOD);

	until_in(pid, SYS_rt_sigsuspend);
	send(pid, SIGUSR1);
	wait_stop(pid);
	show_mask(pid);
	if (self->b)
		set_mask(pid, bit(SIGTERM));
	resume(self->a, pid, SIGUSR1);
	run_out(pid, self->a);
	show_notes();
}

static void suspended_interrupt(const struct scenario *self)
{
	pid_t pid = start_seized(suspend_all, PTRACE_O_TRACESYSGOOD);

	until_in(pid, SYS_rt_sigsuspend);
	req(PTRACE_INTERRUPT, pid, 0, 0);
	wait_stop(pid);
	show_mask(pid);
	if (self->b)
		set_mask(pid, bit(SIGTERM));
	resume(self->a, pid, 0);
	until_in(pid, SYS_rt_sigsuspend);
	show_proc(pid);
	send(pid, SIGUSR1);
	run_out(pid, self->a);
	show_notes();
}

GENERATE(add_suspended)
{
	int i;

	for (i = 0; i < 2; i++) {
		add_scenario(suspended, PTRACE_CONT, i,
			     FAMILY "/suspended%s", i ? "_masked" : "");
		add_scenario(suspended, PTRACE_SYSCALL, i,
			     FAMILY "/suspended_syscall%s", i ? "_masked" : "");
		add_scenario(suspended_interrupt, PTRACE_CONT, i,
			     FAMILY "/suspended_interrupt%s",
			     i ? "_masked" : "");
	}
}

static void take_blocked(void)
{
	struct kernel_sigset set = sigset_of(bit(SIGUSR1));
	siginfo_t info = {};

	block(SIGUSR1);
	while (CALL4(SYS_rt_sigtimedwait, &set, &info, NULL, sizeof(set)) == -EINTR)
		note("took nothing");
	note("took %s", siginfo_text(&info));
	leave_group(EXIT_CODE);
}

/* Taken by a call: the tracer does not hear of it. */
SCENARIO(taken_by_call)
{
	pid_t pid = start_seized(take_blocked, 0);

	until_in(pid, SYS_rt_sigtimedwait);
	send(pid, SIGUSR1);
	run_out(pid, PTRACE_CONT);
	show_notes();
}

/* It comes in the stop for another, which ends the call: the next one takes it. */
SCENARIO(taken_by_call_late)
{
	pid_t pid = start_seized(take_blocked, 0);

	until_in(pid, SYS_rt_sigtimedwait);
	send(pid, SIGUSR2);
	wait_stop(pid);
	send(pid, SIGUSR1);
	resume(PTRACE_CONT, pid, 0);
	run_out(pid, PTRACE_CONT);
	show_notes();
}

/* --- faults: the program cannot go on without the signal */

enum { BLOCKED_DEFAULT = NR_DISPOSITIONS, NR_FAULT_DISPOSITIONS };

static const char * const fault_dispositions[] = {
	"default", "ignored", "handled", "blocked", "blocked_default",
};

static void (*fault)(void);

static void caught_and_leave(int signo, siginfo_t *info, void *context)
{
	note_signal(signo, info, context);
	leave_group(6);
}

static void do_fault(void)
{
	no_core();
	handle_info(SIGUSR2, note_signal, 0);
	if (disposition == IGNORED)
		handle(raised, SIG_IGN, 0);
	if (disposition == HANDLED || disposition == BLOCKED)
		handle_info(raised, caught_and_leave, 0);
	if (disposition == BLOCKED || disposition == BLOCKED_DEFAULT)
		block(raised);
	fault();
	leave_group(EXIT_CODE);
}

/* The second time the program gets it. */
static const struct {
	const char *name;
	int first;
} fault_answers[] = {
	{ "same", SAME },
	{ "drop", 0 },
	{ "usr2", SIGUSR2 },
	{ "stop", SIGSTOP },
};

static void run_fault(const struct scenario *self)
{
	int first = fault_answers[self->b].first;
	pid_t pid;

	fault = faults[self->a / NR_FAULT_DISPOSITIONS].fault;
	raised = faults[self->a / NR_FAULT_DISPOSITIONS].signo;
	disposition = self->a % NR_FAULT_DISPOSITIONS;
	pid = start_seized(do_fault, 0);
	wait_stop(pid);
	resume(PTRACE_CONT, pid, first == SAME ? raised : first);
	run_out(pid, PTRACE_CONT);
	show_notes();
}

GENERATE(add_faults)
{
	int i, k, d;

	for (i = 0; i < nr_faults; i++) {
		for (d = 0; d < NR_FAULT_DISPOSITIONS; d++) {
			for (k = 0; k < ARRAY_SIZE(fault_answers); k++)
				add_scenario(run_fault,
					     i * NR_FAULT_DISPOSITIONS + d, k,
					     FAMILY "/fault_%s_%s/%s",
					     faults[i].name,
					     fault_dispositions[d],
					     fault_answers[k].name);
		}
	}
}

/* --- handlers, and what goes on around them */

static int handler_flags;

static void show_context(int signo, siginfo_t *info, void *context)
{
	stack_t stack = {};
	struct kernel_sigset mask = {};

	sigaltstack(NULL, &stack);
	CALL4(SYS_rt_sigprocmask, 0, NULL, &mask, sizeof(mask));
	note("handler %s stack=%d mask=%#" PRIx64, signal_name(signo),
	     stack.ss_flags & SS_ONSTACK, bits_of(&mask));
}

static void raise_twice(void)
{
	static char space[64 << 10];
	stack_t stack = { .ss_sp = space, .ss_size = sizeof(space) };

	sigaltstack(&stack, NULL);
	handle_info(SIGUSR1, show_context, handler_flags);
	raise_raw(SIGUSR1);
	raise_raw(SIGUSR1);
	leave_group(EXIT_CODE);
}

static const struct {
	const char *name;
	int flags;
} handlers[] = {
	{ "plain", 0 },
	{ "onstack", SA_ONSTACK },
	{ "resethand", SA_RESETHAND },
	{ "nodefer", SA_NODEFER },
	{ "nodefer_onstack_resethand",
	  SA_NODEFER | SA_ONSTACK | SA_RESETHAND },
};

static void run_handler(const struct scenario *self)
{
	pid_t pid;

	handler_flags = handlers[self->a].flags;
	pid = start_seized(raise_twice, PTRACE_O_TRACESYSGOOD);
	run_out(pid, self->b);
	show_notes();
}

/* Each delivery is put aside once. */
static void run_handler_masked(const struct scenario *self)
{
	pid_t pid;

	handler_flags = handlers[self->a].flags;
	pid = start_seized(raise_twice, PTRACE_O_TRACESYSGOOD);
	wait_stop(pid);
	set_mask(pid, bit(SIGUSR1));
	resume(PTRACE_SYSCALL, pid, SIGUSR1);
	wait_stop(pid);
	set_mask(pid, 0);
	run_out(pid, PTRACE_CONT);
	show_notes();
}

static void bad_stack(void)
{
	stack_t stack = { .ss_size = 64 << 10 };

	no_core();
	stack.ss_sp = mmap(NULL, stack.ss_size, PROT_NONE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	sigaltstack(&stack, NULL);
	handle_info(SIGUSR1, note_signal, SA_ONSTACK);
	handle_info(SIGSEGV, note_signal, disposition == BLOCKED ? SA_ONSTACK : 0);
	raise_raw(SIGUSR1);
	leave_group(EXIT_CODE);
}

/* No frame for the handler: a SIGSEGV takes its place. */
static void run_bad_stack(const struct scenario *self)
{
	pid_t pid;

	disposition = self->b;
	pid = start_seized(bad_stack, 0);
	wait_stop(pid);
	resume(self->a, pid, SIGUSR1);
	run_out(pid, PTRACE_CONT);
	show_notes();
}

GENERATE(add_handlers)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(handlers); i++) {
		add_scenario(run_handler, i, PTRACE_CONT, FAMILY "/handler_%s",
			     handlers[i].name);
		add_scenario(run_handler, i, PTRACE_SYSCALL,
			     FAMILY "/handler_%s_syscall", handlers[i].name);
		add_scenario(run_handler_masked, i, 0,
			     FAMILY "/handler_%s_masked", handlers[i].name);
	}
	for (i = 0; i < 2; i++) {
		int how = i ? BLOCKED : HANDLED;

		add_scenario(run_bad_stack, PTRACE_CONT, how,
			     FAMILY "/bad_stack%s", i ? "_twice" : "");
		add_scenario(run_bad_stack, PTRACE_SINGLESTEP, how,
			     FAMILY "/bad_stack_step%s", i ? "_twice" : "");
	}
}

/* --- calls that a signal ends, or not */

static uint64_t number;
static struct timespec long_time = { .tv_sec = 1000 };

static void wait_read(void)
{
	CALL3(SYS_read, BLOCK_FD, &number, sizeof(number));
}

static void wait_nanosleep(void)
{
	CALL2(SYS_nanosleep, &long_time, NULL);
}

static void wait_clock(void)
{
	CALL4(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &long_time, NULL);
}

static void wait_pause(void)
{
	CALL0(NR_pause);
}

static void wait_poll(void)
{
	struct pollfd fd = { .fd = BLOCK_FD, .events = POLLIN };

	poll_raw(&fd, 1000000);
}

static void wait_futex(void)
{
	CALL4(SYS_futex, &shared->words[WORD_B], 0, 0, &long_time);
}

static const struct {
	const char *name;
	void (*wait)(void);
	long nr;
} calls[] = {
	{ "read", wait_read, SYS_read },
	{ "nanosleep", wait_nanosleep, SYS_nanosleep },
	{ "clock_nanosleep", wait_clock, SYS_clock_nanosleep },
	{ "pause", wait_pause, NR_pause },
	{ "poll", wait_poll, NR_poll },
	{ "futex", wait_futex, SYS_futex },
};

static void (*wait_call)(void);

static void wait_in_call(void)
{
	handle(SIGTERM, SIG_IGN, 0);
	handle_info(SIGUSR1, note_signal, 0);
	handle_info(SIGUSR2, note_signal, SA_RESTART);
	wait_call();
	note("went on");
	leave_group(EXIT_CODE);
}

static const struct {
	const char *name;
	int sent;		/* 0: PTRACE_INTERRUPT */
	int answer;
} ways[] = {
	{ "interrupt", 0, 0 },
	{ "ignored", SIGTERM, SIGTERM },
	{ "handled", SIGUSR1, SIGUSR1 },
	{ "restarted", SIGUSR2, SIGUSR2 },
	{ "dropped", SIGUSR1, 0 },
	{ "replaced", SIGWINCH, SIGUSR1 },
	{ "stopped", SIGSTOP, SIGSTOP },
};

static const struct {
	const char *name;
	int request;
} requests[] = {
	{ "cont", PTRACE_CONT },
	{ "syscall", PTRACE_SYSCALL },
	{ "step", PTRACE_SINGLESTEP },
};

/* The call that an interrupted one becomes goes by its own number. */
static void until_in_call(pid_t pid)
{
	char state = settle(pid);

	if (state == 'S')
		show_proc(pid);
}

static void interrupt_call(const struct scenario *self)
{
	int way = self->b / ARRAY_SIZE(requests);
	int request = requests[self->b % ARRAY_SIZE(requests)].request;
	pid_t pid;
	int i;

	wait_call = calls[self->a].wait;
	pid = start_seized(wait_in_call, PTRACE_O_TRACESYSGOOD);
	until_in(pid, calls[self->a].nr);
	if (ways[way].sent)
		send(pid, ways[way].sent);
	else
		req(PTRACE_INTERRUPT, pid, 0, 0);
	wait_stop(pid);
	resume(request, pid, ways[way].answer);
	/* Into the handler, or to the call again. */
	for (i = 0; i < 4 && settle(pid) == 'W'; i++) {
		wait_stop(pid);
		if (resume(request, pid, 0))
			break;
	}
	until_in_call(pid);
	run_out(pid, PTRACE_CONT);
	show_notes();
}

static void detach_in_call(const struct scenario *self)
{
	pid_t pid;

	wait_call = calls[self->a].wait;
	pid = start_seized(wait_in_call, 0);
	until_in(pid, calls[self->a].nr);
	req(PTRACE_INTERRUPT, pid, 0, 0);
	wait_stop(pid);
	resume(PTRACE_DETACH, pid, self->b);
	until_in_call(pid);
	run_out(pid, PTRACE_CONT);
	show_notes();
}

GENERATE(add_calls)
{
	int i, k, r;

	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		for (k = 0; k < ARRAY_SIZE(ways); k++) {
			for (r = 0; r < ARRAY_SIZE(requests); r++)
				add_scenario(interrupt_call, i,
					     k * ARRAY_SIZE(requests) + r,
					     FAMILY "/restart_%s/%s_%s",
					     calls[i].name, ways[k].name,
					     requests[r].name);
		}
		add_scenario(detach_in_call, i, 0,
			     FAMILY "/restart_%s/detach", calls[i].name);
		add_scenario(detach_in_call, i, SIGUSR1,
			     FAMILY "/restart_%s/detach_usr1", calls[i].name);
	}
}

/* --- SIGCONT and stops, in the signal stop of either */

SCENARIO(sigcont_between_stops)
{
	pid_t pid;

	raised = SIGTSTP;
	disposition = DEFAULT;
	pid = start_seized(raise_it, 0);
	wait_stop(pid);
	send(pid, SIGCONT);
	show_proc(pid);
	send(pid, SIGSTOP);
	show_proc(pid);
	send(pid, SIGCONT);
	show_proc(pid);
	resume(PTRACE_CONT, pid, SIGTSTP);
	run_out(pid, PTRACE_CONT);
}

SCENARIO(stop_dropped_with_sigcont)
{
	pid_t pid;

	raised = SIGSTOP;
	disposition = DEFAULT;
	pid = start_seized(raise_it, 0);
	wait_stop(pid);
	send(pid, SIGCONT);
	resume(PTRACE_CONT, pid, SIGSTOP);
	wait_stop(pid);
	resume(PTRACE_CONT, pid, SIGSTOP);
	run_out(pid, PTRACE_CONT);
}

/* Without a tracer's word an ignored one is none, with it there is a stop. */
SCENARIO(ignored_then_detached)
{
	pid_t pid;

	raised = SIGTERM;
	disposition = IGNORED;
	pid = start_seized(raise_it, 0);
	wait_stop(pid);
	send(pid, SIGTERM);
	show_proc(pid);
	resume(PTRACE_DETACH, pid, SIGTERM);
	run_out(pid, PTRACE_CONT);
}

/* --- left at a call with the end of the process, and with something else to be done */

enum { THREAD = WORD_A };

static void exit_in_handler(int signo)
{
	leave_group(7);
}

static void stop_all(void)
{
	shared->words[THREAD] = CALL0(SYS_gettid);
	gate_wait(GATE_A);
	CALL3(SYS_tgkill, CALL0(SYS_getpid), shared->words[THREAD], SIGSTOP);
	gate_wait(GATE_B);
}

static void prog_with_handler(void)
{
	struct sigaction action = { .sa_handler = exit_in_handler };

	sigfillset(&action.sa_mask);
	sigaction(SIGUSR1, &action, NULL);
	thread_raw(stop_all);
	while (!shared->words[THREAD])
		nap();
	raise_raw(SIGUSR2);
	CALL0(SYS_getppid);
	leave_group(EXIT_CODE);
}

static void handler_is_due(pid_t pid)
{
	send_thread(pid, pid, SIGUSR1);
}

static void stop_is_due(pid_t pid)
{
	send_thread(pid, pid, SIGSTOP);
}

static void group_stops(pid_t pid)
{
	gate_open(GATE_A);
	until_state(shared->words[THREAD], "T");
}

static const struct {
	const char *name;
	void (*make)(pid_t pid);
	int signo;
} before_end[] = {
	{ "handler", handler_is_due, SIGTERM },
	{ "stop", stop_is_due, SIGIO },
	{ "group_stop", group_stops, SIGTERM },
	{ "group_stop_signal", group_stops, SIGUSR1 },
	{ "group_stop_none", group_stops, 0 },
};

static void left_at_call(const struct scenario *self)
{
	pid_t pid = start_seized(prog_with_handler, PTRACE_O_TRACESYSGOOD);
	int i, status;

	wait_stop(pid);
	for (i = 0; i < self->b; i++) {
		resume(PTRACE_SYSCALL, pid, 0);
		wait_for(pid, WALL);
	}
	before_end[self->a].make(pid);
	resume(PTRACE_DETACH, pid, before_end[self->a].signo);
	status = wait_for(pid, WALL | WUNTRACED);
	if (WIFSTOPPED(status)) {
		send(pid, SIGCONT);
		wait_for(pid, WALL);
	}
}

GENERATE(add_left_at_call)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(before_end); i++) {
		add_scenario(left_at_call, i, 1, FAMILY "/left_at_entry/%s",
			     before_end[i].name);
		add_scenario(left_at_call, i, 2, FAMILY "/left_at_exit/%s",
			     before_end[i].name);
	}
}

SCENARIO(numbers)
{
	static const int numbers[] = {
		-1, KERNEL_NSIG + 1, 2 * KERNEL_NSIG, 4 * KERNEL_NSIG - 1,
		0x8005, 1 << 30
	};
	pid_t pid;
	int i;

	raised = SIGUSR1;
	disposition = DEFAULT;
	pid = start_seized(raise_it, 0);
	wait_stop(pid);
	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		resume(PTRACE_CONT, pid, numbers[i]);
	req(PTRACE_CONT, pid, 0, (unsigned long)(1ull << 32 | SIGUSR2));
	req(PTRACE_CONT, pid, 5, SIGUSR2);
	run_out(pid, PTRACE_CONT);
	show_notes();
}
