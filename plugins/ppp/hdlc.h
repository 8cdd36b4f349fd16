/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* hdlc.h - frames on a stream of bytes: flags, escapes and the 16-bit check sequence of RFC 1662,
 * for carriers that have no packets of their own.  Neither allocates. */
#pragma once
#include "plugins/ppp/wire.h"

enum {
    HDLC_FLAG      = 0x7e,
    HDLC_ESCAPE    = 0x7d,
    HDLC_FLIP      = 0x20,
    HDLC_FCS       = 2,
    HDLC_FRAME_MAX = PPP_MRU + PPP_HEADER + HDLC_FCS + 64, /* a longer one is dropped */
};

/* Appends a frame, from its address field on, between two flags; control characters below 0x20 are
 * escaped where accm has their bit.  LCP's own frames take 0xffffffff (RFC 1662 7.1). */
void hdlc_encode (AditWriter *w, const guint8 *frame, gsize len, guint32 accm);

typedef enum { HDLC_READY, HDLC_ESCAPED, HDLC_TOO_LONG } HdlcState;

typedef struct {
    HdlcState state;
    gsize     len;
    guint64   bad; /* frames dropped: check sequence, length, aborts */
    guint8    frame[HDLC_FRAME_MAX];
} HdlcReader;

typedef void (*HdlcFn) (gpointer user, const guint8 *frame, gsize len);

/* Any bytes in any pieces; fn for each whole frame, without its check sequence. */
void hdlc_decode (HdlcReader *reader, const guint8 *data, gsize len, HdlcFn fn, gpointer user);
