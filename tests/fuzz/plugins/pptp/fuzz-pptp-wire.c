/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fuzz-pptp-wire.c - any stream of control messages, and any GRE packet. */
#include "plugins/pptp/carrier.h"
#include "plugins/pptp/reason.h"
#include "plugins/pptp/wire.h"
#include "tests/fuzz/target.h"

static void
read_stream (const guint8 *data, gsize size)
{
    PptpMessage message;
    gsize       used;

    while (pptp_message_decode (data, size, &message, &used) == PPTP_FORM_GOOD) {
        GError *error = pptp_reason (&message, "server", FALSE);

        g_error_free (error);
        data += used;
        size -= used;
    }
}

static gboolean
on_say (AditLane *lane G_GNUC_UNUSED, AditCarrier *carrier G_GNUC_UNUSED,
        gconstpointer message G_GNUC_UNUSED, gsize size G_GNUC_UNUSED)
{
    return TRUE;
}

static void
on_again (AditLane *lane G_GNUC_UNUSED, AditCarrier *carrier G_GNUC_UNUSED, guint us G_GNUC_UNUSED)
{
}

/* Packets one after the other, each behind a byte that says how long it is. */
static void
carry (const guint8 *data, gsize size)
{
    static const PptpCallIds call    = { 0x0101, 2 };
    AditLane                 lane    = { .say = on_say, .emit = on_say, .again = on_again };
    AditCarrier             *carrier = pptp_carrier_new ();
    AditBatch               *batch   = g_new0 (AditBatch, 1);
    g_autofree guint8       *copy    = g_memdup2 (data, size);
    AditReader               r       = adit_reader (copy, size);

    carrier->lane = &lane;
    carrier->ops->told (carrier, &call, sizeof call);
    while (adit_left (&r)) {
        AditReader packet = adit_sub (&r, adit_get_u8 (&r));

        if (r.bad)
            break;
        batch->now_us += 1000;
        batch->n = 1;
        batch->packet[0] =
            (AditPacket){ .data = (guint8 *) packet.at, .len = (guint32) adit_left (&packet) };
        carrier->ops->decap (carrier, batch);
    }
    carrier->ops->free (carrier);
    g_free (batch);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
    PptpGre gre;

    if (size > 8192)
        return 0;
    read_stream (data, size);
    pptp_gre_decode (data, size, &gre);
    carry (data, size);
    return 0;
}
