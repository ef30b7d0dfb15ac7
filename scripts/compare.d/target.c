// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the debuggers of `make compare` are let loose on: target MODE [FIFO].
 * With a FIFO it says "ready" and waits there for a line first. What it does
 * has one order only, so that two runs differ in pids and addresses alone. Its
 * output goes to the file $TARGET_OUT, if there is one.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS	3

static pthread_barrier_t all_here;
static pthread_mutex_t turn_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turn_changed = PTHREAD_COND_INITIALIZER;
static int turn;
static char *self;

volatile int watched;
volatile int handled;

static void say(const char *what, long number)
{
	char line[80];

	snprintf(line, sizeof(line), "%s %ld\n", what, number);
	if (write(1, line, strlen(line)) < 0)
		exit(1);
}

int add(int a, int b)
{
	int sum;

	sum = a + b;
	return sum;
}

static int child_status(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		return -1;
	return status;
}

/* One child, which ends with a status of its own. */
static int mode_fork(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(add(3, 4));
	say("status", child_status(pid));
	return pid < 0;
}

static int mode_vfork(void)
{
	pid_t pid = vfork();

	if (pid == 0) {
		execl(self, self, "add", NULL);
		_exit(127);
	}
	say("status", child_status(pid));
	return pid < 0;
}

static int mode_exec(void)
{
	execl(self, self, "add", NULL);
	return 1;
}

static int mode_add(void)
{
	say("sum", add(20, 22));
	return 0;
}

/* Each thread works when it is its turn. */
static void *worker(void *arg)
{
	int number = *(int *)arg;
	int sum = 0, i;

	pthread_barrier_wait(&all_here);
	pthread_mutex_lock(&turn_lock);
	while (turn != number)
		pthread_cond_wait(&turn_changed, &turn_lock);
	for (i = 1; i <= 4; i++)
		sum = add(sum, i * number);
	say("thread sum", sum);
	turn++;
	pthread_cond_broadcast(&turn_changed);
	pthread_mutex_unlock(&turn_lock);
	return NULL;
}

static int mode_threads(void)
{
	pthread_t threads[THREADS];
	int numbers[THREADS], i;

	pthread_barrier_init(&all_here, NULL, THREADS);
	for (i = 0; i < THREADS; i++) {
		numbers[i] = i;
		if (pthread_create(&threads[i], NULL, worker, &numbers[i]))
			return 1;
	}
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	say("turns", turn);
	return 0;
}

/* A thread that is not the first one execs: it takes the leader's pid. */
static void *execs(void *arg)
{
	pthread_barrier_wait(&all_here);
	/* Let the leader begin its call, so that its line is there first. */
	usleep(200000);
	mode_exec();
	return arg;
}

static int mode_thread_exec(void)
{
	pthread_t thread;

	pthread_barrier_init(&all_here, NULL, 2);
	if (pthread_create(&thread, NULL, execs, NULL))
		return 1;
	pthread_barrier_wait(&all_here);
	for (;;)
		pause();
}

/* Threads that only wait, until the program is told to end. */
static void *sleeper(void *arg)
{
	pthread_barrier_wait(&all_here);
	for (;;)
		pause();
	return arg;
}

static char *fifo;
static void await(void)
{
	char line[80];
	int fd;

	say("ready", 0);
	fd = open(fifo, O_RDONLY);
	if (fd < 0 || read(fd, line, sizeof(line)) <= 0)
		exit(1);
	close(fd);
}

static int mode_sleepers(void)
{
	pthread_t thread;
	int i;

	pthread_barrier_init(&all_here, NULL, THREADS + 1);
	for (i = 0; i < THREADS; i++)
		if (pthread_create(&thread, NULL, sleeper, NULL))
			return 1;
	pthread_barrier_wait(&all_here);
	await();
	say("told to end", add(1, 1));
	return 0;
}

static void handler(int sig)
{
	handled = add(handled, 1);
	say("handler of", sig);
}

static int mode_signals(void)
{
	struct sigaction action = { .sa_handler = handler };
	sigset_t set, old;

	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGUSR2, &action, NULL);
	raise(SIGUSR1);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, &old);
	raise(SIGUSR2);
	say("blocked", handled);
	sigprocmask(SIG_SETMASK, &old, NULL);
	raise(SIGWINCH);
	say("handled", handled);
	return 0;
}

/* Wait until a process sleeps, which it does not while a tracer has to answer. */
static void asleep(pid_t pid)
{
	char name[32], state = 0;
	int tries;
	FILE *stat;

	snprintf(name, sizeof(name), "/proc/%d/stat", pid);
	for (tries = 0; state != 'S' && tries < 1000; tries++) {
		usleep(10000);
		stat = fopen(name, "r");
		if (!stat)
			return;
		if (fscanf(stat, "%*d (%*[^)]) %c", &state) != 1)
			state = 0;
		fclose(stat);
	}
}

/*
 * A child that is stopped, continued and killed. The signal that kills would come
 * before the one that continues, if both were there.
 */
static int mode_jobs(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		raise(SIGSTOP);
		pause();
		_exit(1);
	}
	waitpid(pid, &status, WUNTRACED);
	say("stopped", WSTOPSIG(status));
	kill(pid, SIGCONT);
	waitpid(pid, &status, WCONTINUED);
	say("continued", WIFCONTINUED(status));
	asleep(pid);
	kill(pid, SIGTERM);
	say("status", child_status(pid));
	return 0;
}

static int mode_watch(void)
{
	int i;

	for (i = 1; i <= 3; i++)
		watched = add(watched, i);
	say("watched", watched);
	return 0;
}

/* Files that are not there, for whoever injects faults. */
static int mode_files(void)
{
	int i, fd, found = 0;

	for (i = 0; i < 4; i++) {
		fd = open("/dev/null", O_RDONLY);
		if (fd < 0) {
			say("errno", errno);
			continue;
		}
		found++;
		close(fd);
	}
	say("pid is positive", getppid() > 0);
	say("found", found);
	return 0;
}

static int mode_crash(void)
{
	watched = 42;
	*(volatile int *)8 = add(1, 2);
	return 0;
}

static const struct {
	const char *name;
	int (*run)(void);
} modes[] = {
	{ "add", mode_add },
	{ "crash", mode_crash },
	{ "exec", mode_exec },
	{ "files", mode_files },
	{ "fork", mode_fork },
	{ "jobs", mode_jobs },
	{ "signals", mode_signals },
	{ "sleepers", mode_sleepers },
	{ "thread-exec", mode_thread_exec },
	{ "threads", mode_threads },
	{ "vfork", mode_vfork },
	{ "watch", mode_watch },
};

static void to_file(const char *name)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_APPEND, 0644);

	if (fd < 0 || dup2(fd, 1) < 0)
		exit(2);
	close(fd);
}

int main(int argc, char **argv)
{
	size_t i;

	self = argv[0];
	if (argc > 2)
		fifo = argv[2];
	if (getenv("TARGET_OUT"))
		to_file(getenv("TARGET_OUT"));
	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (argc < 2 || strcmp(modes[i].name, argv[1]))
			continue;
		if (fifo && modes[i].run != mode_sleepers)
			await();
		return modes[i].run();
	}
	fprintf(stderr, "usage: target MODE [FIFO]\n");
	return 2;
}
