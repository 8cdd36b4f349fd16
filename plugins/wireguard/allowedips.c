/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* allowedips.c - a binary trie with path compression, one for each family, in one array of nodes.
 * A node is a prefix; its children are longer prefixes within it, told apart by the bit after its
 * own.  Nodes without a peer are forks.  Depth, and so the cost of a look-up, is at most 33 or 129.
 */
#include "plugins/wireguard/allowedips.h"
#include "client/base/bytes.h"

/* Addresses count from the top bit; an IPv4 address fills the upper half of `hi`. */
typedef struct {
    guint64 hi, lo;
} Bits;

typedef struct {
    Bits    bits;
    guint32 child[2]; /* places in the array; 0: none, for 0 is never a child */
    guint32 peer;
    guint8  length;
} Node;

struct WireguardAllowedips {
    GArray *nodes;
    guint32 root[2]; /* IPv4, IPv6 */
};

static Bits
load (guint family, const guint8 *address)
{
    AditReader r = adit_reader (address, family == 4 ? 4 : 16);
    Bits       b = { 0, 0 };

    if (family == 4) {
        b.hi = (guint64) adit_get_u32 (&r) << 32;
    } else {
        b.hi = adit_get_u64 (&r);
        b.lo = adit_get_u64 (&r);
    }
    return b;
}

static guint
bit (Bits b, guint n)
{
    return n < 64 ? b.hi >> (63 - n) & 1 : n < 128 ? b.lo >> (127 - n) & 1 : 0;
}

static Bits
cut (Bits b, guint length)
{
    if (length < 64)
        b.hi = length ? b.hi & G_MAXUINT64 << (64 - length) : 0;
    if (length < 128)
        b.lo = length > 64 ? b.lo & G_MAXUINT64 << (128 - length) : 0;
    return b;
}

/* How many leading bits are the same, at most `most`. */
static guint
common (Bits a, Bits b, guint most)
{
    guint64 hi = a.hi ^ b.hi, lo = a.lo ^ b.lo;
    guint   n = hi ? (guint) __builtin_clzll (hi) : lo ? 64 + (guint) __builtin_clzll (lo) : 128;

    return MIN (n, most);
}

static inline gboolean
holds (const Node *node, Bits b)
{
    guint length = node->length;

    if (length <= 64)
        return !length || !((node->bits.hi ^ b.hi) >> (64 - length));
    return node->bits.hi == b.hi && !((node->bits.lo ^ b.lo) >> (128 - length));
}

static Node *
at (const WireguardAllowedips *a, guint32 place)
{
    return &g_array_index (a->nodes, Node, place);
}

static guint32
add (WireguardAllowedips *a, Bits bits, guint length, guint32 peer)
{
    Node node = { cut (bits, length), { 0, 0 }, peer, (guint8) length };

    g_array_append_val (a->nodes, node);
    return a->nodes->len - 1;
}

WireguardAllowedips *
wireguard_allowedips_new (void)
{
    WireguardAllowedips *a = g_new0 (WireguardAllowedips, 1);

    a->nodes   = g_array_new (FALSE, FALSE, sizeof (Node));
    a->root[0] = add (a, (Bits){ 0, 0 }, 0, WIREGUARD_NO_PEER);
    a->root[1] = add (a, (Bits){ 0, 0 }, 0, WIREGUARD_NO_PEER);
    return a;
}

void
wireguard_allowedips_free (WireguardAllowedips *a)
{
    if (!a)
        return;
    g_array_unref (a->nodes);
    g_free (a);
}

void
wireguard_allowedips_insert (WireguardAllowedips *a, const AditPrefix *prefix, guint32 peer)
{
    guint   length = MIN (prefix->length, prefix->family == 4 ? 32 : 128);
    Bits    bits   = cut (load (prefix->family, prefix->address), length);
    guint32 parent = a->root[prefix->family != 4], fork;

    for (;;) {
        Node   *up    = at (a, parent);
        guint32 child = up->child[bit (bits, up->length)];
        guint   same;

        if (up->length == length) {
            up->peer = peer;
            return;
        }
        if (!child) {
            child                                                     = add (a, bits, length, peer);
            at (a, parent)->child[bit (bits, at (a, parent)->length)] = child;
            return;
        }
        same = common (bits, at (a, child)->bits, MIN (length, at (a, child)->length));
        if (same < at (a, child)->length) {
            fork = add (a, bits, same, WIREGUARD_NO_PEER);
            at (a, fork)->child[bit (at (a, child)->bits, same)]      = child;
            at (a, parent)->child[bit (bits, at (a, parent)->length)] = fork;
            child                                                     = fork;
        }
        parent = child;
    }
}

guint32
wireguard_allowedips_lookup (const WireguardAllowedips *a, guint family, const guint8 *address)
{
    const Node *nodes = (const Node *) (gconstpointer) a->nodes->data;
    const Node *node  = &nodes[a->root[family != 4]];
    Bits        bits  = load (family, address);
    guint32     peer  = WIREGUARD_NO_PEER;

    while (holds (node, bits)) {
        guint32 child = node->length < 128 ? node->child[bit (bits, node->length)] : 0;

        if (node->peer != WIREGUARD_NO_PEER)
            peer = node->peer;
        if (!child)
            break;
        node = &nodes[child];
    }
    return peer;
}

/* Where an IPv4 header has its source and destination, and an IPv6 header: RFC 791, RFC 8200. */
static guint32
lookup_at (const WireguardAllowedips *a, const guint8 *packet, gsize len, gsize v4, gsize v6)
{
    if (len >= 20 && packet[0] >> 4 == 4)
        return wireguard_allowedips_lookup (a, 4, packet + v4);
    if (len >= 40 && packet[0] >> 4 == 6)
        return wireguard_allowedips_lookup (a, 6, packet + v6);
    return WIREGUARD_NO_PEER;
}

guint32
wireguard_allowedips_lookup_dst (const WireguardAllowedips *a, const guint8 *packet, gsize len)
{
    return lookup_at (a, packet, len, 16, 24);
}

guint32
wireguard_allowedips_lookup_src (const WireguardAllowedips *a, const guint8 *packet, gsize len)
{
    return lookup_at (a, packet, len, 12, 8);
}
