/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-tolerance.c - each row of the table, by a server that does so; and that what is not in the
 * table is refused. */
#include "plugins/l2tp/tolerance.h"
#include "tests/sim/lns.h"

extern const AditPlugin adit_plugin;

static const char profile_text[] = "[connection]\ntype = l2tp\nserver = 192.0.2.1:1701\n"
                                   "[l2tp]\nuser = alice\npassword = Wonder land 7#\nipsec = off\n";

typedef struct {
    FakeWire    *wire;
    FakeHost    *client;
    Lns         *lns;
    AditProfile *profile;
    AditTunnel  *tunnel;
} Bed;

static void
bed_setup (Bed *b)
{
    adit_plugin.prepare ();
    b->wire    = fake_wire_new (1);
    b->client  = fake_host_new (b->wire, "client", "192.0.2.2:5000");
    b->lns     = lns_new (b->wire, "192.0.2.1:1701");
    b->profile = adit_profile_parse (profile_text, sizeof profile_text - 1, "toy.conf", NULL);
    b->tunnel  = adit_plugin.open (&b->client->base, b->profile);
}

static void
bed_teardown (Bed *b)
{
    adit_plugin.stop (b->tunnel);
    adit_plugin.free (b->tunnel);
    fake_wire_run (b->wire, 100000);
    lns_free (b->lns);
    adit_profile_free (b->profile);
    fake_host_free (b->client);
    fake_wire_free (b->wire);
}

static void
run (Bed *b, guint ms)
{
    fake_wire_run (b->wire, ms * 1000ll);
}

static void
connect (Bed *b)
{
    lns_start (b->lns, "192.0.2.2:5000");
    run (b, 10);
    adit_plugin.start (b->tunnel);
    run (b, 3000);
}

static void
expect_up (const Bed *b)
{
    g_assert_no_error (b->client->error);
    g_assert_cmpuint (b->client->ups, >=, 1);
}

/* The AVP of that type in a message that is about to leave, or NULL. */
static guint8 *
find_avp (guint8 *avps, gsize size, guint type)
{
    for (gsize at = 0; at + L2TP_AVP_HEADER <= size;) {
        gsize len = (gsize) (avps[at] & 3) << 8 | avps[at + 1];

        if (len < L2TP_AVP_HEADER)
            break;
        if ((guint) (avps[at + 4] << 8 | avps[at + 5]) == type)
            return avps + at;
        at += len;
    }
    return NULL;
}

/* ---- rows, each by what the server does ---- */

static const L2tpTolerance *row;

static void
rename_avp (guint8 *avp, guint type, gboolean mandatory)
{
    g_assert_nonnull (avp);
    avp[0] = (guint8) ((avp[0] & 0x7f) | (mandatory ? 0x80 : 0));
    avp[4] = (guint8) (type >> 8);
    avp[5] = (guint8) type;
}

/* One that nobody knows takes the place of the number behind the result. */
static void
add_unknown (Lns *lns, guint8 *avps, gsize size)
{
    (void) lns;
    if (avps[7] == row->in)
        rename_avp (find_avp (avps, size,
                              row->in == L2TP_CDN ? L2TP_AVP_ASSIGNED_SESSION_ID
                                                  : L2TP_AVP_ASSIGNED_TUNNEL_ID),
                    999, TRUE);
}

static void
bears_form (Bed *b)
{
    g_autofree char *text = NULL;

    b->lns->on_avps = add_unknown;
    connect (b);
    lns_end (b->lns, row->in, L2TP_STOP_CLEAR, 0, "good night");
    run (b, 30000);
    text = b->client->error ? adit_error_explain (b->client->error) : NULL;
    g_assert_error (b->client->error, ADIT_ERROR, ADIT_ERROR_LOST);
    g_assert_nonnull (strstr (text, "good night"));
}

static void
hide_away (Lns *lns, guint8 *avps, gsize size)
{
    (void) lns;
    if (avps[7] == row->in)
        rename_avp (find_avp (avps, size, row->avp), 999, FALSE);
}

static void
bears_missing (Bed *b)
{
    b->lns->on_avps = hide_away;
    connect (b);
    expect_up (b);
}

/* Its version, which may be missing, becomes a number that is too small. */
static void
say_nothing (Lns *lns, guint8 *avps, gsize size)
{
    guint8 *avp = avps[7] == row->in ? find_avp (avps, size, L2TP_AVP_PROTOCOL_VERSION) : NULL;

    (void) lns;
    if (avp) {
        rename_avp (avp, row->avp, TRUE);
        avp[6] = avp[7] = 0;
    }
}

static void
bears_less (Bed *b)
{
    b->lns->on_avps = say_nothing;
    connect (b);
    expect_up (b);
}

static void
bears_header (Bed *b)
{
    connect (b);
    b->lns->peer_session++;
    lns_end (b->lns, row->in, L2TP_CDN_ADMINISTRATIVE, 0, NULL);
    run (b, 3000);
    g_assert_error (b->client->error, ADIT_ERROR, ADIT_ERROR_LOST);
}

static void
bears_no_id (Bed *b)
{
    b->lns->refuses  = L2TP_ICRQ;
    b->lns->result   = L2TP_CDN_BUSY;
    b->lns->nameless = TRUE;
    connect (b);
    g_assert_error (b->client->error, ADIT_ERROR, ADIT_ERROR_REFUSED);
    g_assert_nonnull (strstr (b->client->error->message, "busy"));
}

static void
use_later_avp (Lns *lns, guint8 *avps, gsize size)
{
    (void) lns;
    if (avps[7] == L2TP_SCCRP)
        rename_avp (find_avp (avps, size, L2TP_AVP_PROTOCOL_VERSION), row->avp, TRUE);
}

static void
bears_avp (Bed *b)
{
    b->lns->on_avps = use_later_avp;
    connect (b);
    expect_up (b);
}

static void
test_row (gconstpointer data)
{
    static void (*const stories[L2TP_N_BEARS]) (Bed *) = {
        [L2TP_BEARS_FORM] = bears_form,       [L2TP_BEARS_AVP] = bears_avp,
        [L2TP_BEARS_MISSING] = bears_missing, [L2TP_BEARS_LESS] = bears_less,
        [L2TP_BEARS_HEADER] = bears_header,   [L2TP_BEARS_NO_ID] = bears_no_id,
    };
    Bed b = { 0 };

    row = data;
    g_assert_true (l2tp_bears (row->what, row->in, row->avp) == row);
    bed_setup (&b);
    stories[row->what](&b);
    bed_teardown (&b);
}

/* ---- what is in no row ---- */

static void
test_unlisted (void)
{
    static const guint types[] = { L2TP_AVP_RESERVED_20, 40, 45, 57, 999 };

    for (guint i = 0; i < G_N_ELEMENTS (types); i++) {
        const L2tpTolerance strict = { .in = L2TP_SCCRP, .avp = types[i] };
        Bed                 b      = { 0 };

        row = &strict;
        g_assert_null (l2tp_bears (L2TP_BEARS_AVP, L2TP_SCCRP, types[i]));
        bed_setup (&b);
        b.lns->on_avps = use_later_avp;
        connect (&b);
        g_assert_error (b.client->error, ADIT_ERROR, ADIT_ERROR_REFUSED);
        bed_teardown (&b);
    }
    g_assert_null (l2tp_bears (L2TP_BEARS_FORM, L2TP_SCCRP, 0));
    g_assert_null (l2tp_bears (L2TP_BEARS_MISSING, L2TP_SCCRP, L2TP_AVP_ASSIGNED_TUNNEL_ID));
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    for (gsize i = 0; i < l2tp_n_tolerances; i++) {
        const L2tpTolerance *r  = &l2tp_tolerances[i];
        const char          *in = r->in ? l2tp_message_name (r->in) : "any";
        g_autofree char *name   = g_strdup_printf ("/l2tp/tolerance/%s/%u/%s", in, r->avp, r->why);

        g_strdelimit (name + strlen ("/l2tp/tolerance/"), " ,:", '-');
        g_test_add_data_func (name, r, test_row);
    }
    g_test_add_func ("/l2tp/tolerance/what-is-in-no-row-is-refused", test_unlisted);
    return g_test_run ();
}
