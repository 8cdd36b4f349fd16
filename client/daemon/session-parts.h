/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* session-parts.h - one session, as the files that are its parts see it: session.c (its life),
 * questions.c (what it asks), requests.c (its methods). */
#pragma once
#include "client/daemon/session.h"

typedef enum {
    SESSION_GATHERING, /* secrets are missing */
    SESSION_RUNNING,   /* there is an AditCoreTunnel */
    SESSION_OVER,
} SessionPhase;

struct AditSession {
    AditStage       stage;
    SessionPhase    phase;
    char           *name, *path;
    guint           uid;
    gboolean        is_private;
    AditProfile    *profile; /* NULL once the tunnel has it */
    AditSchema     *schema;
    AditGather     *gather;
    GHashTable     *given;
    AditCoreTunnel *tunnel;
    AditBusTunnel  *face; /* what is on the bus */
    AditAudience   *audience;
    GQueue          questions; /* Question */
    guint           last_question;
    GQueue          ending; /* AditCall: Down that waits for the end */
};

/* session.c */
void session_end (AditSession *session, const GError *error);

/* questions.c: key NULL: the server asks, and core_id is its number. */
void session_ask (AditSession *session, const char *key, guint core_id, const char *text,
                  gboolean secret);
void session_ask_again (AditSession *session, const char *name); /* all that wait, to one */
void session_answer (AditCall *call, guint id, int fd);          /* takes fd, ends call */
void session_refuse (AditCall *call, guint id);                  /* ends call */
void session_forget_questions (AditSession *session);

/* requests.c: with a session as each call's data. */
extern const AditMethod session_methods[];
