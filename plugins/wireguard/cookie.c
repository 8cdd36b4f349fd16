/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cookie.c - proof of having our public key (mac1) and of owning an address (mac2).  Whether mac2
 * is demanded is the ratelimiter's business. */
#include "plugins/wireguard/cookie.h"
#include "client/base/secret.h"
#include "client/crypto/blake2s.h"
#include "client/crypto/random.h"
#include "client/crypto/xaead.h"

static void
label_key (guint8 out[WIREGUARD_HASH], const char *label, const guint8 public_key[WIREGUARD_KEY])
{
    adit_blake2s_two (out, label, WIREGUARD_LABEL, public_key, WIREGUARD_KEY);
}

static void
make_mac1 (guint8 out[WIREGUARD_MAC], const guint8 *message, gsize len,
           const guint8 key[WIREGUARD_HASH])
{
    adit_blake2s_mac (out, WIREGUARD_MAC, key, WIREGUARD_HASH, message, len - 2 * WIREGUARD_MAC);
}

static void
make_mac2 (guint8 out[WIREGUARD_MAC], const guint8 *message, gsize len,
           const guint8 cookie[WIREGUARD_COOKIE])
{
    adit_blake2s_mac (out, WIREGUARD_MAC, cookie, WIREGUARD_COOKIE, message, len - WIREGUARD_MAC);
}

/* The cookie of an address: its MAC under the secret. */
static void
make_cookie (guint8 out[WIREGUARD_COOKIE], const WireguardCookieChecker *checker,
             const AditEndpoint *from)
{
    guint8     where[sizeof from->address + 2];
    AditWriter w = adit_writer (where, sizeof where);

    adit_put_bytes (&w, from->address, from->family == 4 ? 4 : 16);
    adit_put_u16 (&w, from->port);
    adit_blake2s_mac (out, WIREGUARD_COOKIE, checker->secret, sizeof checker->secret, where,
                      adit_length (&w));
}

void
wireguard_cookie_checker_init (WireguardCookieChecker *checker,
                               const guint8            public_key[WIREGUARD_KEY])
{
    label_key (checker->mac1_key, WIREGUARD_LABEL_MAC1, public_key);
    label_key (checker->encryption_key, WIREGUARD_LABEL_COOKIE, public_key);
    checker->secret_until_us = 0;
}

gboolean
wireguard_cookie_needs_secret (const WireguardCookieChecker *checker, gint64 now_us)
{
    return !checker->secret_until_us || now_us >= checker->secret_until_us;
}

void
wireguard_cookie_set_secret (WireguardCookieChecker *checker, const guint8 secret[WIREGUARD_HASH],
                             gint64 now_us)
{
    memcpy (checker->secret, secret, sizeof checker->secret);
    checker->secret_until_us = now_us + WIREGUARD_COOKIE_SECRET_TIME * WIREGUARD_SECOND_US;
}

WireguardMacState
wireguard_cookie_validate (const WireguardCookieChecker *checker, const guint8 *message, gsize len,
                           const AditEndpoint *from)
{
    guint8            mac[WIREGUARD_MAC], cookie[WIREGUARD_COOKIE];
    const guint8     *mac2  = message + len - WIREGUARD_MAC;
    WireguardMacState state = WIREGUARD_MAC_WITHOUT_COOKIE;

    make_mac1 (mac, message, len, checker->mac1_key);
    if (!adit_same (mac, mac2 - WIREGUARD_MAC, sizeof mac))
        return WIREGUARD_MAC_INVALID;
    if (!checker->secret_until_us)
        return state;
    make_cookie (cookie, checker, from);
    make_mac2 (mac, message, len, cookie);
    if (adit_same (mac, mac2, sizeof mac))
        state = WIREGUARD_MAC_WITH_COOKIE;
    adit_wipe (cookie, sizeof cookie);
    return state;
}

void
wireguard_cookie_create_reply (const WireguardCookieChecker *checker, const guint8 *message,
                               gsize len, const AditEndpoint *from, guint32 receiver,
                               const guint8 nonce[WIREGUARD_NONCE], WireguardCookieReply *out)
{
    guint8        cookie[WIREGUARD_COOKIE];
    const guint8 *mac1 = message + len - 2 * WIREGUARD_MAC;

    make_cookie (cookie, checker, from);
    out->receiver = receiver;
    memcpy (out->nonce, nonce, sizeof out->nonce);
    adit_xchacha20_poly1305_seal (out->encrypted_cookie, checker->encryption_key, nonce, mac1,
                                  WIREGUARD_MAC, cookie, sizeof cookie);
    adit_wipe (cookie, sizeof cookie);
}

void
wireguard_cookie_init (WireguardCookie *cookie, const guint8 remote_static[WIREGUARD_KEY])
{
    memset (cookie, 0, sizeof *cookie);
    label_key (cookie->mac1_key, WIREGUARD_LABEL_MAC1, remote_static);
    label_key (cookie->decryption_key, WIREGUARD_LABEL_COOKIE, remote_static);
}

void
wireguard_cookie_add_macs (WireguardCookie *cookie, guint8 *message, gsize len, gint64 now_us)
{
    guint8 *mac2 = message + len - WIREGUARD_MAC, *mac1 = mac2 - WIREGUARD_MAC;

    make_mac1 (mac1, message, len, cookie->mac1_key);
    memcpy (cookie->last_mac1, mac1, sizeof cookie->last_mac1);
    cookie->expects = WIREGUARD_AWAITS_REPLY;
    if (cookie->cookie_until_us && now_us < cookie->cookie_until_us)
        make_mac2 (mac2, message, len, cookie->cookie);
    else
        memset (mac2, 0, WIREGUARD_MAC);
}

gboolean
wireguard_cookie_consume_reply (WireguardCookie *cookie, const WireguardCookieReply *reply,
                                gint64 now_us)
{
    const gint64 life = WIREGUARD_COOKIE_SECRET_TIME - WIREGUARD_COOKIE_LATENCY;
    guint8       got[WIREGUARD_COOKIE];

    if (cookie->expects != WIREGUARD_AWAITS_REPLY)
        return FALSE;
    if (!adit_xchacha20_poly1305_open (got, cookie->decryption_key, reply->nonce, cookie->last_mac1,
                                       sizeof cookie->last_mac1, reply->encrypted_cookie,
                                       sizeof reply->encrypted_cookie))
        return FALSE;
    memcpy (cookie->cookie, got, sizeof cookie->cookie);
    cookie->cookie_until_us = now_us + life * WIREGUARD_SECOND_US;
    cookie->expects         = WIREGUARD_NOTHING_SENT;
    adit_wipe (got, sizeof got);
    return TRUE;
}
