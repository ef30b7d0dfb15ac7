// SPDX-License-Identifier: GPL-2.0-only
/* Single steps, block steps, emulated calls; the debug registers. */
#define FAMILY "step"
#include <linux/perf_event.h>
#include "ptrace_record_stops.h"

void prepare_piece(void)
{
	piece_page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void show_step(pid_t pid)
{
	unsigned long dr6 = 0;

	show_siginfo(pid);
	show_regs(pid);
	ptrace_raw(PTRACE_PEEKUSER, pid, offsetof(struct user, u_debugreg[6]),
		   (long)&dr6);
	if (dr6)
		rec("  dr6 %#lx", dr6);
}

static int step_stop(pid_t pid)
{
	int status = wait_for(pid, WALL);

	if (status != -1 && WIFSTOPPED(status))
		show_step(pid);
	return status;
}

static bool in_piece(pid_t pid)
{
	struct user_regs_struct regs = {};
	const char *at;

	ptrace_raw(PTRACE_GETREGS, pid, 0, (long)&regs);
	at = where(regs.REGS_IP);
	return !strncmp(at, "piece", 5);
}

static int signal_of(int status)
{
	int signo = WSTOPSIG(status);

	return status >> 16 || signo == SIGTRAP || signo == SYSCALL_TRAP ?
	       0 : signo;
}

/* A new task ends before its parent goes on; it is stepped a bit itself. */
static void step_child(pid_t child, int request)
{
	int i;

	name_child(child);
	step_stop(child);
	for (i = 0; i < 3; i++) {
		resume(request, child, 0);
		if (step_stop(child) == -1)
			return;
	}
	run_out(child, PTRACE_CONT);
}

/* A return from a handler takes some steps. No call there is to be emulated. */
static int outside_limit(int request)
{
	return request == PTRACE_SYSEMU || request == PTRACE_SYSEMU_SINGLESTEP ?
	       1 : 4;
}

/* Until the piece is left for more than that, or it took long enough. */

static void step_through(pid_t pid, int first, int request, int signo)
{
	int i, status, outside = 0;
	pid_t child;

	resume(first, pid, signo);
	for (i = 0; i < 24; i++) {
		status = step_stop(pid);
		if (status == -1 || !WIFSTOPPED(status))
			return;
		child = event_child(pid, status);
		if (!child && !in_piece(pid) && ++outside == outside_limit(request))
			break;
		if (child)
			step_child(child, request);
		resume(request, pid, signal_of(status));
	}
	if (i < 24)
		resume(PTRACE_CONT, pid, 0);
	else
		send(pid, SIGKILL);
}

static pid_t start_piece(void (*what)(void), long options)
{
	pid_t pid;

	piece = what;
	pid = start_seized(do_piece, options);
	step_stop(pid);
	return pid;
}

static void finish(pid_t pid)
{
	run_out(pid, PTRACE_CONT);
	show_notes();
}

/* --- each piece with each request */

static const struct {
	const char *name;
	void (*piece)(void);
} pieces[] = {
	{ "plain", piece_plain },
	{ "call", piece_call },
#ifdef HAVE_CALL32
	{ "call32", piece_call32 },
#endif
	{ "popf", piece_popf },
	{ "pushf", piece_pushf },
	{ "int3", piece_int3 },
	{ "rep", piece_rep },
	{ "ss", piece_ss },
	{ "touch", piece_touch },
	{ "fault", piece_fault },
	{ "fork", piece_fork },
	{ "vfork", piece_vfork },
	{ "clone", piece_clone },
	{ "raise", piece_raise },
};

static const struct {
	const char *name;
	int request;
	long options;
	int signo;
	bool probed;		/* over instructions with a probe, too */
} manners[] = {
	{ "step", PTRACE_SINGLESTEP, .probed = true },
	{ "step_events", PTRACE_SINGLESTEP, CHILD_EVENTS | PTRACE_O_TRACESYSGOOD },
	{ "block", PTRACE_SINGLEBLOCK, .probed = true },
	{ "block_events", PTRACE_SINGLEBLOCK, CHILD_EVENTS },
	{ "syscall", PTRACE_SYSCALL, PTRACE_O_TRACESYSGOOD },
	{ "cont", PTRACE_CONT, CHILD_EVENTS, .probed = true },
	{ "sysemu", PTRACE_SYSEMU, PTRACE_O_TRACESYSGOOD },
	{ "sysemu_step", PTRACE_SYSEMU_SINGLESTEP, PTRACE_O_TRACESYSGOOD },
	{ "step_handled", PTRACE_SINGLESTEP, 0, SIGUSR1, true },
	{ "block_handled", PTRACE_SINGLEBLOCK, 0, SIGUSR1 },
	{ "step_ignored", PTRACE_SINGLESTEP, 0, SIGTERM },
};

static void run(const struct scenario *self)
{
	int request = manners[self->b].request;
	pid_t pid = start_piece(pieces[self->a].piece,
				manners[self->b].options);

	step_through(pid, request, request, manners[self->b].signo);
	finish(pid);
}

GENERATE(add_steps)
{
	int i, k;

	for (i = 0; i < ARRAY_SIZE(pieces); i++) {
		for (k = 0; k < ARRAY_SIZE(manners); k++)
			add_scenario(run, i, k, FAMILY "/%s/%s",
				     pieces[i].name, manners[k].name);
	}
}

/* --- the same over an instruction with a probe of the kernel's (uprobe) */

#define UPROBE_TYPE	"/sys/bus/event_source/devices/uprobe/type"

/* Where an address of the program is in its file. */
static unsigned long file_offset(unsigned long address)
{
	unsigned long start, end, offset, result = 0;
	FILE *file = fopen("/proc/self/maps", "r");
	char line[512];

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%lx-%lx %*s %lx", &start, &end, &offset) == 3 &&
		    address >= start && address < end)
			result = address - start + offset;
	}
	if (file)
		fclose(file);
	return result;
}

/* At the instruction that the stopped task comes to next. */
static int probe_next(pid_t pid)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = number_in(UPROBE_TYPE),
		.uprobe_path = (long)"/proc/self/exe",
	};
	struct user_regs_struct regs = {};
	int fd;

	ptrace_raw(PTRACE_GETREGS, pid, 0, (long)&regs);
	attr.probe_offset = file_offset(regs.REGS_IP);
	fd = syscall(SYS_perf_event_open, &attr, pid, -1, -1,
		     PERF_FLAG_FD_CLOEXEC);
	rec("probe at %s: %s", where(regs.REGS_IP),
	    fd < 0 ? error_name(errno) : "ok");
	return fd;
}

static void show_hits(int fd)
{
	unsigned long long hits = 0;

	if (read(fd, &hits, sizeof(hits)) == sizeof(hits))
		rec("hits %llu", hits);
	close(fd);
}

static const struct {
	void (*piece)(void);
	const char *name;
	int steps;		/* before the instruction */
} probed[] = {
	{ piece_plain, "nop", 0 },
	{ piece_plain, "dec", 2 },
	{ piece_plain, "jump", 3 },
	{ piece_plain, "call", 6 },
	{ piece_popf, "popf", 2 },
	{ piece_popf, "popf_next", 3 },
	{ piece_pushf, "pushf", 0 },
	{ piece_rep, "rep", 3 },
	{ piece_touch, "touch", 1 },
	{ piece_fault, "fault", 0 },
};

static pid_t start_piece_at(void (*piece)(void), int steps, long options)
{
	pid_t pid = start_piece(piece, options);

	while (steps--) {
		resume(PTRACE_SINGLESTEP, pid, 0);
		wait_for(pid, WALL);
	}
	return pid;
}

static void run_probed(const struct scenario *self)
{
	int fd, request = manners[self->b].request;
	pid_t pid = start_piece_at(probed[self->a].piece,
				   probed[self->a].steps,
				   manners[self->b].options);

	fd = probe_next(pid);
	step_through(pid, request, request, manners[self->b].signo);
	finish(pid);
	show_hits(fd);
}

/* Both are due before the instruction, which is made out of line. */
SCENARIO(probed_and_interrupted)
{
	pid_t pid = start_piece_at(piece_touch, 1, 0);
	int fd = probe_next(pid);

	req(PTRACE_INTERRUPT, pid, 0, 0);
	send(pid, SIGUSR1);
	step_through(pid, PTRACE_SINGLESTEP, PTRACE_SINGLESTEP, 0);
	finish(pid);
	show_hits(fd);
}

GENERATE(add_probed)
{
	int i, k;

	for (i = 0; i < ARRAY_SIZE(probed); i++) {
		for (k = 0; k < ARRAY_SIZE(manners); k++) {
			if (manners[k].probed)
				add_scenario(run_probed, i, k,
					     FAMILY "/probed_%s/%s",
					     probed[i].name, manners[k].name);
		}
	}
}

/* --- from the entry of a call on, by one request and another */

static const struct {
	const char *name;
	int request;
} requests[] = {
	{ "cont", PTRACE_CONT },
	{ "syscall", PTRACE_SYSCALL },
	{ "step", PTRACE_SINGLESTEP },
	{ "block", PTRACE_SINGLEBLOCK },
	{ "sysemu", PTRACE_SYSEMU },
	{ "sysemu_step", PTRACE_SYSEMU_SINGLESTEP },
	{ "detach", PTRACE_DETACH },
};

static void go_on(pid_t pid, int request)
{
	if (resume(request, pid, 0))
		return;
	if (request != PTRACE_DETACH)
		step_stop(pid);
}

/* As a number: first, second and third request. */
static void switch_requests(const struct scenario *self)
{
	int a = self->b / 100, b = self->b / 10 % 10, c = self->b % 10;
	pid_t pid = start_piece(pieces[self->a].piece, PTRACE_O_TRACESYSGOOD);

	go_on(pid, requests[a].request);
	go_on(pid, requests[b].request);
	if (requests[b].request != PTRACE_DETACH)
		go_on(pid, requests[c].request);
	finish(pid);
}

GENERATE(add_switches)
{
	int p, a, b;

	for (p = 1; p <= 2; p++) {
		for (a = 1; a < 6; a++) {
			for (b = 0; b < ARRAY_SIZE(requests); b++)
				add_scenario(switch_requests, p,
					     a * 100 + b * 10 + 1,
					     FAMILY "/switch_%s/%s_%s",
					     pieces[p].name, requests[a].name,
					     requests[b].name);
		}
	}
}

/* The result of an emulated call is what the tracer says. */
static void make_call(void)
{
	raise_raw(SIGUSR2);
	note("result %s",
	     syscall_result(SYS_getppid, CALL0(SYS_getppid)));
	leave_group(EXIT_CODE);
}

static void emulated(const struct scenario *self)
{
	pid_t pid = start_seized(make_call, PTRACE_O_TRACESYSGOOD);

	wait_for(pid, WALL);
	resume(self->a, pid, 0);
	wait_stop(pid);
	while (self->a == PTRACE_SYSEMU_SINGLESTEP && in_piece(pid))
		resume(self->a, pid, 0);
	req(PTRACE_POKEUSER, pid, offsetof(struct user, regs.REGS_AX), 77);
	if (self->b)
		req(PTRACE_POKEUSER, pid, offsetof(struct user, regs.REGS_CALL),
		    SYS_getuid);
	finish(pid);
}

GENERATE(add_emulated)
{
	add_scenario(emulated, PTRACE_SYSEMU, 0, FAMILY "/emulated");
	add_scenario(emulated, PTRACE_SYSEMU, 1, FAMILY "/emulated_renumbered");
	add_scenario(emulated, PTRACE_SYSCALL, 0, FAMILY "/not_emulated");
}

/* --- signals and steps */

SCENARIO(signal_comes_between)
{
	pid_t pid = start_piece(piece_plain, 0);

	go_on(pid, PTRACE_SINGLESTEP);
	send(pid, SIGUSR1);
	go_on(pid, PTRACE_SINGLESTEP);
	step_through(pid, PTRACE_SINGLESTEP, PTRACE_SINGLESTEP, SIGUSR1);
	finish(pid);
}

SCENARIO(signal_comes_dropped)
{
	pid_t pid = start_piece(piece_plain, 0);

	go_on(pid, PTRACE_SINGLESTEP);
	send(pid, SIGUSR1);
	go_on(pid, PTRACE_SINGLESTEP);
	step_through(pid, PTRACE_SINGLESTEP, PTRACE_SINGLESTEP, 0);
	finish(pid);
}

SCENARIO(signal_comes_over_call)
{
	pid_t pid = start_piece(piece_call, PTRACE_O_TRACESYSGOOD);

	go_on(pid, PTRACE_SYSCALL);
	send(pid, SIGUSR1);
	go_on(pid, PTRACE_SINGLESTEP);
	step_through(pid, PTRACE_SINGLESTEP, PTRACE_SINGLESTEP, SIGUSR1);
	finish(pid);
}

SCENARIO(group_stop_between)
{
	pid_t pid = start_piece(piece_plain, 0);

	go_on(pid, PTRACE_SINGLESTEP);
	send(pid, SIGSTOP);
	go_on(pid, PTRACE_SINGLESTEP);
	resume(PTRACE_SINGLESTEP, pid, SIGSTOP);
	step_stop(pid);
	go_on(pid, PTRACE_SINGLESTEP);
	send(pid, SIGCONT);
	step_through(pid, PTRACE_SINGLESTEP, PTRACE_SINGLESTEP, 0);
	finish(pid);
}

SCENARIO(interrupt_between)
{
	pid_t pid = start_piece(piece_plain, 0);

	go_on(pid, PTRACE_SINGLESTEP);
	req(PTRACE_INTERRUPT, pid, 0, 0);
	go_on(pid, PTRACE_SINGLESTEP);
	step_through(pid, PTRACE_SINGLESTEP, PTRACE_SINGLESTEP, 0);
	finish(pid);
}

static void piece_pause(void)
{
	raise_raw(SIGUSR2);
	CALL0(NR_pause);
}

static bool goes_to_pause(pid_t pid)
{
	struct user_regs_struct regs = {};
	int i;

	for (i = 0; i < 8 && regs.REGS_CALL != NR_pause; i++) {
		resume(PTRACE_SYSCALL, pid, 0);
		wait_for(pid, WALL);
		ptrace_raw(PTRACE_GETREGS, pid, 0, (long)&regs);
	}
	return regs.REGS_CALL == NR_pause;
}

/* The stop comes before the trap of the step over the call that it breaks. */
static void interrupt_over_call(const struct scenario *self)
{
	pid_t pid = start_piece(piece_pause, PTRACE_O_TRACESYSGOOD);

	if (!goes_to_pause(pid))
		rec("does not come to the call");
	resume(PTRACE_SINGLESTEP, pid, 0);
	until_in(pid, NR_pause);
	req(PTRACE_INTERRUPT, pid, 0, 0);
	step_stop(pid);
	go_on(pid, requests[self->a].request);
	show_settled(pid);
	send(pid, SIGKILL);
	finish(pid);
}

GENERATE(add_interrupts_over_call)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(requests); i++)
		add_scenario(interrupt_over_call, i, 0,
			     FAMILY "/interrupt_over_call/%s",
			     requests[i].name);
}

/* Into a handler without a step, and steps from there. */
SCENARIO(step_in_handler)
{
	pid_t pid = start_piece(piece_raise, 0);
	int status = 0, i;

	resume(PTRACE_CONT, pid, 0);
	status = step_stop(pid);
	for (i = 0; i < 12 && status != -1 && WIFSTOPPED(status); i++) {
		resume(PTRACE_SINGLESTEP, pid, signal_of(status));
		status = step_stop(pid);
	}
	finish(pid);
}

static void step_blocked_trap(void)
{
	block(SIGTRAP);
	do_piece();
}

static void step_ignored_trap(void)
{
	handle(SIGTRAP, SIG_IGN, 0);
	do_piece();
}

static void step_handled_trap(void)
{
	handle_info(SIGTRAP, note_signal, 0);
	do_piece();
}

static const struct {
	const char *name;
	void (*program)(void);
} traps[] = {
	{ "blocked", step_blocked_trap },
	{ "ignored", step_ignored_trap },
	{ "handled", step_handled_trap },
};

/* The signal of a step is the program's, if it is let through. */
static void step_trap(const struct scenario *self)
{
	pid_t pid;

	piece = self->b & 1 ? piece_call : piece_plain;
	pid = start_seized(traps[self->a].program, 0);
	step_stop(pid);
	go_on(pid, PTRACE_SINGLESTEP);
	if (self->b & 2) {
		resume(PTRACE_CONT, pid, SIGTRAP);
	} else {
		go_on(pid, PTRACE_SINGLESTEP);
		go_on(pid, PTRACE_SINGLESTEP);
	}
	finish(pid);
}

GENERATE(add_traps)
{
	int i, k;

	for (i = 0; i < ARRAY_SIZE(traps); i++) {
		for (k = 0; k < 4; k++)
			add_scenario(step_trap, i, k, FAMILY "/trap_%s_%s%s",
				     traps[i].name, k & 1 ? "call" : "plain",
				     k & 2 ? "_sent" : "");
	}
}

/* --- the trap flag, set by the tracer */

static void set_flags(pid_t pid, unsigned long set, unsigned long clear)
{
	struct user_regs_struct regs = {};

	req(PTRACE_GETREGS, pid, 0, (long)&regs);
	regs.eflags = (regs.eflags | set) & ~clear;
	req(PTRACE_SETREGS, pid, 0, (long)&regs);
	req(PTRACE_GETREGS, pid, 0, (long)&regs);
	rec("  flags %#lx", (unsigned long)regs.eflags & 0x10100);
}

SCENARIO(tracer_sets_flag)
{
	pid_t pid = start_piece(piece_pushf, 0);

	set_flags(pid, 0x100, 0);
	go_on(pid, PTRACE_CONT);
	go_on(pid, PTRACE_CONT);
	set_flags(pid, 0, 0x100);
	step_through(pid, PTRACE_SINGLESTEP, PTRACE_SINGLESTEP, 0);
	finish(pid);
}

SCENARIO(tracer_clears_flag)
{
	pid_t pid = start_piece(piece_popf, 0);

	go_on(pid, PTRACE_CONT);
	set_flags(pid, 0, 0x100);
	go_on(pid, PTRACE_SINGLESTEP);
	set_flags(pid, 0x100, 0);
	go_on(pid, PTRACE_CONT);
	set_flags(pid, 0, 0x100);
	finish(pid);
}

SCENARIO(detach_after_step)
{
	pid_t pid = start_piece(piece_pushf, 0);

	go_on(pid, PTRACE_SINGLESTEP);
	go_on(pid, PTRACE_SINGLESTEP);
	go_on(pid, PTRACE_DETACH);
	finish(pid);
}

/* A step that was asked for and did not come to be. */
SCENARIO(killed_while_stepping)
{
	pid_t pid = start_piece(piece_plain, PTRACE_O_TRACEEXIT);

	go_on(pid, PTRACE_SINGLESTEP);
	send(pid, SIGKILL);
	finish(pid);
}

static void exec_signal(void)
{
	raise_raw(SIGUSR2);
	exec_tiny(TINY_64, TINY_EXIT);
}

static void exec_signal_32(void)
{
	raise_raw(SIGUSR2);
	exec_tiny(TINY_32, TINY_EXIT);
}

static void (*const execs[])(void) = { exec_signal, exec_signal_32 };

/* To the entry of the execve(), and over it. */
static void step_over_exec(const struct scenario *self)
{
	int request = self->b & 1 ? PTRACE_SINGLEBLOCK : PTRACE_SINGLESTEP;
	pid_t pid = start_seized(execs[self->a], PTRACE_O_TRACESYSGOOD |
				 (self->b & 2 ? PTRACE_O_TRACEEXEC : 0));
	struct user_regs_struct regs = {};
	int i;

	wait_for(pid, WALL);
	for (i = 0; i < 40 && regs.REGS_CALL != SYS_execveat; i++) {
		ptrace_raw(PTRACE_SYSCALL, pid, 0, 0);
		waitpid(pid, NULL, WALL);
		ptrace_raw(PTRACE_GETREGS, pid, 0, (long)&regs);
	}
	show_step(pid);
	for (i = 0; i < 8; i++)
		go_on(pid, request);
	finish(pid);
}

GENERATE(add_execs)
{
	int i;

	for (i = 0; i < 8; i++)
		add_scenario(step_over_exec, i >> 2, i & 3,
			     FAMILY "/exec%s_%s%s", i & 4 ? "_32" : "",
			     i & 1 ? "block" : "step", i & 2 ? "_event" : "");
}

/* --- debug registers */

static long set_debug(pid_t pid, int n, unsigned long v)
{
	long result = ptrace_raw(PTRACE_POKEUSER, pid,
				 offsetof(struct user, u_debugreg[n]),
				 v);

	if (result < 0)
		result = -errno;
	if (n < 4)
		rec("dr%d := %s = %s", n, where(v), result_text(result));
	else
		rec("dr%d := %#lx = %s", n, v, result_text(result));
	return result;
}

static unsigned long debug_reg(pid_t pid, int n)
{
	unsigned long v = 0;

	if (ptrace_raw(PTRACE_PEEKUSER, pid,
		       offsetof(struct user, u_debugreg[n]), (long)&v))
		rec("dr%d: %s", n, error_name(errno));
	return v;
}

static void show_debug(pid_t pid)
{
	rec("  dr %s %s %s %s %#lx %#lx", where(debug_reg(pid, 0)),
	    where(debug_reg(pid, 1)), where(debug_reg(pid, 2)),
	    where(debug_reg(pid, 3)), debug_reg(pid, 6), debug_reg(pid, 7));
}

/* Of one register: enabled for the task, of a type and with a length. */
static unsigned long control(int n, int type, int length)
{
	return 1ul << (2 * n) | ((unsigned long)type | length << 2)
				<< (16 + 4 * n);
}

enum { EXECUTE, WRITE, IO, READ_WRITE };
enum { ONE, TWO, EIGHT, FOUR };

static const char * const types[] = { "execute", "write", "io", "rw" };
static const char * const lengths[] = { "1", "2", "8", "4" };
static const int offsets[] = { 0, 2, 3, 4, 8 };

static void hits(pid_t pid, int max)
{
	int i, status;

	for (i = 0; i < max; i++) {
		resume(PTRACE_CONT, pid, 0);
		status = step_stop(pid);
		if (status == -1 || !WIFSTOPPED(status))
			break;
		set_debug(pid, 6, 0);
	}
}

static void watch(const struct scenario *self)
{
	int type = self->a / 4, length = self->a % 4;
	pid_t pid = start_piece(piece_watch, 0);
	unsigned long at = (unsigned long)piece_data;

	if (type == EXECUTE)
		at = (unsigned long)piece_watch_store;
	set_debug(pid, 0, at + self->b);
	set_debug(pid, 7, control(0, type, length));
	show_debug(pid);
	hits(pid, 12);
	finish(pid);
}

GENERATE(add_watches)
{
	int i, k;

	for (i = 0; i < 16; i++) {
		for (k = 0; k < ARRAY_SIZE(offsets); k++)
			add_scenario(watch, i, offsets[k],
				     FAMILY "/watch_%s_%s/%d", types[i / 4],
				     lengths[i % 4], offsets[k]);
	}
}

SCENARIO(debug_values)
{
	pid_t pid = start_piece(piece_watch, 0);
	int i;

	for (i = 0; i < 8; i++) {
		set_debug(pid, i, 0);
		set_debug(pid, i, 1);
		set_debug(pid, i, -1ul);
		set_debug(pid, i, TOP_BIT);
		set_debug(pid, i, USER_END - 4096);
		set_debug(pid, i, USER_END);
		show_debug(pid);
	}
	for (i = 0; i < WORD_BITS; i++)
		set_debug(pid, 7, 1ul << i);
	set_debug(pid, 7, control(0, EXECUTE, ONE) | control(3, WRITE, FOUR));
	show_debug(pid);
	set_debug(pid, 0, (unsigned long)piece_watch_store);
	set_debug(pid, 3, (unsigned long)piece_data);
	set_debug(pid, 7, control(0, EXECUTE, ONE) | control(3, WRITE, FOUR));
	show_debug(pid);
	set_debug(pid, 7, control(0, EXECUTE, EIGHT) | control(3, WRITE, ONE));
	show_debug(pid);
	set_debug(pid, 3, TOP_BIT);
	set_debug(pid, 3, (unsigned long)piece_data + 1);
	show_debug(pid);
	set_debug(pid, 7, 0);
	show_debug(pid);
	set_debug(pid, 6, -1ul);
	show_debug(pid);
	set_debug(pid, 6, 0x9abcdeful | TOP_BIT >> 7);
	show_debug(pid);
	finish(pid);
}

static void set_four(pid_t pid)
{
	set_debug(pid, 0, (unsigned long)piece_watch_store);
	set_debug(pid, 1, (unsigned long)piece_data);
	set_debug(pid, 2, (unsigned long)piece_data + 4);
	set_debug(pid, 3, (unsigned long)piece_data + 8);
	set_debug(pid, 7, control(0, EXECUTE, ONE) | control(1, WRITE, TWO) |
		  control(2, READ_WRITE, FOUR) | control(3, WRITE, EIGHT));
	show_debug(pid);
}

SCENARIO(four_at_once)
{
	pid_t pid = start_piece(piece_watch, 0);

	set_four(pid);
	hits(pid, 12);
	finish(pid);
}

/*
 * DR6 is not cleared by the kernel. No steps over what is watched: QEMU does not
 * come out of that.
 */
SCENARIO(dr6_stays)
{
	pid_t pid = start_piece(piece_watch, 0);

	set_four(pid);
	go_on(pid, PTRACE_CONT);
	go_on(pid, PTRACE_CONT);
	set_debug(pid, 7, 0);
	go_on(pid, PTRACE_SINGLESTEP);
	set_debug(pid, 6, 0);
	show_debug(pid);
	finish(pid);
}

static void watch_again(void)
{
	handle_info(SIGTRAP, note_signal, 0);
	piece_watch();
	piece_watch();
	leave_group(EXIT_CODE);
}

/* The breakpoints stay, and now they are the program's. */
SCENARIO(watch_and_detach)
{
	pid_t pid = start_seized(watch_again, 0);

	step_stop(pid);
	set_four(pid);
	go_on(pid, PTRACE_DETACH);
	finish(pid);
}

SCENARIO(watch_and_attach_again)
{
	pid_t pid = start_piece(piece_watch, 0);

	set_four(pid);
	send(pid, SIGSTOP);
	go_on(pid, PTRACE_DETACH);
	until_state(pid, "T");
	req(PTRACE_SEIZE, pid, 0, 0);
	wait_for(pid, WALL);
	show_debug(pid);
	finish(pid);
}

static void watch_call(void)
{
	raise_raw(SIGUSR2);
	shared->words[WORD_A] = CALL3(SYS_read, 0, piece_data, 8);
	leave_group(EXIT_CODE);
}

/* What the kernel writes for a call is seen or not, it is no fault. */
SCENARIO(watch_over_call)
{
	pid_t pid = start_seized(watch_call, 0);

	step_stop(pid);
	set_debug(pid, 0, (unsigned long)piece_data);
	set_debug(pid, 7, control(0, WRITE, EIGHT));
	finish(pid);
}

static void fork_and_watch(void)
{
	pid_t pid;

	block(SIGCHLD);
	raise_raw(SIGUSR2);
	pid = fork_raw();
	piece_watch();
	if (!pid)
		child_exit();
	CALL4(SYS_wait4, pid, NULL, WALL, NULL);
	leave_group(EXIT_CODE);
}

static void thread_watches(void)
{
	piece_watch();
	gate_open(GATE_A);
	leave(4);
}

static void clone_and_watch(void)
{
	raise_raw(SIGUSR2);
	thread_raw(thread_watches);
	gate_wait(GATE_A);
	piece_watch();
	leave_group(EXIT_CODE);
}

static void exec_and_watch(void)
{
	raise_raw(SIGUSR2);
	exec_tiny(TINY_64, TINY_EXIT);
}

static const struct {
	const char *name;
	void (*program)(void);
} heirs[] = {
	{ "fork", fork_and_watch },
	{ "thread", clone_and_watch },
	{ "exec", exec_and_watch },
};

static void inherit(const struct scenario *self)
{
	pid_t pid = start_seized(heirs[self->a].program,
				 CHILD_EVENTS | PTRACE_O_TRACEEXEC);
	pid_t child;

	step_stop(pid);
	set_four(pid);
	resume(PTRACE_CONT, pid, 0);
	child = event_child(pid, step_stop(pid));
	show_debug(pid);
	if (child) {
		name_child(child);
		step_stop(child);
		show_debug(child);
		run_out(child, PTRACE_CONT);
	}
	finish(pid);
}

GENERATE(add_heirs)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(heirs); i++)
		add_scenario(inherit, i, 0, FAMILY "/debug_%s", heirs[i].name);
}

/* --- the whole of struct user */

static const char *class_of(long result)
{
	return result < 0 ? error_name(errno) : "ok";
}

/* One line for all neighbours that give the same. */
static void each_offset(pid_t pid, int request, long step)
{
	const char *before = NULL, *now;
	unsigned long at, first = 0, data;

	for (at = 0; at < sizeof(struct user) + 64; at += step) {
		data = 0;
		if (request == PTRACE_PEEKUSER)
			now = class_of(ptrace_raw(request, pid, at,
						  (long)&data));
		else
			now = class_of(ptrace_raw(request, pid, at, 0));
		if (before && strcmp(before, now)) {
			rec("%s %lu to %lu: %s", request_name(request), first,
			    at - 1, before);
			first = at;
		}
		before = now;
	}
	rec("%s %lu to %lu: %s", request_name(request), first, at - 1, before);
}

SCENARIO(peek_all_user)
{
	pid_t pid = start_piece(piece_plain, 0);

	each_offset(pid, PTRACE_PEEKUSER, sizeof(long));
	each_offset(pid, PTRACE_PEEKUSER, 1);
	finish(pid);
}

SCENARIO(poke_all_user)
{
	pid_t pid = start_piece(piece_plain, 0);

	each_offset(pid, PTRACE_POKEUSER, sizeof(long));
	show_step(pid);
	send(pid, SIGKILL);
	finish(pid);
}
