/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* seeds.h - a simulation's stories, each told by a number, and all of them as one case of TAP. */
#pragma once
#include <glib.h>

/* Tells the stories that the arguments name: so many (--seeds) from one on (--first), or a single
 * one
 * (--seed) with all that is logged.  judge, or NULL, looks at many of them when they are told.
 * Returns the exit status. */
int sim_seeds (int argc, char **argv, void (*tell) (guint64 seed), void (*judge) (void));
