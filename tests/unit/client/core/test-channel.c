/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-channel.c - both ways over a socket pair, and a peer that is hostile, deaf or gone. */
#include "client/core/channel.h"
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { NOISE_ROUNDS = 2000, FLOOD = 4000 };

typedef struct {
    AditChannel *channel;
    int          far; /* the worker's end */
    guint        messages, lost;
    GError      *error;
    gboolean     free_inside;
} Fixture;

static void
on_message (gpointer user, AditMessage *message G_GNUC_UNUSED)
{
    Fixture *f = user;

    f->messages++;
    if (f->free_inside)
        g_clear_pointer (&f->channel, adit_channel_free);
}

static void
on_lost (gpointer user, GError *error)
{
    Fixture *f = user;

    f->lost++;
    f->error = error;
}

static void
set_up (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    static const AditChannelEvents events = { on_message, on_lost };
    int                            ends[2];

    g_assert_cmpint (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends),
                     ==, 0);
    f->far     = ends[1];
    f->channel = adit_channel_new (ends[0], &events, f);
}

static void
tear_down (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    g_clear_pointer (&f->channel, adit_channel_free);
    g_clear_error (&f->error);
    if (f->far >= 0)
        close (f->far);
}

static void
turn (void)
{
    while (g_main_context_iteration (NULL, FALSE))
        ;
}

static void
say_ready (Fixture *f, int descriptor)
{
    AditMessage ready = { .kind = ADIT_MSG_READY };
    GByteArray *bytes = adit_message_encode (&ready);
    union {
        struct cmsghdr header;
        char           room[CMSG_SPACE (sizeof (int))];
    } control            = { 0 };
    struct iovec  vector = { bytes->data, bytes->len };
    struct msghdr letter = { .msg_iov = &vector, .msg_iovlen = 1 };

    if (descriptor >= 0) {
        letter.msg_control    = control.room;
        letter.msg_controllen = sizeof control.room;
        *CMSG_FIRSTHDR (&letter) =
            (struct cmsghdr){ CMSG_LEN (sizeof (int)), SOL_SOCKET, SCM_RIGHTS };
        memcpy (CMSG_DATA (CMSG_FIRSTHDR (&letter)), &descriptor, sizeof descriptor);
    }
    g_assert_cmpint (sendmsg (f->far, &letter, 0), ==, (int) bytes->len);
    g_byte_array_unref (bytes);
}

static guint
open_descriptors (void)
{
    guint n = 0;

    for (int fd = 0; fd < 256; fd++)
        n += fcntl (fd, F_GETFD) >= 0;
    return n;
}

static void
test_hears (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    for (guint i = 0; i < 100; i++)
        say_ready (f, -1);
    turn ();
    g_assert_cmpuint (f->messages, ==, 100);
    close (f->far);
    f->far = -1;
    turn ();
    g_assert_cmpuint (f->lost, ==, 1);
    g_assert_no_error (f->error);
}

/* A worker that dies with words of ours unread: the kernel says so before it hands out the worker's
 * last words, which count all the same. */
static void
test_last_words (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    AditMessage moved = { .kind = ADIT_MSG_MOVED };

    g_assert_true (adit_channel_send (f->channel, &moved));
    say_ready (f, -1);
    say_ready (f, -1);
    close (f->far);
    f->far = -1;
    turn ();
    g_assert_cmpuint (f->messages, ==, 2);
    g_assert_cmpuint (f->lost, ==, 1);
    g_assert_no_error (f->error);
}

static void
test_freed_inside (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    f->free_inside = TRUE;
    say_ready (f, -1);
    say_ready (f, -1);
    turn ();
    g_assert_cmpuint (f->messages, ==, 1);
    g_assert_cmpuint (f->lost, ==, 0);
}

static void
test_stray_descriptor (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    guint before = open_descriptors ();

    say_ready (f, STDOUT_FILENO);
    turn ();
    g_assert_error (f->error, ADIT_ERROR, ADIT_ERROR_BUG);
    g_assert_cmpuint (f->messages, ==, 0);
    g_assert_cmpuint (open_descriptors (), ==, before);
}

static void
test_noise (void)
{
    for (guint i = 0; i < NOISE_ROUNDS; i++) {
        Fixture f = { 0 };
        guint8  noise[64];
        gsize   len = (gsize) g_test_rand_int_range (1, sizeof noise);

        set_up (&f, NULL);
        for (gsize j = 0; j < len; j++)
            noise[j] = (guint8) g_test_rand_int ();
        noise[0] = 1; /* the version, so that more than the first byte is judged */
        g_assert_cmpint (send (f.far, noise, len, 0), ==, (int) len);
        turn ();
        g_assert_cmpuint (f.messages + f.lost, ==, 1);
        g_assert_true (f.lost == 0 || f.error != NULL);
        tear_down (&f, NULL);
    }
}

/* What it does not read is kept up to a bound, then it is cut off. */
static void
test_deaf (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    AditMessage moved      = { .kind = ADIT_MSG_MOVED };
    guint       read_later = 0;
    char        bytes[64];

    for (guint i = 0; i < FLOOD; i++)
        g_assert_true (adit_channel_send (f->channel, &moved));
    turn ();
    g_assert_cmpuint (f->lost, ==, 1);
    while (recv (f->far, bytes, sizeof bytes, 0) > 0)
        read_later++;
    g_assert_cmpuint (read_later, <, FLOOD);
}

static void
test_slow (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    AditMessage answer = {
        .kind = ADIT_MSG_ANSWER, .number = 1, .data = (guint8 *) "x", .size = 1
    };
    guint sent = 0, heard = 0;
    int   small = 4096;
    char  bytes[64];

    setsockopt (f->far, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    for (; sent < 200; sent++)
        g_assert_true (adit_channel_send (f->channel, &answer));
    for (guint i = 0; i < 1000 && heard < sent; i++) {
        while (recv (f->far, bytes, sizeof bytes, 0) > 0)
            heard++;
        turn ();
    }
    g_assert_cmpuint (heard, ==, sent);
    g_assert_cmpuint (f->lost, ==, 0);
}

static void
test_now (void)
{
    int         ends[2];
    AditMessage got, stop = { .kind = ADIT_MSG_STOP }, wrong = { .kind = ADIT_MSG_READY };
    g_autoptr (GError) error = NULL;

    g_assert_cmpint (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends), ==, 0);
    g_assert_false (
        adit_channel_receive_now (ends[0], g_get_monotonic_time () + 10000, &got, &error));
    g_assert_nonnull (strstr (error->message, "in time"));
    g_clear_error (&error);
    wrong.number = G_MAXUINT64;
    g_assert_false (adit_channel_send_now (ends[0], &wrong, &error));
    g_clear_error (&error);
    g_assert_true (adit_channel_send_now (ends[0], &stop, &error));
    close (ends[1]);
    g_assert_false (
        adit_channel_receive_now (ends[0], g_get_monotonic_time () + 1000000, &got, &error));
    g_assert_error (error, ADIT_ERROR, ADIT_ERROR_BUG);
    close (ends[0]);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
#define ADD(name, fn) g_test_add ("/channel/" name, Fixture, NULL, set_up, fn, tear_down)
    ADD ("last-words-count", test_last_words);
    ADD ("hears-and-notices-the-end", test_hears);
    ADD ("may-be-freed-inside", test_freed_inside);
    ADD ("closes-stray-descriptors", test_stray_descriptor);
    ADD ("cuts-off-a-deaf-worker", test_deaf);
    ADD ("waits-for-a-slow-worker", test_slow);
    g_test_add_func ("/channel/noise-is-judged-once", test_noise);
    g_test_add_func ("/channel/without-a-loop", test_now);
    return g_test_run ();
}
