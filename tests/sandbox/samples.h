/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* samples.h - messages for the hostile tests: well formed but out of place, and mutated. */
#pragma once
#include "client/base/message.h"

/* A well-formed message of a random kind for that direction, with a small random id. */
GByteArray *sample_random (gboolean to_worker);
/* Some bits flipped, bytes changed, cut or appended. */
void sample_mutate (GByteArray *bytes);
