/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wire.h - PPP on one page: protocol numbers, codes, options and counters in the words of the RFCs.
 *
 *     frame    [FF 03] protocol information        address and control field may be missing, the
 *                                                  protocol field is one byte when it is odd
 *     packet   code identifier length data         of every control protocol
 *     option   type length data                    length counts all three                       */
#pragma once
#include "client/plugin.h"

enum {
    PPP_ALL_STATIONS = 0xff, /* RFC 1662 3.1 */
    PPP_UI           = 0x03,
    PPP_HEADER       = 4, /* address, control, protocol */
    PPP_PACKET       = 4, /* code, identifier, length */
    PPP_OPTION       = 2, /* type, length */
    PPP_MRU          = 1500,
    PPP_MRU_MIN      = 128,
    PPP_REPLY_MAX    = 1500, /* a control packet of ours, with its header */
    PPP_MESSAGE_MAX  = 255,  /* of what a peer says in words, as far as we read it */
};

typedef enum {
    PPP_IP      = 0x0021,
    PPP_IPV6    = 0x0057,
    PPP_COMP    = 0x00fd, /* MPPE (RFC 3078), or compressed */
    PPP_IPCP    = 0x8021, /* RFC 1332 */
    PPP_IPV6CP  = 0x8057, /* RFC 5072 */
    PPP_CCP     = 0x80fd, /* RFC 1962 */
    PPP_LCP     = 0xc021, /* RFC 1661 */
    PPP_PAP     = 0xc023, /* RFC 1334 */
    PPP_CHAP    = 0xc223, /* RFC 1994 */
    PPP_EAP     = 0xc227, /* RFC 3748 */
    PPP_DATA_LO = 0x0021, /* RFC 3078 3: what MPPE encrypts */
    PPP_DATA_HI = 0x00fa,
} PppProtocol;

/* RFC 1661 5, RFC 1570 2, RFC 1962 3 */
typedef enum {
    CONFIGURE_REQUEST = 1,
    CONFIGURE_ACK     = 2,
    CONFIGURE_NAK     = 3,
    CONFIGURE_REJECT  = 4,
    TERMINATE_REQUEST = 5,
    TERMINATE_ACK     = 6,
    CODE_REJECT       = 7,
    PROTOCOL_REJECT   = 8, /* LCP only, to TIME_REMAINING */
    ECHO_REQUEST      = 9,
    ECHO_REPLY        = 10,
    DISCARD_REQUEST   = 11,
    IDENTIFICATION    = 12,
    TIME_REMAINING    = 13,
    RESET_REQUEST     = 14, /* CCP only, like RESET_ACK */
    RESET_ACK         = 15,
} PppCode;

/* RFC 1661 4.6 */
enum {
    PPP_MAX_TERMINATE = 2,
    PPP_MAX_CONFIGURE = 10,
    PPP_MAX_FAILURE   = 5,
    PPP_MAX_NAKS      = 20, /* received in a row before nobody believes in an end any more */
    PPP_RESTART_MS    = 3000,
    PPP_MAX_LOOPS     = 5, /* own magic numbers seen: this is a mirror (RFC 1661 6.4) */
};

enum { LCP_MRU = 1, LCP_ACCM, LCP_AUTH, LCP_QUALITY, LCP_MAGIC, LCP_PFC = 7, LCP_ACFC = 8 };

enum { IPCP_ADDRESSES = 1, IPCP_COMPRESSION = 2, IPCP_ADDRESS = 3 };

/* RFC 1877 */
enum { IPCP_DNS1 = 129, IPCP_WINS1 = 130, IPCP_DNS2 = 131, IPCP_WINS2 = 132 };

enum { IPV6CP_INTERFACE_ID = 1 };

/* RFC 3078 2.1: option 18, four bytes of supported bits */
enum { CCP_MPPE = 18 };
enum {
    MPPE_H         = 1 << 24, /* stateless */
    MPPE_M         = 1 << 7,  /* 56 bits */
    MPPE_S         = 1 << 6,  /* 128 bits */
    MPPE_L         = 1 << 5,  /* 40 bits */
    MPPE_STRENGTHS = MPPE_M | MPPE_S | MPPE_L,
};

/* RFC 3078 3.1, above the 12 bits of the coherency count */
enum {
    MPPE_A        = 0x8000, /* flushed: the tables were initialized before this packet */
    MPPE_D        = 0x1000, /* encrypted */
    MPPE_COUNT    = 0x0fff,
    MPPE_HEADER   = 2,
    MPPE_OVERHEAD = 4, /* coherency count, and the inner protocol field */
};

/* RFC 1334 2.2 */
enum { PAP_REQUEST = 1, PAP_ACK = 2, PAP_NAK = 3 };

/* RFC 1994 4, RFC 2759 5 */
enum { CHAP_CHALLENGE = 1, CHAP_RESPONSE, CHAP_SUCCESS, CHAP_FAILURE, CHAP_CHANGE_PASSWORD = 7 };
enum { CHAP_MD5 = 5, CHAP_MS = 0x80, CHAP_MSV2 = 0x81 };

/* RFC 3748 4 and 5, RFC 5216 3 */
enum { EAP_REQUEST = 1, EAP_RESPONSE, EAP_SUCCESS, EAP_FAILURE };
enum {
    EAP_IDENTITY     = 1,
    EAP_NOTIFICATION = 2,
    EAP_NAK          = 3,
    EAP_MD5          = 4,
    EAP_GTC          = 6,
    EAP_TLS          = 13,
    EAP_MSCHAPV2     = 26,
    EAP_EXPANDED     = 254,
};
enum { EAP_ROUNDS = 200 }; /* requests within one exchange; no method needs as many */
enum { EAP_TLS_LENGTH = 0x80, EAP_TLS_MORE = 0x40, EAP_TLS_START = 0x20 };

enum {
    PPP_AUTH_TRIES   = 10,    /* of a message that nobody answers */
    PPP_AUTH_WAIT_MS = 30000, /* for the server to go on; not while a person is asked */
    PPP_NAME_MAX     = 256,   /* bytes of a user name or password */
};

/* As many bytes as the caller has checked that there are. */
static inline void
ppp_copy (gpointer out, gconstpointer data, gsize n)
{
    AditReader r = adit_reader (data, n);

    adit_get_bytes (&r, out, n);
}

/* What follows its own length of one byte. */
static inline AditReader
ppp_counted (AditReader *r)
{
    return adit_sub (r, adit_get_u8 (r));
}

/* ---- between the two halves, not on the wire ---- */

/* To the carrier `ppp`: what may pass, and how short its header may be. */
typedef struct {
    gboolean ipv4, ipv6;
    gboolean pfc, acfc;
    guint16  mtu;
} PppOpen;

/* READY: CCP may begin, with these keys; KEYS: it agreed; RESET: the peer asked for a flushed
 * packet. */
typedef enum { MPPE_OFF, MPPE_READY, MPPE_KEYS, MPPE_RESET } MppeWhat;

/* To the carrier `mppe`. */
typedef struct {
    MppeWhat what;
    gboolean stateless_out, stateless_in;
    guint8   strength;        /* one of ADIT_PPP_MPPE_… */
    guint8   bits;            /* 40, 56, 128 */
    guint8   out[16], in[16]; /* start keys (RFC 3079 3) */
} MppeTell;

/* From the carrier `mppe`: packets are lost, ask for a flushed one. */
typedef struct {
    guint32 lost;
} MppeLost;
