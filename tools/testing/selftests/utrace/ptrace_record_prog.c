// SPDX-License-Identifier: GPL-2.0-only
/*
 * What tracees do. They make their system calls through call6(), so that a
 * stop in one is at a known place and the C library adds none of its own.
 */
#include <elf.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/stat.h>
#include "ptrace_record.h"

/* --- the system calls that programs make */

void leave(int code)
{
	CALL1(SYS_exit, code);
}

void leave_group(int code)
{
	CALL1(SYS_exit_group, code);
}

void raise_raw(int signo)
{
	CALL2(SYS_kill, CALL0(SYS_getpid), signo);
}

#define STACK_SIZE	(64 << 10)

static void *new_stack(void)
{
	char *stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return stack + STACK_SIZE;
}

static int call_fn(void *arg)
{
	void (*fn)(void) = arg;

	fn();
	return 0;
}

/* In new memory or on a stack of its own, as the flags say. */
pid_t clone_raw(unsigned long flags, void (*fn)(void))
{
	return clone(call_fn, new_stack(), flags, fn, NULL, NULL, NULL);
}

/* Has no thread-local storage of its own: no C library in there. */
pid_t thread_raw(void (*fn)(void))
{
	return clone_raw(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
			 CLONE_THREAD | CLONE_SYSVSEM, fn);
}

void handle(int signo, void (*handler)(int), int flags)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = flags };

	sigaction(signo, &action, NULL);
}

void handle_info(int signo, void (*handler)(int, siginfo_t *, void *),
		 int flags)
{
	struct sigaction action = {
		.sa_sigaction = handler,
		.sa_flags = flags | SA_SIGINFO,
	};

	sigaction(signo, &action, NULL);
}

/* A handler that is no more than a note. */
void note_signal(int signo, siginfo_t *info, void *context)
{
	note("handler %s: %s", signal_name(signo), siginfo_text(info));
}

/* The signals of numbers up to 64; no program here has to do with others. */
struct kernel_sigset sigset_of(uint64_t bits)
{
	struct kernel_sigset set = {};
	int i;

	for (i = 0; i < 64 / WORD_BITS; i++)
		set.word[i] = bits >> (i * WORD_BITS);
	return set;
}

uint64_t bits_of(const struct kernel_sigset *set)
{
	uint64_t bits = 0;
	int i;

	for (i = 0; i < 64 / WORD_BITS; i++)
		bits |= (uint64_t)set->word[i] << (i * WORD_BITS);
	return bits;
}

static void mask(int how, int signo)
{
	struct kernel_sigset set = sigset_of(1ull << (signo - 1));

	CALL4(SYS_rt_sigprocmask, how, &set, NULL, sizeof(set));
}

void block(int signo)
{
	mask(SIG_BLOCK, signo);
}

void unblock(int signo)
{
	mask(SIG_UNBLOCK, signo);
}

/* From here on the call ends in SECCOMP_RET_TRACE with the data. */
void trace_calls_with_seccomp(long nr, int data)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE | data),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {
		.len = ARRAY_SIZE(code),
		.filter = code,
	};

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}

/* --- a program to execute, without a C library, for either word size */

extern const char tiny_64_code[], tiny_64_end[];
extern const char tiny_32_code[], tiny_32_end[];

#define TINY_CODE	256	/* where it is in the file */
#define TINY_SIZE	512

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define TINY_DATA	ELFDATA2MSB
#else
#define TINY_DATA	ELFDATA2LSB
#endif

#ifndef TINY_64_FLAGS
#define TINY_64_FLAGS	0
#endif

#ifdef TINY_64_MACHINE
static void tiny_64(char *file)
{
	Elf64_Ehdr header = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, TINY_DATA, 1 },
		.e_type = ET_EXEC,
		.e_machine = TINY_64_MACHINE,
		.e_version = EV_CURRENT,
		.e_flags = TINY_64_FLAGS,
		.e_entry = TINY_BASE + TINY_CODE,
		.e_phoff = sizeof(header),
		.e_ehsize = sizeof(header),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = 1,
	};
	Elf64_Phdr segment = {
		.p_type = PT_LOAD,
		.p_flags = PF_R | PF_X,
		.p_vaddr = TINY_BASE,
		.p_filesz = TINY_SIZE,
		.p_memsz = TINY_SIZE,
		.p_align = 4096,
	};

	memcpy(file, &header, sizeof(header));
	memcpy(file + sizeof(header), &segment, sizeof(segment));
	memcpy(file + TINY_CODE, tiny_64_code, tiny_64_end - tiny_64_code);
}
#endif

static void tiny_32(char *file)
{
	Elf32_Ehdr header = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS32, TINY_DATA, 1 },
		.e_type = ET_EXEC,
		.e_machine = TINY_32_MACHINE,
		.e_version = EV_CURRENT,
		.e_flags = TINY_32_FLAGS,
		.e_entry = TINY_BASE + TINY_CODE,
		.e_phoff = sizeof(header),
		.e_ehsize = sizeof(header),
		.e_phentsize = sizeof(Elf32_Phdr),
		.e_phnum = 1,
	};
	Elf32_Phdr segment = {
		.p_type = PT_LOAD,
		.p_flags = PF_R | PF_X,
		.p_vaddr = TINY_BASE,
		.p_filesz = TINY_SIZE,
		.p_memsz = TINY_SIZE,
		.p_align = 4096,
	};

	memcpy(file, &header, sizeof(header));
	memcpy(file + sizeof(header), &segment, sizeof(segment));
	memcpy(file + TINY_CODE, tiny_32_code, tiny_32_end - tiny_32_code);
}

/* Where no program has 64 bits, the others stand for them, too. */
static void (*const make_tiny[])(char *file) = {
#ifdef TINY_64_MACHINE
	[TINY_64] = tiny_64,
#else
	[TINY_64] = tiny_32,
#endif
	[TINY_32] = tiny_32,
};

/* In a file with a path, or without one. The descriptor, or -1. */
int tiny_file(enum tiny_kind kind, const char *path, int mode)
{
	char file[TINY_SIZE] = {};
	int fd;

	make_tiny[kind](file);
	if (path)
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
	else
		fd = syscall(SYS_memfd_create, "tiny", 0);
	if (fd < 0)
		return -1;
	if (write(fd, file, sizeof(file)) != sizeof(file) ||
	    fchmod(fd, mode)) {
		close(fd);
		return -1;
	}
	return fd;
}

static const char * const tiny_args[] = { "a", "b", "c" };

static char **arguments(enum tiny_act act)
{
	static const char *args[ARRAY_SIZE(tiny_args) + 1];

	memcpy(args, tiny_args, sizeof(tiny_args));
	args[act] = NULL;
	return (char **)args;
}

void exec_tiny(enum tiny_kind kind, enum tiny_act act)
{
	static char * const env[] = { NULL };
	int fd = tiny_file(kind, NULL, 0755);

	call6(SYS_execveat, fd, (long)"", (long)arguments(act), (long)env,
	      AT_EMPTY_PATH, 0);
	leave_group(99);
}

void exec_path(const char *path, enum tiny_act act)
{
	static char * const env[] = { NULL };

	CALL3(SYS_execve, path, arguments(act), env);
	leave_group(99);
}

/* --- programs: each does one thing and leaves with EXIT_CODE */

void child_exit(void)
{
	leave(3);
}

void thread_exit(void)
{
	leave(4);
}

void (*piece)(void);

/* A child of the piece is no surprise, and it has been seen when this ends. */
void do_piece(void)
{
	int status = 0;
	pid_t pid;

	block(SIGCHLD);
	handle(SIGUSR1, piece_handler, 0);
	handle_info(SIGUSR2, note_signal, 0);
	handle(SIGTERM, SIG_IGN, 0);
	prepare_piece();
	piece();
	pid = CALL4(SYS_wait4, -1, &status, WALL, NULL);
	if (pid > 0)
		note("child %s", status_text(status));
	leave_group(EXIT_CODE);
}

void prog_calls(void)
{
	raise_raw(SIGUSR1);
	CALL0(SYS_getppid);
	CALL0(SYS_getuid);
	leave_group(EXIT_CODE);
}

/* A step with the signal ends at the first instruction of the handler. */
void prog_handler(void)
{
	handle(SIGUSR1, piece_handler, 0);
	prog_calls();
}

void prog_signal(void)
{
	raise_raw(SIGUSR1);
	leave_group(EXIT_CODE);
}

void prog_sigstop(void)
{
	raise_raw(SIGSTOP);
	leave_group(EXIT_CODE);
}

/*
 * The death of a child would send a signal at any time, and a tracer stops the
 * program for it: blocked.
 */
void prog_fork(void)
{
	pid_t pid;

	block(SIGCHLD);
	pid = fork_raw();
	if (!pid)
		child_exit();
	CALL4(SYS_wait4, pid, NULL, WALL, NULL);
	leave_group(EXIT_CODE);
}

void prog_vfork(void)
{
	pid_t pid;

	block(SIGCHLD);
	pid = call_vfork();
	if (!pid)
		child_exit();
	CALL4(SYS_wait4, pid, NULL, WALL, NULL);
	leave_group(EXIT_CODE);
}

/* Not before the thread is gone, which has an exit code of its own. */
void prog_clone(void)
{
	thread_raw(thread_exit);
	gate_wait(GATE_RELEASE);
	leave_group(EXIT_CODE);
}

void prog_exec(void)
{
	exec_tiny(TINY_64, TINY_EXIT);
}

void prog_exit(void)
{
	leave_group(EXIT_CODE);
}

void prog_seccomp(void)
{
	trace_calls_with_seccomp(SYS_getppid, 42);
	CALL0(SYS_getppid);
	leave_group(EXIT_CODE);
}

void prog_read(void)
{
	uint64_t n;

	CALL3(SYS_read, BLOCK_FD, &n, sizeof(n));
	leave_group(EXIT_CODE);
}

void prog_spin(void)
{
	shared->words[WORD_SPINS] = 1;
	spin_loop(&shared->gates[GATE_RELEASE]);
	leave_group(EXIT_CODE);
}

void prog_gate(void)
{
	gate_wait(GATE_RELEASE);
	leave_group(EXIT_CODE);
}

void prog_pause(void)
{
	CALL0(NR_pause);
	leave_group(EXIT_CODE);
}

static void wait_child(pid_t pid)
{
	CALL4(SYS_wait4, pid, NULL, WALL, NULL);
}

static void all_children(void)
{
	pid_t pid = fork_raw();

	if (!pid)
		child_exit();
	wait_child(pid);
	pid = call_vfork();
	if (!pid)
		child_exit();
	wait_child(pid);
	/* Neither fork nor vfork, as it sends no SIGCHLD. */
	pid = clone_raw(0, child_exit);
	wait_child(pid);
}

/* One of each that an option of the tracer is about. */
void prog_all(void)
{
	block(SIGCHLD);
	handle(SIGUSR2, SIG_IGN, 0);
	all_children();
	trace_calls_with_seccomp(SYS_getppid, 42);
	CALL0(SYS_getppid);
	raise_raw(SIGUSR2);
	exec_tiny(TINY_64, TINY_EXIT);
}
