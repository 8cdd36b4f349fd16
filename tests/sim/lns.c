/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lns.c - see lns.h. */
#include "tests/sim/lns.h"

enum { LAYER_L2TP = 1 };

static const guint8 challenge[16] = "who are you, LAC";

/* ---- PPP ---- */

static void
on_frame (gpointer user, AditPacket *frame)
{
    Lns *lns = user;

    lns->host->base.verbs->inject (lns->path, 0, NULL, frame);
}

static void
on_tell (gpointer user, AditPppCarrier to, gconstpointer message, gsize size)
{
    Lns *lns = user;

    g_assert_cmpint (to, ==, ADIT_PPP_CARRIER_PPP);
    lns->host->base.verbs->tell (lns->path, 0, message, size);
}

static void
on_up (gpointer user, const AditPppResult *result)
{
    (void) result;
    ((Lns *) user)->ups++;
}

static void
on_down (gpointer user, GError *reason)
{
    ((Lns *) user)->downs++;
    g_clear_error (&reason);
}

static const AditPppEvents ppp_events = {
    .output = on_frame, .tell = on_tell, .up = on_up, .down = on_down
};

/* ---- control messages ---- */

typedef struct {
    AditPacket *packet;
    AditWriter  w;
} Draft;

static Draft
begin (L2tpMessageType type)
{
    Draft draft = { .packet = adit_packet_new (NULL, L2TP_MESSAGE_MAX) };

    draft.w = adit_writer (draft.packet->data, L2TP_MESSAGE_MAX);
    l2tp_put_number (&draft.w, L2TP_AVP_MESSAGE_TYPE, TRUE, 2, type);
    return draft;
}

static void
finish (Lns *lns, Draft *draft, guint16 session)
{
    draft->packet->len = (guint32) adit_length (&draft->w);
    if (lns->on_avps)
        lns->on_avps (lns, draft->packet->data, draft->packet->len);
    l2tp_reliable_send (&lns->reliable, session, draft->packet);
}

guint16
lns_session (const Lns *lns)
{
    return (guint16) (LNS_SESSION + MAX (lns->calls, 1) - 1);
}

void
lns_call (Lns *lns, L2tpMessageType type)
{
    Draft draft = begin (type);

    l2tp_put_number (&draft.w, L2TP_AVP_ASSIGNED_SESSION_ID, TRUE, 2, LNS_SESSION + 1000);
    l2tp_put_number (&draft.w, L2TP_AVP_CALL_SERIAL_NUMBER, TRUE, 4, 1);
    finish (lns, &draft, 0);
}

void
lns_end (Lns *lns, L2tpMessageType type, guint16 result, guint16 error, const char *words)
{
    Draft      draft = begin (type);
    guint8     code[64];
    AditWriter w = adit_writer (code, sizeof code);

    adit_put_u16 (&w, result);
    if (error || words)
        adit_put_u16 (&w, error);
    if (words)
        adit_put_bytes (&w, words, strlen (words));
    l2tp_put_bytes (&draft.w, L2TP_AVP_RESULT_CODE, TRUE, code, adit_length (&w));
    if (type == L2TP_STOPCCN)
        l2tp_put_number (&draft.w, L2TP_AVP_ASSIGNED_TUNNEL_ID, TRUE, 2, LNS_TUNNEL);
    else
        l2tp_put_number (&draft.w, L2TP_AVP_ASSIGNED_SESSION_ID, TRUE, 2, lns_session (lns));
    finish (lns, &draft, type == L2TP_CDN && !lns->nameless ? lns->peer_session : 0);
}

static gboolean
refused (Lns *lns, L2tpMessageType type)
{
    if (lns->refuses != type || lns->calls < lns->takes)
        return FALSE;
    lns_end (lns, type == L2TP_ICRQ ? L2TP_CDN : L2TP_STOPCCN, lns->result, lns->error, lns->words);
    return TRUE;
}

static void
take_sccrq (Lns *lns, const L2tpMessage *m)
{
    const L2tpAvp *theirs = &m->avp[L2TP_AVP_CHALLENGE];
    Draft          draft;
    guint32        tunnel;
    guint8         response[L2TP_SECRET_BLOCK];

    g_assert_true (l2tp_message_number (m, L2TP_AVP_ASSIGNED_TUNNEL_ID, 2, &tunnel));
    lns->peer_tunnel = (guint16) tunnel;
    l2tp_reliable_set_peer (&lns->reliable, lns->peer_tunnel, L2TP_WINDOW);
    if (refused (lns, L2TP_SCCRQ))
        return;
    draft = begin (L2TP_SCCRP);
    l2tp_put_number (&draft.w, L2TP_AVP_PROTOCOL_VERSION, TRUE, 2, 0x0100);
    l2tp_put_number (&draft.w, L2TP_AVP_FRAMING_CAPS, TRUE, 4, 3);
    l2tp_put_bytes (&draft.w, L2TP_AVP_HOST_NAME, TRUE, "lns", 3);
    l2tp_put_number (&draft.w, L2TP_AVP_ASSIGNED_TUNNEL_ID, TRUE, 2, LNS_TUNNEL);
    if (lns->secret)
        l2tp_put_bytes (&draft.w, L2TP_AVP_CHALLENGE, TRUE, challenge, sizeof challenge);
    if (lns->secret && theirs->data) {
        l2tp_challenge_response (L2TP_SCCRP, lns->secret, theirs->data, theirs->size, response);
        l2tp_put_bytes (&draft.w, L2TP_AVP_CHALLENGE_RESPONSE, TRUE, response, sizeof response);
    }
    finish (lns, &draft, 0);
}

static void
take_scccn (Lns *lns, const L2tpMessage *m)
{
    const L2tpAvp *response = &m->avp[L2TP_AVP_CHALLENGE_RESPONSE];
    guint8         expected[L2TP_SECRET_BLOCK];

    if (!lns->secret)
        return;
    l2tp_challenge_response (L2TP_SCCCN, lns->secret, challenge, sizeof challenge, expected);
    lns->proved = response->size == sizeof expected &&
                  memcmp (response->data, expected, sizeof expected) == 0;
    if (!lns->proved)
        lns_end (lns, L2TP_STOPCCN, L2TP_STOP_NOT_AUTHORIZED, 0, NULL);
}

static void
take_icrq (Lns *lns, const L2tpMessage *m)
{
    Draft   draft;
    guint32 session;

    g_assert_true (l2tp_message_number (m, L2TP_AVP_ASSIGNED_SESSION_ID, 2, &session));
    g_assert_cmpuint (session, !=, lns->peer_session);
    lns->peer_session = (guint16) session;
    if (refused (lns, L2TP_ICRQ))
        return;
    lns->calls++;
    adit_ppp_free (lns->ppp);
    lns->ppp = adit_ppp_new (&lns->host->base, &lns->ppp_config, &ppp_events, lns);
    draft    = begin (L2TP_ICRP);
    l2tp_put_number (&draft.w, L2TP_AVP_ASSIGNED_SESSION_ID, TRUE, 2, lns_session (lns));
    finish (lns, &draft, lns->peer_session);
}

static void
take_iccn (Lns *lns)
{
    L2tpSession session = { LNS_TUNNEL, lns_session (lns), lns->peer_tunnel, lns->peer_session,
                            lns->numbers };

    lns->host->base.verbs->tell (lns->path, LAYER_L2TP, &session, sizeof session);
    adit_ppp_lower_up (lns->ppp);
}

static void
on_message (gpointer user, guint16 session, const guint8 *body, gsize size)
{
    Lns        *lns = user;
    L2tpMessage m;

    (void) session;
    g_assert_cmpint (l2tp_message_decode (body, size, lns->secret, &m), ==, L2TP_FORM_GOOD);
    g_assert_nonnull (l2tp_message_name (m.type));
    lns->messages[m.type]++;
    if (m.type == L2TP_SCCRQ)
        take_sccrq (lns, &m);
    else if (m.type == L2TP_SCCCN)
        take_scccn (lns, &m);
    else if (m.type == L2TP_ICRQ)
        take_icrq (lns, &m);
    else if (m.type == L2TP_ICCN)
        take_iccn (lns);
    l2tp_message_clear (&m);
}

static void
on_output (gpointer user, AditPacket *packet)
{
    Lns *lns = user;

    lns->host->base.verbs->inject (lns->path, LAYER_L2TP, NULL, packet);
}

static void
on_silent (gpointer user)
{
    ((Lns *) user)->silent++;
}

static const L2tpReliableEvents reliable_events = { on_output, on_message, on_silent };

/* ---- socket and path ---- */

static void
on_punted (gpointer user, guint layer, const AditEndpoint *from, AditPacket *packet)
{
    Lns       *lns = user;
    L2tpHeader header;

    (void) from;
    if (layer != LAYER_L2TP && lns->ppp)
        adit_ppp_input (lns->ppp, packet->data, packet->len);
    else if (layer == LAYER_L2TP && l2tp_header_decode (packet->data, packet->len, &header) &&
             (header.tunnel == LNS_TUNNEL || header.tunnel == 0))
        l2tp_reliable_receive (&lns->reliable, &header);
    adit_packet_free (packet);
}

static void
on_said (gpointer user, guint layer, gconstpointer message, gsize size)
{
    (void) layer;
    if (((Lns *) user)->ppp)
        adit_ppp_said (((Lns *) user)->ppp, message, size);
}

static const AditPathEvents path_events = { .punted = on_punted, .said = on_said };

static void
on_ready (gpointer user, guint16 local_port)
{
    Lns         *lns        = user;
    AditCarrier *carriers[] = { adit_ppp_carrier_new (), l2tp_carrier_new () };

    (void) local_port;
    lns->path =
        lns->host->base.verbs->path (&lns->host->base, lns->link, carriers, 2, &path_events, lns);
}

static const AditLinkEvents link_events = { .ready = on_ready };

Lns *
lns_new (FakeWire *wire, const char *at)
{
    Lns *lns = g_new0 (Lns, 1);

    lns->host       = fake_host_new (wire, "lns", at);
    lns->ppp_config = (AditPppConfig){ .role         = ADIT_PPP_SERVER,
                                       .topic        = "lns",
                                       .server       = "lns",
                                       .auth         = ADIT_PPP_MSCHAPV2,
                                       .user         = "alice",
                                       .password     = "Wonder land 7#",
                                       .address      = { 10, 0, 0, 1 },
                                       .peer_address = { 10, 0, 0, 7 },
                                       .dns          = { { 10, 0, 0, 53 } } };
    return lns;
}

void
lns_start (Lns *lns, const char *peer)
{
    const AditLinkSpec spec = { ADIT_LINK_UDP, peer, L2TP_PORT, L2TP_PORT };

    l2tp_reliable_init (&lns->reliable, &lns->host->base, &reliable_events, lns);
    lns->link = lns->host->base.verbs->link (&lns->host->base, &spec, &link_events, lns);
}

void
lns_free (Lns *lns)
{
    adit_ppp_free (lns->ppp);
    l2tp_reliable_clear (&lns->reliable);
    if (lns->path)
        lns->host->base.verbs->unpath (lns->path);
    if (lns->link)
        lns->host->base.verbs->unlink (lns->link);
    fake_host_free (lns->host);
    g_free (lns);
}
