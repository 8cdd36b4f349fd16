/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* staged.h - the packets that wait for a key, so that the first ping is answered: few, in one block
 * of memory, in order.  When it is full the older ones of the peer that has most make room, so that
 * one that never answers neither starves the others nor gets old news.  Carrier only. */
#pragma once
#include <glib.h>

enum { WIREGUARD_STAGED = 128, WIREGUARD_STAGED_BYTES = 192 * 1024 };

typedef struct {
    guint   n;
    guint32 used; /* bytes */
    struct {
        guint32 peer, start, len;
    } packet[WIREGUARD_STAGED];
    guint8 bytes[WIREGUARD_STAGED_BYTES];
} WireguardStaged;

/* FALSE: to be let go. */
typedef gboolean (*WireguardStagedFn) (gpointer user, const guint8 *body, gsize len);

gboolean wireguard_staged_put (WireguardStaged *staged, guint32 peer, const guint8 *body,
                               gsize len); /* FALSE: too long for any room */
gboolean wireguard_staged_has (const WireguardStaged *staged, guint32 peer);
/* Hands out this peer's packets and forgets them; those that fn refuses stay, it is not called for
 * the rest.  fn NULL: they are wiped. */
void wireguard_staged_take (WireguardStaged *staged, guint32 peer, WireguardStagedFn fn,
                            gpointer user);
