/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* automaton.c - the table of RFC 1661 4.1, row by row as it is printed there, its two halves side
 * by side.  The restart option (footnote r) is not used; the passive option (p) neither. */
#include "plugins/ppp/automaton.h"

typedef struct {
    guint16 actions;
    gint8   next; /* -1: illegal */
} Cell;

#define ILLEGAL \
    {           \
        0, -1   \
    }
#define STAY(state) \
    {               \
        0, state    \
    }
#define DO(actions, state) \
    {                      \
        (actions), state   \
    }
#define IRC_SCR_SCA (CP_IRC | CP_SCR | CP_SCA)
#define IRC_SCR_SCN (CP_IRC | CP_SCR | CP_SCN)
#define TLD_SCR_SCA (CP_TLD | CP_SCR | CP_SCA)
#define TLD_SCR_SCN (CP_TLD | CP_SCR | CP_SCN)
#define TLD_IRC_STR (CP_TLD | CP_IRC | CP_STR)
#define TLD_ZRC_STA (CP_TLD | CP_ZRC | CP_STA)
#define IRC_SCR (CP_IRC | CP_SCR)
#define IRC_STR (CP_IRC | CP_STR)
#define IRC_TLU (CP_IRC | CP_TLU)
#define SCA_TLU (CP_SCA | CP_TLU)
#define TLD_SCR (CP_TLD | CP_SCR)

/* clang-format off */
static const Cell table[CP_N_EVENTS][CP_N_STATES] = {
/*                  0 Initial       1 Starting       2 Closed         3 Stopped               4 Closing        5 Stopping
                    6 Req-Sent      7 Ack-Rcvd       8 Ack-Sent       9 Opened */
[CP_UP]        = { STAY (2),        DO (IRC_SCR, 6), ILLEGAL,         ILLEGAL,                ILLEGAL,         ILLEGAL,
                   ILLEGAL,         ILLEGAL,         ILLEGAL,         ILLEGAL },
[CP_DOWN]      = { ILLEGAL,         ILLEGAL,         STAY (0),        DO (CP_TLS, 1),         STAY (0),        STAY (1),
                   STAY (1),        STAY (1),        STAY (1),        DO (CP_TLD, 1) },
[CP_OPEN]      = { DO (CP_TLS, 1),  STAY (1),        DO (IRC_SCR, 6), STAY (3),               STAY (5),        STAY (5),
                   STAY (6),        STAY (7),        STAY (8),        STAY (9) },
[CP_CLOSE]     = { STAY (0),        DO (CP_TLF, 0),  STAY (2),        STAY (2),               STAY (4),        STAY (4),
                   DO (IRC_STR, 4), DO (IRC_STR, 4), DO (IRC_STR, 4), DO (TLD_IRC_STR, 4) },

[CP_TO_PLUS]   = { ILLEGAL,         ILLEGAL,         ILLEGAL,         ILLEGAL,                DO (CP_STR, 4),  DO (CP_STR, 5),
                   DO (CP_SCR, 6),  DO (CP_SCR, 6),  DO (CP_SCR, 8),  ILLEGAL },
[CP_TO_MINUS]  = { ILLEGAL,         ILLEGAL,         ILLEGAL,         ILLEGAL,                DO (CP_TLF, 2),  DO (CP_TLF, 3),
                   DO (CP_TLF, 3),  DO (CP_TLF, 3),  DO (CP_TLF, 3),  ILLEGAL },

[CP_RCR_PLUS]  = { ILLEGAL,         ILLEGAL,         DO (CP_STA, 2),  DO (IRC_SCR_SCA, 8),    STAY (4),        STAY (5),
                   DO (CP_SCA, 8),  DO (SCA_TLU, 9), DO (CP_SCA, 8),  DO (TLD_SCR_SCA, 8) },
[CP_RCR_MINUS] = { ILLEGAL,         ILLEGAL,         DO (CP_STA, 2),  DO (IRC_SCR_SCN, 6),    STAY (4),        STAY (5),
                   DO (CP_SCN, 6),  DO (CP_SCN, 7),  DO (CP_SCN, 6),  DO (TLD_SCR_SCN, 6) },
[CP_RCA]       = { ILLEGAL,         ILLEGAL,         DO (CP_STA, 2),  DO (CP_STA, 3),         STAY (4),        STAY (5),
                   DO (CP_IRC, 7),  DO (CP_SCR, 6),  DO (IRC_TLU, 9), DO (TLD_SCR, 6) },
[CP_RCN]       = { ILLEGAL,         ILLEGAL,         DO (CP_STA, 2),  DO (CP_STA, 3),         STAY (4),        STAY (5),
                   DO (IRC_SCR, 6), DO (CP_SCR, 6),  DO (IRC_SCR, 8), DO (TLD_SCR, 6) },

[CP_RTR]       = { ILLEGAL,         ILLEGAL,         DO (CP_STA, 2),  DO (CP_STA, 3),         DO (CP_STA, 4),  DO (CP_STA, 5),
                   DO (CP_STA, 6),  DO (CP_STA, 6),  DO (CP_STA, 6),  DO (TLD_ZRC_STA, 5) },
[CP_RTA]       = { ILLEGAL,         ILLEGAL,         STAY (2),        STAY (3),               DO (CP_TLF, 2),  DO (CP_TLF, 3),
                   STAY (6),        STAY (6),        STAY (8),        DO (TLD_SCR, 6) },

[CP_RUC]       = { ILLEGAL,         ILLEGAL,         DO (CP_SCJ, 2),  DO (CP_SCJ, 3),         DO (CP_SCJ, 4),  DO (CP_SCJ, 5),
                   DO (CP_SCJ, 6),  DO (CP_SCJ, 7),  DO (CP_SCJ, 8),  DO (CP_SCJ, 9) },
[CP_RXJ_PLUS]  = { ILLEGAL,         ILLEGAL,         STAY (2),        STAY (3),               STAY (4),        STAY (5),
                   STAY (6),        STAY (6),        STAY (8),        STAY (9) },
[CP_RXJ_MINUS] = { ILLEGAL,         ILLEGAL,         DO (CP_TLF, 2),  DO (CP_TLF, 3),         DO (CP_TLF, 2),  DO (CP_TLF, 3),
                   DO (CP_TLF, 3),  DO (CP_TLF, 3),  DO (CP_TLF, 3),  DO (TLD_IRC_STR, 5) },

[CP_RXR]       = { ILLEGAL,         ILLEGAL,         STAY (2),        STAY (3),               STAY (4),        STAY (5),
                   STAY (6),        STAY (7),        STAY (8),        DO (CP_SER, 9) },
};
/* clang-format on */

gboolean
cp_next (CpState state, CpEvent event, CpState *next, guint *actions)
{
    const Cell *cell = &table[event][state];

    if (cell->next < 0)
        return FALSE;
    *next    = (CpState) cell->next;
    *actions = cell->actions;
    return TRUE;
}

const char *
cp_state_name (CpState state)
{
    static const char *const names[CP_N_STATES] = { "Initial",  "Starting", "Closed",   "Stopped",
                                                    "Closing",  "Stopping", "Req-Sent", "Ack-Rcvd",
                                                    "Ack-Sent", "Opened" };

    return names[state];
}
