/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* message.h - what a worker and its parent say to each other: one message per SOCK_SEQPACKET
 * datagram on descriptor 3, typed, bounded, checked against one table in both directions, since
 * each takes the other for hostile.  Descriptors travel beside it. */
#pragma once
#include "client/base/error.h"
#include "client/base/packet.h"

enum {
    ADIT_MESSAGE_BYTES    = 65536, /* of one encoded message */
    ADIT_MESSAGE_TEXTS    = 1024,
    ADIT_MESSAGE_TEXT_LEN = 4096,
    ADIT_MESSAGE_FDS      = 3,
    ADIT_WORKER_FD        = 3,
};

typedef enum {
    /* ---- to the worker ---- */
    ADIT_MSG_OPEN = 1,
    /* number: AditOpenFlags; extra: device mtu; texts: plugin, tunnel name, offloads off…; fds:
     * profile text (sealed memfd), then what the flags name */
    ADIT_MSG_PREPARE, /* texts: plugin.  OPEN of that plugin will follow */
    ADIT_MSG_IMPORT,  /* texts: plugin, file name; fds: file's bytes, memfd for the profile */
    ADIT_MSG_EXPORT,  /* texts: plugin; fds: profile text, memfd for the file */
    ADIT_MSG_LINK,   /* id; number: local port; extra: path mtu; endpoint: connected to; fds: socket
                      */
    ADIT_MSG_FOUND,  /* id; number: path mtu; endpoint */
    ADIT_MSG_KERNEL, /* id: the device is there */
    ADIT_MSG_REPLY,  /* id; data: attributes of one reply; no data: the end */
    ADIT_MSG_FRAMES, /* id; fds: frames of the device, of its link, router advertisements */
    ADIT_MSG_ALLOWED, /* id: the oldest ALLOW was done */
    ADIT_MSG_REFUSED, /* id of the want; number: AditError; texts: sentence, causes */
    ADIT_MSG_ANSWER,  /* id; data: the answer; number 0: refused */
    ADIT_MSG_STATUS,  /* id: asks for NOTES */
    ADIT_MSG_MOVED,   /* addresses or routes of this machine changed, or it woke */
    ADIT_MSG_STOP,    /* say goodbye and end */
    /* ---- to the parent ---- */
    ADIT_MSG_READY,     /* sandbox closed; number: AditSandbox bits in force */
    ADIT_MSG_WANT_LINK, /* id; number: AditLinkKind; extra: port << 16 | local port; texts: server?
                         */
    ADIT_MSG_DROP_LINK, /* id */
    ADIT_MSG_WANT_LOOKUP, /* id; number: default port; texts: server */
    ADIT_MSG_WANT_KERNEL, /* id */
    ADIT_MSG_CALL,        /* id; number: command; extra: 1 dump; data: attributes */
    ADIT_MSG_DROP_KERNEL, /* id */
    ADIT_MSG_WANT_FRAMES, /* id; number: id of a link; extra: our tunnel, its peer's, our session,
                             its peer's, 16 bits each */
    ADIT_MSG_ALLOW,       /* id; number: ADIT_FRAMES_…; data: keys */
    ADIT_MSG_DROP_FRAMES, /* id */
    ADIT_MSG_ASK,         /* id; number: 1 secret; texts: text, key? */
    ADIT_MSG_PHASE,       /* number: AditPhase; texts: peer? */
    ADIT_MSG_UP, /* number: mtu; texts: "a10.0.0.7/24" address, "r…" route, "d…" DNS, "s…" domain */
    ADIT_MSG_MTU,    /* number: the device's new mtu */
    ADIT_MSG_NOTES,  /* id; data: AditPathStats; texts: "key=value"… */
    ADIT_MSG_LOG,    /* number: AditLogLevel; texts: topic, text */
    ADIT_MSG_DONE,   /* import and export: number: bytes written; texts: "line\twhat\twhy"… */
    ADIT_MSG_FAILED, /* number: AditError; texts: sentence, causes: the tunnel or the job is over.
                        After IMPORT with code PROFILE and no text: the file is not ours */
    ADIT_N_MESSAGES,
} AditMessageKind;

typedef enum {
    ADIT_OPEN_DEVICE = 1, /* the next fd is the TUN device */
    ADIT_OPEN_VNET   = 2, /* … opened with IFF_VNET_HDR */
    ADIT_OPEN_SERVE  = 4, /* the next fd is a listening stream socket for AditPlugin.serve */
    ADIT_OPEN_KERNEL = 8, /* use the kernel's data path: AditHost.kernel */
    ADIT_OPEN_DSCP   = 16,
    ADIT_OPEN_FIFO   = 32, /* no FQ-CoDel */
} AditOpenFlags;

typedef enum {
    ADIT_SANDBOX_UID          = 1,
    ADIT_SANDBOX_CAPABILITIES = 2,
    ADIT_SANDBOX_SECCOMP      = 4,
    ADIT_SANDBOX_LANDLOCK     = 8,
} AditSandbox;

typedef struct {
    AditMessageKind kind;
    guint32         id;
    guint64         number, extra;
    AditEndpoint    endpoint;
    char          **texts; /* NULL-terminated, never NULL itself after decode */
    guint8         *data;
    gsize           size;
    int             fds[ADIT_MESSAGE_FDS]; /* owned after decode and receive */
    guint           n_fds;
} AditMessage;

/* The encoded bytes, or NULL when a bound is broken (a bug of the sender). */
GByteArray *adit_message_encode (const AditMessage *message);
/* Whole and well formed, kind and fields as the table says for that direction, UTF-8 texts without
 * control characters but tab, or FALSE.  fds are not touched here. */
gboolean adit_message_decode (gconstpointer bytes, gsize len, gboolean to_worker, AditMessage *out,
                              GError **error);
/* Do the descriptors that came beside it fit its kind? */
gboolean adit_message_fds_fit (const AditMessage *message, guint n);
/* Frees texts, wipes and frees data; does not close fds. */
void        adit_message_clear (AditMessage *message);
const char *adit_message_name (AditMessageKind kind);

/* A copy of `text` that encode takes: cut to ADIT_MESSAGE_TEXT_LEN bytes, broken UTF-8 replaced,
 * control characters made spaces; g_free. */
char *adit_message_text (const char *text);
