/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* schema.h - which keys a profile may hold: the sections common to all protocols and those of one
 * plugin.  A plugin's part reaches other processes as data, written at build time by
 * `adit-worker --describe` and read here; it is in the profile's own syntax. */
#pragma once
#include "client/base/field.h"
#include "client/base/profile.h"

struct AditSchema {
    char      *name;      /* of the plugin; "type" in [connection] */
    char      *title;     /* "Toy tunnel" */
    char      *warning;   /* NULL, or why not to use it */
    char      *socket;    /* NULL, or path below /run with one %s for the interface */
    char      *kernel;    /* NULL, or kind of the kernel's own link ("toy"), … */
    char      *family;    /* … and the generic netlink family that drives it */
    char      *kernel_if; /* NULL, or what a profile must say for it: "toy.mode=plain" */
    gboolean   ethernet;  /* TAP instead of TUN */
    gboolean   imports, exports;
    AditField *fields; /* owned strings, ends with a NULL key */
};

extern const AditField adit_common_fields[]; /* connection, routing, dns, guard */
/* FALSE: known, but this version does nothing with it yet, so only its default is accepted. */
gboolean adit_field_has_effect (const AditField *field);
/* What the profile gives there bounds the networks that the tunnel may carry. */
gboolean    adit_field_limits (const AditField *field);
const char *adit_field_type_name (AditFieldType type); /* "secret-key" */

/* Does the profile ask for nothing that the kernel's own cannot do, by kernel_if? */
gboolean adit_schema_fits_kernel (const AditSchema *schema, const AditProfile *profile);

AditSchema *adit_schema_parse (const char *text, gsize len, const char *file, GError **error);
char       *adit_schema_format (const AditSchema *schema);
void        adit_schema_free (AditSchema *schema);

/* Is [section] of the field's kind?  Kinds of several words have names behind them. */
gboolean adit_field_in (const AditField *field, const char *section);

/* The field for `key` in `section` ("toy peer hq" finds "toy peer"); NULL: unknown. */
const AditField *adit_schema_field (const AditSchema *schema, const char *section, const char *key);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AditSchema, adit_schema_free)
