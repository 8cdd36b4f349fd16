/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-address.c - endpoints there and back through sockets' addresses. */
#include "client/base/prefix.h"
#include "client/worker/address.h"

static void
assert_back (const char *text, guint8 family, sa_family_t want, socklen_t size)
{
    AditEndpoint  endpoint, back;
    WorkerAddress address;

    g_assert_true (adit_endpoint_parse (text, &endpoint));
    g_assert_cmpuint (worker_address_fill (&endpoint, family, &address), ==, size);
    g_assert_cmpuint (address.any.sa_family, ==, want);
    worker_address_read (&address, &back);
    g_assert_true (adit_endpoint_equal (&endpoint, &back));
}

static void
each_family_comes_back (void)
{
    assert_back ("192.0.2.1:51820", 4, AF_INET, sizeof (struct sockaddr_in));
    assert_back ("192.0.2.1:51820", 6, AF_INET6, sizeof (struct sockaddr_in6)); /* mapped */
    assert_back ("[2001:db8::1]:443", 6, AF_INET6, sizeof (struct sockaddr_in6));
    assert_back ("[fe80::1%3]:65535", 6, AF_INET6, sizeof (struct sockaddr_in6));
}

static void
what_a_socket_cannot_reach_is_said (void)
{
    AditEndpoint  six = { { 0x20, 1 }, 0, 1, 6 }, none = { .family = 0 }, back;
    WorkerAddress address = { .any = { .sa_family = AF_UNSPEC } };

    g_assert_cmpuint (worker_address_fill (&six, 4, &address), ==, 0);
    g_assert_cmpuint (worker_address_fill (&none, 6, &address), ==, 0);
    address.any.sa_family = AF_UNSPEC;
    worker_address_read (&address, &back);
    g_assert_cmpuint (back.family, ==, 0);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/address/each-family-comes-back", each_family_comes_back);
    g_test_add_func ("/address/what-a-socket-cannot-reach-is-said",
                     what_a_socket_cannot_reach_is_said);
    return g_test_run ();
}
