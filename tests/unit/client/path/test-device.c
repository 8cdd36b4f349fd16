/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-device.c - what the device is asked for, and what becomes of frames that it refuses; the
 * device is a list here. */
#include "client/path/device.h"
#include "packets.h"
#include <errno.h>

typedef struct {
    PathDevice    device;
    PathOffloads  offloads;
    AditPathStats stats;
    PathCoalesce  coalesce;
} Bed;

static guint      asked[8], n_asked, knows; /* TUN_F_ bits that the kernel knows */
static gboolean   takes_supers;
static int        write_error;
static GPtrArray *written;

static int
list_set_offload (int fd, unsigned flags)
{
    (void) fd;
    asked[n_asked++ % G_N_ELEMENTS (asked)] = flags;
    if (flags & ~knows) {
        errno = EINVAL;
        return -1;
    }
    return 0;
}

static ssize_t
list_writev (int fd, const struct iovec *iov, int n)
{
    const PathVnet *v     = iov[0].iov_base;
    GByteArray     *whole = g_byte_array_new ();

    (void) fd;
    for (int i = 1; i < n; i++)
        g_byte_array_append (whole, iov[i].iov_base, (guint) iov[i].iov_len);
    errno = write_error ? write_error : v->gso_type && !takes_supers ? EINVAL : 0;
    if (errno) {
        g_byte_array_unref (whole);
        return -1;
    }
    g_ptr_array_add (written, whole);
    return 1;
}

static int          read_error;
static const guint8 frame[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 'p', 'a', 'c', 'k' };

static ssize_t
list_read (int fd, void *buf, size_t size)
{
    (void) fd;
    if (read_error) {
        errno      = read_error;
        read_error = read_error == EINTR ? 0 : read_error;
        return -1;
    }
    memcpy (buf, frame, MIN (size, sizeof frame));
    return sizeof frame;
}

static const AditSystem list_system = { .read        = list_read,
                                        .writev      = list_writev,
                                        .set_offload = list_set_offload };

static void
bed_setup (Bed *b, gconstpointer data)
{
    (void) data;
    n_asked     = 0;
    write_error = read_error = 0;
    takes_supers             = TRUE;
    knows   = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN | TUN_F_USO4 | TUN_F_USO6;
    written = g_ptr_array_new_with_free_func ((GDestroyNotify) g_byte_array_unref);
    path_offload_init (&b->offloads, (1u << ADIT_N_OFFLOADS) - 1, &b->stats);
}

static void
bed_teardown (Bed *b, gconstpointer data)
{
    (void) data;
    path_device_clear (&b->device);
    g_ptr_array_unref (written);
}

static void
open_device (Bed *b)
{
    g_assert_true (path_device_init (&b->device, &list_system, &b->offloads, -1, TRUE));
}

static void
test_all (Bed *b, gconstpointer data)
{
    (void) data;
    open_device (b);
    g_assert_cmphex (asked[n_asked - 1], ==, knows);
}

static void
test_old_kernel (Bed *b, gconstpointer data)
{
    (void) data;
    knows &= ~(guint) (TUN_F_USO4 | TUN_F_USO6);
    open_device (b);
    g_assert_cmphex (asked[n_asked - 1], ==, knows);
    g_assert_false (path_offload_has (&b->offloads, ADIT_OFFLOAD_USO));
    g_assert_false (path_offload_has (&b->offloads, ADIT_OFFLOAD_UDP_COALESCE));
    g_assert_true (path_offload_has (&b->offloads, ADIT_OFFLOAD_TSO));
}

static void
test_switched_off (Bed *b, gconstpointer data)
{
    (void) data;
    path_offload_forgo (&b->offloads, ADIT_OFFLOAD_TSO);
    path_offload_forgo (&b->offloads, ADIT_OFFLOAD_USO);
    open_device (b);
    g_assert_cmphex (asked[n_asked - 1], ==, TUN_F_CSUM);
    g_assert_true (path_offload_has (&b->offloads, ADIT_OFFLOAD_UDP_COALESCE));
}

/* A group of `n` packets in the coalescer, and copies of them. */
static PathGroup *
group_of (Bed *b, guint n, guint8 proto, guint8 p[][300], guint8 copy[][300])
{
    b->coalesce.tcp = b->coalesce.udp = TRUE;
    path_coalesce_reset (&b->coalesce);
    for (guint i = 0; i < n; i++) {
        PacketSpec s = { .version = 4,
                         .proto   = proto,
                         .port    = 3,
                         .seq     = 100 * i,
                         .flags   = PATH_TCP_ACK,
                         .body    = 100 };
        PathInner  in;

        if (i + 1 == n)
            s.flags |= PATH_TCP_PSH;
        packet_make (&s, p[i]);
        memcpy (copy[i], p[i], 300);
        g_assert_true (path_inner_parse (&in, p[i], 300));
        path_coalesce_add (&b->coalesce, p[i], &in);
    }
    g_assert_cmpuint (b->coalesce.n, ==, 1);
    return &b->coalesce.group[0];
}

static void
test_refused (Bed *b, gconstpointer data)
{
    guint8      proto     = data ? PATH_UDP : PATH_TCP;
    AditOffload which     = data ? ADIT_OFFLOAD_UDP_COALESCE : ADIT_OFFLOAD_COALESCE;
    guint8      p[9][300] = { 0 }, copy[9][300];
    gsize       len       = data ? 128 : 140;

    open_device (b);
    takes_supers = FALSE;
    path_device_write (&b->device, group_of (b, 9, proto, p, copy), 1);
    g_assert_cmpuint (written->len, ==, 9);
    for (guint i = 0; i < 9; i++) {
        const GByteArray *w = g_ptr_array_index (written, i);

        g_assert_cmpmem (w->data, w->len, copy[i], len);
    }
    g_assert_false (path_offload_has (&b->offloads, which));
    g_assert_cmpuint (b->stats.offload_lost[which], ==, 1);
    g_assert_cmpuint (b->stats.drops[ADIT_DROP_DEVICE], ==, 0);
}

static void
test_down (Bed *b, gconstpointer data)
{
    guint8 p[9][300] = { 0 }, copy[9][300];

    (void) data;
    open_device (b);
    write_error = EIO; /* the interface is down: nobody's fault */
    path_device_write (&b->device, group_of (b, 9, PATH_TCP, p, copy), 1);
    g_assert_cmpuint (b->stats.drops[ADIT_DROP_DEVICE], ==, 9);
    g_assert_true (path_offload_has (&b->offloads, ADIT_OFFLOAD_COALESCE));
    g_assert_cmpint (b->device.broken, ==, 0);
    write_error = EBADFD;
    path_device_write (&b->device, group_of (b, 1, PATH_TCP, p, copy), 1);
    g_assert_cmpint (b->device.broken, ==, EBADFD);
}

static void
test_read (Bed *b, gconstpointer data)
{
    const PathVnet *v;
    guint8         *p;
    gsize           len;

    (void) data;
    open_device (b);
    read_error = EINTR;
    g_assert_true (path_device_read (&b->device, &v, &p, &len));
    g_assert_cmpmem (p, len, "pack", 4);
    g_assert_cmpuint ((guintptr) p % 16, ==, 0);
    read_error = EAGAIN;
    g_assert_false (path_device_read (&b->device, &v, &p, &len));
    g_assert_cmpint (b->device.broken, ==, 0);
    read_error = EBADFD;
    g_assert_false (path_device_read (&b->device, &v, &p, &len));
    g_assert_cmpint (b->device.broken, ==, EBADFD);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
#define ADD(name, fn, data) \
    g_test_add ("/path/device/" name, Bed, data, bed_setup, fn, bed_teardown)
    ADD ("a-new-kernel-is-asked-for-all", test_all, NULL);
    ADD ("an-old-kernel-is-asked-for-what-it-knows", test_old_kernel, NULL);
    ADD ("what-is-switched-off-is-not-asked-for", test_switched_off, NULL);
    ADD ("a-refused-tcp-superframe-goes-packet-by-packet", test_refused, NULL);
    ADD ("a-refused-udp-superframe-goes-packet-by-packet", test_refused, "udp");
    ADD ("a-device-that-is-down-loses-packets-and-no-offload", test_down, NULL);
    ADD ("a-frame-is-read-and-a-device-that-is-gone-is-known", test_read, NULL);
    return g_test_run ();
}
