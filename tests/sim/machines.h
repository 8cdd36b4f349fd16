/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* machines.h - simulated machines that run the WireGuard plugin, numbered packets between them, and
 * the book in which every packet is entered when it is sent and struck out when it arrives. */
#pragma once
#include "tests/lib/fakehost.h"

enum { MACHINES = 3, NUMBERS = 4096 };

typedef struct {
    FakeHost    *host;
    AditProfile *profile;
    AditTunnel  *tunnel;
    guint8       private_key[32], public_key[32];
} Machine;

/* Of packets from one machine to another. */
typedef struct {
    guint  sent, arrived;
    guint8 seen[NUMBERS];
} Book;

typedef struct {
    guint64   seed;
    FakeWire *wire;
    guint     n;
    Machine   machine[MACHINES];
    Book      book[MACHINES][MACHINES];
    gint64    translated_us;  /* of a story with a translator: machine 0 was last heard */
    guint     cookie_replies; /* of a story under load: to machine 0 */
} World;

/* Machine 0 knows where all others are, they do not know where it is; keepalive in seconds, 0: off.
 */
World *world_new (guint64 seed, guint n, guint keepalive);
void   world_free (World *world);

void machine_start (World *world, guint i);
void machine_stop (World *world, guint i); /* the machine stays, its tunnel goes */

/* Sends n packets at once, and lets time pass. */
void world_send (World *world, guint from, guint to, guint n);
/* Machine `liar` sends one that says it is from `from`; it must not arrive. */
void world_spoof (World *world, guint liar, guint from, guint to);
void world_run (World *world, guint ms); /* then enters what arrived */
/* Every machine to every other, one packet each `every_ms`, for `ms`. */
void world_chat (World *world, guint ms, guint every_ms);
/* Forgets what was sent and not delivered. */
void  world_forgive (World *world);
guint world_missing (const World *world);
guint world_wakeups (const World *world);

/* Like g_assert, and says which seed to give to --seed. */
#define claim(world, what)                                                             \
    do {                                                                               \
        if (!(what))                                                                   \
            g_error ("seed %" G_GUINT64_FORMAT " at %.3f s, %s:%d: %s", (world)->seed, \
                     (double) (world)->wire->now_us / 1e6, __FILE__, __LINE__, #what); \
    } while (0)
