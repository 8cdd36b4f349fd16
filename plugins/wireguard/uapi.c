/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* uapi.c - the cross-platform userspace API of WireGuard, so that wg(8) works on our interfaces:
 * "get=1" and "set=1" with lines of key=value, answered by "errno=N".  A request is read whole
 * and judged before anything changes. */
#include "client/base/secret.h"
#include "client/base/value.h"
#include "plugins/wireguard/handshake.h"
#include "plugins/wireguard/machine.h"
#include "plugins/wireguard/timers.h"

/* Linux's numbers, negative as wg(8) expects them */
enum { OK = 0, INVALID = -22, NO_SPACE = -28, PROTOCOL = -71, NOT_SUPPORTED = -95 };

typedef enum {
    PRIVATE_KEY,
    LISTEN_PORT,
    FWMARK,
    REPLACE_PEERS,
    PUBLIC_KEY, /* begins a peer; those above are the device's */
    REMOVE,
    UPDATE_ONLY,
    PRESHARED_KEY,
    ENDPOINT,
    PERSISTENT_KEEPALIVE,
    REPLACE_ALLOWED_IPS,
    ALLOWED_IP,
    PROTOCOL_VERSION,
    N_KEYS,
} Key;

typedef enum { HEX, NUMBER, TRUE_ONLY, WHERE, PREFIX } Shape;

static const struct {
    const char *name;
    Shape       shape;
    guint64     most;
} keys[N_KEYS] = {
    [PRIVATE_KEY]          = { "private_key", HEX, 0 },
    [LISTEN_PORT]          = { "listen_port", NUMBER, G_MAXUINT16 },
    [FWMARK]               = { "fwmark", NUMBER, G_MAXUINT32 },
    [REPLACE_PEERS]        = { "replace_peers", TRUE_ONLY, 0 },
    [PUBLIC_KEY]           = { "public_key", HEX, 0 },
    [REMOVE]               = { "remove", TRUE_ONLY, 0 },
    [UPDATE_ONLY]          = { "update_only", TRUE_ONLY, 0 },
    [PRESHARED_KEY]        = { "preshared_key", HEX, 0 },
    [ENDPOINT]             = { "endpoint", WHERE, 0 },
    [PERSISTENT_KEEPALIVE] = { "persistent_keepalive_interval", NUMBER, G_MAXUINT16 },
    [REPLACE_ALLOWED_IPS]  = { "replace_allowed_ips", TRUE_ONLY, 0 },
    [ALLOWED_IP]           = { "allowed_ip", PREFIX, 0 },
    [PROTOCOL_VERSION]     = { "protocol_version", NUMBER, G_MAXUINT32 },
};

/* One line, understood. */
typedef struct {
    Key key;
    union {
        guint8       hex[WIREGUARD_KEY];
        guint64      number;
        AditEndpoint where;
        AditPrefix   prefix;
    };
} Line;

/* ---- decode ---- */

static gboolean
decode_hex (const char *value, guint8 out[WIREGUARD_KEY])
{
    if (strlen (value) != 2 * WIREGUARD_KEY)
        return FALSE;
    for (guint i = 0; i < WIREGUARD_KEY; i++) {
        int high = g_ascii_xdigit_value (value[2 * i]),
            low  = g_ascii_xdigit_value (value[2 * i + 1]);

        if (high < 0 || low < 0)
            return FALSE;
        out[i] = (guint8) (high << 4 | low);
    }
    return TRUE;
}

static gboolean
decode_value (Line *line, const char *value)
{
    switch (keys[line->key].shape) {
    case HEX:
        return decode_hex (value, line->hex);
    case NUMBER:
        return adit_value_number (value, &line->number) && line->number <= keys[line->key].most;
    case TRUE_ONLY:
        return g_str_equal (value, "true");
    case WHERE:
        return adit_endpoint_parse (value, &line->where);
    case PREFIX:
        return adit_prefix_parse (value, &line->prefix);
    }
    return FALSE;
}

static gboolean
decode_line (char *text, Line *line)
{
    char *equals = strchr (text, '=');

    memset (line, 0, sizeof *line);
    if (!equals)
        return FALSE;
    *equals = '\0';
    for (guint k = 0; k < N_KEYS; k++) {
        if (g_str_equal (text, keys[k].name)) {
            line->key = (Key) k;
            return decode_value (line, equals + 1);
        }
    }
    return FALSE;
}

static void
wipe_lines (GArray *lines)
{
    adit_wipe (lines->data, lines->len * sizeof (Line));
    g_array_unref (lines);
}

/* Everything behind "set=1"; NULL: not understood. */
static GArray *
decode (char **text)
{
    guint   n     = g_strv_length (text);
    GArray *lines = g_array_sized_new (FALSE, TRUE, sizeof (Line), n);
    Line    line;

    for (guint i = 1; i < n && *text[i]; i++) {
        if (!decode_line (text[i], &line)) {
            wipe_lines (lines);
            lines = NULL;
            break;
        }
        g_array_append_val (lines, line);
    }
    adit_wipe (&line, sizeof line);
    return lines;
}

/* ---- judge ---- */

static int
judge (const AditTunnel *t, const GArray *lines)
{
    gboolean in_peer = FALSE;

    if (t->host->kernel)
        return NOT_SUPPORTED; /* wg(8) talks to the kernel's device itself */
    for (guint i = 0; i < lines->len; i++) {
        const Line *line = &g_array_index (lines, Line, i);

        if (line->key == PUBLIC_KEY)
            in_peer = TRUE;
        else if ((line->key < PUBLIC_KEY) == in_peer)
            return PROTOCOL;
        /* The socket and its mark are the profile's; 0 is what wg(8) says for "any". */
        if (line->key == LISTEN_PORT && line->number && line->number != t->device->listen_port)
            return NOT_SUPPORTED;
        if (line->key == FWMARK && line->number &&
            line->number != adit_profile_number (t->profile, "routing", "mark", 0))
            return NOT_SUPPORTED;
        if (line->key == PROTOCOL_VERSION && line->number > 1)
            return PROTOCOL;
    }
    return OK;
}

/* ---- act ---- */

static void
replace_peers (WireguardDevice *device)
{
    while (device->peers->len)
        wireguard_device_remove_peer (device, g_ptr_array_index (device->peers, 0));
}

/* The peer that the lines from `at` on are about; NULL: there is none, skip them. */
static WireguardPeer *
find_or_add (WireguardDevice *device, const GArray *lines, guint at, int *error)
{
    const Line    *line = &g_array_index (lines, Line, at);
    WireguardPeer *peer = wireguard_device_find_peer (device, line->hex);

    if (peer || !memcmp (line->hex, device->identity.public_key, WIREGUARD_KEY))
        return peer;
    for (guint i = at + 1; i < lines->len && g_array_index (lines, Line, i).key != PUBLIC_KEY;
         i++) {
        Key key = g_array_index (lines, Line, i).key;

        if (key == UPDATE_ONLY || key == REMOVE)
            return NULL;
    }
    peer = wireguard_device_add_peer (device, line->hex);
    if (peer) {
        g_autofree char *text = g_base64_encode (line->hex, 6);

        peer->name = g_steal_pointer (&text);
    } else {
        *error = NO_SPACE;
    }
    return peer;
}

/* Returns the peer that the next line is about. */
static WireguardPeer *
act_on_peer (WireguardDevice *device, WireguardPeer *peer, const Line *line)
{
    if (line->key == REMOVE) {
        wireguard_device_remove_peer (device, peer);
        return NULL;
    }
    if (line->key == PRESHARED_KEY)
        memcpy (peer->handshake.preshared_key, line->hex, WIREGUARD_KEY);
    else if (line->key == ENDPOINT)
        wireguard_peer_set_endpoint (peer, &line->where);
    else if (line->key == REPLACE_ALLOWED_IPS)
        g_array_set_size (peer->allowed, 0);
    else if (line->key == ALLOWED_IP)
        wireguard_device_allow (device, peer, &line->prefix);
    if (line->key == PERSISTENT_KEEPALIVE) {
        peer->persistent_keepalive = (guint16) line->number;
        wireguard_timers_persistent_keepalive_set (peer);
    }
    return peer;
}

static int
act (WireguardDevice *device, const GArray *lines)
{
    WireguardPeer *peer  = NULL;
    int            error = OK;

    for (guint i = 0; i < lines->len && error == OK; i++) {
        const Line *line = &g_array_index (lines, Line, i);

        if (line->key == PRIVATE_KEY)
            wireguard_device_set_private_key (device, line->hex);
        else if (line->key == REPLACE_PEERS)
            replace_peers (device);
        else if (line->key == PUBLIC_KEY)
            peer = find_or_add (device, lines, i, &error);
        else if (line->key > PUBLIC_KEY && peer)
            peer = act_on_peer (device, peer, line);
    }
    wireguard_device_publish_allowedips (device);
    return error;
}

/* ---- get ---- */

/* Large enough from the start, so that no copy of the private key is left behind by growing. */
static GString *
answer_new (const WireguardDevice *device)
{
    gsize size = 1024;

    for (guint i = 0; i < device->peers->len; i++)
        size +=
            768 + 64 * ((const WireguardPeer *) g_ptr_array_index (device->peers, i))->allowed->len;
    return g_string_sized_new (size);
}

static void
put_hex (GString *s, const char *key, const guint8 value[WIREGUARD_KEY])
{
    static const char digits[] = "0123456789abcdef";

    g_string_append_printf (s, "%s=", key);
    for (guint i = 0; i < WIREGUARD_KEY; i++) {
        g_string_append_c (s, digits[value[i] >> 4]);
        g_string_append_c (s, digits[value[i] & 15]);
    }
    g_string_append_c (s, '\n');
}

static void
put_peer (GString *s, const WireguardPeer *peer)
{
    gint64 when = peer->last_handshake_wall_us;

    put_hex (s, "public_key", peer->handshake.remote_static);
    put_hex (s, "preshared_key", peer->handshake.preshared_key);
    g_string_append (s, "protocol_version=1\n");
    if (peer->endpoint.family) {
        g_autofree char *where = adit_endpoint_format (&peer->endpoint);

        g_string_append_printf (s, "endpoint=%s\n", where);
    }
    g_string_append_printf (
        s,
        "last_handshake_time_sec=%" G_GINT64_FORMAT "\nlast_handshake_time_nsec=%" G_GINT64_FORMAT
        "\ntx_bytes=%" G_GUINT64_FORMAT "\nrx_bytes=%" G_GUINT64_FORMAT
        "\npersistent_keepalive_interval=%u\n",
        when / WIREGUARD_SECOND_US, when % WIREGUARD_SECOND_US * 1000,
        wireguard_peer_tx_bytes (peer), wireguard_peer_rx_bytes (peer), peer->persistent_keepalive);
    for (guint i = 0; i < peer->allowed->len; i++) {
        g_autofree char *text = adit_prefix_format (&g_array_index (peer->allowed, AditPrefix, i));

        g_string_append_printf (s, "allowed_ip=%s\n", text);
    }
}

static char *
get (const AditTunnel *t)
{
    const WireguardDevice *device = t->device;
    GString               *s      = answer_new (device);
    guint64                mark   = adit_profile_number (t->profile, "routing", "mark", 0);

    if (device->who == WIREGUARD_IDENTIFIED)
        put_hex (s, "private_key", device->identity.private_key);
    if (device->listen_port)
        g_string_append_printf (s, "listen_port=%u\n", device->listen_port);
    if (mark)
        g_string_append_printf (s, "fwmark=%" G_GUINT64_FORMAT "\n", mark);
    for (guint i = 0; i < device->peers->len; i++)
        put_peer (s, g_ptr_array_index (device->peers, i));
    g_string_append (s, "errno=0\n\n");
    return g_string_free (s, FALSE);
}

static int
set (AditTunnel *t, char **text)
{
    GArray *lines = decode (text);
    int     error = lines ? judge (t, lines) : INVALID;

    if (error == OK)
        error = act (t->device, lines);
    if (lines)
        wipe_lines (lines);
    return error;
}

char *
wireguard_serve (AditTunnel *t, const char *request)
{
    char **text   = g_strsplit (request, "\n", -1);
    char  *answer = NULL;

    if (text[0] && g_str_equal (text[0], "get=1") && (!text[1] || !*text[1]))
        answer = get (t);
    else if (text[0] && g_str_equal (text[0], "set=1"))
        answer = g_strdup_printf ("errno=%d\n\n", set (t, text));
    for (guint i = 0; text[i]; i++)
        adit_wipe_string (text[i]);
    g_free (text);
    return answer;
}
