/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* filter.c - the system calls a worker may make once its sandbox is closed.  All others fail with
 * EPERM.  Calls without a condition on their arguments cost nothing: the kernel remembers them. */
#include "client/base/message.h"
#include "client/worker/sandbox.h"
#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <linux/udp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define EQUAL(argument, value) SCMP_CMP ((argument), SCMP_CMP_EQ, (scmp_datum_t) (value))
#define MASKED(argument, mask, value) \
    SCMP_CMP ((argument), SCMP_CMP_MASKED_EQ, (scmp_datum_t) (mask), (scmp_datum_t) (value))

enum {
    /* A thread, and nothing else that clone can make. */
    THREAD     = CLONE_VM | CLONE_THREAD | CLONE_SIGHAND,
    NOT_THREAD = CLONE_NEWNS | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUTS |
                 CLONE_NEWIPC | CLONE_NEWCGROUP | CLONE_VFORK | CLONE_PTRACE,
};

/* Memory, waiting, the messages of descriptor 3, and an orderly or disorderly end. */
static const int always[] = {
    SCMP_SYS (read),          SCMP_SYS (write),          SCMP_SYS (recvmsg),
    SCMP_SYS (sendmsg),       SCMP_SYS (poll),           SCMP_SYS (ppoll),
    SCMP_SYS (close),         SCMP_SYS (lseek),          SCMP_SYS (brk),
    SCMP_SYS (munmap),        SCMP_SYS (mremap),         SCMP_SYS (madvise),
    SCMP_SYS (mlock),         SCMP_SYS (mlock2),         SCMP_SYS (futex),
    SCMP_SYS (clock_gettime), SCMP_SYS (gettimeofday),   SCMP_SYS (time),
    SCMP_SYS (getrandom),     SCMP_SYS (getpid),         SCMP_SYS (gettid),
    SCMP_SYS (rt_sigaction),  SCMP_SYS (rt_sigprocmask), SCMP_SYS (rt_sigreturn),
    SCMP_SYS (sigaltstack),   SCMP_SYS (sched_yield),    SCMP_SYS (restart_syscall),
    SCMP_SYS (exit),          SCMP_SYS (exit_group),
};

/* Packets, the data thread, and what wakes it. */
static const int tunnel[] = {
    SCMP_SYS (readv),
    SCMP_SYS (writev),
    SCMP_SYS (recvfrom),
    SCMP_SYS (sendto),
    SCMP_SYS (recvmmsg),
    SCMP_SYS (sendmmsg),
    SCMP_SYS (getsockname),
    SCMP_SYS (eventfd2),
    SCMP_SYS (timerfd_create),
    SCMP_SYS (timerfd_settime),
    SCMP_SYS (epoll_create1),
    SCMP_SYS (epoll_ctl),
    SCMP_SYS (epoll_wait),
    SCMP_SYS (epoll_pwait),
    SCMP_SYS (set_robust_list),
    SCMP_SYS (rseq),
    SCMP_SYS (sched_getaffinity),
    SCMP_SYS (uname),
};

static const guint64 ioctls[] = { TUNSETOFFLOAD, SIOCOUTQ, FIONBIO };
static const int     fcntls[] = { F_GETFL, F_SETFL, F_GETFD, F_SETFD };
static const int     levels[] = { SOL_SOCKET, IPPROTO_IP, IPPROTO_IPV6, IPPROTO_TCP, IPPROTO_UDP };

/* No mark, no device, no filter program, no multicast. */
static const struct {
    int level, option;
} options[] = {
    { SOL_SOCKET, SO_SNDBUF },      { SOL_SOCKET, SO_RCVBUF },
    { IPPROTO_UDP, UDP_SEGMENT },   { IPPROTO_UDP, UDP_GRO },
    { IPPROTO_TCP, TCP_NODELAY },   { IPPROTO_TCP, TCP_NOTSENT_LOWAT },
    { IPPROTO_IP, IP_TOS },         { IPPROTO_IP, IP_RECVTOS },
    { IPPROTO_IP, IP_RECVERR },     { IPPROTO_IP, IP_MTU_DISCOVER },
    { IPPROTO_IPV6, IPV6_TCLASS },  { IPPROTO_IPV6, IPV6_RECVTCLASS },
    { IPPROTO_IPV6, IPV6_RECVERR }, { IPPROTO_IPV6, IPV6_MTU_DISCOVER },
};

/* 0 or -errno, like libseccomp itself. */
static int
allow_all (scmp_filter_ctx filter, const int *calls, gsize n)
{
    int result = 0;

    for (gsize i = 0; i < n && result == 0; i++)
        result = seccomp_rule_add (filter, SCMP_ACT_ALLOW, calls[i], 0);
    return result;
}

static int
allow_if (scmp_filter_ctx filter, int call, struct scmp_arg_cmp condition)
{
    return seccomp_rule_add (filter, SCMP_ACT_ALLOW, call, 1, condition);
}

/* Memory that can be run is never made; signals go to ourselves only. */
static int
allow_with_care (scmp_filter_ctx filter)
{
    int result = allow_if (filter, SCMP_SYS (mmap), MASKED (2, PROT_EXEC, 0));

    if (result == 0)
        result = allow_if (filter, SCMP_SYS (mprotect), MASKED (2, PROT_EXEC, 0));
    if (result == 0)
        result = allow_if (filter, SCMP_SYS (tgkill), EQUAL (0, getpid ()));
    if (result == 0) /* glibc then falls back to clone, whose flags can be seen here */
        result = seccomp_rule_add (filter, SCMP_ACT_ERRNO (ENOSYS), SCMP_SYS (clone3), 0);
    return result;
}

static int
allow_descriptors (scmp_filter_ctx filter, int listening)
{
    int result = 0;

    for (gsize i = 0; i < G_N_ELEMENTS (ioctls) && result == 0; i++)
        result = allow_if (filter, SCMP_SYS (ioctl), EQUAL (1, ioctls[i]));
    for (gsize i = 0; i < G_N_ELEMENTS (fcntls) && result == 0; i++)
        result = allow_if (filter, SCMP_SYS (fcntl), EQUAL (1, fcntls[i]));
    for (gsize i = 0; i < G_N_ELEMENTS (levels) && result == 0; i++)
        result = allow_if (filter, SCMP_SYS (getsockopt), EQUAL (1, levels[i]));
    for (gsize i = 0; i < G_N_ELEMENTS (options) && result == 0; i++)
        result = seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (setsockopt), 2,
                                   EQUAL (1, options[i].level), EQUAL (2, options[i].option));
    if (result == 0 && listening >= 0)
        result = allow_if (filter, SCMP_SYS (accept4), EQUAL (0, listening));
    return result;
}

static int
allow_threads (scmp_filter_ctx filter)
{
    int result = allow_if (filter, SCMP_SYS (clone), MASKED (0, THREAD | NOT_THREAD, THREAD));

    if (result == 0)
        result = allow_if (filter, SCMP_SYS (prctl), EQUAL (0, PR_SET_NAME));
    return result;
}

static int
fill (scmp_filter_ctx filter, AditSandboxUse use, int listening)
{
    int result = allow_all (filter, always, G_N_ELEMENTS (always));

    if (result == 0)
        result = allow_with_care (filter);
    if (result == 0 && use == ADIT_SANDBOX_FOR_TUNNEL) {
        result = allow_all (filter, tunnel, G_N_ELEMENTS (tunnel));
        if (result == 0)
            result = allow_descriptors (filter, listening);
        if (result == 0)
            result = allow_threads (filter);
    }
    return result;
}

gboolean
adit_sandbox_filter (AditSandboxUse use, int listening, GError **error)
{
    scmp_filter_ctx filter = seccomp_init (SCMP_ACT_ERRNO (EPERM));
    int             result = filter ? 0 : -ENOMEM;

    if (result == 0) /* libraries may have started threads while they were loaded */
        result = seccomp_attr_set (filter, SCMP_FLTATR_CTL_TSYNC, 1);
    if (result == 0)
        result = fill (filter, use, listening);
    if (result == 0)
        result = seccomp_load (filter);
    if (filter)
        seccomp_release (filter);
    if (result == 0)
        return TRUE;
    return adit_fail_errno (error, -result, ADIT_ERROR_SYSTEM,
                            _ ("The worker could not filter its system calls on this machine."));
}
