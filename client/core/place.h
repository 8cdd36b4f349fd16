/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* place.h - which folders belong to a program that lies at some path.  Others ask store.h. */
#pragma once
#include <glib.h>

typedef struct {
    char *libexec, *plugins, *locale;
} AditPlace;

/* PREFIX/bin/adit is installed, BUILD/ui-cli/adit lies in a build tree. */
AditPlace *adit_place_of (const char *program_path);
void       adit_place_free (AditPlace *place);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AditPlace, adit_place_free)
