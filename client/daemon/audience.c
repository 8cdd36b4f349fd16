/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* audience.c - unicast signals. */
#include "client/daemon/audience.h"
#include "client/daemon/departure.h"

typedef struct {
    AditAudience  *audience;
    char          *name;
    guint          uid;
    AditDeparture *departure;
} Member;

struct AditAudience {
    GDBusConnection *bus;
    char            *path, *interface;
    GHashTable      *members; /* name: Member */
};

static void
member_free (gpointer data)
{
    Member *member = data;

    adit_departure_free (member->departure);
    g_free (member->name);
    g_free (member);
}

static void
on_gone (gpointer user)
{
    Member *member = user;

    adit_audience_leave (member->audience, member->name);
}

gboolean
adit_audience_join (AditAudience *audience, const char *name, guint uid)
{
    Member *member;

    if (g_hash_table_contains (audience->members, name))
        return TRUE;
    if (g_hash_table_size (audience->members) >= ADIT_AUDIENCE_MAX)
        return FALSE;
    member            = g_new0 (Member, 1);
    member->audience  = audience;
    member->name      = g_strdup (name);
    member->uid       = uid;
    member->departure = adit_departure_new (audience->bus, name, on_gone, member);
    g_hash_table_insert (audience->members, member->name, member);
    return TRUE;
}

void
adit_audience_leave (AditAudience *audience, const char *name)
{
    g_hash_table_remove (audience->members, name);
}

void
adit_audience_tell_one (AditAudience *audience, const char *name, const char *signal,
                        GVariant *values)
{
    g_dbus_connection_emit_signal (audience->bus, name, audience->path, audience->interface, signal,
                                   values, NULL);
}

static void
tell (AditAudience *audience, gboolean all, guint uid, const char *signal, GVariant *values)
{
    g_autoptr (GVariant) held = g_variant_ref_sink (values);
    GHashTableIter iter;
    gpointer       value;

    g_hash_table_iter_init (&iter, audience->members);
    while (g_hash_table_iter_next (&iter, NULL, &value)) {
        const Member *member = value;

        if (all || member->uid == uid || member->uid == 0)
            adit_audience_tell_one (audience, member->name, signal, held);
    }
}

void
adit_audience_tell (AditAudience *audience, const char *signal, GVariant *values)
{
    tell (audience, TRUE, 0, signal, values);
}

void
adit_audience_tell_user (AditAudience *audience, guint uid, const char *signal, GVariant *values)
{
    tell (audience, FALSE, uid, signal, values);
}

AditAudience *
adit_audience_new (GDBusConnection *bus, const char *path, const char *interface)
{
    AditAudience *audience = g_new0 (AditAudience, 1);

    audience->bus       = g_object_ref (bus);
    audience->path      = g_strdup (path);
    audience->interface = g_strdup (interface);
    audience->members   = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, member_free);
    return audience;
}

void
adit_audience_free (AditAudience *audience)
{
    if (audience == NULL)
        return;
    g_hash_table_unref (audience->members);
    g_object_unref (audience->bus);
    g_free (audience->path);
    g_free (audience->interface);
    g_free (audience);
}
