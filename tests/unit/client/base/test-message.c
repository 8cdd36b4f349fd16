/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-message.c - every kind there and back, and everything that must be refused. */
#include "client/base/log.h"
#include "client/base/message.h"
#include "client/base/stats.h"
#include "client/plugin.h"

#define TEXTS(...) ((char **) (const char *[]){ __VA_ARGS__, NULL })

static const guint8 counters[sizeof (AditPathStats)] = { 1, 2, 3 };

/* The fullest sensible message of each kind; `fds` is what must come beside it. */
static struct {
    AditMessage message;
    guint       fds;
} samples[] = {
    { { .kind   = ADIT_MSG_OPEN,
        .number = ADIT_OPEN_DEVICE | ADIT_OPEN_VNET | ADIT_OPEN_SERVE,
        .extra  = 1420,
        .texts  = TEXTS ("wireguard", "wg0", "tso", "uso") },
      3 },
    { { .kind = ADIT_MSG_PREPARE, .texts = TEXTS ("wireguard") }, 0 },
    { { .kind = ADIT_MSG_IMPORT, .texts = TEXTS ("wireguard", "Büro 1.conf") }, 2 },
    { { .kind = ADIT_MSG_EXPORT, .texts = TEXTS ("wireguard") }, 2 },
    { { .kind     = ADIT_MSG_LINK,
        .id       = 7,
        .number   = 51820,
        .extra    = 1500,
        .endpoint = { { 192, 0, 2, 1 }, 0, 51820, 4 } },
      1 },
    { { .kind     = ADIT_MSG_FOUND,
        .id       = 0xfffffffe,
        .number   = 1500,
        .endpoint = { { 0xfe, 0x80, [15] = 1 }, 3, 65535, 6 } },
      0 },
    { { .kind = ADIT_MSG_KERNEL, .id = 1 }, 0 },
    { { .kind = ADIT_MSG_FRAMES, .id = 1 }, 3 },
    { { .kind = ADIT_MSG_ALLOWED, .id = 1 }, 0 },
    { { .kind = ADIT_MSG_REPLY, .id = 1, .data = (guint8 *) "attributes", .size = 10 }, 0 },
    { { .kind   = ADIT_MSG_REFUSED,
        .id     = 2,
        .number = ADIT_ERROR_BUG,
        .texts  = TEXTS ("No address is known for hq.", "NXDOMAIN") },
      0 },
    { { .kind = ADIT_MSG_ANSWER, .id = 3, .number = 1, .data = (guint8 *) "s3cret", .size = 6 },
      0 },
    { { .kind = ADIT_MSG_STATUS, .id = 4 }, 0 },
    { { .kind = ADIT_MSG_MOVED }, 0 },
    { { .kind = ADIT_MSG_STOP }, 0 },
    { { .kind = ADIT_MSG_READY, .number = 15 }, 0 },
    { { .kind   = ADIT_MSG_WANT_LINK,
        .id     = 5,
        .number = ADIT_LINK_IP,
        .extra  = G_MAXUINT32,
        .texts  = TEXTS ("vpn.example.org:51820") },
      0 },
    { { .kind = ADIT_MSG_DROP_LINK, .id = 5 }, 0 },
    { { .kind = ADIT_MSG_WANT_LOOKUP, .id = 6, .number = 65535, .texts = TEXTS ("hq") }, 0 },
    { { .kind = ADIT_MSG_WANT_KERNEL, .id = 7 }, 0 },
    { { .kind   = ADIT_MSG_CALL,
        .id     = 7,
        .number = 255,
        .extra  = 1,
        .data   = (guint8 *) "\10\0\1\0\0\0\0\0",
        .size   = 8 },
      0 },
    { { .kind = ADIT_MSG_DROP_KERNEL, .id = 7 }, 0 },
    { { .kind = ADIT_MSG_WANT_FRAMES, .id = 7, .number = 1, .extra = 0xffff000200030004 }, 0 },
    { { .kind   = ADIT_MSG_ALLOW,
        .id     = 7,
        .number = ADIT_FRAMES_IPV4 | ADIT_FRAMES_CIPHER,
        .data   = (guint8 *) "keys",
        .size   = 4 },
      0 },
    { { .kind = ADIT_MSG_DROP_FRAMES, .id = 7 }, 0 },
    { { .kind = ADIT_MSG_ASK, .id = 8, .number = 1, .texts = TEXTS ("Password:", "password") }, 0 },
    { { .kind = ADIT_MSG_PHASE, .number = ADIT_N_PHASES - 1, .texts = TEXTS ("hq") }, 0 },
    { { .kind   = ADIT_MSG_UP,
        .number = 1420,
        .texts  = TEXTS ("a10.0.0.7/24", "r0.0.0.0/0", "d10.0.0.1", "scorp.example") },
      0 },
    { { .kind = ADIT_MSG_MTU, .number = 1280 }, 0 },
    { { .kind  = ADIT_MSG_NOTES,
        .id    = 4,
        .texts = TEXTS ("cipher=ChaCha20-Poly1305", "last-handshake="),
        .data  = (guint8 *) counters,
        .size  = sizeof counters },
      0 },
    { { .kind   = ADIT_MSG_LOG,
        .number = ADIT_LOG_DEBUG,
        .texts  = TEXTS ("wireguard", "got\tan answer") },
      0 },
    { { .kind = ADIT_MSG_DONE, .number = 1 << 20, .texts = TEXTS ("12\tPostUp\tA script.") }, 0 },
    { { .kind   = ADIT_MSG_FAILED,
        .number = ADIT_ERROR_SYSTEM,
        .texts  = TEXTS ("This machine refused.", "Operation not permitted") },
      0 },
};

static gboolean
to_worker (const AditMessage *m)
{
    return m->kind <= ADIT_MSG_STOP;
}

static gboolean
decodes (gconstpointer bytes, gsize len, gboolean direction)
{
    AditMessage m            = { .kind = 0 };
    g_autoptr (GError) error = NULL;
    gboolean good            = adit_message_decode (bytes, len, direction, &m, &error);

    g_assert_true (good == (error == NULL));
    if (!good)
        g_assert_error (error, ADIT_ERROR, ADIT_ERROR_BUG);
    adit_message_clear (&m);
    return good;
}

static void
assert_same (const AditMessage *a, const AditMessage *b)
{
    static char *none[] = { NULL };

    g_assert_cmpint (a->kind, ==, b->kind);
    g_assert_cmpuint (a->id, ==, b->id);
    g_assert_cmpuint (a->number, ==, b->number);
    g_assert_cmpuint (a->extra, ==, b->extra);
    g_assert_cmpmem (&a->endpoint, sizeof a->endpoint, &b->endpoint, sizeof b->endpoint);
    g_assert_cmpmem (a->data, a->size, b->data, b->size);
    g_assert_true (g_strv_equal ((const char *const *) (a->texts ? a->texts : none),
                                 (const char *const *) b->texts));
}

static void
every_kind_there_and_back (void)
{
    guint64 seen = 0;

    for (guint i = 0; i < G_N_ELEMENTS (samples); i++) {
        const AditMessage *m         = &samples[i].message;
        AditMessage        back      = { .kind = 0 };
        g_autoptr (GByteArray) bytes = adit_message_encode (m);
        g_autoptr (GByteArray) again = NULL;
        g_autoptr (GError) error     = NULL;

        g_assert_nonnull (bytes);
        adit_message_decode (bytes->data, bytes->len, to_worker (m), &back, &error);
        g_assert_no_error (error);
        assert_same (m, &back);
        again = adit_message_encode (&back);
        g_assert_cmpmem (again->data, again->len, bytes->data, bytes->len);
        g_assert_false (decodes (bytes->data, bytes->len, !to_worker (m)));
        adit_message_clear (&back);
        seen |= 1ull << m->kind;
    }
    g_assert_cmphex (seen, ==, (1ull << ADIT_N_MESSAGES) - 2);
}

static void
every_truncation_is_refused (void)
{
    for (guint i = 0; i < G_N_ELEMENTS (samples); i++) {
        const AditMessage *m         = &samples[i].message;
        g_autoptr (GByteArray) bytes = adit_message_encode (m);

        for (guint len = 0; len < bytes->len; len++) {
            g_autofree guint8 *exact = g_memdup2 (bytes->data, len);

            g_assert_false (decodes (exact, len, to_worker (m)));
        }
        g_byte_array_append (bytes, (const guint8 *) "", 1);
        g_assert_false (decodes (bytes->data, bytes->len, to_worker (m)));
    }
}

/* A flipped bit is refused, or it is another message that has exactly these bytes. */
static void
every_bit_flip_is_refused_or_canonical (void)
{
    for (guint i = 0; i < G_N_ELEMENTS (samples); i++) {
        const AditMessage *m         = &samples[i].message;
        g_autoptr (GByteArray) bytes = adit_message_encode (m);

        for (guint bit = 0; bit < bytes->len * 8; bit++) {
            AditMessage got = { .kind = 0 };

            bytes->data[bit / 8] ^= (guint8) (1 << bit % 8);
            if (adit_message_decode (bytes->data, bytes->len, to_worker (m), &got, NULL)) {
                g_autoptr (GByteArray) again = adit_message_encode (&got);

                g_assert_nonnull (again);
                g_assert_cmpmem (again->data, again->len, bytes->data, bytes->len);
            }
            adit_message_clear (&got);
            bytes->data[bit / 8] ^= (guint8) (1 << bit % 8);
        }
    }
}

static void
version_and_unknown_kinds_are_refused (void)
{
    for (guint kind = 0; kind < 256; kind++) {
        const guint8 two[] = { 1, (guint8) kind }, other[] = { 2, ADIT_MSG_STOP };

        g_assert_true (decodes (two, 2, TRUE) == (kind == ADIT_MSG_STOP || kind == ADIT_MSG_MOVED));
        g_assert_false (decodes (two, 2, FALSE));
        g_assert_false (decodes (other, 2, TRUE));
    }
    g_assert_cmpstr (adit_message_name (ADIT_MSG_WANT_LINK), ==, "want-link");
    g_assert_cmpstr (adit_message_name (0), ==, "unknown");
    g_assert_cmpstr (adit_message_name (ADIT_N_MESSAGES), ==, "unknown");
}

static void
assert_not_encoded (AditMessage m)
{
    g_autoptr (GByteArray) bytes = adit_message_encode (&m);

    g_assert_null (bytes);
}

static void
numbers_have_bounds (void)
{
    static const struct {
        AditMessageKind kind;
        guint64         number;
        const char     *text;
    } most[] = {
        { ADIT_MSG_READY, 15, NULL },
        { ADIT_MSG_PHASE, ADIT_N_PHASES - 1, NULL },
        { ADIT_MSG_WANT_LINK, ADIT_LINK_IP, NULL },
        { ADIT_MSG_WANT_LOOKUP, 65535, "hq" },
        { ADIT_MSG_REFUSED, ADIT_N_ERRORS - 1, "No." },
        { ADIT_MSG_FAILED, ADIT_N_ERRORS - 1, "No." },
        { ADIT_MSG_CALL, 255, NULL },
        { ADIT_MSG_ANSWER, 1, NULL },
        { ADIT_MSG_MTU, 65535, NULL },
        { ADIT_MSG_UP, 65535, NULL },
        { ADIT_MSG_DONE, 1 << 20, NULL },
    };

    for (guint i = 0; i < G_N_ELEMENTS (most); i++) {
        AditMessage m                = { .kind = most[i].kind, .number = most[i].number };
        g_autoptr (GByteArray) bytes = NULL;

        m.texts = most[i].text ? TEXTS (most[i].text) : NULL;
        bytes   = adit_message_encode (&m);
        g_assert_nonnull (bytes);
        m.number++;
        assert_not_encoded (m);
        m.number = G_MAXUINT64;
        assert_not_encoded (m);
    }
    assert_not_encoded ((AditMessage){ .kind = ADIT_MSG_LINK, .extra = 65536 });
    assert_not_encoded ((AditMessage){ .kind = ADIT_MSG_STOP, .number = 1 });
}

static void
texts_obey_their_rules (void)
{
    g_autofree char         *long_text = g_strnfill (ADIT_MESSAGE_TEXT_LEN + 1, 'x');
    static const char *const bad[]     = { "line\nbreak", "escape\033[2J", "next line \302\205",
                                           "\377" };

    for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
        assert_not_encoded ((AditMessage){ .kind = ADIT_MSG_PHASE, .texts = TEXTS (bad[i]) });
    assert_not_encoded ((AditMessage){ .kind = ADIT_MSG_PHASE, .texts = TEXTS (long_text) });
    assert_not_encoded ((AditMessage){ .kind = ADIT_MSG_PHASE, .texts = TEXTS ("a", "b") });
    assert_not_encoded ((AditMessage){ .kind = ADIT_MSG_ASK });
    assert_not_encoded ((AditMessage){ .kind = ADIT_MSG_EXPORT, .texts = TEXTS ("../evil") });
    assert_not_encoded ((AditMessage){ .kind = ADIT_MSG_EXPORT, .texts = TEXTS ("") });
    assert_not_encoded ((AditMessage){ .kind = ADIT_MSG_UP, .texts = TEXTS ("10.0.0.7/24") });
    assert_not_encoded ((AditMessage){ .kind = ADIT_MSG_UP, .texts = TEXTS ("") });
    assert_not_encoded ((AditMessage){ .kind = ADIT_MSG_NOTES, .texts = TEXTS ("no sign") });
    assert_not_encoded ((AditMessage){ .kind = ADIT_MSG_NOTES, .texts = TEXTS ("=value") });
}

static void
sizes_have_bounds (void)
{
    g_autofree guint8 *zeroes   = g_malloc0 (ADIT_MESSAGE_BYTES);
    g_auto (GStrv) many         = g_new0 (char *, ADIT_MESSAGE_TEXTS + 2);
    AditMessage up              = { .kind = ADIT_MSG_UP, .texts = many };
    AditMessage reply           = { .kind = ADIT_MSG_REPLY, .data = zeroes, .size = 65508 };
    g_autoptr (GByteArray) fits = NULL, full = NULL;

    for (guint i = 0; i < ADIT_MESSAGE_TEXTS; i++)
        many[i] = g_strdup ("r10.0.0.0/8");
    fits = adit_message_encode (&up);
    g_assert_nonnull (fits);
    many[ADIT_MESSAGE_TEXTS] = g_strdup ("r10.0.0.0/8");
    assert_not_encoded (up);
    g_clear_pointer (&many[64], g_free);
    for (guint i = 0; i < 64; i++) {
        g_free (many[i]);
        many[i] = g_strnfill (1024, 'r');
    }
    assert_not_encoded (up); /* each text is short enough, all together are not */
    for (guint i = 65; i <= ADIT_MESSAGE_TEXTS; i++)
        g_clear_pointer (&many[i], g_free);

    full = adit_message_encode (&reply);
    g_assert_nonnull (full);
    g_assert_cmpuint (full->len, <=, ADIT_MESSAGE_BYTES);
    reply.size = ADIT_MESSAGE_BYTES;
    assert_not_encoded (reply);
    assert_not_encoded ((AditMessage){
        .kind = ADIT_MSG_ANSWER, .data = zeroes, .size = ADIT_MESSAGE_TEXT_LEN + 1 });
    assert_not_encoded ((AditMessage){ .kind = ADIT_MSG_NOTES, .data = zeroes, .size = 8 });
    assert_not_encoded ((AditMessage){ .kind = ADIT_MSG_STATUS, .data = zeroes, .size = 1 });
}

/* Counts that promise more than is there, or more than is allowed. */
static void
oversized_counts_are_refused (void)
{
    static const guint8 texts[]  = { 1, ADIT_MSG_UP, 0, 0, 0, 0, 0, 0, 5, 0, 0xff, 0xff, 0, 0 };
    static const guint8 length[] = { 1, ADIT_MSG_EXPORT, 0, 1, 0xff, 0xff, 'a' };
    static const guint8 data[] = { 1, ADIT_MSG_REPLY, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 1, 2, 3 };
    static const guint8 nul[]  = { 1, ADIT_MSG_EXPORT, 0, 1, 0, 3, 'a', 0, 'b' };
    static const guint8 family[] = {
        1, ADIT_MSG_FOUND, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 80
    };
    static const guint8 nowhere[] = { 1, ADIT_MSG_FOUND, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
    g_autofree guint8  *huge      = g_malloc0 (ADIT_MESSAGE_BYTES + 1);

    g_assert_false (decodes (texts, sizeof texts, FALSE));
    g_assert_false (decodes (length, sizeof length, TRUE));
    g_assert_false (decodes (data, sizeof data, TRUE));
    g_assert_false (decodes (nul, sizeof nul, TRUE));
    g_assert_false (decodes (family, sizeof family, TRUE));
    g_assert_false (decodes (nowhere, sizeof nowhere, TRUE));
    huge[0] = 1;
    huge[1] = ADIT_MSG_REPLY;
    g_assert_false (decodes (huge, ADIT_MESSAGE_BYTES + 1, TRUE));
}

static void
descriptors_fit_their_kind (void)
{
    AditMessage open = { .kind = ADIT_MSG_OPEN };

    for (guint i = 0; i < G_N_ELEMENTS (samples); i++)
        for (guint n = 0; n <= ADIT_MESSAGE_FDS + 1; n++)
            g_assert_true (adit_message_fds_fit (&samples[i].message, n) == (n == samples[i].fds));
    g_assert_true (adit_message_fds_fit (&open, 1));
    open.number = ADIT_OPEN_SERVE;
    g_assert_true (adit_message_fds_fit (&open, 2));
    open.kind = ADIT_N_MESSAGES;
    g_assert_false (adit_message_fds_fit (&open, 0));
}

static void
any_text_can_be_made_fit (void)
{
    g_autofree char *wide  = g_strnfill (3 * ADIT_MESSAGE_TEXT_LEN, '\343');
    g_autofree char *clean = adit_message_text ("bad \377 byte\r\nand\ta tab");
    g_autofree char *cut   = adit_message_text (wide);
    g_autoptr (GByteArray) bytes =
        adit_message_encode (&(AditMessage){ .kind = ADIT_MSG_ASK, .texts = TEXTS (clean, cut) });

    g_assert_cmpstr (clean, ==, "bad \357\277\275 byte  and\ta tab");
    g_assert_cmpuint (strlen (cut), <=, ADIT_MESSAGE_TEXT_LEN);
    g_assert_nonnull (bytes);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/message/every-kind-there-and-back", every_kind_there_and_back);
    g_test_add_func ("/message/every-truncation-is-refused", every_truncation_is_refused);
    g_test_add_func ("/message/every-bit-flip-is-refused-or-canonical",
                     every_bit_flip_is_refused_or_canonical);
    g_test_add_func ("/message/version-and-unknown-kinds-are-refused",
                     version_and_unknown_kinds_are_refused);
    g_test_add_func ("/message/numbers-have-bounds", numbers_have_bounds);
    g_test_add_func ("/message/texts-obey-their-rules", texts_obey_their_rules);
    g_test_add_func ("/message/sizes-have-bounds", sizes_have_bounds);
    g_test_add_func ("/message/oversized-counts-are-refused", oversized_counts_are_refused);
    g_test_add_func ("/message/descriptors-fit-their-kind", descriptors_fit_their_kind);
    g_test_add_func ("/message/any-text-can-be-made-fit", any_text_can_be_made_fit);
    return g_test_run ();
}
