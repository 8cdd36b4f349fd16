/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libipsec-mb, loaded at run time if it is installed.  AES-GCM goes through its direct calls, which
 * need no manager's state; ChaCha20-Poly1305 through its jobs, which make the Poly1305 key and the
 * keystream in one go and are a quarter faster than its direct calls, but use the manager's ring:
 * one batch per manager at a time. */
#include "client/crypto/engine.h"
#include "client/crypto/random.h"

#include <dlfcn.h>
#include <intel-ipsec-mb.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* The layout of IMB_MGR belongs to the major version, as the soname does. */
#if IMB_VERSION_NUM >= 0x20000
#define LIBRARY "libIPSec_MB.so.2"
#else
#define LIBRARY "libIPSec_MB.so.1"
#endif

enum { CHUNK = 64, ALIGNMENT = 64 };

/* One manager per use, because a tunnel seals in one thread and opens in the same or one other.  A
 * batch that finds its lane busy takes the direct calls. */
typedef struct {
    IMB_MGR *manager;
    gint     busy;
} Lane;

typedef struct {
    AditAeadKey         head;
    AditAeadAlg         alg;
    AditAeadUse         use;
    guint8              secret[32];
    struct gcm_key_data gcm __attribute__ ((aligned (ALIGNMENT)));
} Key;

static struct {
    IMB_MGR *(*alloc) (uint64_t flags);
    void (*init) (IMB_MGR *manager, IMB_ARCH *arch);
    uint32_t (*version) (void);
} library;

static Lane     lanes[2]; /* by AditAeadUse */
static IMB_MGR *functions;

static IMB_MGR *
manager_new (void)
{
    IMB_MGR *manager = library.alloc (0);
    IMB_ARCH arch    = IMB_ARCH_NONE;

    if (manager)
        library.init (manager, &arch);
    return manager && arch != IMB_ARCH_NONE && manager->imb_errno == 0 ? manager : NULL;
}

static IMB_MGR *
lane_enter (AditAeadUse use)
{
    Lane *lane = &lanes[use];

    return lane->manager && g_atomic_int_compare_and_exchange (&lane->busy, 0, 1) ? lane->manager
                                                                                  : NULL;
}

static void
lane_leave (AditAeadUse use)
{
    g_atomic_int_set (&lanes[use].busy, 0);
}

/* Counts what is ok and leaves no plaintext of what is not. */
static guint
judge (AditAeadOp *ops, guint n)
{
    guint done = 0;

    for (guint i = 0; i < n; i++) {
        if (ops[i].ok)
            done++;
        else if (ops[i].len)
            memset (ops[i].dst, 0, ops[i].len);
    }
    return done;
}

static void
fill (IMB_JOB *job, const Key *key, const AditAeadOp *op, guint8 *tag)
{
    job->cipher_mode      = IMB_CIPHER_CHACHA20_POLY1305;
    job->hash_alg         = IMB_AUTH_CHACHA20_POLY1305;
    job->cipher_direction = key->use == ADIT_AEAD_SEAL ? IMB_DIR_ENCRYPT : IMB_DIR_DECRYPT;
    job->chain_order = key->use == ADIT_AEAD_SEAL ? IMB_ORDER_CIPHER_HASH : IMB_ORDER_HASH_CIPHER;
    job->enc_keys    = key->secret;
    job->dec_keys    = key->secret;
    job->key_len_in_bytes                     = sizeof key->secret;
    job->src                                  = op->src;
    job->dst                                  = op->dst;
    job->cipher_start_src_offset_in_bytes     = 0;
    job->hash_start_src_offset_in_bytes       = 0;
    job->msg_len_to_cipher_in_bytes           = op->len;
    job->msg_len_to_hash_in_bytes             = op->len;
    job->iv                                   = op->nonce;
    job->iv_len_in_bytes                      = ADIT_AEAD_NONCE;
    job->auth_tag_output                      = tag;
    job->auth_tag_output_len_in_bytes         = ADIT_AEAD_TAG;
    job->u.CHACHA20_POLY1305.aad              = op->aad;
    job->u.CHACHA20_POLY1305.aad_len_in_bytes = op->aad_len;
}

/* In 1.3 a submitted job comes back at once; the flush is for a version where it does not. */
static void
chacha_jobs (IMB_MGR *manager, const Key *key, AditAeadOp *ops, guint n,
             guint8 (*tags)[ADIT_AEAD_TAG])
{
    IMB_JOB *job;

    for (guint i = 0; i < n; i++) {
        ops[i].ok = FALSE;
        job       = IMB_GET_NEXT_JOB (manager);
        fill (job, key, &ops[i], tags[i]);
        job->user_data = &ops[i];
        for (job = IMB_SUBMIT_JOB_NOCHECK (manager); job; job = IMB_GET_COMPLETED_JOB (manager))
            ((AditAeadOp *) job->user_data)->ok = job->status == IMB_STATUS_COMPLETED;
    }
    while ((job = IMB_FLUSH_JOB (manager)))
        ((AditAeadOp *) job->user_data)->ok = job->status == IMB_STATUS_COMPLETED;
}

static void
chacha_direct (const Key *key, AditAeadOp *ops, guint n, guint8 (*tags)[ADIT_AEAD_TAG])
{
    struct chacha20_poly1305_context_data context;

    for (guint i = 0; i < n; i++) {
        AditAeadOp *op = &ops[i];

        IMB_CHACHA20_POLY1305_INIT (functions, key->secret, &context, op->nonce, op->aad,
                                    op->aad_len);
        if (key->use == ADIT_AEAD_SEAL)
            IMB_CHACHA20_POLY1305_ENC_UPDATE (functions, key->secret, &context, op->dst, op->src,
                                              op->len);
        else
            IMB_CHACHA20_POLY1305_DEC_UPDATE (functions, key->secret, &context, op->dst, op->src,
                                              op->len);
        IMB_CHACHA20_POLY1305_ENC_FINALIZE (functions, &context, tags[i], ADIT_AEAD_TAG);
        op->ok = TRUE;
    }
    explicit_bzero (&context, sizeof context);
}

static void
gcm_direct (const Key *key, AditAeadOp *ops, guint n, guint8 (*tags)[ADIT_AEAD_TAG])
{
    struct gcm_context_data context;
    aes_gcm_enc_dec_t       run;

    if (key->alg == ADIT_AEAD_AES_128_GCM)
        run = key->use == ADIT_AEAD_SEAL ? functions->gcm128_enc : functions->gcm128_dec;
    else
        run = key->use == ADIT_AEAD_SEAL ? functions->gcm256_enc : functions->gcm256_dec;
    for (guint i = 0; i < n; i++) {
        AditAeadOp *op = &ops[i];

        run (&key->gcm, &context, op->dst, op->src, op->len, op->nonce, op->aad, op->aad_len,
             tags[i], ADIT_AEAD_TAG);
        op->ok = TRUE;
    }
    explicit_bzero (&context, sizeof context);
}

static void
run_chunk (const Key *key, AditAeadOp *ops, guint n, guint8 (*tags)[ADIT_AEAD_TAG])
{
    IMB_MGR *manager;

    if (key->alg != ADIT_AEAD_CHACHA20_POLY1305) {
        gcm_direct (key, ops, n, tags);
    } else if ((manager = lane_enter (key->use))) {
        chacha_jobs (manager, key, ops, n, tags);
        lane_leave (key->use);
    } else {
        chacha_direct (key, ops, n, tags);
    }
}

static guint
seal (AditAeadKey *head, AditAeadOp *ops, guint n)
{
    guint8 tags[CHUNK][ADIT_AEAD_TAG];
    guint  done = 0;

    for (guint from = 0; from < n; from += CHUNK) {
        guint count = MIN (CHUNK, n - from);

        run_chunk ((const Key *) head, ops + from, count, tags);
        for (guint i = 0; i < count; i++)
            memcpy (ops[from + i].tag, tags[i], ADIT_AEAD_TAG);
        done += judge (ops + from, count);
    }
    return done;
}

static guint
open_ops (AditAeadKey *head, AditAeadOp *ops, guint n)
{
    guint8 tags[CHUNK][ADIT_AEAD_TAG];
    guint  done = 0;

    for (guint from = 0; from < n; from += CHUNK) {
        guint count = MIN (CHUNK, n - from);

        run_chunk ((const Key *) head, ops + from, count, tags);
        for (guint i = 0; i < count; i++) {
            AditAeadOp *op = &ops[from + i];

            op->ok = op->ok && adit_same (tags[i], op->tag, ADIT_AEAD_TAG);
        }
        done += judge (ops + from, count);
    }
    return done;
}

static void
key_free (AditAeadKey *head)
{
    explicit_bzero (head, sizeof (Key));
    free (head);
}

static AditAeadKey *
key_new (AditAeadAlg alg, AditAeadUse use, const guint8 *secret)
{
    static GMutex lock;
    Key          *key = aligned_alloc (ALIGNMENT, sizeof (Key));

    if (!key)
        g_error ("no memory for a key");
    memset (key, 0, sizeof *key);
    key->alg = alg;
    key->use = use;
    switch (alg) {
    case ADIT_AEAD_CHACHA20_POLY1305:
        memcpy (key->secret, secret, sizeof key->secret);
        g_mutex_lock (&lock);
        if (!lanes[use].manager)
            lanes[use].manager = manager_new ();
        g_mutex_unlock (&lock);
        break;
    case ADIT_AEAD_AES_128_GCM:
        IMB_AES128_GCM_PRE (functions, secret, &key->gcm);
        break;
    case ADIT_AEAD_AES_256_GCM:
        IMB_AES256_GCM_PRE (functions, secret, &key->gcm);
        break;
    }
    return &key->head;
}

static const AditAeadEngine engine = { "ipsec-mb", key_new, key_free, seal, open_ops };

static gboolean
find_library (const char **why_not)
{
    void *handle = dlopen (LIBRARY, RTLD_NOW | RTLD_LOCAL); /* stays */

    *why_not = "libipsec-mb is not installed";
    if (!handle)
        return FALSE;
    *(void **) &library.alloc   = dlsym (handle, "alloc_mb_mgr");
    *(void **) &library.init    = dlsym (handle, "init_mb_mgr_auto");
    *(void **) &library.version = dlsym (handle, "imb_get_version");
    *why_not                    = "the installed libipsec-mb is incomplete";
    if (!library.alloc || !library.init || !library.version)
        return FALSE;
    *why_not = "the installed libipsec-mb is older than the one adit was built with";
    return library.version () >= IMB_VERSION_NUM;
}

/* Relocation and initialisation touch three megabytes of the library's code, of which packets then
 * need a tenth: the rest is given back, and read again from the page cache should it ever be
 * called. */
static int
release_code (struct dl_phdr_info *info, size_t size, void *function)
{
    (void) size;
    for (guint i = 0; i < info->dlpi_phnum; i++) {
        const ElfW (Phdr) *part = &info->dlpi_phdr[i];
        gsize start             = (info->dlpi_addr + part->p_vaddr) & ~(gsize) 4095;
        gsize end               = info->dlpi_addr + part->p_vaddr + part->p_memsz;

        if (part->p_type == PT_LOAD && (part->p_flags & (PF_X | PF_W)) == PF_X &&
            (gsize) function >= start && (gsize) function < end) {
            madvise ((void *) start, end - start, MADV_DONTNEED);
            return 1;
        }
    }
    return 0;
}

const AditAeadEngine *
engine_ipsec_mb_load (const char **why_not)
{
    if (!find_library (why_not))
        return NULL;
    *why_not = "libipsec-mb does not know this processor";
    if (!(functions = manager_new ()))
        return NULL;
    lanes[ADIT_AEAD_SEAL].manager = functions;
    for (AditAeadAlg alg = ADIT_AEAD_CHACHA20_POLY1305; alg <= ADIT_AEAD_AES_256_GCM; alg++) {
        if (!engine_agrees (&engine, alg)) {
            *why_not = "libipsec-mb and OpenSSL give different results";
            return NULL;
        }
    }
    dl_iterate_phdr (release_code, *(void **) &library.init);
    *why_not = NULL;
    return &engine;
}

/* Without AVX-512 IFMA its Poly1305 is scalar, and OpenSSL's is not. */
gboolean
engine_ipsec_mb_is_faster (AditAeadAlg alg)
{
    return alg != ADIT_AEAD_CHACHA20_POLY1305 || (functions->features & IMB_FEATURE_AVX512_IFMA);
}
