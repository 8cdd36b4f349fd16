/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fakepath.h - the path of a FakeHost: carriers, batches, and the two rings between the halves.
 * Private to tests/lib. */
#pragma once
#include "tests/lib/fakehost.h"

struct AditLink {
    FakeHost             *host;
    const AditLinkEvents *events;
    gpointer              user;
    guint16               local_port;
    AditEndpoint          connected; /* family 0: to nobody */
};

typedef struct {
    AditLane  base;
    AditPath *path;
    guint     layer;
} FakeLane;

struct AditPath {
    FakeHost             *host;
    AditLink             *link;
    guint                 n;
    AditCarrier          *carriers[ADIT_PATH_CARRIERS];
    FakeLane              lanes[ADIT_PATH_CARRIERS];
    const AditPathEvents *events;
    gpointer              user;
    GQueue                up, down; /* Note: between the halves */
    GQueue                emitted;  /* Note: from carriers, to go out */
    GQueue                inbox;    /* Note: datagrams to be opened together */
};

AditPath *fake_path_new (FakeHost *host, AditLink *link, AditCarrier *const *carriers, guint n,
                         const AditPathEvents *events, gpointer user);
void      fake_path_free (AditPath *path);
void      fake_path_tell (AditPath *path, guint layer, gconstpointer message, gsize size);
void fake_path_inject (AditPath *path, guint layer, const AditEndpoint *to, AditPacket *packet);
void fake_path_send (AditPath *path, const guint8 *const *packets, const gsize *lens, guint n);
void fake_path_arrived (AditPath *path, const AditEndpoint *from, const guint8 *data, gsize len);
