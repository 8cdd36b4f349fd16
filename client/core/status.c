/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* status.c - how a tunnel is, as JSON (docs/status.md): what we know and what its worker noted. */
#include "client/base/message.h"
#include "client/base/stats.h"
#include "client/core/tunnel-parts.h"
#include "client/net/guard.h"
#include "client/net/link.h"
#include <json-glib/json-glib.h>
#include <string.h>
#include <unistd.h>

#define PEER "peer."

static void
put_text (JsonBuilder *json, const char *key, const char *value)
{
    json_builder_set_member_name (json, key);
    if (value)
        json_builder_add_string_value (json, value);
    else
        json_builder_add_null_value (json);
}

static void
put_number (JsonBuilder *json, const char *key, guint64 value)
{
    json_builder_set_member_name (json, key);
    json_builder_add_int_value (json, (gint64) MIN (value, G_MAXINT64));
}

static void
put_texts (JsonBuilder *json, const char *key, char **values)
{
    json_builder_set_member_name (json, key);
    json_builder_begin_array (json);
    for (guint i = 0; values && values[i]; i++)
        json_builder_add_string_value (json, values[i]);
    json_builder_end_array (json);
}

/* ---- what we know ---- */

static void
put_prefixes (JsonBuilder *json, const char *key, const AditCoreTunnel *tunnel, AditStepKind kind)
{
    const GPtrArray *steps = tunnel->plan ? tunnel->plan->steps : NULL;

    json_builder_set_member_name (json, key);
    json_builder_begin_array (json);
    for (guint i = 0; steps && i < steps->len; i++) {
        const AditStep *step = steps->pdata[i];

        if (step->kind == kind && step->index &&
            step->table != ADIT_PLAN_TABLE_NAMED + tunnel->index) {
            g_autofree char *text = adit_prefix_format (&step->prefix);

            json_builder_add_string_value (json, text);
        }
    }
    json_builder_end_array (json);
}

static void
put_dns (JsonBuilder *json, const AditCoreTunnel *tunnel)
{
    const GPtrArray *steps = tunnel->plan ? tunnel->plan->steps : NULL;
    const AditStep  *dns   = NULL;

    for (guint i = 0; steps && i < steps->len; i++)
        if (((const AditStep *) steps->pdata[i])->kind == ADIT_STEP_DNS)
            dns = steps->pdata[i];
    json_builder_set_member_name (json, "dns");
    json_builder_begin_object (json);
    put_texts (json, "servers", dns ? dns->servers : NULL);
    put_texts (json, "domains", dns ? dns->domains : NULL);
    put_text (json, "backend", tunnel->dns_backend);
    json_builder_set_member_name (json, "exclusive");
    json_builder_add_boolean_value (json, dns && dns->exclusive);
    json_builder_end_object (json);
}

static void
put_sandbox (JsonBuilder *json, const AditCoreTunnel *tunnel)
{
    static const char *const words[] = { "uid", "capabilities", "seccomp", "landlock" };

    json_builder_set_member_name (json, "sandbox");
    json_builder_begin_array (json);
    for (guint i = 0; i < G_N_ELEMENTS (words); i++)
        if (tunnel->sandbox & (1u << i))
            json_builder_add_string_value (json, words[i]);
    json_builder_end_array (json);
}

static void
put_error (JsonBuilder *json, const GError *error)
{
    if (error == NULL) {
        put_text (json, "error", NULL);
        return;
    }
    json_builder_set_member_name (json, "error");
    json_builder_begin_object (json);
    put_text (json, "code", adit_error_name ((AditError) error->code));
    put_text (json, "sentence", error->message);
    json_builder_set_member_name (json, "causes");
    json_builder_begin_array (json);
    for (error = adit_error_cause (error); error; error = adit_error_cause (error))
        json_builder_add_string_value (json, error->message);
    json_builder_end_array (json);
    json_builder_end_object (json);
}

/* Why it is being tried again, and when. */
static void
put_retry (JsonBuilder *json, const AditCoreTunnel *tunnel)
{
    const AditReconnect *reconnect = &tunnel->reconnect;

    put_number (json, "reconnects", reconnect->times);
    if (reconnect->state == ADIT_RECONNECT_IDLE) {
        put_text (json, "retry", NULL);
        return;
    }
    json_builder_set_member_name (json, "retry");
    json_builder_begin_object (json);
    put_number (json, "attempt", reconnect->failures);
    put_number (json, "seconds", adit_reconnect_seconds_left (tunnel));
    put_error (json, reconnect->reason);
    json_builder_end_object (json);
}

static void
put_data_path (JsonBuilder *json, const AditCoreTunnel *tunnel)
{
    put_text (json, "data-path", tunnel->kernel ? "kernel" : "user");
    put_text (json, "data-path-reason", tunnel->kernel_reason);
}

/* ---- what the worker counted ---- */

static void
put_way (JsonBuilder *json, const char *key, guint64 bytes, guint64 packets)
{
    json_builder_set_member_name (json, key);
    json_builder_begin_object (json);
    put_number (json, "bytes", bytes);
    put_number (json, "packets", packets);
    json_builder_end_object (json);
}

static void
put_offloads (JsonBuilder *json, const AditPathStats *stats)
{
    json_builder_set_member_name (json, "offloads");
    json_builder_begin_object (json);
    for (guint i = 0; i < ADIT_N_OFFLOADS; i++) {
        json_builder_set_member_name (json, adit_offload_name ((AditOffload) i));
        json_builder_begin_object (json);
        json_builder_set_member_name (json, "on");
        json_builder_add_boolean_value (json, (stats->offloads >> i) & 1);
        put_number (json, "used", stats->offload_used[i]);
        put_number (json, "lost", stats->offload_lost[i]);
        json_builder_end_object (json);
    }
    json_builder_end_object (json);
}

static void
put_stats (JsonBuilder *json, const AditPathStats *stats)
{
    put_way (json, "rx", stats->rx_bytes, stats->rx_packets);
    put_way (json, "tx", stats->tx_bytes, stats->tx_packets);
    json_builder_set_member_name (json, "drops");
    json_builder_begin_object (json);
    for (guint i = 0; i < ADIT_N_DROPS; i++)
        put_number (json, adit_drop_name ((AditDrop) i), stats->drops[i]);
    json_builder_end_object (json);
    put_number (json, "clamped", stats->clamped);
    put_number (json, "ce-marked", stats->ce_marked);
    put_number (json, "queued", stats->queued);
    put_number (json, "wakeups", stats->wakeups);
    put_offloads (json, stats);
}

/* ---- what the plugin noted: "key=value", of a peer "peer.NAME.key=value" ---- */

/* The value of a note with that key, or NULL. */
static const char *
note (char **notes, const char *key)
{
    gsize len = strlen (key);

    for (guint i = 0; notes && notes[i]; i++)
        if (strncmp (notes[i], key, len) == 0 && notes[i][len] == '=')
            return notes[i] + len + 1;
    return NULL;
}

static void
put_value (JsonBuilder *json, const char *key, const char *value)
{
    guint64 number;

    if (g_ascii_string_to_unsigned (value, 10, 0, G_MAXINT64, &number, NULL))
        put_number (json, key, number);
    else
        put_text (json, key, value);
}

/* A peer's notes lie together.  Between the name and the key is the last dot. */
static gboolean
split_peer (const char *text, char **name, char **key, const char **value)
{
    const char *equals = strchr (text, '=');
    const char *dot    = equals ? g_strrstr_len (text, equals - text, ".") : NULL;
    const char *start  = text + strlen (PEER);

    if (!g_str_has_prefix (text, PEER) || dot == NULL || dot <= start)
        return FALSE;
    *name  = g_strndup (start, (gsize) (dot - start));
    *key   = g_strndup (dot + 1, (gsize) (equals - dot - 1));
    *value = equals + 1;
    return TRUE;
}

static void
put_peers (JsonBuilder *json, char **notes)
{
    g_autofree char *open = NULL;

    json_builder_set_member_name (json, "peers");
    json_builder_begin_array (json);
    for (guint i = 0; notes && notes[i]; i++) {
        g_autofree char *name = NULL, *key = NULL;
        const char      *value;

        if (!split_peer (notes[i], &name, &key, &value))
            continue;
        if (g_strcmp0 (open, name) != 0) {
            if (open)
                json_builder_end_object (json);
            json_builder_begin_object (json);
            put_text (json, "name", name);
            g_free (open);
            open = g_steal_pointer (&name);
        }
        put_value (json, key, value);
    }
    if (open)
        json_builder_end_object (json);
    json_builder_end_array (json);
}

static void
put_notes (JsonBuilder *json, char **notes)
{
    const char *last = note (notes, "last-handshake");

    put_text (json, "endpoint", note (notes, "endpoint"));
    put_text (json, "cipher", note (notes, "cipher"));
    if (last)
        put_value (json, "last-handshake", last);
    else
        put_text (json, "last-handshake", NULL);
    put_peers (json, notes);
    json_builder_set_member_name (json, "notes");
    json_builder_begin_object (json);
    for (guint i = 0; notes && notes[i]; i++) {
        const char *equals = strchr (notes[i], '=');

        if (equals && !g_str_has_prefix (notes[i], PEER)) {
            g_autofree char *key = g_strndup (notes[i], (gsize) (equals - notes[i]));

            put_value (json, key, equals + 1);
        }
    }
    json_builder_end_object (json);
}

/* What was refused of its offer, and what else the plan had to say. */
static void
put_warnings (JsonBuilder *json, const AditCoreTunnel *tunnel)
{
    const GPtrArray *warnings = tunnel->plan ? tunnel->plan->warnings : NULL;

    json_builder_set_member_name (json, "warnings");
    json_builder_begin_array (json);
    for (guint i = 0; warnings && i < warnings->len; i++)
        json_builder_add_string_value (json, warnings->pdata[i]);
    json_builder_end_array (json);
}

static void
put_guard (JsonBuilder *json, const AditCoreTunnel *tunnel)
{
    const AditStep *step    = adit_tunnel_guard_step (tunnel);
    guint64         packets = 0, bytes = 0;

    if (step && !g_str_equal (step->mode, "off"))
        adit_guard_counts (step->name, &packets, &bytes);
    json_builder_set_member_name (json, "guard");
    json_builder_begin_object (json);
    put_text (json, "mode", step ? step->mode : "off");
    put_way (json, "stopped", bytes, packets);
    json_builder_end_object (json);
}

/* What the profile says, by "section.key"; a secret has no place here, nor what may be one, nor
 * what is in a file. */
static void
put_keys (JsonBuilder *json, const AditCoreTunnel *tunnel)
{
    g_auto (GStrv) sections = adit_profile_sections (tunnel->profile, NULL);

    json_builder_set_member_name (json, "keys");
    json_builder_begin_object (json);
    for (char **section = sections; *section; section++) {
        g_auto (GStrv) keys = adit_profile_keys (tunnel->profile, *section);

        for (char **key = keys; *key; key++) {
            const AditField *field  = adit_schema_field (tunnel->schema, *section, *key);
            g_autofree char *dotted = g_strdup_printf ("%s.%s", *section, *key);

            if (field && !adit_field_is_secret (field) && !adit_field_has_lines (field))
                put_text (json, dotted, adit_profile_get (tunnel->profile, *section, *key));
        }
    }
    json_builder_end_object (json);
}

static void
put_tunnel (JsonBuilder *json, const AditCoreTunnel *tunnel)
{
    put_text (json, "name", tunnel->name);
    put_text (json, "protocol", tunnel->schema->name);
    put_text (json, "title", tunnel->schema->title);
    put_text (json, "state", adit_state_name (tunnel->state));
    put_text (json, "interface", tunnel->interface);
    put_prefixes (json, "addresses", tunnel, ADIT_STEP_ADDRESS);
    put_prefixes (json, "routes", tunnel, ADIT_STEP_ROUTE);
    put_dns (json, tunnel);
    put_guard (json, tunnel);
    put_number (json, "since", (guint64) tunnel->since);
    put_number (json, "mtu", tunnel->mtu);
    put_data_path (json, tunnel);
    put_sandbox (json, tunnel);
    put_number (json, "pid", (guint64) getpid ());
    put_number (json, "worker-pid", (guint64) tunnel->pid);
    put_retry (json, tunnel);
    put_warnings (json, tunnel);
    put_keys (json, tunnel);
    put_error (json, tunnel->error);
}

/* A worker whose packets the kernel moves has counted nothing; the device has. */
static void
take_counts (const AditCoreTunnel *tunnel, AditPathStats *stats)
{
    const AditLinkCounts counts = adit_link_counts (tunnel->index);

    stats->rx_packets = counts.rx_packets;
    stats->rx_bytes   = counts.rx_bytes;
    stats->tx_packets = counts.tx_packets;
    stats->tx_bytes   = counts.tx_bytes;
}

char *
adit_status_text (const AditCoreTunnel *tunnel, const AditMessage *notes)
{
    g_autoptr (JsonBuilder) json        = json_builder_new ();
    g_autoptr (JsonGenerator) generator = json_generator_new ();
    AditPathStats stats                 = { 0 };
    JsonNode     *root;
    char         *text;

    if (notes && notes->size == sizeof stats)
        memcpy (&stats, notes->data, sizeof stats);
    if (tunnel->kernel)
        take_counts (tunnel, &stats);
    json_builder_begin_object (json);
    put_tunnel (json, tunnel);
    put_notes (json, notes ? notes->texts : NULL);
    put_stats (json, &stats);
    json_builder_end_object (json);
    root = json_builder_get_root (json);
    json_generator_set_root (generator, root);
    json_generator_set_pretty (generator, TRUE);
    text = json_generator_to_data (generator, NULL);
    json_node_unref (root);
    return text;
}
