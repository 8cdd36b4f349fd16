/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-hostile-worker.c - whatever a worker says, its parent's channel tells of whole and
 * well-formed messages or of the end; it does not crash, leak a descriptor or wait. */
#include "client/core/channel.h"
#include "tests/sandbox/samples.h"
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct {
    guint    messages;
    gboolean lost, told_why;
} Seen;

static void
on_message (gpointer user, AditMessage *message)
{
    Seen *seen = user;

    g_assert_cmpint (message->kind, >=, ADIT_MSG_READY);
    g_assert_cmpint (message->kind, <, ADIT_N_MESSAGES);
    seen->messages++;
}

static void
on_lost (gpointer user, GError *error)
{
    Seen *seen = user;

    seen->lost     = TRUE;
    seen->told_why = error != NULL;
    g_clear_error (&error);
}

static const AditChannelEvents events = { on_message, on_lost };

static guint
open_files (void)
{
    DIR  *dir = opendir ("/proc/self/fd");
    guint n   = 0;

    while (readdir (dir))
        n++;
    closedir (dir);
    return n;
}

static void
run_loop (Seen *seen)
{
    for (guint i = 0; i < 100 && !seen->lost && g_main_context_iteration (NULL, FALSE); i++)
        continue;
}

static void
mutated_messages_lose_the_channel_at_most (void)
{
    guint before = open_files ();

    for (guint round = 0; round < 3000; round++) {
        Seen         seen = { 0, FALSE, FALSE };
        int          ends[2];
        AditChannel *channel;
        guint        sent = 0;

        g_assert_cmpint (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends), ==, 0);
        channel = adit_channel_new (ends[0], &events, &seen);
        for (guint i = 0; i < 8; i++) {
            g_autoptr (GByteArray) bytes = sample_random (FALSE);

            if (i >= 4)
                sample_mutate (bytes);
            sent += bytes->len && send (ends[1], bytes->data, bytes->len, 0) > 0;
        }
        close (ends[1]);
        run_loop (&seen);
        g_assert_true (seen.lost);
        g_assert_cmpuint (seen.messages, >=, 4);
        g_assert_cmpuint (seen.messages, <=, sent);
        adit_channel_free (channel);
    }
    g_assert_cmpuint (open_files (), ==, before);
}

/* A worker may not hand over descriptors at all. */
static void
descriptors_from_a_worker_are_closed_and_refused (void)
{
    guint before = open_files ();

    for (guint n = 1; n <= 8; n++) {
        Seen            seen = { 0, FALSE, FALSE };
        int             ends[2], gift[8];
        char            room[CMSG_SPACE (sizeof gift)] = { 0 };
        guint8          bytes[]                        = { 1, ADIT_MSG_DROP_LINK, 0, 0, 0, 1 };
        struct iovec    vector                         = { bytes, sizeof bytes };
        struct msghdr   letter = { NULL, 0, &vector, 1, room, CMSG_SPACE (n * sizeof *gift), 0 };
        struct cmsghdr *c      = CMSG_FIRSTHDR (&letter);
        AditChannel    *channel;

        g_assert_cmpint (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends), ==, 0);
        for (guint i = 0; i < n; i++)
            gift[i] = open ("/dev/null", O_RDONLY);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type  = SCM_RIGHTS;
        c->cmsg_len   = CMSG_LEN (n * sizeof *gift);
        memcpy (CMSG_DATA (c), gift, n * sizeof *gift);
        g_assert_cmpint (sendmsg (ends[1], &letter, 0), ==, sizeof bytes);
        for (guint i = 0; i < n; i++)
            close (gift[i]);
        channel = adit_channel_new (ends[0], &events, &seen);
        run_loop (&seen);
        g_assert_true (seen.lost && seen.told_why);
        g_assert_cmpuint (seen.messages, ==, 0);
        adit_channel_free (channel);
        close (ends[1]);
        g_assert_cmpuint (open_files (), ==, before);
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_main_context_default (); /* its descriptors are not the channel's */
    g_test_add_func ("/hostile-worker/mutated-messages-lose-the-channel-at-most",
                     mutated_messages_lose_the_channel_at_most);
    g_test_add_func ("/hostile-worker/descriptors-from-a-worker-are-closed-and-refused",
                     descriptors_from_a_worker_are_closed_and_refused);
    return g_test_run ();
}
