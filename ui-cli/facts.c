/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* facts.c - one tunnel's status as lines for a person: a table of rows, each of which knows where
 * its fact is and leaves itself out when there is none. */
#include "ui-cli/facts.h"
#include "ui-cli/figures.h"
#include "ui-cli/json.h"
#include "ui-cli/terminal.h"
#include <glib/gi18n.h>
#include <string.h>

enum { LABEL_COLUMNS = 15 };

typedef struct {
    JsonObject *tunnel;
    gint64      now;
    gboolean    is_verbose;
} Status;

static char *
device (const Status *s)
{
    const char *name = cli_json_get (s->tunnel, "interface");
    gint64      mtu  = cli_json_number (s->tunnel, "mtu");

    if (name && mtu)
        return g_strdup_printf (_ ("%s, packets up to %u bytes"), name, (guint) mtu);
    return g_strdup (name);
}

static char *
addresses (const Status *s)
{
    return cli_json_list (s->tunnel, "addresses");
}

static char *
routes (const Status *s)
{
    return cli_json_list (s->tunnel, "routes");
}

static char *
names (const Status *s)
{
    JsonObject      *dns     = cli_json_object (s->tunnel, "dns");
    g_autofree char *servers = cli_json_list (dns, "servers");
    g_autofree char *domains = cli_json_list (dns, "domains");

    if (servers && domains)
        return g_strdup_printf (_ ("%s, for %s"), servers, domains);
    return g_steal_pointer (&servers);
}

static char *
endpoint (const Status *s)
{
    return g_strdup (cli_json_get (s->tunnel, "endpoint"));
}

static char *
handshake (const Status *s)
{
    gint64 then = cli_json_number (s->tunnel, "last-handshake");

    return then ? cli_since (then, s->now) : NULL;
}

static char *
traffic (const Status *s, const char *way)
{
    JsonObject      *counters = cli_json_object (s->tunnel, way);
    guint64          n        = (guint64) cli_json_number (counters, "packets");
    g_autofree char *bytes    = cli_bytes ((guint64) cli_json_number (counters, "bytes"));
    g_autofree char *packets  = cli_count (n);

    if (counters == NULL)
        return NULL;
    return g_strdup_printf (ngettext ("%s in %s packet", "%s in %s packets", n), bytes, packets);
}

static char *
received (const Status *s)
{
    return traffic (s, "rx");
}

static char *
sent (const Status *s)
{
    return traffic (s, "tx");
}

static char *
drops (const Status *s)
{
    JsonObject *causes       = cli_json_object (s->tunnel, "drops");
    g_autoptr (GList) list   = causes ? json_object_get_members (causes) : NULL;
    g_autoptr (GString) text = g_string_new (NULL);
    guint64          all     = 0;
    g_autofree char *total   = NULL;

    for (GList *l = list; l; l = l->next) {
        guint64          n     = (guint64) cli_json_number (causes, l->data);
        g_autofree char *count = cli_count (n);

        all += n;
        if (n)
            g_string_append_printf (text, "%s%s %s", text->len ? ", " : "", (char *) l->data,
                                    count);
    }
    if (causes == NULL)
        return NULL;
    total = cli_count (all);
    if (all == 0)
        return g_strdup (_ ("nothing"));
    return g_strdup_printf (ngettext ("%s packet: %s", "%s packets: %s", all), total, text->str);
}

static char *
cipher (const Status *s)
{
    return g_strdup (cli_json_get (s->tunnel, "cipher"));
}

static char *
data_path (const Status *s)
{
    const char *path = cli_json_get (s->tunnel, "data-path");

    if (g_strcmp0 (path, "kernel") == 0)
        return g_strdup (_ ("the kernel moves the packets"));
    if (g_strcmp0 (path, "user") == 0)
        return g_strdup (_ ("adit moves the packets"));
    return g_strdup (path);
}

static char *
data_path_reason (const Status *s)
{
    return s->is_verbose ? g_strdup (cli_json_get (s->tunnel, "data-path-reason")) : NULL;
}

static char *
name_server_by (const Status *s)
{
    return s->is_verbose ? g_strdup (cli_json_get (cli_json_object (s->tunnel, "dns"), "backend"))
                         : NULL;
}

static char *
number (const Status *s, const char *member)
{
    gint64 n = cli_json_number (s->tunnel, member);

    return s->is_verbose && n > 0 ? cli_count ((guint64) n) : NULL;
}

static char *
queued (const Status *s)
{
    return number (s, "queued");
}

static char *
clamped (const Status *s)
{
    return number (s, "clamped");
}

static char *
marked (const Status *s)
{
    return number (s, "ce-marked");
}

static char *
wakeups (const Status *s)
{
    return number (s, "wakeups");
}

static char *
processes (const Status *s)
{
    gint64 parent = cli_json_number (s->tunnel, "pid");
    gint64 worker = cli_json_number (s->tunnel, "worker-pid");

    if (!s->is_verbose || parent == 0)
        return NULL;
    return g_strdup_printf (_ ("%u, its worker %u"), (guint) parent, (guint) worker);
}

static void
append_word (GString *list, const char *word)
{
    g_string_append_printf (list, "%s%s", list->len ? ", " : "", word);
}

static char *
offloads (const Status *s)
{
    JsonObject *all           = cli_json_object (s->tunnel, "offloads");
    g_autoptr (GList) members = all ? json_object_get_members (all) : NULL;
    g_autoptr (GString) on = g_string_new (NULL), lost = g_string_new (NULL);

    for (GList *l = members; l; l = l->next) {
        JsonObject *one = cli_json_object (all, l->data);

        if (cli_json_flag (one, "on"))
            append_word (on, l->data);
        else if (cli_json_number (one, "lost"))
            append_word (lost, l->data);
    }
    if (on->len == 0)
        append_word (on, _ ("none"));
    if (members == NULL)
        return NULL;
    return lost->len ? g_strdup_printf (_ ("%s; lost: %s"), on->str, lost->str)
                     : g_strdup (on->str);
}

static char *
sandbox (const Status *s)
{
    return cli_json_list (s->tunnel, "sandbox");
}

static char *
guard (const Status *s)
{
    JsonObject      *all     = cli_json_object (s->tunnel, "guard");
    const char      *mode    = cli_json_get (all, "mode");
    JsonObject      *stopped = cli_json_object (all, "stopped");
    g_autofree char *count   = cli_count ((guint64) MAX (cli_json_number (stopped, "packets"), 0));

    if (mode == NULL || strcmp (mode, "off") == 0)
        return NULL;
    if (strcmp (mode, "always") == 0)
        return g_strdup_printf (_ ("always, until “adit guard lift %s”; packets stopped: %s"),
                                cli_json_get (s->tunnel, "name"), count);
    return g_strdup_printf (_ ("until it is ended; packets stopped: %s"), count);
}

static const struct {
    const char *label;
    char *(*say) (const Status *);
    CliStyle style;
} rows[] = {
    /* clang-format off */
    { N_ ("device"),       device,           CLI_PLAIN },
    { N_ ("addresses"),    addresses,        CLI_PLAIN },
    { N_ ("routes"),       routes,           CLI_PLAIN },
    { N_ ("name servers"), names,            CLI_PLAIN },
    { N_ ("set through"),  name_server_by,   CLI_PLAIN },
    { N_ ("guard"),        guard,            CLI_PLAIN },
    { N_ ("endpoint"),     endpoint,         CLI_PLAIN },
    { N_ ("handshake"),    handshake,        CLI_PLAIN },
    { N_ ("received"),     received,         CLI_ACCENT },
    { N_ ("sent"),         sent,             CLI_ACCENT },
    { N_ ("dropped"),      drops,            CLI_PLAIN },
    { N_ ("cipher"),       cipher,           CLI_PLAIN },
    { N_ ("data path"),    data_path,        CLI_PLAIN },
    { N_ ("because"),      data_path_reason, CLI_PLAIN },
    { N_ ("offloads"),     offloads,         CLI_PLAIN },
    { N_ ("waiting"),      queued,           CLI_PLAIN },
    { N_ ("MSS clamped"),  clamped,          CLI_PLAIN },
    { N_ ("CE marked"),    marked,           CLI_PLAIN },
    { N_ ("wake-ups"),     wakeups,          CLI_PLAIN },
    { N_ ("sandbox"),      sandbox,          CLI_PLAIN },
    { N_ ("processes"),    processes,        CLI_PLAIN },
    /* clang-format on */
};

/* Notes that a row or the heading shows; the others are the protocol's own, shown as they are. */
static const char *const shown[] = { "endpoint", "cipher", "last-handshake", "peers", NULL };

static void
append_row (GString *text, const char *label, const char *value, CliStyle style, guint columns)
{
    g_autofree char *clean = cli_clean (value);
    g_autofree char *lines = cli_wrap (clean, columns, LABEL_COLUMNS + 2);
    guint            width = cli_width (label);

    g_string_append_printf (text, "  %s%s%s%*s%s%s%s\n", cli_on (stdout, CLI_DIM), label,
                            cli_off (stdout),
                            (int) (width < LABEL_COLUMNS ? LABEL_COLUMNS - width : 1), "",
                            cli_on (stdout, style), lines, cli_off (stdout));
}

static CliStyle
style_of (const char *state)
{
    if (g_strcmp0 (state, "up") == 0)
        return CLI_GOOD;
    return g_strcmp0 (state, "failed") == 0 ? CLI_BAD : CLI_CAUTION;
}

static void
append_heading (GString *text, const Status *s)
{
    const char      *state = cli_json_get (s->tunnel, "state");
    const char      *name  = cli_json_get (s->tunnel, "name");
    const char      *title = cli_json_get (s->tunnel, "title");
    gint64           since = cli_json_number (s->tunnel, "since");
    g_autofree char *lasts =
        since && since <= s->now ? cli_duration ((guint64) (s->now - since)) : NULL;
    g_autofree char *clean = cli_clean (name ? name : "?");
    g_autofree char *is    = cli_clean (state ? state : "?");
    g_autofree char *kind = cli_clean (title ? title : cli_json_get (s->tunnel, "protocol") ?: "?");

    g_string_append_printf (text, "%s●%s %s%s%s  %s  %s%s%s", cli_on (stdout, style_of (state)),
                            cli_off (stdout), cli_on (stdout, CLI_BOLD), clean, cli_off (stdout),
                            kind, cli_on (stdout, style_of (state)), is, cli_off (stdout));
    if (lasts) {
        g_string_append (text, " ");
        g_string_append_printf (text, _ ("for %s"), lasts);
    }
    g_string_append_c (text, '\n');
}

static void
append_notes (GString *text, JsonObject *notes, guint columns)
{
    g_autoptr (GList) members = notes ? json_object_get_members (notes) : NULL;

    for (GList *l = members; l; l = l->next) {
        g_autofree char *value = cli_json_show (notes, l->data);
        g_autofree char *label = cli_clean (l->data);

        if (value && !g_strv_contains (shown, l->data))
            append_row (text, label, value, CLI_PLAIN, columns);
    }
}

/* The reason that a tunnel ends or ended with. */
static void
append_error (GString *text, JsonObject *error, guint columns)
{
    const char *sentence = cli_json_get (error, "sentence");

    if (sentence)
        append_row (text, _ ("error"), sentence, CLI_BAD, columns);
}

/* Why it is not up just now, and what is done about it. */
static void
append_retry (GString *text, JsonObject *retry, guint columns)
{
    JsonObject      *error    = retry ? cli_json_object (retry, "error") : NULL;
    const char      *sentence = error ? cli_json_get (error, "sentence") : NULL;
    gint64           attempt  = retry ? cli_json_number (retry, "attempt") : 0;
    gint64           seconds  = retry ? cli_json_number (retry, "seconds") : 0;
    g_autofree char *when     = NULL;

    if (sentence == NULL)
        return;
    when = seconds ? g_strdup_printf (_ ("in %d s (number %d)"), (int) seconds, (int) attempt)
                   : g_strdup_printf (_ ("now (number %d)"), (int) attempt);
    append_row (text, _ ("lost"), sentence, CLI_BAD, columns);
    append_row (text, _ ("next try"), when, CLI_PLAIN, columns);
}

static char *
peer_handshake (JsonObject *peer, gint64 now)
{
    gint64           then  = cli_json_number (peer, "last-handshake");
    g_autofree char *since = cli_since (then, now);

    if (!json_object_has_member (peer, "last-handshake"))
        return NULL;
    return then ? g_strdup_printf (_ ("handshake %s"), since) : g_strdup (_ ("no handshake yet"));
}

static char *
peer_traffic (JsonObject *peer)
{
    g_autofree char *rx = cli_bytes ((guint64) cli_json_number (peer, "rx-bytes"));
    g_autofree char *tx = cli_bytes ((guint64) cli_json_number (peer, "tx-bytes"));

    if (!json_object_has_member (peer, "rx-bytes"))
        return NULL;
    return g_strdup_printf (_ ("%s received, %s sent"), rx, tx);
}

static void
append_part (GString *text, const char *part)
{
    if (part && *part)
        g_string_append_printf (text, "%s%s", text->len ? ", " : "", part);
}

/* What most protocols note of a peer in words, the rest below as it is. */
static void
append_peer (GString *text, JsonObject *peer, const Status *s, guint columns)
{
    static const char *const worded[] = { "name",     "endpoint", "last-handshake",
                                          "rx-bytes", "tx-bytes", NULL };
    const char              *name     = cli_json_get (peer, "name");
    g_autofree char         *label    = g_strdup_printf (_ ("peer %s"), name ? name : "?");
    g_autofree char         *clean    = cli_clean (label);
    g_autofree char         *when     = peer_handshake (peer, s->now);
    g_autofree char         *traffic  = peer_traffic (peer);
    g_autoptr (GList) members         = json_object_get_members (peer);
    g_autoptr (GString) first         = g_string_new (NULL);

    append_part (first, cli_json_get (peer, "endpoint"));
    append_part (first, when);
    append_part (first, traffic);
    append_row (text, clean, first->str, CLI_PLAIN, columns);
    for (GList *l = members; l; l = l->next) {
        g_autofree char *value = cli_json_show (peer, l->data);
        g_autofree char *part  = g_strdup_printf ("%s %s", (char *) l->data, value);

        if (value && *value && !g_strv_contains (worded, l->data))
            append_row (text, "", part, CLI_DIM, columns);
    }
}

static void
append_peers (GString *text, const Status *s, guint columns)
{
    JsonArray *peers = cli_json_array (s->tunnel, "peers");

    for (guint i = 0; peers && i < json_array_get_length (peers); i++) {
        JsonNode *peer = json_array_get_element (peers, i);

        if (JSON_NODE_HOLDS_OBJECT (peer))
            append_peer (text, json_node_get_object (peer), s, columns);
    }
}

static void
append_warnings (GString *text, JsonArray *warnings, guint columns)
{
    for (guint i = 0; warnings && i < json_array_get_length (warnings); i++) {
        JsonNode *sentence = json_array_get_element (warnings, i);

        if (JSON_NODE_HOLDS_VALUE (sentence) &&
            json_node_get_value_type (sentence) == G_TYPE_STRING)
            append_row (text, _ ("warning"), json_node_get_string (sentence), CLI_CAUTION, columns);
    }
}

char *
cli_facts (JsonObject *tunnel, gint64 now, guint columns, gboolean is_verbose)
{
    const Status s    = { tunnel, now, is_verbose };
    GString     *text = g_string_new (NULL);

    append_heading (text, &s);
    for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
        g_autofree char *value = rows[i].say (&s);

        if (value)
            append_row (text, _ (rows[i].label), value, rows[i].style, columns);
    }
    append_notes (text, cli_json_object (tunnel, "notes"), columns);
    append_peers (text, &s, columns);
    append_warnings (text, cli_json_array (tunnel, "warnings"), columns);
    append_retry (text, cli_json_object (tunnel, "retry"), columns);
    append_error (text, cli_json_object (tunnel, "error"), columns);
    return g_string_free (text, FALSE);
}
