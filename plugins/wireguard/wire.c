/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wire.c - messages between bytes and structs; the only place that knows their order.  Judges
 * lengths and types, nothing else. */
#include "plugins/wireguard/wire.h"

static guint32
header (WireguardMessageType type)
{
    return type; /* as a little-endian word: the octet and three zeroes */
}

static AditReader
read_message (const guint8 *message, gsize len, WireguardMessageType type)
{
    AditReader r = adit_reader (message, len);

    if (adit_get_le (&r, 4) != header (type))
        r.bad = TRUE;
    return r;
}

static AditWriter
write_message (guint8 *out, gsize len, WireguardMessageType type)
{
    AditWriter w = adit_writer (out, len);

    memset (out, 0, len);
    adit_put_le (&w, 4, header (type));
    return w;
}

guint
wireguard_wire_type (const guint8 *message, gsize len)
{
    AditReader r    = adit_reader (message, len);
    guint32    type = (guint32) adit_get_le (&r, 4);

    switch (type) {
    case WIREGUARD_HANDSHAKE_INITIATION:
        return len == WIREGUARD_INITIATION_SIZE ? type : 0;
    case WIREGUARD_HANDSHAKE_RESPONSE:
        return len == WIREGUARD_RESPONSE_SIZE ? type : 0;
    case WIREGUARD_COOKIE_REPLY:
        return len == WIREGUARD_COOKIE_REPLY_SIZE ? type : 0;
    case WIREGUARD_TRANSPORT_DATA:
        return len >= WIREGUARD_TRANSPORT_MIN ? type : 0;
    default:
        return 0;
    }
}

gboolean
wireguard_wire_get_initiation (const guint8 *message, gsize len, WireguardInitiation *out)
{
    AditReader r = read_message (message, len, WIREGUARD_HANDSHAKE_INITIATION);

    out->sender = (guint32) adit_get_le (&r, 4);
    adit_get_bytes (&r, out->ephemeral, sizeof out->ephemeral);
    adit_get_bytes (&r, out->encrypted_static, sizeof out->encrypted_static);
    adit_get_bytes (&r, out->encrypted_timestamp, sizeof out->encrypted_timestamp);
    adit_take (&r, 2 * WIREGUARD_MAC);
    return adit_finish (&r);
}

gboolean
wireguard_wire_get_response (const guint8 *message, gsize len, WireguardResponse *out)
{
    AditReader r = read_message (message, len, WIREGUARD_HANDSHAKE_RESPONSE);

    out->sender   = (guint32) adit_get_le (&r, 4);
    out->receiver = (guint32) adit_get_le (&r, 4);
    adit_get_bytes (&r, out->ephemeral, sizeof out->ephemeral);
    adit_get_bytes (&r, out->encrypted_nothing, sizeof out->encrypted_nothing);
    adit_take (&r, 2 * WIREGUARD_MAC);
    return adit_finish (&r);
}

gboolean
wireguard_wire_get_cookie_reply (const guint8 *message, gsize len, WireguardCookieReply *out)
{
    AditReader r = read_message (message, len, WIREGUARD_COOKIE_REPLY);

    out->receiver = (guint32) adit_get_le (&r, 4);
    adit_get_bytes (&r, out->nonce, sizeof out->nonce);
    adit_get_bytes (&r, out->encrypted_cookie, sizeof out->encrypted_cookie);
    return adit_finish (&r);
}

gboolean
wireguard_wire_get_transport (const guint8 *message, gsize len, WireguardTransport *out)
{
    AditReader r = read_message (message, len, WIREGUARD_TRANSPORT_DATA);

    out->receiver = (guint32) adit_get_le (&r, 4);
    out->counter  = adit_get_le (&r, 8);
    return !r.bad && adit_left (&r) >= WIREGUARD_TAG;
}

void
wireguard_wire_put_initiation (guint8                     out[WIREGUARD_INITIATION_SIZE],
                               const WireguardInitiation *initiation)
{
    AditWriter w = write_message (out, WIREGUARD_INITIATION_SIZE, WIREGUARD_HANDSHAKE_INITIATION);

    adit_put_le (&w, 4, initiation->sender);
    adit_put_bytes (&w, initiation->ephemeral, sizeof initiation->ephemeral);
    adit_put_bytes (&w, initiation->encrypted_static, sizeof initiation->encrypted_static);
    adit_put_bytes (&w, initiation->encrypted_timestamp, sizeof initiation->encrypted_timestamp);
}

void
wireguard_wire_put_response (guint8 out[WIREGUARD_RESPONSE_SIZE], const WireguardResponse *response)
{
    AditWriter w = write_message (out, WIREGUARD_RESPONSE_SIZE, WIREGUARD_HANDSHAKE_RESPONSE);

    adit_put_le (&w, 4, response->sender);
    adit_put_le (&w, 4, response->receiver);
    adit_put_bytes (&w, response->ephemeral, sizeof response->ephemeral);
    adit_put_bytes (&w, response->encrypted_nothing, sizeof response->encrypted_nothing);
}

void
wireguard_wire_put_cookie_reply (guint8                      out[WIREGUARD_COOKIE_REPLY_SIZE],
                                 const WireguardCookieReply *reply)
{
    AditWriter w = write_message (out, WIREGUARD_COOKIE_REPLY_SIZE, WIREGUARD_COOKIE_REPLY);

    adit_put_le (&w, 4, reply->receiver);
    adit_put_bytes (&w, reply->nonce, sizeof reply->nonce);
    adit_put_bytes (&w, reply->encrypted_cookie, sizeof reply->encrypted_cookie);
}

void
wireguard_wire_put_transport (guint8                    out[WIREGUARD_HEADER_SIZE],
                              const WireguardTransport *transport)
{
    AditWriter w = write_message (out, WIREGUARD_HEADER_SIZE, WIREGUARD_TRANSPORT_DATA);

    adit_put_le (&w, 4, transport->receiver);
    adit_put_le (&w, 8, transport->counter);
}
