/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-config.c - what [l2tp] may say, and what is made of it. */
#include "plugins/l2tp/config.h"

#define HEAD "[connection]\ntype = l2tp\nserver = vpn.example.org\n"

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
    { HEAD "[l2tp]\nipsec = off\n", NULL },
    { HEAD "[l2tp]\nuser = a\n", "ipsec = off" },
    { HEAD "[l2tp]\nipsec = required\n", "ipsec = off" },
    { "[connection]\ntype = l2tp\n[l2tp]\nipsec = off\n", "names no server" },
    { HEAD "[l2tp]\nipsec = off\nmppe = 40\n", "toy.conf:6" },
    { HEAD "legacy = yes\n[l2tp]\nipsec = off\nmppe = 40\n", NULL },
    { HEAD "[l2tp]\nipsec = off\nmppe = 128\n", NULL },
};

static void
test_check (void)
{
    for (guint i = 0; i < G_N_ELEMENTS (checks); i++) {
        g_autoptr (AditProfile) profile = parse (checks[i].text);
        g_autoptr (GError) error        = NULL;

        g_assert_cmpint (l2tp_config_check (profile, &error), ==, checks[i].words == NULL);
        if (checks[i].words)
            g_assert_nonnull (strstr (error->message, checks[i].words));
    }
}

static void
test_defaults (void)
{
    g_autoptr (AditProfile) profile = parse (HEAD "[l2tp]\nipsec = off\n");
    L2tpConfig config               = { 0 };

    l2tp_config_load (&config, profile);
    g_assert_cmpstr (config.server, ==, "vpn.example.org");
    g_assert_cmpuint (config.ppp.auth, ==, ADIT_PPP_MSCHAPV2 | ADIT_PPP_CHAP | ADIT_PPP_PAP);
    g_assert_cmpuint (config.ppp.mppe, ==, 0);
    g_assert_cmpuint (config.ppp.mru, ==, 1400);
    g_assert_cmpuint (config.hello_s, ==, 60);
    g_assert_null (config.secret);
    l2tp_config_clear (&config);
}

static void
test_all (void)
{
    g_autoptr (AditProfile) profile = parse (
        HEAD "legacy = yes\n[l2tp]\nipsec = off\nuser = alice\npassword = p\nauth = chap, pap\n"
             "mppe = 40\ntunnel-secret = s\nlocal-name = me\nlocal-port = 1701\nmru = 1300\n"
             "hello = 0\necho = 5\n");
    L2tpConfig config = { 0 };

    l2tp_config_load (&config, profile);
    g_assert_cmpstr (config.ppp.user, ==, "alice");
    g_assert_cmpstr (config.ppp.password, ==, "p");
    g_assert_cmpstr (config.secret, ==, "s");
    g_assert_cmpstr (config.local_name, ==, "me");
    g_assert_cmpuint (config.ppp.auth, ==, ADIT_PPP_CHAP | ADIT_PPP_PAP);
    g_assert_cmpuint (config.ppp.mppe, ==, ADIT_PPP_MPPE_128 | ADIT_PPP_MPPE_56 | ADIT_PPP_MPPE_40);
    g_assert_true (config.ppp.mppe_required && config.ppp.legacy);
    g_assert_cmpuint (config.local_port, ==, 1701);
    g_assert_cmpuint (config.ppp.mru, ==, 1300);
    g_assert_cmpuint (config.hello_s, ==, 0);
    g_assert_cmpuint (config.ppp.echo_s, ==, 5);
    l2tp_config_clear (&config);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/l2tp/config/is-checked", test_check);
    g_test_add_func ("/l2tp/config/has-defaults", test_defaults);
    g_test_add_func ("/l2tp/config/is-read", test_all);
    return g_test_run ();
}
