/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ppp-ends.c - see ppp-ends.h. */
#include "tests/sim/ppp-ends.h"

enum { HEADER = 20, MPPE_LAYER = 1 };

/* ---- events ---- */

static void
on_output (gpointer user, AditPacket *frame)
{
    PppEnd *e = user;

    if (e->path && (!e->on_output || e->on_output (e, frame)))
        e->host->base.verbs->inject (e->path, 0, NULL, frame);
    else
        adit_packet_free (frame);
}

static void
on_tell (gpointer user, AditPppCarrier to, gconstpointer message, gsize size)
{
    PppEnd *e = user;

    if (e->path)
        e->host->base.verbs->tell (e->path, to == ADIT_PPP_CARRIER_MPPE ? MPPE_LAYER : 0, message,
                                   size);
}

static void
on_phase (gpointer user, AditPhase phase G_GNUC_UNUSED)
{
    ((PppEnd *) user)->phases++;
}

static void
give_answer (gpointer user)
{
    PppEnd *e = user;

    adit_ppp_answer (e->ppp, e->questions <= END_ANSWERS ? e->answers[e->questions - 1] : NULL);
}

static void
on_ask (gpointer user, const AditQuestion *question)
{
    PppEnd *e = user;

    e->questions++;
    g_free (e->question);
    e->question = g_strdup (question->text);
    if (!e->holds_answers)
        fake_wire_after (e->host->wire, 100000, give_answer, e);
}

static void
on_up (gpointer user, const AditPppResult *result)
{
    PppEnd *e = user;

    e->ups++;
    e->result = *result;
    e->mtu    = result->offer.mtu;
    g_strfreev (e->addresses);
    g_strfreev (e->routes);
    g_strfreev (e->dns);
    e->addresses = g_strdupv ((char **) (gpointer) result->offer.addresses);
    e->routes    = g_strdupv ((char **) (gpointer) result->offer.routes);
    e->dns       = g_strdupv ((char **) (gpointer) result->offer.dns);
}

static void
on_down (gpointer user, GError *reason)
{
    PppEnd *e = user;

    g_assert_cmpuint (e->downs, ==, 0);
    e->downs++;
    e->reason = reason;
}

static const AditPppEvents events = { .output = on_output,
                                      .tell   = on_tell,
                                      .phase  = on_phase,
                                      .ask    = on_ask,
                                      .up     = on_up,
                                      .down   = on_down };

/* ---- the path ---- */

static void
on_punted (gpointer user, guint layer G_GNUC_UNUSED, const AditEndpoint *from G_GNUC_UNUSED,
           AditPacket *packet)
{
    adit_ppp_input (((PppEnd *) user)->ppp, packet->data, packet->len);
    adit_packet_free (packet);
}

static void
on_said (gpointer user, guint layer G_GNUC_UNUSED, gconstpointer message, gsize size)
{
    adit_ppp_said (((PppEnd *) user)->ppp, message, size);
}

static const AditPathEvents path_events = { .punted = on_punted, .said = on_said };

static void
on_ready (gpointer user, guint16 local_port G_GNUC_UNUSED)
{
    PppEnd      *e           = user;
    AditCarrier *carriers[2] = { adit_ppp_carrier_new (), NULL };

    if (e->has_mppe)
        carriers[1] = adit_mppe_carrier_new (e->config.mppe_required);
    e->path = e->host->base.verbs->path (&e->host->base, e->link, carriers, e->has_mppe ? 2 : 1,
                                         &path_events, e);
    adit_ppp_lower_up (e->ppp);
}

static const AditLinkEvents link_events = { .ready = on_ready };

void
ppp_end_start (PppEnd *e)
{
    g_autofree char   *to   = adit_endpoint_format (&e->peer);
    const AditLinkSpec spec = { ADIT_LINK_UDP, to, 1701, 0 };

    e->has_mppe = e->config.mppe != 0;
    e->ppp      = adit_ppp_new (&e->host->base, &e->config, &events, e);
    e->link     = e->host->base.verbs->link (&e->host->base, &spec, &link_events, e);
}

static void
end_clear (PppEnd *e)
{
    adit_ppp_free (e->ppp);
    if (e->path)
        e->host->base.verbs->unpath (e->path);
    if (e->link)
        e->host->base.verbs->unlink (e->link);
    fake_host_free (e->host);
    g_clear_error (&e->reason);
    g_strfreev (e->addresses);
    g_strfreev (e->routes);
    g_strfreev (e->dns);
    g_free (e->question);
}

void
ppp_end_forge (PppEnd *e, const char *hex)
{
    g_autoptr (GByteArray) bytes = g_byte_array_new ();

    for (; *hex; hex += *hex == ' ' ? 1 : 2) {
        guint8 byte;

        if (*hex == ' ')
            continue;
        byte = (guint8) (g_ascii_xdigit_value (hex[0]) << 4 | g_ascii_xdigit_value (hex[1]));
        g_byte_array_append (bytes, &byte, 1);
    }
    fake_wire_send (e->host->wire, &e->host->at, &e->peer, bytes->data, bytes->len);
}

/* ---- data ---- */

void
ppp_end_send (PppEnd *e, guint number, gsize len)
{
    g_autofree guint8  *packet    = g_malloc0 (len);
    const guint8 *const packets[] = { packet };

    g_assert (len >= HEADER + 4);
    packet[0] = 0x45;
    adit_poke (packet + 2, 2, len);
    adit_poke (packet + HEADER, 4, number);
    for (gsize i = HEADER + 4; i < len; i++)
        packet[i] = (guint8) (number + i);
    if (e->path)
        fake_host_send (e->host, packets, &len, 1);
}

static void
check_whole (const AditPacket *p)
{
    guint32 number;

    g_assert (p->len >= HEADER + 4 && p->data[0] == 0x45);
    g_assert_cmpuint ((guint) (p->data[2] << 8 | p->data[3]), ==, p->len);
    number = (guint32) p->data[HEADER + 2] << 8 | p->data[HEADER + 3];
    for (guint i = HEADER + 4; i < p->len; i++)
        g_assert_cmpuint (p->data[i], ==, (guint8) (number + i));
}

guint
ppp_end_take (PppEnd *e)
{
    AditPacket *p;
    guint       n = 0;

    while ((p = g_queue_pop_head (&e->host->delivered))) {
        if (p->data[0] >> 4 == 4) { /* else a router solicitation */
            check_whole (p);
            n++;
        }
        adit_packet_free (p);
    }
    return n;
}

/* ---- the world ---- */

PppWorld *
ppp_world_new (guint64 seed)
{
    PppWorld *w = g_new0 (PppWorld, 1);

    w->seed          = seed;
    w->wire          = fake_wire_new (seed);
    w->wire->weather = (FakeWeather){ .delay_us = 10000 };
    w->client.host   = fake_host_new (w->wire, "client", "198.51.100.2:1701");
    w->server.host   = fake_host_new (w->wire, "server", "192.0.2.1:1701");
    w->client.peer   = w->server.host->at;
    w->server.peer   = w->client.host->at;
    w->client.config = (AditPppConfig){ .role     = ADIT_PPP_CLIENT,
                                        .topic    = "client",
                                        .server   = "vpn.example.org",
                                        .auth     = ADIT_PPP_MSCHAPV2,
                                        .user     = "alice",
                                        .password = "wonderland",
                                        .mru      = 1400,
                                        .echo_s   = 30 };
    w->server.config = (AditPppConfig){ .role         = ADIT_PPP_SERVER,
                                        .topic        = "server",
                                        .server       = "the client",
                                        .auth         = ADIT_PPP_MSCHAPV2,
                                        .user         = "alice",
                                        .password     = "wonderland",
                                        .mru          = 1400,
                                        .echo_s       = 30,
                                        .address      = { 10, 9, 0, 1 },
                                        .peer_address = { 10, 9, 0, 2 },
                                        .dns          = { { 10, 9, 0, 53 }, { 10, 9, 0, 54 } } };
    return w;
}

void
ppp_world_free (PppWorld *w)
{
    end_clear (&w->client);
    end_clear (&w->server);
    fake_wire_free (w->wire);
    g_free (w);
}

void
ppp_world_start (PppWorld *w)
{
    ppp_end_start (&w->server);
    ppp_end_start (&w->client);
}

void
ppp_world_run (PppWorld *w, guint ms)
{
    fake_wire_run (w->wire, (gint64) ms * 1000);
}
