/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* status.h - the tunnels that are up, asked of each, and ways to show them. */
#pragma once
#include "client/base/error.h"
#include <gio/gio.h>
#include <json-glib/json-glib.h>

/* Array of objects; a tunnel that ends meanwhile is left out.  name NULL: all of them, none is no
 * error. */
JsonArray *cli_status_gather (const char *name, GError **error);

/* Is it, by the sockets that root may open? */
gboolean cli_status_is_up (const char *name, GError **error);
/* The object of one that aditd hosts, g_free; NULL: it is not up. */
char *cli_status_path (GDBusConnection *bus, const char *name, GError **error);

/* Redraws until q, SIGINT, SIGTERM or SIGHUP; leaves the terminal as it was. */
gboolean cli_status_watch (const char *name, gboolean is_verbose, GError **error);
