/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wire.c - L2TP headers and AVPs: bytes to structs and back; form only. */
#include "plugins/l2tp/wire.h"
#include "client/base/secret.h"
#include "plugins/l2tp/tolerance.h"

/* ---- header ---- */

gboolean
l2tp_header_decode (const guint8 *data, gsize len, L2tpHeader *out)
{
    AditReader r      = adit_reader (data, len);
    guint16    flags  = adit_get_u16 (&r);
    guint16    length = flags & L2TP_L ? adit_get_u16 (&r) : 0;

    *out           = (L2tpHeader){ .control = (flags & L2TP_T) != 0 };
    out->sequenced = (flags & L2TP_S) != 0;
    out->tunnel    = adit_get_u16 (&r);
    out->session   = adit_get_u16 (&r);
    if (out->sequenced) {
        out->ns = adit_get_u16 (&r);
        out->nr = adit_get_u16 (&r);
    }
    if (flags & L2TP_O)
        adit_take (&r, adit_get_u16 (&r));
    if (r.bad || (flags & L2TP_VERSION_MASK) != L2TP_VERSION)
        return FALSE;
    if (flags & L2TP_L && (length > len || length < r.at - data))
        return FALSE;
    /* RFC 2661 3.1: a control message has length and sequence, and no offset or priority */
    if (out->control && (flags & (L2TP_L | L2TP_S | L2TP_O | L2TP_P)) != (L2TP_L | L2TP_S))
        return FALSE;
    out->body = r.at;
    out->size = (flags & L2TP_L ? data + length : r.end) - r.at;
    return TRUE;
}

void
l2tp_control_header_encode (guint8 *at, const L2tpHeader *header)
{
    AditWriter w = adit_writer (at, L2TP_CONTROL_HEADER);

    adit_put_u16 (&w, L2TP_T | L2TP_L | L2TP_S | L2TP_VERSION);
    adit_put_u16 (&w, (guint16) (L2TP_CONTROL_HEADER + header->size));
    adit_put_u16 (&w, header->tunnel);
    adit_put_u16 (&w, header->session);
    adit_put_u16 (&w, header->ns);
    adit_put_u16 (&w, header->nr);
}

/* ---- AVPs ---- */

typedef struct {
    guint16       type, vendor;
    gboolean      mandatory, hidden, odd; /* odd: reserved bits are set */
    const guint8 *data;
    gsize         size;
} Avp;

static gboolean
next_avp (AditReader *r, Avp *out)
{
    guint16    bits = adit_get_u16 (r);
    AditReader body = adit_sub_counted (r, bits & L2TP_AVP_LENGTH, 2);

    out->mandatory = (bits & L2TP_M) != 0;
    out->hidden    = (bits & L2TP_H) != 0;
    out->odd       = (bits & L2TP_AVP_RESERVED) != 0;
    out->vendor    = adit_get_u16 (&body);
    out->type      = adit_get_u16 (&body);
    out->size      = adit_left (&body);
    out->data      = adit_take (&body, out->size);
    return adit_finish (&body);
}

/* RFC 2661 4.3: the hidden value begins with its true length; the rest is padding. */
static gboolean
open_hidden (L2tpMessage *out, Avp *avp, const char *secret)
{
    const L2tpAvp *vector = &out->avp[L2TP_AVP_RANDOM_VECTOR];
    guint8        *at     = out->opened + out->n_opened;
    AditWriter     w      = adit_writer (at, sizeof out->opened - out->n_opened);
    AditReader     r;
    guint16        size;

    adit_put_bytes (&w, avp->data, avp->size);
    if (!secret || !vector->data || w.bad)
        return FALSE;
    l2tp_open (avp->type, secret, vector->data, vector->size, at, avp->size);
    out->n_opened += avp->size;
    r    = adit_reader (at, avp->size);
    size = adit_get_u16 (&r);
    if (r.bad || size > adit_left (&r))
        return FALSE;
    avp->data = r.at;
    avp->size = size;
    return TRUE;
}

static gboolean
is_known (const Avp *avp)
{
    return !avp->vendor && !avp->odd && avp->type < L2TP_N_AVPS &&
           avp->type != L2TP_AVP_RESERVED_20;
}

/* RFC 2661 4.1: one that is not ours to know is ignored, unless its M bit is set. */
static L2tpForm
take_avp (L2tpMessage *out, Avp *avp, const char *secret)
{
    L2tpAvp *place;

    if (!is_known (avp)) {
        out->unknown = avp->type;
        return avp->mandatory && (avp->vendor || !l2tp_bears (L2TP_BEARS_AVP, out->type, avp->type))
                   ? L2TP_FORM_MANDATORY
                   : L2TP_FORM_GOOD;
    }
    if (avp->hidden && !open_hidden (out, avp, secret)) {
        out->unknown = avp->type;
        return avp->mandatory ? L2TP_FORM_HIDDEN : L2TP_FORM_GOOD;
    }
    place = &out->avp[avp->type];
    if (!place->data || avp->type == L2TP_AVP_RANDOM_VECTOR) /* the last vector before counts */
        *place = (L2tpAvp){ avp->data, (guint16) avp->size };
    return L2TP_FORM_GOOD;
}

static gboolean
take_type (AditReader *r, L2tpMessage *out)
{
    Avp        avp;
    AditReader value;

    if (!next_avp (r, &avp) || avp.vendor || avp.type != L2TP_AVP_MESSAGE_TYPE || avp.hidden)
        return FALSE;
    value          = adit_reader (avp.data, avp.size);
    out->type      = adit_get_u16 (&value);
    out->mandatory = avp.mandatory;
    return adit_finish (&value) && out->type != L2TP_ZLB;
}

L2tpForm
l2tp_message_decode (const guint8 *data, gsize len, const char *secret, L2tpMessage *out)
{
    AditReader r     = adit_reader (data, len);
    L2tpForm   worst = L2TP_FORM_GOOD;

    memset (out, 0, offsetof (L2tpMessage, opened));
    out->n_opened = 0;
    if (len == 0)
        return L2TP_FORM_GOOD; /* a ZLB */
    if (!take_type (&r, out))
        return L2TP_FORM_BROKEN;
    while (adit_left (&r)) {
        Avp      avp;
        L2tpForm form;

        if (!next_avp (&r, &avp))
            return L2TP_FORM_BROKEN;
        form = take_avp (out, &avp, secret);
        if (worst == L2TP_FORM_GOOD)
            worst = form;
    }
    return worst;
}

void
l2tp_message_clear (L2tpMessage *message)
{
    adit_wipe (message->opened, message->n_opened);
}

gboolean
l2tp_message_number (const L2tpMessage *message, L2tpAvpType type, guint bytes, guint32 *out)
{
    const L2tpAvp *avp = &message->avp[type];
    AditReader     r   = adit_reader (avp->data, avp->size);

    *out = (guint32) adit_get (&r, bytes);
    return avp->data && adit_finish (&r);
}

char *
l2tp_text (const guint8 *data, gsize size)
{
    char *valid;

    if (!data || !size)
        return NULL;
    valid = g_utf8_make_valid ((const char *) data, (gssize) size);
    for (char *c = valid; *c; c++)
        if (g_ascii_iscntrl (*c))
            *c = ' ';
    return g_strstrip (valid);
}

static const char *const names[] = {
    [L2TP_SCCRQ] = "SCCRQ",     [L2TP_SCCRP] = "SCCRP", [L2TP_SCCCN] = "SCCCN",
    [L2TP_STOPCCN] = "StopCCN", [L2TP_HELLO] = "HELLO", [L2TP_OCRQ] = "OCRQ",
    [L2TP_OCRP] = "OCRP",       [L2TP_OCCN] = "OCCN",   [L2TP_ICRQ] = "ICRQ",
    [L2TP_ICRP] = "ICRP",       [L2TP_ICCN] = "ICCN",   [L2TP_CDN] = "CDN",
    [L2TP_WEN] = "WEN",         [L2TP_SLI] = "SLI",
};

const char *
l2tp_message_name (guint type)
{
    return type < G_N_ELEMENTS (names) ? names[type] : NULL;
}

/* ---- writing ---- */

void
l2tp_put_bytes (AditWriter *w, L2tpAvpType type, gboolean mandatory, gconstpointer data, gsize size)
{
    g_return_if_fail (L2TP_AVP_HEADER + size <= L2TP_AVP_LENGTH);
    adit_put_u16 (w, (guint16) ((mandatory ? L2TP_M : 0) | (L2TP_AVP_HEADER + size)));
    adit_put_u16 (w, 0);
    adit_put_u16 (w, (guint16) type);
    adit_put_bytes (w, data, size);
}

void
l2tp_put_number (AditWriter *w, L2tpAvpType type, gboolean mandatory, guint bytes, guint32 value)
{
    const guint8 data[] = { (guint8) (value >> 24), (guint8) (value >> 16), (guint8) (value >> 8),
                            (guint8) value };

    g_return_if_fail (bytes <= sizeof data);
    l2tp_put_bytes (w, type, mandatory, data + sizeof data - bytes, bytes);
}
