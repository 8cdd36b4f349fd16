/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/crypto/legacy.h"
#include "tests/lib/vectors.h"
#include <string.h>

static void
digests (void)
{
    g_autoptr (GPtrArray) cases = vectors_load ("legacy-digests.txt");
    gsize           len;
    const guint8   *data     = vector_bytes (cases->pdata[0], "data", &len);
    const AditPiece pieces[] = { { data, 1 }, { NULL, 0 }, { data + 1, len - 1 } };
    guint8          out[ADIT_SHA1_SIZE];

    adit_legacy_digest (ADIT_MD4, pieces, 3, out);
    g_assert_cmpmem (out, 16, vector_exactly (cases->pdata[0], "md4", 16), 16);
    adit_legacy_digest (ADIT_MD5, pieces, 3, out);
    g_assert_cmpmem (out, 16, vector_exactly (cases->pdata[0], "md5", 16), 16);
    adit_legacy_digest (ADIT_SHA1, pieces, 3, out);
    g_assert_cmpmem (out, 20, vector_exactly (cases->pdata[0], "sha1", 20), 20);
}

/* FIPS 46-3's "Now is t" under 0123456789abcdef, whose parity bits are left out here. */
static void
des (void)
{
    static const guint8 plain[8]  = "Now is t";
    static const guint8 cipher[8] = { 0x3f, 0xa4, 0x0e, 0x8a, 0x98, 0x4d, 0x48, 0x15 };
    static const guint8 full[8]   = { 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef };
    guint8              key[7], out[8];
    guint64             bits = 0;

    for (guint i = 0; i < 8; i++)
        bits = bits << 7 | full[i] >> 1;
    for (guint i = 7; i-- > 0; bits >>= 8)
        key[i] = (guint8) bits;
    adit_des_encrypt (out, plain, key);
    g_assert_cmpmem (out, 8, cipher, 8);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    if (!adit_legacy_start ()) {
        g_print ("1..0 # SKIP no legacy provider in this OpenSSL\n");
        return 0;
    }
    g_test_add_func ("/crypto/legacy/digests", digests);
    g_test_add_func ("/crypto/legacy/des", des);
    return g_test_run ();
}
