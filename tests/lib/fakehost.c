/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fakehost.c - the control half of a simulated machine: verbs, timers, clocks. */
#include "tests/lib/fakehost.h"
#include "client/base/prefix.h"
#include "tests/lib/fakepath.h"

/* 2023-11-14: any day will do, as long as it is the same one */
static const gint64 epoch_us = G_GINT64_CONSTANT (1700000000000000);

static FakeHost *
fake (AditHost *host)
{
    return (FakeHost *) host;
}

/* ---- links ---- */

static void
on_ready (gpointer user)
{
    FakeHost *h = user;

    if (h->link)
        h->link->events->ready (h->link->user, h->link->local_port);
}

static AditLink *
make_link (AditHost *host, const AditLinkSpec *spec, const AditLinkEvents *events, gpointer user)
{
    FakeHost *h = fake (host);

    g_assert (!h->link);
    h->link  = g_new0 (AditLink, 1);
    *h->link = (AditLink){ .host = h, .events = events, .user = user };
    if (spec->local_port)
        h->at.port = spec->local_port;
    h->link->local_port = h->at.port;
    if (spec->server)
        adit_endpoint_parse (spec->server, &h->link->connected);
    fake_wire_after (h->wire, 100, on_ready, h);
    return h->link;
}

static void
link_send (AditLink *link, const AditEndpoint *to, AditPacket *packet)
{
    if (link->connected.family)
        to = &link->connected;
    fake_wire_send (link->host->wire, &link->host->at, to, packet->data, packet->len);
    adit_packet_free (packet);
}

static void
close_link (AditLink *link)
{
    link->host->link = NULL;
    g_free (link);
}

static AditPath *
make_path (AditHost *host, AditLink *link, AditCarrier *const *carriers, guint n,
           const AditPathEvents *events, gpointer user)
{
    g_assert (!fake (host)->path);
    return fake (host)->path = fake_path_new (fake (host), link, carriers, n, events, user);
}

static void
close_path (AditPath *path)
{
    path->host->path = NULL;
    fake_path_free (path);
}

void
fake_host_arrived (FakeHost *h, const AditEndpoint *from, const guint8 *data, gsize len)
{
    if (h->wire->now_us < h->asleep_until_us || !h->link)
        return;
    if (h->path)
        fake_path_arrived (h->path, from, data, len);
    else if (h->link->events->recv)
        h->link->events->recv (h->link->user, from, adit_packet_new (data, len));
}

/* ---- time and chance ---- */

static gint64
now (AditHost *host)
{
    return fake (host)->wire->now_us + fake (host)->monotonic_offset_us;
}

static gint64
wall (AditHost *host)
{
    return epoch_us + fake (host)->wire->now_us + fake (host)->wall_offset_us;
}

static void
fill (AditHost *host, gpointer buf, gsize len)
{
    guint8 *p = buf;

    for (gsize i = 0; i < len; i += 8) {
        guint64 v = fake_wire_random (fake (host)->wire);

        memcpy (p + i, &v, MIN (8, len - i));
    }
}

static void
arm (AditHost *host, AditTimer *timer, guint64 ms)
{
    FakeHost *h = fake (host);

    g_ptr_array_remove_fast (h->timers, timer);
    if (ms == G_MAXUINT64)
        return;
    timer->due = h->wire->now_us + (gint64) ms * 1000;
    g_ptr_array_add (h->timers, timer);
}

static AditTimer *
first_timer (const FakeHost *h)
{
    AditTimer *first = NULL;

    for (guint i = 0; i < h->timers->len; i++) {
        AditTimer *t = h->timers->pdata[i];

        if (!first || t->due < first->due)
            first = t;
    }
    return first;
}

gint64
fake_host_next_timer (const FakeHost *h)
{
    const AditTimer *t = first_timer (h);

    return t ? MAX (t->due, h->asleep_until_us) : G_MAXINT64;
}

void
fake_host_fire (FakeHost *h)
{
    AditTimer *t = first_timer (h);

    g_ptr_array_remove_fast (h->timers, t);
    h->wakeups++;
    t->fn (t->user);
}

void
fake_host_suspend (FakeHost *h, gint64 us)
{
    h->asleep_until_us = h->wire->now_us + us;
}

/* ---- names ---- */

typedef struct {
    FakeHost    *host;
    char        *server;
    guint16      port;
    AditLookupFn fn;
    gpointer     user;
} Question;

static void
question_free (gpointer data)
{
    Question *q = data;

    g_free (q->server);
    g_free (q);
}

static void
on_question (gpointer user)
{
    g_autofree Question *q      = user;
    g_autofree char     *server = q->server, *host = NULL, *text = NULL;
    const AditEndpoint  *found =
        q->host->names ? g_hash_table_lookup (q->host->names, server) : NULL;
    AditEndpoint literal;
    guint16      port        = q->port;
    g_autoptr (GError) error = NULL;

    if (!q->host->link && !q->host->kernel) /* stopped meanwhile */
        return;
    if (!found && adit_server_parse (server, q->port, &host, &port)) {
        text = strchr (host, ':') ? g_strdup_printf ("[%s]:%u", host, port)
                                  : g_strdup_printf ("%s:%u", host, port);
        if (adit_endpoint_parse (text, &literal))
            found = &literal;
    }
    if (!found)
        adit_fail (&error, ADIT_ERROR_LOOKUP, "No address is known for %s.", server);
    q->fn (q->user, found, 0, error);
}

static void
lookup (AditHost *host, const char *server, guint16 port, AditLookupFn fn, gpointer user)
{
    Question *q = g_new (Question, 1);

    fake (host)->lookups++;
    *q = (Question){ fake (host), g_strdup (server), port, fn, user };
    fake_wire_after_or (fake (host)->wire, 1000, on_question, q, question_free);
}

void
fake_host_name (FakeHost *h, const char *server, const char *endpoint)
{
    AditEndpoint *e = g_new0 (AditEndpoint, 1);

    g_assert (adit_endpoint_parse (endpoint, e));
    if (!h->names)
        h->names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
    g_hash_table_replace (h->names, g_strdup (server), e);
}

/* ---- the kernel's device ---- */

struct AditKernel {
    FakeHost    *host;
    AditKernelFn fn;
    gpointer     user;
};

static void
on_kernel (gpointer user)
{
    FakeHost *h              = user;
    g_autoptr (GError) error = NULL;

    if (!h->kernel)
        return;
    if (h->has_kernel) {
        h->kernel->fn (h->kernel->user, h->kernel, NULL);
        return;
    }
    adit_fail (&error, ADIT_ERROR_SYSTEM, "This kernel has no such device.");
    h->kernel->fn (h->kernel->user, NULL, error);
    g_clear_pointer (&h->kernel, g_free);
}

static void
kernel (AditHost *host, AditKernelFn fn, gpointer user)
{
    FakeHost *h = fake (host);

    h->kernel  = g_new (AditKernel, 1);
    *h->kernel = (AditKernel){ h, fn, user };
    fake_wire_after (h->wire, 100, on_kernel, h);
}

static void
call (AditKernel *device, guint8 command, gboolean dump, gconstpointer attrs, gsize len,
      AditReplyFn reply, gpointer user)
{
    FakeCall *c = g_new (FakeCall, 1);

    *c = (FakeCall){ command, dump, g_byte_array_new (), reply, user };
    if (len)
        g_byte_array_append (c->attrs, attrs, (guint) len);
    g_queue_push_tail (&device->host->calls, c);
}

static void
unkernel (AditKernel *device)
{
    device->host->kernel = NULL;
    g_free (device);
}

void
fake_call_free (FakeCall *c)
{
    g_byte_array_unref (c->attrs);
    g_free (c);
}

/* ---- what the plugin tells ---- */

static void
ask (AditHost *host G_GNUC_UNUSED, const AditQuestion *q G_GNUC_UNUSED, AditAnswerFn fn,
     gpointer user)
{
    fn (user, "s3cret");
}

static void
phase (AditHost *host, AditPhase p G_GNUC_UNUSED, const char *peer G_GNUC_UNUSED)
{
    fake (host)->phases++;
}

static void
up (AditHost *host, const AditOffer *offer)
{
    FakeHost *h = fake (host);

    h->ups++;
    h->mtu = offer->mtu;
    g_strfreev (h->addresses);
    g_strfreev (h->routes);
    h->addresses = g_strdupv ((char **) (gpointer) offer->addresses);
    h->routes    = g_strdupv ((char **) (gpointer) offer->routes);
}

static void
deliver (AditHost *host, AditPacket *packet)
{
    g_queue_push_tail (&fake (host)->delivered, packet);
}

static void
give_up (AditHost *host, GError *error)
{
    g_clear_error (&fake (host)->error);
    fake (host)->error = error;
}

static const AditHostVerbs verbs = {
    .link     = make_link,
    .send     = link_send,
    .unlink   = close_link,
    .path     = make_path,
    .tell     = fake_path_tell,
    .inject   = fake_path_inject,
    .kernel   = kernel,
    .call     = call,
    .unkernel = unkernel,
    .unpath   = close_path,
    .arm      = arm,
    .now      = now,
    .wall     = wall,
    .random   = fill,
    .lookup   = lookup,
    .ask      = ask,
    .phase    = phase,
    .up       = up,
    .deliver  = deliver,
    .give_up  = give_up,
};

/* ---- for tests ---- */

FakeHost *
fake_host_new (FakeWire *wire, const char *name, const char *endpoint)
{
    FakeHost *h = g_new0 (FakeHost, 1);

    h->base.verbs = &verbs;
    h->wire       = wire;
    h->name       = name;
    h->timers     = g_ptr_array_new ();
    g_assert (adit_endpoint_parse (endpoint, &h->at));
    g_ptr_array_add (wire->hosts, h);
    return h;
}

void
fake_host_clear (FakeHost *h)
{
    g_queue_clear_full (&h->delivered, (GDestroyNotify) adit_packet_free);
    g_queue_clear_full (&h->calls, (GDestroyNotify) fake_call_free);
    g_clear_error (&h->error);
    h->phases = h->ups = h->wakeups = h->lookups = 0;
    memset (h->drops, 0, sizeof h->drops);
}

void
fake_host_free (FakeHost *h)
{
    g_assert (!h->timers->len && !h->path && !h->link &&
              !h->kernel); /* the plugin left nothing behind */
    g_ptr_array_remove (h->wire->hosts, h);
    fake_host_clear (h);
    g_clear_pointer (&h->names, g_hash_table_unref);
    g_ptr_array_unref (h->timers);
    g_strfreev (h->addresses);
    g_strfreev (h->routes);
    g_free (h);
}

void
fake_host_send (FakeHost *h, const guint8 *const *packets, const gsize *lens, guint n)
{
    if (h->path && h->wire->now_us >= h->asleep_until_us)
        fake_path_send (h->path, packets, lens, n);
}

void
fake_host_path_mtu (FakeHost *h, guint bytes)
{
    h->path->events->path_mtu (h->path->user, bytes);
}

void
fake_host_lose (FakeHost *h, GError *cause)
{
    h->path->events->lost (h->path->user, cause);
}

void
fake_host_refuse (FakeHost *h)
{
    if (h->link && h->link->events->refused)
        h->link->events->refused (h->link->user);
}
