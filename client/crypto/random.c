/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* OpenSSL's generator and comparison. */
#include "client/crypto/random.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

void
adit_random (void *buf, gsize len)
{
    guint8 *at = buf;

    while (len) {
        int part = (int) MIN (len, 1u << 20);

        if (RAND_bytes (at, part) != 1)
            g_error ("the system has no randomness to give");
        at += part;
        len -= (gsize) part;
    }
}

gboolean
adit_same (const void *a, const void *b, gsize n)
{
    return CRYPTO_memcmp (a, b, n) == 0;
}
