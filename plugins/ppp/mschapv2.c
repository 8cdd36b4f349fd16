/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mschapv2.c - the routines of RFC 2759 8, under its names where they are longer than a line. */
#include "plugins/ppp/mschapv2.h"

#include "client/base/bytes.h"
#include "client/base/secret.h"
#include "client/crypto/legacy.h"
#include "client/crypto/rc4.h"
#include "plugins/ppp/cp.h"
#include <glib/gi18n.h>

enum { PASSWORD_MAX = 256, UNICODE_MAX = 2 * PASSWORD_MAX, PWBLOCK = UNICODE_MAX + 4 };

/* Little-endian UTF-16; 0: cannot be, or too long (an empty password is no password). */
static gsize
to_unicode (const char *text, guint8 out[UNICODE_MAX])
{
    AditWriter w = adit_writer (out, UNICODE_MAX);

    if (!g_utf8_validate (text, -1, NULL))
        return 0;
    for (; *text; text = g_utf8_next_char (text)) {
        gunichar c = g_utf8_get_char (text);

        if (c >= 0x10000) {
            adit_put_le (&w, 2, 0xd800 + ((c - 0x10000) >> 10));
            adit_put_le (&w, 2, 0xdc00 + ((c - 0x10000) & 0x3ff));
        } else
            adit_put_le (&w, 2, c);
    }
    return adit_length (&w);
}

gboolean
mschapv2_hash (const char *password, guint8 hash[MSCHAPV2_HASH])
{
    guint8 unicode[UNICODE_MAX];
    gsize  len = to_unicode (password, unicode);

    adit_legacy_digest (ADIT_MD4, &(AditPiece){ unicode, len }, 1, hash);
    adit_wipe (unicode, sizeof unicode);
    return len > 0 || !*password;
}

static const char *
without_domain (const char *user)
{
    const char *slash = strrchr (user, '\\');

    return slash ? slash + 1 : user;
}

/* ChallengeHash */
void
mschapv2_challenge (const MsChapV2 *x, guint8 challenge[8])
{
    const char     *user     = without_domain (x->user);
    const AditPiece pieces[] = { { x->peer, sizeof x->peer },
                                 { x->authenticator, sizeof x->authenticator },
                                 { user, strlen (user) } };
    guint8          digest[ADIT_SHA1_SIZE];

    adit_legacy_digest (ADIT_SHA1, pieces, G_N_ELEMENTS (pieces), digest);
    ppp_copy (challenge, digest, 8);
}

gboolean
mschapv2_nt_response (const MsChapV2 *x, guint8 nt[MSCHAPV2_NT])
{
    guint8   challenge[8], hash[21] = { 0 }; /* ZPasswordHash */
    gboolean ok = mschapv2_hash (x->password, hash);

    mschapv2_challenge (x, challenge);
    for (guint i = 0; i < 3; i++)
        adit_des_encrypt (nt + 8 * i, challenge, hash + 7 * i);
    adit_wipe (hash, sizeof hash);
    return ok;
}

/* GenerateAuthenticatorResponse */
gboolean
mschapv2_authenticator (const MsChapV2 *x, const guint8 nt[MSCHAPV2_NT],
                        guint8 proof[MSCHAPV2_AUTH])
{
    static const char magic1[] = "Magic server to client signing constant";
    static const char magic2[] = "Pad to make it do more than one iteration";
    guint8            challenge[8], hash[MSCHAPV2_HASH], digest[ADIT_SHA1_SIZE];
    const AditPiece   first[]  = { { hash, sizeof hash },
                                   { nt, MSCHAPV2_NT },
                                   { magic1, sizeof magic1 - 1 } };
    const AditPiece   second[] = { { digest, sizeof digest },
                                   { challenge, sizeof challenge },
                                   { magic2, sizeof magic2 - 1 } };
    gboolean          ok       = mschapv2_hash (x->password, hash);

    adit_legacy_digest (ADIT_MD4, &(AditPiece){ hash, sizeof hash }, 1, hash);
    mschapv2_challenge (x, challenge);
    adit_legacy_digest (ADIT_SHA1, first, G_N_ELEMENTS (first), digest);
    adit_legacy_digest (ADIT_SHA1, second, G_N_ELEMENTS (second), proof);
    adit_wipe (hash, sizeof hash);
    return ok;
}

/* ---- texts ---- */

char *
mschapv2_success (const guint8 proof[MSCHAPV2_AUTH])
{
    GString *text = g_string_new ("S=");

    for (guint i = 0; i < MSCHAPV2_AUTH; i++)
        g_string_append_printf (text, "%02X", proof[i]);
    return g_string_free (g_string_append (text, " M=Welcome"), FALSE);
}

/* `n` bytes as hexadecimal digits of either case. */
static gboolean
parse_digits (const char *text, guint8 *out, gsize n)
{
    for (gsize i = 0; i < n; i++) {
        int hi = g_ascii_xdigit_value (text[2 * i]);
        int lo = hi < 0 ? -1 : g_ascii_xdigit_value (text[2 * i + 1]);

        if (lo < 0)
            return FALSE;
        out[i] = (guint8) (hi << 4 | lo);
    }
    return TRUE;
}

gboolean
mschapv2_success_parse (const guint8 *text, gsize len, guint8 proof[MSCHAPV2_AUTH])
{
    g_autofree char *plain = cp_text (text, len);

    return g_str_has_prefix (plain, "S=") && parse_digits (plain + 2, proof, MSCHAPV2_AUTH);
}

void
mschapv2_failure_parse (const guint8 *text, gsize len, MsChapV2Failure *out)
{
    g_autofree char *plain = cp_text (text, len);
    g_auto (GStrv) words   = g_strsplit (plain, " ", -1);
    const char *message    = strstr (plain, "M=");

    *out = (MsChapV2Failure){ .code = 0 };
    for (guint i = 0; words[i] && !g_str_has_prefix (words[i], "M="); i++) {
        const char *value = words[i][0] && words[i][1] == '=' ? words[i] + 2 : "";

        if (words[i][0] == 'E')
            out->code = (guint) MIN (g_ascii_strtoull (value, NULL, 10), 99999);
        else if (words[i][0] == 'R')
            out->retry = value[0] == '1';
        else if (words[i][0] == 'C')
            out->has_challenge = parse_digits (value, out->challenge, MSCHAPV2_CHALLENGE);
    }
    out->message = g_strdup (message ? message + 2 : plain);
}

gboolean
mschapv2_failure_error (const MsChapV2Failure *failure, GError **error)
{
    GError *cause = NULL;

    if (failure->code)
        adit_fail (&cause, ADIT_ERROR_LOGIN, "E=%u M=%s", failure->code, failure->message);
    else
        adit_fail (&cause, ADIT_ERROR_LOGIN, "%s",
                   *failure->message ? failure->message : "CHAP Failure");
    switch (failure->code) {
    case MSCHAPV2_RESTRICTED_LOGON_HOURS:
        return adit_fail_because (error, cause, ADIT_ERROR_LOGIN,
                                  _ ("The account may not sign in at this time."));
    case MSCHAPV2_ACCT_DISABLED:
        return adit_fail_because (error, cause, ADIT_ERROR_LOGIN, _ ("The account is disabled."));
    case MSCHAPV2_PASSWD_EXPIRED:
        return adit_fail_because (error, cause, ADIT_ERROR_LOGIN, _ ("The password has expired."));
    case MSCHAPV2_NO_DIALIN_PERMISSION:
        return adit_fail_because (error, cause, ADIT_ERROR_LOGIN,
                                  _ ("The account has no permission to dial in."));
    case MSCHAPV2_CHANGING_PASSWORD:
        return adit_fail_because (error, cause, ADIT_ERROR_LOGIN,
                                  _ ("The server did not accept the new password."));
    default:
        return adit_fail_because (error, cause, ADIT_ERROR_LOGIN,
                                  _ ("The server did not accept the user name or password."));
    }
}

/* ---- changing the password, RFC 2759 7 ---- */

/* NewPasswordEncryptedWithOldNtPasswordHash: `pad` is random. */
static gboolean
encrypt_password (const char *password, const guint8 hash[MSCHAPV2_HASH], const guint8 pad[512],
                  guint8 out[PWBLOCK])
{
    guint8  unicode[UNICODE_MAX];
    gsize   len = to_unicode (password, unicode);
    AditRc4 rc4;

    memcpy (out, pad, UNICODE_MAX);
    ppp_copy (out + UNICODE_MAX - len, unicode, len);
    for (guint i = 0; i < 4; i++)
        out[UNICODE_MAX + i] = (guint8) (len >> (8 * i));
    adit_rc4_set_key (&rc4, hash, MSCHAPV2_HASH);
    adit_rc4 (&rc4, out, PWBLOCK);
    adit_wipe (&rc4, sizeof rc4);
    adit_wipe (unicode, sizeof unicode);
    return len > 0;
}

gboolean
mschapv2_change (const MsChapV2 *x, const char *old_password, const guint8 pad[512],
                 guint8 out[MSCHAPV2_CHANGE])
{
    guint8   old_hash[MSCHAPV2_HASH], hash[MSCHAPV2_HASH];
    guint8  *at = out + PWBLOCK;
    gboolean ok = mschapv2_hash (old_password, old_hash) && mschapv2_hash (x->password, hash);

    memset (out, 0, MSCHAPV2_CHANGE);
    ok = ok && encrypt_password (x->password, old_hash, pad, out);
    adit_des_encrypt (at, old_hash, hash);
    adit_des_encrypt (at + 8, old_hash + 8, hash + 7);
    memcpy (at + 16, x->peer, MSCHAPV2_CHALLENGE);
    ok = ok && mschapv2_nt_response (x, at + 40); /* 8 reserved ones before, 2 of flags behind */
    adit_wipe (old_hash, sizeof old_hash);
    adit_wipe (hash, sizeof hash);
    return ok;
}

char *
mschapv2_changed (const char *old_password, const guint8 change[MSCHAPV2_CHANGE])
{
    guint8  block[PWBLOCK], hash[MSCHAPV2_HASH];
    AditRc4 rc4;
    char   *text = NULL;
    gsize   len  = 0;

    mschapv2_hash (old_password, hash);
    memcpy (block, change, sizeof block);
    adit_rc4_set_key (&rc4, hash, sizeof hash);
    adit_rc4 (&rc4, block, sizeof block);
    adit_wipe (&rc4, sizeof rc4);
    for (guint i = 0; i < 4; i++)
        len |= (gsize) block[UNICODE_MAX + i] << (8 * i);
    if (len > 0 && len <= UNICODE_MAX && len % 2 == 0) {
        gunichar2 unicode[PASSWORD_MAX];

        for (gsize i = 0; i < len / 2; i++)
            unicode[i] = (gunichar2) (block[UNICODE_MAX - len + 2 * i] |
                                      block[UNICODE_MAX - len + 2 * i + 1] << 8);
        text = g_utf16_to_utf8 (unicode, (glong) (len / 2), NULL, NULL, NULL);
        adit_wipe (unicode, sizeof unicode);
    }
    adit_wipe (block, sizeof block);
    adit_wipe (hash, sizeof hash);
    return text;
}
