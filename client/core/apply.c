/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* apply.c - from steps to client/net and back. */
#include "client/core/apply.h"
#include "client/core/runtime.h"
#include "client/net/address.h"
#include "client/net/cgroup.h"
#include "client/net/dns.h"
#include "client/net/guard.h"
#include "client/net/link.h"
#include "client/net/route.h"
#include "client/net/steer.h"
#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <string.h>
#include <unistd.h>

static AditRoute
route_of (const AditStep *step)
{
    return (AditRoute){ .prefix     = step->prefix,
                        .table      = step->table,
                        .index      = step->index,
                        .is_refused = step->is_refused };
}

static AditRule
rule_of (const AditStep *step)
{
    return (AditRule){ .family     = step->prefix.family,
                       .preference = step->preference,
                       .table      = step->table,
                       .target     = step->target,
                       .mark       = step->mark,
                       .is_marked  = step->is_marked,
                       .mask       = step->mask,
                       .has_users  = step->has_users,
                       .uid_first  = step->uid_first,
                       .uid_last   = step->uid_last };
}

static char *
setting_path (const AditStep *step)
{
    return g_build_filename ("/proc/sys", step->name, NULL);
}

static gboolean
write_setting (const AditStep *step, const char *value, GError **error)
{
    g_autofree char *path   = setting_path (step);
    gsize            len    = strlen (value);
    int              fd     = open (path, O_WRONLY | O_CLOEXEC);
    gboolean         fine   = fd >= 0 && write (fd, value, len) == (ssize_t) len;
    int              number = errno;

    if (fd >= 0)
        close (fd);
    if (!fine)
        return adit_fail_errno (error, number, ADIT_ERROR_SYSTEM,
                                _ ("The setting %s could not be changed."), step->name);
    return TRUE;
}

/* Somebody else's later value stays. */
static gboolean
restore_setting (const AditStep *step, GError **error)
{
    g_autofree char *path = setting_path (step), *now = NULL;

    if (!g_file_get_contents (path, &now, NULL, NULL) ||
        !g_str_equal (g_strchomp (now), step->value))
        return TRUE;
    return write_setting (step, step->before, error);
}

static gboolean
create_device (AditStep *step, GError **error)
{
    if (!adit_link_create (step->name, step->value, error))
        return FALSE;
    step->index = adit_link_index (step->name);
    return TRUE;
}

static gboolean
set_guard (const AditStep *step, GError **error)
{
    g_autofree char *lock = adit_runtime_path ("nft", "lock");

    return adit_guard_apply (lock, step->name, step->value, error);
}

/* One that is to stay always is lifted by somebody, not undone (standing.h). */
static gboolean
remove_guard (const AditStep *step, GError **error)
{
    g_autofree char *lock = adit_runtime_path ("nft", "lock");

    return g_str_equal (step->mode, "always") || adit_guard_remove (lock, step->name, error);
}

static gboolean
set_split (const AditStep *step, GError **error)
{
    g_autofree char *lock = adit_runtime_path ("nft", "lock");

    return adit_steer_apply (lock, step->value, error);
}

static gboolean
remove_split (const AditStep *step, GError **error)
{
    g_autofree char *lock = adit_runtime_path ("nft", "lock");

    return adit_steer_remove (lock, step->name, error);
}

gboolean
adit_apply_do (AditStep *step, GError **error)
{
    AditRoute route = route_of (step);
    AditRule  rule  = rule_of (step);

    switch (step->kind) {
    case ADIT_STEP_DEVICE:
        return create_device (step, error);
    case ADIT_STEP_SETTING:
        return write_setting (step, step->value, error);
    case ADIT_STEP_LINK:
        return adit_link_up (step->index, step->mtu, error);
    case ADIT_STEP_ADDRESS:
        return adit_address_add (step->index, &step->prefix, error);
    case ADIT_STEP_ROUTE:
        return adit_route_add (&route, error);
    case ADIT_STEP_RULE:
        return adit_rule_add (&rule, error);
    case ADIT_STEP_GUARD:
        return set_guard (step, error);
    case ADIT_STEP_GROUP:
        return adit_cgroup_make (step->name, error);
    case ADIT_STEP_SPLIT:
        return set_split (step, error);
    case ADIT_STEP_TABLE:
    case ADIT_STEP_FILE:
    case ADIT_STEP_DNS:
    case ADIT_N_STEPS:
        break;
    }
    return TRUE;
}

typedef struct {
    AditDnsWish    wish;
    AditDnsBackend backend;
    char          *saved;
} Dns;

static const char *const nothing[] = { NULL };

static gboolean
dns_of (const AditStep *step, Dns *out)
{
    if (!adit_dns_from_name (step->name, &out->backend))
        return FALSE;
    out->saved = adit_runtime_path (step->value, "resolv");
    out->wish  = (AditDnsWish){
         .index     = step->index,
         .interface = step->value,
         .servers   = step->servers ? (const char *const *) step->servers : nothing,
         .domains   = step->domains ? (const char *const *) step->domains : nothing,
         .zones     = step->zones ? (const char *const *) step->zones : nothing,
         .exclusive = step->exclusive,
         .saved     = out->saved,
    };
    return TRUE;
}

static gboolean
unset_dns (const AditStep *step, GError **error)
{
    Dns      dns;
    gboolean fine;

    if (!dns_of (step, &dns))
        return TRUE;
    fine = adit_dns_unset (dns.backend, &dns.wish, error);
    g_free (dns.saved);
    return fine;
}

void
adit_apply_dns (const AditStep *step, AditDnsHeard heard, GCancellable *cancel, AditApplyDone done,
                gpointer user)
{
    Dns     dns;
    GError *error = NULL;

    if (!dns_of (step, &dns)) {
        adit_fail (&error, ADIT_ERROR_BUG, _ ("There is no way \"%s\" to set name servers."),
                   step->name);
        done (user, error);
        return;
    }
    dns.wish.heard      = heard;
    dns.wish.heard_user = user;
    adit_dns_set (dns.backend, &dns.wish, cancel, done, user);
    g_free (dns.saved);
}

static gboolean
remove_file (const AditStep *step, GError **error)
{
    if (unlink (step->name) == 0 || errno == ENOENT)
        return TRUE;
    return adit_fail_errno (error, errno, ADIT_ERROR_SYSTEM, _ ("%s could not be removed."),
                            step->name);
}

/* Index 0: we died between making it and writing its number down; the name was free before. */
static gboolean
delete_device (const AditStep *step, GError **error)
{
    guint index = step->index ? step->index : adit_link_index (step->name);

    return index == 0 || adit_link_delete (step->name, index, error);
}

gboolean
adit_apply_undo (const AditStep *step, GError **error)
{
    AditRoute route = route_of (step);
    AditRule  rule  = rule_of (step);

    switch (step->kind) {
    case ADIT_STEP_FILE:
        return remove_file (step, error);
    case ADIT_STEP_DEVICE:
        return delete_device (step, error);
    case ADIT_STEP_SETTING:
        return restore_setting (step, error);
    case ADIT_STEP_ADDRESS:
        return adit_address_remove (step->index, &step->prefix, error);
    case ADIT_STEP_ROUTE:
        return adit_route_remove (&route, error);
    case ADIT_STEP_RULE:
        return adit_rule_remove (&rule, error);
    case ADIT_STEP_DNS:
        return unset_dns (step, error);
    case ADIT_STEP_GUARD:
        return remove_guard (step, error);
    case ADIT_STEP_GROUP:
        adit_cgroup_remove (step->name); /* somebody may still be in it */
        return TRUE;
    case ADIT_STEP_SPLIT:
        return remove_split (step, error);
    case ADIT_STEP_TABLE:
        return adit_route_flush (step->table, error);
    case ADIT_STEP_LINK:
    case ADIT_N_STEPS:
        break; /* goes with its device */
    }
    return TRUE;
}
