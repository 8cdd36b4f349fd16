/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* netlink.c - request and answer over libmnl, with the kernel's extended acknowledgements. */
#include "client/net/netlink.h"
#include <errno.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/time.h>

enum { REPLY_BYTES = 32768 };

static struct mnl_socket *
open_bus (int bus)
{
    struct mnl_socket *socket   = mnl_socket_open2 (bus, SOCK_CLOEXEC);
    struct timeval     patience = { ADIT_NETLINK_TIMEOUT_MS / 1000,
                                    ADIT_NETLINK_TIMEOUT_MS % 1000 * 1000 };
    int                on       = 1;

    if (socket == NULL)
        return NULL;
    if (mnl_socket_bind (socket, 0, MNL_SOCKET_AUTOPID) < 0) {
        int number = errno;

        mnl_socket_close (socket);
        errno = number;
        return NULL;
    }
    mnl_socket_setsockopt (socket, NETLINK_EXT_ACK, &on, sizeof on);
    setsockopt (mnl_socket_get_fd (socket), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return socket;
}

static int
on_attribute (const struct nlattr *attribute, void *user)
{
    const char **words = user;

    if (mnl_attr_get_type (attribute) == NLMSGERR_ATTR_MSG &&
        mnl_attr_validate (attribute, MNL_TYPE_NUL_STRING) >= 0)
        *words = mnl_attr_get_str (attribute);
    return MNL_CB_OK;
}

/* The sentence that the kernel put behind its error, if any. */
static const char *
words_of (const struct nlmsghdr *reply)
{
    const struct nlmsgerr *refusal = mnl_nlmsg_get_payload (reply);
    const char            *words   = NULL;
    gsize                  offset  = sizeof *refusal;

    if (!(reply->nlmsg_flags & NLM_F_ACK_TLVS))
        return NULL;
    if (!(reply->nlmsg_flags & NLM_F_CAPPED) && refusal->msg.nlmsg_len > sizeof refusal->msg)
        offset += MNL_ALIGN (refusal->msg.nlmsg_len - sizeof refusal->msg);
    if (offset < mnl_nlmsg_get_payload_len (reply))
        mnl_attr_parse (reply, (unsigned) offset, on_attribute, &words);
    return words;
}

static int
refuse (int number, const char *words, GError **cause)
{
    if (words)
        g_set_error (cause, ADIT_ERROR, ADIT_ERROR_SYSTEM, "%s (%s)", words, g_strerror (number));
    else
        g_set_error_literal (cause, ADIT_ERROR, ADIT_ERROR_SYSTEM, g_strerror (number));
    return number;
}

/* -1: an acknowledgement or the end has not come yet; else 0 or the errno. */
static int
read_datagram (const guint8 *bytes, gsize len, const struct nlmsghdr *request, guint port,
               mnl_cb_t part, gpointer user, guint *parts, GError **cause)
{
    const struct nlmsghdr *reply = (const void *) bytes;
    int                    left  = (int) len;

    for (; mnl_nlmsg_ok (reply, left); reply = mnl_nlmsg_next (reply, &left)) {
        if (!mnl_nlmsg_seq_ok (reply, request->nlmsg_seq) || !mnl_nlmsg_portid_ok (reply, port))
            continue;
        if (reply->nlmsg_flags & NLM_F_DUMP_INTR)
            return refuse (EINTR, NULL, cause);
        if (reply->nlmsg_type == NLMSG_ERROR || reply->nlmsg_type == NLMSG_DONE) {
            const int *number = mnl_nlmsg_get_payload (reply);

            if (mnl_nlmsg_get_payload_len (reply) < sizeof *number || *number == 0)
                return 0;
            return refuse (*number < 0 ? -*number : *number,
                           reply->nlmsg_type == NLMSG_ERROR && *number ? words_of (reply) : NULL,
                           cause);
        }
        if (++*parts > ADIT_NETLINK_PARTS_MAX)
            return refuse (E2BIG, NULL, cause);
        if (part && part (reply, user) < 0)
            return refuse (EBADMSG, NULL, cause);
    }
    return -1;
}

static int
converse (struct mnl_socket *socket, struct nlmsghdr *request, mnl_cb_t part, gpointer user,
          GError **cause)
{
    g_autofree guint8 *bytes = g_malloc (REPLY_BYTES);
    guint              parts = 0;
    int                verdict;

    if (mnl_socket_sendto (socket, request, request->nlmsg_len) < 0)
        return refuse (errno, NULL, cause);
    do {
        ssize_t got = mnl_socket_recvfrom (socket, bytes, REPLY_BYTES);

        if (got < 0 && errno == EINTR) {
            verdict = -1;
            continue;
        }
        if (got < 0)
            return refuse (errno == EAGAIN ? ETIMEDOUT : errno, NULL, cause);
        verdict = read_datagram (bytes, (gsize) got, request, mnl_socket_get_portid (socket), part,
                                 user, &parts, cause);
    } while (verdict < 0);
    return verdict;
}

int
adit_netlink_talk (int bus, struct nlmsghdr *request, mnl_cb_t part, gpointer user, GError **cause)
{
    struct mnl_socket *socket = open_bus (bus);
    int                number;

    if (socket == NULL)
        return refuse (errno, NULL, cause);
    request->nlmsg_flags |= NLM_F_REQUEST;
    if ((request->nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP)
        request->nlmsg_flags |= NLM_F_ACK;
    request->nlmsg_seq = 1;
    number             = converse (socket, request, part, user, cause);
    mnl_socket_close (socket);
    return number;
}

guint8
adit_netlink_family (guint family)
{
    return family == 4 ? AF_INET : AF_INET6;
}

guint32
adit_netlink_number (const struct nlattr *attribute)
{
    return mnl_attr_validate (attribute, MNL_TYPE_U32) < 0 ? 0 : mnl_attr_get_u32 (attribute);
}

void
adit_netlink_address (const struct nlattr *attribute, guint8 out[16])
{
    memcpy (out, mnl_attr_get_payload (attribute), MIN (mnl_attr_get_payload_len (attribute), 16));
}
