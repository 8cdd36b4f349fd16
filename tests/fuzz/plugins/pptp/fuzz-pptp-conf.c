/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fuzz-pptp-conf.c - files that the importer of PPTP may be given. */
#include "plugins/pptp/conf-import.h"
#include "tests/fuzz/import.h"

FUZZ_IMPORT (pptp_conf_import)
