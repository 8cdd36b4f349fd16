/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Two ends, records from one to the other. */
#include "client/crypto/tls.h"
#include "tests/sim/ppp-certificates.h"
#include <string.h>

static const AditTlsConfig client_config = { .ca          = TEST_CA,
                                             .certificate = TEST_CLIENT,
                                             .key         = TEST_CLIENT_KEY,
                                             .server_name = "server.example.org" };
static const AditTlsConfig server_config = {
    .is_server = TRUE, .ca = TEST_CA, .certificate = TEST_SERVER, .key = TEST_SERVER_KEY
};

/* Steps both until neither has anything to say. */
static gboolean
shake (AditTls *client, AditTls *server, GError **error)
{
    g_autoptr (GByteArray) up = g_byte_array_new (), down = g_byte_array_new ();

    for (guint i = 0; i < 10; i++) {
        g_byte_array_set_size (up, 0);
        if (!adit_tls_step (client, down->data, down->len, up, error))
            return FALSE;
        g_byte_array_set_size (down, 0);
        if (!adit_tls_step (server, up->data, up->len, down, error))
            return FALSE;
        if (!up->len && !down->len)
            break;
    }
    return adit_tls_is_done (client) && adit_tls_is_done (server);
}

static void
both_agree (void)
{
    g_autoptr (AditTls) client    = adit_tls_new (&client_config, NULL);
    g_autoptr (AditTls) server    = adit_tls_new (&server_config, NULL);
    g_autoptr (GByteArray) record = g_byte_array_new ();
    g_autoptr (GByteArray) none   = g_byte_array_new ();
    g_autoptr (GError) error      = NULL;
    guint8 a[64], b[64], said[8];

    g_assert_true (shake (client, server, &error));
    g_assert_no_error (error);
    g_assert_true (adit_tls_export (client, "a label", NULL, 0, a, sizeof a));
    g_assert_true (adit_tls_export (server, "a label", NULL, 0, b, sizeof b));
    g_assert_cmpmem (a, sizeof a, b, sizeof b);
    g_assert_true (adit_tls_export (server, "a label", (const guint8 *) "x", 1, b, sizeof b));
    g_assert_cmpint (memcmp (a, b, sizeof a), !=, 0);
    g_assert_true (adit_tls_write (server, (const guint8 *) "four", 4, record));
    g_assert_true (adit_tls_step (client, record->data, record->len, none, &error));
    g_assert_cmpuint (adit_tls_read (client, said, sizeof said), ==, 4);
    g_assert_cmpmem (said, 4, "four", 4);
    g_assert_cmpuint (adit_tls_read (client, said, sizeof said), ==, 0);
}

static void
refuses_who_is_not_meant (void)
{
    AditTlsConfig another_ca = client_config, another_name = client_config;

    another_ca.ca            = TEST_OTHER_CA;
    another_name.server_name = "another.example.org";
    for (guint i = 0; i < 2; i++) {
        g_autoptr (AditTls) client = adit_tls_new (i ? &another_name : &another_ca, NULL);
        g_autoptr (AditTls) server = adit_tls_new (&server_config, NULL);
        g_autoptr (GError) error   = NULL;

        g_assert_false (shake (client, server, &error));
        g_assert_error (error, ADIT_ERROR, ADIT_ERROR_IDENTITY);
        g_assert_nonnull (adit_error_cause (error));
        g_assert_false (adit_tls_is_done (client));
    }
}

static void
refuses_texts_that_are_none (void)
{
    AditTlsConfig cases[] = { client_config, client_config, client_config, client_config };

    cases[0].ca          = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    cases[1].certificate = "";
    cases[2].key         = TEST_SERVER_KEY;
    cases[3].ca          = NULL;
    for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autoptr (GError) error = NULL;

        g_assert_null (adit_tls_new (&cases[i], &error));
        g_assert_error (error, ADIT_ERROR, ADIT_ERROR_PROFILE);
    }
}

static void
rubbish_is_an_error (void)
{
    g_autoptr (AditTls) client = adit_tls_new (&client_config, NULL);
    g_autoptr (GByteArray) out = g_byte_array_new ();
    g_autoptr (GError) error   = NULL;

    g_assert_true (adit_tls_step (client, NULL, 0, out, &error));
    g_assert_false (adit_tls_step (client, (const guint8 *) "GET / HTTP/1.0\r\n", 16, out, &error));
    g_assert_error (error, ADIT_ERROR, ADIT_ERROR_REFUSED);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/crypto/tls/both-agree", both_agree);
    g_test_add_func ("/crypto/tls/refuses-who-is-not-meant", refuses_who_is_not_meant);
    g_test_add_func ("/crypto/tls/refuses-texts-that-are-none", refuses_texts_that_are_none);
    g_test_add_func ("/crypto/tls/rubbish-is-an-error", rubbish_is_an_error);
    return g_test_run ();
}
