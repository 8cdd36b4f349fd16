/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* service-parts.h - the service, as the files that are its parts see it: service.c (the table and
 * the smaller methods), up.c (Up), secrets.c (kept ones), ways.c (Explain, EnterSplit). */
#pragma once
#include "client/daemon/service.h"
#include "client/daemon/session.h"

struct AditService {
    AditStage       stage;
    AditBusManager *face;
    GHashTable     *sessions;   /* name: AditSession, one reference */
    AditRest       *rest;       /* held by each session and each call */
    guint           explaining; /* threads at it */
    GSourceFunc     ended;      /* once there are no more; NULL: go on */
    gpointer        user;
};

/* service.c: takes the plan's profile and schema. */
gboolean     service_may_begin (AditService *service, const char *name, guint uid, GError **error);
AditSession *service_begin_session (AditService *service, const AditSessionPlan *plan);

/* Methods of the manager, called with the service as their data.  ways.c */
void service_explain (AditCall *call);
void service_enter_split (AditCall *call);

/* up.c */
void service_up (AditCall *call);

/* secrets.c */
void service_set_secret (AditCall *call);
void service_forget_secret (AditCall *call);
