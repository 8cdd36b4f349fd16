/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* door.h - every call comes in here: who calls, whether too often, and whether it is allowed.  What
 * is turned away is answered here and never seen by the rest. */
#pragma once
#include "client/daemon/authority.h"
#include "client/daemon/rest.h"

enum {
    ADIT_DOOR_PENDING = 32,       /* calls of one user that wait for something */
    ADIT_DOOR_BURST   = 200,      /* calls of one user at once, … */
    ADIT_DOOR_RATE    = 50,       /* … and again in each second */
    ADIT_DOOR_BYTES   = 64 << 10, /* of a message's values */
};

typedef struct AditDoor AditDoor;

typedef struct AditCall {
    GDBusMethodInvocation *invocation; /* NULL once it is answered */
    char                  *sender;
    guint                  uid, pid;
    gpointer               data;      /* of whoever handles it, … */
    GDestroyNotify         free_data; /* … who may change both; NULL: is not freed */
    struct AditCallParts  *parts;
} AditCall;

typedef void (*AditCallFn) (AditCall *call);

typedef struct {
    const char *signal; /* "handle-up"; NULL: the end of the list */
    AditCallFn  fn;     /* ends the call in one of the ways below */
} AditMethod;

/* What stands behind an interface; the functions may be NULL. */
typedef struct {
    const AditMethod *methods;
    gpointer          data;           /* of each call, … */
    gpointer (*hold) (gpointer data); /* … for which it is held … */
    GDestroyNotify release;           /* … and let go */
} AditDoorObject;

/* rest is held by each call. */
AditDoor *adit_door_new (GDBusConnection *bus, AditRest *rest);
void      adit_door_free (AditDoor *door);
/* skeleton: a GDBusInterfaceSkeleton, all of whose methods are served by object from now on. */
void adit_door_serve (AditDoor *door, gpointer skeleton, const AditDoorObject *object);
void adit_door_close (gpointer skeleton);

GVariant    *adit_call_arguments (const AditCall *call); /* borrowed */
GUnixFDList *adit_call_fds (const AditCall *call);       /* borrowed; NULL: none came along */
/* fn when it is allowed; else the call is over. */
void adit_call_check (AditCall *call, AditAction action, AditCallFn fn);

/* Each ends the call, and frees it. */
void adit_call_return (AditCall *call, GVariant *value); /* NULL: nothing; takes floating value */
void adit_call_fail (AditCall *call, GError *error);     /* takes error */
void adit_call_refuse (AditCall *call, AditFault fault, const char *sentence);
