/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* dns.c - which back end, and the way to it. */
#include "client/net/dns.h"
#include "client/net/dns-backends.h"

static const char *const resolv_conf = "/etc/resolv.conf";

static const char *const names[ADIT_N_DNS] = {
    [ADIT_DNS_RESOLVED]   = "systemd-resolved",
    [ADIT_DNS_RESOLVCONF] = "resolvconf",
    [ADIT_DNS_DNSMASQ]    = "dnsmasq",
    [ADIT_DNS_FILE]       = "file",
};

AditDnsBackend
adit_dns_pick (void)
{
    if (adit_dns_resolved_serves (resolv_conf))
        return ADIT_DNS_RESOLVED;
    return adit_dns_resolvconf_program () ? ADIT_DNS_RESOLVCONF : ADIT_DNS_FILE;
}

gboolean
adit_dns_pick_split (AditDnsBackend *out)
{
    if (adit_dns_resolved_serves (resolv_conf))
        *out = ADIT_DNS_RESOLVED;
    else if (adit_dns_resolvconf_splits ())
        *out = ADIT_DNS_RESOLVCONF;
    else if (adit_dns_dnsmasq_program ())
        *out = ADIT_DNS_DNSMASQ;
    else
        return FALSE;
    return TRUE;
}

const char *
adit_dns_name (AditDnsBackend backend)
{
    return (guint) backend < ADIT_N_DNS ? names[backend] : "none";
}

gboolean
adit_dns_from_name (const char *name, AditDnsBackend *out)
{
    for (guint i = 0; i < ADIT_N_DNS; i++)
        if (g_str_equal (names[i], name)) {
            *out = (AditDnsBackend) i;
            return TRUE;
        }
    return FALSE;
}

void
adit_dns_set (AditDnsBackend backend, const AditDnsWish *wish, GCancellable *cancel,
              AditDnsDone done, gpointer user)
{
    GError *error = NULL;

    switch (backend) {
    case ADIT_DNS_RESOLVED:
        adit_dns_resolved_set (wish, cancel, done, user);
        break;
    case ADIT_DNS_RESOLVCONF:
        adit_dns_resolvconf_set (wish, cancel, done, user);
        break;
    case ADIT_DNS_DNSMASQ:
        adit_dns_dnsmasq_set (resolv_conf, wish, cancel, done, user);
        break;
    case ADIT_DNS_FILE:
        adit_dns_file_set (resolv_conf, wish, &error);
        done (user, error);
        break;
    case ADIT_N_DNS:
        g_assert_not_reached ();
    }
}

gboolean
adit_dns_unset (AditDnsBackend backend, const AditDnsWish *wish, GError **error)
{
    switch (backend) {
    case ADIT_DNS_RESOLVED:
        return adit_dns_resolved_unset (wish, error);
    case ADIT_DNS_RESOLVCONF:
        return adit_dns_resolvconf_unset (wish, error);
    case ADIT_DNS_DNSMASQ:
        return adit_dns_dnsmasq_unset (resolv_conf, wish, error);
    case ADIT_DNS_FILE:
        return adit_dns_file_unset (resolv_conf, wish, error);
    case ADIT_N_DNS:
        break;
    }
    return TRUE;
}

AditDnsWatch *
adit_dns_watch_new (AditDnsBackend backend, void (*on_forgot) (gpointer user), gpointer user)
{
    return backend == ADIT_DNS_RESOLVED ? adit_dns_resolved_watch_new (on_forgot, user) : NULL;
}

void
adit_dns_watch_free (AditDnsWatch *watch)
{
    if (watch)
        adit_dns_resolved_watch_free (watch);
}
