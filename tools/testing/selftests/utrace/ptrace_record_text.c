// SPDX-License-Identifier: GPL-2.0-only
/*
 * Numbers to names. Each function has a few buffers in turn, so that several
 * results fit into one call of rec().
 */
#include <stdarg.h>
#include "ptrace_record.h"

#define NR_BUFFERS	16
#define BUFFER_SIZE	256

static const char *text(const char *format, ...)
	__printf(1, 2);

static const char *text(const char *format, ...)
{
	static __thread char buffers[NR_BUFFERS][BUFFER_SIZE];
	static __thread int next;
	char *to = buffers[next++ % NR_BUFFERS];
	va_list args;

	va_start(args, format);
	vsnprintf(to, BUFFER_SIZE, format, args);
	va_end(args);
	return to;
}

static const char *find(const struct name *names, size_t n, long nr)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (names[i].nr == nr)
			return names[i].name;
	}
	return NULL;
}

#define FIND(names, nr)	find(names, ARRAY_SIZE(names), nr)

static const struct name requests[] = {
	{ PTRACE_TRACEME, "TRACEME" },
	{ PTRACE_PEEKTEXT, "PEEKTEXT" },
	{ PTRACE_PEEKDATA, "PEEKDATA" },
	{ PTRACE_PEEKUSER, "PEEKUSER" },
	{ PTRACE_POKETEXT, "POKETEXT" },
	{ PTRACE_POKEDATA, "POKEDATA" },
	{ PTRACE_POKEUSER, "POKEUSER" },
	{ PTRACE_CONT, "CONT" },
	{ PTRACE_KILL, "KILL" },
	{ PTRACE_SINGLESTEP, "SINGLESTEP" },
	{ PTRACE_SINGLEBLOCK, "SINGLEBLOCK" },
	{ PTRACE_GETREGS, "GETREGS" },
	{ PTRACE_SETREGS, "SETREGS" },
	{ PTRACE_GETFPREGS, "GETFPREGS" },
	{ PTRACE_SETFPREGS, "SETFPREGS" },
	{ PTRACE_ATTACH, "ATTACH" },
	{ PTRACE_DETACH, "DETACH" },
	{ PTRACE_GETFPXREGS, "GETFPXREGS" },
	{ PTRACE_SETFPXREGS, "SETFPXREGS" },
	{ PTRACE_OLDSETOPTIONS, "OLDSETOPTIONS" },
	{ PTRACE_SYSCALL, "SYSCALL" },
	{ PTRACE_GET_THREAD_AREA, "GET_THREAD_AREA" },
	{ PTRACE_SET_THREAD_AREA, "SET_THREAD_AREA" },
	{ PTRACE_SYSEMU, "SYSEMU" },
	{ PTRACE_SYSEMU_SINGLESTEP, "SYSEMU_SINGLESTEP" },
	{ PTRACE_ARCH_PRCTL, "ARCH_PRCTL" },
	{ PTRACE_SETOPTIONS, "SETOPTIONS" },
	{ PTRACE_GETEVENTMSG, "GETEVENTMSG" },
	{ PTRACE_GETSIGINFO, "GETSIGINFO" },
	{ PTRACE_SETSIGINFO, "SETSIGINFO" },
	{ PTRACE_GETREGSET, "GETREGSET" },
	{ PTRACE_SETREGSET, "SETREGSET" },
	{ PTRACE_SEIZE, "SEIZE" },
	{ PTRACE_INTERRUPT, "INTERRUPT" },
	{ PTRACE_LISTEN, "LISTEN" },
	{ PTRACE_PEEKSIGINFO, "PEEKSIGINFO" },
	{ PTRACE_GETSIGMASK, "GETSIGMASK" },
	{ PTRACE_SETSIGMASK, "SETSIGMASK" },
	{ PTRACE_SECCOMP_GET_FILTER, "SECCOMP_GET_FILTER" },
	{ PTRACE_SECCOMP_GET_METADATA, "SECCOMP_GET_METADATA" },
	{ PTRACE_GET_SYSCALL_INFO, "GET_SYSCALL_INFO" },
	{ PTRACE_GET_RSEQ_CONFIGURATION, "GET_RSEQ_CONFIGURATION" },
	{ PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG, "SET_SUD_CONFIG" },
	{ PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG, "GET_SUD_CONFIG" },
};

static const struct name events[] = {
	{ PTRACE_EVENT_FORK, "FORK" },
	{ PTRACE_EVENT_VFORK, "VFORK" },
	{ PTRACE_EVENT_CLONE, "CLONE" },
	{ PTRACE_EVENT_EXEC, "EXEC" },
	{ PTRACE_EVENT_VFORK_DONE, "VFORK_DONE" },
	{ PTRACE_EVENT_EXIT, "EXIT" },
	{ PTRACE_EVENT_SECCOMP, "SECCOMP" },
	{ PTRACE_EVENT_STOP, "STOP" },
};

static const struct name syscalls[] = {
	{ SYS_read, "read" },
	{ SYS_write, "write" },
	{ SYS_rt_sigaction, "rt_sigaction" },
	{ SYS_rt_sigprocmask, "rt_sigprocmask" },
	{ SYS_rt_sigreturn, "rt_sigreturn" },
	{ SYS_rt_sigsuspend, "rt_sigsuspend" },
	{ SYS_rt_sigtimedwait, "rt_sigtimedwait" },
	{ SYS_nanosleep, "nanosleep" },
	{ SYS_getpid, "getpid" },
	{ SYS_gettid, "gettid" },
	{ SYS_getppid, "getppid" },
	{ SYS_getuid, "getuid" },
	{ SYS_clone, "clone" },
	{ SYS_clone3, "clone3" },
	{ SYS_execve, "execve" },
	{ SYS_execveat, "execveat" },
	{ SYS_exit, "exit" },
	{ SYS_exit_group, "exit_group" },
	{ SYS_wait4, "wait4" },
	{ SYS_waitid, "waitid" },
	{ SYS_kill, "kill" },
	{ SYS_tgkill, "tgkill" },
	{ SYS_rt_sigqueueinfo, "rt_sigqueueinfo" },
	{ SYS_futex, "futex" },
	{ SYS_prctl, "prctl" },
	{ SYS_seccomp, "seccomp" },
	{ SYS_ptrace, "ptrace" },
	{ SYS_restart_syscall, "restart_syscall" },
	{ SYS_clock_nanosleep, "clock_nanosleep" },
	{ SYS_gettimeofday, "gettimeofday" },
	{ SYS_getcpu, "getcpu" },
	{ SYS_sched_yield, "sched_yield" },
	{ SYS_setsid, "setsid" },
	{ SYS_setpgid, "setpgid" },
	{ SYS_close, "close" },
	{ SYS_memfd_create, "memfd_create" },
	{ -1, "none" },
};

/* Results of a system call that only the tracer of one sees. */
static const struct name kernel_errors[] = {
	{ KERNEL_ERESTARTSYS, "ERESTARTSYS" },
	{ KERNEL_ERESTARTNOINTR, "ERESTARTNOINTR" },
	{ KERNEL_ERESTARTNOHAND, "ERESTARTNOHAND" },
	{ KERNEL_ENOIOCTLCMD, "ENOIOCTLCMD" },
	{ KERNEL_ERESTART_RESTARTBLOCK, "ERESTART_RESTARTBLOCK" },
	{ KERNEL_ENOTSUPP, "ENOTSUPP" },
};

const char *error_name(int error)
{
	const char *name = FIND(kernel_errors, error);

	if (!name && error > 0)
		name = strerrorname_np(error);
	return name ?: text("E%d", error);
}

const char *signal_name(int signo)
{
	const char *name;

	if (signo <= 0 || signo >= 32)
		return text("%d", signo);
	name = sigabbrev_np(signo);
	return name ? text("SIG%s", name) : text("%d", signo);
}

const char *request_name(int request)
{
	return FIND(requests, request) ?: text("%#x", request);
}

const char *event_name(int event)
{
	return FIND(events, event) ?: text("%d", event);
}

const char *syscall_name(long nr)
{
	const char *name = FIND(syscalls, nr);

	return name ?: find(arch_calls, nr_arch_calls, nr) ?: text("%ld", nr);
}

static const char *stop_text(int status)
{
	int signo = WSTOPSIG(status), event = status >> 16;

	if (event)
		return text("stopped %s event %s", signal_name(signo),
			      event_name(event));
	if (signo & 0x80)
		return text("stopped %s|0x80", signal_name(signo & 0x7f));
	return text("stopped %s", signal_name(signo));
}

const char *status_text(int status)
{
	if (status == 0xffff)
		return "continued";
	if (WIFSTOPPED(status))
		return stop_text(status);
	if (WIFSIGNALED(status))
		return text("killed %s%s", signal_name(WTERMSIG(status)),
			      WCOREDUMP(status) ? " core" : "");
	return text("exited %d", WEXITSTATUS(status));
}

/* --- addresses and values */

static const struct label labels[] = {
	{ "call", call6, call6_done },
	{ "call_done", call6_done, call6_done + 1 },
	{ "vfork", call_vfork, call_vfork_done },
	{ "vfork_done", call_vfork_done, call_vfork_done + 1 },
	{ "fault", fault_segv, faults_end },
	{ }
};

static const char *label_text(const char *name, unsigned long offset)
{
	return offset ? text("%s+%lu", name, offset) : name;
}

static const char *find_label(const struct label *label, unsigned long address)
{
	for (; label->name; label++) {
		unsigned long start = (unsigned long)label->start;

		if (address >= start && address < (unsigned long)label->end)
			return label_text(label->name, address - start);
	}
	return NULL;
}

const char *where(unsigned long address)
{
	extern char __executable_start[], etext[];
	const char *name = find_label(labels, address);

	if (!name)
		name = find_label(arch_labels, address);
	if (name)
		return name;
	/* Wherever it is in its loop. */
	if (address >= (unsigned long)spin_loop &&
	    address < (unsigned long)spin_end)
		return "spin";
	if (address >= TINY_BASE && address < TINY_BASE + 4096)
		return label_text("tiny", address - TINY_BASE);
	if (address >= (unsigned long)__executable_start &&
	    address < (unsigned long)etext)
		return "text";
	return address < 4096 ? text("%lu", address) : "addr";
}

const char *value(long v)
{
	if (v < 0 && v >= -4095)
		return text("-%s", error_name(-v));
	if (v >= 0 && v < 0x10000)
		return text("%ld", v);
	return where(v);
}

/* Which arguments of a system call are process ids, and is its result one? */
static bool has_pid(long nr, int i)
{
	switch (nr) {
	case SYS_kill:
	case SYS_wait4:
	case SYS_setpgid:
	case SYS_rt_sigqueueinfo:
		return i == 0;
	case SYS_tgkill:
		return i == 0 || i == 1;
	case SYS_ptrace:
	case SYS_waitid:
		return i == 1;
	}
	return false;
}

static bool returns_pid(long nr)
{
	if (nr == NR_fork || nr == NR_vfork)
		return true;
	switch (nr) {
	case SYS_clone:
	case SYS_wait4:
	case SYS_getpid:
	case SYS_getppid:
	case SYS_gettid:
	case SYS_setsid:
		return true;
	}
	return false;
}

/*
 * Registers are looked at out of context, so that each number may be a process
 * id. Those that are too large for anything else have no value here.
 */
const char *call_value(long v)
{
	if (v < FIRST_PID || v >= 0x10000)
		return value(v);
	return known(v) ?: "number";
}

const char *syscall_arg(long nr, int i, unsigned long v)
{
	return has_pid(nr, i) && (int)v > 0 ? who(v) : call_value(v);
}

const char *syscall_result(long nr, long v)
{
	return returns_pid(nr) && v > 0 ? who(v) : call_value(v);
}

const char *result_text(long result)
{
	return result < 0 ? error_name(-result) : text("%ld", result);
}

const char *wait_flags(int flags)
{
	return text("%s%s%s%s%s%s%s%s",
		      flags & WNOHANG ? " WNOHANG" : "",
		      flags & WSTOPPED ? " WSTOPPED" : "",
		      flags & WEXITED ? " WEXITED" : "",
		      flags & WCONTINUED ? " WCONTINUED" : "",
		      flags & WNOWAIT ? " WNOWAIT" : "",
		      flags & WALL ? " __WALL" : "",
		      flags & WCLONE ? " __WCLONE" : "",
		      flags & WNOTHREAD ? " __WNOTHREAD" : "");
}

/* --- siginfo: the fields that its signal and code make valid */

static const char *child_text(const siginfo_t *info)
{
	int status = info->si_status;

	if (info->si_code == CLD_EXITED)
		return text("exited %d", status);
	if (status >> 8)
		return text("%s event %s", signal_name(status & 0x7f),
			      event_name(status >> 8));
	return text("%s%s", signal_name(status & 0x7f),
		      status & 0x80 ? "|0x80" : "");
}

static const char *sender_text(const siginfo_t *info)
{
	return text("pid=%s uid=%d", who(info->si_pid), info->si_uid);
}

static const char *fields_text(const siginfo_t *info)
{
	int code = info->si_code;

	if (code == SI_QUEUE)
		return text("%s value=%d", sender_text(info),
			      info->si_value.sival_int);
	if (code == SI_TIMER)
		return "timer";
	if (code <= 0)
		return sender_text(info);
	/* Of an event; the low byte of its code is the signal. */
	if (code > 0xff || code == SYSCALL_TRAP ||
	    (code == SIGTRAP && info->si_signo == SIGTRAP))
		return sender_text(info);
	switch (info->si_signo) {
	case SIGCHLD:
		return text("%s status=%s", sender_text(info),
			      child_text(info));
	case SIGSYS:
		return text("call_addr=%s syscall=%s arch=%#x errno=%d",
			      where((unsigned long)info->si_call_addr),
			      syscall_name(info->si_syscall), info->si_arch,
			      info->si_errno);
	}
	return text("addr=%s", where((unsigned long)info->si_addr));
}

static const char *code_text(int code)
{
	return code > 0 ? text("%#x", code) : text("%d", code);
}

const char *siginfo_text(const siginfo_t *info)
{
	if (!info->si_signo)
		return "nothing";
	return text("%s code=%s errno=%d %s", signal_name(info->si_signo),
		      code_text(info->si_code), info->si_errno,
		      fields_text(info));
}
