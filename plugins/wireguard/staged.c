/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* staged.c - packets end to end in one block; taking some moves the others together. */
#include "plugins/wireguard/staged.h"
#include "client/base/secret.h"
#include <string.h>

gboolean
wireguard_staged_put (WireguardStaged *s, guint32 peer, const guint8 *body, gsize len)
{
    if (s->n == WIREGUARD_STAGED || len > WIREGUARD_STAGED_BYTES - s->used)
        return FALSE;
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
