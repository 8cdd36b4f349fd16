/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-decide.c - the model of rules and routes against the kernel itself: random worlds, each in a
 * network namespace of its own, and random packets, of which both say where they go. */
#include "client/core/decide.h"
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WORLDS = 50, PACKETS = 100, DEVICES = 4, GROUP = 5, N_RULES = 14 };

static gboolean           has_namespace;
static struct mnl_socket *kernel;
static guint              devices[DEVICES]; /* numbers */

/* ---- talking to the kernel ---- */

static struct nlmsghdr *
begin (guint8 *bytes, guint16 type, guint16 flags)
{
    struct nlmsghdr *request = mnl_nlmsg_put_header (bytes);

    request->nlmsg_type  = type;
    request->nlmsg_flags = NLM_F_REQUEST | flags;
    return request;
}

/* 0, or the errno; a reply lies in `bytes`. */
static int
ask (struct nlmsghdr *request, guint8 *bytes, gsize size)
{
    const struct nlmsghdr *reply = (const void *) bytes;
    ssize_t                got;

    g_assert_cmpint (mnl_socket_sendto (kernel, request, request->nlmsg_len), >, 0);
    got = mnl_socket_recvfrom (kernel, bytes, size);
    g_assert_true (mnl_nlmsg_ok (reply, (int) got));
    return reply->nlmsg_type == NLMSG_ERROR ? -*(const int *) mnl_nlmsg_get_payload (reply) : 0;
}

static int
tell (struct nlmsghdr *request)
{
    guint8 bytes[4096];

    request->nlmsg_flags |= NLM_F_ACK;
    return ask (request, bytes, sizeof bytes);
}

static void
write_setting (const char *path, const char *value)
{
    int fd = open (path, O_WRONLY | O_CLOEXEC);

    if (fd < 0)
        return; /* no IPv6 here */
    g_assert_cmpint (write (fd, value, strlen (value)), ==, (gssize) strlen (value));
    close (fd);
}

/* ---- a world ---- */

static guint8
af_of (guint family)
{
    return family == 4 ? AF_INET : AF_INET6;
}

static gsize
address_len (guint family)
{
    return family == 4 ? 4 : 16;
}

static void
make_pair (guint first)
{
    guint8            bytes[1024];
    struct nlmsghdr  *request = begin (bytes, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
    g_autofree char  *a       = g_strdup_printf ("v%u", first);
    g_autofree char  *b       = g_strdup_printf ("v%u", first + 1);
    struct nlattr    *info, *data, *peer;
    struct ifinfomsg *body = mnl_nlmsg_put_extra_header (request, sizeof *body);

    body->ifi_family = AF_UNSPEC;
    mnl_attr_put_strz (request, IFLA_IFNAME, a);
    info = mnl_attr_nest_start (request, IFLA_LINKINFO);
    mnl_attr_put_str (request, IFLA_INFO_KIND, "veth");
    data = mnl_attr_nest_start (request, IFLA_INFO_DATA);
    peer = mnl_attr_nest_start (request, VETH_INFO_PEER);
    mnl_nlmsg_put_extra_header (request, sizeof *body);
    mnl_attr_put_strz (request, IFLA_IFNAME, b);
    mnl_attr_nest_end (request, peer);
    mnl_attr_nest_end (request, data);
    mnl_attr_nest_end (request, info);
    g_assert_cmpint (tell (request), ==, 0);
}

static void
set_up (guint index, guint group)
{
    guint8            bytes[256];
    struct nlmsghdr  *request = begin (bytes, RTM_NEWLINK, 0);
    struct ifinfomsg *body    = mnl_nlmsg_put_extra_header (request, sizeof *body);

    body->ifi_index  = (int) index;
    body->ifi_flags  = IFF_UP;
    body->ifi_change = IFF_UP;
    mnl_attr_put_u32 (request, IFLA_GROUP, group);
    g_assert_cmpint (tell (request), ==, 0);
}

static void
add_address (guint family, guint device)
{
    guint8            bytes[256], address[16] = { 0 };
    struct nlmsghdr  *request = begin (bytes, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
    struct ifaddrmsg *body    = mnl_nlmsg_put_extra_header (request, sizeof *body);

    address[0]                        = family == 4 ? 10 : 0xfd;
    address[family == 4 ? 1 : 3]      = (guint8) device;
    address[address_len (family) - 1] = 1;
    body->ifa_family                  = af_of (family);
    body->ifa_prefixlen               = family == 4 ? 24 : 64;
    body->ifa_flags                   = IFA_F_NODAD;
    body->ifa_index                   = devices[device];
    mnl_attr_put (request, IFA_LOCAL, address_len (family), address);
    mnl_attr_put (request, IFA_ADDRESS, address_len (family), address);
    g_assert_cmpint (tell (request), ==, 0);
}

/* Few of each, so that prefixes overlap and packets meet them. */
static void
draw_address (GRand *rand, guint family, guint8 out[16])
{
    memset (out, 0, 16);
    out[0]                        = family == 4 ? 10 : 0xfd;
    out[family == 4 ? 1 : 3]      = (guint8) g_rand_int_range (rand, 0, DEVICES + 1);
    out[family == 4 ? 2 : 7]      = (guint8) g_rand_int_range (rand, 0, 3);
    out[address_len (family) - 1] = (guint8) g_rand_int_range (rand, 0, 6);
    if (g_rand_int_range (rand, 0, 12) == 0)
        out[0] = family == 4 ? 192 : 0x20;
}

static AditPrefix
draw_prefix (GRand *rand, guint family)
{
    static const guint8 four[] = { 0, 1, 7, 8, 12, 16, 23, 24, 29, 31, 32 };
    static const guint8 six[]  = { 0, 1, 7, 16, 32, 48, 62, 64, 126, 127, 128 };
    guint               i      = (guint) g_rand_int_range (rand, 0, G_N_ELEMENTS (four));
    AditPrefix prefix = { .family = (guint8) family, .length = family == 4 ? four[i] : six[i] };

    draw_address (rand, family, prefix.address);
    adit_prefix_mask (&prefix);
    return prefix;
}

static guint32
draw_table (GRand *rand)
{
    static const guint32 tables[] = { 100,           101,           102,
                                      0x0ad10003,    RT_TABLE_MAIN, RT_TABLE_DEFAULT,
                                      RT_TABLE_LOCAL };

    return tables[g_rand_int_range (rand, 0, G_N_ELEMENTS (tables))];
}

static guint8
draw_tos (GRand *rand)
{
    static const guint8 values[] = { 0, 0, 0, 0x08, 0x10 };

    return values[g_rand_int_range (rand, 0, G_N_ELEMENTS (values))];
}

static void
add_route (GRand *rand, guint family)
{
    static const guint8 types[] = { RTN_UNICAST,  RTN_UNICAST, RTN_UNICAST,   RTN_UNICAST,
                                    RTN_THROW,    RTN_THROW,   RTN_BLACKHOLE, RTN_UNREACHABLE,
                                    RTN_PROHIBIT, RTN_LOCAL };
    guint8              bytes[512];
    struct nlmsghdr    *request = begin (bytes, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL);
    struct rtmsg       *body    = mnl_nlmsg_put_extra_header (request, sizeof *body);
    AditPrefix          prefix  = draw_prefix (rand, family);
    guint               device  = devices[g_rand_int_range (rand, 0, DEVICES)];

    body->rtm_family   = af_of (family);
    body->rtm_dst_len  = prefix.length;
    body->rtm_protocol = RTPROT_STATIC;
    body->rtm_type     = types[g_rand_int_range (rand, 0, G_N_ELEMENTS (types))];
    body->rtm_tos      = family == 4 ? draw_tos (rand) : 0;
    body->rtm_scope    = body->rtm_type == RTN_LOCAL ? RT_SCOPE_HOST : RT_SCOPE_LINK;
    if (family == 6 || (body->rtm_type != RTN_UNICAST && body->rtm_type != RTN_LOCAL))
        body->rtm_scope = RT_SCOPE_UNIVERSE;
    mnl_attr_put_u32 (request, RTA_TABLE, draw_table (rand));
    mnl_attr_put (request, RTA_DST, address_len (family), prefix.address);
    mnl_attr_put_u32 (request, RTA_PRIORITY, (guint32) g_rand_int_range (rand, 1, 5));
    if (body->rtm_type == RTN_UNICAST || body->rtm_type == RTN_LOCAL)
        mnl_attr_put_u32 (request, RTA_OIF, body->rtm_type == RTN_LOCAL ? 1 : device);
    tell (request); /* one that is there already is refused, and so it stays one */
}

static void
put_conditions (GRand *rand, struct nlmsghdr *request, struct fib_rule_hdr *body, guint family)
{
    static const guint32     marks[] = { 1, 2, 3, 0xad17 }, masks[] = { G_MAXUINT32, 1, 2, 0xff00 };
    static const char *const in[] = { "lo", "v0", "gone0" };
    AditPrefix               from = draw_prefix (rand, family), to = draw_prefix (rand, family);
    struct fib_rule_uid_range  uids  = { (guint32) g_rand_int_range (rand, 0, 5),
                                         (guint32) g_rand_int_range (rand, 5, 9) };
    struct fib_rule_port_range ports = { (guint16) g_rand_int_range (rand, 1, 3),
                                         (guint16) g_rand_int_range (rand, 3, 5) };

    if (g_rand_int_range (rand, 0, 3) == 0) {
        mnl_attr_put_u32 (request, FRA_FWMARK, marks[g_rand_int_range (rand, 0, 4)]);
        mnl_attr_put_u32 (request, FRA_FWMASK, masks[g_rand_int_range (rand, 0, 4)]);
    }
    if (g_rand_int_range (rand, 0, 5) == 0) {
        body->src_len = from.length;
        mnl_attr_put (request, FRA_SRC, address_len (family), from.address);
    }
    if (g_rand_int_range (rand, 0, 5) == 0) {
        body->dst_len = to.length;
        mnl_attr_put (request, FRA_DST, address_len (family), to.address);
    }
    if (g_rand_int_range (rand, 0, 6) == 0)
        mnl_attr_put_strz (request, FRA_IIFNAME, in[g_rand_int_range (rand, 0, 3)]);
    if (g_rand_int_range (rand, 0, 12) == 0)
        mnl_attr_put_strz (request, FRA_OIFNAME, "v1");
    if (g_rand_int_range (rand, 0, 5) == 0)
        mnl_attr_put (request, FRA_UID_RANGE, sizeof uids, &uids);
    if (g_rand_int_range (rand, 0, 10) == 0)
        mnl_attr_put_u8 (request, FRA_IP_PROTO, IPPROTO_UDP);
    if (g_rand_int_range (rand, 0, 10) == 0)
        mnl_attr_put (request, FRA_DPORT_RANGE, sizeof ports, &ports);
    if (g_rand_int_range (rand, 0, 14) == 0)
        mnl_attr_put (request, FRA_SPORT_RANGE, sizeof ports, &ports);
    body->tos = g_rand_int_range (rand, 0, 10) ? 0 : 0x10;
}

static void
put_action (GRand *rand, struct nlmsghdr *request, struct fib_rule_hdr *body, guint family,
            guint32 preference)
{
    static const guint8 actions[] = { FR_ACT_TO_TBL,      FR_ACT_TO_TBL,   FR_ACT_TO_TBL,
                                      FR_ACT_TO_TBL,      FR_ACT_TO_TBL,   FR_ACT_GOTO,
                                      FR_ACT_GOTO,        FR_ACT_NOP,      FR_ACT_PROHIBIT,
                                      FR_ACT_UNREACHABLE, FR_ACT_BLACKHOLE };

    body->action = actions[g_rand_int_range (rand, 0, G_N_ELEMENTS (actions))];
    if (body->action > FR_ACT_NOP &&
        g_rand_int_range (rand, 0, 3)) /* else hardly anything is left */
        body->action = FR_ACT_TO_TBL;
    if (body->action == FR_ACT_GOTO)
        mnl_attr_put_u32 (request, FRA_GOTO,
                          preference + (guint32) g_rand_int_range (rand, 1, 4) * 10);
    if (body->action != FR_ACT_TO_TBL)
        return;
    mnl_attr_put_u32 (request, FRA_TABLE, draw_table (rand));
    if (g_rand_int_range (rand, 0, 4) == 0)
        mnl_attr_put_u32 (request, FRA_SUPPRESS_PREFIXLEN, draw_prefix (rand, family).length);
    if (g_rand_int_range (rand, 0, 8) == 0)
        mnl_attr_put_u32 (request, FRA_SUPPRESS_IFGROUP, GROUP);
}

static void
add_rule (GRand *rand, guint family)
{
    guint8               bytes[512];
    struct nlmsghdr     *request    = begin (bytes, RTM_NEWRULE, NLM_F_CREATE);
    struct fib_rule_hdr *body       = mnl_nlmsg_put_extra_header (request, sizeof *body);
    guint32              preference = (guint32) g_rand_int_range (rand, 0, 16) * 10;

    body->family = af_of (family);
    mnl_attr_put_u32 (request, FRA_PRIORITY, preference);
    put_action (rand, request, body, family, preference);
    put_conditions (rand, request, body, family);
    if (g_rand_int_range (rand, 0, 4) == 0)
        body->flags |= FIB_RULE_INVERT;
    tell (request);
}

static void
delete_rule (guint family, guint32 preference)
{
    guint8               bytes[128];
    struct nlmsghdr     *request = begin (bytes, RTM_DELRULE, 0);
    struct fib_rule_hdr *body    = mnl_nlmsg_put_extra_header (request, sizeof *body);

    body->family = af_of (family);
    mnl_attr_put_u32 (request, FRA_PRIORITY, preference);
    tell (request);
}

static gboolean
make_world (GRand *rand)
{
    if (kernel)
        mnl_socket_close (kernel);
    if (unshare (CLONE_NEWNET) < 0)
        return FALSE;
    kernel = mnl_socket_open2 (NETLINK_ROUTE, SOCK_CLOEXEC);
    g_assert_cmpint (mnl_socket_bind (kernel, 0, MNL_SOCKET_AUTOPID), ==, 0);
    write_setting ("/proc/sys/net/ipv6/conf/default/accept_dad", "0");
    write_setting ("/proc/sys/net/ipv6/conf/default/addr_gen_mode", "1");
    make_pair (0);
    make_pair (2);
    set_up (1, 0);
    for (guint i = 0; i < DEVICES; i++) {
        g_autofree char *name = g_strdup_printf ("v%u", i);

        devices[i] = if_nametoindex (name);
        set_up (devices[i], i == 2 ? GROUP : 0);
        add_address (4, i);
        add_address (6, i);
    }
    for (guint family = 4; family <= 6; family += 2) {
        for (gint i = g_rand_int_range (rand, 4, 40); i > 0; i--)
            add_route (rand, family);
        for (guint i = 0; i < N_RULES; i++)
            add_rule (rand, family);
        if (g_rand_int_range (rand, 0, 4) == 0)
            delete_rule (family, (guint32) g_rand_int_range (rand, 0, 16) * 10);
        if (g_rand_int_range (rand, 0, 8) == 0)
            delete_rule (family, 32766);
    }
    return TRUE;
}

/* ---- a packet ---- */

static void
draw_flow (GRand *rand, guint family, AditFlow *flow)
{
    static const guint32 marks[] = { 0, 0, 1, 2, 3, 0xad17 };
    guint                device  = (guint) g_rand_int_range (rand, 0, DEVICES);

    *flow = (AditFlow){ .family = family };
    draw_address (rand, family, flow->destination);
    flow->mark     = marks[g_rand_int_range (rand, 0, G_N_ELEMENTS (marks))];
    flow->uid      = (guint32) g_rand_int_range (rand, 0, 11);
    flow->tos      = draw_tos (rand);
    flow->protocol = g_rand_boolean (rand) ? IPPROTO_UDP : IPPROTO_TCP; /* IPv4 takes 0 for UDP */
    if (g_rand_boolean (rand)) {
        flow->to_port   = (guint16) g_rand_int_range (rand, 1, 7);
        flow->from_port = (guint16) g_rand_int_range (rand, 1, 7);
    }
    if (g_rand_int_range (rand, 0, 3))
        return;
    flow->has_source                       = TRUE;
    flow->source[0]                        = family == 4 ? 10 : 0xfd;
    flow->source[family == 4 ? 1 : 3]      = (guint8) device;
    flow->source[address_len (family) - 1] = 1;
}

typedef struct {
    int        number; /* errno; 0: a route */
    guint8     type;
    AditPrefix prefix;
    guint32    table, metric, index;
} Found;

static int
on_found_attribute (const struct nlattr *attribute, void *user)
{
    Found *found = user;

    switch (mnl_attr_get_type (attribute)) {
    case RTA_DST:
        memcpy (found->prefix.address, mnl_attr_get_payload (attribute),
                mnl_attr_get_payload_len (attribute));
        break;
    case RTA_TABLE:
        found->table = mnl_attr_get_u32 (attribute);
        break;
    case RTA_PRIORITY:
        found->metric = mnl_attr_get_u32 (attribute);
        break;
    case RTA_OIF:
        found->index = mnl_attr_get_u32 (attribute);
        break;
    default:
        break;
    }
    return MNL_CB_OK;
}

static void
ask_kernel (const AditFlow *flow, Found *found)
{
    guint8           bytes[512], reply[4096];
    struct nlmsghdr *request = begin (bytes, RTM_GETROUTE, 0);
    struct rtmsg    *body    = mnl_nlmsg_put_extra_header (request, sizeof *body);
    gsize            len     = address_len (flow->family);

    *found            = (Found){ .prefix.family = (guint8) flow->family };
    body->rtm_family  = af_of (flow->family);
    body->rtm_dst_len = (guint8) (len * 8);
    body->rtm_tos     = flow->tos;
    body->rtm_flags   = RTM_F_FIB_MATCH | RTM_F_LOOKUP_TABLE;
    mnl_attr_put (request, RTA_DST, len, flow->destination);
    if (flow->has_source) {
        body->rtm_src_len = body->rtm_dst_len;
        mnl_attr_put (request, RTA_SRC, len, flow->source);
    }
    mnl_attr_put_u32 (request, RTA_MARK, flow->mark);
    mnl_attr_put_u32 (request, RTA_UID, flow->uid);
    mnl_attr_put_u8 (request, RTA_IP_PROTO, flow->protocol);
    if (flow->to_port) {
        mnl_attr_put_u16 (request, RTA_SPORT, htons (flow->from_port));
        mnl_attr_put_u16 (request, RTA_DPORT, htons (flow->to_port));
    }
    found->number = ask (request, reply, sizeof reply);
    if (found->number)
        return;
    body                 = mnl_nlmsg_get_payload ((struct nlmsghdr *) reply);
    found->type          = body->rtm_type;
    found->prefix.length = body->rtm_dst_len;
    found->table         = body->rtm_table;
    mnl_attr_parse ((struct nlmsghdr *) reply, sizeof *body, on_found_attribute, found);
}

static gboolean
agree (const AditDecision *decision, const Found *found)
{
    switch (decision->routing) {
    case ADIT_ROUTING_BLACKHOLE:
        return found->number == EINVAL;
    case ADIT_ROUTING_PROHIBITED:
        return found->number == EACCES;
    case ADIT_ROUTING_UNREACHABLE:
        return found->number == (decision->route ? EHOSTUNREACH : ENETUNREACH);
    case ADIT_ROUTING_NONE:
        return found->number == ENETUNREACH;
    case ADIT_ROUTING_FOUND:
        break;
    }
    return found->number == 0 && decision->route->table == found->table &&
           adit_prefix_equal (&decision->route->prefix, &found->prefix) &&
           decision->route->metric == found->metric && decision->route->index == found->index &&
           (decision->route->kind == ADIT_ROUTE_LOCAL) == (found->type == RTN_LOCAL);
}

static void
complain (guint world, const AditFlow *flow, const AditDecision *d, const Found *found)
{
    g_autofree char *to    = adit_address_format (flow->family, flow->destination);
    g_autofree char *from  = adit_address_format (flow->family, flow->source);
    g_autofree char *route = adit_prefix_format (d->route ? &d->route->prefix : &found->prefix);
    g_autofree char *real  = adit_prefix_format (&found->prefix);
    g_autofree char *rule  = d->rule ? adit_rule_format (d->rule) : g_strdup ("none");

    g_test_message ("world %u: to %s from %s mark %u uid %u tos %u proto %u ports %u %u", world, to,
                    from, flow->mark, flow->uid, flow->tos, flow->protocol, flow->from_port,
                    flow->to_port);
    g_test_message ("model: routing %d, %s table %u metric %u device %u, rule %u: %s", d->routing,
                    route, d->route ? d->route->table : 0, d->route ? d->route->metric : 0,
                    d->route ? d->route->index : 0, d->rule ? d->rule->preference : 0, rule);
    g_test_message ("kernel: %s, type %u %s table %u metric %u device %u",
                    g_strerror (found->number), found->type, real, found->table, found->metric,
                    found->index);
}

static guint
group_of (gpointer user G_GNUC_UNUSED, guint index)
{
    return index == devices[2] ? GROUP : 0;
}

typedef struct {
    guint cases, wrong, routed, local, refused, none, passed;
} Tally;

static void
count (Tally *tally, const AditDecision *d)
{
    tally->cases++;
    tally->passed += d->passed->len > 0;
    if (d->routing == ADIT_ROUTING_NONE)
        tally->none++;
    else if (d->routing != ADIT_ROUTING_FOUND)
        tally->refused++;
    else if (d->route->kind == ADIT_ROUTE_LOCAL)
        tally->local++;
    else
        tally->routed++;
}

typedef struct {
    AditFlow     flow;
    AditDecision decision;
    Found        found;
} Case;

static void
judge (guint world, const Case *c, Tally *tally)
{
    count (tally, &c->decision);
    if (!c->decision.is_open && agree (&c->decision, &c->found))
        return;
    tally->wrong++;
    complain (world, &c->flow, &c->decision, &c->found);
}

static gboolean
is_same (const GArray *a, const GArray *b)
{
    return a->len == b->len && memcmp (a->data, b->data, a->len * sizeof (AditRouteRow)) == 0;
}

/* FALSE: the kernel changed routes meanwhile, as it does when a device's carrier comes late. */
static gboolean
compare_once (guint world, guint family, Case *cases, Tally *tally)
{
    g_autoptr (GArray) rules  = adit_rule_dump (family, NULL);
    g_autoptr (GArray) routes = adit_route_dump (family, NULL);
    g_autoptr (GArray) after  = NULL;
    gboolean is_quiet;

    g_assert_true (rules && routes);
    for (guint i = 0; i < PACKETS; i++) {
        adit_decide (rules, routes, &cases[i].flow, group_of, NULL, &cases[i].decision);
        ask_kernel (&cases[i].flow, &cases[i].found);
    }
    after    = adit_route_dump (family, NULL);
    is_quiet = is_same (routes, after);
    for (guint i = 0; i < PACKETS; i++) {
        if (is_quiet)
            judge (world, &cases[i], tally);
        adit_decision_clear (&cases[i].decision);
    }
    return is_quiet;
}

static void
compare (GRand *rand, guint world, guint family, Tally *tally)
{
    g_autofree Case *cases = g_new0 (Case, PACKETS);

    for (guint i = 0; i < PACKETS; i++)
        draw_flow (rand, family, &cases[i].flow);
    while (!compare_once (world, family, cases, tally))
        ;
}

static void
test_kernel (void)
{
    g_autoptr (GRand) rand = g_rand_new_with_seed ((guint32) g_test_rand_int ());
    Tally tally            = { 0 };

    if (!has_namespace) {
        g_test_skip ("needs CAP_SYS_ADMIN and CAP_NET_ADMIN for network namespaces");
        return;
    }
    for (guint world = 0; world < WORLDS; world++) {
        g_assert_true (make_world (rand));
        compare (rand, world, 4, &tally);
        compare (rand, world, 6, &tally);
    }
    g_test_message ("%u cases: %u by a device, %u to this host, %u refused, %u without a route; "
                    "%u passed a rule that did not decide",
                    tally.cases, tally.routed, tally.local, tally.refused, tally.none,
                    tally.passed);
    g_assert_cmpuint (tally.cases, ==, 10000);
    g_assert_cmpuint (tally.wrong, ==, 0);
    /* No kind is rare, or the worlds would prove nothing. */
    g_assert_cmpuint (MIN (tally.routed, tally.refused), >, 1000);
    g_assert_cmpuint (tally.local, >, 200);
    g_assert_cmpuint (tally.none, >, 50);
    g_assert_cmpuint (tally.passed, >, 1500);
}

/* ---- without a kernel ---- */

static AditRouteRow
route (const char *prefix, guint32 table, guint index)
{
    AditRouteRow row = { .table = table, .index = index };

    g_assert_true (adit_prefix_parse (prefix, &row.prefix));
    if (index == 0)
        row.kind = ADIT_ROUTE_THROW;
    return row;
}

static AditRuleRow
rule (guint32 preference, guint32 table)
{
    return (AditRuleRow){ .family          = 4,
                          .preference      = preference,
                          .table           = table,
                          .uid_last        = G_MAXUINT32,
                          .suppress_length = -1,
                          .suppress_group  = -1 };
}

static AditFlow
flow_to (const char *address)
{
    AditPrefix to;
    AditFlow   flow = { .family = 4 };

    g_assert_true (adit_prefix_parse (address, &to));
    memcpy (flow.destination, to.address, 16);
    return flow;
}

/* A tunnel's table before main, an exception in it, and its own packets past it. */
static void
test_tunnel (void)
{
    AditRuleRow  rows[]       = { rule (10100, 500), rule (32766, RT_TABLE_MAIN) };
    AditRouteRow ways[]       = { route ("0.0.0.0/0", 500, 7), route ("10.9.0.0/16", 500, 0),
                                  route ("0.0.0.0/0", RT_TABLE_MAIN, 3),
                                  route ("0.0.0.0/0", RT_TABLE_MAIN, 2) };
    g_autoptr (GArray) rules  = g_array_new (FALSE, FALSE, sizeof (AditRuleRow));
    g_autoptr (GArray) routes = g_array_new (FALSE, FALSE, sizeof (AditRouteRow));
    static const struct {
        const char *to;
        guint32     mark;
        guint       index, passed;
    } cases[] = { { "192.0.2.1", 0, 7, 0 }, { "192.0.2.1", 77, 2, 0 }, { "10.9.1.1", 0, 2, 1 } };

    ways[2].metric      = 9; /* and so worse than the next */
    rows[0].is_inverted = TRUE;
    rows[0].mark        = 77;
    rows[0].mask        = G_MAXUINT32;
    g_array_append_vals (rules, rows, G_N_ELEMENTS (rows));
    g_array_append_vals (routes, ways, G_N_ELEMENTS (ways));
    for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
        AditFlow     flow = flow_to (cases[i].to);
        AditDecision decision;

        flow.mark = cases[i].mark;
        adit_decide (rules, routes, &flow, NULL, NULL, &decision);
        g_assert_cmpint (decision.routing, ==, ADIT_ROUTING_FOUND);
        g_assert_cmpuint (decision.route->index, ==, cases[i].index);
        g_assert_cmpuint (decision.passed->len, ==, cases[i].passed);
        g_assert_false (decision.is_open);
        adit_decision_clear (&decision);
    }
}

static void
test_open (void)
{
    AditRuleRow  row          = rule (100, 500);
    AditRouteRow way          = route ("0.0.0.0/0", 500, 7);
    AditFlow     flow         = flow_to ("192.0.2.1");
    g_autoptr (GArray) rules  = g_array_new (FALSE, FALSE, sizeof (AditRuleRow));
    g_autoptr (GArray) routes = g_array_new (FALSE, FALSE, sizeof (AditRouteRow));
    AditDecision decision;

    way.paths = 2;
    g_array_append_val (rules, row);
    g_array_append_val (routes, way);
    adit_decide (rules, routes, &flow, NULL, NULL, &decision);
    g_assert_true (decision.is_open);
    adit_decision_clear (&decision);
    g_array_index (routes, AditRouteRow, 0).paths  = 0;
    g_array_index (rules, AditRuleRow, 0).has_more = TRUE;
    adit_decide (rules, routes, &flow, NULL, NULL, &decision);
    g_assert_true (decision.is_open);
    adit_decision_clear (&decision);
    g_array_set_size (rules, 0);
    adit_decide (rules, routes, &flow, NULL, NULL, &decision);
    g_assert_cmpint (decision.routing, ==, ADIT_ROUTING_NONE);
    adit_decision_clear (&decision);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    has_namespace = geteuid () == 0 && unshare (CLONE_NEWNET) == 0;
    g_test_add_func ("/decide/a-tunnel-before-main-with-an-exception", test_tunnel);
    g_test_add_func ("/decide/what-the-model-leaves-out-is-told", test_open);
    g_test_add_func ("/decide/the-kernel-says-the-same-of-10000-packets", test_kernel);
    return g_test_run ();
}
