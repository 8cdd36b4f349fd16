/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* device.c - what a tunnel needs before its worker can open: a name, a device (TUN or the kernel's
 * own), a socket to be administered by, and the OPEN message that hands them over. */
#include "client/base/secret.h"
#include "client/core/apply.h"
#include "client/core/memory.h"
#include "client/core/store.h"
#include "client/core/tunnel-parts.h"
#include "client/net/genl.h"
#include "client/net/link.h"
#include "client/net/tun.h"
#include "client/net/unit.h"
#include "client/net/unix.h"
#include <errno.h>
#include <glib/gi18n.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { INTERFACE_MAX = 15, TRIES = 10 };

#define RUN "/run/"

/* ---- names ---- */

static char *
name_of (const AditProfile *profile)
{
    const char      *name = adit_profile_get (profile, "connection", "name");
    const char      *file = adit_profile_file (profile);
    g_autofree char *base = NULL;
    char            *dot;

    if (name)
        return g_strdup (name);
    base = g_path_get_basename (file ? file : "tunnel");
    dot  = strrchr (base, '.');
    if (dot && dot != base)
        *dot = '\0';
    return g_steal_pointer (&base);
}

/* "Büro west" → "B--ro-west": letters, digits and a few signs, and room for a digit. */
static char *
make_interface (const char *name)
{
    char *made = g_strndup (name, INTERFACE_MAX - 2);

    for (char *p = made; *p; p++)
        if (!g_ascii_isalnum (*p) && strchr ("-_.", *p) == NULL)
            *p = '-';
    if (made[0] == '-' || made[0] == '.')
        made[0] = 'a';
    return made;
}

static gboolean
choose_interface (AditCoreTunnel *tunnel, GError **error)
{
    const char      *asked = adit_profile_get (tunnel->profile, "connection", "interface");
    g_autofree char *made  = make_interface (tunnel->name);

    if (asked) {
        if (!adit_link_name_ok (asked))
            return adit_fail (error, ADIT_ERROR_PROFILE,
                              _ ("\"%s\" cannot be the name of a network device."), asked);
        if (adit_link_index (asked))
            return adit_fail (error, ADIT_ERROR_SYSTEM, _ ("There already is a device named %s."),
                              asked);
        tunnel->interface = g_strdup (asked);
        return TRUE;
    }
    if (adit_link_name_ok (tunnel->name) && adit_link_index (tunnel->name) == 0)
        tunnel->interface = g_strdup (tunnel->name);
    for (guint i = 0; tunnel->interface == NULL && i < TRIES; i++) {
        g_autofree char *one = i ? g_strdup_printf ("%s-%u", made, i) : g_strdup (made);

        if (adit_link_index (one) == 0)
            tunnel->interface = g_steal_pointer (&one);
    }
    if (tunnel->interface == NULL)
        return adit_fail (error, ADIT_ERROR_SYSTEM, _ ("There already is a device named %s."),
                          made);
    return TRUE;
}

gboolean
adit_tunnel_prepare (AditCoreTunnel *tunnel, GError **error)
{
    g_autofree char *mark = NULL;

    tunnel->name = name_of (tunnel->profile);
    if (!adit_store_name_ok (tunnel->name, error))
        return FALSE;
    tunnel->mark = adit_plan_mark (tunnel->profile);
    mark         = g_strdup_printf ("%u", tunnel->mark);
    /* A worker that drives a kernel device has to mark that device's packets the same way. */
    adit_profile_set (tunnel->profile, "routing", "mark", tunnel->mark ? mark : "off");
    return choose_interface (tunnel, error);
}

/* ---- devices ---- */

static gboolean
make_tun (AditCoreTunnel *tunnel, GError **error)
{
    g_auto (GStrv) off = adit_profile_list (tunnel->profile, "connection", "offloads-off");

    tunnel->vnet = off == NULL || !g_strv_contains ((const char *const *) off, "vnet");
    tunnel->device =
        adit_tun_open (tunnel->interface, tunnel->schema->ethernet, &tunnel->vnet, error);
    if (tunnel->device < 0)
        return FALSE;
    tunnel->index = adit_link_index (tunnel->interface);
    return TRUE;
}

static gboolean
make_kernel_device (AditCoreTunnel *tunnel, GError **error)
{
    g_autoptr (AditStep) step = adit_step_new (ADIT_STEP_DEVICE);

    step->name  = g_strdup (tunnel->interface);
    step->value = g_strdup (tunnel->schema->kernel);
    if (!adit_journal_do (tunnel->journal, step, error))
        return FALSE;
    tunnel->index  = adit_link_index (tunnel->interface);
    tunnel->kernel = TRUE;
    /* Up at once, with neither address nor route: the kernel greets no peer by a device that is
     * down, and the plan waits for that greeting. */
    return adit_link_up (tunnel->index, 0, error);
}

static gboolean
unmake_kernel_device (AditCoreTunnel *tunnel, GError **error)
{
    const GPtrArray *steps = adit_journal_steps (tunnel->journal);

    tunnel->kernel = FALSE;
    adit_frames_close (tunnel);
    for (guint i = steps->len; i-- > 0;) {
        const AditStep *step = steps->pdata[i];

        if (step->kind == ADIT_STEP_DEVICE)
            return adit_journal_undo (tunnel->journal, step, error);
    }
    return TRUE;
}

/* Makes the device for real and asks for its family: nothing less proves that it works. */
static gboolean
try_kernel (AditCoreTunnel *tunnel, GError **error)
{
    const AditSchema *schema = tunnel->schema;

    if (schema->kernel == NULL || schema->family == NULL)
        return adit_fail (error, ADIT_ERROR_SYSTEM, _ ("The kernel has no %s of its own."),
                          schema->title);
    if (adit_unit_is (schema->kernel))
        return adit_frames_possible (tunnel, error) && adit_frames_make (tunnel, error);
    return make_kernel_device (tunnel, error) && adit_genl_family (schema->family, error) != 0;
}

static char *
in_one_line (const GError *error)
{
    const GError *root = error;

    while (adit_error_cause (root))
        root = adit_error_cause (root);
    return root == error ? g_strdup (error->message)
                         : g_strdup_printf ("%s (%s)", error->message, root->message);
}

static const char *
asked_path (const AditCoreTunnel *tunnel)
{
    const char *asked = adit_profile_get (tunnel->profile, "connection", "data-path");

    return asked ? asked : "auto";
}

static gboolean
use_tun (AditCoreTunnel *tunnel, char *reason, GError **error)
{
    g_free (tunnel->kernel_reason);
    tunnel->kernel_reason = reason;
    return make_tun (tunnel, error);
}

/* Takes reason. */
static gboolean
refuse_without_kernel (GError *reason, GError **error)
{
    g_autofree char *why = in_one_line (reason);

    return adit_fail_because (error, reason, ADIT_ERROR_SYSTEM,
                              _ ("The kernel of this machine cannot carry this tunnel, and the "
                                 "profile allows nothing else (connection.data-path): %s"),
                              why);
}

static gboolean
choose_data_path (AditCoreTunnel *tunnel, GError **error)
{
    const char *asked         = asked_path (tunnel);
    g_autoptr (GError) reason = NULL;

    if (g_str_equal (asked, "user"))
        return use_tun (tunnel, g_strdup ("the profile asks for it"), error);
    if (g_str_equal (asked, "auto") && !adit_schema_fits_kernel (tunnel->schema, tunnel->profile))
        return use_tun (tunnel,
                        g_strdup_printf ("the kernel's own is for %s", tunnel->schema->kernel_if),
                        error);
    if (try_kernel (tunnel, &reason)) {
        tunnel->kernel_reason = g_strdup ("the kernel's own works here");
        return TRUE;
    }
    if (g_str_equal (asked, "kernel"))
        return refuse_without_kernel (g_steal_pointer (&reason), error);
    if (tunnel->kernel && !unmake_kernel_device (tunnel, error))
        return FALSE;
    adit_tunnel_say (tunnel, ADIT_LOG_INFO, "not by the kernel: %s", reason->message);
    return use_tun (tunnel, in_one_line (reason), error);
}

/* Its device goes with its descriptors, and the next one gets its name. */
gboolean
adit_tunnel_fall_back (AditCoreTunnel *tunnel, const GError *why)
{
    g_autofree char *reason = in_one_line (why);
    GError          *error  = NULL;

    if (!g_str_equal (asked_path (tunnel), "auto") || tunnel->plan || tunnel->since)
        return FALSE;
    adit_tunnel_say (tunnel, ADIT_LOG_NOTICE, "not by the kernel: %s", reason);
    adit_reconnect_anew (tunnel);
    adit_tunnel_enter (tunnel, ADIT_STATE_RECONNECTING, NULL);
    g_clear_pointer (&tunnel->watch, adit_watch_free);
    if (!unmake_kernel_device (tunnel, &error) ||
        !use_tun (tunnel, g_steal_pointer (&reason), &error))
        adit_tunnel_fail (tunnel, error);
    return TRUE;
}

/* ---- the socket of AditPlugin.serve ---- */

static char *
serve_path (const AditCoreTunnel *tunnel)
{
    const char *pattern  = tunnel->schema->socket;
    g_auto (GStrv) parts = pattern ? g_strsplit (pattern, "%s", 3) : NULL;

    if (pattern == NULL || strstr (pattern, "..") || pattern[0] == '/' ||
        g_strv_length (parts) != 2 || strchr (parts[0], '%') || strchr (parts[1], '%'))
        return NULL;
    return g_strconcat (RUN, parts[0], tunnel->interface, parts[1], NULL);
}

/* Another program's, or of a device of that name in another network namespace. */
static gboolean
is_anothers (const char *path)
{
    int fd = adit_unix_connect (path, NULL);

    if (fd >= 0)
        close (fd);
    return fd >= 0;
}

static gboolean
make_serve_socket (AditCoreTunnel *tunnel, GError **error)
{
    g_autofree char *path     = serve_path (tunnel);
    g_autofree char *folder   = path ? g_path_get_dirname (path) : NULL;
    g_autoptr (AditStep) step = adit_step_new (ADIT_STEP_FILE);

    if (path == NULL)
        return TRUE;
    if (mkdir (folder, 0755) < 0 && errno != EEXIST)
        return adit_fail_errno (error, errno, ADIT_ERROR_SYSTEM,
                                _ ("The folder %s could not be made."), folder);
    if (is_anothers (path)) /* before the journal names it: undoing would remove it */
        return adit_fail (error, ADIT_ERROR_SYSTEM,
                          _ ("Another program answers on %s; set connection.interface to another "
                             "name."),
                          path);
    step->name = g_steal_pointer (&path);
    if (!adit_journal_do (tunnel->journal, step, error))
        return FALSE;
    tunnel->serve = adit_unix_listen (step->name, error);
    return tunnel->serve >= 0;
}

/* The kernel's own devices answer administrators themselves. */
gboolean
adit_tunnel_make_device (AditCoreTunnel *tunnel, GError **error)
{
    tunnel->mtu = adit_plan_first_mtu (tunnel->profile);
    return choose_data_path (tunnel, error) &&
           (tunnel->kernel || make_serve_socket (tunnel, error));
}

/* ---- OPEN ---- */

static guint64
flags_of (const AditCoreTunnel *tunnel)
{
    const char *queue = adit_profile_get (tunnel->profile, "connection", "queue");
    guint64     flags = 0;

    if (tunnel->device >= 0)
        flags |= ADIT_OPEN_DEVICE;
    if (tunnel->device >= 0 && tunnel->vnet)
        flags |= ADIT_OPEN_VNET;
    if (tunnel->serve >= 0)
        flags |= ADIT_OPEN_SERVE;
    if (tunnel->kernel)
        flags |= ADIT_OPEN_KERNEL;
    if (adit_profile_flag (tunnel->profile, "connection", "copy-dscp", FALSE))
        flags |= ADIT_OPEN_DSCP;
    if (queue && g_str_equal (queue, "fifo"))
        flags |= ADIT_OPEN_FIFO;
    return flags;
}

static char **
texts_of (const AditCoreTunnel *tunnel)
{
    g_auto (GStrv) off = adit_profile_list (tunnel->profile, "connection", "offloads-off");
    GPtrArray *texts   = g_ptr_array_new ();

    g_ptr_array_add (texts, g_strdup (tunnel->schema->name));
    g_ptr_array_add (texts, g_strdup (tunnel->name));
    for (guint i = 0; off && off[i]; i++)
        g_ptr_array_add (texts, g_strdup (off[i]));
    g_ptr_array_add (texts, NULL);
    return (char **) g_ptr_array_free (texts, FALSE);
}

/* The profile as a worker gets it, with `server` as its only one; -1 on failure. */
static int
opening_with (AditCoreTunnel *tunnel, const char *server, GError **error)
{
    char *text;
    int   fd;

    if (server)
        adit_profile_set (tunnel->profile, "connection", "server", server);
    text = adit_profile_format (tunnel->profile);
    fd   = adit_memory_sealed (text, strlen (text), error);
    adit_wipe_string (text);
    return fd;
}

/* One for each server, since the secrets are about to be forgotten. */
static gboolean
make_openings (AditCoreTunnel *tunnel, GError **error)
{
    g_autofree char *all   = g_strdup (adit_profile_get (tunnel->profile, "connection", "server"));
    g_auto (GStrv) servers = adit_profile_list (tunnel->profile, "connection", "server");
    guint    n             = servers ? g_strv_length (servers) : 0;
    gboolean is_fine       = TRUE;

    if (n > ADIT_TUNNEL_SERVERS) {
        n = ADIT_TUNNEL_SERVERS;
        adit_tunnel_warn (tunnel, _ ("The profile names more than 16 servers; the first 16 are "
                                     "tried."));
    }
    for (guint i = 0; is_fine && i < MAX (n, 1); i++) {
        int fd = opening_with (tunnel, n ? servers[i] : NULL, error);

        is_fine = fd >= 0;
        if (is_fine)
            g_array_append_val (tunnel->openings, fd);
    }
    if (n)
        adit_profile_set (tunnel->profile, "connection", "server", all);
    return is_fine;
}

/* The openings have them, outside of this process's memory; whoever reads it gets no key. */
static void
forget_secrets (AditCoreTunnel *tunnel)
{
    for (const AditField *field = tunnel->schema->fields; field->key; field++) {
        g_auto (GStrv) sections = NULL;

        if (!adit_field_is_secret (field))
            continue;
        sections = adit_profile_sections (tunnel->profile, field->section);
        for (guint i = 0; sections[i]; i++)
            adit_profile_set (tunnel->profile, sections[i], field->key, NULL);
    }
}

gboolean
adit_tunnel_open_worker (AditCoreTunnel *tunnel, GError **error)
{
    g_auto (GStrv) texts = texts_of (tunnel);
    AditMessage open     = { .kind = ADIT_MSG_OPEN, .extra = tunnel->mtu, .texts = texts };

    if (tunnel->openings->len == 0) {
        if (!make_openings (tunnel, error))
            return FALSE;
        forget_secrets (tunnel);
    }
    open.number            = flags_of (tunnel);
    open.fds[open.n_fds++] = g_array_index (tunnel->openings, int, tunnel->reconnect.server);
    if (tunnel->device >= 0)
        open.fds[open.n_fds++] = tunnel->device;
    if (tunnel->serve >= 0)
        open.fds[open.n_fds++] = tunnel->serve;
    if (!adit_channel_send (tunnel->channel, &open))
        return adit_fail (error, ADIT_ERROR_BUG,
                          _ ("The profile could not be given to the worker."));
    return TRUE;
}

void
adit_tunnel_close_device (AditCoreTunnel *tunnel)
{
    if (tunnel->device >= 0)
        close (tunnel->device);
    if (tunnel->serve >= 0)
        close (tunnel->serve);
    tunnel->device = tunnel->serve = -1;
    adit_frames_close (tunnel);
    for (guint i = 0; i < tunnel->openings->len; i++)
        close (g_array_index (tunnel->openings, int, i));
    g_array_set_size (tunnel->openings, 0);
}
