/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* halves.h - two data halves that face each other, with keys but without a handshake: what one
 * seals the other opens.  Their control halves are two lists of what was said. */
#pragma once
#include "plugins/wireguard/carrier.h"

enum { HALF_PEER = 3, HALF_MTU = 1420, HALF_SAID = 64 };

typedef struct {
    AditLane             lane;
    WireguardShared     *shared;
    AditCarrier         *carrier;
    WireguardAllowedips *allowedips;
    WireguardMessage     said[HALF_SAID];
    guint                n_said;
    gboolean             full;    /* the ring to the control half */
    GQueue               emitted; /* GBytes */
    gint64               now_us;
} Half;

static inline gboolean
half_on_say (AditLane *lane, AditCarrier *carrier G_GNUC_UNUSED, gconstpointer message, gsize size)
{
    Half *h = (Half *) lane;

    g_assert_cmpuint (size, ==, sizeof (WireguardMessage));
    if (h->full)
        return FALSE;
    g_assert_cmpuint (h->n_said, <, HALF_SAID);
    memcpy (&h->said[h->n_said++], message, size);
    return TRUE;
}

static inline gboolean
half_on_emit (AditLane *lane, AditCarrier *carrier G_GNUC_UNUSED, gconstpointer body, gsize len)
{
    g_queue_push_tail (&((Half *) lane)->emitted,
                       body ? g_bytes_new (body, len) : g_bytes_new (NULL, 0));
    return TRUE;
}

static inline gint64
half_on_now (AditLane *lane)
{
    return ((Half *) lane)->now_us;
}

static inline void
half_tell (Half *h, const WireguardMessage *m)
{
    h->carrier->ops->told (h->carrier, m, sizeof *m);
}

static inline void
half_tell_kind (Half *h, WireguardMessageKind kind)
{
    WireguardMessage m = { .kind = kind, .peer = HALF_PEER };

    half_tell (h, &m);
}

/* One peer, whose addresses are 10.0.0.`theirs`/32 and that /128 of fd00::. */
static inline Half *
half_new (guint8 theirs)
{
    Half            *h    = g_new0 (Half, 1);
    AditPrefix       four = { { 10, 0, 0, theirs }, 32, 4 };
    AditPrefix       six  = { { 0xfd, [15] = theirs }, 128, 6 };
    WireguardMessage m    = { .kind = WIREGUARD_TELL_ENDPOINT, .peer = HALF_PEER };

    h->lane          = (AditLane){ .say = half_on_say, .emit = half_on_emit, .now = half_on_now };
    h->now_us        = 1000000;
    h->shared        = g_new0 (WireguardShared, 1);
    h->carrier       = wireguard_carrier_new (h->shared);
    h->allowedips    = wireguard_allowedips_new ();
    h->carrier->lane = &h->lane;
    wireguard_allowedips_insert (h->allowedips, &four, HALF_PEER);
    wireguard_allowedips_insert (h->allowedips, &six, HALF_PEER);
    half_tell_kind (h, WIREGUARD_TELL_PEER);
    m.endpoint = (AditEndpoint){ { 192, 0, 2, theirs }, 0, 51820, 4 };
    half_tell (h, &m);
    m.kind       = WIREGUARD_TELL_ALLOWEDIPS;
    m.allowedips = h->allowedips;
    half_tell (h, &m);
    m.kind = WIREGUARD_TELL_MTU;
    m.mtu  = HALF_MTU;
    half_tell (h, &m);
    return h;
}

static inline void
half_free (Half *h)
{
    h->carrier->ops->free (h->carrier);
    wireguard_allowedips_free (h->allowedips);
    g_queue_clear_full (&h->emitted, (GDestroyNotify) g_bytes_unref);
    g_free (h->shared);
    g_free (h);
}

/* The n-th key that both would have made; `initiator` at `a`. */
static inline void
halves_key (Half *a, Half *b, guint n)
{
    WireguardMessage m = { .kind = WIREGUARD_TELL_KEY, .peer = HALF_PEER };

    m.key.born_us = b->now_us;
    memset (m.key.session.receive_key, (int) n, 32);
    memset (m.key.session.send_key, (int) n + 100, 32);
    m.key.session.local_index  = 0x1000 + n;
    m.key.session.remote_index = 0x2000 + n;
    half_tell (b, &m);
    m.key.born_us = a->now_us;
    memset (m.key.session.send_key, (int) n, 32);
    memset (m.key.session.receive_key, (int) n + 100, 32);
    m.key.session.local_index  = 0x2000 + n;
    m.key.session.remote_index = 0x1000 + n;
    m.key.session.initiator    = TRUE;
    half_tell (a, &m);
}

/* ---- packets: one batch at a time, each in a block of its own ---- */

typedef struct {
    AditBatch    batch;
    guint8      *block[ADIT_BATCH];
    AditEndpoint from;
} Packets;

static inline Packets *
packets_new (gint64 now_us)
{
    Packets *p = g_new0 (Packets, 1);

    p->batch.now_us = now_us;
    return p;
}

static inline void
packets_free (Packets *p)
{
    for (guint i = 0; i < p->batch.n; i++)
        g_free (p->block[i]);
    g_free (p);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Packets, packets_free)

/* With exactly the room that the carrier asks for. */
static inline AditPacket *
packets_add (Packets *p, const guint8 *body, gsize len)
{
    enum { HEAD = WIREGUARD_HEADER_SIZE, TAIL = WIREGUARD_PADDING - 1 + WIREGUARD_TAG };
    guint       i      = p->batch.n++;
    AditPacket *packet = &p->batch.packet[i];

    p->block[i] = g_malloc (HEAD + len + TAIL);
    *packet     = (AditPacket){
            .data = p->block[i] + HEAD, .len = (guint32) len, .head = HEAD, .tail = TAIL
    };
    if (len)
        memcpy (packet->data, body, len);
    return packet;
}

/* An IPv4 packet of that length from 10.0.0.x to 10.0.0.y. */
static inline AditPacket *
packets_add_ip (Packets *p, guint8 from, guint8 to, gsize len)
{
    g_autofree guint8 *body = g_malloc0 (len + 20);

    body[0]  = 0x45;
    body[2]  = (guint8) (len >> 8);
    body[3]  = (guint8) len;
    body[12] = body[16] = 10;
    body[15]            = from;
    body[19]            = to;
    return packets_add (p, body, len);
}

/* What was sealed, as it arrives at the other end. */
static inline Packets *
packets_carry (const Packets *sealed, gint64 now_us)
{
    Packets *p = packets_new (now_us);

    p->from = (AditEndpoint){ { 198, 51, 100, 9 }, 0, 4000, 4 };
    for (guint i = 0; i < sealed->batch.n; i++) {
        const AditPacket *s = &sealed->batch.packet[i];

        if (s->verdict == ADIT_PASS)
            packets_add (p, s->data, s->len)->peer = &p->from;
    }
    return p;
}

static inline void
half_encap (Half *h, Packets *p)
{
    h->carrier->ops->encap (h->carrier, &p->batch);
}

static inline void
half_decap (Half *h, Packets *p)
{
    h->carrier->ops->decap (h->carrier, &p->batch);
}

/* Sends what the carrier emitted by itself; NULL: nothing. */
static inline Packets *
half_encap_emitted (Half *h)
{
    Packets *p = packets_new (h->now_us);
    GBytes  *bytes;

    while ((bytes = g_queue_pop_head (&h->emitted))) {
        packets_add (p, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
        g_bytes_unref (bytes);
    }
    half_encap (h, p);
    return p;
}

static inline guint
half_said (const Half *h, WireguardMessageKind kind)
{
    guint n = 0;

    for (guint i = 0; i < h->n_said; i++)
        n += h->said[i].kind == kind;
    return n;
}
