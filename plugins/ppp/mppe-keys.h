/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mppe-keys.h - session keys of MPPE: from a password (RFC 3079 3), and their change (RFC
 * 3078 7.3).
 */
#pragma once
#include <glib.h>

enum { MPPE_KEY = 16 };

/* Start keys of 16 bytes; those of 8 bytes are their beginning. */
typedef struct {
    guint8 send[MPPE_KEY], receive[MPPE_KEY];
} MppeKeys;

/* From MS-CHAPv2: `hash_hash` is MD4 of the password's hash. */
void mppe_keys_from_mschapv2 (const guint8 hash_hash[16], const guint8 nt_response[24],
                              gboolean is_server, MppeKeys *out);

/* One start key's life: key_len is 8 or 16, `bits` 40, 56 or 128. */
typedef struct {
    guint8 start[MPPE_KEY], session[MPPE_KEY];
    guint8 key_len, bits;
} MppeSession;

void mppe_session_begin (MppeSession *s, const guint8 start[MPPE_KEY], guint bits);
void mppe_session_change (MppeSession *s);
