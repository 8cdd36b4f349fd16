/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* explain-filter.c - what our packet filter does with a packet, read from the table as the kernel
 * has it now (libnftables-json(5)).  A match that cannot be judged from here is a perhaps, and a
 * verdict that hangs on one is open. */
#include "client/core/explain-parts.h"
#include "client/core/json.h"
#include <netinet/in.h>
#include <string.h>

enum { DEPTH_MAX = 8, CHAINS_MAX = 256 };

typedef enum { NO, YES, PERHAPS } Truth;
typedef enum { NEXT, LEAVE, ACCEPT, DROP } Step; /* LEAVE: back to the chain that jumped here */

typedef struct {
    const AditFilterPacket *packet;
    JsonArray              *table;
    guint32                 mark, connection_mark;
    gboolean                may_accept, may_drop; /* rules that perhaps match would */
} Run;

/* ---- reading the list ---- */

static JsonArray *
entries (JsonNode *table)
{
    JsonObject *top = table && JSON_NODE_HOLDS_OBJECT (table) ? json_node_get_object (table) : NULL;
    JsonNode   *list = top ? json_object_get_member (top, "nftables") : NULL;

    return list && JSON_NODE_HOLDS_ARRAY (list) ? json_node_get_array (list) : NULL;
}

/* The object inside {"rule": {…}} and the like, when it is of that kind. */
static JsonObject *
entry (JsonArray *list, guint i, const char *kind)
{
    JsonNode *node  = json_array_get_element (list, i);
    JsonNode *inner = JSON_NODE_HOLDS_OBJECT (node)
                          ? json_object_get_member (json_node_get_object (node), kind)
                          : NULL;

    return inner && JSON_NODE_HOLDS_OBJECT (inner) ? json_node_get_object (inner) : NULL;
}

static const char *
member_text (JsonObject *object, const char *member)
{
    return object ? adit_json_text (json_object_get_member (object, member)) : NULL;
}

static const char *
inner_text (JsonNode *node, const char *member, const char *inner)
{
    return adit_json_text (adit_json_member (adit_json_member (node, member), inner));
}

static gboolean
number_of (JsonNode *node, guint64 *out)
{
    gint64 number;

    if (!adit_json_number (node, &number))
        return FALSE;
    *out = (guint64) number;
    return TRUE;
}

/* ---- one value against what a rule wants ---- */

typedef enum { NOTHING, NUMBER, TEXT, ADDRESS, PATH } ValueKind;

typedef struct {
    ValueKind     kind;
    guint64       number;
    const char   *text;
    guint         family;
    const guint8 *address;
} Value;

static Truth
truth (gboolean is_so)
{
    return is_so ? YES : NO;
}

static Truth
fits_text (const Value *value, const char *wanted)
{
    gsize      len = strlen (wanted);
    AditPrefix prefix;

    switch (value->kind) {
    case TEXT:
        if (len && wanted[len - 1] == '*')
            return truth (strncmp (value->text, wanted, len - 1) == 0);
        return truth (strcmp (value->text, wanted) == 0);
    case ADDRESS:
        return adit_prefix_parse (wanted, &prefix)
                   ? truth (adit_prefix_contains (&prefix, value->family, value->address))
                   : PERHAPS;
    case PATH: /* a control group counts for all beneath it */
        wanted += *wanted == '/';
        len = strlen (wanted);
        return truth (strncmp (value->text, wanted, len) == 0 &&
                      (len == 0 || value->text[len] == '\0' || value->text[len] == '/'));
    case NUMBER:
    case NOTHING:
        break;
    }
    return PERHAPS;
}

static Truth
fits_prefix (const Value *value, JsonNode *wanted)
{
    const char *address = adit_json_text (adit_json_member (wanted, "addr"));
    AditPrefix  prefix;
    guint64     length;

    if (address == NULL || !number_of (adit_json_member (wanted, "len"), &length) ||
        value->kind != ADDRESS || !adit_prefix_parse (address, &prefix))
        return PERHAPS;
    prefix.length = (guint8) length;
    return truth (adit_prefix_contains (&prefix, value->family, value->address));
}

static Truth
fits_range (const Value *value, JsonArray *range)
{
    JsonNode  *ends[2];
    guint64    numbers[2];
    AditPrefix first, last;
    gsize      len = value->family == 4 ? 4 : 16;

    if (json_array_get_length (range) != 2)
        return PERHAPS;
    for (guint i = 0; i < 2; i++)
        ends[i] = json_array_get_element (range, i);
    if (value->kind == NUMBER && number_of (ends[0], &numbers[0]) &&
        number_of (ends[1], &numbers[1]))
        return truth (value->number >= numbers[0] && value->number <= numbers[1]);
    if (value->kind != ADDRESS || !adit_json_text (ends[0]) || !adit_json_text (ends[1]) ||
        !adit_prefix_parse (adit_json_text (ends[0]), &first) ||
        !adit_prefix_parse (adit_json_text (ends[1]), &last))
        return PERHAPS;
    return truth (first.family == value->family &&
                  memcmp (value->address, first.address, len) >= 0 &&
                  memcmp (value->address, last.address, len) <= 0);
}

static Truth fits (const Run *run, const Value *value, JsonNode *wanted, guint depth);

static Truth
fits_any (const Run *run, const Value *value, JsonArray *list, guint depth)
{
    Truth all = NO;

    for (guint i = 0; list && i < json_array_get_length (list) && all != YES; i++) {
        Truth one = fits (run, value, json_array_get_element (list, i), depth + 1);

        all = one == NO ? all : one;
    }
    return all;
}

/* "@names-office" */
static Truth
fits_named (const Run *run, const Value *value, const char *name, guint depth)
{
    for (guint i = 0; i < json_array_get_length (run->table); i++) {
        JsonObject *set   = entry (run->table, i, "set");
        JsonNode   *elems = set ? json_object_get_member (set, "elem") : NULL;

        if (set && g_strcmp0 (member_text (set, "name"), name) == 0)
            return elems && JSON_NODE_HOLDS_ARRAY (elems)
                       ? fits_any (run, value, json_node_get_array (elems), depth)
                       : NO;
    }
    return PERHAPS;
}

static Truth
fits (const Run *run, const Value *value, JsonNode *wanted, guint depth)
{
    const char *text = adit_json_text (wanted);
    JsonArray  *list;
    guint64     number;

    if (value->kind == NOTHING || depth > DEPTH_MAX)
        return PERHAPS;
    if (text)
        return text[0] == '@' ? fits_named (run, value, text + 1, depth) : fits_text (value, text);
    if (number_of (wanted, &number))
        return value->kind == NUMBER ? truth (value->number == number) : PERHAPS;
    if (JSON_NODE_HOLDS_ARRAY (wanted))
        return fits_any (run, value, json_node_get_array (wanted), depth);
    if ((list = adit_json_array (adit_json_member (wanted, "set"))))
        return fits_any (run, value, list, depth);
    if (adit_json_member (wanted, "elem")) /* with a time-out or counter of its own */
        return fits (run, value, adit_json_member (adit_json_member (wanted, "elem"), "val"),
                     depth + 1);
    if (adit_json_member (wanted, "prefix"))
        return fits_prefix (value, adit_json_member (wanted, "prefix"));
    if ((list = adit_json_array (adit_json_member (wanted, "range"))))
        return fits_range (value, list);
    return PERHAPS;
}

/* ---- what a rule looks at ---- */

static const char *
protocol_name (guint8 protocol)
{
    return protocol == IPPROTO_TCP ? "tcp" : protocol == IPPROTO_UDP ? "udp" : "";
}

static Value
number (guint64 n)
{
    return (Value){ .kind = NUMBER, .number = n };
}

static Value
text (const char *word)
{
    return (Value){ .kind = word ? TEXT : NOTHING, .text = word };
}

static Value
meta_value (const Run *run, const char *key)
{
    const AditFlow *flow = &run->packet->flow;

    if (g_strcmp0 (key, "oifname") == 0 || g_strcmp0 (key, "oif") == 0)
        return text (run->packet->device);
    if (g_strcmp0 (key, "nfproto") == 0)
        return text (flow->family == 4 ? "ipv4" : "ipv6");
    if (g_strcmp0 (key, "l4proto") == 0)
        return text (protocol_name (flow->protocol));
    if (g_strcmp0 (key, "mark") == 0)
        return number (run->mark);
    if (g_strcmp0 (key, "skuid") == 0)
        return number (flow->uid);
    return (Value){ .kind = NOTHING };
}

/* The packet is the first of its connection. */
static Value
connection_value (const Run *run, const char *key)
{
    if (g_strcmp0 (key, "mark") == 0)
        return number (run->connection_mark);
    if (g_strcmp0 (key, "direction") == 0)
        return text ("original");
    if (g_strcmp0 (key, "state") == 0)
        return text ("new");
    return (Value){ .kind = NOTHING };
}

/* A field of a protocol that the packet is not of: *is_other. */
static Value
payload_value (const Run *run, JsonNode *payload, gboolean *is_other)
{
    const AditFlow *flow     = &run->packet->flow;
    const char     *protocol = adit_json_text (adit_json_member (payload, "protocol"));
    const char     *field    = adit_json_text (adit_json_member (payload, "field"));
    const char     *network  = flow->family == 4 ? "ip" : "ip6";
    gboolean        is_port  = g_strcmp0 (protocol, "th") == 0 ||
                       g_strcmp0 (protocol, protocol_name (flow->protocol)) == 0;

    *is_other = !is_port && g_strcmp0 (protocol, network) != 0;
    if (*is_other || field == NULL)
        return (Value){ .kind = NOTHING };
    if (is_port && strcmp (field, "dport") == 0 && flow->to_port)
        return number (flow->to_port);
    if (!is_port && strcmp (field, "daddr") == 0)
        return (Value){ .kind = ADDRESS, .family = flow->family, .address = flow->destination };
    if (!is_port && strcmp (field, "saddr") == 0 && flow->has_source)
        return (Value){ .kind = ADDRESS, .family = flow->family, .address = flow->source };
    return (Value){ .kind = NOTHING };
}

static Value
left_value (const Run *run, JsonNode *left, gboolean *is_other)
{
    JsonArray  *masked = adit_json_array (adit_json_member (left, "&"));
    const char *cgroup = run->packet->cgroup;
    guint64     mask;
    Value       value;

    *is_other = FALSE;
    if (adit_json_member (left, "meta"))
        return meta_value (run, inner_text (left, "meta", "key"));
    if (adit_json_member (left, "ct"))
        return connection_value (run, inner_text (left, "ct", "key"));
    if (adit_json_member (left, "payload"))
        return payload_value (run, adit_json_member (left, "payload"), is_other);
    if (g_strcmp0 (inner_text (left, "socket", "key"), "cgroupv2") == 0 && cgroup)
        return (Value){ .kind = PATH, .text = cgroup + (cgroup[0] == '/') };
    if (masked == NULL || json_array_get_length (masked) != 2 ||
        !number_of (json_array_get_element (masked, 1), &mask))
        return (Value){ .kind = NOTHING };
    value = left_value (run, json_array_get_element (masked, 0), is_other);
    value.number &= mask;
    return value;
}

static Truth
match (const Run *run, JsonNode *wish)
{
    const char *op = adit_json_text (adit_json_member (wish, "op"));
    gboolean    is_other;
    Value       value = left_value (run, adit_json_member (wish, "left"), &is_other);
    JsonNode   *right = adit_json_member (wish, "right");
    Truth       fit;

    if (is_other)
        return NO;
    if (right == NULL || op == NULL)
        return PERHAPS;
    fit = fits (run, &value, right, 0);
    if (strcmp (op, "==") == 0 || strcmp (op, "in") == 0)
        return fit;
    if (strcmp (op, "!=") == 0)
        return fit == PERHAPS ? PERHAPS : truth (fit == NO);
    return PERHAPS;
}

/* ---- rules and chains ---- */

static Step run_chain (Run *run, const char *name, guint depth);

/* Of the packet or of its connection; a number, or bits that are added. */
static void
set_mark (Run *run, JsonNode *mangle)
{
    JsonNode   *key   = adit_json_member (mangle, "key");
    JsonNode   *value = adit_json_member (mangle, "value");
    JsonArray  *bits  = adit_json_array (adit_json_member (value, "|"));
    const char *ours  = inner_text (key, "meta", "key");
    const char *its   = inner_text (key, "ct", "key");
    guint32    *mark  = ours ? &run->mark : &run->connection_mark;
    guint64     n;

    if (g_strcmp0 (ours ? ours : its, "mark") != 0)
        return;
    if (number_of (value, &n))
        *mark = (guint32) n;
    else if (bits && json_array_get_length (bits) == 2 &&
             number_of (json_array_get_element (bits, 1), &n))
        *mark |= (guint32) n;
}

static gboolean
has (JsonObject *statement, const char *word)
{
    return json_object_has_member (statement, word);
}

static Step
act (Run *run, JsonNode *node, gboolean is_sure, guint depth)
{
    JsonObject *statement = json_node_get_object (node);

    if (has (statement, "accept"))
        return ACCEPT;
    if (has (statement, "drop") || has (statement, "reject"))
        return DROP;
    if (has (statement, "return"))
        return LEAVE;
    if (has (statement, "mangle") && is_sure)
        set_mark (run, adit_json_member (node, "mangle"));
    if (has (statement, "jump"))
        return run_chain (run, inner_text (node, "jump", "target"), depth + 1);
    if (has (statement, "goto")) {
        Step step = run_chain (run, inner_text (node, "goto", "target"), depth + 1);

        return step == NEXT ? LEAVE : step;
    }
    return NEXT;
}

static Step
run_rule (Run *run, JsonArray *statements, guint depth)
{
    Truth all = YES;

    for (guint i = 0; i < json_array_get_length (statements); i++) {
        JsonNode *node = json_array_get_element (statements, i);
        Step      step = NEXT;

        if (!JSON_NODE_HOLDS_OBJECT (node))
            continue;
        if (adit_json_member (node, "match")) {
            Truth one = match (run, adit_json_member (node, "match"));

            if (one == NO)
                return NEXT;
            all = one == PERHAPS ? PERHAPS : all;
            continue;
        }
        step = act (run, node, all == YES, depth);
        if (step == NEXT)
            continue;
        if (all == YES)
            return step;
        run->may_accept |= step != DROP;
        run->may_drop |= step == DROP;
        return NEXT;
    }
    return NEXT;
}

static Step
run_chain (Run *run, const char *name, guint depth)
{
    if (name == NULL || depth > DEPTH_MAX)
        return NEXT;
    for (guint i = 0; i < json_array_get_length (run->table); i++) {
        JsonObject *rule = entry (run->table, i, "rule");
        JsonNode   *list = rule ? json_object_get_member (rule, "expr") : NULL;
        Step        step;

        if (list == NULL || !JSON_NODE_HOLDS_ARRAY (list) ||
            g_strcmp0 (member_text (rule, "chain"), name) != 0)
            continue;
        step = run_rule (run, json_node_get_array (list), depth);
        if (step == LEAVE)
            return NEXT;
        if (step != NEXT)
            return step;
    }
    return NEXT;
}

/* ---- base chains in their order ---- */

static gint
by_priority (gconstpointer a, gconstpointer b)
{
    gint64 one = json_object_get_int_member_with_default (*(JsonObject *const *) a, "prio", 0);
    gint64 two = json_object_get_int_member_with_default (*(JsonObject *const *) b, "prio", 0);

    return one < two ? -1 : one > two;
}

static GPtrArray *
base_chains (JsonArray *table, const char *type, const char *hook)
{
    GPtrArray *chains = g_ptr_array_new ();

    for (guint i = 0; i < json_array_get_length (table) && chains->len < CHAINS_MAX; i++) {
        JsonObject *chain = entry (table, i, "chain");

        if (chain && g_strcmp0 (member_text (chain, "type"), type) == 0 &&
            g_strcmp0 (member_text (chain, "hook"), hook) == 0)
            g_ptr_array_add (chains, chain);
    }
    g_ptr_array_sort (chains, by_priority);
    return chains;
}

/* Marks go along from chain to chain. */
AditFilterVerdict
adit_filter_judge (JsonNode *table, const char *hook, const AditFilterPacket *packet,
                   const char **chain)
{
    JsonArray *list              = entries (table);
    g_autoptr (GPtrArray) chains = list ? base_chains (list, "filter", hook) : NULL;
    Run         run              = { .packet = packet, .table = list, .mark = packet->flow.mark };
    const char *open             = NULL;

    *chain = NULL;
    for (guint i = 0; chains && i < chains->len; i++) {
        const char *name = member_text (chains->pdata[i], "name");
        Step        step;

        run.may_accept = run.may_drop = FALSE;
        step                          = run_chain (&run, name, 0);
        *chain                        = name;
        if (step == DROP && !run.may_accept)
            return ADIT_FILTER_STOPS;
        if ((step == DROP || run.may_drop) && open == NULL)
            open = name;
    }
    *chain = open;
    return open ? ADIT_FILTER_OPEN : ADIT_FILTER_PASSES;
}

guint32
adit_filter_mark (JsonNode *table, const AditFilterPacket *packet)
{
    JsonArray *list              = entries (table);
    g_autoptr (GPtrArray) chains = list ? base_chains (list, "route", "output") : NULL;
    Run run                      = { .packet = packet, .table = list, .mark = packet->flow.mark };

    for (guint i = 0; chains && i < chains->len; i++)
        run_chain (&run, member_text (chains->pdata[i], "name"), 0);
    return run.mark;
}
