/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* gather.h - all secrets that a profile only names, one after the other, without waiting: given
 * with the call, from a file of its user, a credential, root's kept secrets, and last a question.
 */
#pragma once
#include "client/base/schema.h"

typedef struct AditGather AditGather;

typedef struct {
    /* Answer with adit_gather_answer; key: "section.key". */
    void (*ask) (gpointer user, const char *key, const char *text);
    /* Once, not from inside adit_gather_new; takes error. */
    void (*done) (gpointer user, GError *error);
} AditGatherEvents;

/* Fills profile, which like schema lives longer.  uid: whose files may be read; is_private: the
 * profile is not one of root's, so that root's secrets are not for it.  given: key to text, wiped
 * by its owner; may be NULL. */
AditGather *adit_gather_new (AditProfile *profile, const AditSchema *schema, guint uid,
                             gboolean is_private, GHashTable *given, const AditGatherEvents *events,
                             gpointer user);
/* NULL: there will be none.  Wipe text afterwards. */
void adit_gather_answer (AditGather *gather, char *text);
void adit_gather_free (AditGather *gather);
