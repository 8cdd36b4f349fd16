/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* explain.c - what is asked about: an address, a name, or a process of this host. */
#include "client/core/explain.h"
#include "client/core/explain-parts.h"
#include "client/net/cgroup.h"
#include <glib/gi18n.h>
#include <netinet/in.h>
#include <string.h>

enum { NAME_MAX_BYTES = 253, ORDINARY_PORT = 443 };

/* Stand for the rest of the world: RFC 5737, RFC 3849. */
static const char *const elsewhere[] = { "203.0.113.1", "2001:db8::1" };

void
adit_explain_text (JsonBuilder *json, const char *key, const char *text)
{
    g_autofree char *valid = text ? g_utf8_make_valid (text, -1) : NULL;

    json_builder_set_member_name (json, key);
    if (valid)
        json_builder_add_string_value (json, valid);
    else
        json_builder_add_null_value (json);
}

void
adit_explain_say (GPtrArray *list, const char *fmt, ...)
{
    va_list args;

    va_start (args, fmt);
    g_ptr_array_add (list, g_strdup_vprintf (fmt, args));
    va_end (args);
}

void
adit_explain_sentences (JsonBuilder *json, GPtrArray *list)
{
    json_builder_set_member_name (json, "sentences");
    json_builder_begin_array (json);
    for (guint i = 0; i < list->len; i++) {
        g_autofree char *valid = g_utf8_make_valid (list->pdata[i], -1);

        json_builder_add_string_value (json, valid);
    }
    json_builder_end_array (json);
    g_ptr_array_unref (list);
}

/* ---- a process ---- */

typedef struct {
    guint64 pid;
    char   *command, *path, *cgroup; /* as /proc and as nft(8) writes it */
    guint32 uid;
} Process;

static void
process_clear (Process *process)
{
    g_free (process->command);
    g_free (process->path);
    g_free (process->cgroup);
}

static void
read_of (guint64 pid, const char *file, char **text)
{
    g_autofree char *path = g_strdup_printf ("/proc/%" G_GUINT64_FORMAT "/%s", pid, file);

    g_file_get_contents (path, text, NULL, NULL);
}

/* Sockets belong to whom the file system says (proc(5): the fourth number of Uid). */
static gboolean
take_status (const char *status, Process *process)
{
    const char *line      = status ? strstr (status, "\nUid:") : NULL;
    g_auto (GStrv) fields = line ? g_strsplit (line + 1, "\t", 6) : NULL;

    if (fields == NULL || g_strv_length (fields) < 5)
        return FALSE;
    process->uid = (guint32) g_ascii_strtoull (fields[4], NULL, 10);
    return TRUE;
}

static gboolean
read_process (guint64 pid, Process *process, GError **error)
{
    g_autofree char *status = NULL, *groups = NULL;
    const char      *group;

    process->pid = pid;
    read_of (pid, "status", &status);
    read_of (pid, "cgroup", &groups);
    read_of (pid, "comm", &process->command);
    group = groups ? strstr (groups, "0::/") : NULL;
    if (!take_status (status, process))
        return adit_fail (error, ADIT_ERROR_PROFILE, _ ("There is no process %u."), (guint) pid);
    process->command = process->command ? g_strchomp (process->command) : g_strdup ("?");
    if (group && (group == groups || group[-1] == '\n')) {
        g_autofree char *root = adit_cgroup_nft_root ();

        group += strlen ("0::");
        process->path   = g_strndup (group, strcspn (group, "\n"));
        process->cgroup = g_strconcat (root ? root : "", process->path + 1, NULL);
    }
    return TRUE;
}

static void
say_process (GPtrArray *sentences, const Process *process, const char *name)
{
    adit_explain_say (sentences, _ ("Process %s is %s, of the user %u."), name, process->command,
                      process->uid);
    if (process->path)
        adit_explain_say (sentences, _ ("Its control group is %s."), process->path);
    adit_explain_say (sentences,
                      _ ("Its packets to the rest of the world, for which %s and %s stand here:"),
                      elsewhere[0], elsewhere[1]);
}

static gboolean
explain_process (JsonBuilder *json, const AditFacts *facts, const char *what, GError **error)
{
    Process    process   = { 0 };
    AditSender sender    = { .protocol = IPPROTO_TCP, .port = ORDINARY_PORT };
    GPtrArray *sentences = g_ptr_array_new_with_free_func (g_free);

    if (!read_process (g_ascii_strtoull (what, NULL, 10), &process, error)) {
        process_clear (&process);
        g_ptr_array_unref (sentences);
        return FALSE;
    }
    sender.uid    = process.uid;
    sender.cgroup = process.cgroup;
    say_process (sentences, &process, what);
    json_builder_set_member_name (json, "uid");
    json_builder_add_int_value (json, process.uid);
    adit_explain_text (json, "command", process.command);
    adit_explain_text (json, "cgroup", process.path);
    adit_explain_sentences (json, sentences);
    json_builder_set_member_name (json, "addresses");
    json_builder_begin_array (json);
    for (guint i = 0; i < G_N_ELEMENTS (elsewhere); i++) {
        AditPrefix address;

        if (!adit_prefix_parse (elsewhere[i], &address))
            continue;
        json_builder_begin_object (json);
        adit_explain_way (json, facts, address.family, address.address, &sender);
        json_builder_end_object (json);
    }
    json_builder_end_array (json);
    process_clear (&process);
    return TRUE;
}

/* ---- the question ---- */

typedef enum { ADDRESS, NAME, PROCESS } Kind;

static gboolean
is_name (const char *what)
{
    gsize len = strlen (what);

    if (len == 0 || len > NAME_MAX_BYTES || what[0] == '.' || what[0] == '-')
        return FALSE;
    for (const char *c = what; *c; c++)
        if (!g_ascii_isalnum (*c) && strchr ("-_.", *c) == NULL)
            return FALSE;
    return TRUE;
}

static gboolean
judge (const char *what, Kind *kind, AditPrefix *address, GError **error)
{
    gsize digits = strspn (what, "0123456789");

    if (digits && what[digits] == '\0' && digits < 10)
        *kind = PROCESS;
    else if (strchr (what, '/') == NULL && adit_prefix_parse (what, address))
        *kind = ADDRESS;
    else if (is_name (what))
        *kind = NAME;
    else
        return adit_fail (error, ADIT_ERROR_PROFILE,
                          _ ("“%s” is no address, name or process; try `adit explain 192.0.2.1`."),
                          what);
    return TRUE;
}

/* A name's last dot says that nothing is to be added. */
static void
explain_name (JsonBuilder *json, const AditFacts *facts, const char *what, const AditSender *sender)
{
    g_autofree char *name = g_strdup (what);
    gsize            len  = strlen (name);

    if (name[len - 1] == '.')
        name[len - 1] = '\0';
    adit_explain_name (json, facts, name, sender);
}

static gboolean
answer (JsonBuilder *json, const AditFacts *facts, const char *what, guint32 uid, GError **error)
{
    static const char *const names[] = { "address", "name", "process" };
    AditSender sender = { .uid = uid, .protocol = IPPROTO_TCP, .port = ORDINARY_PORT };
    AditPrefix address;
    Kind       kind = NAME;

    if (!judge (what, &kind, &address, error))
        return FALSE;
    adit_explain_text (json, "question", what);
    adit_explain_text (json, "kind", names[kind]);
    switch (kind) {
    case PROCESS:
        return explain_process (json, facts, what, error);
    case NAME:
        explain_name (json, facts, what, &sender);
        break;
    case ADDRESS:
        json_builder_set_member_name (json, "addresses");
        json_builder_begin_array (json);
        json_builder_begin_object (json);
        adit_explain_way (json, facts, address.family, address.address, &sender);
        json_builder_end_object (json);
        json_builder_end_array (json);
        break;
    }
    return TRUE;
}

char *
adit_explain (const char *what, guint32 uid, GError **error)
{
    g_autoptr (JsonBuilder) json = json_builder_new ();
    g_autoptr (AditFacts) facts  = adit_facts_read (error);
    g_autoptr (JsonNode) root    = NULL;

    if (facts == NULL)
        return NULL;
    json_builder_begin_object (json);
    if (!answer (json, facts, what, uid, error))
        return NULL;
    json_builder_end_object (json);
    root = json_builder_get_root (json);
    return json_to_string (root, TRUE);
}
