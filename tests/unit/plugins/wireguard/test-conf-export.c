/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-conf-export.c - out and in again is a fixed point; what a file cannot say is reported. */
#include "plugins/wireguard/conf.h"
#include "plugins/wireguard/machine.h"

#define KEY_A "aGkWx6mjx0iulWrNpjIedQPprfCNQ+PepVnccDvRfm0="
#define KEY_B "6ZR1KG8v6IqZfRKrcPcaNA1Kxg3yIARj5JoZnL1WnRA="

static guint reports;

static void
on_report (gpointer user G_GNUC_UNUSED, guint line G_GNUC_UNUSED, const char *what G_GNUC_UNUSED,
           const char *why G_GNUC_UNUSED)
{
    reports++;
}

static AditProfile *
import (const char *text)
{
    AditProfile *p = adit_profile_new ();

    g_assert_true (wireguard_import (p, text, strlen (text), on_report, NULL, NULL));
    return p;
}

static char *export(const AditProfile *p)
{
    char *text = wireguard_export (p, on_report, NULL, NULL);

    g_assert_nonnull (text);
    return text;
}

static void
out_and_in_again_changes_nothing (void)
{
    static const char *const texts[] = {
        "[Interface]\nPrivateKey = " KEY_A "\n",
        "[Interface]\nPrivateKey = " KEY_A "\nTable = 0\nFwMark = off\nListenPort = 0\nMTU=1400\n"
        "DNS = corp.example\n[Peer]\nPublicKey = " KEY_B "\nPersistentKeepalive = off\n"
        "AllowedIPs =\n",
        "[Interface]\nPrivateKey = " KEY_A "\nAddress = fd00::2/64, 10.0.0.2\nDNS = 1.1.1.1\n"
        "[Peer]\nPublicKey = " KEY_B "\nEndpoint = [::1]:1\nAllowedIPs = ::/0\n"
        "PersistentKeepalive = 7\n",
    };

    for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
        g_autoptr (AditProfile) once   = import (texts[i]);
        g_autofree char *first         = export(once);
        g_autoptr (AditProfile) twice  = import (first);
        g_autofree char *second        = export(twice);
        g_autoptr (AditProfile) thrice = import (second);
        g_autofree char *a             = adit_profile_format (twice);
        g_autofree char *b             = adit_profile_format (thrice);

        g_assert_cmpstr (first, ==, second);
        g_assert_cmpstr (a, ==, b);
    }
}

static void
of_several_endpoints_the_first_is_said (void)
{
    g_autoptr (AditProfile) p =
        import ("[Interface]\nPrivateKey = " KEY_A "\n[Peer]\nPublicKey = " KEY_B
                "\nEndpoint = a.example:1\n");
    g_auto (GStrv) peers  = adit_profile_sections (p, "wireguard peer");
    g_autofree char *text = NULL;

    adit_profile_set (p, peers[0], "endpoint", "a.example:1, b.example:2");
    reports = 0;
    text    = export(p);
    g_assert_nonnull (strstr (text, "\nEndpoint = a.example:1\n"));
    g_assert_cmpuint (reports, ==, 1);
}

static void
the_text_is_a_wg_quick_file (void)
{
    g_autoptr (AditProfile) p = adit_profile_new ();
    g_autofree char *text     = NULL;

    adit_profile_set (p, "wireguard", "private-key", KEY_A);
    adit_profile_set (p, "wireguard", "address", "10.0.0.2/24");
    adit_profile_set (p, "dns", "servers", "10.0.0.1");
    adit_profile_set (p, "dns", "domains", "corp.example");
    adit_profile_set (p, "routing", "mtu", "auto");
    adit_profile_set (p, "wireguard peer hq", "public-key", KEY_B);
    adit_profile_set (p, "wireguard peer hq", "allowed-ips", "10.0.0.0/24");
    text = export(p);
    g_assert_cmpstr (text, ==,
                     "[Interface]\nPrivateKey = " KEY_A "\nAddress = 10.0.0.2/24\n"
                     "DNS = 10.0.0.1, corp.example\n\n"
                     "[Peer]\nPublicKey = " KEY_B "\nAllowedIPs = 10.0.0.0/24\n");
}

static void
what_cannot_be_said_is_reported (void)
{
    g_autoptr (AditProfile) p = adit_profile_new ();
    g_autofree char *text     = NULL;
    g_autoptr (GError) error  = NULL;

    g_assert_null (wireguard_export (p, on_report, NULL, &error));
    g_assert_error (error, ADIT_ERROR, ADIT_ERROR_SECRET);
    adit_profile_set (p, "connection", "type", "wireguard");
    adit_profile_set (p, "wireguard", "private-key", KEY_A);
    adit_profile_set (p, "routing", "exclude", "10.9.0.0/16");
    adit_profile_set (p, "guard", "mode", "always");
    reports = 0;
    text    = export(p);
    g_assert_cmpuint (reports, ==, 2);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/wireguard/conf-export/of-several-endpoints-the-first-is-said",
                     of_several_endpoints_the_first_is_said);
    g_test_add_func ("/wireguard/conf-export/out-and-in-again-changes-nothing",
                     out_and_in_again_changes_nothing);
    g_test_add_func ("/wireguard/conf-export/the-text-is-a-wg-quick-file",
                     the_text_is_a_wg_quick_file);
    g_test_add_func ("/wireguard/conf-export/what-cannot-be-said-is-reported",
                     what_cannot_be_said_is_reported);
    return g_test_run ();
}
