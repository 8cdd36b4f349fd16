/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-conf-import.c - peers files, pptpsetup's output and keyfiles: what is taken, what is
 * reported with its line, and that nothing of them is run. */
#include "plugins/pptp/conf-import.h"
#include "plugins/pptp/config.h"

typedef struct {
    AditProfile *profile;
    GString     *reports; /* "12 word;" */
} Bed;

static void
on_report (gpointer user, guint line, const char *what, const char *why)
{
    Bed *b = user;

    g_assert_nonnull (why);
    g_string_append_printf (b->reports, "%u %s;", line, what);
}

static void
bed_setup (Bed *b, gconstpointer data)
{
    (void) data;
    b->profile = adit_profile_new ();
    b->reports = g_string_new (NULL);
}

static void
bed_teardown (Bed *b, gconstpointer data)
{
    (void) data;
    adit_profile_free (b->profile);
    g_string_free (b->reports, TRUE);
}

static gboolean
import (Bed *b, const char *text)
{
    GError  *error = NULL;
    gboolean ours  = pptp_conf_import (b->profile, text, strlen (text), on_report, b, &error);

    g_assert_no_error (error);
    return ours;
}

static void
expect (const Bed *b, const char *section, const char *key, const char *value)
{
    g_assert_cmpstr (adit_profile_get (b->profile, section, key), ==, value);
}

/* The shape that pptpsetup --encrypt writes. */
static void
test_pptpsetup (Bed *b, gconstpointer data)
{
    (void) data;
    g_assert_true (import (b, "# written by pptpsetup\n"
                              "pty \"pptp vpn.example.org --nolaunchpppd\"\n"
                              "lock\nnoauth\nnobsdcomp\nnodeflate\n"
                              "name alice\nremotename office\nipparam office\n"
                              "require-mppe-128\n"));
    expect (b, "connection", "server", "vpn.example.org");
    expect (b, "pptp", "user", "alice");
    expect (b, "pptp", "mppe", "128");
    expect (b, "connection", "legacy", NULL);
    g_assert_cmpstr (b->reports->str, ==, "");
}

static void
test_peers (Bed *b, gconstpointer data)
{
    (void) data;
    g_assert_true (import (b, "pty '/usr/sbin/pptp 192.0.2.1 --loglevel 0'\n"
                              "name \"D\\\\alice\" password 'a b#c' # trailing\n"
                              "refuse-pap refuse-chap refuse-eap mtu 1300\n"
                              "require-mppe-40\n"
                              "connect /bin/evil\n"
                              "file /etc/shadow\n"
                              "lcp-echo-interval x\n"
                              "defaultroute\n"
                              "wibble 5\n"
                              "name\n"));
    expect (b, "connection", "server", "192.0.2.1");
    expect (b, "connection", "legacy", "yes");
    expect (b, "pptp", "user", "D\\alice");
    expect (b, "pptp", "password", "a b#c");
    expect (b, "pptp", "auth", "mschapv2");
    expect (b, "pptp", "mppe", "40");
    expect (b, "routing", "mtu", "1300");
    expect (b, "routing", "default-route", "yes");
    g_assert_cmpstr (b->reports->str, ==, "5 connect;6 file;7 lcp-echo-interval;9 wibble;10 name;");
}

static void
test_nm (Bed *b, gconstpointer data)
{
    (void) data;
    g_assert_true (import (b, "[connection]\nid=Office\nuuid=1\ntype=vpn\n\n"
                              "[vpn]\ngateway=vpn.example.org\nuser=alice\nrequire-mppe=yes\n"
                              "refuse-eap=yes\nrefuse-pap=no\npassword-flags=1\n"
                              "service-type=org.freedesktop.NetworkManager.pptp\nodd-key=7\n\n"
                              "[vpn-secrets]\npassword=s3cret\n\n"
                              "[ipv4]\nmethod=auto\nnever-default=true\nroute1=10.0.0.0/8\n"));
    expect (b, "connection", "server", "vpn.example.org");
    expect (b, "pptp", "user", "alice");
    expect (b, "pptp", "password", "s3cret");
    expect (b, "pptp", "mppe", "128");
    expect (b, "pptp", "auth", "mschapv2, chap, pap");
    expect (b, "routing", "default-route", "no");
    g_assert_cmpstr (b->reports->str, ==, "14 odd-key;22 route1;");
}

static void
test_not_ours (Bed *b, gconstpointer data)
{
    static const char *const texts[] = {
        "",
        "[Interface]\nPrivateKey = x\n",
        "pty \"/bin/sh -c evil\"\n",
        "name alice\n",
        "[vpn]\nservice-type=org.freedesktop.NetworkManager.openvpn\n",
        "pty",
        "pty pptp",
    };

    (void) data;
    for (guint i = 0; i + 1 < G_N_ELEMENTS (texts); i++)
        g_assert_false (import (b, texts[i]));
    g_assert_true (import (b, texts[6])); /* it is, though it names no server */
    expect (b, "connection", "server", NULL);
}

/* Any cut of a whole file. */
static void
test_cuts (Bed *b, gconstpointer data)
{
    static const char text[] =
        "pty \"pptp vpn --x\"\nname 'al\\'ice' password \"p\nmtu 1400 # \\\n\\";

    (void) data;
    for (gsize len = 0; len < sizeof text; len++) {
        g_autofree char *copy  = g_memdup2 (text, MAX (len, 1));
        GError          *error = NULL;

        pptp_conf_import (b->profile, copy, len, on_report, b, &error);
        g_assert_no_error (error);
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
#define ADD(name, fn) g_test_add ("/pptp/import/" name, Bed, NULL, bed_setup, fn, bed_teardown)
    ADD ("what-pptpsetup-writes", test_pptpsetup);
    ADD ("a-peers-file-with-everything", test_peers);
    ADD ("a-keyfile", test_nm);
    ADD ("files-of-others", test_not_ours);
    ADD ("every-truncation", test_cuts);
    return g_test_run ();
}
