/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* links.c - sockets to servers and addresses of servers, which a worker wishes for and gets when
 * the profile names the server, the port and a protocol that tunnels are made of.  Before it gets
 * one, the guard lets packets go there. */
#include "client/core/tunnel-parts.h"
#include "client/net/lookup.h"
#include "client/net/race.h"
#include "client/net/socket.h"
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { IP_115 = 115 /* RFC 3931 4.1.1 */, LOOKUP = 1 << 24 };

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

/* ---- refusing ---- */

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

void
adit_links_on_want (AditCoreTunnel *tunnel, AditMessage *message)
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

void
adit_links_on_drop (AditCoreTunnel *tunnel, AditMessage *message)
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

void
adit_links_on_lookup (AditCoreTunnel *tunnel, AditMessage *message)
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
