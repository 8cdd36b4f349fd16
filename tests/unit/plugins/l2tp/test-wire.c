/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-wire.c - headers and AVPs: what is written comes back, what is wrong is refused, and no
 * truncation, flipped bit or length leads outside. */
#include "plugins/l2tp/wire.h"

#define SECRET "between us"

static void
test_control_header (void)
{
    guint8     bytes[L2TP_CONTROL_HEADER + 3] = { 0 };
    L2tpHeader out, in = { .tunnel = 0x1234, .session = 7, .ns = 65535, .nr = 3, .size = 3 };

    l2tp_control_header_encode (bytes, &in);
    g_assert_cmphex (bytes[0], ==, 0xc8); /* T, L, S: RFC 2661 3.1 */
    g_assert_cmphex (bytes[1], ==, 0x02);
    g_assert_true (l2tp_header_decode (bytes, sizeof bytes, &out));
    g_assert_true (out.control && out.sequenced);
    g_assert_cmpuint (out.tunnel, ==, in.tunnel);
    g_assert_cmpuint (out.session, ==, in.session);
    g_assert_cmpuint (out.ns, ==, in.ns);
    g_assert_cmpuint (out.nr, ==, in.nr);
    g_assert_cmpuint (out.size, ==, 3);
    g_assert_true (out.body == bytes + L2TP_CONTROL_HEADER);
}

typedef struct {
    const char  *what;
    const guint8 bytes[20];
    gsize        len;
    gboolean     good;
    gsize        size; /* of the body */
} Header;

static const Header headers[] = {
    { "data", { 0x00, 0x02, 0, 1, 0, 2, 0xff, 0x03 }, 8, TRUE, 2 },
    { "data, length", { 0x40, 0x02, 0, 10, 0, 1, 0, 2, 0xff, 0x03 }, 10, TRUE, 2 },
    { "data, length, padded", { 0x40, 0x02, 0, 9, 0, 1, 0, 2, 0xff, 0x03 }, 10, TRUE, 1 },
    { "data, numbered", { 0x08, 0x02, 0, 1, 0, 2, 0, 3, 0, 4, 0xff }, 11, TRUE, 1 },
    { "data, offset", { 0x02, 0x02, 0, 1, 0, 2, 0, 3, 9, 9, 9, 0xff }, 12, TRUE, 1 },
    { "data, priority", { 0x01, 0x02, 0, 1, 0, 2 }, 6, TRUE, 0 },
    { "offset beyond the end", { 0x02, 0x02, 0, 1, 0, 2, 0xff, 0xff, 9 }, 9, FALSE, 0 },
    { "offset beyond the length", { 0x42, 0x02, 0, 10, 0, 1, 0, 2, 0, 2, 9, 9 }, 12, FALSE, 0 },
    { "length too long", { 0x40, 0x02, 0, 11, 0, 1, 0, 2, 0xff, 0x03 }, 10, FALSE, 0 },
    { "length inside the header", { 0x40, 0x02, 0, 7, 0, 1, 0, 2, 0xff, 0x03 }, 10, FALSE, 0 },
    { "version 1", { 0x00, 0x01, 0, 1, 0, 2 }, 6, FALSE, 0 },
    { "version 3", { 0xc8, 0x03, 0, 12, 0, 1, 0, 2, 0, 0, 0, 0 }, 12, FALSE, 0 },
    { "control without length", { 0x88, 0x02, 0, 1, 0, 2, 0, 0, 0, 0 }, 10, FALSE, 0 },
    { "control without numbers", { 0xc0, 0x02, 0, 8, 0, 1, 0, 2 }, 8, FALSE, 0 },
    { "control with offset", { 0xca, 0x02, 0, 14, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0 }, 14, FALSE, 0 },
    { "nothing", { 0 }, 0, FALSE, 0 },
};

static void
test_headers (void)
{
    for (guint i = 0; i < G_N_ELEMENTS (headers); i++) {
        const Header *h = &headers[i];
        L2tpHeader    out;

        g_test_message ("%s", h->what);
        g_assert_cmpint (l2tp_header_decode (h->bytes, h->len, &out), ==, h->good);
        if (h->good)
            g_assert_cmpuint (out.size, ==, h->size);
        for (gsize len = 0; len < h->len; len++)
            if (l2tp_header_decode (h->bytes, len, &out))
                g_assert_true (out.body + out.size <= h->bytes + len);
    }
}

static gsize
put_example (guint8 *at, gsize room)
{
    AditWriter w = adit_writer (at, room);

    l2tp_put_number (&w, L2TP_AVP_MESSAGE_TYPE, TRUE, 2, L2TP_SCCRP);
    l2tp_put_number (&w, L2TP_AVP_PROTOCOL_VERSION, TRUE, 2, 0x0100);
    l2tp_put_bytes (&w, L2TP_AVP_HOST_NAME, TRUE, "lns\n1", 5);
    l2tp_put_number (&w, L2TP_AVP_ASSIGNED_TUNNEL_ID, TRUE, 2, 4711);
    l2tp_put_bytes (&w, L2TP_AVP_VENDOR_NAME, FALSE, NULL, 0);
    return adit_length (&w);
}

static void
test_avps (void)
{
    guint8           bytes[128];
    gsize            len = put_example (bytes, sizeof bytes);
    L2tpMessage      m;
    guint32          number;
    g_autofree char *name = NULL;

    g_assert_cmpint (l2tp_message_decode (bytes, len, NULL, &m), ==, L2TP_FORM_GOOD);
    g_assert_cmpint (m.type, ==, L2TP_SCCRP);
    g_assert_true (m.mandatory);
    g_assert_true (l2tp_message_number (&m, L2TP_AVP_ASSIGNED_TUNNEL_ID, 2, &number));
    g_assert_cmpuint (number, ==, 4711);
    g_assert_false (l2tp_message_number (&m, L2TP_AVP_ASSIGNED_TUNNEL_ID, 4, &number));
    g_assert_false (l2tp_message_number (&m, L2TP_AVP_ASSIGNED_SESSION_ID, 2, &number));
    name = l2tp_text (m.avp[L2TP_AVP_HOST_NAME].data, m.avp[L2TP_AVP_HOST_NAME].size);
    g_assert_cmpstr (name, ==, "lns 1");
    g_assert_null (l2tp_text (m.avp[L2TP_AVP_VENDOR_NAME].data, 0));
}

/* An AVP as bytes behind a message type of StopCCN. */
static L2tpForm
form_of (const guint8 *avp, gsize len, L2tpMessage *m)
{
    guint8     bytes[64];
    AditWriter w = adit_writer (bytes, sizeof bytes);

    l2tp_put_number (&w, L2TP_AVP_MESSAGE_TYPE, TRUE, 2, L2TP_STOPCCN);
    adit_put_bytes (&w, avp, len);
    return l2tp_message_decode (bytes, adit_length (&w), NULL, m);
}

static void
test_forms (void)
{
    static const struct {
        const char *what;
        guint8      avp[8];
        gsize       len;
        L2tpForm    form;
    } cases[] = {
        { "length 0", { 0x80, 0, 0, 0, 0, 1 }, 6, L2TP_FORM_BROKEN },
        { "length 1", { 0x80, 1, 0, 0, 0, 1 }, 6, L2TP_FORM_BROKEN },
        { "length 5", { 0x80, 5, 0, 0, 0, 1 }, 6, L2TP_FORM_BROKEN },
        { "length past the end", { 0x80, 7, 0, 0, 0, 1 }, 6, L2TP_FORM_BROKEN },
        { "one byte left over", { 0x80, 6, 0, 0, 0, 1, 0x80 }, 7, L2TP_FORM_BROKEN },
        { "unknown, mandatory", { 0x80, 6, 0, 0, 0, 99 }, 6, L2TP_FORM_MANDATORY },
        { "unknown, optional", { 0x00, 6, 0, 0, 0, 99 }, 6, L2TP_FORM_GOOD },
        { "a vendor's, mandatory", { 0x80, 6, 0, 9, 0, 1 }, 6, L2TP_FORM_MANDATORY },
        { "a vendor's, optional", { 0x00, 6, 0, 9, 0, 1 }, 6, L2TP_FORM_GOOD },
        { "reserved bits, mandatory", { 0x84, 6, 0, 0, 0, 1 }, 6, L2TP_FORM_MANDATORY },
        { "reserved bits, optional", { 0x04, 6, 0, 0, 0, 1 }, 6, L2TP_FORM_GOOD },
        { "hidden, mandatory", { 0xc0, 8, 0, 0, 0, 9, 1, 2 }, 8, L2TP_FORM_HIDDEN },
        { "hidden, optional", { 0x40, 8, 0, 0, 0, 9, 1, 2 }, 8, L2TP_FORM_GOOD },
    };

    for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
        L2tpMessage m;

        g_test_message ("%s", cases[i].what);
        g_assert_cmpint (form_of (cases[i].avp, cases[i].len, &m), ==, cases[i].form);
        /* a vendor's AVP is never taken for the IETF's of the same number */
        g_assert_null (m.avp[L2TP_AVP_ASSIGNED_TUNNEL_ID].data);
    }
}

static void
test_type_first (void)
{
    guint8      bytes[32] = { 0 };
    AditWriter  w         = adit_writer (bytes, sizeof bytes);
    L2tpMessage m;

    g_assert_cmpint (l2tp_message_decode (bytes, 0, NULL, &m), ==, L2TP_FORM_GOOD);
    g_assert_cmpint (m.type, ==, L2TP_ZLB);
    l2tp_put_number (&w, L2TP_AVP_ASSIGNED_TUNNEL_ID, TRUE, 2, 1);
    l2tp_put_number (&w, L2TP_AVP_MESSAGE_TYPE, TRUE, 2, L2TP_SCCRP);
    g_assert_cmpint (l2tp_message_decode (bytes, adit_length (&w), NULL, &m), ==, L2TP_FORM_BROKEN);
}

/* ---- hiding ---- */

static gsize
put_hidden (guint8 *at, gsize room, guint16 true_size, gsize size)
{
    static const guint8 vector[16] = "a random vector";
    AditWriter          w          = adit_writer (at, room);
    guint8              value[64]  = { (guint8) (true_size >> 8), (guint8) true_size, 0x12, 0x67 };

    l2tp_put_number (&w, L2TP_AVP_MESSAGE_TYPE, TRUE, 2, L2TP_SCCRP);
    l2tp_put_bytes (&w, L2TP_AVP_RANDOM_VECTOR, TRUE, vector, sizeof vector);
    l2tp_hide (L2TP_AVP_ASSIGNED_TUNNEL_ID, SECRET, vector, sizeof vector, value, size);
    adit_put_u16 (&w, (guint16) (L2TP_M | L2TP_H | (L2TP_AVP_HEADER + size)));
    adit_put_u16 (&w, 0);
    adit_put_u16 (&w, L2TP_AVP_ASSIGNED_TUNNEL_ID);
    adit_put_bytes (&w, value, size);
    return adit_length (&w);
}

static void
test_hidden (void)
{
    static const gsize sizes[] = { 4, 16, 17, 32, 33, 64 }; /* with padding */
    guint8             bytes[160];
    L2tpMessage        m;
    guint32            number;

    for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
        gsize len = put_hidden (bytes, sizeof bytes, 2, sizes[i]);

        g_assert_cmpint (l2tp_message_decode (bytes, len, SECRET, &m), ==, L2TP_FORM_GOOD);
        g_assert_true (l2tp_message_number (&m, L2TP_AVP_ASSIGNED_TUNNEL_ID, 2, &number));
        g_assert_cmphex (number, ==, 0x1267);
        l2tp_message_clear (&m);
        g_assert_cmpint (l2tp_message_decode (bytes, len, NULL, &m), ==, L2TP_FORM_HIDDEN);
    }
    /* longer inside than outside, and too short for a length */
    g_assert_cmpint (
        l2tp_message_decode (bytes, put_hidden (bytes, sizeof bytes, 3, 4), SECRET, &m), ==,
        L2TP_FORM_HIDDEN);
    g_assert_cmpint (
        l2tp_message_decode (bytes, put_hidden (bytes, sizeof bytes, 0, 1), SECRET, &m), ==,
        L2TP_FORM_HIDDEN);
}

/* More hidden bytes than a message can hold do not overflow. */
static void
test_much_hidden (void)
{
    static const guint8 vector[16] = { 1 };
    g_autofree guint8  *bytes      = g_malloc0 (8192);
    AditWriter          w          = adit_writer (bytes, 8192);
    g_autofree guint8  *value      = g_malloc0 (1000);
    L2tpMessage         m;

    l2tp_put_number (&w, L2TP_AVP_MESSAGE_TYPE, TRUE, 2, L2TP_SCCRP);
    l2tp_put_bytes (&w, L2TP_AVP_RANDOM_VECTOR, TRUE, vector, sizeof vector);
    for (guint i = 0; i < 7; i++) {
        memset (value, 0, 1000);
        l2tp_hide (L2TP_AVP_PRIVATE_GROUP, SECRET, vector, sizeof vector, value, 1000);
        adit_put_u16 (&w, L2TP_H | L2TP_M | (L2TP_AVP_HEADER + 1000));
        adit_put_u16 (&w, 0);
        adit_put_u16 (&w, L2TP_AVP_PRIVATE_GROUP);
        adit_put_bytes (&w, value, 1000);
    }
    g_assert_cmpint (l2tp_message_decode (bytes, adit_length (&w), SECRET, &m), ==,
                     L2TP_FORM_HIDDEN);
}

/* ---- hostile ---- */

static void
test_every_cut_and_flip (void)
{
    guint8      example[160];
    gsize       len = put_hidden (example, sizeof example, 2, 20);
    L2tpMessage m;

    for (gsize cut = 0; cut < len; cut++) {
        g_autofree guint8 *exact = g_memdup2 (example, cut); /* so that a sanitizer sees a step */

        l2tp_message_decode (exact, cut, SECRET, &m);
    }
    for (gsize bit = 0; bit < len * 8; bit++) {
        g_autofree guint8 *copy = g_memdup2 (example, len);

        copy[bit / 8] ^= (guint8) (1u << bit % 8);
        l2tp_message_decode (copy, len, SECRET, &m);
        for (guint i = 0; i < L2TP_N_AVPS; i++)
            g_assert_true (m.avp[i].data == NULL || m.avp[i].size <= len);
    }
}

/* A message keeps to the values of RFC 2661's own tables. */
static void
test_names (void)
{
    g_assert_cmpstr (l2tp_message_name (L2TP_SCCRQ), ==, "SCCRQ");
    g_assert_cmpstr (l2tp_message_name (16), ==, "SLI");
    g_assert_null (l2tp_message_name (5));
    g_assert_null (l2tp_message_name (17));
    g_assert_null (l2tp_message_name (65535));
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/l2tp/wire/a-control-header-comes-back", test_control_header);
    g_test_add_func ("/l2tp/wire/headers-of-all-shapes", test_headers);
    g_test_add_func ("/l2tp/wire/avps-come-back", test_avps);
    g_test_add_func ("/l2tp/wire/avps-that-cannot-be", test_forms);
    g_test_add_func ("/l2tp/wire/the-message-type-comes-first", test_type_first);
    g_test_add_func ("/l2tp/wire/hidden-avps-open-with-the-secret", test_hidden);
    g_test_add_func ("/l2tp/wire/hidden-avps-do-not-overflow", test_much_hidden);
    g_test_add_func ("/l2tp/wire/every-truncation-and-every-bit", test_every_cut_and_flip);
    g_test_add_func ("/l2tp/wire/messages-have-names", test_names);
    return g_test_run ();
}
