/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* plan-dns.c - which names are asked through a tunnel, and of whom. */
#include "client/core/plan-parts.h"
#include <glib/gi18n.h>

static char **
merge (char **profile, char **offered)
{
    GPtrArray *all = g_ptr_array_new ();

    for (guint i = 0; profile && profile[i]; i++)
        g_ptr_array_add (all, g_strdup (profile[i]));
    for (guint i = 0; offered && offered[i]; i++)
        if (profile == NULL || !g_strv_contains ((const char *const *) profile, offered[i]))
            g_ptr_array_add (all, g_strdup (offered[i]));
    g_ptr_array_add (all, NULL);
    return (char **) g_ptr_array_free (all, FALSE);
}

/* auto: all names when everything goes through the tunnel or no domain narrows it; else only the
 * tunnel's domains, so that it cannot shadow other names. */
void
adit_draft_plan_dns (AditDraft *draft)
{
    const char *mode           = adit_profile_get (draft->profile, "dns", "mode");
    g_auto (GStrv) own_servers = adit_profile_list (draft->profile, "dns", "servers");
    g_auto (GStrv) own_domains = adit_profile_list (draft->profile, "dns", "domains");
    gboolean  has_own          = own_servers && own_servers[0];
    AditStep *step;

    if (mode && g_str_equal (mode, "off"))
        return;
    if (!has_own && !draft->offer->dns[0])
        return;
    step          = adit_draft_add (draft, ADIT_STEP_DNS);
    step->index   = draft->facts->index;
    step->value   = g_strdup (draft->facts->interface);
    step->name    = g_strdup (draft->facts->dns_backend);
    step->servers = has_own ? g_strdupv (own_servers) : g_strdupv (draft->offer->dns);
    step->domains = merge (own_domains, draft->offer->domains);
    if (mode && g_str_equal (mode, "full"))
        step->exclusive = TRUE;
    else if (mode && g_str_equal (mode, "split"))
        step->exclusive = FALSE;
    else
        step->exclusive = adit_draft_has_default (draft->routes) || step->domains[0] == NULL;
    if (!step->exclusive && step->domains[0] == NULL)
        adit_draft_warn (draft,
                         _ ("No domain is given, so the tunnel's name servers are not asked."));
}
