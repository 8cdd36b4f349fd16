/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lcp.c - the options that LCP accepts, and its own codes. */
#include "plugins/ppp/lcp.h"

#include "plugins/ppp/engine.h"
#include <glib/gi18n.h>

static const LcpOptions defaults = { .mru = PPP_MRU, .accm = 0xffffffff };

static Lcp *
lcp_of (Cp *cp)
{
    return (Lcp *) cp;
}

/* ---- ours ---- */

static guint32
new_magic (AditPpp *ppp)
{
    guint32 magic = 0;

    while (magic == 0)
        adit_random_from (ppp->host, &magic, sizeof magic);
    return magic;
}

static void
want_magic (Cp *cp, CpOption *own)
{
    guint8 bytes[4];

    lcp_of (cp)->magic = new_magic (cp->ppp);
    adit_poke (bytes, 4, lcp_of (cp)->magic);
    if (own)
        memcpy (own->value, bytes, sizeof bytes);
    else
        cp_want (cp, LCP_MAGIC, bytes, sizeof bytes);
}

static void
begin (Cp *cp)
{
    Lcp   *lcp = lcp_of (cp);
    guint8 bytes[3];
    gsize  len;

    lcp->auth_naks = lcp->loops = 0;
    if (cp->ppp->config.mru != PPP_MRU) {
        adit_poke (bytes, 2, cp->ppp->config.mru);
        cp_want (cp, LCP_MRU, bytes, 2);
    }
    if (cp->ppp->config.role == ADIT_PPP_SERVER && (len = auth_offer (&cp->ppp->auth, 0, bytes)))
        cp_want (cp, LCP_AUTH, bytes, len);
    want_magic (cp, NULL);
}

static void
naked (Cp *cp, CpOption *own, const guint8 *value, gsize len)
{
    AditReader r = adit_reader (value, len);
    guint8     bytes[3];

    if (own->type == LCP_MAGIC)
        want_magic (cp, own);
    else if (own->type == LCP_MRU) {
        guint16 mru = adit_get_u16 (&r);

        if (adit_finish (&r) && mru >= PPP_MRU_MIN && mru <= cp->ppp->config.mru)
            ppp_copy (own->value, value, 2);
    } else if (own->type == LCP_AUTH && auth_accepts (&cp->ppp->auth, value, len) && len <= 3) {
        own->len = (guint8) len;
        ppp_copy (own->value, value, len);
    } else if (own->type == LCP_AUTH) {
        gsize n = auth_offer (&cp->ppp->auth, ++lcp_of (cp)->auth_naks, bytes);

        if (n) {
            own->len = (guint8) n;
            ppp_copy (own->value, bytes, n);
        }
    }
}

/* ---- the peer's ---- */

static void
judging (Cp *cp)
{
    lcp_of (cp)->offered = defaults;
}

static CpVerdict
judge_mru (Lcp *lcp, AditReader r, CpOption *better)
{
    lcp->offered.mru = adit_get_u16 (&r);
    if (!adit_finish (&r))
        return cp_better_number (better, PPP_MRU, 2);
    if (lcp->offered.mru < PPP_MRU_MIN)
        return cp_better_number (better, PPP_MRU_MIN, 2);
    return CP_ACK;
}

static CpVerdict
judge_accm (Lcp *lcp, AditReader r, CpOption *better)
{
    lcp->offered.accm = adit_get_u32 (&r);
    return adit_finish (&r) ? CP_ACK : cp_better_number (better, 0, 4);
}

/* A peer that sends our own number back is a mirror, or had bad luck (RFC 1661 6.4). */
static CpVerdict
judge_magic (Lcp *lcp, AditReader r, CpOption *better)
{
    lcp->offered.magic = adit_get_u32 (&r);
    if (!adit_finish (&r) || lcp->offered.magic == 0)
        return cp_better_number (better, new_magic (lcp->cp.ppp), 4);
    if (lcp->offered.magic != lcp->magic) {
        lcp->loops = 0;
        return CP_ACK;
    }
    lcp->loops++;
    return cp_better_number (better, new_magic (lcp->cp.ppp), 4);
}

static CpVerdict
judge_auth (Lcp *lcp, const guint8 *value, gsize len, CpOption *better)
{
    AditPpp   *ppp = lcp->cp.ppp;
    AditReader r   = adit_reader (value, len);
    guint8     bytes[3];
    gsize      n;

    if (ppp->config.role == ADIT_PPP_SERVER)
        return CP_REJECT;
    if (auth_accepts (&ppp->auth, value, len)) {
        lcp->offered.auth      = adit_get_u16 (&r);
        lcp->offered.algorithm = adit_get_u8 (&r);
        return CP_ACK;
    }
    auth_refuse (&ppp->auth, value, len);
    n = auth_offer (&ppp->auth, lcp->auth_naks++, bytes);
    return n ? cp_better (better, bytes, n) : CP_REJECT;
}

static CpVerdict
judge (Cp *cp, guint8 type, const guint8 *value, gsize len, CpOption *better)
{
    Lcp       *lcp = lcp_of (cp);
    AditReader r   = adit_reader (value, len);

    switch (type) {
    case LCP_MRU:
        return judge_mru (lcp, r, better);
    case LCP_ACCM:
        return judge_accm (lcp, r, better);
    case LCP_AUTH:
        return judge_auth (lcp, value, len, better);
    case LCP_MAGIC:
        return judge_magic (lcp, r, better);
    case LCP_PFC:
        lcp->offered.pfc = TRUE;
        return len ? cp_better (better, NULL, 0) : CP_ACK;
    case LCP_ACFC:
        lcp->offered.acfc = TRUE;
        return len ? cp_better (better, NULL, 0) : CP_ACK;
    default: /* quality, callback, multilink and the like */
        return CP_REJECT;
    }
}

/* ---- up and down ---- */

/* After a probe the next comes soon, in silence only once in a while. */
static void
arm_echo (Lcp *lcp)
{
    guint echo_s = lcp->cp.ppp->config.echo_s;

    if (!echo_s && !lcp->unanswered)
        adit_disarm (lcp->cp.ppp->host, &lcp->echo);
    else
        adit_arm (lcp->cp.ppp->host, &lcp->echo,
                  lcp->unanswered ? PPP_RESTART_MS : echo_s * 1000ull);
}

static void
send_echo (Lcp *lcp)
{
    guint8 magic[4];

    adit_poke (magic, 4, lcp->magic);
    lcp->unanswered++;
    cp_send (&lcp->cp, ECHO_REQUEST, ++lcp->echo_id, magic, sizeof magic);
    arm_echo (lcp);
}

static void
on_echo_timer (gpointer user)
{
    Lcp *lcp = user;

    if (lcp->unanswered >= lcp->cp.ppp->config.echo_lost)
        ppp_lost (lcp->cp.ppp);
    else
        send_echo (lcp);
}

void
lcp_probe (Lcp *lcp)
{
    if (lcp->cp.state == CP_OPENED && !lcp->unanswered)
        send_echo (lcp);
}

static void
up (Cp *cp)
{
    Lcp *lcp = lcp_of (cp);

    lcp->peer       = lcp->offered;
    lcp->unanswered = 0;
    if (!cp_own (cp, LCP_MAGIC))
        lcp->magic = 0;
    arm_echo (lcp);
    ppp_on_lcp_up (cp->ppp);
}

static void
down (Cp *cp)
{
    adit_disarm (cp->ppp->host, &lcp_of (cp)->echo);
    ppp_on_lcp_down (cp->ppp);
}

static void
finished (Cp *cp)
{
    ppp_on_lcp_finished (cp->ppp);
}

static void
terminating (Cp *cp, const guint8 *text, gsize len)
{
    g_autofree char *words = cp_text (text, len);

    ppp_on_peer_ends (cp->ppp, words);
}

static void
terminated (Cp *cp)
{
    ppp_on_lcp_finished (cp->ppp);
}

/* FALSE and too many of them: everything we send comes back. */
static gboolean
judged (Cp *cp, CpOption *missing G_GNUC_UNUSED)
{
    if (lcp_of (cp)->loops >= PPP_MAX_LOOPS)
        ppp_on_loop (cp->ppp);
    return FALSE;
}

/* ---- LCP's own codes ---- */

static void
on_echo_request (Lcp *lcp, const CpPacket *p)
{
    guint8     data[PPP_REPLY_MAX - PPP_HEADER - PPP_PACKET];
    AditReader r = adit_reader (p->data, p->len);
    AditWriter w = adit_writer (data, sizeof data);

    adit_get_u32 (&r);
    if (r.bad)
        return;
    adit_put_u32 (&w, lcp->magic);
    adit_put_bytes (&w, r.at, MIN (adit_left (&r), sizeof data - 4));
    lcp->cp.reply_code = ECHO_REPLY;
    lcp->cp.reply_id   = p->id;
    lcp->cp.reply_len  = adit_length (&w);
    ppp_copy (lcp->cp.reply, data, lcp->cp.reply_len);
    cp_event (&lcp->cp, CP_RXR);
}

static void
on_echo_reply (Lcp *lcp, const CpPacket *p)
{
    AditReader r = adit_reader (p->data, p->len);

    adit_get_u32 (&r); /* should be the peer's magic number; some send ours back */
    if (r.bad || !lcp->unanswered)
        return;
    lcp->unanswered = 0;
    arm_echo (lcp);
}

static void
on_protocol_reject (Lcp *lcp, const CpPacket *p)
{
    AditReader r        = adit_reader (p->data, p->len);
    guint16    protocol = adit_get_u16 (&r);

    if (!r.bad && lcp->cp.state == CP_OPENED)
        ppp_on_protocol_rejected (lcp->cp.ppp, protocol);
}

static void
extra (Cp *cp, const CpPacket *p)
{
    g_autofree char *words = NULL;

    if (p->code == PROTOCOL_REJECT)
        on_protocol_reject (lcp_of (cp), p);
    else if (p->code == ECHO_REQUEST)
        on_echo_request (lcp_of (cp), p);
    else if (p->code == ECHO_REPLY && cp->state == CP_OPENED)
        on_echo_reply (lcp_of (cp), p);
    else if (p->code == IDENTIFICATION && p->len > 4) {
        words = cp_text (p->data + 4, p->len - 4);
        adit_log (ADIT_LOG_INFO, cp->ppp->config.topic, "the peer calls itself \"%s\"", words);
    } else if (p->code == TIME_REMAINING && p->len >= 8) {
        AditReader r = adit_reader (p->data + 4, 4);

        adit_log (ADIT_LOG_NOTICE, cp->ppp->config.topic, "the peer ends the link in %u s",
                  adit_get_u32 (&r));
    }
}

void
lcp_reject_protocol (Lcp *lcp, guint16 protocol, const guint8 *information, gsize len)
{
    guint8     data[PPP_REPLY_MAX - PPP_HEADER - PPP_PACKET];
    AditWriter w = adit_writer (data, sizeof data);

    if (lcp->cp.state != CP_OPENED)
        return;
    adit_put_u16 (&w, protocol);
    adit_put_bytes (&w, information, MIN (len, ppp_reply_max (lcp->cp.ppp) - 2));
    cp_send (&lcp->cp, PROTOCOL_REJECT, lcp->cp.next_id++, data, adit_length (&w));
}

static const CpOps ops = {
    .name        = "LCP",
    .protocol    = PPP_LCP,
    .codes       = (1u << (TIME_REMAINING + 1)) - 2,
    .begin       = begin,
    .judging     = judging,
    .judge       = judge,
    .judged      = judged,
    .naked       = naked,
    .up          = up,
    .down        = down,
    .finished    = finished,
    .extra       = extra,
    .terminating = terminating,
    .terminated  = terminated,
};

void
lcp_init (Lcp *lcp, AditPpp *ppp)
{
    cp_init (&lcp->cp, ppp, &ops);
    lcp->peer = lcp->offered = defaults;
    lcp->echo                = (AditTimer){ .fn = on_echo_timer, .user = lcp };
}

void
lcp_clear (Lcp *lcp)
{
    cp_clear (&lcp->cp);
    adit_disarm (lcp->cp.ppp->host, &lcp->echo);
}
