/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The keys of EAP: which go together, and what they allow. */
#include "plugins/ppp/ppp.h"
#include "tests/sim/ppp-certificates.h"

#define SECRET_PEM "key = -----BEGIN PRIVATE KEY-----\n"
#define FILES "ca = /etc/adit/ca.pem\ncertificate = /etc/adit/alice.pem\n"

static AditProfile *
profile_of (const char *keys)
{
    g_autofree char *text = g_strconcat ("[l2tp]\n", keys, NULL);
    AditProfile     *p    = adit_profile_parse (text, strlen (text), "vpn.conf", NULL);

    g_assert_nonnull (p);
    return p;
}

static void
keys_that_fit_together (void)
{
    static const struct {
        const char *keys, *sentence; /* NULL: nothing is wrong */
    } cases[] = {
        { "auth = pap\n", NULL },
        { "auth = eap\n", NULL },
        { "auth = eap\neap = md5, gtc\n", NULL },
        { "auth = eap\n" FILES SECRET_PEM, NULL },
        { "auth = eap\n" FILES "key-source = file:/etc/adit/alice.key\n", NULL },
        { "auth = eap, pap\neap = tls, md5\nserver-name = vpn\n" FILES SECRET_PEM, NULL },
        { "auth = eap\nca = -----BEGIN X-----\ncertificate = -----BEGIN X-----\n" SECRET_PEM,
          "The CA is no certificate in PEM form." },
        { "eap = md5\n", "vpn.conf:2: `eap` is for EAP; add eap to `auth`." },
        { "auth = pap\n" FILES SECRET_PEM, "vpn.conf:3: `ca` is for EAP; add eap to `auth`." },
        { "auth = eap\neap = md5\n" FILES SECRET_PEM,
          "vpn.conf:4: `ca` is for EAP-TLS; add tls to `eap`." },
        { "auth = eap\neap = tls\n",
          "vpn.conf:1: EAP-TLS needs `ca`, `certificate` and `key`; `ca` is missing." },
        { "auth = eap\ncertificate = /etc/adit/alice.pem\n" SECRET_PEM,
          "vpn.conf:1: EAP-TLS needs `ca`, `certificate` and `key`; `ca` is missing." },
        { "auth = eap\n" FILES,
          "vpn.conf:1: EAP-TLS needs `ca`, `certificate` and `key`; `key` is missing." },
        { "auth = eap\nca = ca.pem\ncertificate = /etc/adit/alice.pem\n" SECRET_PEM,
          "vpn.conf:3: `ca` must be the path of a file in PEM form, from / on." },
    };

    for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autoptr (AditProfile) profile = profile_of (cases[i].keys);
        g_autoptr (GError) error        = NULL;

        g_assert_cmpint (adit_ppp_eap_check (profile, "l2tp", &error), ==,
                         cases[i].sentence == NULL);
        g_assert_cmpstr (error ? error->message : NULL, ==, cases[i].sentence);
    }
}

/* As the worker gets them, in place of paths. */
static void
texts_that_were_in_files (void)
{
    static const struct {
        const char *key, *passphrase;
        int         code; /* -1: nothing is wrong */
    } cases[] = { { TEST_CLIENT_KEY, NULL, -1 },
                  { TEST_LOCKED_KEY, TEST_PASSPHRASE, -1 },
                  { TEST_LOCKED_KEY, NULL, ADIT_ERROR_SECRET },
                  { TEST_LOCKED_KEY, "sesame", ADIT_ERROR_SECRET },
                  { TEST_SERVER_KEY, NULL, ADIT_ERROR_PROFILE } };

    for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autoptr (AditProfile) profile = profile_of ("auth = eap\n");
        g_autoptr (GError) error        = NULL;

        adit_profile_set (profile, "l2tp", "ca", TEST_CA);
        adit_profile_set (profile, "l2tp", "certificate", TEST_CLIENT);
        adit_profile_set (profile, "l2tp", "key", cases[i].key);
        adit_profile_set (profile, "l2tp", "key-passphrase", cases[i].passphrase);
        g_assert_cmpint (adit_ppp_eap_check (profile, "l2tp", &error), ==, cases[i].code == -1);
        if (error)
            g_assert_error (error, ADIT_ERROR, cases[i].code);
    }
}

/* Who has a certificate is not asked for a password in its place. */
static void
methods_that_may_be_used (void)
{
    static const struct {
        const char *keys;
        guint       methods; /* 0: what the rest makes possible */
    } cases[] = {
        { "auth = eap\n", 0 },
        { "auth = eap\n" FILES SECRET_PEM, ADIT_PPP_EAP_TLS },
        { "auth = eap\neap = tls, gtc\n" FILES SECRET_PEM, ADIT_PPP_EAP_TLS | ADIT_PPP_EAP_GTC },
        { "auth = eap\neap = mschapv2, md5\n", ADIT_PPP_EAP_MSCHAPV2 | ADIT_PPP_EAP_MD5 },
    };

    for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autoptr (AditProfile) profile = profile_of (cases[i].keys);
        AditPppConfig config            = { 0 };

        adit_ppp_eap_load (&config, profile, "l2tp");
        g_assert_cmpuint (config.eap, ==, cases[i].methods);
        g_assert_true ((config.ca != NULL) == (strstr (cases[i].keys, "ca = ") != NULL));
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/ppp/eap-profile/keys-that-fit-together", keys_that_fit_together);
    g_test_add_func ("/ppp/eap-profile/texts-that-were-in-files", texts_that_were_in_files);
    g_test_add_func ("/ppp/eap-profile/methods-that-may-be-used", methods_that_may_be_used);
    return g_test_run ();
}
