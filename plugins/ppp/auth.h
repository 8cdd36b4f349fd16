/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* auth.h - who we are: which ways are allowed, the person's answers, retries.  The ways themselves
 * are pap.c, chap.c and eap.c. */
#pragma once
#include "plugins/ppp/cp.h"
#include "plugins/ppp/mppe-keys.h"
#include "plugins/ppp/mschapv2.h"

typedef enum {
    AUTH_IDLE,    /* LCP is not up */
    AUTH_WAITING, /* for the peer's next message */
    AUTH_ASKING,  /* for the person's answer */
    AUTH_DONE,
    AUTH_FAILED,
    AUTH_N_STATES,
} AuthState;

typedef enum {
    QUESTION_NONE,
    QUESTION_USER,
    QUESTION_PASSWORD,
    QUESTION_NEW_PASSWORD,
    QUESTION_WORD, /* EAP-GTC: whatever the server's text says */
} AuthQuestion;

typedef struct Auth Auth;

typedef struct {
    guint16 protocol;
    void (*begin) (Auth *auth);
    void (*input) (Auth *auth, const CpPacket *packet);
    void (*timeout) (Auth *auth);
    void (*answered) (Auth *auth); /* what was asked for is there */
    /* Optional: the peer is at the network protocols already. */
    void (*passed_over) (Auth *auth);
} AuthOps;

/* CHAP in either role, alone or inside of EAP. */
typedef struct {
    guint8   algorithm, id;
    guint8   challenge[255], challenge_len;
    guint8   peer_challenge[MSCHAPV2_CHALLENGE];
    guint8   answer[255], answer_len; /* the value of our last response */
    gboolean answered;                /* a response is on its way: Success and Failure mean it */
    guint8   proof[MSCHAPV2_AUTH];    /* what the server has to say */
} Chap;

typedef enum {
    EAP_STAGE_START,  /* nothing agreed */
    EAP_STAGE_METHOD, /* a method is on its way */
    EAP_STAGE_PROVED, /* it is done; EAP-Success may come */
} EapStage;

typedef struct EapTls EapTls;

typedef struct {
    EapStage    stage;
    guint8      method; /* agreed; 0: none yet */
    guint8      id;     /* of the request at hand */
    GByteArray *last;   /* what we sent last, for a request that comes twice */
    GByteArray *asked;  /* the client's: that request */
    guint       rounds; /* requests so far */
    gboolean    owes;   /* a request waits for the person's answer */
    EapTls     *tls;
} Eap;

struct Auth {
    AditPpp       *ppp;
    AuthState      state;
    const AuthOps *ops; /* NULL: no authentication */
    const char    *name;
    AditTimer      timer;
    guint          tries, refusals;
    guint8         id;
    AuthQuestion   question;
    char          *user, *password, *new_password, *word; /* secrets: wiped */
    gboolean       asked;                                 /* something came from the person */
    Chap           chap;
    Eap            eap;
    MppeKeys       keys;
    gboolean       has_keys;
};

void auth_init (Auth *auth, AditPpp *ppp);
void auth_clear (Auth *auth);

/* The nth best way (and around again) as the value of LCP's option; 0: none is allowed. */
gsize auth_offer (const Auth *auth, guint nth, guint8 out[3]);
/* Whether that value names an allowed way. */
gboolean auth_accepts (const Auth *auth, const guint8 *value, gsize len);
/* It does not: remembers why, should the link end. */
void auth_refuse (Auth *auth, const guint8 *value, gsize len);

void auth_begin (Auth *auth, guint16 protocol, guint8 algorithm); /* protocol 0: none */
void auth_end (Auth *auth);                                       /* LCP went down */
void auth_input (Auth *auth, guint16 protocol, const guint8 *data, gsize len);
void auth_answer (Auth *auth, const char *answer);
void auth_peer_went_on (Auth *auth); /* to the network protocols */

/* ---- for the ways ---- */

void auth_send (Auth *auth, guint8 code, guint8 id, gconstpointer data, gsize len);
void auth_arm (Auth *auth, guint ms);
void auth_succeed (Auth *auth, const char *name);
void auth_fail (Auth *auth, GError *error); /* takes error */
/* TRUE when user and password are there; else they are asked for, and `answered` follows. */
gboolean auth_has_credentials (Auth *auth);
gboolean auth_has_user (Auth *auth);
/* `text` NULL: the usual sentence. */
void     auth_ask (Auth *auth, AuthQuestion question, const char *text);
gboolean auth_may_send_password (const Auth *auth); /* in clear */

extern const AuthOps pap_ops, chap_ops, eap_ops;
