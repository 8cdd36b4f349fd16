/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* router.c - solicits, and takes from advertisements: prefixes, name servers, the way out.
 * Lifetimes end with the link; a router that takes back is believed (lifetime 0). */
#include "plugins/ppp/router.h"

#include "plugins/ppp/engine.h"

enum {
    HEADER        = 40,
    ICMPV6        = 58,
    SOLICITATION  = 133,
    ADVERTISEMENT = 134,
    /* options, RFC 4861 4.6 and RFC 8106 5.1 */
    OPTION_PREFIX  = 3,
    OPTION_MTU     = 5,
    OPTION_SERVERS = 25,
    AUTONOMOUS     = 0x40,
};

/* Of the ICMPv6 message with its pseudo header (RFC 8200 8.1). */
static guint16
checksum (const guint8 *packet, const guint8 *message, gsize len)
{
    guint32 sum = (guint32) len + ICMPV6;

    for (guint i = 8; i < HEADER; i += 2)
        sum += (guint32) packet[i] << 8 | packet[i + 1];
    for (gsize i = 0; i < len; i++)
        sum += i & 1 ? message[i] : (guint32) message[i] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (guint16) ~sum;
}

static void
solicit (Router *router)
{
    static const guint8 all_routers[16] = { 0xff, 2, [15] = 2 };
    guint8              packet[HEADER + 8];
    AditWriter          w = adit_writer (packet, sizeof packet);

    adit_put_u32 (&w, 0x60000000);
    adit_put_u16 (&w, 8);
    adit_put_u8 (&w, ICMPV6);
    adit_put_u8 (&w, 255);
    adit_put_u64 (&w, G_GUINT64_CONSTANT (0xfe80000000000000));
    adit_put_bytes (&w, router->ppp->ipv6cp.id, 8);
    adit_put_bytes (&w, all_routers, sizeof all_routers);
    adit_put_u64 (&w, (guint64) SOLICITATION << 56);
    adit_poke (packet + HEADER + 2, 2, checksum (packet, packet + HEADER, 8));
    ppp_send_data (router->ppp, PPP_IPV6, packet, adit_length (&w));
}

static void
on_timer (gpointer user)
{
    Router *router = user;

    if (router->tries++ < ROUTER_TRIES) {
        adit_arm (router->ppp->host, &router->timer, ROUTER_PAUSE_MS);
        solicit (router);
    }
}

void
router_init (Router *router, AditPpp *ppp)
{
    router->ppp   = ppp;
    router->timer = (AditTimer){ .fn = on_timer, .user = router };
}

void
router_clear (Router *router)
{
    adit_disarm (router->ppp->host, &router->timer);
}

void
router_begin (Router *router)
{
    if (router->tries || router->ppp->config.routerless ||
        router->ppp->config.role == ADIT_PPP_SERVER)
        return;
    on_timer (router);
}

void
router_end (Router *router)
{
    AditPpp *ppp = router->ppp;

    router_clear (router);
    memset (router, 0, sizeof *router);
    router_init (router, ppp);
}

/* ---- advertisements ---- */

/* Global unicast (2000::/3) or unique local (fc00::/7). */
static gboolean
is_usable (const guint8 *prefix)
{
    return prefix[0] >> 5 == 1 || (prefix[0] & 0xfe) == 0xfc;
}

static void
take_prefix (Router *router, AditReader *body)
{
    guint8  length = adit_get_u8 (body), flags = adit_get_u8 (body);
    guint32 valid = adit_get_u32 (body);
    guint8  prefix[16];

    adit_get_u64 (body); /* preferred lifetime, reserved */
    adit_get_bytes (body, prefix, sizeof prefix);
    if (body->bad || length != 64 || !(flags & AUTONOMOUS) || !valid || !is_usable (prefix) ||
        router->n_prefixes == ROUTER_PREFIXES)
        return;
    ppp_copy (router->prefix[router->n_prefixes++], prefix, 8);
}

static void
take_servers (Router *router, AditReader *body)
{
    guint32 lifetime;

    adit_get_u16 (body);
    lifetime = adit_get_u32 (body);
    while (lifetime && adit_left (body) >= 16 && router->n_servers < ROUTER_SERVERS) {
        const guint8 *server = adit_take (body, 16);

        if (is_usable (server))
            ppp_copy (router->server[router->n_servers++], server, 16);
    }
}

/* FALSE: not well formed. */
static gboolean
take_options (Router *router, AditReader *r)
{
    while (adit_left (r)) {
        guint8     type = adit_get_u8 (r);
        AditReader body = adit_sub_counted (r, adit_get_u8 (r) * 8, 2);

        if (r->bad)
            return FALSE;
        if (type == OPTION_PREFIX)
            take_prefix (router, &body);
        else if (type == OPTION_SERVERS)
            take_servers (router, &body);
        else if (type == OPTION_MTU) {
            adit_get_u16 (&body);
            router->mtu = adit_get_u32 (&body);
        }
    }
    return !r->bad;
}

static gboolean
decode (Router *out, const guint8 *packet, gsize len)
{
    AditReader r    = adit_reader (packet, len), message;
    guint16    size = 0;

    adit_take (&r, 4);
    size = adit_get_u16 (&r);
    if (adit_get_u16 (&r) != (ICMPV6 << 8 | 255) || adit_get_u16 (&r) >> 6 != 0xfe80 >> 6)
        return FALSE;
    adit_take (&r, HEADER - 10);
    message = adit_sub (&r, size);
    if (message.bad || size < 16 || message.at[0] != ADVERTISEMENT || message.at[1] != 0 ||
        checksum (packet, message.at, size) != 0)
        return FALSE;
    adit_take (&message, 6);
    out->is_default = adit_get_u16 (&message) != 0; /* router lifetime */
    adit_get_u64 (&message);
    return take_options (out, &message);
}

void
router_input (Router *router, const guint8 *packet, gsize len)
{
    Router said = { .ppp = router->ppp, .timer = router->timer, .tries = ROUTER_TRIES };

    if (router->ppp->config.role == ADIT_PPP_SERVER || !decode (&said, packet, len))
        return;
    adit_disarm (router->ppp->host, &router->timer);
    said.timer    = router->timer;
    router->tries = ROUTER_TRIES;
    if (memcmp (&said, router, sizeof said) == 0)
        return;
    *router = said;
    ppp_on_network_changed (router->ppp);
}
