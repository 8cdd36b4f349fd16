/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wire.h - a simulated network: virtual time, seeded chance, datagrams that get lost, late, doubled
 * and damaged.  The same seed gives the same run, to the bit. */
#pragma once
#include "client/base/packet.h"

/* Chances in a thousand; delays in microseconds. */
typedef struct {
    guint loss, duplicate, corrupt, late; /* late: by up to late_us more, so it is overtaken */
    guint delay_us, jitter_us, late_us;
} FakeWeather;

typedef struct FakeWire FakeWire;
typedef struct FakeHost FakeHost;

typedef void (*FakeFn) (gpointer user);

struct FakeWire {
    gint64      now_us;
    guint64     random;
    guint64     order; /* of events at the same time */
    FakeWeather weather;
    GPtrArray  *events; /* a heap */
    GPtrArray  *hosts;  /* FakeHost, not owned */
    guint64     sent, lost;
    /* Optional: sees every datagram before chance does; FALSE swallows it. */
    gboolean (*on_datagram) (gpointer user, const AditEndpoint *from, const AditEndpoint *to,
                             const guint8 *data, gsize len);
    gpointer user;
};

FakeWire *fake_wire_new (guint64 seed);
void      fake_wire_free (FakeWire *wire); /* after its hosts */

guint64  fake_wire_random (FakeWire *wire);
guint    fake_wire_below (FakeWire *wire, guint limit);
gboolean fake_wire_chance (FakeWire *wire, guint per_mille);

/* Calls fn (user) that much later; `drop` frees what a call that never comes would have. */
void fake_wire_after (FakeWire *wire, gint64 us, FakeFn fn, gpointer user);
void fake_wire_after_or (FakeWire *wire, gint64 us, FakeFn fn, gpointer user, GDestroyNotify drop);
void fake_wire_send (FakeWire *wire, const AditEndpoint *from, const AditEndpoint *to,
                     const guint8 *data, gsize len);
/* Lets time pass: events and the hosts' timers, in order. */
void fake_wire_run (FakeWire *wire, gint64 us);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FakeWire, fake_wire_free)
