/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* unit.h - the kernel's driver for links that frame packets (/dev/ppp): a unit is its network
 * device, a channel what carries the unit's frames.  Packets stay in the kernel; frames of all
 * other protocols are read and written by whoever holds the descriptors.  Both end with their last
 * descriptor, so nothing of this is ever left behind. */
#pragma once
#include "client/base/error.h"
#include "client/base/packet.h"

/* Is a device of that kind a unit? */
gboolean adit_unit_is (const char *kind);

/* Makes the device, through which nothing passes yet; its descriptor, or -1. */
int adit_unit_open (const char *name, GError **error);
/* Would a channel of that family be possible here?  Loads the kernel's module for it. */
gboolean adit_unit_has (const char *family, GError **error);
/* Are the channel's packets marked, so that a packet filter can tell them? */
gboolean adit_unit_marks (const char *family);

/* What both ends call their tunnel and their session in it; tunnels may be 0. */
typedef struct {
    guint16 tunnel, peer_tunnel, session, peer_session;
} AditUnitNumbers;

typedef struct {
    int session; /* the channel's socket */
    int frames;  /* of the channel: what belongs to the link itself */
} AditUnitChannel;

#define ADIT_UNIT_NO_CHANNEL ((AditUnitChannel){ -1, -1 })

/* Lays a channel to where the connected socket `link` leads, and the unit over it. */
gboolean adit_unit_connect (int unit, const char *family, int link, guint32 mark,
                            const AditUnitNumbers *numbers, AditUnitChannel *out, GError **error);
void     adit_unit_disconnect (AditUnitChannel *channel); /* may be called again */
/* The IP protocol that such a channel's packets are, other than that of its link's; 0: the same. */
guint8 adit_unit_protocol (const char *family);

/* A set of ADIT_FRAMES_…; `keys`: out, then in, or NULL where none begins anew. */
gboolean adit_unit_allow (int unit, guint allow, const guint8 *keys, GError **error);

/* A socket that hears the router advertisements which arrive through the device, or -1. */
int adit_unit_advertisements (guint index, GError **error);
