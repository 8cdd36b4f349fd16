/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* genl.c - generic netlink over netlink.c. */
#include "client/net/genl.h"
#include "client/net/netlink.h"
#include <glib/gi18n.h>
#include <linux/genetlink.h>
#include <string.h>

enum { INDEX_ATTRIBUTE = 1 };

static struct nlmsghdr *
begin (guint8 *bytes, guint16 type, guint16 flags, guint8 command)
{
    struct nlmsghdr   *request = mnl_nlmsg_put_header (bytes);
    struct genlmsghdr *body;

    request->nlmsg_type  = type;
    request->nlmsg_flags = flags;
    body                 = mnl_nlmsg_put_extra_header (request, sizeof *body);
    body->cmd            = command;
    body->version        = 1;
    return request;
}

static int
on_family_attribute (const struct nlattr *attribute, void *user)
{
    if (mnl_attr_get_type (attribute) == CTRL_ATTR_FAMILY_ID &&
        mnl_attr_validate (attribute, MNL_TYPE_U16) >= 0)
        *(guint16 *) user = mnl_attr_get_u16 (attribute);
    return MNL_CB_OK;
}

static int
on_family (const struct nlmsghdr *reply, void *user)
{
    mnl_attr_parse (reply, sizeof (struct genlmsghdr), on_family_attribute, user);
    return MNL_CB_OK;
}

guint16
adit_genl_family (const char *name, GError **error)
{
    guint8           bytes[ADIT_NETLINK_BYTES];
    struct nlmsghdr *request = begin (bytes, GENL_ID_CTRL, 0, CTRL_CMD_GETFAMILY);
    guint16          family  = 0;
    GError          *cause   = NULL;

    mnl_attr_put_strz (request, CTRL_ATTR_FAMILY_NAME, name);
    if (adit_netlink_talk (NETLINK_GENERIC, request, on_family, &family, &cause) || family == 0)
        adit_fail_because (error, cause, ADIT_ERROR_SYSTEM,
                           _ ("The kernel has no support for \"%s\"."), name);
    return family;
}

gboolean
adit_genl_attributes_ok (const guint8 *attributes, gsize len)
{
    if (len > ADIT_GENL_ATTRIBUTES_MAX)
        return FALSE;
    while (len) {
        struct nlattr attribute;
        gsize         whole;

        if (len < sizeof attribute)
            return FALSE;
        memcpy (&attribute, attributes, sizeof attribute);
        whole = MNL_ALIGN (attribute.nla_len);
        if (attribute.nla_len < sizeof attribute || whole > len ||
            (attribute.nla_type & NLA_TYPE_MASK) == INDEX_ATTRIBUTE)
            return FALSE;
        attributes += whole;
        len -= whole;
    }
    return TRUE;
}

typedef struct {
    AditGenlReply reply;
    gpointer      user;
} Hearer;

static int
on_reply (const struct nlmsghdr *reply, void *user)
{
    Hearer *hearer = user;
    gsize   len    = mnl_nlmsg_get_payload_len (reply);

    if (len < sizeof (struct genlmsghdr))
        return MNL_CB_ERROR;
    hearer->reply (hearer->user, mnl_nlmsg_get_payload_offset (reply, sizeof (struct genlmsghdr)),
                   len - sizeof (struct genlmsghdr));
    return MNL_CB_OK;
}

gboolean
adit_genl_call (guint16 family, guint8 command, gboolean dump, guint index,
                const guint8 *attributes, gsize len, AditGenlReply reply, gpointer user,
                GError **error)
{
    g_autofree guint8 *bytes = g_malloc0 (ADIT_NETLINK_BYTES + len);
    struct nlmsghdr   *request;
    Hearer             hearer = { reply, user };
    GError            *cause  = NULL;

    if (!adit_genl_attributes_ok (attributes, len))
        return adit_fail (error, ADIT_ERROR_BUG,
                          _ ("A request to the kernel was not well formed."));
    request = begin (bytes, family, dump ? NLM_F_DUMP : 0, command);
    mnl_attr_put_u32 (request, INDEX_ATTRIBUTE, index);
    if (len)
        memcpy (mnl_nlmsg_get_payload_tail (request), attributes, len);
    request->nlmsg_len += MNL_ALIGN (len);
    if (adit_netlink_talk (NETLINK_GENERIC, request, reply ? on_reply : NULL, &hearer, &cause))
        return adit_fail_because (error, cause, ADIT_ERROR_SYSTEM,
                                  _ ("The kernel refused what the tunnel asked for."));
    return TRUE;
}
