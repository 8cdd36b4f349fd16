/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* replay.h - anti-replay window: one bit per sequence number in a ring of words (RFC 6479).
 * adit_replay_seen() before decryption is cheap and optional; adit_replay_commit() after
 * authentication is the one that counts.  One writer per key. */
#pragma once
#include <glib.h>

enum { ADIT_REPLAY_WORDS = 128, ADIT_REPLAY_WINDOW = (ADIT_REPLAY_WORDS - 1) * 64 };

typedef struct {
    guint64 next; /* one more than the highest number committed */
    guint64 map[ADIT_REPLAY_WORDS];
} AditReplay;

static inline gboolean
adit_replay_seen (const AditReplay *r, guint64 seq)
{
    if (seq >= r->next)
        return FALSE;
    if (r->next - seq > ADIT_REPLAY_WINDOW)
        return TRUE;
    return (r->map[(seq >> 6) % ADIT_REPLAY_WORDS] >> (seq & 63)) & 1;
}

/* FALSE: seen before or too old; nothing changed.  seq < G_MAXUINT64. */
static inline gboolean
adit_replay_commit (AditReplay *r, guint64 seq)
{
    if (adit_replay_seen (r, seq))
        return FALSE;
    if (seq >= r->next) {
        guint64 top = r->next ? (r->next - 1) >> 6 : 0, word = seq >> 6;

        if (word - top > ADIT_REPLAY_WORDS)
            top = word - ADIT_REPLAY_WORDS;
        while (top < word)
            r->map[++top % ADIT_REPLAY_WORDS] = 0;
        r->next = seq + 1;
    }
    r->map[(seq >> 6) % ADIT_REPLAY_WORDS] |= 1ull << (seq & 63);
    return TRUE;
}
