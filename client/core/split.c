/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* split.c - seats, users, and the control groups of programs. */
#include "client/core/split.h"
#include "client/core/journal.h"
#include "client/core/learn.h"
#include "client/core/runtime.h"
#include "client/core/tunnel-parts.h"
#include "client/net/cgroup.h"
#include "client/net/guard.h"
#include "client/net/steer.h"
#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <pwd.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { TRIES = 3 };

struct AditSplit {
    AditCoreTunnel  *tunnel;
    int              seat_fd; /* locked while it is ours; -1: none */
    guint            seat;
    gboolean         is_open; /* takes processes */
    GArray          *past_users, *through_users;
    GArray          *limits;
    char            *group_root;
    char           **past_names, **through_names;
    AditCgroupWatch *watch;
    char            *marked; /* the rules as they were last applied */
    GPtrArray       *said;
    AditLearn       *learn; /* NULL: no domains */
};

static GPtrArray *live; /* AditSplit of this process */

/* ---- users ---- */

static gboolean
number_of (const char *text, guint32 *out)
{
    guint64 number;

    if (!g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT32 - 1, &number, NULL))
        return FALSE;
    *out = (guint32) number;
    return TRUE;
}

/* "1000", "1000-1999", "alice" */
static gboolean
take_users (const char *text, GArray *users, GError **error)
{
    g_auto (GStrv) ends = g_strsplit (text, "-", 2);
    AditUidRange         range;
    const struct passwd *user;

    if (number_of (ends[0], &range.first)) {
        range.last = range.first;
        if (ends[1] == NULL || (number_of (ends[1], &range.last) && range.last >= range.first)) {
            g_array_append_val (users, range);
            return TRUE;
        }
    }
    user = getpwnam (text);
    if (user == NULL)
        return adit_fail (error, ADIT_ERROR_PROFILE, _ ("There is no user %s on this machine."),
                          text);
    range.first = range.last = user->pw_uid;
    g_array_append_val (users, range);
    return TRUE;
}

static GArray *
users_of (const AditProfile *profile, const char *key, GError **error)
{
    g_auto (GStrv) list = adit_profile_list (profile, "routing", key);
    GArray *users       = g_array_new (FALSE, FALSE, sizeof (AditUidRange));

    for (guint i = 0; list && list[i]; i++)
        if (!take_users (list[i], users, error)) {
            g_array_unref (users);
            return NULL;
        }
    return users;
}

/* ---- limits ---- */

static void
take_limits (const AditProfile *profile, const AditField *field, GArray *limits)
{
    g_auto (GStrv) sections = adit_profile_sections (profile, field->section);

    for (guint i = 0; sections[i]; i++) {
        g_auto (GStrv) list = adit_profile_list (profile, sections[i], field->key);

        for (guint j = 0; list && list[j]; j++) {
            AditPrefix prefix;

            if (!adit_prefix_parse (list[j], &prefix))
                continue;
            adit_prefix_mask (&prefix);
            g_array_append_val (limits, prefix);
        }
    }
}

/* NULL: the protocol's keys bound nothing. */
static GArray *
limits_of (const AditProfile *profile, const AditSchema *schema)
{
    GArray *limits = NULL;

    for (const AditField *field = schema ? schema->fields : NULL; field && field->key; field++) {
        if (!adit_field_limits (field))
            continue;
        if (limits == NULL)
            limits = g_array_new (FALSE, FALSE, sizeof (AditPrefix));
        take_limits (profile, field, limits);
    }
    return limits;
}

/* ---- seats ---- */

static gboolean
take_seat (AditSplit *split, GError **error)
{
    for (guint i = 0; split->seat_fd < 0 && i < ADIT_PLAN_SEATS; i++) {
        g_autofree char *name = g_strdup_printf ("seat-%u", i);
        g_autofree char *path = adit_runtime_path (name, "lock");
        int              fd   = open (path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

        if (fd >= 0 && flock (fd, LOCK_EX | LOCK_NB) == 0) {
            split->seat_fd = fd;
            split->seat    = i;
        } else if (fd >= 0) {
            close (fd);
        }
    }
    if (split->seat_fd >= 0)
        return TRUE;
    return adit_fail (error, ADIT_ERROR_SYSTEM,
                      _ ("%d tunnels already tell programs or users apart, which is as many as "
                         "there can be; end one of them."),
                      ADIT_PLAN_SEATS);
}

/* ---- the door ---- */

static gboolean
has_names (char **names)
{
    return names && names[0];
}

static gboolean
names_programs (const AditSplit *split)
{
    return has_names (split->past_names) || has_names (split->through_names);
}

static gboolean
find_root (AditSplit *split, GError **error)
{
    if (split->group_root == NULL)
        split->group_root = adit_cgroup_nft_root ();
    if (split->group_root)
        return TRUE;
    return adit_fail (error, ADIT_ERROR_SYSTEM,
                      _ ("This machine has no control groups (cgroup2) below /sys/fs/cgroup, "
                         "which telling programs apart needs."));
}

static gboolean
read_profile (AditSplit *split, GError **error)
{
    const AditProfile *profile = split->tunnel->profile;

    split->past_names    = adit_profile_list (profile, "routing", "exclude-app");
    split->through_names = adit_profile_list (profile, "routing", "include-app");
    split->limits        = limits_of (profile, split->tunnel->schema);
    split->past_users    = users_of (profile, "exclude-uid", error);
    if (split->past_users == NULL)
        return FALSE;
    split->through_users = users_of (profile, "include-uid", error);
    if (split->through_users == NULL)
        return FALSE;
    if (names_programs (split) && !find_root (split, error))
        return FALSE;
    return !(names_programs (split) || split->past_users->len || split->through_users->len) ||
           take_seat (split, error);
}

AditSplit *
adit_split_new (AditCoreTunnel *tunnel, GError **error)
{
    AditSplit *split = g_new0 (AditSplit, 1);

    split->tunnel  = tunnel;
    split->seat_fd = -1;
    split->said    = g_ptr_array_new_with_free_func (g_free);
    split->learn   = adit_learn_new (tunnel);
    if (live == NULL)
        live = g_ptr_array_new ();
    g_ptr_array_add (live, split);
    if (read_profile (split, error))
        return split;
    adit_split_free (split);
    return NULL;
}

void
adit_split_free (AditSplit *split)
{
    if (split == NULL)
        return;
    g_ptr_array_remove (live, split);
    adit_learn_free (split->learn);
    adit_cgroup_watch_free (split->watch);
    if (split->seat_fd >= 0)
        close (split->seat_fd);
    g_clear_pointer (&split->past_users, g_array_unref);
    g_clear_pointer (&split->through_users, g_array_unref);
    g_clear_pointer (&split->limits, g_array_unref);
    g_strfreev (split->past_names);
    g_strfreev (split->through_names);
    g_ptr_array_unref (split->said);
    g_free (split->group_root);
    g_free (split->marked);
    g_free (split);
}

/* ---- facts ---- */

void
adit_split_gather (AditSplit *split, AditPlanFacts *facts)
{
    facts->has_seat      = split->seat_fd >= 0;
    facts->seat          = split->seat;
    facts->past_users    = split->past_users;
    facts->through_users = split->through_users;
    facts->group_root    = names_programs (split) || split->is_open ? split->group_root : NULL;
    facts->takes_in      = split->is_open;
    facts->limits        = split->limits;
    facts->neighbours =
        adit_neighbours_find (split->tunnel, split->seat_fd >= 0 ? split->seat : ADIT_PLAN_SEATS);
}

gboolean
adit_split_said (const AditSplit *split, const char *warning)
{
    for (guint i = 0; split && i < split->said->len; i++)
        if (g_str_equal (split->said->pdata[i], warning))
            return TRUE;
    return FALSE;
}

void
adit_split_forewarn (AditSplit *split)
{
    AditPlanFacts facts = { .interface = split->tunnel->interface, .ipv6 = TRUE };

    adit_split_gather (split, &facts);
    g_ptr_array_unref (split->said);
    split->said = adit_plan_forewarn (split->tunnel->profile, &facts);
    for (guint i = 0; i < split->said->len; i++)
        adit_tunnel_warn (split->tunnel, split->said->pdata[i]);
    g_array_unref (facts.neighbours);
}

/* ---- programs ---- */

/* Those that the profile names, and our own group, where it is there. */
static char **
groups_of (const AditSplit *split, char **names, gboolean past)
{
    GPtrArray        *groups = g_ptr_array_new ();
    g_autofree char  *own    = adit_plan_group (split->tunnel->name, past);
    g_autofree char **found  = names ? adit_cgroup_find ((const char *const *) names) : NULL;

    for (guint i = 0; found && found[i]; i++)
        g_ptr_array_add (groups, found[i]);
    if (split->is_open && adit_cgroup_exists (own))
        g_ptr_array_add (groups, g_steal_pointer (&own));
    g_ptr_array_add (groups, NULL);
    return (char **) g_ptr_array_free (groups, FALSE);
}

static char *
rules_of (const AditSplit *split)
{
    g_auto (GStrv) past    = groups_of (split, split->past_names, TRUE);
    g_auto (GStrv) through = groups_of (split, split->through_names, FALSE);
    AditSteerSpec spec     = { .name         = split->tunnel->name,
                               .past         = adit_plan_mark_past (split->seat),
                               .through      = adit_plan_mark_through (split->seat),
                               .root         = split->group_root,
                               .past_apps    = (const char *const *) past,
                               .through_apps = (const char *const *) through };

    return adit_steer_apps_text (&spec);
}

/* A group may go while it is being named. */
static gboolean
mark_programs (AditSplit *split, GError **error)
{
    g_autofree char *lock    = adit_runtime_path ("nft", "lock");
    GError          *problem = NULL;

    for (guint try = 0; try < TRIES; try++) {
        g_autofree char *rules = rules_of (split);

        g_clear_error (&problem);
        if (g_strcmp0 (rules, split->marked) == 0)
            return TRUE;
        if (adit_steer_apply (lock, rules, &problem)) {
            g_free (split->marked);
            split->marked = g_steal_pointer (&rules);
            return TRUE;
        }
    }
    g_propagate_error (error, problem);
    return FALSE;
}

static gboolean
plans (const AditSplit *split, AditStepKind kind)
{
    const AditPlan *plan = split->tunnel->plan;

    for (guint i = 0; plan && i < plan->steps->len; i++)
        if (((const AditStep *) plan->steps->pdata[i])->kind == kind)
            return TRUE;
    return FALSE;
}

static void
on_groups_changed (gpointer user)
{
    AditSplit *split         = user;
    g_autoptr (GError) error = NULL;

    if (plans (split, ADIT_STEP_SPLIT) && !mark_programs (split, &error))
        adit_tunnel_warn (split->tunnel, error->message);
}

void
adit_split_tell_again (AditSplit *split)
{
    g_clear_pointer (&split->marked, g_free);
    on_groups_changed (split);
    adit_learn_tell_again (split->learn);
}

gboolean
adit_split_listens (const AditSplit *split)
{
    return split->learn != NULL;
}

void
adit_split_heard (AditSplit *split, const char *name, const AditPrefix *address)
{
    if (split && split->learn)
        adit_learn_hear (split->learn, name, address);
}

void
adit_split_names_ready (AditSplit *split)
{
    adit_learn_ask (split->learn);
}

gboolean
adit_split_follow (AditSplit *split, GError **error)
{
    adit_learn_follow (split->learn);
    if (!plans (split, ADIT_STEP_DNS))
        adit_split_names_ready (split);
    if (!plans (split, ADIT_STEP_SPLIT))
        return TRUE;
    if (split->watch == NULL && names_programs (split)) {
        split->watch = adit_cgroup_watch_new (on_groups_changed, split, error);
        if (split->watch == NULL)
            return FALSE;
    }
    return mark_programs (split, error);
}

/* ---- domains ---- */

gboolean
adit_split_has_seat (const AditSplit *split)
{
    return split->seat_fd >= 0;
}

gboolean
adit_split_has_family (const AditSplit *split, guint family)
{
    const AditPlanOffer *offer = split->tunnel->offer;

    for (guint i = 0; offer && i < offer->addresses->len; i++)
        if (g_array_index (offer->addresses, AditPrefix, i).family == family)
            return TRUE;
    return FALSE;
}

static gboolean
is_listed (const AditSplit *split, const char *key, const AditPrefix *host)
{
    g_auto (GStrv) list = adit_profile_list (split->tunnel->profile, "routing", key);

    for (guint i = 0; list && list[i]; i++) {
        AditPrefix prefix;

        if (adit_prefix_parse (list[i], &prefix) && adit_prefix_covers (&prefix, host))
            return TRUE;
    }
    return FALSE;
}

static gboolean
is_within_limits (const AditSplit *split, const AditPrefix *host)
{
    for (guint i = 0; split->limits && i < split->limits->len; i++)
        if (adit_prefix_covers (&g_array_index (split->limits, AditPrefix, i), host))
            return TRUE;
    return split->limits == NULL;
}

static gboolean
is_gateway (const AditSplit *split, const AditPrefix *host)
{
    const GArray *gateways = split->tunnel->gateways;

    for (guint i = 0; gateways && i < gateways->len; i++) {
        const AditEndpoint *at = &g_array_index (gateways, AditGuardGateway, i).endpoint;

        if (adit_prefix_contains (host, at->family, at->address))
            return TRUE;
    }
    return FALSE;
}

/* Whoever answers for a domain chooses its addresses, so what the profile says of networks counts
 * more. */
gboolean
adit_split_may_learn (const AditSplit *split, const AditPrefix *host, gboolean past)
{
    if (adit_plan_is_special (host) || is_listed (split, past ? "include" : "exclude", host))
        return FALSE;
    return past || (is_within_limits (split, host) && !is_gateway (split, host));
}

/* ---- processes that are put in ---- */

gboolean
adit_split_open (AditSplit *split, GError **error)
{
    const AditCoreTunnel *tunnel = split->tunnel;

    if (tunnel->plan == NULL)
        return adit_fail (error, ADIT_ERROR_PROFILE, _ ("The tunnel %s is not up yet."),
                          tunnel->name);
    if (!find_root (split, error) || !take_seat (split, error))
        return FALSE;
    split->is_open = TRUE;
    return adit_tunnel_configure_again (split->tunnel, error) && mark_programs (split, error);
}

AditSplit *
adit_split_of (const char *name)
{
    for (guint i = 0; live && i < live->len; i++) {
        AditSplit *split = live->pdata[i];

        if (g_strcmp0 (split->tunnel->name, name) == 0)
            return split;
    }
    return NULL;
}
