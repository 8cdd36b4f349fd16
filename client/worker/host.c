/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* host.c - the life of one tunnel in its worker: opened, started, asked and told things by the
 * parent, and ended.  The verbs that need more than a message have files of their own. */
#include "client/worker/host.h"
#include "client/base/stats.h"
#include "client/crypto/random.h"
#include "client/path/path.h"
#include <glib/gi18n.h>
#include <string.h>
#include <unistd.h>

enum { NOTES_MAX = 60 * 1024 }; /* bytes of notes in one message */

static const guint may_follow[WORKER_N_STATES] = {
    [WORKER_LOADING] = 1u << WORKER_RUNNING,
    [WORKER_RUNNING] = 1u << WORKER_ENDING,
    [WORKER_ENDING]  = 0,
};

/* From an idle source, so that no plugin is freed from inside one of its own calls. */
static gboolean
on_ending (gpointer user)
{
    WorkerHost *host = user;

    host->ending = 0;
    g_clear_pointer (&host->serve, worker_serve_free);
    host->plugin->stop (host->tunnel);
    host->plugin->free (g_steal_pointer (&host->tunnel));
    adit_parent_leave (host->parent, 0);
    return G_SOURCE_REMOVE;
}

/* The only writer of host->state. */
static void
enter (WorkerHost *host, WorkerState next)
{
    g_return_if_fail (may_follow[host->state] & 1u << next);
    host->state = next;
    switch (next) {
    case WORKER_RUNNING:
        worker_device_watch (host);
        break;
    case WORKER_ENDING:
        worker_device_leave (host);
        host->ending = g_idle_add_full (G_PRIORITY_HIGH, on_ending, host, NULL);
        break;
    case WORKER_LOADING:
    case WORKER_N_STATES:
        g_assert_not_reached ();
    }
}

/* ---- verbs that are a message ---- */

static void
give_up (AditHost *base, GError *error)
{
    WorkerHost *host = worker_host (base);

    if (host->state == WORKER_RUNNING) {
        adit_parent_fail (host->parent, error);
        enter (host, WORKER_ENDING);
    }
    g_error_free (error);
}

static void
phase (AditHost *base, AditPhase which, const char *peer)
{
    WorkerHost      *host    = worker_host (base);
    g_autofree char *clean   = peer ? adit_message_text (peer) : NULL;
    char            *texts[] = { clean, NULL };
    AditMessage      message = { .kind = ADIT_MSG_PHASE, .number = which, .texts = texts };

    if (host->state != WORKER_RUNNING)
        return;
    adit_parent_send (host->parent, &message);
    /* Being up is news again then, with the same offer too. */
    g_clear_pointer (&host->offer, g_strfreev);
}

static void
add_all (GPtrArray *texts, char sort, const char *const *list)
{
    for (; list && *list; list++)
        g_ptr_array_add (texts, g_strdup_printf ("%c%s", sort, *list));
}

static char **
offer_texts (const AditOffer *offer)
{
    GPtrArray *texts = g_ptr_array_new ();

    add_all (texts, 'a', offer->addresses);
    add_all (texts, 'r', offer->routes);
    add_all (texts, 'd', offer->dns);
    add_all (texts, 's', offer->domains);
    g_ptr_array_add (texts, NULL);
    return (char **) g_ptr_array_free (texts, FALSE);
}

/* The device's MTU, which the profile may have fixed. */
static void
set_mtu (WorkerHost *host, guint offered)
{
    host->mtu = (guint) adit_profile_number (host->profile, "routing", "mtu", offered);
    if (host->path)
        worker_path_set_mtu (host->path, host->mtu);
}

static void
too_much (WorkerHost *host)
{
    GError *error = NULL;

    adit_fail (&error, ADIT_ERROR_REFUSED,
               _ ("The server sent more addresses and routes than adit can take."));
    give_up (&host->base, error);
}

/* Only the MTU changed: said as just that, so that nothing else is done over. */
static void
up (AditHost *base, const AditOffer *offer)
{
    WorkerHost *host     = worker_host (base);
    g_auto (GStrv) texts = offer_texts (offer);
    AditMessage message  = { .kind = ADIT_MSG_UP, .number = offer->mtu };
    gboolean    same     = host->offer &&
                    g_strv_equal ((const char *const *) texts, (const char *const *) host->offer);

    if (host->state != WORKER_RUNNING || (same && offer->mtu == host->offer_mtu))
        return;
    set_mtu (host, offer->mtu);
    if (same)
        message.kind = ADIT_MSG_MTU;
    else
        message.texts = texts;
    if (!adit_parent_try (host->parent, &message)) {
        too_much (host);
        return;
    }
    g_strfreev (host->offer);
    host->offer     = g_steal_pointer (&texts);
    host->offer_mtu = offer->mtu;
    worker_trim_soon (host);
}

static void
fill_random (AditHost *host G_GNUC_UNUSED, gpointer buf, gsize len)
{
    adit_random (buf, len);
}

const AditHostVerbs worker_verbs = {
    .link     = worker_link,
    .send     = worker_link_send,
    .unlink   = worker_unlink,
    .path     = worker_path,
    .tell     = worker_tell,
    .inject   = worker_inject,
    .unpath   = worker_unpath,
    .kernel   = worker_kernel,
    .call     = worker_call,
    .unkernel = worker_unkernel,
    .frames   = worker_frames,
    .frame    = worker_frame,
    .allow    = worker_allow,
    .unframes = worker_unframes,
    .arm      = worker_arm,
    .now      = worker_now,
    .wall     = worker_wall,
    .random   = fill_random,
    .lookup   = worker_lookup,
    .ask      = worker_ask,
    .phase    = phase,
    .up       = up,
    .deliver  = worker_deliver,
    .give_up  = give_up,
};

/* ---- what the parent says ---- */

typedef struct {
    GPtrArray *texts;
    gsize      bytes;
} Notes;

static void
on_note (gpointer user, const char *key, const char *value)
{
    Notes           *notes = user;
    g_autofree char *line  = g_strdup_printf ("%s=%s", key, value);
    char            *clean = adit_message_text (line);

    notes->bytes += strlen (clean) + 2;
    if (notes->bytes > NOTES_MAX || notes->texts->len >= ADIT_MESSAGE_TEXTS)
        g_free (clean);
    else
        g_ptr_array_add (notes->texts, clean);
}

typedef struct {
    WorkerHost *host;
    guint32     id; /* of the parent's question */
} StatusAsked;

static void
tell_status (gpointer user)
{
    g_autofree StatusAsked *asked   = user;
    WorkerHost             *host    = asked->host;
    Notes                   notes   = { g_ptr_array_new_with_free_func (g_free), 0 };
    AditPathStats           stats   = { .tx_packets = 0 };
    AditMessage             message = { .kind = ADIT_MSG_NOTES, .id = asked->id };

    if (host->tunnel && host->plugin->status) /* it may be going away right now */
        host->plugin->status (host->tunnel, on_note, &notes);
    g_ptr_array_add (notes.texts, NULL);
    message.texts = (char **) notes.texts->pdata;
    if (host->path) {
        worker_path_stats (host->path, &stats);
        message.data = (guint8 *) &stats;
        message.size = sizeof stats;
    }
    if (!adit_parent_try (host->parent, &message))
        adit_log (ADIT_LOG_WARNING, "worker", "the notes for a status could not be sent");
    g_ptr_array_unref (notes.texts);
}

static void
on_status_asked (WorkerHost *host, guint32 id)
{
    StatusAsked *asked = g_new (StatusAsked, 1);

    *asked = (StatusAsked){ host, id };
    if (host->plugin->refresh)
        host->plugin->refresh (host->tunnel, tell_status, asked);
    else
        tell_status (asked);
}

static void
hear (WorkerHost *host, AditMessage *message)
{
    switch ((guint) message->kind) {
    case ADIT_MSG_STATUS:
        on_status_asked (host, message->id);
        break;
    case ADIT_MSG_MOVED:
        worker_timers_woke (host->timers);
        if (host->plugin->moved)
            host->plugin->moved (host->tunnel);
        break;
    case ADIT_MSG_STOP:
        enter (host, WORKER_ENDING);
        break;
    default: /* OPEN and jobs too: they come first or never */
        if (!worker_want_reply (host, message))
            adit_log (ADIT_LOG_INFO, "worker", "%s %u fits nothing that was asked for",
                      adit_message_name (message->kind), message->id);
    }
}

static void
on_message (gpointer user, AditMessage *message)
{
    WorkerHost *host = user;

    if (host->state == WORKER_RUNNING)
        hear (host, message);
}

/* ---- beginning and end ---- */

static guint32
offloads_off (char *const *names)
{
    guint32 bits = 0;

    for (; *names; names++)
        for (guint i = 0; i < ADIT_N_OFFLOADS; i++)
            if (g_str_equal (*names, adit_offload_name ((AditOffload) i)))
                bits |= 1u << i;
    return bits;
}

static int
take_fd (AditMessage *message, guint *next)
{
    int fd = message->fds[*next];

    message->fds[(*next)++] = -1;
    return fd;
}

WorkerHost *
worker_host_new (AditParent *parent, const AditPlugin *plugin, AditProfile *profile,
                 AditMessage *open)
{
    WorkerHost *host = g_new0 (WorkerHost, 1);
    guint       next = 1; /* the profile's text was the first descriptor */

    host->base         = (AditHost){ &worker_verbs, (open->number & ADIT_OPEN_KERNEL) != 0 };
    host->parent       = parent;
    host->plugin       = plugin;
    host->profile      = profile;
    host->device       = open->number & ADIT_OPEN_DEVICE ? take_fd (open, &next) : -1;
    host->vnet         = (open->number & ADIT_OPEN_VNET) != 0;
    host->mtu          = (guint) open->extra;
    host->switched_off = offloads_off (open->texts + 2);
    host->queue        = !(open->number & ADIT_OPEN_FIFO);
    host->copy_dscp    = (open->number & ADIT_OPEN_DSCP) != 0;
    host->timers       = worker_timers_new ();
    host->wants        = worker_wants_new ();
    if ((open->number & ADIT_OPEN_SERVE) && plugin->serve)
        host->serve = worker_serve_new (host, take_fd (open, &next));
    return host;
}

void
worker_host_start (WorkerHost *host)
{
    adit_parent_watch (host->parent, on_message, host);
    enter (host, WORKER_RUNNING);
    host->tunnel = host->plugin->open (&host->base, host->profile);
    if (host->state == WORKER_RUNNING) /* it may have given up in there */
        host->plugin->start (host->tunnel);
    worker_trim_soon (host);
}

void
worker_host_free (WorkerHost *host)
{
    if (host->tunnel)
        host->plugin->free (host->tunnel);
    g_clear_handle_id (&host->ending, g_source_remove);
    g_clear_handle_id (&host->resting, g_source_remove);
    worker_device_leave (host);
    if (host->serve)
        worker_serve_free (host->serve);
    worker_timers_free (host->timers);
    worker_wants_free (host->wants);
    if (host->device >= 0)
        close (host->device);
    adit_profile_free (host->profile);
    g_strfreev (host->offer);
    g_free (host);
}
