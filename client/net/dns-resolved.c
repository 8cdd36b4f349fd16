/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* dns-resolved.c - systemd-resolved's per-link settings (org.freedesktop.resolve1). */
#include "client/net/dns-backends.h"
#include <glib/gi18n.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define SERVICE "org.freedesktop.resolve1"
#define OBJECT "/org/freedesktop/resolve1"
#define MANAGER "org.freedesktop.resolve1.Manager"

enum { PATIENCE_MS = 5000, PATIENCE_UNSET_MS = 1000, CALLS_MAX = 6 };

typedef struct {
    const char *method;
    GVariant   *arguments;
} Call;

typedef struct {
    Call             calls[CALLS_MAX];
    guint            next; /* of them */
    GDBusConnection *bus;
    GCancellable    *cancel;
    AditDnsDone      done;
    gpointer         user;
} Job;

static GVariant *
servers_of (const AditDnsWish *wish)
{
    GVariantBuilder list;

    g_variant_builder_init (&list, G_VARIANT_TYPE ("a(iay)"));
    for (guint i = 0; wish->servers[i]; i++) {
        g_autoptr (GInetAddress) address = g_inet_address_new_from_string (wish->servers[i]);

        if (address == NULL)
            continue;
        g_variant_builder_add (
            &list, "(i@ay)",
            g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV4 ? AF_INET : AF_INET6,
            g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, g_inet_address_to_bytes (address),
                                       g_inet_address_get_native_size (address), 1));
    }
    return g_variant_new ("(ia(iay))", (int) wish->index, &list);
}

/* Domains are for routing only, never for search, unless everything is asked here anyway. */
static GVariant *
domains_of (const AditDnsWish *wish)
{
    GVariantBuilder list;

    g_variant_builder_init (&list, G_VARIANT_TYPE ("a(sb)"));
    if (wish->exclusive)
        g_variant_builder_add (&list, "(sb)", ".", TRUE);
    for (guint i = 0; wish->domains[i]; i++)
        g_variant_builder_add (&list, "(sb)", wish->domains[i], !wish->exclusive);
    for (guint i = 0; wish->zones && wish->zones[i]; i++)
        g_variant_builder_add (&list, "(sb)", wish->zones[i], TRUE);
    return g_variant_new ("(ia(sb))", (int) wish->index, &list);
}

/* Takes error. */
static void
job_finish (Job *job, GError *error)
{
    if (g_cancellable_is_cancelled (job->cancel))
        g_clear_error (&error);
    else
        job->done (job->user, error);
    for (guint i = 0; i < CALLS_MAX; i++)
        g_clear_pointer (&job->calls[i].arguments, g_variant_unref);
    g_clear_object (&job->cancel);
    g_clear_object (&job->bus);
    g_free (job);
}

/* Takes cause. */
static void
job_fail (Job *job, GError *cause)
{
    GError *error = NULL;

    adit_fail_because (&error, cause, ADIT_ERROR_SYSTEM,
                       _ ("systemd-resolved did not take the tunnel's name servers."));
    job_finish (job, error);
}

static void call_next (Job *job);

static void
on_called (GObject *source, GAsyncResult *result, gpointer user)
{
    Job    *job   = user;
    GError *cause = NULL;
    g_autoptr (GVariant) answer =
        g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &cause);

    if (answer == NULL)
        job_fail (job, cause);
    else if (job->next == CALLS_MAX)
        job_finish (job, NULL);
    else
        call_next (job);
}

static void
call_next (Job *job)
{
    const Call *call = &job->calls[job->next++];

    g_dbus_connection_call (job->bus, SERVICE, OBJECT, MANAGER, call->method, call->arguments, NULL,
                            G_DBUS_CALL_FLAGS_NONE, PATIENCE_MS, job->cancel, on_called, job);
}

static void
on_bus (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user)
{
    Job    *job   = user;
    GError *cause = NULL;

    job->bus = g_bus_get_finish (result, &cause);
    if (job->bus == NULL) {
        job_fail (job, cause);
        return;
    }
    g_dbus_connection_set_exit_on_close (job->bus, FALSE);
    call_next (job);
}

/* Domains before servers, one after the other: at no moment has the link servers that are asked
 * for more than they should be (systemd's RESOLVED-VPNS). */
void
adit_dns_resolved_set (const AditDnsWish *wish, GCancellable *cancel, AditDnsDone done,
                       gpointer user)
{
    Job *job  = g_new0 (Job, 1);
    int  link = (int) wish->index;

    job->done     = done;
    job->user     = user;
    job->cancel   = cancel ? g_object_ref (cancel) : g_cancellable_new ();
    job->calls[0] = (Call){ "SetLinkDomains", domains_of (wish) };
    job->calls[1] = (Call){ "SetLinkDefaultRoute", g_variant_new ("(ib)", link, wish->exclusive) };
    job->calls[2] = (Call){ "SetLinkLLMNR", g_variant_new ("(is)", link, "no") };
    job->calls[3] = (Call){ "SetLinkMulticastDNS", g_variant_new ("(is)", link, "no") };
    job->calls[4] = (Call){ "SetLinkDNS", servers_of (wish) };
    job->calls[5] = (Call){ "FlushCaches", g_variant_new ("()") };
    for (guint i = 0; i < CALLS_MAX; i++)
        g_variant_ref_sink (job->calls[i].arguments);
    g_bus_get (G_BUS_TYPE_SYSTEM, job->cancel, on_bus, job);
}

/* Or what the tunnel's servers said is told for minutes.  Nobody waits for the answer. */
static void
flush (GDBusConnection *bus)
{
    g_dbus_connection_call (bus, SERVICE, OBJECT, MANAGER, "FlushCaches", NULL, NULL,
                            G_DBUS_CALL_FLAGS_NO_AUTO_START, PATIENCE_UNSET_MS, NULL, NULL, NULL);
    g_dbus_connection_flush_sync (bus, NULL, NULL);
}

/* resolved itself forgets a link that is gone, so a failure here harms only a link that stays. */
gboolean
adit_dns_resolved_unset (const AditDnsWish *wish, GError **error)
{
    GError *cause                   = NULL;
    g_autoptr (GDBusConnection) bus = g_bus_get_sync (G_BUS_TYPE_SYSTEM, NULL, &cause);
    g_autoptr (GVariant) answer     = NULL;

    if (bus) {
        g_dbus_connection_set_exit_on_close (bus, FALSE);
        answer = g_dbus_connection_call_sync (
            bus, SERVICE, OBJECT, MANAGER, "RevertLink", g_variant_new ("(i)", (int) wish->index),
            NULL, G_DBUS_CALL_FLAGS_NO_AUTO_START, PATIENCE_UNSET_MS, NULL, &cause);
    }
    if (answer) {
        flush (bus);
        return TRUE;
    }
    if (g_dbus_error_is_remote_error (cause)) { /* no such link, or no resolved: nothing is set */
        g_clear_error (&cause);
        return TRUE;
    }
    return adit_fail_because (error, cause, ADIT_ERROR_SYSTEM,
                              _ ("systemd-resolved did not take back the tunnel's name servers."));
}

/* In another network namespace than the host's, its numbers of links mean other links.  A service
 * with few capabilities may not look at process 1; then resolv.conf alone decides, and resolved
 * refuses a number that it does not know. */
static gboolean
shares_the_hosts_network (void)
{
    struct stat ours, hosts;

    if (stat ("/proc/self/ns/net", &ours) < 0 || stat ("/proc/1/ns/net", &hosts) < 0)
        return TRUE;
    return ours.st_ino == hosts.st_ino;
}

gboolean
adit_dns_resolved_serves (const char *resolv_conf)
{
    g_autofree char *target = g_file_read_link (resolv_conf, NULL);
    g_autofree char *text   = NULL;

    if (!shares_the_hosts_network () || !g_file_test ("/run/systemd/resolve", G_FILE_TEST_IS_DIR))
        return FALSE;
    if (target && strstr (target, "systemd/resolve/"))
        return TRUE;
    return g_file_get_contents (resolv_conf, &text, NULL, NULL) &&
           strstr (text, "nameserver 127.0.0.53") != NULL;
}

/* ---- a resolved that was started anew knows of no link's servers ---- */

struct AditDnsWatch {
    guint id;
    void (*on_forgot) (gpointer user);
    gpointer user;
    gboolean was_gone;
};

static void
on_appeared (GDBusConnection *bus G_GNUC_UNUSED, const char *name G_GNUC_UNUSED,
             const char *owner G_GNUC_UNUSED, gpointer user)
{
    AditDnsWatch *watch = user;

    if (watch->was_gone)
        watch->on_forgot (watch->user);
}

static void
on_vanished (GDBusConnection *bus G_GNUC_UNUSED, const char *name G_GNUC_UNUSED, gpointer user)
{
    AditDnsWatch *watch = user;

    watch->was_gone = TRUE;
}

AditDnsWatch *
adit_dns_resolved_watch_new (void (*on_forgot) (gpointer user), gpointer user)
{
    AditDnsWatch *watch = g_new0 (AditDnsWatch, 1);

    watch->on_forgot = on_forgot;
    watch->user      = user;
    watch->id        = g_bus_watch_name (G_BUS_TYPE_SYSTEM, SERVICE, G_BUS_NAME_WATCHER_FLAGS_NONE,
                                         on_appeared, on_vanished, watch, NULL);
    return watch;
}

void
adit_dns_resolved_watch_free (AditDnsWatch *watch)
{
    g_bus_unwatch_name (watch->id);
    g_free (watch);
}
