/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cookie.h - mac1, mac2 and the cookie between them (white paper 5.3, 5.4.4, 5.4.7).  Pure:
 * randomness and time are given. */
#pragma once
#include "client/base/packet.h"
#include "plugins/wireguard/wire.h"

typedef enum {
    WIREGUARD_MAC_INVALID,
    WIREGUARD_MAC_WITHOUT_COOKIE, /* mac1 is right */
    WIREGUARD_MAC_WITH_COOKIE,    /* mac1 and mac2 are right */
} WireguardMacState;

/* What we make of the messages that come to us. */
typedef struct {
    guint8 mac1_key[WIREGUARD_HASH];
    guint8 encryption_key[WIREGUARD_HASH];
    guint8 secret[WIREGUARD_HASH];
    gint64 secret_until_us; /* 0: there is none */
} WireguardCookieChecker;

/* What we put on the messages that go to one peer. */
typedef struct {
    guint8 mac1_key[WIREGUARD_HASH];
    guint8 decryption_key[WIREGUARD_HASH];
    guint8 last_mac1[WIREGUARD_MAC]; /* of the last message sent; a reply is bound to it */
    guint8 cookie[WIREGUARD_COOKIE];
    gint64 cookie_until_us; /* 0: there is none */
    enum { WIREGUARD_NOTHING_SENT, WIREGUARD_AWAITS_REPLY } expects;
} WireguardCookie;

void wireguard_cookie_checker_init (WireguardCookieChecker *checker,
                                    const guint8            public_key[WIREGUARD_KEY]);
/* The secret is changed every 120 s, when it is next needed; then TRUE, and 32 fresh bytes go in
 * with wireguard_cookie_set_secret() before anything else is called. */
gboolean wireguard_cookie_needs_secret (const WireguardCookieChecker *checker, gint64 now_us);
void     wireguard_cookie_set_secret (WireguardCookieChecker *checker,
                                      const guint8 secret[WIREGUARD_HASH], gint64 now_us);

/* `message` is an initiation or a response of its exact size. */
WireguardMacState wireguard_cookie_validate (const WireguardCookieChecker *checker,
                                             const guint8 *message, gsize len,
                                             const AditEndpoint *from);
void wireguard_cookie_create_reply (const WireguardCookieChecker *checker, const guint8 *message,
                                    gsize len, const AditEndpoint *from, guint32 receiver,
                                    const guint8 nonce[WIREGUARD_NONCE], WireguardCookieReply *out);

void wireguard_cookie_init (WireguardCookie *cookie, const guint8 remote_static[WIREGUARD_KEY]);
/* Fills the last 32 bytes of an initiation or a response. */
void wireguard_cookie_add_macs (WireguardCookie *cookie, guint8 *message, gsize len, gint64 now_us);
/* FALSE: not authentic, or no answer to the last message we sent. */
gboolean wireguard_cookie_consume_reply (WireguardCookie *cookie, const WireguardCookieReply *reply,
                                         gint64 now_us);
