// SPDX-License-Identifier: GPL-2.0-only
/* What scenarios are written with: record, start, wait, look. */
#include <dirent.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <time.h>
#include "ptrace_record.h"

static __thread char me[12];	/* the name of the caller */
static __thread int event_seen;	/* of the last stop that it waited for */

/* --- calls that architectures which are young do not have by their old numbers */

pid_t fork_raw(void)
{
#ifdef SYS_fork
	return CALL0(SYS_fork);
#else
	return CALL1(SYS_clone, SIGCHLD);
#endif
}

void poll_raw(struct pollfd *fd, int milliseconds)
{
#ifdef SYS_poll
	CALL3(SYS_poll, fd, 1, milliseconds);
#else
	struct timespec timeout = { .tv_sec = milliseconds / 1000 };

	CALL4(SYS_ppoll, fd, 1, &timeout, NULL);
#endif
}

/* --- the record */

void rec(const char *format, ...)
{
	char line[768];
	va_list args;
	size_t start;
	int n = 0;

	if (strcmp(me, "T"))
		n = snprintf(line, sizeof(line), "[%s] ", me);
	va_start(args, format);
	n += vsnprintf(line + n, sizeof(line) - n - 1, format, args);
	va_end(args);
	if (n > (int)sizeof(line) - 2)
		n = sizeof(line) - 2;
	line[n++] = '\n';
	start = atomic_fetch_add(&shared->length, n);
	if (start + n <= RECORD_SIZE)
		memcpy(shared->record + start, line, n);
	else
		shared->length = start;
}

/*
 * What a tracee has to say of itself comes later than the request that lets it
 * run, or earlier: it is kept until somebody asks, when the tracee is done.
 */
void note(const char *format, ...)
{
	char line[256];
	va_list args;
	size_t start;
	int n;

	n = snprintf(line, sizeof(line), "  [%s] ", me);
	va_start(args, format);
	n += vsnprintf(line + n, sizeof(line) - n - 1, format, args);
	va_end(args);
	if (n > (int)sizeof(line) - 2)
		n = sizeof(line) - 2;
	line[n++] = '\n';
	start = atomic_fetch_add(&shared->noted, n);
	if (start + n < NOTES_SIZE)
		memcpy(shared->notes + start, line, n);
	else
		shared->noted = start;
}

void show_notes(void)
{
	const char *at = shared->notes;

	while (*at) {
		size_t n = strcspn(at, "\n");

		rec("%.*s", (int)n, at);
		at += n + 1;
	}
	memset(shared->notes, 0, NOTES_SIZE);
	shared->noted = 0;
}

/* --- time */

double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* Between two looks at a state that nobody announces. */
void nap(void)
{
	struct timespec ts = { .tv_nsec = 100000 };

	nanosleep(&ts, NULL);
}

/* --- names */

void name_task(pid_t pid, const char *name)
{
	int n;

	if (pid <= 0)
		return;
	n = atomic_fetch_add(&shared->nr_names, 1);
	if (n >= NR_NAMES)
		abort();
	snprintf(shared->names[n].name, sizeof(me), "%s", name);
	atomic_thread_fence(memory_order_release);
	shared->names[n].pid = pid;
}

void i_am(const char *name)
{
	snprintf(me, sizeof(me), "%s", name);
}

const char *known(pid_t pid)
{
	int i;

	/* Zero is also what a name has that is being written. */
	if (pid < FIRST_PID)
		return NULL;
	for (i = shared->nr_names - 1; i >= 0; i--) {
		if (shared->names[i].pid == pid)
			return shared->names[i].name;
	}
	return NULL;
}

/* The next child's name, and the gate that it starts at. */
static int next_child(char *name)
{
	int n = ++shared->nr_children;

	snprintf(name, sizeof(me), "C%d", n);
	if (GATE_START + n >= NR_GATES)
		abort();
	return GATE_START + n;
}

void name_child(pid_t pid)
{
	char name[sizeof(me)];

	if (pid <= 0 || known(pid))
		return;
	next_child(name);
	name_task(pid, name);
}

const char *who(pid_t pid)
{
	static __thread char numbers[8][16];
	static __thread int next;
	const char *name = known(pid);
	char *number = numbers[next++ % 8];

	if (name)
		return name;
	if (pid < FIRST_PID) {
		snprintf(number, sizeof(numbers[0]), "%d", pid);
		return number;
	}
	snprintf(number, sizeof(numbers[0]), "X%d", ++shared->nr_others);
	name_task(pid, number);
	return number;
}

/* --- gates */

static long futex(atomic_int *word, int op, int n, struct timespec *timeout)
{
	return CALL4(SYS_futex, word, op, n, timeout);
}

void gate_wait(int gate)
{
	while (!shared->gates[gate])
		futex(&shared->gates[gate], FUTEX_WAIT, 0, NULL);
}

void gate_open(int gate)
{
	shared->gates[gate] = 1;
	futex(&shared->gates[gate], FUTEX_WAKE, 1000, NULL);
}

static bool await_word(atomic_int *word, int wanted)
{
	struct timespec ts = { .tv_nsec = 100000000 };
	double end = now() + PATIENCE;
	int n;

	while ((n = *word) != wanted) {
		if (now() > end)
			return false;
		futex(word, FUTEX_WAIT, n, &ts);
	}
	return true;
}

bool gate_await(int gate)
{
	bool done = await_word(&shared->gates[gate], 1);

	if (!done)
		rec("gate %d stays closed", gate);
	return done;
}

bool until_word(int word, long value)
{
	double end = now() + PATIENCE;

	while (shared->words[word] != value) {
		if (now() > end) {
			rec("word %d stays %ld", word, shared->words[word]);
			return false;
		}
		nap();
	}
	return true;
}

/* Let programs go on that block at the end of their way. */
void release(void)
{
	uint64_t one = 1;

	gate_open(GATE_RELEASE);
	if (write(BLOCK_FD, &one, sizeof(one)) != sizeof(one))
		rec("release: %s", error_name(errno));
}

/* --- children */

static void run_child(void (*program)(void), const char *name, int gate)
{
	sigset_t none;

	name_task(getpid(), name);
	i_am(name);
	setpgid(0, 0);
	signal(SIGALRM, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (gate)
		gate_wait(gate);
	program();
	leave_group(0);
	/* A tracer that makes no call of it gets no further. */
	for (;;)
		CALL0(NR_pause);
}

static pid_t start_at(void (*program)(void), bool held)
{
	char name[sizeof(me)];
	int gate = next_child(name);
	pid_t pid = fork();

	if (pid == 0)
		run_child(program, name, held ? gate : 0);
	if (pid < 0)
		rec("fork: %s", error_name(errno));
	name_task(pid, name);
	setpgid(pid, pid);
	return pid;
}

pid_t start(void (*program)(void))
{
	return start_at(program, false);
}

/* Holds in its futex call when this returns. */
pid_t start_held(void (*program)(void))
{
	pid_t pid = start_at(program, true);

	until_in(pid, SYS_futex);
	return pid;
}

void let_go(pid_t pid)
{
	const char *name = known(pid);

	gate_open(GATE_START + (name ? atoi(name + 1) : 0));
}

/* Traced and about to run; nothing is recorded unless it fails. */
pid_t start_seized(void (*program)(void), long options)
{
	pid_t pid = start_held(program);

	if (ptrace_raw(PTRACE_SEIZE, pid, 0, options))
		rec("SEIZE %s: %s", who(pid), error_name(errno));
	let_go(pid);
	return pid;
}

pid_t start_attached(void (*program)(void), long options)
{
	pid_t pid = start_held(program);

	if (ptrace_raw(PTRACE_ATTACH, pid, 0, 0))
		rec("ATTACH %s: %s", who(pid), error_name(errno));
	waitpid(pid, NULL, WALL);
	ptrace_raw(PTRACE_SETOPTIONS, pid, 0, options);
	let_go(pid);
	ptrace_raw(PTRACE_CONT, pid, 0, 0);
	return pid;
}

static void (*after_traceme)(void);

static void traceme(void)
{
	CALL4(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0);
	raise_raw(SIGSTOP);
	after_traceme();
}

pid_t start_traceme(void (*program)(void), long options)
{
	pid_t pid;

	after_traceme = program;
	pid = start(traceme);
	waitpid(pid, NULL, WALL);
	ptrace_raw(PTRACE_SETOPTIONS, pid, 0, options);
	ptrace_raw(PTRACE_CONT, pid, 0, 0);
	return pid;
}

static void (*asks_after)(long a, long b);
static long asks_after_a;

static void ask_for_it(void)
{
	long result;

	if (asks_after)
		asks_after(asks_after_a, 0);
	result = CALL4(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0);
	note("traceme %s", result_text(result));
	raise_raw(SIGUSR1);
	leave_group(EXIT_CODE);
}

/* A child that asks to be traced, after @first if that is not NULL... */
pid_t begin_asking(void (*first)(long a, long b), long a)
{
	asks_after = first;
	asks_after_a = a;
	return start(ask_for_it);
}

/* ... and what its parent sees of it, to its end. */
void see_asking(long pid, long unused)
{
	wait_for(pid, WALL);
	if (!resume(PTRACE_CONT, pid, 0))
		wait_for(pid, WALL);
}

void start_asking(void (*first)(long a, long b), long a)
{
	see_asking(begin_asking(first, a), 0);
}

/* A program that makes a thread: both are traced then, and in their gates. */
pid_t start_two(void (*program)(void), long options, pid_t *thread)
{
	pid_t pid = start_seized(program, options | PTRACE_O_TRACECLONE);

	*thread = event_child(pid, wait_for(pid, WALL));
	name_child(*thread);
	resume(PTRACE_CONT, pid, 0);
	wait_for(*thread, WALL);
	resume(PTRACE_CONT, *thread, 0);
	until_in(pid, SYS_futex);
	until_in(*thread, SYS_futex);
	return pid;
}

/* --- helpers */

enum { JOB_NONE, JOB_TODO, JOB_DONE };

static int new_job(void)
{
	int n = shared->nr_jobs++;

	if (n >= NR_HELPERS)
		abort();
	return n;
}

static void set_state(struct job *job, int state)
{
	job->state = state;
	futex(&job->state, FUTEX_WAKE, 1000, NULL);
}

static void do_jobs(struct job *job)
{
	int state;

	for (;;) {
		/* Of one look at it: a job that comes between is no sleep. */
		while ((state = job->state) != JOB_TODO)
			futex(&job->state, FUTEX_WAIT, state, NULL);
		job->fn(job->a, job->b);
		set_state(job, JOB_DONE);
	}
}

static int job_to_run;

static void helper_program(void)
{
	sigset_t set;

	/* As for T: recorded when asked for, never a surprise. */
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	do_jobs(&shared->jobs[job_to_run]);
}

int helper(void)
{
	int n = new_job();

	job_to_run = n;
	shared->jobs[n].tid = start(helper_program);
	return n;
}

static void *helper_main(void *arg)
{
	struct job *job = arg;

	snprintf(me, sizeof(me), "T.%u", 1 + (unsigned char)(job - shared->jobs));
	name_task(gettid(), me);
	job->tid = gettid();
	set_state(job, JOB_DONE);
	do_jobs(job);
	return NULL;
}

int helper_thread(void)
{
	int n = new_job();
	pthread_t thread;

	if (pthread_create(&thread, NULL, helper_main, &shared->jobs[n]))
		rec("pthread_create: %s", error_name(errno));
	await_word(&shared->jobs[n].state, JOB_DONE);
	return n;
}

pid_t helper_pid(int helper)
{
	return shared->jobs[helper].tid;
}

void tell_begin(int helper, void (*fn)(long a, long b), long a, long b)
{
	struct job *job = &shared->jobs[helper];

	job->fn = fn;
	job->a = a;
	job->b = b;
	set_state(job, JOB_TODO);
}

void tell_end(int helper)
{
	if (!await_word(&shared->jobs[helper].state, JOB_DONE))
		rec("%s does not finish", who(helper_pid(helper)));
}

void tell(int helper, void (*fn)(long a, long b), long a, long b)
{
	tell_begin(helper, fn, a, b);
	tell_end(helper);
}

/* --- requests */

/* Unlike the C library's, the same for all requests. */
long ptrace_raw(int request, pid_t pid, unsigned long addr, unsigned long data)
{
	return syscall(SYS_ptrace, (long)request, (long)pid, addr, data);
}

static const char *argument(const char *name, unsigned long v)
{
	static __thread char text[2][64];
	static __thread int next;
	char *to = text[next++ % 2];

	if (!v)
		return "";
	snprintf(to, sizeof(text[0]), " %s=%s", name, value(v));
	return to;
}

long req(int request, pid_t pid, unsigned long addr, unsigned long data)
{
	long result = ptrace_raw(request, pid, addr, data);

	if (result < 0)
		result = -errno;
	rec("%s %s%s%s = %s", request_name(request), who(pid),
	    argument("addr", addr), argument("data", data),
	    result_text(result));
	return result;
}

/* The same, for those that take a signal. */
long resume(int request, pid_t pid, int signo)
{
	long result = ptrace_raw(request, pid, 0, signo);

	if (result < 0)
		result = -errno;
	rec("%s %s %s = %s", request_name(request), who(pid),
	    signo ? signal_name(signo) : "0", result_text(result));
	return result;
}

void send(pid_t pid, int signo)
{
	int result = kill(pid, signo);

	rec("kill %s %s = %s", who(pid), signal_name(signo),
	    result_text(result ? -errno : 0));
}

void send_thread(pid_t tgid, pid_t tid, int signo)
{
	int result = syscall(SYS_tgkill, tgid, tid, signo);

	rec("tgkill %s %s %s = %s", who(tgid), who(tid), signal_name(signo),
	    result_text(result ? -errno : 0));
}

/* --- waiting */

static void on_alarm(int signo)
{
}

/* Ends blocking calls of this thread, again and again once PATIENCE is over. */
static timer_t set_alarm(void)
{
	struct itimerspec when = {
		.it_value = { .tv_sec = PATIENCE },
		.it_interval = { .tv_nsec = 100000000 },
	};
	struct sigaction action = { .sa_handler = on_alarm };
	struct sigevent event = {
		.sigev_notify = SIGEV_THREAD_ID,
		.sigev_signo = SIGALRM,
	};
	timer_t timer;

	event._sigev_un._tid = gettid();
	sigaction(SIGALRM, &action, NULL);
	timer_create(CLOCK_MONOTONIC, &event, &timer);
	timer_settime(timer, 0, &when, NULL);
	return timer;
}

static const char *target(pid_t pid)
{
	return pid == -1 ? "any" : who(pid);
}

int last_event(void)
{
	return event_seen;
}

/* The status, or -1 and errno. Blocks, as a real tracer does. */
int wait_for(pid_t pid, int flags)
{
	timer_t timer = set_alarm();
	int status = 0, error;
	pid_t got;

	got = waitpid(pid, &status, flags);
	error = errno;
	timer_delete(timer);
	if (got > 0)
		rec("wait4 %s%s = %s %s", target(pid), wait_flags(flags),
		    who(got), status_text(status));
	else
		rec("wait4 %s%s = %s", target(pid), wait_flags(flags),
		    got ? error_name(error) : "0");
	event_seen = got > 0 && WIFSTOPPED(status) ? status >> 16 : 0;
	errno = got ? error : 0;
	return got > 0 ? status : -1;
}

int wait_stop(pid_t pid)
{
	int status = wait_for(pid, WALL | WUNTRACED);

	/* The parent of an untraced task is told a moment too early. */
	if (status != -1 && WIFSTOPPED(status) && until_state(pid, "tT"))
		show(pid);
	return status;
}

static const char *waitid_text(const siginfo_t *info)
{
	return info->si_pid ? siginfo_text(info) : "nothing";
}

void wait_info(idtype_t type, pid_t id, int flags)
{
	timer_t timer = set_alarm();
	siginfo_t info = {};
	int error = 0;

	if (waitid(type, id, &info, flags))
		error = errno;
	timer_delete(timer);
	rec("waitid %s%s = %s", type == P_ALL ? "any" : who(id),
	    wait_flags(flags), error ? error_name(error) : waitid_text(&info));
}

static int get_sigchld(int seconds, siginfo_t *info)
{
	struct timespec timeout = { .tv_sec = seconds };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	return sigtimedwait(&set, info, &timeout) < 0 ? errno : 0;
}

static void take_sigchld(int seconds)
{
	siginfo_t info = {};
	int error = get_sigchld(seconds, &info);

	rec("sigchld %s", error == EAGAIN ? "none" :
	    error ? error_name(error) : siginfo_text(&info));
}

/* A stop is visible to wait4() a moment before its SIGCHLD has come. */
void wait_sigchld(void)
{
	take_sigchld(PATIENCE);
}

void show_sigchld(void)
{
	take_sigchld(0);
}

/* Of two tasks that stopped at once, either may be told of first. */
void forget_sigchld(void)
{
	siginfo_t info;

	get_sigchld(0, &info);
}

/* --- jobs of helpers */

void seize_it(long pid, long options)
{
	req(PTRACE_SEIZE, pid, 0, options);
}

void interrupt_it(long pid, long unused)
{
	req(PTRACE_INTERRUPT, pid, 0, 0);
}

void wait_it(long pid, long flags)
{
	wait_for(pid, flags);
}

void cont_it(long pid, long signo)
{
	resume(PTRACE_CONT, pid, signo);
}

void die(long code, long unused)
{
	leave_group(code);
}

/* --- looking at a stopped task */

void show_siginfo(pid_t pid)
{
	siginfo_t info = {};

	if (ptrace_raw(PTRACE_GETSIGINFO, pid, 0, (long)&info))
		rec("  siginfo %s", error_name(errno));
	else
		rec("  siginfo %s", siginfo_text(&info));
}

static bool message_is_pid(int event)
{
	switch (event) {
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
	case PTRACE_EVENT_CLONE:
	case PTRACE_EVENT_VFORK_DONE:
	case PTRACE_EVENT_EXEC:
		return true;
	}
	return false;
}

static void show_message(pid_t pid)
{
	unsigned long message = 0;

	if (ptrace_raw(PTRACE_GETEVENTMSG, pid, 0, (long)&message)) {
		rec("  message %s", error_name(errno));
		return;
	}
	if (message_is_pid(event_seen)) {
		if (event_seen != PTRACE_EVENT_EXEC)
			name_child(message);
		rec("  message %s", who(message));
	} else {
		rec("  message %#lx", message);
	}
}

static const char *arguments(long nr, const unsigned long long *args)
{
	static __thread char text[256];
	int i, n = 0;

	for (i = 0; i < NR_ARGUMENTS; i++)
		n += snprintf(text + n, sizeof(text) - n, "%s%s",
			      i ? "," : "", syscall_arg(nr, i, args[i]));
	return text;
}

static void show_syscall_info(pid_t pid)
{
	struct syscall_info info = {};
	long size = ptrace_raw(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info),
			       (long)&info);
	const char *place = where(info.ip);

	if (size < 0)
		rec("  call_info %s", error_name(errno));
	else if (info.op == SYSCALL_INFO_ENTRY)
		rec("  call_info entry size=%ld arch=%#x ip=%s %s(%s)", size,
		    info.arch, place, syscall_name(info.entry.nr),
		    arguments(info.entry.nr, info.entry.args));
	else if (info.op == SYSCALL_INFO_SECCOMP)
		rec("  call_info seccomp size=%ld arch=%#x ip=%s %s(%s) data=%u",
		    size, info.arch, place, syscall_name(info.entry.nr),
		    arguments(info.entry.nr, info.entry.args),
		    info.entry.ret_data);
	else if (info.op == SYSCALL_INFO_EXIT)
		rec("  call_info exit size=%ld arch=%#x ip=%s rval=%s error=%d",
		    size, info.arch, place,
		    call_value(info.exit.rval), info.exit.is_error);
	else
		rec("  call_info op=%d size=%ld arch=%#x ip=%s", info.op, size,
		    info.arch, place);
}

/* The file's text, or -errno. */
static long read_text(const char *path, char *buffer, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, buffer, size - 1);
	if (n < 0)
		n = -errno;
	close(fd);
	buffer[n > 0 ? n : 0] = 0;
	return n;
}

long read_proc(pid_t pid, const char *file, char *buffer, size_t size)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	return read_text(path, buffer, size);
}

/* What a setting is, or -1 if there is none. */
int number_in(const char *path)
{
	char text[16];

	return read_text(path, text, sizeof(text)) > 0 ? atoi(text) : -1;
}

/* A line of /proc/PID/status without its name. */
static const char *field(const char *status, const char *name)
{
	static __thread char text[8][64];
	static __thread int next;
	const char *at = strstr(status, name);
	char *to = text[next++ % 8];

	if (!at || sscanf(at + strlen(name), ":%*[ \t]%60[^\n]", to) != 1)
		return "?";
	return to;
}

static unsigned long long mask(const char *status, const char *name)
{
	return strtoull(field(status, name), NULL, 16);
}

/* The 52nd field, the status that a wait would see. */
static const char *stat_exit_code(pid_t pid)
{
	static __thread char text[32];
	char stat[1024], *at;

	if (read_proc(pid, "stat", stat, sizeof(stat)) <= 0)
		return "?";
	at = strrchr(stat, ' ');
	snprintf(text, sizeof(text), "%#x", at ? atoi(at) : -1);
	return text;
}

static void show_proc_syscall(pid_t pid)
{
	unsigned long long args[6] = {}, sp, ip;
	char text[256];
	long n = read_proc(pid, "syscall", text, sizeof(text));
	long nr;

	if (n <= 0)
		rec("  proc_syscall %s", error_name(-n));
	else if (sscanf(text, "%ld %llx %llx %llx %llx %llx %llx %llx %llx",
			&nr, args, args + 1, args + 2, args + 3, args + 4,
			args + 5, &sp, &ip) == 9)
		rec("  proc_syscall %s(%s) at %s", syscall_name(nr),
		    arguments(nr, args), where(ip));
	else if (sscanf(text, "%ld %llx %llx", &nr, &sp, &ip) == 3)
		rec("  proc_syscall %ld at %s", nr, where(ip));
	else
		rec("  proc_syscall %.*s", (int)strcspn(text, "\n"), text);
}

/*
 * The death of a child comes at any time: programs block the signal, and it is
 * not told whether it is pending.
 */
#define UNTIMELY	(1ul << (SIGCHLD - 1) | 1ul << (SIGWINCH - 1))

static unsigned long long pending(const char *status)
{
	return mask(status, "ShdPnd") & ~(mask(status, "SigBlk") & UNTIMELY);
}

void show_proc(pid_t pid)
{
	char status[4096];
	long n = read_proc(pid, "status", status, sizeof(status));

	if (n <= 0) {
		rec("  proc %s", error_name(-n));
		return;
	}
	rec("  proc %s tracer=%s pnd=%llx shd=%llx blk=%llx ign=%llx cgt=%llx exit_code=%s",
	    field(status, "State"), who(atoi(field(status, "TracerPid"))),
	    mask(status, "SigPnd"), pending(status),
	    mask(status, "SigBlk"), mask(status, "SigIgn"),
	    mask(status, "SigCgt"), stat_exit_code(pid));
	show_proc_syscall(pid);
}

void show(pid_t pid)
{
	show_siginfo(pid);
	show_message(pid);
	show_syscall_info(pid);
	show_regs(pid);
	show_proc(pid);
}

void poke_regs(pid_t pid, const struct poke pokes[2])
{
	int i;

	for (i = 0; i < 2; i++) {
		if (pokes[i].reg)
			set_reg(pid, pokes[i].reg, pokes[i].value);
	}
}

/* --- states that last */

char state_of(pid_t pid)
{
	char stat[1024], *at;

	if (read_proc(pid, "stat", stat, sizeof(stat)) <= 0)
		return 0;
	at = strrchr(stat, ')');
	return at && at[1] ? at[2] : 0;
}

/* The call that a task blocks in; else one of these. */
enum { BLOCKS_NOT = -1, RUNS = -2, UNREADABLE = -3 };
static long blocked_in(pid_t pid)
{
	char text[256];
	long n = read_proc(pid, "syscall", text, sizeof(text));

	if (n == -EPERM)
		return UNREADABLE;
	return n > 0 && *text == 'r' ? RUNS : n > 0 ? atol(text) : BLOCKS_NOT;
}

/* With Yama's scope at 3 nobody may read where it blocks, only that it does. */
static bool blocks_in(pid_t pid, long nr)
{
	long in = blocked_in(pid);

	return (in == nr || in == UNREADABLE) &&
	       strchr("SD", state_of(pid) ?: '-');
}

/*
 * /proc/PID/syscall says "running" until the task is off its CPU. By then it
 * has told its parent and its tracer of the stop that its state shows.
 */
bool until_state(pid_t pid, const char *states)
{
	double end = now() + PATIENCE;
	siginfo_t info;
	char state;

	for (;;) {
		state = state_of(pid);
		if (state && strchr(states, state) && blocked_in(pid) != RUNS)
			break;
		if (now() > end) {
			rec("%s stays %c", who(pid), state ?: '-');
			return false;
		}
		nap();
	}
	/* Behind the lock under which a death is made known. */
	if (state == 'Z')
		waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT);
	return true;
}

bool until_in(pid_t pid, long nr)
{
	double end = now() + PATIENCE;

	while (!blocks_in(pid, nr)) {
		if (now() > end) {
			rec("%s does not block in %s", who(pid),
			    syscall_name(nr));
			return false;
		}
		nap();
	}
	return true;
}

bool until_gone(pid_t pid)
{
	double end = now() + PATIENCE;

	while (state_of(pid)) {
		if (now() > end) {
			rec("%s stays", who(pid));
			return false;
		}
		nap();
	}
	return true;
}

static bool waitable(pid_t pid)
{
	siginfo_t info = {};

	return !waitid(P_PID, pid, &info, WEXITED | WSTOPPED | WNOHANG |
		       WNOWAIT | WALL) && info.si_pid;
}

/* Another task that a wait would see, if the first to be seen is one. */
pid_t waitable_other(pid_t pid)
{
	siginfo_t info = {};

	if (waitid(P_ALL, 0, &info, WSTOPPED | WNOHANG | WNOWAIT | WALL) ||
	    info.si_pid == pid)
		return 0;
	return info.si_pid;
}

/* Calls that end only when somebody makes them. A wait4() is none of them. */
static bool blocks_for_long(long nr)
{
	if (nr == NR_pause || nr == NR_poll)
		return true;
	switch (nr) {
	case SYS_read:
	case SYS_futex:
	case SYS_nanosleep:
	case SYS_clock_nanosleep:
	case SYS_restart_syscall:
	case SYS_rt_sigsuspend:
	case SYS_rt_sigtimedwait:
		return true;
	}
	return false;
}

/* A dead one that the caller has to wait for changes nothing any more. */
static bool other_lives(pid_t pid)
{
	struct dirent *entry;
	bool lives = false;
	char path[64];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	if (!dir)
		return false;
	while (!lives && (entry = readdir(dir))) {
		pid_t tid = atoi(entry->d_name);
		char state = tid > 0 && tid != pid ? state_of(tid) : 0;

		lives = state && !(state == 'Z' && waitable(tid));
	}
	closedir(dir);
	return lives;
}

/* Its parent, which waits for it, reaps it: it does not stay a zombie. */
static pid_t parents_own;

void leave_to_parent(pid_t pid)
{
	parents_own = pid;
}

static bool lasts(pid_t pid, char state)
{
	long nr = blocked_in(pid);

	switch (state) {
	case 'S':
		return blocks_for_long(nr);
	case 'Z':
		/* The first thread, as long as another one lives, is dying. */
		return pid != parents_own && !other_lives(pid);
	case 'D':
		/* Waits for its vfork child, and that one for its tracer. */
		return waitable_other(pid) > 0;
	case 'T':
	case 't':
		return nr != -2;
	}
	/* Who is dead and reaped, X, is gone in a moment. */
	return !state;
}

/*
 * Wait until a wait would see something of the task ('W'), or it is in a state
 * that it will not leave by itself, which is returned; 0: gone.
 */
char settle(pid_t pid)
{
	double end = now() + PATIENCE;
	char state;

	for (;;) {
		state = state_of(pid);
		if (waitable(pid))
			return 'W';
		if (lasts(pid, state) && state_of(pid) == state &&
		    !waitable(pid))
			return state;
		if (now() > end) {
			rec("%s does not settle: %c", who(pid), state);
			return '?';
		}
		nap();
	}
}

void show_settled(pid_t pid)
{
	char state = settle(pid);

	if (state == 'W')
		wait_stop(pid);
	else if (state == 'S')
		rec("%s is S in %s", who(pid), syscall_name(blocked_in(pid)));
	else
		rec("%s is %c", who(pid), state ?: '-');
}

/*
 * The group of two threads that are traced stops. The signal is sent to one of them,
 * so that it is known which one takes it. The stop of the group, of which /proc
 * tells, is there when both have come to it.
 */
void stop_two(pid_t pid, pid_t thread)
{
	send_thread(pid, thread, SIGSTOP);
	wait_stop(thread);
	resume(PTRACE_CONT, thread, SIGSTOP);
	until_state(thread, "t");
	until_state(pid, "t");
	wait_stop(thread);
	wait_stop(pid);
}

/* --- running a tracee until something else has to happen */

bool is_event(int status, int event)
{
	return status != -1 && WIFSTOPPED(status) && status >> 16 == event;
}

bool is_group_stop(pid_t pid, int status)
{
	siginfo_t info;

	if (status >> 16)
		return status >> 16 == PTRACE_EVENT_STOP &&
		       WSTOPSIG(status) != SIGTRAP;
	switch (WSTOPSIG(status)) {
	case SIGSTOP:
	case SIGTSTP:
	case SIGTTIN:
	case SIGTTOU:
		return ptrace_raw(PTRACE_GETSIGINFO, pid, 0, (long)&info) &&
		       errno == EINVAL;
	}
	return false;
}

/* The signal that the tracee gets if the tracer does not interfere. */
static int own_signal(pid_t pid, int status)
{
	int signo = WSTOPSIG(status);

	if (status >> 16 || signo == SIGTRAP || signo == SYSCALL_TRAP ||
	    is_group_stop(pid, status))
		return 0;
	return signo;
}

/* The new task of a fork, vfork or clone event; 0: none. */
pid_t event_child(pid_t pid, int status)
{
	unsigned long message = 0;

	if (status == -1 || !WIFSTOPPED(status))
		return 0;
	switch (status >> 16) {
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
	case PTRACE_EVENT_CLONE:
		ptrace_raw(PTRACE_GETEVENTMSG, pid, 0, (long)&message);
	}
	return message;
}

/*
 * A new task runs to its end before its parent is looked at again, so that the
 * order in the record is not that of two CPUs. Returns the status of the end,
 * or -1 where the task blocks or stays stopped.
 */
int follow(pid_t pid, int request, int max)
{
	while (max-- > 0) {
		int status, signo;
		pid_t child;

		if (settle(pid) != 'W') {
			show_settled(pid);
			return -1;
		}
		status = wait_stop(pid);
		if (status == -1 || !WIFSTOPPED(status))
			return status;
		child = event_child(pid, status);
		signo = own_signal(pid, status);
		if (resume(request, pid, signo))
			return -1;
		if (child)
			follow(child, request, max);
	}
	rec("%s: enough", who(pid));
	return -1;
}

/* The same, with all that the task may wait for. */
void run_out(pid_t pid, int request)
{
	int tries;

	for (tries = 0; tries < 4; tries++) {
		int status = follow(pid, request, 40);
		char state = settle(pid);

		if (status != -1 || !state || state == 'Z')
			return;
		if (state == 'T' || state == 'W')
			send(pid, SIGCONT);
		else if (state == 't' && resume(request, pid, 0))
			send(pid, SIGCONT);	/* it listens */
		else if (state == 't')
			continue;
		else if (tries < 2)
			release();
		else
			send(pid, SIGKILL);
	}
}
