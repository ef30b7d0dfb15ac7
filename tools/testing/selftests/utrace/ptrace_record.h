/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ptrace_record: what user space sees of ptrace(2), as text.
 *
 * A scenario is a function that runs in a process of its own, the tracer "T".
 * It starts tracees, makes requests and waits; the functions below do that and
 * record what came of it. What differs from run to run is replaced by names:
 * process ids (T, C1, C2 ... by order of creation), addresses (a label, or
 * "addr"). Two runs on one kernel must be equal, so a scenario records nothing
 * that depends on who is faster.
 */
#ifndef _PTRACE_RECORD_H
#define _PTRACE_RECORD_H

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ptrace_record_abi.h"
#include "ptrace_record_arch.h"

#define __printf(a, b)	__attribute__((__format__(__printf__, a, b)))
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define WORD_BITS	(8 * (int)sizeof(long))
#define TOP_BIT		(1ul << (WORD_BITS - 1))

/* --- scenarios */

struct scenario {
	char name[64];
	void (*run)(const struct scenario *self);
	int a;			/* what a generated one is made of */
	int b;
};

void add_scenario(void (*run)(const struct scenario *), int a, int b,
		  const char *format, ...)
	__printf(4, 5);

/* One scenario, named after its file's FAMILY and its function. */
#define SCENARIO(fn)							\
	static void fn(const struct scenario *self);			\
	static void __attribute__((__constructor__)) add_##fn(void)	\
	{								\
		add_scenario(fn, 0, 0, "%s/%s", FAMILY, #fn);		\
	}								\
	static void fn(const struct scenario *self)

/* A function that adds scenarios from tables. */
#define GENERATE(fn)							\
	static void __attribute__((__constructor__)) fn(void)

/* --- what all processes of a scenario share, also across an exec */

#define NR_GATES	64
#define NR_NAMES	64
#define NR_HELPERS	8
#define NR_WORDS	16
#define RECORD_SIZE	(1 << 20)
#define NOTES_SIZE	4096
/* A smaller number is no process id, but for those of other namespaces. */
#define FIRST_PID	300

#define SHARED_FD	100
#define BLOCK_FD	101	/* a read of it blocks until release() */

struct job {
	atomic_int state;	/* JOB_* */
	void (*fn)(long a, long b);
	long a;
	long b;
	atomic_int tid;
};

struct shared {
	atomic_int gates[NR_GATES];
	struct job jobs[NR_HELPERS];
	atomic_int nr_jobs;
	atomic_long words[NR_WORDS];	/* for the scenario's own use */
	atomic_int nr_names;
	struct {
		pid_t pid;
		char name[12];
	} names[NR_NAMES];
	atomic_int nr_children;
	atomic_int nr_others;
	atomic_size_t noted;
	char notes[NOTES_SIZE];
	atomic_size_t length;
	char record[RECORD_SIZE];
};

extern struct shared *shared;

void share(int fd);

/* --- ptrace_record_text.c: numbers to names */

const char *error_name(int error);
const char *signal_name(int signo);
const char *request_name(int request);
const char *event_name(int event);
const char *syscall_name(long nr);
const char *status_text(int status);
const char *where(unsigned long address);
const char *value(long v);
const char *call_value(long v);
const char *syscall_arg(long nr, int i, unsigned long v);
const char *syscall_result(long nr, long v);
const char *siginfo_text(const siginfo_t *info);
const char *result_text(long result);
const char *wait_flags(int flags);

/* --- ptrace_record_lib.c */

pid_t fork_raw(void);
void poll_raw(struct pollfd *fd, int milliseconds);
void rec(const char *format, ...)
	__printf(1, 2);
void note(const char *format, ...)
	__printf(1, 2);
void show_notes(void);
const char *who(pid_t pid);
const char *known(pid_t pid);
void name_task(pid_t pid, const char *name);
void name_child(pid_t pid);
void i_am(const char *name);

/* Gates hold programs until somebody opens them. */
enum {
	GATE_RELEASE,		/* what settled programs wait for */
	GATE_A,
	GATE_B,
	GATE_C,
	GATE_D,
	GATE_START		/* and one for each child */
};

/* Words that programs of the library set; a scenario's own follow. */
enum {
	WORD_SPINS,		/* prog_spin() has come to its loop */
	WORD_A,
	WORD_B,
	WORD_C
};

void gate_wait(int gate);
void gate_open(int gate);
bool gate_await(int gate);

/* Children; each in a process group of its own. */
pid_t start(void (*program)(void));
pid_t start_held(void (*program)(void));
void let_go(pid_t pid);
pid_t start_seized(void (*program)(void), long options);
pid_t start_attached(void (*program)(void), long options);
pid_t start_traceme(void (*program)(void), long options);
pid_t start_two(void (*program)(void), long options, pid_t *thread);
pid_t begin_asking(void (*first)(long a, long b), long a);
void see_asking(long pid, long unused);
void stop_two(pid_t pid, pid_t thread);
void start_asking(void (*first)(long a, long b), long a);

/* Processes and threads that do what they are told. */
int helper(void);
int helper_thread(void);
pid_t helper_pid(int helper);
void tell(int helper, void (*fn)(long a, long b), long a, long b);
void tell_begin(int helper, void (*fn)(long a, long b), long a, long b);
void tell_end(int helper);

/* What many are told. */
void seize_it(long pid, long options);
void interrupt_it(long pid, long unused);
void wait_it(long pid, long flags);
void cont_it(long pid, long signo);
void die(long code, long unused);

/* Record a request and its result. */
long req(int request, pid_t pid, unsigned long addr, unsigned long data);
long resume(int request, pid_t pid, int signo);
void send(pid_t pid, int signo);
void send_thread(pid_t tgid, pid_t tid, int signo);

/* Record what a wait sees; show() is all that a stop has to offer. */
int wait_for(pid_t pid, int flags);
int wait_stop(pid_t pid);
void wait_info(idtype_t type, pid_t id, int flags);
void show(pid_t pid);
void show_proc(pid_t pid);
void show_regs(pid_t pid);
void show_siginfo(pid_t pid);
void show_sigchld(void);
void wait_sigchld(void);
void forget_sigchld(void);

/* Wait for a state that lasts. */
char state_of(pid_t pid);
bool until_state(pid_t pid, const char *states);
bool until_in(pid_t pid, long nr);
void leave_to_parent(pid_t pid);
bool until_gone(pid_t pid);
char settle(pid_t pid);
pid_t waitable_other(pid_t pid);
void show_settled(pid_t pid);
bool until_word(int word, long value);
void release(void);

/* Resume and wait, until the task waits for something or is gone. */
int follow(pid_t pid, int request, int max);
void run_out(pid_t pid, int request);
pid_t event_child(pid_t pid, int status);

bool is_event(int status, int event);
bool is_group_stop(pid_t pid, int status);
long ptrace_raw(int request, pid_t pid, unsigned long addr, unsigned long data);
int last_event(void);
long read_proc(pid_t pid, const char *file, char *buffer, size_t size);
int number_in(const char *path);
double now(void);
void nap(void);

#define PATIENCE	4	/* seconds; less than a scenario's deadline */

/* --- ptrace_record_prog.c: what tracees do */

long call6(long nr, long a, long b, long c, long d, long e, long f);
long call_vfork(void);
void spin_loop(atomic_int *word);
void fault_segv(void);
extern char call6_insn[], call6_done[], call_vfork_done[];
extern char spin_end[], faults_end[];

#define CALL0(nr)		call6(nr, 0, 0, 0, 0, 0, 0)
#define CALL1(nr, a)		call6(nr, (long)(a), 0, 0, 0, 0, 0)
#define CALL2(nr, a, b)		call6(nr, (long)(a), (long)(b), 0, 0, 0, 0)
#define CALL3(nr, a, b, c)	\
	call6(nr, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define CALL4(nr, a, b, c, d)	\
	call6(nr, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)

/* All that has to do with new tasks. */
#define CHILD_EVENTS	(PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |	\
			 PTRACE_O_TRACECLONE | PTRACE_O_TRACEVFORKDONE)

#define EXIT_CODE	5	/* of programs that run to their end */
#define TINY_BASE	0x2000000ul

enum tiny_kind { TINY_64, TINY_32 };

/* What the executed program does, by the number of its arguments. */
enum tiny_act { TINY_EXIT = 1, TINY_PAUSE, TINY_SIGNAL };

int tiny_file(enum tiny_kind kind, const char *path, int mode);
void exec_tiny(enum tiny_kind kind, enum tiny_act act);
void exec_path(const char *path, enum tiny_act act);

void leave(int code);
void leave_group(int code);
void raise_raw(int signo);
pid_t thread_raw(void (*fn)(void));
pid_t clone_raw(unsigned long flags, void (*fn)(void));
void handle(int signo, void (*handler)(int), int flags);
void handle_info(int signo, void (*handler)(int, siginfo_t *, void *),
		 int flags);
void note_signal(int signo, siginfo_t *info, void *context);
struct kernel_sigset sigset_of(uint64_t bits);
uint64_t bits_of(const struct kernel_sigset *set);
void block(int signo);
void unblock(int signo);
void trace_calls_with_seccomp(long nr, int data);

extern void (*piece)(void);	/* what do_piece() is about */
void do_piece(void);

void prog_calls(void);
void prog_handler(void);
void prog_signal(void);
void prog_sigstop(void);
void prog_fork(void);
void prog_vfork(void);
void prog_clone(void);
void prog_exec(void);
void prog_exit(void);
void prog_seccomp(void);
void prog_read(void);
void prog_spin(void);
void prog_gate(void);
void prog_pause(void);
void prog_all(void);
void child_exit(void);
void thread_exit(void);

#endif /* _PTRACE_RECORD_H */
