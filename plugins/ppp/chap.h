/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* chap.h - one challenge and its response, for CHAP and for the EAP methods that are CHAP inside.
 */
#pragma once
#include "plugins/ppp/auth.h"

/* A challenge of the peer's; FALSE: not one that the algorithm can have. */
gboolean chap_take_challenge (Auth *auth, guint8 id, const guint8 *challenge, gsize len);
/* Computes the response to it into auth->chap.answer; FALSE: the password cannot be one, and the
 * authentication has failed. */
gboolean chap_answer (Auth *auth);
/* Whether a Success comes from one who knows the password; if not the authentication has failed. */
gboolean chap_is_proved (Auth *auth, const guint8 *text, gsize len);
/* A refusal: asks the person for a (new) password where the server allows another try, or fails. */
void chap_refused (Auth *auth, guint8 id, const guint8 *text, gsize len);
/* After the answer to QUESTION_NEW_PASSWORD: a Change-Password message in `out`. */
gboolean chap_change (Auth *auth, guint8 out[MSCHAPV2_CHANGE]);

/* Value and name of a message, within CHAP_MESSAGE bytes. */
enum { CHAP_MESSAGE = 1 + 255 + PPP_NAME_MAX };
void chap_put_challenge (const Auth *auth, AditWriter *w);
void chap_put_response (const Auth *auth, AditWriter *w);

/* The server's side. */
void     chap_make_challenge (Auth *auth);
gboolean chap_is_right (Auth *auth, guint8 id, const guint8 *value, gsize len);
