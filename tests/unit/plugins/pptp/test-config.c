/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-config.c - what [pptp] may say, and what is made of it. */
#include "plugins/pptp/config.h"

#define HEAD "[connection]\ntype = pptp\nserver = vpn.example.org\n"

static AditProfile *
parse (const char *text)
{
    GError      *error   = NULL;
    AditProfile *profile = adit_profile_parse (text, strlen (text), "toy.conf", &error);

    g_assert_no_error (error);
    return profile;
}

static const struct {
    const char *text, *words; /* words NULL: fine */
} checks[] = {
    { HEAD "[pptp]\nuser = a\n", NULL },
    { HEAD "[pptp]\nmppe = 128\n", NULL },
    { HEAD "[pptp]\nmppe = 40\n", "toy.conf:5" },
    { HEAD "[pptp]\nmppe = off\n", "legacy = yes" },
    { HEAD "legacy = yes\n[pptp]\nmppe = off\n", NULL },
    { "[connection]\ntype = pptp\n[pptp]\n", "names no server" },
};

static void
test_check (void)
{
    for (guint i = 0; i < G_N_ELEMENTS (checks); i++) {
        g_autoptr (AditProfile) profile = parse (checks[i].text);
        g_autoptr (GError) error        = NULL;

        g_assert_cmpint (pptp_config_check (profile, &error), ==, checks[i].words == NULL);
        if (checks[i].words)
            g_assert_nonnull (strstr (error->message, checks[i].words));
    }
}

static void
test_load (void)
{
    static const struct {
        const char *keys;
        guint       auth, mppe;
    } cases[] = {
        { "", ADIT_PPP_MSCHAPV2, ADIT_PPP_MPPE_128 },
        { "mppe = 56\nauth = chap\n", ADIT_PPP_CHAP, ADIT_PPP_MPPE_128 | ADIT_PPP_MPPE_56 },
        { "mppe = 40\nauth = pap\n", ADIT_PPP_PAP,
          ADIT_PPP_MPPE_128 | ADIT_PPP_MPPE_56 | ADIT_PPP_MPPE_40 },
        { "mppe = off\nauth = eap\n", ADIT_PPP_EAP, 0 },
    };

    for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autofree char *text =
            g_strconcat (HEAD "[pptp]\nuser = u\npassword = p\necho = 9\n", cases[i].keys, NULL);
        g_autoptr (AditProfile) profile = parse (text);
        PptpConfig config               = { 0 };

        pptp_config_load (&config, profile);
        g_assert_cmpstr (config.server, ==, "vpn.example.org");
        g_assert_cmpstr (config.ppp.user, ==, "u");
        g_assert_cmpstr (config.ppp.password, ==, "p");
        g_assert_cmpuint (config.echo_s, ==, 9);
        g_assert_cmpuint (config.ppp.auth, ==, cases[i].auth);
        g_assert_cmpuint (config.ppp.mppe, ==, cases[i].mppe);
        pptp_config_clear (&config);
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/pptp/config/is-checked", test_check);
    g_test_add_func ("/pptp/config/is-read", test_load);
    return g_test_run ();
}
