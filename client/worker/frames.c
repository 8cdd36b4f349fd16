/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* frames.c - the frames of a device of the kernel's that are for the control half.  They come and
 * go by read and write on descriptors that the parent made; what the device may carry it is asked
 * to change, and what is sent after that waits until it did. */
#include "client/base/secret.h"
#include "client/worker/host.h"
#include <errno.h>
#include <glib-unix.h>
#include <glib/gi18n.h>
#include <unistd.h>

enum {
    DEVICE,
    LINK,
    ADVERTISEMENTS,
    N_SOURCES,
    FRAME_MAX   = 4096,
    TURN_MAX    = 64,
    WAITING_MAX = 256,
    LINKS_OWN   = 0xc0, /* first byte of protocols that belong to the link itself (RFC 1661 2) */
};

typedef enum {
    WANTED,
    OPEN,
    GONE,   /* lost, and the plugin knows */
    UNUSED, /* the plugin let go */
    N_FRAMES_STATES,
} FramesState;

#define TO(s) (1u << (s))
static const guint may_follow[N_FRAMES_STATES] = {
    [WANTED] = TO (OPEN) | TO (GONE) | TO (UNUSED),
    [OPEN]   = TO (GONE) | TO (UNUSED),
    [GONE]   = TO (UNUSED),
    [UNUSED] = 0,
};

/* A frame, or what may pass from here on. */
typedef struct {
    AditPacket *frame;
    guint       allow;
    guint8     *keys; /* in the arena of secrets, or NULL */
} Waiting;

struct AditFrames {
    WorkerHost      *host;
    guint32          id;
    AditFramesEvents events;
    gpointer         user;
    FramesState      state;
    int              fds[N_SOURCES];
    guint            sources[N_SOURCES];
    gboolean         asked;   /* an ALLOW was not answered yet */
    GQueue           waiting; /* Waiting */
    guint            refs;    /* the plugin, and events being told */
};

static void
waiting_free (gpointer data)
{
    Waiting *waiting = data;

    adit_packet_free (waiting->frame);
    adit_secret_free (waiting->keys);
    g_free (waiting);
}

static void
unref (AditFrames *frames)
{
    if (--frames->refs)
        return;
    g_free (frames);
}

static void
end (AditFrames *frames)
{
    for (guint i = 0; i < N_SOURCES; i++) {
        g_clear_handle_id (&frames->sources[i], g_source_remove);
        if (frames->fds[i] >= 0)
            close (frames->fds[i]);
        frames->fds[i] = -1;
    }
    g_queue_clear_full (&frames->waiting, waiting_free);
}

/* The only writer of frames->state. */
static void
enter (AditFrames *frames, FramesState next)
{
    g_return_if_fail (may_follow[frames->state] & TO (next));
    frames->state = next;
    switch (next) {
    case OPEN:
        break;
    case GONE:
    case UNUSED:
        end (frames);
        break;
    case WANTED:
    case N_FRAMES_STATES:
        g_assert_not_reached ();
    }
}

/* Takes cause. */
static void
lose (AditFrames *frames, GError *cause)
{
    enter (frames, GONE);
    frames->events.lost (frames->user, cause);
}

/* ---- out ---- */

static void
write_frame (AditFrames *frames, const AditPacket *frame)
{
    gboolean links_own = frame->len && frame->data[0] >= LINKS_OWN;

    if (write (frames->fds[links_own ? LINK : DEVICE], frame->data, frame->len) < 0)
        adit_log (ADIT_LOG_DEBUG, "frames", "the kernel did not take a frame: %s",
                  g_strerror (errno)); /* the peer is asked again, as after any loss */
}

static void
ask (AditFrames *frames, const Waiting *waiting)
{
    AditMessage allow = { .kind   = ADIT_MSG_ALLOW,
                          .id     = frames->id,
                          .number = waiting->allow,
                          .data   = waiting->keys,
                          .size   = waiting->keys ? 2 * ADIT_FRAMES_KEY : 0 };

    frames->asked = TRUE;
    adit_parent_send (frames->host->parent, &allow);
}

static void
go_on (AditFrames *frames)
{
    Waiting *next;

    while (frames->state == OPEN && !frames->asked &&
           (next = g_queue_pop_head (&frames->waiting))) {
        if (next->frame)
            write_frame (frames, next->frame);
        else
            ask (frames, next);
        waiting_free (next);
    }
}

/* Takes what `waiting` points to. */
static void
wait_in_line (AditFrames *frames, Waiting waiting)
{
    Waiting *copy = g_memdup2 (&waiting, sizeof waiting);

    g_queue_push_tail (&frames->waiting, copy);
    if (frames->state > OPEN || g_queue_get_length (&frames->waiting) > WAITING_MAX)
        waiting_free (g_queue_pop_tail (&frames->waiting));
    go_on (frames);
}

void
worker_frame (AditFrames *frames, AditPacket *frame)
{
    wait_in_line (frames, (Waiting){ .frame = frame });
}

void
worker_allow (AditFrames *frames, guint allow, const guint8 *keys)
{
    Waiting waiting = { .allow = allow };

    if (keys) {
        waiting.keys = adit_secret_new (2 * ADIT_FRAMES_KEY);
        memcpy (waiting.keys, keys, 2 * ADIT_FRAMES_KEY);
    }
    wait_in_line (frames, waiting);
}

/* ---- in ---- */

static void
lose_kernels (AditFrames *frames, int number)
{
    GError *error = NULL;

    if (number)
        adit_fail_errno (&error, number, ADIT_ERROR_LOST, _ ("The kernel gave up the link."));
    else
        adit_fail (&error, ADIT_ERROR_LOST, _ ("The kernel gave up the link."));
    lose (frames, error);
}

static void
read_all (AditFrames *frames, guint source)
{
    gboolean is_packet = source == ADVERTISEMENTS;
    guint8   buffer[FRAME_MAX];

    for (guint i = 0; i < TURN_MAX && frames->state == OPEN; i++) {
        ssize_t got = read (frames->fds[source], buffer, sizeof buffer);

        if (got < 0 && (is_packet || errno == EAGAIN || errno == EINTR))
            break; /* the device may be down */
        if (got > 0 && is_packet)
            frames->events.packet (frames->user, adit_packet_new (buffer, (gsize) got));
        else if (got > 0)
            frames->events.frame (frames->user, adit_packet_new (buffer, (gsize) got));
        else if (got == 0 || errno != EOVERFLOW) /* longer than any: not for us */
            lose_kernels (frames, got < 0 ? errno : 0);
    }
}

/* What a network's protocol says may follow from what the link's said just before: that first. */
static gboolean
on_readable (gint fd, GIOCondition condition G_GNUC_UNUSED, gpointer user)
{
    AditFrames *frames = user;

    frames->refs++;
    read_all (frames, LINK);
    if (frames->state == OPEN && fd != frames->fds[LINK])
        read_all (frames, fd == frames->fds[DEVICE] ? DEVICE : ADVERTISEMENTS);
    unref (frames);
    return G_SOURCE_CONTINUE;
}

/* ---- wanting and having ---- */

static void
begin (AditFrames *frames, AditMessage *reply)
{
    enter (frames, OPEN);
    for (guint i = 0; i < N_SOURCES; i++) {
        frames->fds[i]     = reply->fds[i];
        reply->fds[i]      = -1;
        frames->sources[i] = g_unix_fd_add (frames->fds[i], G_IO_IN, on_readable, frames);
    }
    go_on (frames);
}

static void on_reply (gpointer object, AditMessage *reply);

static void
hear (AditFrames *frames, AditMessage *reply)
{
    if (reply->kind == ADIT_MSG_REFUSED) {
        lose (frames, worker_want_refusal (reply));
    } else if (frames->state == WANTED) {
        worker_want (frames->host, frames->id, ADIT_MSG_ALLOWED, on_reply, frames, NULL);
        begin (frames, reply);
    } else {
        frames->asked = FALSE;
        go_on (frames);
    }
}

static void
on_reply (gpointer object, AditMessage *reply)
{
    AditFrames *frames = object;

    frames->refs++;
    if (frames->state == WANTED || frames->state == OPEN)
        hear (frames, reply);
    unref (frames);
}

static guint64
numbers_of (const AditFramesSpec *spec)
{
    return (guint64) spec->tunnel << 48 | (guint64) spec->peer_tunnel << 32 |
           (guint64) spec->session << 16 | spec->peer_session;
}

AditFrames *
worker_frames (AditHost *base, AditLink *link, const AditFramesSpec *spec,
               const AditFramesEvents *events, gpointer user)
{
    WorkerHost *host   = worker_host (base);
    AditFrames *frames = g_new0 (AditFrames, 1);
    AditMessage want   = { .kind   = ADIT_MSG_WANT_FRAMES,
                           .number = worker_link_id (link),
                           .extra  = numbers_of (spec) };

    frames->host   = host;
    frames->id     = worker_want_id (host);
    frames->events = *events;
    frames->user   = user;
    frames->refs   = 1;
    for (guint i = 0; i < N_SOURCES; i++)
        frames->fds[i] = -1;
    g_queue_init (&frames->waiting);
    if (host->state == WORKER_ENDING)
        return frames;
    worker_want (host, frames->id, ADIT_MSG_FRAMES, on_reply, frames, NULL);
    want.id = frames->id;
    adit_parent_send (host->parent, &want);
    return frames;
}

void
worker_unframes (AditFrames *frames)
{
    AditMessage drop = { .kind = ADIT_MSG_DROP_FRAMES, .id = frames->id };

    worker_want_end (frames->host, frames->id);
    adit_parent_send (frames->host->parent, &drop);
    enter (frames, UNUSED);
    unref (frames);
}
