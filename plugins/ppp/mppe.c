/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mppe.c - the carrier `mppe`: RC4 over whatever RFC 3078 3 says is data.  Everything else passes
 * as it is.  It hides and does not authenticate; nobody should use it who has a choice. */
#include "client/base/secret.h"
#include "client/crypto/rc4.h"
#include "plugins/ppp/frame.h"
#include "plugins/ppp/mppe-keys.h"
#include "plugins/ppp/ppp.h"

enum {
    PADDING_MAX  = 64,
    IPV6_HEADER  = 40,
    SPACE        = MPPE_COUNT + 1,
    FLAG         = 0xff,  /* low octet of a packet that changes the key in stateful mode */
    SAY_ANEW_US  = 20000, /* of another loss */
    SAY_AGAIN_US = 1000000,
    ASKED_MAX    = 16,
    LONGEST_JUMP = SPACE / 2, /* stateless: a count farther ahead is a late packet */
};

typedef struct {
    MppeSession session;
    AditRc4     rc4;                  /* stateful: the stream; else of one packet */
    AditRc4     lane[ADIT_RC4_LANES]; /* stateless: of several packets at once */
    gboolean    stateless;
    guint16     count; /* out: of the next packet; in: the last one's */
} Direction;

/* Packets of stateless mode whose keys are known and whose bytes wait for company. */
typedef struct {
    guint       n;
    AditPacket *packet[ADIT_RC4_LANES];
    guint8     *data[ADIT_RC4_LANES];
    gsize       len[ADIT_RC4_LANES];
    guint8      key[ADIT_RC4_LANES][MPPE_KEY];
} Lanes;

typedef struct {
    AditCarrier base;
    gboolean    required;
    gboolean    has_keys;
    Direction   out, in;
    gboolean    flush;      /* out: the peer asked for it */
    gboolean    discarding; /* in: until a flushed packet comes */
    guint       asked;      /* in: for a flush, and got none */
    gint64      say_at_us;
    guint32     lost;
} Carrier;

static gboolean
is_data (guint16 protocol)
{
    return protocol >= PPP_DATA_LO && protocol <= PPP_DATA_HI;
}

/* ---- keys ---- */

static void
use_key (Direction *d)
{
    adit_rc4_set_key (&d->rc4, d->session.session, d->session.key_len);
}

static void
begin (Direction *d, const guint8 *start, guint bits, gboolean stateless, guint16 count)
{
    mppe_session_begin (&d->session, start, bits);
    use_key (d);
    d->stateless = stateless;
    d->count     = count;
}

/* ---- several packets at once ---- */

static void
run_lanes (Direction *d, Lanes *l)
{
    const guint8 *const keys[ADIT_RC4_LANES] = { l->key[0], l->key[1], l->key[2], l->key[3] };

    if (l->n == ADIT_RC4_LANES) {
        adit_rc4_set_keys (d->lane, keys, d->session.key_len);
        adit_rc4_lanes (d->lane, l->data, l->len);
    } else
        for (guint i = 0; i < l->n; i++) {
            adit_rc4_set_key (&d->rc4, l->key[i], d->session.key_len);
            adit_rc4 (&d->rc4, l->data[i], l->len[i]);
        }
}

/* The packet's bytes get their turn: at once in stateful mode, with others in stateless. */
static void
take_turn (Direction *d, Lanes *l, AditPacket *p)
{
    if (!d->stateless) {
        adit_rc4 (&d->rc4, p->data, p->len);
        return;
    }
    l->packet[l->n] = p;
    l->data[l->n]   = p->data;
    l->len[l->n]    = p->len;
    memcpy (l->key[l->n], d->session.session, MPPE_KEY);
    l->n++;
}

/* ---- out ---- */

/* The coherency count, and the key that goes with it. */
static guint16
next_out (Carrier *c)
{
    Direction *d     = &c->out;
    guint16    count = d->count, bits = MPPE_D;

    if (d->stateless || c->flush || (count & FLAG) == FLAG) {
        mppe_session_change (&d->session);
        if (!d->stateless)
            use_key (d);
        bits |= MPPE_A;
        c->flush = FALSE;
    }
    d->count = (guint16) ((count + 1) % SPACE);
    return count | bits;
}

static void
seal (Carrier *c, Lanes *lanes, AditPacket *p)
{
    AditReader r = adit_reader (p->data, p->len);
    guint16    protocol, header;
    gboolean   is_long;

    if (!ppp_read_header (&r, &protocol) || !is_data (protocol))
        return;
    if (!c->has_keys) {
        if (c->required)
            adit_packet_drop (p, ADIT_DROP_NO_KEY);
        return;
    }
    is_long = p->data[0] == PPP_ALL_STATIONS;
    adit_packet_pull (p, (gsize) (r.at - p->data));
    adit_poke (adit_packet_push (p, 2), 2, protocol);
    header = next_out (c);
    take_turn (&c->out, lanes, p);
    adit_poke (adit_packet_push (p, 2), 2, header);
    adit_poke (adit_packet_push (p, 2), 2, PPP_COMP);
    if (is_long)
        adit_poke (adit_packet_push (p, 2), 2, PPP_ALL_STATIONS << 8 | PPP_UI);
}

static void
encap (AditCarrier *base, AditBatch *batch)
{
    Carrier *c     = (Carrier *) base;
    Lanes    lanes = { 0 };

    for (guint i = 0; i < batch->n; i++) {
        if (batch->packet[i].verdict == ADIT_PASS)
            seal (c, &lanes, &batch->packet[i]);
        if (lanes.n == ADIT_RC4_LANES || i + 1 == batch->n) {
            run_lanes (&c->out, &lanes);
            lanes.n = 0;
        }
    }
    adit_wipe (lanes.key, sizeof lanes.key);
}

/* ---- in ---- */

/* MPPE has nothing better to tell a wrong key by. */
static gboolean
is_plausible (const guint8 *plain, gsize len)
{
    AditReader r = adit_reader (plain, len);
    guint16    protocol;

    return ppp_read_header (&r, &protocol) && is_data (protocol);
}

/* Whether an IP packet of that length comes out, but for a little padding. */
static gboolean
is_key_of (const MppeSession *session, const guint8 *data, gsize len)
{
    guint8     head[2 + 6] = { 0 };
    AditReader r           = adit_reader (head, sizeof head);
    guint16    protocol, first, second, third;
    gsize      told;
    AditRc4    rc4;

    adit_rc4_set_key (&rc4, session->session, session->key_len);
    ppp_copy (head, data, MIN (len, sizeof head));
    adit_rc4 (&rc4, head, sizeof head);
    adit_wipe (&rc4, sizeof rc4);
    if (!ppp_read_header (&r, &protocol))
        return FALSE;
    len -= MIN (len, (gsize) (r.at - head));
    first  = adit_get_u16 (&r);
    second = adit_get_u16 (&r);
    third  = adit_get_u16 (&r);
    told   = protocol == PPP_IP ? second : (gsize) third + IPV6_HEADER;
    if (protocol == PPP_IP ? first >> 12 != 4 : protocol != PPP_IPV6 || first >> 12 != 6)
        return FALSE;
    return told <= len && told + PADDING_MAX > len;
}

/* RFC 3078 8.1: each count has its own key; those of lost packets are passed over, when a packet
 * comes out: a forged count would put us ahead of the peer for good. */
static gboolean
follow_stateless (Carrier *c, guint16 count, const guint8 *data, gsize len)
{
    guint       ahead = (guint) (count - c->in.count + SPACE) % SPACE;
    MppeSession trial;
    gboolean    fits;

    if (ahead == 0 || ahead > LONGEST_JUMP)
        return FALSE;
    trial = c->in.session;
    for (guint n = ahead; n > 0; n--)
        mppe_session_change (&trial);
    fits = ahead == 1 || is_key_of (&trial, data, len);
    if (fits) {
        c->in.session = trial;
        c->in.count   = count;
    }
    adit_wipe (&trial, sizeof trial);
    return fits;
}

/* In stateful mode: how often the rhythm has changed the key since the last packet. */
static guint
changes_due (guint16 last, guint16 count)
{
    guint n = (count & FLAG) == FLAG;

    while ((last & ~FLAG) != (count & ~FLAG)) {
        n += (last & FLAG) != FLAG;
        last = (guint16) (((last & ~FLAG) + FLAG + 1) % SPACE);
    }
    return n;
}

/* A packet before which the peer initialized its tables.  With which key?  RFC 3078 says with the
 * current one, Linux changes it each time it is asked to; of that, packets may be lost, too. */
static gboolean
find_key (Carrier *c, guint16 count, const guint8 *data, gsize len)
{
    MppeSession trial = c->in.session;
    gboolean    found = FALSE;

    for (guint n = changes_due (c->in.count, count); n > 0; n--)
        mppe_session_change (&trial);
    for (guint extra = 0; !found && extra <= c->asked + 1; extra++) {
        found = is_key_of (&trial, data, len);
        if (!found)
            mppe_session_change (&trial);
    }
    if (found) {
        c->in.session = trial;
        use_key (&c->in);
    }
    adit_wipe (&trial, sizeof trial);
    return found;
}

/* RFC 3078 8.2.  FALSE: wait for a flushed packet. */
static gboolean
follow_stateful (Carrier *c, guint16 header, const guint8 *data, gsize len)
{
    guint16  count    = header & MPPE_COUNT;
    gboolean in_order = !c->discarding && count == (c->in.count + 1) % SPACE;

    if (header & MPPE_A ? !find_key (c, count, data, len) : !in_order) {
        c->discarding = TRUE;
        return FALSE;
    }
    if (c->discarding)
        c->say_at_us -= SAY_AGAIN_US - SAY_ANEW_US;
    c->discarding = FALSE;
    c->asked      = 0;
    c->in.count   = count;
    return TRUE;
}

static void
judge_plain (AditPacket *p)
{
    if (!is_plausible (p->data, p->len))
        adit_packet_drop (p, ADIT_DROP_AUTH);
}

static void
unseal (Carrier *c, Lanes *lanes, AditPacket *p, gsize before)
{
    AditReader r      = adit_reader (p->data + before, p->len - before);
    guint16    header = adit_get_u16 (&r);
    gboolean   in_step;

    if (!c->has_keys) {
        adit_packet_drop (p, ADIT_DROP_NO_KEY);
        return;
    }
    if (r.bad || !(header & MPPE_D) || adit_left (&r) < 2) {
        adit_packet_drop (p, ADIT_DROP_SHORT);
        return;
    }
    in_step = c->in.stateless ? follow_stateless (c, header & MPPE_COUNT, r.at, adit_left (&r))
                              : follow_stateful (c, header, r.at, adit_left (&r));
    if (!in_step) {
        c->lost++;
        adit_packet_drop (p, ADIT_DROP_REPLAY);
        return;
    }
    adit_packet_pull (p, before + MPPE_HEADER);
    take_turn (&c->in, lanes, p);
    if (!c->in.stateless)
        judge_plain (p);
}

static void
open_packet (Carrier *c, Lanes *lanes, AditPacket *p)
{
    AditReader r = adit_reader (p->data, p->len);
    guint16    protocol;

    if (!ppp_read_header (&r, &protocol))
        adit_packet_drop (p, ADIT_DROP_SHORT);
    else if (protocol == PPP_COMP)
        unseal (c, lanes, p, (gsize) (r.at - p->data));
    else if (is_data (protocol) && (c->required || c->has_keys))
        adit_packet_drop (p, ADIT_DROP_POLICY);
}

static void
finish_lanes (Carrier *c, Lanes *lanes)
{
    run_lanes (&c->in, lanes);
    for (guint i = 0; i < lanes->n; i++)
        judge_plain (lanes->packet[i]);
    lanes->n = 0;
}

static void
decap (AditCarrier *base, AditBatch *batch)
{
    Carrier *c     = (Carrier *) base;
    Lanes    lanes = { 0 };

    for (guint i = 0; i < batch->n; i++) {
        if (batch->packet[i].verdict == ADIT_PASS)
            open_packet (c, &lanes, &batch->packet[i]);
        if (lanes.n == ADIT_RC4_LANES || i + 1 == batch->n)
            finish_lanes (c, &lanes);
    }
    adit_wipe (lanes.key, sizeof lanes.key);
    if (c->discarding && batch->now_us >= c->say_at_us) {
        const MppeLost lost = { c->lost };

        if (base->lane->say (base->lane, base, &lost, sizeof lost)) {
            c->say_at_us = batch->now_us + SAY_AGAIN_US;
            c->asked     = MIN (c->asked + 1, ASKED_MAX);
        }
    }
}

/* ---- from the control half ---- */

static void
forget_keys (Carrier *c)
{
    adit_wipe (&c->out, sizeof c->out);
    adit_wipe (&c->in, sizeof c->in);
    c->has_keys = c->flush = c->discarding = FALSE;
    c->asked                               = 0;
}

static void
told (AditCarrier *base, gconstpointer message, gsize size)
{
    Carrier        *c    = (Carrier *) base;
    const MppeTell *tell = message;

    g_return_if_fail (size == sizeof *tell);
    switch (tell->what) {
    case MPPE_OFF:
        forget_keys (c);
        break;
    case MPPE_READY: /* for the kernel's own */
        break;
    case MPPE_RESET:
        c->flush = c->has_keys;
        break;
    case MPPE_KEYS:
        forget_keys (c);
        begin (&c->out, tell->out, tell->bits, tell->stateless_out, 0);
        begin (&c->in, tell->in, tell->bits, tell->stateless_in, MPPE_COUNT);
        c->say_at_us = 0;
        c->has_keys  = TRUE;
        break;
    }
}

static void
carrier_free (AditCarrier *base)
{
    forget_keys ((Carrier *) base);
    g_free (base);
}

static const AditCarrierOps ops = {
    .name  = "mppe",
    .head  = MPPE_OVERHEAD + 2,
    .flags = ADIT_UNIFORM | ADIT_ORDERED,
    .encap = encap,
    .decap = decap,
    .told  = told,
    .free  = carrier_free,
};

AditCarrier *
adit_mppe_carrier_new (gboolean required)
{
    Carrier *c = g_new0 (Carrier, 1);

    c->base.ops = &ops;
    c->required = required;
    return &c->base;
}
