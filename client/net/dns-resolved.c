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

enum { PATIENCE_MS = 5000, PATIENCE_UNSET_MS = 1000, CALLS_MAX = 5 };

typedef struct {
    const char *method;
    GVariant   *arguments;
} Call;

typedef struct {
    Call          calls[CALLS_MAX];
    guint         open; /* calls not answered yet */
    GError       *error;
    GCancellable *cancel;
    AditDnsDone   done;
    gpointer      user;
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
    return g_variant_new ("(ia(sb))", (int) wish->index, &list);
}

static void
job_finish (Job *job)
{
    if (g_cancellable_is_cancelled (job->cancel))
        g_clear_error (&job->error);
    else
        job->done (job->user, g_steal_pointer (&job->error));
    for (guint i = 0; i < CALLS_MAX; i++)
        g_clear_pointer (&job->calls[i].arguments, g_variant_unref);
    g_clear_object (&job->cancel);
    g_free (job);
}

static void
job_fail (Job *job, GError *cause)
{
    if (job->error)
        g_clear_error (&cause);
    else
        adit_fail_because (&job->error, cause, ADIT_ERROR_SYSTEM,
                           _ ("systemd-resolved did not take the tunnel's name servers."));
}

static void
on_called (GObject *source, GAsyncResult *result, gpointer user)
{
    Job    *job   = user;
    GError *cause = NULL;
    g_autoptr (GVariant) answer =
        g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &cause);

    if (answer == NULL)
        job_fail (job, cause);
    if (--job->open == 0)
        job_finish (job);
}

static void
on_bus (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user)
{
    Job    *job                     = user;
    GError *cause                   = NULL;
    g_autoptr (GDBusConnection) bus = g_bus_get_finish (result, &cause);

    if (bus == NULL) {
        job_fail (job, cause);
        job_finish (job);
        return;
    }
    g_dbus_connection_set_exit_on_close (bus, FALSE);
    job->open = CALLS_MAX;
    for (guint i = 0; i < CALLS_MAX; i++)
        g_dbus_connection_call (bus, SERVICE, OBJECT, MANAGER, job->calls[i].method,
                                job->calls[i].arguments, NULL, G_DBUS_CALL_FLAGS_NONE, PATIENCE_MS,
                                job->cancel, on_called, job);
}

void
adit_dns_resolved_set (const AditDnsWish *wish, GCancellable *cancel, AditDnsDone done,
                       gpointer user)
{
    Job *job  = g_new0 (Job, 1);
    int  link = (int) wish->index;

    job->done     = done;
    job->user     = user;
    job->cancel   = cancel ? g_object_ref (cancel) : g_cancellable_new ();
    job->calls[0] = (Call){ "SetLinkDNS", servers_of (wish) };
    job->calls[1] = (Call){ "SetLinkDomains", domains_of (wish) };
    job->calls[2] = (Call){ "SetLinkDefaultRoute", g_variant_new ("(ib)", link, wish->exclusive) };
    job->calls[3] = (Call){ "SetLinkLLMNR", g_variant_new ("(is)", link, "no") };
    job->calls[4] = (Call){ "SetLinkMulticastDNS", g_variant_new ("(is)", link, "no") };
    for (guint i = 0; i < CALLS_MAX; i++)
        g_variant_ref_sink (job->calls[i].arguments);
    g_bus_get (G_BUS_TYPE_SYSTEM, job->cancel, on_bus, job);
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
    if (answer)
        return TRUE;
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
