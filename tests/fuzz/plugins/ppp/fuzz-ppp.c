/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fuzz-ppp.c - a whole engine against a peer that says anything.  The first byte chooses role,
 * ways of signing in and how far the link is when frames of the input, each behind one byte of
 * length, come in between those of a proper peer; check sequences of advertisements are made good,
 * or no input would get beyond them. */
#include "client/base/log.h"
#include "plugins/ppp/engine.h"
#include "tests/fuzz/target.h"
#include "tests/sim/ppp-certificates.h"
#include "tests/sim/ppp-ends.h"

enum { FRAME_MAX = 255, ICMPV6_AT = 4 + 40 };

static void
mend_checksum (guint8 *frame, gsize len)
{
    guint32 sum = 58;
    gsize   n   = len - ICMPV6_AT;

    if (len < ICMPV6_AT + 8 || frame[2] != 0 || frame[3] != 0x57)
        return;
    adit_poke (frame + 8, 2, n);
    frame[10]            = 58;
    frame[11]            = 255;
    frame[ICMPV6_AT + 2] = frame[ICMPV6_AT + 3] = 0;
    for (gsize i = 12; i < ICMPV6_AT; i += 2)
        sum += (guint32) frame[i] << 8 | frame[i + 1];
    for (gsize i = ICMPV6_AT; i < len; i++)
        sum += (i - ICMPV6_AT) & 1 ? frame[i] : (guint32) frame[i] << 8;
    sum += (guint32) n;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    adit_poke (frame + ICMPV6_AT + 2, 2, (guint16) ~sum);
}

static void
feed (PppWorld *w, PppEnd *from, AditReader *input)
{
    while (adit_left (input)) {
        guint8 told = adit_get_u8 (input);
        gsize  len  = MIN (told, adit_left (input));
        guint8 frame[FRAME_MAX];

        adit_get_bytes (input, frame, len);
        mend_checksum (frame, len);
        fake_wire_send (w->wire, &from->host->at, &from->peer, frame, len);
        ppp_world_run (w, 20);
    }
}

/* A handshake takes as long as a hundred other inputs: few are about TLS, by the sum of their
 * bytes. */
static gboolean
is_about_tls (const guint8 *data, gsize size)
{
    guint sum = 0;

    for (gsize i = 0; i < size; i++)
        sum += data[i];
    return sum % 512 == 0;
}

static void
allow_tls (PppWorld *w)
{
    AditPppConfig *client = &w->client.config, *server = &w->server.config;

    client->eap = server->eap = ADIT_PPP_EAP_TLS;
    client->ca = server->ca = TEST_CA;
    client->certificate     = TEST_CLIENT;
    client->key             = TEST_CLIENT_KEY;
    server->certificate     = TEST_SERVER;
    server->key             = TEST_SERVER_KEY;
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
    g_autoptr (PppWorld) w = ppp_world_new (1);
    AditReader input       = adit_reader (data, size);
    guint8     how         = adit_get_u8 (&input);
    PppEnd    *victim      = how & 1 ? &w->server : &w->client;
    PppEnd    *other       = how & 1 ? &w->client : &w->server;

    w->client.config.auth = w->server.config.auth = 1u << (how >> 1 & 3);
    w->client.config.eap = w->server.config.eap = ADIT_PPP_EAP_MSCHAPV2;
    if (is_about_tls (data, size))
        allow_tls (w);
    w->client.config.legacy = w->server.config.legacy = TRUE;
    w->client.config.ipv6 = w->server.config.ipv6 = TRUE;
    w->client.config.mppe = w->server.config.mppe = how & 8 ? 7 : 0;
    w->client.answers[0] = w->client.answers[1] = "wonderland";
    ppp_end_start (victim);
    if (how & 16)
        ppp_end_start (other);
    ppp_world_run (w, (how >> 5) * 40);
    feed (w, other, &input);
    ppp_world_run (w, 5000);
    g_assert_cmpuint (victim->downs, <=, 1);
    return 0;
}
