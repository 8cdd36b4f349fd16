/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-plan-split.c - who goes through a tunnel, by a plan's rules and tables: many generated cases
 * against what the keys mean; what a server may not have carried; whose networks they are. */
#include "client/net/guard.h"
#include "tests/unit/client/core/plans.h"

/* ---- who goes where: a plan's rules and tables against what the keys mean ---- */

typedef enum { PAST, THROUGH, REFUSED } Way;

typedef struct {
    guint   family;
    guint8  address[16];
    guint32 mark, uid;
} Flow;

enum { SEAT = 3, USERS = 6 };

typedef struct {
    gboolean ipv6, has_seat;
    gboolean has_limits, all, none; /* default-route = yes, = no */
    gboolean four, six;             /* families of the tunnel's addresses */
    char   **offered, **limits;     /* prefixes */
    char   **include, **exclude;    /* the same */
    gboolean past_user[USERS], through_user[USERS];
    gboolean lan;
} Case;

/* The kernel's: the longest prefix of the table decides; no route, or a throw: the next rule. */
static gboolean
looked_up (const AditPlan *plan, guint32 table, const Flow *flow, Way *way)
{
    const AditStep *best = NULL;

    for (guint i = 0; i < plan->steps->len; i++) {
        const AditStep *step = plan->steps->pdata[i];

        if (step->kind == ADIT_STEP_ROUTE && step->table == table &&
            adit_prefix_contains (&step->prefix, flow->family, flow->address) &&
            (best == NULL || step->prefix.length > best->prefix.length))
            best = step;
    }
    if (best == NULL || (best->index == 0 && !best->is_refused))
        return FALSE;
    *way = best->index ? THROUGH : REFUSED;
    return TRUE;
}

static gboolean
matches (const AditStep *rule, const Flow *flow)
{
    guint32 mask = rule->mask ? rule->mask : G_MAXUINT32;

    if (rule->prefix.family != flow->family)
        return FALSE;
    if (rule->has_users && (flow->uid < rule->uid_first || flow->uid > rule->uid_last))
        return FALSE;
    return rule->mark == 0 || ((flow->mark & mask) == rule->mark) == rule->is_marked;
}

static int
by_preference (gconstpointer a, gconstpointer b)
{
    const AditStep *left = *(AditStep *const *) a, *right = *(AditStep *const *) b;

    return left->preference < right->preference ? -1 : left->preference > right->preference;
}

/* In the order in which the kernel tries them: those of one preference as they were added. */
static GPtrArray *
rules_of (const AditPlan *plan)
{
    GPtrArray *rules = g_ptr_array_new ();

    for (guint i = 0; i < plan->steps->len; i++)
        if (((AditStep *) plan->steps->pdata[i])->kind == ADIT_STEP_RULE)
            g_ptr_array_add (rules, plan->steps->pdata[i]);
    g_ptr_array_sort (rules, by_preference);
    return rules;
}

static Way
taken (const AditPlan *plan, const GPtrArray *rules, const Flow *flow)
{
    guint32 at = 0;
    Way     way;

    for (guint i = 0; i < rules->len; i++) {
        const AditStep *rule = rules->pdata[i];

        if (rule->preference < at || !matches (rule, flow))
            continue;
        if (rule->target)
            at = rule->target;
        else if (rule->table && looked_up (plan, rule->table, flow, &way))
            return way;
    }
    return PAST;
}

static gboolean
is_in (char **prefixes, const Flow *flow)
{
    return in_any (prefixes, flow->family, flow->address);
}

static gboolean
is_offered (const Case *c, const Flow *flow)
{
    if (c->has_limits && !is_in (c->limits, flow))
        return FALSE;
    for (guint i = 0; c->offered[i]; i++) {
        char      *one[] = { c->offered[i], NULL };
        AditPrefix prefix;

        g_assert_true (adit_prefix_parse (c->offered[i], &prefix));
        if (is_in (one, flow) && !(c->none && prefix.length < (prefix.family == 4 ? 8 : 7)))
            return TRUE;
    }
    return FALSE;
}

/* What docs/profile.md says, in its own order. */
static Way
meant (const Case *c, const Flow *flow)
{
    static char *special[] = { (char *) "127.0.0.0/8", (char *) "169.254.0.0/16",
                               (char *) "224.0.0.0/4", (char *) "255.255.255.255/32",
                               (char *) "::1/128",     (char *) "fe80::/10",
                               (char *) "ff00::/8",    NULL };
    static char *local[]   = { (char *) "192.168.1.0/24", NULL };
    gboolean     named = FALSE, selective = FALSE, carries;

    for (guint i = 0; i < USERS; i++)
        selective |= c->through_user[i] && !c->all;
    if (flow->mark == ADIT_PLAN_MARK || is_in (special, flow) || (flow->family == 6 && !c->ipv6))
        return PAST;
    if (c->has_seat && ((flow->mark & adit_plan_mark_past (SEAT)) || c->past_user[flow->uid]))
        return PAST;
    if (is_in (c->exclude, flow) || (c->lan && is_in (local, flow)))
        return PAST;
    named =
        c->has_seat && ((flow->mark & adit_plan_mark_through (SEAT)) || c->through_user[flow->uid]);
    if (named) {
        carries = !c->has_limits || is_in (c->limits, flow) || is_in (c->include, flow);
        return carries && (flow->family == 4 ? c->four : c->six) ? THROUGH : REFUSED;
    }
    return c->all || is_in (c->include, flow) || (!selective && is_offered (c, flow)) ? THROUGH
                                                                                      : PAST;
}

static void
put_users (GString *text, const char *key, const gboolean *users, GArray *ranges)
{
    for (guint i = 0; i < USERS; i++) {
        AditUidRange one = { i, i };

        if (!users[i])
            continue;
        if (ranges->len == 0)
            g_string_append_printf (text, "%s = %u", key, i);
        else
            g_string_append_printf (text, ", %u", i);
        g_array_append_val (ranges, one);
    }
    if (ranges->len)
        g_string_append_c (text, '\n');
}

static void
put_list (GString *text, const char *key, char **list)
{
    g_autofree char *joined = g_strjoinv (", ", list);

    if (list[0])
        g_string_append_printf (text, "%s = %s\n", key, joined);
}

static AditPlan *
plan_of (const Case *c)
{
    g_autoptr (GString) text    = g_string_new ("[routing]\n");
    g_autoptr (GPtrArray) offer = g_ptr_array_new_with_free_func (g_free);
    g_autoptr (GArray) past     = g_array_new (FALSE, FALSE, sizeof (AditUidRange));
    g_autoptr (GArray) through  = g_array_new (FALSE, FALSE, sizeof (AditUidRange));
    g_autoptr (GArray) on_link  = prefixes_of (on_link_texts);
    g_autoptr (GArray) limits   = prefixes_of ((const char *const *) c->limits);
    AditPlanFacts facts         = { .interface     = "toy0",
                                    .index         = INDEX,
                                    .ipv6          = c->ipv6,
                                    .dns_backend   = "file",
                                    .on_link       = on_link,
                                    .has_seat      = c->has_seat,
                                    .seat          = SEAT,
                                    .past_users    = past,
                                    .through_users = through,
                                    .limits        = c->has_limits ? limits : NULL };

    if (c->all || c->none)
        g_string_append_printf (text, "default-route = %s\n", c->all ? "yes" : "no");
    if (c->lan)
        g_string_append (text, "lan = on\n");
    put_list (text, "include", c->include);
    put_list (text, "exclude", c->exclude);
    put_users (text, "exclude-uid", c->past_user, past);
    put_users (text, "include-uid", c->through_user, through);
    if (c->four)
        g_ptr_array_add (offer, g_strdup ("a10.0.0.7/32"));
    if (c->six)
        g_ptr_array_add (offer, g_strdup ("afd00::7/128"));
    for (guint i = 0; c->offered[i]; i++)
        g_ptr_array_add (offer, g_strconcat ("r", c->offered[i], NULL));
    g_ptr_array_add (offer, NULL);
    return plan_with (text->str, (char **) offer->pdata, &facts, NULL);
}

static Case
any_case (void)
{
    Case c = { .ipv6       = g_test_rand_int_range (0, 5) != 0,
               .has_seat   = g_test_rand_bit (),
               .has_limits = g_test_rand_int_range (0, 3) == 0,
               .all        = g_test_rand_int_range (0, 4) == 0,
               .four       = g_test_rand_int_range (0, 5) != 0,
               .six        = g_test_rand_bit (),
               .lan        = g_test_rand_bit (),
               .offered    = any_prefixes (6),
               .limits     = any_prefixes (4),
               .include    = any_prefixes (3),
               .exclude    = any_prefixes (4) };

    c.none = !c.all && g_test_rand_int_range (0, 3) == 0;
    for (guint i = 0; c.has_seat && i < USERS; i++) {
        c.past_user[i]    = g_test_rand_int_range (0, USERS) == 0;
        c.through_user[i] = g_test_rand_int_range (0, USERS) == 0;
    }
    return c;
}

static void
clear_case (Case *c)
{
    g_strfreev (c->offered);
    g_strfreev (c->limits);
    g_strfreev (c->include);
    g_strfreev (c->exclude);
}

static Flow
any_flow (void)
{
    static const guint32 marks[] = { 0, 0, 0, ADIT_PLAN_MARK, 0x4000 };
    Flow                 flow    = { .family = g_test_rand_bit () ? 4 : 6,
                                     .mark   = marks[g_test_rand_int_range (0, 5)],
                                     .uid    = (guint32) g_test_rand_int_range (0, USERS) };

    flow.address[0] = (guint8) g_test_rand_int ();
    flow.address[1] = (guint8) g_test_rand_int_range (0, flow.family == 4 ? 4 : 256);
    flow.address[2] = (guint8) g_test_rand_int_range (0, 4);
    flow.address[3] = (guint8) g_test_rand_int ();
    if (flow.family == 4 && g_test_rand_int_range (0, 8) == 0) /* on the local network */
        memcpy (flow.address, (guint8[]){ 192, 168, 1, 9 }, 4);
    if (flow.mark != ADIT_PLAN_MARK) {
        flow.mark |= g_test_rand_int_range (0, 4) ? 0 : adit_plan_mark_past (SEAT);
        flow.mark |= g_test_rand_int_range (0, 4) ? 0 : adit_plan_mark_through (SEAT);
        flow.mark |= g_test_rand_int_range (0, 4) ? 0 : adit_plan_mark_past (SEAT + 1);
    }
    return flow;
}

/* A rule is never there without what it leads to, neither while steps are done in their order nor
 * while they are undone in the other: all routes before rules, a place before who goes on there. */
static void
check_order (const AditPlan *plan)
{
    guint rules = 0;

    for (guint i = 0; i < plan->steps->len; i++) {
        const AditStep *step  = plan->steps->pdata[i];
        gboolean        found = step->target == 0;

        rules += step->kind == ADIT_STEP_RULE;
        g_assert_true (step->kind != ADIT_STEP_ROUTE || rules == 0);
        for (guint j = 0; j < i; j++) {
            const AditStep *before = plan->steps->pdata[j];

            found |= before->kind == ADIT_STEP_RULE && before->preference == step->target &&
                     before->prefix.family == step->prefix.family && before->target == 0 &&
                     before->table == 0;
        }
        g_assert_true (found);
        if (step->kind == ADIT_STEP_RULE) /* between the administrator's first rules and `main` */
            g_assert_true (step->preference >= ADIT_PLAN_PREFERENCE && step->preference < 32766);
    }
}

static void
test_ways (void)
{
    guint ways[3] = { 0 };

    for (guint i = 0; i < GENERATED; i++) {
        Case c                      = any_case ();
        g_autoptr (AditPlan) plan   = plan_of (&c);
        g_autoptr (AditPlan) again  = plan_of (&c);
        g_autoptr (GPtrArray) rules = rules_of (plan);
        g_autofree char *lines = lines_of (plan), *same = lines_of (again);

        g_assert_cmpstr (lines, ==, same);
        check_order (plan);
        for (guint j = 0; j < PROBES; j++) {
            Flow flow     = any_flow ();
            Way  expected = meant (&c, &flow), found = taken (plan, rules, &flow);

            ways[found]++;
            if (found != expected) {
                g_autofree char *to = adit_address_format (flow.family, flow.address);

                g_test_message ("%s mark %x uid %u: %d, meant %d\n%s", to, flow.mark, flow.uid,
                                found, expected, lines);
                g_assert_not_reached ();
            }
        }
        clear_case (&c);
    }
    for (guint i = 0; i < G_N_ELEMENTS (ways); i++) /* all are tried often */
        g_assert_cmpuint (ways[i], >, GENERATED);
}

/* ---- what is refused and said ---- */

typedef struct {
    const char *profile, *offer;
    const char *refused; /* words of a warning; NULL: none */
} Refusal;

static const Refusal refusals[] = {
    { "", "r198.51.100.9/32", "leads to the tunnel's own server" },
    { "", "r2001:db8::9/128", "leads to the tunnel's own server" },
    { "", "r198.51.100.0/24", NULL }, /* our own packets are marked, and do not follow it */
    { "mark = off\n", "r198.51.100.0/24", "leads to the tunnel's own server" },
    { "default-route = no\n", "r64.0.0.0/2", "nearly everything" },
    { "default-route = no\n", "r2000::/3", "nearly everything" },
    { "default-route = no\n", "r10.0.0.0/8", NULL },
    { "", "r64.0.0.0/2", NULL },
    { "", "r127.0.0.1/32", "loopback" },
};

static void
test_refusals (void)
{
    static const char *const places[] = { "198.51.100.9:51820", "[2001:db8::9]:51820" };
    g_autoptr (GArray) gateways       = g_array_new (FALSE, TRUE, sizeof (AditGuardGateway));

    for (guint i = 0; i < G_N_ELEMENTS (places); i++) {
        AditGuardGateway one = { 0 };

        g_assert_true (adit_endpoint_parse (places[i], &one.endpoint));
        g_array_append_val (gateways, one);
    }
    for (guint i = 0; i < G_N_ELEMENTS (refusals); i++) {
        g_autofree char *text  = g_strconcat ("[routing]\n", refusals[i].profile, NULL);
        AditPlanFacts    facts = {
               .interface = "toy0", .index = INDEX, .ipv6 = TRUE, .gateways = gateways
        };
        g_autoptr (AditPlan) plan = plan_with (text, OFFER (refusals[i].offer), &facts, NULL);
        g_autofree char *lines    = lines_of (plan);

        g_test_message ("%s%s", text, refusals[i].offer);
        g_assert_cmpuint (plan->warnings->len, ==, refusals[i].refused ? 1 : 0);
        g_assert_true ((strstr (lines, "route") == NULL) == (refusals[i].refused != NULL));
        if (refusals[i].refused)
            g_assert_nonnull (strstr (plan->warnings->pdata[0], refusals[i].refused));
    }
}

/* A hostile worker offers more than the profile's own bounds. */
static void
test_limits (void)
{
    g_autoptr (GArray) limits =
        prefixes_of ((const char *const[]){ "10.99.0.0/16", "fd99::/64", NULL });
    AditPlanFacts facts = { .interface = "toy0", .index = INDEX, .ipv6 = TRUE, .limits = limits };
    g_autoptr (AditPlan) plan = plan_with (
        "", OFFER ("a10.99.0.7/24", "a10.5.0.7/16", "r10.99.1.0/24", "r8.8.8.0/24", "r10.0.0.0/8"),
        &facts, NULL);
    g_autofree char *lines = lines_of (plan);

    g_assert_nonnull (strstr (lines, "prefix=10.99.0.0/24\n"));
    g_assert_nonnull (strstr (lines, "prefix=10.99.1.0/24\n"));
    g_assert_nonnull (strstr (lines, "prefix=10.99.0.0/16\n")); /* the part that is allowed */
    g_assert_null (strstr (lines, "8.8.8.0"));
    g_assert_null (strstr (lines, "10.5.0.0"));
    g_assert_null (strstr (lines, "10.0.0.0/8"));
    g_assert_cmpuint (plan->warnings->len, ==, 2);
    g_assert_nonnull (strstr (plan->warnings->pdata[0], "8.8.8.0/24 was refused"));
    g_assert_nonnull (strstr (plan->warnings->pdata[1], "10.0.0.0/8 was refused"));
}

typedef struct {
    const char *ours, *theirs, *owner;
    gboolean    is_tunnel, is_first;
    const char *said; /* NULL: nothing */
} Overlap;

static const Overlap overlaps[] = {
    { "10.0.0.0/8", "10.1.0.0/16", "docker0", FALSE, FALSE, "is the network of docker0" },
    { "10.1.2.0/24", "10.1.0.0/16", "eth0", FALSE, FALSE, "10.1.0.0/16 is the network of eth0" },
    { "0.0.0.0/0", "10.1.0.0/16", "eth0", FALSE, FALSE, NULL },
    { "10.2.0.0/16", "10.1.0.0/16", "eth0", FALSE, FALSE, NULL },
    { "10.1.0.0/16", "0.0.0.0/0", "the tunnel home", TRUE, TRUE, "the tunnel home (0.0.0.0/0)" },
    { "10.1.0.0/16", "10.1.0.0/16", "the tunnel home", TRUE, TRUE, "which comes first" },
    { "10.1.0.0/16", "0.0.0.0/0", "the tunnel home", TRUE, FALSE, NULL },
    { "0.0.0.0/0", "10.1.0.0/16", "the tunnel home", TRUE, FALSE, "not through the tunnel home" },
    { "0.0.0.0/0", "10.1.0.0/16", "the tunnel home", TRUE, TRUE, NULL },
};

static void
test_overlaps (void)
{
    for (guint i = 0; i < G_N_ELEMENTS (overlaps); i++) {
        const Overlap   *o       = &overlaps[i];
        g_autofree char *route   = g_strconcat ("r", o->ours, NULL);
        g_autofree char *include = g_strdup_printf ("[routing]\ninclude = %s\n", o->ours);
        g_autoptr (AditProfile) profile =
            adit_profile_parse (include, strlen (include), "test", NULL);
        g_autoptr (GArray) neighbours = g_array_new (FALSE, FALSE, sizeof (AditNeighbour));
        g_autoptr (GPtrArray) early   = NULL;
        AditNeighbour one             = { .is_tunnel = o->is_tunnel, .is_first = o->is_first };
        AditPlanFacts facts           = {
                      .interface = "toy0", .index = INDEX, .ipv6 = TRUE, .neighbours = neighbours
        };
        g_autoptr (AditPlan) plan = NULL;

        g_assert_true (adit_prefix_parse (o->theirs, &one.prefix));
        g_strlcpy (one.owner, o->owner, sizeof one.owner);
        g_array_append_val (neighbours, one);
        plan  = plan_with ("", OFFER (route), &facts, NULL);
        early = adit_plan_forewarn (profile, &facts);
        g_assert_cmpuint (plan->warnings->len, ==, o->said ? 1 : 0);
        g_assert_cmpuint (early->len, ==, plan->warnings->len);
        if (o->said)
            g_assert_nonnull (strstr (plan->warnings->pdata[0], o->said));
    }
}

/* What is excepted overlaps no more. */
static void
test_overlap_excepted (void)
{
    g_autoptr (GArray) neighbours = g_array_new (FALSE, FALSE, sizeof (AditNeighbour));
    AditNeighbour one             = { .owner = "docker0" };
    AditPlanFacts facts           = {
                  .interface = "toy0", .index = INDEX, .ipv6 = TRUE, .neighbours = neighbours
    };
    g_autoptr (AditPlan) plan = NULL;

    g_assert_true (adit_prefix_parse ("10.1.0.0/16", &one.prefix));
    g_array_append_val (neighbours, one);
    plan = plan_with ("[routing]\nexclude = 10.1.0.0/16\n", OFFER ("r10.0.0.0/8"), &facts, NULL);
    g_assert_cmpuint (plan->warnings->len, ==, 0);
}

static void
test_needs_own_table (void)
{
    static const char *const profiles[] = { "[routing]\ntable = 99\ninclude-uid = 5\n",
                                            "[routing]\nmark = off\ninclude-uid = 5\n",
                                            "[routing]\ntable = off\ninclude-uid = 5\n" };
    AditPlanFacts facts = { .interface = "toy0", .index = INDEX, .ipv6 = TRUE, .has_seat = TRUE };

    for (guint i = 0; i < G_N_ELEMENTS (profiles); i++) {
        g_autoptr (GError) error = NULL;

        g_assert_null (plan_with (profiles[i], OFFER ("r10.0.0.0/8"), &facts, &error));
        g_assert_error (error, ADIT_ERROR, ADIT_ERROR_PROFILE);
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/plan-split/everybody-goes-where-the-profile-says", test_ways);
    g_test_add_func ("/plan-split/refuses-more-than-is-due", test_refusals);
    g_test_add_func ("/plan-split/never-beyond-the-profiles-bounds", test_limits);
    g_test_add_func ("/plan-split/says-whose-networks-they-are", test_overlaps);
    g_test_add_func ("/plan-split/an-exception-overlaps-nothing", test_overlap_excepted);
    g_test_add_func ("/plan-split/telling-apart-needs-its-own-table", test_needs_own_table);
    return g_test_run ();
}
