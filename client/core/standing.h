/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* standing.h - guards without a tunnel: those of `guard.mode = always`, kept below /var/lib/adit
 * from before they are set until somebody lifts them, and those that a dead tunnel's journal holds.
 * For root's commands; a live tunnel's guard is guard.c's. */
#pragma once
#include "client/core/step.h"

void adit_standing_set_dir (const char *dir); /* for tests; not copied */

/* `hosts`: name of a gateway → AditEndpoint, its last address: while the guard stands no name can
 * be looked up in clear. */
gboolean adit_standing_keep (const AditStep *guard, GHashTable *hosts, GError **error);
/* Fills hosts (may be NULL).  NULL without an error: none is kept. */
AditStep   *adit_standing_load (const char *name, GHashTable *hosts, GError **error);
gboolean    adit_standing_forget (const char *name, GError **error); /* none is success */
GHashTable *adit_standing_hosts (void);                              /* an empty one */

typedef struct {
    char    *name;
    gboolean always; /* it stays through boots */
} AditStanding;

/* Guards that hold though no tunnel of their name runs; GPtrArray of AditStanding, by name. */
GPtrArray *adit_standing_list (void);
/* Does one of that name? */
gboolean adit_standing_find (const char *name, gboolean *always);
/* Sets all that are kept, as after a boot; goes on after a failure. */
gboolean adit_standing_raise (GError **error);
/* Takes the guard of that name away; fails while its tunnel runs. */
gboolean adit_standing_lift (const char *name, GError **error);
