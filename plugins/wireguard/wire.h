/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wire.h - the whole WireGuard protocol on one page: every constant, limit and message.
 *
 * Names are those of the white paper ("WireGuard: Next Generation Kernel Network Tunnel",
 * Donenfeld, NDSS 2017).  Integers on the wire are little-endian. */
#pragma once
#include "client/base/bytes.h"

/* 5.4: the labels that are hashed */
#define WIREGUARD_CONSTRUCTION "Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s"
#define WIREGUARD_IDENTIFIER "WireGuard v1 zx2c4 Jason@zx2c4.com"
#define WIREGUARD_LABEL_MAC1 "mac1----"
#define WIREGUARD_LABEL_COOKIE "cookie--"

enum {
    WIREGUARD_LABEL     = 8, /* bytes of the two labels above */
    WIREGUARD_KEY       = 32,
    WIREGUARD_HASH      = 32,
    WIREGUARD_TAG       = 16, /* Poly1305 */
    WIREGUARD_MAC       = 16, /* mac1 and mac2 */
    WIREGUARD_COOKIE    = 16,
    WIREGUARD_NONCE     = 24, /* of a cookie reply */
    WIREGUARD_TIMESTAMP = 12, /* TAI64N */
    WIREGUARD_PADDING   = 16,
};

/* 6.1, in seconds */
enum {
    WIREGUARD_REKEY_AFTER_TIME   = 120,
    WIREGUARD_REJECT_AFTER_TIME  = 180,
    WIREGUARD_REKEY_ATTEMPT_TIME = 90,
    WIREGUARD_REKEY_TIMEOUT      = 5,
    WIREGUARD_KEEPALIVE_TIMEOUT  = 10,
    WIREGUARD_ZERO_KEYS_TIME     = 3 * WIREGUARD_REJECT_AFTER_TIME,
    WIREGUARD_COOKIE_SECRET_TIME = 120, /* 5.4.7 */
    WIREGUARD_COOKIE_LATENCY     = 5,   /* a cookie is not used this shortly before its end */
};

#define WIREGUARD_REKEY_AFTER_MESSAGES (G_GUINT64_CONSTANT (1) << 60)
#define WIREGUARD_REJECT_AFTER_MESSAGES (G_MAXUINT64 - (G_GUINT64_CONSTANT (1) << 13))

enum {
    WIREGUARD_REKEY_JITTER_MS        = 333,
    WIREGUARD_HANDSHAKE_ATTEMPTS     = WIREGUARD_REKEY_ATTEMPT_TIME / WIREGUARD_REKEY_TIMEOUT,
    WIREGUARD_INITIATIONS_PER_SECOND = 50, /* that one peer may make us consume */
    WIREGUARD_OUTER_OVERHEAD         = 80, /* IPv6 40 + UDP 8 + header 16 + tag 16 */
    WIREGUARD_PORT                   = 51820,
};

#define WIREGUARD_SECOND_US G_GINT64_CONSTANT (1000000)

/* 5.4: the first octet of a message; three zero octets follow */
typedef enum {
    WIREGUARD_HANDSHAKE_INITIATION = 1,
    WIREGUARD_HANDSHAKE_RESPONSE   = 2,
    WIREGUARD_COOKIE_REPLY         = 3,
    WIREGUARD_TRANSPORT_DATA       = 4,
} WireguardMessageType;

enum {
    WIREGUARD_INITIATION_SIZE   = 148,
    WIREGUARD_RESPONSE_SIZE     = 92,
    WIREGUARD_COOKIE_REPLY_SIZE = 64,
    WIREGUARD_HEADER_SIZE       = 16, /* type, receiver, counter */
    WIREGUARD_TRANSPORT_MIN     = WIREGUARD_HEADER_SIZE + WIREGUARD_TAG,
};

/* 5.4.2  type:1 reserved:3 sender:4 ephemeral:32 static:48 timestamp:28 mac1:16 mac2:16 */
typedef struct {
    guint32 sender;
    guint8  ephemeral[WIREGUARD_KEY];
    guint8  encrypted_static[WIREGUARD_KEY + WIREGUARD_TAG];
    guint8  encrypted_timestamp[WIREGUARD_TIMESTAMP + WIREGUARD_TAG];
} WireguardInitiation;

/* 5.4.3  type:1 reserved:3 sender:4 receiver:4 ephemeral:32 empty:16 mac1:16 mac2:16 */
typedef struct {
    guint32 sender, receiver;
    guint8  ephemeral[WIREGUARD_KEY];
    guint8  encrypted_nothing[WIREGUARD_TAG];
} WireguardResponse;

/* 5.4.7  type:1 reserved:3 receiver:4 nonce:24 cookie:32 */
typedef struct {
    guint32 receiver;
    guint8  nonce[WIREGUARD_NONCE];
    guint8  encrypted_cookie[WIREGUARD_COOKIE + WIREGUARD_TAG];
} WireguardCookieReply;

/* 5.4.6  type:1 reserved:3 receiver:4 counter:8 packet:n */
typedef struct {
    guint32 receiver;
    guint64 counter;
} WireguardTransport;

/* The type of a message whose length fits it; 0: no message of ours. */
guint wireguard_wire_type (const guint8 *message, gsize len);

/* FALSE when type or length is wrong; `out` then says nothing. */
gboolean wireguard_wire_get_initiation (const guint8 *message, gsize len, WireguardInitiation *out);
gboolean wireguard_wire_get_response (const guint8 *message, gsize len, WireguardResponse *out);
gboolean wireguard_wire_get_cookie_reply (const guint8 *message, gsize len,
                                          WireguardCookieReply *out);
gboolean wireguard_wire_get_transport (const guint8 *message, gsize len, WireguardTransport *out);

/* mac1 and mac2 are left zero for wireguard_cookie_add_macs(). */
void wireguard_wire_put_initiation (guint8                     out[WIREGUARD_INITIATION_SIZE],
                                    const WireguardInitiation *initiation);
void wireguard_wire_put_response (guint8                   out[WIREGUARD_RESPONSE_SIZE],
                                  const WireguardResponse *response);
void wireguard_wire_put_cookie_reply (guint8                      out[WIREGUARD_COOKIE_REPLY_SIZE],
                                      const WireguardCookieReply *reply);
void wireguard_wire_put_transport (guint8                    out[WIREGUARD_HEADER_SIZE],
                                   const WireguardTransport *transport);
