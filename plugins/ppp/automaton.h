/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* automaton.h - the option negotiation automaton of RFC 1661 section 4, as its table: which state
 * follows, and what is to be done.  It does nothing itself. */
#pragma once
#include <glib.h>

/* In the RFC's order and numbers (4.2). */
typedef enum {
    CP_INITIAL,
    CP_STARTING,
    CP_CLOSED,
    CP_STOPPED,
    CP_CLOSING,
    CP_STOPPING,
    CP_REQ_SENT,
    CP_ACK_RCVD,
    CP_ACK_SENT,
    CP_OPENED,
    CP_N_STATES,
} CpState;

/* In the RFC's order (4.3). */
typedef enum {
    CP_UP,
    CP_DOWN,
    CP_OPEN,
    CP_CLOSE,
    CP_TO_PLUS, /* time-out with counter > 0 */
    CP_TO_MINUS,
    CP_RCR_PLUS, /* receive configure-request, good */
    CP_RCR_MINUS,
    CP_RCA,
    CP_RCN,
    CP_RTR,
    CP_RTA,
    CP_RUC,
    CP_RXJ_PLUS, /* receive code- or protocol-reject, permitted */
    CP_RXJ_MINUS,
    CP_RXR,
    CP_N_EVENTS,
} CpEvent;

/* Actions (4.4), a set, to be done from the lowest bit up. */
enum {
    CP_TLD = 1 << 0,
    CP_IRC = 1 << 1,
    CP_ZRC = 1 << 2,
    CP_SCR = 1 << 3,
    CP_STR = 1 << 4,
    CP_SCA = 1 << 5,
    CP_SCN = 1 << 6,
    CP_STA = 1 << 7,
    CP_SCJ = 1 << 8,
    CP_SER = 1 << 9,
    CP_TLU = 1 << 10,
    CP_TLS = 1 << 11,
    CP_TLF = 1 << 12,
};

/* FALSE: an illegal transition, and nothing is set. */
gboolean cp_next (CpState state, CpEvent event, CpState *next, guint *actions);

const char *cp_state_name (CpState state);
