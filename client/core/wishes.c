/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wishes.c - what a worker says, each judged against the profile before anything is done.  A wish
 * that the profile does not allow is answered with a reason; a message that has no place ends the
 * tunnel. */
#include "client/core/tunnel-parts.h"
#include "client/net/genl.h"
#include "client/net/link.h"
#include "client/net/lookup.h"
#include "client/net/race.h"
#include "client/net/socket.h"
#include <glib/gi18n.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { IP_115 = 115 /* RFC 3931 4.1.1 */, CHAIN_MAX = 16, SENTENCE_MAX = 1024, LOOKUP = 1 << 24 };

typedef struct {
    AditCoreTunnel *tunnel;
    guint32         id;
    AditLinkKind    kind;
    guint16         port, local_port;
    char           *host; /* of a look-up */
    guint32         what; /* for adit_answers_choose */
} Wish;

static void
wish_free (gpointer data)
{
    Wish *wish = data;

    g_free (wish->host);
    g_free (wish);
}

/* Takes host. */
static void
look_up (const Wish *wish, char *host, guint16 port, AditLookupDone done)
{
    AditCoreTunnel *tunnel = wish->tunnel;
    Wish           *copy   = g_memdup2 (wish, sizeof *wish);

    copy->host = host;
    copy->what = wish->what | (guint32) wish->kind << 16 | port;
    tunnel->lookups++;
    adit_tunnel_resolve (tunnel, host, port, done, copy, wish_free);
}

/* ---- answers ---- */

void
adit_tunnel_answer (AditCoreTunnel *tunnel, const AditMessage *message)
{
    GError *error = NULL;

    if (adit_channel_send (tunnel->channel, message))
        return;
    adit_fail (&error, ADIT_ERROR_BUG, _ ("A message \"%s\" could not be written."),
               adit_message_name (message->kind));
    adit_tunnel_fail (tunnel, error);
}

static char *
clean (const char *sentence)
{
    char *text = g_utf8_make_valid (sentence, -1);

    for (char *p = text; *p; p++)
        if (g_ascii_iscntrl (*p))
            *p = ' ';
    if (strlen (text) > SENTENCE_MAX)
        *g_utf8_find_prev_char (text, text + SENTENCE_MAX) = '\0';
    return text;
}

void
adit_tunnel_refuse (AditCoreTunnel *tunnel, guint32 id, const GError *error)
{
    char       *chain[CHAIN_MAX + 1] = { NULL };
    guint       n                    = 0;
    AditMessage message = { .kind = ADIT_MSG_REFUSED, .id = id, .number = ADIT_ERROR_SYSTEM };

    if (error->domain == ADIT_ERROR)
        message.number = (guint64) error->code;
    for (const GError *e = error; e && n < CHAIN_MAX; e = adit_error_cause (e))
        chain[n++] = clean (e->message);
    message.texts = chain;
    adit_tunnel_answer (tunnel, &message);
    for (guint i = 0; i < n; i++)
        g_free (chain[i]);
}

static void refuse_wish (AditCoreTunnel *tunnel, guint32 id, const char *fmt, ...)
    G_GNUC_PRINTF (3, 4);

static void
refuse_wish (AditCoreTunnel *tunnel, guint32 id, const char *fmt, ...)
{
    g_autofree char *text    = NULL;
    g_autoptr (GError) error = NULL;
    va_list args;

    va_start (args, fmt);
    text = g_strdup_vprintf (fmt, args);
    va_end (args);
    adit_tunnel_say (tunnel, ADIT_LOG_WARNING, "a wish was refused: %s", text);
    adit_fail (&error, ADIT_ERROR_BUG, "%s", text);
    adit_tunnel_refuse (tunnel, id, error);
}

void
adit_tunnel_misbehave (AditCoreTunnel *tunnel, const AditMessage *message, const char *how)
{
    GError *cause = NULL, *error = NULL;

    adit_fail (&cause, ADIT_ERROR_BUG, _ ("It sent \"%s\" %s."), adit_message_name (message->kind),
               how);
    adit_fail_because (&error, cause, ADIT_ERROR_BUG,
                       _ ("The tunnel's worker did not keep to the rules."));
    adit_tunnel_fail (tunnel, error);
}

/* ---- what the profile allows ---- */

typedef gboolean (*FieldFn) (const AditCoreTunnel *tunnel, const AditField *field,
                             const char *section, gconstpointer what);

static gboolean
any_field (const AditCoreTunnel *tunnel, FieldFn fits, gconstpointer what)
{
    const AditField *tables[] = { adit_common_fields, tunnel->schema->fields };

    for (guint i = 0; i < G_N_ELEMENTS (tables); i++)
        for (const AditField *field = tables[i]; field->key; field++) {
            g_auto (GStrv) sections = adit_profile_sections (tunnel->profile, field->section);

            for (guint j = 0; sections[j]; j++)
                if (fits (tunnel, field, sections[j], what))
                    return TRUE;
        }
    return FALSE;
}

typedef struct {
    const char *host;
    guint16     port, fallback;
} Server;

static gboolean
is_server (const AditCoreTunnel *tunnel, const AditField *field, const char *section,
           gconstpointer what)
{
    const Server *server   = what;
    gboolean      is_list  = field->type == ADIT_FIELD_SERVERS;
    g_auto (GStrv) entries = NULL;

    if (!is_list && field->type != ADIT_FIELD_SERVER)
        return FALSE;
    entries = adit_profile_list (tunnel->profile, section, field->key);
    for (guint i = 0; entries && entries[i]; i++) {
        g_autofree char *host = NULL;
        guint16          port;

        if (adit_server_parse (entries[i], server->fallback, &host, &port) &&
            port == server->port && g_ascii_strcasecmp (host, server->host) == 0)
            return TRUE;
    }
    return FALSE;
}

static gboolean
allowed_server (const AditCoreTunnel *tunnel, const char *text, guint16 fallback, char **host,
                guint16 *port)
{
    Server server;

    if (!adit_server_parse (text, fallback, host, port))
        return FALSE;
    server = (Server){ *host, *port, fallback };
    return any_field (tunnel, is_server, &server);
}

static gboolean
is_number (const AditCoreTunnel *tunnel, const AditField *field, const char *section,
           gconstpointer what)
{
    guint64 fallback;

    if (field->type != ADIT_FIELD_NUMBER)
        return FALSE;
    fallback = field->fallback ? g_ascii_strtoull (field->fallback, NULL, 10) : 0;
    return adit_profile_number (tunnel->profile, section, field->key, fallback) ==
           *(const guint16 *) what;
}

/* Raw sockets for what tunnels are made of; not to speak for the kernel's own TCP, UDP or ICMP. */
static gboolean
allowed_protocol (guint16 number)
{
    return number == IPPROTO_ESP || number == IPPROTO_GRE || number == IP_115;
}

static gboolean
allowed_local_port (const AditCoreTunnel *tunnel, guint16 port)
{
    return port == 0 || any_field (tunnel, is_number, &port);
}

/* ---- sockets ---- */

/* Before anything is sent there. */
static gboolean
admit (const Wish *wish, const AditEndpoint *peer, GError **error)
{
    static const guint8 protocols[] = {
        [ADIT_LINK_UDP] = IPPROTO_UDP, [ADIT_LINK_TCP] = IPPROTO_TCP
    };
    AditEndpoint endpoint = *peer;

    if (wish->kind != ADIT_LINK_IP)
        return adit_tunnel_admit (wish->tunnel, wish->host, peer, protocols[wish->kind], error);
    endpoint.port = 0;
    return adit_tunnel_admit (wish->tunnel, wish->host, &endpoint, (guint8) wish->port, error);
}

static void
remember_outer (AditCoreTunnel *tunnel, const AditEndpoint *peer, guint *mtu)
{
    guint index;

    if (adit_underlay_note (tunnel->underlay, peer, &index, mtu) && index != tunnel->index)
        tunnel->outer = index;
}

static AditSocketSpec
spec_of (const Wish *wish)
{
    static const int types[] = {
        [ADIT_LINK_UDP] = SOCK_DGRAM, [ADIT_LINK_TCP] = SOCK_STREAM, [ADIT_LINK_IP] = SOCK_RAW
    };

    return (AditSocketSpec){ .type       = types[wish->kind],
                             .protocol   = wish->port,
                             .local_port = wish->local_port,
                             .mark       = wish->tunnel->mark };
}

/* Takes fd. */
static void
give_link (const Wish *wish, int fd, const AditEndpoint *peer, guint16 local_port)
{
    AditMessage link = { .kind = ADIT_MSG_LINK, .id = wish->id, .number = local_port, .n_fds = 1 };
    guint       mtu  = 0;

    if (peer) {
        link.endpoint = *peer;
        remember_outer (wish->tunnel, peer, &mtu);
    }
    link.extra  = mtu;
    link.fds[0] = fd;
    adit_frames_keep_link (wish->tunnel, wish->id, fd);
    adit_tunnel_answer (wish->tunnel, &link);
    close (fd);
}

static void
refuse_link (const Wish *wish, const GError *error)
{
    g_hash_table_remove (wish->tunnel->links, GUINT_TO_POINTER (wish->id));
    adit_tunnel_refuse (wish->tunnel, wish->id, error);
}

static void
open_link (const Wish *wish, const AditEndpoint *peer)
{
    g_autoptr (GError) error = NULL;
    AditSocketSpec spec      = spec_of (wish);
    guint16        local_port;
    int            fd = -1;

    if (peer == NULL || admit (wish, peer, &error))
        fd = adit_socket_open (&spec, peer, &local_port, &error);
    if (fd < 0)
        refuse_link (wish, error);
    else
        give_link (wish, fd, peer, local_port);
}

/* Was it dropped meanwhile? */
static gboolean
is_wanted (const Wish *wish)
{
    return g_hash_table_contains (wish->tunnel->links, GUINT_TO_POINTER (wish->id));
}

static void
on_race_over (gpointer user, int fd, const AditEndpoint *winner, guint16 local_port,
              const GError *error)
{
    const Wish *wish = user;

    wish->tunnel->lookups--;
    if (!is_wanted (wish)) {
        if (fd >= 0)
            close (fd);
    } else if (fd < 0) {
        refuse_link (wish, error);
    } else {
        adit_answers_take (wish->tunnel->answers, wish->host, wish->what, winner);
        give_link (wish, fd, winner, local_port);
    }
}

/* A connection can be tried at all addresses at once; of anything else only the protocol knows
 * whether it leads anywhere, and asks again if not. */
static void
race (const Wish *wish, const AditEndpoint *endpoints, guint n)
{
    AditCoreTunnel *tunnel   = wish->tunnel;
    AditSocketSpec  spec     = spec_of (wish);
    Wish           *copy     = g_memdup2 (wish, sizeof *wish);
    g_autoptr (GError) error = NULL;

    copy->host = g_strdup (wish->host);
    n          = MIN (n, ADIT_RACE_MAX);
    for (guint i = 0; i < n; i++)
        if (!admit (wish, &endpoints[i], &error)) {
            refuse_link (wish, error);
            wish_free (copy);
            return;
        }
    tunnel->lookups++;
    adit_race (&spec, endpoints, n, tunnel->wishing, on_race_over, copy, wish_free);
}

static void
on_link_found (gpointer user, const AditEndpoint *endpoints, guint n, const GError *error)
{
    const Wish     *wish   = user;
    AditCoreTunnel *tunnel = wish->tunnel;

    tunnel->lookups--;
    if (!is_wanted (wish))
        return;
    if (n == 0)
        refuse_link (wish, error);
    else if (wish->kind == ADIT_LINK_TCP && n > 1)
        race (wish, endpoints, n);
    else
        open_link (wish,
                   adit_answers_choose (tunnel->answers, wish->host, wish->what, endpoints, n));
}

static void
on_want_link (AditCoreTunnel *tunnel, AditMessage *message)
{
    const char      *server = message->texts[0];
    g_autofree char *host   = NULL;
    guint16          port;
    Wish             wish = { .tunnel     = tunnel,
                              .id         = message->id,
                              .kind       = (AditLinkKind) message->number,
                              .port       = (guint16) (message->extra >> 16),
                              .local_port = (guint16) message->extra };

    if (message->id == 0 || g_hash_table_contains (tunnel->links, GUINT_TO_POINTER (message->id))) {
        adit_tunnel_misbehave (tunnel, message, "with a number that is in use");
        return;
    }
    if (g_hash_table_size (tunnel->links) >= ADIT_TUNNEL_LINKS ||
        tunnel->lookups >= ADIT_TUNNEL_LOOKUPS)
        refuse_wish (tunnel, wish.id, "A tunnel may not have more sockets.");
    else if (!allowed_local_port (tunnel, wish.local_port))
        refuse_wish (tunnel, wish.id, "The profile does not name the local port %u.",
                     wish.local_port);
    else if (wish.kind == ADIT_LINK_IP && !allowed_protocol (wish.port))
        refuse_wish (tunnel, wish.id, "No tunnel is made of the protocol %u.", wish.port);
    else if (server == NULL && wish.kind != ADIT_LINK_UDP)
        refuse_wish (tunnel, wish.id, "A socket of this kind needs a server.");
    else if (server && !allowed_server (tunnel, server, wish.port, &host, &port))
        refuse_wish (tunnel, wish.id, "The profile does not name the server %s.", server);
    else {
        g_hash_table_insert (tunnel->links, GUINT_TO_POINTER (wish.id), NULL);
        if (server == NULL)
            open_link (&wish, NULL);
        else
            look_up (&wish, g_steal_pointer (&host), port, on_link_found);
    }
}

static void
on_drop_link (AditCoreTunnel *tunnel, AditMessage *message)
{
    g_hash_table_remove (tunnel->links, GUINT_TO_POINTER (message->id));
}

/* ---- names ---- */

static void
on_found (gpointer user, const AditEndpoint *endpoints, guint n, const GError *error)
{
    const Wish *wish      = user;
    AditMessage found     = { .kind = ADIT_MSG_FOUND, .id = wish->id };
    g_autoptr (GError) no = NULL;
    guint mtu;

    wish->tunnel->lookups--;
    if (n)
        found.endpoint =
            *adit_answers_choose (wish->tunnel->answers, wish->host, wish->what, endpoints, n);
    if (n && admit (wish, &found.endpoint, &no)) {
        remember_outer (wish->tunnel, &found.endpoint, &mtu);
        found.number = mtu;
        adit_tunnel_answer (wish->tunnel, &found);
    } else {
        adit_tunnel_refuse (wish->tunnel, wish->id, n ? no : error);
    }
}

static void
on_want_lookup (AditCoreTunnel *tunnel, AditMessage *message)
{
    g_autofree char *host = NULL;
    guint16          port;
    Wish             wish = { .tunnel = tunnel, .id = message->id, .what = LOOKUP };

    if (tunnel->lookups >= ADIT_TUNNEL_LOOKUPS)
        refuse_wish (tunnel, wish.id, "A tunnel may not look up more names at once.");
    else if (!allowed_server (tunnel, message->texts[0], (guint16) message->number, &host, &port))
        refuse_wish (tunnel, wish.id, "The profile does not name the server %s.",
                     message->texts[0]);
    else
        look_up (&wish, g_steal_pointer (&host), port, on_found);
}

/* ---- the kernel's own device ---- */

static void
on_want_kernel (AditCoreTunnel *tunnel, AditMessage *message)
{
    AditMessage kernel = { .kind = ADIT_MSG_KERNEL, .id = message->id };

    if (tunnel->kernel && !tunnel->unit)
        adit_tunnel_answer (tunnel, &kernel);
    else
        adit_tunnel_misbehave (tunnel, message, "where the kernel carries nothing");
}

static void
on_kernel_reply (gpointer user, const guint8 *attributes, gsize len)
{
    const Wish *wish  = user;
    AditMessage reply = {
        .kind = ADIT_MSG_REPLY, .id = wish->id, .data = (guint8 *) attributes, .size = len
    };

    if (len && wish->tunnel->state != ADIT_STATE_FAILED)
        adit_tunnel_answer (wish->tunnel, &reply);
}

static void
on_call (AditCoreTunnel *tunnel, AditMessage *message)
{
    Wish        wish         = { .tunnel = tunnel, .id = message->id };
    AditMessage end          = { .kind = ADIT_MSG_REPLY, .id = message->id };
    g_autoptr (GError) error = NULL;
    guint16 family;

    if (!tunnel->kernel || tunnel->unit) {
        adit_tunnel_misbehave (tunnel, message, "where the kernel carries nothing");
        return;
    }
    if (!adit_genl_attributes_ok (message->data, message->size)) {
        adit_tunnel_misbehave (tunnel, message, "with attributes that are not allowed");
        return;
    }
    family = adit_genl_family (tunnel->schema->family, &error);
    if (family &&
        adit_genl_call (family, (guint8) message->number, message->extra != 0, tunnel->index,
                        message->data, message->size, on_kernel_reply, &wish, &error))
        adit_tunnel_answer (tunnel, &end);
    else
        adit_tunnel_refuse (tunnel, message->id, error);
}

static void
on_drop_kernel (AditCoreTunnel *tunnel G_GNUC_UNUSED, AditMessage *message G_GNUC_UNUSED)
{
    /* It goes with the tunnel, like everything that the journal knows. */
}

/* ---- how it goes ---- */

static char *
sentence_of (AditPhase phase, const char *peer)
{
    switch (phase) {
    case ADIT_PHASE_CONTACT:
        return peer ? g_strdup_printf (_ ("reaching %s"), peer)
                    : g_strdup (_ ("reaching the server"));
    case ADIT_PHASE_NEGOTIATE:
        return g_strdup (_ ("agreeing on encryption"));
    case ADIT_PHASE_AUTHENTICATE:
        return g_strdup (_ ("signing in"));
    case ADIT_PHASE_CONFIGURE:
        return g_strdup (_ ("asking for an address"));
    case ADIT_N_PHASES:
        break;
    }
    return NULL;
}

static void
on_phase (AditCoreTunnel *tunnel, AditMessage *message)
{
    static const AditState states[ADIT_N_PHASES] = {
        [ADIT_PHASE_CONTACT]      = ADIT_STATE_CONTACTING,
        [ADIT_PHASE_NEGOTIATE]    = ADIT_STATE_NEGOTIATING,
        [ADIT_PHASE_AUTHENTICATE] = ADIT_STATE_AUTHENTICATING,
        [ADIT_PHASE_CONFIGURE]    = ADIT_STATE_CONFIGURING,
    };
    AditPhase        phase    = (AditPhase) MIN (message->number, ADIT_N_PHASES - 1);
    g_autofree char *sentence = sentence_of (phase, message->texts[0]);
    gboolean was_up = tunnel->state == ADIT_STATE_UP || tunnel->state == ADIT_STATE_RECONNECTING;

    adit_tunnel_enter (tunnel, was_up ? ADIT_STATE_RECONNECTING : states[phase], sentence);
}

static void
on_up (AditCoreTunnel *tunnel, AditMessage *message)
{
    GError        *error = NULL;
    AditPlanOffer *offer = adit_plan_offer_parse (message->texts, (guint) message->number, &error);
    gboolean       fine  = offer && adit_tunnel_configure (tunnel, offer, &error);

    if (!fine)
        adit_tunnel_fail (tunnel, error);
    else if (tunnel->state != ADIT_STATE_UP)
        adit_tunnel_enter (tunnel, ADIT_STATE_UP, _ ("connected"));
}

static void
on_mtu (AditCoreTunnel *tunnel, AditMessage *message)
{
    GError *error = NULL;

    if (tunnel->plan && !adit_tunnel_set_mtu (tunnel, (guint) message->number, &error))
        adit_tunnel_fail (tunnel, error);
}

static void
on_ask (AditCoreTunnel *tunnel, AditMessage *message)
{
    AditMessage refused = { .kind = ADIT_MSG_ANSWER, .id = message->id };

    if (tunnel->events.ask == NULL) {
        adit_tunnel_answer (tunnel, &refused);
    } else if (g_hash_table_size (tunnel->asked) >= ADIT_TUNNEL_ASKED) {
        adit_tunnel_misbehave (tunnel, message, "more often than a person can answer");
    } else {
        tunnel->last_asked++;
        g_hash_table_insert (tunnel->asked, GUINT_TO_POINTER (tunnel->last_asked),
                             GUINT_TO_POINTER (message->id));
        tunnel->events.ask (tunnel->user, tunnel->last_asked, message->texts[0],
                            message->number == 1);
    }
}

static void
on_notes (AditCoreTunnel *tunnel, AditMessage *message)
{
    adit_control_notes (tunnel->control, message);
}

static void
on_log (AditCoreTunnel *tunnel, AditMessage *message)
{
    AditLogLevel level = (AditLogLevel) message->number;

    adit_record_write (tunnel->record, level, message->texts[0], message->texts[1]);
    adit_log (level, message->texts[0], "%s", message->texts[1]);
}

static void
on_failed (AditCoreTunnel *tunnel, AditMessage *message)
{
    GError *error = NULL;

    if (message->texts[0])
        error = adit_error_from_chain ((AditError) message->number,
                                       (const char *const *) message->texts);
    else
        adit_fail (&error, (AditError) message->number, _ ("The tunnel ended without a reason."));
    adit_tunnel_lose (tunnel, error);
}

static void
on_ready (AditCoreTunnel *tunnel, AditMessage *message)
{
    adit_tunnel_worker_ready (tunnel, message->number);
}

/* ---- the table ---- */

#define LOADING (1u << ADIT_WORKER_LOADING)
#define AT_WORK (1u << ADIT_WORKER_AT_WORK)
#define LEAVING (1u << ADIT_WORKER_LEAVING)

static const struct {
    void (*fn) (AditCoreTunnel *tunnel, AditMessage *message);
    guint when; /* bits of AditWorkerState; at other times it breaks the rules */
} wishes[ADIT_N_MESSAGES] = {
    [ADIT_MSG_READY]       = { on_ready, LOADING },
    [ADIT_MSG_WANT_LINK]   = { on_want_link, AT_WORK },
    [ADIT_MSG_DROP_LINK]   = { on_drop_link, AT_WORK },
    [ADIT_MSG_WANT_LOOKUP] = { on_want_lookup, AT_WORK },
    [ADIT_MSG_WANT_KERNEL] = { on_want_kernel, AT_WORK },
    [ADIT_MSG_CALL]        = { on_call, AT_WORK },
    [ADIT_MSG_DROP_KERNEL] = { on_drop_kernel, AT_WORK },
    [ADIT_MSG_WANT_FRAMES] = { adit_frames_on_want, AT_WORK },
    [ADIT_MSG_ALLOW]       = { adit_frames_on_allow, AT_WORK },
    [ADIT_MSG_DROP_FRAMES] = { adit_frames_on_drop, AT_WORK },
    [ADIT_MSG_ASK]         = { on_ask, AT_WORK },
    [ADIT_MSG_PHASE]       = { on_phase, AT_WORK },
    [ADIT_MSG_UP]          = { on_up, AT_WORK },
    [ADIT_MSG_MTU]         = { on_mtu, AT_WORK },
    [ADIT_MSG_NOTES]       = { on_notes, AT_WORK },
    [ADIT_MSG_LOG]         = { on_log, LOADING | AT_WORK | LEAVING },
    [ADIT_MSG_FAILED]      = { on_failed, LOADING | AT_WORK | LEAVING },
};

/* A worker that never stops talking would keep this process from everything else. */
static gboolean
may_speak (AditCoreTunnel *tunnel)
{
    gint64 now_us = g_get_monotonic_time ();
    gint64 more   = (now_us - tunnel->words_at_us) * ADIT_TUNNEL_WORDS_S / G_USEC_PER_SEC;

    if (more > 0) {
        tunnel->words       = (guint) MIN (tunnel->words + more, ADIT_TUNNEL_WORDS);
        tunnel->words_at_us = now_us;
    }
    if (tunnel->words == 0)
        return FALSE;
    tunnel->words--;
    return TRUE;
}

void
adit_tunnel_on_message (gpointer user, AditMessage *message)
{
    AditCoreTunnel *tunnel = user;

    if (!may_speak (tunnel))
        adit_tunnel_misbehave (tunnel, message, "and would not stop");
    else if (wishes[message->kind].fn == NULL)
        adit_tunnel_misbehave (tunnel, message, "to a tunnel");
    else if (wishes[message->kind].when & (1u << tunnel->worker))
        wishes[message->kind].fn (tunnel, message);
    else if (tunnel->worker != ADIT_WORKER_LEAVING) /* what was on its way meanwhile is moot */
        adit_tunnel_misbehave (tunnel, message, "before it was ready");
}
