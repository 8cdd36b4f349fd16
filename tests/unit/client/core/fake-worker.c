/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fake-worker.c - a worker that behaves as the tunnel's name tells it to, well or badly.  Not
 * sandboxed: it is as hostile as the real one would be after a break-in. */
#include "client/base/message.h"
#include "client/base/stats.h"
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static int fds[8], opening;

static void
put (gconstpointer bytes, gsize len, int fd)
{
    union {
        struct cmsghdr header;
        char           room[CMSG_SPACE (sizeof fd)];
    } control            = { 0 };
    struct iovec  vector = { (gpointer) bytes, len };
    struct msghdr letter = { .msg_iov = &vector, .msg_iovlen = 1 };

    if (fd >= 0) {
        struct cmsghdr *c;

        letter.msg_control    = control.room;
        letter.msg_controllen = sizeof control.room;
        c                     = CMSG_FIRSTHDR (&letter);
        c->cmsg_level         = SOL_SOCKET;
        c->cmsg_type          = SCM_RIGHTS;
        c->cmsg_len           = CMSG_LEN (sizeof fd);
        memcpy (CMSG_DATA (c), &fd, sizeof fd);
    }
    while (sendmsg (ADIT_WORKER_FD, &letter, MSG_NOSIGNAL) < 0) {
        struct pollfd room = { .fd = ADIT_WORKER_FD, .events = POLLOUT };

        if (errno != EAGAIN || poll (&room, 1, -1) < 0)
            _exit (3);
    }
}

static void
say (AditMessageKind kind, guint32 id, guint64 number, guint64 extra, const char *const *texts)
{
    AditMessage message = {
        .kind = kind, .id = id, .number = number, .extra = extra, .texts = (char **) texts
    };
    GByteArray *bytes = adit_message_encode (&message);

    if (bytes == NULL)
        _exit (4);
    put (bytes->data, bytes->len, -1);
    g_byte_array_unref (bytes);
}

#define TEXTS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void
hear (AditMessage *message)
{
    static guint8 bytes[ADIT_MESSAGE_BYTES];
    union {
        struct cmsghdr header;
        char           room[CMSG_SPACE (sizeof fds)];
    } control;
    struct iovec    vector = { bytes, sizeof bytes };
    struct msghdr   letter = { .msg_iov        = &vector,
                               .msg_iovlen     = 1,
                               .msg_control    = control.room,
                               .msg_controllen = sizeof control.room };
    struct pollfd   wanted = { .fd = ADIT_WORKER_FD, .events = POLLIN };
    struct cmsghdr *c;
    ssize_t         n;

    poll (&wanted, 1, -1);
    n = recvmsg (ADIT_WORKER_FD, &letter, 0);
    if (n <= 0 || !adit_message_decode (bytes, (gsize) n, TRUE, message, NULL))
        _exit (n == 0 ? 0 : 5);
    c = CMSG_FIRSTHDR (&letter);
    if (c) /* the device has to be held open */
        memcpy (fds, CMSG_DATA (c), MIN (sizeof fds, c->cmsg_len - CMSG_LEN (0)));
}

static void
come_up (void)
{
    say (ADIT_MSG_UP, 0, 1400, 0,
         TEXTS ("a10.77.0.2/24", "afd77::2/64", "r10.78.0.0/16", "r127.0.0.0/8", "r10.79.0.0/16"));
}

static void
come_up_again (void)
{
    say (ADIT_MSG_UP, 0, 1380, 0, TEXTS ("a10.77.0.2/24", "r10.80.0.0/16"));
}

/* Did a worker before this one come up?  Then the device still has its address. */
static gboolean
is_successor (void)
{
    struct ifreq request = { .ifr_name = "toy0" };
    int          fd      = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    gboolean     has     = fd >= 0 && ioctl (fd, SIOCGIFADDR, &request) == 0;

    close (fd);
    return has;
}

static gboolean
profile_has (const char *text)
{
    char    profile[4096] = { 0 };
    ssize_t n             = pread (opening, profile, sizeof profile - 1, 0);

    return n > 0 && strstr (profile, text);
}

/* Asks for a connection to the profile's server. */
static void
connect_to_server (void)
{
    char    profile[4096] = { 0 };
    ssize_t n             = pread (opening, profile, sizeof profile - 1, 0);
    char   *server        = n > 0 ? strstr (profile, "\nserver = ") : NULL;

    if (server == NULL)
        _exit (6);
    server += strlen ("\nserver = ");
    *strchrnul (server, '\n') = '\0';
    say (ADIT_MSG_WANT_LINK, 7, 1, 1 << 16, TEXTS (server));
}

static void
misbehave_at_once (const char *how)
{
    static guint8 noise[ADIT_MESSAGE_BYTES];

    if (g_str_equal (how, "early"))
        say (ADIT_MSG_PHASE, 0, 0, 0, TEXTS ("someone"));
    if (g_str_equal (how, "never-ready"))
        _exit (0);
    if (g_str_equal (how, "ready-with-descriptor")) {
        AditMessage ready = { .kind = ADIT_MSG_READY };
        GByteArray *bytes = adit_message_encode (&ready);

        put (bytes->data, bytes->len, STDIN_FILENO);
    }
    if (g_str_equal (how, "noise")) {
        memset (noise, 0xa5, sizeof noise);
        say (ADIT_MSG_READY, 0, 0, 0, NULL);
        put (noise, sizeof noise, -1);
    }
}

static void
misbehave_at_work (const char *how)
{
    if (g_str_equal (how, "crash"))
        abort ();
    if (g_str_equal (how, "killed"))
        raise (9);
    if (g_str_equal (how, "thief"))
        say (ADIT_MSG_WANT_LOOKUP, 7, 53, 0, TEXTS ("elsewhere.example"));
    if (g_str_equal (how, "port-thief"))
        say (ADIT_MSG_WANT_LINK, 7, 0, 22, NULL);
    if (g_str_equal (how, "raw-thief"))
        say (ADIT_MSG_WANT_LINK, 7, 2, 50 << 16, NULL);
    if (g_str_equal (how, "raw-tcp-thief"))
        say (ADIT_MSG_WANT_LINK, 7, 2, 6 << 16, TEXTS ("192.0.2.1"));
    if (g_str_equal (how, "curious"))
        for (guint32 id = 1; id < 1000; id++)
            say (ADIT_MSG_ASK, id, 0, 0, TEXTS ("And your name?"));
    if (g_str_equal (how, "twice"))
        say (ADIT_MSG_WANT_LINK, 1, 0, 0, NULL);
    if (g_str_equal (how, "no-kernel"))
        say (ADIT_MSG_WANT_KERNEL, 7, 0, 0, NULL);
    if (g_str_equal (how, "bad-offer"))
        say (ADIT_MSG_UP, 0, 1400, 0, TEXTS ("a999.1.1.1/24"));
    if (g_str_equal (how, "refused-login"))
        say (ADIT_MSG_FAILED, 0, ADIT_ERROR_LOGIN, 0, TEXTS ("You are not known.", "code 691"));
    if (g_str_equal (how, "mortal") && !is_successor ()) {
        come_up ();
        raise (9);
    }
    if (g_str_equal (how, "gone"))
        say (ADIT_MSG_FAILED, 0, ADIT_ERROR_UNREACHABLE, 0, TEXTS ("Nobody answered."));
    if (g_str_equal (how, "failover") && !profile_has ("server = b.example\n"))
        say (ADIT_MSG_FAILED, 0, ADIT_ERROR_UNREACHABLE, 0, TEXTS ("a.example did not answer."));
    if (g_str_equal (how, "impostor")) {
        come_up ();
        say (ADIT_MSG_FAILED, 0, ADIT_ERROR_IDENTITY, 0, TEXTS ("Who is this?"));
    }
    if (g_str_equal (how, "up-then-crash")) {
        come_up ();
        abort ();
    }
    if (g_str_equal (how, "done"))
        say (ADIT_MSG_DONE, 0, 1, 0, NULL);
    if (g_str_equal (how, "chatter"))
        for (guint i = 0; i < 100000; i++)
            say (ADIT_MSG_LOG, 0, 4, 0, TEXTS ("fake", "and another thing"));
    if (g_str_equal (how, "many-sockets"))
        for (guint32 id = 100; id < 140; id++)
            say (ADIT_MSG_WANT_LINK, id, 0, 0, NULL);
}

static void
note (guint32 id)
{
    AditPathStats stats = { .rx_bytes = 11, .rx_packets = 1 };
    AditMessage   notes = { .kind  = ADIT_MSG_NOTES,
                            .id    = id,
                            .texts = (char **) TEXTS ("cipher=none", "peer.hq.endpoint=192.0.2.1:5",
                                                      "peer.hq.rx-bytes=7"),
                            .data  = (guint8 *) &stats,
                            .size  = sizeof stats };
    GByteArray   *bytes = adit_message_encode (&notes);

    put (bytes->data, bytes->len, -1);
    g_byte_array_unref (bytes);
}

static void
react (const char *how, const AditMessage *message)
{
    switch ((int) message->kind) {
    case ADIT_MSG_LINK:
        if (g_str_equal (how, "caller") && message->id != 7) {
            connect_to_server ();
            break;
        }
        say (ADIT_MSG_LOG, 0, 2, 0, TEXTS ("fake", "has a socket"));
        come_up ();
        if (g_str_equal (how, "again"))
            come_up_again ();
        break;
    case ADIT_MSG_REFUSED:
        if (!g_str_equal (how, "many-sockets") || message->id == 139)
            say (ADIT_MSG_FAILED, 0, ADIT_ERROR_PROFILE, 0, (const char *const *) message->texts);
        break;
    case ADIT_MSG_STATUS:
        note (message->id);
        break;
    case ADIT_MSG_STOP:
        if (!g_str_equal (how, "deaf"))
            _exit (0);
        break;
    default:
        break;
    }
}

int
main (void)
{
    AditMessage      open;
    g_autofree char *how = NULL;

    hear (&open);
    if (open.kind != ADIT_MSG_PREPARE)
        _exit (8);
    adit_message_clear (&open);
    hear (&open);
    opening = fds[0];
    how     = g_strdup (open.texts[1]);
    adit_message_clear (&open);
    misbehave_at_once (how);
    say (ADIT_MSG_READY, 0, 5, 0, NULL);
    say (ADIT_MSG_PHASE, 0, 0, 0, TEXTS ("192.0.2.1:51820"));
    say (ADIT_MSG_WANT_LINK, 1, 0, 0, NULL);
    misbehave_at_work (how);
    for (;;) {
        AditMessage message;

        hear (&message);
        react (how, &message);
        adit_message_clear (&message);
    }
}
