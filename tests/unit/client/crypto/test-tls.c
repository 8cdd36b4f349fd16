/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Two ends, records from one to the other. */
#include "client/crypto/tls.h"
#include "tests/sim/ppp-certificates.h"
#include <string.h>

enum { YEAR_2023 = 1700000000, YEAR_2019 = 1550000000 };
#define YEAR_2121 G_GINT64_CONSTANT (4766000000)

static const AditTlsConfig client_config = { .ca          = TEST_CA,
                                             .certificate = TEST_CLIENT,
                                             .key         = TEST_CLIENT_KEY,
                                             .server_name = "server.example.org",
                                             .now_s       = YEAR_2023 };
static const AditTlsConfig server_config = { .is_server   = TRUE,
                                             .ca          = TEST_CA,
                                             .certificate = TEST_SERVER,
                                             .key         = TEST_SERVER_KEY,
                                             .now_s       = YEAR_2023 };

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
    guint8 a[64], b[64];

    g_assert_true (shake (client, server, &error));
    g_assert_no_error (error);
    g_assert_true (adit_tls_export (client, "a label", NULL, 0, a, sizeof a));
    g_assert_true (adit_tls_export (server, "a label", NULL, 0, b, sizeof b));
    g_assert_cmpmem (a, sizeof a, b, sizeof b);
    g_assert_true (adit_tls_export (server, "a label", (const guint8 *) "x", 1, b, sizeof b));
    g_assert_cmpint (memcmp (a, b, sizeof a), !=, 0);
    g_assert_true (adit_tls_write (server, (const guint8 *) "four", 4, record));
    record->data[record->len - 1] ^= 1; /* nor is it taken from anybody else */
    g_assert_false (adit_tls_step (client, record->data, record->len, none, &error));
    g_assert_error (error, ADIT_ERROR, ADIT_ERROR_REFUSED);
}

/* The client's error; the server's is nothing to it, but its alert is. */
static GError *
refusal (const AditTlsConfig *ours, const AditTlsConfig *theirs)
{
    g_autoptr (AditTls) client  = adit_tls_new (ours, NULL);
    g_autoptr (AditTls) server  = adit_tls_new (theirs, NULL);
    g_autoptr (GByteArray) up   = g_byte_array_new ();
    g_autoptr (GByteArray) down = g_byte_array_new ();
    GError *error               = NULL;

    for (guint i = 0; i < 10; i++) {
        g_byte_array_set_size (up, 0);
        if (!adit_tls_step (client, down->data, down->len, up, &error))
            return error;
        g_byte_array_set_size (down, 0);
        adit_tls_step (server, up->data, up->len, down, NULL);
    }
    return NULL;
}

static void
says_why_it_refuses (void)
{
    struct {
        AditTlsConfig client, server;
        AditError     code;
        const char   *sentence;
    } cases[6];

    for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
        cases[i].client = client_config;
        cases[i].server = server_config;
        cases[i].code   = ADIT_ERROR_IDENTITY;
    }
    cases[0].client.ca          = TEST_OTHER_CA;
    cases[0].sentence           = "The server's certificate is not from the CA that this profile "
                                  "trusts.";
    cases[1].client.server_name = "another.example.org";
    cases[1].sentence           = "The server's certificate is not that of another.example.org.";
    cases[2].client.now_s       = YEAR_2121;
    cases[2].sentence           = "The server's certificate has expired.";
    cases[3].client.now_s       = YEAR_2019;
    cases[3].sentence           = "The server's certificate is not valid yet.";
    cases[4].server.certificate = TEST_CLIENT;
    cases[4].server.key         = TEST_CLIENT_KEY;
    cases[4].sentence           = "The server's certificate is not one of a server.";
    cases[5].server.ca          = TEST_OTHER_CA; /* in TLS 1.3: after our end is done */
    cases[5].code               = ADIT_ERROR_LOGIN;
    cases[5].sentence           = "The server did not accept our certificate.";
    for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autoptr (GError) error = refusal (&cases[i].client, &cases[i].server);

        g_assert_error (error, ADIT_ERROR, (int) cases[i].code);
        g_assert_cmpstr (error->message, ==, cases[i].sentence);
        g_assert_nonnull (adit_error_cause (error));
    }
}

static void
any_server_of_the_ca_without_a_name (void)
{
    AditTlsConfig any = client_config;

    any.server_name = NULL;
    g_assert_null (refusal (&any, &server_config));
}

/* A profile holds one line for each key. */
static void
takes_texts_on_one_line (void)
{
    g_autofree char *ca          = g_strdelimit (g_strdup (TEST_CA), "\n", '\t');
    g_autofree char *certificate = g_strdelimit (g_strdup (TEST_CLIENT), "\n", '\t');
    g_autofree char *key         = g_strdelimit (g_strdup (TEST_CLIENT_KEY), "\n", '\t');
    AditTlsConfig    folded      = client_config;

    folded.ca          = ca;
    folded.certificate = certificate;
    folded.key         = key;
    g_assert_null (refusal (&folded, &server_config));
}

static void
opens_a_locked_key (void)
{
    static const char *const passphrases[] = { TEST_PASSPHRASE, "open sesam", "", NULL };

    for (guint i = 0; i < G_N_ELEMENTS (passphrases); i++) {
        AditTlsConfig config     = client_config;
        g_autoptr (AditTls) tls  = NULL;
        g_autoptr (GError) error = NULL;

        config.key        = TEST_LOCKED_KEY;
        config.passphrase = passphrases[i];
        tls               = adit_tls_new (&config, &error);
        g_assert_true ((tls != NULL) == (i == 0));
        if (i > 0)
            g_assert_error (error, ADIT_ERROR, ADIT_ERROR_SECRET);
    }
}

static void
refuses_texts_that_are_none (void)
{
    AditTlsConfig cases[] = { client_config, client_config, client_config,
                              client_config, client_config, client_config };

    cases[0].ca          = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    cases[1].certificate = "";
    cases[2].key         = TEST_SERVER_KEY;
    cases[3].ca          = NULL;
    cases[4].key         = NULL;
    cases[5].key         = TEST_CLIENT;
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
    g_test_add_func ("/crypto/tls/says-why-it-refuses", says_why_it_refuses);
    g_test_add_func ("/crypto/tls/any-server-of-the-ca-without-a-name",
                     any_server_of_the_ca_without_a_name);
    g_test_add_func ("/crypto/tls/takes-texts-on-one-line", takes_texts_on_one_line);
    g_test_add_func ("/crypto/tls/opens-a-locked-key", opens_a_locked_key);
    g_test_add_func ("/crypto/tls/refuses-texts-that-are-none", refuses_texts_that_are_none);
    g_test_add_func ("/crypto/tls/rubbish-is-an-error", rubbish_is_an_error);
    return g_test_run ();
}
