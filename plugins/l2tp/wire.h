/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wire.h - L2TP (RFC 2661) on one page: header, AVPs, message types, codes.
 *
 *     LAC (we)                                   LNS
 *       SCCRQ  --------------------------------->        tunnel: host name, our tunnel id,
 * challenge
 *            <---------------------------------  SCCRP   its tunnel id, response, challenge
 *       SCCCN  --------------------------------->        response
 *       ICRQ   --------------------------------->        session: our session id
 *            <---------------------------------  ICRP    its session id
 *       ICCN   --------------------------------->        then PPP in data messages
 *       HELLO  <-------------------------------->  ZLB   when nothing was heard
 *       CDN, StopCCN <--------------------------->       the end of a session, of a tunnel       */
#pragma once
#include "client/base/bytes.h"

enum {
    L2TP_PORT           = 1701,
    L2TP_CONTROL_HEADER = 12, /* flags, length, tunnel, session, Ns, Nr */
    L2TP_DATA_HEADER    = 6,  /* flags, tunnel, session; we send no more, … */
    L2TP_DATA_SEQUENCE  = 4,  /* … but Ns and Nr when the LNS requires sequencing */
    L2TP_AVP_HEADER     = 6,
    L2TP_SECRET_BLOCK   = 16, /* of MD5: challenge response, and the step of hiding */
    L2TP_MESSAGE_MAX    = 1500,
};

/* RFC 2661 3.1, the first 16 bits. */
enum {
    L2TP_T            = 0x8000, /* control */
    L2TP_L            = 0x4000, /* length is there */
    L2TP_S            = 0x0800, /* Ns and Nr are there */
    L2TP_O            = 0x0200, /* offset size is there */
    L2TP_P            = 0x0100, /* priority */
    L2TP_RESERVED     = 0x34f0,
    L2TP_VERSION_MASK = 0x000f,
    L2TP_VERSION      = 2,
};

/* RFC 2661 4.1, the first 16 bits of an AVP. */
enum { L2TP_M = 0x8000, L2TP_H = 0x4000, L2TP_AVP_RESERVED = 0x3c00, L2TP_AVP_LENGTH = 0x03ff };

/* RFC 2661 3.2 */
typedef enum {
    L2TP_ZLB     = 0, /* no message: an acknowledgement alone */
    L2TP_SCCRQ   = 1,
    L2TP_SCCRP   = 2,
    L2TP_SCCCN   = 3,
    L2TP_STOPCCN = 4,
    L2TP_HELLO   = 6,
    L2TP_OCRQ    = 7,
    L2TP_OCRP    = 8,
    L2TP_OCCN    = 9,
    L2TP_ICRQ    = 10,
    L2TP_ICRP    = 11,
    L2TP_ICCN    = 12,
    L2TP_CDN     = 14,
    L2TP_WEN     = 15,
    L2TP_SLI     = 16,
} L2tpMessageType;

/* RFC 2661 4.4, vendor id 0 */
typedef enum {
    L2TP_AVP_MESSAGE_TYPE        = 0,
    L2TP_AVP_RESULT_CODE         = 1,
    L2TP_AVP_PROTOCOL_VERSION    = 2,
    L2TP_AVP_FRAMING_CAPS        = 3,
    L2TP_AVP_BEARER_CAPS         = 4,
    L2TP_AVP_TIE_BREAKER         = 5,
    L2TP_AVP_FIRMWARE_REVISION   = 6,
    L2TP_AVP_HOST_NAME           = 7,
    L2TP_AVP_VENDOR_NAME         = 8,
    L2TP_AVP_ASSIGNED_TUNNEL_ID  = 9,
    L2TP_AVP_RECEIVE_WINDOW      = 10,
    L2TP_AVP_CHALLENGE           = 11,
    L2TP_AVP_Q931_CAUSE          = 12,
    L2TP_AVP_CHALLENGE_RESPONSE  = 13,
    L2TP_AVP_ASSIGNED_SESSION_ID = 14,
    L2TP_AVP_CALL_SERIAL_NUMBER  = 15,
    L2TP_AVP_MINIMUM_BPS         = 16,
    L2TP_AVP_MAXIMUM_BPS         = 17,
    L2TP_AVP_BEARER_TYPE         = 18,
    L2TP_AVP_FRAMING_TYPE        = 19,
    L2TP_AVP_RESERVED_20         = 20,
    L2TP_AVP_CALLED_NUMBER       = 21,
    L2TP_AVP_CALLING_NUMBER      = 22,
    L2TP_AVP_SUB_ADDRESS         = 23,
    L2TP_AVP_TX_CONNECT_SPEED    = 24,
    L2TP_AVP_PHYSICAL_CHANNEL    = 25,
    L2TP_AVP_INITIAL_LCP         = 26,
    L2TP_AVP_LAST_SENT_LCP       = 27,
    L2TP_AVP_LAST_RECEIVED_LCP   = 28,
    L2TP_AVP_PROXY_AUTHEN_TYPE   = 29,
    L2TP_AVP_PROXY_AUTHEN_NAME   = 30,
    L2TP_AVP_PROXY_CHALLENGE     = 31,
    L2TP_AVP_PROXY_AUTHEN_ID     = 32,
    L2TP_AVP_PROXY_RESPONSE      = 33,
    L2TP_AVP_CALL_ERRORS         = 34,
    L2TP_AVP_ACCM                = 35,
    L2TP_AVP_RANDOM_VECTOR       = 36,
    L2TP_AVP_PRIVATE_GROUP       = 37,
    L2TP_AVP_RX_CONNECT_SPEED    = 38,
    L2TP_AVP_SEQUENCING_REQUIRED = 39,
    L2TP_N_AVPS,
} L2tpAvpType;

/* RFC 2661 4.4.2: of StopCCN */
typedef enum {
    L2TP_STOP_CLEAR          = 1,
    L2TP_STOP_ERROR          = 2, /* the error code says which */
    L2TP_STOP_EXISTS         = 3,
    L2TP_STOP_NOT_AUTHORIZED = 4,
    L2TP_STOP_VERSION        = 5,
    L2TP_STOP_SHUTDOWN       = 6,
    L2TP_STOP_FSM            = 7,
} L2tpStopResult;

/* RFC 2661 4.4.2: of CDN */
typedef enum {
    L2TP_CDN_CARRIER         = 1,
    L2TP_CDN_ERROR           = 2,
    L2TP_CDN_ADMINISTRATIVE  = 3,
    L2TP_CDN_NO_FACILITY_NOW = 4,
    L2TP_CDN_NO_FACILITY     = 5,
    L2TP_CDN_DESTINATION     = 6,
    L2TP_CDN_NO_CARRIER      = 7,
    L2TP_CDN_BUSY            = 8,
    L2TP_CDN_NO_DIAL_TONE    = 9,
    L2TP_CDN_TIMEOUT         = 10,
    L2TP_CDN_NO_FRAMING      = 11,
} L2tpCdnResult;

/* RFC 2661 4.4.2: general error codes */
typedef enum {
    L2TP_ERROR_NONE          = 0,
    L2TP_ERROR_NO_CONNECTION = 1,
    L2TP_ERROR_LENGTH        = 2,
    L2TP_ERROR_RANGE         = 3,
    L2TP_ERROR_RESOURCES     = 4,
    L2TP_ERROR_SESSION_ID    = 5,
    L2TP_ERROR_VENDOR        = 6,
    L2TP_ERROR_TRY_ANOTHER   = 7,
    L2TP_ERROR_MANDATORY_AVP = 8,
} L2tpErrorCode;

/* RFC 2661 4.4.3: framing and bearer */
enum { L2TP_FRAMING_SYNC = 1, L2TP_FRAMING_ASYNC = 2 };

/* ---- the header ---- */

typedef struct {
    gboolean      control, sequenced;
    guint16       tunnel, session, ns, nr;
    const guint8 *body;
    gsize         size;
} L2tpHeader;

/* Form only.  Bytes after the length field's end are ignored (3.1); FALSE: not L2TP version 2. */
gboolean l2tp_header_decode (const guint8 *data, gsize len, L2tpHeader *out);
/* Writes L2TP_CONTROL_HEADER bytes; size: of the AVPs behind it. */
void l2tp_control_header_encode (guint8 *at, const L2tpHeader *header);

/* ---- control messages ---- */

typedef struct {
    const guint8 *data; /* NULL: not in the message */
    guint16       size;
} L2tpAvp;

typedef enum {
    L2TP_FORM_GOOD,
    L2TP_FORM_BROKEN,    /* a length that cannot be, or no message type in front */
    L2TP_FORM_MANDATORY, /* `unknown` is not known and its M bit is set */
    L2TP_FORM_HIDDEN,    /* a mandatory AVP is hidden and we have no secret, or it does not open */
} L2tpForm;

typedef struct {
    L2tpMessageType type;
    gboolean        mandatory; /* M bit of the message type */
    L2tpAvp         avp[L2TP_N_AVPS];
    guint16         unknown;                  /* attribute type, for L2TP_FORM_MANDATORY, _HIDDEN */
    guint8          opened[L2TP_MESSAGE_MAX]; /* what was hidden */
    gsize           n_opened;
} L2tpMessage;

/* data: the AVPs, borrowed by `out`.  secret may be NULL. */
L2tpForm l2tp_message_decode (const guint8 *data, gsize len, const char *secret, L2tpMessage *out);
/* The value as a number; FALSE when it is not there or not of that many bytes. */
gboolean l2tp_message_number (const L2tpMessage *message, L2tpAvpType type, guint bytes,
                              guint32 *out);
/* A copy with everything odd replaced, for people; NULL: nothing is there.  g_free. */
char *l2tp_text (const guint8 *data, gsize size);
/* Wipes what was hidden. */
void l2tp_message_clear (L2tpMessage *message);

const char *l2tp_message_name (guint type); /* "SCCRP"; NULL: no such type */

/* ---- writing AVPs ---- */

void l2tp_put_number (AditWriter *w, L2tpAvpType type, gboolean mandatory, guint bytes,
                      guint32 value);
void l2tp_put_bytes (AditWriter *w, L2tpAvpType type, gboolean mandatory, gconstpointer data,
                     gsize size);

/* ---- secrets: RFC 2661 4.2, 4.3 ---- */

/* MD5 (message type, secret, challenge). */
void l2tp_challenge_response (L2tpMessageType type, const char *secret, const guint8 *challenge,
                              gsize size, guint8 out[L2TP_SECRET_BLOCK]);
/* In place, `size` bytes; the same vector hides and opens. */
void l2tp_hide (guint16 type, const char *secret, const guint8 *vector, gsize vector_size,
                guint8 *data, gsize size);
void l2tp_open (guint16 type, const char *secret, const guint8 *vector, gsize vector_size,
                guint8 *data, gsize size);
