/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lookup.c - GResolver, and the order among what it found. */
#include "client/net/lookup.h"
#include "client/net/route.h"
#include <glib/gi18n.h>
#include <string.h>

typedef struct {
    char          *host;
    guint16        port;
    guint32        mark;
    GCancellable  *cancel;
    AditLookupDone done;
    gpointer       user;
    GDestroyNotify free_user;
} Search;

static void
search_free (Search *search)
{
    g_free (search->host);
    g_clear_object (&search->cancel);
    if (search->free_user)
        search->free_user (search->user);
    g_free (search);
}

static void
take (GInetAddress *address, guint16 port, guint32 scope, AditEndpoint *out)
{
    *out        = (AditEndpoint){ .port = port, .scope = scope };
    out->family = g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV4 ? 4 : 6;
    memcpy (out->address, g_inet_address_to_bytes (address),
            g_inet_address_get_native_size (address));
}

gboolean
adit_lookup_number (const char *host, guint16 port, AditEndpoint *out)
{
    g_autoptr (GSocketAddress) socket = NULL;
    GInetSocketAddress *inet;

    if (!g_hostname_is_ip_address (host) && strchr (host, '%') == NULL)
        return FALSE;
    socket = g_inet_socket_address_new_from_string (host, port);
    if (socket == NULL)
        return FALSE;
    inet = G_INET_SOCKET_ADDRESS (socket);
    take (g_inet_socket_address_get_address (inet), port, 0, out);
    if (out->family == 6)
        out->scope = g_inet_socket_address_get_scope_id (inet);
    return TRUE;
}

static gboolean
has_route (const AditEndpoint *endpoint, guint32 mark)
{
    AditRouteFound route;

    return adit_route_find (endpoint->family, endpoint->address, mark, &route, NULL);
}

/* The next of that family (0: of any) from `from` on, or n. */
static guint
next_of (const AditEndpoint *all, guint n, guint from, guint8 family)
{
    while (from < n && family && all[from].family != family)
        from++;
    return from;
}

void
adit_lookup_interleave (AditEndpoint *all, guint n)
{
    for (guint i = 0; i + 1 < n; i++) {
        guint        other = next_of (all, n, i + 1, all[i].family == 4 ? 6 : 4);
        AditEndpoint taken;

        if (other == n)
            return;
        taken = all[other];
        memmove (&all[i + 2], &all[i + 1], (other - i - 1) * sizeof *all);
        all[i + 1] = taken;
    }
}

/* As the resolver sorted them (RFC 6724), those first that this machine has a route to. */
static guint
sort (GList *addresses, const Search *search, AditEndpoint *out)
{
    AditEndpoint far[ADIT_LOOKUP_MAX];
    guint        n = 0, n_far = 0;

    for (GList *l = addresses; l && n + n_far < ADIT_LOOKUP_MAX; l = l->next) {
        AditEndpoint one;

        take (l->data, search->port, 0, &one);
        if (has_route (&one, search->mark))
            out[n++] = one;
        else
            far[n_far++] = one;
    }
    adit_lookup_interleave (out, n);
    memcpy (out + n, far, n_far * sizeof *far);
    return n + n_far;
}

static void
on_addresses (GObject *source, GAsyncResult *result, gpointer user)
{
    Search      *search = user;
    GError      *cause = NULL, *error = NULL;
    GList       *addresses = g_resolver_lookup_by_name_finish (G_RESOLVER (source), result, &cause);
    AditEndpoint found[ADIT_LOOKUP_MAX];

    if (g_cancellable_is_cancelled (search->cancel)) {
        g_clear_error (&cause);
    } else if (addresses) {
        search->done (search->user, found, sort (addresses, search, found), NULL);
    } else {
        adit_fail_because (&error, cause, ADIT_ERROR_LOOKUP, _ ("No address is known for %s."),
                           search->host);
        search->done (search->user, NULL, 0, error);
        g_clear_error (&error);
    }
    g_resolver_free_addresses (addresses);
    search_free (search);
}

void
adit_lookup (const char *host, guint16 port, guint32 mark, GCancellable *cancel,
             AditLookupDone done, gpointer user, GDestroyNotify free_user)
{
    g_autoptr (GResolver) resolver = NULL;
    AditEndpoint endpoint;
    Search      *search;

    if (adit_lookup_number (host, port, &endpoint)) {
        done (user, &endpoint, 1, NULL);
        if (free_user)
            free_user (user);
        return;
    }
    search            = g_new0 (Search, 1);
    search->host      = g_strdup (host);
    search->port      = port;
    search->mark      = mark;
    search->cancel    = cancel ? g_object_ref (cancel) : g_cancellable_new ();
    search->done      = done;
    search->user      = user;
    search->free_user = free_user;
    resolver          = g_resolver_get_default ();
    g_resolver_lookup_by_name_async (resolver, host, search->cancel, on_addresses, search);
}
