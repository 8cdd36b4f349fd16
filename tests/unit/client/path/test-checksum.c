/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-checksum.c - the wide loops against the definition. */
#include "packets.h"

/* RFC 1071 1, word by word. */
static guint16
by_definition (const guint8 *p, gsize n)
{
    guint32 sum = 0;

    for (gsize i = 0; i < n; i++)
        sum += i & 1 ? p[i] : (guint32) p[i] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (guint16) sum;
}

static void
test_sum (void)
{
    guint64 state = 1;

    for (gsize n = 0; n < 700; n++) {
        g_autofree guint8 *p = g_malloc (n + 1), *copy = g_malloc (n + 1);
        guint16            want;

        for (gsize i = 0; i < n; i++)
            p[i] = (guint8) next_random (&state);
        want = by_definition (p, n);
        g_assert_cmphex (path_fold (path_sum (p, n, 0)), ==, g_htons (want));
        g_assert_cmphex (path_fold (path_sum_copy (copy, p, n, 0)), ==, g_htons (want));
        g_assert_cmpmem (copy, n, p, n);
    }
}

static void
test_largest (void)
{
    g_autofree guint8 *p = g_malloc (65536);

    memset (p, 0xff, 65536);
    g_assert_cmphex (path_fold (path_sum (p, 65535, 0)), ==, g_htons (by_definition (p, 65535)));
}

static void
test_reseal (void)
{
    guint64 state = 2;
    guint8  p[40];

    for (guint round = 0; round < 2000; round++) {
        guint16 before, after;
        gsize   at = (next_random (&state) % 15) * 2 + 2;

        for (gsize i = 0; i < sizeof p; i++)
            p[i] = (guint8) next_random (&state);
        memset (p, 0, 2);
        path_seal (p, path_sum (p, sizeof p, 0));
        memcpy (&before, p + at, 2);
        after = (guint16) next_random (&state);
        memcpy (p + at, &after, 2);
        path_reseal (p, before, after);
        g_assert_cmphex (path_fold (path_sum (p, sizeof p, 0)), ==, 0xffff);
    }
}

static void
test_hash (void)
{
    guint bucket[64] = { 0 };

    for (guint32 i = 0; i < 6400; i++)
        bucket[path_hash ((const guint8 *) &i, 4, 7) % 64]++;
    for (guint i = 0; i < 64; i++) {
        g_assert_cmpuint (bucket[i], >, 50);
        g_assert_cmpuint (bucket[i], <, 200);
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/path/checksum/every-length-sums-as-the-rfc-defines", test_sum);
    g_test_add_func ("/path/checksum/the-largest-packet-does-not-overflow", test_largest);
    g_test_add_func ("/path/checksum/a-corrected-checksum-is-a-right-checksum", test_reseal);
    g_test_add_func ("/path/checksum/flows-spread-over-buckets", test_hash);
    return g_test_run ();
}
