/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wire.h - PPTP (RFC 2637) on one page: control messages over TCP, and enhanced GRE.
 *
 *     PNS (we)                                        PAC
 *       Start-Control-Connection-Request  ---------->
 *                  <----------  Start-Control-Connection-Reply
 *       Outgoing-Call-Request  --------------------->       our call id
 *                  <---------------------  Outgoing-Call-Reply   its call id
 *       Set-Link-Info  ----------------------------->       then PPP in GRE
 *       Echo-Request  <----------------------------->  Echo-Reply
 *       Call-Clear-Request, Stop-Control-Connection-Request  -->                             */
#pragma once
#include "client/base/bytes.h"

enum {
    PPTP_PORT         = 1723,
    PPTP_IP_PROTOCOL  = 47,
    PPTP_MAGIC        = 0x1a2b3c4d, /* RFC 2637 1.4 */
    PPTP_CONTROL      = 1,          /* PPTP message type */
    PPTP_VERSION      = 0x0100,
    PPTP_HEADER       = 12,
    PPTP_NAME         = 64, /* bytes of a text field */
    PPTP_STATISTICS   = 128,
    PPTP_MESSAGE_MAX  = 220, /* Incoming-Call-Request */
    PPTP_WINDOW       = 64,  /* packets that we take without an acknowledgement */
    PPTP_FRAMING_ANY  = 3,
    PPTP_BEARER_ANY   = 3,
    PPTP_GRE_PROTOCOL = 0x880b,
    PPTP_GRE_HEADER   = 8, /* flags, protocol, payload length, call id */
    PPTP_GRE_NUMBER   = 4, /* sequence number, and the same for an acknowledgement */
};

/* RFC 2637 4.1: the first 16 bits of enhanced GRE. */
enum {
    PPTP_GRE_C       = 0x8000, /* checksum: never */
    PPTP_GRE_R       = 0x4000, /* routing: never */
    PPTP_GRE_K       = 0x2000, /* key: always */
    PPTP_GRE_S       = 0x1000, /* sequence number */
    PPTP_GRE_STRICT  = 0x0800, /* source route: never */
    PPTP_GRE_RECUR   = 0x0700,
    PPTP_GRE_A       = 0x0080, /* acknowledgement number */
    PPTP_GRE_FLAGS   = 0x0078,
    PPTP_GRE_VERSION = 0x0007, /* 1 */
};

/* RFC 2637 2 */
typedef enum {
    PPTP_START_REQUEST   = 1,
    PPTP_START_REPLY     = 2,
    PPTP_STOP_REQUEST    = 3,
    PPTP_STOP_REPLY      = 4,
    PPTP_ECHO_REQUEST    = 5,
    PPTP_ECHO_REPLY      = 6,
    PPTP_OUTGOING_CALL   = 7,
    PPTP_OUTGOING_REPLY  = 8,
    PPTP_INCOMING_CALL   = 9,
    PPTP_INCOMING_REPLY  = 10,
    PPTP_INCOMING_SET_UP = 11,
    PPTP_CALL_CLEAR      = 12,
    PPTP_CALL_DISCONNECT = 13,
    PPTP_WAN_ERROR       = 14,
    PPTP_SET_LINK_INFO   = 15,
    PPTP_N_TYPES,
} PptpType;

/* RFC 2637 2.2: of Start-Control-Connection-Reply */
typedef enum {
    PPTP_START_OK             = 1,
    PPTP_START_ERROR          = 2, /* the error code says which */
    PPTP_START_EXISTS         = 3,
    PPTP_START_NOT_AUTHORIZED = 4,
    PPTP_START_VERSION        = 5,
} PptpStartResult;

/* RFC 2637 2.8: of Outgoing-Call-Reply */
typedef enum {
    PPTP_CALL_OK           = 1,
    PPTP_CALL_ERROR        = 2,
    PPTP_CALL_NO_CARRIER   = 3,
    PPTP_CALL_BUSY         = 4,
    PPTP_CALL_NO_DIAL_TONE = 5,
    PPTP_CALL_TIME_OUT     = 6,
    PPTP_CALL_REFUSED      = 7,
} PptpCallResult;

/* RFC 2637 2.10: of Incoming-Call-Reply */
enum { PPTP_INCOMING_REFUSED = 3 };

/* RFC 2637 2.13: of Call-Disconnect-Notify */
typedef enum {
    PPTP_GONE_CARRIER  = 1,
    PPTP_GONE_ERROR    = 2,
    PPTP_GONE_SHUTDOWN = 3,
    PPTP_GONE_REQUEST  = 4,
} PptpGoneResult;

/* RFC 2637 2.3: of Stop-Control-Connection-Request */
typedef enum {
    PPTP_STOP_NONE     = 1,
    PPTP_STOP_PROTOCOL = 2,
    PPTP_STOP_LOCAL    = 3,
} PptpStopReason;

/* RFC 2637 2.16 */
typedef enum {
    PPTP_ERROR_NONE          = 0,
    PPTP_ERROR_NOT_CONNECTED = 1,
    PPTP_ERROR_BAD_FORMAT    = 2,
    PPTP_ERROR_BAD_VALUE     = 3,
    PPTP_ERROR_NO_RESOURCE   = 4,
    PPTP_ERROR_BAD_CALL_ID   = 5,
    PPTP_ERROR_PAC           = 6,
} PptpErrorCode;

/* One control message; each type uses some of it. */
typedef struct {
    PptpType type;
    guint16  version;         /* START_* */
    guint8   result, error;   /* *_REPLY, CALL_DISCONNECT; STOP_REQUEST: result is the reason */
    guint32  identifier;      /* ECHO_* */
    guint16  call, peer_call; /* the sender's id; the receiver's (OUTGOING_REPLY, SET_LINK_INFO) */
    guint16  serial, window;  /* OUTGOING_CALL, OUTGOING_REPLY */
    guint32  send_accm, receive_accm; /* SET_LINK_INFO */
    char     name[PPTP_NAME + 1];     /* START_*: host; printable */
    char     vendor[PPTP_NAME + 1];   /* START_* */
} PptpMessage;

/* Bytes of a message of that type; 0: there is none. */
gsize pptp_message_size (guint type);

typedef enum { PPTP_FORM_GOOD, PPTP_FORM_MORE, PPTP_FORM_BROKEN } PptpForm;

/* The message at the head of a stream; *used: its bytes.  MORE: not all of it is there.  A type
 * that is not known is BROKEN too: the stream cannot be trusted any more. */
PptpForm pptp_message_decode (const guint8 *data, gsize len, PptpMessage *out, gsize *used);
/* Writes pptp_message_size() bytes.  Types that a PNS sends, and those that a PAC does, for
 * simulated peers. */
void pptp_message_encode (guint8 *at, const PptpMessage *message);

/* ---- enhanced GRE ---- */

typedef struct {
    gboolean      sequenced, acknowledges;
    guint16       call;
    guint32       sequence, acknowledgement;
    const guint8 *payload;
    gsize         size;
} PptpGre;

/* Form only; FALSE: not GRE version 1 with PPP in it. */
gboolean pptp_gre_decode (const guint8 *data, gsize len, PptpGre *out);
/* Bytes of that header. */
gsize pptp_gre_header_size (const PptpGre *gre);
void  pptp_gre_header_encode (guint8 *at, const PptpGre *gre);
