/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* offer.c - what a worker says its tunnel achieved, judged for form before it is planned with. */
#include "client/core/plan.h"
#include <glib/gi18n.h>
#include <string.h>

static gboolean
is_domain (const char *text)
{
    gsize len = strlen (text);

    if (len == 0 || len > 253 || text[0] == '.' || text[0] == '-' || strstr (text, ".."))
        return FALSE;
    for (gsize i = 0; i < len; i++)
        if (!g_ascii_isalnum (text[i]) && strchr ("-._", text[i]) == NULL)
            return FALSE;
    return TRUE;
}

static gboolean
is_address (const char *text)
{
    AditPrefix prefix;

    return strchr (text, '/') == NULL && adit_prefix_parse (text, &prefix);
}

/* Link-local ones are a tunnel's to give. */
static gboolean
is_host (const AditPrefix *address)
{
    static const char *const never[] = { "0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/3",
                                         "::/128",    "::1/128",     "ff00::/8" };
    AditPrefix               host    = *address, range;

    host.length = host.family == 4 ? 32 : 128;
    for (guint i = 0; i < G_N_ELEMENTS (never); i++)
        if (adit_prefix_parse (never[i], &range) && adit_prefix_covers (&range, &host))
            return FALSE;
    return TRUE;
}

static gboolean
take (AditPlanOffer *offer, GPtrArray *dns, GPtrArray *domains, const char *text)
{
    AditPrefix prefix;

    switch (text[0]) {
    case 'a':
        if (!adit_prefix_parse (text + 1, &prefix) || !is_host (&prefix))
            return FALSE;
        g_array_append_val (offer->addresses, prefix);
        return TRUE;
    case 'r':
        if (!adit_prefix_parse (text + 1, &prefix))
            return FALSE;
        adit_prefix_mask (&prefix);
        g_array_append_val (offer->routes, prefix);
        return TRUE;
    case 'd':
        g_ptr_array_add (dns, g_strdup (text + 1));
        return is_address (text + 1);
    case 's':
        g_ptr_array_add (domains, g_strdup (text + 1));
        return is_domain (text + 1);
    default:
        return FALSE;
    }
}

static char **
to_list (GPtrArray *items)
{
    g_ptr_array_add (items, NULL);
    return (char **) g_ptr_array_free (items, FALSE);
}

AditPlanOffer *
adit_plan_offer_parse (char **texts, guint mtu, GError **error)
{
    AditPlanOffer *offer = g_new0 (AditPlanOffer, 1);
    GPtrArray     *dns = g_ptr_array_new (), *domains = g_ptr_array_new ();
    const char    *bad = NULL;

    offer->addresses = g_array_new (FALSE, FALSE, sizeof (AditPrefix));
    offer->routes    = g_array_new (FALSE, FALSE, sizeof (AditPrefix));
    offer->mtu       = mtu;
    for (guint i = 0; texts && texts[i] && bad == NULL; i++)
        if (!take (offer, dns, domains, texts[i]))
            bad = texts[i];
    offer->dns     = to_list (dns);
    offer->domains = to_list (domains);
    if (bad == NULL)
        return offer;
    adit_fail (error, ADIT_ERROR_MALFORMED, _ ("The tunnel offers \"%s\", which cannot be used."),
               bad);
    adit_plan_offer_free (offer);
    return NULL;
}

void
adit_plan_offer_free (AditPlanOffer *offer)
{
    if (offer == NULL)
        return;
    g_array_unref (offer->addresses);
    g_array_unref (offer->routes);
    g_strfreev (offer->dns);
    g_strfreev (offer->domains);
    g_free (offer);
}
