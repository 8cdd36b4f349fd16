/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* leak-test.h - attacks a tunnel of this machine the way a hostile network would, and says what got
 * past it.  The hostile network is a device of our own that leads nowhere, so that nothing which
 * the attacks draw there leaves this machine; all that is changed is journalled, and undone. */
#pragma once
#include "client/base/error.h"

typedef struct {
    const char *attack;  /* "dhcp-route-1" */
    char       *what;    /* for the person */
    guint       sent;    /* that this host let go */
    guint       through; /* seen on the tunnel's device */
    guint       clear;   /* seen on any other */
    char       *skipped; /* why it was not made, or NULL */
} AditLeakResult;

typedef struct {
    char      *tunnel;
    char      *guard;   /* its mode */
    GPtrArray *results; /* AditLeakResult */
    guint      leaks;   /* attacks by which something got past */
} AditLeakReport;

/* name NULL: the one that is up.  Takes some seconds: its worker is killed too. */
AditLeakReport *adit_leak_test (const char *name, GError **error);
void            adit_leak_report_free (AditLeakReport *report);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AditLeakReport, adit_leak_report_free)
