/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* resolve-monitor.c - a varlink client of one call: JSON objects, each ended by a zero byte. */
#include "client/core/resolve-monitor.h"
#include "client/core/json.h"
#include "client/net/unix.h"
#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FIRST_WAIT_S = 1, LONGEST_WAIT_S = 60, CLASS_IN = 1, TYPE_A = 1, TYPE_AAAA = 28 };

struct AditResolveMonitor {
    char            *path;
    AditResolveHeard heard;
    gpointer         user;
    int              fd;
    guint            source, timer, wait_s;
    GByteArray      *buffer;
};

/* ---- one message ---- */

static gboolean
take_bytes (JsonArray *array, guint8 *out, guint n)
{
    if (array == NULL || json_array_get_length (array) != n)
        return FALSE;
    for (guint i = 0; i < n; i++) {
        gint64 byte;

        if (!adit_json_number (json_array_get_element (array, i), &byte) || byte < 0 || byte > 255)
            return FALSE;
        out[i] = (guint8) byte;
    }
    return TRUE;
}

/* { "rr": { "key": { "class": 1, "type": 1, "name": … }, "address": [ 192, 0, 2, 1 ] }, … } */
static gboolean
take_address (JsonNode *answer, AditPrefix *out)
{
    JsonNode *record = adit_json_member (answer, "rr"), *key = adit_json_member (record, "key");
    gint64 class = 0, type = 0;

    memset (out, 0, sizeof *out);
    adit_json_number (adit_json_member (key, "class"), &class);
    adit_json_number (adit_json_member (key, "type"), &type);
    if (class != CLASS_IN || (type != TYPE_A && type != TYPE_AAAA))
        return FALSE;
    out->family = type == TYPE_A ? 4 : 6;
    out->length = type == TYPE_A ? 32 : 128;
    return take_bytes (adit_json_array (adit_json_member (record, "address")), out->address,
                       out->length / 8);
}

static GArray *
take_addresses (JsonArray *answers)
{
    GArray *addresses = g_array_new (FALSE, FALSE, sizeof (AditPrefix));
    guint   n         = answers ? json_array_get_length (answers) : 0;

    for (guint i = 0; i < n && addresses->len < ADIT_RESOLVE_ANSWERS; i++) {
        AditPrefix one;

        if (take_address (json_array_get_element (answers, i), &one))
            g_array_append_val (addresses, one);
    }
    return addresses;
}

static char **
take_names (JsonArray *questions)
{
    GPtrArray *names = g_ptr_array_new ();
    guint      n     = questions ? json_array_get_length (questions) : 0;

    for (guint i = 0; i < n && names->len < ADIT_RESOLVE_ANSWERS; i++) {
        const char *name =
            adit_json_text (adit_json_member (json_array_get_element (questions, i), "name"));

        if (name && strlen (name) <= 255)
            g_ptr_array_add (names, g_ascii_strdown (name, -1));
    }
    g_ptr_array_add (names, NULL);
    return (char **) g_ptr_array_free (names, FALSE);
}

gboolean
adit_resolve_parse (const char *text, gsize len, char ***names, GArray **addresses)
{
    g_autoptr (JsonParser) parser = json_parser_new ();
    g_auto (GStrv) asked          = NULL;
    g_autoptr (GArray) told       = NULL;
    JsonNode *parameters;

    if (len > ADIT_RESOLVE_BYTES || !g_utf8_validate (text, (gssize) len, NULL) ||
        !json_parser_load_from_data (parser, text, (gssize) len, NULL))
        return FALSE;
    parameters = adit_json_member (json_parser_get_root (parser), "parameters");
    asked      = take_names (adit_json_array (adit_json_member (parameters, "question")));
    told       = take_addresses (adit_json_array (adit_json_member (parameters, "answer")));
    if (asked[0] == NULL || told->len == 0)
        return FALSE;
    *names     = g_steal_pointer (&asked);
    *addresses = g_steal_pointer (&told);
    return TRUE;
}

/* ---- the call ---- */

static void look_for_it (AditResolveMonitor *monitor);

static gboolean
on_time (gpointer user)
{
    AditResolveMonitor *monitor = user;

    monitor->timer = 0;
    look_for_it (monitor);
    return G_SOURCE_REMOVE;
}

static void
try_later (AditResolveMonitor *monitor)
{
    if (monitor->fd >= 0)
        close (monitor->fd);
    monitor->fd = -1;
    g_clear_handle_id (&monitor->source, g_source_remove);
    g_byte_array_set_size (monitor->buffer, 0);
    monitor->timer  = g_timeout_add_seconds (monitor->wait_s, on_time, monitor);
    monitor->wait_s = MIN (monitor->wait_s * 2, LONGEST_WAIT_S);
}

static void
hear (AditResolveMonitor *monitor, const char *text, gsize len)
{
    g_auto (GStrv) names         = NULL;
    g_autoptr (GArray) addresses = NULL;

    if (adit_resolve_parse (text, len, &names, &addresses))
        monitor->heard (monitor->user, (const char *const *) names, addresses);
}

/* Whole messages; FALSE: one is longer than any is. */
static gboolean
hear_all (AditResolveMonitor *monitor)
{
    const guint8 *end;

    while ((end = memchr (monitor->buffer->data, 0, monitor->buffer->len))) {
        gsize len = (gsize) (end - monitor->buffer->data);

        hear (monitor, (const char *) monitor->buffer->data, len);
        g_byte_array_remove_range (monitor->buffer, 0, (guint) len + 1);
    }
    return monitor->buffer->len <= ADIT_RESOLVE_BYTES;
}

static gboolean
on_readable (gint fd, GIOCondition condition G_GNUC_UNUSED, gpointer user)
{
    AditResolveMonitor *monitor = user;
    guint8              part[16384];
    ssize_t             n = recv (fd, part, sizeof part, MSG_DONTWAIT);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return G_SOURCE_CONTINUE;
    if (n > 0) {
        g_byte_array_append (monitor->buffer, part, (guint) n);
        monitor->wait_s = FIRST_WAIT_S;
    }
    if (n > 0 && hear_all (monitor))
        return G_SOURCE_CONTINUE;
    monitor->source = 0;
    try_later (monitor);
    return G_SOURCE_REMOVE;
}

static void
look_for_it (AditResolveMonitor *monitor)
{
    static const char call[] = "{\"method\":\"io.systemd.Resolve.Monitor.SubscribeQueryResults\","
                               "\"parameters\":{},\"more\":true}";

    monitor->fd = adit_unix_connect (monitor->path, NULL);
    if (monitor->fd < 0 || send (monitor->fd, call, sizeof call, MSG_NOSIGNAL) != sizeof call) {
        try_later (monitor);
        return;
    }
    monitor->source = g_unix_fd_add (monitor->fd, G_IO_IN | G_IO_HUP, on_readable, monitor);
}

AditResolveMonitor *
adit_resolve_monitor_new (const char *path, AditResolveHeard heard, gpointer user)
{
    AditResolveMonitor *monitor = g_new0 (AditResolveMonitor, 1);

    monitor->path   = g_strdup (path);
    monitor->heard  = heard;
    monitor->user   = user;
    monitor->fd     = -1;
    monitor->wait_s = FIRST_WAIT_S;
    monitor->buffer = g_byte_array_new ();
    look_for_it (monitor);
    return monitor;
}

gboolean
adit_resolve_monitor_is_on (const AditResolveMonitor *monitor)
{
    return monitor->fd >= 0;
}

void
adit_resolve_monitor_free (AditResolveMonitor *monitor)
{
    if (monitor == NULL)
        return;
    g_clear_handle_id (&monitor->source, g_source_remove);
    g_clear_handle_id (&monitor->timer, g_source_remove);
    if (monitor->fd >= 0)
        close (monitor->fd);
    g_byte_array_unref (monitor->buffer);
    g_free (monitor->path);
    g_free (monitor);
}
