/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sandbox.c - limits, user, capabilities and Landlock; the system call filter is filter.c's. */
#include "client/worker/sandbox.h"
#include "client/base/log.h"
#include "client/base/message.h"
#include "client/base/profile.h"
#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <linux/securebits.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    MOST_FILES    = 64,
    MOST_THREADS  = 8,
    MOST_DATA     = 256 << 20, /* bytes of writable memory */
    MOST_LOCKED   = 8 << 20,   /* bytes of secrets */
    PID_BITS      = 22,        /* the kernel's PID_MAX_LIMIT */
    OVERFLOW_UID  = 65534,     /* "nobody", in a user namespace that does not map ours */
    LANDLOCK_NONE = 0,
};

/* linux/landlock.h of later kernels: TCP from ABI 4, ioctl on devices from 5, scopes from 6. */
typedef struct {
    guint64 handled_access_fs, handled_access_net, scoped;
} Ruleset;

static gboolean
deny (GError **error, int number, const char *what)
{
    GError *cause = NULL;

    adit_fail_errno (&cause, number, ADIT_ERROR_SYSTEM, "%s", what);
    return adit_fail_because (error, cause, ADIT_ERROR_SYSTEM,
                              _ ("The worker could not close its sandbox on this machine."));
}

/* ---- at once ---- */

/* The kernel forgets the signal when credentials change, so this is called again then. */
static gboolean
die_with_parent (GError **error)
{
    struct ucred peer = { 0 };
    socklen_t    size = sizeof peer;

    if (prctl (PR_SET_PDEATHSIG, SIGKILL) < 0 || prctl (PR_SET_DUMPABLE, 0) < 0)
        return deny (error, errno, "Dying with the parent");
    /* Whoever made the socket pair is the parent; if it ended before the line above took effect,
     * someone else is now.  Process id 0 is a parent outside this process id namespace. */
    if (getsockopt (ADIT_WORKER_FD, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.pid &&
        peer.pid != getppid ())
        return adit_fail (error, ADIT_ERROR_CANCELLED, _ ("The parent of the worker is gone."));
    return TRUE;
}

static gboolean
limit (int what, rlim_t most)
{
    struct rlimit now, wanted = { most, most };

    if (getrlimit (what, &now) == 0 && now.rlim_max < most)
        wanted.rlim_cur = wanted.rlim_max = now.rlim_max;
    return setrlimit (what, &wanted) == 0;
}

/* Where we may not raise it, what there is has to do; secrets then say when it is too little. */
static void
allow_locking (void)
{
    struct rlimit wanted = { MOST_LOCKED, MOST_LOCKED };

    if (setrlimit (RLIMIT_MEMLOCK, &wanted) < 0)
        limit (RLIMIT_MEMLOCK, MOST_LOCKED);
}

static void
forget_terminal (void)
{
    int null = open ("/dev/null", O_RDWR | O_CLOEXEC);

    for (int fd = 0; fd < 3 && null >= 0; fd++)
        dup2 (null, fd);
    if (null > 2)
        close (null);
}

/* The shadow memory of sanitizers is larger than any limit. */
static rlim_t
most_data (void)
{
#ifdef __SANITIZE_ADDRESS__
    return RLIM_INFINITY;
#else
    return MOST_DATA;
#endif
}

gboolean
adit_sandbox_begin (GError **error)
{
    if (!die_with_parent (error))
        return FALSE;
    forget_terminal ();
    allow_locking ();
    close_range (ADIT_WORKER_FD + 1, ~0u, 0);
    if (!limit (RLIMIT_CORE, 0) || !limit (RLIMIT_NOFILE, MOST_FILES) ||
        !limit (RLIMIT_DATA, most_data ()) || !limit (RLIMIT_FSIZE, ADIT_PROFILE_MAX))
        return deny (error, errno, "Setting limits");
    return TRUE;
}

/* ---- user and capabilities ---- */

static gboolean
set_ids (uid_t id)
{
    return setgroups (0, NULL) == 0 && setresgid (id, id, id) == 0 && setresuid (id, id, id) == 0;
}

static gboolean
drop_user (GError **error)
{
    uid_t id = ADIT_SANDBOX_FIRST_UID + ((uid_t) getpid () & ((1u << PID_BITS) - 1));
    uid_t real, effective, saved;

    if (!set_ids (id) && (errno != EINVAL || !set_ids (id = OVERFLOW_UID)))
        return deny (error, errno, "Becoming a user without rights");
    if (getresuid (&real, &effective, &saved) < 0 || real != id || effective != id || saved != id)
        return deny (error, EPERM, "Becoming a user without rights");
    /* Only now: the limit counts the threads of this user, who has no others. */
    if (id != OVERFLOW_UID && !limit (RLIMIT_NPROC, MOST_THREADS))
        return deny (error, errno, "Limiting threads");
    return die_with_parent (error);
}

/* While we may: root's magic off for good, nothing to be gained by running a program. */
static gboolean
empty_bounding_set (GError **error)
{
    unsigned long bits = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP_LOCKED |
                         SECBIT_KEEP_CAPS_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE |
                         SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;

    for (unsigned long cap = 0; prctl (PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
        if (prctl (PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
            return deny (error, errno, "Emptying the bounding set");
    if (prctl (PR_SET_SECUREBITS, bits, 0, 0, 0) < 0)
        return deny (error, errno, "Setting the secure bits");
    return TRUE;
}

static gboolean
drop_capabilities (GError **error)
{
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct   none[_LINUX_CAPABILITY_U32S_3] = { { 0 } };

    prctl (PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    if (syscall (SYS_capset, &header, none) < 0 || syscall (SYS_capget, &header, none) < 0)
        return deny (error, errno, "Giving up all capabilities");
    for (guint i = 0; i < G_N_ELEMENTS (none); i++)
        if (none[i].effective | none[i].permitted | none[i].inheritable)
            return deny (error, EPERM, "Giving up all capabilities");
    if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return deny (error, errno, "Giving up new privileges");
    return TRUE;
}

/* ---- Landlock: an empty set of rules for everything this kernel can rule ---- */

static Ruleset
everything (long abi)
{
    Ruleset all = { (1ull << 13) - 1, 0, 0 };

    if (abi >= 2)
        all.handled_access_fs |= 1ull << 13; /* REFER */
    if (abi >= 3)
        all.handled_access_fs |= 1ull << 14; /* TRUNCATE */
    if (abi >= 4)
        all.handled_access_net = 3; /* BIND_TCP, CONNECT_TCP */
    if (abi >= 5)
        all.handled_access_fs |= 1ull << 15; /* IOCTL_DEV */
    if (abi >= 6)
        all.scoped = 3; /* ABSTRACT_UNIX_SOCKET, SIGNAL */
    return all;
}

/* The kernel's absence of it is no failure: the filter does not let a path through anyway. */
static gboolean
close_land (void)
{
    long     abi  = syscall (SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    Ruleset  all  = everything (abi);
    gsize    size = abi >= 6 ? 24 : abi >= 4 ? 16 : 8;
    int      set;
    gboolean closed;

    if (abi < 1)
        return FALSE;
    set = (int) syscall (SYS_landlock_create_ruleset, &all, size, LANDLOCK_NONE);
    if (set < 0)
        return FALSE;
    closed = syscall (SYS_landlock_restrict_self, set, LANDLOCK_NONE) == 0;
    close (set);
    return closed;
}

gboolean
adit_sandbox_close (AditSandboxUse use, int listening, guint *bits, GError **error)
{
    gboolean root = geteuid () == 0;

    *bits = 0;
    if (use == ADIT_SANDBOX_FOR_TUNNEL && !limit (RLIMIT_FSIZE, 0))
        return deny (error, errno, "Forbidding files");
    if (root && (!empty_bounding_set (error) || !drop_user (error)))
        return FALSE;
    if (root)
        *bits |= ADIT_SANDBOX_UID;
    if (!drop_capabilities (error))
        return FALSE;
    *bits |= ADIT_SANDBOX_CAPABILITIES;
    if (close_land ())
        *bits |= ADIT_SANDBOX_LANDLOCK;
    else
        adit_log (ADIT_LOG_INFO, "sandbox", "this kernel has no landlock");
    if (!adit_sandbox_filter (use, listening, error))
        return FALSE;
    *bits |= ADIT_SANDBOX_SECCOMP;
    return TRUE;
}
