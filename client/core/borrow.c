/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* borrow.c - a short child reads for us.  Its real user stays root, so that the other user can
 * neither trace nor signal it; only its rights to files are the other's.  Between fork and _exit it
 * makes nothing but system calls, since other threads of ours may have held any lock. */
#include "client/core/borrow.h"
#include "client/base/secret.h"
#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gi18n.h>
#include <linux/openat2.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OUT = 3, IN = 4, NOGROUP = 65534, PART = 4096 };

/* What the child says first; bytes follow when number is 0. */
typedef struct {
    int         number; /* errno */
    struct stat about;
} Head;

typedef struct {
    int            fd; /* or -1: path */
    const char    *path;
    AditBorrowKind kind;
    uid_t          uid;
    gsize          most;
} Wish;

struct AditBorrow {
    char          *what;
    AditBorrowKind kind;
    uid_t          uid;
    gsize          most;
    AditBorrowDone done;
    gpointer       user;
    GPid           pid;
    int            fd;
    guint          source, deadline;
    char          *buffer; /* Head, then the bytes; wiped */
    gsize          len, size;
};

/* ---- the child ---- */

static void
leave (const Head *head)
{
    gssize n = write (OUT, head, sizeof *head);

    _exit (n == sizeof *head ? 0 : 1);
}

/* Without any group, so that nobody has to be asked which ones the user is in.  setfsuid takes
 * root's rights to files away (capabilities(7)) and tells no failure, so it is asked what it did.
 */
static gboolean
become (uid_t uid)
{
    if (uid == 0)
        return TRUE;
    if (syscall (SYS_setgroups, (size_t) 0, NULL) < 0)
        return FALSE;
    setfsgid (NOGROUP);
    setfsuid (uid);
    return (gid_t) setfsgid ((gid_t) -1) == NOGROUP && (uid_t) setfsuid ((uid_t) -1) == uid;
}

static int
open_path (const char *path)
{
    struct open_how how = { .flags   = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW,
                            .resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS };

    return (int) syscall (SYS_openat2, AT_FDCWD, path, &how, sizeof how);
}

static void
copy (int fd, gsize most)
{
    char  part[PART];
    gsize left = most + 1; /* one more than there may be tells that there is too much */

    while (left > 0) {
        gssize n = read (fd, part, MIN (left, sizeof part));

        if (n < 0 && errno == EAGAIN) {
            struct pollfd wanted = { .fd = fd, .events = POLLIN };

            poll (&wanted, 1, -1);
            continue;
        }
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0 || write (OUT, part, (gsize) n) != n)
            break;
        left -= (gsize) n;
    }
    explicit_bzero (part, sizeof part);
}

static void
act (const Wish *wish, pid_t parent)
{
    Head head = { 0 };
    int  fd   = IN;

    if (prctl (PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid () != parent || !become (wish->uid))
        head.number = EPERM;
    else if (wish->fd < 0 && (fd = open_path (wish->path)) < 0)
        head.number = errno;
    else if (fstat (fd, &head.about) < 0)
        head.number = errno;
    else if (wish->kind == ADIT_BORROW_STREAM || S_ISREG (head.about.st_mode)) {
        if (write (OUT, &head, sizeof head) == sizeof head)
            copy (fd, wish->most);
        _exit (0);
    }
    leave (&head);
}

/* Lowest first: OUT is taken before IN is, and neither may be the other's source. */
G_GNUC_NORETURN static void
child (const Wish *wish, int out, pid_t parent)
{
    sigset_t all;
    int      in = wish->fd < 0 ? -1 : fcntl (wish->fd, F_DUPFD, IN + 1);

    out = fcntl (out, F_DUPFD, IN + 1);
    sigfillset (&all);
    sigprocmask (SIG_SETMASK, &all, NULL);
    if (out < 0 || dup2 (out, OUT) < 0 || (wish->fd >= 0 && dup2 (in, IN) < 0))
        _exit (1);
    close_range (wish->fd >= 0 ? IN + 1 : OUT + 1, ~0U, 0);
    act (wish, parent);
    _exit (1);
}

/* ---- judging what came ---- */

static gboolean
fail_number (const AditBorrow *borrow, int number, GError **error)
{
    if (number == ENOENT)
        return adit_fail (error, ADIT_ERROR_PROFILE, _ ("%s does not exist."), borrow->what);
    if (number == ELOOP)
        return adit_fail (error, ADIT_ERROR_PROFILE,
                          _ ("%s is behind a symbolic link; give the path of the file itself."),
                          borrow->what);
    if (number == EACCES || number == EPERM)
        return adit_fail (error, ADIT_ERROR_SYSTEM, _ ("%s may not be read by this user."),
                          borrow->what);
    return adit_fail_errno (error, number, ADIT_ERROR_SYSTEM, _ ("%s cannot be read."),
                            borrow->what);
}

static gboolean
judge (const AditBorrow *borrow, Head *head, GError **error)
{
    gsize len = borrow->len - sizeof *head;

    if (head->number)
        return fail_number (borrow, head->number, error);
    if (borrow->kind == ADIT_BORROW_FILE && !S_ISREG (head->about.st_mode))
        return adit_fail (error, ADIT_ERROR_PROFILE, _ ("%s is not a regular file."), borrow->what);
    if (borrow->kind == ADIT_BORROW_FILE && head->about.st_uid != borrow->uid &&
        head->about.st_uid != 0)
        return adit_fail (error, ADIT_ERROR_PROFILE,
                          _ ("%s belongs to another user; use a file of your own."), borrow->what);
    if (len > borrow->most)
        return adit_fail (error, ADIT_ERROR_PROFILE, _ ("%s is larger than %u KiB."), borrow->what,
                          (guint) (borrow->most / 1024));
    if (head->about.st_nlink == 0)
        head->about.st_mode &= ~(mode_t) 077;
    return TRUE;
}

static void
on_reaped (GPid pid, gint status G_GNUC_UNUSED, gpointer user G_GNUC_UNUSED)
{
    g_spawn_close_pid (pid);
}

static void
borrow_free (AditBorrow *borrow)
{
    kill (borrow->pid, SIGKILL); /* not waited for yet, so the number is still its own */
    g_child_watch_add (borrow->pid, on_reaped, NULL);
    g_clear_handle_id (&borrow->source, g_source_remove);
    g_clear_handle_id (&borrow->deadline, g_source_remove);
    close (borrow->fd);
    adit_wipe (borrow->buffer, borrow->size);
    g_free (borrow->buffer);
    g_free (borrow->what);
    g_free (borrow);
}

/* Takes error. */
static void
finish (AditBorrow *borrow, GError *error)
{
    AditBorrowDone done = borrow->done;
    gpointer       user = borrow->user;
    AditKeyFile    file = { 0 };
    Head           head = { .number = EIO };

    if (borrow->len >= sizeof head)
        memcpy (&head, borrow->buffer, sizeof head);
    if (error == NULL && judge (borrow, &head, &error)) {
        file.len   = borrow->len - sizeof head;
        file.about = head.about;
        file.text  = g_malloc (file.len + 1);
        memcpy (file.text, borrow->buffer + sizeof head, file.len);
        file.text[file.len] = '\0';
    }
    borrow_free (borrow);
    done (user, error ? NULL : &file, error);
}

static gboolean
on_readable (gint fd, GIOCondition condition G_GNUC_UNUSED, gpointer user)
{
    AditBorrow *borrow = user;
    gssize      n      = read (fd, borrow->buffer + borrow->len, borrow->size - borrow->len);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return G_SOURCE_CONTINUE;
    borrow->len += n > 0 ? (gsize) n : 0;
    if (n > 0 && borrow->len < borrow->size)
        return G_SOURCE_CONTINUE;
    borrow->source = 0;
    finish (borrow, NULL);
    return G_SOURCE_REMOVE;
}

static gboolean
on_deadline (gpointer user)
{
    AditBorrow *borrow = user;
    GError     *error  = NULL;

    borrow->deadline = 0;
    adit_fail (&error, ADIT_ERROR_SYSTEM, _ ("%s was not read to its end within %u seconds."),
               borrow->what, ADIT_BORROW_MS / 1000);
    finish (borrow, error);
    return G_SOURCE_REMOVE;
}

/* ---- starting ---- */

static AditBorrow *
borrow_new (Wish *wish, const char *what, AditBorrowDone done, gpointer user, GError **error)
{
    AditBorrow *borrow;
    pid_t       parent = getpid (), pid;
    int         ends[2];

    if (pipe2 (ends, O_CLOEXEC) < 0) {
        adit_fail_errno (error, errno, ADIT_ERROR_SYSTEM, _ ("%s cannot be read."), what);
        return NULL;
    }
    pid = fork ();
    if (pid == 0)
        child (wish, ends[1], parent);
    close (ends[1]);
    if (pid < 0) {
        adit_fail_errno (error, errno, ADIT_ERROR_SYSTEM, _ ("%s cannot be read."), what);
        close (ends[0]);
        return NULL;
    }
    g_unix_set_fd_nonblocking (ends[0], TRUE, NULL);
    borrow           = g_new0 (AditBorrow, 1);
    borrow->what     = g_strdup (what);
    borrow->kind     = wish->kind;
    borrow->uid      = wish->uid;
    borrow->most     = wish->most;
    borrow->done     = done;
    borrow->user     = user;
    borrow->pid      = pid;
    borrow->fd       = ends[0];
    borrow->size     = sizeof (Head) + wish->most + 1;
    borrow->buffer   = g_malloc (borrow->size);
    borrow->source   = g_unix_fd_add (ends[0], G_IO_IN | G_IO_HUP, on_readable, borrow);
    borrow->deadline = g_timeout_add (ADIT_BORROW_MS, on_deadline, borrow);
    return borrow;
}

AditBorrow *
adit_borrow_fd (int fd, AditBorrowKind kind, uid_t uid, const char *what, gsize most,
                AditBorrowDone done, gpointer user, GError **error)
{
    Wish wish = { .fd = fd, .kind = kind, .uid = uid, .most = most };

    return borrow_new (&wish, what, done, user, error);
}

AditBorrow *
adit_borrow_path (const char *path, uid_t uid, gsize most, AditBorrowDone done, gpointer user,
                  GError **error)
{
    Wish wish = { .fd = -1, .path = path, .kind = ADIT_BORROW_FILE, .uid = uid, .most = most };

    return borrow_new (&wish, path, done, user, error);
}

void
adit_borrow_cancel (AditBorrow *borrow)
{
    borrow_free (borrow);
}
