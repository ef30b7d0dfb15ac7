// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs scenarios, each in a child with a deadline, and prints what they
 * recorded. All that is left of a scenario becomes a child of this process and
 * is killed, so that the next one starts from nothing.
 */
#include <fnmatch.h>
#include <poll.h>
#include <stdarg.h>
#include <dirent.h>
#include <time.h>
#include <sys/eventfd.h>
#include "ptrace_record.h"

struct shared *shared;

static struct scenario *scenarios;
static int nr_scenarios;

void add_scenario(void (*run)(const struct scenario *), int a, int b,
		  const char *format, ...)
{
	struct scenario *s;
	va_list args;

	scenarios = realloc(scenarios, (nr_scenarios + 1) * sizeof(*s));
	if (!scenarios)
		abort();
	s = scenarios + nr_scenarios++;
	s->run = run;
	s->a = a;
	s->b = b;
	va_start(args, format);
	vsnprintf(s->name, sizeof(s->name), format, args);
	va_end(args);
}

static int by_name(const void *a, const void *b)
{
	const struct scenario *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static void internal(const char *what)
{
	perror(what);
	exit(2);
}

/*
 * The words are in a file with a known descriptor, so that a program that was
 * executed finds them again.
 */
void share(int fd)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED,
		      fd, 0);
	if (shared == MAP_FAILED)
		internal("mmap");
}

static void make_shared(void)
{
	int fd = syscall(SYS_memfd_create, "ptrace_record", 0);

	if (fd < 0 || ftruncate(fd, sizeof(*shared)) ||
	    dup2(fd, SHARED_FD) < 0)
		internal("memfd_create");
	close(fd);
	share(SHARED_FD);
}

/* The descriptors of all runs are the same, whatever the caller has open. */
static void make_descriptors(void)
{
	syscall(SYS_close_range, 3, ~0U, 0);
	make_shared();
}

static void forget(void)
{
	size_t used = shared->length;
	int fd = eventfd(0, EFD_SEMAPHORE);

	if (fd < 0 || dup2(fd, BLOCK_FD) < 0)
		internal("eventfd");
	close(fd);
	memset(shared, 0, offsetof(struct shared, record) + used + 1);
}

/*
 * A child inherits what restart_syscall() would go on with: the driver's poll(), if
 * a signal, even one that is ignored, ever came while it waited. A sleep begins
 * anew.
 */
static void forget_restart(void)
{
	const struct timespec none = {};

	nanosleep(&none, NULL);
}

static void run_scenario(const struct scenario *s, pid_t driver)
{
	sigset_t set;
	int i;

	forget_restart();
	setsid();
	for (i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_SETMASK, &set, NULL);
	name_task(driver, "P");
	name_task(getpid(), "T");
	i_am("T");
	s->run(s);
	_exit(0);
}

/* The parent of a process, 0 if there is none. */
static pid_t parent_of(const char *pid)
{
	char path[64], line[512], *end;
	int parent = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%.16s/stat", pid);
	file = fopen(path, "r");
	if (!file)
		return 0;
	if (fgets(line, sizeof(line), file)) {
		end = strrchr(line, ')');
		if (!end || sscanf(end + 1, " %*c %d", &parent) != 1)
			parent = 0;
	}
	fclose(file);
	return parent;
}

static void kill_children(void)
{
	struct dirent *entry;
	DIR *dir = opendir("/proc");

	if (!dir)
		internal("/proc");
	while ((entry = readdir(dir))) {
		int pid = atoi(entry->d_name);

		if (pid > 0 && parent_of(entry->d_name) == getpid())
			kill(pid, SIGKILL);
	}
	closedir(dir);
}

/* Children of the killed become this process's, until there are none. */
static void clean_up(void)
{
	int tries;

	for (tries = 0; tries < 5000; tries++) {
		pid_t pid = waitpid(-1, NULL, WNOHANG | WALL);

		if (pid < 0)
			return;
		if (pid == 0) {
			kill_children();
			poll(NULL, 0, tries < 20 ? 0 : 1);
		}
	}
	fprintf(stderr, "a child of a scenario cannot be killed\n");
	exit(2);
}

/* Is the runner dead before the deadline? */
static bool reap_in_time(pid_t pid, int seconds, int *status)
{
	int fd = syscall(SYS_pidfd_open, pid, 0);
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };
	bool in_time;

	if (fd < 0)
		internal("pidfd_open");
	in_time = poll(&pollfd, 1, seconds * 1000) == 1;
	close(fd);
	if (!in_time)
		kill(pid, SIGKILL);
	if (waitpid(pid, status, 0) != pid)
		internal("waitpid");
	return in_time;
}

static void put(const char *text, size_t length)
{
	while (length) {
		ssize_t n = write(STDOUT_FILENO, text, length);

		if (n < 0)
			internal("write");
		text += n;
		length -= n;
	}
}

static void print_record(const struct scenario *s, const char *end)
{
	size_t length = shared->length;
	size_t size = length + 2 * sizeof(s->name) + 128;
	char *text = malloc(size);
	int used;

	if (!text)
		internal("malloc");
	used = snprintf(text, size, "== %s\n", s->name);
	memcpy(text + used, shared->record, length);
	used += length;
	used += snprintf(text + used, size - used, "== %s: %s\n", s->name, end);
	put(text, used);
	free(text);
}

static void do_scenario(const struct scenario *s, int seconds)
{
	pid_t pid, driver = getpid();
	char end[64] = "end";
	int status;

	forget();
	pid = fork();
	if (pid < 0)
		internal("fork");
	if (pid == 0)
		run_scenario(s, driver);
	if (!reap_in_time(pid, seconds, &status))
		snprintf(end, sizeof(end), "timed out");
	else if (status)
		snprintf(end, sizeof(end), "end, tracer %s",
			 status_text(status));
	clean_up();
	print_record(s, end);
}

/*
 * A number in a register may be a process id or not. The kernel gives those
 * below FIRST_PID only once, to the first processes after the boot: use them
 * up.
 */
static void use_small_pids(void)
{
	pid_t pid;

	do {
		pid = fork();
		if (pid == 0)
			_exit(0);
		if (pid < 0 || waitpid(pid, NULL, 0) != pid)
			internal("fork");
	} while (pid < FIRST_PID);
}

static bool wanted(const struct scenario *s, char **patterns)
{
	static char **next;

	if (!*patterns)
		return true;
	/* Who wants thousands names them in their order. */
	next = next ?: patterns;
	if (*next && !strcmp(*next, s->name)) {
		next++;
		return true;
	}
	for (; *patterns; patterns++) {
		if (!fnmatch(*patterns, s->name, 0))
			return true;
	}
	return false;
}

static void usage(FILE *to, int status)
{
	fprintf(to, "usage: ptrace_record [-t SECONDS] [NAME-PATTERN...]\n"
		"       ptrace_record --list | --help\n"
		"\n"
		"Record what user space sees of ptrace(2), scenario by scenario.\n"
		"Recordings of two kernels that behave the same are equal.\n"
		"\n"
		"  -t SECONDS  the deadline of each scenario (10)\n"
		"  --list      names of all scenarios\n");
	exit(status);
}

static void list(void)
{
	int i;

	for (i = 0; i < nr_scenarios; i++)
		puts(scenarios[i].name);
	exit(0);
}

static int run_all(char **patterns, int seconds)
{
	int i, count = 0;

	for (i = 0; i < nr_scenarios; i++) {
		if (!wanted(&scenarios[i], patterns))
			continue;
		do_scenario(&scenarios[i], seconds);
		count++;
	}
	return count;
}

static int seconds_of(const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (*end || n < 1 || n > 100000)
		usage(stderr, 1);
	return n;
}

int main(int argc, char **argv)
{
	int seconds = 10;
	char line[64];

	qsort(scenarios, nr_scenarios, sizeof(*scenarios), by_name);
	argv++;
	if (*argv && !strcmp(*argv, "--help"))
		usage(stdout, 0);
	if (*argv && !strcmp(*argv, "--list"))
		list();
	if (*argv && !strcmp(*argv, "-t")) {
		if (!argv[1])
			usage(stderr, 1);
		seconds = seconds_of(argv[1]);
		argv += 2;
	}
	if (*argv && **argv == '-')
		usage(stderr, 1);
	make_descriptors();
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))
		internal("prctl");
	use_small_pids();
	snprintf(line, sizeof(line), "== %d scenarios\n",
		 run_all(argv, seconds));
	put(line, strlen(line));
	return 0;
}
