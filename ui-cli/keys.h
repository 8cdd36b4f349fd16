/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* keys.h - what a key of a profile may be, in words. */
#pragma once
#include "client/base/field.h"

/* "a number from 576 to 65535, or auto"; g_free. */
char *cli_key_values (const AditField *field);
