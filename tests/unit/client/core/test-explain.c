/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-explain.c - a tunnel's routes, rules and guard made by hand in a network namespace of this
 * test's own, and what is said of them. */
#include "client/core/explain-parts.h"
#include "client/core/explain.h"
#include "client/core/namespace.h"
#include "client/core/runtime.h"
#include "client/core/store.h"
#include "client/net/address.h"
#include "client/net/link.h"
#include "client/net/nft.h"
#include "client/net/route.h"
#include "client/net/tun.h"
#include "tests/lib/folder.h"
#include <errno.h>
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TABLE = 0x0ad10000, PREFERENCE = 12016, MARK = 0xad17 };

static gboolean has_namespace;
static guint    tunnel, uplink;
static char    *folder, *lock;

static gboolean
skipped (void)
{
    if (!has_namespace)
        g_test_skip ("needs CAP_SYS_ADMIN and CAP_NET_ADMIN for a network namespace with a TUN");
    return !has_namespace;
}

static AditPrefix
prefix_of (const char *text)
{
    AditPrefix prefix;

    g_assert_true (adit_prefix_parse (text, &prefix));
    return prefix;
}

/* ---- what is said ---- */

static JsonNode *
explained (const char *what)
{
    g_autoptr (GError) error = NULL;
    g_autofree char *text    = adit_explain (what, 0, &error);
    JsonNode        *root;

    g_assert_no_error (error);
    root = json_from_string (text, NULL);
    g_assert_nonnull (root);
    return root;
}

static JsonObject *
first_way (JsonNode *root)
{
    return json_array_get_object_element (
        json_object_get_array_member (json_node_get_object (root), "addresses"), 0);
}

static char *
sentences (JsonObject *object)
{
    JsonArray *list = json_object_get_array_member (object, "sentences");
    GString   *all  = g_string_new (NULL);

    for (guint i = 0; i < json_array_get_length (list); i++)
        g_string_append_printf (all, "%s\n", json_array_get_string_element (list, i));
    return g_string_free (all, FALSE);
}

static void
expect (const char *what, const char *goes, const char *said)
{
    g_autoptr (JsonNode) root = explained (what);
    JsonObject      *way      = first_way (root);
    g_autofree char *all      = sentences (way);

    g_assert_cmpstr (json_object_get_string_member (way, "goes"), ==, goes);
    g_assert_true (json_object_get_boolean_member (way, "kernel-agrees"));
    if (strstr (all, said) == NULL)
        g_error ("of %s was said: %snot: %s", what, all, said);
}

static void
test_ways (void)
{
    if (skipped ())
        return;
    expect ("10.78.1.1", "tunnel", "10.78.1.1 goes through the tunnel office, by its device tun7.");
    expect ("10.78.1.1", "tunnel", "rule 12016 of the tunnel office (not from all fwmark 0xad17");
    expect ("10.78.1.1", "tunnel", "because: the profile of office or its server offered it.");
    expect ("10.77.0.9", "tunnel", "because: it is the network of the tunnel's own address.");
    expect ("10.78.9.1", "device", "No tunnel takes 10.78.9.1: it leaves by up7, directly.");
    expect ("10.78.9.1", "device", "would take it but for the exception 10.78.9.0/24");
    expect ("10.77.0.2", "local", "10.77.0.2 is this machine itself.");
    expect ("192.0.2.1", "device", "rule 32766 of this machine (from all lookup main)");
    expect ("fd78::1", "none", "This machine has no route to fd78::1.");
}

static void
test_guard (void)
{
    static const char text[] =
        "add chain inet adit known\n"
        "add chain inet adit out-office { type filter hook output priority 10; policy accept; }\n"
        "add rule inet adit out-office oifname \"tun7\" accept\n"
        "add rule inet adit out-office ip daddr { 10.78.9.0/24 } accept\n"
        "add rule inet adit out-office meta nfproto ipv4 udp dport 53 accept\n"
        "add rule inet adit out-office meta nfproto ipv4 counter reject\n";
    g_autoptr (GError) error  = NULL;
    g_autoptr (JsonNode) root = NULL;

    if (skipped ())
        return;
    if (!adit_nft_add (lock, text, &error)) {
        g_test_skip ("needs nf_tables of the kernel");
        return;
    }
    expect ("192.0.2.1", "device",
            "But the guard of office stops it (`mode = always` in [guard]).");
    expect ("10.78.9.1", "device", "No guard stops it.");
    expect ("10.78.1.1", "tunnel", "No guard stops it.");
    root = explained ("192.0.2.1");
    g_assert_cmpstr (json_object_get_string_member (
                         json_object_get_object_member (first_way (root), "guard"), "verdict"),
                     ==, "stops");
}

static const char *
claimed_by (const char *name)
{
    static char word[32];
    g_autoptr (AditFacts) facts  = adit_facts_read (NULL);
    g_autoptr (JsonBuilder) json = json_builder_new ();
    g_autoptr (JsonNode) root    = NULL;
    const AditSender sender      = { .protocol = IPPROTO_TCP, .port = 443 };
    JsonObject      *resolver;

    json_builder_begin_object (json);
    adit_explain_resolver (json, facts, name, &sender);
    json_builder_end_object (json);
    root     = json_builder_get_root (json);
    resolver = json_object_get_object_member (json_node_get_object (root), "resolver");
    g_strlcpy (word, json_object_get_string_member_with_default (resolver, "domain", "none"),
               sizeof word);
    return word;
}

static void
test_names (void)
{
    if (skipped ())
        return;
    g_assert_cmpstr (claimed_by ("localhost"), ==, "none");
    g_assert_cmpstr (claimed_by ("corp.invalid"), ==, "corp.invalid");
    g_assert_cmpstr (claimed_by ("a.b.CORP.invalid"), ==, "corp.invalid");
    g_assert_cmpstr (claimed_by ("x.lab.corp.invalid"), ==, "lab.corp.invalid");
    g_assert_cmpstr (claimed_by ("notcorp.invalid"), ==, "none");
}

static void
test_process (void)
{
    g_autofree char *pid      = g_strdup_printf ("%d", (int) getpid ());
    g_autoptr (JsonNode) root = NULL;
    g_autofree char *all      = NULL;

    if (skipped ())
        return;
    root = explained (pid);
    all  = sentences (json_node_get_object (root));
    g_assert_nonnull (strstr (all, "is test-explain, of the user 0."));
    g_assert_cmpstr (json_object_get_string_member (json_node_get_object (root), "kind"), ==,
                     "process");
}

static void
test_questions (void)
{
    static const char *const bad[] = { "",   "a b",  "10.0.0.0/8",  "999999999",
                                       "-x", "a\nb", "10.0.0.256/", "ä.example" };

    for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
        g_autoptr (GError) error = NULL;

        g_assert_null (adit_explain (bad[i], 0, &error));
        g_assert_error (error, ADIT_ERROR, ADIT_ERROR_PROFILE);
    }
}

/* ---- the packet filter against the kernel's ---- */

enum { TABLES = 60, RULES = 12, PACKETS = 25 };

static const char *
pick (GRand *rand, const char *const *words, guint n)
{
    return words[g_rand_int_range (rand, 0, (gint32) n)];
}

/* Of a kind at most one, since nft(8) refuses rules that contradict themselves. */
static void
put_random_rule (GString *text, GRand *rand, const char *chain)
{
    static const char *const networks[] = {
        "ip daddr 192.0.2.0/25", "ip daddr { 192.0.2.1, 192.0.2.4-192.0.2.9, 192.0.3.0/24 }",
        "ip daddr != 192.0.2.2", "ip daddr @some",
        "ip6 daddr fd00::/8",    "meta nfproto ipv4",
        "meta nfproto ipv6",     "ip saddr 172.31.9.2"
    };
    static const char *const transports[] = { "meta l4proto { tcp, udp } th dport { 53, 853 }",
                                              "udp dport 53", "udp dport 50-60", "tcp dport 53" };
    static const char *const others[]     = { "oifname \"up7\"",
                                              "oifname \"up*\"",
                                              "oifname != \"lo\"",
                                              "oifname { \"lo\", \"tun7\" }",
                                              "meta mark 1",
                                              "meta mark & 2 == 2",
                                              "meta mark != { 1, 3 }",
                                              "meta skuid 0",
                                              "meta skuid { 1, 5-9 }",
                                              "ct direction original",
                                              "ct mark 0",
                                              "ct state new" };
    static const char *const verdicts[]   = { "accept",
                                              "drop",
                                              "counter reject",
                                              "return",
                                              "jump known",
                                              "meta mark set meta mark | 2",
                                              "meta mark set 3 ct mark set 3" };

    g_string_append_printf (text, "add rule inet adit %s", chain);
    if (g_rand_boolean (rand))
        g_string_append_printf (text, " %s", pick (rand, networks, G_N_ELEMENTS (networks)));
    if (g_rand_int_range (rand, 0, 3) == 0)
        g_string_append_printf (text, " %s", pick (rand, transports, G_N_ELEMENTS (transports)));
    for (gint n = g_rand_int_range (rand, 0, 3); n > 0; n--)
        g_string_append_printf (text, " %s", pick (rand, others, G_N_ELEMENTS (others)));
    g_string_append_printf (
        text, " %s\n",
        pick (rand, verdicts, strcmp (chain, "known") == 0 ? 4 : G_N_ELEMENTS (verdicts)));
}

static gboolean
make_table (GRand *rand, gboolean is_first)
{
    g_autoptr (GString) text = g_string_new (is_first ? "" : "delete table inet adit\n");
    g_autoptr (GError) error = NULL;

    g_string_append (text, "add table inet adit\n"
                           "add set inet adit some { type ipv4_addr; flags interval; }\n"
                           "add element inet adit some { 192.0.2.3, 192.0.2.128/25 }\n"
                           "add chain inet adit known\n"
                           "add chain inet adit out-a { type filter hook output priority 10; }\n"
                           "add chain inet adit out-b { type filter hook output priority 11; }\n");
    for (guint i = 0; i < RULES; i++)
        put_random_rule (text, rand, i < 4 ? "known" : i < 8 ? "out-a" : "out-b");
    if (!adit_nft_run (text->str, &error))
        g_error ("%s: %s", text->str, error->message);
    return TRUE;
}

/* Does the kernel refuse to send it? */
static gboolean
is_refused (const AditFlow *flow)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons (flow->to_port) };
    int                fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    gboolean           refused;

    memcpy (&to.sin_addr, flow->destination, 4);
    g_assert_cmpint (setsockopt (fd, SOL_SOCKET, SO_MARK, &flow->mark, sizeof flow->mark), ==, 0);
    refused =
        sendto (fd, "x", 1, 0, (const struct sockaddr *) &to, sizeof to) < 0 && errno == EPERM;
    close (fd);
    return refused;
}

static void
draw_packet (GRand *rand, AditFilterPacket *packet)
{
    static const guint16 ports[] = { 53, 57, 443, 853 };

    *packet                     = (AditFilterPacket){ .device = "up7" };
    packet->flow                = (AditFlow){ .family      = 4,
                                              .protocol    = IPPROTO_UDP,
                                              .has_source  = TRUE,
                                              .source      = { 172, 31, 9, 2 },
                                              .destination = { 192, 0, 2, 0 } };
    packet->flow.destination[2] = (guint8) (g_rand_int_range (rand, 0, 4) ? 2 : 3);
    packet->flow.destination[3] =
        (guint8) (g_rand_int_range (rand, 1, 12) + 120 * g_rand_boolean (rand));
    packet->flow.mark    = (guint32) g_rand_int_range (rand, 0, 4);
    packet->flow.to_port = ports[g_rand_int_range (rand, 0, G_N_ELEMENTS (ports))];
}

static void
test_kernel_filter (void)
{
    g_autoptr (GRand) rand = g_rand_new_with_seed ((guint32) g_test_rand_int ());
    guint stopped = 0, wrong = 0;

    if (skipped ())
        return;
    if (!adit_nft_add (lock, NULL, NULL)) {
        g_test_skip ("needs nf_tables of the kernel");
        return;
    }
    for (guint i = 0; i < TABLES && make_table (rand, FALSE); i++) {
        g_autofree char *list      = adit_nft_list ("table inet adit", TRUE, NULL);
        g_autoptr (JsonNode) table = json_from_string (list, NULL);

        for (guint n = 0; n < PACKETS; n++) {
            AditFilterPacket  packet;
            AditFilterVerdict verdict;
            const char       *chain;
            gboolean          refused;

            draw_packet (rand, &packet);
            refused = is_refused (&packet.flow);
            verdict = adit_filter_judge (table, "output", &packet, &chain);
            stopped += refused;
            if (verdict != (refused ? ADIT_FILTER_STOPS : ADIT_FILTER_PASSES)) {
                wrong++;
                g_test_message ("verdict %d, refused %d, port %u mark %u to …%u.%u\n%s", verdict,
                                refused, packet.flow.to_port, packet.flow.mark,
                                packet.flow.destination[2], packet.flow.destination[3], list);
            }
        }
    }
    g_test_message ("%u of %u packets were refused", stopped, TABLES * PACKETS);
    g_assert_cmpuint (wrong, ==, 0);
    g_assert_cmpuint (stopped, >, TABLES * PACKETS / 10);
    g_assert_cmpuint (stopped, <, TABLES * PACKETS * 9 / 10);
    g_assert_true (adit_nft_run ("delete table inet adit", NULL));
}

/* ---- the packet filter alone ---- */

#define CHAIN(name, type, prio)                                                                  \
    "{\"chain\":{\"name\":\"" name "\",\"type\":\"" type "\",\"hook\":\"output\",\"prio\":" prio \
    ",\"policy\":\"accept\"}}"
#define RULE(chain, expr) "{\"rule\":{\"chain\":\"" chain "\",\"expr\":[" expr "]}}"
#define MATCH(op, left, right) \
    "{\"match\":{\"op\":\"" op "\",\"left\":" left ",\"right\":" right "}}"
#define META(key) "{\"meta\":{\"key\":\"" key "\"}}"
#define FIELD(of, field) "{\"payload\":{\"protocol\":\"" of "\",\"field\":\"" field "\"}}"
#define CT(key) "{\"ct\":{\"key\":\"" key "\"}}"
#define CGROUP "{\"socket\":{\"key\":\"cgroupv2\"}}"

static AditFilterVerdict
judged (const char *rules, const AditFilterPacket *packet)
{
    g_autofree char *text =
        g_strdup_printf ("{\"nftables\":[" CHAIN ("out", "filter", "10") ",%s]}", rules);
    g_autoptr (JsonNode) table = json_from_string (text, NULL);
    const char *chain;

    g_assert_nonnull (table);
    return adit_filter_judge (table, "output", packet, &chain);
}

static void
test_filter (void)
{
    AditFilterPacket packet = { .device = "eth0",
                                .cgroup = "system.slice/tor.service/a",
                                .flow   = { .family      = 4,
                                            .destination = { 10, 1, 2, 3 },
                                            .uid         = 7,
                                            .mark        = 0x30017,
                                            .protocol    = IPPROTO_TCP,
                                            .to_port     = 443 } };
    static const struct {
        const char       *match;
        AditFilterVerdict verdict;
    } cases[] = {
        { MATCH ("==", META ("oifname"), "\"eth0\""), ADIT_FILTER_STOPS },
        { MATCH ("==", META ("oifname"), "\"eth*\""), ADIT_FILTER_STOPS },
        { MATCH ("!=", META ("oifname"), "\"eth0\""), ADIT_FILTER_PASSES },
        { MATCH ("==", META ("oifname"), "{\"set\":[\"lo\",\"eth1\"]}"), ADIT_FILTER_PASSES },
        { MATCH ("==", META ("nfproto"), "\"ipv6\""), ADIT_FILTER_PASSES },
        { MATCH ("==", META ("l4proto"), "{\"set\":[\"tcp\",\"udp\"]}"), ADIT_FILTER_STOPS },
        { MATCH ("==", META ("skuid"), "{\"set\":[1,{\"range\":[5,9]}]}"), ADIT_FILTER_STOPS },
        { MATCH ("==", META ("skuid"), "{\"range\":[8,9]}"), ADIT_FILTER_PASSES },
        { MATCH ("==", "{\"&\":[" META ("mark") ",65536]}", "65536"), ADIT_FILTER_STOPS },
        { MATCH ("==", META ("mark"), "23"), ADIT_FILTER_PASSES },
        { MATCH ("==", FIELD ("ip", "daddr"), "{\"prefix\":{\"addr\":\"10.1.0.0\",\"len\":16}}"),
          ADIT_FILTER_STOPS },
        { MATCH ("==", FIELD ("ip", "daddr"), "{\"range\":[\"10.1.2.4\",\"10.9.9.9\"]}"),
          ADIT_FILTER_PASSES },
        { MATCH ("==", FIELD ("ip6", "daddr"), "\"fd00::1\""), ADIT_FILTER_PASSES },
        { MATCH ("==", FIELD ("udp", "dport"), "443"), ADIT_FILTER_PASSES },
        { MATCH ("==", FIELD ("tcp", "dport"), "443"), ADIT_FILTER_STOPS },
        { MATCH ("==", FIELD ("th", "dport"), "{\"set\":[53,853]}"), ADIT_FILTER_PASSES },
        { MATCH ("==", CGROUP, "\"system.slice/tor.service\""), ADIT_FILTER_STOPS },
        { MATCH ("==", CGROUP, "\"system.slice/to\""), ADIT_FILTER_PASSES },
        { MATCH ("==", FIELD ("ip", "ttl"), "1"), ADIT_FILTER_OPEN },
        { MATCH ("==", CT ("state"), "\"new\""), ADIT_FILTER_STOPS },
        { MATCH ("==", CT ("direction"), "\"reply\""), ADIT_FILTER_PASSES },
        { MATCH ("==", CT ("bytes"), "1"), ADIT_FILTER_OPEN },
    };

    for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autofree char *rules =
            g_strdup_printf (RULE ("out", "%s,{\"drop\":null}"), cases[i].match);

        if (judged (rules, &packet) != cases[i].verdict)
            g_error ("case %u: %s", i, rules);
    }
    /* Through a chain of its own and back. */
    g_assert_cmpint (
        judged (RULE ("known", MATCH ("==", META ("skuid"), "7") ",{\"accept\":null}") "," RULE (
                    "out", "{\"jump\":{\"target\":\"known\"}}") "," RULE ("out", "{\"drop\":null}"),
                &packet),
        ==, ADIT_FILTER_PASSES);
    packet.flow.uid = 8;
    g_assert_cmpint (
        judged (RULE ("known", MATCH ("==", META ("skuid"), "7") ",{\"accept\":null}") "," RULE (
                    "out", "{\"jump\":{\"target\":\"known\"}}") "," RULE ("out", "{\"drop\":null}"),
                &packet),
        ==, ADIT_FILTER_STOPS);
    g_assert_cmpint (judged (RULE ("out", "{\"jump\":{\"target\":\"out\"}}"), &packet), ==,
                     ADIT_FILTER_PASSES);
}

#define OR(of, bit)                                                                 \
    "{\"mangle\":{\"key\":{\"" of "\":{\"key\":\"mark\"}},\"value\":{\"|\":[{\"" of \
    "\":{\"key\":\"mark\"}}," bit "]}}}"

/* The mark of a connection, and by it that of its packets. */
static void
test_mark (void)
{
    g_autoptr (JsonNode) table = json_from_string (
        "{\"nftables\":[" CHAIN ("split", "route", "-150") "," RULE (
            "split", MATCH ("==", CGROUP, "\"a.slice\"") "," OR (
                         "ct", "512")) "," RULE ("split",
                                                 MATCH ("==", "{\"&\":[" CT ("mark") ",512]}",
                                                        "512") "," OR ("meta", "256")) "]}",
        NULL);
    AditFilterPacket packet = { .cgroup = "a.slice/b", .flow = { .family = 4, .mark = 1 } };

    g_assert_cmpuint (adit_filter_mark (table, &packet), ==, 257);
    packet.cgroup = "b.slice";
    g_assert_cmpuint (adit_filter_mark (table, &packet), ==, 1);
    packet.cgroup = NULL;
    g_assert_cmpuint (adit_filter_mark (table, &packet), ==, 1);
    g_assert_cmpuint (adit_filter_mark (NULL, &packet), ==, 1);
}

/* ---- a tunnel by hand ---- */

static void
put (GString *journal, AditStep *step)
{
    g_autofree char *line = adit_step_format (step);

    g_string_append_printf (journal, "+ %s\n", line);
    adit_step_free (step);
}

static void
put_route (GString *journal, const char *prefix, guint index)
{
    AditRoute route = { .prefix = prefix_of (prefix), .table = TABLE + tunnel, .index = index };
    AditStep *step  = adit_step_new (ADIT_STEP_ROUTE);

    g_assert_true (adit_route_add (&route, NULL));
    step->prefix = route.prefix;
    step->table  = route.table;
    step->index  = index;
    put (journal, step);
}

static void
put_rule (GString *journal)
{
    AditStep        *step    = adit_step_new (ADIT_STEP_RULE);
    g_autofree char *command = g_strdup_printf ("ip rule add pref %u not fwmark 0x%x lookup %u",
                                                PREFERENCE, MARK, TABLE + tunnel);
    int              status  = -1;

    g_assert_true (g_spawn_command_line_sync (command, NULL, NULL, &status, NULL));
    g_assert_cmpint (status, ==, 0);
    step->prefix.family = 4;
    step->mark          = MARK;
    step->table         = TABLE + tunnel;
    step->preference    = PREFERENCE;
    put (journal, step);
}

static void
put_rest (GString *journal)
{
    AditStep *step = adit_step_new (ADIT_STEP_DNS);

    step->index   = tunnel;
    step->name    = g_strdup ("file");
    step->value   = g_strdup ("tun7");
    step->servers = g_strsplit ("10.78.0.53", ",", -1);
    step->domains = g_strsplit ("corp.invalid,lab.corp.invalid", ",", -1);
    put (journal, step);
    step        = adit_step_new (ADIT_STEP_GUARD);
    step->name  = g_strdup ("office");
    step->mode  = g_strdup ("always");
    step->value = g_strdup ("known");
    put (journal, step);
}

static void
put_address (GString *journal, guint device, const char *address)
{
    AditPrefix prefix = prefix_of (address);
    AditStep  *step   = adit_step_new (ADIT_STEP_ADDRESS);

    g_assert_true (adit_address_add (device, &prefix, NULL));
    step->index  = device;
    step->prefix = prefix;
    if (journal)
        put (journal, step);
    else
        adit_step_free (step);
}

static void
make_tunnel (void)
{
    g_autoptr (GString) journal = g_string_new (NULL);
    g_autofree char *path       = g_build_filename (folder, "office.journal", NULL);
    AditRoute        way = { .prefix = prefix_of ("0.0.0.0/0"), .table = 254, .index = uplink };

    g_string_append_printf (journal, "adit-journal 1\nowner 1 2\nnamespace %" G_GUINT64_FORMAT "\n",
                            adit_namespace_ours ());
    put_address (NULL, uplink, "172.31.9.2/24");
    put_address (journal, tunnel, "10.77.0.2/24");
    g_assert_true (adit_route_add (&way, NULL));
    put_route (journal, "10.78.0.0/16", tunnel);
    put_route (journal, "10.77.0.0/24", tunnel);
    put_route (journal, "10.78.9.0/24", 0);
    put_rule (journal);
    put_rest (journal);
    g_assert_true (g_file_set_contents (path, journal->str, -1, NULL));
}

static guint
device (const char *name)
{
    gboolean vnet = FALSE;
    guint    index;

    if (adit_tun_open (name, FALSE, &vnet, NULL) < 0)
        return 0;
    index = adit_link_index (name);
    return adit_link_up (index, 1400, NULL) ? index : 0;
}

int
main (int argc, char **argv)
{
    int status;

    g_test_init (&argc, &argv, NULL);
    folder = test_folder_new ("explain");
    lock   = g_build_filename (folder, "nft.lock", NULL);
    adit_runtime_set_dir (folder);
    adit_store_set_dir (folder);
    has_namespace = geteuid () == 0 && unshare (CLONE_NEWNET) == 0 && adit_link_up (1, 0, NULL) &&
                    (tunnel = device ("tun7")) && (uplink = device ("up7"));
    if (has_namespace)
        make_tunnel ();
    g_test_add_func ("/explain/an-address-with-its-rule-and-route", test_ways);
    g_test_add_func ("/explain/a-name-by-the-longest-domain", test_names);
    g_test_add_func ("/explain/what-the-guard-stops", test_guard);
    g_test_add_func ("/explain/a-process", test_process);
    g_test_add_func ("/explain/what-is-no-question", test_questions);
    g_test_add_func ("/explain/the-kernel-refuses-the-same-packets", test_kernel_filter);
    g_test_add_func ("/explain/each-match-of-the-packet-filter", test_filter);
    g_test_add_func ("/explain/marks-by-control-group", test_mark);
    status = g_test_run ();
    g_free (folder);
    g_free (lock);
    return status;
}
