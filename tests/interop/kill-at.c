/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kill-at.c - a kill -9 at one exact place: preloaded into `adit`, it counts the system calls by
 * which adit changes anything that outlives it, and dies before the n-th ($KILL_AT), or in the
 * middle of it where it is a write ($KILL_HOW = half).  Each that is reached is named in $KILL_LOG.
 */
/* Both open and open64 are wanted, under their own names. */
#undef _FILE_OFFSET_BITS
#include "tests/lib/preload.h"
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

static atomic_int reached;
static int        at, half, log_fd = -1;
static pid_t      owner; /* 0: not in adit; a child between fork and exec is another */

__attribute__ ((constructor)) static void
read_orders (void)
{
    const char *number = getenv ("KILL_AT"), *how = getenv ("KILL_HOW"), *log = getenv ("KILL_LOG");

    if (number == NULL || strcmp (program_invocation_short_name, "adit"))
        return;
    at     = atoi (number);
    half   = how && strcmp (how, "half") == 0;
    log_fd = log ? open (log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
    owner  = getpid ();
}

static void
die (void)
{
    kill (owner, SIGKILL);
    for (;;)
        pause ();
}

/* The number of this place; 0: not counted. */
static int
reach (const char *what, const char *which)
{
    char line[512];
    int  n, len;

    if (owner == 0 || getpid () != owner)
        return 0;
    n   = atomic_fetch_add (&reached, 1) + 1;
    len = snprintf (line, sizeof line, "%d %s %.400s\n", n, what, which ? which : "");
    if (log_fd >= 0)
        (void) syscall (SYS_write, log_fd, line, (size_t) len);
    if (n == at && !half)
        die ();
    return n;
}

/* A journal, or another file of adit's that is not a log. */
static int
is_kept (int fd)
{
    char        link[64], path[256];
    struct stat about;
    ssize_t     n;

    if (fstat (fd, &about) == 0 && S_ISFIFO (about.st_mode))
        return 1; /* what another program is told */
    snprintf (link, sizeof link, "/proc/self/fd/%d", fd);
    n = readlink (link, path, sizeof path - 1);
    if (n <= 0)
        return 0;
    path[n] = 0;
    return (!strncmp (path, "/run/adit/", 10) || !strncmp (path, "/etc/", 5) ||
            !strncmp (path, "/var/lib/adit/", 14)) &&
           !strstr (path, ".log");
}

ssize_t
write (int fd, const void *bytes, size_t len)
{
    static __typeof__ (&write) real;
    char                       line[200];

    real = real ? real : REAL (write);
    if (owner && is_kept (fd)) {
        snprintf (line, sizeof line, "%.*s", (int) strcspn (bytes, "\n"), (const char *) bytes);
        if (reach ("write", line) == at && at && half && real (fd, bytes, len / 2) >= 0)
            die ();
    }
    return real (fd, bytes, len);
}

int
fdatasync (int fd)
{
    static __typeof__ (&fdatasync) real;

    real = real ? real : REAL (fdatasync);
    reach ("fdatasync", NULL);
    return real (fd);
}

/* ---- files ---- */

/* name: of the function; parameters and arguments: with their parentheses, one of them is `path`.
 */
#define WRAP_PATH(name, parameters, arguments) \
    int name parameters                        \
    {                                          \
        static __typeof__ (&name) real;        \
                                               \
        real = real ? real : REAL (name);      \
        reach (#name, path);                   \
        return real arguments;                 \
    }

WRAP_PATH (unlink, (const char *path), (path))
WRAP_PATH (rmdir, (const char *path), (path))
WRAP_PATH (mkdir, (const char *path, mode_t mode), (path, mode))
WRAP_PATH (unlinkat, (int fd, const char *path, int flags), (fd, path, flags))
WRAP_PATH (rename, (const char *from, const char *path), (from, path))
WRAP_PATH (symlink, (const char *from, const char *path), (from, path))
WRAP_PATH (linkat, (int a, const char *from, int b, const char *path, int flags),
           (a, from, b, path, flags))
WRAP_PATH (truncate, (const char *path, off_t len), (path, len))

/* The same; a mode follows `flags` when a file is made. */
#define WRAP_OPEN(name, parameters, arguments)                         \
    int name parameters                                                \
    {                                                                  \
        static __typeof__ (&name) real;                                \
        mode_t                    mode = 0;                            \
        va_list                   args;                                \
                                                                       \
        va_start (args, flags);                                        \
        if (flags & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY)))            \
            mode = va_arg (args, mode_t);                              \
        va_end (args);                                                 \
        real = real ? real : REAL (name);                              \
        if ((flags & (O_CREAT | O_TRUNC)) ||                           \
            ((flags & O_WRONLY) && !strncmp (path, "/proc/sys/", 10))) \
            reach (#name, path);                                       \
        return real arguments;                                         \
    }

WRAP_OPEN (open, (const char *path, int flags, ...), (path, flags, mode))
WRAP_OPEN (open64, (const char *path, int flags, ...), (path, flags, mode))
WRAP_OPEN (openat, (int fd, const char *path, int flags, ...), (fd, path, flags, mode))
WRAP_OPEN (openat64, (int fd, const char *path, int flags, ...), (fd, path, flags, mode))

/* ---- sockets ---- */

static int
option (int fd, int name)
{
    int       value = -1;
    socklen_t len   = sizeof value;

    return getsockopt (fd, SOL_SOCKET, name, &value, &len) < 0 ? -1 : value;
}

/* Changes of links, addresses, routes and rules; transactions of nftables; not questions. */
static void
reach_netlink (int fd, const void *bytes, size_t len)
{
    const struct nlmsghdr *message = bytes;
    char                   which[32];
    int                    protocol;

    if (owner == 0 || len < sizeof *message || option (fd, SO_DOMAIN) != AF_NETLINK)
        return;
    protocol = option (fd, SO_PROTOCOL);
    snprintf (which, sizeof which, "%u", message->nlmsg_type);
    if (protocol == NETLINK_ROUTE && message->nlmsg_type >= RTM_BASE &&
        ((message->nlmsg_type - RTM_BASE) & 3) != 2)
        reach ("rtnetlink", which);
    if (protocol == NETLINK_NETFILTER && message->nlmsg_type == 0x10)
        reach ("nftables", which);
}

/* What systemd-resolved is told. */
static void
reach_bus (const struct iovec *v, size_t n)
{
    static const char *const calls[] = { "SetLinkDomains", "SetLinkDefaultRoute",
                                         "SetLinkLLMNR",   "SetLinkMulticastDNS",
                                         "SetLinkDNS",     "RevertLink" };

    for (size_t i = 0; owner && i < n; i++)
        for (size_t k = 0; k < sizeof calls / sizeof *calls; k++)
            if (memmem (v[i].iov_base, v[i].iov_len, calls[k], strlen (calls[k]) + 1))
                reach ("resolve1", calls[k]);
}

ssize_t
sendto (int fd, const void *bytes, size_t len, int flags, const struct sockaddr *to, socklen_t n)
{
    static __typeof__ (&sendto) real;

    real = real ? real : REAL (sendto);
    reach_netlink (fd, bytes, len);
    return real (fd, bytes, len, flags, to, n);
}

ssize_t
sendmsg (int fd, const struct msghdr *m, int flags)
{
    static __typeof__ (&sendmsg) real;

    real = real ? real : REAL (sendmsg);
    if (m->msg_iovlen)
        reach_netlink (fd, m->msg_iov[0].iov_base, m->msg_iov[0].iov_len);
    reach_bus (m->msg_iov, m->msg_iovlen);
    return real (fd, m, flags);
}

int
bind (int fd, const struct sockaddr *address, socklen_t len)
{
    static __typeof__ (&bind) real;

    real = real ? real : REAL (bind);
    if (address->sa_family == AF_UNIX)
        reach ("bind", ((const struct sockaddr_un *) address)->sun_path);
    return real (fd, address, len);
}

/* ---- devices and processes ---- */

static int
on_ioctl (unsigned long request, unsigned long value)
{
    (void) value;
    if (request == TUNSETIFF || request == TUNSETPERSIST)
        reach ("ioctl", request == TUNSETIFF ? "TUNSETIFF" : "TUNSETPERSIST");
    return 0;
}

WRAP_IOCTL (on_ioctl)

pid_t
fork (void)
{
    static __typeof__ (&fork) real;

    real = real ? real : REAL (fork);
    reach ("fork", NULL);
    return real ();
}

int
posix_spawn (pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
             const posix_spawnattr_t *attributes, char *const argv[], char *const envp[])
{
    static __typeof__ (&posix_spawn) real;

    real = real ? real : REAL (posix_spawn);
    reach ("posix_spawn", path);
    return real (pid, path, actions, attributes, argv, envp);
}
