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
    GHashTable     *owners;     /* name: user of its last tunnel, whose log it is */
    guint           explaining; /* threads at it */
    GSourceFunc     ended;      /* once there are no more; NULL: go on */
    gpointer        user;
};

/* service.c: takes profile and schema. */
gboolean     service_may_begin (AditService *service, const char *name, guint uid, GError **error);
AditSession *service_begin_session (AditService *service, const AditSessionPlan *plan);

/* ways.c */
void service_explain (AditService *service, GDBusMethodInvocation *invocation);
void service_enter_split (AditService *service, GDBusMethodInvocation *invocation);

/* up.c */
void service_up (AditService *service, GDBusMethodInvocation *invocation);

/* secrets.c */
void service_set_secret (AditService *service, GDBusMethodInvocation *invocation);
void service_forget_secret (AditService *service, GDBusMethodInvocation *invocation);
