/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tunnel.h - the life of one tunnel: spawn its worker, serve its wishes, turn its offer into host
 * state, notice its end, undo everything.  Runs on the default GLib main context of a privileged
 * process; parses nothing that a peer sent. */
#pragma once
#include "client/base/log.h"
#include "client/base/schema.h"
#include "client/plugin.h"

typedef enum {
    ADIT_STATE_IDLE,
    ADIT_STATE_RESOLVING,
    ADIT_STATE_CONTACTING,
    ADIT_STATE_NEGOTIATING,
    ADIT_STATE_AUTHENTICATING,
    ADIT_STATE_CONFIGURING,
    ADIT_STATE_UP,
    ADIT_STATE_RECONNECTING,
    ADIT_STATE_STOPPING,
    ADIT_STATE_FAILED,
    ADIT_N_STATES,
} AditState;

typedef struct AditCoreTunnel AditCoreTunnel;

typedef struct {
    void (*state) (gpointer user, AditState state, const char *sentence); /* "reaching hq:51820" */
    void (*warning) (gpointer user, const char *sentence);
    /* Answer with adit_core_tunnel_answer, at any time. */
    void (*ask) (gpointer user, guint id, const char *text, gboolean secret);
    /* Everything is undone; error NULL: it was asked to stop. */
    void (*ended) (gpointer user, const GError *error);
    /* A line as the log keeps it; may be NULL. */
    void (*line) (gpointer user, const char *line);
} AditCoreTunnelEvents;

/* Takes profile and schema. */
AditCoreTunnel *adit_core_tunnel_new (AditProfile *profile, AditSchema *schema,
                                      const AditCoreTunnelEvents *events, gpointer user);
/* Before start: a first connect that fails is tried again too, as one that was up always is. */
void adit_core_tunnel_set_persistent (AditCoreTunnel *tunnel, gboolean persistent);
/* Before start: whose log it is; root's unless it is said. */
void        adit_core_tunnel_set_owner (AditCoreTunnel *tunnel, guint uid);
void        adit_core_tunnel_start (AditCoreTunnel *tunnel); /* failure arrives by `ended` */
void        adit_core_tunnel_stop (AditCoreTunnel *tunnel);
void        adit_core_tunnel_answer (AditCoreTunnel *tunnel, guint id, const char *answer);
void        adit_core_tunnel_free (AditCoreTunnel *tunnel);            /* after `ended` */
const char *adit_core_tunnel_interface (const AditCoreTunnel *tunnel); /* NULL: none yet */
/* What docs/status.md says, once, perhaps before this returns; json NULL: it has just ended. */
void adit_core_tunnel_status (AditCoreTunnel *tunnel, void (*fn) (gpointer user, const char *json),
                              gpointer        user);

const char *adit_state_name (AditState state); /* "contacting" */
