/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* session.c - the life of one object: secrets, tunnel, end. */
#include "client/core/notify.h"
#include "client/daemon/session-parts.h"
#include <glib/gi18n.h>

#define ROOT_PATH "/org/adit/Daemon1"

char *
adit_session_path_of (const char *name)
{
    GString *path = g_string_new (ROOT_PATH "/tunnel/");

    for (const char *c = name; *c; c++)
        if (g_ascii_isalnum (*c))
            g_string_append_c (path, *c);
        else
            g_string_append_printf (path, "_%02x", (guchar) *c);
    return g_string_free (path, FALSE);
}

const char *
adit_session_name (const AditSession *session)
{
    return session->name;
}

const char *
adit_session_path (const AditSession *session)
{
    return session->path;
}

guint
adit_session_uid (const AditSession *session)
{
    return session->uid;
}

GVariant *
adit_session_describe (const AditSession *session)
{
    GVariantBuilder facts;

    g_variant_builder_init (&facts, G_VARIANT_TYPE_VARDICT);
    g_variant_builder_add (&facts, "{sv}", "name", g_variant_new_string (session->name));
    g_variant_builder_add (&facts, "{sv}", "tunnel", g_variant_new_object_path (session->path));
    g_variant_builder_add (&facts, "{sv}", "owner", g_variant_new_uint32 (session->uid));
    g_variant_builder_add (&facts, "{sv}", "state",
                           g_variant_new_string (adit_bus_tunnel_get_state (session->face)));
    g_variant_builder_add (&facts, "{sv}", "since",
                           g_variant_new_uint64 (adit_bus_tunnel_get_since (session->face)));
    g_variant_builder_add (&facts, "{sv}", "interface",
                           g_variant_new_string (adit_bus_tunnel_get_interface (session->face)));
    return g_variant_builder_end (&facts);
}

/* ---- what the tunnel tells ---- */

static void
on_state (gpointer user, AditState state, const char *sentence)
{
    AditSession     *session = user;
    g_autofree char *text    = adit_fault_text (sentence);
    const char *interface = session->tunnel ? adit_core_tunnel_interface (session->tunnel) : NULL;

    if (state == ADIT_STATE_UP && adit_bus_tunnel_get_since (session->face) == 0)
        adit_bus_tunnel_set_since (session->face, (guint64) (g_get_real_time () / G_USEC_PER_SEC));
    adit_bus_tunnel_set_interface (session->face, interface ? interface : "");
    adit_bus_tunnel_set_state (session->face, adit_state_name (state));
    adit_audience_tell (session->audience, "StateChanged",
                        g_variant_new ("(ss)", adit_state_name (state), text));
}

static void
on_warning (gpointer user, const char *sentence)
{
    AditSession     *session = user;
    g_autofree char *text    = adit_fault_text (sentence);

    adit_audience_tell (session->audience, "Warning", g_variant_new ("(s)", text));
}

static void
on_line (gpointer user, const char *line)
{
    AditSession     *session = user;
    g_autofree char *text    = adit_fault_text (line);

    adit_audience_tell (session->audience, "LogLine", g_variant_new ("(s)", text));
}

static void
on_ask (gpointer user, guint id, const char *text, gboolean secret)
{
    session_ask (user, NULL, id, text, secret);
}

static void
on_ended (gpointer user, const GError *error)
{
    session_end (user, error);
}

/* ---- secrets first ---- */

static void
on_missing (gpointer user, const char *key, const char *text)
{
    on_state (user, ADIT_STATE_IDLE, _ ("a secret is needed"));
    session_ask (user, key, 0, text, TRUE);
}

static void
on_gathered (gpointer user, GError *error)
{
    static const AditCoreTunnelEvents events  = { on_state, on_warning, on_ask, on_ended, on_line };
    AditSession                      *session = user;
    gboolean                          persistent;

    g_clear_pointer (&session->gather, adit_gather_free);
    g_clear_pointer (&session->given, g_hash_table_unref);
    if (error) {
        session_end (session, error);
        g_error_free (error);
        return;
    }
    session->phase  = SESSION_RUNNING;
    persistent      = adit_profile_flag (session->profile, "connection", "autoconnect", FALSE);
    session->tunnel = adit_core_tunnel_new (g_steal_pointer (&session->profile),
                                            g_steal_pointer (&session->schema), &events, session);
    adit_core_tunnel_set_owner (session->tunnel, session->uid);
    adit_core_tunnel_set_persistent (session->tunnel, persistent);
    adit_core_tunnel_start (session->tunnel);
}

void
adit_session_start (AditSession *session)
{
    static const AditGatherEvents events = { on_missing, on_gathered };

    session->gather = adit_gather_new (session->profile, session->schema, session->uid,
                                       session->is_private, session->given, &events, session);
}

/* ---- the end ---- */

static GVariant *
sentences_of (const GError *error)
{
    GVariantBuilder list;

    g_variant_builder_init (&list, G_VARIANT_TYPE_STRING_ARRAY);
    for (; error; error = adit_error_cause (error)) {
        g_autofree char *text = adit_fault_text (error->message);

        g_variant_builder_add (&list, "s", text);
    }
    return g_variant_builder_end (&list);
}

static const char *
code_of (const GError *error)
{
    if (error == NULL)
        return "";
    return adit_error_name (error->domain == ADIT_ERROR ? (AditError) error->code : ADIT_ERROR_BUG);
}

void
session_end (AditSession *session, const GError *error)
{
    AditCall *call;

    if (session->phase == SESSION_OVER)
        return;
    session->phase = SESSION_OVER;
    session_forget_questions (session);
    adit_bus_tunnel_set_error (session->face, code_of (error));
    adit_audience_tell (session->audience, "Ended",
                        g_variant_new ("(s@as)", code_of (error), sentences_of (error)));
    g_dbus_object_manager_server_unexport (session->stage.objects, session->path);
    while ((call = g_queue_pop_head (&session->ending)))
        adit_call_return (call, NULL);
    session->stage.over (session->stage.user, session, error);
}

void
adit_session_stop (AditSession *session)
{
    if (session->phase == SESSION_RUNNING)
        adit_core_tunnel_stop (session->tunnel);
    else
        session_end (session, NULL);
}

/* ---- the door ---- */

static void
expose (AditSession *session)
{
    const AditDoorObject behind              = { session_methods, session, adit_session_ref,
                                                 adit_session_unref };
    g_autoptr (AditBusObjectSkeleton) object = adit_bus_object_skeleton_new (session->path);

    session->face = adit_bus_tunnel_skeleton_new ();
    adit_bus_tunnel_set_name (session->face, session->name);
    adit_bus_tunnel_set_owner (session->face, session->uid);
    adit_bus_tunnel_set_state (session->face, adit_state_name (ADIT_STATE_IDLE));
    adit_bus_tunnel_set_interface (session->face, "");
    adit_bus_tunnel_set_error (session->face, "");
    adit_door_serve (session->stage.door, session->face, &behind);
    adit_bus_object_skeleton_set_tunnel (object, session->face);
    g_dbus_object_manager_server_export (session->stage.objects, G_DBUS_OBJECT_SKELETON (object));
}

AditSession *
adit_session_new (const AditStage *stage, const AditSessionPlan *plan)
{
    AditSession *session = g_rc_box_new0 (AditSession);

    session->stage      = *stage;
    session->name       = g_strdup (plan->name);
    session->path       = adit_session_path_of (plan->name);
    session->uid        = plan->uid;
    session->is_private = plan->is_private;
    session->profile    = plan->profile;
    session->schema     = plan->schema;
    session->given      = plan->given ? g_hash_table_ref (plan->given) : NULL;
    session->audience   = adit_audience_new (stage->bus, session->path, "org.adit.Daemon1.Tunnel");
    if (plan->asker)
        adit_audience_join (session->audience, plan->asker, plan->uid);
    expose (session);
    return session;
}

gpointer
adit_session_ref (gpointer session)
{
    return g_rc_box_acquire (session);
}

static void
session_clear (gpointer data)
{
    AditSession *session = data;

    session_forget_questions (session);
    adit_gather_free (session->gather);
    adit_core_tunnel_free (session->tunnel);
    adit_audience_free (session->audience);
    adit_door_close (session->face);
    g_clear_object (&session->face);
    g_clear_pointer (&session->given, g_hash_table_unref);
    adit_profile_free (session->profile);
    adit_schema_free (session->schema);
    g_free (session->name);
    g_free (session->path);
}

void
adit_session_unref (gpointer session)
{
    g_rc_box_release_full (session, session_clear);
}
