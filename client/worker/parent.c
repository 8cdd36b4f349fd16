/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* parent.c - one datagram in, one datagram out. */
#include "client/worker/parent.h"
#include "client/base/secret.h"
#include <errno.h>
#include <glib-unix.h>
#include <glib/gi18n.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    QUEUE_MAX     = 512, /* messages; a parent that far behind has stopped reading */
    TURN_MAX      = 32,  /* messages taken before timers and packets get their turn */
    LINES_AT_ONCE = 64,
    LINES_PER_S   = 16,
    LAST_WAIT_MS  = 1000,
};

struct AditParent {
    int          fd;
    AditParentFn fn;
    gpointer     user;
    GQueue       waiting;            /* GByteArray */
    guint        readable, writable; /* sources */
    guint8      *buffer;

    GMutex lines_lock;
    gint64 lines_at_us; /* when `lines` was counted */
    guint  lines;       /* that may be sent now */
    guint  lines_lost;
};

gboolean
adit_parent_is_there (void)
{
    int       type = 0;
    socklen_t size = sizeof type;

    return getsockopt (ADIT_WORKER_FD, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
           type == SOCK_SEQPACKET;
}

AditParent *
adit_parent_new (int fd)
{
    AditParent *parent = g_new0 (AditParent, 1);

    parent->fd          = fd;
    parent->buffer      = g_malloc (ADIT_MESSAGE_BYTES);
    parent->lines       = LINES_AT_ONCE;
    parent->lines_at_us = g_get_monotonic_time ();
    g_queue_init (&parent->waiting);
    g_mutex_init (&parent->lines_lock);
    return parent;
}

/* ---- out ---- */

/* 0 or errno. */
static int
put (int fd, const GByteArray *bytes)
{
    struct iovec  vector = { bytes->data, bytes->len };
    struct msghdr letter = { .msg_iov = &vector, .msg_iovlen = 1 };

    while (sendmsg (fd, &letter, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
        if (errno != EINTR)
            return errno;
    return 0;
}

static void
forget (GByteArray *bytes)
{
    adit_wipe (bytes->data, bytes->len);
    g_byte_array_unref (bytes);
}

static gboolean
on_writable (gint fd, GIOCondition condition G_GNUC_UNUSED, gpointer user)
{
    AditParent *parent = user;
    GByteArray *next;

    while ((next = g_queue_peek_head (&parent->waiting))) {
        if (put (fd, next) == EAGAIN)
            return G_SOURCE_CONTINUE;
        forget (g_queue_pop_head (&parent->waiting));
    }
    parent->writable = 0;
    return G_SOURCE_REMOVE;
}

static void
wait_in_line (AditParent *parent, GByteArray *bytes)
{
    if (g_queue_get_length (&parent->waiting) >= QUEUE_MAX)
        _exit (1);
    g_queue_push_tail (&parent->waiting, bytes);
    if (!parent->writable)
        parent->writable = g_unix_fd_add (parent->fd, G_IO_OUT, on_writable, parent);
}

gboolean
adit_parent_try (AditParent *parent, const AditMessage *message)
{
    GByteArray *bytes = adit_message_encode (message);
    int         number;

    if (!bytes)
        return FALSE;
    number = g_queue_is_empty (&parent->waiting) ? put (parent->fd, bytes) : EAGAIN;
    if (number == EAGAIN)
        wait_in_line (parent, bytes);
    else
        forget (bytes);
    if (number && number != EAGAIN)
        _exit (0); /* nobody is there any more */
    return TRUE;
}

void
adit_parent_send (AditParent *parent, const AditMessage *message)
{
    if (!adit_parent_try (parent, message))
        g_error ("a message %s that cannot be sent", adit_message_name (message->kind));
}

/* How many lines were lost before this one, or -1: this one is lost too. */
static int
may_log (AditParent *parent)
{
    gint64 now_us = g_get_monotonic_time ();
    gint64 more   = (now_us - parent->lines_at_us) * LINES_PER_S / G_USEC_PER_SEC;
    int    lost   = (int) MIN (parent->lines_lost, (guint) G_MAXINT);

    if (more > 0) {
        parent->lines       = (guint) MIN (parent->lines + more, LINES_AT_ONCE);
        parent->lines_at_us = now_us;
    }
    if (parent->lines == 0) {
        parent->lines_lost++;
        return -1;
    }
    parent->lines--;
    parent->lines_lost = 0;
    return lost;
}

/* Never waits in line: a line that finds the socket full is lost and counted. */
static void
log_line (AditParent *parent, AditLogLevel level, const char *topic, const char *text)
{
    g_autofree char *clean       = adit_message_text (text);
    char            *texts[]     = { (char *) topic, clean, NULL };
    AditMessage      line        = { .kind = ADIT_MSG_LOG, .number = level, .texts = texts };
    g_autoptr (GByteArray) bytes = adit_message_encode (&line);

    if (!bytes || put (parent->fd, bytes) == EAGAIN) {
        g_mutex_lock (&parent->lines_lock);
        parent->lines_lost++;
        g_mutex_unlock (&parent->lines_lock);
    }
}

void
adit_parent_log (gpointer user, AditLogLevel level, const char *topic, const char *text)
{
    AditParent *parent = user;
    int         lost;

    g_mutex_lock (&parent->lines_lock);
    lost = may_log (parent);
    g_mutex_unlock (&parent->lines_lock);
    if (lost > 0) {
        g_autofree char *count = g_strdup_printf ("%d lines of log were dropped", lost);

        log_line (parent, ADIT_LOG_WARNING, "worker", count);
    }
    if (lost >= 0)
        log_line (parent, level, topic, text);
}

char **
adit_parent_sentences (const GError *error)
{
    enum { MOST = 16 };
    GPtrArray *texts = g_ptr_array_new ();

    for (; error && texts->len < MOST; error = adit_error_cause (error))
        g_ptr_array_add (texts, adit_message_text (error->message));
    g_ptr_array_add (texts, NULL);
    return (char **) g_ptr_array_free (texts, FALSE);
}

void
adit_parent_fail (AditParent *parent, const GError *error)
{
    g_auto (GStrv) texts = adit_parent_sentences (error);
    AditMessage failed   = { .kind = ADIT_MSG_FAILED, .texts = texts };

    failed.number = error->domain == ADIT_ERROR ? (guint64) error->code : ADIT_ERROR_BUG;
    adit_parent_send (parent, &failed);
}

G_NORETURN void
adit_parent_leave (AditParent *parent, int status)
{
    gint64 until_us = g_get_monotonic_time () + LAST_WAIT_MS * 1000;

    while (!g_queue_is_empty (&parent->waiting)) {
        struct pollfd room    = { .fd = parent->fd, .events = POLLOUT };
        gint64        left_us = until_us - g_get_monotonic_time ();
        GByteArray   *next    = g_queue_peek_head (&parent->waiting);

        if (left_us <= 0 || poll (&room, 1, (int) (left_us / 1000) + 1) == 0)
            break;
        if (put (parent->fd, next) != EAGAIN)
            forget (g_queue_pop_head (&parent->waiting));
    }
    _exit (status);
}

/* ---- in ---- */

static void
close_fds (AditMessage *message)
{
    for (guint i = 0; i < message->n_fds; i++)
        if (message->fds[i] >= 0)
            close (message->fds[i]);
    message->n_fds = 0;
}

static void
take_fds (struct msghdr *letter, AditMessage *out)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR (letter); c; c = CMSG_NXTHDR (letter, c)) {
        gsize n = c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS
                      ? (c->cmsg_len - CMSG_LEN (0)) / sizeof (int)
                      : 0;

        for (gsize i = 0; i < n && out->n_fds < ADIT_MESSAGE_FDS; i++)
            memcpy (&out->fds[out->n_fds++], CMSG_DATA (c) + i * sizeof (int), sizeof (int));
    }
}

/* FALSE: nothing is there yet.  Does not return when the parent is gone or not to be understood. */
static gboolean
get (AditParent *parent, AditMessage *out)
{
    union {
        struct cmsghdr header;
        char           room[CMSG_SPACE (sizeof (int) * ADIT_MESSAGE_FDS)];
    } control                = { .room = { 0 } };
    struct iovec  vector     = { parent->buffer, ADIT_MESSAGE_BYTES };
    struct msghdr letter     = { .msg_iov        = &vector,
                                 .msg_iovlen     = 1,
                                 .msg_control    = control.room,
                                 .msg_controllen = sizeof control.room };
    g_autoptr (GError) error = NULL;
    ssize_t got              = recvmsg (parent->fd, &letter, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

    memset (out, 0, sizeof *out);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return FALSE;
    if (got <= 0)
        _exit (0);
    take_fds (&letter, out);
    if (letter.msg_flags & (MSG_TRUNC | MSG_CTRUNC))
        adit_fail (&error, ADIT_ERROR_BUG, _ ("The worker was sent more than a message may hold."));
    else if (adit_message_decode (parent->buffer, (gsize) got, TRUE, out, &error) &&
             !adit_message_fds_fit (out, out->n_fds))
        adit_fail (&error, ADIT_ERROR_BUG,
                   _ ("The worker was sent descriptors that do not belong."));
    adit_wipe (parent->buffer, (gsize) got);
    if (!error)
        return TRUE;
    adit_parent_fail (parent, error);
    adit_parent_leave (parent, 1);
}

gboolean
adit_parent_has_spoken (const AditParent *parent)
{
    struct pollfd wanted = { .fd = parent->fd, .events = POLLIN };

    return poll (&wanted, 1, 0) > 0;
}

void
adit_parent_receive (AditParent *parent, AditMessage *out)
{
    while (!get (parent, out)) {
        struct pollfd wanted = { .fd = parent->fd, .events = POLLIN };

        poll (&wanted, 1, -1);
    }
}

static gboolean
on_readable (gint fd G_GNUC_UNUSED, GIOCondition condition G_GNUC_UNUSED, gpointer user)
{
    AditParent *parent = user;
    AditMessage message;

    for (guint i = 0; i < TURN_MAX && get (parent, &message); i++) {
        parent->fn (parent->user, &message);
        close_fds (&message);
        adit_message_clear (&message);
    }
    return G_SOURCE_CONTINUE;
}

void
adit_parent_watch (AditParent *parent, AditParentFn fn, gpointer user)
{
    parent->fn   = fn;
    parent->user = user;
    parent->readable =
        g_unix_fd_add (parent->fd, G_IO_IN | G_IO_HUP | G_IO_ERR, on_readable, parent);
}

void
adit_parent_free (AditParent *parent)
{
    g_clear_handle_id (&parent->readable, g_source_remove);
    g_clear_handle_id (&parent->writable, g_source_remove);
    g_queue_clear_full (&parent->waiting, (GDestroyNotify) forget);
    g_mutex_clear (&parent->lines_lock);
    close (parent->fd);
    g_free (parent->buffer);
    g_free (parent);
}
