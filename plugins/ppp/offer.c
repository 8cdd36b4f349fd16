/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugins/ppp/offer.h"

#include "client/base/prefix.h"

static const guint8 none[16];

static gboolean
is_none (const guint8 *address, gsize len)
{
    return memcmp (address, none, len) == 0;
}

guint
offer_mtu (const AditPpp *ppp)
{
    guint mtu = MIN (ppp->lcp.peer.mru, ppp->config.mru);

    if (ccp_strength (&ppp->ccp))
        mtu -= MPPE_OVERHEAD;
    return ppp->router.mtu >= 1280 && ppp->open.ipv6 ? MIN (mtu, ppp->router.mtu) : mtu;
}

static void
add_address (GPtrArray *list, guint family, const guint8 *address, guint length)
{
    g_autofree char *text = adit_address_format (family, address);

    g_ptr_array_add (list,
                     length ? g_strdup_printf ("%s/%u", text, length) : g_steal_pointer (&text));
}

/* A prefix of 64 bits and our interface identifier. */
static void
add_ipv6 (GPtrArray *list, const AditPpp *ppp, const guint8 prefix[8])
{
    guint8 address[16];

    ppp_copy (address, prefix, 8);
    ppp_copy (address + 8, ppp->ipv6cp.id, 8);
    add_address (list, 6, address, 64);
}

static void
list_ipv6 (const AditPpp *ppp, GPtrArray *addresses, GPtrArray *routes, GPtrArray *dns)
{
    static const guint8 link_local[8] = { 0xfe, 0x80 };

    add_ipv6 (addresses, ppp, link_local);
    for (guint i = 0; i < ppp->router.n_prefixes; i++)
        add_ipv6 (addresses, ppp, ppp->router.prefix[i]);
    for (guint i = 0; i < ppp->router.n_servers; i++)
        add_address (dns, 6, ppp->router.server[i], 0);
    if (ppp->router.is_default && ppp->router.n_prefixes)
        g_ptr_array_add (routes, g_strdup ("::/0"));
}

static void
list_ipv4 (const AditPpp *ppp, GPtrArray *addresses, GPtrArray *routes, GPtrArray *dns)
{
    const Ipcp *ipcp = &ppp->ipcp;

    add_address (addresses, 4, ipcp->address, 32);
    g_ptr_array_add (routes, g_strdup ("0.0.0.0/0"));
    for (guint i = 0; i < 2; i++)
        if (!is_none (ipcp->dns[i], 4) && (i == 0 || memcmp (ipcp->dns[0], ipcp->dns[1], 4) != 0))
            add_address (dns, 4, ipcp->dns[i], 0);
}

static void
fill (AditPppResult *result, const AditPpp *ppp)
{
    if (ppp->open.ipv4) {
        ppp_copy (result->address, ppp->ipcp.address, 4);
        ppp_copy (result->peer, ppp->ipcp.peer, 4);
        memcpy (result->dns, ppp->ipcp.dns, sizeof result->dns);
        memcpy (result->wins, ppp->ipcp.wins, sizeof result->wins);
    }
    result->has_ipv6 = ppp->open.ipv6;
    if (ppp->open.ipv6) {
        ppp_copy (result->interface_id, ppp->ipv6cp.id, 8);
        ppp_copy (result->peer_interface_id, ppp->ipv6cp.peer, 8);
    }
    result->auth                = ppp->auth.name;
    result->mppe                = ccp_strength (&ppp->ccp);
    result->mppe_stateful       = ccp_is_stateful (&ppp->ccp);
    result->secrets_from_person = ppp->auth.asked;
}

void
offer_make (AditPpp *ppp)
{
    g_autoptr (GPtrArray) addresses = g_ptr_array_new_with_free_func (g_free);
    g_autoptr (GPtrArray) routes    = g_ptr_array_new_with_free_func (g_free);
    g_autoptr (GPtrArray) dns       = g_ptr_array_new_with_free_func (g_free);
    const char *const no_domains[]  = { NULL };
    AditPppResult     result        = { 0 };

    if (ppp->open.ipv4 && !is_none (ppp->ipcp.address, 4))
        list_ipv4 (ppp, addresses, routes, dns);
    if (ppp->open.ipv6)
        list_ipv6 (ppp, addresses, routes, dns);
    g_ptr_array_add (addresses, NULL);
    g_ptr_array_add (routes, NULL);
    g_ptr_array_add (dns, NULL);
    fill (&result, ppp);
    result.offer =
        (AditOffer){ (const char *const *) addresses->pdata, (const char *const *) routes->pdata,
                     (const char *const *) dns->pdata, no_domains, offer_mtu (ppp) };
    ppp->events.up (ppp->user, &result);
}

static void
note_address (AditNoteFn note, gpointer user, const char *key, const guint8 address[4])
{
    g_autofree char *text = adit_address_format (4, address);

    if (!is_none (address, 4))
        note (user, key, text);
}

void
adit_ppp_status (const AditPpp *ppp, AditNoteFn note, gpointer user)
{
    guint strength = ccp_strength (&ppp->ccp);

    if (ppp->auth.name)
        note (user, "auth", ppp->auth.name);
    if (ppp->open.ipv4) {
        note_address (note, user, "address", ppp->ipcp.address);
        note_address (note, user, "peer-address", ppp->ipcp.peer);
    }
    if (strength)
        note (user, "mppe",
              strength == ADIT_PPP_MPPE_128  ? "128"
              : strength == ADIT_PPP_MPPE_56 ? "56"
                                             : "40");
    if (strength)
        note (user, "mppe-mode", ccp_is_stateful (&ppp->ccp) ? "stateful" : "stateless");
}
