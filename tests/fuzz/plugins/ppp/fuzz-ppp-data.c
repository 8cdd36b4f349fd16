/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fuzz-ppp-data.c - frames for both carriers, bytes for the HDLC reader, texts of MS-CHAPv2. */
#include "plugins/ppp/hdlc.h"
#include "plugins/ppp/mschapv2.h"
#include "plugins/ppp/ppp.h"
#include "tests/fuzz/target.h"

enum { BATCH = 8, ROOM = 256 };

static gboolean
say (AditLane *lane G_GNUC_UNUSED, AditCarrier *carrier G_GNUC_UNUSED,
     gconstpointer message G_GNUC_UNUSED, gsize size G_GNUC_UNUSED)
{
    return TRUE;
}

/* The same frames as from the wire and as from the device. */
static void
through_carriers (AditReader input, guint8 how)
{
    AditLane              lane      = { .say = say };
    AditCarrier          *carrier[] = { adit_ppp_carrier_new (), adit_mppe_carrier_new (how & 1) };
    const PppOpen         open      = { .ipv4 = TRUE, .ipv6 = TRUE, .pfc = how & 2, .mtu = 1400 };
    const MppeTell        keys      = { .what          = MPPE_KEYS,
                                        .stateless_out = how & 4,
                                        .stateless_in  = how & 4,
                                        .bits          = how & 8 ? 128 : 40 };
    g_autofree AditBatch *batch     = g_new0 (AditBatch, 1);
    guint8                bytes[BATCH][ROOM];

    carrier[0]->lane = carrier[1]->lane = &lane;
    carrier[0]->ops->told (carrier[0], &open, sizeof open);
    if (how & 16)
        carrier[1]->ops->told (carrier[1], &keys, sizeof keys);
    while (adit_left (&input)) {
        for (batch->n = 0; batch->n < BATCH && adit_left (&input); batch->n++) {
            guint8 told = adit_get_u8 (&input);
            gsize  len  = MIN (MIN (told, ROOM - 32), adit_left (&input));

            adit_get_bytes (&input, bytes[batch->n] + 32, len);
            batch->packet[batch->n] =
                (AditPacket){ .data = bytes[batch->n] + 32, .len = (guint32) len, .head = 32 };
        }
        for (guint i = 2; i-- > 0;)
            carrier[i]->ops->decap (carrier[i], batch);
        for (guint i = 0; i < 2; i++)
            carrier[i]->ops->encap (carrier[i], batch);
    }
    for (guint i = 0; i < 2; i++)
        carrier[i]->ops->free (carrier[i]);
}

static void
on_frame (gpointer user G_GNUC_UNUSED, const guint8 *frame, gsize len)
{
    g_assert_cmpuint (len, <=, HDLC_FRAME_MAX);
    g_assert_nonnull (frame);
}

static void
as_text (const guint8 *data, gsize len)
{
    guint8          proof[MSCHAPV2_AUTH];
    MsChapV2Failure failure;
    GError         *error = NULL;

    mschapv2_success_parse (data, len, proof);
    mschapv2_failure_parse (data, len, &failure);
    mschapv2_failure_error (&failure, &error);
    g_assert_true (g_utf8_validate (error->message, -1, NULL));
    g_error_free (error);
    g_free (failure.message);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
    static HdlcReader reader;
    AditReader        input = adit_reader (data, size);
    guint8            how   = adit_get_u8 (&input);

    reader.len   = 0;
    reader.state = HDLC_READY;
    through_carriers (input, how);
    hdlc_decode (&reader, input.at, adit_left (&input), on_frame, NULL);
    as_text (input.at, adit_left (&input));
    return 0;
}
