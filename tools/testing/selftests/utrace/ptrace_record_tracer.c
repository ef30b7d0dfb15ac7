// SPDX-License-Identifier: GPL-2.0-only
/* The tracer: who may be one, what its end means, and who else waits. */
#define FAMILY "tracer"
#include "ptrace_record_stops.h"

#define WORD_TRACEE	WORD_A
#define WORD_HELPER	WORD_B

/* --- jobs of helpers */

static void attach_it(long pid, long unused)
{
	req(PTRACE_ATTACH, pid, 0, 0);
}

static void stop_it(long pid, long unused)
{
	interrupt_it(pid, 0);
	wait_for(pid, WALL);
}

static void detach_it(long pid, long signo)
{
	resume(PTRACE_DETACH, pid, signo);
}

static void thread_dies(long code, long unused)
{
	leave(code);
}

static void exec_it(long unused_a, long unused_b)
{
	exec_tiny(TINY_64, TINY_PAUSE);
}

/* A thread of the helper that runs this; WORD_HELPER says which it is. */
static void make_thread(long unused_a, long unused_b)
{
	shared->words[WORD_HELPER] = helper_thread();
}

/* --- the tracer's end, in each kind of stop */

static void reach_it(long stop, long options)
{
	pid_t child;

	shared->words[WORD_TRACEE] = reach(stop, &child);
	if (options)
		req(PTRACE_SETOPTIONS, shared->words[WORD_TRACEE], 0, options);
}

enum { EXITS, IS_KILLED, EXECS, NR_WAYS };

static const char * const ways[] = { "exits", "killed", "execs" };

static void end_helper(int h, int way)
{
	pid_t pid = helper_pid(h);

	if (way == EXITS)
		tell_begin(h, die, 3, 0);
	if (way == EXECS) {
		tell_begin(h, exec_it, 0, 0);
		until_in(pid, NR_pause);
		if (shared->words[WORD_TRACEE] > 0)
			show_proc(shared->words[WORD_TRACEE]);
	}
	if (way != EXITS)
		send(pid, SIGKILL);
	wait_for(pid, WALL);
}

/* What T, which is the parent from then on, sees of the tracee. */
static void run_end(const struct scenario *self)
{
	int h = helper();
	pid_t pid;

	tell(h, reach_it, self->a, self->b & 1 ? PTRACE_O_EXITKILL : 0);
	pid = shared->words[WORD_TRACEE];
	end_helper(h, self->b >> 1);
	if (stops[self->a].program == prog_spin)
		release();
	run_out(pid, PTRACE_CONT);
}

/* Those that are no child of T, or not the tracee of the helper's only thread. */
static bool suits(const struct stop *stop)
{
	static const char * const not[] = {
		"new_child", "new_thread", "reaped", "untraced",
		"untraced_stopped", "other_tracer", "other_thread",
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(not); i++) {
		if (!strcmp(stop->name, not[i]))
			return false;
	}
	return true;
}

GENERATE(add_ends)
{
	int i, k;

	for (i = 0; i < nr_stops; i++) {
		for (k = 0; k < 2 * NR_WAYS; k++) {
			if (!suits(&stops[i]) || (stops[i].runs && (k & 1)))
				continue;
			add_scenario(run_end, i, k, FAMILY "/%s_in_%s%s",
				     ways[k >> 1], stops[i].name,
				     k & 1 ? "_exitkill" : "");
		}
	}
}

/* The same while the tracee does not stop, and T is its parent all the time. */
static void run_end_running(const struct scenario *self)
{
	pid_t pid = start(self->a & 2 ? prog_spin : prog_read);
	int h = helper();

	shared->words[WORD_TRACEE] = pid;
	if (self->a & 2)
		until_word(WORD_SPINS, 1);
	else
		until_in(pid, SYS_read);
	tell(h, seize_it, pid, self->a & 1 ? PTRACE_O_EXITKILL : 0);
	end_helper(h, self->b);
	if (!(self->a & 1))
		release();
	wait_info(P_PID, pid, WEXITED);
}

GENERATE(add_running)
{
	int i, k;

	for (i = 0; i < 4; i++) {
		/* A task that spins has no call to look at. */
		for (k = 0; k < (i & 2 ? EXECS : NR_WAYS); k++)
			add_scenario(run_end_running, i, k,
				     FAMILY "/%s_while_%s%s", ways[k],
				     i & 2 ? "spinning" : "blocked",
				     i & 1 ? "_exitkill" : "");
	}
}

/* --- the tracer's end while it steps */

static void on_trap(int signo, siginfo_t *info, void *context)
{
	note("handler %s code=%#x", signal_name(signo), info->si_code);
}

static void step_and_read(void)
{
	if (shared->words[WORD_C])
		handle_info(SIGTRAP, on_trap, 0);
	handle(SIGUSR2, SIG_IGN, 0);
	raise_raw(SIGUSR1);
	prog_read();
}

enum { IN_STEP, IN_SIGNAL, IN_GROUP_STOP, IN_CALL, NR_PLACES };

static const char * const places[] = { "step", "signal", "group", "call" };

static void step_it(long pid, long request)
{
	resume(request, pid, 0);
	wait_for(pid, WALL);
}

static void take_step(long place, long request)
{
	pid_t pid = start_seized(step_and_read, 0);

	shared->words[WORD_TRACEE] = pid;
	wait_for(pid, WALL);
	if (place == IN_CALL) {
		resume(PTRACE_CONT, pid, 0);
		until_in(pid, SYS_read);
		req(PTRACE_INTERRUPT, pid, 0, 0);
		wait_for(pid, WALL);
		resume(request, pid, 0);
		until_in(pid, SYS_read);
		return;
	}
	step_it(pid, request);
	if (place == IN_STEP)
		return;
	send(pid, place == IN_SIGNAL ? SIGUSR2 : SIGSTOP);
	step_it(pid, request);
	if (place == IN_SIGNAL)
		return;
	resume(request, pid, SIGSTOP);
	wait_for(pid, WALL);
}

/* With a request to detach, and without one. */
static void run_step(const struct scenario *self)
{
	int h = helper(), place = self->a / 2;
	pid_t pid;

	shared->words[WORD_C] = self->a & 1;
	tell(h, take_step, place, self->b & 1 ? PTRACE_SINGLEBLOCK :
						PTRACE_SINGLESTEP);
	pid = shared->words[WORD_TRACEE];
	if ((self->b & 2) && place != IN_CALL)
		tell(h, detach_it, pid, 0);
	end_helper(h, IS_KILLED);
	run_out(pid, PTRACE_CONT);
	show_notes();
}

GENERATE(add_steps)
{
	int i, k;

	for (i = 0; HAVE_STEP && i < 2 * NR_PLACES; i++) {
		for (k = 0; k < (i / 2 == IN_CALL ? 2 : 4); k++) {
			if ((k & 1) && !HAVE_SINGLEBLOCK)
				continue;
			add_scenario(run_step, i, k,
				     FAMILY "/%s_%s_in_%s%s",
				     k & 2 ? "detaches" : "ends",
				     k & 1 ? "blockstep" : "step",
				     places[i / 2], i & 1 ? "_handled" : "");
		}
	}
}

/*
 * The next tracer finds the tracee on the way to a trap that it did not ask for, and
 * lets it go without a step.
 */
static void run_next_tracer(const struct scenario *self)
{
	int request = self->b & 1 ? PTRACE_SYSCALL : PTRACE_CONT;
	int h = helper();
	pid_t pid;

	tell(h, take_step, IN_CALL, self->a ? PTRACE_SINGLEBLOCK :
					      PTRACE_SINGLESTEP);
	pid = shared->words[WORD_TRACEE];
	end_helper(h, IS_KILLED);
	req(PTRACE_SEIZE, pid, 0, 0);
	if (self->b & 2) {
		req(PTRACE_INTERRUPT, pid, 0, 0);
		wait_for(pid, WALL);
		resume(request, pid, 0);
	}
	release();
	follow(pid, request, 6);
	run_out(pid, PTRACE_CONT);
}

GENERATE(add_next_tracer)
{
	int i, k;

	for (i = 0; i < HAVE_STEP + HAVE_SINGLEBLOCK; i++)
		for (k = 0; k < 4; k++)
			add_scenario(run_next_tracer, i, k,
				     FAMILY "/next_%s_%s%s",
				     k & 1 ? "syscall" : "cont",
				     k & 2 ? "interrupts_" : "",
				     i ? "blockstep" : "step");
}

/* --- threads of the tracer */

static pid_t start_reader(void)
{
	pid_t pid = start(prog_read);

	until_in(pid, SYS_read);
	shared->words[WORD_TRACEE] = pid;
	return pid;
}

static void thread_ends(long options)
{
	pid_t pid = start_reader();
	int t = helper_thread();
	pid_t tid = helper_pid(t);

	tell(t, seize_it, pid, options);
	show_proc(pid);
	tell(t, stop_it, pid, 0);
	tell_begin(t, thread_dies, 0, 0);
	until_gone(tid);
	if (options & PTRACE_O_EXITKILL) {
		wait_for(pid, WALL);
		return;
	}
	until_in(pid, SYS_read);
	show_proc(pid);
	req(PTRACE_SEIZE, pid, 0, 0);
	run_out(pid, PTRACE_CONT);
}

SCENARIO(thread_exits)
{
	thread_ends(0);
}

SCENARIO(thread_exits_exitkill)
{
	thread_ends(PTRACE_O_EXITKILL);
}

/* The tracees are those of one thread, the wait is for all. */
SCENARIO(threads_compete)
{
	pid_t pid = start_reader();
	int one = helper_thread(), other = helper_thread();

	tell(one, seize_it, pid, 0);
	tell(other, seize_it, pid, 0);
	tell(other, attach_it, pid, 0);
	req(PTRACE_SEIZE, pid, 0, 0);
	tell(other, interrupt_it, pid, 0);
	tell(one, interrupt_it, pid, 0);
	until_state(pid, "t");
	tell(other, wait_it, pid, WALL | WNOTHREAD | WNOHANG);
	tell(other, wait_it, pid, WALL);
	tell(other, cont_it, pid, 0);
	tell(one, wait_it, pid, WALL | WNOHANG);
	tell(other, detach_it, pid, 0);
	tell(one, detach_it, pid, 0);
	until_in(pid, SYS_read);
	tell(other, seize_it, pid, 0);
	tell(other, stop_it, pid, 0);
	run_out(pid, PTRACE_CONT);
	tell(other, cont_it, pid, 0);
	run_out(pid, PTRACE_CONT);
}

/* The first thread leaves, the one that traces stays. */
static void leader_ends(int way)
{
	pid_t pid = start_reader();
	int h = helper(), t;
	pid_t tid;

	tell(h, make_thread, 0, 0);
	t = shared->words[WORD_HELPER];
	tid = helper_pid(t);
	tell(t, seize_it, pid, 0);
	tell(t, stop_it, pid, 0);
	if (way == EXECS) {
		tell_begin(h, exec_it, 0, 0);
		until_in(helper_pid(h), NR_pause);
		until_in(pid, SYS_read);
		show_proc(pid);
	} else {
		tell_begin(h, thread_dies, 0, 0);
		until_state(helper_pid(h), "Z");
		show_proc(pid);
		tell(t, cont_it, pid, 0);
		until_in(pid, SYS_read);
		tell(t, stop_it, pid, 0);
		tell_begin(t, thread_dies, 0, 0);
		until_gone(tid);
		wait_for(helper_pid(h), WALL);
	}
	run_out(pid, PTRACE_CONT);
}

SCENARIO(leader_exits_first)
{
	leader_ends(EXITS);
}

/* The exec ends all threads but one, and with them what they traced. */
SCENARIO(leader_execs)
{
	leader_ends(EXECS);
}

SCENARIO(thread_execs)
{
	pid_t pid = start_reader();
	int h = helper(), t;

	tell(h, make_thread, 0, 0);
	t = shared->words[WORD_HELPER];
	tell(t, seize_it, pid, 0);
	tell(t, stop_it, pid, 0);
	tell_begin(t, exec_it, 0, 0);
	until_in(helper_pid(h), NR_pause);
	show_proc(pid);
	send(helper_pid(h), SIGKILL);
	wait_for(helper_pid(h), WALL);
	until_in(pid, SYS_read);
	run_out(pid, PTRACE_CONT);
}

/* --- one after the other */

SCENARIO(two_tracers)
{
	pid_t pid = start_reader();
	int one = helper(), other = helper();

	tell(one, seize_it, pid, 0);
	tell(other, seize_it, pid, 0);
	tell(other, attach_it, pid, 0);
	req(PTRACE_SEIZE, pid, 0, 0);
	tell(other, interrupt_it, pid, 0);
	tell(other, wait_it, pid, WALL | WNOHANG);
	tell(one, stop_it, pid, 0);
	tell(other, seize_it, pid, 0);
	tell(other, cont_it, pid, 0);
	tell(other, detach_it, pid, 0);
	tell(one, detach_it, pid, 0);
	until_in(pid, SYS_read);
	tell(other, seize_it, pid, 0);
	tell(one, seize_it, pid, 0);
	tell(other, stop_it, pid, 0);
	send(helper_pid(other), SIGKILL);
	wait_for(helper_pid(other), WALL);
	until_in(pid, SYS_read);
	tell(one, attach_it, pid, 0);
	tell(one, wait_it, pid, WALL);
	tell(one, cont_it, pid, 0);
	until_in(pid, SYS_read);
	show_proc(pid);
	release();
	until_state(pid, "Z");
	wait_for(pid, WALL | WNOHANG);
	tell(one, wait_it, pid, WALL);
	wait_for(pid, WALL);
}

/* Handed over in a group stop. */
SCENARIO(second_tracer_of_stopped)
{
	pid_t pid = start(prog_sigstop);
	int one = helper(), other = helper();

	until_state(pid, "T");
	tell(one, seize_it, pid, 0);
	tell(one, wait_it, pid, WALL);
	send(helper_pid(one), SIGKILL);
	wait_for(helper_pid(one), WALL);
	until_state(pid, "T");
	show_proc(pid);
	tell(other, seize_it, pid, 0);
	tell(other, wait_it, pid, WALL);
	tell(other, detach_it, pid, 0);
	until_state(pid, "T");
	send(pid, SIGCONT);
	run_out(pid, PTRACE_CONT);
}

/* Has its last job done and waits for the next one. */
static void idle(pid_t pid)
{
	until_in(pid, SYS_futex);
}

/* Each is stopped by the other, and T lets go of both. */
SCENARIO(mutual)
{
	int one = helper(), other = helper();
	pid_t a = helper_pid(one), b = helper_pid(other);

	tell(one, seize_it, b, 0);
	tell(other, seize_it, a, 0);
	tell(one, stop_it, b, 0);
	tell(one, cont_it, b, 0);
	tell(other, stop_it, a, 0);
	tell(other, cont_it, a, 0);
	idle(b);
	tell(one, stop_it, b, 0);
	idle(a);
	send(a, SIGUSR1);
	until_state(a, "t");
	show_proc(a);
	show_proc(b);
	send(a, SIGKILL);
	until_state(a, "Z");
	until_in(b, SYS_futex);
	wait_for(a, WALL | WNOHANG);
	tell(other, wait_it, a, WALL);
	wait_for(a, WALL);
	idle(b);
	show_proc(b);
}

SCENARIO(mutual_attach)
{
	int one = helper(), other = helper();
	pid_t a = helper_pid(one), b = helper_pid(other);

	tell(one, attach_it, b, 0);
	tell(one, wait_it, b, WALL);
	tell(one, cont_it, b, 0);
	tell(other, attach_it, a, 0);
	tell(other, wait_it, a, WALL);
	tell(other, detach_it, a, 0);
	tell(one, wait_it, b, WALL | WNOHANG);
	send(b, SIGKILL);
	tell(one, wait_it, b, WALL);
	wait_for(b, WALL);
	tell(one, wait_it, b, WALL | WNOHANG);
}

/* A chain: the tracer in the middle is itself stopped. */
SCENARIO(chain)
{
	pid_t pid = start_reader();
	int middle = helper();

	tell(middle, seize_it, pid, 0);
	idle(helper_pid(middle));
	req(PTRACE_SEIZE, helper_pid(middle), 0, PTRACE_O_TRACESYSGOOD);
	req(PTRACE_INTERRUPT, helper_pid(middle), 0, 0);
	wait_for(helper_pid(middle), WALL);
	show_proc(helper_pid(middle));
	send(pid, SIGUSR1);
	until_state(pid, "t");
	resume(PTRACE_CONT, helper_pid(middle), 0);
	tell(middle, wait_it, pid, WALL);
	send(helper_pid(middle), SIGKILL);
	wait_for(helper_pid(middle), WALL);
	run_out(pid, PTRACE_CONT);
}

/* --- a tracer that is traced, and the signals that it gets for its tracee */

static const struct {
	const char *name;
	void (*handler)(int signo, siginfo_t *info, void *context);
	int flags;
} hearings[] = {
	{ "default", NULL, 0 },
	{ "nocldstop", NULL, SA_NOCLDSTOP },
	{ "nocldwait", NULL, SA_NOCLDWAIT },
	{ "handled", note_signal, SA_RESTART },
	{ "ignored", (void *)SIG_IGN, 0 },
};

static void hear_sigchld(long how, long unused)
{
	handle_info(SIGCHLD, hearings[how].handler, hearings[how].flags);
	unblock(SIGCHLD);
}

/* The one of a death comes even if it is ignored: the tracer's tracer sees it. */
static void pass_sigchld(pid_t pid)
{
	if (settle(pid) == 'W') {
		wait_stop(pid);
		resume(PTRACE_CONT, pid, SIGCHLD);
	} else {
		show_settled(pid);
	}
	idle(pid);
}

static void run_traced_tracer(const struct scenario *self)
{
	pid_t pid = start_reader();
	int h = helper();
	pid_t tracer = helper_pid(h);

	tell(h, hear_sigchld, self->a, 0);
	tell(h, seize_it, pid, 0);
	idle(tracer);
	req(PTRACE_SEIZE, tracer, 0, 0);
	send(pid, SIGUSR1);
	until_state(pid, "t");
	pass_sigchld(tracer);
	tell(h, wait_it, pid, WALL);
	idle(tracer);
	send(pid, SIGKILL);
	until_state(pid, "Z");
	pass_sigchld(tracer);
	tell(h, wait_it, pid, WALL);
	wait_for(pid, WALL);
	show_notes();
}

GENERATE(add_traced_tracer)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(hearings); i++)
		add_scenario(run_traced_tracer, i, 0,
			     FAMILY "/traced_tracer_sigchld_%s",
			     hearings[i].name);
}

/* --- who cannot be traced */

static bool is_kernel_thread(pid_t pid)
{
	char stat[1024], *at;
	unsigned int flags;

	if (read_proc(pid, "stat", stat, sizeof(stat)) <= 0)
		return false;
	at = strrchr(stat, ')');
	return at && sscanf(at + 1, " %*c %*d %*d %*d %*d %*d %u",
			    &flags) == 1 && (flags & 0x200000);
}

SCENARIO(impossible)
{
	static const pid_t pids[] = { 0, -1, -2, 0x3fffff, 0x7fffffff };
	int i, t = helper_thread();

	for (i = 0; i < ARRAY_SIZE(pids); i++) {
		req(PTRACE_SEIZE, pids[i] > 0x10000 ? 0x3fffff : pids[i], 0, 0);
		req(PTRACE_ATTACH, pids[i] > 0x10000 ? 0x3fffff : pids[i], 0,
		    0);
	}
	req(PTRACE_SEIZE, getpid(), 0, 0);
	req(PTRACE_ATTACH, getpid(), 0, 0);
	req(PTRACE_SEIZE, helper_pid(t), 0, 0);
	req(PTRACE_ATTACH, helper_pid(t), 0, 0);
	tell(t, seize_it, getpid(), 0);
	req(PTRACE_CONT, getpid(), 0, 0);
	if (!is_kernel_thread(2)) {
		rec("2 is no kernel thread");
		return;
	}
	req(PTRACE_SEIZE, 2, 0, 0);
	req(PTRACE_ATTACH, 2, 0, 0);
	req(PTRACE_INTERRUPT, 2, 0, 0);
}

/* --- TRACEME */

static void ask_for_tracer(void)
{
	long result = CALL4(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0);

	note("traceme %s", result_text(result));
}

static void traceme_twice(void)
{
	ask_for_tracer();
	ask_for_tracer();
	raise_raw(SIGUSR1);
	ask_for_tracer();
	leave_group(EXIT_CODE);
}

SCENARIO(traceme_again)
{
	pid_t pid = start(traceme_twice);

	run_out(pid, PTRACE_CONT);
	show_notes();
}

SCENARIO(traceme_of_tracee)
{
	pid_t pid = start_seized(traceme_twice, 0);

	run_out(pid, PTRACE_CONT);
	show_notes();
}

static void traceme_when_told(void)
{
	gate_wait(GATE_A);
	ask_for_tracer();
	raise_raw(SIGUSR1);
	leave_group(EXIT_CODE);
}

static void start_it(long unused_a, long unused_b)
{
	shared->words[WORD_TRACEE] = start(traceme_when_told);
}

/* The parent that it has by then. */
SCENARIO(traceme_of_orphan)
{
	int h = helper();
	pid_t pid;

	tell(h, start_it, 0, 0);
	pid = shared->words[WORD_TRACEE];
	until_in(pid, SYS_futex);
	end_helper(h, EXITS);
	gate_open(GATE_A);
	run_out(pid, PTRACE_CONT);
	show_notes();
}

SCENARIO(traceme_and_parent_ends)
{
	int h = helper();
	pid_t pid;

	tell(h, start_it, 0, 0);
	pid = shared->words[WORD_TRACEE];
	gate_open(GATE_A);
	until_state(pid, "t");
	show_proc(pid);
	end_helper(h, EXITS);
	run_out(pid, PTRACE_CONT);
	show_notes();
}

/* A child of one thread, of which another one waits. */
SCENARIO(traceme_of_threads_child)
{
	int t = helper_thread();
	pid_t pid;

	tell(t, start_it, 0, 0);
	pid = shared->words[WORD_TRACEE];
	gate_open(GATE_A);
	until_state(pid, "t");
	wait_for(pid, WALL | WNOTHREAD | WNOHANG);
	wait_for(pid, WALL);
	req(PTRACE_CONT, pid, 0, 0);
	tell(t, cont_it, pid, 0);
	wait_for(pid, WALL);
	show_notes();
}

SCENARIO(traceme_and_thread_ends)
{
	int t = helper_thread();
	pid_t pid, tid = helper_pid(t);

	tell(t, start_it, 0, 0);
	pid = shared->words[WORD_TRACEE];
	gate_open(GATE_A);
	until_state(pid, "t");
	tell_begin(t, thread_dies, 0, 0);
	until_gone(tid);
	run_out(pid, PTRACE_CONT);
	show_notes();
}

static void thread_traceme(void)
{
	CALL4(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0);
	gate_wait(GATE_B);
	leave(4);
}

static void traceme_in_thread(void)
{
	shared->words[WORD_TRACEE] = thread_raw(thread_traceme);
	gate_wait(GATE_A);
	leave_group(EXIT_CODE);
}

static pid_t thread_of(void (*program)(void), pid_t *thread)
{
	pid_t pid = start(program);

	while (!(*thread = shared->words[WORD_TRACEE]))
		nap();
	name_child(*thread);
	until_in(*thread, SYS_futex);
	until_in(pid, SYS_futex);
	return pid;
}

/* A thread, and not its leader. */
SCENARIO(traceme_by_thread)
{
	pid_t thread, pid = thread_of(traceme_in_thread, &thread);

	show_proc(pid);
	show_proc(thread);
	send_thread(pid, thread, SIGUSR1);
	wait_stop(thread);
	resume(PTRACE_CONT, thread, 0);
	gate_open(GATE_B);
	wait_for(thread, WALL);
	gate_open(GATE_A);
	wait_for(pid, WALL);
}

/* --- waits */

/* A tracee that is a thread, silent, or somebody else's child. */
static void clone_silent(void)
{
	pid_t pid = clone_raw(0, prog_read);

	shared->words[WORD_TRACEE] = pid;
	gate_wait(GATE_A);
	CALL4(SYS_wait4, pid, NULL, WALL, NULL);
	leave_group(EXIT_CODE);
}

static void clone_thread(void)
{
	shared->words[WORD_TRACEE] = thread_raw(prog_read);
	gate_wait(GATE_A);
	leave_group(EXIT_CODE);
}

static void fork_reader(void)
{
	pid_t pid;

	block(SIGCHLD);
	pid = fork_raw();
	if (!pid)
		prog_read();
	shared->words[WORD_TRACEE] = pid;
	gate_wait(GATE_A);
	CALL4(SYS_wait4, pid, NULL, WALL, NULL);
	leave_group(EXIT_CODE);
}

static pid_t child_of(void (*program)(void))
{
	pid_t pid;

	start(program);
	while (!(pid = shared->words[WORD_TRACEE]))
		nap();
	name_child(pid);
	until_in(pid, SYS_read);
	return pid;
}

static const struct {
	const char *name;
	void (*program)(void);	/* NULL: the tracee is T's own child */
} kinds[] = {
	{ "own", NULL },
	{ "silent", clone_silent },
	{ "thread", clone_thread },
	{ "foreign", fork_reader },
};

static const int wait_ways[] = {
	0, WALL, WCLONE, WUNTRACED, WNOTHREAD, WALL | WNOTHREAD,
	WCLONE | WUNTRACED, WCONTINUED,
};

static void wait_all_ways(pid_t pid, int extra)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(wait_ways); i++) {
		int flags = wait_ways[i] | WNOHANG;

		wait_info(P_PID, pid, flags | WNOWAIT | WEXITED);
		wait_info(P_PID, pid, flags | WNOWAIT | WSTOPPED);
		wait_info(P_ALL, 0, flags | WNOWAIT | WSTOPPED | extra);
	}
}

static void in_other_thread(long pid, long unused)
{
	wait_all_ways(pid, WEXITED);
}

static void wait_ways_of(const struct scenario *self)
{
	pid_t pid = kinds[self->a].program ? child_of(kinds[self->a].program) :
					     start_reader();
	int t = helper_thread();

	req(PTRACE_SEIZE, pid, 0, 0);
	wait_all_ways(pid, 0);
	req(PTRACE_INTERRUPT, pid, 0, 0);
	until_state(pid, "t");
	wait_all_ways(pid, 0);
	tell(t, in_other_thread, pid, 0);
	wait_for(pid, WALL);
	wait_all_ways(pid, 0);
	send(pid, SIGKILL);
	if (kinds[self->a].program == clone_thread)
		return;
	until_state(pid, "Z");
	wait_all_ways(pid, WEXITED);
	tell(t, in_other_thread, pid, 0);
	wait_for(pid, WALL);
	wait_for(pid, WALL | WNOHANG);
}

/* By group and by descriptor. */
SCENARIO(wait_by_group)
{
	pid_t pid = start_reader();
	int fd = syscall(SYS_pidfd_open, pid, 0);
	siginfo_t info = {};

	req(PTRACE_SEIZE, pid, 0, 0);
	req(PTRACE_INTERRUPT, pid, 0, 0);
	until_state(pid, "t");
	wait_info(P_PGID, pid, WSTOPPED | WNOHANG | WNOWAIT);
	wait_info(P_PGID, 0, WSTOPPED | WNOHANG | WNOWAIT);
	wait_for(0, WALL | WNOHANG);
	rec("pidfd %s", result_text(waitid(P_PIDFD, fd, &info, WSTOPPED |
					   WNOHANG) ? -errno : 0));
	rec("  %s", siginfo_text(&info));
	wait_info(P_PGID, pid, WSTOPPED | WNOHANG);
	run_out(pid, PTRACE_CONT);
	close(fd);
}

GENERATE(add_waits)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		add_scenario(wait_ways_of, i, 0, FAMILY "/wait_%s",
			     kinds[i].name);
}

/* --- a dead tracee is the tracer's first */

static void parent_looks(pid_t pid)
{
	show_sigchld();
	wait_info(P_PID, pid, WEXITED | WSTOPPED | WNOHANG | WNOWAIT);
	wait_for(pid, WNOHANG | WUNTRACED);
}

static pid_t dead_tracee(int h)
{
	pid_t pid = start_held(prog_exit);

	tell(h, seize_it, pid, 0);
	let_go(pid);
	until_state(pid, "Z");
	parent_looks(pid);
	return pid;
}

SCENARIO(zombie_is_hidden)
{
	int h = helper();
	pid_t pid = dead_tracee(h);

	tell(h, wait_it, pid, WALL);
	wait_sigchld();
	parent_looks(pid);
}

SCENARIO(zombie_cannot_be_detached)
{
	int h = helper();
	pid_t pid = dead_tracee(h);

	tell(h, detach_it, pid, 0);
	tell(h, interrupt_it, pid, 0);
	parent_looks(pid);
	tell(h, wait_it, pid, WALL | WNOWAIT);
	parent_looks(pid);
	tell(h, wait_it, pid, WALL);
	parent_looks(pid);
}

SCENARIO(zombie_and_tracer_ends)
{
	int h = helper();
	pid_t pid = dead_tracee(h);

	send(helper_pid(h), SIGKILL);
	wait_for(helper_pid(h), WALL);
	parent_looks(pid);
}

/* Its parent does not want to know. */
static void zombie_autoreaped(const struct scenario *self)
{
	struct sigaction action = { .sa_handler = SIG_IGN };
	int h = helper();
	pid_t pid;

	if (self->a) {
		action.sa_handler = SIG_DFL;
		action.sa_flags = SA_NOCLDWAIT;
	}
	sigaction(SIGCHLD, &action, NULL);
	pid = dead_tracee(h);
	if (self->b)
		end_helper(h, IS_KILLED);
	else
		tell(h, wait_it, pid, WALL);
	until_gone(pid);
	wait_for(pid, WNOHANG);
}

GENERATE(add_autoreaped)
{
	add_scenario(zombie_autoreaped, 0, 0, FAMILY "/zombie_ignored");
	add_scenario(zombie_autoreaped, 1, 0, FAMILY "/zombie_nocldwait");
}

SCENARIO(attach_to_zombie)
{
	pid_t pid = start(prog_exit);

	until_state(pid, "Z");
	req(PTRACE_SEIZE, pid, 0, 0);
	req(PTRACE_ATTACH, pid, 0, 0);
	wait_for(pid, 0);
	req(PTRACE_SEIZE, pid, 0, 0);
}

/* --- the real parent's end */

static void start_reader_it(long unused_a, long unused_b)
{
	pid_t pid = start(prog_read);

	until_in(pid, SYS_read);
	shared->words[WORD_TRACEE] = pid;
}

static void note_parent(void)
{
	uint64_t n;

	prctl(PR_SET_PDEATHSIG, SIGUSR1);
	handle(SIGUSR1, SIG_IGN, 0);
	CALL3(SYS_read, BLOCK_FD, &n, sizeof(n));
	note("parent %s", who(CALL0(SYS_getppid)));
	leave_group(EXIT_CODE);
}

static void start_noting(long unused_a, long unused_b)
{
	pid_t pid = start(note_parent);

	until_in(pid, SYS_read);
	shared->words[WORD_TRACEE] = pid;
}

/* Who traces it is not who gets it. */
SCENARIO(parent_ends)
{
	int h = helper();
	pid_t pid;

	tell(h, start_noting, 0, 0);
	pid = shared->words[WORD_TRACEE];
	req(PTRACE_SEIZE, pid, 0, 0);
	send(helper_pid(h), SIGKILL);
	wait_for(helper_pid(h), WALL);
	wait_stop(pid);
	run_out(pid, PTRACE_CONT);
	show_notes();
}

/* And the tracer's end sends no such signal. */
SCENARIO(tracer_ends_parent_stays)
{
	pid_t pid = start(note_parent);
	int h = helper();

	until_in(pid, SYS_read);
	tell(h, seize_it, pid, 0);
	tell(h, stop_it, pid, 0);
	send(helper_pid(h), SIGKILL);
	wait_for(helper_pid(h), WALL);
	until_in(pid, SYS_read);
	show_proc(pid);
	run_out(pid, PTRACE_CONT);
	show_notes();
}

SCENARIO(parent_ends_before_tracer)
{
	int parent = helper(), tracer = helper();
	pid_t pid;

	tell(parent, start_reader_it, 0, 0);
	pid = shared->words[WORD_TRACEE];
	tell(tracer, seize_it, pid, 0);
	tell(tracer, stop_it, pid, 0);
	send(helper_pid(parent), SIGKILL);
	wait_for(helper_pid(parent), WALL);
	wait_for(pid, WALL | WNOHANG);
	send(helper_pid(tracer), SIGKILL);
	wait_for(helper_pid(tracer), WALL);
	until_in(pid, SYS_read);
	run_out(pid, PTRACE_CONT);
}
