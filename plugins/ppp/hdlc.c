/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugins/ppp/hdlc.h"

enum { FCS_INITIAL = 0xffff, FCS_GOOD = 0xf0b8, FCS_POLYNOMIAL = 0x8408, FRAME_MIN = 4 };

/* RFC 1662 C.2, bit by bit. */
static guint16
fcs (guint16 sum, guint8 byte)
{
    sum ^= byte;
    for (guint i = 0; i < 8; i++)
        sum = (guint16) (sum & 1 ? sum >> 1 ^ FCS_POLYNOMIAL : sum >> 1);
    return sum;
}

static void
put_escaped (AditWriter *w, guint8 byte, guint32 accm)
{
    if (byte == HDLC_FLAG || byte == HDLC_ESCAPE || (byte < 0x20 && accm & 1u << byte)) {
        adit_put_u8 (w, HDLC_ESCAPE);
        byte ^= HDLC_FLIP;
    }
    adit_put_u8 (w, byte);
}

void
hdlc_encode (AditWriter *w, const guint8 *frame, gsize len, guint32 accm)
{
    guint16 sum = FCS_INITIAL;

    adit_put_u8 (w, HDLC_FLAG);
    for (gsize i = 0; i < len; i++) {
        sum = fcs (sum, frame[i]);
        put_escaped (w, frame[i], accm);
    }
    sum ^= 0xffff;
    put_escaped (w, (guint8) sum, accm);
    put_escaped (w, (guint8) (sum >> 8), accm);
    adit_put_u8 (w, HDLC_FLAG);
}

static gboolean
is_good (const HdlcReader *r)
{
    guint16 sum = FCS_INITIAL;

    for (gsize i = 0; i < r->len; i++)
        sum = fcs (sum, r->frame[i]);
    return r->len >= FRAME_MIN && sum == FCS_GOOD;
}

/* Two flags in a row are no frame; an escape before a flag aborts one (RFC 1662 4.3). */
static void
end_frame (HdlcReader *r, HdlcFn fn, gpointer user)
{
    if (r->state == HDLC_READY && is_good (r))
        fn (user, r->frame, r->len - HDLC_FCS);
    else if (r->len || r->state != HDLC_READY)
        r->bad++;
    r->state = HDLC_READY;
    r->len   = 0;
}

static void
take_byte (HdlcReader *r, guint8 byte)
{
    if (r->state == HDLC_TOO_LONG)
        return;
    if (r->state == HDLC_READY && byte == HDLC_ESCAPE) {
        r->state = HDLC_ESCAPED;
        return;
    }
    if (r->len == sizeof r->frame) {
        r->state = HDLC_TOO_LONG;
        return;
    }
    r->frame[r->len++] = r->state == HDLC_ESCAPED ? byte ^ HDLC_FLIP : byte;
    r->state           = HDLC_READY;
}

void
hdlc_decode (HdlcReader *r, const guint8 *data, gsize len, HdlcFn fn, gpointer user)
{
    for (gsize i = 0; i < len; i++) {
        if (data[i] == HDLC_FLAG)
            end_frame (r, fn, user);
        else
            take_byte (r, data[i]);
    }
}
