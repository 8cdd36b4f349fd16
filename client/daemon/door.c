/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* door.c - peers of the bus and the users behind them.  A peer is forgotten when it leaves the bus,
 * a user when none of its calls is left and its right to a burst is whole again. */
#include "client/daemon/door.h"
#include "client/daemon/departure.h"
#include <glib/gi18n.h>
#include <malloc.h>

enum { WAITING = 32, PEERS = 512, USERS = 256, PATIENCE_MS = 10000, GONE_MS = 200 };

typedef struct {
    guint  uid, pending;
    guint  tokens;
    gint64 at_us; /* when they were counted */
} User;

typedef struct {
    AditDoor      *door;
    char          *name;
    gboolean       known; /* uid and pid are; until then calls wait */
    guint          uid, pid;
    GQueue         waiting; /* AditCall */
    AditDeparture *departure;
} Peer;

struct AditDoor {
    GDBusConnection *bus;
    AditRest        *rest;
    GCancellable    *cancel;
    guint            filter; /* id */
    GHashTable      *peers;  /* name: Peer */
    GHashTable      *users;  /* uid: User */
};

struct AditCallParts {
    AditDoor  *door;
    User      *user; /* NULL until it is known */
    AditCallFn fn;
};

/* ---- the end of a call ---- */

static void
call_free (AditCall *call)
{
    if (call->parts->user)
        call->parts->user->pending--;
    adit_rest_release (call->parts->door->rest);
    if (call->free_data)
        call->free_data (call->data);
    g_free (call->sender);
    g_free (call->parts);
    g_free (call);
}

void
adit_call_return (AditCall *call, GVariant *value)
{
    g_dbus_method_invocation_return_value (g_steal_pointer (&call->invocation), value);
    call_free (call);
}

void
adit_call_fail (AditCall *call, GError *error)
{
    adit_fault_return (g_steal_pointer (&call->invocation), error);
    call_free (call);
}

void
adit_call_refuse (AditCall *call, AditFault fault, const char *sentence)
{
    adit_fault_return_call (g_steal_pointer (&call->invocation), fault, sentence);
    call_free (call);
}

GVariant *
adit_call_arguments (const AditCall *call)
{
    return g_dbus_method_invocation_get_parameters (call->invocation);
}

GUnixFDList *
adit_call_fds (const AditCall *call)
{
    return g_dbus_message_get_unix_fd_list (
        g_dbus_method_invocation_get_message (call->invocation));
}

/* ---- users ---- */

static gboolean
is_idle (gpointer key G_GNUC_UNUSED, gpointer value, gpointer now)
{
    const User *user = value;

    return user->pending == 0 &&
           *(gint64 *) now - user->at_us > ADIT_DOOR_BURST / ADIT_DOOR_RATE * G_USEC_PER_SEC;
}

/* NULL: too many users at once, which are forgotten when they are silent. */
static User *
find_user (AditDoor *door, guint uid)
{
    User  *user = g_hash_table_lookup (door->users, GUINT_TO_POINTER (uid));
    gint64 now  = g_get_monotonic_time ();

    if (user)
        return user;
    g_hash_table_foreach_remove (door->users, is_idle, &now);
    if (g_hash_table_size (door->users) >= USERS && uid != 0)
        return NULL;
    user         = g_new0 (User, 1);
    user->uid    = uid;
    user->tokens = ADIT_DOOR_BURST;
    user->at_us  = now;
    g_hash_table_insert (door->users, GUINT_TO_POINTER (uid), user);
    return user;
}

static gboolean
take_token (User *user)
{
    gint64 now   = g_get_monotonic_time ();
    gint64 fresh = (now - user->at_us) * ADIT_DOOR_RATE / G_USEC_PER_SEC;

    if (fresh > 0) {
        user->tokens = (guint) MIN (user->tokens + fresh, (gint64) ADIT_DOOR_BURST);
        user->at_us  = now;
    }
    if (user->tokens == 0)
        return FALSE;
    user->tokens--;
    return TRUE;
}

/* ---- peers ---- */

static void
peer_free (gpointer data)
{
    Peer     *peer = data;
    AditCall *call;

    adit_departure_free (peer->departure);
    while ((call = g_queue_pop_head (&peer->waiting)))
        adit_call_refuse (call, ADIT_FAULT_DENIED, _ ("It is not known who calls; try again."));
    g_free (peer->name);
    g_free (peer);
}

static void
on_gone (gpointer user)
{
    Peer *peer = user;

    g_hash_table_remove (peer->door->peers, peer->name);
}

/* The user is known: may it call now? */
static void
admit (AditCall *call, const Peer *peer)
{
    User *user = find_user (peer->door, peer->uid);

    call->uid = peer->uid;
    call->pid = peer->pid;
    if (user == NULL || (user->pending >= ADIT_DOOR_PENDING && peer->uid != 0)) {
        adit_call_refuse (call, ADIT_FAULT_LIMIT,
                          _ ("Too many calls wait for an answer already; wait for one."));
        return;
    }
    if (!take_token (user) && peer->uid != 0) {
        adit_call_refuse (call, ADIT_FAULT_LIMIT,
                          _ ("Too many calls in a short time; try again in a few seconds."));
        return;
    }
    call->parts->user = user;
    user->pending++;
    call->parts->fn (call);
}

static gboolean
read_credentials (GVariant *answer, Peer *peer)
{
    g_autoptr (GVariant) values = g_variant_get_child_value (answer, 0);

    g_variant_lookup (values, "ProcessID", "u", &peer->pid);
    return g_variant_lookup (values, "UnixUserID", "u", &peer->uid);
}

typedef struct {
    AditDoor *door;
    char     *name;
} Inquiry;

static void
on_credentials (GObject *source, GAsyncResult *result, gpointer data)
{
    g_autofree Inquiry *inquiry = data;
    g_autofree char    *name    = inquiry->name;
    g_autoptr (GError) error    = NULL;
    g_autoptr (GVariant) answer =
        g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
    Peer     *peer;
    AditCall *call;

    if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    peer = g_hash_table_lookup (inquiry->door->peers, name);
    if (peer == NULL)
        return;
    if (answer == NULL || !read_credentials (answer, peer)) {
        g_hash_table_remove (inquiry->door->peers, name);
        return;
    }
    peer->known = TRUE;
    while ((call = g_queue_pop_head (&peer->waiting)))
        admit (call, peer);
}

static void
ask_who (Peer *peer)
{
    Inquiry *inquiry = g_new0 (Inquiry, 1);

    inquiry->door = peer->door;
    inquiry->name = g_strdup (peer->name);
    g_dbus_connection_call (
        peer->door->bus, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
        "GetConnectionCredentials", g_variant_new ("(s)", peer->name), G_VARIANT_TYPE ("(a{sv})"),
        G_DBUS_CALL_FLAGS_NONE, PATIENCE_MS, peer->door->cancel, on_credentials, inquiry);
}

/* Whoever has nothing to wait for is soon known again. */
static void
make_room (AditDoor *door)
{
    GHashTableIter iter;
    gpointer       value;

    g_hash_table_iter_init (&iter, door->peers);
    while (g_hash_table_iter_next (&iter, NULL, &value))
        if (((Peer *) value)->known) {
            g_hash_table_iter_remove (&iter);
            return;
        }
}

/* The subscription goes out before the question, so a peer that leaves meanwhile is not missed. */
static Peer *
find_peer (AditDoor *door, const char *name)
{
    Peer *peer = g_hash_table_lookup (door->peers, name);

    if (peer)
        return peer;
    if (g_hash_table_size (door->peers) >= PEERS)
        make_room (door);
    if (g_hash_table_size (door->peers) >= PEERS)
        return NULL;
    peer            = g_new0 (Peer, 1);
    peer->door      = door;
    peer->name      = g_strdup (name);
    peer->departure = adit_departure_new (door->bus, name, on_gone, peer);
    g_hash_table_insert (door->peers, peer->name, peer);
    ask_who (peer);
    return peer;
}

/* Takes invocation, and what call->data holds by then. */
static void
enter (AditDoor *door, AditCall *call, AditCallFn fn, GDBusMethodInvocation *invocation)
{
    Peer *peer;

    adit_rest_hold (door->rest);
    call->parts       = g_new0 (struct AditCallParts, 1);
    call->parts->door = door;
    call->parts->fn   = fn;
    call->invocation  = invocation;
    call->sender      = g_strdup (g_dbus_method_invocation_get_sender (invocation));
    peer              = find_peer (door, call->sender);
    if (peer == NULL || g_queue_get_length (&peer->waiting) >= WAITING)
        adit_call_refuse (call, ADIT_FAULT_LIMIT,
                          _ ("Too many calls in a short time; try again in a few seconds."));
    else if (peer->known)
        admit (call, peer);
    else
        g_queue_push_tail (&peer->waiting, call);
}

/* ---- methods ---- */

typedef struct {
    AditDoor      *door;
    AditCallFn     fn;
    AditDoorObject object;
} Route;

/* Connected with the skeleton last, and the method's arguments before it, which are read later. */
static gboolean
on_method (const Route *route, GDBusMethodInvocation *invocation)
{
    const AditDoorObject *object = &route->object;
    AditCall             *call   = g_new0 (AditCall, 1);

    call->data      = object->hold ? object->hold (object->data) : object->data;
    call->free_data = object->release;
    enter (route->door, call, route->fn, invocation);
    return TRUE;
}

static void
route_free (gpointer route, GClosure *closure G_GNUC_UNUSED)
{
    g_free (route);
}

void
adit_door_serve (AditDoor *door, gpointer skeleton, const AditDoorObject *object)
{
    for (const AditMethod *method = object->methods; method->signal; method++) {
        Route *route = g_new0 (Route, 1);

        *route = (Route){ door, method->fn, *object };
        g_signal_connect_data (skeleton, method->signal, G_CALLBACK (on_method), route, route_free,
                               G_CONNECT_SWAPPED);
    }
}

void
adit_door_close (gpointer skeleton)
{
    g_signal_handlers_disconnect_matched (skeleton, G_SIGNAL_MATCH_FUNC, 0, 0, NULL,
                                          (gpointer) (void (*) (void)) on_method, NULL);
}

/* ---- what is too large ---- */

static gboolean
on_large_gone (gpointer user G_GNUC_UNUSED)
{
    malloc_trim (0);
    return G_SOURCE_REMOVE;
}

static void
turn_away (GDBusConnection *bus, GDBusMessage *message)
{
    g_autoptr (GDBusMessage) reply = NULL;

    if (g_dbus_message_get_message_type (message) != G_DBUS_MESSAGE_TYPE_METHOD_CALL)
        return;
    reply = g_dbus_message_new_method_error_literal (
        message, "org.freedesktop.DBus.Error.LimitsExceeded",
        _ ("The call is too large; give less at a time."));
    g_dbus_connection_send_message (bus, reply, G_DBUS_SEND_MESSAGE_FLAGS_NONE, NULL, NULL);
}

/* Runs in GDBus' own thread.  What such a message took is given back once
 * it is freed, since nobody else would. */
static GDBusMessage *
on_message (GDBusConnection *bus, GDBusMessage *message, gboolean incoming,
            gpointer user G_GNUC_UNUSED)
{
    GVariant *body = incoming ? g_dbus_message_get_body (message) : NULL;

    if (body == NULL || g_variant_get_size (body) <= ADIT_DOOR_BYTES)
        return message;
    turn_away (bus, message);
    g_object_unref (message);
    g_timeout_add (GONE_MS, on_large_gone, NULL);
    return NULL;
}

/* ---- rights ---- */

static void
on_verdict (gpointer data, AditFault fault, const char *sentence)
{
    AditCall *call = data;

    if (sentence)
        adit_call_refuse (call, fault, sentence);
    else
        call->parts->fn (call);
}

void
adit_call_check (AditCall *call, AditAction action, AditCallFn fn)
{
    GDBusMessage *message = g_dbus_method_invocation_get_message (call->invocation);
    gboolean      may_ask = (g_dbus_message_get_flags (message) &
                        G_DBUS_MESSAGE_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION) != 0;

    call->parts->fn = fn;
    if (call->uid == 0)
        fn (call);
    else
        adit_authority_check (call->parts->door->bus, call->sender, action, may_ask, on_verdict,
                              call);
}

AditDoor *
adit_door_new (GDBusConnection *bus, AditRest *rest)
{
    AditDoor *door = g_new0 (AditDoor, 1);

    door->bus    = g_object_ref (bus);
    door->rest   = rest;
    door->cancel = g_cancellable_new ();
    door->filter = g_dbus_connection_add_filter (bus, on_message, NULL, NULL);
    door->peers  = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, peer_free);
    door->users  = g_hash_table_new_full (NULL, NULL, NULL, g_free);
    return door;
}

void
adit_door_free (AditDoor *door)
{
    g_cancellable_cancel (door->cancel);
    g_dbus_connection_remove_filter (door->bus, door->filter);
    g_hash_table_unref (door->peers);
    g_hash_table_unref (door->users);
    g_object_unref (door->cancel);
    g_object_unref (door->bus);
    g_free (door);
}
