// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tasks in frozen groups. In the first version of cgroups a frozen task is out of
 * reach until it is thawed, a stopped one too; in the second it still stops.
 */
#define FAMILY "freeze"
#include <sys/mount.h>
#include <sys/stat.h>
#include "ptrace_record.h"

#define CGROUP	"/tmp/ptrace_record_freeze"

static const struct freezer {
	const char *type;
	const char *controller;
	const char *file;
	const char *on;
	const char *off;
	const char *state_file;
	const char *frozen;
} freezers[] = {
	{ "cgroup", "freezer", "freezer.state", "FROZEN", "THAWED",
	  "freezer.state", "FROZEN" },
	{ "cgroup2", NULL, "cgroup.freeze", "1", "0",
	  "cgroup.events", "frozen 1" },
};

static const struct freezer *freezer;

static int open_file(const char *file, int flags)
{
	char path[128];

	snprintf(path, sizeof(path), CGROUP "/group/%s", file);
	return open(path, flags);
}

static bool write_file(const char *file, const char *text)
{
	int fd = open_file(file, O_WRONLY);
	bool done = fd >= 0 && write(fd, text, strlen(text)) > 0;

	if (!done)
		rec("%s: %s", file, error_name(errno));
	close(fd);
	return done;
}

static bool is_frozen(void)
{
	int fd = open_file(freezer->state_file, O_RDONLY);
	char text[256] = {};

	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		rec("%s: %s", freezer->state_file, error_name(errno));
	close(fd);
	return strstr(text, freezer->frozen);
}

static void until_frozen(bool wanted)
{
	double end = now() + PATIENCE;

	while (is_frozen() != wanted && now() < end)
		nap();
	rec("frozen %d", is_frozen());
}

static void freeze_it(pid_t pid)
{
	write_file(freezer->file, freezer->on);
	until_frozen(true);
	show_proc(pid);
}

static void thaw(void)
{
	write_file(freezer->file, freezer->off);
	until_frozen(false);
}

/* In a mount namespace of this scenario; the group goes when it is empty. */
static bool make_cgroup(const char *file, pid_t pid)
{
	char text[16];

	if (unshare(CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL)) {
		rec("no mount namespace: %s", error_name(errno));
		return false;
	}
	mkdir(CGROUP, 0755);
	if (mount("none", CGROUP, freezer->type, 0, freezer->controller) ||
	    (mkdir(CGROUP "/group", 0755) && errno != EEXIST)) {
		rec("no %s: %s", freezer->type, error_name(errno));
		return false;
	}
	snprintf(text, sizeof(text), "%d", pid);
	return write_file(file, text);
}

static void remove_cgroup(void)
{
	double end = now() + PATIENCE;

	while (rmdir(CGROUP "/group") && errno == EBUSY && now() < end)
		nap();
}

/* --- until it is thawed, nothing comes of it, in the first version */

static void nothing_comes(pid_t pid)
{
	wait_for(pid, WALL | WNOHANG);
	show_proc(pid);
}

/* Then its stop is there. */
static void comes_when_thawed(pid_t pid)
{
	nothing_comes(pid);
	thaw();
	wait_stop(pid);
	resume(PTRACE_CONT, pid, 0);
}

static void stop_it(pid_t pid, long options)
{
	req(PTRACE_SEIZE, pid, 0, options);
	req(PTRACE_INTERRUPT, pid, 0, 0);
	wait_stop(pid);
}

static void seized(pid_t pid)
{
	freeze_it(pid);
	req(PTRACE_SEIZE, pid, 0, 0);
	req(PTRACE_INTERRUPT, pid, 0, 0);
	resume(PTRACE_CONT, pid, 0);
	comes_when_thawed(pid);
}

static void attached(pid_t pid)
{
	freeze_it(pid);
	req(PTRACE_ATTACH, pid, 0, 0);
	comes_when_thawed(pid);
}

static void signalled(pid_t pid)
{
	req(PTRACE_SEIZE, pid, 0, 0);
	freeze_it(pid);
	send(pid, SIGUSR1);
	comes_when_thawed(pid);
}

static void killed(pid_t pid)
{
	req(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACEEXIT);
	freeze_it(pid);
	send(pid, SIGKILL);
	nothing_comes(pid);
	thaw();
	wait_stop(pid);
}

/* --- a task in a stop of its tracer */

static void stopped(pid_t pid)
{
	stop_it(pid, PTRACE_O_TRACESYSGOOD);
	freeze_it(pid);
	show(pid);
	req(PTRACE_POKEDATA, pid, (long)&freezer, (long)freezer);
	req(PTRACE_SETOPTIONS, pid, 0, 0);
	thaw();
	show(pid);
	resume(PTRACE_CONT, pid, 0);
}

static void stopped_resumed(pid_t pid)
{
	stop_it(pid, 0);
	freeze_it(pid);
	resume(PTRACE_SYSCALL, pid, 0);
	resume(PTRACE_SYSCALL, pid, 0);
	req(PTRACE_GETEVENTMSG, pid, 0, 0);
	comes_when_thawed(pid);
}

static void stopped_interrupted(pid_t pid)
{
	stop_it(pid, 0);
	freeze_it(pid);
	req(PTRACE_INTERRUPT, pid, 0, 0);
	resume(PTRACE_CONT, pid, 0);
	comes_when_thawed(pid);
}

static void stopped_detached(pid_t pid)
{
	stop_it(pid, 0);
	freeze_it(pid);
	resume(PTRACE_DETACH, pid, 0);
	nothing_comes(pid);
	thaw();
}

static void stopped_killed(pid_t pid)
{
	stop_it(pid, PTRACE_O_TRACEEXIT);
	freeze_it(pid);
	send(pid, SIGKILL);
	resume(PTRACE_CONT, pid, 0);
	nothing_comes(pid);
	thaw();
	wait_stop(pid);
}

static void tracers_end(long pid, long request)
{
	stop_it(pid, 0);
	gate_wait(GATE_A);
	if (request)
		resume(request, pid, 0);
	leave_group(0);
}

static void tracer_dies(pid_t pid, int request)
{
	int h = helper();

	tell_begin(h, tracers_end, pid, request);
	until_state(pid, "t");
	until_in(helper_pid(h), SYS_futex);
	freeze_it(pid);
	gate_open(GATE_A);
	wait_for(helper_pid(h), WALL);
	nothing_comes(pid);
	thaw();
}

static void stopped_tracer_dies(pid_t pid)
{
	tracer_dies(pid, 0);
}

static void resumed_tracer_dies(pid_t pid)
{
	tracer_dies(pid, PTRACE_CONT);
}

#if HAVE_STEP
/* The tracee has not made its first step. */
static void stepped_tracer_dies(pid_t pid)
{
	tracer_dies(pid, PTRACE_SINGLESTEP);
}
#endif

/* A signal for the tracee at a call, which does not run yet. */
static void given_signal(pid_t pid)
{
	stop_it(pid, PTRACE_O_TRACESYSGOOD);
	resume(PTRACE_SYSCALL, pid, 0);
	wait_stop(pid);
	freeze_it(pid);
	resume(PTRACE_CONT, pid, SIGUSR1);
	comes_when_thawed(pid);
}

static void group_stopped(pid_t pid)
{
	req(PTRACE_SEIZE, pid, 0, 0);
	send(pid, SIGSTOP);
	wait_stop(pid);
	resume(PTRACE_CONT, pid, SIGSTOP);
	wait_stop(pid);
	freeze_it(pid);
	resume(PTRACE_LISTEN, pid, 0);
	send(pid, SIGCONT);
	comes_when_thawed(pid);
	wait_stop(pid);
	resume(PTRACE_CONT, pid, 0);
}

/* --- in the second version it still stops */

/* From a stop into the freezer again, where it still is in its call. */
static void until_frozen_again(pid_t pid)
{
	until_in(pid, SYS_read);
	until_frozen(true);
}

static void frozen_seized(pid_t pid)
{
	freeze_it(pid);
	req(PTRACE_SEIZE, pid, 0, 0);
	until_frozen(true);
	req(PTRACE_INTERRUPT, pid, 0, 0);
	wait_stop(pid);
	until_frozen(true);
	resume(PTRACE_CONT, pid, 0);
	until_frozen_again(pid);
	req(PTRACE_INTERRUPT, pid, 0, 0);
	wait_stop(pid);
	resume(PTRACE_DETACH, pid, 0);
	until_frozen_again(pid);
	thaw();
	until_in(pid, SYS_read);
}

static void frozen_attached(pid_t pid)
{
	freeze_it(pid);
	req(PTRACE_ATTACH, pid, 0, 0);
	until_frozen(true);
	thaw();
	wait_stop(pid);
	resume(PTRACE_CONT, pid, 0);
	until_in(pid, SYS_read);
}

static void frozen_signal(pid_t pid)
{
	req(PTRACE_SEIZE, pid, 0, 0);
	freeze_it(pid);
	send(pid, SIGUSR1);
	until_frozen(true);
	wait_for(pid, WALL | WNOHANG);
	req(PTRACE_INTERRUPT, pid, 0, 0);
	wait_stop(pid);
	resume(PTRACE_CONT, pid, 0);
	until_frozen_again(pid);
	thaw();
	wait_stop(pid);
	resume(PTRACE_CONT, pid, 0);
	until_in(pid, SYS_read);
}

static void frozen_killed(pid_t pid)
{
	req(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACEEXIT);
	freeze_it(pid);
	send(pid, SIGKILL);
	wait_stop(pid);
	until_frozen(true);
	resume(PTRACE_CONT, pid, 0);
	wait_for(pid, WALL);
}

/* A task in a stop of its tracer counts as frozen. */
static void stopped_frozen(pid_t pid)
{
	stop_it(pid, 0);
	freeze_it(pid);
	resume(PTRACE_CONT, pid, 0);
	until_frozen_again(pid);
	show_proc(pid);
	wait_for(pid, WALL | WNOHANG);
	thaw();
	until_in(pid, SYS_read);
}

static void group_stop_frozen(pid_t pid)
{
	req(PTRACE_SEIZE, pid, 0, 0);
	send(pid, SIGSTOP);
	wait_stop(pid);
	resume(PTRACE_CONT, pid, SIGSTOP);
	wait_stop(pid);
	resume(PTRACE_LISTEN, pid, 0);
	freeze_it(pid);
	send(pid, SIGCONT);
	wait_stop(pid);
	until_frozen(true);
	resume(PTRACE_CONT, pid, 0);
	until_frozen_again(pid);
	thaw();
	wait_stop(pid);
	resume(PTRACE_CONT, pid, 0);
	until_in(pid, SYS_read);
}

static void seize_it_then_die(long pid, long options)
{
	seize_it(pid, options);
	req(PTRACE_INTERRUPT, pid, 0, 0);
	wait_for(pid, WALL);
	leave_group(0);
}

static void tracer_dies_frozen(pid_t pid)
{
	int h = helper();

	freeze_it(pid);
	tell_begin(h, seize_it_then_die, pid, 0);
	wait_for(helper_pid(h), WALL);
	until_frozen_again(pid);
	show_proc(pid);
	thaw();
	until_in(pid, SYS_read);
}

/* --- a task in a stop of job control: ATTACH waits until it is the tracer's */

static void stop_job(pid_t pid)
{
	send(pid, SIGSTOP);
	wait_for(pid, WUNTRACED);
	until_state(pid, "T");
	freeze_it(pid);
}

enum { ANSWER = WORD_A };

static void ask(long pid, long request)
{
	shared->words[ANSWER] = ptrace_raw(request, pid, 0, 0) ? -errno : 0;
}

/* Recorded in the order of what happens here, not of two threads. */
static void show_answer(int h, pid_t pid, int request)
{
	tell_end(h);
	rec("%s %s = %s", request_name(request), who(pid),
	    result_text(shared->words[ANSWER]));
}

static void end_of_job(pid_t pid)
{
	send(pid, SIGCONT);
	wait_for(pid, WCONTINUED);
}

static void job_waits(pid_t pid, int request)
{
	int h = helper_thread();

	stop_job(pid);
	tell_begin(h, ask, pid, request);
	until_state(helper_pid(h), "D");
	show_proc(pid);
	thaw();
	show_answer(h, pid, request);
	wait_for(pid, WUNTRACED);
	tell_begin(h, ask, pid, PTRACE_DETACH);
	show_answer(h, pid, PTRACE_DETACH);
	until_state(pid, "T");
	end_of_job(pid);
}

static void job_attached_late(pid_t pid)
{
	job_waits(pid, PTRACE_ATTACH);
}

static void job_seized_late(pid_t pid)
{
	job_waits(pid, PTRACE_SEIZE);
}

/* It never comes to the stop, and the tracer need not wait until it can die. */
static void job_killed(pid_t pid, int request)
{
	int h = helper_thread();

	stop_job(pid);
	tell_begin(h, ask, pid, request);
	until_state(helper_pid(h), "D");
	send(pid, SIGKILL);
	show_answer(h, pid, request);
	nothing_comes(pid);
	thaw();
	wait_for(pid, WALL);
}

static void job_attached_killed(pid_t pid)
{
	job_killed(pid, PTRACE_ATTACH);
}

static void job_seized_killed(pid_t pid)
{
	job_killed(pid, PTRACE_SEIZE);
}

static void job_is_tracers(pid_t pid, int request)
{
	stop_job(pid);
	req(request, pid, 0, 0);
	wait_stop(pid);
	until_frozen(true);
	resume(PTRACE_DETACH, pid, 0);
	until_state(pid, "T");
	until_frozen(true);
	thaw();
	end_of_job(pid);
}

static void job_attached(pid_t pid)
{
	job_is_tracers(pid, PTRACE_ATTACH);
}

static void job_seized(pid_t pid)
{
	job_is_tracers(pid, PTRACE_SEIZE);
}

static const struct {
	const char *name;
	void (*run)(pid_t pid);
	int version;
} freezes[] = {
	{ "seized", seized },
	{ "attached", attached },
	{ "signalled", signalled },
	{ "killed", killed },
	{ "stopped", stopped },
	{ "stopped_resumed", stopped_resumed },
	{ "stopped_interrupted", stopped_interrupted },
	{ "stopped_detached", stopped_detached },
	{ "stopped_killed", stopped_killed },
	{ "stopped_tracer_dies", stopped_tracer_dies },
	{ "resumed_tracer_dies", resumed_tracer_dies },
#if HAVE_STEP
	{ "stepped_tracer_dies", stepped_tracer_dies },
#endif
	{ "given_signal", given_signal },
	{ "group_stopped", group_stopped },
	{ "job_attached", job_attached_late },
	{ "job_seized", job_seized_late },
	{ "job_attached_killed", job_attached_killed },
	{ "job_seized_killed", job_seized_killed },
	{ "seized", frozen_seized, 1 },
	{ "attached", frozen_attached, 1 },
	{ "signal", frozen_signal, 1 },
	{ "killed", frozen_killed, 1 },
	{ "stopped", stopped_frozen, 1 },
	{ "group_stop", group_stop_frozen, 1 },
	{ "tracer_dies", tracer_dies_frozen, 1 },
	{ "job_attached", job_attached, 1 },
	{ "job_seized", job_seized, 1 },
};

static void run_frozen(const struct scenario *self)
{
	pid_t pid = start(prog_read);

	freezer = &freezers[freezes[self->a].version];
	until_in(pid, SYS_read);
	if (make_cgroup("cgroup.procs", pid)) {
		freezes[self->a].run(pid);
		run_out(pid, PTRACE_CONT);
	}
	remove_cgroup();
}

GENERATE(add_freezes)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(freezes); i++)
		add_scenario(run_frozen, i, 0, FAMILY "/v%d_%s",
			     freezes[i].version + 1, freezes[i].name);
}

/* --- one thread is frozen on its way to the tracer, another one ends both */

static void frozen_thread(void)
{
	gate_wait(GATE_RELEASE);
}

static void end_both(void)
{
	thread_raw(frozen_thread);
	gate_wait(GATE_A);
	if (shared->words[WORD_B])
		prog_exec();
	leave_group(EXIT_CODE);
}

/* Who attaches waits neither for the thread that is frozen nor for the other one. */
static void run_group_ends(const struct scenario *self)
{
	pid_t thread, pid = start_two(end_both, 0, &thread);
	int h = helper_thread();

	shared->words[WORD_B] = self->b;
	freezer = &freezers[0];
	stop_two(pid, thread);
	resume(PTRACE_DETACH, thread, 0);
	until_state(thread, "T");
	resume(PTRACE_CONT, pid, 0);
	until_in(pid, SYS_futex);
	if (make_cgroup("tasks", thread)) {
		freeze_it(thread);
		tell_begin(h, ask, thread, self->a);
		until_state(helper_pid(h), "D");
		gate_open(GATE_A);
		show_answer(h, thread, self->a);
		nothing_comes(thread);
		thaw();
		wait_for(thread, WALL);
		wait_for(pid, WALL);
	}
	remove_cgroup();
}

GENERATE(add_group_ends)
{
	add_scenario(run_group_ends, PTRACE_ATTACH, 0,
		     FAMILY "/v1_job_attached_group_exits");
	add_scenario(run_group_ends, PTRACE_ATTACH, 1,
		     FAMILY "/v1_job_attached_group_execs");
	add_scenario(run_group_ends, PTRACE_SEIZE, 0,
		     FAMILY "/v1_job_seized_group_exits");
	add_scenario(run_group_ends, PTRACE_SEIZE, 1,
		     FAMILY "/v1_job_seized_group_execs");
}
