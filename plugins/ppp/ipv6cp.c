/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugins/ppp/ipv6cp.h"

#include "plugins/ppp/engine.h"

static Ipv6cp *
ipv6cp_of (Cp *cp)
{
    return (Ipv6cp *) cp;
}

/* RFC 5072 4.1: random, not zero, and not said to be unique in the world. */
static void
new_id (AditPpp *ppp, guint8 id[8])
{
    adit_random_from (ppp->host, id, 8);
    id[0] &= 0xfd;
    id[7] |= 1;
}

static void
begin (Cp *cp)
{
    Ipv6cp *v6 = ipv6cp_of (cp);

    new_id (cp->ppp, v6->id);
    cp_want (cp, IPV6CP_INTERFACE_ID, v6->id, sizeof v6->id);
}

static void
naked (Cp *cp, CpOption *own, const guint8 *value, gsize len)
{
    static const guint8 zero[8];

    if (len == 8 && memcmp (value, zero, 8) != 0)
        ppp_copy (own->value, value, 8);
    else
        new_id (cp->ppp, own->value);
}

static void
judging (Cp *cp)
{
    memset (ipv6cp_of (cp)->peer, 0, 8);
}

static CpVerdict
judge (Cp *cp, guint8 type, const guint8 *value, gsize len, CpOption *better)
{
    static const guint8 zero[8];
    const CpOption     *own = cp_own (cp, IPV6CP_INTERFACE_ID);
    guint8              id[8];

    if (type != IPV6CP_INTERFACE_ID)
        return CP_REJECT;
    if (len != 8 || memcmp (value, zero, 8) == 0 || (own && memcmp (value, own->value, 8) == 0)) {
        new_id (cp->ppp, id);
        return cp_better (better, id, 8);
    }
    ppp_copy (ipv6cp_of (cp)->peer, value, 8);
    return CP_ACK;
}

static void
up (Cp *cp)
{
    const CpOption *own = cp_own (cp, IPV6CP_INTERFACE_ID);

    if (own)
        ppp_copy (ipv6cp_of (cp)->id, own->value, 8);
    ppp_on_network_changed (cp->ppp);
}

const CpOps ipv6cp_ops = {
    .name     = "IPV6CP",
    .protocol = PPP_IPV6CP,
    .codes    = CP_CODES,
    .begin    = begin,
    .judging  = judging,
    .judge    = judge,
    .naked    = naked,
    .up       = up,
    .down     = ppp_on_cp_changed,
    .finished = ppp_on_cp_changed,
};
