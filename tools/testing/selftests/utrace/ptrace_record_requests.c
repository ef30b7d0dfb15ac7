// SPDX-License-Identifier: GPL-2.0-only
/* Each request in each state of a task. */
#define FAMILY "request"
#include "ptrace_record_stops.h"

static char page[4096];
static char words[16];

/* --- requests that leave the task where it is */

static void peek_and_poke(pid_t pid)
{
	static unsigned long data;

	req(PTRACE_PEEKTEXT, pid, (long)call6, (long)&data);
	rec("  = %d", !memcmp(&data, call6, sizeof(data)));
	req(PTRACE_PEEKDATA, pid, (long)words, (long)&data);
	req(PTRACE_PEEKDATA, pid, (long)words + 1, (long)&data);
	req(PTRACE_PEEKDATA, pid, 0, (long)&data);
	req(PTRACE_PEEKDATA, pid, -8ul, (long)&data);
	req(PTRACE_PEEKDATA, pid, (long)words, 0);
	req(PTRACE_POKETEXT, pid, (long)call6, data);
	req(PTRACE_POKEDATA, pid, (long)words, 5);
	req(PTRACE_POKEDATA, pid, 0, 5);
	req(PTRACE_POKEDATA, pid, TOP_BIT, 5);
}

static void signals(pid_t pid)
{
	struct peeksiginfo_args args = { .nr = 1 };
	static struct kernel_sigset set;
	siginfo_t info = {};

	if (!req(PTRACE_GETSIGINFO, pid, 0, (long)&info))
		rec("  %s", siginfo_text(&info));
	req(PTRACE_SETSIGINFO, pid, 0, (long)&info);
	req(PTRACE_GETSIGINFO, pid, 0, 0);
	req(PTRACE_PEEKSIGINFO, pid, (long)&args, (long)page);
	args.nr = -1;
	req(PTRACE_PEEKSIGINFO, pid, (long)&args, (long)page);
	args.nr = 1;
	args.flags = 2;
	req(PTRACE_PEEKSIGINFO, pid, (long)&args, (long)page);
	set = sigset_of(0);
	req(PTRACE_GETSIGMASK, pid, sizeof(set), (long)&set);
	rec("  %#" PRIx64, bits_of(&set));
	req(PTRACE_SETSIGMASK, pid, sizeof(set), (long)&set);
	req(PTRACE_GETSIGMASK, pid, 4, (long)&set);
	req(PTRACE_SETSIGMASK, pid, 4, (long)&set);
	req(PTRACE_SETSIGMASK, pid, sizeof(set), 0);
}

static void others(pid_t pid)
{
	static uint64_t metadata[2];

	req(PTRACE_GETEVENTMSG, pid, 0, 0);
	req(PTRACE_GET_SYSCALL_INFO, pid, sizeof(page), (long)page);
	req(PTRACE_GET_SYSCALL_INFO, pid, 8, (long)page);
	req(PTRACE_GET_SYSCALL_INFO, pid, 0, 0);
	req(PTRACE_GET_SYSCALL_INFO, pid, 8, 0);
	req(PTRACE_GET_RSEQ_CONFIGURATION, pid, 24, (long)page);
	req(PTRACE_GET_RSEQ_CONFIGURATION, pid, 8, (long)page);
	req(PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG, pid, 32, (long)page);
	memset(page, 0, sizeof(page));
	req(PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG, pid, 32, (long)page);
	req(PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG, pid, 8, (long)page);
	req(PTRACE_SECCOMP_GET_FILTER, pid, 0, (long)page);
	req(PTRACE_SECCOMP_GET_FILTER, pid, 9, (long)page);
	req(PTRACE_SECCOMP_GET_METADATA, pid, sizeof(metadata),
	    (long)metadata);
	req(PTRACE_SETOPTIONS, pid, 0, 1ul << 30);
	req(PTRACE_ATTACH, pid, 0, 0);
	req(PTRACE_SEIZE, pid, 0, 0);
	req(PTRACE_SEIZE, pid, 1, 0);
	req(PTRACE_TRACEME, pid, 0, 0);
	req(10, pid, 0, 0);
	req(0x4200 + 0x80, pid, 0, 0);
	req(-1, pid, 0, 0);
}

static void resume_wrongly(pid_t pid)
{
	static const int requests[] = {
		PTRACE_CONT, PTRACE_SYSCALL, PTRACE_SINGLESTEP, PTRACE_SYSEMU,
		PTRACE_SYSEMU_SINGLESTEP, PTRACE_SINGLEBLOCK, PTRACE_DETACH,
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(requests); i++) {
		if (!have_request(requests[i]))
			continue;
		resume(requests[i], pid, KERNEL_NSIG + 1);
		resume(requests[i], pid, -1);
	}
}

static const struct {
	const char *name;
	void (*ask)(pid_t pid);
} questions[] = {
	{ "memory", peek_and_poke },
	{ "user", ask_user_area },
	{ "registers", ask_registers },
	{ "signals", signals },
	{ "others", others },
	{ "bad_signal", resume_wrongly },
	{ "show", show },
};

/* Attaching to what is not traced is a family of its own. */
static bool untraced(int stop)
{
	return !strncmp(stops[stop].name, "untraced", 8);
}

/* The older of the two may wait for the younger. */
static void run_both(pid_t pid, pid_t child)
{
	if (child)
		run_out(child, PTRACE_CONT);
	run_out(pid, PTRACE_CONT);
}

static void ask(const struct scenario *self)
{
	pid_t child, pid = reach(self->a, &child);

	questions[self->b].ask(pid);
	if (stops[self->a].runs)
		return;
	resume(PTRACE_CONT, pid, 0);
	run_both(pid, child);
}

/* --- requests that move it */

static const struct {
	const char *name;
	int request;
	int signo;
} moves[] = {
	{ "cont", PTRACE_CONT },
	{ "cont_usr2", PTRACE_CONT, SIGUSR2 },
	{ "cont_stop", PTRACE_CONT, SIGSTOP },
	{ "syscall", PTRACE_SYSCALL },
	{ "step", PTRACE_SINGLESTEP },
	{ "step_usr2", PTRACE_SINGLESTEP, SIGUSR2 },
	{ "block", PTRACE_SINGLEBLOCK },
	{ "sysemu", PTRACE_SYSEMU },
	{ "sysemu_step", PTRACE_SYSEMU_SINGLESTEP },
	{ "kill", PTRACE_KILL },
	{ "interrupt", PTRACE_INTERRUPT },
	{ "listen", PTRACE_LISTEN },
	{ "detach", PTRACE_DETACH },
	{ "detach_usr2", PTRACE_DETACH, SIGUSR2 },
	{ "detach_stop", PTRACE_DETACH, SIGSTOP },
};

/*
 * One move, and where that leads. Only after it the task is run to its end, as
 * a tracer would; what a detached one does until then is seen by its parent.
 */
static void move(const struct scenario *self)
{
	pid_t child, pid = reach(self->a, &child);

	resume(moves[self->b].request, pid, moves[self->b].signo);
	run_both(pid, child);
}

/* The tasks that are not stopped: few of these get more than an error. */
static void move_running(const struct scenario *self)
{
	pid_t child, pid = reach(self->a, &child);

	if (!resume(moves[self->b].request, pid, moves[self->b].signo))
		show_settled(pid);
	if (stops[self->a].program == prog_spin)
		release();
	run_out(pid, PTRACE_CONT);
}

GENERATE(add_requests)
{
	int i, k;

	for (i = 0; i < nr_stops; i++) {
		for (k = 0; k < ARRAY_SIZE(questions); k++) {
			if (!untraced(i) || questions[k].ask != others)
				add_scenario(ask, i, k, FAMILY "/%s/%s",
					     stops[i].name,
					     questions[k].name);
		}
		for (k = 0; k < ARRAY_SIZE(moves); k++) {
			if (have_request(moves[k].request))
				add_scenario(stops[i].runs ? move_running : move,
					     i, k, FAMILY "/%s/%s",
					     stops[i].name, moves[k].name);
		}
	}
}

/* --- PTRACE_INTERRUPT at the moment of another stop */

enum { ROUNDS = WORD_A, BROKEN = WORD_B };

/* Waits for a signal that does not come, and counts what breaks the wait. */
static void wait_for_a_signal(void)
{
	struct timespec ms = { .tv_nsec = 1000000 };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (;;) {
		if (sigtimedwait(&set, NULL, &ms) < 0 && errno == EINTR)
			shared->words[BROKEN]++;
		shared->words[ROUNDS]++;
	}
}

/* The next stop, or zero if the task does not stop. */
static int stop_after(int request, pid_t pid)
{
	int status;

	if (ptrace_raw(request, pid, 0, 0) || waitpid(pid, &status, WALL) != pid ||
	    !WIFSTOPPED(status))
		return 0;
	return status >> 8;
}

/* From the entry of a call on: is it broken, and by nothing that stops the task? */
static bool breaks_for_nothing(pid_t pid)
{
	long rounds = shared->words[ROUNDS], broken = shared->words[BROKEN];

	ptrace_raw(PTRACE_CONT, pid, 0, 0);
	while (shared->words[ROUNDS] == rounds)
		if (waitpid(pid, NULL, WNOHANG | WALL)) {
			ptrace_raw(PTRACE_CONT, pid, 0, 0);
			return false;
		}
	return shared->words[BROKEN] != broken;
}

/* How many of the calls are broken depends on who is faster, but not why. */
SCENARIO(interrupt_breaks_no_call_without_its_stop)
{
	int event = PTRACE_EVENT_STOP << 8 | SIGTRAP, stop = event, i, bad = 0;
	double limit = now() + 4, end;
	pid_t pid = start(wait_for_a_signal);

	req(PTRACE_SEIZE, pid, 0, 0);
	for (i = 0; i < 1000 && now() < limit; i++) {
		stop = stop_after(PTRACE_INTERRUPT, pid);
		if (stop != event)
			break;
		ptrace_raw(PTRACE_SYSCALL, pid, 0, 0);
		/* Not always in the same moment. */
		for (end = now() + i % 100 / 1e6; now() < end;)
			;
		stop = stop_after(PTRACE_INTERRUPT, pid);
		if (stop == event)
			ptrace_raw(PTRACE_CONT, pid, 0, 0);
		else if (stop == SIGTRAP)
			bad += breaks_for_nothing(pid);
		else
			break;
	}
	rec("%d broken for nothing, the last stop %s", bad,
	    stop == event || stop == SIGTRAP ? "as it should be" : "another");
	send(pid, SIGKILL);
	wait_stop(pid);
}

/* --- PTRACE_INTERRUPT before a call that makes a task or another program */

static void idle_thread(void)
{
	gate_wait(GATE_A);
}

static void exec_of_two(void)
{
	thread_raw(idle_thread);
	prog_exec();
}

static const struct {
	const char *name;
	void (*program)(void);
	long nr;
} makers[] = {
	{ "fork", prog_fork, NR_fork },
	{ "vfork", prog_vfork, NR_vfork },
	{ "clone", prog_clone, SYS_clone },
	{ "exec", prog_exec, SYS_execveat },
	{ "exec_of_two", exec_of_two, SYS_execveat },
};

#define MAKER_EVENTS	(CHILD_EVENTS | PTRACE_O_TRACEEXEC)

static const struct {
	const char *name;
	long options;
	int request;
} maker_ways[] = {
	{ "cont", 0, PTRACE_CONT },
	{ "events", MAKER_EVENTS, PTRACE_CONT },
	{ "calls", MAKER_EVENTS | PTRACE_O_TRACESYSGOOD, PTRACE_SYSCALL },
};

/* From a stop on, with nothing recorded. */
static bool until_entry(pid_t pid, long nr)
{
	struct syscall_info info;
	int i;

	for (i = 0; i < 20 && stop_after(PTRACE_SYSCALL, pid); i++) {
		memset(&info, 0, sizeof(info));
		ptrace_raw(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info),
			   (long)&info);
		if (info.op == SYSCALL_INFO_ENTRY && (long)info.entry.nr == nr)
			return true;
	}
	rec("%s never calls %s", who(pid), syscall_name(nr));
	return false;
}

/*
 * No new task is made as long as the trap is due, but a program is executed, and
 * with other threads the trap goes, too. The events are asked for late, so that
 * such a thread is not traced.
 */
static void interrupt_at_entry(const struct scenario *self)
{
	pid_t pid = start_held(makers[self->a].program);

	req(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACESYSGOOD);
	req(PTRACE_INTERRUPT, pid, 0, 0);
	wait_for(pid, WALL);
	let_go(pid);
	if (!until_entry(pid, makers[self->a].nr))
		return;
	req(PTRACE_SETOPTIONS, pid, 0, maker_ways[self->b].options);
	req(PTRACE_INTERRUPT, pid, 0, 0);
	resume(maker_ways[self->b].request, pid, 0);
	run_out(pid, maker_ways[self->b].request);
}

GENERATE(add_at_entry)
{
	int i, k;

	for (i = 0; i < ARRAY_SIZE(makers); i++) {
		for (k = 0; k < ARRAY_SIZE(maker_ways); k++)
			add_scenario(interrupt_at_entry, i, k,
				     FAMILY "/interrupt_at_entry_%s/%s",
				     makers[i].name, maker_ways[k].name);
	}
}

/* --- what is known to differ between kernels, see Documentation/trace/utrace */

static const char *have_file(pid_t pid, const char *file)
{
	char text[512];

	return read_proc(pid, file, text, sizeof(text)) < 0 ? "no" : "yes";
}

SCENARIO(files_in_proc)
{
	pid_t pid = start_seized(prog_signal, 0);
	char file[32];

	wait_stop(pid);
	snprintf(file, sizeof(file), "task/%d/utrace", pid);
	rec("utrace %s, of a thread %s", have_file(pid, "utrace"),
	    have_file(pid, file));
	run_out(pid, PTRACE_CONT);
}

#ifdef __x86_64__
/* Others do not all know where a task sleeps. */
SCENARIO(place_in_kernel)
{
	pid_t pid = start_seized(prog_signal, 0);
	char place[64] = "";

	wait_stop(pid);
	read_proc(pid, "wchan", place, sizeof(place));
	rec("sleeps in ptrace_stop(): %s",
	    strncmp(place, "ptrace_stop", 11) ? "no" : "yes");
	run_out(pid, PTRACE_CONT);
}
#endif
