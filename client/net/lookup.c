/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lookup.c - GResolver, and the choice among what it found. */
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
} Search;

static void
search_free (Search *search)
{
    g_free (search->host);
    g_clear_object (&search->cancel);
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

static void
choose (GList *addresses, const Search *search, AditEndpoint *out)
{
    for (GList *l = addresses; l; l = l->next) {
        AditRouteFound route;

        take (l->data, search->port, 0, out);
        if (adit_route_find (out->family, out->address, search->mark, &route, NULL))
            return;
    }
    take (addresses->data, search->port, 0, out);
}

static void
on_addresses (GObject *source, GAsyncResult *result, gpointer user)
{
    Search      *search = user;
    GError      *cause = NULL, *error = NULL;
    GList       *addresses = g_resolver_lookup_by_name_finish (G_RESOLVER (source), result, &cause);
    AditEndpoint endpoint;

    if (g_cancellable_is_cancelled (search->cancel)) {
        g_clear_error (&cause);
    } else if (addresses) {
        choose (addresses, search, &endpoint);
        search->done (search->user, &endpoint, NULL);
    } else {
        adit_fail_because (&error, cause, ADIT_ERROR_LOOKUP, _ ("No address is known for %s."),
                           search->host);
        search->done (search->user, NULL, error);
        g_clear_error (&error);
    }
    g_resolver_free_addresses (addresses);
    search_free (search);
}

void
adit_lookup (const char *host, guint16 port, guint32 mark, GCancellable *cancel,
             AditLookupDone done, gpointer user)
{
    g_autoptr (GResolver) resolver = NULL;
    AditEndpoint endpoint;
    Search      *search;

    if (adit_lookup_number (host, port, &endpoint)) {
        done (user, &endpoint, NULL);
        return;
    }
    search         = g_new0 (Search, 1);
    search->host   = g_strdup (host);
    search->port   = port;
    search->mark   = mark;
    search->cancel = cancel ? g_object_ref (cancel) : g_cancellable_new ();
    search->done   = done;
    search->user   = user;
    resolver       = g_resolver_get_default ();
    g_resolver_lookup_by_name_async (resolver, host, search->cancel, on_addresses, search);
}
