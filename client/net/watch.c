/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* watch.c - rtnetlink's groups, logind's word, and without it a timer that the kernel cancels when
 * the clock jumps, as it does on waking. */
#include "client/net/watch.h"
#include "client/net/netlink.h"
#include "client/net/sleep.h"
#include <errno.h>
#include <glib-unix.h>
#include <glib/gi18n.h>
#include <linux/rtnetlink.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { BYTES = 32768, TURN_MAX = 64 };

struct AditWatch {
    struct mnl_socket *socket;
    int                clock;
    guint              own;
    guint              readable, jumped, settling; /* sources */
    gboolean           woke;                       /* one of the reasons to call */
    AditWatchFn        moved;
    gpointer           user;
    AditSleep         *sleep;
};

static gboolean
on_settled (gpointer user)
{
    AditWatch *watch = user;
    gboolean   woke  = watch->woke;

    watch->settling = 0;
    watch->woke     = FALSE;
    watch->moved (watch->user, woke);
    return G_SOURCE_REMOVE;
}

static void
settle (AditWatch *watch)
{
    if (!watch->settling)
        watch->settling = g_timeout_add (ADIT_WATCH_SETTLE_MS, on_settled, watch);
}

static int
on_route_attribute (const struct nlattr *attribute, void *user)
{
    if (mnl_attr_get_type (attribute) == RTA_OIF &&
        mnl_attr_validate (attribute, MNL_TYPE_U32) >= 0)
        *(guint *) user = mnl_attr_get_u32 (attribute);
    return MNL_CB_OK;
}

/* The device that a message is about; 0: none in particular, so never ours. */
static guint
device_of (const struct nlmsghdr *message)
{
    const void *body  = mnl_nlmsg_get_payload (message);
    gsize       len   = mnl_nlmsg_get_payload_len (message);
    guint       index = 0;

    switch (message->nlmsg_type) {
    case RTM_NEWLINK:
    case RTM_DELLINK:
        return len < sizeof (struct ifinfomsg)
                   ? 0
                   : (guint) ((const struct ifinfomsg *) body)->ifi_index;
    case RTM_NEWADDR:
    case RTM_DELADDR:
        return len < sizeof (struct ifaddrmsg) ? 0 : ((const struct ifaddrmsg *) body)->ifa_index;
    case RTM_NEWROUTE:
    case RTM_DELROUTE:
        if (len >= sizeof (struct rtmsg))
            mnl_attr_parse (message, sizeof (struct rtmsg), on_route_attribute, &index);
        return index;
    default:
        return 0;
    }
}

/* Throw routes of tunnels name no device, and IPv6 tells of cache entries: neither moves us.  A
 * link that goes down takes its IPv4 routes along without a word, so links are heard too. */
static gboolean
counts (const AditWatch *watch, const struct nlmsghdr *message)
{
    const struct rtmsg *route = mnl_nlmsg_get_payload (message);
    gboolean is_route = message->nlmsg_type == RTM_NEWROUTE || message->nlmsg_type == RTM_DELROUTE;

    if (is_route &&
        (mnl_nlmsg_get_payload_len (message) < sizeof *route || route->rtm_type == RTN_THROW ||
         route->rtm_type == RTN_LOCAL || route->rtm_type == RTN_BROADCAST ||
         route->rtm_type == RTN_MULTICAST || (route->rtm_flags & RTM_F_CLONED)))
        return FALSE;
    return device_of (message) != watch->own;
}

static gboolean
on_readable (gint fd G_GNUC_UNUSED, GIOCondition condition G_GNUC_UNUSED, gpointer user)
{
    AditWatch         *watch = user;
    g_autofree guint8 *bytes = g_malloc (BYTES);

    for (guint i = 0; i < TURN_MAX; i++) {
        ssize_t                got     = mnl_socket_recvfrom (watch->socket, bytes, BYTES);
        const struct nlmsghdr *message = (const void *) bytes;
        int                    left    = (int) got;

        if (got < 0 && errno == ENOBUFS) { /* too many to count: something moved */
            settle (watch);
            continue;
        }
        if (got <= 0)
            break;
        for (; mnl_nlmsg_ok (message, left); message = mnl_nlmsg_next (message, &left))
            if (counts (watch, message))
                settle (watch);
    }
    return G_SOURCE_CONTINUE;
}

static gboolean
arm_clock (int fd)
{
    struct itimerspec never = { .it_value = { .tv_sec = G_MAXINT32 } };

    return timerfd_settime (fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL) == 0;
}

static gboolean
on_jumped (gint fd, GIOCondition condition G_GNUC_UNUSED, gpointer user)
{
    AditWatch *watch = user;
    guint64    times;

    if (read (fd, &times, sizeof times) < 0 && errno == ECANCELED) {
        watch->woke = TRUE;
        settle (watch);
    }
    if (arm_clock (fd))
        return G_SOURCE_CONTINUE;
    watch->jumped = 0;
    return G_SOURCE_REMOVE;
}

static void
on_awake (gpointer user)
{
    AditWatch *watch = user;

    watch->woke = TRUE;
    settle (watch);
}

AditWatch *
adit_watch_new (guint own, AditWatchFn moved, gpointer user, GError **error)
{
    AditWatch *watch  = g_new0 (AditWatch, 1);
    guint      groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE |
                   RTMGRP_IPV6_ROUTE;

    watch->own    = own;
    watch->moved  = moved;
    watch->user   = user;
    watch->clock  = timerfd_create (CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    watch->socket = mnl_socket_open2 (NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (watch->socket == NULL || mnl_socket_bind (watch->socket, groups, MNL_SOCKET_AUTOPID) < 0) {
        adit_fail_errno (error, errno, ADIT_ERROR_SYSTEM,
                         _ ("Changes of this machine's network cannot be watched."));
        adit_watch_free (watch);
        return NULL;
    }
    watch->readable =
        g_unix_fd_add (mnl_socket_get_fd (watch->socket), G_IO_IN, on_readable, watch);
    if (watch->clock >= 0 && arm_clock (watch->clock))
        watch->jumped = g_unix_fd_add (watch->clock, G_IO_IN, on_jumped, watch);
    watch->sleep = adit_sleep_new (on_awake, watch);
    return watch;
}

void
adit_watch_free (AditWatch *watch)
{
    if (watch == NULL)
        return;
    g_clear_handle_id (&watch->readable, g_source_remove);
    g_clear_handle_id (&watch->jumped, g_source_remove);
    g_clear_handle_id (&watch->settling, g_source_remove);
    g_clear_pointer (&watch->sleep, adit_sleep_free);
    if (watch->socket)
        mnl_socket_close (watch->socket);
    if (watch->clock >= 0)
        close (watch->clock);
    g_free (watch);
}
