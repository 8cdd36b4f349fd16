/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wire.c - PPTP's control messages and GRE headers: bytes to structs and back; form only. */
#include "plugins/pptp/wire.h"

/* RFC 2637 2.1 to 2.15 */
static const guint8 sizes[PPTP_N_TYPES] = {
    [PPTP_START_REQUEST] = 156,   [PPTP_START_REPLY] = 156,    [PPTP_STOP_REQUEST] = 16,
    [PPTP_STOP_REPLY] = 16,       [PPTP_ECHO_REQUEST] = 16,    [PPTP_ECHO_REPLY] = 20,
    [PPTP_OUTGOING_CALL] = 168,   [PPTP_OUTGOING_REPLY] = 32,  [PPTP_INCOMING_CALL] = 220,
    [PPTP_INCOMING_REPLY] = 24,   [PPTP_INCOMING_SET_UP] = 28, [PPTP_CALL_CLEAR] = 16,
    [PPTP_CALL_DISCONNECT] = 148, [PPTP_WAN_ERROR] = 40,       [PPTP_SET_LINK_INFO] = 24,
};

gsize
pptp_message_size (guint type)
{
    return type < PPTP_N_TYPES ? sizes[type] : 0;
}

/* ---- reading ---- */

/* 64 bytes, ended by a zero or not; what is not printable is shown as a dot. */
static void
get_name (AditReader *r, char out[PPTP_NAME + 1])
{
    adit_get_bytes (r, out, PPTP_NAME);
    out[PPTP_NAME] = '\0';
    for (char *c = out; *c; c++)
        if (!g_ascii_isprint (*c))
            *c = '.';
}

static void
get_start (AditReader *r, PptpMessage *m)
{
    m->version = adit_get_u16 (r);
    m->result  = adit_get_u8 (r); /* reserved in a request */
    m->error   = adit_get_u8 (r);
    adit_take (r, 4 + 4 + 2 + 2); /* framing, bearer, channels, firmware */
    get_name (r, m->name);
    get_name (r, m->vendor);
}

static void
get_call (AditReader *r, PptpMessage *m)
{
    m->call   = adit_get_u16 (r);
    m->serial = adit_get_u16 (r);
    adit_take (r, 4 + 4 + 4 + 4); /* speeds, bearer, framing */
    m->window = adit_get_u16 (r);
    adit_take (r, 2 + 2 + 2 + 2 * PPTP_NAME); /* delay, number's length, reserved; number, part */
}

static void
get_call_reply (AditReader *r, PptpMessage *m)
{
    m->call      = adit_get_u16 (r);
    m->peer_call = adit_get_u16 (r);
    m->result    = adit_get_u8 (r);
    m->error     = adit_get_u8 (r);
    adit_take (r, 2 + 4); /* cause, speed */
    m->window = adit_get_u16 (r);
    adit_take (r, 2 + 4); /* delay, channel */
}

static void
get_body (AditReader *r, PptpMessage *m)
{
    switch (m->type) {
    case PPTP_START_REQUEST:
    case PPTP_START_REPLY:
        get_start (r, m);
        break;
    case PPTP_STOP_REQUEST:
    case PPTP_STOP_REPLY:
        m->result = adit_get_u8 (r);
        m->error  = adit_get_u8 (r);
        break;
    case PPTP_ECHO_REQUEST:
    case PPTP_ECHO_REPLY:
        m->identifier = adit_get_u32 (r);
        m->result     = m->type == PPTP_ECHO_REPLY ? adit_get_u8 (r) : 0;
        break;
    case PPTP_OUTGOING_CALL:
        get_call (r, m);
        break;
    case PPTP_OUTGOING_REPLY:
        get_call_reply (r, m);
        break;
    case PPTP_INCOMING_CALL:
    case PPTP_CALL_CLEAR:
        m->call = adit_get_u16 (r);
        break;
    case PPTP_CALL_DISCONNECT:
        m->call   = adit_get_u16 (r);
        m->result = adit_get_u8 (r);
        m->error  = adit_get_u8 (r);
        break;
    case PPTP_SET_LINK_INFO:
        m->peer_call = adit_get_u16 (r);
        adit_take (r, 2);
        m->send_accm    = adit_get_u32 (r);
        m->receive_accm = adit_get_u32 (r);
        break;
    case PPTP_INCOMING_REPLY:
        m->call      = adit_get_u16 (r);
        m->peer_call = adit_get_u16 (r);
        m->result    = adit_get_u8 (r);
        m->error     = adit_get_u8 (r);
        break;
    case PPTP_INCOMING_SET_UP:
    case PPTP_WAN_ERROR:
    case PPTP_N_TYPES:
        break;
    }
}

PptpForm
pptp_message_decode (const guint8 *data, gsize len, PptpMessage *out, gsize *used)
{
    AditReader r    = adit_reader (data, len);
    guint16    size = adit_get_u16 (&r), kind = adit_get_u16 (&r);
    guint32    magic = adit_get_u32 (&r);
    guint16    type  = adit_get_u16 (&r);

    adit_take (&r, 2);
    *used = 0;
    if (r.bad)
        return PPTP_FORM_MORE;
    if (kind != PPTP_CONTROL || magic != PPTP_MAGIC || size == 0 ||
        size != pptp_message_size (type))
        return PPTP_FORM_BROKEN;
    if (len < size)
        return PPTP_FORM_MORE;
    *out  = (PptpMessage){ .type = (PptpType) type };
    *used = size;
    get_body (&r, out);
    return r.bad ? PPTP_FORM_BROKEN : PPTP_FORM_GOOD;
}

/* ---- writing ---- */

static void
put_name (AditWriter *w, const char *text)
{
    char field[PPTP_NAME] = { 0 };

    memcpy (field, text, MIN (strlen (text), sizeof field - 1));
    adit_put_bytes (w, field, sizeof field);
}

static void
put_start (AditWriter *w, const PptpMessage *m)
{
    adit_put_u16 (w, m->version);
    adit_put_u8 (w, m->result);
    adit_put_u8 (w, m->error);
    adit_put_u32 (w, PPTP_FRAMING_ANY);
    adit_put_u32 (w, PPTP_BEARER_ANY);
    adit_put_u16 (w, 0);
    adit_put_u16 (w, 0);
    put_name (w, m->name);
    put_name (w, m->vendor);
}

static void
put_call (AditWriter *w, const PptpMessage *m)
{
    adit_put_u16 (w, m->call);
    adit_put_u16 (w, m->serial);
    adit_put_u32 (w, 300);       /* bit/s at least … */
    adit_put_u32 (w, 100000000); /* … and at most */
    adit_put_u32 (w, PPTP_BEARER_ANY);
    adit_put_u32 (w, PPTP_FRAMING_ANY);
    adit_put_u16 (w, m->window);
}

static void
put_call_reply (AditWriter *w, const PptpMessage *m)
{
    adit_put_u16 (w, m->call);
    adit_put_u16 (w, m->peer_call);
    adit_put_u8 (w, m->result);
    adit_put_u8 (w, m->error);
    adit_put_u16 (w, 0);
    adit_put_u32 (w, 100000000);
    adit_put_u16 (w, m->window);
}

static void
put_body (AditWriter *w, const PptpMessage *m)
{
    switch (m->type) {
    case PPTP_START_REQUEST:
    case PPTP_START_REPLY:
        put_start (w, m);
        break;
    case PPTP_STOP_REQUEST:
    case PPTP_STOP_REPLY:
        adit_put_u8 (w, m->result);
        break;
    case PPTP_ECHO_REQUEST:
    case PPTP_ECHO_REPLY:
        adit_put_u32 (w, m->identifier);
        if (m->type == PPTP_ECHO_REPLY)
            adit_put_u8 (w, m->result);
        break;
    case PPTP_OUTGOING_CALL:
        put_call (w, m);
        break;
    case PPTP_OUTGOING_REPLY:
        put_call_reply (w, m);
        break;
    case PPTP_INCOMING_REPLY:
        adit_put_u16 (w, m->call);
        adit_put_u16 (w, m->peer_call);
        adit_put_u8 (w, m->result);
        adit_put_u8 (w, m->error);
        break;
    case PPTP_CALL_CLEAR:
        adit_put_u16 (w, m->call);
        break;
    case PPTP_CALL_DISCONNECT:
        adit_put_u16 (w, m->call);
        adit_put_u8 (w, m->result);
        adit_put_u8 (w, m->error);
        break;
    case PPTP_SET_LINK_INFO:
        adit_put_u16 (w, m->peer_call);
        adit_put_u16 (w, 0);
        adit_put_u32 (w, m->send_accm);
        adit_put_u32 (w, m->receive_accm);
        break;
    case PPTP_INCOMING_CALL:
        adit_put_u16 (w, m->call);
        break;
    case PPTP_INCOMING_SET_UP:
    case PPTP_WAN_ERROR:
    case PPTP_N_TYPES:
        break;
    }
}

void
pptp_message_encode (guint8 *at, const PptpMessage *message)
{
    gsize      size = pptp_message_size (message->type);
    AditWriter w    = adit_writer (at, size);

    memset (at, 0, size);
    adit_put_u16 (&w, (guint16) size);
    adit_put_u16 (&w, PPTP_CONTROL);
    adit_put_u32 (&w, PPTP_MAGIC);
    adit_put_u16 (&w, (guint16) message->type);
    adit_put_u16 (&w, 0);
    put_body (&w, message);
}

/* ---- enhanced GRE ---- */

gboolean
pptp_gre_decode (const guint8 *data, gsize len, PptpGre *out)
{
    const guint never = PPTP_GRE_C | PPTP_GRE_R | PPTP_GRE_STRICT | PPTP_GRE_RECUR | PPTP_GRE_FLAGS;
    AditReader  r     = adit_reader (data, len);
    guint16     flags = adit_get_u16 (&r), protocol = adit_get_u16 (&r);

    out->size            = adit_get_u16 (&r);
    out->call            = adit_get_u16 (&r);
    out->sequenced       = (flags & PPTP_GRE_S) != 0;
    out->acknowledges    = (flags & PPTP_GRE_A) != 0;
    out->sequence        = out->sequenced ? adit_get_u32 (&r) : 0;
    out->acknowledgement = out->acknowledges ? adit_get_u32 (&r) : 0;
    out->payload         = adit_take (&r, out->size); /* what is behind it is padding */
    return !r.bad && protocol == PPTP_GRE_PROTOCOL && (flags & PPTP_GRE_VERSION) == 1 &&
           flags & PPTP_GRE_K && !(flags & never) && (out->sequenced || out->size == 0);
}

gsize
pptp_gre_header_size (const PptpGre *gre)
{
    return PPTP_GRE_HEADER + (gre->sequenced ? PPTP_GRE_NUMBER : 0u) +
           (gre->acknowledges ? PPTP_GRE_NUMBER : 0u);
}

void
pptp_gre_header_encode (guint8 *at, const PptpGre *gre)
{
    AditWriter w     = adit_writer (at, pptp_gre_header_size (gre));
    guint16    flags = PPTP_GRE_K | 1;

    flags |= (guint16) ((gre->sequenced ? PPTP_GRE_S : 0) | (gre->acknowledges ? PPTP_GRE_A : 0));
    adit_put_u16 (&w, flags);
    adit_put_u16 (&w, PPTP_GRE_PROTOCOL);
    adit_put_u16 (&w, (guint16) gre->size);
    adit_put_u16 (&w, gre->call);
    if (gre->sequenced)
        adit_put_u32 (&w, gre->sequence);
    if (gre->acknowledges)
        adit_put_u32 (&w, gre->acknowledgement);
}
