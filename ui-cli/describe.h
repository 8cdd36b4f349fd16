/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* describe.h - the tables of commands and keys, written for other readers than people at a
 * terminal. */
#pragma once
#include "client/base/schema.h"

void cli_describe_man (GPtrArray *schemas); /* AditSchema */
void cli_describe_bash (GPtrArray *schemas);
void cli_describe_zsh (GPtrArray *schemas);
void cli_describe_fish (GPtrArray *schemas);
