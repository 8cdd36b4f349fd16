/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ratelimiter.c - token buckets in a small set-associative table: the source unheard longest makes
 * room for a new one. */
#include "plugins/wireguard/ratelimiter.h"
#include "client/base/bytes.h"

enum {
    SECOND_US = 1000000,
    COST_US   = SECOND_US / WIREGUARD_SOURCE_RATE,
    FULL_US   = COST_US * WIREGUARD_SOURCE_BURST,
};

static guint64
source_of (const AditEndpoint *from)
{
    AditReader r = adit_reader (from->address, sizeof from->address);

    return from->family == 4 ? adit_get_u32 (&r) : adit_get_u64 (&r);
}

/* A finaliser of good mixing; secrecy comes from the seed. */
static guint
place_of (const WireguardRatelimiter *limiter, guint64 source)
{
    guint64 x = source ^ limiter->seed;

    x = (x ^ x >> 30) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
    x ^= x >> 31;
    return (guint) x & (WIREGUARD_SOURCES - 1) & ~(guint) (WIREGUARD_SOURCE_WAYS - 1);
}

static WireguardSource *
find (WireguardRatelimiter *limiter, guint64 source, guint8 family, gint64 now_us)
{
    WireguardSource *set    = &limiter->sources[place_of (limiter, source)];
    WireguardSource *oldest = set;

    for (guint i = 0; i < WIREGUARD_SOURCE_WAYS; i++) {
        if (set[i].family == family && set[i].source == source)
            return &set[i];
        if (!set[i].family || (oldest->family && set[i].seen_us < oldest->seen_us))
            oldest = &set[i];
    }
    *oldest = (WireguardSource){ source, now_us, FULL_US, family };
    return oldest;
}

void
wireguard_ratelimiter_init (WireguardRatelimiter *limiter, guint64 seed)
{
    memset (limiter, 0, sizeof *limiter);
    limiter->seed = seed;
}

gboolean
wireguard_ratelimiter_arrived (WireguardRatelimiter *limiter, gint64 now_us)
{
    if (now_us - limiter->second_us >= SECOND_US || now_us < limiter->second_us) {
        limiter->second_us = now_us;
        limiter->in_second = 0;
    }
    if (++limiter->in_second > WIREGUARD_LOAD_RATE)
        limiter->load_until_us = now_us + WIREGUARD_LOAD_LINGERS_SEC * SECOND_US;
    return now_us < limiter->load_until_us;
}

gboolean
wireguard_ratelimiter_allow (WireguardRatelimiter *limiter, const AditEndpoint *from, gint64 now_us)
{
    WireguardSource *s      = find (limiter, source_of (from), from->family, now_us);
    gint64           credit = s->tokens_us + MAX (now_us - s->seen_us, 0);

    s->seen_us   = now_us;
    s->tokens_us = (guint32) MIN (credit, FULL_US);
    if (s->tokens_us < COST_US)
        return FALSE;
    s->tokens_us -= COST_US;
    return TRUE;
}
