/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kernel.h - a link whose packets the kernel moves: what the engine tells the carriers becomes what
 * the kernel's device may carry.  For files of this folder only.
 *
 * With MPPE Linux keeps less than we do: it takes packets in the clear, and a request of CCP's that
 * anybody forged has it send them in the clear until we hear of it.  So only who asks for the
 * kernel gets both (AditPlugin.kernel_if). */
#pragma once
#include "plugins/ppp/ppp.h"

typedef struct PppKernel PppKernel;

enum {
    PPP_KERNEL_ASK_MS   = 100,  /* between two requests for a flushed packet */
    PPP_KERNEL_AGAIN_MS = 3000, /* between two of CCP's requests */
};

typedef struct {
    /* Borrows frame. */
    void (*input) (gpointer user, const guint8 *frame, gsize len);
    /* To adit_ppp_said(). */
    void (*said) (gpointer user, gconstpointer message, gsize size);
    void (*lost) (gpointer user, GError *cause); /* takes cause */
} PppKernelEvents;

/* Over the bare `socket`; see AditHostVerbs.frames. */
PppKernel *ppp_kernel_new (AditHost *host, AditLink *socket, const AditFramesSpec *spec,
                           const PppKernelEvents *events, gpointer user);
void       ppp_kernel_free (PppKernel *kernel); /* NULL is fine; not within an event */
/* As AditPppEvents; takes frame. */
void ppp_kernel_output (PppKernel *kernel, AditPacket *frame);
void ppp_kernel_tell (PppKernel *kernel, AditPppCarrier to, gconstpointer message, gsize size);
