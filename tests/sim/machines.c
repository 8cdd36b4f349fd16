/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* machines.c - see machines.h. */
#include "tests/sim/machines.h"
#include "client/crypto/x25519.h"

extern const AditPlugin adit_plugin;

/* ---- packets: an IPv4 header, then a number ---- */

static void
put_packet (guint8 *packet, gsize len, guint from, guint to, guint32 number)
{
    AditWriter w = adit_writer (packet, len);

    memset (packet, 0, len);
    adit_put_u16 (&w, 0x4500);
    adit_put_u16 (&w, (guint16) len);
    adit_put_u32 (&w, 0);
    adit_put_u32 (&w, 0x40fd0000);
    adit_put_u32 (&w, 0x0a000001 + from);
    adit_put_u32 (&w, 0x0a000001 + to);
    adit_put_u32 (&w, number);
    g_assert (!w.bad);
}

static void
enter_packet (World *world, guint to, const AditPacket *p)
{
    AditReader r   = adit_reader (p->data, p->len);
    guint      len = 0, from, dst;
    guint32    number;
    Book      *book;

    adit_take (&r, 2);
    len = adit_get_u16 (&r);
    adit_take (&r, 8);
    from   = adit_get_u32 (&r) - 0x0a000001;
    dst    = adit_get_u32 (&r) - 0x0a000001;
    number = adit_get_u32 (&r);
    claim (world, !r.bad && len == p->len);
    claim (world, dst == to && from < world->n && from != to);
    book = &world->book[from][to];
    claim (world, number < book->sent);
    claim (world, !book->seen[number]);
    book->seen[number] = 1;
    book->arrived++;
}

static void
enter_all (World *world)
{
    for (guint i = 0; i < world->n; i++) {
        FakeHost   *host = world->machine[i].host;
        AditPacket *p;

        while ((p = g_queue_pop_head (&host->delivered))) {
            enter_packet (world, i, p);
            adit_packet_free (p);
        }
    }
}

/* ---- machines ---- */

static void
set_key (AditProfile *profile, const char *section, const char *key, const guint8 *value)
{
    g_autofree char *text = g_base64_encode (value, 32);

    adit_profile_set (profile, section, key, text);
}

static AditProfile *
write_profile (const World *world, guint i, guint keepalive, const guint8 *psk)
{
    AditProfile     *p       = adit_profile_new ();
    g_autofree char *address = g_strdup_printf ("10.0.0.%u/24", i + 1);

    set_key (p, "wireguard", "private-key", world->machine[i].private_key);
    adit_profile_set (p, "wireguard", "address", address);
    for (guint j = 0; j < world->n; j++) {
        g_autofree char *section  = g_strdup_printf ("wireguard peer m%u", j);
        g_autofree char *allowed  = g_strdup_printf ("10.0.0.%u/32", j + 1);
        g_autofree char *endpoint = g_strdup_printf ("m%u.example:51820", j);
        g_autofree char *seconds  = g_strdup_printf ("%u", keepalive);

        if (i == j)
            continue;
        set_key (p, section, "public-key", world->machine[j].public_key);
        set_key (p, section, "preshared-key", psk);
        adit_profile_set (p, section, "allowed-ips", allowed);
        if (i < j) {
            adit_profile_set (p, section, "endpoint", endpoint);
            adit_profile_set (p, section, "persistent-keepalive", seconds);
        }
    }
    return p;
}

void
machine_start (World *world, guint i)
{
    Machine *m = &world->machine[i];

    m->tunnel = adit_plugin.open (&m->host->base, m->profile);
    adit_plugin.start (m->tunnel);
}

void
machine_stop (World *world, guint i)
{
    Machine *m = &world->machine[i];

    if (!m->tunnel)
        return;
    adit_plugin.stop (m->tunnel);
    adit_plugin.free (m->tunnel);
    m->tunnel = NULL;
}

World *
world_new (guint64 seed, guint n, guint keepalive)
{
    World *world = g_new0 (World, 1);
    guint8 psk[32];

    world->seed = seed;
    world->n    = n;
    world->wire = fake_wire_new (seed);
    for (guint i = 0; i < n; i++) {
        g_autofree char *at = g_strdup_printf ("192.0.2.%u:51820", i + 1);
        Machine         *m  = &world->machine[i];

        m->host = fake_host_new (world->wire, "machine", at);
        m->host->base.verbs->random (&m->host->base, m->private_key, 32);
        adit_x25519_public (m->public_key, m->private_key);
    }
    world->machine[0].host->base.verbs->random (&world->machine[0].host->base, psk, sizeof psk);
    for (guint i = 0; i < n; i++) {
        world->machine[i].profile = write_profile (world, i, keepalive, psk);
        for (guint j = i + 1; j < n; j++) {
            g_autofree char *name = g_strdup_printf ("m%u.example:51820", j);
            g_autofree char *at   = g_strdup_printf ("192.0.2.%u:51820", j + 1);

            fake_host_name (world->machine[i].host, name, at);
        }
    }
    return world;
}

void
world_free (World *world)
{
    for (guint i = 0; i < world->n; i++) {
        machine_stop (world, i);
        adit_profile_free (world->machine[i].profile);
        fake_host_free (world->machine[i].host);
    }
    fake_wire_free (world->wire);
    g_free (world);
}

/* ---- traffic ---- */

void
world_send (World *world, guint from, guint to, guint n)
{
    guint8        bytes[ADIT_BATCH][256];
    const guint8 *packets[ADIT_BATCH];
    gsize         lens[ADIT_BATCH];
    Book         *book = &world->book[from][to];

    g_assert (n <= ADIT_BATCH && book->sent + n <= NUMBERS);
    for (guint i = 0; i < n; i++) {
        lens[i]    = 24 + fake_wire_below (world->wire, 200);
        packets[i] = bytes[i];
        put_packet (bytes[i], lens[i], from, to, book->sent++);
    }
    fake_host_send (world->machine[from].host, packets, lens, n);
}

void
world_spoof (World *world, guint liar, guint from, guint to)
{
    guint8        bytes[64];
    const guint8 *packet = bytes;
    const gsize   len    = sizeof bytes;

    put_packet (bytes, len, from, to, world->book[from][to].sent++);
    fake_host_send (world->machine[liar].host, &packet, &len, 1);
}

void
world_run (World *world, guint ms)
{
    fake_wire_run (world->wire, (gint64) ms * 1000);
    enter_all (world);
}

void
world_chat (World *world, guint ms, guint every_ms)
{
    for (guint spent = 0; spent < ms; spent += every_ms) {
        for (guint i = 0; i < world->n; i++) {
            for (guint j = 0; j < world->n; j++) {
                if (i != j)
                    world_send (world, i, j, 1);
            }
        }
        world_run (world, every_ms);
    }
}

void
world_forgive (World *world)
{
    for (guint i = 0; i < world->n; i++) {
        for (guint j = 0; j < world->n; j++)
            world->book[i][j].arrived = world->book[i][j].sent;
    }
}

guint
world_missing (const World *world)
{
    guint missing = 0;

    for (guint i = 0; i < world->n; i++) {
        for (guint j = 0; j < world->n; j++)
            missing += world->book[i][j].sent - world->book[i][j].arrived;
    }
    return missing;
}

guint
world_wakeups (const World *world)
{
    guint sum = 0;

    for (guint i = 0; i < world->n; i++)
        sum += world->machine[i].host->wakeups;
    return sum;
}
