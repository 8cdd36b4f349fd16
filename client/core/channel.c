/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* channel.c - datagrams with descriptors, in and out. */
#include "client/core/channel.h"
#include "client/base/secret.h"
#include <errno.h>
#include <glib-unix.h>
#include <glib/gi18n.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    QUEUE_MAX = 256, /* messages a worker may leave unread beyond the socket's own buffer */
    TURN_MAX  = 64,  /* messages taken before others get their turn */
};

typedef struct {
    GByteArray *bytes;
    int         fds[ADIT_MESSAGE_FDS];
    guint       n_fds;
} Waiting;

struct AditChannel {
    int               fd;
    AditChannelEvents events;
    gpointer          user;
    guint             readable, writable; /* sources */
    GQueue            waiting;
    guint8           *buffer;
    guint             depth; /* of dispatches in progress; freed by the outermost */
    gboolean          freed;
};

void
adit_message_close_fds (AditMessage *message)
{
    for (guint i = 0; i < message->n_fds; i++)
        if (message->fds[i] >= 0)
            close (message->fds[i]);
    message->n_fds = 0;
}

/* ---- one datagram ---- */

static int
put_datagram (int fd, const GByteArray *bytes, const int *fds, guint n_fds)
{
    union {
        struct cmsghdr header;
        char           room[CMSG_SPACE (sizeof (int) * ADIT_MESSAGE_FDS)];
    } control            = { 0 };
    struct iovec  vector = { bytes->data, bytes->len };
    struct msghdr letter = { .msg_iov = &vector, .msg_iovlen = 1 };

    if (n_fds) {
        struct cmsghdr *c;

        letter.msg_control    = control.room;
        letter.msg_controllen = CMSG_SPACE (sizeof (int) * n_fds);
        c                     = CMSG_FIRSTHDR (&letter);
        c->cmsg_level         = SOL_SOCKET;
        c->cmsg_type          = SCM_RIGHTS;
        c->cmsg_len           = CMSG_LEN (sizeof (int) * n_fds);
        memcpy (CMSG_DATA (c), fds, sizeof (int) * n_fds);
    }
    for (;;) {
        if (sendmsg (fd, &letter, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
            return 0;
        if (errno != EINTR)
            return errno;
    }
}

static void
take_fds (struct msghdr *letter, AditMessage *out)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR (letter); c; c = CMSG_NXTHDR (letter, c)) {
        gsize n;

        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        n = (c->cmsg_len - CMSG_LEN (0)) / sizeof (int);
        for (gsize i = 0; i < n; i++) {
            int fd;

            memcpy (&fd, CMSG_DATA (c) + i * sizeof fd, sizeof fd);
            if (out->n_fds < ADIT_MESSAGE_FDS)
                out->fds[out->n_fds++] = fd;
            else
                close (fd);
        }
    }
}

typedef enum { GOT, NOTHING, CLOSED, BROKEN } Outcome;

/* A worker that died with words of ours unread is told by ECONNRESET, once, before its own last
 * words. */
static ssize_t
receive (int fd, struct msghdr *letter)
{
    ssize_t got;

    do
        got = recvmsg (fd, letter, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == ECONNRESET);
    return got;
}

/* Whole, well formed, and with the descriptors that belong to it. */
static Outcome
get_message (int fd, guint8 *buffer, AditMessage *out, GError **error)
{
    union {
        struct cmsghdr header;
        char           room[CMSG_SPACE (sizeof (int) * ADIT_MESSAGE_FDS)];
    } control            = { 0 };
    struct iovec  vector = { buffer, ADIT_MESSAGE_BYTES };
    struct msghdr letter = { .msg_iov        = &vector,
                             .msg_iovlen     = 1,
                             .msg_control    = control.room,
                             .msg_controllen = sizeof control.room };
    ssize_t       got    = receive (fd, &letter);

    memset (out, 0, sizeof *out);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return NOTHING;
    if (got == 0)
        return CLOSED;
    if (got < 0) {
        adit_fail_errno (error, errno, ADIT_ERROR_BUG, _ ("The worker cannot be heard any more."));
        return BROKEN;
    }
    take_fds (&letter, out);
    if (letter.msg_flags & (MSG_TRUNC | MSG_CTRUNC))
        adit_fail (error, ADIT_ERROR_BUG, _ ("The worker sent more than a message may hold."));
    else if (adit_message_decode (buffer, (gsize) got, FALSE, out, error)) {
        if (adit_message_fds_fit (out, out->n_fds))
            return GOT;
        adit_fail (error, ADIT_ERROR_BUG, _ ("The worker sent descriptors where none belong (%s)."),
                   adit_message_name (out->kind));
    }
    adit_message_close_fds (out);
    adit_message_clear (out);
    return BROKEN;
}

/* ---- on the main loop ---- */

static void
waiting_free (Waiting *waiting)
{
    for (guint i = 0; i < waiting->n_fds; i++)
        close (waiting->fds[i]);
    adit_wipe (waiting->bytes->data, waiting->bytes->len);
    g_byte_array_unref (waiting->bytes);
    g_free (waiting);
}

static void
release (AditChannel *channel)
{
    if (--channel->depth || !channel->freed)
        return;
    g_free (channel->buffer);
    g_free (channel);
}

static void
stop_watching (AditChannel *channel)
{
    g_clear_handle_id (&channel->readable, g_source_remove);
    g_clear_handle_id (&channel->writable, g_source_remove);
}

/* Takes error. */
static void
lose (AditChannel *channel, GError *error)
{
    stop_watching (channel);
    channel->events.lost (channel->user, error);
}

static gboolean
on_readable (gint fd, GIOCondition condition G_GNUC_UNUSED, gpointer user)
{
    AditChannel *channel = user;
    Outcome      outcome = GOT;

    channel->depth++;
    for (guint i = 0; i < TURN_MAX && outcome == GOT && channel->readable; i++) {
        AditMessage message;
        GError     *error = NULL;

        outcome = get_message (fd, channel->buffer, &message, &error);
        if (outcome == GOT) {
            channel->events.message (channel->user, &message);
            adit_message_close_fds (&message);
            adit_message_clear (&message);
        } else if (outcome != NOTHING) {
            lose (channel, error);
        }
    }
    release (channel);
    return G_SOURCE_CONTINUE;
}

static gboolean
on_writable (gint fd, GIOCondition condition G_GNUC_UNUSED, gpointer user)
{
    AditChannel *channel = user;
    Waiting     *next;

    while ((next = g_queue_peek_head (&channel->waiting))) {
        if (put_datagram (fd, next->bytes, next->fds, next->n_fds) == EAGAIN)
            return G_SOURCE_CONTINUE;
        waiting_free (g_queue_pop_head (&channel->waiting)); /* a dead peer shows up on reading */
    }
    channel->writable = 0;
    return G_SOURCE_REMOVE;
}

AditChannel *
adit_channel_new (int fd, const AditChannelEvents *events, gpointer user)
{
    AditChannel *channel = g_new0 (AditChannel, 1);

    channel->fd       = fd;
    channel->events   = *events;
    channel->user     = user;
    channel->depth    = 1;
    channel->buffer   = g_malloc (ADIT_MESSAGE_BYTES);
    channel->readable = g_unix_fd_add (fd, G_IO_IN | G_IO_HUP | G_IO_ERR, on_readable, channel);
    g_queue_init (&channel->waiting);
    return channel;
}

static void
wait_in_line (AditChannel *channel, GByteArray *bytes, const AditMessage *message)
{
    Waiting *waiting = g_new0 (Waiting, 1);

    waiting->bytes = bytes;
    for (guint i = 0; i < message->n_fds; i++) {
        int copy = dup (message->fds[i]);

        if (copy >= 0)
            waiting->fds[waiting->n_fds++] = copy;
    }
    g_queue_push_tail (&channel->waiting, waiting);
    if (!channel->writable)
        channel->writable = g_unix_fd_add (channel->fd, G_IO_OUT, on_writable, channel);
}

gboolean
adit_channel_send (AditChannel *channel, const AditMessage *message)
{
    GByteArray *bytes = adit_message_encode (message);
    int         number;

    if (bytes == NULL)
        return FALSE;
    if (!channel->readable) { /* already lost */
        g_byte_array_unref (bytes);
        return TRUE;
    }
    number = g_queue_is_empty (&channel->waiting)
                 ? put_datagram (channel->fd, bytes, message->fds, message->n_fds)
                 : EAGAIN;
    if (number == EAGAIN && g_queue_get_length (&channel->waiting) < QUEUE_MAX) {
        wait_in_line (channel, bytes, message);
        return TRUE;
    }
    adit_wipe (bytes->data, bytes->len);
    g_byte_array_unref (bytes);
    if (number == EAGAIN)
        shutdown (channel->fd, SHUT_RDWR); /* the loop then reports the end */
    return TRUE;
}

void
adit_channel_drain (AditChannel *channel)
{
    if (channel->readable)
        on_readable (channel->fd, G_IO_IN, channel);
}

void
adit_channel_free (AditChannel *channel)
{
    Waiting *waiting;

    stop_watching (channel);
    while ((waiting = g_queue_pop_head (&channel->waiting)))
        waiting_free (waiting);
    close (channel->fd);
    channel->freed = TRUE;
    release (channel);
}

/* ---- without a main loop ---- */

gboolean
adit_channel_send_now (int fd, const AditMessage *message, GError **error)
{
    GByteArray *bytes = adit_message_encode (message);
    int         number;

    if (bytes == NULL)
        return adit_fail (error, ADIT_ERROR_BUG,
                          _ ("A message to the worker could not be written."));
    number = put_datagram (fd, bytes, message->fds, message->n_fds);
    adit_wipe (bytes->data, bytes->len);
    g_byte_array_unref (bytes);
    if (number)
        return adit_fail_errno (error, number, ADIT_ERROR_BUG, _ ("The worker does not listen."));
    return TRUE;
}

gboolean
adit_channel_receive_now (int fd, gint64 deadline, AditMessage *out, GError **error)
{
    g_autofree guint8 *buffer = g_malloc (ADIT_MESSAGE_BYTES);

    for (;;) {
        struct pollfd wanted  = { .fd = fd, .events = POLLIN };
        gint64        left_us = deadline - g_get_monotonic_time ();
        int           ready   = left_us > 0 ? poll (&wanted, 1, (int) (left_us / 1000) + 1) : 0;

        if (ready < 0 && errno == EINTR)
            continue;
        if (ready <= 0)
            return adit_fail (error, ADIT_ERROR_BUG, _ ("The worker did not answer in time."));
        switch (get_message (fd, buffer, out, error)) {
        case GOT:
            return TRUE;
        case NOTHING:
            break;
        case CLOSED:
            return adit_fail (error, ADIT_ERROR_BUG, _ ("The worker ended without an answer."));
        case BROKEN:
            return FALSE;
        }
    }
}
