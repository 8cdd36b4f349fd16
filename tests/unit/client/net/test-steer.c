/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-steer.c - what the rules that mark programs say, and that the kernel takes and gives them
 * back, in a network namespace of this test's own. */
#include "client/net/nft.h"
#include "client/net/steer.h"
#include "tests/lib/folder.h"
#include "tests/unit/client/net/rules.h"
#include <glib/gstdio.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

static char    *lock;
static gboolean has_namespace;

static AditSteerSpec
spec_of (const GArray *addresses)
{
    return (AditSteerSpec){ .name      = "office",
                            .device    = "wg0",
                            .mark      = 0xad17,
                            .past      = 0x10000,
                            .through   = 0x20000,
                            .root      = "unified/",
                            .addresses = addresses };
}

static void
test_text (void)
{
    g_autoptr (GArray) addresses = prefixes ("10.66.0.2/24 fd66::2/64");
    AditSteerSpec    spec        = spec_of (addresses);
    g_autofree char *text        = adit_steer_text (&spec);

    g_assert_true (says (text, "split-office meta mark 0xad17 accept"));
    g_assert_true (says (text, "nat-office meta mark & 0x10000 == 0x10000 oifname != { \"wg0\", "
                               "\"lo\" } ip saddr { 10.66.0.2/32 } masquerade"));
    g_assert_true (says (text,
                         "nat-office meta mark & 0x20000 == 0x20000 oifname \"wg0\" ip6 saddr "
                         "!= { fd66::2/128 } masquerade"));
    g_assert_null (strstr (text, "flush chain inet adit apps-office")); /* they stay */
}

static void
test_apps (void)
{
    static const char *const past[]    = { "a.slice/steam.scope", "b", NULL };
    static const char *const through[] = { "c/d/e.service", "bad\"name", "bad name", "bad*", "",
                                           "/bad",          "bad;",      "bad$",     "bad{", NULL };
    AditSteerSpec            spec      = spec_of (NULL);
    g_autofree char         *text      = NULL;

    spec.past_apps    = past;
    spec.through_apps = through;
    text              = adit_steer_apps_text (&spec);
    g_assert_cmpstr (text, ==,
                     "add chain inet adit apps-office\n"
                     "flush chain inet adit apps-office\n"
                     "add rule inet adit apps-office socket cgroupv2 level 2 "
                     "\"unified/a.slice/steam.scope\" ct mark set ct mark | 0x10000 meta mark set "
                     "meta mark | 0x10000 accept\n"
                     "add rule inet adit apps-office socket cgroupv2 level 1 \"unified/b\" ct mark "
                     "set ct mark | 0x10000 meta mark set meta mark | 0x10000 accept\n"
                     "add rule inet adit apps-office ct direction original socket cgroupv2 level 3 "
                     "\"unified/c/d/e.service\" ct mark set ct mark | 0x20000 meta mark set meta "
                     "mark | 0x20000 accept\n");
}

static void
test_kernel (void)
{
    g_autoptr (GArray) four = prefixes ("10.66.0.2/24");
    g_autoptr (GArray) six  = prefixes ("fd66::2/64");
    g_autoptr (GArray) none = prefixes ("");
    const GArray *every[]   = { four, six, none };
    GError       *error     = NULL;

    if (!has_namespace) {
        g_test_skip ("needs CAP_SYS_ADMIN and CAP_NET_ADMIN for a network namespace");
        return;
    }
    for (guint i = 0; i < G_N_ELEMENTS (every); i++) {
        AditSteerSpec    spec = spec_of (every[i]);
        g_autofree char *text = adit_steer_text (&spec);
        g_autofree char *apps = adit_steer_apps_text (&spec);

        for (guint again = 0; again < 2; again++) {
            g_assert_true (adit_steer_apply (lock, text, &error));
            g_assert_true (adit_steer_apply (lock, apps, &error));
        }
        g_assert_no_error (error);
    }
    for (guint again = 0; again < 2; again++) { /* gone is success */
        g_autofree char *left = NULL;

        g_assert_true (adit_steer_remove (lock, "office", &error));
        g_assert_no_error (error);
        left = adit_nft_list ("table " ADIT_NFT_TABLE, FALSE, &error);
        g_assert_no_error (error);
        g_assert_null (left); /* the table went with its last chain */
    }
}

int
main (int argc, char **argv)
{
    g_autofree char *dir = test_folder_new ("steer");
    int              status;

    has_namespace = geteuid () == 0 && unshare (CLONE_NEWNET) == 0;
    lock          = g_build_filename (dir, "nft.lock", NULL);
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/steer/marks-and-addresses", test_text);
    g_test_add_func ("/steer/programs", test_apps);
    g_test_add_func ("/steer/the-kernel-takes-it", test_kernel);
    status = g_test_run ();
    g_free (lock);
    return status;
}
