/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ppp-ends.h - a client and a server of the same PPP engine on a simulated wire, with their data
 * carriers, each as the protocol that carries PPP would drive it. */
#pragma once
#include "plugins/ppp/ppp.h"
#include "tests/lib/fakehost.h"

enum { END_ANSWERS = 4 };

typedef struct PppEnd {
    FakeHost     *host, *other;
    AditPppConfig config;
    AditPpp      *ppp;
    AditLink     *link;
    AditPath     *path;
    gboolean      has_mppe;
    AditEndpoint  peer;
    /* What happened. */
    guint         ups, downs, questions, phases;
    GError       *reason;
    AditPppResult result; /* without its offer */
    char        **addresses, **routes, **dns;
    guint         mtu;
    char         *question; /* the last one's text */
    const char   *answers[END_ANSWERS];
    gboolean      holds_answers; /* the person thinks */
    /* Optional: sees and may change what the engine sends; FALSE swallows it. */
    gboolean (*on_output) (struct PppEnd *end, AditPacket *frame);
    gpointer user;
} PppEnd;

typedef struct {
    guint64   seed;
    FakeWire *wire;
    PppEnd    client, server;
} PppWorld;

/* Configurations that fit together: MS-CHAPv2, user alice, no MPPE.  Change them before start. */
PppWorld *ppp_world_new (guint64 seed);
void      ppp_world_free (PppWorld *world);
void      ppp_world_start (PppWorld *world); /* both */
void      ppp_world_run (PppWorld *world, guint ms);

void ppp_end_start (PppEnd *end);
/* A frame from this end's wire, as if its engine had sent it; unlike `output` not for itself. */
void ppp_end_forge (PppEnd *end, const char *hex);
/* An IPv4 packet of that many bytes through the carriers. */
void  ppp_end_send (PppEnd *end, guint number, gsize len);
guint ppp_end_take (PppEnd *end); /* how many arrived whole; forgets them */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PppWorld, ppp_world_free)
