/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-kernel.c - the plugin where the kernel moves the packets: a stand-in for the kernel puts
 * each frame into a data message, and leaves what comes in to the plugin's own socket. */
#include "tests/sim/lns.h"

extern const AditPlugin adit_plugin;

struct AditFrames {
    AditLink      *link;
    AditFramesSpec spec;
};

typedef struct {
    FakeWire     *wire;
    FakeHost     *client;
    Lns          *lns;
    AditProfile  *profile;
    AditTunnel   *tunnel;
    AditHostVerbs verbs;
} Bed;

static struct {
    guint laid, let_go, allow, session;
} kernel;

static AditFrames *
frames (AditHost *host G_GNUC_UNUSED, AditLink *link, const AditFramesSpec *spec,
        const AditFramesEvents *events G_GNUC_UNUSED, gpointer user G_GNUC_UNUSED)
{
    AditFrames *f = g_new (AditFrames, 1);

    *f = (AditFrames){ link, *spec };
    kernel.laid++;
    kernel.allow   = 0;
    kernel.session = spec->session;
    return f;
}

static const AditHostVerbs *fake_verbs;

static void
frame (AditFrames *f, AditPacket *packet)
{
    AditPacket *message = adit_packet_new (NULL, packet->len + 6);
    AditWriter  w       = adit_writer (message->data, message->len);

    adit_put_u16 (&w, L2TP_VERSION);
    adit_put_u16 (&w, f->spec.peer_tunnel);
    adit_put_u16 (&w, f->spec.peer_session);
    adit_put_bytes (&w, packet->data, packet->len);
    adit_packet_free (packet);
    fake_verbs->send (f->link, NULL, message);
}

static void
allow (AditFrames *f G_GNUC_UNUSED, guint set, const guint8 *keys)
{
    g_assert_null (keys);
    kernel.allow = set;
}

static void
unframes (AditFrames *f)
{
    kernel.let_go++;
    g_free (f);
}

static void
setup (Bed *b, gconstpointer data G_GNUC_UNUSED)
{
    static const char text[] = "[connection]\ntype = l2tp\nserver = 192.0.2.1:1701\n"
                               "[l2tp]\nuser = alice\npassword = Wonder land 7#\nipsec = off\n";

    adit_plugin.prepare ();
    memset (&kernel, 0, sizeof kernel);
    b->wire                = fake_wire_new (1);
    b->client              = fake_host_new (b->wire, "client", "192.0.2.2:5000");
    b->lns                 = lns_new (b->wire, "192.0.2.1:1701");
    b->profile             = adit_profile_parse (text, sizeof text - 1, "toy.conf", NULL);
    fake_verbs             = b->client->base.verbs;
    b->verbs               = *fake_verbs;
    b->verbs.frames        = frames;
    b->verbs.frame         = frame;
    b->verbs.allow         = allow;
    b->verbs.unframes      = unframes;
    b->verbs.path          = NULL; /* none is laid */
    b->client->base.verbs  = &b->verbs;
    b->client->base.kernel = TRUE;
    b->tunnel              = adit_plugin.open (&b->client->base, b->profile);
    lns_start (b->lns, "192.0.2.2:5000");
    fake_wire_run (b->wire, 10000);
    adit_plugin.start (b->tunnel);
    fake_wire_run (b->wire, 3000000);
}

static void
teardown (Bed *b, gconstpointer data G_GNUC_UNUSED)
{
    adit_plugin.stop (b->tunnel);
    adit_plugin.free (b->tunnel);
    g_assert_cmpuint (kernel.let_go, ==, kernel.laid);
    fake_wire_run (b->wire, 100000);
    g_assert_cmpuint (b->lns->messages[L2TP_STOPCCN], ==, 1);
    lns_free (b->lns);
    adit_profile_free (b->profile);
    fake_host_free (b->client);
    fake_wire_free (b->wire);
}

static void
test_connects (Bed *b, gconstpointer data G_GNUC_UNUSED)
{
    g_assert_no_error (b->client->error);
    g_assert_cmpuint (b->client->ups, ==, 1);
    g_assert_cmpstr (b->client->addresses[0], ==, "10.0.0.7/32");
    g_assert_cmpuint (kernel.laid, ==, 1);
    g_assert_cmpuint (kernel.allow & ADIT_FRAMES_IPV4, !=, 0);
}

/* The next call in the same tunnel is another session of the kernel's. */
static void
test_calls_again (Bed *b, gconstpointer data G_GNUC_UNUSED)
{
    guint first = kernel.session;

    fake_wire_run (b->wire, 20000000); /* it stood for a while */
    lns_end (b->lns, L2TP_CDN, L2TP_CDN_ADMINISTRATIVE, 0, NULL);
    fake_wire_run (b->wire, 3000000);
    g_assert_no_error (b->client->error);
    g_assert_cmpuint (kernel.laid, ==, 2);
    g_assert_cmpuint (kernel.session, !=, first);
    g_assert_cmpuint (kernel.allow & ADIT_FRAMES_IPV4, !=, 0);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add ("/l2tp/kernel/connects", Bed, NULL, setup, test_connects, teardown);
    g_test_add ("/l2tp/kernel/calls-again-in-the-same-tunnel", Bed, NULL, setup, test_calls_again,
                teardown);
    return g_test_run ();
}
