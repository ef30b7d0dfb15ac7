// SPDX-License-Identifier: GPL-2.0-only
/* Core dumps of two threads: the dump is made with neither in a stop. */
#define FAMILY "core"
#include <elf.h>
#include <link.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include "ptrace_record.h"

#define PATTERN	"/proc/sys/kernel/core_pattern"
#define CORE	"/tmp/ptrace_record_core"

static const struct {
	const char *name;
	const char *pattern;
} targets[] = {
	{ "file", CORE },
	{ "pipe", "|/bin/sh -c cat>/dev/null" },
	{ "no_pipe", "|/nonexistent" },
};

static void get_pattern(char *text, size_t size)
{
	int fd = open(PATTERN, O_RDONLY);
	ssize_t n = read(fd, text, size - 1);

	text[n > 0 ? n : 0] = 0;
	close(fd);
}

static void set_pattern(const char *text)
{
	int fd = open(PATTERN, O_WRONLY);

	if (write(fd, text, strlen(text)) < 0)
		rec("core_pattern: %s", error_name(errno));
	close(fd);
}

/* The notes of a core, of which each thread has one with its registers. */
static int count_threads(const char *notes, size_t size)
{
	const Elf32_Nhdr *note;		/* those of 64 bits are alike */
	size_t at = 0;
	int n = 0;

	while (at + sizeof(*note) <= size) {
		note = (void *)(notes + at);
		n += note->n_type == NT_PRSTATUS;
		at += sizeof(*note) + ((note->n_namesz + 3) & ~3) +
		      ((note->n_descsz + 3) & ~3);
	}
	return n;
}

static void show_core(void)
{
	ElfW(Ehdr) header = {};
	ElfW(Phdr) segment = {};
	static char notes[64 << 10];
	int fd = open(CORE, O_RDONLY);
	ssize_t n;

	if (fd < 0) {
		rec("no core: %s", error_name(errno));
		return;
	}
	n = pread(fd, &header, sizeof(header), 0);
	if (n != sizeof(header) || memcmp(header.e_ident, ELFMAG, SELFMAG) ||
	    header.e_type != ET_CORE) {
		rec("not a core");
	} else if (pread(fd, &segment, sizeof(segment), header.e_phoff) > 0) {
		n = pread(fd, notes, sizeof(notes), segment.p_offset);
		if (n > (ssize_t)segment.p_filesz)
			n = segment.p_filesz;
		rec("core of %d threads", count_threads(notes, n > 0 ? n : 0));
	}
	close(fd);
	unlink(CORE);
}

/* --- who dumps, and what the other one does meanwhile */

static void dump(void)
{
	gate_wait(GATE_A);
	CALL3(SYS_tgkill, CALL0(SYS_getpid), CALL0(SYS_gettid), SIGQUIT);
}

static void other(void)
{
	gate_wait(GATE_B);
	leave(4);
}

static void leader_dumps(void)
{
	thread_raw(other);
	dump();
}

static void thread_dumps(void)
{
	thread_raw(dump);
	other();
}

static const struct way {
	const char *name;
	void (*program)(void);
	bool by_thread;
	long options;
	bool stops;		/* the other is in a stop, */
	bool ends;		/* or in that of its end */
} ways[] = {
	{ "leader", leader_dumps },
	{ "leader_events", leader_dumps, false, PTRACE_O_TRACEEXIT },
	{ "thread", thread_dumps, true },
	{ "thread_events", thread_dumps, true, PTRACE_O_TRACEEXIT },
	{ "leader_other_stopped", leader_dumps, false, PTRACE_O_TRACEEXIT,
	  .stops = true },
	{ "thread_other_stopped", thread_dumps, true, 0, .stops = true },
	{ "leader_other_ends", leader_dumps, false, PTRACE_O_TRACEEXIT,
	  .ends = true },
	{ "thread_other_ends", thread_dumps, true, PTRACE_O_TRACEEXIT,
	  .ends = true },
};

static void run_dump(const struct way *way)
{
	pid_t thread, pid = start_two(way->program, way->options, &thread);
	pid_t dumper = way->by_thread ? thread : pid;
	pid_t another = way->by_thread ? pid : thread;

	if (way->stops)
		req(PTRACE_INTERRUPT, another, 0, 0);
	if (way->ends)
		gate_open(GATE_B);
	if (way->stops || way->ends)
		wait_stop(another);
	gate_open(GATE_A);
	wait_stop(dumper);
	resume(PTRACE_CONT, dumper, SIGQUIT);
	if (way->options) {
		wait_stop(dumper);
		if (!way->ends)
			wait_stop(another);
		show_proc(another);
		resume(PTRACE_CONT, dumper, 0);
		resume(PTRACE_CONT, another, 0);
	}
	/* Of the leader there is nothing to see before the thread is gone. */
	wait_for(thread, WALL);
	wait_for(pid, WALL);
}

static void dump_to(const char *pattern, void (*run)(const struct way *),
		    const struct way *way)
{
	const struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };
	char before[256];

	unlink(CORE);
	if (setrlimit(RLIMIT_CORE, &unlimited))
		rec("setrlimit: %s", error_name(errno));
	get_pattern(before, sizeof(before));
	set_pattern(pattern);
	run(way);
	set_pattern(before);
}

static void run_core(const struct scenario *self)
{
	dump_to(targets[self->b].pattern, run_dump, &ways[self->a]);
	show_core();
}

GENERATE(add_cores)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(ways); i++)
		add_scenario(run_core, i, 0, FAMILY "/%s", ways[i].name);
	/* The first target is that of all ways. */
	for (i = 1; i < ARRAY_SIZE(targets); i++)
		add_scenario(run_core, 1, i, FAMILY "/to_%s", targets[i].name);
}

/* --- in the middle of the dump: the pipe is full, and nobody reads for now */

#define READER	"/tmp/ptrace_record_reader"
#define FIFO	"/tmp/ptrace_record_fifo"
#define DUMP	"/tmp/ptrace_record_dump"

static const char script[] = "#!/bin/sh\nread x <" FIFO "\ncat >" DUMP "\n";

static void make_reader(void)
{
	int fd = open(READER, O_WRONLY | O_CREAT | O_TRUNC, 0755);

	if (write(fd, script, strlen(script)) < 0 ||
	    (mkfifo(FIFO, 0600) && errno != EEXIST))
		rec("no reader: %s", error_name(errno));
	close(fd);
}

/* As long as it is open, the reader waits. */
static int open_fifo(void)
{
	double end = now() + PATIENCE;
	int fd;

	do {
		nap();
		fd = open(FIFO, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	} while (fd < 0 && now() < end);
	if (fd < 0)
		rec("no reader: %s", error_name(errno));
	return fd;
}

/* More than the pipe held when it was full has to come in the end. */
static void show_dump(void)
{
	long full = 16 * sysconf(_SC_PAGESIZE);
	struct stat stat = {};

	lstat(DUMP, &stat);
	rec("dump %s", stat.st_size > full ? "whole" : "cut off");
}

/*
 * The one that dumps, which goes on with that or not. If not, it ends before the
 * reader makes room in the pipe.
 */
static void interrupt(pid_t pid, pid_t thread)
{
	double end = now() + 1;

	req(PTRACE_INTERRUPT, pid, 0, 0);
	while (!strchr("Zt", state_of(pid)) && now() < end)
		nap();
}

static void interrupt_other(pid_t pid, pid_t thread)
{
	req(PTRACE_INTERRUPT, thread, 0, 0);
}

static void ask(pid_t pid, pid_t thread)
{
	resume(PTRACE_CONT, pid, 0);
	resume(PTRACE_DETACH, thread, 0);
	req(PTRACE_GETEVENTMSG, pid, 0, 0);
	req(PTRACE_ATTACH, pid, 0, 0);
}

static void signal_it(pid_t pid, pid_t thread)
{
	send(pid, SIGUSR1);
	send(pid, SIGSTOP);
	send(pid, SIGCONT);
	send_thread(pid, thread, SIGQUIT);
}

static void kill_it(pid_t pid, pid_t thread)
{
	send(pid, SIGKILL);
}

static void kill_thread(pid_t pid, pid_t thread)
{
	send_thread(pid, thread, SIGKILL);
}

static const struct disturbance {
	const char *name;
	void (*disturb)(pid_t pid, pid_t thread);
	bool kills;		/* it ends whoever reads, without an event */
} disturbances[] = {
	{ "interrupt", interrupt },
	{ "interrupt_other", interrupt_other },
	{ "ask", ask },
	{ "signal", signal_it },
	{ "kill", kill_it, true },
	{ "kill_thread", kill_thread, true },
};

static const struct disturbance *disturbance;

static void run_disturbed(const struct way *way)
{
	pid_t thread, pid = start_two(way->program, way->options, &thread);
	int fd;

	gate_open(GATE_A);
	wait_for(pid, WALL);
	resume(PTRACE_CONT, pid, SIGQUIT);
	fd = open_fifo();
	until_state(pid, "S");
	/* It does not count as load. */
	until_state(thread, "I");
	show_proc(pid);
	show_proc(thread);
	disturbance->disturb(pid, thread);
	if (!disturbance->kills) {
		if (disturbance->disturb != interrupt)
			wait_for(-1, WALL | WNOHANG);
		close(fd);
	}
	if (way->options && !disturbance->kills) {
		wait_stop(pid);
		wait_stop(thread);
		resume(PTRACE_CONT, pid, 0);
		resume(PTRACE_CONT, thread, 0);
	}
	wait_for(thread, WALL);
	wait_for(pid, WALL);
	if (disturbance->kills)
		close(fd);
	else
		show_dump();
}

static void run_disturbance(const struct scenario *self)
{
	disturbance = &disturbances[self->a];
	make_reader();
	dump_to("|" READER, run_disturbed, &ways[self->b]);
	unlink(READER);
	unlink(FIFO);
	unlink(DUMP);
}

GENERATE(add_disturbances)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(disturbances); i++) {
		add_scenario(run_disturbance, i, 0, FAMILY "/meanwhile_%s",
			     disturbances[i].name);
		add_scenario(run_disturbance, i, 1,
			     FAMILY "/meanwhile_%s_events",
			     disturbances[i].name);
	}
}
