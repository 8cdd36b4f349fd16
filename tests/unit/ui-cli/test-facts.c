/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-facts.c - a tunnel's status as lines; one that lies about its shape does no harm. */
#include "client/base/error.h"
#include "ui-cli/facts.h"
#include "ui-cli/terminal.h"
#include <string.h>

static const char whole[] =
    "{\"name\":\"office\",\"protocol\":\"toy\",\"title\":\"Toy\",\"state\":\"up\",\"interface\":"
    "\"office\","
    "\"addresses\":[\"10.0.0.7/24\",\"fd00::7/64\"],\"routes\":[\"10.0.0.0/8\"],"
    "\"dns\":{\"servers\":[\"10.0.0.53\"],\"domains\":[\"corp.example\"],\"backend\":\"resolved\"},"
    "\"guard\":{\"mode\":\"tunnel\",\"stopped\":{\"bytes\":180,\"packets\":3}},"
    "\"since\":1000,\"mtu\":1420,\"data-path\":\"user\",\"data-path-reason\":\"The profile asks.\","
    "\"sandbox\":[\"uid\",\"seccomp\"],\"error\":null,\"endpoint\":\"192.0.2.1:51820\","
    "\"cipher\":\"ChaCha20-Poly1305\",\"last-handshake\":1180,"
    "\"peers\":[{\"name\":\"hq\",\"endpoint\":\"192.0.2.1:51820\",\"last-handshake\":1180,"
    "\"rx-bytes\":2048,\"tx-bytes\":1024,\"mood\":\"good\"}],"
    "\"notes\":{\"endpoint\":\"192.0.2.1:51820\",\"rekeys\":3},"
    "\"rx\":{\"bytes\":1048576,\"packets\":12345},\"tx\":{\"bytes\":10,\"packets\":1},"
    "\"drops\":{\"auth\":0,\"replay\":2,\"no-key\":1},"
    "\"offloads\":{\"vnet\":{\"on\":true,\"used\":5,\"lost\":0},\"tso\":{\"on\":true,\"used\":1,"
    "\"lost\":0},\"uso\":{\"on\":false,\"used\":0,\"lost\":1},\"mmsg\":{\"on\":false,\"used\":0,"
    "\"lost\":0}}}";

static char *
facts (const char *json, guint columns)
{
    g_autoptr (JsonNode) node = json_from_string (json, NULL);

    g_assert_nonnull (node);
    return cli_facts (json_node_get_object (node), 1192, columns, FALSE);
}

static void
test_whole (void)
{
    g_autofree char *text = facts (whole, 200);

    g_assert_cmpstr (
        text, ==,
        "● office  Toy  up for 3 min 12 s\n"
        "  device         office, packets up to 1420 bytes\n"
        "  addresses      10.0.0.7/24, fd00::7/64\n"
        "  routes         10.0.0.0/8\n"
        "  name servers   10.0.0.53, for corp.example\n"
        "  guard          until it is ended; packets stopped: 3\n"
        "  endpoint       192.0.2.1:51820\n"
        "  handshake      12 s ago\n"
        "  received       1.00 MiB in 12\u2009345 packets\n"
        "  sent           10 B in 1 packet\n"
        "  dropped        3 packets: replay 2, no-key 1\n"
        "  cipher         ChaCha20-Poly1305\n"
        "  data path      adit moves the packets\n"
        "  offloads       vnet, tso; lost: uso\n"
        "  sandbox        uid, seccomp\n"
        "  rekeys         3\n"
        "  peer hq        192.0.2.1:51820, handshake 12 s ago, 2.00 KiB received, 1.00 KiB "
        "sent\n"
        "                 mood good\n");
}

static void
test_narrow (void)
{
    for (guint columns = 20; columns < 120; columns++) {
        g_autofree char *text = facts (whole, columns);
        g_auto (GStrv) lines  = g_strsplit (text, "\n", -1);

        for (char **line = lines; *line; line++)
            g_assert_true (cli_width (*line) <=
                           MAX (columns, 48)); /* the longest word stays whole */
    }
}

static void
test_shapes (void)
{
    static const char *const shapes[] = {
        "{}",
        "{\"name\":5,\"state\":[],\"since\":\"x\",\"rx\":[],\"tx\":{},\"drops\":7}",
        "{\"addresses\":{},\"routes\":[1,null,{}],\"dns\":[\"10.0.0.53\"],\"peers\":{}}",
        "{\"peers\":[1,null,\"x\",{}],\"offloads\":[1],\"notes\":[],\"error\":\"x\"}",
        "{\"offloads\":{\"tso\":true,\"uso\":{\"on\":\"yes\"}},\"rx\":{\"bytes\":-1,\"packets\":"
        "1e300}}",
        "{\"notes\":{\"a\":null,\"b\":{},\"c\":\"\\u001b[2J\\n\"},\"name\":\"\\u001b]0;x\\u0007\"}",
        "{\"since\":9223372036854775807,\"last-handshake\":-5,\"mtu\":-1}",
    };

    for (guint i = 0; i < G_N_ELEMENTS (shapes); i++) {
        g_autofree char *text = facts (shapes[i], 80);

        g_assert_true (g_str_has_prefix (text, "● "));
        for (const char *c = text; *c; c++)
            g_assert_false (g_ascii_iscntrl (*c) && *c != '\n');
    }
}

static void
test_error (void)
{
    g_autofree char *text =
        facts ("{\"name\":\"x\",\"state\":\"failed\",\"error\":{\"code\":\"lost\",\"sentence\":"
               "\"The server stopped answering.\",\"causes\":[]}}",
               80);

    g_assert_nonnull (strstr (text, "error          The server stopped answering.\n"));
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    cli_terminal_colour ("never");
    g_test_add_func ("/facts/every-figure-has-its-line", test_whole);
    g_test_add_func ("/facts/lines-fit-the-terminal", test_narrow);
    g_test_add_func ("/facts/other-shapes-and-escapes-do-no-harm", test_shapes);
    g_test_add_func ("/facts/why-it-failed", test_error);
    return g_test_run ();
}
