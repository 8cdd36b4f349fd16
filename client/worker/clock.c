/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* clock.c - time for the plugin.  Its clock is CLOCK_BOOTTIME, which goes on while the machine is
 * suspended, so that keys grow old in a sleeping laptop too; the carriers' clock is the same.  The
 * main loop waits by CLOCK_MONOTONIC, which stands still then, so timers are set anew on waking.
 * One GSource for each armed timer, woken only when that is due. */
#include "client/worker/host.h"
#include <time.h>

/* Three centuries: no sum below overflows. */
static const guint64 longest_ms = G_GUINT64_CONSTANT (1) << 53;

struct WorkerTimers {
    GPtrArray *armed; /* Source */
};

typedef struct {
    GSource       base;
    WorkerTimers *timers;
    AditTimer    *timer;
} Source;

static gint64
read_clock (clockid_t id)
{
    struct timespec t;

    clock_gettime (id, &t);
    return (gint64) t.tv_sec * G_USEC_PER_SEC + t.tv_nsec / 1000;
}

gint64
worker_now (AditHost *host G_GNUC_UNUSED)
{
    return read_clock (CLOCK_BOOTTIME);
}

gint64
worker_wall (AditHost *host G_GNUC_UNUSED)
{
    return read_clock (CLOCK_REALTIME);
}

static void
set_ready (Source *source)
{
    gint64 ahead_us = MAX (source->timer->due - worker_now (NULL), 0);

    g_source_set_ready_time (&source->base, g_get_monotonic_time () + ahead_us);
}

static void
disarm (AditTimer *timer)
{
    Source *source = timer->source;

    if (!source)
        return;
    timer->source = NULL;
    g_ptr_array_remove_fast (source->timers->armed, source);
    g_source_destroy (&source->base);
    g_source_unref (&source->base);
}

/* The timer may be armed again, or freed, by its own function. */
static gboolean
dispatch (GSource *base, GSourceFunc callback G_GNUC_UNUSED, gpointer user G_GNUC_UNUSED)
{
    AditTimer *timer = ((Source *) (gpointer) base)->timer;

    disarm (timer);
    timer->fn (timer->user);
    return G_SOURCE_REMOVE;
}

static GSourceFuncs functions = { .dispatch = dispatch };

static Source *
source_new (WorkerTimers *timers, AditTimer *timer)
{
    Source *source = (Source *) (gpointer) g_source_new (&functions, sizeof (Source));

    source->timers = timers;
    source->timer  = timer;
    g_ptr_array_add (timers->armed, source);
    g_source_attach (&source->base, NULL);
    return source;
}

void
worker_arm (AditHost *host, AditTimer *timer, guint64 ms)
{
    if (ms == G_MAXUINT64 || worker_host (host)->state == WORKER_ENDING) {
        disarm (timer);
        return;
    }
    timer->due = worker_now (host) + (gint64) MIN (ms, longest_ms) * 1000;
    if (!timer->source)
        timer->source = source_new (worker_host (host)->timers, timer);
    set_ready (timer->source);
}

WorkerTimers *
worker_timers_new (void)
{
    WorkerTimers *timers = g_new0 (WorkerTimers, 1);

    timers->armed = g_ptr_array_new ();
    return timers;
}

/* By now their owners may be gone: the timers themselves are not touched. */
void
worker_timers_free (WorkerTimers *timers)
{
    for (guint i = 0; i < timers->armed->len; i++) {
        GSource *source = g_ptr_array_index (timers->armed, i);

        g_source_destroy (source);
        g_source_unref (source);
    }
    g_ptr_array_unref (timers->armed);
    g_free (timers);
}

void
worker_timers_woke (WorkerTimers *timers)
{
    for (guint i = 0; i < timers->armed->len; i++)
        set_ready (g_ptr_array_index (timers->armed, i));
}
