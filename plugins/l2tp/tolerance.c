/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tolerance.c - the table of what is borne, and why.  Each row has its test; what is not here is
 * refused as RFC 2661 says.  What PPP bears is PPP's. */
#include "plugins/l2tp/tolerance.h"

/* clang-format off */
const L2tpTolerance l2tp_tolerances[] = {
    /* Why it ends is worth more than the form it is said in. */
    { L2TP_BEARS_FORM,    L2TP_STOPCCN, 0, 0, "a goodbye counts, whatever is added to it" },
    { L2TP_BEARS_FORM,    L2TP_CDN,     0, 0, "a goodbye counts, whatever is added to it" },

    /* Nothing that we do depends on them. */
    { L2TP_BEARS_MISSING, L2TP_SCCRP,   L2TP_AVP_PROTOCOL_VERSION, 0, "the header tells the version, too" },
    { L2TP_BEARS_MISSING, L2TP_SCCRP,   L2TP_AVP_FRAMING_CAPS,     0, "there is no line to frame for" },
    { L2TP_BEARS_MISSING, L2TP_SCCRP,   L2TP_AVP_HOST_NAME,        0, "a name is for people" },

    /* A window of nothing would let nothing pass, and cannot be meant. */
    { L2TP_BEARS_LESS,    L2TP_SCCRP,   L2TP_AVP_RECEIVE_WINDOW, 1, "a window of 0 is one of 1" },

    /* Who refuses a call at once may not have noted its number yet (xl2tpd). */
    { L2TP_BEARS_HEADER,  L2TP_CDN,     L2TP_AVP_ASSIGNED_SESSION_ID, 0, "the call is named by the other end's number" },
    { L2TP_BEARS_NO_ID,   L2TP_CDN,     0, 0, "a call is refused before it has a number" },

    /* Later RFCs add them for machines that relay calls; a server may set the M bit in spite of those. */
    { L2TP_BEARS_AVP,     L2TP_ZLB,     46, 0, "RFC 3145: why PPP ended, which PPP says itself" },
    { L2TP_BEARS_AVP,     L2TP_ZLB,     47, 0, "RFC 3308: differentiated services of the tunnel" },
    { L2TP_BEARS_AVP,     L2TP_ZLB,     48, 0, "RFC 3308: differentiated services of a session" },
    { L2TP_BEARS_AVP,     L2TP_ZLB,     49, 0, "RFC 3437: wishes for LCP, which LCP says itself" },
    { L2TP_BEARS_AVP,     L2TP_ZLB,     50, 0, "RFC 3437: what LCP may do, which LCP says itself" },
    { L2TP_BEARS_AVP,     L2TP_ZLB,     53, 0, "RFC 3573: whether a modem can hold" },
    { L2TP_BEARS_AVP,     L2TP_ZLB,     56, 0, "RFC 3817: whether PPPoE can be relayed" },
};
/* clang-format on */
const gsize l2tp_n_tolerances = G_N_ELEMENTS (l2tp_tolerances);

const L2tpTolerance *
l2tp_bears (L2tpBears what, L2tpMessageType in, guint avp)
{
    for (gsize i = 0; i < l2tp_n_tolerances; i++) {
        const L2tpTolerance *row = &l2tp_tolerances[i];

        if (row->what == what && (row->in == L2TP_ZLB || row->in == in) && row->avp == avp)
            return row;
    }
    return NULL;
}
