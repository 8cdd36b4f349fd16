/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* secret.c - `adit secret set|forget`: in the person's own key ring for a profile of theirs, where
 * only root reads for one of this machine, by aditd when it is not root who asks. */
#include "client/base/secret.h"
#include "client/core/store.h"
#include "client/core/vault.h"
#include "ui-cli/bus.h"
#include "ui-cli/command.h"
#include "ui-cli/given.h"
#include "ui-cli/keyring.h"
#include "ui-cli/question.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    const char  *name;
    gboolean     is_root, is_own; /* a profile of the caller's own */
    AditProfile *profile;         /* NULL: not to be read by us */
    AditSchema  *schema;
    char        *section, *key; /* NULL: all */
    char        *dotted;
} Place;

static void
place_clear (Place *place)
{
    adit_profile_free (place->profile);
    adit_schema_free (place->schema);
    g_free (place->section);
    g_free (place->key);
    g_free (place->dotted);
}

static gboolean
find (Place *place, const char *name, const char *word, GError **error)
{
    g_autofree char *path = NULL;

    if (!adit_store_name_ok (name, error))
        return FALSE;
    path           = adit_store_path (name);
    place->name    = name;
    place->is_root = geteuid () == 0;
    place->is_own  = !place->is_root && g_file_test (path, G_FILE_TEST_EXISTS);
    /* One of this machine's cannot be read by others, so its keys are for aditd to judge. */
    if (word && (place->is_root || place->is_own)) {
        place->profile = adit_store_load (name, &place->schema, error);
        if (place->profile == NULL)
            return FALSE;
    }
    if (word &&
        !cli_given_key (word, place->profile, place->schema, &place->section, &place->key, error))
        return FALSE;
    if (word)
        place->dotted = g_strdup_printf ("%s.%s", place->section, place->key);
    return TRUE;
}

static gboolean
set_on_bus (const Place *place, const char *secret, GError **error)
{
    g_autoptr (GDBusConnection) bus = cli_bus_need (error);
    g_autoptr (GUnixFDList) fds     = g_unix_fd_list_new ();
    g_autoptr (GVariant) answer     = NULL;
    int fd                          = bus ? cli_bus_memfd (secret, strlen (secret), error) : -1;

    if (fd < 0)
        return FALSE;
    g_unix_fd_list_append (fds, fd, NULL);
    close (fd);
    answer = cli_bus_call (bus, CLI_BUS_TOP, "SetSecret",
                           g_variant_new ("(ssh)", place->name, place->dotted, 0), fds, error);
    return answer != NULL;
}

static gboolean
forget_on_bus (const Place *place, GError **error)
{
    g_autoptr (GDBusConnection) bus = cli_bus_need (error);
    g_autoptr (GVariant) answer     = NULL;

    if (bus)
        answer = cli_bus_call (
            bus, CLI_BUS_TOP, "ForgetSecret",
            g_variant_new ("(ss)", place->name, place->dotted ? place->dotted : ""), NULL, error);
    return answer != NULL;
}

/* The profile is to look for it there. */
static void
hint (const Place *place)
{
    g_autofree char *source = g_strconcat (place->key, "-source", NULL);
    const char      *now =
        place->profile ? adit_profile_get (place->profile, place->section, source) : "keyring";

    if (g_strcmp0 (now, "keyring") != 0)
        printf (_ ("It is used when the profile says so: adit set %s \"%s.%s=keyring\"\n"),
                place->name, place->section, source);
}

/* From the descriptor, when one was given; else the person is asked. */
static char *
obtain (const CliCall *call, const Place *place, GError **error)
{
    g_autofree char *text = NULL;

    if (call->secrets && call->secrets[0]) {
        g_autoptr (GPtrArray) given =
            cli_given_read (call->secrets, place->profile, place->schema, error);
        const CliSecret *first = given && given->len == 1 ? given->pdata[0] : NULL;

        if (first && strcmp (first->section, place->section) == 0 &&
            strcmp (first->key, place->key) == 0)
            return g_strdup (first->text);
        if (given)
            adit_fail (error, ADIT_ERROR_PROFILE,
                       _ ("--secret must give just the key that is to be set."));
        return NULL;
    }
    text = g_strdup_printf (_ ("%s of %s: "), place->dotted, place->name);
    return cli_ask (text, TRUE, error);
}

static gboolean
set (const CliCall *call, Place *place, GError **error)
{
    char    *secret = obtain (call, place, error);
    gboolean ok;

    if (secret == NULL)
        return FALSE;
    g_strchomp (secret);
    if (*secret == '\0')
        ok = adit_fail (error, ADIT_ERROR_SECRET, _ ("An empty secret is not kept."));
    else if (place->is_root)
        ok = adit_vault_keep (place->name, place->section, place->key, secret, error);
    else if (place->is_own)
        ok = cli_keyring_keep (place->name, place->dotted, secret, error);
    else
        ok = set_on_bus (place, secret, error);
    adit_wipe_string (secret);
    if (ok)
        hint (place);
    return ok;
}

static gboolean
forget (const Place *place, GError **error)
{
    if (place->is_root)
        return adit_vault_forget (place->name, place->section, place->key, error);
    if (place->is_own)
        return cli_keyring_forget (place->name, place->dotted, error);
    return forget_on_bus (place, error);
}

gboolean
cli_secret (const CliCall *call, GError **error)
{
    gboolean is_set = strcmp (call->words[0], "set") == 0;
    Place    place  = { 0 };
    gboolean ok;

    if (!is_set && strcmp (call->words[0], "forget") != 0)
        return adit_fail (error, ADIT_ERROR_PROFILE, _ ("“%s” is not one of set, forget."),
                          call->words[0]);
    if (is_set && call->n_words < 3)
        return adit_fail (error, ADIT_ERROR_PROFILE,
                          _ ("Say which secret: `adit secret set %s KEY`."), call->words[1]);
    ok = find (&place, call->words[1], call->n_words > 2 ? call->words[2] : NULL, error) &&
         (is_set ? set (call, &place, error) : forget (&place, error));
    place_clear (&place);
    return ok;
}
