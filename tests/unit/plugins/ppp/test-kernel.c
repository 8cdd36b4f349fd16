/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-kernel.c - what the kernel's device is told, and in which order with the frames. */
#include "plugins/ppp/kernel.h"
#include "plugins/ppp/wire.h"
#include <string.h>

typedef struct {
    AditHost   host; /* first */
    gint64     now_us;
    GString   *story;
    PppKernel *kernel;
} Case;

struct AditFrames {
    Case                   *c;
    const AditFramesEvents *events;
    gpointer                user;
};

static AditFrames the_frames;

/* ---- a host ---- */

static AditFrames *
frames (AditHost *host, AditLink *link G_GNUC_UNUSED, const AditFramesSpec *spec,
        const AditFramesEvents *events, gpointer user)
{
    Case *c = (Case *) (gpointer) host;

    the_frames = (AditFrames){ c, events, user };
    g_string_append_printf (c->story, "frames %u;", spec->session);
    return &the_frames;
}

static void
frame (AditFrames *f, AditPacket *packet)
{
    g_string_append_printf (f->c->story, "%02x%02x %u;", packet->data[0], packet->data[1],
                            packet->data[2]);
    adit_packet_free (packet);
}

static void
allow (AditFrames *f, guint set, const guint8 *keys)
{
    g_string_append_printf (f->c->story, "allow %u", set);
    if (keys)
        g_string_append_printf (f->c->story, " %02x %02x", keys[0], keys[ADIT_FRAMES_KEY]);
    g_string_append_c (f->c->story, ';');
}

static void
unframes (AditFrames *f)
{
    g_string_append (f->c->story, "none;");
}

static gint64
now (AditHost *host)
{
    return ((Case *) (gpointer) host)->now_us;
}

static const AditHostVerbs verbs = {
    .frames = frames, .frame = frame, .allow = allow, .unframes = unframes, .now = now
};

/* ---- an engine ---- */

static void
on_input (gpointer user, const guint8 *bytes, gsize len)
{
    g_string_append_printf (((Case *) user)->story, "input %02x%02x %" G_GSIZE_FORMAT ";", bytes[0],
                            bytes[1], len);
}

static void
on_said (gpointer user, gconstpointer message G_GNUC_UNUSED, gsize size)
{
    g_assert_cmpuint (size, ==, sizeof (MppeLost));
    g_string_append (((Case *) user)->story, "said;");
}

static void
on_lost (gpointer user, GError *cause)
{
    g_string_append_printf (((Case *) user)->story, "lost: %s;", cause->message);
    g_error_free (cause);
}

static Case *
begin (void)
{
    static const PppKernelEvents events = { on_input, on_said, on_lost };
    static const AditFramesSpec  spec   = { .session = 7 };
    Case                        *c      = g_new0 (Case, 1);

    c->host   = (AditHost){ &verbs, TRUE };
    c->now_us = G_USEC_PER_SEC;
    c->story  = g_string_new (NULL);
    c->kernel = ppp_kernel_new (&c->host, NULL, &spec, &events, c);
    g_string_truncate (c->story, 0);
    return c;
}

/* What was told since the last time. */
static void
same (Case *c, const char *story)
{
    g_assert_cmpstr (c->story->str, ==, story);
    g_string_truncate (c->story, 0);
}

static void
finish (Case *c)
{
    ppp_kernel_free (c->kernel);
    same (c, "none;");
    g_string_free (c->story, TRUE);
    g_free (c);
}

static void
send_frame (Case *c, guint16 protocol, guint8 code)
{
    guint8 bytes[] = { 0xff, 0x03, (guint8) (protocol >> 8), (guint8) protocol, code, 1, 0, 4 };

    ppp_kernel_output (c->kernel, adit_packet_new (bytes, sizeof bytes));
}

static void
hear (guint16 protocol, guint8 code)
{
    guint8 bytes[] = { (guint8) (protocol >> 8), (guint8) protocol, code, 1, 0, 4 };

    the_frames.events->frame (the_frames.user, adit_packet_new (bytes, sizeof bytes));
}

static void
tell_open (Case *c, gboolean ipv4, gboolean ipv6)
{
    PppOpen open = { .ipv4 = ipv4, .ipv6 = ipv6 };

    ppp_kernel_tell (c->kernel, ADIT_PPP_CARRIER_PPP, &open, sizeof open);
}

static void
tell_mppe (Case *c, MppeWhat what)
{
    MppeTell tell = { .what = what, .out = { 0xaa }, .in = { 0xbb } };

    ppp_kernel_tell (c->kernel, ADIT_PPP_CARRIER_MPPE, &tell, sizeof tell);
}

/* ---- cases ---- */

static void
nothing_passes_before_it_is_agreed_on (void)
{
    Case *c = begin ();

    send_frame (c, PPP_LCP, CONFIGURE_REQUEST);
    same (c, "c021 1;");
    tell_open (c, FALSE, FALSE);
    same (c, "");
    tell_open (c, TRUE, FALSE);
    same (c, "allow 1;");
    tell_open (c, TRUE, TRUE);
    same (c, "allow 3;");
    tell_open (c, TRUE, TRUE);
    same (c, "");
    tell_open (c, FALSE, FALSE);
    same (c, "allow 0;");
    finish (c);
}

static void
frames_and_advertisements_come_in (void)
{
    Case *c = begin ();

    hear (PPP_LCP, CONFIGURE_REQUEST);
    same (c, "input c021 6;");
    the_frames.events->packet (the_frames.user, adit_packet_new ("\x60xyz", 4));
    same (c, "input 0057 6;");
    finish (c);
}

/* Linux begins with the key that it has when it sees CCP's words. */
static void
the_key_is_there_before_ccps_words (void)
{
    Case *c = begin ();

    tell_mppe (c, MPPE_OFF);
    tell_mppe (c, MPPE_READY);
    same (c, "");
    send_frame (c, PPP_CCP, CONFIGURE_REQUEST);
    same (c, "allow 36 aa bb;80fd 1;");
    send_frame (c, PPP_CCP, CONFIGURE_ACK);
    same (c, "allow 20 aa bb;80fd 2;");
    send_frame (c, PPP_CCP, CONFIGURE_NAK);
    same (c, "80fd 3;");
    tell_mppe (c, MPPE_KEYS);
    same (c, "allow 12;");
    tell_open (c, TRUE, FALSE);
    same (c, "allow 13;");
    tell_mppe (c, MPPE_RESET);
    same (c, "");
    tell_mppe (c, MPPE_OFF); /* and no packet in the clear */
    same (c, "allow 0;");
    finish (c);
}

/* A second acknowledgement would put the kernel's key out of step. */
static void
ccp_does_not_ask_twice_while_an_answer_may_come (void)
{
    Case *c = begin ();

    tell_mppe (c, MPPE_READY);
    send_frame (c, PPP_CCP, CONFIGURE_REQUEST);
    same (c, "allow 36 aa bb;80fd 1;");
    send_frame (c, PPP_CCP, CONFIGURE_REQUEST);
    same (c, "");
    c->now_us += PPP_KERNEL_AGAIN_MS * 1000;
    send_frame (c, PPP_CCP, CONFIGURE_REQUEST);
    same (c, "allow 36 aa bb;80fd 1;");
    hear (PPP_CCP, CONFIGURE_ACK);
    same (c, "input 80fd 6;");
    hear (PPP_CCP, CONFIGURE_ACK);
    same (c, "lost: The kernel's encryption got out of step.;");
    finish (c);
}

static void
what_cannot_be_decrypted_asks_for_a_flush_now_and_then (void)
{
    Case *c = begin ();

    hear (PPP_COMP, 0x10);
    hear (PPP_COMP, 0x10);
    same (c, "said;");
    c->now_us += PPP_KERNEL_ASK_MS * 1000;
    hear (PPP_COMP, 0x10);
    same (c, "said;");
    finish (c);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/ppp/kernel/nothing-passes-before-it-is-agreed-on",
                     nothing_passes_before_it_is_agreed_on);
    g_test_add_func ("/ppp/kernel/frames-and-advertisements-come-in",
                     frames_and_advertisements_come_in);
    g_test_add_func ("/ppp/kernel/the-key-is-there-before-ccps-words",
                     the_key_is_there_before_ccps_words);
    g_test_add_func ("/ppp/kernel/ccp-does-not-ask-twice-while-an-answer-may-come",
                     ccp_does_not_ask_twice_while_an_answer_may_come);
    g_test_add_func ("/ppp/kernel/what-cannot-be-decrypted-asks-for-a-flush-now-and-then",
                     what_cannot_be_decrypted_asks_for_a_flush_now_and_then);
    return g_test_run ();
}
