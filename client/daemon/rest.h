/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* rest.h - tells when nothing has been under way for a while.  Whatever is under way holds it; no
 * timer runs meanwhile, so that nobody is woken. */
#pragma once
#include <glib.h>

typedef struct AditRest AditRest;

/* fn once, `after_s` after the last release or the beginning; 0: never. */
AditRest *adit_rest_new (guint after_s, GSourceOnceFunc fn, gpointer user);
void      adit_rest_free (AditRest *rest);
void      adit_rest_hold (AditRest *rest);    /* each call needs … */
void      adit_rest_release (AditRest *rest); /* … one of these */
