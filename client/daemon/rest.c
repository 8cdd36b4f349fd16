/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* rest.c - a count of what is under way, and a timer while it is 0. */
#include "client/daemon/rest.h"

struct AditRest {
    guint           after_s, holds, timer;
    GSourceOnceFunc fn;
    gpointer        user;
};

static gboolean
on_time (gpointer data)
{
    AditRest *rest = data;

    rest->timer = 0;
    rest->fn (rest->user);
    return G_SOURCE_REMOVE;
}

static void
begin (AditRest *rest)
{
    if (rest->after_s)
        rest->timer = g_timeout_add_seconds (rest->after_s, on_time, rest);
}

AditRest *
adit_rest_new (guint after_s, GSourceOnceFunc fn, gpointer user)
{
    AditRest *rest = g_new0 (AditRest, 1);

    rest->after_s = after_s;
    rest->fn      = fn;
    rest->user    = user;
    begin (rest);
    return rest;
}

void
adit_rest_free (AditRest *rest)
{
    if (rest == NULL)
        return;
    g_clear_handle_id (&rest->timer, g_source_remove);
    g_free (rest);
}

void
adit_rest_hold (AditRest *rest)
{
    rest->holds++;
    g_clear_handle_id (&rest->timer, g_source_remove);
}

void
adit_rest_release (AditRest *rest)
{
    g_return_if_fail (rest->holds > 0);
    if (--rest->holds == 0)
        begin (rest);
}
