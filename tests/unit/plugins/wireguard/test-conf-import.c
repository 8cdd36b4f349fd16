/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-conf-import.c - wg-quick files: every word, its spellings, and what is wrong said by line.
 */
#include "plugins/wireguard/conf.h"
#include "plugins/wireguard/machine.h"

#define KEY_A "aGkWx6mjx0iulWrNpjIedQPprfCNQ+PepVnccDvRfm0="
#define KEY_B "6ZR1KG8v6IqZfRKrcPcaNA1Kxg3yIARj5JoZnL1WnRA="
#define KEY_C "7Yft2HTWMYbCcOtuJu+jE69TzO9e+Zd8wDNmtFo2UWE="
#define PEER_B "wireguard peer 6ZR1KG8v"

static GString *reports;

static void
on_report (gpointer user G_GNUC_UNUSED, guint line, const char *what, const char *why)
{
    g_assert_cmpuint (strlen (why), >, 10);
    g_string_append_printf (reports, "%u %s\n", line, what);
}

static AditProfile *
import (const char *text, GError **error)
{
    g_autoptr (AditProfile) profile = adit_profile_new ();

    if (reports)
        g_string_free (reports, TRUE);
    reports = g_string_new (NULL);
    if (!wireguard_import (profile, text, strlen (text), on_report, NULL, error))
        return NULL;
    return g_steal_pointer (&profile);
}

static void
claim_value (const AditProfile *p, const char *section, const char *key, const char *wanted)
{
    g_assert_cmpstr (adit_profile_get (p, section, key), ==, wanted);
}

static void
every_word_is_understood (void)
{
    g_autoptr (GError) error  = NULL;
    g_autoptr (AditProfile) p = import ("# office\r\n"
                                        "[INTERFACE]\r\n"
                                        "privatekey=" KEY_A " # mine\r\n"
                                        "Address = 10.0.0.2/24, fd00::2/64\r\n"
                                        "address = 192.0.2.9\r\n"
                                        "DNS = 10.0.0.1, corp.example, fd00::1\r\n"
                                        "ListenPort = 51820\r\n"
                                        "FwMark = 0xca6c\r\n"
                                        "Table = off\r\n"
                                        "MTU = 1380\r\n"
                                        "SaveConfig = true\r\n"
                                        "PostUp = iptables -A FORWARD -i %i -j ACCEPT; echo = x\r\n"
                                        "PreDown = rm -rf /\r\n"
                                        "\r\n"
                                        "[Peer]\r\n"
                                        "AllowedIPs = 10.0.0.1/24\r\n"
                                        "AllowedIPs = ::/0,0.0.0.0/0\r\n"
                                        "Endpoint = vpn.example.org:51820\r\n"
                                        "PersistentKeepalive = Off\r\n"
                                        "PresharedKey = " KEY_C "\r\n"
                                        "PublicKey = " KEY_B "\r\n"
                                        "[Peer]\r\n"
                                        "PublicKey = " KEY_C "\r\n"
                                        "Endpoint = [2001:db8::1]:1\r\n"
                                        "PersistentKeepalive = 25\r\n",
                                        &error);

    g_assert_no_error (error);
    claim_value (p, "connection", "type", "wireguard");
    claim_value (p, "wireguard", "private-key", KEY_A);
    claim_value (p, "wireguard", "address", "10.0.0.2/24, fd00::2/64, 192.0.2.9/32");
    claim_value (p, "dns", "servers", "10.0.0.1, fd00::1");
    claim_value (p, "dns", "domains", "corp.example");
    claim_value (p, "wireguard", "listen-port", "51820");
    claim_value (p, "routing", "mark", "51820");
    claim_value (p, "routing", "table", "off");
    claim_value (p, "routing", "mtu", "1380");
    claim_value (p, PEER_B, "allowed-ips", "10.0.0.0/24, ::/0, 0.0.0.0/0");
    claim_value (p, PEER_B, "endpoint", "vpn.example.org:51820");
    claim_value (p, PEER_B, "persistent-keepalive", "0");
    claim_value (p, PEER_B, "preshared-key", KEY_C);
    claim_value (p, "wireguard peer 7Yft2HTW", "endpoint", "[2001:db8::1]:1");
    claim_value (p, "wireguard peer 7Yft2HTW", "persistent-keepalive", "25");
    g_assert_cmpstr (reports->str, ==, "11 SaveConfig\n12 PostUp\n13 PreDown\n");
}

static void
faults_are_said_with_their_line (void)
{
#define WITH(line) "[Interface]\nPrivateKey = " KEY_A "\n" line "\n"
    static const struct {
        const char *text, *line, *word;
    } rows[] = {
        { "[Interface]\nPrivateKey = short\n", "2", "PrivateKey" },
        { WITH ("Address = 10.0.0.2/33"), "3", "Address" },
        { WITH ("Address = 10.0.0.2,,10.0.0.3"), "3", "Address" },
        { WITH ("DNS = -x"), "3", "DNS" },
        { WITH ("ListenPort = 65536"), "3", "ListenPort" },
        { WITH ("ListenPort ="), "3", "ListenPort" },
        { WITH ("MTU = 500"), "3", "MTU" },
        { WITH ("FwMark = 0x100000000"), "3", "FwMark" },
        { WITH ("Table = main"), "3", "Table" },
        { WITH ("Colour = red"), "3", "Colour" },
        { WITH ("PublicKey = " KEY_B), "3", "PublicKey" },
        { WITH ("nonsense"), "3", "=" },
        { WITH ("[Peer]\nEndpoint = a:1"), "3", "[Peer]" },
        { WITH ("[Peer]\nPublicKey = " KEY_B "\nEndpoint = vpn.example.org"), "5", "Endpoint" },
        { WITH ("[Peer]\nPublicKey = " KEY_B "\nEndpoint = ::1:51820"), "5", "Endpoint" },
        { WITH ("[Peer]\nPublicKey = " KEY_B "\nAllowedIPs = all"), "5", "AllowedIPs" },
        { WITH ("[Peer]\nPublicKey = " KEY_B "\nPersistentKeepalive = 65536"), "5",
          "PersistentKeepalive" },
        { WITH ("[Other]"), "3", "[Other]" },
    };

    for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
        g_autoptr (GError) error = NULL;
        g_autofree char *line    = g_strdup_printf ("%s", rows[i].line);

        g_assert_null (import (rows[i].text, &error));
        g_assert_error (error, ADIT_ERROR, ADIT_ERROR_PROFILE);
        g_test_message ("%s", error->message);
        g_assert_nonnull (strstr (error->message, line));
        g_assert_nonnull (strstr (error->message, rows[i].word));
        g_assert_null (strstr (error->message, "aGkWx6mj"));
    }
}

static void
other_files_are_not_ours (void)
{
    static const char *const texts[] = { "", "\n# only words\n", "client\nremote x 1194\n",
                                         "[connection]\ntype = l2tp\n" };

    for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
        g_autoptr (GError) error = NULL;

        g_assert_null (import (texts[i], &error));
        g_assert_no_error (error);
    }
}

static void
binary_files_and_missing_keys_are_faults (void)
{
    g_autoptr (AditProfile) p = adit_profile_new ();
    g_autoptr (GError) nul    = NULL;
    g_autoptr (GError) none   = NULL;
    static const char text[]  = "[Interface]\0\nPrivateKey = " KEY_A "\n";

    g_assert_false (wireguard_import (p, text, sizeof text - 1, on_report, NULL, &nul));
    g_assert_error (nul, ADIT_ERROR, ADIT_ERROR_PROFILE);
    g_assert_null (import ("[Interface]\nAddress = 10.0.0.1\n", &none));
    g_assert_error (none, ADIT_ERROR, ADIT_ERROR_PROFILE);
}

static void
peers_with_one_key_stay_two_sections (void)
{
    g_autoptr (GError) error  = NULL;
    g_autoptr (AditProfile) p = import ("[Interface]\nPrivateKey = " KEY_A "\n"
                                        "[Peer]\nPublicKey = " KEY_B "\n"
                                        "[Peer]\nPublicKey = " KEY_B "\n",
                                        &error);

    g_assert_no_error (error);
    claim_value (p, PEER_B, "public-key", KEY_B);
    claim_value (p, PEER_B "-2", "public-key", KEY_B);
    g_assert_false (wireguard_config_check (p, &error));
    g_assert_error (error, ADIT_ERROR, ADIT_ERROR_PROFILE);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/wireguard/conf-import/every-word-is-understood", every_word_is_understood);
    g_test_add_func ("/wireguard/conf-import/faults-are-said-with-their-line",
                     faults_are_said_with_their_line);
    g_test_add_func ("/wireguard/conf-import/other-files-are-not-ours", other_files_are_not_ours);
    g_test_add_func ("/wireguard/conf-import/binary-files-and-missing-keys-are-faults",
                     binary_files_and_missing_keys_are_faults);
    g_test_add_func ("/wireguard/conf-import/peers-with-one-key-stay-two-sections",
                     peers_with_one_key_stay_two_sections);
    return g_test_run ();
}
