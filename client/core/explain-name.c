/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* explain-name.c - which name servers are asked for a name, by what the tunnels of this host have
 * told whoever resolves names here; then where its addresses go. */
#include "client/core/domain.h"
#include "client/core/explain-parts.h"
#include <gio/gio.h>
#include <glib/gi18n.h>
#include <netinet/in.h>
#include <string.h>

enum { ADDRESSES_MAX = 16, DNS_PORT = 53 };

typedef struct {
    const AditFactsTunnel *tunnel; /* NULL: nobody of ours */
    const AditStep        *step;
    const char            *domain; /* that names it, or NULL: it is asked for all names */
} Resolver;

/* The longest domain wins, as in systemd-resolved; all names come last. */
static Resolver
choose (const AditFacts *facts, const char *name)
{
    Resolver best     = { 0 };
    gssize   best_len = -1;

    for (guint i = 0; i < facts->tunnels->len; i++) {
        const AditFactsTunnel *tunnel = facts->tunnels->pdata[i];
        const AditStep        *step   = adit_facts_step (tunnel, ADIT_STEP_DNS, NULL);

        for (char **domain = step ? step->domains : NULL; domain && *domain; domain++)
            if (adit_domain_holds (*domain, name) && (gssize) strlen (*domain) > best_len) {
                best_len = (gssize) strlen (*domain);
                best     = (Resolver){ tunnel, step, *domain };
            }
        if (step && step->exclusive && best_len < 0) {
            best_len = 0;
            best     = (Resolver){ tunnel, step, NULL };
        }
    }
    return best;
}

/* Names in /etc/hosts are answered from there; nobody is asked. */
static gboolean
is_in_hosts (const char *name)
{
    g_autofree char *text = NULL;
    g_auto (GStrv) lines  = NULL;

    if (!g_file_get_contents ("/etc/hosts", &text, NULL, NULL))
        return FALSE;
    lines = g_strsplit (text, "\n", -1);
    for (char **line = lines; *line; line++) {
        g_auto (GStrv) words = NULL;

        (*line)[strcspn (*line, "#")] = '\0';
        words                         = g_strsplit_set (*line, " \t\r", -1);
        for (char **word = words; *word && word[1]; word++)
            if (g_ascii_strcasecmp (word[1], name) == 0)
                return TRUE;
    }
    return FALSE;
}

static void
say (GPtrArray *sentences, const Resolver *r, const char *name, gboolean in_hosts)
{
    g_autofree char *servers = r->step ? g_strjoinv (", ", r->step->servers) : NULL;

    if (in_hosts)
        adit_explain_say (sentences, _ ("%s is in /etc/hosts, so no name server is asked."), name);
    else if (r->tunnel && r->domain)
        adit_explain_say (sentences,
                          _ ("For %s the name servers of the tunnel %s are asked (%s), because it "
                             "lies in the domain %s."),
                          name, r->tunnel->name, servers, r->domain);
    else if (r->tunnel)
        adit_explain_say (sentences,
                          _ ("For %s the name servers of the tunnel %s are asked (%s), as for all "
                             "names."),
                          name, r->tunnel->name, servers);
    else
        adit_explain_say (sentences,
                          _ ("For %s this machine's own name servers are asked; no tunnel claims "
                             "it."),
                          name);
}

static void
put_list (JsonBuilder *json, const char *key, char **texts)
{
    json_builder_set_member_name (json, key);
    json_builder_begin_array (json);
    for (char **text = texts; text && *text; text++)
        json_builder_add_string_value (json, *text);
    json_builder_end_array (json);
}

/* The question's own way: a name server may be past the tunnel, or behind a guard. */
static void
put_servers (JsonBuilder *json, const AditFacts *facts, const AditStep *step,
             const AditSender *sender)
{
    AditSender query = *sender;

    query.protocol = IPPROTO_UDP;
    query.port     = DNS_PORT;
    json_builder_set_member_name (json, "ways");
    json_builder_begin_array (json);
    for (char **server = step ? step->servers : NULL; server && *server; server++) {
        AditPrefix address;

        if (!adit_prefix_parse (*server, &address))
            continue;
        json_builder_begin_object (json);
        adit_explain_way (json, facts, address.family, address.address, &query);
        json_builder_end_object (json);
    }
    json_builder_end_array (json);
}

void
adit_explain_resolver (JsonBuilder *json, const AditFacts *facts, const char *name,
                       const AditSender *sender)
{
    gboolean   in_hosts  = is_in_hosts (name);
    Resolver   r         = in_hosts ? (Resolver){ 0 } : choose (facts, name);
    GPtrArray *sentences = g_ptr_array_new_with_free_func (g_free);

    json_builder_set_member_name (json, "resolver");
    json_builder_begin_object (json);
    adit_explain_text (json, "tunnel", r.tunnel ? r.tunnel->name : NULL);
    adit_explain_text (json, "domain", r.domain);
    adit_explain_text (json, "backend", in_hosts ? "hosts" : r.step ? r.step->name : NULL);
    put_list (json, "servers", r.step ? r.step->servers : NULL);
    put_servers (json, facts, r.step, sender);
    say (sentences, &r, name, in_hosts);
    adit_explain_sentences (json, sentences);
    json_builder_end_object (json);
}

static GList *
look_up (const char *name, GError **cause)
{
    g_autoptr (GResolver) resolver = g_resolver_get_default ();

    return g_resolver_lookup_by_name (resolver, name, NULL, cause);
}

void
adit_explain_name (JsonBuilder *json, const AditFacts *facts, const char *name,
                   const AditSender *sender)
{
    g_autoptr (GError) cause = NULL;
    GPtrArray *sentences     = g_ptr_array_new_with_free_func (g_free);
    GList     *found;
    guint      n = 0;

    adit_explain_resolver (json, facts, name, sender);
    found = look_up (name, &cause);
    json_builder_set_member_name (json, "addresses");
    json_builder_begin_array (json);
    for (GList *l = found; l && n < ADDRESSES_MAX; l = l->next, n++) {
        guint family = g_inet_address_get_family (l->data) == G_SOCKET_FAMILY_IPV4 ? 4 : 6;

        json_builder_begin_object (json);
        adit_explain_way (json, facts, family, g_inet_address_to_bytes (l->data), sender);
        json_builder_end_object (json);
    }
    json_builder_end_array (json);
    if (found == NULL)
        adit_explain_say (sentences, _ ("No address is known for %s."), name);
    adit_explain_sentences (json, sentences);
    g_resolver_free_addresses (found);
}
