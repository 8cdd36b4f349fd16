/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kernel.c - see kernel.h.  Linux begins to encrypt by itself, when CCP's acknowledgements pass it,
 * with the key that it was given last, and each time it sees one with that key's next: so each of
 * CCP's requests and acknowledgements is preceded by the key, and no request goes out twice while
 * its answer may be on its way. */
#include "plugins/ppp/kernel.h"
#include "client/base/secret.h"
#include "plugins/ppp/frame.h"
#include <glib/gi18n.h>

enum { NETWORKS = ADIT_FRAMES_IPV4 | ADIT_FRAMES_IPV6 };

struct PppKernel {
    AditHost       *host;
    AditFrames     *frames;
    PppKernelEvents events;
    gpointer        user;
    guint           allow;    /* as told last */
    gint64          ask_us;   /* when a flushed packet may be asked for again */
    gint64          again_us; /* when CCP may ask again */
    guint           acks;     /* of CCP, since the key for what comes in was set */
    gboolean        has_keys;
    guint8          keys[2 * ADIT_FRAMES_KEY]; /* out, in */
};

static void
allow (PppKernel *kernel, guint set)
{
    if (set == kernel->allow)
        return;
    kernel->allow = set;
    kernel->host->verbs->allow (kernel->frames, set, NULL);
}

/* ---- from the kernel ---- */

/* The kernel hands up what it could not decrypt, and all that follows, until it sees the answer to
 * a request for a flushed packet. */
static void
on_sealed (PppKernel *kernel)
{
    const MppeLost lost = { 1 };

    if (adit_now (kernel->host) < kernel->ask_us)
        return;
    kernel->ask_us = adit_now (kernel->host) + PPP_KERNEL_ASK_MS * 1000;
    kernel->events.said (kernel->user, &lost, sizeof lost);
}

static gboolean
is_ccp (const AditPacket *frame, guint8 code)
{
    AditReader r = adit_reader (frame->data, frame->len);
    guint16    protocol;

    return ppp_read_header (&r, &protocol) && protocol == PPP_CCP && adit_get_u8 (&r) == code;
}

/* The second one put the kernel's key out of step. */
static gboolean
is_second_ack (PppKernel *kernel, const AditPacket *frame)
{
    return kernel->has_keys && is_ccp (frame, CONFIGURE_ACK) && ++kernel->acks == 2;
}

static void
on_frame (gpointer user, AditPacket *packet)
{
    g_autoptr (AditPacket) frame = packet;
    PppKernel *kernel            = user;
    AditReader r                 = adit_reader (frame->data, frame->len);
    GError    *error             = NULL;
    guint16    protocol;

    if (is_second_ack (kernel, frame)) {
        adit_fail (&error, ADIT_ERROR_LOST, _ ("The kernel's encryption got out of step."));
        kernel->events.lost (kernel->user, error);
    } else if (ppp_read_header (&r, &protocol) && protocol == PPP_COMP) {
        on_sealed (kernel);
    } else {
        kernel->events.input (kernel->user, frame->data, frame->len);
    }
}

static void
on_packet (gpointer user, AditPacket *packet)
{
    g_autoptr (AditPacket) frame = packet;
    PppKernel *kernel            = user;

    adit_poke (adit_packet_push (frame, 2), 2, PPP_IPV6);
    kernel->events.input (kernel->user, frame->data, frame->len);
}

static void
on_lost (gpointer user, GError *cause)
{
    PppKernel *kernel = user;

    kernel->events.lost (kernel->user, cause);
}

/* ---- from the engine ---- */

static void
set_key (PppKernel *kernel, guint which)
{
    kernel->host->verbs->allow (kernel->frames, kernel->allow | ADIT_FRAMES_CIPHER | which,
                                kernel->keys);
    kernel->allow |= ADIT_FRAMES_CIPHER;
}

/* FALSE: too soon. */
static gboolean
may_ask (PppKernel *kernel)
{
    gint64 now_us = adit_now (kernel->host);

    if (now_us < kernel->again_us)
        return FALSE;
    kernel->again_us = now_us + PPP_KERNEL_AGAIN_MS * 1000;
    kernel->acks     = 0;
    return TRUE;
}

void
ppp_kernel_output (PppKernel *kernel, AditPacket *frame)
{
    gboolean agrees = kernel->has_keys && !(kernel->allow & ADIT_FRAMES_SEALED);

    if (frame->len >= 2 && frame->data[0] == PPP_ALL_STATIONS)
        adit_packet_pull (frame, 2); /* the kernel writes its own */
    if (agrees && is_ccp (frame, CONFIGURE_REQUEST)) {
        if (!may_ask (kernel)) {
            adit_packet_free (frame);
            return;
        }
        set_key (kernel, ADIT_FRAMES_IN);
    } else if (agrees && is_ccp (frame, CONFIGURE_ACK)) {
        set_key (kernel, ADIT_FRAMES_OUT);
    }
    kernel->host->verbs->frame (kernel->frames, frame);
}

static void
tell_open (PppKernel *kernel, const PppOpen *open)
{
    guint set = kernel->allow & ~(guint) NETWORKS;

    if (open->ipv4)
        set |= ADIT_FRAMES_IPV4;
    if (open->ipv6)
        set |= ADIT_FRAMES_IPV6;
    allow (kernel, set);
}

static void
take_keys (PppKernel *kernel, const MppeTell *tell)
{
    ppp_copy (kernel->keys, tell->out, ADIT_FRAMES_KEY);
    ppp_copy (kernel->keys + ADIT_FRAMES_KEY, tell->in, ADIT_FRAMES_KEY);
    kernel->has_keys = TRUE;
    kernel->again_us = 0;
}

static void
tell_mppe (PppKernel *kernel, const MppeTell *tell)
{
    switch (tell->what) {
    case MPPE_OFF: /* what was sealed does not go on in the clear */
        allow (kernel, kernel->allow & ADIT_FRAMES_SEALED ? 0 : kernel->allow & NETWORKS);
        break;
    case MPPE_READY:
        take_keys (kernel, tell);
        break;
    case MPPE_KEYS:
        allow (kernel, kernel->allow | ADIT_FRAMES_CIPHER | ADIT_FRAMES_SEALED);
        break;
    case MPPE_RESET: /* it sees our answer */
        break;
    }
}

void
ppp_kernel_tell (PppKernel *kernel, AditPppCarrier to, gconstpointer message, gsize size)
{
    g_return_if_fail (size == (to == ADIT_PPP_CARRIER_PPP ? sizeof (PppOpen) : sizeof (MppeTell)));
    if (to == ADIT_PPP_CARRIER_PPP)
        tell_open (kernel, message);
    else
        tell_mppe (kernel, message);
}

/* ---- its life ---- */

PppKernel *
ppp_kernel_new (AditHost *host, AditLink *socket, const AditFramesSpec *spec,
                const PppKernelEvents *events, gpointer user)
{
    static const AditFramesEvents frames = { on_frame, on_packet, on_lost };
    PppKernel                    *kernel = g_new0 (PppKernel, 1);

    kernel->host   = host;
    kernel->events = *events;
    kernel->user   = user;
    kernel->frames = host->verbs->frames (host, socket, spec, &frames, kernel);
    return kernel;
}

void
ppp_kernel_free (PppKernel *kernel)
{
    if (!kernel)
        return;
    kernel->host->verbs->unframes (kernel->frames);
    adit_wipe (kernel->keys, sizeof kernel->keys);
    g_free (kernel);
}
