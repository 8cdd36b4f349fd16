/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* device.h - the TUN device: frames out of it and groups of packets into it.  A superframe that the
 * kernel refuses goes again at once packet by packet. */
#pragma once
#include "client/path/coalesce.h"
#include "client/path/offload.h"
#include "client/path/split.h"
#include "client/path/system.h"

typedef struct {
    const AditSystem *system;
    PathOffloads     *offloads;
    AditPathStats    *stats;
    int               fd;
    gboolean          vnet;
    int               broken; /* errno that means the device is gone */
    guint8           *memory; /* mapping that holds one frame, touched when first used */
    guint8           *frame;  /* where a frame, with its vnet header, is read to */
} PathDevice;

/* Finds out which offloads the device has and turns on those allowed. */
gboolean path_device_init (PathDevice *device, const AditSystem *system, PathOffloads *offloads,
                           int fd, gboolean vnet);
void     path_device_clear (PathDevice *device);
void     path_device_trim (PathDevice *device); /* gives the frame's memory back */

/* Reads one frame: FALSE when none waits (or `broken` is set).  *p and *len are the packet, *vnet
 * its header or NULL; all valid until the next read. */
gboolean path_device_read (PathDevice *device, const PathVnet **vnet, guint8 **p, gsize *len);

/* Writes a group, in pieces when it must. */
void path_device_write (PathDevice *device, PathGroup *group, gint64 now_us);
void path_device_write_packet (PathDevice *device, const guint8 *p, gsize len);
