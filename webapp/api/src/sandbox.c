/*
 * sandbox.c
 *	  seccomp: a list of what is allowed; the rest is refused, and what only an intruder would try
 *	  kills the process.
 *
 * Workers talk over sockets and time passes; they start nothing and open no file. libpq and the C
 * library cope with a refusal (EPERM) where they would look for an optional file.
 */
#include "sandbox.h"

#include <errno.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>

static const int allowed[] = {
	/* talking */
	SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev), SCMP_SYS(recvfrom),
	SCMP_SYS(sendto), SCMP_SYS(recvmsg), SCMP_SYS(sendmsg), SCMP_SYS(accept4),
	SCMP_SYS(accept), SCMP_SYS(connect), SCMP_SYS(shutdown), SCMP_SYS(close), SCMP_SYS(poll),
	SCMP_SYS(ppoll), SCMP_SYS(select), SCMP_SYS(pselect6), SCMP_SYS(epoll_pwait),
	SCMP_SYS(epoll_wait), SCMP_SYS(getsockopt), SCMP_SYS(setsockopt), SCMP_SYS(getsockname),
	SCMP_SYS(getpeername), SCMP_SYS(fcntl), SCMP_SYS(ioctl),
	/* memory, time, chance */
	SCMP_SYS(brk), SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(mprotect),
	SCMP_SYS(madvise), SCMP_SYS(getrandom), SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep), SCMP_SYS(gettimeofday), SCMP_SYS(time),
	/* itself */
	SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid),
	SCMP_SYS(getegid), SCMP_SYS(futex), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn), SCMP_SYS(tgkill), SCMP_SYS(restart_syscall), SCMP_SYS(rseq),
	SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(fstat), SCMP_SYS(newfstatat),
	SCMP_SYS(lseek), SCMP_SYS(uname), SCMP_SYS(prlimit64), SCMP_SYS(getrusage),
};

static const int fatal[] = {
	SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork), SCMP_SYS(vfork), SCMP_SYS(ptrace),
	SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(setuid),
	SCMP_SYS(setgid), SCMP_SYS(setresuid), SCMP_SYS(mount), SCMP_SYS(bpf),
	SCMP_SYS(init_module), SCMP_SYS(kexec_load), SCMP_SYS(unshare), SCMP_SYS(setns),
	SCMP_SYS(io_uring_setup), SCMP_SYS(userfaultfd), SCMP_SYS(keyctl),
};

/* Of sockets. */
static const unsigned families[] = {AF_UNIX, AF_INET, AF_INET6};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/*
 * Enter for good: what this process and its children may do from here on is in the lists above,
 * with sockets only local or of the Internet. False if the kernel does not do it.
 */
bool
sandbox_enter(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	bool		good = filter != NULL;

	for (size_t i = 0; good && i < COUNT(allowed); i++)
		good = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0) == 0;
	for (size_t i = 0; good && i < COUNT(fatal); i++)
		good = seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, fatal[i], 0) == 0;
	for (size_t i = 0; good && i < COUNT(families); i++)
		good = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
								SCMP_A0(SCMP_CMP_EQ, families[i])) == 0;
	good = good && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && seccomp_load(filter) == 0;
	if (filter)
		seccomp_release(filter);
	return good;
}
