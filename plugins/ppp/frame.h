/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* frame.h - the header of a frame as any peer may write it (RFC 1661 2, 6.5, 6.6). */
#pragma once
#include "plugins/ppp/wire.h"

/* Address and control field may be missing, the protocol field may have one byte.  FALSE: none. */
static inline gboolean
ppp_read_header (AditReader *r, guint16 *protocol)
{
    guint16 first;

    if (adit_left (r) >= 2 && r->at[0] == PPP_ALL_STATIONS && r->at[1] == PPP_UI)
        adit_take (r, 2);
    first     = adit_get_u8 (r);
    *protocol = first & 1 ? first : (guint16) (first << 8 | adit_get_u8 (r));
    return !r->bad && (*protocol & 1) && *protocol != PPP_ALL_STATIONS;
}
