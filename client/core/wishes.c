/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wishes.c - what a worker says, each judged before anything is done; links.c and frames.c do the
 * larger wishes.  One that is not allowed is answered with a reason; a message that has no place
 * ends the tunnel. */
#include "client/core/tunnel-parts.h"
#include "client/net/genl.h"
#include <glib/gi18n.h>
#include <string.h>

enum { CHAIN_MAX = 16, SENTENCE_MAX = 1024 };

/* ---- answers ---- */

void
adit_tunnel_answer (AditCoreTunnel *tunnel, const AditMessage *message)
{
    GError *error = NULL;

    if (adit_channel_send (tunnel->channel, message))
        return;
    adit_fail (&error, ADIT_ERROR_BUG, _ ("A message \"%s\" could not be written."),
               adit_message_name (message->kind));
    adit_tunnel_fail (tunnel, error);
}

static char *
clean (const char *sentence)
{
    char *text = g_utf8_make_valid (sentence, -1);

    for (char *p = text; *p; p++)
        if (g_ascii_iscntrl (*p))
            *p = ' ';
    if (strlen (text) > SENTENCE_MAX)
        *g_utf8_find_prev_char (text, text + SENTENCE_MAX) = '\0';
    return text;
}

void
adit_tunnel_refuse (AditCoreTunnel *tunnel, guint32 id, const GError *error)
{
    char       *chain[CHAIN_MAX + 1] = { NULL };
    guint       n                    = 0;
    AditMessage message = { .kind = ADIT_MSG_REFUSED, .id = id, .number = ADIT_ERROR_SYSTEM };

    if (error->domain == ADIT_ERROR)
        message.number = (guint64) error->code;
    for (const GError *e = error; e && n < CHAIN_MAX; e = adit_error_cause (e))
        chain[n++] = clean (e->message);
    message.texts = chain;
    adit_tunnel_answer (tunnel, &message);
    for (guint i = 0; i < n; i++)
        g_free (chain[i]);
}

void
adit_tunnel_misbehave (AditCoreTunnel *tunnel, const AditMessage *message, const char *how)
{
    GError *cause = NULL, *error = NULL;

    adit_fail (&cause, ADIT_ERROR_BUG, _ ("It sent \"%s\" %s."), adit_message_name (message->kind),
               how);
    adit_fail_because (&error, cause, ADIT_ERROR_BUG,
                       _ ("The tunnel's worker did not keep to the rules."));
    adit_tunnel_fail (tunnel, error);
}

/* ---- the kernel's own device ---- */

static void
on_want_kernel (AditCoreTunnel *tunnel, AditMessage *message)
{
    AditMessage kernel = { .kind = ADIT_MSG_KERNEL, .id = message->id };

    if (tunnel->kernel && !tunnel->unit)
        adit_tunnel_answer (tunnel, &kernel);
    else
        adit_tunnel_misbehave (tunnel, message, "where the kernel carries nothing");
}

typedef struct {
    AditCoreTunnel *tunnel;
    guint32         id;
} Call;

static void
on_kernel_reply (gpointer user, const guint8 *attributes, gsize len)
{
    const Call *call  = user;
    AditMessage reply = {
        .kind = ADIT_MSG_REPLY, .id = call->id, .data = (guint8 *) attributes, .size = len
    };

    if (len && call->tunnel->state != ADIT_STATE_FAILED)
        adit_tunnel_answer (call->tunnel, &reply);
}

static void
on_call (AditCoreTunnel *tunnel, AditMessage *message)
{
    Call        call         = { .tunnel = tunnel, .id = message->id };
    AditMessage end          = { .kind = ADIT_MSG_REPLY, .id = message->id };
    g_autoptr (GError) error = NULL;
    guint16 family;

    if (!tunnel->kernel || tunnel->unit) {
        adit_tunnel_misbehave (tunnel, message, "where the kernel carries nothing");
        return;
    }
    if (!adit_genl_attributes_ok (message->data, message->size)) {
        adit_tunnel_misbehave (tunnel, message, "with attributes that are not allowed");
        return;
    }
    family = adit_genl_family (tunnel->schema->family, &error);
    if (family &&
        adit_genl_call (family, (guint8) message->number, message->extra != 0, tunnel->index,
                        message->data, message->size, on_kernel_reply, &call, &error))
        adit_tunnel_answer (tunnel, &end);
    else
        adit_tunnel_refuse (tunnel, message->id, error);
}

static void
on_drop_kernel (AditCoreTunnel *tunnel G_GNUC_UNUSED, AditMessage *message G_GNUC_UNUSED)
{
    /* It goes with the tunnel, like everything that the journal knows. */
}

/* ---- how it goes ---- */

static char *
sentence_of (AditPhase phase, const char *peer)
{
    switch (phase) {
    case ADIT_PHASE_CONTACT:
        return peer ? g_strdup_printf (_ ("reaching %s"), peer)
                    : g_strdup (_ ("reaching the server"));
    case ADIT_PHASE_NEGOTIATE:
        return g_strdup (_ ("agreeing on encryption"));
    case ADIT_PHASE_AUTHENTICATE:
        return g_strdup (_ ("signing in"));
    case ADIT_PHASE_CONFIGURE:
        return g_strdup (_ ("asking for an address"));
    case ADIT_N_PHASES:
        break;
    }
    return NULL;
}

static void
on_phase (AditCoreTunnel *tunnel, AditMessage *message)
{
    static const AditState states[ADIT_N_PHASES] = {
        [ADIT_PHASE_CONTACT]      = ADIT_STATE_CONTACTING,
        [ADIT_PHASE_NEGOTIATE]    = ADIT_STATE_NEGOTIATING,
        [ADIT_PHASE_AUTHENTICATE] = ADIT_STATE_AUTHENTICATING,
        [ADIT_PHASE_CONFIGURE]    = ADIT_STATE_CONFIGURING,
    };
    AditPhase        phase    = (AditPhase) MIN (message->number, ADIT_N_PHASES - 1);
    g_autofree char *sentence = sentence_of (phase, message->texts[0]);
    gboolean was_up = tunnel->state == ADIT_STATE_UP || tunnel->state == ADIT_STATE_RECONNECTING;

    adit_tunnel_enter (tunnel, was_up ? ADIT_STATE_RECONNECTING : states[phase], sentence);
}

static void
on_up (AditCoreTunnel *tunnel, AditMessage *message)
{
    GError        *error = NULL;
    AditPlanOffer *offer = adit_plan_offer_parse (message->texts, (guint) message->number, &error);
    gboolean       fine  = offer && adit_tunnel_configure (tunnel, offer, &error);

    if (!fine)
        adit_tunnel_fail (tunnel, error);
    else if (tunnel->state != ADIT_STATE_UP)
        adit_tunnel_enter (tunnel, ADIT_STATE_UP, _ ("connected"));
}

static void
on_mtu (AditCoreTunnel *tunnel, AditMessage *message)
{
    GError *error = NULL;

    if (tunnel->plan && !adit_tunnel_set_mtu (tunnel, (guint) message->number, &error))
        adit_tunnel_fail (tunnel, error);
}

static void
on_ask (AditCoreTunnel *tunnel, AditMessage *message)
{
    AditMessage refused = { .kind = ADIT_MSG_ANSWER, .id = message->id };

    if (tunnel->events.ask == NULL) {
        adit_tunnel_answer (tunnel, &refused);
    } else if (g_hash_table_size (tunnel->asked) >= ADIT_TUNNEL_ASKED) {
        adit_tunnel_misbehave (tunnel, message, "more often than a person can answer");
    } else {
        tunnel->last_asked++;
        g_hash_table_insert (tunnel->asked, GUINT_TO_POINTER (tunnel->last_asked),
                             GUINT_TO_POINTER (message->id));
        tunnel->events.ask (tunnel->user, tunnel->last_asked, message->texts[0],
                            message->number == 1);
    }
}

static void
on_notes (AditCoreTunnel *tunnel, AditMessage *message)
{
    adit_control_notes (tunnel->control, message);
}

static void
on_log (AditCoreTunnel *tunnel, AditMessage *message)
{
    AditLogLevel level = (AditLogLevel) message->number;

    adit_record_write (tunnel->record, level, message->texts[0], message->texts[1]);
    adit_log (level, message->texts[0], "%s", message->texts[1]);
}

static void
on_failed (AditCoreTunnel *tunnel, AditMessage *message)
{
    GError *error = NULL;

    if (message->texts[0])
        error = adit_error_from_chain ((AditError) message->number,
                                       (const char *const *) message->texts);
    else
        adit_fail (&error, (AditError) message->number, _ ("The tunnel ended without a reason."));
    adit_tunnel_lose (tunnel, error);
}

static void
on_ready (AditCoreTunnel *tunnel, AditMessage *message)
{
    adit_tunnel_worker_ready (tunnel, message->number);
}

/* ---- the table ---- */

#define LOADING (1u << ADIT_WORKER_LOADING)
#define AT_WORK (1u << ADIT_WORKER_AT_WORK)
#define LEAVING (1u << ADIT_WORKER_LEAVING)

static const struct {
    void (*fn) (AditCoreTunnel *tunnel, AditMessage *message);
    guint when; /* bits of AditWorkerState; at other times it breaks the rules */
} wishes[ADIT_N_MESSAGES] = {
    [ADIT_MSG_READY]       = { on_ready, LOADING },
    [ADIT_MSG_WANT_LINK]   = { adit_links_on_want, AT_WORK },
    [ADIT_MSG_DROP_LINK]   = { adit_links_on_drop, AT_WORK },
    [ADIT_MSG_WANT_LOOKUP] = { adit_links_on_lookup, AT_WORK },
    [ADIT_MSG_WANT_KERNEL] = { on_want_kernel, AT_WORK },
    [ADIT_MSG_CALL]        = { on_call, AT_WORK },
    [ADIT_MSG_DROP_KERNEL] = { on_drop_kernel, AT_WORK },
    [ADIT_MSG_WANT_FRAMES] = { adit_frames_on_want, AT_WORK },
    [ADIT_MSG_ALLOW]       = { adit_frames_on_allow, AT_WORK },
    [ADIT_MSG_DROP_FRAMES] = { adit_frames_on_drop, AT_WORK },
    [ADIT_MSG_ASK]         = { on_ask, AT_WORK },
    [ADIT_MSG_PHASE]       = { on_phase, AT_WORK },
    [ADIT_MSG_UP]          = { on_up, AT_WORK },
    [ADIT_MSG_MTU]         = { on_mtu, AT_WORK },
    [ADIT_MSG_NOTES]       = { on_notes, AT_WORK },
    [ADIT_MSG_LOG]         = { on_log, LOADING | AT_WORK | LEAVING },
    [ADIT_MSG_FAILED]      = { on_failed, LOADING | AT_WORK | LEAVING },
};

/* A worker that never stops talking would keep this process from everything else. */
static gboolean
may_speak (AditCoreTunnel *tunnel)
{
    gint64 now_us = g_get_monotonic_time ();
    gint64 more   = (now_us - tunnel->words_at_us) * ADIT_TUNNEL_WORDS_S / G_USEC_PER_SEC;

    if (more > 0) {
        tunnel->words       = (guint) MIN (tunnel->words + more, ADIT_TUNNEL_WORDS);
        tunnel->words_at_us = now_us;
    }
    if (tunnel->words == 0)
        return FALSE;
    tunnel->words--;
    return TRUE;
}

void
adit_tunnel_on_message (gpointer user, AditMessage *message)
{
    AditCoreTunnel *tunnel = user;

    if (!may_speak (tunnel))
        adit_tunnel_misbehave (tunnel, message, "and would not stop");
    else if (wishes[message->kind].fn == NULL)
        adit_tunnel_misbehave (tunnel, message, "to a tunnel");
    else if (wishes[message->kind].when & (1u << tunnel->worker))
        wishes[message->kind].fn (tunnel, message);
    else if (tunnel->worker != ADIT_WORKER_LEAVING) /* what was on its way meanwhile is moot */
        adit_tunnel_misbehave (tunnel, message, "before it was ready");
}
