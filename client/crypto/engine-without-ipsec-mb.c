/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* In place of engine-ipsec-mb.c where its header was missing or not wanted at build time. */
#include "client/crypto/engine.h"

const AditAeadEngine *
engine_ipsec_mb_load (const char **why_not)
{
    *why_not = "adit was built without libipsec-mb";
    return NULL;
}

gboolean
engine_ipsec_mb_is_faster (AditAeadAlg alg)
{
    (void) alg;
    return FALSE;
}
