/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mschapv2.h - the arithmetic and the texts of MS-CHAPv2 (RFC 2759 4 to 8), for CHAP and EAP. */
#pragma once
#include "client/base/error.h"
#include <glib.h>

enum {
    MSCHAPV2_CHALLENGE = 16,
    MSCHAPV2_HASH      = 16,
    MSCHAPV2_NT        = 24,  /* NT-Response */
    MSCHAPV2_VALUE     = 49,  /* peer challenge, 8 reserved, NT-Response, flags */
    MSCHAPV2_AUTH      = 20,  /* the authenticator's proof; as text "S=" and 40 digits */
    MSCHAPV2_CHANGE    = 582, /* Change-Password without its header */
};

/* RFC 2759 6: what a server says about a refusal. */
typedef enum {
    MSCHAPV2_RESTRICTED_LOGON_HOURS = 646,
    MSCHAPV2_ACCT_DISABLED          = 647,
    MSCHAPV2_PASSWD_EXPIRED         = 648,
    MSCHAPV2_NO_DIALIN_PERMISSION   = 649,
    MSCHAPV2_AUTHENTICATION_FAILURE = 691,
    MSCHAPV2_CHANGING_PASSWORD      = 709,
} MsChapV2Code;

/* What goes into one exchange. */
typedef struct {
    guint8      authenticator[MSCHAPV2_CHALLENGE], peer[MSCHAPV2_CHALLENGE];
    const char *user, *password; /* UTF-8; a "DOMAIN\" before the user does not count */
} MsChapV2;

typedef struct {
    guint    code; /* 0: none was given */
    gboolean retry;
    gboolean has_challenge;
    guint8   challenge[MSCHAPV2_CHALLENGE];
    char    *message; /* M=, or the whole when there is none; g_free */
} MsChapV2Failure;

/* FALSE: no UTF-8, or longer than the RFC's 256 characters. */
gboolean mschapv2_hash (const char *password, guint8 hash[MSCHAPV2_HASH]);
void     mschapv2_challenge (const MsChapV2 *x, guint8 challenge[8]);
gboolean mschapv2_nt_response (const MsChapV2 *x, guint8 nt[MSCHAPV2_NT]);
gboolean mschapv2_authenticator (const MsChapV2 *x, const guint8 nt[MSCHAPV2_NT],
                                 guint8 proof[MSCHAPV2_AUTH]);

/* "S=… M=…", as text for a Success packet and back. */
char    *mschapv2_success (const guint8 proof[MSCHAPV2_AUTH]);
gboolean mschapv2_success_parse (const guint8 *text, gsize len, guint8 proof[MSCHAPV2_AUTH]);

void mschapv2_failure_parse (const guint8 *text, gsize len, MsChapV2Failure *out);
/* The sentence for it; always FALSE. */
gboolean mschapv2_failure_error (const MsChapV2Failure *failure, GError **error);

/* x holds the new password, and the challenges of the new response. */
gboolean mschapv2_change (const MsChapV2 *x, const char *old_password, const guint8 pad[512],
                          guint8 out[MSCHAPV2_CHANGE]);
/* The server's side of it: the new password (g_free after wiping), or NULL. */
char *mschapv2_changed (const char *old_password, const guint8 change[MSCHAPV2_CHANGE]);
