/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* table.h - rows with aligned columns; the last column may be long and is wrapped on terminals. */
#pragma once
#include "ui-cli/terminal.h"

typedef struct CliTable CliTable;

CliTable *cli_table_new (void);
void      cli_table_free (CliTable *table);
/* The first cell gets the style; NULL-terminated. */
void cli_table_add (CliTable *table, CliStyle style, ...) G_GNUC_NULL_TERMINATED;
void cli_table_print (const CliTable *table);
