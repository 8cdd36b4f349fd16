/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* channel.h - the parent's end of the socket to a worker.  What comes in is bounded and checked
 * against the table of messages before anybody sees it; what goes out never blocks. */
#pragma once
#include "client/base/message.h"

typedef struct AditChannel AditChannel;

typedef struct {
    /* May take descriptors out of the message by setting them to -1; the rest are closed after. */
    void (*message) (gpointer user, AditMessage *message);
    /* Once; error NULL: the worker closed its end.  Takes error. */
    void (*lost) (gpointer user, GError *error);
} AditChannelEvents;

AditChannel *adit_channel_new (int fd, const AditChannelEvents *events,
                               gpointer user); /* takes fd */
/* Borrows the message's descriptors.  FALSE: it cannot be encoded; a worker that no longer reads is
 * reported by `lost` instead. */
gboolean adit_channel_send (AditChannel *channel, const AditMessage *message);
/* Hears what already lies in the socket, without waiting. */
void adit_channel_drain (AditChannel *channel);
/* May be called from inside an event; nothing is called afterwards. */
void adit_channel_free (AditChannel *channel);

/* The same without a main loop, for jobs of a moment: waits at most until `deadline` (monotonic,
 * microseconds).  The worker closing its end is an error. */
gboolean adit_channel_send_now (int fd, const AditMessage *message, GError **error);
gboolean adit_channel_receive_now (int fd, gint64 deadline, AditMessage *out, GError **error);

void adit_message_close_fds (AditMessage *message);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AditChannel, adit_channel_free)
