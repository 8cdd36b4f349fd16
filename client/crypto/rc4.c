/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* rc4.c - the state is kept in words: a byte that is stored and read again at once would wait. */
#include "client/crypto/rc4.h"

void
adit_rc4_set_key (AditRc4 *rc4, const guint8 *key, gsize len)
{
    guint32 j = 0;

    g_return_if_fail (len >= 1 && len <= 256);
    for (guint32 i = 0; i < 256; i++)
        rc4->s[i] = i;
    for (guint32 i = 0, k = 0; i < 256; i++, k = k + 1 == len ? 0 : k + 1) {
        guint32 a = rc4->s[i];

        j         = (j + a + key[k]) & 0xff;
        rc4->s[i] = rc4->s[j];
        rc4->s[j] = a;
    }
    rc4->i = rc4->j = 0;
}

/* One byte of keystream. */
static inline guint8
step (guint32 *s, guint32 i, guint32 *j)
{
    guint32 a = s[i], b;

    *j    = (*j + a) & 0xff;
    b     = s[*j];
    s[i]  = b;
    s[*j] = a;
    return (guint8) s[(a + b) & 0xff];
}

void
adit_rc4 (AditRc4 *rc4, guint8 *data, gsize len)
{
    guint32 i = rc4->i, j = rc4->j;

    for (gsize n = 0; n < len; n++) {
        i = (i + 1) & 0xff;
        data[n] ^= step (rc4->s, i, &j);
    }
    rc4->i = i;
    rc4->j = j;
}

void
adit_rc4_set_keys (AditRc4 rc4[ADIT_RC4_LANES], const guint8 *const key[ADIT_RC4_LANES], gsize len)
{
    guint32 j[ADIT_RC4_LANES] = { 0 };

    g_return_if_fail (len >= 1 && len <= 256);
    for (guint lane = 0; lane < ADIT_RC4_LANES; lane++) {
        for (guint32 i = 0; i < 256; i++)
            rc4[lane].s[i] = i;
        rc4[lane].i = rc4[lane].j = 0;
    }
    for (guint32 i = 0, k = 0; i < 256; i++, k = k + 1 == len ? 0 : k + 1)
        for (guint lane = 0; lane < ADIT_RC4_LANES; lane++) {
            guint32 *s = rc4[lane].s, a = s[i];

            j[lane]    = (j[lane] + a + key[lane][k]) & 0xff;
            s[i]       = s[j[lane]];
            s[j[lane]] = a;
        }
}

/* What all have in common runs side by side: while one lane waits for its table the others go on.
 */
void
adit_rc4_lanes (AditRc4 rc4[ADIT_RC4_LANES], guint8 *const data[ADIT_RC4_LANES],
                const gsize len[ADIT_RC4_LANES])
{
    gsize   common = MIN (MIN (len[0], len[1]), MIN (len[2], len[3]));
    guint8 *d0 = data[0], *d1 = data[1], *d2 = data[2], *d3 = data[3];
    guint32 j0 = rc4[0].j, j1 = rc4[1].j, j2 = rc4[2].j, j3 = rc4[3].j;
    guint32 i0 = rc4[0].i, i1 = rc4[1].i, i2 = rc4[2].i, i3 = rc4[3].i;

    for (gsize n = 0; n < common; n++) {
        i0 = (i0 + 1) & 0xff;
        i1 = (i1 + 1) & 0xff;
        i2 = (i2 + 1) & 0xff;
        i3 = (i3 + 1) & 0xff;
        d0[n] ^= step (rc4[0].s, i0, &j0);
        d1[n] ^= step (rc4[1].s, i1, &j1);
        d2[n] ^= step (rc4[2].s, i2, &j2);
        d3[n] ^= step (rc4[3].s, i3, &j3);
    }
    rc4[0].i = i0, rc4[0].j = j0;
    rc4[1].i = i1, rc4[1].j = j1;
    rc4[2].i = i2, rc4[2].j = j2;
    rc4[3].i = i3, rc4[3].j = j3;
    for (guint lane = 0; lane < ADIT_RC4_LANES; lane++)
        adit_rc4 (&rc4[lane], data[lane] ? data[lane] + common : NULL, len[lane] - common);
}
