/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* nft-watch.c - the kernel's group of changes to packet filter rules; only the removal of tables is
 * looked at. */
#include "client/net/nft-watch.h"
#include "client/net/netlink.h"
#include "client/net/nft.h"
#include <errno.h>
#include <glib-unix.h>
#include <glib/gi18n.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

enum { BYTES = 32768, TURN_MAX = 64 };

struct AditNftWatch {
    struct mnl_socket *socket;
    guint              readable;
    AditNftGone        gone;
    gpointer           user;
};

static int
on_attribute (const struct nlattr *attribute, void *user)
{
    gboolean *is_ours = user;

    if (mnl_attr_get_type (attribute) == NFTA_TABLE_NAME &&
        mnl_attr_validate (attribute, MNL_TYPE_NUL_STRING) >= 0)
        *is_ours = strcmp (mnl_attr_get_str (attribute), ADIT_NFT_NAME) == 0;
    return MNL_CB_OK;
}

static gboolean
is_our_end (const struct nlmsghdr *message)
{
    gboolean is_ours = FALSE;

    if (message->nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_DELTABLE) &&
        mnl_nlmsg_get_payload_len (message) >= sizeof (struct nfgenmsg))
        mnl_attr_parse (message, sizeof (struct nfgenmsg), on_attribute, &is_ours);
    return is_ours;
}

static gboolean
on_readable (gint fd G_GNUC_UNUSED, GIOCondition condition G_GNUC_UNUSED, gpointer user)
{
    AditNftWatch      *watch   = user;
    g_autofree guint8 *bytes   = g_malloc (BYTES);
    gboolean           is_gone = FALSE;

    for (guint i = 0; i < TURN_MAX; i++) {
        ssize_t                got     = mnl_socket_recvfrom (watch->socket, bytes, BYTES);
        const struct nlmsghdr *message = (const void *) bytes;
        int                    left    = (int) got;

        if (got < 0 && errno == ENOBUFS) { /* too many to count: it may have been among them */
            is_gone = TRUE;
            continue;
        }
        if (got <= 0)
            break;
        for (; mnl_nlmsg_ok (message, left); message = mnl_nlmsg_next (message, &left))
            is_gone |= is_our_end (message);
    }
    if (is_gone)
        watch->gone (watch->user);
    return G_SOURCE_CONTINUE;
}

AditNftWatch *
adit_nft_watch_new (AditNftGone gone, gpointer user, GError **error)
{
    AditNftWatch *watch = g_new0 (AditNftWatch, 1);
    int           group = NFNLGRP_NFTABLES;

    watch->gone   = gone;
    watch->user   = user;
    watch->socket = mnl_socket_open2 (NETLINK_NETFILTER, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (watch->socket == NULL || mnl_socket_bind (watch->socket, 0, MNL_SOCKET_AUTOPID) < 0 ||
        mnl_socket_setsockopt (watch->socket, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) < 0) {
        adit_fail_errno (error, errno, ADIT_ERROR_SYSTEM,
                         _ ("This machine's packet filter does not tell of its changes."));
        adit_nft_watch_free (watch);
        return NULL;
    }
    watch->readable =
        g_unix_fd_add (mnl_socket_get_fd (watch->socket), G_IO_IN, on_readable, watch);
    return watch;
}

void
adit_nft_watch_free (AditNftWatch *watch)
{
    if (watch == NULL)
        return;
    g_clear_handle_id (&watch->readable, g_source_remove);
    if (watch->socket)
        mnl_socket_close (watch->socket);
    g_free (watch);
}
