/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* link.c - a link laid over a path, and the next one after it: what is the same for whoever carries
 * PPP.  Between engine and host it only passes on; when to call again it leaves to its user. */
#include "plugins/ppp/kernel.h"
#include "plugins/ppp/ppp.h"
#include <glib/gi18n.h>

enum { LAYER_PPP, LAYER_MPPE }; /* inner to outer */

struct AditPppLink {
    AditHost         *host;
    AditPppConfig     config; /* its texts are the user's */
    AditPppLinkEvents events;
    gpointer          user;
    AditPath         *path;   /* NULL: none, or … */
    PppKernel        *kernel; /* … this instead of it */
    AditPpp          *ppp;    /* NULL: none was begun */
    guint             asked;  /* questions to the person that have no answer yet */
    gint64            up_us;  /* since when packets pass; 0: they do not */
};

/* ---- from the engine ---- */

static void
on_output (gpointer user, AditPacket *frame)
{
    AditPppLink *link = user;

    if (link->kernel)
        ppp_kernel_output (link->kernel, frame);
    else
        link->host->verbs->inject (link->path, LAYER_PPP, NULL, frame);
}

static void
on_tell (gpointer user, AditPppCarrier to, gconstpointer message, gsize size)
{
    AditPppLink *link = user;

    if (link->kernel)
        ppp_kernel_tell (link->kernel, to, message, size);
    else
        link->host->verbs->tell (link->path, to == ADIT_PPP_CARRIER_PPP ? LAYER_PPP : LAYER_MPPE,
                                 message, size);
}

static void
on_phase (gpointer user, AditPhase phase)
{
    AditPppLink *link = user;

    link->host->verbs->phase (link->host, phase, link->config.server);
}

static void
on_answer (gpointer user, const char *answer)
{
    AditPppLink *link = user;

    link->asked--;
    adit_ppp_answer (link->ppp, answer);
}

static void
on_ask (gpointer user, const AditQuestion *question)
{
    AditPppLink *link = user;

    link->asked++;
    link->host->verbs->ask (link->host, question, on_answer, link);
}

static void
on_up (gpointer user, const AditPppResult *result)
{
    AditPppLink *link = user;

    if (!link->up_us)
        link->up_us = adit_now (link->host);
    if (link->events.up)
        link->events.up (link->user);
    link->host->verbs->up (link->host, &result->offer);
}

static void
on_down (gpointer user, GError *reason)
{
    AditPppLink *link = user;

    if (!reason)
        adit_fail (&reason, ADIT_ERROR_LOST, _ ("%s ended the connection."), link->config.server);
    link->events.down (link->user, reason);
}

static const AditPppEvents ppp_events = { .output = on_output,
                                          .tell   = on_tell,
                                          .phase  = on_phase,
                                          .ask    = on_ask,
                                          .up     = on_up,
                                          .down   = on_down };

/* ---- the door ---- */

AditPppLink *
adit_ppp_link_new (AditHost *host, const AditPppConfig *config, const AditPppLinkEvents *events,
                   gpointer user)
{
    AditPppLink *link = g_new0 (AditPppLink, 1);

    link->host   = host;
    link->config = *config;
    link->events = *events;
    link->user   = user;
    return link;
}

void
adit_ppp_link_free (AditPppLink *link)
{
    if (!link)
        return;
    adit_ppp_free (link->ppp);
    ppp_kernel_free (link->kernel);
    g_free (link);
}

guint
adit_ppp_link_carriers (const AditPppLink *link, AditCarrier **carriers)
{
    carriers[LAYER_PPP] = adit_ppp_carrier_new ();
    if (!link->config.mppe)
        return LAYER_PPP + 1;
    carriers[LAYER_MPPE] = adit_mppe_carrier_new (link->config.mppe_required);
    return LAYER_MPPE + 1;
}

static void
begin (AditPppLink *link)
{
    adit_ppp_free (link->ppp);
    link->up_us = 0;
    link->ppp   = adit_ppp_new (link->host, &link->config, &ppp_events, link);
    adit_ppp_lower_up (link->ppp);
}

void
adit_ppp_link_begin (AditPppLink *link, AditPath *path)
{
    link->path = path;
    begin (link);
}

/* ---- over the kernel's own device ---- */

static void
on_kernel_input (gpointer user, const guint8 *frame, gsize len)
{
    AditPppLink *link = user;

    if (link->events.heard)
        link->events.heard (link->user);
    adit_ppp_input (link->ppp, frame, len);
}

static void
on_kernel_said (gpointer user, gconstpointer message, gsize size)
{
    adit_ppp_link_said (user, message, size);
}

static void
on_kernel_lost (gpointer user, GError *cause)
{
    adit_ppp_link_end (user, cause);
}

void
adit_ppp_link_begin_in_kernel (AditPppLink *link, AditLink *socket, const AditFramesSpec *spec)
{
    static const PppKernelEvents events = { on_kernel_input, on_kernel_said, on_kernel_lost };

    ppp_kernel_free (link->kernel);
    link->kernel = ppp_kernel_new (link->host, socket, spec, &events, link);
    begin (link);
}

void
adit_ppp_link_end (AditPppLink *link, GError *cause)
{
    if (link->ppp)
        adit_ppp_lower_down (link->ppp, cause);
    else
        g_clear_error (&cause);
}

void
adit_ppp_link_close (AditPppLink *link)
{
    if (link->ppp)
        adit_ppp_close (link->ppp);
}

void
adit_ppp_link_input (AditPppLink *link, AditPacket *frame)
{
    if (link->ppp)
        adit_ppp_input (link->ppp, frame->data, frame->len);
    adit_packet_free (frame);
}

void
adit_ppp_link_said (AditPppLink *link, gconstpointer message, gsize size)
{
    if (link->ppp)
        adit_ppp_said (link->ppp, message, size);
}

void
adit_ppp_link_probe (AditPppLink *link)
{
    if (link->ppp)
        adit_ppp_probe (link->ppp);
}

void
adit_ppp_link_status (const AditPppLink *link, AditNoteFn note, gpointer user)
{
    if (link->ppp)
        adit_ppp_status (link->ppp, note, user);
}

/* Whoever hangs up at once does so again: how long to wait then is the core's to say. */
gboolean
adit_ppp_link_may_follow (const AditPppLink *link, const GError *reason)
{
    gint64 stood_us = link->up_us ? adit_now (link->host) - link->up_us : 0;

    return stood_us >= ADIT_PPP_STEADY_S * G_USEC_PER_SEC && !link->asked &&
           g_error_matches (reason, ADIT_ERROR, ADIT_ERROR_LOST);
}

GError *
adit_ppp_link_soften (const AditPppLink *link, GError *error)
{
    GError *softer = NULL;

    if (error->domain != ADIT_ERROR ||
        (error->code != ADIT_ERROR_REFUSED && error->code != ADIT_ERROR_LOGIN &&
         error->code != ADIT_ERROR_UNREACHABLE))
        return error;
    adit_fail_because (&softer, error, ADIT_ERROR_LOST,
                       _ ("%s hung up, and did not take another call."), link->config.server);
    return softer;
}
