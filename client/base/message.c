/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* message.c - the one table of what a worker and its parent may say, and the two functions that
 * obey it.  On the wire: version, kind, then just the fields that the kind's row names, in the
 * order of AditMessage, big-endian; so every message has exactly one encoding. */
#include "client/base/message.h"
#include "client/base/bytes.h"
#include "client/base/log.h"
#include "client/base/secret.h"
#include "client/base/stats.h"

enum { VERSION = 1 };

typedef enum {
    ID        = 1,
    NUMBER    = 2,
    EXTRA     = 4,
    ENDPOINT  = 8,
    TEXTS     = 16,
    DATA      = 32,
    SOMEWHERE = 64, /* the endpoint may not be "none" */
} Fields;

typedef enum { ANY, WORD_FIRST, OFFER, NOTE } TextRule;

enum {
    PHASES     = 4, /* client/plugin.h, which this floor cannot see */
    LINK_KINDS = 3,
    SENTENCES  = 16,
    HEADER     = 2,
    DATA_MAX   = ADIT_MESSAGE_BYTES - HEADER - 4 - 8 - 8 - 4,
    REPORT_MAX = 1 << 20, /* bytes that an import or export may write */
};

typedef struct {
    const char *name;
    gboolean    to_worker;
    Fields      fields;
    guint64     number_max, extra_max;
    guint       texts_min, texts_max;
    TextRule    rule;
    gsize       data_max;
    guint       fds;
} Row;

static const Row rows[ADIT_N_MESSAGES] = {
    [ADIT_MSG_OPEN]    = { "open", TRUE, NUMBER | EXTRA | TEXTS, 63, 65535, 2, 2 + ADIT_N_OFFLOADS,
                           WORD_FIRST, 0, 1 },
    [ADIT_MSG_PREPARE] = { "prepare", TRUE, TEXTS, 0, 0, 1, 1, WORD_FIRST, 0, 0 },
    [ADIT_MSG_IMPORT]  = { "import", TRUE, TEXTS, 0, 0, 2, 2, WORD_FIRST, 0, 2 },
    [ADIT_MSG_EXPORT]  = { "export", TRUE, TEXTS, 0, 0, 1, 1, WORD_FIRST, 0, 2 },
    [ADIT_MSG_LINK]    = { "link", TRUE, ID | NUMBER | EXTRA | ENDPOINT, 65535, 65535, 0, 0, ANY, 0,
                           1 },
    [ADIT_MSG_FOUND]  = { "found", TRUE, ID | NUMBER | ENDPOINT | SOMEWHERE, 65535, 0, 0, 0, ANY, 0,
                          0 },
    [ADIT_MSG_KERNEL] = { "kernel", TRUE, ID, 0, 0, 0, 0, ANY, 0, 0 },
    [ADIT_MSG_REPLY]  = { "reply", TRUE, ID | DATA, 0, 0, 0, 0, ANY, DATA_MAX, 0 },
    [ADIT_MSG_FRAMES] = { "frames", TRUE, ID, 0, 0, 0, 0, ANY, 0, 3 },
    [ADIT_MSG_ALLOWED] = { "allowed", TRUE, ID, 0, 0, 0, 0, ANY, 0, 0 },
    [ADIT_MSG_REFUSED] = { "refused", TRUE, ID | NUMBER | TEXTS, ADIT_N_ERRORS - 1, 0, 1, SENTENCES,
                           ANY, 0, 0 },
    [ADIT_MSG_ANSWER]  = { "answer", TRUE, ID | NUMBER | DATA, 1, 0, 0, 0, ANY,
                           ADIT_MESSAGE_TEXT_LEN, 0 },
    [ADIT_MSG_STATUS]  = { "status", TRUE, ID, 0, 0, 0, 0, ANY, 0, 0 },
    [ADIT_MSG_MOVED]   = { "moved", TRUE, 0, 0, 0, 0, 0, ANY, 0, 0 },
    [ADIT_MSG_STOP]    = { "stop", TRUE, 0, 0, 0, 0, 0, ANY, 0, 0 },

    [ADIT_MSG_READY]       = { "ready", FALSE, NUMBER, 15, 0, 0, 0, ANY, 0, 0 },
    [ADIT_MSG_WANT_LINK]   = { "want-link", FALSE, ID | NUMBER | EXTRA | TEXTS, LINK_KINDS - 1,
                               G_MAXUINT32, 0, 1, ANY, 0, 0 },
    [ADIT_MSG_DROP_LINK]   = { "drop-link", FALSE, ID, 0, 0, 0, 0, ANY, 0, 0 },
    [ADIT_MSG_WANT_LOOKUP] = { "want-lookup", FALSE, ID | NUMBER | TEXTS, 65535, 0, 1, 1, ANY, 0,
                               0 },
    [ADIT_MSG_WANT_KERNEL] = { "want-kernel", FALSE, ID, 0, 0, 0, 0, ANY, 0, 0 },
    [ADIT_MSG_CALL] = { "call", FALSE, ID | NUMBER | EXTRA | DATA, 255, 1, 0, 0, ANY, DATA_MAX, 0 },
    [ADIT_MSG_DROP_KERNEL] = { "drop-kernel", FALSE, ID, 0, 0, 0, 0, ANY, 0, 0 },
    [ADIT_MSG_WANT_FRAMES] = { "want-frames", FALSE, ID | NUMBER | EXTRA, G_MAXUINT32, G_MAXUINT64,
                               0, 0, ANY, 0, 0 },
    [ADIT_MSG_ALLOW] = { "allow", FALSE, ID | NUMBER | DATA, 63, 0, 0, 0, ANY, 2 * ADIT_FRAMES_KEY,
                         0 },
    [ADIT_MSG_DROP_FRAMES] = { "drop-frames", FALSE, ID, 0, 0, 0, 0, ANY, 0, 0 },
    [ADIT_MSG_ASK]         = { "ask", FALSE, ID | NUMBER | TEXTS, 1, 0, 1, 2, ANY, 0, 0 },
    [ADIT_MSG_PHASE]       = { "phase", FALSE, NUMBER | TEXTS, PHASES - 1, 0, 0, 1, ANY, 0, 0 },
    [ADIT_MSG_UP]  = { "up", FALSE, NUMBER | TEXTS, 65535, 0, 0, ADIT_MESSAGE_TEXTS, OFFER, 0, 0 },
    [ADIT_MSG_MTU] = { "mtu", FALSE, NUMBER, 65535, 0, 0, 0, ANY, 0, 0 },
    [ADIT_MSG_NOTES] = { "notes", FALSE, ID | TEXTS | DATA, 0, 0, 0, ADIT_MESSAGE_TEXTS, NOTE,
                         sizeof (AditPathStats), 0 },
    [ADIT_MSG_LOG]  = { "log", FALSE, NUMBER | TEXTS, ADIT_N_LOG_LEVELS - 1, 0, 2, 2, WORD_FIRST, 0,
                        0 },
    [ADIT_MSG_DONE] = { "done", FALSE, NUMBER | TEXTS, REPORT_MAX, 0, 0, ADIT_MESSAGE_TEXTS, ANY, 0,
                        0 },
    [ADIT_MSG_FAILED] = { "failed", FALSE, NUMBER | TEXTS, ADIT_N_ERRORS - 1, 0, 0, SENTENCES, ANY,
                          0, 0 },
};

static const Row *
row_of (guint kind)
{
    return kind < ADIT_N_MESSAGES && rows[kind].name ? &rows[kind] : NULL;
}

/* ---- judging: the same rules before sending and after receiving ---- */

/* Lower-case letters, digits, dots and dashes up to `end`, at least one. */
static gboolean
is_word (const char *text, gsize len)
{
    for (gsize i = 0; i < len; i++)
        if (!g_ascii_islower (text[i]) && !g_ascii_isdigit (text[i]) && text[i] != '-' &&
            text[i] != '.')
            return FALSE;
    return len > 0;
}

static gboolean
is_clean (const char *text, gsize len)
{
    if (len > ADIT_MESSAGE_TEXT_LEN || !g_utf8_validate (text, (gssize) len, NULL))
        return FALSE;
    for (const char *p = text; p < text + len; p = g_utf8_next_char (p))
        if (*p != '\t' && g_unichar_iscntrl (g_utf8_get_char (p)))
            return FALSE;
    return TRUE;
}

static gboolean
text_obeys (TextRule rule, guint index, const char *text)
{
    switch (rule) {
    case ANY:
        return TRUE;
    case WORD_FIRST:
        return index > 0 || is_word (text, strlen (text));
    case OFFER:
        return text[0] && strchr ("ards", text[0]);
    case NOTE:
        return strchr (text, '=') && is_word (text, (gsize) (strchr (text, '=') - text));
    }
    return FALSE;
}

/* NULL, or what is wrong. */
static const char *
judge_texts (const Row *row, char *const *texts)
{
    guint n = texts ? g_strv_length ((char **) texts) : 0;

    if (n < row->texts_min)
        return "too few texts";
    if (n > row->texts_max)
        return "too many texts";
    for (guint i = 0; i < n; i++)
        if (!is_clean (texts[i], strlen (texts[i])) || !text_obeys (row->rule, i, texts[i]))
            return "a text that is not allowed";
    return NULL;
}

static const char *
judge_endpoint (const Row *row, const AditEndpoint *e)
{
    if (e->family != 0 && e->family != 4 && e->family != 6)
        return "an address of no family";
    if (e->family == 0 && (row->fields & SOMEWHERE))
        return "no address";
    if (e->family != 6 && e->scope)
        return "a scope without IPv6";
    return NULL;
}

static const char *
judge (const Row *row, const AditMessage *m)
{
    const char *wrong = NULL;

    if (m->number > row->number_max)
        return "a number too large";
    if (m->extra > row->extra_max)
        return "an extra number too large";
    if (m->size > row->data_max)
        return "too much data";
    if (m->kind == ADIT_MSG_NOTES && m->size && m->size != sizeof (AditPathStats))
        return "counters of another size";
    if (row->fields & ENDPOINT)
        wrong = judge_endpoint (row, &m->endpoint);
    if (!wrong)
        wrong = judge_texts (row, m->texts);
    return wrong;
}

/* ---- encoding ---- */

static guint
address_bytes (guint8 family)
{
    return family == 6 ? 16 : family == 4 ? 4 : 0;
}

static gsize
measure (const Row *row, const AditMessage *m)
{
    gsize size = HEADER;

    size += row->fields & ID ? 4 : 0;
    size += row->fields & NUMBER ? 8 : 0;
    size += row->fields & EXTRA ? 8 : 0;
    if (row->fields & ENDPOINT) {
        size += 1 + address_bytes (m->endpoint.family);
        size += m->endpoint.family == 6 ? 4 : 0;
        size += m->endpoint.family ? 2 : 0;
    }
    if (row->fields & TEXTS) {
        size += 2;
        for (char **t = m->texts; t && *t; t++)
            size += 2 + strlen (*t);
    }
    if (row->fields & DATA)
        size += 4 + m->size;
    return size;
}

static void
put_endpoint (AditWriter *w, const AditEndpoint *e)
{
    adit_put_u8 (w, e->family);
    adit_put_bytes (w, e->address, address_bytes (e->family));
    if (e->family == 6)
        adit_put_u32 (w, e->scope);
    if (e->family)
        adit_put_u16 (w, e->port);
}

static void
put_texts (AditWriter *w, char *const *texts)
{
    adit_put_u16 (w, texts ? (guint16) g_strv_length ((char **) texts) : 0);
    for (char *const *t = texts; t && *t; t++) {
        adit_put_u16 (w, (guint16) strlen (*t));
        adit_put_bytes (w, *t, strlen (*t));
    }
}

GByteArray *
adit_message_encode (const AditMessage *m)
{
    const Row  *row = row_of (m->kind);
    GByteArray *bytes;
    AditWriter  w;
    gsize       size;

    if (!row || judge (row, m))
        return NULL;
    size = measure (row, m);
    if (size > ADIT_MESSAGE_BYTES)
        return NULL;
    /* All at once: growing would leave copies of a secret behind. */
    bytes = g_byte_array_set_size (g_byte_array_new (), (guint) size);
    w     = adit_writer (bytes->data, size);
    adit_put_u8 (&w, VERSION);
    adit_put_u8 (&w, (guint8) m->kind);
    if (row->fields & ID)
        adit_put_u32 (&w, m->id);
    if (row->fields & NUMBER)
        adit_put_u64 (&w, m->number);
    if (row->fields & EXTRA)
        adit_put_u64 (&w, m->extra);
    if (row->fields & ENDPOINT)
        put_endpoint (&w, &m->endpoint);
    if (row->fields & TEXTS)
        put_texts (&w, m->texts);
    if (row->fields & DATA) {
        adit_put_u32 (&w, (guint32) m->size);
        adit_put_bytes (&w, m->data, m->size);
    }
    g_assert (adit_length (&w) == size);
    return bytes;
}

/* ---- decoding ---- */

static void
get_endpoint (AditReader *r, AditEndpoint *e)
{
    e->family = adit_get_u8 (r);
    adit_get_bytes (r, e->address, address_bytes (e->family));
    if (e->family == 6)
        e->scope = adit_get_u32 (r);
    if (e->family)
        e->port = adit_get_u16 (r);
}

/* Bad text marks the reader: a NUL inside would otherwise shorten it unseen. */
static char **
get_texts (AditReader *r, guint max)
{
    guint  n     = adit_get_u16 (r);
    char **texts = g_new0 (char *, (n <= max ? n : 0) + 1);

    if (n > max)
        r->bad = TRUE;
    for (guint i = 0; i < n && !r->bad; i++) {
        gsize         len  = adit_get_u16 (r);
        const guint8 *text = adit_take (r, len);

        if (text && is_clean ((const char *) text, len))
            texts[i] = g_strndup ((const char *) text, len);
        else
            r->bad = TRUE;
    }
    return texts;
}

static void
get_data (AditReader *r, gsize max, AditMessage *out)
{
    gsize         len  = adit_get_u32 (r);
    const guint8 *data = len <= max ? adit_take (r, len) : NULL;

    if (!data && len)
        r->bad = TRUE;
    else if (len) {
        out->data = g_memdup2 (data, len);
        out->size = len;
    }
}

static gboolean
decode_fields (AditReader *r, const Row *row, AditMessage *out)
{
    if (row->fields & ID)
        out->id = adit_get_u32 (r);
    if (row->fields & NUMBER)
        out->number = adit_get_u64 (r);
    if (row->fields & EXTRA)
        out->extra = adit_get_u64 (r);
    if (row->fields & ENDPOINT)
        get_endpoint (r, &out->endpoint);
    out->texts = row->fields & TEXTS ? get_texts (r, row->texts_max) : g_new0 (char *, 1);
    if (row->fields & DATA)
        get_data (r, row->data_max, out);
    return adit_finish (r);
}

/* What of the message decode owns; the descriptors are the caller's. */
static void
reset (AditMessage *m)
{
    m->kind   = 0;
    m->id     = 0;
    m->number = m->extra = 0;
    m->endpoint          = (AditEndpoint){ .family = 0 };
    m->texts             = NULL;
    m->data              = NULL;
    m->size              = 0;
}

static gboolean
refuse (GError **error, const char *kind, const char *wrong)
{
    GError *cause = NULL;

    adit_fail (&cause, ADIT_ERROR_BUG, "A message “%s” has %s.", kind, wrong);
    return adit_fail_because (error, cause, ADIT_ERROR_BUG,
                              "Two parts of adit did not understand each other.");
}

gboolean
adit_message_decode (gconstpointer bytes, gsize len, gboolean to_worker, AditMessage *out,
                     GError **error)
{
    AditReader  r     = adit_reader (bytes, len);
    guint8      first = adit_get_u8 (&r), kind = adit_get_u8 (&r);
    const Row  *row   = row_of (kind);
    const char *wrong = NULL;

    reset (out);
    if (len > ADIT_MESSAGE_BYTES || first != VERSION)
        return refuse (error, "?", first == VERSION ? "too many bytes" : "another version");
    if (!row || row->to_worker != to_worker)
        return refuse (error, row ? row->name : "?", row ? "the wrong direction" : "no known kind");
    out->kind = kind;
    if (!decode_fields (&r, row, out))
        wrong = "bytes that do not fit its form";
    else
        wrong = judge (row, out);
    if (!wrong)
        return TRUE;
    adit_message_clear (out);
    reset (out);
    return refuse (error, row->name, wrong);
}

gboolean
adit_message_fds_fit (const AditMessage *m, guint n)
{
    const Row *row = row_of (m->kind);
    guint      fds = row ? row->fds : 0;

    if (m->kind == ADIT_MSG_OPEN)
        fds += !!(m->number & ADIT_OPEN_DEVICE) + !!(m->number & ADIT_OPEN_SERVE);
    return row && n == fds;
}

void
adit_message_clear (AditMessage *m)
{
    g_strfreev (m->texts);
    if (m->data)
        adit_wipe (m->data, m->size);
    g_free (m->data);
    m->texts = NULL;
    m->data  = NULL;
    m->size  = 0;
}

const char *
adit_message_name (AditMessageKind kind)
{
    const Row *row = row_of (kind);

    return row ? row->name : "unknown";
}

char *
adit_message_text (const char *text)
{
    g_autofree char *valid = g_utf8_make_valid (text, -1);
    GString         *clean = g_string_new (NULL);

    for (const char *p = valid; *p; p = g_utf8_next_char (p)) {
        gunichar c = g_utf8_get_char (p);

        if (clean->len + 6 > ADIT_MESSAGE_TEXT_LEN)
            break;
        g_string_append_unichar (clean, c != '\t' && g_unichar_iscntrl (c) ? ' ' : c);
    }
    return g_string_free (clean, FALSE);
}
