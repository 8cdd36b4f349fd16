/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* field.h - one key of a profile.  The profile parser, `adit help`, shell completion, the
 * NetworkManager editor, the man page and the translators all read tables of these.  Plugins hold
 * theirs in code; other processes get them as data (schema.h). */
#pragma once
#include <glib.h>

typedef enum {
    ADIT_FIELD_TEXT,      /* one line; with range "15" a word of that many letters, digits, - _ . */
    ADIT_FIELD_SECRET,    /* one line, hidden, wiped; range "lines": see FILE */
    ADIT_FIELD_NUMBER,    /* range "0..65535" or, with words beside, "auto|off|0..65535" */
    ADIT_FIELD_FLAG,      /* yes | no */
    ADIT_FIELD_CHOICE,    /* range "auto|user|kernel" */
    ADIT_FIELD_CHOICES,   /* list of the same */
    ADIT_FIELD_SERVER,    /* name, IPv4 or [IPv6]; range: the port when none is given, "0" one must
                             be given, "any" it may be, NULL it may not */
    ADIT_FIELD_SERVERS,   /* list of the same */
    ADIT_FIELD_ADDRESSES, /* list of address/length; host bits kept; range "limit": no server may
                             have the tunnel carry more than all fields with it say */
    ADIT_FIELD_PREFIXES,  /* list of prefixes; host bits cleared; range as before */
    ADIT_FIELD_IPS,       /* list of addresses */
    ADIT_FIELD_NAMES,     /* list of words: domains, applications */
    ADIT_FIELD_KEY,       /* base64 of range bytes, public */
    ADIT_FIELD_SECRET_KEY, /* base64 of range bytes, hidden, wiped */
    ADIT_FIELD_FILE,       /* path, from / on; the protocol, which opens no file, gets the text that
                              is in it, with tabs in place of line ends */
    ADIT_N_FIELD_TYPES,
} AditFieldType;

typedef struct {
    const char   *section; /* "toy"; "toy peer" for sections [toy peer NAME] */
    const char   *key;     /* "pre-shared-key" */
    const char   *title;   /* N_("Pre-shared key") */
    AditFieldType type;
    const char   *fallback; /* value when absent; NULL: none */
    const char   *range;    /* "576..65535", "pap|chap|mschapv2", "32"; NULL: any */
    gboolean      required;
} AditField; /* a table ends with a NULL key */

/* Secret fields also accept KEY-source = ask | keyring | credential:NAME | file:PATH. */
static inline gboolean
adit_field_is_secret (const AditField *f)
{
    return f->type == ADIT_FIELD_SECRET || f->type == ADIT_FIELD_SECRET_KEY;
}

static inline gboolean
adit_field_has_lines (const AditField *f)
{
    return f->type == ADIT_FIELD_FILE ||
           (f->type == ADIT_FIELD_SECRET && g_strcmp0 (f->range, "lines") == 0);
}
