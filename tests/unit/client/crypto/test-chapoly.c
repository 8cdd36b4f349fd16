/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Against OpenSSL's own assembly of the same two primitives, which xaead.h uses. */
#include "client/crypto/chapoly.h"
#include "client/crypto/random.h"
#include "client/crypto/xaead.h"

#include <string.h>

enum { MOST = 65535 + 17 };

/* About every boundary of MAC block, cipher block and window, and far beyond the window. */
static const guint32 around[] = { 0,    16,   64,   128,  256,  512,  1024,
                                  1408, 1472, 1984, 2048, 9000, 65535 };

typedef struct {
    guint8  secret[32], aad[40], tag[16];
    guint8 *text, *expected, *buf;
    ChaPoly chapoly;
} Bench;

static void
begin (Bench *b)
{
    adit_random (b->secret, sizeof b->secret);
    adit_random (b->aad, sizeof b->aad);
    b->text     = g_malloc (MOST);
    b->expected = g_malloc (MOST + 16);
    b->buf      = g_malloc (MOST);
    adit_random (b->text, MOST);
    g_assert_true (chapoly_init (&b->chapoly, b->secret));
}

static void
end (Bench *b)
{
    chapoly_clear (&b->chapoly);
    g_free (b->text);
    g_free (b->expected);
    g_free (b->buf);
}

static void
check_length (Bench *b, guint32 len)
{
    AditAeadOp op = { b->text,           b->buf, len,  b->aad, len % sizeof b->aad,
                      { 0, 0, 0, 0, 9 }, b->tag, FALSE };

    adit_chacha20_poly1305_seal (b->expected, b->secret, 9, b->aad, op.aad_len, b->text, len);
    g_assert_cmpuint (chapoly_seal (&b->chapoly, &op, 1), ==, 1);
    g_assert_true (memcmp (b->buf, b->expected, len) == 0);
    g_assert_cmpmem (b->tag, 16, b->expected + len, 16);
    op.src = b->buf;
    g_assert_cmpuint (chapoly_open (&b->chapoly, &op, 1), ==, 1);
    g_assert_true (memcmp (b->buf, b->text, len) == 0);
}

static void
test_every_length (void)
{
    Bench b;

    begin (&b);
    for (guint i = 0; i < G_N_ELEMENTS (around); i++)
        for (guint32 len = around[i] > 17 ? around[i] - 17 : 0; len <= around[i] + 17; len++)
            check_length (&b, len);
    end (&b);
}

/* A window serves packet after packet: no keystream of a longer one may reach a shorter one. */
static void
test_packets_do_not_mix (void)
{
    static const guint32 lengths[] = { 1500, 3, 0, 4000, 64, 1, 2047 };
    AditAeadOp           ops[G_N_ELEMENTS (lengths)];
    guint8               tags[G_N_ELEMENTS (lengths)][16];
    Bench                b;
    guint8              *at;

    begin (&b);
    at = b.buf;
    for (guint i = 0; i < G_N_ELEMENTS (lengths); at += lengths[i++])
        ops[i] =
            (AditAeadOp){ b.text, at, lengths[i], b.aad, i, { [4] = (guint8) i }, tags[i], FALSE };
    g_assert_cmpuint (chapoly_seal (&b.chapoly, ops, G_N_ELEMENTS (ops)), ==, G_N_ELEMENTS (ops));
    for (guint i = 0; i < G_N_ELEMENTS (lengths); i++) {
        adit_chacha20_poly1305_seal (b.expected, b.secret, i, b.aad, i, b.text, lengths[i]);
        g_assert_true (memcmp (ops[i].dst, b.expected, lengths[i]) == 0);
        g_assert_cmpmem (tags[i], 16, b.expected + lengths[i], 16);
    }
    end (&b);
}

static void
test_a_forgery_disturbs_nobody (void)
{
    AditAeadOp ops[3];
    guint8     tags[3][16];
    Bench      b;

    begin (&b);
    for (guint i = 0; i < 3; i++)
        ops[i] = (AditAeadOp){ b.text, b.buf + i * 1420,     1420,    NULL,
                               0,      { [4] = (guint8) i }, tags[i], FALSE };
    g_assert_cmpuint (chapoly_seal (&b.chapoly, ops, 3), ==, 3);
    for (guint i = 0; i < 3; i++)
        ops[i].src = ops[i].dst;
    tags[1][15] ^= 1;
    g_assert_cmpuint (chapoly_open (&b.chapoly, ops, 3), ==, 2);
    g_assert_true (ops[0].ok && !ops[1].ok && ops[2].ok);
    memset (b.expected, 0, 1420);
    g_assert_cmpmem (ops[0].dst, 1420, b.text, 1420);
    g_assert_cmpmem (ops[1].dst, 1420, b.expected, 1420);
    g_assert_cmpmem (ops[2].dst, 1420, b.text, 1420);
    end (&b);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/crypto/chapoly/every-length-is-what-openssl-makes-of-it", test_every_length);
    g_test_add_func ("/crypto/chapoly/packets-of-a-batch-do-not-mix", test_packets_do_not_mix);
    g_test_add_func ("/crypto/chapoly/a-forgery-disturbs-nobody", test_a_forgery_disturbs_nobody);
    return g_test_run ();
}
