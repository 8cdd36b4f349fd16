/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* checksum.h - the Internet checksum (RFC 1071) in wide loops, and a hash of flows.
 * Sums are of words as they lie in memory, so that they never need swapping. */
#pragma once
#include <glib.h>
#include <string.h>

/* Adds n bytes to a running sum; `p` must stand at an even offset of what is summed. */
guint64 path_sum (const guint8 *p, gsize n, guint64 sum);

/* The same for a header of whole words, where setting up a wide loop would cost more than it does.
 */
static inline guint64
path_sum_words (const guint8 *p, guint words, guint64 sum)
{
    for (guint i = 0; i < words; i++) {
        guint32 v;

        memcpy (&v, p + 4 * i, 4);
        sum += v;
    }
    return sum;
}

/* The same, copying on the way. */
guint64 path_sum_copy (guint8 *to, const guint8 *from, gsize n, guint64 sum);

/* A running sum as the 16 bits that a header holds, not yet inverted. */
static inline guint16
path_fold (guint64 sum)
{
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return (guint16) ((sum & 0xffff) + (sum >> 16));
}

/* Writes the checksum of a sum at `field`. */
static inline void
path_seal (guint8 *field, guint64 sum)
{
    guint16 v = (guint16) ~path_fold (sum);

    memcpy (field, &v, 2);
}

/* Corrects the checksum at `field` for one 16-bit word that changed; both as in memory, and
 * standing at an even offset of what is summed.  RFC 1624 3 */
static inline void
path_reseal (guint8 *field, guint16 before, guint16 after)
{
    guint16 old;

    memcpy (&old, field, 2);
    path_seal (field, (guint64) (guint16) ~old + (guint16) ~before + after);
}

/* Mixes n bytes into a hash; good enough to spread flows, not to resist an attacker without the
 * seed that the caller starts with. */
static inline guint32
path_hash (const guint8 *p, gsize n, guint32 hash)
{
    guint64 h = hash;

    for (gsize i = 0; i + 4 <= n; i += 4) {
        guint32 v;

        memcpy (&v, p + i, 4);
        h = (h ^ v) * 0x9e3779b97f4a7c15u;
        h ^= h >> 32;
    }
    return (guint32) h;
}
