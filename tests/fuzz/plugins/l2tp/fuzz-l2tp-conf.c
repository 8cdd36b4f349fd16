/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fuzz-l2tp-conf.c - files that the importer of L2TP may be given. */
#include "plugins/l2tp/conf-import.h"
#include "tests/fuzz/import.h"

FUZZ_IMPORT (l2tp_conf_import)
