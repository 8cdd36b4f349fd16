/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What sealing and opening alone cost, for every engine that can be used here.  One `name value
 * unit` a line: ns per packet of this thread's CPU time, median of five, in batches of one TUN
 * superframe; then the CPU seconds that one GB of TCP payload takes, sealed and opened once, below
 * which no tunnel with that engine can get. */
#include "client/crypto/aead.h"
#include "client/crypto/random.h"
#include "client/crypto/rc4.h"
#include "plugins/ppp/mppe-keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BATCH = 45, SLOT = 2048, RUNS = 5, FULL = 1420, SMALL = 64, TCP_PAYLOAD = 1368 };
enum { MPPE_BATCH = 44, MPPE_FULL = 1402, MPPE_TCP_PAYLOAD = 1348 }; /* at an MTU of 1400 */

static const gint64 run_ns = 20 * 1000 * 1000;

static const struct {
    AditAeadAlg alg;
    const char *name;
} algs[] = {
    { ADIT_AEAD_CHACHA20_POLY1305, "chacha20-poly1305" },
    { ADIT_AEAD_AES_128_GCM, "aes-128-gcm" },
    { ADIT_AEAD_AES_256_GCM, "aes-256-gcm" },
};

typedef struct {
    AditAeadKey *sealer, *opener;
    guint8       text[BATCH][SLOT], sealed[BATCH][SLOT], tags[BATCH][ADIT_AEAD_TAG];
    AditAeadOp   ops[BATCH];
} Bench;

static gint64
cpu_ns (void)
{
    struct timespec now;

    clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
    return (gint64) now.tv_sec * 1000000000 + now.tv_nsec;
}

static int
compare (const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;

    return (x > y) - (x < y);
}

static void
prepare (Bench *bench, AditAeadUse use, guint32 len)
{
    for (guint i = 0; i < BATCH; i++) {
        AditAeadOp *op = &bench->ops[i];

        *op     = (AditAeadOp){ .len = len, .tag = bench->tags[i], .nonce = { [4] = (guint8) i } };
        op->src = use == ADIT_AEAD_SEAL ? bench->text[i] : bench->sealed[i];
        op->dst = use == ADIT_AEAD_SEAL ? bench->sealed[i] : bench->text[i];
    }
}

static void
run_batch (Bench *bench, AditAeadUse use)
{
    guint done = use == ADIT_AEAD_SEAL ? adit_aead_seal (bench->sealer, bench->ops, BATCH)
                                       : adit_aead_open (bench->opener, bench->ops, BATCH);

    if (done != BATCH) {
        fputs ("crypto-bench: a packet was not sealed or opened\n", stderr);
        exit (1);
    }
}

static double
measure (Bench *bench, AditAeadUse use, guint32 len)
{
    double ns[RUNS];

    prepare (bench, use, len);
    run_batch (bench, use);
    for (guint i = 0; i < RUNS; i++) {
        gint64  start   = cpu_ns (), spent;
        guint64 packets = 0;

        do {
            for (guint k = 0; k < 16; k++, packets += BATCH)
                run_batch (bench, use);
            spent = cpu_ns () - start;
        } while (spent < run_ns);
        ns[i] = (double) spent / (double) packets;
    }
    qsort (ns, RUNS, sizeof *ns, compare);
    return ns[RUNS / 2];
}

static void
bench_alg (const AditAeadEngine *engine, const char *name, guint which)
{
    static const guint32 lengths[] = { FULL, SMALL };
    static Bench         bench;
    guint8               secret[32];
    double               seal = 0, open = 0;

    adit_random (secret, sizeof secret);
    bench.sealer = adit_aead_key_new (engine, algs[which].alg, ADIT_AEAD_SEAL, secret);
    bench.opener = adit_aead_key_new (engine, algs[which].alg, ADIT_AEAD_OPEN, secret);
    for (guint i = G_N_ELEMENTS (lengths); bench.sealer && bench.opener && i-- > 0;) {
        seal = measure (&bench, ADIT_AEAD_SEAL, lengths[i]);
        open = measure (&bench, ADIT_AEAD_OPEN, lengths[i]);
        printf ("%s.%s.seal-%u %.1f ns\n", name, algs[which].name, lengths[i], seal);
        printf ("%s.%s.open-%u %.1f ns\n", name, algs[which].name, lengths[i], open);
    }
    if (seal > 0)
        printf ("%s.%s.crypto-only %.3f s/GB\n", name, algs[which].name,
                (seal + open) / TCP_PAYLOAD);
    fflush (stdout);
    adit_aead_key_free (bench.sealer);
    adit_aead_key_free (bench.opener);
}

/* A new key for each packet, four packets at a time: what stateless MPPE has to do, either way. */
static void
run_mppe (MppeSession *session)
{
    static AditRc4      rc4[ADIT_RC4_LANES];
    static guint8       text[ADIT_RC4_LANES][SLOT], keys[ADIT_RC4_LANES][MPPE_KEY];
    guint8 *const       data[ADIT_RC4_LANES] = { text[0], text[1], text[2], text[3] };
    const guint8 *const key[ADIT_RC4_LANES]  = { keys[0], keys[1], keys[2], keys[3] };
    const gsize         len[ADIT_RC4_LANES]  = { MPPE_FULL, MPPE_FULL, MPPE_FULL, MPPE_FULL };

    for (guint i = 0; i < MPPE_BATCH; i += ADIT_RC4_LANES) {
        for (guint lane = 0; lane < ADIT_RC4_LANES; lane++) {
            mppe_session_change (session);
            memcpy (keys[lane], session->session, MPPE_KEY);
        }
        adit_rc4_set_keys (rc4, key, session->key_len);
        adit_rc4_lanes (rc4, data, len);
    }
}

static void
bench_mppe (void)
{
    MppeSession session;
    guint8      start[MPPE_KEY];
    double      ns[RUNS];

    adit_random (start, sizeof start);
    mppe_session_begin (&session, start, 128);
    run_mppe (&session);
    for (guint i = 0; i < RUNS; i++) {
        gint64  from    = cpu_ns (), spent;
        guint64 packets = 0;

        do {
            run_mppe (&session);
            packets += MPPE_BATCH;
            spent = cpu_ns () - from;
        } while (spent < run_ns);
        ns[i] = (double) spent / (double) packets;
    }
    qsort (ns, RUNS, sizeof *ns, compare);
    printf ("mppe-128.packet-%u %.1f ns\n", MPPE_FULL, ns[RUNS / 2]);
    printf ("mppe-128.crypto-only %.3f s/GB\n", 2 * ns[RUNS / 2] / MPPE_TCP_PAYLOAD);
}

int
main (void)
{
    static const char *const names[] = { "openssl", "ipsec-mb" };

    for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
        const AditAeadEngine *engine = adit_aead_engine (names[i]);

        if (!engine)
            fprintf (stderr, "# %s: %s\n", names[i], adit_aead_why_not ());
        for (guint which = 0; engine && which < G_N_ELEMENTS (algs); which++)
            bench_alg (engine, names[i], which);
    }
    bench_mppe ();
    return 0;
}
