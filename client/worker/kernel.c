/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kernel.c - the kernel's own device, which the parent holds: calls go there and are answered in
 * order. */
#include "client/worker/host.h"
#include <glib/gi18n.h>

typedef struct {
    AditReplyFn fn;
    gpointer    user;
} Call;

struct AditKernel {
    WorkerHost  *host;
    guint32      id;
    AditKernelFn fn; /* NULL: the device is there */
    gpointer     user;
    GQueue       calls; /* not answered yet, oldest first */
    guint        refs;  /* the plugin, and each reply being told */
};

static void
unref (AditKernel *kernel)
{
    if (--kernel->refs)
        return;
    g_queue_clear_full (&kernel->calls, g_free);
    g_free (kernel);
}

static void
tell_device (AditKernel *kernel, const AditMessage *reply)
{
    AditKernelFn fn          = kernel->fn;
    g_autoptr (GError) error = NULL;

    kernel->fn = NULL;
    if (reply->kind == ADIT_MSG_KERNEL) {
        fn (kernel->user, kernel, NULL);
        return;
    }
    error = worker_want_refusal (reply);
    worker_want_end (kernel->host, kernel->id);
    fn (kernel->user, NULL, error);
    unref (kernel); /* it never was the plugin's */
}

static void
tell_call (AditKernel *kernel, const AditMessage *reply)
{
    Call *head               = g_queue_peek_head (&kernel->calls);
    g_autoptr (GError) error = NULL;
    Call call;

    if (!head)
        return;
    call = *head;
    if (reply->kind == ADIT_MSG_REFUSED)
        error = worker_want_refusal (reply);
    if (error || !reply->size)
        g_free (g_queue_pop_head (&kernel->calls));
    call.fn (call.user, error ? NULL : reply->data, error ? 0 : reply->size, error);
}

static void
on_reply (gpointer object, AditMessage *reply)
{
    AditKernel *kernel = object;

    kernel->refs++;
    if (kernel->fn)
        tell_device (kernel, reply);
    else
        tell_call (kernel, reply);
    unref (kernel);
}

/* Two kinds of reply fit: KERNEL once, then REPLY. */
static void
on_device (gpointer object, AditMessage *reply)
{
    AditKernel *kernel = object;

    if (reply->kind == ADIT_MSG_KERNEL)
        worker_want (kernel->host, kernel->id, ADIT_MSG_REPLY, on_reply, kernel, NULL);
    on_reply (kernel, reply);
}

void
worker_kernel (AditHost *base, AditKernelFn fn, gpointer user)
{
    WorkerHost *host   = worker_host (base);
    AditMessage want   = { .kind = ADIT_MSG_WANT_KERNEL };
    AditKernel *kernel = NULL;

    if (host->state == WORKER_ENDING)
        return;
    kernel       = g_new0 (AditKernel, 1);
    kernel->host = host;
    kernel->id   = worker_want_id (host);
    kernel->fn   = fn;
    kernel->user = user;
    kernel->refs = 1;
    g_queue_init (&kernel->calls);
    worker_want (host, kernel->id, ADIT_MSG_KERNEL, on_device, kernel, NULL);
    want.id = kernel->id;
    adit_parent_send (host->parent, &want);
}

void
worker_call (AditKernel *kernel, guint8 command, gboolean dump, gconstpointer attrs, gsize len,
             AditReplyFn fn, gpointer user)
{
    AditMessage message = { .kind   = ADIT_MSG_CALL,
                            .id     = kernel->id,
                            .number = command,
                            .extra  = dump ? 1 : 0,
                            .data   = (guint8 *) attrs,
                            .size   = len };
    GError     *error   = NULL;
    Call       *call;

    if (!adit_parent_try (kernel->host->parent, &message)) {
        adit_fail (&error, ADIT_ERROR_BUG, _ ("A request to the kernel is too long."));
        fn (user, NULL, 0, error);
        g_error_free (error);
        return;
    }
    call  = g_new0 (Call, 1);
    *call = (Call){ fn, user };
    g_queue_push_tail (&kernel->calls, call);
}

void
worker_unkernel (AditKernel *kernel)
{
    AditMessage drop = { .kind = ADIT_MSG_DROP_KERNEL, .id = kernel->id };

    worker_want_end (kernel->host, kernel->id);
    adit_parent_send (kernel->host->parent, &drop);
    unref (kernel);
}
