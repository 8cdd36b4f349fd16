/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RFC 3079's sample derivations; both ends agree at every change. */
#include "client/crypto/legacy.h"
#include "client/crypto/rc4.h"
#include "plugins/ppp/mppe-keys.h"
#include "tests/lib/vectors.h"
#include <string.h>

static void
rfc_3079 (void)
{
    g_autoptr (GPtrArray) cases = vectors_load ("mppe-keys.txt");

    g_assert_cmpuint (cases->len, ==, 3);
    for (guint i = 0; i < cases->len; i++) {
        const VectorCase *c    = cases->pdata[i];
        guint             bits = *vector_exactly (c, "bits", 1), len = bits == 128 ? 16 : 8;
        guint8            message[12] = "test message";
        MppeKeys          keys;
        MppeSession       session;
        AditRc4           rc4;

        mppe_keys_from_mschapv2 (vector_exactly (c, "hash-hash", 16),
                                 vector_exactly (c, "response", 24), TRUE, &keys);
        g_assert_cmpmem (keys.send, len, vector_exactly (c, "start", len), len);
        mppe_session_begin (&session, keys.send, bits);
        g_assert_cmpuint (session.key_len, ==, len);
        g_assert_cmpmem (session.session, len, vector_exactly (c, "session", len), len);
        adit_rc4_set_key (&rc4, session.session, session.key_len);
        adit_rc4 (&rc4, message, sizeof message);
        g_assert_cmpmem (message, 12, vector_exactly (c, "message", 12), 12);
    }
}

static void
what_one_sends_the_other_receives (void)
{
    static const guint8 hash[16] = { 1 }, response[24] = { 2 };
    MppeKeys            client, server;

    mppe_keys_from_mschapv2 (hash, response, FALSE, &client);
    mppe_keys_from_mschapv2 (hash, response, TRUE, &server);
    g_assert_cmpmem (client.send, 16, server.receive, 16);
    g_assert_cmpmem (client.receive, 16, server.send, 16);
    g_assert_cmpint (memcmp (client.send, client.receive, 16), !=, 0);
}

/* The weak keys stay weak in the same places, whatever happens. */
static void
changes_keep_the_strength (void)
{
    static const guint8 start[16] = { 9 };
    MppeSession         s;

    mppe_session_begin (&s, start, 40);
    for (guint i = 0; i < 100; i++) {
        guint8 before[8];

        memcpy (before, s.session, 8);
        mppe_session_change (&s);
        g_assert_cmpint (memcmp (before, s.session, 8), !=, 0);
        g_assert_true (s.session[0] == 0xd1 && s.session[1] == 0x26 && s.session[2] == 0x9e);
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    if (!adit_legacy_start ()) {
        g_print ("1..0 # SKIP no legacy provider in this OpenSSL\n");
        return 0;
    }
    g_test_add_func ("/ppp/mppe-keys/rfc-3079", rfc_3079);
    g_test_add_func ("/ppp/mppe-keys/what-one-sends-the-other-receives",
                     what_one_sends_the_other_receives);
    g_test_add_func ("/ppp/mppe-keys/changes-keep-the-strength", changes_keep_the_strength);
    return g_test_run ();
}
