/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-dns-resolved.c - what systemd-resolved is told, by a stand-in on a bus of this test's own.
 */
#include "client/net/dns-backends.h"
#include <string.h>

static const char interface_xml[] =
    "<node><interface name='org.freedesktop.resolve1.Manager'>"
    "<method name='SetLinkDNS'><arg type='i' direction='in'/><arg type='a(iay)' direction='in'/>"
    "</method>"
    "<method name='SetLinkDomains'><arg type='i' direction='in'/>"
    "<arg type='a(sb)' direction='in'/></method>"
    "<method name='SetLinkDefaultRoute'><arg type='i' direction='in'/>"
    "<arg type='b' direction='in'/></method>"
    "<method name='SetLinkLLMNR'><arg type='i' direction='in'/><arg type='s' direction='in'/>"
    "</method>"
    "<method name='SetLinkMulticastDNS'><arg type='i' direction='in'/>"
    "<arg type='s' direction='in'/></method>"
    "<method name='FlushCaches'/>"
    "<method name='RevertLink'><arg type='i' direction='in'/></method>"
    "</interface></node>";

static GString    *told;
static const char *refused; /* a method that the stand-in fails */
static GMainLoop  *loop;

static void
on_call (GDBusConnection *bus G_GNUC_UNUSED, const char *sender G_GNUC_UNUSED,
         const char *object G_GNUC_UNUSED, const char *interface G_GNUC_UNUSED, const char *method,
         GVariant *arguments, GDBusMethodInvocation *call, gpointer user G_GNUC_UNUSED)
{
    g_autofree char *text = g_variant_print (arguments, FALSE);

    g_string_append_printf (told, "%s%s\n", method, text);
    if (g_strcmp0 (method, refused) == 0)
        g_dbus_method_invocation_return_dbus_error (call, "org.freedesktop.resolve1.NoSuchLink",
                                                    "Link 7 not known");
    else
        g_dbus_method_invocation_return_value (call, NULL);
}

static void
on_done (gpointer user, GError *error)
{
    *(GError **) user = error;
    g_main_loop_quit (loop);
}

static const char *const servers[] = { "10.0.0.53", "fd00::53", NULL };
static const char *const domains[] = { "corp.example", NULL };
static const char *const zones[]   = { "0.10.in-addr.arpa", NULL };

static GError *
set (gboolean exclusive)
{
    AditDnsWish wish  = { .index     = 7,
                          .interface = "toy0",
                          .servers   = servers,
                          .domains   = domains,
                          .zones     = zones,
                          .exclusive = exclusive };
    GError     *error = NULL;

    g_string_truncate (told, 0);
    adit_dns_set (ADIT_DNS_RESOLVED, &wish, NULL, on_done, &error);
    g_main_loop_run (loop);
    return error;
}

static void
test_split (void)
{
    g_assert_no_error (set (FALSE));
    g_assert_nonnull (strstr (told->str, "SetLinkDNS(7, [(2, [0x0a, 0x00, 0x00, 0x35]), (10, "));
    g_assert_nonnull (strstr (told->str, "SetLinkDomains(7, [('corp.example', true), "
                                         "('0.10.in-addr.arpa', true)])"));
    g_assert_nonnull (strstr (told->str, "SetLinkDefaultRoute(7, false)"));
    g_assert_nonnull (strstr (told->str, "SetLinkLLMNR(7, 'no')"));
    g_assert_nonnull (strstr (told->str, "SetLinkMulticastDNS(7, 'no')"));
}

static void
test_full (void)
{
    g_assert_no_error (set (TRUE));
    g_assert_nonnull (strstr (told->str, "SetLinkDomains(7, [('.', true), ('corp.example', false), "
                                         "('0.10.in-addr.arpa', true)])"));
    g_assert_nonnull (strstr (told->str, "SetLinkDefaultRoute(7, true)"));
}

/* Servers without domains would be asked for everything. */
static void
test_order (void)
{
    static const char *const order[] = { "SetLinkDomains", "SetLinkDefaultRoute",
                                         "SetLinkLLMNR",   "SetLinkMulticastDNS",
                                         "SetLinkDNS",     "FlushCaches" };
    const char              *at;

    g_assert_no_error (set (FALSE));
    at = told->str;
    for (guint i = 0; i < G_N_ELEMENTS (order); i++) {
        g_assert_true (g_str_has_prefix (at, order[i]));
        at = strchr (at, '\n') + 1;
    }
    g_assert_cmpstr (at, ==, "");
}

static void
test_refused (void)
{
    g_autoptr (GError) error = NULL;
    g_autofree char *text    = NULL;

    refused = "SetLinkDomains";
    error   = set (TRUE);
    refused = NULL;
    g_assert_error (error, ADIT_ERROR, ADIT_ERROR_SYSTEM);
    text = adit_error_explain (error);
    g_assert_nonnull (strstr (text, "Link 7 not known"));
    g_assert_null (strstr (told->str, "SetLinkDNS")); /* never servers without their domains */
}

static gpointer
unset_in_thread (gpointer user G_GNUC_UNUSED)
{
    AditDnsWish wish = { .index = 7, .interface = "toy0" };
    gboolean    fine = adit_dns_unset (ADIT_DNS_RESOLVED, &wish, NULL);

    g_main_loop_quit (loop);
    return GINT_TO_POINTER (fine);
}

/* It blocks, and the stand-in lives on this thread. */
static gboolean
unset (void)
{
    GThread *thread = g_thread_new ("unset", unset_in_thread, NULL);

    g_string_truncate (told, 0);
    g_main_loop_run (loop);
    return GPOINTER_TO_INT (g_thread_join (thread));
}

static void
test_unset (void)
{
    g_assert_true (unset ());
    g_assert_true (g_str_has_prefix (told->str, "RevertLink(7,)\n"));
    refused = "RevertLink"; /* the link is gone: so is what was set */
    g_assert_true (unset ());
    refused = NULL;
}

static void
on_named (GDBusConnection *bus G_GNUC_UNUSED, const char *name G_GNUC_UNUSED,
          gpointer user G_GNUC_UNUSED)
{
    g_main_loop_quit (loop);
}

static void
stand_in (GDBusConnection *bus)
{
    static const GDBusInterfaceVTable calls = { .method_call = on_call };
    g_autoptr (GDBusNodeInfo) node          = g_dbus_node_info_new_for_xml (interface_xml, NULL);

    g_assert_cmpuint (g_dbus_connection_register_object (bus, "/org/freedesktop/resolve1",
                                                         node->interfaces[0], &calls, NULL, NULL,
                                                         NULL),
                      !=, 0);
    g_bus_own_name_on_connection (bus, "org.freedesktop.resolve1", G_BUS_NAME_OWNER_FLAGS_NONE,
                                  on_named, NULL, NULL, NULL);
    g_main_loop_run (loop);
}

int
main (int argc, char **argv)
{
    g_autoptr (GDBusConnection) bus = NULL;
    g_autofree char *daemon         = g_find_program_in_path ("dbus-daemon");
    GTestDBus       *own;
    int              result;

    g_test_init (&argc, &argv, NULL);
    if (daemon == NULL) {
        g_print ("1..0 # SKIP needs dbus-daemon\n");
        return 0;
    }
    told = g_string_new (NULL);
    loop = g_main_loop_new (NULL, FALSE);
    own  = g_test_dbus_new (G_TEST_DBUS_NONE);
    g_test_dbus_up (own);
    g_setenv ("DBUS_SYSTEM_BUS_ADDRESS", g_test_dbus_get_bus_address (own), TRUE);
    bus =
        g_dbus_connection_new_for_address_sync (g_test_dbus_get_bus_address (own),
                                                G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                                    G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                                NULL, NULL, NULL);
    stand_in (bus);
    g_test_add_func ("/dns-resolved/split", test_split);
    g_test_add_func ("/dns-resolved/full", test_full);
    g_test_add_func ("/dns-resolved/domains-before-servers", test_order);
    g_test_add_func ("/dns-resolved/refused", test_refused);
    g_test_add_func ("/dns-resolved/unset", test_unset);
    result = g_test_run ();
    g_test_dbus_stop (own);
    return result;
}
