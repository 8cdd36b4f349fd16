/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* service.c - the daemon's tunnels, by name. */
#include "client/base/log.h"
#include "client/core/notify.h"
#include "client/core/record.h"
#include "client/core/remote.h"
#include "client/core/standing.h"
#include "client/core/store.h"
#include "client/daemon/lines.h"
#include "client/daemon/service-parts.h"
#include <glib/gi18n.h>

#define ROOT_PATH "/org/adit/Daemon1"

/* ---- the table ---- */

static void
tell_number (AditService *service)
{
    guint            n    = g_hash_table_size (service->sessions);
    g_autofree char *text = g_strdup_printf ("%u tunnels", n);

    adit_notify_status (n == 1 ? "1 tunnel" : text);
}

static guint
count_of (AditService *service, guint uid)
{
    GHashTableIter iter;
    gpointer       value;
    guint          n = 0;

    g_hash_table_iter_init (&iter, service->sessions);
    while (g_hash_table_iter_next (&iter, NULL, &value))
        n += adit_session_uid (value) == uid;
    return n;
}

gboolean
service_may_begin (AditService *service, const char *name, guint uid, GError **error)
{
    if (service->ended)
        return adit_fail (error, ADIT_ERROR_SYSTEM, _ ("aditd is just ending; try again."));
    if (g_hash_table_contains (service->sessions, name))
        return adit_fail (error, ADIT_ERROR_PROFILE, _ ("A tunnel named %s runs already."), name);
    if (g_hash_table_size (service->sessions) >= ADIT_SERVICE_TUNNELS ||
        (uid != 0 && count_of (service, uid) >= ADIT_SERVICE_TUNNELS_USER))
        return adit_fail (error, ADIT_ERROR_SYSTEM,
                          _ ("There are too many tunnels already; end one first."));
    return TRUE;
}

static void
on_over (gpointer user, AditSession *session, const GError *error)
{
    AditService *service = user;

    if (error)
        adit_log (ADIT_LOG_WARNING, "daemon", "%s ended: %s", adit_session_name (session),
                  error->message);
    else
        adit_log (ADIT_LOG_NOTICE, "daemon", "%s ended", adit_session_name (session));
    g_hash_table_remove (service->sessions, adit_session_name (session));
    adit_rest_release (service->rest);
    tell_number (service);
    if (service->ended && g_hash_table_size (service->sessions) == 0)
        g_idle_add (service->ended, service->user);
}

AditSession *
service_begin_session (AditService *service, const AditSessionPlan *plan)
{
    AditSession *session;

    adit_record_hand_over (plan->name, plan->uid); /* it may be read before the tunnel starts */
    adit_rest_hold (service->rest);
    session = adit_session_new (&service->stage, plan);
    adit_log (ADIT_LOG_NOTICE, "daemon", "%s was asked for by user %u", plan->name, plan->uid);
    g_hash_table_insert (service->sessions, g_strdup (plan->name), session);
    adit_session_start (session);
    tell_number (service);
    return session;
}

/* ---- what starts by itself ---- */

/* TRUE: there is one more tunnel. */
static gboolean
begin_by_itself (AditService *service, const char *name, GError **error)
{
    g_autoptr (AditSchema) schema   = NULL;
    g_autoptr (AditProfile) profile = adit_store_load (name, &schema, error);
    AditSessionPlan plan            = { .name = name };

    if (profile == NULL || !adit_profile_flag (profile, "connection", "autoconnect", FALSE) ||
        !service_may_begin (service, name, 0, error))
        return FALSE;
    adit_profile_set (profile, "connection", "name", name);
    plan.profile = g_steal_pointer (&profile);
    plan.schema  = g_steal_pointer (&schema);
    service_begin_session (service, &plan);
    return TRUE;
}

/* NULL-terminated names of those that were started. */
static GPtrArray *
begin_all (AditService *service)
{
    g_autoptr (GError) error = NULL;
    g_auto (GStrv) names     = adit_store_list (&error);
    GPtrArray *started       = g_ptr_array_new_with_free_func (g_free);

    if (names == NULL)
        adit_log (ADIT_LOG_WARNING, "daemon", "%s", error->message);
    for (guint i = 0; names && names[i]; i++) {
        g_autoptr (GError) one = NULL;

        if (g_hash_table_contains (service->sessions, names[i]))
            continue;
        if (begin_by_itself (service, names[i], &one))
            g_ptr_array_add (started, g_strdup (names[i]));
        else if (one)
            adit_log (ADIT_LOG_WARNING, "daemon", "%s", one->message);
    }
    return started;
}

void
adit_service_reload (AditService *service)
{
    g_ptr_array_unref (begin_all (service));
}

void
adit_service_begin (AditService *service)
{
    g_autoptr (GError) error = NULL;

    if (!adit_remote_restore (&error))
        adit_log (ADIT_LOG_WARNING, "daemon", "%s", error->message);
    adit_service_reload (service);
    tell_number (service);
}

/* ---- methods ---- */

static void
list (AditCall *call)
{
    AditService    *service = call->data;
    GVariantBuilder tunnels;
    GHashTableIter  iter;
    gpointer        value;

    g_variant_builder_init (&tunnels, G_VARIANT_TYPE ("aa{sv}"));
    g_hash_table_iter_init (&iter, service->sessions);
    while (g_hash_table_iter_next (&iter, NULL, &value))
        g_variant_builder_add_value (&tunnels, adit_session_describe (value));
    adit_call_return (call, g_variant_new ("(aa{sv})", &tunnels));
}

static void
log_text (AditCall *call)
{
    const char *name  = NULL;
    guint       lines = 0;

    g_variant_get (adit_call_arguments (call), "(&su)", &name, &lines);
    adit_log_return (call, name, lines);
}

static void
on_log (AditCall *call)
{
    const char *name  = NULL;
    GError     *error = NULL;

    g_variant_get (adit_call_arguments (call), "(&su)", &name, NULL);
    if (!adit_store_name_ok (name, &error))
        adit_call_fail (call, error);
    else if (adit_record_owner (name) == call->uid)
        log_text (call);
    else
        adit_call_check (call, ADIT_ACTION_STATUS, log_text);
}

static void
reload (AditCall *call)
{
    g_autoptr (GPtrArray) started = begin_all (call->data);

    adit_call_return (
        call, g_variant_new ("(@as)", g_variant_new_strv ((const char *const *) started->pdata,
                                                          (gssize) started->len)));
}

static void
on_reload (AditCall *call)
{
    adit_call_check (call, ADIT_ACTION_RELOAD, reload);
}

static void
restore (AditCall *call)
{
    GError *error = NULL;

    if (adit_remote_restore_all (&error))
        adit_call_return (call, NULL);
    else
        adit_call_fail (call, error);
}

static void
on_restore (AditCall *call)
{
    adit_call_check (call, ADIT_ACTION_RESTORE, restore);
}

static void
lift (AditCall *call)
{
    const char *name  = NULL;
    GError     *error = NULL;

    g_variant_get (adit_call_arguments (call), "(&s)", &name);
    if (adit_standing_lift (name, &error))
        adit_call_return (call, NULL);
    else
        adit_call_fail (call, error);
}

/* Who started a tunnel may end what is left of it, as they might have ended it; a guard that is to
 * stay always is an administrator's. */
static void
on_lift (AditCall *call)
{
    const char *name   = NULL;
    GError     *error  = NULL;
    gboolean    always = FALSE, is_owner;

    g_variant_get (adit_call_arguments (call), "(&s)", &name);
    if (!adit_store_name_ok (name, &error) ||
        (!adit_standing_find (name, &always) &&
         !adit_fail (&error, ADIT_ERROR_PROFILE, _ ("No tunnel named %s has left a guard."),
                     name))) {
        adit_call_fail (call, error);
        return;
    }
    is_owner = adit_record_owner (name) == call->uid && !always;
    adit_call_check (call, is_owner ? ADIT_ACTION_DOWN_OWN : ADIT_ACTION_RESTORE, lift);
}

static const AditMethod methods[] = {
    { "handle-up", service_up },
    { "handle-list", list },
    { "handle-log", on_log },
    { "handle-reload", on_reload },
    { "handle-restore", on_restore },
    { "handle-lift", on_lift },
    { "handle-explain", service_explain },
    { "handle-enter-split", service_enter_split },
    { "handle-set-secret", service_set_secret },
    { "handle-forget-secret", service_forget_secret },
    { NULL, NULL },
};

/* ---- the door ---- */

/* The manager is at the object manager's own path, as udisks and others have it. */
static gboolean
expose (AditService *service, GError **error)
{
    const AditDoorObject behind = { .methods = methods, .data = service };

    service->face = adit_bus_manager_skeleton_new ();
    adit_bus_manager_set_version (service->face, ADIT_VERSION);
    adit_door_serve (service->stage.door, service->face, &behind);
    service->stage.objects = g_dbus_object_manager_server_new (ROOT_PATH);
    g_dbus_object_manager_server_set_connection (service->stage.objects, service->stage.bus);
    return g_dbus_interface_skeleton_export (G_DBUS_INTERFACE_SKELETON (service->face),
                                             service->stage.bus, ROOT_PATH, error);
}

AditService *
adit_service_new (GDBusConnection *bus, AditRest *rest)
{
    AditService *service     = g_new0 (AditService, 1);
    g_autoptr (GError) error = NULL;

    service->stage.bus  = g_object_ref (bus);
    service->stage.door = adit_door_new (bus, rest);
    service->rest       = rest;
    service->stage.over = on_over;
    service->stage.user = service;
    service->sessions = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, adit_session_unref);
    if (!expose (service, &error))
        adit_log (ADIT_LOG_ERROR, "daemon", "%s", error->message);
    return service;
}

void
adit_service_end (AditService *service, GSourceFunc fn, gpointer user)
{
    g_autoptr (GList) sessions = g_hash_table_get_values (service->sessions);

    if (service->ended)
        return;
    service->ended = fn;
    service->user  = user;
    if (sessions == NULL)
        g_idle_add (fn, user);
    for (GList *l = sessions; l; l = l->next)
        adit_session_stop (l->data);
}

void
adit_service_free (AditService *service)
{
    g_hash_table_unref (service->sessions);
    adit_door_free (service->stage.door);
    g_dbus_interface_skeleton_unexport (G_DBUS_INTERFACE_SKELETON (service->face));
    g_object_unref (service->face);
    g_object_unref (service->stage.objects);
    g_object_unref (service->stage.bus);
    g_free (service);
}
