/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* session.h - one tunnel as an object on the bus: gathers its secrets, hosts its AditCoreTunnel,
 * and tells its audience.  Counted by reference, as calls may outlive it. */
#pragma once
#include "client/base/schema.h"
#include "client/core/tunnel.h"
#include "client/daemon/audience.h"
#include "client/daemon/bus.h"
#include "client/daemon/door.h"
#include "client/daemon/gather.h"

typedef struct AditSession AditSession;

/* What all sessions of the daemon share. */
typedef struct {
    GDBusConnection          *bus;
    AditDoor                 *door;
    GDBusObjectManagerServer *objects;
    /* Everything is undone and the object is gone; error borrowed. */
    void (*over) (gpointer user, AditSession *session, const GError *error);
    gpointer user;
} AditStage;

typedef struct {
    const char  *name;
    guint        uid;        /* who asked for it */
    gboolean     is_private; /* with a profile of that user's own */
    AditProfile *profile;    /* taken */
    AditSchema  *schema;     /* taken */
    GHashTable  *given;      /* "section.key" to secret, or NULL */
    const char  *asker;      /* bus name of the first to hear it, or NULL */
} AditSessionPlan;

AditSession *adit_session_new (const AditStage *stage, const AditSessionPlan *plan);
void         adit_session_start (AditSession *session);
void         adit_session_stop (AditSession *session); /* `over` follows, perhaps at once */
gpointer     adit_session_ref (gpointer session);
void         adit_session_unref (gpointer session);

const char *adit_session_name (const AditSession *session);
const char *adit_session_path (const AditSession *session);
guint       adit_session_uid (const AditSession *session);
GVariant   *adit_session_describe (const AditSession *session); /* floating a{sv}, for List */

/* "/org/adit/Daemon1/tunnel/hq_2d1"; g_free. */
char *adit_session_path_of (const char *name);
