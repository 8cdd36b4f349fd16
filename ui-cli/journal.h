/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* journal.h - where the log of this process goes: standard error, for a person or for systemd. */
#pragma once
#include "ui-cli/command.h"

void cli_journal_open (CliOptions options);
