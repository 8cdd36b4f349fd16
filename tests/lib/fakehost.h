/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fakehost.h - the host's verbs for a simulated machine: its network is a FakeWire, its time a
 * number, its device two queues.  The data half runs too, in batches, through buffers that have
 * exactly the room the carriers asked for; messages between the halves arrive late but in order. */
#pragma once
#include "client/plugin.h"
#include "tests/lib/wire.h"

/* A call to the kernel's device; the test answers through `reply`. */
typedef struct {
    guint8      command;
    gboolean    dump;
    GByteArray *attrs;
    AditReplyFn reply;
    gpointer    user;
} FakeCall;

struct FakeHost {
    AditHost     base;
    FakeWire    *wire;
    const char  *name;
    AditEndpoint at; /* where it sends from and is reached */
    gint64       monotonic_offset_us, wall_offset_us;
    gint64       asleep_until_us; /* suspended: nothing arrives, timers are late */

    GPtrArray  *timers; /* AditTimer that are armed */
    AditLink   *link;
    AditPath   *path;
    AditKernel *kernel;
    gboolean    has_kernel; /* else asking for its device fails */
    GHashTable *names;      /* server text → AditEndpoint; what is not here and no number fails */

    /* What the plugin did. */
    GQueue  delivered; /* AditPacket: IP for the device, oldest first */
    GQueue  calls;     /* FakeCall: to the kernel's device, oldest first */
    GError *error;     /* given up */
    guint   phases, ups, mtu;
    char  **addresses, **routes;
    guint   wakeups, lookups;
    guint64 drops[ADIT_N_DROPS];
    guint   lane_full; /* chance in a thousand that the ring to the control half is full */
};

FakeHost *fake_host_new (FakeWire *wire, const char *name, const char *endpoint);
void      fake_host_free (FakeHost *host);

/* IP packets from the device, up to ADIT_BATCH at once, through the carriers; borrowed. */
void fake_host_send (FakeHost *host, const guint8 *const *packets, const gsize *lens, guint n);
void fake_host_name (FakeHost *host, const char *server, const char *endpoint);
void fake_host_path_mtu (FakeHost *host, guint bytes);
void fake_host_lose (FakeHost *host, GError *cause); /* the path; takes cause */
void fake_host_refuse (FakeHost *host);              /* ICMP: nothing listens there */
/* Sleeps that long; time goes on meanwhile for everyone. */
void fake_host_suspend (FakeHost *host, gint64 us);
void fake_call_free (FakeCall *call);
void fake_host_clear (FakeHost *host); /* what the plugin did, so far */

/* ---- for wire.c ---- */

void   fake_host_arrived (FakeHost *host, const AditEndpoint *from, const guint8 *data, gsize len);
gint64 fake_host_next_timer (const FakeHost *host); /* G_MAXINT64: none */
void   fake_host_fire (FakeHost *host);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FakeHost, fake_host_free)
