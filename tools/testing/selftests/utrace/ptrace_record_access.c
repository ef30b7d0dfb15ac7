// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who may trace whom, and what that means for programs that gain privileges;
 * namespaces, Yama, frozen groups.
 */
#define FAMILY "access"
#include <linux/capability.h>
#include <linux/kcmp.h>
#include <sys/resource.h>
#include "ptrace_record.h"

#define NOBODY		65534
#define OTHER		65533
#define SETUID_PATH	"/tmp/ptrace_record_access"
#define WORD_TRACEE	WORD_A
#define WORD_HELPER	WORD_B

/* --- credentials */

static void set_caps(uint64_t caps)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2] = {};
	int i;

	for (i = 0; i < 2; i++) {
		data[i].effective = caps >> (32 * i);
		data[i].permitted = caps >> (32 * i);
	}
	syscall(SYS_capset, &header, data);
}

static void set_ids(int id, int saved)
{
	syscall(SYS_setgroups, 0, NULL);
	syscall(SYS_setresgid, id, id, saved);
	syscall(SYS_setresuid, id, id, saved);
}

/* Real, effective, saved, and the one for files. */
struct ids {
	const char *name;
	int uid[4];
	int gid[4];
};

#define N	NOBODY
#define O	OTHER

static const struct ids ids[] = {
	{ "same",	{ N, N, N, N }, { N, N, N, N } },
	{ "ruid",	{ O, N, N, N }, { N, N, N, N } },
	{ "euid",	{ N, O, N, O }, { N, N, N, N } },
	{ "suid",	{ N, N, O, N }, { N, N, N, N } },
	{ "fsuid",	{ N, N, N, O }, { N, N, N, N } },
	{ "rgid",	{ N, N, N, N }, { O, N, N, N } },
	{ "egid",	{ N, N, N, N }, { N, O, N, O } },
	{ "sgid",	{ N, N, N, N }, { N, N, O, N } },
	{ "fsgid",	{ N, N, N, N }, { N, N, N, O } },
	{ "root",	{ 0, 0, 0, 0 }, { N, N, N, N } },
	{ "ruid_root",	{ 0, N, N, N }, { N, N, N, N } },
	{ "euid_root",	{ N, 0, N, 0 }, { N, N, N, N } },
	{ "suid_root",	{ N, N, 0, N }, { N, N, N, N } },
};

#undef N
#undef O

static void set_these_ids(const struct ids *ids)
{
	syscall(SYS_setgroups, 0, NULL);
	syscall(SYS_setresgid, ids->gid[0], ids->gid[1], ids->gid[2]);
	syscall(SYS_setfsgid, ids->gid[3]);
	if (ids->uid[3] == ids->uid[1]) {
		syscall(SYS_setresuid, ids->uid[0], ids->uid[1], ids->uid[2]);
		return;
	}
	/* setresuid() sets it, too, and who has none of its ids must be able to. */
	prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
	syscall(SYS_setresuid, ids->uid[0], ids->uid[1], ids->uid[2]);
	set_caps(1ul << CAP_SETUID);
	syscall(SYS_setfsuid, ids->uid[3]);
	set_caps(0);
}

/* From SETUID on a program makes it what it is; from IDS on it is a row of ids[]. */
enum {
	ROOT, ROOT_HIDDEN, ROOT_NO_CAPS, ROOT_USERNS,
	IS_NOBODY, NOBODY_HIDDEN, NOBODY_CHANGED, NOBODY_SAVED, NOBODY_PTRACE,
	NOBODY_USERNS, IS_OTHER,
	SETUID, SETUID_UNPRIVILEGED, UNREADABLE, UNREADABLE_USERNS, NR_KINDS,
	IDS = NR_KINDS
};

static const char * const kinds[] = {
	"root", "root_hidden", "root_no_caps", "root_userns",
	"nobody", "nobody_hidden", "nobody_changed", "nobody_saved",
	"nobody_ptrace", "nobody_userns", "other",
	"setuid", "setuid_unprivileged", "unreadable", "unreadable_userns",
};

static bool is_program(int kind)
{
	return kind >= SETUID && kind < NR_KINDS;
}

static bool is_hidden(int kind)
{
	return kind == ROOT_HIDDEN || kind == NOBODY_HIDDEN;
}

static bool in_userns(int kind)
{
	return kind == ROOT_USERNS || kind == NOBODY_USERNS ||
	       kind == UNREADABLE_USERNS;
}

static void become(long kind, long unused)
{
	if (kind == NOBODY_PTRACE)
		prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
	if (kind >= IDS)
		set_these_ids(&ids[kind - IDS]);
	else if (kind == IS_OTHER)
		set_ids(OTHER, OTHER);
	else if (kind >= IS_NOBODY)
		set_ids(NOBODY, kind == NOBODY_SAVED ? 0 : NOBODY);
	if (kind == NOBODY_PTRACE)
		set_caps(1ul << CAP_SYS_PTRACE);
	if (kind == ROOT_NO_CAPS)
		set_caps(0);
	/* A change of ids has made it undumpable, or what suid_dumpable says. */
	if (kind != NOBODY_CHANGED)
		prctl(PR_SET_DUMPABLE, !is_hidden(kind));
	if (in_userns(kind) && unshare(CLONE_NEWUSER))
		rec("unshare: %s", error_name(errno));
	if (kind == SETUID_UNPRIVILEGED)
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static int kind;

static void be_subject(void)
{
	become(kind, 0);
	if (is_program(kind))
		exec_path(SETUID_PATH, TINY_PAUSE);
	gate_wait(GATE_RELEASE);
	leave_group(EXIT_CODE);
}

static pid_t start_subject(int what)
{
	pid_t pid;

	kind = what;
	pid = start(be_subject);
	until_in(pid, is_program(what) ? NR_pause : SYS_futex);
	return pid;
}

/* --- everything that asks the same question */

static const char *open_result(long pid, const char *file, int flags)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%ld/%s", pid, file);
	fd = open(path, flags);
	if (fd < 0)
		return error_name(errno);
	close(fd);
	return "ok";
}

static const char *read_result(long pid, const char *file)
{
	char buffer[4096];
	long n = read_proc(pid, file, buffer, sizeof(buffer));

	return n < 0 ? error_name(-n) : n ? "ok" : "empty";
}

static const char *link_result(long pid, const char *file)
{
	char path[64], buffer[256];

	snprintf(path, sizeof(path), "/proc/%ld/%s", pid, file);
	return readlink(path, buffer, sizeof(buffer)) < 0 ?
	       error_name(errno) : "ok";
}

/* The 26th field is an address only for those who may know. */
static const char *stat_result(long pid)
{
	char stat[1024], *at;
	unsigned long start;
	int i;

	if (read_proc(pid, "stat", stat, sizeof(stat)) <= 0)
		return "?";
	/* The third follows the name in brackets. */
	at = strrchr(stat, ')');
	for (i = 0; at && i < 26 - 2; i++)
		at = strchr(at + 1, ' ');
	if (!at)
		return "?";
	start = strtoul(at, NULL, 10);
	return start < 2 ? "hidden" : "shown";
}

static const char *result_of(long result)
{
	return result < 0 ? error_name(errno) : "ok";
}

/* Who may read syscall may read utrace, and nobody else; not all kernels have it. */
static const char *utrace_result(long pid)
{
	const char *syscall = read_result(pid, "syscall");
	const char *utrace = read_result(pid, "utrace");

	if (!strcmp(utrace, "empty"))
		utrace = "ok";
	return access("/proc/self/utrace", F_OK) || !strcmp(utrace, syscall) ?
	       "as syscall" : utrace;
}

static void look_at(long pid, long address)
{
	unsigned long word, length;
	struct iovec here = { &word, sizeof(word) };
	struct iovec there = { (void *)address, sizeof(word) };
	struct rlimit limit;
	void *head;
	int fd;

	rec("mem %s, to write %s", open_result(pid, "mem", O_RDONLY),
	    open_result(pid, "mem", O_RDWR));
	rec("syscall %s maps %s environ %s auxv %s personality %s",
	    read_result(pid, "syscall"), read_result(pid, "maps"),
	    open_result(pid, "environ", O_RDONLY), read_result(pid, "auxv"),
	    read_result(pid, "personality"));
	rec("utrace %s", utrace_result(pid));
	rec("exe %s cwd %s ns %s fd %s stat %s", link_result(pid, "exe"),
	    link_result(pid, "cwd"), link_result(pid, "ns/user"),
	    open_result(pid, "fd", O_RDONLY | O_DIRECTORY), stat_result(pid));
	rec("process_vm_readv %s", result_of(syscall(SYS_process_vm_readv, pid,
						     &here, 1, &there, 1, 0)));
	rec("process_vm_writev %s",
	    result_of(syscall(SYS_process_vm_writev, pid, &here, 1, &there, 1,
			      0)));
	rec("kcmp %s", result_of(syscall(SYS_kcmp, getpid(), pid, KCMP_VM, 0,
					 0)));
	rec("robust list %s", result_of(syscall(SYS_get_robust_list, pid,
						&head, &length)));
	fd = syscall(SYS_pidfd_open, pid, 0);
	rec("pidfd_getfd %s", result_of(syscall(SYS_pidfd_getfd, fd, 0, 0)));
	close(fd);
	rec("prlimit %s", result_of(prlimit(pid, RLIMIT_CORE, NULL, &limit)));
}

static void try_it(long pid, long seize)
{
	if (req(seize ? PTRACE_SEIZE : PTRACE_ATTACH, pid, 0, 0))
		return;
	if (seize)
		req(PTRACE_INTERRUPT, pid, 0, 0);
	wait_for(pid, WALL);
	req(PTRACE_DETACH, pid, 0, 0);
}

static void try_requests(long pid, long unused)
{
	try_it(pid, true);
	try_it(pid, false);
}

static void be_asker(long what, long unused)
{
	become(what, 0);
	gate_wait(GATE_A);
}

static void begin_asking_it(long what, long unused)
{
	shared->words[WORD_TRACEE] = begin_asking(be_asker, what);
}

/* Then the other way round: a child asks, from before the tracer became that. */
static void try_pair(int tracer_kind, int kind)
{
	bool program = is_program(kind);
	int tracer;
	pid_t pid;

	if (program)
		close(tiny_file(TINY_64, SETUID_PATH,
				kind < UNREADABLE ? 04755 : 0711));
	pid = start_subject(kind);
	tracer = helper();
	if (!program)
		tell(tracer, begin_asking_it, kind, 0);
	tell(tracer, become, tracer_kind, 0);
	tell(tracer, look_at, pid, program ? TINY_BASE : (long)shared);
	tell(tracer, try_requests, pid, 0);
	gate_open(GATE_A);
	if (!program)
		tell(tracer, see_asking, shared->words[WORD_TRACEE], 0);
	show_notes();
	unlink(SETUID_PATH);
}

static void run_pair(const struct scenario *self)
{
	try_pair(self->a, self->b);
}

GENERATE(add_pairs)
{
	int i, k;

	for (i = 0; i < SETUID; i++) {
		if (i == ROOT_HIDDEN || i == NOBODY_HIDDEN ||
		    i == NOBODY_CHANGED || i == NOBODY_SAVED)
			continue;
		for (k = 0; k < NR_KINDS; k++)
			add_scenario(run_pair, i, k, FAMILY "/%s_of_%s",
				     kinds[i], kinds[k]);
	}
	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		for (k = 0; k < ARRAY_SIZE(ids); k++)
			add_scenario(run_pair, IDS + i, IDS + k,
				     FAMILY "/ids_%s_of_%s", ids[i].name,
				     ids[k].name);
	}
}

/* Both in the new namespace. */
static void start_subject_it(long what, long unused)
{
	kind = what;
	shared->words[WORD_TRACEE] = start(be_subject);
}

static void ask_as(long what, long unused)
{
	start_asking(become, what);
}

static void try_in_userns(int tracer_kind, int kind)
{
	int tracer = helper();
	pid_t pid;

	tell(tracer, become, tracer_kind, 0);
	tell(tracer, start_subject_it, kind, 0);
	pid = shared->words[WORD_TRACEE];
	until_in(pid, SYS_futex);
	tell(tracer, look_at, pid, (long)shared);
	tell(tracer, try_requests, pid, 0);
	tell(tracer, ask_as, kind, 0);
	show_notes();
	look_at(pid, (long)shared);
	try_requests(pid, 0);
}

static void run_in_userns(const struct scenario *self)
{
	try_in_userns(self->a, self->b);
}

GENERATE(add_userns)
{
	int i, k;

	for (i = ROOT_USERNS; i <= NOBODY_USERNS;
	     i += NOBODY_USERNS - ROOT_USERNS) {
		for (k = 0; k < IS_NOBODY; k++)
			add_scenario(run_in_userns, i, k,
				     FAMILY "/child_of_%s/%s", kinds[i],
				     kinds[k]);
	}
}

/* --- a system-wide setting that matters */

#define SCOPE		"/proc/sys/kernel/yama/ptrace_scope"
#define SUID_DUMPABLE	"/proc/sys/fs/suid_dumpable"

static void set_number(const char *path, int number)
{
	char text = '0' + number;
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, &text, 1) != 1)
		rec("%s: %s", path, error_name(errno));
	close(fd);
}

/* A scenario's first number is that of the setting, too. */
#define AT(number, kind)	((number) * NR_KINDS + (kind))

static void with_setting(const char *path, const struct scenario *self,
			 void (*try)(int tracer_kind, int kind))
{
	int before = number_in(path);

	if (before < 0) {
		rec("no %s", path);
		return;
	}
	set_number(path, self->a / NR_KINDS);
	try(self->a % NR_KINDS, self->b);
	set_number(path, before);
}

static void run_dumpable(const struct scenario *self)
{
	with_setting(SUID_DUMPABLE, self, try_pair);
}

static void run_yama_pair(const struct scenario *self)
{
	with_setting(SCOPE, self, try_pair);
}

static void run_yama_in_userns(const struct scenario *self)
{
	with_setting(SCOPE, self, try_in_userns);
}

GENERATE(add_dumpable)
{
	static const int tracers[] = {
		ROOT, ROOT_NO_CAPS, IS_NOBODY, NOBODY_PTRACE, NOBODY_USERNS,
	};
	static const int tracees[] = {
		NOBODY_CHANGED, SETUID, SETUID_UNPRIVILEGED, UNREADABLE,
		UNREADABLE_USERNS,
	};
	int number, i, k;

	for (number = 1; number <= 2; number++) {
		for (i = 0; i < ARRAY_SIZE(tracers); i++) {
			for (k = 0; k < ARRAY_SIZE(tracees); k++)
				add_scenario(run_dumpable,
					     AT(number, tracers[i]), tracees[k],
					     FAMILY "/dumpable_%d/%s_of_%s",
					     number, kinds[tracers[i]],
					     kinds[tracees[k]]);
		}
	}
}

/* Whose namespace the tracee is in counts at levels 1 and 2. */
GENERATE(add_yama_pairs)
{
	static const int tracers[] = {
		ROOT, ROOT_NO_CAPS, ROOT_USERNS, IS_NOBODY, NOBODY_PTRACE,
		NOBODY_USERNS,
	};
	static const int tracees[] = {
		ROOT, ROOT_USERNS, IS_NOBODY, NOBODY_USERNS,
	};
	int scope, i, k;

	for (scope = 1; scope <= 2; scope++) {
		for (i = 0; i < ARRAY_SIZE(tracers); i++) {
			for (k = 0; k < ARRAY_SIZE(tracees); k++)
				add_scenario(run_yama_pair,
					     AT(scope, tracers[i]), tracees[k],
					     FAMILY "/yama_%d/%s_of_%s", scope,
					     kinds[tracers[i]],
					     kinds[tracees[k]]);
			if (!in_userns(tracers[i]))
				continue;
			for (k = 0; k < IS_NOBODY; k++)
				add_scenario(run_yama_in_userns,
					     AT(scope, tracers[i]), k,
					     FAMILY "/yama_%d/child_of_%s/%s",
					     scope, kinds[tracers[i]], kinds[k]);
		}
	}
}

/* --- TRACEME: the child asks, the parent must be able to */

static void run_traceme(const struct scenario *self)
{
	int tracer = helper();

	tell(tracer, become, self->a, 0);
	tell(tracer, ask_as, self->b, 0);
	show_notes();
}

/* --- what the tracer may read later than it attached */

static void change_it(long pid, long way)
{
	wait_for(pid, WALL);
	if (way)
		become(way, 0);
	show(pid);
	look_at(pid, (long)shared);
	req(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEEXIT);
	resume(PTRACE_CONT, pid, 0);
}

static void hide(void)
{
	become(IS_NOBODY, 0);
	gate_open(GATE_A);
	gate_wait(GATE_B);
	prctl(PR_SET_DUMPABLE, 0);
	raise_raw(SIGUSR1);
	gate_wait(GATE_RELEASE);
}

/* The tracee hides, the tracer is somebody else by then: too late for both. */
static void run_change(const struct scenario *self)
{
	int tracer = helper();
	pid_t pid = start(hide);

	gate_await(GATE_A);
	tell(tracer, become, self->a, 0);
	tell(tracer, seize_it, pid, 0);
	gate_open(GATE_B);
	tell(tracer, change_it, pid, self->b);
}

GENERATE(add_changes)
{
	static const int befores[] = { ROOT, IS_NOBODY };
	static const int afters[] = { ROOT, ROOT_NO_CAPS, IS_NOBODY, IS_OTHER };
	int i, k;

	for (i = 0; i < ARRAY_SIZE(befores); i++) {
		for (k = 0; k < ARRAY_SIZE(afters); k++)
			add_scenario(run_change, befores[i], afters[k],
				     FAMILY "/%s_becomes_%s",
				     kinds[befores[i]], kinds[afters[k]]);
		for (k = 0; k < IS_OTHER; k++)
			add_scenario(run_traceme, befores[i], k,
				     FAMILY "/traceme_to_%s/%s",
				     kinds[befores[i]], kinds[k]);
	}
}

/* --- programs with other privileges, by what tracer there is */

static void exec_when_told(void)
{
	become(kind, 0);
	if (shared->words[WORD_C])
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	gate_open(GATE_A);
	gate_wait(GATE_B);
	exec_path(SETUID_PATH, TINY_PAUSE);
}

static void show_ids(pid_t pid)
{
	static const char * const names[] = {
		"Uid:", "Gid:", "CapEff:", "NoNewPrivs:",
	};
	char status[4096], *at;
	int i;

	if (read_proc(pid, "status", status, sizeof(status)) <= 0)
		return;
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		at = strstr(status, names[i]);
		if (at)
			rec("  %.*s", (int)strcspn(at, "\n"), at);
	}
}

static void see_exec(long pid, long unused)
{
	wait_stop(pid);
	resume(PTRACE_CONT, pid, 0);
}

enum { UNTRACED = -1 };

/* The privileges that count are those which the tracer had when it came. */
static void run_setuid(int tracer_kind, int later, bool limited, bool group)
{
	int tracer = helper();
	int fd = tiny_file(TINY_64, SETUID_PATH, group ? 02755 : 04755);
	pid_t pid;

	close(fd);
	shared->words[WORD_C] = limited;
	kind = IS_NOBODY;
	pid = start(exec_when_told);
	gate_await(GATE_A);
	if (tracer_kind != UNTRACED) {
		tell(tracer, become, tracer_kind, 0);
		tell(tracer, seize_it, pid, PTRACE_O_TRACEEXEC);
		tell(tracer, become, later, 0);
	}
	gate_open(GATE_B);
	if (tracer_kind != UNTRACED)
		tell(tracer, see_exec, pid, 0);
	until_in(pid, NR_pause);
	show_ids(pid);
	tell(tracer, look_at, pid, TINY_BASE);
	unlink(SETUID_PATH);
}

static const struct {
	const char *name;
	int kind;
	int later;
} setuid_tracers[] = {
	{ "untraced", UNTRACED },
	{ "root", ROOT, ROOT },
	{ "root_then_nobody", ROOT, IS_NOBODY },
	{ "nobody", IS_NOBODY, IS_NOBODY },
	{ "nobody_ptrace", NOBODY_PTRACE, NOBODY_PTRACE },
	{ "nobody_userns", NOBODY_USERNS, NOBODY_USERNS },
};

static void run_setuid_exec(const struct scenario *self)
{
	run_setuid(setuid_tracers[self->a].kind, setuid_tracers[self->a].later,
		   self->b & 1, self->b & 2);
}

GENERATE(add_setuid)
{
	int i, k;

	for (i = 0; i < ARRAY_SIZE(setuid_tracers); i++) {
		for (k = 0; k < 4; k++)
			add_scenario(run_setuid_exec, i, k,
				     FAMILY "/set%cid_%s%s", k & 2 ? 'g' : 'u',
				     setuid_tracers[i].name,
				     k & 1 ? "_no_new_privs" : "");
	}
}

/* --- and of a child that the tracee makes, those of its own tracer's coming */

static void fork_when_told(void)
{
	become(kind, 0);
	gate_open(GATE_A);
	gate_wait(GATE_B);
	if (!fork_raw())
		exec_path(SETUID_PATH, TINY_PAUSE);
	gate_wait(GATE_RELEASE);
}

static void see_childs_exec(long pid, long unused)
{
	pid_t child = event_child(pid, wait_for(pid, WALL));

	shared->words[WORD_TRACEE] = child;
	name_child(child);
	wait_for(child, WALL);
	resume(PTRACE_CONT, child, 0);
	see_exec(child, 0);
}

static void run_setuid_child(const struct scenario *self)
{
	int tracer = helper();
	pid_t pid, child;

	close(tiny_file(TINY_64, SETUID_PATH, 04755));
	kind = IS_NOBODY;
	pid = start(fork_when_told);
	gate_await(GATE_A);
	tell(tracer, become, setuid_tracers[self->a].kind, 0);
	tell(tracer, seize_it, pid, PTRACE_O_TRACEFORK | PTRACE_O_TRACEEXEC);
	tell(tracer, become, setuid_tracers[self->a].later, 0);
	gate_open(GATE_B);
	tell(tracer, see_childs_exec, pid, 0);
	child = shared->words[WORD_TRACEE];
	until_in(child, NR_pause);
	show_ids(child);
	tell(tracer, look_at, child, TINY_BASE);
	unlink(SETUID_PATH);
}

GENERATE(add_setuid_children)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(setuid_tracers); i++) {
		if (setuid_tracers[i].kind == UNTRACED ||
		    setuid_tracers[i].kind == NOBODY_USERNS)
			continue;
		add_scenario(run_setuid_child, i, 0,
			     FAMILY "/setuid_child_of_%s",
			     setuid_tracers[i].name);
	}
}

/* --- process ids: whose numbers a tracer gets */

static void new_pidns(long unused_a, long unused_b)
{
	if (unshare(CLONE_NEWPID))
		rec("unshare: %s", error_name(errno));
}

/* The first process of a namespace, and a child of it. */
static void first_of_pidns(void)
{
	pid_t pid;

	new_pidns(0, 0);
	block(SIGCHLD);
	pid = fork_raw();
	if (!pid) {
		pid = fork_raw();
		if (!pid)
			child_exit();
		CALL4(SYS_wait4, pid, NULL, WALL, NULL);
		raise_raw(SIGUSR1);
		pid = call_vfork();
		if (!pid)
			child_exit();
		CALL4(SYS_wait4, pid, NULL, WALL, NULL);
		exec_tiny(TINY_64, TINY_SIGNAL);
	}
	CALL4(SYS_wait4, pid, NULL, WALL, NULL);
	leave_group(EXIT_CODE);
}

static void run_pidns(const struct scenario *self)
{
	pid_t pid = start_seized(first_of_pidns, PTRACE_O_TRACEFORK |
				 PTRACE_O_TRACEVFORK | PTRACE_O_TRACEVFORKDONE |
				 PTRACE_O_TRACEEXEC | PTRACE_O_TRACESYSGOOD |
				 PTRACE_O_TRACEEXIT);

	run_out(pid, self->a);
}

/* A tracer in there; what it traces has another number for T. */
static void nested_helper(long unused_a, long unused_b)
{
	shared->words[WORD_HELPER] = helper();
}

static void fork_in_pidns(void)
{
	pid_t pid;

	block(SIGCHLD);
	gate_wait(GATE_A);
	pid = fork_raw();
	if (!pid)
		child_exit();
	CALL4(SYS_wait4, pid, NULL, WALL, NULL);
	gate_wait(GATE_RELEASE);
	leave_group(EXIT_CODE);
}

static void start_in_pidns(long unused_a, long unused_b)
{
	shared->words[WORD_TRACEE] = start(fork_in_pidns);
}

/* No /proc in here: it is that of another namespace. */
static int look_inside(pid_t pid)
{
	unsigned long message = 0;
	int status = wait_for(pid, WALL);

	if (status == -1 || !WIFSTOPPED(status))
		return status;
	show_siginfo(pid);
	ptrace_raw(PTRACE_GETEVENTMSG, pid, 0, (long)&message);
	rec("  message %lu", message);
	return status;
}

static void see_inside(long pid, long request)
{
	look_inside(pid);
	resume(request, pid, 0);
}

static void take_sigchld(long unused_a, long unused_b)
{
	wait_sigchld();
}

/* The only child of a process, as T knows it. */
static pid_t child_of(pid_t pid)
{
	double end = now() + PATIENCE;
	char file[64], children[256];

	snprintf(file, sizeof(file), "task/%d/children", pid);
	while (read_proc(pid, file, children, sizeof(children)) <= 0 ||
	       atoi(children) <= 0) {
		if (now() > end) {
			rec("%s has no child", who(pid));
			return 0;
		}
		nap();
	}
	return atoi(children);
}

/* The helper that is the first process there; its tracee's number outside. */
static int start_inside(pid_t *pid)
{
	int outer = helper(), inner;

	tell(outer, new_pidns, 0, 0);
	tell(outer, nested_helper, 0, 0);
	inner = shared->words[WORD_HELPER];
	tell(inner, start_in_pidns, 0, 0);
	*pid = child_of(helper_pid(inner));
	name_child(*pid);
	until_in(*pid, SYS_futex);
	return inner;
}

SCENARIO(pidns_tracer_inside)
{
	pid_t pid;
	int inner = start_inside(&pid);
	long number = shared->words[WORD_TRACEE];

	tell(inner, seize_it, number, PTRACE_O_TRACEFORK | PTRACE_O_TRACEEXIT);
	show_proc(pid);
	send(pid, SIGUSR1);
	tell(inner, take_sigchld, 0, 0);
	tell(inner, see_inside, number, PTRACE_CONT);
	tell(inner, interrupt_it, number, 0);
	tell(inner, see_inside, number, PTRACE_CONT);
	gate_open(GATE_A);
	tell(inner, see_inside, number, PTRACE_CONT);
	tell(inner, see_inside, number + 1, PTRACE_CONT);
	tell(inner, see_inside, number + 1, PTRACE_CONT);
	tell(inner, see_inside, number + 1, PTRACE_CONT);
	until_in(pid, SYS_futex);
	tell(inner, interrupt_it, number, 0);
	tell(inner, see_inside, number, PTRACE_DETACH);
	until_in(pid, SYS_futex);
	show_proc(pid);
}

SCENARIO(pidns_tracer_outside)
{
	pid_t pid;
	int inner = start_inside(&pid);
	long number = shared->words[WORD_TRACEE];

	req(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACEFORK);
	show_proc(pid);
	tell(inner, seize_it, number, 0);
	send(pid, SIGUSR1);
	wait_stop(pid);
	resume(PTRACE_CONT, pid, 0);
	gate_open(GATE_A);
	run_out(pid, PTRACE_CONT);
}

/* One traces the other, as its child does it. */
SCENARIO(pidns_init_traced)
{
	pid_t pid, init;
	int inner = start_inside(&pid);

	init = helper_pid(inner);
	until_in(init, SYS_futex);
	req(PTRACE_SEIZE, init, 0, PTRACE_O_TRACEEXIT);
	send(init, SIGTERM);
	wait_stop(init);
	resume(PTRACE_CONT, init, SIGTERM);
	until_in(init, SYS_futex);
	send(init, SIGSTOP);
	wait_stop(init);
	resume(PTRACE_CONT, init, SIGSTOP);
	wait_stop(init);
	resume(PTRACE_CONT, init, 0);
	until_in(init, SYS_futex);
	req(PTRACE_INTERRUPT, init, 0, 0);
	wait_stop(init);
	resume(PTRACE_CONT, init, SIGKILL);
	until_in(init, SYS_futex);
	show_proc(init);
	send(init, SIGKILL);
	wait_stop(init);
	resume(PTRACE_CONT, init, 0);
	until_state(init, "Z");
	wait_for(init, WALL);
	until_gone(pid);
}

/* The end of a namespace waits for the tracers of all that die with it. */
SCENARIO(pidns_ends)
{
	pid_t pid, init;
	int inner = start_inside(&pid);

	init = helper_pid(inner);
	req(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACEEXIT);
	tell_begin(inner, die, 0, 0);
	wait_stop(pid);
	rec("init %c", state_of(init) == 'Z' ? 'Z' : '-');
	resume(PTRACE_CONT, pid, 0);
	until_state(pid, "Z");
	rec("init %c", state_of(init) == 'Z' ? 'Z' : '-');
	wait_for(pid, WALL);
	until_state(init, "Z");
}

GENERATE(add_pidns)
{
	add_scenario(run_pidns, PTRACE_CONT, 0, FAMILY "/pidns");
	add_scenario(run_pidns, PTRACE_SYSCALL, 0, FAMILY "/pidns_calls");
}

/* --- a task that is on its way out, but no zombie yet */

/* The first one of a namespace, which waits for the end of all others in there. */
static pid_t start_exiting(pid_t *child)
{
	int inner = start_inside(child);
	pid_t init = helper_pid(inner);

	req(PTRACE_SEIZE, *child, 0, PTRACE_O_TRACEEXIT);
	tell_begin(inner, die, EXIT_CODE, 0);
	wait_for(*child, WALL);
	until_in(init, SYS_exit_group);
	show_proc(init);
	return init;
}

static void let_it_end(pid_t init, pid_t child)
{
	resume(PTRACE_CONT, child, 0);
	wait_for(child, WALL);
	until_state(init, "Z");
}

/* It may be traced, but does not stop any more. */
static void run_exiting(const struct scenario *self)
{
	pid_t child, init = start_exiting(&child);

	req(self->a, init, 0, 0);
	req(PTRACE_SEIZE, init, 0, 0);
	req(PTRACE_INTERRUPT, init, 0, 0);
	send(init, SIGUSR1);
	send(init, SIGSTOP);
	send(init, SIGKILL);
	show_proc(init);
	req(PTRACE_CONT, init, 0, 0);
	req(PTRACE_DETACH, init, 0, 0);
	wait_for(init, WALL | WNOHANG);
	let_it_end(init, child);
	wait_for(init, WALL);
	show_proc(init);
}

static void run_exiting_tracer_ends(const struct scenario *self)
{
	pid_t child, init = start_exiting(&child);
	int tracer = helper();

	tell(tracer, seize_it, init, self->a);
	show_proc(init);
	send(helper_pid(tracer), SIGKILL);
	wait_for(helper_pid(tracer), WALL);
	show_proc(init);
	let_it_end(init, child);
	show_proc(init);
}

GENERATE(add_exiting)
{
	add_scenario(run_exiting, PTRACE_SEIZE, 0, FAMILY "/exiting_seize");
	add_scenario(run_exiting, PTRACE_ATTACH, 0, FAMILY "/exiting_attach");
	add_scenario(run_exiting_tracer_ends, 0, 0,
		     FAMILY "/exiting_tracer_ends");
	add_scenario(run_exiting_tracer_ends, PTRACE_O_EXITKILL, 0,
		     FAMILY "/exiting_tracer_ends_exitkill");
}

/* --- Yama */

static void set_ptracer(long pid, long unused)
{
	int result = prctl(PR_SET_PTRACER, pid, 0, 0, 0);

	rec("allow %s = %s", pid == -1 ? "any" : who(pid),
	    result_text(result ? -errno : 0));
}

static void try_both(long pid, long unused)
{
	unsigned long word;
	struct iovec here = { &word, sizeof(word) };
	struct iovec there = { shared, sizeof(word) };

	rec("mem %s, to write %s, maps %s",
	    open_result(pid, "mem", O_RDONLY),
	    open_result(pid, "mem", O_RDWR), read_result(pid, "maps"));
	rec("process_vm_readv %s", result_of(syscall(SYS_process_vm_readv, pid,
						     &here, 1, &there, 1, 0)));
	try_it(pid, false);
	try_it(pid, true);
}

/* Nobody tries a sibling, a child, a grandchild; the sibling allows it. */
static void yama_relations(int tracer, int other)
{
	pid_t pid = helper_pid(other);

	tell(tracer, try_both, pid, 0);
	tell(other, set_ptracer, helper_pid(tracer), 0);
	tell(tracer, try_both, pid, 0);
	tell(other, set_ptracer, getpid(), 0);
	tell(tracer, try_both, pid, 0);
	tell(other, set_ptracer, -1, 0);
	tell(tracer, try_both, pid, 0);
	tell(other, set_ptracer, 0, 0);
	tell(tracer, try_both, pid, 0);
	tell(other, set_ptracer, 0x3ffffe, 0);
	tell(tracer, nested_helper, 0, 0);
	pid = helper_pid(shared->words[WORD_HELPER]);
	tell(tracer, try_both, pid, 0);
	tell(shared->words[WORD_HELPER], nested_helper, 0, 0);
	pid = helper_pid(shared->words[WORD_HELPER]);
	tell(tracer, try_both, pid, 0);
	tell(shared->words[WORD_HELPER], try_both, helper_pid(tracer), 0);
	tell(tracer, ask_as, IS_NOBODY, 0);
	show_notes();
}

/* Level 3 cannot be left again, and the other scenarios come after this. */
static void run_yama(const struct scenario *self)
{
	int before = number_in(SCOPE), tracer, other;

	if (before < 0) {
		rec("no Yama");
		return;
	}
	set_number(SCOPE, self->a);
	tracer = helper();
	other = helper();
	tell(tracer, become, self->b, 0);
	tell(other, become, self->b ? IS_NOBODY : ROOT, 0);
	yama_relations(tracer, other);
	set_number(SCOPE, before);
}

GENERATE(add_yama)
{
	int scope;

	for (scope = 0; scope < 3; scope++) {
		add_scenario(run_yama, scope, ROOT, FAMILY "/yama_%d_root",
			     scope);
		add_scenario(run_yama, scope, IS_NOBODY,
			     FAMILY "/yama_%d_nobody", scope);
		add_scenario(run_yama, scope, NOBODY_PTRACE,
			     FAMILY "/yama_%d_nobody_ptrace", scope);
	}
}
