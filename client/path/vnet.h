/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vnet.h - the header in front of each frame of a TUN device opened with IFF_VNET_HDR, and what
 * newer kernels than the headers we build against know. */
#pragma once
#include <linux/if_tun.h>
#include <linux/udp.h>
#include <linux/virtio_net.h>

#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20 /* Linux 6.2 */
#define TUN_F_USO6 0x40
#endif
#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4 5
#endif

typedef struct virtio_net_hdr PathVnet;

enum {
    PATH_VNET     = sizeof (PathVnet),
    PATH_SUPER    = 65535, /* the largest IP packet, and so the largest superframe */
    PATH_SEGMENTS = 64,    /* UDP_MAX_SEGMENTS of the oldest kernels */

    PATH_TCP_CHECKSUM = 16, /* offsets of the checksum in the transport header */
    PATH_UDP_CHECKSUM = 6,
};
