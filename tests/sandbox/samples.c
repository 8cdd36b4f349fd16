/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* samples.c - random messages; the seed is g_test's, so that a failure can be had again. */
#include "tests/sandbox/samples.h"
#include "client/base/stats.h"

static guint
below (guint n)
{
    return (guint) g_test_rand_int_range (0, (gint) n);
}

static const char *const texts[] = { "probe",      "wireguard", "hq.example:51820", "a10.0.0.7/24",
                                     "r0.0.0.0/0", "d10.0.0.1", "sexample.org",     "cipher=none",
                                     "",           "tso",       "12\tPostUp\tno",   "../../etc",
                                     "key with=it" };

/* Tries until the table takes one: most guesses at fields do not fit the kind. */
GByteArray *
sample_random (gboolean to_worker)
{
    static guint8 data[4096];

    for (;;) {
        const char *some[4] = { texts[below (G_N_ELEMENTS (texts))],
                                texts[below (G_N_ELEMENTS (texts))],
                                texts[below (G_N_ELEMENTS (texts))], NULL };
        AditMessage m       = { .texts = (char **) some + below (4) };
        GByteArray *bytes;

        m.kind   = to_worker ? 1 + below (ADIT_MSG_STOP)
                             : ADIT_MSG_READY + below (ADIT_N_MESSAGES - ADIT_MSG_READY);
        m.id     = below (8);
        m.number = below (5);
        m.extra  = below (2);
        m.data   = data;
        m.size   = below (3) ? 0 : below (2) ? sizeof (AditPathStats) : below (sizeof data);
        if (below (2))
            m.endpoint = (AditEndpoint){ { 127, 0, 0, 1 }, 0, 9, 4 };
        bytes = adit_message_encode (&m);
        if (bytes)
            return bytes;
    }
}

void
sample_mutate (GByteArray *bytes)
{
    for (guint n = 1 + below (4); n > 0; n--) {
        guint at = bytes->len ? below (bytes->len) : 0;

        switch (bytes->len ? below (5) : 4) {
        case 0:
            bytes->data[at] ^= (guint8) (1u << below (8));
            break;
        case 1:
            bytes->data[at] = (guint8) below (256);
            break;
        case 2:
            g_byte_array_set_size (bytes, at);
            break;
        case 3:
            bytes->data[at] = below (2) ? 0 : 255;
            break;
        default: {
            guint8 byte = (guint8) below (256);

            g_byte_array_append (bytes, &byte, 1);
        }
        }
    }
}
