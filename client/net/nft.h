/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* nft.h - our table of packet filter rules, `inet adit`, shared by all tunnels and processes.  What
 * one tunnel adds is its own chains and sets, and rules of shared chains that bear its comment; so
 * it is taken away without touching the rest, and the table goes with the last chain. */
#pragma once
#include "client/base/error.h"
#include "client/base/prefix.h"

#define ADIT_NFT_NAME "adit"
#define ADIT_NFT_TABLE "inet " ADIT_NFT_NAME

/* One text of nft(8) as one transaction: all of it or, with the kernel's words as cause, nothing.
 */
gboolean adit_nft_run (const char *text, GError **error);

/* "table inet adit", "chain inet adit known": as nft(8) lists it, with handles, or as JSON; g_free.
 * NULL without an error: there is no such thing. */
char *adit_nft_list (const char *what, gboolean json, GError **error);

/* `lock`: path of a file of root's that keeps processes apart (made when it is missing).  Makes the
 * table when it is missing, and runs the text.  `text` may be NULL in the last two. */
gboolean adit_nft_add (const char *lock, const char *text, GError **error);
/* The same after the rules of `chain` that bear the comment `tag` are taken out: so that a tunnel's
 * rules in a shared chain are replaced in one transaction.  A chain that is missing has none. */
gboolean adit_nft_replace (const char *lock, const char *chain, const char *tag, const char *text,
                           GError **error);
/* The same, and then the table goes when only `chain` is left of it. */
gboolean adit_nft_drop (const char *lock, const char *chain, const char *tag, const char *text,
                        GError **error);

/* Appends what makes a tunnel's chain KIND-NAME, empty; `spec` as in nft(8), "" for one that is no
 * hook; and a rule at its end. */
void adit_nft_put_chain (GString *text, const char *kind, const char *name, const char *spec);
void adit_nft_put_rule (GString *text, const char *kind, const char *name, const char *fmt, ...)
    G_GNUC_PRINTF (4, 5);
/* "{ 10.0.0.0/8, 192.0.2.1/32 }": the AditPrefix of one family, or of these each as one address;
 * g_free; NULL: none is of that family. */
char       *adit_nft_prefixes (const GArray *prefixes, guint family);
char       *adit_nft_hosts (const GArray *prefixes, guint family);
const char *adit_nft_word (guint family); /* "ip" for 4, "ip6" for 6 */
/* Appends what deletes a chain or set ("chain out-office", "set names-office") whether or not it
 * is there.  `spec` of a set: its type, needed to name one that is not there; else "". */
void adit_nft_put_delete (GString *text, const char *what, const char *spec);
