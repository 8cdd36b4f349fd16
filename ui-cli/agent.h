/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* agent.h - lets polkit ask the person on this terminal, where no desktop does it. */
#pragma once

/* Once per process; does nothing for root, without a terminal, or without pkttyagent(1). */
void cli_agent_start (void);
void cli_agent_stop (void);
