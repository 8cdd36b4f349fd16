/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The whole table, against RFC 1661 4.1 as it is printed: one text for each row. */
#include "plugins/ppp/automaton.h"
#include <string.h>

static const char *const rows[CP_N_EVENTS] = {
    [CP_UP]        = "2 irc,scr/6 - - - - - - - -",
    [CP_DOWN]      = "- - 0 tls/1 0 1 1 1 1 tld/1",
    [CP_OPEN]      = "tls/1 1 irc,scr/6 3r 5r 5r 6 7 8 9r",
    [CP_CLOSE]     = "0 tlf/0 2 2 4 4 irc,str/4 irc,str/4 irc,str/4 tld,irc,str/4",
    [CP_TO_PLUS]   = "- - - - str/4 str/5 scr/6 scr/6 scr/8 -",
    [CP_TO_MINUS]  = "- - - - tlf/2 tlf/3 tlf/3p tlf/3p tlf/3p -",
    [CP_RCR_PLUS]  = "- - sta/2 irc,scr,sca/8 4 5 sca/8 sca,tlu/9 sca/8 tld,scr,sca/8",
    [CP_RCR_MINUS] = "- - sta/2 irc,scr,scn/6 4 5 scn/6 scn/7 scn/6 tld,scr,scn/6",
    [CP_RCA]       = "- - sta/2 sta/3 4 5 irc/7 scr/6x irc,tlu/9 tld,scr/6x",
    [CP_RCN]       = "- - sta/2 sta/3 4 5 irc,scr/6 scr/6x irc,scr/8 tld,scr/6x",
    [CP_RTR]       = "- - sta/2 sta/3 sta/4 sta/5 sta/6 sta/6 sta/6 tld,zrc,sta/5",
    [CP_RTA]       = "- - 2 3 tlf/2 tlf/3 6 6 8 tld,scr/6",
    [CP_RUC]       = "- - scj/2 scj/3 scj/4 scj/5 scj/6 scj/7 scj/8 scj/9",
    [CP_RXJ_PLUS]  = "- - 2 3 4 5 6 6 8 9",
    [CP_RXJ_MINUS] = "- - tlf/2 tlf/3 tlf/2 tlf/3 tlf/3 tlf/3 tlf/3 tld,irc,str/5",
    [CP_RXR]       = "- - 2 3 4 5 6 7 8 ser/9",
};

static const char *const actions[] = { "tld", "irc", "zrc", "scr", "str", "sca", "scn",
                                       "sta", "scj", "ser", "tlu", "tls", "tlf" };

static guint
parse_actions (const char *text, const char *end)
{
    g_autofree char *list = g_strndup (text, (gsize) (end - text));
    g_auto (GStrv) names  = g_strsplit (list, ",", -1);
    guint set             = 0;

    for (guint i = 0; names[i]; i++) {
        guint a = 0;

        while (a < G_N_ELEMENTS (actions) && !g_str_equal (actions[a], names[i]))
            a++;
        g_assert_cmpuint (a, <, G_N_ELEMENTS (actions));
        set |= 1u << a;
    }
    return set;
}

static void
assert_cell (CpEvent event, CpState state, const char *cell)
{
    const char *slash = strchr (cell, '/');
    CpState     next  = CP_INITIAL;
    guint       done  = 0;
    gboolean    legal = cp_next (state, event, &next, &done);

    g_assert_cmpint (legal, ==, cell[0] != '-');
    if (!legal)
        return;
    g_assert_cmpuint (done, ==, slash ? parse_actions (cell, slash) : 0);
    g_assert_cmpint ((int) next, ==, (slash ? slash[1] : cell[0]) - '0');
}

static void
is_the_table_of_the_rfc (void)
{
    for (guint event = 0; event < CP_N_EVENTS; event++) {
        g_auto (GStrv) cells = g_strsplit (rows[event], " ", -1);

        g_assert_cmpuint (g_strv_length (cells), ==, CP_N_STATES);
        for (guint state = 0; state < CP_N_STATES; state++)
            assert_cell ((CpEvent) event, (CpState) state, cells[state]);
    }
}

/* Whatever is done begins with what ends the old state and ends with what begins the new one. */
static void
every_state_has_a_name (void)
{
    for (guint state = 0; state < CP_N_STATES; state++)
        g_assert_cmpuint (strlen (cp_state_name ((CpState) state)), >, 5);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/ppp/automaton/is-the-table-of-the-rfc", is_the_table_of_the_rfc);
    g_test_add_func ("/ppp/automaton/every-state-has-a-name", every_state_has_a_name);
    return g_test_run ();
}
