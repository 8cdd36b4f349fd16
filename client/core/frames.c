/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* frames.c - a unit of the kernel's (client/net/unit.h) as a tunnel's device: the worker speaks
 * with the peer and reads and writes all frames that are not packets; what needs privilege, it
 * wishes for.  The unit stays while one worker follows another; its channel is one worker's. */
#include "client/base/secret.h"
#include "client/core/tunnel-parts.h"
#include "client/net/link.h"
#include "client/net/socket.h"
#include "client/net/unit.h"
#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <string.h>
#include <unistd.h>

struct AditUnit {
    int             fd;
    AditUnitChannel channel;
    guint32         id; /* the worker's, of its channel */
};

/* ---- the device ---- */

gboolean
adit_frames_possible (const AditCoreTunnel *tunnel, GError **error)
{
    const AditSchema *schema = tunnel->schema;
    const char       *guard  = adit_profile_get (tunnel->profile, "guard", "mode");

    if (guard && !g_str_equal (guard, "off") && !adit_unit_marks (schema->family))
        return adit_fail (error, ADIT_ERROR_SYSTEM,
                          _ ("The kernel does not mark the packets of its %s, so that a guard "
                             "cannot tell them from others."),
                          schema->title);
    return adit_unit_has (schema->family, error);
}

gboolean
adit_frames_make (AditCoreTunnel *tunnel, GError **error)
{
    int fd = adit_unit_open (tunnel->interface, error);

    if (fd < 0)
        return FALSE;
    tunnel->unit          = g_new0 (AditUnit, 1);
    tunnel->unit->fd      = fd;
    tunnel->unit->channel = ADIT_UNIT_NO_CHANNEL;
    tunnel->index         = adit_link_index (tunnel->interface);
    tunnel->kernel        = TRUE;
    return TRUE;
}

void
adit_frames_leave (AditCoreTunnel *tunnel)
{
    if (tunnel->unit)
        adit_unit_disconnect (&tunnel->unit->channel);
}

void
adit_frames_close (AditCoreTunnel *tunnel)
{
    if (!tunnel->unit)
        return;
    adit_frames_leave (tunnel);
    close (tunnel->unit->fd);
    g_clear_pointer (&tunnel->unit, g_free);
}

/* ---- links, of which a channel may be made ---- */

void
adit_frames_close_link (gpointer kept)
{
    if (kept)
        close (GPOINTER_TO_INT (kept) - 1);
}

void
adit_frames_keep_link (AditCoreTunnel *tunnel, guint32 id, int fd)
{
    int copy = tunnel->unit ? fcntl (fd, F_DUPFD_CLOEXEC, 0) : -1;

    g_hash_table_insert (tunnel->links, GUINT_TO_POINTER (id), GINT_TO_POINTER (copy + 1));
}

static int
link_of (const AditCoreTunnel *tunnel, guint64 id)
{
    return GPOINTER_TO_INT (g_hash_table_lookup (tunnel->links, GUINT_TO_POINTER ((guint) id))) - 1;
}

/* ---- wishes ---- */

/* What leaves by the channel may be of another protocol than its link. */
static gboolean
admit (AditCoreTunnel *tunnel, int link, GError **error)
{
    guint8       protocol = adit_unit_protocol (tunnel->schema->family);
    AditEndpoint peer;

    if (protocol == 0)
        return TRUE;
    if (!adit_socket_peer (link, &peer))
        return adit_fail_errno (error, errno, ADIT_ERROR_LOST,
                                _ ("The connection to the server is gone."));
    peer.port = 0;
    return adit_tunnel_admit (tunnel, NULL, &peer, protocol, error);
}

static gboolean
lay (AditCoreTunnel *tunnel, int link, const AditUnitNumbers *numbers, GError **error)
{
    AditUnit *unit = tunnel->unit;

    adit_frames_leave (tunnel);
    return admit (tunnel, link, error) && adit_unit_allow (unit->fd, 0, NULL, error) &&
           adit_unit_connect (unit->fd, tunnel->schema->family, link, tunnel->mark, numbers,
                              &unit->channel, error);
}

static void
give (AditCoreTunnel *tunnel, guint32 id, int advertisements)
{
    AditMessage frames = { .kind = ADIT_MSG_FRAMES, .id = id, .n_fds = 3 };

    frames.fds[0] = tunnel->unit->fd;
    frames.fds[1] = tunnel->unit->channel.frames;
    frames.fds[2] = advertisements;
    adit_tunnel_answer (tunnel, &frames);
}

void
adit_frames_on_want (AditCoreTunnel *tunnel, AditMessage *message)
{
    const AditUnitNumbers numbers = { .tunnel       = (guint16) (message->extra >> 48),
                                      .peer_tunnel  = (guint16) (message->extra >> 32),
                                      .session      = (guint16) (message->extra >> 16),
                                      .peer_session = (guint16) message->extra };
    g_autoptr (GError) error      = NULL;
    int link = link_of (tunnel, message->number), advertisements = -1;

    if (!tunnel->unit || link < 0) {
        adit_tunnel_misbehave (tunnel, message, "where no link of the kernel's is possible");
        return;
    }
    if (lay (tunnel, link, &numbers, &error))
        advertisements = adit_unit_advertisements (tunnel->index, &error);
    if (advertisements >= 0) {
        tunnel->unit->id = message->id;
        give (tunnel, message->id, advertisements);
        close (advertisements);
        return;
    }
    adit_frames_leave (tunnel);
    if (!adit_tunnel_fall_back (tunnel, error))
        adit_tunnel_refuse (tunnel, message->id, error);
}

void
adit_frames_on_allow (AditCoreTunnel *tunnel, AditMessage *message)
{
    AditMessage   allowed    = { .kind = ADIT_MSG_ALLOWED, .id = message->id };
    const guint8 *keys       = message->size ? message->data : NULL;
    g_autoptr (GError) error = NULL;

    if (!tunnel->unit || tunnel->unit->channel.frames < 0 || tunnel->unit->id != message->id ||
        (keys && message->size != 2 * ADIT_FRAMES_KEY))
        adit_tunnel_misbehave (tunnel, message, "about a link that is not there");
    else if (adit_unit_allow (tunnel->unit->fd, (guint) message->number, keys, &error))
        adit_tunnel_answer (tunnel, &allowed);
    else
        adit_tunnel_refuse (tunnel, message->id, error);
}

void
adit_frames_on_drop (AditCoreTunnel *tunnel, AditMessage *message)
{
    if (tunnel->unit && tunnel->unit->id == message->id)
        adit_frames_leave (tunnel);
}
