/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-schema.c - descriptions of plugins come back as they were; profiles are held against them,
 * and every refusal says where, what and how to cure it. */
#include "client/base/schema.h"
#include "client/base/value.h"
#include <string.h>

#define KEY "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static AditField toy_fields[] = {
    { "toy", "private-key", "Private key", ADIT_FIELD_SECRET_KEY, NULL, "32", TRUE },
    { "toy", "password", "Password", ADIT_FIELD_SECRET, NULL, NULL, FALSE },
    { "toy", "address", "Addresses", ADIT_FIELD_ADDRESSES, NULL, NULL, FALSE },
    { "toy", "listen-port", "Port", ADIT_FIELD_NUMBER, "0", "0..65535", FALSE },
    { "toy", "ca", "Authority", ADIT_FIELD_FILE, NULL, NULL, FALSE },
    { "toy", "gateway", "Gateway", ADIT_FIELD_SERVER, NULL, NULL, FALSE },
    { "toy peer", "public-key", "Public key", ADIT_FIELD_KEY, NULL, "32", TRUE },
    { "toy peer", "endpoint", "Endpoint", ADIT_FIELD_SERVER, NULL, "0", FALSE },
    { NULL, NULL, NULL, ADIT_FIELD_TEXT, NULL, NULL, FALSE },
};

static const AditSchema toy = { .name   = (char *) "toy",
                                .title  = (char *) "Toy",
                                .fields = toy_fields };

static void
judged (const char *text, const char *sentence)
{
    g_autoptr (GError) error        = NULL;
    g_autoptr (AditProfile) profile = adit_profile_parse (text, strlen (text), "toy.conf", &error);

    g_assert_no_error (error);
    g_assert_cmpint (adit_profile_check (profile, &toy, &error), ==, sentence == NULL);
    if (sentence == NULL) {
        g_assert_no_error (error);
        return;
    }
    g_assert_error (error, ADIT_ERROR, ADIT_ERROR_PROFILE);
    g_assert_cmpstr (error->message, ==, sentence);
}

#define HEAD "[connection]\ntype = toy\n"
#define GOOD HEAD "[toy]\nprivate-key = " KEY "\n"

static void
test_good (void)
{
    judged (GOOD, NULL);
    judged (GOOD "[toy peer hq]\npublic-key = " KEY "\nendpoint = vpn.example.org:1\n", NULL);
    judged (HEAD "[toy]\nprivate-key-source = ask\n", NULL);
    judged (HEAD "[toy]\nprivate-key-source = file:/etc/key\n", NULL);
    judged (HEAD "[toy]\nprivate-key-source = credential:office.key\n", NULL);
    judged (GOOD "[routing]\nmtu = auto\ntable = 51820\nmark = 0xca6c\ninclude = 10.0.0.0/8, ::/0\n"
                 "priority = 50\nlan = on\n[guard]\nmode = off\n[dns]\nservers =\n",
            NULL);
}

static void
test_unknown (void)
{
    judged (GOOD "[routing]\nmtuu = 1400\n",
            "toy.conf:6: there is no key `mtuu` in [routing]; did you mean `mtu`?");
    judged (GOOD "[routing]\nlisten-port = 1\n",
            "toy.conf:6: `listen-port` does not belong in [routing]; move it to [toy].");
    judged (GOOD "PrivateKey = x\n",
            "toy.conf:5: there is no key `PrivateKey` in [toy]; did you mean `private-key`?");
    judged (
        GOOD "frobnicate = x\n",
        "toy.conf:5: there is no key `frobnicate` in [toy]; remove it. `adit help toy` lists the "
        "keys there are.");
    judged (GOOD "[rooting]\nx = 1\n",
            "toy.conf:5: there is no section [rooting]; did you mean [routing]?");
    judged (GOOD "[l2tp]\nx = 1\n",
            "toy.conf:5: a profile of type toy has no section [l2tp]; remove it.");
    judged (GOOD "[toy peer]\npublic-key = " KEY "\n",
            "toy.conf:5: [toy peer] needs a name of your choice, like [toy peer hq].");
    judged (
        GOOD "address-source = ask\n",
        "toy.conf:5: there is no key `address-source` in [toy]; remove it. `adit help toy` lists "
        "the keys there are.");
    judged ("[connection]\ntype = other\n", "toy.conf:2: `type` is other; it must be toy here.");
}

static void
test_required (void)
{
    judged ("[connection]\nname = x\n[toy]\nprivate-key = " KEY "\n",
            "toy.conf:1: [connection] lacks `type` (Protocol); add it.");
    judged (HEAD, "toy.conf: [toy] lacks `private-key` (Private key); add it.");
    judged (GOOD "[toy peer a]\npublic-key = " KEY "\n[toy peer b]\nendpoint = a:1\n",
            "toy.conf:7: [toy peer b] lacks `public-key` (Public key); add it.");
}

static void
test_sources (void)
{
    judged (
        GOOD "private-key-source = ask\n",
        "toy.conf:5: `private-key` and `private-key-source` are both given; remove one of them.");
    judged (HEAD "[toy]\nprivate-key-source = keyring\n", NULL);
    judged (
        HEAD "[toy]\nprivate-key-source = file:key\n",
        "toy.conf:4: `private-key-source` must be ask, keyring, file:/PATH or credential:NAME.");
    judged (
        HEAD "[toy]\nprivate-key-source = credential:../x\n",
        "toy.conf:4: `private-key-source` must be ask, keyring, file:/PATH or credential:NAME.");
}

static void
test_legacy (void)
{
    judged ("[connection]\ntype = toy\nlegacy = yes\n[toy]\nprivate-key = " KEY "\n", NULL);
    judged (GOOD "[guard]\nmode = tunnel\n[routing]\nexclude-app = steam\n", NULL);
}

static void
test_values (void)
{
    static const struct {
        const char *text, *sentence;
    } cases[] = {
        { "[routing]\nmtu = 90000\n",
          "toy.conf:6: `mtu` is 90000; it must be auto, or a number from 576 to 65535." },
        { "[routing]\nmtu = -1\n",
          "toy.conf:6: `mtu` is -1; it must be auto, or a number from 576 to 65535." },
        { "[routing]\nmtu =\n", "toy.conf:6: `mtu` has no value; give it one or remove the line." },
        { "[routing]\ntable = 0\n",
          "toy.conf:6: `table` is 0; it must be auto, off, or a number from 1 to 4294967295." },
        { "listen-port = 65536\n",
          "toy.conf:5: `listen-port` is 65536; it must be between 0 and 65535." },
        { "[routing]\ndefault-route = true\n",
          "toy.conf:6: `default-route` is true; it must be yes or no." },
        { "[dns]\nmode = on\n",
          "toy.conf:6: `mode` is on; it must be one of auto, split, full, off." },
        { "[dns]\nservers = 10.0.0.1, 10.0.0.0/8\n",
          "toy.conf:6: `servers` has 10.0.0.0/8; it must be an IPv4 or IPv6 address." },
        { "[dns]\nservers = 10.0.0.1,,10.0.0.2\n", "toy.conf:6: `servers` has a comma too many." },
        { "[dns]\ndomains = a b\n",
          "toy.conf:6: `domains` has a b; it must be one word of at most 255 bytes." },
        { "address = 10.0.0.7/33\n", "toy.conf:5: `address` has 10.0.0.7/33; it must be an IPv4 or "
                                     "IPv6 address with a length, "
                                     "like 10.0.0.7/24." },
        { "gateway = vpn.example.org:5\n", "toy.conf:5: `gateway` is vpn.example.org:5; it must be "
                                           "a name, an IPv4 address or an IPv6 "
                                           "address in [brackets]." },
        { "[toy peer a]\npublic-key = " KEY "\nendpoint = vpn.example.org\n",
          "toy.conf:7: `endpoint` is vpn.example.org; it must be a name, an IPv4 address or an "
          "IPv6 "
          "address in [brackets], then a colon and a port." },
        { "[toy peer a]\npublic-key = AAAA\n",
          "toy.conf:6: `public-key` is not a key; it must be 32 bytes in base64, 44 characters." },
    };

    for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autofree char *text = g_strconcat (GOOD, cases[i].text, NULL);

        judged (text, cases[i].sentence);
    }
    judged (
        "[connection]\ntype = toy\ninterface = ../x\n[toy]\nprivate-key = " KEY "\n",
        "toy.conf:3: `interface` is ../x; it must be a word of at most 15 letters, digits, dots, "
        "dashes and underscores, and start with a letter or digit.");
    judged (
        "[connection]\ntype = toy\noffloads-off = tso, gso\n[toy]\nprivate-key = " KEY "\n",
        "toy.conf:3: `offloads-off` is gso; it must be one of tso, uso, coalesce, udp-coalesce, "
        "udp-segment, udp-gro, mmsg, vnet.");
}

static void
test_secrets_stay_secret (void)
{
    g_autoptr (AditProfile) profile = NULL;
    g_autoptr (GError) error        = NULL;
    static const char text[]        = HEAD "[toy]\nprivate-key = hunter2hunter2\n";

    profile = adit_profile_parse (text, sizeof text - 1, "toy.conf", NULL);
    g_assert_false (adit_profile_check (profile, &toy, &error));
    g_assert_null (strstr (error->message, "hunter2"));
}

static void
test_round_trip (void)
{
    AditSchema       full       = { .name      = (char *) "toy",
                                    .title     = (char *) "Toy \"#1\"",
                                    .warning   = (char *) "Broken since 2012.",
                                    .socket    = (char *) "toy/%s.sock",
                                    .kernel    = (char *) "toy",
                                    .family    = (char *) "toyfam",
                                    .kernel_if = (char *) "toy.mode=plain",
                                    .ethernet  = TRUE,
                                    .imports   = TRUE,
                                    .fields    = toy_fields };
    g_autofree char *text       = adit_schema_format (&full);
    g_autoptr (GError) error    = NULL;
    g_autoptr (AditSchema) back = adit_schema_parse (text, strlen (text), "toy.plugin", &error);
    g_autofree char *again      = NULL;

    g_assert_no_error (error);
    again = adit_schema_format (back);
    g_assert_cmpstr (again, ==, text);
    g_assert_cmpstr (back->title, ==, "Toy \"#1\"");
    g_assert_cmpstr (back->kernel_if, ==, "toy.mode=plain");
    g_assert_true (back->imports && back->ethernet && !back->exports);
    for (guint i = 0; i < G_N_ELEMENTS (toy_fields) - 1; i++) {
        g_assert_cmpstr (back->fields[i].section, ==, toy_fields[i].section);
        g_assert_cmpstr (back->fields[i].key, ==, toy_fields[i].key);
        g_assert_cmpstr (back->fields[i].range, ==, toy_fields[i].range);
        g_assert_cmpstr (back->fields[i].fallback, ==, toy_fields[i].fallback);
        g_assert_cmpint (back->fields[i].type, ==, toy_fields[i].type);
        g_assert_cmpint (back->fields[i].required, ==, toy_fields[i].required);
    }
    g_assert_null (back->fields[G_N_ELEMENTS (toy_fields) - 1].key);
}

static gboolean
fits (const char *kernel_if, const char *text)
{
    AditSchema schema               = { .name      = (char *) "toy",
                                        .kernel_if = (char *) kernel_if,
                                        .fields    = toy_fields };
    g_autoptr (AditProfile) profile = adit_profile_parse (text, strlen (text), "toy.conf", NULL);

    g_assert_nonnull (profile);
    return adit_schema_fits_kernel (&schema, profile);
}

/* What the profile does not say is what it is without saying. */
static void
test_kernel_if (void)
{
    g_assert_true (fits (NULL, "[toy]\n"));
    g_assert_true (fits ("toy.mode=plain", "[toy]\nmode = plain\n"));
    g_assert_false (fits ("toy.mode=plain", "[toy]\nmode = other\n"));
    for (const AditField *f = toy_fields; f->key; f++) {
        g_autofree char *same  = g_strdup_printf ("%s.%s=%s", f->section, f->key, f->fallback);
        g_autofree char *other = g_strdup_printf ("%s.%s=?", f->section, f->key);

        if (f->fallback)
            g_assert_true (fits (same, "[toy]\n"));
        g_assert_false (fits (other, "[toy]\n"));
    }
    g_assert_false (fits ("nonsense", "[toy]\n"));
}

static void
test_damaged (void)
{
    static const char *const texts[] = {
        "",
        "[plugin]\nname = toy\n",
        "[plugin]\ntitle = Toy\nname = ../toy\n",
        "[plugin]\ntitle = Toy\nname = toy\n[field 1]\nsection = toy\nkey = a\ntitle = A\n",
        "[plugin]\ntitle = Toy\nname = toy\n[field 1]\nsection = toy\ntype = text\ntitle = A\n",
        "[plugin]\ntitle = Toy\nname = toy\n[field 1]\nsection = toy\nkey = a\ntitle = A\ntype = "
        "key\n",
        "[plugin]\ntitle = Toy\nname = toy\n[field 1]\nsection = t\nkey = a\ntitle = A\ntype = "
        "choice\n",
        "garbage",
    };

    for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
        g_autoptr (GError) error = NULL;

        g_assert_null (adit_schema_parse (texts[i], strlen (texts[i]), "toy.plugin", &error));
        g_assert_nonnull (error);
    }
}

static void
test_fields_found (void)
{
    g_assert_true (adit_schema_field (&toy, "toy peer hq", "public-key") == &toy_fields[6]);
    g_assert_null (adit_schema_field (&toy, "toy peer", "public-key"));
    g_assert_null (adit_schema_field (&toy, "toy peer a b", "public-key"));
    g_assert_null (adit_schema_field (&toy, "toy peerx", "public-key"));
    g_assert_true (adit_schema_field (&toy, "toy", "password") == &toy_fields[1]);
    g_assert_nonnull (adit_schema_field (&toy, "routing", "mtu"));
    g_assert_null (adit_schema_field (&toy, "routing hq", "mtu"));
}

/* Our own tables obey our own rules: titles, defaults of their type. */
static void
test_common_table (void)
{
    for (const AditField *f = adit_common_fields; f->key; f++) {
        g_assert_nonnull (f->title);
        if (f->fallback) {
            g_autofree char *wrong = adit_value_judge (f, f->fallback);

            g_assert_cmpstr (wrong, ==, NULL);
        }
        if (!adit_field_has_effect (f))
            g_assert_nonnull (f->fallback);
    }
}

static void
test_nearest (void)
{
    static const char *const words[] = { "mtu", "include", "exclude", "default-route", NULL };

    g_assert_cmpstr (adit_profile_nearest ("includes", words), ==, "include");
    g_assert_cmpstr (adit_profile_nearest ("inculde", words), ==, "include");
    g_assert_cmpstr (adit_profile_nearest ("DefaultRoute", words), ==, "default-route");
    g_assert_cmpstr (adit_profile_nearest ("xyz", words), ==, NULL);
    g_assert_cmpstr (adit_profile_nearest ("", words), ==, NULL);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/schema/good-profiles-pass", test_good);
    g_test_add_func ("/schema/unknown-keys-and-sections", test_unknown);
    g_test_add_func ("/schema/required-keys", test_required);
    g_test_add_func ("/schema/sources-of-secrets", test_sources);
    g_test_add_func ("/schema/legacy-is-a-consent", test_legacy);
    g_test_add_func ("/schema/values-out-of-range", test_values);
    g_test_add_func ("/schema/no-secret-in-a-sentence", test_secrets_stay_secret);
    g_test_add_func ("/schema/description-comes-back", test_round_trip);
    g_test_add_func ("/schema/what-the-kernel-can-do", test_kernel_if);
    g_test_add_func ("/schema/damaged-descriptions", test_damaged);
    g_test_add_func ("/schema/fields-by-section-and-key", test_fields_found);
    g_test_add_func ("/schema/common-table-obeys-itself", test_common_table);
    g_test_add_func ("/schema/did-you-mean", test_nearest);
    return g_test_run ();
}
