/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-frames.c - frames of a device of the kernel's; socket pairs are its descriptors. */
#include "tests/unit/client/worker/fake.h"
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { DEVICE, LINK, ADVERTISEMENTS, N };

typedef struct {
    Fake        fake;
    AditFrames *frames;
    GString    *story;
    guint32     id;
    int         kernel[N]; /* the other ends */
} Case;

static void
on_frame (gpointer user, AditPacket *frame)
{
    g_string_append_printf (((Case *) user)->story, "frame %02x%02x;", frame->data[0],
                            frame->data[1]);
    adit_packet_free (frame);
}

static void
on_packet (gpointer user, AditPacket *packet)
{
    g_string_append_printf (((Case *) user)->story, "packet %u;", packet->len);
    adit_packet_free (packet);
}

static void
on_lost (gpointer user, GError *cause)
{
    g_string_append_printf (((Case *) user)->story, "lost: %s;", cause->message);
    g_error_free (cause);
}

static void
begin (Case *c)
{
    static const AditFramesEvents events = { on_frame, on_packet, on_lost };
    static const AditFramesSpec   spec   = { 1, 2, 3, 4 };
    static const AditLinkEvents   none   = { .lost = NULL };
    AditLinkSpec                  to     = { ADIT_LINK_UDP, NULL, 0, 0 };
    AditMessage                   want;
    AditLink                     *link;
    guint32                       link_id;

    *c      = (Case){ .fake = fake_new (), .story = g_string_new (NULL) };
    link    = c->fake.base->verbs->link (c->fake.base, &to, &none, c);
    want    = fake_heard (&c->fake, ADIT_MSG_WANT_LINK);
    link_id = want.id;
    adit_message_clear (&want);
    c->frames = c->fake.base->verbs->frames (c->fake.base, link, &spec, &events, c);
    want      = fake_heard (&c->fake, ADIT_MSG_WANT_FRAMES);
    c->id     = want.id;
    g_assert_cmpuint (want.number, ==, link_id);
    g_assert_cmphex (want.extra, ==, 0x0001000200030004);
    adit_message_clear (&want);
    c->fake.base->verbs->unlink (link);
    want = fake_heard (&c->fake, ADIT_MSG_DROP_LINK);
    adit_message_clear (&want);
}

static void
open_frames (Case *c)
{
    AditMessage frames = { .kind = ADIT_MSG_FRAMES, .id = c->id, .n_fds = N };

    for (guint i = 0; i < N; i++) {
        int pair[2];

        g_assert_cmpint (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair), ==, 0);
        c->kernel[i]  = pair[0];
        frames.fds[i] = pair[1];
    }
    fake_say (&c->fake, &frames);
}

static void
finish (Case *c, const char *story)
{
    AditMessage drop;

    c->fake.base->verbs->unframes (c->frames);
    drop = fake_heard (&c->fake, ADIT_MSG_DROP_FRAMES);
    g_assert_cmpuint (drop.id, ==, c->id);
    adit_message_clear (&drop);
    g_assert_cmpstr (c->story->str, ==, story);
    g_string_free (c->story, TRUE);
    fake_free (&c->fake);
    for (guint i = 0; i < N; i++)
        if (c->kernel[i] > 0)
            close (c->kernel[i]);
}

static void
send_frame (const Case *c, const char *bytes)
{
    c->fake.base->verbs->frame (c->frames, adit_packet_new (bytes, strlen (bytes)));
}

/* What came out there, "" for nothing. */
static const char *
written (const Case *c, guint where)
{
    static char text[64];
    ssize_t     got = read (c->kernel[where], text, sizeof text - 1);

    text[MAX (got, 0)] = '\0';
    return text;
}

static void
each_frame_goes_where_it_belongs (void)
{
    Case c;

    begin (&c);
    open_frames (&c);
    send_frame (&c, "\xc0\x21LCP");
    send_frame (&c, "\x80\x21IPCP");
    g_assert_cmpstr (written (&c, LINK), ==, "\xc0\x21LCP");
    g_assert_cmpstr (written (&c, LINK), ==, "");
    g_assert_cmpstr (written (&c, DEVICE), ==, "\x80\x21IPCP");
    g_assert_cmpint (write (c.kernel[DEVICE], "\x80\x21x", 3), ==, 3);
    fake_turn ();
    g_assert_cmpint (write (c.kernel[LINK], "\xc2\x23x", 3), ==, 3);
    fake_turn ();
    g_assert_cmpint (write (c.kernel[ADVERTISEMENTS], "\x60yyyy", 5), ==, 5);
    fake_turn ();
    finish (&c, "frame 8021;frame c223;packet 5;");
}

/* The kernel has a queue for each; who signs in must be heard before what follows from it. */
static void
the_links_own_frames_come_first (void)
{
    Case c;

    begin (&c);
    open_frames (&c);
    g_assert_cmpint (write (c.kernel[LINK], "\xc2\x23x", 3), ==, 3);
    g_assert_cmpint (write (c.kernel[DEVICE], "\x80\x21x", 3), ==, 3);
    fake_turn ();
    finish (&c, "frame c223;frame 8021;");
}

/* A frame that needs what was allowed must not be sent before it is. */
static void
frames_wait_for_what_is_allowed_before_them (void)
{
    guint8      keys[2 * ADIT_FRAMES_KEY];
    Case        c;
    AditMessage allow;

    memset (keys, 7, sizeof keys);
    begin (&c);
    send_frame (&c, "\x80one");
    c.fake.base->verbs->allow (c.frames, ADIT_FRAMES_CIPHER, keys);
    send_frame (&c, "\x80two");
    c.fake.base->verbs->allow (c.frames, ADIT_FRAMES_SEALED | ADIT_FRAMES_IPV4, NULL);
    send_frame (&c, "\x80three");
    g_assert_true (fake_heard_nothing (&c.fake));
    open_frames (&c);
    g_assert_cmpstr (written (&c, DEVICE), ==, "\x80one");
    g_assert_cmpstr (written (&c, DEVICE), ==, "");
    allow = fake_heard (&c.fake, ADIT_MSG_ALLOW);
    g_assert_cmpuint (allow.number, ==, ADIT_FRAMES_CIPHER);
    g_assert_cmpmem (allow.data, allow.size, keys, sizeof keys);
    adit_message_clear (&allow);
    g_assert_true (fake_heard_nothing (&c.fake));
    fake_say (&c.fake, &(AditMessage){ .kind = ADIT_MSG_ALLOWED, .id = c.id });
    g_assert_cmpstr (written (&c, DEVICE), ==, "\x80two");
    allow = fake_heard (&c.fake, ADIT_MSG_ALLOW);
    g_assert_cmpuint (allow.size, ==, 0);
    adit_message_clear (&allow);
    g_assert_cmpstr (written (&c, DEVICE), ==, "");
    fake_say (&c.fake, &(AditMessage){ .kind = ADIT_MSG_ALLOWED, .id = c.id });
    g_assert_cmpstr (written (&c, DEVICE), ==, "\x80three");
    finish (&c, "");
}

static void
refusals_and_ends_are_told_once (void)
{
    char       *texts[] = { (char *) "No.", NULL };
    Case        c;
    AditMessage refused = { .kind = ADIT_MSG_REFUSED, .number = ADIT_ERROR_SYSTEM, .texts = texts };

    begin (&c);
    refused.id = c.id;
    fake_say (&c.fake, &refused);
    send_frame (&c, "\x80late");
    finish (&c, "lost: No.;");

    begin (&c);
    open_frames (&c);
    close (c.kernel[DEVICE]);
    c.kernel[DEVICE] = -1;
    fake_turn ();
    send_frame (&c, "\x80late");
    finish (&c, "lost: The kernel gave up the link.;");
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/worker/frames/each-frame-goes-where-it-belongs",
                     each_frame_goes_where_it_belongs);
    g_test_add_func ("/worker/frames/the-links-own-frames-come-first",
                     the_links_own_frames_come_first);
    g_test_add_func ("/worker/frames/frames-wait-for-what-is-allowed-before-them",
                     frames_wait_for_what_is_allowed_before_them);
    g_test_add_func ("/worker/frames/refusals-and-ends-are-told-once",
                     refusals_and_ends_are_told_once);
    return g_test_run ();
}
