/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RFC 2759: its vectors, and what servers say. */
#include "client/crypto/legacy.h"
#include "plugins/ppp/mschapv2.h"
#include "tests/lib/vectors.h"
#include <string.h>

static char *
text_of (const VectorCase *c, const char *name)
{
    gsize         len;
    const guint8 *bytes = vector_bytes (c, name, &len);

    return g_strndup ((const char *) bytes, len);
}

static void
rfc_2759 (void)
{
    g_autoptr (GPtrArray) cases = vectors_load ("mschapv2.txt");
    const VectorCase *c         = cases->pdata[0];
    g_autofree char  *user = text_of (c, "user"), *password = text_of (c, "password");
    MsChapV2          x = { .user = user, .password = password };
    guint8            challenge[8], hash[16], nt[24], proof[20];

    memcpy (x.authenticator, vector_exactly (c, "authenticator", 16), 16);
    memcpy (x.peer, vector_exactly (c, "peer", 16), 16);
    mschapv2_challenge (&x, challenge);
    g_assert_cmpmem (challenge, 8, vector_exactly (c, "challenge", 8), 8);
    g_assert_true (mschapv2_hash (password, hash));
    g_assert_cmpmem (hash, 16, vector_exactly (c, "hash", 16), 16);
    g_assert_true (mschapv2_nt_response (&x, nt));
    g_assert_cmpmem (nt, 24, vector_exactly (c, "response", 24), 24);
    g_assert_true (mschapv2_authenticator (&x, nt, proof));
    g_assert_cmpmem (proof, 20, vector_exactly (c, "proof", 20), 20);
    x.user = "DOMAIN\\User"; /* the domain does not count (RFC 2759 4) */
    mschapv2_challenge (&x, challenge);
    g_assert_cmpmem (challenge, 8, vector_exactly (c, "challenge", 8), 8);
}

/* RFC 2759 9.3 */
static void
hash_of_a_short_password (void)
{
    static const guint8 expected[] = { 0xfc, 0x15, 0x6a, 0xf7, 0xed, 0xcd, 0x6c, 0x0e,
                                       0xdd, 0xe3, 0x33, 0x7d, 0x42, 0x7f, 0x4e, 0xac };
    guint8              hash[16];

    g_assert_true (mschapv2_hash ("MyPw", hash));
    g_assert_cmpmem (hash, 16, expected, 16);
}

static void
passwords_that_are_none (void)
{
    g_autofree char *longest = g_strnfill (256, 'x'), *too_long = g_strnfill (257, 'x');
    guint8           hash[16];

    g_assert_true (mschapv2_hash (longest, hash));
    g_assert_false (mschapv2_hash (too_long, hash));
    g_assert_false (mschapv2_hash ("\xff\xfe", hash));
    g_assert_true (mschapv2_hash ("p\303\244ssw\360\237\224\221rd", hash));
}

static void
success_is_read_as_it_is_written (void)
{
    guint8           proof[20], again[20];
    g_autofree char *text = NULL;

    for (guint i = 0; i < sizeof proof; i++)
        proof[i] = (guint8) (i * 13);
    text = mschapv2_success (proof);
    g_assert_true (mschapv2_success_parse ((const guint8 *) text, strlen (text), again));
    g_assert_cmpmem (proof, 20, again, 20);
    g_assert_false (mschapv2_success_parse ((const guint8 *) text, 41, again));
    g_assert_false (mschapv2_success_parse ((const guint8 *) "M=Welcome", 9, again));
    g_assert_false (mschapv2_success_parse (NULL, 0, again));
}

static void
failures_are_sentences (void)
{
    static const struct {
        guint       code;
        const char *sentence;
    } said[] = { { 646, "The account may not sign in at this time." },
                 { 647, "The account is disabled." },
                 { 648, "The password has expired." },
                 { 649, "The account has no permission to dial in." },
                 { 691, "The server did not accept the user name or password." },
                 { 709, "The server did not accept the new password." } };

    for (guint i = 0; i < G_N_ELEMENTS (said); i++) {
        g_autofree char *text = g_strdup_printf (
            "E=%u R=1 C=000102030405060708090A0B0C0D0E0F V=3 M=E=646 is no code\n", said[i].code);
        g_autoptr (GError) error = NULL;
        MsChapV2Failure failure;

        mschapv2_failure_parse ((const guint8 *) text, strlen (text), &failure);
        g_assert_cmpuint (failure.code, ==, said[i].code);
        g_assert_true (failure.retry && failure.has_challenge);
        g_assert_cmpuint (failure.challenge[15], ==, 15);
        g_assert_cmpstr (failure.message, ==, "E=646 is no code");
        g_assert_false (mschapv2_failure_error (&failure, &error));
        g_assert_cmpstr (error->message, ==, said[i].sentence);
        g_assert_nonnull (adit_error_cause (error));
        g_free (failure.message);
    }
}

static void
failures_of_any_kind (void)
{
    static const char *const texts[] = { "",
                                         "E",
                                         "E=",
                                         "E=691",
                                         "C=12 R=1 E=x",
                                         "M=",
                                         "R=1R=1",
                                         "E=99999999999999999999 R=2 C=zz",
                                         "\001\377 E=691" };

    for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
        MsChapV2Failure failure;

        mschapv2_failure_parse ((const guint8 *) texts[i], strlen (texts[i]), &failure);
        g_assert_false (failure.has_challenge);
        g_assert_nonnull (failure.message);
        g_free (failure.message);
    }
}

static void
a_changed_password_arrives (void)
{
    const MsChapV2   x        = { .user = "alice", .password = "n\303\251w secret" };
    guint8           pad[512] = { 7 }, out[MSCHAPV2_CHANGE];
    g_autofree char *new_one = NULL, *wrong = NULL;

    g_assert_true (mschapv2_change (&x, "old secret", pad, out));
    new_one = mschapv2_changed ("old secret", out);
    g_assert_cmpstr (new_one, ==, x.password);
    wrong = mschapv2_changed ("another", out);
    g_assert_cmpstr (wrong, !=, x.password);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    if (!adit_legacy_start ()) {
        g_print ("1..0 # SKIP no legacy provider in this OpenSSL\n");
        return 0;
    }
    g_test_add_func ("/ppp/mschapv2/rfc-2759", rfc_2759);
    g_test_add_func ("/ppp/mschapv2/hash-of-a-short-password", hash_of_a_short_password);
    g_test_add_func ("/ppp/mschapv2/passwords-that-are-none", passwords_that_are_none);
    g_test_add_func ("/ppp/mschapv2/success-is-read-as-it-is-written",
                     success_is_read_as_it_is_written);
    g_test_add_func ("/ppp/mschapv2/failures-are-sentences", failures_are_sentences);
    g_test_add_func ("/ppp/mschapv2/failures-of-any-kind", failures_of_any_kind);
    g_test_add_func ("/ppp/mschapv2/a-changed-password-arrives", a_changed_password_arrives);
    return g_test_run ();
}
