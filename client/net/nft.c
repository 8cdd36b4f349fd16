/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* nft.c - over libnftables.  Rules have no name of their own, so those of one tunnel in a shared
 * chain are found by their comment in the kernel's list and deleted by handle; the lock keeps that
 * list true until the transaction is done. */
#include "client/net/nft.h"
#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <linux/netlink.h>
#include <nftables/libnftables.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- one transaction ---- */

/* "…: Error: Could not process rule: No such file or directory\nadd rule …\n^^^": the first line,
 * from "Error" on. */
static char *
first_words (const char *text)
{
    const char *end   = strchrnul (text, '\n');
    const char *start = g_strstr_len (text, end - text, "Error: ");

    start = start ? start + strlen ("Error: ") : text;
    return g_strndup (start, (gsize) (end - start));
}

/* Takes ctx. */
static int
run (struct nft_ctx *ctx, const char *text, char **output, char **complaint)
{
    int status;

    nft_ctx_buffer_error (ctx);
    nft_ctx_buffer_output (ctx);
    status = nft_run_cmd_from_buffer (ctx, text);
    if (output)
        *output = g_strdup (nft_ctx_get_output_buffer (ctx));
    *complaint = first_words (nft_ctx_get_error_buffer (ctx));
    nft_ctx_free (ctx);
    return status;
}

static gboolean
fail (const char *complaint, GError **error)
{
    GError *cause = NULL;

    adit_fail (&cause, ADIT_ERROR_SYSTEM, "nftables: %s", complaint);
    return adit_fail_because (error, cause, ADIT_ERROR_SYSTEM,
                              _ ("This machine's packet filter did not take adit's rules."));
}

static struct nft_ctx *
context (GError **error)
{
    struct nft_ctx *ctx    = NULL;
    int             probe  = socket (AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
    int             number = errno;

    if (probe >= 0) { /* without it the library would end this process */
        close (probe);
        ctx = nft_ctx_new (NFT_CTX_DEFAULT);
    }
    if (ctx == NULL)
        fail (probe < 0 ? g_strerror (number) : "no context", error);
    return ctx;
}

gboolean
adit_nft_run (const char *text, GError **error)
{
    struct nft_ctx  *ctx       = context (error);
    g_autofree char *complaint = NULL;

    return ctx && (run (ctx, text, NULL, &complaint) == 0 || fail (complaint, error));
}

static gboolean
is_missing (const char *complaint)
{
    return strstr (complaint, strerror (ENOENT)) != NULL;
}

char *
adit_nft_list (const char *what, gboolean json, GError **error)
{
    g_autofree char *command = g_strdup_printf ("list %s", what);
    struct nft_ctx  *ctx     = context (error);
    g_autofree char *output = NULL, *complaint = NULL;

    if (ctx == NULL)
        return NULL;
    nft_ctx_output_set_flags (ctx, json ? NFT_CTX_OUTPUT_JSON
                                        : NFT_CTX_OUTPUT_HANDLE | NFT_CTX_OUTPUT_TERSE);
    if (run (ctx, command, &output, &complaint) == 0)
        return g_steal_pointer (&output);
    if (!is_missing (complaint))
        fail (complaint, error);
    return NULL;
}

/* ---- who bears the tag ---- */

/* A rule is listed as "… comment \"TAG\" # handle 7". */
static void
put_rule_delete (GString *text, const char *chain, const char *line, const char *mark)
{
    const char *handle = strstr (line, "# handle ");

    if (handle && strstr (line, mark))
        g_string_append_printf (text, "delete rule " ADIT_NFT_TABLE " %s handle %s\n", chain,
                                handle + strlen ("# handle "));
}

static gboolean
put_tagged_deletes (GString *text, const char *chain, const char *tag, GError **error)
{
    g_autofree char *what    = g_strdup_printf ("chain " ADIT_NFT_TABLE " %s", chain);
    g_autofree char *mark    = g_strdup_printf (" comment \"%s\" # handle ", tag);
    GError          *problem = NULL;
    g_autofree char *list    = adit_nft_list (what, FALSE, &problem);
    g_auto (GStrv) lines     = list ? g_strsplit (list, "\n", -1) : NULL;

    for (guint i = 0; lines && lines[i]; i++)
        put_rule_delete (text, chain, lines[i], mark);
    if (problem)
        g_propagate_error (error, problem);
    return problem == NULL;
}

/* ---- text ---- */

void
adit_nft_put_chain (GString *text, const char *kind, const char *name, const char *spec)
{
    g_string_append_printf (text, "add chain " ADIT_NFT_TABLE " %s-%s%s%s\n", kind, name,
                            *spec ? " " : "", spec);
    g_string_append_printf (text, "flush chain " ADIT_NFT_TABLE " %s-%s\n", kind, name);
}

void
adit_nft_put_rule (GString *text, const char *kind, const char *name, const char *fmt, ...)
{
    va_list args;

    g_string_append_printf (text, "add rule " ADIT_NFT_TABLE " %s-%s ", kind, name);
    va_start (args, fmt);
    g_string_append_vprintf (text, fmt, args);
    va_end (args);
    g_string_append_c (text, '\n');
}

const char *
adit_nft_word (guint family)
{
    return family == 4 ? "ip" : "ip6";
}

static char *
set_of (const GArray *prefixes, guint family, gboolean hosts)
{
    g_autoptr (GString) set = g_string_new (NULL);

    for (guint i = 0; prefixes && i < prefixes->len; i++) {
        AditPrefix       prefix = g_array_index (prefixes, AditPrefix, i);
        g_autofree char *one    = NULL;

        if (prefix.family != family)
            continue;
        if (hosts)
            prefix.length = family == 4 ? 32 : 128;
        adit_prefix_mask (&prefix);
        one = adit_prefix_format (&prefix);
        g_string_append_printf (set, "%s%s", set->len ? ", " : "", one);
    }
    return set->len ? g_strdup_printf ("{ %s }", set->str) : NULL;
}

char *
adit_nft_prefixes (const GArray *prefixes, guint family)
{
    return set_of (prefixes, family, FALSE);
}

char *
adit_nft_hosts (const GArray *prefixes, guint family)
{
    return set_of (prefixes, family, TRUE);
}

void
adit_nft_put_delete (GString *text, const char *what, const char *spec)
{
    const char *space = strchr (what, ' ');
    int         kind  = (int) (space - what);

    /* Adding what is there changes nothing, and deleting needs it to be there. */
    g_string_append_printf (text, "add %.*s " ADIT_NFT_TABLE "%s %s\n", kind, what, space, spec);
    g_string_append_printf (text, "delete %.*s " ADIT_NFT_TABLE "%s\n", kind, what, space);
}

/* ---- the table ---- */

static int
take_lock (const char *lock, GError **error)
{
    int fd = open (lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd >= 0 && flock (fd, LOCK_EX) == 0)
        return fd;
    adit_fail_errno (error, errno, ADIT_ERROR_SYSTEM, _ ("%s could not be locked."), lock);
    if (fd >= 0)
        close (fd);
    return -1;
}

static gboolean
change (const char *chain, const char *tag, const char *text, GError **error)
{
    g_autoptr (GString) all = g_string_new ("add table " ADIT_NFT_TABLE "\n");

    if (tag && !put_tagged_deletes (all, chain, tag, error))
        return FALSE;
    g_string_append (all, text ? text : "");
    return adit_nft_run (all->str, error);
}

gboolean
adit_nft_add (const char *lock, const char *text, GError **error)
{
    return adit_nft_replace (lock, NULL, NULL, text, error);
}

gboolean
adit_nft_replace (const char *lock, const char *chain, const char *tag, const char *text,
                  GError **error)
{
    int      fd   = take_lock (lock, error);
    gboolean fine = fd >= 0 && change (chain, tag, text, error);

    if (fd >= 0)
        close (fd);
    return fine;
}

static gboolean
is_empty (const char *list, const char *shared)
{
    g_auto (GStrv) lines = g_strsplit (list, "\n", -1);

    for (guint i = 0; lines[i]; i++) {
        const char *name = g_strchug (lines[i]);

        if (!g_str_has_prefix (name, "chain "))
            continue;
        name += strlen ("chain ");
        if (shared == NULL || strncmp (name, shared, strlen (shared)) != 0 ||
            name[strlen (shared)] != ' ')
            return FALSE;
    }
    return TRUE;
}

static gboolean
drop (const char *chain, const char *tag, const char *text, GError **error)
{
    GError          *problem = NULL;
    g_autofree char *before  = adit_nft_list ("table " ADIT_NFT_TABLE, FALSE, &problem);
    g_autofree char *after   = NULL;

    if (before && change (chain, tag, text, &problem))
        after = adit_nft_list ("table " ADIT_NFT_TABLE, FALSE, &problem);
    if (problem == NULL && after && is_empty (after, chain))
        adit_nft_run ("delete table " ADIT_NFT_TABLE "\n", &problem);
    if (problem)
        g_propagate_error (error, problem);
    return problem == NULL;
}

gboolean
adit_nft_drop (const char *lock, const char *chain, const char *tag, const char *text,
               GError **error)
{
    int      fd   = take_lock (lock, error);
    gboolean fine = fd >= 0 && drop (chain, tag, text, error);

    if (fd >= 0)
        close (fd);
    return fine;
}
