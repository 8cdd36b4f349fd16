/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* guard.c - a guard as text.  Chains are the tunnel's own base chains: `drop` in one is final,
 * while `accept` only ends that one, so that each tunnel's guard judges every packet. */
#include "client/net/guard.h"
#include "client/net/nft.h"
#include <string.h>

/* After what marks and rewrites packets at the usual places. */
#define PRIORITY "10"
#define STOP "counter reject with icmpx admin-prohibited"
#define DNS "meta l4proto { tcp, udp } th dport { 53, 853 }"

static void
put_destinations (GString *text, const char *kind, const AditGuardSpec *spec,
                  const GArray *prefixes, const char *verdict)
{
    for (guint family = 4; family <= 6; family += 2) {
        g_autofree char *set = adit_nft_prefixes (prefixes, family);

        if (set)
            adit_nft_put_rule (text, kind, spec->name, "%s daddr %s %s", adit_nft_word (family),
                               set, verdict);
    }
}

/* ---- in: nobody outside speaks to the tunnel's addresses ---- */

static void
put_in (GString *text, const AditGuardSpec *spec)
{
    adit_nft_put_chain (text, "in", spec->name,
                        "{ type filter hook prerouting priority raw; policy accept; }");
    for (guint family = 4; family <= 6; family += 2) {
        g_autofree char *set = adit_nft_hosts (spec->addresses, family);

        if (set)
            adit_nft_put_rule (
                text, "in", spec->name,
                "iifname != { \"%s\", \"lo\" } %s daddr %s fib saddr type != local counter "
                "drop",
                spec->device, adit_nft_word (family), set);
    }
}

/* ---- known: what is the tunnel's own ---- */

static void
put_gateway (GString *text, const AditGuardSpec *spec, const AditGuardGateway *gateway)
{
    g_autofree char *address =
        adit_address_format (gateway->endpoint.family, gateway->endpoint.address);

    g_string_append (text, "add rule " ADIT_NFT_TABLE " " ADIT_GUARD_KNOWN);
    if (spec->mark)
        g_string_append_printf (text, " meta mark 0x%x", spec->mark);
    g_string_append_printf (text, " %s daddr %s", adit_nft_word (gateway->endpoint.family),
                            address);
    if (gateway->protocol)
        g_string_append_printf (text, " meta l4proto %u", gateway->protocol);
    if (gateway->protocol && gateway->endpoint.port)
        g_string_append_printf (text, " th dport %u", gateway->endpoint.port);
    g_string_append_printf (text, " accept comment \"%s\"\n", spec->name);
}

static void
put_known (GString *text, const AditGuardSpec *spec)
{
    g_string_append (text, "add chain " ADIT_NFT_TABLE " " ADIT_GUARD_KNOWN "\n");
    g_string_append_printf (text,
                            "add rule " ADIT_NFT_TABLE " " ADIT_GUARD_KNOWN
                            " oifname \"%s\" accept comment \"%s\"\n",
                            spec->device, spec->name);
    for (guint i = 0; spec->gateways && i < spec->gateways->len; i++)
        put_gateway (text, spec, &g_array_index (spec->gateways, AditGuardGateway, i));
}

/* ---- out and forward: what may leave ---- */

static gboolean
is_full (const AditGuardSpec *spec)
{
    return spec->closed4 || spec->closed6;
}

/* Other resolvers are not asked through the tunnel either: they may be somebody's on the way. */
static void
put_tunnel (GString *text, const char *kind, const AditGuardSpec *spec)
{
    if (spec->pinned && spec->resolvers && spec->resolvers->len) {
        for (guint family = 4; family <= 6; family += 2) {
            g_autofree char *set = adit_nft_hosts (spec->resolvers, family);

            if (set)
                adit_nft_put_rule (text, kind, spec->name,
                                   "oifname \"%s\" " DNS " %s daddr %s accept", spec->device,
                                   adit_nft_word (family), set);
        }
        adit_nft_put_rule (text, kind, spec->name, "oifname \"%s\" " DNS " " STOP, spec->device);
    }
    adit_nft_put_rule (text, kind, spec->name, "oifname \"%s\" accept", spec->device);
    adit_nft_put_rule (text, kind, spec->name, "jump " ADIT_GUARD_KNOWN);
}

static void
put_learned (GString *text, const char *kind, const AditGuardSpec *spec)
{
    for (guint family = 4; family <= 6; family += 2) {
        g_string_append_printf (text, "add set " ADIT_NFT_TABLE " past%u-%s { type ipv%u_addr; }\n",
                                family, spec->name, family);
        adit_nft_put_rule (text, kind, spec->name, "%s daddr @past%u-%s accept",
                           adit_nft_word (family), family, spec->name);
    }
}

static void
put_rest (GString *text, const char *kind, const AditGuardSpec *spec)
{
    if (spec->pinned && is_full (spec))
        adit_nft_put_rule (text, kind, spec->name, DNS " " STOP);
    put_destinations (text, kind, spec, spec->past, "accept");
    if (spec->learns)
        put_learned (text, kind, spec);
    put_destinations (text, kind, spec, spec->carried, STOP);
    if (spec->closed4)
        adit_nft_put_rule (text, kind, spec->name, "meta nfproto ipv4 " STOP);
    if (spec->closed6)
        adit_nft_put_rule (text, kind, spec->name, "meta nfproto ipv6 " STOP);
}

/* What a host needs to have a network at all: DHCP (RFC 2131 4.1, RFC 8415 7.2) and neighbours
 * (RFC 4861, whose packets have a hop limit of 255; RFC 3810 5: reports that switches wait for). */
static void
put_plumbing (GString *text, const AditGuardSpec *spec)
{
    static const char *const rules[] = {
        "meta nfproto ipv4 udp sport 68 udp dport 67 accept",
        "ip6 daddr { fe80::/10, ff02::1:2 } udp sport 546 udp dport 547 accept",
        "ip6 hoplimit 255 icmpv6 type { nd-router-solicit, nd-router-advert, nd-neighbor-solicit, "
        "nd-neighbor-advert } accept",
        "ip6 hoplimit 1 ip6 daddr ff02::16 icmpv6 type mld2-listener-report accept",
    };

    for (guint i = 0; i < G_N_ELEMENTS (rules); i++)
        adit_nft_put_rule (text, "out", spec->name, "%s", rules[i]);
}

static void
put_who (GString *text, const AditGuardSpec *spec, guint32 bit, const GArray *users,
         const char *verdict)
{
    if (bit)
        adit_nft_put_rule (text, "out", spec->name, "meta mark & 0x%x == 0x%x %s", bit, bit,
                           verdict);
    for (guint i = 0; users && i < users->len; i++) {
        const AditGuardUsers *range = &g_array_index (users, AditGuardUsers, i);

        adit_nft_put_rule (text, "out", spec->name, "meta skuid %u-%u %s", range->first,
                           range->last, verdict);
    }
}

static void
put_out (GString *text, const AditGuardSpec *spec)
{
    adit_nft_put_chain (text, "out", spec->name,
                        "{ type filter hook output priority " PRIORITY "; policy accept; }");
    adit_nft_put_rule (text, "out", spec->name, "oifname \"lo\" accept");
    put_tunnel (text, "out", spec);
    put_plumbing (text, spec);
    put_who (text, spec, spec->past_bit, spec->past_users, "accept");
    if (spec->seeks)
        adit_nft_put_rule (text, "out", spec->name, DNS " accept");
    put_rest (text, "out", spec);
    put_who (text, spec, spec->through_bit, spec->through_users, STOP); /* but what is excepted */
}

/* Packets of containers and guests.  What came out of the tunnel is theirs. */
static void
put_forward (GString *text, const AditGuardSpec *spec)
{
    adit_nft_put_chain (text, "forward", spec->name,
                        "{ type filter hook forward priority " PRIORITY "; policy accept; }");
    adit_nft_put_rule (text, "forward", spec->name, "iifname \"%s\" accept", spec->device);
    put_tunnel (text, "forward", spec);
    put_rest (text, "forward", spec);
}

static void
put_no_sets (GString *text, const char *name)
{
    for (guint family = 4; family <= 6; family += 2) {
        g_autofree char *what = g_strdup_printf ("set past%u-%s", family, name);

        adit_nft_put_delete (text, what,
                             family == 4 ? "{ type ipv4_addr; }" : "{ type ipv6_addr; }");
    }
}

static void
put_no_chain (GString *text, const char *kind, const char *name)
{
    g_autofree char *what = g_strdup_printf ("chain %s-%s", kind, name);

    adit_nft_put_delete (text, what, "");
}

char *
adit_guard_text (const AditGuardSpec *spec)
{
    GString *text = g_string_new (NULL);

    put_known (text, spec);
    put_in (text, spec);
    if (spec->blocks) {
        put_out (text, spec);
        put_forward (text, spec);
    } else {
        put_no_chain (text, "out", spec->name);
        put_no_chain (text, "forward", spec->name);
    }
    return g_string_free (text, FALSE);
}

/* ---- doing it ---- */

gboolean
adit_guard_apply (const char *lock, const char *name, const char *text, GError **error)
{
    return adit_nft_replace (lock, ADIT_GUARD_KNOWN, name, text, error);
}

gboolean
adit_guard_remove (const char *lock, const char *name, GError **error)
{
    g_autoptr (GString) text = g_string_new (NULL);

    put_no_chain (text, "in", name);
    put_no_chain (text, "out", name);
    put_no_chain (text, "forward", name);
    put_no_sets (text, name);
    return adit_nft_drop (lock, ADIT_GUARD_KNOWN, name, text->str, error);
}

/* Sums "counter packets N bytes M" of a chain's list. */
static gboolean
add_counts (const char *kind, const char *name, guint64 *packets, guint64 *bytes)
{
    g_autofree char *what = g_strdup_printf ("chain " ADIT_NFT_TABLE " %s-%s", kind, name);
    g_autofree char *list = adit_nft_list (what, FALSE, NULL);

    for (const char *at = list; at && (at = strstr (at, "counter packets ")); at++) {
        const char *second = strstr (at, " bytes ");

        *packets += g_ascii_strtoull (at + strlen ("counter packets "), NULL, 10);
        if (second)
            *bytes += g_ascii_strtoull (second + strlen (" bytes "), NULL, 10);
    }
    return list != NULL;
}

gboolean
adit_guard_counts (const char *name, guint64 *packets, guint64 *bytes)
{
    *packets = *bytes = 0;
    add_counts ("in", name, packets, bytes);
    add_counts ("forward", name, packets, bytes);
    return add_counts ("out", name, packets, bytes);
}
