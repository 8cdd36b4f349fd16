/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* target.h - what a fuzz target defines; libFuzzer's name for it. */
#pragma once
#include <glib.h>

/* Any bytes; always 0.  Aborts when something that must hold does not. */
int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);
