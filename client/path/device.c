/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* device.c - reading and writing TUN. */
#include "client/path/device.h"
#include <errno.h>
#include <sys/mman.h>

enum {
    FRAME_AT    = 16 - PATH_VNET, /* so that the packet itself is aligned */
    MEMORY_SIZE = (PATH_SUPER + 1) + 4096,
};

static const guint usos = TUN_F_USO4 | TUN_F_USO6, tsos = TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;

static gboolean
set_offload (const PathDevice *d, guint flags)
{
    return d->system->set_offload (d->fd, flags | TUN_F_CSUM) == 0;
}

/* USO came in Linux 6.2 together with the right to write UDP superframes. */
static void
probe (PathDevice *d)
{
    guint flags = 0;

    if (!d->vnet) {
        for (guint i = ADIT_OFFLOAD_VNET; i <= ADIT_OFFLOAD_UDP_COALESCE; i++)
            path_offload_forgo (d->offloads, (AditOffload) i);
        return;
    }
    if (!set_offload (d, tsos | usos)) {
        path_offload_forgo (d->offloads, ADIT_OFFLOAD_USO);
        path_offload_forgo (d->offloads, ADIT_OFFLOAD_UDP_COALESCE);
    }
    if (path_offload_has (d->offloads, ADIT_OFFLOAD_TSO))
        flags |= tsos;
    if (path_offload_has (d->offloads, ADIT_OFFLOAD_USO))
        flags |= usos;
    if (flags && !set_offload (d, flags)) {
        path_offload_forgo (d->offloads, ADIT_OFFLOAD_USO);
        flags &= tsos;
        if (!flags || !set_offload (d, flags))
            path_offload_forgo (d->offloads, ADIT_OFFLOAD_TSO);
    }
    if (!path_offload_has (d->offloads, ADIT_OFFLOAD_TSO) &&
        !path_offload_has (d->offloads, ADIT_OFFLOAD_USO))
        set_offload (d, 0);
}

gboolean
path_device_init (PathDevice *d, const AditSystem *system, PathOffloads *offloads, int fd,
                  gboolean vnet)
{
    *d      = (PathDevice){ .system = system, .offloads = offloads, .stats = offloads->stats };
    d->fd   = fd;
    d->vnet = vnet;
    d->memory =
        mmap (NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (d->memory == MAP_FAILED) {
        d->memory = NULL;
        return FALSE;
    }
    d->frame = d->memory + FRAME_AT;
    probe (d);
    return TRUE;
}

void
path_device_clear (PathDevice *d)
{
    if (d->memory)
        munmap (d->memory, MEMORY_SIZE);
    d->memory = NULL;
}

void
path_device_trim (PathDevice *d)
{
    madvise (d->memory, MEMORY_SIZE, MADV_DONTNEED);
}

gboolean
path_device_read (PathDevice *d, const PathVnet **vnet, guint8 **p, gsize *len)
{
    gsize   skip = d->vnet ? PATH_VNET : 0;
    guint8 *at   = d->frame + PATH_VNET - skip;
    ssize_t n;

    do
        n = d->system->read (d->fd, at, MEMORY_SIZE - 64);
    while (n < 0 && errno == EINTR);
    if (n < 0) {
        if (errno != EAGAIN)
            d->broken = errno;
        return FALSE;
    }
    d->stats->device_reads++;
    d->stats->offload_used[ADIT_OFFLOAD_VNET] += d->vnet;
    *vnet = skip ? (const PathVnet *) at : NULL;
    *p    = d->frame + PATH_VNET;
    *len  = (gsize) n > skip ? (gsize) n - skip : 0;
    return TRUE;
}

/* TRUE: written, or lost in a way that trying again would not mend. */
static gboolean
write_once (PathDevice *d, const struct iovec *iov, int n, guint packets)
{
    ssize_t written;

    do
        written = d->system->writev (d->fd, iov, n);
    while (written < 0 && errno == EINTR);
    if (written >= 0) {
        d->stats->device_writes++;
        return TRUE;
    }
    if (errno == EINVAL && packets > 1)
        return FALSE;
    if (errno == EBADFD || errno == EBADF)
        d->broken = errno;
    d->stats->drops[ADIT_DROP_DEVICE] += packets;
    return TRUE;
}

static void
write_pieces (PathDevice *d, PathGroup *g)
{
    path_group_open (g);
    for (guint i = 0; i < g->n; i++) {
        struct iovec iov[2] = { g->iov[0], path_group_packet (g, i) };

        write_once (d, iov, 2, 1);
    }
}

void
path_device_write (PathDevice *d, PathGroup *g, gint64 now_us)
{
    AditOffload which =
        g->inner.proto == PATH_TCP ? ADIT_OFFLOAD_COALESCE : ADIT_OFFLOAD_UDP_COALESCE;

    if (g->n == 1) {
        write_once (d, d->vnet ? g->iov : g->iov + 1, d->vnet ? 2 : 1, 1);
        return;
    }
    path_group_close (g);
    if (write_once (d, g->iov, (int) g->n + 1, g->n)) {
        path_offload_use (d->offloads, which);
        return;
    }
    path_offload_lose (d->offloads, which, now_us);
    write_pieces (d, g);
}

void
path_device_write_packet (PathDevice *d, const guint8 *p, gsize len)
{
    PathVnet     none   = { 0 };
    struct iovec iov[2] = { { &none, PATH_VNET }, { (void *) p, len } };

    write_once (d, d->vnet ? iov : iov + 1, d->vnet ? 2 : 1, 1);
}
