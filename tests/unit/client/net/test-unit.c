/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-unit.c - what is known of units without one; tests/interop/ppp_kernel.py has a kernel that
 * makes them. */
#include "client/net/unit.h"
#include <string.h>
#include <unistd.h>

static void
test_kinds (void)
{
    g_assert_true (adit_unit_is ("ppp"));
    g_assert_false (adit_unit_is ("wireguard"));
    g_assert_false (adit_unit_is (NULL));
}

/* A guard tells a tunnel's own packets by their mark, and by their protocol. */
static void
test_families (void)
{
    g_autoptr (GError) error = NULL;

    g_assert_true (adit_unit_marks ("l2tp"));
    g_assert_false (adit_unit_marks ("pptp"));
    g_assert_cmpuint (adit_unit_protocol ("l2tp"), ==, 0);
    g_assert_cmpuint (adit_unit_protocol ("pptp"), ==, 47);
    g_assert_false (adit_unit_marks ("toy"));
    g_assert_false (adit_unit_has ("toy", &error));
    g_assert_nonnull (strstr (error->message, "\"toy\""));
}

static void
test_missing_driver_is_named (void)
{
    g_autoptr (GError) error = NULL;

    if (access ("/dev/ppp", F_OK) == 0) {
        g_test_skip ("needs a machine without /dev/ppp");
        return;
    }
    g_assert_cmpint (adit_unit_open ("adit-no", &error), ==, -1);
    g_assert_nonnull (strstr (error->message, "/dev/ppp"));
}

static void
test_disconnecting_nothing (void)
{
    AditUnitChannel channel = ADIT_UNIT_NO_CHANNEL;

    adit_unit_disconnect (&channel);
    adit_unit_disconnect (&channel);
    g_assert_cmpint (channel.frames, ==, -1);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/net/unit/kinds", test_kinds);
    g_test_add_func ("/net/unit/families", test_families);
    g_test_add_func ("/net/unit/missing-driver-is-named", test_missing_driver_is_named);
    g_test_add_func ("/net/unit/disconnecting-nothing", test_disconnecting_nothing);
    return g_test_run ();
}
