/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ipcp.c - the client wishes for 0.0.0.0 and is told better; the server is the one who tells. */
#include "plugins/ppp/ipcp.h"

#include "plugins/ppp/engine.h"

static const guint8 none[4];

static Ipcp *
ipcp_of (Cp *cp)
{
    return (Ipcp *) cp;
}

static gboolean
is_none (const guint8 address[4])
{
    return memcmp (address, none, 4) == 0;
}

/* Where a host can be: neither 0/8, loopback, multicast nor beyond. */
static gboolean
is_host (const guint8 address[4])
{
    return address[0] != 0 && address[0] != 127 && address[0] < 224;
}

/* The place of a name server's option; NULL: another option. */
static guint8 *
server_slot (Ipcp *ipcp, guint8 type)
{
    switch (type) {
    case IPCP_DNS1:
        return ipcp->dns[0];
    case IPCP_DNS2:
        return ipcp->dns[1];
    case IPCP_WINS1:
        return ipcp->wins[0];
    case IPCP_WINS2:
        return ipcp->wins[1];
    default:
        return NULL;
    }
}

static void
begin (Cp *cp)
{
    static const guint8  options[] = { IPCP_DNS1, IPCP_DNS2, IPCP_WINS1, IPCP_WINS2 };
    const AditPppConfig *c         = &cp->ppp->config;
    Ipcp                *ipcp      = ipcp_of (cp);

    memset (ipcp->dns, 0, sizeof ipcp->dns);
    memset (ipcp->wins, 0, sizeof ipcp->wins);
    cp_want (cp, IPCP_ADDRESS, c->address, 4);
    if (c->role == ADIT_PPP_SERVER) {
        memcpy (ipcp->dns, c->dns, sizeof ipcp->dns);
        memcpy (ipcp->wins, c->wins, sizeof ipcp->wins);
        return;
    }
    for (guint i = 0; i < (c->want_wins ? 4 : 2); i++)
        cp_want (cp, options[i], none, 4);
}

/* The client takes what it is told, the server insists on its own address. */
static void
naked (Cp *cp, CpOption *own, const guint8 *value, gsize len)
{
    if (len != 4)
        return;
    if (cp->ppp->config.role == ADIT_PPP_SERVER)
        own->wanted = FALSE;
    else
        ppp_copy (own->value, value, 4);
}

static void
judging (Cp *cp)
{
    memset (ipcp_of (cp)->peer, 0, 4);
}

/* The client agrees to any address of its server's that a host can have, or to none. */
static CpVerdict
judge_address (Cp *cp, const guint8 *value, gsize len, CpOption *better)
{
    const AditPppConfig *c     = &cp->ppp->config;
    gboolean             gives = c->role == ADIT_PPP_SERVER && !is_none (c->peer_address);

    if (gives && (len != 4 || memcmp (value, c->peer_address, 4) != 0))
        return cp_better (better, c->peer_address, 4);
    if (len != 4 || !is_host (value))
        return CP_REJECT;
    ppp_copy (ipcp_of (cp)->peer, value, 4);
    return CP_ACK;
}

static CpVerdict
judge_server (Cp *cp, guint8 type, const guint8 *value, gsize len, CpOption *better)
{
    const guint8 *ours = server_slot (ipcp_of (cp), type);

    if (cp->ppp->config.role == ADIT_PPP_CLIENT || is_none (ours))
        return CP_REJECT;
    if (len == 4 && memcmp (value, ours, 4) == 0)
        return CP_ACK;
    return cp_better (better, ours, 4);
}

static CpVerdict
judge (Cp *cp, guint8 type, const guint8 *value, gsize len, CpOption *better)
{
    if (type == IPCP_ADDRESS)
        return judge_address (cp, value, len, better);
    if (server_slot (ipcp_of (cp), type))
        return judge_server (cp, type, value, len, better);
    return CP_REJECT; /* compression, the deprecated addresses, and what is not known */
}

/* What was agreed is in our last request. */
static void
up (Cp *cp)
{
    Ipcp           *ipcp = ipcp_of (cp);
    const CpOption *own  = cp_own (cp, IPCP_ADDRESS);

    memset (ipcp->address, 0, 4);
    if (own)
        ppp_copy (ipcp->address, own->value, 4);
    for (guint i = 0; i < cp->n_own; i++) {
        guint8 *slot = server_slot (ipcp, cp->own[i].type);

        if (slot && cp->own[i].wanted && is_host (cp->own[i].value))
            ppp_copy (slot, cp->own[i].value, 4);
    }
    if (is_host (ipcp->address) || cp->ppp->config.role == ADIT_PPP_SERVER)
        ppp_on_network_changed (cp->ppp);
    else
        ppp_on_no_address (cp->ppp);
}

const CpOps ipcp_ops = {
    .name     = "IPCP",
    .protocol = PPP_IPCP,
    .codes    = CP_CODES,
    .begin    = begin,
    .judging  = judging,
    .judge    = judge,
    .naked    = naked,
    .up       = up,
    .down     = ppp_on_cp_changed,
    .finished = ppp_on_cp_changed,
};
