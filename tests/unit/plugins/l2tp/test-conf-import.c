/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-conf-import.c - xl2tpd.conf and keyfiles: what is taken, and what is reported with its line.
 */
#include "plugins/l2tp/conf-import.h"
#include "plugins/l2tp/config.h"

static void
on_report (gpointer user, guint line, const char *what, const char *why)
{
    g_assert_nonnull (why);
    g_string_append_printf (user, "%u %s;", line, what);
}

static AditProfile *
import (const char *text, GString *reports)
{
    AditProfile *profile = adit_profile_new ();
    GError      *error   = NULL;

    g_string_truncate (reports, 0);
    if (!l2tp_conf_import (profile, text, strlen (text), on_report, reports, &error))
        g_clear_pointer (&profile, adit_profile_free);
    g_assert_no_error (error);
    return profile;
}

static void
test_xl2tpd (void)
{
    g_autoptr (GString) reports     = g_string_new (NULL);
    g_autoptr (AditProfile) profile = import ("[global]\nport = 1701\n"
                                              "; a comment\n"
                                              "[lac office]\n"
                                              "lns = vpn.example.org ; ours\n"
                                              "name = alice\n"
                                              "redial = yes\n"
                                              "challenge = yes\n"
                                              "pppoptfile = /etc/ppp/options.l2tp\n"
                                              "colour = blue\n"
                                              "[lac other]\nlns = 192.0.2.9\n",
                                              reports);

    g_assert_nonnull (profile);
    g_assert_cmpstr (adit_profile_get (profile, "connection", "server"), ==, "vpn.example.org");
    g_assert_cmpstr (adit_profile_get (profile, "l2tp", "user"), ==, "alice");
    g_assert_null (adit_profile_get (profile, "l2tp", "ipsec")); /* stays required */
    g_assert_cmpstr (reports->str, ==, "8 challenge;9 pppoptfile;10 colour;11 [lac other];0 l2tp;");
}

static void
test_nm (void)
{
    g_autoptr (GString) reports     = g_string_new (NULL);
    g_autoptr (AditProfile) profile = import ("[vpn]\ngateway=192.0.2.1\nuser=alice\nmru=1300\n"
                                              "ipsec-enabled=yes\nipsec-psk=x\n"
                                              "service-type=org.freedesktop.NetworkManager.l2tp\n",
                                              reports);

    g_assert_nonnull (profile);
    g_assert_cmpstr (adit_profile_get (profile, "connection", "server"), ==, "192.0.2.1");
    g_assert_cmpstr (adit_profile_get (profile, "l2tp", "user"), ==, "alice");
    g_assert_cmpstr (adit_profile_get (profile, "l2tp", "mru"), ==, "1300");
    g_assert_cmpstr (reports->str, ==, "5 ipsec-enabled;6 ipsec-psk;0 l2tp;");
}

static void
test_nm_certificate (void)
{
    g_autoptr (GString) reports = g_string_new (NULL);
    g_autoptr (GError) error    = NULL;
    g_autoptr (AditProfile) profile =
        import ("[vpn]\ngateway=192.0.2.1\nuser=alice\nuser-auth-type=tls\nrequire-mppe-40=yes\n"
                "user-ca=/etc/vpn/ca.pem\nuser-cert=/etc/vpn/alice.pem\n"
                "user-key=/etc/vpn/alice.key\nrefuse-pap=yes\n"
                "service-type=org.freedesktop.NetworkManager.l2tp\n"
                "[vpn-secrets]\nuser-certpass=open sesame\n",
                reports);

    g_assert_cmpstr (adit_profile_get (profile, "l2tp", "auth"), ==, "eap");
    g_assert_cmpstr (adit_profile_get (profile, "l2tp", "ca"), ==, "/etc/vpn/ca.pem");
    g_assert_cmpstr (adit_profile_get (profile, "l2tp", "certificate"), ==, "/etc/vpn/alice.pem");
    g_assert_cmpstr (adit_profile_get (profile, "l2tp", "key-source"), ==,
                     "file:/etc/vpn/alice.key");
    g_assert_cmpstr (adit_profile_get (profile, "l2tp", "key-passphrase"), ==, "open sesame");
    g_assert_cmpstr (adit_profile_get (profile, "connection", "legacy"), ==, "yes");
    adit_profile_set (profile, "l2tp", "ipsec", "off");
    g_assert_true (l2tp_config_check (profile, &error)); /* as it is, it may be used */
    g_assert_no_error (error);
}

/* SoftEther is lost when EAP is agreed to in general. */
static void
test_eap_is_not_named (void)
{
    g_autoptr (GString) reports = g_string_new (NULL);
    g_autoptr (AditProfile) profile =
        import ("[vpn]\ngateway=192.0.2.1\nrefuse-pap=yes\nuser-cert=alice.pem\n"
                "service-type=org.freedesktop.NetworkManager.l2tp\n",
                reports);

    g_assert_cmpstr (adit_profile_get (profile, "l2tp", "auth"), ==, "mschapv2, chap");
    g_assert_nonnull (strstr (reports->str, "4 user-cert;"));
}

static void
test_not_ours (void)
{
    static const char *const texts[] = { "", "[lns default]\nip range = x\n", "[lac x]\n",
                                         "[Interface]\nPrivateKey = lns\n" };
    g_autoptr (GString) reports      = g_string_new (NULL);

    for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
        g_assert_null (import (texts[i], reports));
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/l2tp/import/xl2tpd-conf", test_xl2tpd);
    g_test_add_func ("/l2tp/import/a-keyfile", test_nm);
    g_test_add_func ("/l2tp/import/a-keyfile-with-a-certificate", test_nm_certificate);
    g_test_add_func ("/l2tp/import/eap-is-not-named", test_eap_is_not_named);
    g_test_add_func ("/l2tp/import/files-of-others", test_not_ours);
    return g_test_run ();
}
