/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cp.c - events from packets and timers, actions into packets; RFC 1661 4 and 5. */
#include "plugins/ppp/cp.h"

#include "plugins/ppp/engine.h"

/* Milliseconds before a request is sent again; the first pauses are short because the peer's
 * engine is often started by the very session that we come from. */
static guint
pause_ms (guint sent)
{
    static const guint first[] = { 300, 700, 1000, 2000 };

    return sent < G_N_ELEMENTS (first) ? first[sent] : PPP_RESTART_MS;
}

/* ---- options ---- */

void
cp_want (Cp *cp, guint8 type, gconstpointer value, gsize len)
{
    CpOption *o = &cp->own[cp->n_own];

    g_return_if_fail (cp->n_own < CP_OPTIONS && len <= CP_VALUE_MAX);
    cp->n_own++;
    *o = (CpOption){ .type = type, .len = (guint8) len, .wanted = TRUE };
    if (len)
        ppp_copy (o->value, value, len);
}

CpOption *
cp_own (Cp *cp, guint8 type)
{
    for (guint i = 0; i < cp->n_own; i++)
        if (cp->own[i].type == type && cp->own[i].wanted)
            return &cp->own[i];
    return NULL;
}

CpVerdict
cp_better (CpOption *better, gconstpointer value, gsize len)
{
    g_assert (len <= CP_VALUE_MAX);
    better->len = (guint8) len;
    if (len)
        ppp_copy (better->value, value, len);
    return CP_NAK;
}

CpVerdict
cp_better_number (CpOption *better, guint32 value, gsize len)
{
    guint8 bytes[4];

    adit_poke (bytes, (guint) len, value);
    return cp_better (better, bytes, len);
}

/* All of it or nothing. */
static void
put_option (AditWriter *w, guint8 type, const guint8 *value, gsize len)
{
    guint8 *at = adit_room (w, len + PPP_OPTION);

    if (!at)
        return;
    at[0] = type;
    at[1] = (guint8) (len + PPP_OPTION);
    if (len)
        ppp_copy (at + PPP_OPTION, value, len);
}

char *
cp_text (const guint8 *text, gsize len)
{
    char *plain = g_strndup (len ? (const char *) text : "", MIN (len, PPP_MESSAGE_MAX));

    g_strstrip (plain); /* some end their lines */
    for (char *p = plain; *p; p++)
        if (!g_ascii_isprint (*p))
            *p = '?';
    return plain;
}

/* ---- sending ---- */

void
cp_send (Cp *cp, guint8 code, guint8 id, gconstpointer data, gsize len)
{
    ppp_send (cp->ppp, cp->ops->protocol, code, id, data, len);
}

static void
send_request (Cp *cp, gboolean again)
{
    guint8     options[CP_OPTIONS * (CP_VALUE_MAX + PPP_OPTION)];
    AditWriter w = adit_writer (options, sizeof options);

    if (!again)
        cp->id = cp->next_id++;
    cp->answered = cp->early = FALSE;
    for (guint i = 0; i < cp->n_own; i++)
        if (cp->own[i].wanted)
            put_option (&w, cp->own[i].type, cp->own[i].value, cp->own[i].len);
    if (cp->restarts)
        cp->restarts--;
    adit_arm (cp->ppp->host, &cp->restart, MAX (pause_ms (cp->sent++), cp->least_ms));
    cp_send (cp, CONFIGURE_REQUEST, cp->id, options, adit_length (&w));
}

static void
send_terminate (Cp *cp)
{
    if (cp->restarts)
        cp->restarts--;
    adit_arm (cp->ppp->host, &cp->restart, PPP_RESTART_MS / 2);
    cp_send (cp, TERMINATE_REQUEST, cp->next_id++, NULL, 0);
}

/* ---- the automaton ---- */

static gboolean
is_negotiating (CpState state)
{
    return state == CP_REQ_SENT || state == CP_ACK_RCVD || state == CP_ACK_SENT;
}

static gboolean
has_timer (CpState state)
{
    return is_negotiating (state) || state == CP_CLOSING || state == CP_STOPPING;
}

static void
begin (Cp *cp)
{
    cp->n_own = cp->sent = cp->failures = cp->naks = 0;
    cp->ops->begin (cp);
}

static void
reset_counter (Cp *cp)
{
    gboolean ends = cp->state == CP_CLOSING || cp->state == CP_STOPPING;

    cp->restarts = ends ? PPP_MAX_TERMINATE : PPP_MAX_CONFIGURE;
}

/* Zero-Restart-Count: one pause before the link is given up. */
static void
zero_counter (Cp *cp)
{
    cp->restarts = 0;
    adit_arm (cp->ppp->host, &cp->restart, PPP_RESTART_MS);
}

static void
act (Cp *cp, CpEvent event, CpState before, guint actions)
{
    CpState after = cp->state;

    if (actions & CP_TLD)
        cp->ops->down (cp);
    if (cp->state != after) /* that was the end of the link */
        return;
    if (actions & CP_IRC)
        reset_counter (cp);
    if (actions & CP_ZRC)
        zero_counter (cp);
    if (actions & CP_SCR) {
        if (!is_negotiating (before)) {
            begin (cp);
            reset_counter (cp);
        }
        send_request (cp, event == CP_TO_PLUS);
    }
    if (actions & CP_STR)
        send_terminate (cp);
    if (actions & (CP_SCA | CP_SCN | CP_SER))
        cp_send (cp, cp->reply_code, cp->reply_id, cp->reply, cp->reply_len);
    if (actions & CP_STA)
        cp_send (cp, TERMINATE_ACK, event == CP_RTR ? cp->reply_id : cp->next_id++, NULL, 0);
    if (actions & CP_SCJ)
        cp_send (cp, CODE_REJECT, cp->next_id++, cp->reply, cp->reply_len);
    if (actions & CP_TLU)
        cp->ops->up (cp);
    if (actions & CP_TLF)
        cp->ops->finished (cp);
}

/* The only writer of cp->state. */
void
cp_event (Cp *cp, CpEvent event)
{
    CpState before = cp->state, next;
    guint   actions;

    if (!cp_next (before, event, &next, &actions))
        return;
    cp->state = next;
    if (!has_timer (next))
        adit_disarm (cp->ppp->host, &cp->restart);
    if (next != before)
        adit_log (ADIT_LOG_DEBUG, cp->ppp->config.topic, "%s: %s", cp->ops->name,
                  cp_state_name (next));
    act (cp, event, before, actions);
}

static void
on_restart (gpointer user)
{
    Cp *cp = user;

    cp_event (cp, cp->restarts ? CP_TO_PLUS : CP_TO_MINUS);
}

void
cp_init (Cp *cp, AditPpp *ppp, const CpOps *ops)
{
    cp->ppp     = ppp;
    cp->ops     = ops;
    cp->state   = CP_INITIAL;
    cp->next_id = 1;
    cp->restart = (AditTimer){ .fn = on_restart, .user = cp };
}

void
cp_clear (Cp *cp)
{
    adit_disarm (cp->ppp->host, &cp->restart);
}

/* ---- the peer's request ---- */

typedef struct {
    AditWriter naks, rejects;
    guint8     nak_bytes[PPP_REPLY_MAX / 2], reject_bytes[PPP_REPLY_MAX / 2];
} Judgement;

static void
judge_option (Cp *cp, Judgement *j, guint8 type, const guint8 *value, gsize len)
{
    CpOption  better  = { .type = type };
    CpVerdict verdict = cp->ops->judge (cp, type, value, len, &better);

    if (verdict == CP_NAK && cp->failures >= PPP_MAX_FAILURE)
        verdict = CP_REJECT; /* RFC 1661 4.6 Max-Failure */
    if (verdict == CP_NAK)
        put_option (&j->naks, type, better.value, better.len);
    if (verdict == CP_REJECT)
        put_option (&j->rejects, type, value, len);
}

/* FALSE: an option that ends before it began, or behind the packet; the packet is dropped. */
static gboolean
judge_options (Cp *cp, Judgement *j, const CpPacket *p)
{
    AditReader r       = adit_reader (p->data, p->len);
    CpOption   missing = { 0 };

    j->naks    = adit_writer (j->nak_bytes, sizeof j->nak_bytes);
    j->rejects = adit_writer (j->reject_bytes, sizeof j->reject_bytes);
    cp->ops->judging (cp);
    while (adit_left (&r)) {
        guint8     type  = adit_get_u8 (&r);
        AditReader value = adit_sub_counted (&r, adit_get_u8 (&r), PPP_OPTION);

        if (r.bad)
            return FALSE;
        judge_option (cp, j, type, value.at, adit_left (&value));
    }
    if (cp->ops->judged && cp->failures < PPP_MAX_FAILURE && cp->ops->judged (cp, &missing))
        put_option (&j->naks, missing.type, missing.value, missing.len);
    return TRUE;
}

static void
take_reply (Cp *cp, guint8 code, const CpPacket *p, gconstpointer data, gsize len)
{
    cp->reply_code = code;
    cp->reply_id   = p->id;
    cp->reply_len  = MIN (len, sizeof cp->reply - PPP_HEADER - PPP_PACKET);
    if (cp->reply_len)
        ppp_copy (cp->reply, data, cp->reply_len);
}

static void
keep_acked (Cp *cp, const CpPacket *p)
{
    cp->repeated  = 0;
    cp->acked_id  = p->id;
    cp->acked_len = p->len;
    if (p->len && p->len <= sizeof cp->acked)
        ppp_copy (cp->acked, p->data, p->len);
}

/* Our Ack was lost, or the request was doubled on the wire: no reason to begin anew, as the RFC's
 * table would.  A peer that means to do so takes a new identifier (RFC 1661 5.1).  One that goes on
 * repeating itself waits for a request of ours, which only the table's way brings. */
static gboolean
is_acked_already (const Cp *cp, const CpPacket *p)
{
    return cp->state == CP_OPENED && cp->repeated < CP_REPEATS && p->id == cp->acked_id &&
           p->len == cp->acked_len && p->len <= sizeof cp->acked &&
           (!p->len || memcmp (p->data, cp->acked, p->len) == 0);
}

static void
on_request (Cp *cp, const CpPacket *p)
{
    g_autofree Judgement *j = g_new (Judgement, 1);

    if (is_acked_already (cp, p)) {
        cp->repeated++;
        cp_send (cp, CONFIGURE_ACK, p->id, p->data, p->len);
        return;
    }
    if (cp->state <= CP_STARTING || p->len > sizeof cp->reply - PPP_HEADER - PPP_PACKET ||
        !judge_options (cp, j, p))
        return;
    if (cp->early && is_negotiating (cp->state))
        send_request (cp,
                      TRUE); /* before an Ack of ours opens the peer: then it would begin anew */
    if (j->rejects.at > j->reject_bytes || j->rejects.bad) {
        take_reply (cp, CONFIGURE_REJECT, p, j->reject_bytes,
                    (gsize) (j->rejects.at - j->reject_bytes));
        cp_event (cp, CP_RCR_MINUS);
    } else if (j->naks.at > j->nak_bytes || j->naks.bad) {
        cp->failures++;
        take_reply (cp, CONFIGURE_NAK, p, j->nak_bytes, (gsize) (j->naks.at - j->nak_bytes));
        cp_event (cp, CP_RCR_MINUS);
    } else {
        cp->failures = 0;
        keep_acked (cp, p);
        take_reply (cp, CONFIGURE_ACK, p, p->data, p->len);
        cp_event (cp, CP_RCR_PLUS);
    }
}

/* ---- the peer's answers ---- */

/* Each request has one answer; a second one to the same is a copy from the wire. */
static gboolean
is_answer (const Cp *cp, const CpPacket *p)
{
    return !cp->answered && p->id == cp->id &&
           (is_negotiating (cp->state) || cp->state == CP_OPENED);
}

/* An answer to nothing is told so (RFC 1661 4.3 RCA, RCN). */
static gboolean
is_over (const Cp *cp)
{
    return cp->state == CP_CLOSED || cp->state == CP_STOPPED;
}

/* RFC 1661 5.2: an Ack repeats the request exactly. */
static gboolean
repeats_request (Cp *cp, const CpPacket *p)
{
    AditReader r = adit_reader (p->data, p->len);

    for (guint i = 0; i < cp->n_own; i++) {
        const CpOption *o = &cp->own[i];
        const guint8   *head, *value;

        if (!o->wanted)
            continue;
        head  = adit_take (&r, PPP_OPTION);
        value = adit_take (&r, o->len);
        if (!head || !value || head[0] != o->type || head[1] != o->len + PPP_OPTION ||
            memcmp (value, o->value, o->len) != 0)
            return FALSE;
    }
    return adit_finish (&r);
}

static void
on_ack (Cp *cp, const CpPacket *p)
{
    if (is_answer (cp, p) && repeats_request (cp, p)) {
        cp->answered = TRUE;
        cp->naks     = 0;
        cp_event (cp, CP_RCA);
    } else if (is_over (cp))
        cp_event (cp, CP_RCA);
}

/* Whether all of it is options. */
static gboolean
is_well_formed (const CpPacket *p)
{
    AditReader r = adit_reader (p->data, p->len);

    while (adit_left (&r)) {
        adit_get_u8 (&r);
        adit_sub_counted (&r, adit_get_u8 (&r), PPP_OPTION);
    }
    return adit_finish (&r);
}

static void
take_answer (Cp *cp, const CpPacket *p)
{
    AditReader r = adit_reader (p->data, p->len);

    while (adit_left (&r)) {
        guint8     type  = adit_get_u8 (&r);
        AditReader value = adit_sub_counted (&r, adit_get_u8 (&r), PPP_OPTION);
        CpOption  *own   = cp_own (cp, type);

        if (own && p->code == CONFIGURE_REJECT)
            own->wanted = FALSE;
        else if (own)
            cp->ops->naked (cp, own, value.at, adit_left (&value));
    }
}

static void
on_nak (Cp *cp, const CpPacket *p)
{
    if (is_over (cp))
        cp_event (cp, CP_RCN);
    if (!is_answer (cp, p) || !is_well_formed (p))
        return;
    cp->answered = TRUE;
    if (++cp->naks > PPP_MAX_NAKS) {
        adit_log (ADIT_LOG_WARNING, cp->ppp->config.topic, "%s: negotiation has no end",
                  cp->ops->name);
        cp_event (cp, CP_RXJ_MINUS);
        return;
    }
    take_answer (cp, p);
    cp_event (cp, CP_RCN);
}

static void
on_terminate (Cp *cp, const CpPacket *p)
{
    if (cp->ops->terminating)
        cp->ops->terminating (cp, p->data, p->len);
    cp->reply_id = p->id;
    cp_event (cp, CP_RTR);
    if (cp->ops->terminated)
        cp->ops->terminated (cp);
}

/* In answer to a request: the peer has not begun, as pppd's IPCP before MPPE is agreed.  It has
 * when its own request comes, and ours need not wait for its time. */
static void
on_terminate_ack (Cp *cp, const CpPacket *p)
{
    if (is_answer (cp, p))
        cp->early = TRUE;
    cp_event (cp, CP_RTA);
}

/* The codes that every protocol must know cannot be rejected (RFC 1661 5.6). */
static void
on_code_reject (Cp *cp, const CpPacket *p)
{
    AditReader r    = adit_reader (p->data, p->len);
    guint8     code = adit_get_u8 (&r);

    if (r.bad)
        return;
    adit_log (ADIT_LOG_INFO, cp->ppp->config.topic, "%s: peer rejects code %u", cp->ops->name,
              code);
    cp_event (cp, code >= CONFIGURE_REQUEST && code <= CODE_REJECT ? CP_RXJ_MINUS : CP_RXJ_PLUS);
}

/* ---- packets ---- */

static gboolean
decode (const guint8 *data, gsize len, CpPacket *out)
{
    AditReader r = adit_reader (data, len), body;

    out->code = adit_get_u8 (&r);
    out->id   = adit_get_u8 (&r);
    body      = adit_sub_counted (&r, adit_get_u16 (&r), PPP_PACKET); /* behind it: padding */
    out->data = body.at;
    out->len  = adit_left (&body);
    return !r.bad;
}

static void
on_unknown (Cp *cp, const CpPacket *p)
{
    guint8     whole[PPP_REPLY_MAX];
    AditWriter w = adit_writer (whole, sizeof whole);
    gsize      n = MIN (p->len, ppp_reply_max (cp->ppp) - PPP_PACKET);

    adit_put_u8 (&w, p->code);
    adit_put_u8 (&w, p->id);
    adit_put_u16 (&w, (guint16) (p->len + PPP_PACKET));
    adit_put_bytes (&w, p->data, n);
    take_reply (cp, CODE_REJECT, p, whole, adit_length (&w));
    cp_event (cp, CP_RUC);
}

void
cp_input (Cp *cp, const guint8 *data, gsize len)
{
    CpPacket p;

    if (!decode (data, len, &p))
        return;
    cp->heard = TRUE;
    adit_log (ADIT_LOG_DEBUG, cp->ppp->config.topic, "%s: code %u identifier %u, %" G_GSIZE_FORMAT,
              cp->ops->name, p.code, p.id, p.len);
    if (p.code >= 32 || !(cp->ops->codes & 1u << p.code))
        on_unknown (cp, &p);
    else if (p.code == CONFIGURE_REQUEST)
        on_request (cp, &p);
    else if (p.code == CONFIGURE_ACK)
        on_ack (cp, &p);
    else if (p.code == CONFIGURE_NAK || p.code == CONFIGURE_REJECT)
        on_nak (cp, &p);
    else if (p.code == TERMINATE_REQUEST)
        on_terminate (cp, &p);
    else if (p.code == TERMINATE_ACK)
        on_terminate_ack (cp, &p);
    else if (p.code == CODE_REJECT)
        on_code_reject (cp, &p);
    else
        cp->ops->extra (cp, &p);
}
