/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* profile.c - what a profile holds: sections and keys in order, found by name, with the comments
 * around them, so that changing one key leaves the rest of a person's file as it was. */
#include "client/base/profile.h"
#include "client/base/profile-parts.h"
#include "client/base/secret.h"
#include "client/base/value.h"
#include <string.h>

static void
entry_free (gpointer data)
{
    AditEntry *entry = data;

    g_free (entry->key);
    adit_wipe_string (entry->value);
    adit_wipe_string (entry->above);
    adit_wipe_string (entry->behind);
    g_free (entry);
}

static void
section_free (gpointer data)
{
    AditSection *section = data;

    g_hash_table_unref (section->by_key);
    g_ptr_array_unref (section->entries);
    g_free (section->name);
    adit_wipe_string (section->above);
    adit_wipe_string (section->behind);
    g_free (section);
}

AditProfile *
adit_profile_new (void)
{
    AditProfile *profile = g_new0 (AditProfile, 1);

    profile->sections = g_ptr_array_new_with_free_func (section_free);
    profile->by_name  = g_hash_table_new (g_str_hash, g_str_equal);
    return profile;
}

void
adit_profile_free (AditProfile *profile)
{
    if (profile == NULL)
        return;
    g_hash_table_unref (profile->by_name);
    g_ptr_array_unref (profile->sections);
    adit_wipe_string (profile->below);
    g_free (profile->file);
    g_free (profile);
}

AditSection *
adit_profile_find (const AditProfile *profile, const char *name)
{
    return g_hash_table_lookup (profile->by_name, name);
}

AditSection *
adit_profile_add_section (AditProfile *profile, const char *name, guint line)
{
    AditSection *section = g_new0 (AditSection, 1);

    section->name    = g_strdup (name);
    section->line    = line;
    section->entries = g_ptr_array_new_with_free_func (entry_free);
    section->by_key  = g_hash_table_new (g_str_hash, g_str_equal);
    g_ptr_array_add (profile->sections, section);
    g_hash_table_insert (profile->by_name, section->name, section);
    return section;
}

AditEntry *
adit_section_add (AditSection *section, char *key, char *value, guint line)
{
    AditEntry *entry = g_new0 (AditEntry, 1);

    entry->key   = key;
    entry->value = value;
    entry->line  = line;
    g_ptr_array_add (section->entries, entry);
    g_hash_table_insert (section->by_key, entry->key, entry);
    return entry;
}

static AditEntry *
find_entry (const AditProfile *profile, const char *name, const char *key)
{
    AditSection *section = adit_profile_find (profile, name);

    return section ? g_hash_table_lookup (section->by_key, key) : NULL;
}

const char *
adit_profile_get (const AditProfile *profile, const char *section, const char *key)
{
    AditEntry *entry = find_entry (profile, section, key);

    return entry ? entry->value : NULL;
}

guint
adit_profile_line (const AditProfile *profile, const char *name, const char *key)
{
    AditSection *section = adit_profile_find (profile, name);
    AditEntry   *entry   = section && key ? g_hash_table_lookup (section->by_key, key) : NULL;

    if (entry)
        return entry->line;
    return section ? section->line : 0;
}

char *
adit_place_format (const char *file, guint line)
{
    if (file && line)
        return g_strdup_printf ("%s:%u", file, line);
    if (line)
        return g_strdup_printf ("line %u", line);
    return g_strdup (file ? file : "profile");
}

char *
adit_profile_place (const AditProfile *profile, const char *section, const char *key)
{
    return adit_place_format (profile->file, adit_profile_line (profile, section, key));
}

static void
remove_key (AditProfile *profile, const char *name, const char *key)
{
    AditSection *section = adit_profile_find (profile, name);
    AditEntry   *entry   = section ? g_hash_table_lookup (section->by_key, key) : NULL;

    if (entry == NULL)
        return;
    g_hash_table_remove (section->by_key, key);
    g_ptr_array_remove (section->entries, entry);
    if (section->entries->len > 0)
        return;
    g_hash_table_remove (profile->by_name, name);
    g_ptr_array_remove (profile->sections, section);
}

void
adit_profile_set (AditProfile *profile, const char *name, const char *key, const char *value)
{
    AditSection *section = adit_profile_find (profile, name);
    AditEntry   *entry;

    if (value == NULL) {
        remove_key (profile, name, key);
        return;
    }
    if (section == NULL)
        section = adit_profile_add_section (profile, name, 0);
    entry = g_hash_table_lookup (section->by_key, key);
    if (entry) {
        char *old = entry->value;

        entry->value = g_strdup (value);
        adit_wipe_string (old);
    } else
        adit_section_add (section, g_strdup (key), g_strdup (value), 0);
}

guint64
adit_profile_number (const AditProfile *profile, const char *section, const char *key,
                     guint64 fallback)
{
    const char *value = adit_profile_get (profile, section, key);
    guint64     number;

    return value && adit_value_number (value, &number) ? number : fallback;
}

gboolean
adit_profile_flag (const AditProfile *profile, const char *section, const char *key,
                   gboolean fallback)
{
    const char *value = adit_profile_get (profile, section, key);
    gboolean    flag;

    return value && adit_value_flag (value, &flag) ? flag : fallback;
}

char **
adit_profile_list (const AditProfile *profile, const char *section, const char *key)
{
    const char *value = adit_profile_get (profile, section, key);

    return adit_value_list (value ? value : "");
}

gboolean
adit_profile_key (const AditProfile *profile, const char *section, const char *key, guint8 *out,
                  gsize size)
{
    const char *value = adit_profile_get (profile, section, key);

    return value && adit_value_key (value, out, size);
}

static gboolean
is_of_kind (const char *name, const char *kind)
{
    gsize len = strlen (kind);

    if (!g_str_has_prefix (name, kind))
        return FALSE;
    return name[len] == '\0' || (name[len] == ' ' && strchr (name + len + 1, ' ') == NULL);
}

char **
adit_profile_sections (const AditProfile *profile, const char *kind)
{
    GPtrArray *names = g_ptr_array_new ();

    for (guint i = 0; i < profile->sections->len; i++) {
        const AditSection *section = g_ptr_array_index (profile->sections, i);

        if (kind == NULL || is_of_kind (section->name, kind))
            g_ptr_array_add (names, g_strdup (section->name));
    }
    g_ptr_array_add (names, NULL);
    return (char **) g_ptr_array_free (names, FALSE);
}

char **
adit_profile_keys (const AditProfile *profile, const char *name)
{
    const AditSection *section = adit_profile_find (profile, name);
    GPtrArray         *keys    = g_ptr_array_new ();

    for (guint i = 0; section && i < section->entries->len; i++) {
        const AditEntry *entry = g_ptr_array_index (section->entries, i);

        g_ptr_array_add (keys, g_strdup (entry->key));
    }
    g_ptr_array_add (keys, NULL);
    return (char **) g_ptr_array_free (keys, FALSE);
}

const char *
adit_profile_file (const AditProfile *profile)
{
    return profile->file;
}
