/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-mirror.c - the machine against a server of a few lines, in simulated time. */
#include "client/base/prefix.h"
#include "plugins/mirror/wire.h"
#include "tests/lib/fakehost.h"

extern const AditPlugin adit_plugin;

enum { SECOND = 1000000 };

/* A server, and what it saw. */
typedef struct {
    FakeWire    *wire;
    FakeHost    *host;
    AditProfile *profile;
    AditTunnel  *tunnel;
    gboolean     mute;
    guint        seen[256]; /* messages by type */
    guint8       nonce[4];
} Scene;

static void
answer (Scene *s, const AditEndpoint *from, const AditEndpoint *to, const char *message, gsize len)
{
    fake_wire_send (s->wire, to, from, (const guint8 *) message, len);
}

/* Answers what comes to it; datagrams of its own go on. */
static gboolean
on_datagram (gpointer user, const AditEndpoint *from, const AditEndpoint *to, const guint8 *data,
             gsize len)
{
    Scene *s = user;

    if (to->port != MIRROR_PORT)
        return TRUE;
    g_assert_cmpuint (len, >=, MIRROR_HEADER);
    s->seen[data[0]]++;
    if (s->mute)
        return FALSE;
    if (data[0] == MIRROR_HELLO) {
        char ack[] = { MIRROR_HELLO_ACK, 0, 11, 0, 0, 0, 0, 10, 9, 0, 2, 24, 0x05, 0x78 };

        memcpy (s->nonce, data + MIRROR_HEADER, sizeof s->nonce);
        memcpy (ack + MIRROR_HEADER, s->nonce, sizeof s->nonce);
        answer (s, from, to, ack, sizeof ack);
    } else if (data[0] == MIRROR_ECHO)
        answer (s, from, to, "\5\0\0", 3);
    else if (data[0] == MIRROR_DATA)
        answer (s, from, to, (const char *) data, len);
    return FALSE;
}

static Scene *
scene_new (gboolean mute)
{
    Scene *s = g_new0 (Scene, 1);

    s->wire              = fake_wire_new (1);
    s->wire->on_datagram = on_datagram;
    s->wire->user        = s;
    s->host              = fake_host_new (s->wire, "client", "198.51.100.2:40000");
    s->profile           = adit_profile_new ();
    s->mute              = mute;
    adit_profile_set (s->profile, "connection", "server", "192.0.2.1:4444");
    s->tunnel = adit_plugin.open (&s->host->base, s->profile);
    adit_plugin.start (s->tunnel);
    return s;
}

static void
scene_free (Scene *s)
{
    adit_plugin.stop (s->tunnel);
    adit_plugin.free (s->tunnel);
    fake_host_free (s->host);
    fake_wire_free (s->wire);
    adit_profile_free (s->profile);
    g_free (s);
}

static void
say_to_client (Scene *s, const char *message, gsize len)
{
    AditEndpoint client, server;

    g_assert_true (adit_endpoint_parse ("198.51.100.2:40000", &client));
    g_assert_true (adit_endpoint_parse ("192.0.2.1:4444", &server));
    fake_wire_send (s->wire, &server, &client, (const guint8 *) message, len);
    fake_wire_run (s->wire, SECOND);
}

static void
gives_up_after_all_hellos (void)
{
    Scene *s = scene_new (TRUE);

    fake_wire_run (s->wire, 14 * SECOND);
    g_assert_no_error (s->host->error);
    fake_wire_run (s->wire, 2 * SECOND);
    g_assert_error (s->host->error, ADIT_ERROR, ADIT_ERROR_UNREACHABLE);
    g_assert_cmpuint (s->seen[MIRROR_HELLO], ==, MIRROR_HELLOS);
    fake_wire_run (s->wire, 600 * SECOND);
    g_assert_cmpuint (s->seen[MIRROR_HELLO], ==, MIRROR_HELLOS);
    scene_free (s);
}

static void
offers_what_the_server_gave (void)
{
    Scene *s = scene_new (FALSE);

    fake_wire_run (s->wire, SECOND);
    g_assert_cmpuint (s->host->ups, ==, 1);
    g_assert_cmpuint (s->host->mtu, ==, 1400);
    g_assert_cmpstr (s->host->addresses[0], ==, "10.9.0.2/24");
    g_assert_null (s->host->addresses[1]);
    scene_free (s);
}

static void
an_answer_to_another_hello_is_ignored (void)
{
    Scene *s = scene_new (TRUE);

    fake_wire_run (s->wire, SECOND / 2);
    say_to_client (s, "\2\0\13????\12\11\0\2\30\5\170", 14);
    g_assert_cmpuint (s->host->ups, ==, 0);
    scene_free (s);
}

static void
carries_packets_both_ways (void)
{
    Scene        *s      = scene_new (FALSE);
    const guint8 *packet = (const guint8 *) "a packet";
    const gsize   len    = 8;

    fake_wire_run (s->wire, SECOND);
    fake_host_send (s->host, &packet, &len, 1);
    fake_wire_run (s->wire, SECOND);
    g_assert_cmpuint (s->seen[MIRROR_DATA], ==, 1);
    g_assert_cmpuint (s->host->delivered.length, ==, 1);
    g_assert_cmpmem (((AditPacket *) s->host->delivered.head->data)->data, 8, packet, len);
    scene_free (s);
}

static void
an_echo_breaks_a_silence (void)
{
    Scene *s = scene_new (FALSE);

    fake_wire_run (s->wire, 24 * SECOND);
    g_assert_cmpuint (s->seen[MIRROR_ECHO], ==, 0);
    fake_wire_run (s->wire, 2 * SECOND);
    g_assert_cmpuint (s->seen[MIRROR_ECHO], ==, 1);
    fake_wire_run (s->wire, 600 * SECOND);
    g_assert_no_error (s->host->error);
    g_assert_cmpuint (s->seen[MIRROR_ECHO], ==, 25);
    scene_free (s);
}

static void
traffic_makes_echoes_needless (void)
{
    Scene        *s      = scene_new (FALSE);
    const guint8 *packet = (const guint8 *) "a packet";
    const gsize   len    = 8;

    for (guint i = 0; i < 100; i++) {
        fake_host_send (s->host, &packet, &len, 1);
        fake_wire_run (s->wire, 10 * SECOND);
    }
    g_assert_cmpuint (s->seen[MIRROR_ECHO], ==, 0);
    scene_free (s);
}

static void
silence_ends_the_tunnel (void)
{
    Scene *s = scene_new (FALSE);

    fake_wire_run (s->wire, SECOND);
    s->mute = TRUE;
    fake_wire_run (s->wire, 60 * SECOND);
    g_assert_cmpuint (s->seen[MIRROR_ECHO], ==, MIRROR_ECHOES);
    g_assert_error (s->host->error, ADIT_ERROR, ADIT_ERROR_LOST);
    g_assert_cmpstr (s->host->error->message, ==, "192.0.2.1:4444 stopped answering.");
    scene_free (s);
}

static void
the_server_may_end_it (void)
{
    Scene *s = scene_new (FALSE);

    fake_wire_run (s->wire, SECOND);
    say_to_client (s, "\6\0\0", 3);
    g_assert_error (s->host->error, ADIT_ERROR, ADIT_ERROR_LOST);
    scene_free (s);
}

static void
stopping_says_goodbye_once (void)
{
    Scene *s = scene_new (FALSE);

    fake_wire_run (s->wire, SECOND);
    adit_plugin.stop (s->tunnel);
    fake_wire_run (s->wire, SECOND);
    g_assert_cmpuint (s->seen[MIRROR_BYE], ==, 1);
    scene_free (s);
}

static void
a_profile_without_server_is_refused (void)
{
    g_autoptr (AditProfile) profile = adit_profile_new ();
    g_autoptr (GError) error        = NULL;

    g_assert_false (adit_plugin.check (profile, &error));
    g_assert_error (error, ADIT_ERROR, ADIT_ERROR_PROFILE);
    adit_profile_set (profile, "connection", "server", "192.0.2.1");
    g_assert_true (adit_plugin.check (profile, NULL));
}

/* Every message it knows, with every bit flipped and at every length: nothing but a clean end. */
static void
damaged_messages_do_no_harm (void)
{
    static const char ack[] = { MIRROR_HELLO_ACK, 0, 11, 0, 0, 0, 0, 10, 9, 0, 2, 24, 5, 0x78 };
    char              bad[sizeof ack];
    Scene            *s = scene_new (FALSE);

    fake_wire_run (s->wire, SECOND);
    for (guint bit = 0; bit < 8 * sizeof ack; bit++) {
        memcpy (bad, ack, sizeof bad);
        bad[bit / 8] = (char) (bad[bit / 8] ^ 1 << bit % 8);
        say_to_client (s, bad, sizeof bad);
    }
    for (gsize len = 0; len < sizeof ack; len++)
        say_to_client (s, ack, len);
    g_assert_cmpuint (s->host->ups, ==, 1);
    g_assert_no_error (s->host->error);
    scene_free (s);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/mirror/gives-up-after-all-hellos", gives_up_after_all_hellos);
    g_test_add_func ("/mirror/offers-what-the-server-gave", offers_what_the_server_gave);
    g_test_add_func ("/mirror/an-answer-to-another-hello-is-ignored",
                     an_answer_to_another_hello_is_ignored);
    g_test_add_func ("/mirror/carries-packets-both-ways", carries_packets_both_ways);
    g_test_add_func ("/mirror/an-echo-breaks-a-silence", an_echo_breaks_a_silence);
    g_test_add_func ("/mirror/traffic-makes-echoes-needless", traffic_makes_echoes_needless);
    g_test_add_func ("/mirror/silence-ends-the-tunnel", silence_ends_the_tunnel);
    g_test_add_func ("/mirror/the-server-may-end-it", the_server_may_end_it);
    g_test_add_func ("/mirror/stopping-says-goodbye-once", stopping_says_goodbye_once);
    g_test_add_func ("/mirror/a-profile-without-server-is-refused",
                     a_profile_without_server_is_refused);
    g_test_add_func ("/mirror/damaged-messages-do-no-harm", damaged_messages_do_no_harm);
    return g_test_run ();
}
