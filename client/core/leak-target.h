/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* leak-target.h - what adit leak-test must know of a tunnel, from its status, and of this host. */
#pragma once
#include "client/base/error.h"
#include "client/base/prefix.h"

typedef struct {
    char      *name, *guard; /* "tunnel" */
    guint      index;        /* of its device */
    GArray    *inside;       /* guint: other tunnels' devices, and loopback */
    char      *uplink;       /* the device that leads to the server; NULL: unknown */
    int        worker;       /* process; 0: none */
    gboolean   full4, carries4, carries6;
    gboolean   asks_only_its_own; /* all names are asked of its own name servers */
    AditPrefix host4, host6;      /* somebody whom the tunnel leads to */
    AditPrefix own4;              /* its first IPv4 address; family 0: none */
    GArray    *gateways;          /* AditEndpoint */
} AditLeakTarget;

/* name NULL: the only one that is up.  Fails when it is not up. */
AditLeakTarget *adit_leak_target_new (const char *name, GError **error);
void            adit_leak_target_free (AditLeakTarget *target);
gboolean        adit_leak_target_is_inside (const AditLeakTarget *target, guint index);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AditLeakTarget, adit_leak_target_free)
