/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wire.h - the whole toy protocol: every constant and message.  It encrypts nothing.
 *
 *     client                               server
 *       HELLO nonce  --------------------->          again, at growing intervals
 *            <---------------------  HELLO_ACK nonce address length mtu
 *       DATA packet  <-------------------->  DATA packet
 *       ECHO         --------------------->          when nothing was heard for a while
 *            <---------------------  ECHO_ACK
 *       BYE          <-------------------->  BYE                                     */
#pragma once
#include "client/plugin.h"

/* Each message: type 1 byte, length of the body 2 bytes, body. */
typedef enum {
    MIRROR_HELLO     = 1, /* nonce 4 */
    MIRROR_HELLO_ACK = 2, /* nonce 4, IPv4 address 4, prefix length 1, mtu 2 */
    MIRROR_DATA      = 3, /* an IP packet */
    MIRROR_ECHO      = 4,
    MIRROR_ECHO_ACK  = 5,
    MIRROR_BYE       = 6,
} MirrorType;

enum {
    MIRROR_HEADER    = 3,
    MIRROR_PORT      = 4444,
    MIRROR_HELLOS    = 4,    /* unanswered: nobody is there */
    MIRROR_RESEND_MS = 1000, /* doubled each time */
    MIRROR_ECHOES    = 3,    /* unanswered: the server is gone */
    MIRROR_ECHO_MS   = 5000,
    MIRROR_MTU_MIN   = 576,
};

/* ---- between the two halves, not on the wire ---- */

/* To the carrier: let packets of at most `mtu` bytes pass, and say HEARD once the next comes in. */
typedef struct {
    guint16 mtu;
} MirrorListen;

/* From the carrier: the server is there. */
typedef struct {
    guint64 packets; /* so far */
} MirrorHeard;

AditCarrier *mirror_carrier_new (void);
