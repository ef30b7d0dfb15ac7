/* SPDX-License-Identifier: GPL-2.0-only */
/* Constants of the kernel's interface that older C libraries do not have. */
#ifndef _PTRACE_RECORD_ABI_H
#define _PTRACE_RECORD_ABI_H

#ifndef PTRACE_GETREGS
#define PTRACE_GETREGS			12
#define PTRACE_SETREGS			13
#define PTRACE_GETFPREGS		14
#define PTRACE_SETFPREGS		15
#endif
#ifndef PTRACE_GETFPXREGS
#define PTRACE_GETFPXREGS		18
#define PTRACE_SETFPXREGS		19
#endif
#ifndef PTRACE_OLDSETOPTIONS
#define PTRACE_OLDSETOPTIONS		21
#endif
#ifndef PTRACE_GET_THREAD_AREA
#define PTRACE_GET_THREAD_AREA		25
#define PTRACE_SET_THREAD_AREA		26
#endif
#ifndef PTRACE_ARCH_PRCTL
#define PTRACE_ARCH_PRCTL		30
#endif
/* Not the numbers of others, which are below. */
#ifdef __powerpc__
#define PTRACE_SYSEMU			29
#define PTRACE_SYSEMU_SINGLESTEP	30
#define PTRACE_SINGLEBLOCK		0x100
#endif
#ifndef PTRACE_SYSEMU
#define PTRACE_SYSEMU			31
#define PTRACE_SYSEMU_SINGLESTEP	32
#endif
#ifdef __s390x__
#define PTRACE_SINGLEBLOCK		12
#endif
#ifndef PTRACE_SINGLEBLOCK
#define PTRACE_SINGLEBLOCK		33
#endif
#ifndef PTRACE_GET_SYSCALL_INFO
#define PTRACE_GET_SYSCALL_INFO		0x420e
#endif
#ifndef PTRACE_SECCOMP_GET_FILTER
#define PTRACE_SECCOMP_GET_FILTER	0x420c
#endif
#ifndef PTRACE_SECCOMP_GET_METADATA
#define PTRACE_SECCOMP_GET_METADATA	0x420d
#endif
#ifndef PTRACE_GET_RSEQ_CONFIGURATION
#define PTRACE_GET_RSEQ_CONFIGURATION	0x420f
#endif
#ifndef PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG
#define PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG	0x4210
#define PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG	0x4211
#endif
#ifndef PTRACE_EVENT_STOP
#define PTRACE_EVENT_STOP		128
#endif
#ifndef PTRACE_O_SUSPEND_SECCOMP
#define PTRACE_O_SUSPEND_SECCOMP	(1 << 21)
#endif

#ifndef NT_PRSTATUS
#define NT_PRSTATUS			1
#endif
#ifndef NT_PRFPREG
#define NT_PRFPREG			2
#endif
#ifndef NT_X86_XSTATE
#define NT_X86_XSTATE			0x202
#endif
#ifndef NT_386_TLS
#define NT_386_TLS			0x200
#endif
#ifndef NT_386_IOPERM
#define NT_386_IOPERM			0x201
#endif
#ifndef NT_X86_SHSTK
#define NT_X86_SHSTK			0x204
#endif

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH	59
#define PR_SYS_DISPATCH_OFF		0
#define PR_SYS_DISPATCH_ON		1
#endif
#ifndef PR_SET_PTRACER
#define PR_SET_PTRACER			0x59616d61
#define PR_SET_PTRACER_ANY		((unsigned long)-1)
#endif

/* Signals of the kernel, which is not what a C library makes of them. */
#ifdef __mips__
#define KERNEL_NSIG			128
#else
#define KERNEL_NSIG			64
#endif

struct kernel_sigset {
	unsigned long word[KERNEL_NSIG / (8 * sizeof(long))];
};

/* Results that the kernel keeps to itself and a tracer sees. */
#define KERNEL_ERESTARTSYS		512
#define KERNEL_ERESTARTNOINTR		513
#define KERNEL_ERESTARTNOHAND		514
#define KERNEL_ENOIOCTLCMD		515
#define KERNEL_ERESTART_RESTARTBLOCK	516
#define KERNEL_ENOTSUPP			524

#define SYSCALL_TRAP			(SIGTRAP | 0x80)
#define WALL				0x40000000
#define WCLONE				0x80000000
#define WNOTHREAD			0x20000000

#define SYSCALL_INFO_NONE		0
#define SYSCALL_INFO_ENTRY		1
#define SYSCALL_INFO_EXIT		2
#define SYSCALL_INFO_SECCOMP		3

struct syscall_info {
	unsigned char op;
	unsigned char pad[3];
	unsigned int arch;
	unsigned long long ip;
	unsigned long long sp;
	union {
		struct {
			unsigned long long nr;
			unsigned long long args[6];
			unsigned int ret_data;
		} entry;	/* of a seccomp stop too */
		struct {
			long long rval;
			unsigned char is_error;
		} exit;
	};
};

struct peeksiginfo_args {
	unsigned long long off;
	unsigned int flags;
	int nr;
};

#define PEEKSIGINFO_SHARED		1

struct rseq_configuration {
	unsigned long long address;
	unsigned int size;
	unsigned int signature;
	unsigned int flags;
	unsigned int pad;
};

struct sud_config {
	unsigned long long mode;
	unsigned long long selector;
	unsigned long long offset;
	unsigned long long len;
};

#endif /* _PTRACE_RECORD_ABI_H */
