/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* nft-watch.h - tells when somebody removed our table of packet filter rules, as a reload of other
 * firewalls' rules does ("flush ruleset").  Sleeps until then. */
#pragma once
#include "client/base/error.h"

typedef struct AditNftWatch AditNftWatch;
typedef void (*AditNftGone) (gpointer user);

/* On the default main context; also after our own removal of the last part. */
AditNftWatch *adit_nft_watch_new (AditNftGone gone, gpointer user, GError **error);
void          adit_nft_watch_free (AditNftWatch *watch);
