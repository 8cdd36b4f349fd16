/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fuzz-l2tp-wire.c - any datagram: header, AVPs, hidden ones too, and what they mean. */
#include "plugins/l2tp/carrier.h"
#include "plugins/l2tp/reason.h"
#include "plugins/l2tp/wire.h"
#include "tests/fuzz/target.h"

#define SECRET "between us"

static void
judge_message (const guint8 *data, gsize size)
{
    L2tpMessage   *message = g_new (L2tpMessage, 1);
    const L2tpAvp *avp;
    guint32        number;

    l2tp_message_decode (data, size, size & 1 ? SECRET : NULL, message);
    for (guint i = 0; i < L2TP_N_AVPS; i++) {
        avp = &message->avp[i];
        g_free (l2tp_text (avp->data, avp->size));
        l2tp_message_number (message, (L2tpAvpType) i, 2, &number);
    }
    if (l2tp_message_name (message->type)) {
        GError *error = l2tp_reason (message, "server", FALSE);

        g_error_free (error);
    }
    l2tp_message_clear (message);
    g_free (message);
}

static void
carry (const guint8 *data, gsize size)
{
    static const L2tpSession session = { 1, 2, 3, 4, 0 };
    AditCarrier             *carrier = l2tp_carrier_new ();
    AditBatch               *batch   = g_new0 (AditBatch, 1);
    g_autofree guint8       *copy    = g_memdup2 (data, size);

    carrier->ops->told (carrier, &session, sizeof session);
    batch->n         = 1;
    batch->packet[0] = (AditPacket){ .data = copy, .len = (guint32) size };
    carrier->ops->decap (carrier, batch);
    carrier->ops->free (carrier);
    g_free (batch);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
    L2tpHeader header;

    if (size > 8192)
        return 0;
    judge_message (data, size);
    carry (data, size);
    if (l2tp_header_decode (data, size, &header) && header.control)
        judge_message (header.body, header.size);
    return 0;
}
