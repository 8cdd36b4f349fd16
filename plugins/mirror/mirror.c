/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mirror.c - the machine of the toy protocol: hello, hello-ack, then data through a carrier, and an
 * echo when nothing was heard.  docs/plugin.md walks through it. */
#include "plugins/mirror/wire.h"

#include <glib/gi18n.h>

typedef enum { IDLE, GREETING, UP, GONE, N_STATES } State;

struct AditTunnel {
    AditHost *host;
    char     *server;
    guint64   pause_ms; /* of silence before an echo; G_MAXUINT64: never */
    State     state;
    guint32   nonce;
    guint16   mtu;
    guint     unanswered; /* GREETING: hellos; UP: echoes */
    guint64   packets;
    AditLink *link;
    AditPath *path;
    AditTimer timer; /* the next hello or echo */
};

typedef struct {
    MirrorType type;
    guint32    nonce;
    AditPrefix address; /* HELLO_ACK, like mtu */
    guint16    mtu;
} Message;

#define TO(s) (1u << (s))
static const guint may_follow[N_STATES] = {
    [IDLE]     = TO (GREETING) | TO (GONE),
    [GREETING] = TO (UP) | TO (GONE),
    [UP]       = TO (GONE),
    [GONE]     = 0,
};

/* The only writer of t->state. */
static void
enter (AditTunnel *t, State next)
{
    g_return_if_fail (may_follow[t->state] & TO (next));
    t->state      = next;
    t->unanswered = 0;
    adit_disarm (t->host, &t->timer);
}

/* Takes error. */
static void
give_up (AditTunnel *t, GError *error)
{
    enter (t, GONE);
    adit_give_up (t->host, error);
}

/* ---- bytes ---- */

static void
send_message (AditTunnel *t, MirrorType type)
{
    gsize       body = type == MIRROR_HELLO ? sizeof t->nonce : 0;
    AditPacket *p    = adit_packet_new (NULL, MIRROR_HEADER + body);
    AditWriter  w    = adit_writer (p->data, p->len);

    adit_put_u8 (&w, (guint8) type);
    adit_put_u16 (&w, (guint16) body);
    if (body)
        adit_put_u32 (&w, t->nonce);
    t->host->verbs->inject (t->path, 0, NULL, p);
}

/* Form only; FALSE: not well formed. */
static gboolean
decode (const AditPacket *p, Message *out)
{
    AditReader r    = adit_reader (p->data, p->len);
    guint8     type = adit_get_u8 (&r);
    AditReader body = adit_sub (&r, adit_get_u16 (&r));

    *out = (Message){ .type = type, .address.family = 4 };
    if (type == MIRROR_HELLO_ACK) {
        out->nonce = adit_get_u32 (&body);
        adit_get_bytes (&body, out->address.address, 4);
        out->address.length = adit_get_u8 (&body);
        out->mtu            = adit_get_u16 (&body);
    }
    return adit_finish (&body) && adit_finish (&r);
}

/* ---- time ---- */

static void
on_timer (gpointer user)
{
    AditTunnel *t     = user;
    GError     *error = NULL;

    if (t->state == GREETING && t->unanswered == MIRROR_HELLOS) {
        adit_fail (&error, ADIT_ERROR_UNREACHABLE, _ ("%s did not answer."), t->server);
        give_up (t, error);
    } else if (t->state == GREETING) {
        send_message (t, MIRROR_HELLO);
        adit_arm (t->host, &t->timer, (guint64) MIRROR_RESEND_MS << t->unanswered++);
    } else if (t->unanswered == MIRROR_ECHOES) {
        adit_fail (&error, ADIT_ERROR_LOST, _ ("%s stopped answering."), t->server);
        give_up (t, error);
    } else {
        t->unanswered++;
        send_message (t, MIRROR_ECHO);
        adit_arm (t->host, &t->timer, MIRROR_ECHO_MS);
    }
}

/* The server is there: start over with waiting. */
static void
listen_again (AditTunnel *t)
{
    MirrorListen listen = { t->mtu };

    t->unanswered = 0;
    t->host->verbs->tell (t->path, 0, &listen, sizeof listen);
    adit_arm (t->host, &t->timer, t->pause_ms);
}

/* ---- what comes up from the path ---- */

static void
take_hello_ack (AditTunnel *t, const Message *ack)
{
    g_autofree char  *address = adit_prefix_format (&ack->address);
    const char *const given[] = { address, NULL }, *const none[] = { NULL };

    if (t->state != GREETING || ack->nonce != t->nonce || ack->address.length > 32 ||
        ack->mtu < MIRROR_MTU_MIN)
        return;
    enter (t, UP);
    t->mtu = ack->mtu;
    listen_again (t);
    t->host->verbs->up (t->host, &(AditOffer){ given, none, none, none, t->mtu });
}

static void
on_punted (gpointer user, guint layer G_GNUC_UNUSED, const AditEndpoint *from G_GNUC_UNUSED,
           AditPacket *packet)
{
    g_autoptr (AditPacket) p = packet;
    AditTunnel *t            = user;
    GError     *error        = NULL;
    Message     message;

    if (!decode (p, &message))
        return;
    if (message.type == MIRROR_HELLO_ACK)
        take_hello_ack (t, &message);
    else if (t->state == UP && message.type == MIRROR_ECHO_ACK)
        listen_again (t);
    else if (t->state == UP && message.type == MIRROR_BYE) {
        adit_fail (&error, ADIT_ERROR_LOST, _ ("%s ended the connection."), t->server);
        give_up (t, error);
    }
}

static void
on_said (gpointer user, guint layer G_GNUC_UNUSED, gconstpointer message, gsize size G_GNUC_UNUSED)
{
    AditTunnel        *t     = user;
    const MirrorHeard *heard = message;

    t->packets = heard->packets;
    if (t->state == UP)
        listen_again (t);
}

static void
on_lost (gpointer user, GError *cause)
{
    AditTunnel *t     = user;
    GError     *error = NULL;

    if (t->state == GONE)
        g_error_free (cause);
    else if (t->state == GREETING)
        give_up (t, cause); /* the host says whether it was the name or the way */
    else {
        adit_fail_because (&error, cause, ADIT_ERROR_LOST, _ ("The connection to %s broke."),
                           t->server);
        give_up (t, error);
    }
}

static const AditPathEvents path_events = { .punted = on_punted, .said = on_said, .lost = on_lost };

/* Everything goes over the path from the start: the carrier punts what is not data. */
static void
on_ready (gpointer user, guint16 local_port G_GNUC_UNUSED)
{
    AditTunnel  *t       = user;
    AditCarrier *carrier = mirror_carrier_new ();

    t->path = t->host->verbs->path (t->host, t->link, &carrier, 1, &path_events, t);
    on_timer (t);
}

static const AditLinkEvents link_events = { .ready = on_ready, .lost = on_lost };

/* ---- what comes down from the host ---- */

static gboolean
check (const AditProfile *profile, GError **error)
{
    if (!adit_profile_get (profile, "connection", "server"))
        return adit_fail (error, ADIT_ERROR_PROFILE,
                          _ ("The profile names no server: add `server = …` to [connection]."));
    return TRUE;
}

static AditTunnel *
tunnel_new (AditHost *host, const AditProfile *profile)
{
    g_auto (GStrv) servers = adit_profile_list (profile, "connection", "server");
    guint64     pause_s    = adit_profile_number (profile, "mirror", "keepalive", 25);
    AditTunnel *t          = g_new0 (AditTunnel, 1);

    t->host     = host;
    t->server   = g_strdup (servers[0]);
    t->pause_ms = pause_s ? pause_s * 1000 : G_MAXUINT64;
    t->timer    = (AditTimer){ .fn = on_timer, .user = t };
    return t;
}

static void
start (AditTunnel *t)
{
    const AditLinkSpec spec = { ADIT_LINK_UDP, t->server, MIRROR_PORT, 0 };

    enter (t, GREETING);
    adit_random_from (t->host, &t->nonce, sizeof t->nonce);
    t->host->verbs->phase (t->host, ADIT_PHASE_CONTACT, t->server);
    t->link = t->host->verbs->link (t->host, &spec, &link_events, t);
}

static void
moved (AditTunnel *t)
{
    if (t->state == UP)
        adit_arm (t->host, &t->timer, 0); /* is it still there? */
}

static void
stop (AditTunnel *t)
{
    if (t->state == UP)
        send_message (t, MIRROR_BYE);
    if (t->state != GONE)
        enter (t, GONE);
}

static void
tunnel_free (AditTunnel *t)
{
    adit_disarm (t->host, &t->timer);
    if (t->path)
        t->host->verbs->unpath (t->path);
    if (t->link)
        t->host->verbs->unlink (t->link);
    g_free (t->server);
    g_free (t);
}

static void
status (AditTunnel *t, AditNoteFn note, gpointer user)
{
    g_autofree char *packets = g_strdup_printf ("%" G_GUINT64_FORMAT, t->packets);

    note (user, "endpoint", t->server);
    note (user, "packets-heard", packets);
}

static const AditField fields[] = {
    { "mirror", "keepalive", N_ ("Seconds of silence before an echo"), ADIT_FIELD_NUMBER, "25",
      "0..3600", FALSE },
    { NULL, NULL, NULL, 0, NULL, NULL, FALSE },
};

const AditPlugin adit_plugin = {
    .abi     = ADIT_PLUGIN_ABI,
    .name    = "mirror",
    .title   = N_ ("Mirror (for tests)"),
    .warning = N_ ("It encrypts nothing and exists to be copied."),
    .fields  = fields,
    .check   = check,
    .open    = tunnel_new,
    .start   = start,
    .moved   = moved,
    .stop    = stop,
    .free    = tunnel_free,
    .status  = status,
};
