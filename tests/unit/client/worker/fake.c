/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fake.c - both ends of one socket in one process. */
#include "tests/unit/client/worker/fake.h"
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct AditTunnel {
    int nothing;
};

static AditTunnel *
fake_open (AditHost *host G_GNUC_UNUSED, const AditProfile *profile G_GNUC_UNUSED)
{
    return g_new0 (AditTunnel, 1);
}

static void
fake_nothing (AditTunnel *t G_GNUC_UNUSED)
{
}

static void
fake_release (AditTunnel *t)
{
    g_free (t);
}

static char *
fake_serve (AditTunnel *t G_GNUC_UNUSED, const char *request)
{
    return g_strdup (request);
}

static const AditPlugin plugin = { .abi   = ADIT_PLUGIN_ABI,
                                   .name  = "fake",
                                   .open  = fake_open,
                                   .start = fake_nothing,
                                   .stop  = fake_nothing,
                                   .free  = fake_release,
                                   .serve = fake_serve };

Fake
fake_new (void)
{
    char       *texts[] = { (char *) "fake", (char *) "fake", NULL };
    AditMessage open    = { .kind = ADIT_MSG_OPEN, .extra = 1420, .texts = texts };
    Fake        fake;
    int         ends[2];

    g_assert_cmpint (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends), ==, 0);
    fake.fd   = ends[0];
    fake.host = worker_host_new (adit_parent_new (ends[1]), &plugin, adit_profile_new (), &open);
    fake.base = &fake.host->base;
    worker_host_start (fake.host);
    return fake;
}

void
fake_free (Fake *fake)
{
    AditParent *parent = fake->host->parent;

    worker_host_free (fake->host);
    adit_parent_free (parent);
    close (fake->fd);
}

void
fake_turn (void)
{
    for (guint i = 0; i < 1000 && g_main_context_iteration (NULL, FALSE); i++)
        continue;
}

static gboolean
on_late (gpointer user G_GNUC_UNUSED)
{
    g_error ("nothing came");
    return G_SOURCE_REMOVE;
}

void
fake_wait (const gboolean *done)
{
    guint late = g_timeout_add_seconds (5, on_late, NULL);

    while (!*done)
        g_main_context_iteration (NULL, TRUE);
    g_source_remove (late);
}

void
fake_say (const Fake *fake, const AditMessage *m)
{
    g_autoptr (GByteArray) bytes                                       = adit_message_encode (m);
    char            room[CMSG_SPACE (sizeof (int) * ADIT_MESSAGE_FDS)] = { 0 };
    struct iovec    vector;
    struct msghdr   letter = { .msg_iov = &vector, .msg_iovlen = 1 };
    struct cmsghdr *c;

    g_assert_nonnull (bytes);
    vector = (struct iovec){ bytes->data, bytes->len };
    if (m->n_fds) {
        letter.msg_control    = room;
        letter.msg_controllen = CMSG_SPACE (sizeof (int) * m->n_fds);
        c                     = CMSG_FIRSTHDR (&letter);
        c->cmsg_level         = SOL_SOCKET;
        c->cmsg_type          = SCM_RIGHTS;
        c->cmsg_len           = CMSG_LEN (sizeof (int) * m->n_fds);
        memcpy (CMSG_DATA (c), m->fds, sizeof (int) * m->n_fds);
    }
    g_assert_cmpint (sendmsg (fake->fd, &letter, MSG_NOSIGNAL), ==, (gssize) bytes->len);
    for (guint i = 0; i < m->n_fds; i++)
        close (m->fds[i]);
    fake_turn ();
}

AditMessage
fake_heard (const Fake *fake, AditMessageKind kind)
{
    static guint8 buffer[ADIT_MESSAGE_BYTES];
    g_autoptr (GError) error = NULL;
    AditMessage m            = { .kind = 0 };
    ssize_t     got          = recv (fake->fd, buffer, sizeof buffer, 0);

    g_assert_cmpint (got, >, 0);
    adit_message_decode (buffer, (gsize) got, FALSE, &m, &error);
    g_assert_no_error (error);
    g_assert_cmpstr (adit_message_name (m.kind), ==, adit_message_name (kind));
    return m;
}

gboolean
fake_heard_nothing (const Fake *fake)
{
    char byte;

    return recv (fake->fd, &byte, 1, MSG_PEEK) < 0;
}
