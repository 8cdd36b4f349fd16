/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* staged.c - packets end to end in one block; taking some moves the others together. */
#include "plugins/wireguard/staged.h"
#include "client/base/secret.h"
#include <string.h>

/* What a peer takes of the slots and of the bytes, in one measure; *n: its packets. */
static guint
share_of (const WireguardStaged *s, guint32 peer, guint *n)
{
    guint share = 0;

    *n = 0;
    for (guint i = 0; i < s->n; i++) {
        if (s->packet[i].peer == peer) {
            share += s->packet[i].len + WIREGUARD_STAGED_BYTES / WIREGUARD_STAGED;
            ++*n;
        }
    }
    return share;
}

static gboolean
let_go (gpointer left, const guint8 *body G_GNUC_UNUSED, gsize len G_GNUC_UNUSED)
{
    return (*(guint *) left)-- > 0;
}

/* The older half of the peer's that has most: many at once, since it moves the others. */
static void
make_room (WireguardStaged *s)
{
    guint32 fattest = 0;
    guint   most = 0, left = 0;

    for (guint i = 0; i < s->n; i++) {
        guint n, share = share_of (s, s->packet[i].peer, &n);

        if (share > most) {
            most    = share;
            left    = (n + 1) / 2;
            fattest = s->packet[i].peer;
        }
    }
    wireguard_staged_take (s, fattest, let_go, &left);
}

gboolean
wireguard_staged_put (WireguardStaged *s, guint32 peer, const guint8 *body, gsize len)
{
    if (len > WIREGUARD_STAGED_BYTES)
        return FALSE;
    while (s->n == WIREGUARD_STAGED || len > WIREGUARD_STAGED_BYTES - s->used)
        make_room (s);
    memcpy (s->bytes + s->used, body, len);
    s->packet[s->n].peer  = peer;
    s->packet[s->n].start = s->used;
    s->packet[s->n].len   = (guint32) len;
    s->n++;
    s->used += (guint32) len;
    return TRUE;
}

gboolean
wireguard_staged_has (const WireguardStaged *s, guint32 peer)
{
    for (guint i = 0; i < s->n; i++) {
        if (s->packet[i].peer == peer)
            return TRUE;
    }
    return FALSE;
}

void
wireguard_staged_take (WireguardStaged *s, guint32 peer, WireguardStagedFn fn, gpointer user)
{
    gboolean refused = FALSE;
    guint32  before = s->used, used = 0;
    guint    n = 0;

    for (guint i = 0; i < s->n; i++) {
        guint32 start = s->packet[i].start, len = s->packet[i].len;

        if (s->packet[i].peer == peer && !refused) {
            if (!fn || fn (user, s->bytes + start, len))
                continue;
            refused = TRUE;
        }
        memmove (s->bytes + used, s->bytes + start, len);
        s->packet[n].peer  = s->packet[i].peer;
        s->packet[n].start = used;
        s->packet[n++].len = len;
        used += len;
    }
    adit_wipe (s->bytes + used, before - used);
    s->n    = n;
    s->used = used;
}
