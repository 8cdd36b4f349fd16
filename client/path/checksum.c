/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* checksum.c - loops that the compiler turns into the widest vectors the processor has. */
#include "client/path/checksum.h"

/* The sanitizers cannot run the resolver that target_clones adds: it is called before they start.
 */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define WIDE __attribute__ ((target_clones ("avx512f", "avx2", "default"), optimize ("O3")))
#else
#define WIDE
#endif

static inline guint64
last_word (const guint8 *p, gsize n)
{
    guint32 v = 0;

    memcpy (&v, p, n & 3);
    return v;
}

WIDE guint64
path_sum (const guint8 *p, gsize n, guint64 sum)
{
    gsize words = n / 4;

    for (gsize i = 0; i < words; i++) {
        guint32 v;

        memcpy (&v, p + 4 * i, 4);
        sum += v;
    }
    return sum + last_word (p + 4 * words, n);
}

WIDE guint64
path_sum_copy (guint8 *restrict to, const guint8 *restrict from, gsize n, guint64 sum)
{
    gsize words = n / 4;

    for (gsize i = 0; i < words; i++) {
        guint32 v;

        memcpy (&v, from + 4 * i, 4);
        memcpy (to + 4 * i, &v, 4);
        sum += v;
    }
    memcpy (to + 4 * words, from + 4 * words, n & 3);
    return sum + last_word (from + 4 * words, n);
}
