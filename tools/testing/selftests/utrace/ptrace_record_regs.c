// SPDX-License-Identifier: GPL-2.0-only
/*
 * Registers: what the program does with what its tracer left in them, and what
 * a tracer sees that makes its requests as a 32-bit program.
 */
#define FAMILY "regs"
#include <linux/filter.h>
#include "ptrace_record_stops.h"

#define REG(name)	offsetof(struct user_regs_struct, name)
#define USER(name)	offsetof(struct user, regs.name)
#define LANDING		((unsigned long)regs_landing)

/* --- one change in each stop */

static const struct {
	const char *name;
	struct {
		unsigned long at;	/* zero is R15, nobody's business */
		unsigned long value;
	} pokes[2];
} changes[] = {
	{ "result", { { REG(rax), 77 } } },
	{ "error", { { REG(rax), -EXDEV } } },
	{ "restart", { { REG(rax), -KERNEL_ERESTARTNOINTR } } },
	{ "restart_sys", { { REG(rax), -KERNEL_ERESTARTSYS } } },
	{ "restart_nohand", { { REG(rax), -KERNEL_ERESTARTNOHAND } } },
	{ "restart_block", { { REG(rax), -KERNEL_ERESTART_RESTARTBLOCK } } },
	{ "restart_none", { { REG(rax), -KERNEL_ERESTARTNOINTR },
			    { REG(orig_rax), -1ul } } },
	{ "restart_other", { { REG(rax), -KERNEL_ERESTARTNOINTR },
			     { REG(orig_rax), SYS_getuid } } },
	{ "number", { { REG(orig_rax), SYS_getuid } } },
	{ "none", { { REG(orig_rax), -1ul } } },
	{ "large", { { REG(orig_rax), 1000 } } },
	{ "wide", { { REG(orig_rax), 1ul << 32 | SYS_getuid } } },
	{ "argument", { { REG(rdi), 0 } } },
	{ "ip", { { REG(rip), LANDING } } },
	{ "ip_0", { { REG(rip), 0 } } },
	{ "ip_number", { { REG(rip), LANDING }, { REG(orig_rax), -1ul } } },
	{ "sp", { { REG(rsp), 16 } } },
	{ "sp_high", { { REG(rsp), 1ul << 63 } } },
	{ "flags", { { REG(eflags), 0x8d5 } } },
	{ "flags_all", { { REG(eflags), ~0x100ul } } },
	{ "fs_base", { { REG(fs_base), 0x1000 } } },
	{ "gs_base", { { REG(gs_base), 0x1000 } } },
	{ "gs_high", { { REG(gs_base), 1ul << 63 } } },
	{ "cs_0", { { REG(cs), 0 } } },
	{ "cs_32", { { REG(cs), 0x23 }, { REG(rip), LANDING } } },
	{ "cs_wild", { { REG(cs), 0x1235 } } },
	{ "cs_kernel", { { REG(cs), 0x10 } } },
	{ "ss_0", { { REG(ss), 0 } } },
	{ "ds", { { REG(ds), 0x2b } } },
	{ "ds_wild", { { REG(ds), 0x1237 } } },
	{ "fs", { { REG(fs), 0x2b } } },
	{ "gs_wild", { { REG(gs), 0x10000 } } },
};

static void poke(pid_t pid, int how, const char *interface)
{
	int i;

	for (i = 0; i < 2; i++) {
		unsigned long at = changes[how].pokes[i].at;

		if (at)
			rec("%s %s", interface,
			    result_text(ptrace_raw(PTRACE_POKEUSER, pid, at,
						   changes[how].pokes[i].value)
					? -errno : 0));
	}
}

static void set(void *regs, int how)
{
	int i;

	for (i = 0; i < 2; i++) {
		unsigned long at = changes[how].pokes[i].at;

		if (at)
			*(unsigned long *)(regs + at) =
				changes[how].pokes[i].value;
	}
}

enum { SETREGS, SETREGSET, POKEUSER, NR_INTERFACES };

static const char * const interfaces[] = { "setregs", "setregset", "pokeuser" };

static void change(pid_t pid, int how, int interface)
{
	struct user_regs_struct regs = {};
	struct iovec vec = { &regs, sizeof(regs) };

	if (interface == POKEUSER) {
		poke(pid, how, interfaces[interface]);
	} else if (interface == SETREGS) {
		ptrace_raw(PTRACE_GETREGS, pid, 0, (long)&regs);
		set(&regs, how);
		req(PTRACE_SETREGS, pid, 0, (long)&regs);
	} else {
		ptrace_raw(PTRACE_GETREGSET, pid, NT_PRSTATUS, (long)&vec);
		set(&regs, how);
		req(PTRACE_SETREGSET, pid, NT_PRSTATUS, (long)&vec);
	}
	show_regs(pid);
}

static void run_change(const struct scenario *self)
{
	pid_t pid = reach_alone(self->a);

	change(pid, self->b / NR_INTERFACES, self->b % NR_INTERFACES);
	see(pid, PTRACE_SYSCALL);
}

static bool is_stop(int stop, const char *name)
{
	return !strcmp(stops[stop].name, name);
}

/* A call that makes a task does not make it twice. */
static bool suits(int stop, int how)
{
	return strncmp(changes[how].name, "restart", 7) ||
	       (stops[stop].program != prog_fork &&
		stops[stop].program != prog_vfork &&
		stops[stop].program != prog_clone);
}

GENERATE(add_changes)
{
	int i, k, n;

	for (i = 0; i < nr_stops; i++) {
		bool all = is_stop(i, "entry") || is_stop(i, "signal");

		if (stops[i].runs || is_stop(i, "unwaited") ||
		    is_stop(i, "entry_plain"))
			continue;
		for (k = 0; k < ARRAY_SIZE(changes); k++) {
			if (!suits(i, k))
				continue;
			for (n = 0; n < (all ? NR_INTERFACES : 1); n++)
				add_scenario(run_change, i,
					     k * NR_INTERFACES + n,
					     FAMILY "/%s/%s_%s", stops[i].name,
					     changes[k].name, interfaces[n]);
		}
	}
}

/* The values of all registers, as they come and as they were set. */
static void run_piece(void (*piece)(void))
{
	piece();
	leave_group(EXIT_CODE);
}

static void all_regs(void)
{
	run_piece(regs_all);
}

static void fp_regs(void)
{
	run_piece(regs_fp);
}

static void base_regs(void)
{
	run_piece(regs_base);
}

#define NR_REGS	(sizeof(struct user_regs_struct) / sizeof(long))

static void show_all(pid_t pid, unsigned long *regs)
{
	static const char * const names[NR_REGS] = {
		"r15", "r14", "r13", "r12", "rbp", "rbx", "r11", "r10", "r9",
		"r8", "rax", "rcx", "rdx", "rsi", "rdi", "orig_rax", "rip",
		"cs", "eflags", "rsp", "ss", "fs_base", "gs_base", "ds", "es",
		"fs", "gs",
	};
	int i;

	ptrace_raw(PTRACE_GETREGS, pid, 0, (long)regs);
	for (i = 0; i < NR_REGS; i++) {
		/* Without those of the last computation. */
		if (i == REG(eflags) / 8)
			rec("  %s %#lx", names[i], regs[i] & ~0x8d5ul);
		else
			rec("  %s %s", names[i], call_value(regs[i]));
	}
}

/* 17, 18 and so on in those that are general. */
SCENARIO(all)
{
	pid_t pid = start_seized(all_regs, 0);
	unsigned long regs[NR_REGS] = {};
	int i;

	wait_for(pid, WALL);
	ptrace_raw(PTRACE_GETREGS, pid, 0, (long)regs);
	for (i = 0; i < REG(orig_rax) / 8; i++)
		regs[i] = 17 + i;
	req(PTRACE_SETREGS, pid, 0, (long)regs);
	resume(PTRACE_CONT, pid, 0);
	wait_for(pid, WALL);
	show_all(pid, regs);
	run_out(pid, PTRACE_CONT);
}

/* Part of the set, by a short vector. */
SCENARIO(short_sets)
{
	static const size_t sizes[] = { 0, 1, 7, 8, 12, 16, 216, 217, 224,
					~0ul };
	pid_t pid = start_seized(all_regs, 0);
	unsigned long regs[64];
	int i;

	wait_for(pid, WALL);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct iovec vec = { regs, sizes[i] };

		memset(regs, 0, sizeof(regs));
		req(PTRACE_GETREGSET, pid, NT_PRSTATUS, (long)&vec);
		rec("  size %zd", vec.iov_len);
		vec.iov_len = sizes[i];
		req(PTRACE_SETREGSET, pid, NT_PRSTATUS, (long)&vec);
		rec("  size %zd", vec.iov_len);
	}
	show_all(pid, regs);
	run_out(pid, PTRACE_CONT);
}

/* --- floating point and vectors */

static void set_fp(pid_t pid, unsigned int mxcsr)
{
	struct user_fpregs_struct fp = {};

	req(PTRACE_GETFPREGS, pid, 0, (long)&fp);
	rec("  cwd %#x swd %#x mxcsr %#x", fp.cwd, fp.swd, fp.mxcsr);
	fp.mxcsr = mxcsr;
	fp.xmm_space[7 * 4] = 4321;
	req(PTRACE_SETFPREGS, pid, 0, (long)&fp);
	memset(&fp, 0, sizeof(fp));
	req(PTRACE_GETFPREGS, pid, 0, (long)&fp);
	rec("  mxcsr %#x xmm7 %u", fp.mxcsr, fp.xmm_space[7 * 4]);
}

/* Bytes 512 to 519 are the features, 520 and on has to be zero. */
static void set_xstate(pid_t pid, int at, unsigned long value)
{
	static unsigned long state[2048];
	struct iovec vec = { state, sizeof(state) };
	int result;

	memset(state, 0, sizeof(state));
	req(PTRACE_GETREGSET, pid, NT_X86_XSTATE, (long)&vec);
	state[at / 8] = value;
	result = ptrace_raw(PTRACE_SETREGSET, pid, NT_X86_XSTATE, (long)&vec);
	rec("xstate %d := %#lx = %s", at, value,
	    result_text(result ? -errno : 0));
}

static void run_fp(const struct scenario *self)
{
	pid_t pid = start_seized(fp_regs, 0);
	struct user_regs_struct regs = {};

	wait_for(pid, WALL);
	switch (self->a) {
	case 0:
		set_fp(pid, 0x1f80);
		break;
	case 1:
		set_fp(pid, 0x9fc0);
		break;
	case 2:
		set_fp(pid, 0xffffffff);
		break;
	case 3:
		set_xstate(pid, 160 + 7 * 16, 4321);
		break;
	case 4:
		set_xstate(pid, 512, 1ul << 62);
		break;
	case 5:
		set_xstate(pid, 520, 1);
		break;
	case 6:
		set_xstate(pid, 568, 1);
		break;
	case 7:
		set_xstate(pid, 24, 0xffffffff);
		break;
	case 8:
		set_xstate(pid, 512, 0);
		break;
	}
	resume(PTRACE_CONT, pid, 0);
	wait_for(pid, WALL);
	ptrace_raw(PTRACE_GETREGS, pid, 0, (long)&regs);
	rec("xmm7 %llu", regs.rax);
	run_out(pid, PTRACE_CONT);
}

GENERATE(add_fp)
{
	int i;

	for (i = 0; i < 9; i++)
		add_scenario(run_fp, i, 0, FAMILY "/fp_%d", i);
}

/* --- segments and their bases */

static char area[4096];

static void do_arch_prctl(pid_t pid, int code, unsigned long value)
{
	static unsigned long got;
	bool get = code == 0x1003 || code == 0x1004;
	long result = ptrace_raw(PTRACE_ARCH_PRCTL, pid,
				 get ? (unsigned long)&got : value, code);

	rec("arch_prctl %#x %s = %s", code, get ? "" : where(value),
	    result_text(result ? -errno : 0));
	if (get && !result)
		rec("  %s", where(got));
}

static void show_bases(pid_t pid)
{
	struct user_regs_struct regs = {};

	ptrace_raw(PTRACE_GETREGS, pid, 0, (long)&regs);
	rec("  rax %s fs %#llx %s gs %#llx %s", where(regs.rax), regs.fs,
	    where(regs.fs_base), regs.gs, where(regs.gs_base));
}

static const struct {
	const char *name;
	unsigned long at;	/* 0: arch_prctl() */
	unsigned long value;
} bases[] = {
	{ "prctl", 0, (unsigned long)piece_data },
	{ "prctl_0", 0, 0 },
	{ "prctl_high", 0, 1ul << 47 },
	{ "poke", REG(fs_base), (unsigned long)piece_data },
	{ "poke_high", REG(fs_base), 1ul << 47 },
	{ "selector", REG(fs), 0x2b },
	{ "selector_0", REG(fs), 0 },
	{ "selector_3", REG(fs), 3 },
	{ "selector_tls", REG(fs), 0x63 },
	{ "selector_ldt", REG(fs), 7 },
	{ "selector_kernel", REG(fs), 0x10 },
};

static void run_base(const struct scenario *self)
{
	unsigned long at = bases[self->a].at;
	pid_t pid = start_seized(base_regs, 0);
	bool gs = self->b;
	int i;

	wait_for(pid, WALL);
	show_bases(pid);
	if (at) {
		if (gs)
			at += REG(gs_base) - REG(fs_base);
		if (gs && bases[self->a].at == REG(fs))
			at = REG(gs);
		req(PTRACE_POKEUSER, pid, at, bases[self->a].value);
	} else {
		do_arch_prctl(pid, gs ? 0x1001 : 0x1002, bases[self->a].value);
		do_arch_prctl(pid, 0x1003, 0);
		do_arch_prctl(pid, 0x1004, 0);
	}
	show_bases(pid);
	for (i = 0; i < 3; i++) {
		int status;

		resume(PTRACE_CONT, pid, 0);
		status = wait_for(pid, WALL);
		if (status == -1 || !WIFSTOPPED(status))
			return;
		show_siginfo(pid);
		show_bases(pid);
		if (WSTOPSIG(status) != SIGTRAP)
			break;
	}
	send(pid, SIGKILL);
	wait_for(pid, WALL);
}

/* What else there is of the kind, and the entries of the descriptor table. */
struct user_desc_words {
	unsigned int entry, base, limit, flags;
};

SCENARIO(thread_area)
{
	static struct user_desc_words words;
	pid_t pid = start_seized(base_regs, 0);
	int i;

	wait_for(pid, WALL);
	for (i = 11; i < 17; i++) {
		words = (struct user_desc_words){ 99, 99, 99, 99 };
		req(PTRACE_GET_THREAD_AREA, pid, i, (long)&words);
		rec("  %u %#x %#x %#x", words.entry, words.base, words.limit,
		    words.flags);
		words = (struct user_desc_words){ i, 0x1000, 0xfff, 0x51 };
		req(PTRACE_SET_THREAD_AREA, pid, i, (long)&words);
		words = (struct user_desc_words){ 99, 99, 99, 99 };
		req(PTRACE_GET_THREAD_AREA, pid, i, (long)&words);
		rec("  %u %#x %#x %#x", words.entry, words.base, words.limit,
		    words.flags);
	}
	words = (struct user_desc_words){ -1, 0x1000, 0xfff, 0x51 };
	req(PTRACE_SET_THREAD_AREA, pid, -1, (long)&words);
	words = (struct user_desc_words){ 12, 0x1000, 0xfff, 0x71 };
	req(PTRACE_SET_THREAD_AREA, pid, 12, (long)&words);
	req(PTRACE_SET_THREAD_AREA, pid, 12, 0);
	for (i = 0x1000; i < 0x1006; i++)
		do_arch_prctl(pid, i, 0);
	do_arch_prctl(pid, 0x1011, 0);
	do_arch_prctl(pid, 0x1012, 0);
	do_arch_prctl(pid, 0x7777, 0);
	send(pid, SIGKILL);
	wait_for(pid, WALL);
}

GENERATE(add_bases)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(bases); i++) {
		add_scenario(run_base, i, 0, FAMILY "/fs_%s", bases[i].name);
		add_scenario(run_base, i, 1, FAMILY "/gs_%s", bases[i].name);
	}
}

/* --- a 32-bit program, and calls of that kind from a 64-bit one */

static void exec_32(void)
{
	exec_tiny(TINY_32, TINY_SIGNAL);
}

static void call_32(void)
{
	raise_raw(SIGUSR1);
	note("result %s", syscall_result(SYS_getppid, call32(64, 0, 0, 0)));
	leave_group(EXIT_CODE);
}

static void exec_64(void)
{
	exec_tiny(TINY_64, TINY_SIGNAL);
}

static const struct {
	const char *name;
	void (*program)(void);
	long options;
	int calls;		/* PTRACE_SYSCALL so many times after that */
} subjects[] = {
	{ "exec32", exec_32, PTRACE_O_TRACEEXEC },
	{ "entry32", exec_32, PTRACE_O_TRACEEXEC, 2 },
	{ "exit32", exec_32, PTRACE_O_TRACEEXEC, 3 },
	{ "signal32", exec_32, 0 },
	{ "call_entry32", call_32, 0, 1 },
	{ "call_exit32", call_32, 0, 2 },
	{ "signal64", prog_calls, 0 },
	{ "entry64", prog_calls, 0, 1 },
	{ "exit64", prog_calls, 0, 2 },
	{ "exec64", exec_64, PTRACE_O_TRACEEXEC },
	{ "fork64", prog_fork, PTRACE_O_TRACEFORK },
};

static pid_t start_subject(int n)
{
	pid_t pid = start_seized(subjects[n].program, subjects[n].options |
				 PTRACE_O_TRACESYSGOOD);
	pid_t child = event_child(pid, wait_for(pid, WALL));
	int i;

	if (child) {
		name_child(child);
		until_state(child, "t");
		ptrace_raw(PTRACE_DETACH, child, 0, 0);
	}
	for (i = 0; i < subjects[n].calls; i++) {
		ptrace_raw(PTRACE_SYSCALL, pid, 0, 0);
		wait_for(pid, WALL);
	}
	return pid;
}

static void run_subject(const struct scenario *self)
{
	pid_t pid = start_subject(self->a);

	show(pid);
	change(pid, self->b, SETREGS);
	see(pid, PTRACE_SYSCALL);
	show_notes();
}

static void run_sets(const struct scenario *self)
{
	static const int types[] = { NT_PRSTATUS, NT_PRFPREG, 0x46e62b7f,
				     NT_386_TLS, NT_386_IOPERM };
	static const size_t sizes[] = { 4, 8, 48, 64, 68, 72, 108, 216, 512,
					4096 };
	pid_t pid = start_subject(self->a);
	int i, k;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		for (k = 0; k < ARRAY_SIZE(sizes); k++) {
			struct iovec vec = { area, sizes[k] };
			long result;

			result = ptrace_raw(PTRACE_GETREGSET, pid, types[i],
					    (long)&vec);
			rec("get %#x %zu = %s %zu", types[i], sizes[k],
			    result_text(result ? -errno : 0), vec.iov_len);
			if (result)
				continue;
			vec.iov_len = sizes[k];
			result = ptrace_raw(PTRACE_SETREGSET, pid, types[i],
					    (long)&vec);
			rec("set = %s %zu", result_text(result ? -errno : 0),
			    vec.iov_len);
		}
	}
	see(pid, PTRACE_SYSCALL);
	show_notes();
}

/* --- the tracer as a 32-bit program, or as one with 32-bit pointers */

#define CALLS_X32	0x40000000

static bool with_x32;

static long narrow(int request, pid_t pid, unsigned long addr,
		   unsigned long data)
{
	long result = with_x32 ? CALL4(CALLS_X32 | 521, request, pid, addr,
				       data) :
				 ptrace32(request, pid, addr, data);

	rec("%s: %s%s%s = %s", with_x32 ? "x32" : "32", request_name(request),
	    addr ? " addr=" : "", addr ? value((int)addr) : "",
	    result_text(result));
	return result;
}

/* What came is told where it is the same each time. */
static unsigned int words32[1024];

static unsigned int *cleared(void)
{
	memset(words32, 0, sizeof(words32));
	return words32;
}

static const struct {
	const char *name;
	unsigned int at;
} user32[] = {
	{ "ebx", 0 }, { "ecx", 4 }, { "edx", 8 }, { "esi", 12 }, { "edi", 16 },
	{ "ebp", 20 }, { "eax", 24 }, { "ds", 28 }, { "es", 32 }, { "fs", 36 },
	{ "gs", 40 }, { "orig_eax", 44 }, { "eip", 48 }, { "cs", 52 },
	{ "eflags", 56 }, { "esp", 60 }, { "ss", 64 },
	{ "after", 68 }, { "debug0", 252 }, { "debug4", 268 },
	{ "debug7", 280 }, { "end", 284 }, { "unaligned", 2 },
};

static void users32(pid_t pid)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(user32); i++) {
		unsigned int *data = cleared();

		rec("%s", user32[i].name);
		narrow(PTRACE_PEEKUSER, pid, user32[i].at, (long)data);
		if (user32[i].at != 56)
			rec("  %s", call_value((int)*data));
		narrow(PTRACE_POKEUSER, pid, user32[i].at, *data);
	}
	narrow(PTRACE_POKEUSER, pid, 252, LANDING);
	narrow(PTRACE_POKEUSER, pid, 280, 0x20000);
	narrow(PTRACE_POKEUSER, pid, 52, 0x1235);
	narrow(PTRACE_POKEUSER, pid, 28, 0x10);
}

static void memory32(pid_t pid)
{
	unsigned int *data = cleared();

	narrow(PTRACE_PEEKTEXT, pid, (long)call6, (long)data);
	rec("  %d %d", !memcmp(data, call6, 4), !!data[1]);
	narrow(PTRACE_PEEKDATA, pid, (long)area, (long)data);
	narrow(PTRACE_PEEKDATA, pid, 0, (long)data);
	narrow(PTRACE_PEEKDATA, pid, -4ul, (long)data);
	narrow(PTRACE_PEEKDATA, pid, (long)area, 0);
	narrow(PTRACE_POKEDATA, pid, (long)area, 0x12345678);
	narrow(PTRACE_POKEDATA, pid, 0, 5);
}

static void registers32(pid_t pid)
{
	struct { unsigned int base, length; } *vec = (void *)(words32 + 1000);
	static const int types[] = { NT_PRSTATUS, NT_PRFPREG, 0x46e62b7f,
				     NT_386_TLS, NT_X86_XSTATE, 0x7777 };
	unsigned int *data = cleared();
	int i;

	narrow(PTRACE_GETREGS, pid, 0, (long)data);
	rec("  orig %s ax %s ip %s cs %#x", call_value((int)data[11]),
	    call_value((int)data[6]), where(data[12]), data[13]);
	narrow(PTRACE_SETREGS, pid, 0, (long)data);
	narrow(PTRACE_GETREGS, pid, 0, 0);
	narrow(PTRACE_GETFPREGS, pid, 0, (long)data);
	narrow(PTRACE_SETFPREGS, pid, 0, (long)data);
	narrow(PTRACE_GETFPXREGS, pid, 0, (long)data);
	narrow(PTRACE_SETFPXREGS, pid, 0, (long)data);
	narrow(PTRACE_GET_THREAD_AREA, pid, 12, (long)data);
	rec("  %u %#x %#x %#x", data[0], data[1], data[2], data[3]);
	narrow(PTRACE_SET_THREAD_AREA, pid, 12, (long)data);
	narrow(PTRACE_GET_THREAD_AREA, pid, 6, (long)data);
	narrow(PTRACE_ARCH_PRCTL, pid, (long)data, 0x1003);
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		cleared();
		vec->base = (unsigned long)words32;
		vec->length = 3900;
		narrow(PTRACE_GETREGSET, pid, types[i], (long)vec);
		if (types[i] != NT_X86_XSTATE)
			rec("  size %u", vec->length);
		narrow(PTRACE_SETREGSET, pid, types[i], (long)vec);
	}
	show_regs(pid);
}

static void others32(pid_t pid)
{
	unsigned int *data = cleared();

	narrow(PTRACE_GETEVENTMSG, pid, 0, (long)data);
	rec("  %s %d", call_value(data[0]), !!data[1]);
	narrow(PTRACE_GETSIGINFO, pid, 0, (long)data);
	rec("  %d %d %#x %s %s", data[0], data[1], data[2],
	    data[2] == 0 || data[2] > 255 ? call_value(data[3]) : "-",
	    data[2] == 0 || data[2] > 255 ? call_value(data[4]) : "-");
	narrow(PTRACE_SETSIGINFO, pid, 0, (long)data);
	narrow(PTRACE_SETSIGINFO, pid, 0, 0);
	show_siginfo(pid);
	cleared();
	data[3] = 2;
	narrow(PTRACE_PEEKSIGINFO, pid, (long)data, (long)(data + 100));
	narrow(PTRACE_GETSIGMASK, pid, 8, (long)data);
	rec("  %#x %#x", data[0], data[1]);
	narrow(PTRACE_SETSIGMASK, pid, 8, (long)data);
	narrow(PTRACE_GETSIGMASK, pid, 4, (long)data);
	cleared();
	narrow(PTRACE_GET_SYSCALL_INFO, pid, 84, (long)data);
	rec("  op %#x arch %#x", data[0], data[1]);
	narrow(PTRACE_GET_RSEQ_CONFIGURATION, pid, 24, (long)data);
	narrow(PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG, pid, 32, (long)data);
	narrow(PTRACE_SECCOMP_GET_FILTER, pid, 0, 0);
	narrow(PTRACE_SECCOMP_GET_METADATA, pid, 16, (long)data);
	narrow(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD);
	narrow(PTRACE_OLDSETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD);
	narrow(PTRACE_SETOPTIONS, pid, 0, 1u << 30);
	narrow(PTRACE_ATTACH, pid, 0, 0);
	narrow(PTRACE_SEIZE, pid, 0, 0);
	narrow(PTRACE_LISTEN, pid, 0, 0);
	narrow(PTRACE_TRACEME, pid, 0, 0);
	narrow(0x7777, pid, 0, 0);
	narrow(PTRACE_CONT, pid, 0, 65);
}

static const struct {
	const char *name;
	void (*ask)(pid_t pid);
} questions[] = {
	{ "memory", memory32 },
	{ "user", users32 },
	{ "registers", registers32 },
	{ "others", others32 },
};

static void run_narrow(const struct scenario *self)
{
	pid_t pid = start_subject(self->a);

	with_x32 = self->b >= 10;
	questions[self->b % 10].ask(pid);
	see(pid, PTRACE_SYSCALL);
	show_notes();
}

static const int moves[] = {
	PTRACE_CONT, PTRACE_SYSCALL, PTRACE_SINGLESTEP, PTRACE_SINGLEBLOCK,
	PTRACE_SYSEMU, PTRACE_SYSEMU_SINGLESTEP, PTRACE_KILL, PTRACE_DETACH,
};

static void run_narrow_move(const struct scenario *self)
{
	pid_t pid = start_subject(self->a);

	with_x32 = self->b >= 10;
	narrow(moves[self->b % 10], pid, 0, 0);
	/* An exit() that is skipped may have no other after it. */
	if (moves[self->b % 10] == PTRACE_SYSEMU) {
		wait_stop(pid);
		send(pid, SIGKILL);
	}
	run_out(pid, PTRACE_CONT);
	show_notes();
}

/* From nothing to a stop and back. */
static void run_narrow_life(const struct scenario *self)
{
	pid_t pid = start(prog_read);

	with_x32 = self->a;
	until_in(pid, SYS_read);
	if (self->b) {
		narrow(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACEEXIT);
		narrow(PTRACE_INTERRUPT, pid, 0, 0);
	} else {
		narrow(PTRACE_ATTACH, pid, 0, 0);
	}
	wait_stop(pid);
	narrow(PTRACE_CONT, pid, 0, SIGSTOP);
	if (self->b)
		until_in(pid, SYS_read);
	else
		wait_stop(pid);
	send(pid, SIGUSR1);
	if (self->b)
		wait_stop(pid);
	narrow(PTRACE_DETACH, pid, 0, 0);
	show_settled(pid);
	run_out(pid, PTRACE_CONT);
}

static void narrow_listen(void)
{
	pid_t pid = start_seized(prog_sigstop, 0);

	wait_for(pid, WALL);
	resume(PTRACE_CONT, pid, SIGSTOP);
	wait_for(pid, WALL);
	narrow(PTRACE_LISTEN, pid, 0, 0);
	show_settled(pid);
	send(pid, SIGCONT);
	wait_stop(pid);
	run_out(pid, PTRACE_CONT);
}

static void ask_narrow(long unused, long b)
{
	narrow(PTRACE_TRACEME, 0, 0, 0);
}

static void narrow_traceme(void)
{
	start_asking(ask_narrow, 0);
}

/* The program's next calls are for itself. */
static void narrow_dispatch(void)
{
	pid_t pid = start_seized(prog_calls, PTRACE_O_TRACESYSGOOD);
	struct sud_config *config = (void *)cleared();

	wait_for(pid, WALL);
	config->mode = PR_SYS_DISPATCH_ON;
	config->selector = (long)area;
	config->len = 1;
	narrow(PTRACE_POKEDATA, pid, (long)area, 1);
	narrow(PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG, pid, 32, (long)config);
	cleared();
	narrow(PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG, pid, 32, (long)config);
	rec("  mode=%llu selector=%d offset=%llu len=%llu", config->mode,
	    config->selector == (long)area, config->offset, config->len);
	see(pid, PTRACE_SYSCALL);
}

static void narrow_filter(void)
{
	pid_t pid = start_seized(prog_seccomp, PTRACE_O_TRACESECCOMP);
	struct sock_filter *code = (void *)cleared();
	long i, n;

	wait_for(pid, WALL);
	n = narrow(PTRACE_SECCOMP_GET_FILTER, pid, 0, (long)code);
	for (i = 0; i < n; i++)
		rec("  %#x %u %u %#x", code[i].code, code[i].jt, code[i].jf,
		    code[i].k);
	cleared();
	narrow(PTRACE_SECCOMP_GET_METADATA, pid, 16, (long)words32);
	rec("  %u %u %u %u", words32[0], words32[1], words32[2], words32[3]);
	run_out(pid, PTRACE_CONT);
}

static void prog_pending(void)
{
	block(SIGUSR2);
	raise_raw(SIGUSR2);
	CALL2(SYS_tkill, CALL0(SYS_gettid), SIGUSR2);
	prog_signal();
}

static void narrow_pending(void)
{
	pid_t pid = start_seized(prog_pending, 0);
	unsigned int *data = cleared(), *info = data + 100, flags;
	struct peeksiginfo_args *args = (void *)data;

	wait_for(pid, WALL);
	for (flags = 0; flags <= PEEKSIGINFO_SHARED; flags++) {
		cleared();
		args->flags = flags;
		args->nr = 2;
		narrow(PTRACE_PEEKSIGINFO, pid, (long)args, (long)info);
		rec("  %u %u %d %s %u", info[0], info[1], info[2],
		    who(info[3]), info[4]);
	}
	run_out(pid, PTRACE_CONT);
}

/* What takes a state that no subject is in. */
static const struct {
	const char *name;
	void (*run)(void);
} narrows[] = {
	{ "listens", narrow_listen },
	{ "traceme", narrow_traceme },
	{ "dispatch", narrow_dispatch },
	{ "filter", narrow_filter },
	{ "pending", narrow_pending },
};

static void run_narrow_state(const struct scenario *self)
{
	with_x32 = self->a;
	narrows[self->b].run();
	show_notes();
}

GENERATE(add_narrow)
{
	static const int some[] = { 0, 2, 6, 8, 9, 11, 13, 16, 23 };
	int i, k;

	for (i = 0; i < ARRAY_SIZE(subjects); i++) {
		for (k = 0; k < ARRAY_SIZE(some); k++)
			add_scenario(run_subject, i, some[k],
				     FAMILY "/%s/%s", subjects[i].name,
				     changes[some[k]].name);
		add_scenario(run_sets, i, 0, FAMILY "/%s/sets",
			     subjects[i].name);
		for (k = 0; k < ARRAY_SIZE(questions); k++) {
			add_scenario(run_narrow, i, k, FAMILY "/by32_%s/%s",
				     subjects[i].name, questions[k].name);
			add_scenario(run_narrow, i, k + 10,
				     FAMILY "/byx32_%s/%s", subjects[i].name,
				     questions[k].name);
		}
		for (k = 0; k < ARRAY_SIZE(moves); k++)
			add_scenario(run_narrow_move, i, k,
				     FAMILY "/by32_%s/%s", subjects[i].name,
				     request_name(moves[k]));
	}
	for (i = 0; i < 2; i++) {
		add_scenario(run_narrow_life, i, 0, FAMILY "/by%s_attached",
			     i ? "x32" : "32");
		add_scenario(run_narrow_life, i, 1, FAMILY "/by%s_seized",
			     i ? "x32" : "32");
		for (k = 0; k < ARRAY_SIZE(narrows); k++)
			add_scenario(run_narrow_state, i, k, FAMILY "/by%s_%s",
				     i ? "x32" : "32", narrows[k].name);
	}
}
