/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sim-ppp.c - what must hold for PPP under every weather: the engine in both roles and its
 * carriers, in simulated time.  Each seed is one story; `--seed N` tells it again, `--seeds N`
 * tells the first N, from --first on. */
#include "plugins/ppp/engine.h"
#include "tests/sim/ppp-ends.h"
#include "tests/sim/seeds.h"

/* Like g_assert, and says which seed to give to --seed. */
#define claim(world, what)                                                                   \
    do {                                                                                     \
        if (!(what))                                                                         \
            g_error ("seed %" G_GUINT64_FORMAT " at %.3f s, %s:%d: %s (%s)", (world)->seed,  \
                     (double) (world)->wire->now_us / 1e6, __FILE__, __LINE__, #what,        \
                     (world)->client.reason ? (world)->client.reason->message : "no error"); \
    } while (0)

static guint storms, survived;

static guint
below (PppWorld *w, guint limit)
{
    return fake_wire_below (w->wire, limit);
}

/* ---- what may never be seen ---- */

/* Data in the clear, where encryption is required. */
static gboolean
on_datagram (gpointer user, const AditEndpoint *from G_GNUC_UNUSED,
             const AditEndpoint *to G_GNUC_UNUSED, const guint8 *data, gsize len)
{
    PppWorld *w = user;

    if (w->client.config.mppe_required && w->server.config.mppe_required && len > 4)
        claim (w, !(data[2] == 0x00 && (data[3] == 0x21 || data[3] == 0x57)) && data[0] == 0xff);
    return TRUE;
}

/* ---- configurations ---- */

static void
set_weather (PppWorld *w, guint loss, guint late)
{
    w->wire->weather = (FakeWeather){ .loss      = below (w, loss + 1),
                                      .duplicate = below (w, 100),
                                      .late      = below (w, late + 1),
                                      .delay_us  = 1000 + below (w, 100000),
                                      .jitter_us = below (w, late ? 50000 : 1),
                                      .late_us   = 1 + below (w, 500000) };
}

static void
set_calm (PppWorld *w)
{
    w->wire->weather = (FakeWeather){ .delay_us = 1000 + below (w, 100000) };
}

static void
set_mppe (PppWorld *w, guint strength, gboolean stateless)
{
    AditPppConfig *c = &w->client.config, *s = &w->server.config;

    c->mppe = s->mppe = strength;
    if (below (w, 3) == 0) /* one end would take anything */
        *(below (w, 2) ? &c->mppe : &s->mppe) = 7;
    c->mppe_required = s->mppe_required = TRUE;
    c->mppe_stateless                   = stateless;
}

/* Anything that two ends can agree on. */
static void
choose (PppWorld *w)
{
    static const guint strengths[] = { ADIT_PPP_MPPE_40, ADIT_PPP_MPPE_56, ADIT_PPP_MPPE_128 };
    AditPppConfig     *c = &w->client.config, *s = &w->server.config;

    c->legacy = s->legacy = TRUE;
    c->auth               = ADIT_PPP_AUTH_ALL;
    s->auth               = 1u << below (w, 4);
    s->eap = c->eap = ADIT_PPP_EAP_MD5 | ADIT_PPP_EAP_GTC | ADIT_PPP_EAP_MSCHAPV2;
    c->ipv6 = s->ipv6 = below (w, 2);
    c->want_wins      = below (w, 2);
    c->mru            = (guint16) (600 + below (w, 900));
    if (below (w, 2)) {
        s->auth = below (w, 2) ? ADIT_PPP_MSCHAPV2 : ADIT_PPP_EAP;
        set_mppe (w, strengths[below (w, 3)], below (w, 2));
    }
}

/* ---- claims ---- */

static gboolean
is_up (const PppEnd *e)
{
    return e->ups && !e->downs && e->ppp->phase == PPP_NETWORK && e->ppp->open.ipv4;
}

static void
claim_up (PppWorld *w)
{
    claim (w, !w->client.downs && !w->server.downs);
    claim (w, is_up (&w->client) && is_up (&w->server));
    claim (w, g_strcmp0 (w->client.addresses[0], "10.9.0.2/32") == 0);
    claim (w, w->client.result.mppe == w->server.result.mppe);
    claim (w, !w->client.config.mppe_required || w->client.result.mppe);
}

static void
chat (PppWorld *w, guint n)
{
    for (guint i = 0; i < n; i++) {
        ppp_end_send (&w->client, i, 60 + below (w, 400));
        ppp_end_send (&w->server, i, 60 + below (w, 400));
        ppp_world_run (w, 20);
    }
    ppp_world_run (w, 1500);
}

static void
claim_carries (PppWorld *w)
{
    ppp_end_take (&w->client);
    ppp_end_take (&w->server);
    chat (w, 10);
    claim (w, ppp_end_take (&w->client) == 10);
    claim (w, ppp_end_take (&w->server) == 10);
}

/* However it ended: once, with a reason, and nothing left to do. */
static void
claim_ended (PppWorld *w, const PppEnd *e)
{
    claim (w, e->downs == 1);
    claim (w, e->ppp->phase == PPP_GONE);
}

/* ---- stories ---- */

static void
tell_calm (PppWorld *w)
{
    choose (w);
    set_calm (w);
    ppp_world_start (w);
    ppp_world_run (w, 8000);
    claim_up (w);
    claim_carries (w);
    ppp_world_run (w, 200000);
    claim_up (w);
}

/* Up to 30 of 100 are lost while the link comes up. */
static void
tell_storm (PppWorld *w)
{
    choose (w);
    set_weather (w, 300, 200);
    ppp_world_start (w);
    ppp_world_run (w, 60000);
    chat (w, 10);
    set_calm (w);
    ppp_world_run (w, 30000);
    storms++;
    if (w->client.downs || w->server.downs) {
        ppp_world_run (w, 300000);
        claim (w, w->client.downs == 0 || w->client.reason);
        return;
    }
    if (!is_up (&w->client) || !is_up (&w->server))
        return; /* one network was given up, the other stands */
    survived++;
    claim_up (w);
    if (!w->client.result.mppe_stateful)
        claim_carries (w);
}

/* Stateful MPPE comes back after whatever was lost. */
static void
tell_stateful (PppWorld *w)
{
    choose (w);
    w->server.config.auth = ADIT_PPP_MSCHAPV2;
    set_mppe (w, ADIT_PPP_MPPE_128, FALSE);
    w->client.config.mppe_stateful = TRUE;
    w->server.config.mppe_stateful = below (w, 2);
    set_calm (w);
    ppp_world_start (w);
    ppp_world_run (w, 5000);
    claim_up (w);
    set_weather (w, 200, 0);
    chat (w, 40);
    set_calm (w);
    ppp_world_run (w, 2000);
    chat (w, 10);
    ppp_world_run (w, 8000);
    claim_carries (w);
}

/* The server's side begins anew in the middle. */
static void
tell_renegotiation (PppWorld *w)
{
    choose (w);
    set_calm (w);
    ppp_world_start (w);
    ppp_world_run (w, 8000);
    claim_up (w);
    for (guint i = below (w, 3) + 1; i > 0; i--)
        ppp_end_forge (below (w, 2) ? &w->server : &w->client, "ff03 c021 0142 0004");
    ppp_world_run (w, 40000);
    if (w->client.downs || w->server.downs) {
        claim (w, !w->client.downs || w->client.reason);
        return;
    }
    claim_up (w);
    claim_carries (w);
}

/* Somebody ends CCP under a link that must be encrypted; nothing may pass in the clear. */
static void
tell_ccp_attack (PppWorld *w)
{
    static const char *const attacks[] = { "ff03 80fd 0505 0004", "ff03 80fd 0142 0004",
                                           "ff03 c021 0801 0006 80fd",
                                           "ff03 80fd 0701 0008 01000004",
                                           "ff03 80fd 0142 000a 1206 00000001" };

    choose (w);
    w->server.config.auth = ADIT_PPP_MSCHAPV2;
    set_mppe (w, ADIT_PPP_MPPE_128, TRUE);
    set_calm (w);
    ppp_world_start (w);
    ppp_world_run (w, 5000);
    claim_up (w);
    ppp_end_forge (&w->server, attacks[below (w, G_N_ELEMENTS (attacks))]);
    chat (w, 10);
    ppp_world_run (w, 2000);
    claim_ended (w, &w->client);
    claim (w, g_error_matches (w->client.reason, ADIT_ERROR, ADIT_ERROR_LOST) ||
                  g_error_matches (w->client.reason, ADIT_ERROR, ADIT_ERROR_REFUSED));
}

static void
tell_wrong_password (PppWorld *w)
{
    choose (w);
    w->client.config.password = "looking glass";
    set_weather (w, 100, 50);
    ppp_world_start (w);
    ppp_world_run (w, 120000);
    claim (w, w->client.ups == 0 && w->server.ups == 0);
    claim_ended (w, &w->client);
    claim (w, w->client.reason);
}

static void
tell_hang_up (PppWorld *w)
{
    PppEnd *who   = below (w, 2) ? &w->client : &w->server;
    PppEnd *other = who == &w->client ? &w->server : &w->client;

    choose (w);
    set_calm (w);
    ppp_world_start (w);
    ppp_world_run (w, below (w, 3000));
    adit_ppp_close (who->ppp);
    ppp_world_run (w, 60000);
    claim_ended (w, who);
    claim (w, !who->reason || who->ups == 0);
    claim_ended (w, other);
    claim (w, other->reason);
}

/* The server's machine goes to sleep and does not wake. */
static void
tell_silence (PppWorld *w)
{
    choose (w);
    set_calm (w);
    ppp_world_start (w);
    ppp_world_run (w, 8000);
    claim_up (w);
    fake_host_suspend (w->server.host, 1000000000);
    ppp_world_run (w, 30000 + 7 * 3000 + 1000);
    claim_ended (w, &w->client);
    claim (w, g_error_matches (w->client.reason, ADIT_ERROR, ADIT_ERROR_LOST));
}

/* Bytes from anybody, at any time: the link holds or ends, and no data is damaged. */
static void
tell_rubbish (PppWorld *w)
{
    static const guint16 protocols[] = { 0xc021, 0xc023, 0xc223, 0xc227, 0x8021,
                                         0x8057, 0x80fd, 0x0021, 0x0057, 0x00fd };

    choose (w);
    set_calm (w);
    ppp_world_start (w);
    for (guint i = 0; i < 60; i++) {
        PppEnd *from = below (w, 2) ? &w->client : &w->server;
        guint8  frame[64];
        guint   len = 8 + below (w, 40);

        for (guint n = 0; n < len; n++)
            frame[n] = (guint8) below (w, below (w, 2) ? 256 : 20);
        adit_poke (frame, 2, 0xff03);
        adit_poke (frame + 2, 2, protocols[below (w, G_N_ELEMENTS (protocols))]);
        frame[4] = (guint8) below (w, 16);
        if (below (w, 4))
            adit_poke (frame + 6, 2, len - 4);
        if (frame[2] != 0 || !w->client.config.mppe_required)
            fake_wire_send (w->wire, &from->host->at, &from->peer, frame, len);
        ppp_world_run (w, below (w, 100));
    }
    ppp_world_run (w, 60000);
    claim (w, w->client.downs <= 1 && w->server.downs <= 1);
    claim (w, w->client.ppp->phase == PPP_NETWORK || w->client.ppp->phase == PPP_GONE);
    claim (w, w->server.ppp->phase == PPP_NETWORK || w->server.ppp->phase == PPP_GONE);
}

static const struct {
    const char *name;
    void (*tell) (PppWorld *);
} stories[] = { { "calm", tell_calm },
                { "storm", tell_storm },
                { "stateful", tell_stateful },
                { "renegotiation", tell_renegotiation },
                { "attack on CCP", tell_ccp_attack },
                { "wrong password", tell_wrong_password },
                { "hang up", tell_hang_up },
                { "silence", tell_silence },
                { "rubbish", tell_rubbish },
                { "another storm", tell_storm } };

static void
tell (guint64 seed)
{
    PppWorld *w = ppp_world_new (seed);

    w->wire->on_datagram = on_datagram;
    w->wire->user        = w;
    stories[seed % G_N_ELEMENTS (stories)].tell (w);
    ppp_world_free (w);
}

static void
judge (void)
{
    g_print ("# %u of %u links came up in a storm\n", survived, storms);
    g_assert_cmpuint (survived * 100, >=, storms * 95);
}

int
main (int argc, char **argv)
{
    return sim_seeds (argc, argv, tell, judge);
}
