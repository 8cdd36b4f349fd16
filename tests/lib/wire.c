/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wire.c - the event loop of simulated machines and the weather between them. */
#include "tests/lib/wire.h"
#include "client/base/prefix.h"
#include "tests/lib/fakehost.h"

typedef struct {
    gint64         at_us;
    guint64        order;
    FakeFn         fn;
    gpointer       user;
    GDestroyNotify drop;
} Event;

typedef struct {
    FakeWire    *wire;
    AditEndpoint from, to;
    gsize        len;
    guint8       data[];
} Datagram;

FakeWire *
fake_wire_new (guint64 seed)
{
    FakeWire *w = g_new0 (FakeWire, 1);

    w->now_us  = 1000000;
    w->random  = seed;
    w->random  = fake_wire_random (w); /* neighbours' sequences must not be the same one, shifted */
    w->weather = (FakeWeather){ .delay_us = 10000 };
    w->events  = g_ptr_array_new ();
    w->hosts   = g_ptr_array_new ();
    return w;
}

/* splitmix64 */
guint64
fake_wire_random (FakeWire *w)
{
    guint64 x = w->random += G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);

    x = (x ^ x >> 30) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
    return x ^ x >> 31;
}

guint
fake_wire_below (FakeWire *w, guint limit)
{
    return limit ? (guint) (fake_wire_random (w) % limit) : 0;
}

gboolean
fake_wire_chance (FakeWire *w, guint per_mille)
{
    return fake_wire_below (w, 1000) < per_mille;
}

/* ---- a binary heap of events, earliest first ---- */

static gboolean
before (const Event *a, const Event *b)
{
    return a->at_us < b->at_us || (a->at_us == b->at_us && a->order < b->order);
}

static void
swap (GPtrArray *heap, guint a, guint b)
{
    gpointer held = heap->pdata[a];

    heap->pdata[a] = heap->pdata[b];
    heap->pdata[b] = held;
}

void
fake_wire_after_or (FakeWire *w, gint64 us, FakeFn fn, gpointer user, GDestroyNotify drop)
{
    Event *e = g_new (Event, 1);

    *e = (Event){ w->now_us + us, w->order++, fn, user, drop };
    g_ptr_array_add (w->events, e);
    for (guint i                                                             = w->events->len - 1;
         i && before (w->events->pdata[i], w->events->pdata[(i - 1) / 2]); i = (i - 1) / 2)
        swap (w->events, i, (i - 1) / 2);
}

void
fake_wire_after (FakeWire *w, gint64 us, FakeFn fn, gpointer user)
{
    fake_wire_after_or (w, us, fn, user, NULL);
}

static Event *
pop (FakeWire *w)
{
    GPtrArray *heap  = w->events;
    Event     *first = heap->pdata[0];
    guint      i     = 0;

    heap->pdata[0] = heap->pdata[heap->len - 1];
    g_ptr_array_set_size (heap, (gint) heap->len - 1);
    for (;;) {
        guint child = 2 * i + 1;

        if (child >= heap->len)
            return first;
        if (child + 1 < heap->len && before (heap->pdata[child + 1], heap->pdata[child]))
            child++;
        if (!before (heap->pdata[child], heap->pdata[i]))
            return first;
        swap (heap, i, child);
        i = child;
    }
}

/* ---- datagrams ---- */

static void
on_arrival (gpointer user)
{
    g_autofree Datagram *d = user;

    for (guint i = 0; i < d->wire->hosts->len; i++) {
        FakeHost *host = d->wire->hosts->pdata[i];

        if (adit_endpoint_equal (&host->at, &d->to)) {
            fake_host_arrived (host, &d->from, d->data, d->len);
            return;
        }
    }
}

static void
launch (FakeWire *w, const Datagram *original)
{
    Datagram *d  = g_memdup2 (original, sizeof *original + original->len);
    gint64    us = w->weather.delay_us + fake_wire_below (w, w->weather.jitter_us);

    if (fake_wire_chance (w, w->weather.late))
        us += fake_wire_below (w, w->weather.late_us);
    if (d->len && fake_wire_chance (w, w->weather.corrupt))
        d->data[fake_wire_below (w, (guint) d->len)] ^= (guint8) (1u << fake_wire_below (w, 8));
    fake_wire_after_or (w, us, on_arrival, d, g_free);
}

void
fake_wire_send (FakeWire *w, const AditEndpoint *from, const AditEndpoint *to, const guint8 *data,
                gsize len)
{
    g_autofree Datagram *d = NULL;

    if (w->on_datagram && !w->on_datagram (w->user, from, to, data, len))
        return;
    w->sent++;
    if (fake_wire_chance (w, w->weather.loss)) {
        w->lost++;
        return;
    }
    d       = g_malloc (sizeof *d + len);
    d->wire = w;
    d->from = *from;
    d->to   = *to;
    d->len  = len;
    if (len)
        memcpy (d->data, data, len);
    launch (w, d);
    if (fake_wire_chance (w, w->weather.duplicate))
        launch (w, d);
}

/* ---- time ---- */

static FakeHost *
next_timer (FakeWire *w, gint64 *due_us)
{
    FakeHost *next = NULL;

    for (guint i = 0; i < w->hosts->len; i++) {
        gint64 us = fake_host_next_timer (w->hosts->pdata[i]);

        if (us < *due_us) {
            *due_us = us;
            next    = w->hosts->pdata[i];
        }
    }
    return next;
}

void
fake_wire_run (FakeWire *w, gint64 us)
{
    gint64 until = w->now_us + us;

    for (;;) {
        gint64 due_us = until + 1;
        Event *e      = w->events->len ? w->events->pdata[0] : NULL;

        if (e && e->at_us <= until)
            due_us = e->at_us;
        else
            e = NULL;
        FakeHost *host = next_timer (w, &due_us);
        if (!e && !host)
            break;
        w->now_us = MAX (w->now_us, due_us);
        if (host) {
            fake_host_fire (host);
            continue;
        }
        e = pop (w);
        e->fn (e->user);
        g_free (e);
    }
    w->now_us = until;
}

void
fake_wire_free (FakeWire *w)
{
    for (guint i = 0; i < w->events->len; i++) {
        Event *e = w->events->pdata[i];

        if (e->drop)
            e->drop (e->user);
        g_free (e);
    }
    g_ptr_array_unref (w->events);
    g_ptr_array_unref (w->hosts);
    g_free (w);
}
