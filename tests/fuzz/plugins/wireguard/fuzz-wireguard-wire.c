/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fuzz-wireguard-wire.c - one message through every decoder, and as transport data through a
 * carrier that has a key which fits its index: nothing unauthentic may come out. */
#include "plugins/wireguard/carrier.h"
#include "tests/fuzz/target.h"

static gboolean
on_say (AditLane *lane G_GNUC_UNUSED, AditCarrier *carrier G_GNUC_UNUSED,
        gconstpointer message G_GNUC_UNUSED, gsize size G_GNUC_UNUSED)
{
    return TRUE;
}

static gboolean
on_emit (AditLane *lane G_GNUC_UNUSED, AditCarrier *carrier G_GNUC_UNUSED,
         gconstpointer body G_GNUC_UNUSED, gsize len G_GNUC_UNUSED)
{
    return TRUE;
}

static gint64
on_now (AditLane *lane G_GNUC_UNUSED)
{
    return 1000000;
}

static AditLane lane = { .say = on_say, .emit = on_emit, .now = on_now };

static AditCarrier *
carrier_with_key (WireguardShared *shared)
{
    AditCarrier     *c = wireguard_carrier_new (shared);
    WireguardMessage m = { .kind = WIREGUARD_TELL_PEER, .peer = 1 };

    c->lane = &lane;
    c->ops->told (c, &m, sizeof m);
    m.kind                    = WIREGUARD_TELL_KEY;
    m.key.born_us             = 1000000;
    m.key.session.local_index = 0x01020304;
    c->ops->told (c, &m, sizeof m);
    return c;
}

static void
decode_as_all (const guint8 *data, gsize size)
{
    WireguardInitiation  initiation;
    WireguardResponse    response;
    WireguardCookieReply reply;
    WireguardTransport   transport;
    guint8               again[WIREGUARD_INITIATION_SIZE];
    guint                type = wireguard_wire_type (data, size);

    g_assert_true (wireguard_wire_get_initiation (data, size, &initiation) == (type == 1));
    g_assert_true (wireguard_wire_get_response (data, size, &response) == (type == 2));
    g_assert_true (wireguard_wire_get_cookie_reply (data, size, &reply) == (type == 3));
    g_assert_true (wireguard_wire_get_transport (data, size, &transport) == (type == 4));
    if (type == 1) {
        wireguard_wire_put_initiation (again, &initiation);
        g_assert_cmpmem (again, size - 32, data, size - 32);
    } else if (type == 2) {
        wireguard_wire_put_response (again, &response);
        g_assert_cmpmem (again, size - 32, data, size - 32);
    } else if (type == 3) {
        wireguard_wire_put_cookie_reply (again, &reply);
        g_assert_cmpmem (again, size, data, size);
    }
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
    static WireguardShared shared;
    static AditCarrier    *carrier;
    static AditBatch       batch;
    g_autofree guint8     *copy = g_memdup2 (data, size);
    AditPacket            *p    = &batch.packet[0];
    WireguardTransport     header;

    if (!carrier)
        carrier = carrier_with_key (&shared);
    decode_as_all (data, size);
    batch.n      = 1;
    batch.now_us = 1000000;
    *p           = (AditPacket){ .data = copy, .len = (guint32) size };
    carrier->ops->decap (carrier, &batch);
    g_assert_cmpint (p->verdict, !=, ADIT_PASS);
    if (wireguard_wire_get_transport (data, size, &header) && header.receiver == 0x01020304)
        g_assert_true (p->drop == ADIT_DROP_AUTH || p->drop == ADIT_DROP_EXPIRED);
    return 0;
}
