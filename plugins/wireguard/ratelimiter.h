/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ratelimiter.h - how many handshake messages we look at: in total, which decides when cookies are
 * demanded, and per source once they are.  A bounded table; no timer, no allocation. */
#pragma once
#include "client/base/packet.h"

enum {
    WIREGUARD_SOURCES          = 1024, /* remembered; a power of two */
    WIREGUARD_SOURCE_WAYS      = 4,    /* places one source may be in */
    WIREGUARD_SOURCE_RATE      = 20,   /* messages a second from one source */
    WIREGUARD_SOURCE_BURST     = 5,
    WIREGUARD_LOAD_RATE        = 100, /* messages a second in all, above which we are under load */
    WIREGUARD_LOAD_LINGERS_SEC = 1,
};

typedef struct {
    guint64 source; /* an IPv4 address, or the first half of an IPv6 one */
    gint64  seen_us;
    guint32 tokens_us; /* credit */
    guint8  family;    /* 0: a free place */
} WireguardSource;

typedef struct {
    guint64         seed; /* secret, so that nobody can aim at one place of the table */
    gint64          second_us;
    guint           in_second;
    gint64          load_until_us;
    WireguardSource sources[WIREGUARD_SOURCES];
} WireguardRatelimiter;

void wireguard_ratelimiter_init (WireguardRatelimiter *limiter, guint64 seed);
/* A handshake message arrived: are we under load? */
gboolean wireguard_ratelimiter_arrived (WireguardRatelimiter *limiter, gint64 now_us);
/* TRUE: this source (/32 of IPv4, /64 of IPv6) has a token left, and now one less. */
gboolean wireguard_ratelimiter_allow (WireguardRatelimiter *limiter, const AditEndpoint *from,
                                      gint64 now_us);
