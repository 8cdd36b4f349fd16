/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* machine.h - one running tunnel, shared by the files that implement the verbs of client/plugin.h.
 */
#pragma once
#include "plugins/wireguard/config.h"
#include "plugins/wireguard/device.h"

enum {
    WIREGUARD_CONTACT_SEC = 20, /* without any answer, then the first attempt is given up */
    WIREGUARD_LOOK_UP_EACH =
        3, /* initiations without an answer: at the second of them the name is asked again */
};

typedef enum {
    WIREGUARD_IDLE,
    WIREGUARD_CONTACTING, /* no session yet, none ever */
    WIREGUARD_UP,         /* stays so: what comes and goes is each peer's affair */
    WIREGUARD_GIVEN_UP,   /* the host knows why, and will stop us */
    WIREGUARD_STOPPED,
    WIREGUARD_N_TUNNEL_STATES,
} WireguardState;

struct AditTunnel {
    AditHost               *host;
    const AditProfile      *profile;
    WireguardDevice        *device;
    WireguardState          state;
    AditTimer               contact;
    GSList                 *lookups;  /* pending */
    guint                   path_mtu; /* as the path said; 0: it did not */
    struct WireguardKernel *kernel;   /* NULL unless host->kernel */
};

/* Asks for the addresses of all peers that are known by name or address only. */
void wireguard_machine_look_up (AditTunnel *tunnel);
/* The endpoints of this device's peers may be used: path or kernel device is there. */
void wireguard_machine_contact (AditTunnel *tunnel);
/* A peer proved a session, or there is nobody to wait for. */
void wireguard_machine_connected (AditTunnel *tunnel);
/* Takes error. */
void wireguard_machine_failed (AditTunnel *tunnel, GError *error);

/* ---- verbs that have a file of their own ---- */

void     wireguard_refresh (AditTunnel *tunnel, AditDoneFn done, gpointer user);
void     wireguard_status (AditTunnel *tunnel, AditNoteFn note, gpointer user);
char    *wireguard_serve (AditTunnel *tunnel, const char *request);
gboolean wireguard_import (AditProfile *profile, const char *text, gsize len, AditReportFn report,
                           gpointer user, GError **error);
char    *wireguard_export (const AditProfile *profile, AditReportFn report, gpointer user,
                           GError **error);
