/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* domain.h - names and the domains that they lie in. */
#pragma once
#include <glib.h>

/* "corp.example" holds itself and "a.corp.example", whatever the case of letters; a dot in front of
 * a domain or at its end says nothing more.  Nothing lies in "". */
gboolean adit_domain_holds (const char *domain, const char *name);
