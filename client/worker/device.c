/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* device.c - IP packets between the TUN device and a protocol that carries them on this thread.
 * Slow on purpose: no offloads, one packet at a time; fast protocols lay a path instead. */
#include "client/path/path.h"
#include "client/worker/host.h"
#include <glib-unix.h>
#include <linux/virtio_net.h>
#include <sys/uio.h>
#include <unistd.h>

enum { TURN_MAX = 64, PACKET_MAX = 65535 };

/* TUN's own choice with IFF_VNET_HDR, unless told otherwise. */
typedef struct virtio_net_hdr VnetHeader;

static gboolean
on_readable (gint fd, GIOCondition condition G_GNUC_UNUSED, gpointer user)
{
    static guint8 buffer[PACKET_MAX];
    WorkerHost   *host    = user;
    VnetHeader    header  = { 0 };
    struct iovec  parts[] = { { &header, sizeof header }, { buffer, sizeof buffer } };
    gsize         skip    = host->vnet ? sizeof header : 0;

    for (guint i = 0; i < TURN_MAX && host->device_readable; i++) {
        ssize_t got = host->vnet ? readv (fd, parts, 2) : read (fd, buffer, sizeof buffer);

        if (got <= (ssize_t) skip)
            break;
        host->plugin->send (host->tunnel, adit_packet_new (buffer, (gsize) got - skip));
    }
    return G_SOURCE_CONTINUE;
}

void
worker_device_watch (WorkerHost *host)
{
    if (host->device >= 0 && host->plugin->send && host->state == WORKER_RUNNING &&
        !host->device_readable)
        host->device_readable = g_unix_fd_add (host->device, G_IO_IN, on_readable, host);
}

void
worker_device_leave (WorkerHost *host)
{
    g_clear_handle_id (&host->device_readable, g_source_remove);
}

void
worker_deliver (AditHost *base, AditPacket *packet)
{
    g_autoptr (AditPacket) p = packet;
    WorkerHost  *host        = worker_host (base);
    VnetHeader   header      = { 0 };
    struct iovec parts[]     = { { &header, sizeof header }, { p->data, p->len } };
    int          first       = host->vnet ? 0 : 1;

    if (host->device >= 0 && !host->path && writev (host->device, parts + first, 2 - first) < 0)
        adit_log (ADIT_LOG_DEBUG, "device", "refused a packet of %u bytes", p->len);
}
