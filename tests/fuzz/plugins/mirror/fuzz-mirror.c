/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fuzz-mirror.c - the whole machine against a server that says anything: datagrams of the input,
 * each behind one byte of length, before and after the tunnel is up. */
#include "client/base/bytes.h"
#include "plugins/mirror/wire.h"
#include "tests/fuzz/target.h"
#include "tests/lib/fakehost.h"

extern const AditPlugin adit_plugin;

/* The nonce of a hello comes back in the right place, or no input would ever get beyond it. */
static gboolean
on_datagram (gpointer user, const AditEndpoint *from, const AditEndpoint *to, const guint8 *data,
             gsize len)
{
    static const guint8 head[] = { MIRROR_HELLO_ACK, 0, 11 }, tail[] = { 10, 9, 0, 2, 24, 5, 0x78 };
    guint8              ack[14];
    AditWriter          w = adit_writer (ack, sizeof ack);

    if (to->port != MIRROR_PORT)
        return TRUE;
    if (len == MIRROR_HEADER + 4) {
        adit_put_bytes (&w, head, sizeof head);
        adit_put_bytes (&w, data + MIRROR_HEADER, 4);
        adit_put_bytes (&w, tail, sizeof tail);
        fake_wire_send (user, to, from, ack, adit_length (&w));
    }
    return FALSE;
}

static void
feed (FakeWire *wire, const FakeHost *host, AditReader *input)
{
    AditEndpoint server = { { 192, 0, 2, 1 }, 0, MIRROR_PORT, 4 };

    while (adit_left (input)) {
        gsize         len  = MIN (adit_get_u8 (input), adit_left (input));
        const guint8 *data = adit_take (input, len);

        if (data)
            fake_wire_send (wire, &server, &host->at, data, len);
    }
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
    g_autoptr (AditProfile) profile = adit_profile_new ();
    g_autoptr (FakeWire) wire       = fake_wire_new (1);
    g_autoptr (FakeHost) host       = fake_host_new (wire, "client", "198.51.100.2:40000");
    AditReader  input               = adit_reader (data, size);
    gboolean    answered            = adit_get_u8 (&input) & 1;
    AditTunnel *t;

    adit_profile_set (profile, "connection", "server", "192.0.2.1:4444");
    t = adit_plugin.open (&host->base, profile);
    if (answered)
        wire->on_datagram = on_datagram;
    wire->user = wire;
    adit_plugin.start (t);
    fake_wire_run (wire, 500000);
    feed (wire, host, &input);
    fake_wire_run (wire, 500000);
    adit_plugin.stop (t);
    adit_plugin.free (t);
    return 0;
}
