/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-wire.c - PPTP's control messages and GRE headers: what is written comes back, what is wrong
 * is refused, and no truncation or flipped bit leads outside. */
#include "plugins/pptp/wire.h"

static void
test_sizes (void)
{
    static const guint16 sizes[] = { 0,  156, 156, 16, 16, 16,  20, 168,
                                     32, 220, 24,  28, 16, 148, 40, 24 }; /* RFC 2637 2.1 … 2.15 */

    for (guint type = 0; type < G_N_ELEMENTS (sizes); type++)
        g_assert_cmpuint (pptp_message_size (type), ==, sizes[type]);
    g_assert_cmpuint (pptp_message_size (16), ==, 0);
    g_assert_cmpuint (pptp_message_size (65535), ==, 0);
}

static const PptpMessage examples[] = {
    { .type = PPTP_START_REQUEST, .version = 0x0100, .name = "adit", .vendor = "adit" },
    { .type    = PPTP_START_REPLY,
      .version = 0x0100,
      .result  = 1,
      .name    = "server",
      .vendor  = "linux" },
    { .type = PPTP_STOP_REQUEST, .result = PPTP_STOP_LOCAL },
    { .type = PPTP_STOP_REPLY, .result = 1 },
    { .type = PPTP_ECHO_REQUEST, .identifier = 0xdeadbeef },
    { .type = PPTP_ECHO_REPLY, .identifier = 0xdeadbeef, .result = 1 },
    { .type = PPTP_OUTGOING_CALL, .call = 7, .serial = 9, .window = 64 },
    { .type = PPTP_OUTGOING_REPLY, .call = 8, .peer_call = 7, .result = 1, .window = 3 },
    { .type = PPTP_CALL_CLEAR, .call = 7 },
    { .type = PPTP_CALL_DISCONNECT, .call = 8, .result = PPTP_GONE_SHUTDOWN, .error = 2 },
    { .type = PPTP_SET_LINK_INFO, .peer_call = 8, .send_accm = 1, .receive_accm = 0xffffffff },
};

static void
test_messages (void)
{
    guint8      bytes[PPTP_MESSAGE_MAX];
    PptpMessage out;
    gsize       used;

    for (guint i = 0; i < G_N_ELEMENTS (examples); i++) {
        const PptpMessage *in   = &examples[i];
        gsize              size = pptp_message_size (in->type);

        pptp_message_encode (bytes, in);
        for (gsize len = 0; len < size; len++)
            g_assert_cmpint (pptp_message_decode (bytes, len, &out, &used), ==, PPTP_FORM_MORE);
        g_assert_cmpint (pptp_message_decode (bytes, size, &out, &used), ==, PPTP_FORM_GOOD);
        g_assert_cmpuint (used, ==, size);
        g_assert_cmpmem (&out, sizeof out, in, sizeof *in);
    }
}

/* The header of RFC 2637 2.1, byte for byte. */
static void
test_header (void)
{
    static const guint8 expected[] = {
        0, 156, 0, 1, 0x1a, 0x2b, 0x3c, 0x4d, 0, 1, 0, 0, 1, 0, 0, 0
    };
    guint8 bytes[PPTP_MESSAGE_MAX];

    pptp_message_encode (bytes, &examples[0]);
    g_assert_cmpmem (bytes, sizeof expected, expected, sizeof expected);
}

static void
test_broken (void)
{
    static const struct {
        const char *what;
        guint       at;
        guint8      value;
    } cases[] = { { "length", 1, 155 },     { "length 0", 1, 0 }, { "no control message", 3, 2 },
                  { "magic cookie", 4, 0 }, { "type", 9, 16 },    { "type 0", 9, 0 },
                  { "other type", 9, 3 } };
    guint8      bytes[PPTP_MESSAGE_MAX];
    PptpMessage out;
    gsize       used;

    for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_test_message ("%s", cases[i].what);
        pptp_message_encode (bytes, &examples[0]);
        bytes[cases[i].at] = cases[i].value;
        g_assert_cmpint (pptp_message_decode (bytes, sizeof bytes, &out, &used), ==,
                         PPTP_FORM_BROKEN);
        g_assert_cmpuint (used, ==, 0);
    }
}

static void
test_names_are_ended (void)
{
    guint8      bytes[PPTP_MESSAGE_MAX];
    PptpMessage out;
    gsize       used;

    pptp_message_encode (bytes, &examples[1]);
    memset (bytes + 28, 'x', 2 * PPTP_NAME); /* no zero anywhere */
    bytes[28] = '\n';
    g_assert_cmpint (pptp_message_decode (bytes, 156, &out, &used), ==, PPTP_FORM_GOOD);
    g_assert_cmpuint (strlen (out.name), ==, PPTP_NAME);
    g_assert_cmpuint (strlen (out.vendor), ==, PPTP_NAME);
    g_assert_cmpint (out.name[0], ==, '.');
}

/* ---- GRE ---- */

static void
test_gre (void)
{
    for (guint flags = 1; flags < 4; flags++) {
        guint8  bytes[32] = { 0 };
        PptpGre out, in = { .sequenced       = (flags & 1) != 0,
                            .acknowledges    = (flags & 2) != 0,
                            .call            = 0x1234,
                            .sequence        = flags & 1 ? 0xfffffffe : 0,
                            .acknowledgement = flags & 2 ? 77 : 0,
                            .size            = flags & 1 ? 5 : 0 };
        gsize   head = pptp_gre_header_size (&in);

        pptp_gre_header_encode (bytes, &in);
        g_assert_true (pptp_gre_decode (bytes, head + in.size, &out));
        g_assert_true (out.payload == bytes + head);
        g_assert_true (out.sequenced == in.sequenced && out.acknowledges == in.acknowledges);
        g_assert_cmpuint (out.call, ==, in.call);
        g_assert_cmpuint (out.sequence, ==, in.sequence);
        g_assert_cmpuint (out.acknowledgement, ==, in.acknowledgement);
        g_assert_cmpuint (out.size, ==, in.size);
        g_assert_true (pptp_gre_decode (bytes, head + in.size + 3, &out)); /* padding */
        g_assert_cmpuint (out.size, ==, in.size);
        for (gsize len = 0; len < head + in.size; len++)
            g_assert_false (pptp_gre_decode (bytes, len, &out));
    }
}

static void
test_gre_refused (void)
{
    static const guint16 flags[] = { 0x3000, 0x1001, 0xb001, 0x7001, 0x3801,
                                     0x3101, 0x3041, 0x3002, 0x2001 };
    PptpGre              out;

    for (guint i = 0; i < G_N_ELEMENTS (flags); i++) {
        guint8     bytes[32];
        AditWriter w = adit_writer (bytes, sizeof bytes);

        adit_put_u16 (&w, flags[i]);
        adit_put_u16 (&w, PPTP_GRE_PROTOCOL);
        adit_put_u16 (&w, 4);
        adit_put_u16 (&w, 1);
        adit_put_u64 (&w, 1);
        g_assert_false (pptp_gre_decode (bytes, adit_length (&w), &out));
    }
}

static void
test_every_bit (void)
{
    guint8      bytes[PPTP_MESSAGE_MAX];
    PptpMessage message;
    PptpGre     gre;
    gsize       used;

    for (guint i = 0; i < G_N_ELEMENTS (examples); i++) {
        gsize size = pptp_message_size (examples[i].type);

        for (gsize bit = 0; bit < size * 8; bit++) {
            g_autofree guint8 *exact = NULL;

            pptp_message_encode (bytes, &examples[i]);
            exact = g_memdup2 (bytes, size);
            exact[bit / 8] ^= (guint8) (1u << bit % 8);
            pptp_message_decode (exact, size, &message, &used);
            g_assert_cmpuint (used, <=, size);
            if (pptp_gre_decode (exact, size, &gre))
                g_assert_true (gre.payload + gre.size <= exact + size);
        }
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/pptp/wire/lengths-are-the-rfcs", test_sizes);
    g_test_add_func ("/pptp/wire/messages-come-back", test_messages);
    g_test_add_func ("/pptp/wire/the-header-is-the-rfcs", test_header);
    g_test_add_func ("/pptp/wire/broken-messages-are-refused", test_broken);
    g_test_add_func ("/pptp/wire/names-always-end", test_names_are_ended);
    g_test_add_func ("/pptp/gre/headers-come-back", test_gre);
    g_test_add_func ("/pptp/gre/other-kinds-are-refused", test_gre_refused);
    g_test_add_func ("/pptp/wire/every-bit-flipped", test_every_bit);
    return g_test_run ();
}
