/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* router.h - IPv6 addresses from router advertisements (RFC 4861, 4862, 8106), once IPV6CP is up.
 */
#pragma once
#include "plugins/ppp/ppp.h"
#include "plugins/ppp/wire.h"

enum {
    ROUTER_PREFIXES = 4,
    ROUTER_SERVERS  = 4,
    ROUTER_TRIES    = 3, /* RFC 4861 10, like the next */
    ROUTER_PAUSE_MS = 4000,
};

typedef struct {
    AditPpp  *ppp;
    AditTimer timer;
    guint     tries;
    guint     n_prefixes, n_servers;
    guint8    prefix[ROUTER_PREFIXES][8]; /* of 64 bits, for addresses of our own making */
    guint8    server[ROUTER_SERVERS][16];
    guint     mtu;        /* 0: not told */
    gboolean  is_default; /* it routes beyond its prefixes */
} Router;

void router_init (Router *router, AditPpp *ppp);
void router_clear (Router *router);
void router_begin (Router *router); /* solicits */
void router_end (Router *router);
/* An IPv6 packet of a router's; any bytes. */
void router_input (Router *router, const guint8 *packet, gsize len);
