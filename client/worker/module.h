/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* module.h - the one protocol module of this process.  Where modules lie follows from where this
 * program lies, never from the environment or a message. */
#pragma once
#include "client/base/schema.h"
#include "client/plugin.h"

/* [a-z0-9-]+, so that a name cannot be a path. */
gboolean adit_module_is_name (const char *name);
/* By name from the folder of modules; stays loaded. */
const AditPlugin *adit_module_load (const char *name, GError **error);
/* By path, for the build. */
const AditPlugin *adit_module_open (const char *path, GError **error);

/* The plugin's part of a schema, as data. */
AditSchema *adit_module_schema (const AditPlugin *plugin);
