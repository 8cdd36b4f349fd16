/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-config.c - profiles that make a device, and those that do not and why; the field table. */
#include "client/base/schema.h"
#include "plugins/wireguard/config.h"
#include "tests/lib/fakehost.h"

#define KEY_A "aGkWx6mjx0iulWrNpjIedQPprfCNQ+PepVnccDvRfm0="
#define KEY_B "6ZR1KG8v6IqZfRKrcPcaNA1Kxg3yIARj5JoZnL1WnRA="
#define KEY_C "7Yft2HTWMYbCcOtuJu+jE69TzO9e+Zd8wDNmtFo2UWE="
#define BASE                                                                           \
    "[connection]\ntype = wireguard\n[wireguard]\nprivate-key = " KEY_A "\naddress = " \
    "10.0.0.2/24\n"

static AditProfile *
parse (const char *text)
{
    AditProfile *p = adit_profile_parse (text, strlen (text), "wg0.conf", NULL);

    g_assert_nonnull (p);
    return p;
}

static void
rules_name_file_line_and_cure (void)
{
    static const struct {
        const char *text, *wanted;
    } rows[] = {
        { BASE "[wireguard peer a]\npublic-key = " KEY_B "\n", NULL },
        { BASE, "add a section [wireguard peer NAME]" },
        { BASE "[wireguard peer a]\npublic-key = " KEY_B "\n[wireguard peer b]\npublic-key = " KEY_B
               "\n",
          "wg0.conf:9: `public-key` is that of peer a too" },
        { BASE "[wireguard peer a]\npublic-key = " KEY_B "\npersistent-keepalive = 25\n", NULL },
    };

    for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
        g_autoptr (AditProfile) p = parse (rows[i].text);
        g_autoptr (GError) error  = NULL;

        g_assert_true (wireguard_config_check (p, &error) == !rows[i].wanted);
        if (rows[i].wanted) {
            g_test_message ("%s", error->message);
            g_assert_nonnull (strstr (error->message, rows[i].wanted));
        }
    }
}

static void
a_profile_becomes_a_device (void)
{
    g_autoptr (AditProfile) p =
        parse (BASE "listen-port = 77\n[wireguard peer hq]\npublic-key = " KEY_B
                    "\npreshared-key = " KEY_C "\nendpoint = vpn.example.org\n"
                    "allowed-ips = 10.0.0.0/24, fd00::/8\n"
                    "persistent-keepalive = 25\n");
    g_autoptr (FakeWire) wire   = fake_wire_new (1);
    g_autoptr (FakeHost) host   = fake_host_new (wire, "a", "192.0.2.1:1");
    WireguardDevice     *device = wireguard_device_new (&host->base);
    const WireguardPeer *peer;

    g_assert_true (wireguard_config_load (device, p, NULL));
    g_assert_cmpuint (device->listen_port, ==, 77);
    g_assert_cmpuint (device->peers->len, ==, 1);
    peer = g_ptr_array_index (device->peers, 0);
    g_assert_cmpstr (peer->name, ==, "hq");
    g_assert_cmpstr (peer->server, ==, "vpn.example.org");
    g_assert_cmpuint (peer->persistent_keepalive, ==, 25);
    g_assert_cmpuint (peer->allowed->len, ==, 2);
    g_assert_cmphex (peer->handshake.preshared_key[0], ==, 0xed);
    wireguard_device_free (device);
}

/* The profile of a wg-quick user passes the check of the whole schema. */
static void
every_field_has_its_type (void)
{
    static const struct {
        const char *line;
        gboolean    good;
    } rows[] = {
        { "listen-port = 65535", TRUE },
        { "listen-port = 65536", FALSE },
        { "preshared-key = " KEY_C, FALSE },
        { "address = 10.0.0.3/24", FALSE },
        { "[wireguard peer b]\npublic-key = " KEY_C, TRUE },
        { "[wireguard peer b]\npublic-key = short", FALSE },
        { "[wireguard peer b]\nendpoint = a.example:1", FALSE }, /* without its public key */
        { "[wireguard peer b]\npublic-key = " KEY_C "\nendpoint = [::1]", TRUE },
        { "[wireguard peer b]\npublic-key = " KEY_C "\nallowed-ips = 0.0.0.0/0, ::/0", TRUE },
        { "[wireguard peer b]\npublic-key = " KEY_C "\nallowed-ips = all", FALSE },
        { "[wireguard peer b]\npublic-key = " KEY_C "\npersistent-keepalive = off", FALSE },
    };
    const AditSchema schema = { .name   = (char *) "wireguard",
                                .title  = (char *) "WireGuard",
                                .fields = (AditField *) (gpointer) wireguard_fields };

    for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
        g_autofree char *text     = g_strdup_printf (BASE "%s\n", rows[i].line);
        g_autoptr (AditProfile) p = adit_profile_parse (text, strlen (text), "wg0.conf", NULL);

        g_test_message ("%s", rows[i].line);
        g_assert_true ((p && adit_profile_check (p, &schema, NULL)) == rows[i].good);
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/wireguard/config/rules-name-file-line-and-cure",
                     rules_name_file_line_and_cure);
    g_test_add_func ("/wireguard/config/a-profile-becomes-a-device", a_profile_becomes_a_device);
    g_test_add_func ("/wireguard/config/every-field-has-its-type", every_field_has_its_type);
    return g_test_run ();
}
