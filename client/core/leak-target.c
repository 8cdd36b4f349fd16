/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* leak-target.c - reads a tunnel's status (docs/status.md), and chooses whom to send to: addresses
 * for documentation where everything goes through the tunnel, else one of a carried network. */
#include "client/core/leak-target.h"
#include "client/core/json.h"
#include "client/core/plan.h"
#include "client/core/remote.h"
#include "client/net/link.h"
#include "client/net/route.h"
#include <glib/gi18n.h>
#include <string.h>

/* RFC 5737, RFC 3849 */
#define ANYBODY4 "203.0.113.9"
#define ANYBODY6 "2001:db8:ad17::9"

/* ---- what it carries ---- */

static void
choose_host (const AditPrefix *route, AditPrefix *host)
{
    if (host->family)
        return;
    *host = *route;
    if (route->length <= (route->family == 4 ? 28 : 124))
        host->address[route->family == 4 ? 3 : 15] |= 9;
    host->length = route->family == 4 ? 32 : 128;
}

static void
take_route (AditLeakTarget *target, const char *text)
{
    AditPrefix route;

    if (text == NULL || !adit_prefix_parse (text, &route))
        return;
    if (route.family == 4) {
        target->carries4 = TRUE;
        target->full4 |= route.length <= 1;
    } else {
        target->carries6 = TRUE;
    }
    if (route.length <= 1)
        adit_prefix_parse (route.family == 4 ? ANYBODY4 : ANYBODY6,
                           route.family == 4 ? &target->host4 : &target->host6);
    else
        choose_host (&route, route.family == 4 ? &target->host4 : &target->host6);
}

static void
take_routes (AditLeakTarget *target, JsonNode *status)
{
    JsonArray *routes = adit_json_array (adit_json_member (status, "routes"));

    for (guint i = 0; routes && i < json_array_get_length (routes); i++)
        take_route (target, adit_json_text (json_array_get_element (routes, i)));
    if (target->host4.family == 0)
        adit_prefix_parse (ANYBODY4, &target->host4);
    if (target->host6.family == 0)
        adit_prefix_parse (ANYBODY6, &target->host6);
}

static void
take_addresses (AditLeakTarget *target, JsonNode *status)
{
    JsonArray *addresses = adit_json_array (adit_json_member (status, "addresses"));

    for (guint i = 0; addresses && i < json_array_get_length (addresses); i++) {
        const char *text = adit_json_text (json_array_get_element (addresses, i));
        AditPrefix  address;

        if (text && adit_prefix_parse (text, &address) && address.family == 4 &&
            target->own4.family == 0)
            target->own4 = address;
    }
}

static void
take_gateway (AditLeakTarget *target, const char *text)
{
    AditEndpoint   endpoint;
    AditRouteFound way;

    if (text == NULL || !adit_endpoint_parse (text, &endpoint))
        return;
    g_array_append_val (target->gateways, endpoint);
    if (target->uplink == NULL &&
        adit_route_find (endpoint.family, endpoint.address, ADIT_PLAN_MARK, &way, NULL) &&
        way.index != target->index)
        target->uplink = adit_link_name (way.index);
}

/* With a guard, which pins them; without one every program asks whom it likes. */
static void
take_names (AditLeakTarget *target, JsonNode *status)
{
    JsonNode  *dns     = adit_json_member (status, "dns");
    JsonArray *servers = adit_json_array (adit_json_member (dns, "servers"));

    target->asks_only_its_own = target->full4 && servers && json_array_get_length (servers) &&
                                adit_json_flag (adit_json_member (dns, "exclusive"));
}

static void
take_others (AditLeakTarget *target)
{
    g_auto (GStrv) names = adit_remote_list ();
    guint loopback       = adit_link_index ("lo");

    g_array_append_val (target->inside, loopback);
    for (guint i = 0; names[i]; i++) {
        g_autofree char *text       = adit_remote_status (names[i], NULL);
        g_autoptr (JsonNode) status = text ? json_from_string (text, NULL) : NULL;
        const char *device          = adit_json_text (adit_json_member (status, "interface"));
        guint       index           = device ? adit_link_index (device) : 0;

        if (index)
            g_array_append_val (target->inside, index);
    }
}

/* ---- the door ---- */

static gboolean
take (AditLeakTarget *target, JsonNode *status, GError **error)
{
    const char *device = adit_json_text (adit_json_member (status, "interface"));
    gint64      worker;
    const char *mode =
        adit_json_text (adit_json_member (adit_json_member (status, "guard"), "mode"));

    if (g_strcmp0 (adit_json_text (adit_json_member (status, "state")), "up") != 0 ||
        device == NULL)
        return adit_fail (error, ADIT_ERROR_PROFILE, _ ("The tunnel %s is not up yet."),
                          target->name);
    target->guard = g_strdup (mode ? mode : "off");
    target->index = adit_link_index (device);
    if (adit_json_number (adit_json_member (status, "worker-pid"), &worker))
        target->worker = (int) worker;
    take_routes (target, status);
    take_addresses (target, status);
    take_gateway (target, adit_json_text (adit_json_member (status, "endpoint")));
    take_names (target, status);
    take_others (target);
    return TRUE;
}

static char *
only_one (GError **error)
{
    g_auto (GStrv) names = adit_remote_list ();

    if (names[0] == NULL)
        adit_fail (error, ADIT_ERROR_PROFILE, _ ("No tunnel is up."));
    else if (names[1])
        adit_fail (error, ADIT_ERROR_PROFILE, _ ("Several tunnels are up; name one of them."));
    else
        return g_strdup (names[0]);
    return NULL;
}

AditLeakTarget *
adit_leak_target_new (const char *name, GError **error)
{
    g_autoptr (AditLeakTarget) target = g_new0 (AditLeakTarget, 1);
    g_autoptr (JsonNode) status       = NULL;
    g_autofree char *text             = NULL;

    target->inside   = g_array_new (FALSE, FALSE, sizeof (guint));
    target->gateways = g_array_new (FALSE, FALSE, sizeof (AditEndpoint));
    target->name     = name ? g_strdup (name) : only_one (error);
    text             = target->name ? adit_remote_status (target->name, error) : NULL;
    if (text == NULL)
        return NULL;
    status = json_from_string (text, NULL);
    if (status == NULL || !JSON_NODE_HOLDS_OBJECT (status)) {
        adit_fail (error, ADIT_ERROR_SYSTEM, _ ("The tunnel %s does not answer."), target->name);
        return NULL;
    }
    if (!take (target, status, error))
        return NULL;
    return g_steal_pointer (&target);
}

void
adit_leak_target_free (AditLeakTarget *target)
{
    if (target == NULL)
        return;
    g_array_unref (target->inside);
    g_array_unref (target->gateways);
    g_free (target->name);
    g_free (target->guard);
    g_free (target->uplink);
    g_free (target);
}

gboolean
adit_leak_target_is_inside (const AditLeakTarget *target, guint index)
{
    for (guint i = 0; i < target->inside->len; i++)
        if (g_array_index (target->inside, guint, i) == index)
            return TRUE;
    return FALSE;
}
