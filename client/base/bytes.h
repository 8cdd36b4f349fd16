/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bytes.h - reading and writing wire formats, big-endian but for the _le calls.
 *
 * Both sides are sticky: after the first overrun every get returns zero, every
 * put does nothing and `bad` stays set, so a codec is written straight down and
 * judged once, by adit_finish() or adit_length().  Only adit_take(),
 * adit_sub_counted() and adit_room() ever compare a length with a bound. */
#pragma once
#include <glib.h>
#include <string.h>

typedef struct {
    const guint8 *at, *end;
    gboolean      bad;
} AditReader;
typedef struct {
    guint8  *start, *at, *end;
    gboolean bad;
} AditWriter;

static inline AditReader
adit_reader (const void *data, gsize len)
{
    const guint8 *p = data;

    return (AditReader){ p, len ? p + len : p, FALSE };
}

static inline AditWriter
adit_writer (void *buf, gsize len)
{
    guint8 *p = buf;

    return (AditWriter){ p, p, len ? p + len : p, FALSE };
}

static inline gsize
adit_left (const AditReader *r)
{
    return r->bad ? 0 : (gsize) (r->end - r->at);
}

static inline const guint8 *
adit_take (AditReader *r, gsize n)
{
    if (r->bad || n > (gsize) (r->end - r->at)) {
        r->bad = TRUE;
        return NULL;
    }
    r->at += n;
    return r->at - n;
}

static inline guint64
adit_get (AditReader *r, guint bytes)
{
    const guint8 *p = adit_take (r, bytes);
    guint64       v = 0;

    for (guint i = 0; p && i < bytes; i++)
        v = v << 8 | p[i];
    return v;
}

static inline guint64
adit_get_le (AditReader *r, guint bytes)
{
    const guint8 *p = adit_take (r, bytes);
    guint64       v = 0;

    for (guint i = bytes; p && i-- > 0;)
        v = v << 8 | p[i];
    return v;
}

/* Copies n bytes out; zeroes when there are not that many. */
static inline void
adit_get_bytes (AditReader *r, gpointer out, gsize n)
{
    const guint8 *p = adit_take (r, n);

    if (p && n)
        memcpy (out, p, n);
    else if (n)
        memset (out, 0, n);
}

/* The next `n` bytes as a reader of their own; the inside cannot outrun the outside. */
static inline AditReader
adit_sub (AditReader *r, gsize n)
{
    const guint8 *p = adit_take (r, n);

    return (AditReader){ p, p ? p + n : NULL, p == NULL };
}

/* For fields whose length counts their own header: options, AVPs, payloads … */
static inline AditReader
adit_sub_counted (AditReader *r, gsize n, gsize header)
{
    if (n < header)
        r->bad = TRUE;
    return adit_sub (r, n - header);
}

/* TRUE when everything was well formed and nothing is left over. */
static inline gboolean
adit_finish (const AditReader *r)
{
    return !r->bad && r->at == r->end;
}

static inline guint8 *
adit_room (AditWriter *w, gsize n)
{
    if (w->bad || n > (gsize) (w->end - w->at)) {
        w->bad = TRUE;
        return NULL;
    }
    w->at += n;
    return w->at - n;
}

static inline void
adit_poke (guint8 *p, guint bytes, guint64 v)
{
    for (guint i = 0; p && i < bytes; i++)
        p[i] = (guint8) (v >> 8 * (bytes - 1 - i));
}

static inline void
adit_put (AditWriter *w, guint bytes, guint64 v)
{
    adit_poke (adit_room (w, bytes), bytes, v);
}

static inline void
adit_put_le (AditWriter *w, guint bytes, guint64 v)
{
    guint8 *p = adit_room (w, bytes);

    for (guint i = 0; p && i < bytes; i++, v >>= 8)
        p[i] = (guint8) v;
}

static inline void
adit_put_bytes (AditWriter *w, gconstpointer data, gsize n)
{
    guint8 *p = adit_room (w, n);

    if (p && n)
        memcpy (p, data, n);
}

/* A 16-bit length to be filled in later by adit_close_u16(). */
static inline guint8 *
adit_open_u16 (AditWriter *w)
{
    return adit_room (w, 2);
}

/* Writes the distance from the end of the mark to here, plus `extra`. */
static inline void
adit_close_u16 (AditWriter *w, guint8 *mark, gsize extra)
{
    if (!w->bad)
        adit_poke (mark, 2, (gsize) (w->at - mark) - 2 + extra);
}

/* Bytes written, or 0 when they did not fit. */
static inline gsize
adit_length (const AditWriter *w)
{
    return w->bad ? 0 : (gsize) (w->at - w->start);
}

static inline guint8
adit_get_u8 (AditReader *r)
{
    return (guint8) adit_get (r, 1);
}
static inline guint16
adit_get_u16 (AditReader *r)
{
    return (guint16) adit_get (r, 2);
}
static inline guint32
adit_get_u32 (AditReader *r)
{
    return (guint32) adit_get (r, 4);
}
static inline guint64
adit_get_u64 (AditReader *r)
{
    return (guint64) adit_get (r, 8);
}
static inline void
adit_put_u8 (AditWriter *w, guint8 v)
{
    adit_put (w, 1, v);
}
static inline void
adit_put_u16 (AditWriter *w, guint16 v)
{
    adit_put (w, 2, v);
}
static inline void
adit_put_u32 (AditWriter *w, guint32 v)
{
    adit_put (w, 4, v);
}
static inline void
adit_put_u64 (AditWriter *w, guint64 v)
{
    adit_put (w, 8, v);
}
