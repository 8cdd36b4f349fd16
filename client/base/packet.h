/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* packet.h - one packet from TUN to wire: layers grow into the room before and behind it instead of
 * copying.  The data thread works on batches of windows into one arena; the control side owns
 * packets from adit_packet_new(), which carry their own buffer. */
#pragma once
#include <glib.h>
#include <string.h>

/* What may pass through a device of the kernel's whose frames a protocol writes; a set. */
enum {
    ADIT_FRAMES_IPV4   = 1,
    ADIT_FRAMES_IPV6   = 2,
    ADIT_FRAMES_CIPHER = 4,  /* encryption is being agreed on: the kernel reads along */
    ADIT_FRAMES_SEALED = 8,  /* … and was: nothing leaves in the clear */
    ADIT_FRAMES_OUT    = 16, /* begins anew with the key for what leaves, … */
    ADIT_FRAMES_IN     = 32, /* … for what comes in */
};
enum { ADIT_FRAMES_KEY = 16 }; /* bytes of one key */

/* Where a packet came from or goes to.  An IPv4 address fills the first four bytes. */
typedef struct {
    guint8  address[16];
    guint32 scope;  /* interface index of a link-local IPv6 address, else 0 */
    guint16 port;   /* host order */
    guint8  family; /* 4, 6; 0: none */
} AditEndpoint;

typedef enum {
    ADIT_PASS, /* goes on to the next layer */
    ADIT_DROP, /* counted under `drop` and gone */
    ADIT_PUNT, /* not data: for the control half */
    ADIT_TAKE, /* the carrier held it back or used it up: gone, and no loss */
} AditVerdict;

typedef enum {
    ADIT_DROP_SHORT,     /* too short or not well formed       */
    ADIT_DROP_AUTH,      /* authentication failed              */
    ADIT_DROP_REPLAY,    /* seen before or too old             */
    ADIT_DROP_NO_KEY,    /* no key for it (yet)                */
    ADIT_DROP_EXPIRED,   /* the key's hard limit is reached    */
    ADIT_DROP_POLICY,    /* address not allowed on this tunnel */
    ADIT_DROP_TOO_BIG,   /* answered with ICMP                 */
    ADIT_DROP_CODEL,     /* queue management                   */
    ADIT_DROP_OVERFLOW,  /* queue or ring full                 */
    ADIT_DROP_ECN,       /* RFC 6040 4.2: not-ECT under CE     */
    ADIT_DROP_TRANSPORT, /* the outer socket refused it        */
    ADIT_DROP_DEVICE,    /* the TUN device refused it          */
    ADIT_N_DROPS,
} AditDrop;

typedef struct {
    guint8             *data;
    guint32             len;
    guint16             head; /* free bytes before data */
    guint16             tail; /* free bytes behind data + len */
    const AditEndpoint *peer; /* source (decap) or destination (encap); NULL: the link's own */
    guint32             flow; /* hash of the inner flow, set once by the device */
    guint8              tos;  /* out: inner TOS octet, may be changed; in: outer TOS octet */
    guint8              verdict, drop;
} AditPacket;

enum { ADIT_BATCH = 128 }; /* two full 64 KiB superframes */

typedef struct {
    guint      n;
    gint64     now_us; /* monotonic, read once per batch */
    AditPacket packet[ADIT_BATCH];
} AditBatch;

/* Room for every header and trailer a stack of ours adds: IPv6, UDP, ESP, UDP, two tunnels. */
enum { ADIT_HEADROOM = 128, ADIT_TAILROOM = 64 };

static inline AditPacket *
adit_packet_new (gconstpointer body, gsize len)
{
    AditPacket *p = g_malloc (sizeof *p + ADIT_HEADROOM + len + ADIT_TAILROOM);

    memset (p, 0, sizeof *p);
    p->data = (guint8 *) (p + 1) + ADIT_HEADROOM;
    p->len  = (guint32) len;
    p->head = ADIT_HEADROOM;
    p->tail = ADIT_TAILROOM;
    if (body && len)
        memcpy (p->data, body, len);
    return p;
}

static inline void
adit_packet_free (AditPacket *p)
{
    g_free (p);
}

/* Makes the packet n bytes longer at the front and returns that place; a stack too tall is a bug.
 */
static inline guint8 *
adit_packet_push (AditPacket *p, gsize n)
{
    g_assert (n <= p->head);
    p->head -= (guint16) n;
    p->len += (guint32) n;
    return p->data -= n;
}

/* Drops n bytes at the front; FALSE when there are not that many. */
static inline gboolean
adit_packet_pull (AditPacket *p, gsize n)
{
    if (n > p->len)
        return FALSE;
    p->head += (guint16) n;
    p->len -= (guint32) n;
    p->data += n;
    return TRUE;
}

static inline void
adit_packet_drop (AditPacket *p, AditDrop why)
{
    p->verdict = ADIT_DROP;
    p->drop    = (guint8) why;
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AditPacket, adit_packet_free)
