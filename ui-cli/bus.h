/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bus.h - aditd on the system bus, as commands need it (data/org.adit.Daemon1.xml). */
#pragma once
#include "client/base/error.h"
#include <gio/gio.h>
#include <gio/gunixfdlist.h>

#define CLI_BUS_NAME "org.adit.Daemon1"
#define CLI_BUS_TOP "/org/adit/Daemon1"

/* The bus with aditd on it, which is started when it is not.  NULL without an error: this machine
 * has no aditd, or no bus. */
GDBusConnection *cli_bus_open (GError **error);
/* Fails with how to start it. */
GDBusConnection *cli_bus_need (GError **error);

/* A method of the object and its answer; polkit may ask the person meanwhile.  Takes floating
 * arguments; fds may be NULL.  SIGINT and SIGTERM end the wait: CANCELLED. */
GVariant *cli_bus_call (GDBusConnection *bus, const char *path, const char *method,
                        GVariant *arguments, GUnixFDList *fds, GError **error);

/* What aditd tells on the bus as an error of ours; takes remote. */
gboolean cli_bus_fail (GError *remote, GError **error);

typedef struct {
    char *name, *path; /* of its object */
} CliBusTunnel;

/* CliBusTunnel: all that aditd has. */
GPtrArray *cli_bus_tunnels (GDBusConnection *bus, GError **error);

/* A sealed file without a name that holds the text; -1: error. */
int cli_bus_memfd (const char *text, gsize len, GError **error);
