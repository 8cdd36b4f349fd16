/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* plan-dns.c - which names are asked through a tunnel, and of whom. */
#include "client/core/plan-parts.h"
#include "client/net/suffix.h"
#include <glib/gi18n.h>
#include <string.h>

enum {
    ZONES_MAX    = 128,
    ZONE_LEAST_4 = 8,  /* a shorter prefix is no network of somebody's, … */
    ZONE_LEAST_6 = 16, /* … and had too many zones */
};

/* ---- domains ---- */

/* As servers are asked for it; "." is the root.  Other notations have "~" or "." in front.  NULL:
 * no name, and perhaps a word of some resolver's configuration. */
static char *
tidy (const char *domain)
{
    g_autofree char *ascii = NULL;
    gsize            len;

    if (domain[0] == '~')
        domain++;
    if (domain[0] == '.' && domain[1])
        domain++;
    ascii = g_hostname_to_ascii (domain);
    len   = ascii ? strlen (ascii) : 0;
    while (len > 1 && ascii[len - 1] == '.')
        ascii[--len] = '\0';
    for (gsize i = 0; i < len; i++)
        if (!g_ascii_isalnum (ascii[i]) && strchr ("-._", ascii[i]) == NULL)
            return NULL;
    return len ? g_ascii_strdown (ascii, -1) : NULL;
}

static gboolean
is_known (const GPtrArray *names, const char *name)
{
    for (guint i = 0; i < names->len; i++)
        if (g_str_equal (names->pdata[i], name))
            return TRUE;
    return FALSE;
}

/* What belongs to everybody is not a tunnel's, unless everything is anyway.  Returns how many were
 * refused. */
static guint
take_domains (AditDraft *draft, GPtrArray *out, char **domains, gboolean is_full)
{
    guint refused = 0;

    for (guint i = 0; domains && domains[i]; i++) {
        g_autofree char *name = tidy (domains[i]);

        if (name == NULL) {
            adit_draft_warn (draft, _ ("The domain %s is not a name, so it is left out."),
                             domains[i]);
            refused++;
        } else if (!is_full && adit_suffix_is_public (name)) {
            adit_draft_warn (draft,
                             _ ("The domain %s is not one owner's, so its names are not asked "
                                "through the tunnel."),
                             name);
            refused++;
        } else if (!g_str_equal (name, ".") && !is_known (out, name)) {
            g_ptr_array_add (out, g_steal_pointer (&name));
        }
    }
    return refused;
}

static char **
to_list (GPtrArray *items)
{
    g_ptr_array_add (items, NULL);
    return (char **) g_ptr_array_free (items, FALSE);
}

/* ---- zones: the names of addresses (RFC 1035 3.5, RFC 3596 2.5) ---- */

/* As far as its labels go: `labels` of `bits` each, the last one counted on by `more`. */
static char *
zone_of (const AditPrefix *prefix, guint labels, guint bits, guint more)
{
    GString *zone = g_string_new (NULL);

    for (guint i = labels; i-- > 0;) {
        guint value =
            bits == 8 ? prefix->address[i] : prefix->address[i / 2] >> (i % 2 ? 0 : 4) & 15;

        if (i + 1 == labels)
            value += more;
        g_string_append_printf (zone, bits == 8 ? "%u." : "%x.", value);
    }
    g_string_append (zone, bits == 8 ? "in-addr.arpa" : "ip6.arpa");
    return g_string_free (zone, FALSE);
}

static void
take_zones (GPtrArray *out, const AditPrefix *prefix)
{
    AditPrefix network = *prefix;
    guint      bits    = prefix->family == 4 ? 8 : 4;
    guint      labels  = (prefix->length + bits - 1) / bits;

    if (prefix->length < (prefix->family == 4 ? ZONE_LEAST_4 : ZONE_LEAST_6))
        return;
    adit_prefix_mask (&network);
    for (guint more = 0; more < 1u << (labels * bits - prefix->length); more++) {
        g_autofree char *zone = zone_of (&network, labels, bits, more);

        if (out->len < ZONES_MAX && !is_known (out, zone))
            g_ptr_array_add (out, g_steal_pointer (&zone));
    }
}

static char **
zones_of (const AditDraft *draft)
{
    const GArray *addresses = draft->offer->addresses;
    GPtrArray    *zones     = g_ptr_array_new ();

    for (guint i = 0; i < addresses->len; i++)
        take_zones (zones, &g_array_index (addresses, AditPrefix, i));
    for (guint i = 0; i < draft->routes->len; i++)
        take_zones (zones, &g_array_index (draft->routes, AditPrefix, i));
    return to_list (zones);
}

/* ---- the step ---- */

static const char *
mode_of (const AditDraft *draft)
{
    const char *mode = adit_profile_get (draft->profile, "dns", "mode");

    return mode ? mode : "auto";
}

/* auto: all names when everything goes through the tunnel or no domain narrows it; else only the
 * tunnel's domains, so that it cannot shadow other names. */
static void
choose_domains (AditDraft *draft, AditStep *step)
{
    g_auto (GStrv) own     = adit_profile_list (draft->profile, "dns", "domains");
    g_auto (GStrv) through = adit_profile_list (draft->profile, "routing", "include-domain");
    const char *mode       = mode_of (draft);
    GPtrArray  *domains    = g_ptr_array_new ();
    gboolean    is_full    = adit_draft_has_default (draft->routes) || g_str_equal (mode, "full");
    guint       refused    = take_domains (draft, domains, own, is_full);

    refused += take_domains (draft, domains, through, is_full);
    refused += take_domains (draft, domains, draft->offer->domains, is_full);
    step->domains = to_list (domains);
    if (g_str_equal (mode, "auto"))
        step->exclusive = is_full || (step->domains[0] == NULL && refused == 0);
    else
        step->exclusive = g_str_equal (mode, "full");
    if (!step->exclusive && step->domains[0] == NULL)
        adit_draft_warn (draft,
                         _ ("No domain is given, so the tunnel's name servers are not asked."));
}

/* NULL: there is nothing to ask there. */
static const char *
choose_backend (AditDraft *draft, const AditStep *step)
{
    if (step->exclusive)
        return draft->facts->dns_backend;
    if (draft->facts->dns_split || step->domains[0] == NULL)
        return draft->facts->dns_split;
    adit_draft_warn (draft,
                     _ ("This machine cannot ask by domain, so the tunnel's name servers are asked "
                        "for every name first."));
    return draft->facts->dns_backend;
}

void
adit_draft_plan_dns (AditDraft *draft)
{
    g_auto (GStrv) own        = adit_profile_list (draft->profile, "dns", "servers");
    g_autoptr (AditStep) step = adit_step_new (ADIT_STEP_DNS);
    gboolean has_own          = own && own[0];

    if (g_str_equal (mode_of (draft), "off") || (!has_own && !draft->offer->dns[0]))
        return;
    step->index   = draft->facts->index;
    step->value   = g_strdup (draft->facts->interface);
    step->servers = has_own ? g_strdupv (own) : g_strdupv (draft->offer->dns);
    choose_domains (draft, step);
    step->name  = g_strdup (choose_backend (draft, step));
    step->zones = zones_of (draft);
    if (step->name)
        g_ptr_array_add (draft->plan->steps, g_steal_pointer (&step));
}
