/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* leak-test.c - the attacks.  Each is made, its packets are sent, and it is undone before anybody
 * is waited for: a route of the hostile network stands for less than a millisecond. */
#include "client/core/leak-test.h"
#include "client/core/journal.h"
#include "client/core/leak-target.h"
#include "client/core/remote.h"
#include "client/core/runtime.h"
#include "client/net/link.h"
#include "client/net/probe.h"
#include "client/net/tun.h"
#include <glib/gi18n.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

enum {
    TABLE_MAIN   = 254,
    MTU          = 1400,
    DISCARD      = 9, /* port, RFC 863 */
    DNS          = 53,
    DNS_OVER_TLS = 853, /* RFC 7858 */
    PATIENCE_MS  = 60,
    RECOVERY_S   = 20,
};

#define HOSTILE "adit-hostile"

typedef struct {
    AditLeakTarget *target;
    AditLeakReport *report;
    AditLeakResult *now; /* the attack that is being made */
    AditProbe      *probe;
    AditJournal    *journal;
    int             tun;
    guint           hostile; /* index */
} Test;

/* ---- packets ---- */

static void
on_seen (gpointer user, guint index)
{
    Test *test = user;

    if (index == test->target->index)
        test->now->through++;
    else if (!adit_leak_target_is_inside (test->target, index))
        test->now->clear++;
}

static void
send_to (Test *test, const AditPrefix *host, guint16 port, const char *device)
{
    AditEndpoint to = { .family = host->family, .port = port };

    memcpy (to.address, host->address, sizeof host->address);
    test->now->sent += adit_probe_send (test->probe, &to, device);
}

/* A datagram and an echo request. */
static void
send_both (Test *test, const AditPrefix *host, const char *device)
{
    send_to (test, host, DISCARD, device);
    send_to (test, host, 0, device);
}

/* ---- what the hostile network does ---- */

static void
begin (Test *test, const char *attack, char *what)
{
    AditLeakResult *result = g_new0 (AditLeakResult, 1);

    result->attack = attack;
    result->what   = what;
    test->now      = result;
    g_ptr_array_add (test->report->results, result);
}

static void
end (Test *test)
{
    adit_probe_collect (test->probe, PATIENCE_MS, on_seen, test);
    test->report->leaks += test->now->clear > 0;
}

static void
skip (Test *test, const char *why)
{
    g_free (test->now->skipped); /* one attack may try several things */
    test->now->skipped = g_strdup (why);
}

/* NULL: this machine did not take it, and the attack cannot be made. */
static AditStep *
change (Test *test, AditStepKind kind, const AditPrefix *prefix)
{
    g_autoptr (AditStep) step  = adit_step_new (kind);
    g_autoptr (GError) problem = NULL;

    step->prefix = *prefix;
    step->index  = test->hostile;
    step->table  = kind == ADIT_STEP_ROUTE ? TABLE_MAIN : 0;
    if (adit_journal_do (test->journal, step, &problem))
        return g_steal_pointer (&step);
    skip (test, problem->message);
    return NULL;
}

static void
change_back (Test *test, AditStep *step)
{
    if (step)
        adit_journal_undo (test->journal, step, NULL);
    adit_step_free (step);
}

static AditPrefix
network_of (const AditPrefix *host, guint8 length)
{
    AditPrefix network = *host;

    network.length = length;
    adit_prefix_mask (&network);
    return network;
}

/* ---- attacks ---- */

static void
attack_by_route (Test *test, const char *attack, guint8 length)
{
    AditPrefix route = network_of (&test->target->host4, length);
    AditStep  *step;

    begin (test, attack, g_strdup_printf (_ ("a route of /%u by DHCP (TunnelVision)"), length));
    if (!test->target->carries4) {
        skip (test, _ ("the tunnel carries no IPv4"));
        return;
    }
    step = change (test, ADIT_STEP_ROUTE, &route);
    if (step)
        send_both (test, &test->target->host4, NULL);
    change_back (test, step);
    end (test);
}

static void
attack_by_network (Test *test)
{
    AditPrefix network = network_of (&test->target->host4, 24), address = network;
    AditStep  *route = NULL, *own;

    begin (test, "local-net", g_strdup (_ ("a local network with a foreign prefix (LocalNet)")));
    if (!test->target->carries4) {
        skip (test, _ ("the tunnel carries no IPv4"));
        return;
    }
    address.address[3] = 1;
    own                = change (test, ADIT_STEP_ADDRESS, &address);
    if (own)
        route = change (test, ADIT_STEP_ROUTE, &network);
    if (route)
        send_both (test, &test->target->host4, NULL);
    change_back (test, route);
    change_back (test, own);
    end (test);
}

/* Where everything goes through the tunnel, so does what others say to its server. */
static void
attack_by_server (Test *test)
{
    begin (test, "server-ip", g_strdup (_ ("other programs talk to the server (ServerIP)")));
    if (!test->target->full4 || test->target->gateways->len == 0) {
        skip (test, _ ("not everything goes through the tunnel"));
        return;
    }
    for (guint i = 0; i < test->target->gateways->len; i++) {
        const AditEndpoint *gateway = &g_array_index (test->target->gateways, AditEndpoint, i);
        AditPrefix          host    = { .family = gateway->family };

        memcpy (host.address, gateway->address, sizeof host.address);
        send_both (test, &host, NULL);
        send_to (test, &host, gateway->port, NULL);
        send_to (test, &host, gateway->port, test->target->uplink);
    }
    end (test);
}

static void
attack_by_device (Test *test)
{
    begin (test, "bound-socket", g_strdup (_ ("a socket bound to another device")));
    if (!test->target->carries4) {
        skip (test, _ ("the tunnel carries no IPv4"));
        return;
    }
    send_both (test, &test->target->host4, HOSTILE);
    if (test->target->uplink)
        send_both (test, &test->target->host4, test->target->uplink);
    end (test);
}

static void
attack_by_ipv6 (Test *test)
{
    AditPrefix route = network_of (&test->target->host6, 128);
    AditStep  *step;

    begin (test, "ipv6", g_strdup (_ ("IPv6, by a route and by a bound socket")));
    if (!test->target->carries6 && !test->target->full4) {
        skip (test, _ ("the tunnel leaves IPv6 alone"));
        return;
    }
    step = change (test, ADIT_STEP_ROUTE, &route);
    if (step) {
        send_both (test, &test->target->host6, NULL);
        send_both (test, &test->target->host6, HOSTILE);
    }
    change_back (test, step);
    end (test);
}

/* A question that reaches a third server has leaked by whatever way. */
static void
attack_by_names (Test *test)
{
    static const guint16 ports[] = { DNS, DNS_OVER_TLS };

    begin (test, "dns", g_strdup (_ ("names asked of a third server")));
    if (!test->target->asks_only_its_own) {
        skip (test, _ ("not all names are asked through the tunnel"));
        return;
    }
    for (guint i = 0; i < G_N_ELEMENTS (ports); i++) {
        send_to (test, &test->target->host4, ports[i], NULL);
        send_to (test, &test->target->host4, ports[i], HOSTILE);
    }
    adit_probe_collect (test->probe, PATIENCE_MS, on_seen, test);
    test->now->clear += test->now->through;
    test->now->through = 0;
    end (test);
}

static void
attack_by_spoofing (Test *test)
{
    gboolean arrived         = FALSE;
    g_autoptr (GError) error = NULL;

    begin (test, "spoofed", g_strdup (_ ("packets to the tunnel's address from outside")));
    if (test->target->own4.family != 4) {
        skip (test, _ ("the tunnel has no IPv4 address"));
        return;
    }
    if (!adit_probe_spoof (test->tun, test->target->host4.address, test->target->own4.address,
                           PATIENCE_MS, &arrived, &error)) {
        skip (test, error->message);
        return;
    }
    test->now->sent = 1;
    test->now->clear += arrived;
    end (test);
}

/* Until it is up again, with another worker. */
static gboolean
has_recovered (Test *test)
{
    g_autoptr (AditLeakTarget) later = adit_leak_target_new (test->target->name, NULL);

    return later && later->worker != test->target->worker;
}

static void
attack_by_crash (Test *test)
{
    gint64     end_us = g_get_monotonic_time () + RECOVERY_S * G_TIME_SPAN_SECOND;
    AditPrefix route  = network_of (&test->target->host4, 32);
    gboolean   back   = FALSE;

    begin (test, "crash", g_strdup (_ ("its worker is killed")));
    if (!test->target->carries4 || test->target->worker <= 1) {
        skip (test, _ ("there is no worker to kill"));
        return;
    }
    kill (test->target->worker, SIGKILL);
    while (!back && g_get_monotonic_time () < end_us) {
        AditStep *step = change (test, ADIT_STEP_ROUTE, &route);

        send_both (test, &test->target->host4, NULL);
        send_both (test, &test->target->host4, HOSTILE);
        change_back (test, step);
        adit_probe_collect (test->probe, PATIENCE_MS, on_seen, test);
        back = has_recovered (test);
    }
    end (test);
    if (!back) {
        g_free (test->now->what);
        test->now->what = g_strdup (_ ("its worker is killed, and the tunnel did not come back"));
    }
}

static void
attack (Test *test)
{
    attack_by_route (test, "dhcp-route-1", 1);
    attack_by_route (test, "dhcp-route-2", 2);
    attack_by_route (test, "dhcp-route-32", 32);
    attack_by_network (test);
    attack_by_server (test);
    attack_by_device (test);
    attack_by_ipv6 (test);
    attack_by_names (test);
    attack_by_spoofing (test);
    attack_by_crash (test);
}

/* ---- the door ---- */

static gboolean
open_hostile (Test *test, GError **error)
{
    gboolean vnet = FALSE;

    test->tun = adit_tun_open (HOSTILE, FALSE, &vnet, error);
    if (test->tun < 0)
        return FALSE;
    test->hostile = adit_link_index (HOSTILE);
    return adit_link_up (test->hostile, MTU, error);
}

static gboolean
run (Test *test, GError **error)
{
    test->journal = adit_journal_new ("leak-test", error);
    if (test->journal == NULL || !open_hostile (test, error))
        return FALSE;
    test->probe = adit_probe_new (error);
    if (test->probe == NULL)
        return FALSE;
    attack (test);
    return TRUE;
}

static void
result_free (gpointer data)
{
    AditLeakResult *result = data;

    g_free (result->what);
    g_free (result->skipped);
    g_free (result);
}

AditLeakReport *
adit_leak_test (const char *name, GError **error)
{
    g_autoptr (AditLeakReport) report = g_new0 (AditLeakReport, 1);
    Test     test                     = { .report = report, .tun = -1 };
    gboolean fine;

    report->results = g_ptr_array_new_with_free_func (result_free);
    test.target     = adit_runtime_ensure (error) ? adit_leak_target_new (name, error) : NULL;
    if (test.target == NULL)
        return NULL;
    report->tunnel = g_strdup (test.target->name);
    report->guard  = g_strdup (test.target->guard);
    fine           = run (&test, error);
    if (test.tun >= 0)
        close (test.tun); /* and with it the device */
    if (test.journal && !adit_journal_undo_all (test.journal, fine ? error : NULL))
        fine = FALSE;
    adit_journal_free (test.journal);
    adit_probe_free (test.probe);
    adit_leak_target_free (test.target);
    return fine ? g_steal_pointer (&report) : NULL;
}

void
adit_leak_report_free (AditLeakReport *report)
{
    if (report == NULL)
        return;
    g_free (report->tunnel);
    g_free (report->guard);
    if (report->results)
        g_ptr_array_unref (report->results);
    g_free (report);
}
