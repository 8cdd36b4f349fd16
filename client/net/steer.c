/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* steer.c - the rules as text.  A packet without a socket (the last acknowledgement of a connection
 * that its program has closed) goes the way of its connection, which bears the bits too. */
#include "client/net/steer.h"
#include "client/net/guard.h"
#include "client/net/nft.h"
#include <string.h>

enum { NAME_LENGTH_MAX = 1024 };

/* ---- which programs ---- */

/* Backslashes are systemd's own escapes; a quote would end nft's text, a star would mean more. */
static gboolean
can_be_said (const char *group)
{
    gsize len = strlen (group);

    if (len == 0 || len > NAME_LENGTH_MAX || group[0] == '/')
        return FALSE;
    for (gsize i = 0; i < len; i++)
        if (!g_ascii_isgraph (group[i]) || strchr ("\"*{}$;,'", group[i]))
            return FALSE;
    return TRUE;
}

static guint
depth (const char *group)
{
    guint n = 1;

    for (; *group; group++)
        n += *group == '/';
    return n;
}

/* Answers to somebody who called from outside go back the way they came. */
static void
put_apps (GString *text, const AditSteerSpec *spec, const char *const *apps, guint32 bit,
          const char *only)
{
    for (guint i = 0; apps && apps[i]; i++)
        if (can_be_said (apps[i]))
            adit_nft_put_rule (text, "apps", spec->name,
                               "%ssocket cgroupv2 level %u \"%s%s\" ct mark set ct mark | 0x%x "
                               "meta mark set meta mark | 0x%x accept",
                               only, depth (apps[i]), spec->root, apps[i], bit, bit);
}

char *
adit_steer_apps_text (const AditSteerSpec *spec)
{
    GString *text = g_string_new (NULL);

    adit_nft_put_chain (text, "apps", spec->name, "");
    put_apps (text, spec, spec->past_apps, spec->past, "");
    put_apps (text, spec, spec->through_apps, spec->through, "ct direction original ");
    return g_string_free (text, FALSE);
}

/* ---- marks ---- */

static void
put_connection (GString *text, const AditSteerSpec *spec, guint32 bit)
{
    adit_nft_put_rule (text, "split", spec->name,
                       "ct mark & 0x%x == 0x%x meta mark set meta mark | 0x%x accept", bit, bit,
                       bit);
}

static void
put_marks (GString *text, const AditSteerSpec *spec)
{
    adit_nft_put_chain (text, "split", spec->name,
                        "{ type route hook output priority mangle; policy accept; }");
    if (spec->mark)
        adit_nft_put_rule (text, "split", spec->name, "meta mark 0x%x accept", spec->mark);
    adit_nft_put_rule (text, "split", spec->name, "oifname \"lo\" accept");
    adit_nft_put_rule (text, "split", spec->name, "jump apps-%s", spec->name);
    put_connection (text, spec, spec->past);
    adit_nft_put_rule (
        text, "split", spec->name,
        "ct direction original ct mark & 0x%x == 0x%x meta mark set meta mark | 0x%x accept",
        spec->through, spec->through, spec->through);
}

/* ---- source addresses ---- */

static void
put_addresses (GString *text, const AditSteerSpec *spec)
{
    adit_nft_put_chain (text, "nat", spec->name,
                        "{ type nat hook postrouting priority srcnat; policy accept; }");
    for (guint family = 4; family <= 6; family += 2) {
        g_autofree char *own  = adit_nft_hosts (spec->addresses, family);
        const char      *word = adit_nft_word (family);

        if (own == NULL)
            continue;
        adit_nft_put_rule (text, "nat", spec->name,
                           "meta mark & 0x%x == 0x%x oifname != { \"%s\", \"lo\" } %s saddr %s "
                           "masquerade",
                           spec->past, spec->past, spec->device, word, own);
        adit_nft_put_rule (text, "nat", spec->name,
                           "meta mark & 0x%x == 0x%x oifname \"%s\" %s saddr != %s masquerade",
                           spec->through, spec->through, spec->device, word, own);
    }
}

char *
adit_steer_text (const AditSteerSpec *spec)
{
    GString *text = g_string_new (NULL);

    g_string_append_printf (text, "add chain " ADIT_NFT_TABLE " apps-%s\n", spec->name);
    put_marks (text, spec);
    put_addresses (text, spec);
    return g_string_free (text, FALSE);
}

/* ---- doing it ---- */

gboolean
adit_steer_apply (const char *lock, const char *text, GError **error)
{
    return adit_nft_add (lock, text, error);
}

gboolean
adit_steer_remove (const char *lock, const char *name, GError **error)
{
    static const char *const kinds[] = { "nat", "split", "apps" };
    g_autoptr (GString) text         = g_string_new (NULL);

    for (guint i = 0; i < G_N_ELEMENTS (kinds); i++) {
        g_autofree char *what = g_strdup_printf ("chain %s-%s", kinds[i], name);

        adit_nft_put_delete (text, what, "");
    }
    return adit_nft_drop (lock, ADIT_GUARD_KNOWN, NULL, text->str, error);
}
