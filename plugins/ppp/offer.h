/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* offer.h - what the link achieved, for the host and for people. */
#pragma once
#include "plugins/ppp/engine.h"

guint offer_mtu (const AditPpp *ppp); /* of an IP packet within one frame */
void  offer_make (AditPpp *ppp);      /* event `up` */
