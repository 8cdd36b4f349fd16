/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ccp.c - one strength, the same both ways; stateless when the peer can. */
#include "plugins/ppp/ccp.h"

#include "client/base/secret.h"
#include "plugins/ppp/engine.h"
#include <glib/gi18n.h>

static const struct {
    guint32 wire;
    guint   strength;
    guint8  bits;
} strengths[] = { /* the best first */
                  { MPPE_S, ADIT_PPP_MPPE_128, 128 },
                  { MPPE_M, ADIT_PPP_MPPE_56, 56 },
                  { MPPE_L, ADIT_PPP_MPPE_40, 40 }
};

static Ccp *
ccp_of (Cp *cp)
{
    return (Ccp *) cp;
}

guint
ccp_allowed (const AditPpp *ppp)
{
    guint allowed = 0;

    for (guint i = 0; i < G_N_ELEMENTS (strengths); i++)
        if ((ppp->config.mppe & strengths[i].strength) &&
            (strengths[i].strength == ADIT_PPP_MPPE_128 || ppp->config.legacy))
            allowed |= strengths[i].wire;
    return allowed;
}

static guint32
best (guint32 bits)
{
    for (guint i = 0; i < G_N_ELEMENTS (strengths); i++)
        if (bits & strengths[i].wire)
            return strengths[i].wire;
    return 0;
}

static guint32
own_bits (const Ccp *ccp)
{
    const CpOption *own = cp_own ((Cp *) &ccp->cp, CCP_MPPE);
    AditReader      r   = adit_reader (own ? own->value : NULL, own ? own->len : 0);

    return adit_get_u32 (&r);
}

/* Of both directions, 0 when they do not agree. */
static guint32
agreed (const Ccp *ccp)
{
    guint32 in = best (own_bits (ccp));

    return in == best (ccp->out) ? in : 0;
}

guint
ccp_strength (const Ccp *ccp)
{
    guint32 wire = ccp->cp.state == CP_OPENED ? agreed (ccp) : 0;

    for (guint i = 0; i < G_N_ELEMENTS (strengths); i++)
        if (wire == strengths[i].wire)
            return strengths[i].strength;
    return 0;
}

gboolean
ccp_is_stateful (const Ccp *ccp)
{
    return ccp_strength (ccp) && !(own_bits (ccp) & ccp->out & MPPE_H);
}

/* ---- options ---- */

/* All that we would take; of several strengths the peer names one (RFC 3078 2.2). */
static void
begin (Cp *cp)
{
    guint32 allowed = ccp_allowed (cp->ppp);
    guint8  bytes[4];

    ccp_of (cp)->has_asked = FALSE;
    adit_poke (bytes, 4, allowed | (cp->ppp->config.mppe_stateful ? 0 : MPPE_H));
    if (allowed)
        cp_want (cp, CCP_MPPE, bytes, sizeof bytes);
}

static void
naked (Cp *cp, CpOption *own, const guint8 *value, gsize len)
{
    AditReader r        = adit_reader (value, len);
    guint32    bits     = adit_get_u32 (&r);
    guint32    strength = best (bits & ccp_allowed (cp->ppp));

    if (!adit_finish (&r))
        return;
    if (!strength) {
        ppp_on_weak_mppe (cp->ppp);
        own->wanted = FALSE;
        return;
    }
    if ((bits & MPPE_H) || cp->ppp->config.mppe_stateless)
        strength |= MPPE_H;
    adit_poke (own->value, 4, strength);
}

static void
judging (Cp *cp)
{
    ccp_of (cp)->offered = 0;
}

/* Our taste is told once; a peer that has another gets its own, unless it is forbidden. */
static gboolean
wants_h (const Ccp *ccp, guint32 bits)
{
    const AditPppConfig *c = &ccp->cp.ppp->config;

    if (c->mppe_stateless)
        return TRUE;
    return ccp->has_asked ? (bits & MPPE_H) != 0 : !c->mppe_stateful;
}

static CpVerdict
judge (Cp *cp, guint8 type, const guint8 *value, gsize len, CpOption *better)
{
    Ccp       *ccp     = ccp_of (cp);
    AditReader r       = adit_reader (value, len);
    guint32    bits    = adit_get_u32 (&r);
    guint32    allowed = ccp_allowed (cp->ppp), wanted;

    if (type != CCP_MPPE || !allowed)
        return CP_REJECT;
    wanted = best (bits & allowed);
    if (!wanted) {
        ppp_on_weak_mppe (cp->ppp);
        wanted = best (allowed);
    }
    if (wants_h (ccp, bits))
        wanted |= MPPE_H;
    if (!adit_finish (&r) || bits != wanted) {
        ccp->has_asked = TRUE;
        return cp_better_number (better, wanted, 4);
    }
    ccp->offered = bits;
    return CP_ACK;
}

/* A request without MPPE, where it is required, is told so. */
static gboolean
judged (Cp *cp, CpOption *missing)
{
    guint32 allowed = ccp_allowed (cp->ppp);

    if (ccp_of (cp)->offered || !allowed || !cp->ppp->config.mppe_required)
        return FALSE;
    missing->type = CCP_MPPE;
    cp_better_number (missing, best (allowed) | MPPE_H, 4);
    return TRUE;
}

/* ---- up and down ---- */

static void
put_keys (const Ccp *ccp, MppeTell *tell)
{
    const MppeKeys *keys = &ccp->cp.ppp->auth.keys;

    memcpy (tell->out, keys->send, sizeof tell->out);
    memcpy (tell->in, keys->receive, sizeof tell->in);
}

void
ccp_tell_ready (Ccp *ccp)
{
    MppeTell tell = { .what = MPPE_READY };

    put_keys (ccp, &tell);
    ppp_tell (ccp->cp.ppp, ADIT_PPP_CARRIER_MPPE, &tell, sizeof tell);
    adit_wipe (&tell, sizeof tell);
}

static void
tell_keys (Ccp *ccp)
{
    AditPpp *ppp  = ccp->cp.ppp;
    MppeTell tell = { .what          = MPPE_KEYS,
                      .stateless_out = (ccp->out & MPPE_H) != 0,
                      .stateless_in  = (own_bits (ccp) & MPPE_H) != 0,
                      .strength      = (guint8) ccp_strength (ccp) };

    for (guint i = 0; i < G_N_ELEMENTS (strengths); i++)
        if (strengths[i].strength == tell.strength)
            tell.bits = strengths[i].bits;
    put_keys (ccp, &tell);
    ppp_tell (ppp, ADIT_PPP_CARRIER_MPPE, &tell, sizeof tell);
    adit_wipe (&tell, sizeof tell);
}

static void
tell_simply (Ccp *ccp, MppeWhat what)
{
    const MppeTell tell = { .what = what };

    ppp_tell (ccp->cp.ppp, ADIT_PPP_CARRIER_MPPE, &tell, sizeof tell);
}

static void
up (Cp *cp)
{
    Ccp *ccp = ccp_of (cp);

    ccp->out = ccp->offered;
    if (ccp_strength (ccp))
        tell_keys (ccp);
    ppp_on_ccp_changed (cp->ppp);
}

static void
down (Cp *cp)
{
    tell_simply (ccp_of (cp), MPPE_OFF);
    ppp_on_ccp_lost (cp->ppp);
}

static void
finished (Cp *cp)
{
    ppp_on_ccp_changed (cp->ppp);
}

static void
extra (Cp *cp, const CpPacket *p)
{
    if (p->code != RESET_REQUEST || !ccp_strength (ccp_of (cp)))
        return;
    tell_simply (ccp_of (cp), MPPE_RESET);
    cp_send (cp, RESET_ACK, p->id, p->data, MIN (p->len, 4));
}

void
ccp_lost (Ccp *ccp)
{
    if (ccp_is_stateful (ccp))
        cp_send (&ccp->cp, RESET_REQUEST, ccp->cp.next_id++, NULL, 0);
}

const CpOps ccp_ops = {
    .name     = "CCP",
    .protocol = PPP_CCP,
    .codes    = CP_CODES | 1u << RESET_REQUEST | 1u << RESET_ACK,
    .begin    = begin,
    .judging  = judging,
    .judge    = judge,
    .judged   = judged,
    .naked    = naked,
    .up       = up,
    .down     = down,
    .finished = finished,
    .extra    = extra,
};
