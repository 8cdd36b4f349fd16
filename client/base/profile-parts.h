/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* profile-parts.h - what a profile is made of, for the files that read and write its text. */
#pragma once
#include "client/base/profile.h"

typedef struct {
    char *key, *value;
    char *above;  /* comment and empty lines before it, or NULL */
    char *behind; /* the rest of its line from the white space before the comment, or NULL */
    guint line;
} AditEntry;

typedef struct {
    char       *name; /* words apart by one space */
    char       *above, *behind;
    guint       line;
    GPtrArray  *entries; /* AditEntry, in order */
    GHashTable *by_key;
} AditSection;

struct AditProfile {
    char       *file;
    char       *below;    /* comments after the last key */
    GPtrArray  *sections; /* AditSection, in order */
    GHashTable *by_name;
};

AditSection *adit_profile_find (const AditProfile *profile, const char *name); /* NULL: none */
AditSection *adit_profile_add_section (AditProfile *profile, const char *name, guint line);
/* Takes key and value. */
AditEntry *adit_section_add (AditSection *section, char *key, char *value, guint line);
char      *adit_place_format (const char *file, guint line);
