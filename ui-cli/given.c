/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* given.c - descriptors to secrets. */
#include "ui-cli/given.h"
#include "client/base/secret.h"
#include "client/core/secrets.h"
#include <errno.h>
#include <glib/gi18n.h>
#include <string.h>
#include <unistd.h>

enum { GIVEN_MAX = 64 << 10 };

CliSecret *
cli_secret_new (const char *section, const char *key, char *text)
{
    CliSecret *secret = g_new0 (CliSecret, 1);

    secret->section = g_strdup (section);
    secret->key     = g_strdup (key);
    secret->text    = text;
    return secret;
}

void
cli_secret_free (gpointer data)
{
    CliSecret *secret = data;

    g_free (secret->section);
    g_free (secret->key);
    adit_wipe_string (secret->text);
    g_free (secret);
}

/* ---- keys ---- */

static const AditField *
field_of (const AditSchema *schema, const char *section, const char *key)
{
    for (const AditField *f = schema->fields; f && f->key; f++)
        if (adit_field_in (f, section) && adit_field_is_secret (f) && strcmp (f->key, key) == 0)
            return f;
    return NULL;
}

static char *
secret_names (const AditProfile *profile, const AditSchema *schema)
{
    g_auto (GStrv) sections  = adit_profile_sections (profile, NULL);
    g_autoptr (GString) list = g_string_new (NULL);

    for (char **section = sections; *section; section++)
        for (const AditField *f = schema->fields; f && f->key; f++)
            if (adit_field_in (f, *section) && adit_field_is_secret (f))
                g_string_append_printf (list, "%s%s.%s", list->len ? ", " : "", *section, f->key);
    return g_strdup (list->str);
}

static gboolean
fail_unknown (const char *word, const AditProfile *profile, const AditSchema *schema,
              GError **error)
{
    g_autofree char *names = secret_names (profile, schema);

    if (*names == '\0')
        return adit_fail (error, ADIT_ERROR_PROFILE,
                          _ ("“%s” is no secret of this profile, which has none; leave it out."),
                          word);
    return adit_fail (error, ADIT_ERROR_PROFILE,
                      _ ("“%s” is no secret of this profile; these are: %s."), word, names);
}

static gboolean
find_alone (const char *word, const AditProfile *profile, const AditSchema *schema, char **section,
            GError **error)
{
    g_auto (GStrv) sections = adit_profile_sections (profile, NULL);

    for (char **one = sections; *one; one++) {
        if (!field_of (schema, *one, word))
            continue;
        if (*section)
            return adit_fail (error, ADIT_ERROR_PROFILE,
                              _ ("Several sections have a `%s`; write it as \"%s.%s\"."), word,
                              *one, word);
        *section = g_strdup (*one);
    }
    return *section != NULL || fail_unknown (word, profile, schema, error);
}

gboolean
cli_given_key (const char *word, const AditProfile *profile, const AditSchema *schema,
               char **section, char **key, GError **error)
{
    const char *dot = strrchr (word, '.');

    *section = NULL;
    *key     = g_strdup (dot ? dot + 1 : word);
    if (dot == NULL && profile == NULL)
        return adit_fail (error, ADIT_ERROR_PROFILE,
                          _ ("Write the key with its section: SECTION.KEY."));
    if (dot == NULL)
        return find_alone (word, profile, schema, section, error);
    *section = g_strndup (word, (gsize) (dot - word));
    return profile == NULL || field_of (schema, *section, *key) ||
           fail_unknown (word, profile, schema, error);
}

gboolean
cli_given_fail_missing (const char *name, const char *dotted, GError **error)
{
    return adit_fail (error, ADIT_ERROR_SECRET,
                      _ ("%s is needed, and there is no terminal to ask on; give it with "
                         "`--secret \"%s=fd:3\"`, or keep it with `adit secret set %s \"%s\"`."),
                      dotted, dotted, name, dotted);
}

/* ---- descriptors ---- */

/* To its end, in secret memory. */
static char *
read_all (int fd, GError **error)
{
    char  *text = adit_secret_new (GIVEN_MAX);
    gsize  len  = 0;
    gssize n    = 1;

    while (n > 0 && len < GIVEN_MAX - 1) {
        n = read (fd, text + len, GIVEN_MAX - 1 - len);
        if (n < 0 && errno == EINTR)
            n = 1;
        else if (n > 0)
            len += (gsize) n;
    }
    if (n == 0 && len == strlen (text))
        return text;
    if (n < 0)
        adit_fail_errno (error, errno, ADIT_ERROR_SECRET,
                         _ ("Descriptor %d, which is to give a secret, cannot be read."), fd);
    else
        adit_fail (error, ADIT_ERROR_SECRET, _ ("What descriptor %d gives is not a secret."), fd);
    adit_secret_free (text);
    return NULL;
}

static gboolean
take_number (const char *text, int *fd, GError **error)
{
    guint64 number;

    if (g_ascii_string_to_unsigned (text, 10, 0, G_MAXINT32, &number, NULL)) {
        *fd = (int) number;
        return TRUE;
    }
    return adit_fail (error, ADIT_ERROR_PROFILE,
                      _ ("“%s” is no descriptor; write --secret KEY=fd:3 or --secrets-fd 3."),
                      text);
}

typedef struct {
    const AditProfile *profile;
    const AditSchema  *schema;
    GPtrArray         *all;
} Given;

static gboolean
add (const Given *given, const char *word, const char *text, GError **error)
{
    CliSecret *secret = g_new0 (CliSecret, 1);

    g_ptr_array_add (given->all, secret);
    secret->text = g_strdup (text);
    return cli_given_key (word, given->profile, given->schema, &secret->section, &secret->key,
                          error);
}

/* "KEY=fd:3" */
static gboolean
take_one (const Given *given, const char *wish, GError **error)
{
    const char      *equals = strchr (wish, '=');
    g_autofree char *word   = NULL;
    char            *text;
    gboolean         ok;
    int              fd;

    if (equals == NULL || !g_str_has_prefix (equals + 1, "fd:"))
        return adit_fail (error, ADIT_ERROR_PROFILE,
                          _ ("--secret is used like this: --secret KEY=fd:3, and the secret comes "
                             "on that descriptor."));
    word = g_strndup (wish, (gsize) (equals - wish));
    if (!take_number (equals + 1 + strlen ("fd:"), &fd, error) || !(text = read_all (fd, error)))
        return FALSE;
    ok = add (given, word, text, error);
    adit_secret_free (text);
    return ok;
}

/* Lines of KEY=SECRET. */
static gboolean
take_lines (const Given *given, const char *number, GError **error)
{
    gboolean ok = TRUE;
    char    *text, *next;
    int      fd;

    if (!take_number (number, &fd, error) || !(text = read_all (fd, error)))
        return FALSE;
    for (char *line = text; ok && line && *line; line = next) {
        char *equals;

        next = strchr (line, '\n');
        if (next)
            *next++ = '\0';
        equals = strchr (line, '=');
        if (equals == NULL) {
            ok = adit_fail (error, ADIT_ERROR_SECRET,
                            _ ("Each line of --secrets-fd is KEY=SECRET; one is not."));
            break;
        }
        *equals = '\0';
        ok      = add (given, line, equals + 1, error);
    }
    adit_secret_free (text);
    return ok;
}

GPtrArray *
cli_given_read (const char *const *wishes, const AditProfile *profile, const AditSchema *schema,
                GError **error)
{
    g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func (cli_secret_free);
    const Given given         = { profile, schema, all };

    for (; wishes && *wishes; wishes++)
        if (!(strchr (*wishes, '=') ? take_one (&given, *wishes, error)
                                    : take_lines (&given, *wishes, error)))
            return NULL;
    return g_steal_pointer (&all);
}

gboolean
cli_given_apply (const GPtrArray *given, AditProfile *profile, const AditSchema *schema,
                 GError **error)
{
    for (guint i = 0; i < given->len; i++) {
        const CliSecret *secret = given->pdata[i];
        AditSecretNeed   need = { secret->section, field_of (schema, secret->section, secret->key),
                                  NULL };

        if (!adit_secrets_give (profile, &need, secret->text, error))
            return FALSE;
    }
    return TRUE;
}
