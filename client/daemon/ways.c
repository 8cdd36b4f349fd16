/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ways.c - Explain and EnterSplit: which way traffic goes, and choosing it for one program. */
#include "client/core/explain.h"
#include "client/core/split.h"
#include "client/core/store.h"
#include "client/daemon/parcel.h"
#include "client/daemon/service-parts.h"
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <string.h>

enum { WHAT_MAX = 255, EXPLAINING = 8 };

typedef struct {
    AditCall *call;
    char     *what;
    guint     uid;
} Inquiry;

static void
inquiry_free (gpointer data)
{
    Inquiry *inquiry = data;

    g_free (inquiry->what);
    g_free (inquiry);
}

/* ---- Explain: names are looked up, which may take long, so in a thread ---- */

static void
explain (GTask *task, gpointer source G_GNUC_UNUSED, gpointer data,
         GCancellable *cancel G_GNUC_UNUSED)
{
    const Inquiry *inquiry = data;
    GError        *error   = NULL;
    char          *json    = adit_explain (inquiry->what, inquiry->uid, &error);

    if (json)
        g_task_return_pointer (task, json, g_free);
    else
        g_task_return_error (task, error);
}

static void
on_explained (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer data)
{
    AditService     *service = data;
    Inquiry         *inquiry = g_task_get_task_data (G_TASK (result));
    GError          *error   = NULL;
    g_autofree char *json    = g_task_propagate_pointer (G_TASK (result), &error);
    g_autofree char *text    = adit_fault_text (json);

    service->explaining--;
    if (json)
        adit_call_return (inquiry->call, g_variant_new ("(s)", text));
    else
        adit_call_fail (inquiry->call, error);
}

static void
on_explain_allowed (AditCall *call)
{
    AditService *service   = call->data;
    g_autoptr (GTask) task = NULL;
    Inquiry *inquiry;

    if (service->explaining >= EXPLAINING) {
        adit_call_refuse (call, ADIT_FAULT_LIMIT,
                          _ ("Too many calls wait for an answer already; wait for one."));
        return;
    }
    task          = g_task_new (NULL, NULL, on_explained, service);
    inquiry       = g_new0 (Inquiry, 1);
    inquiry->call = call;
    inquiry->uid  = call->uid;
    g_variant_get (adit_call_arguments (call), "(s)", &inquiry->what);
    g_task_set_task_data (task, inquiry, inquiry_free);
    service->explaining++;
    g_task_run_in_thread (task, explain);
}

static gboolean
is_plain (const char *what)
{
    for (const char *c = what; *c; c++)
        if (!g_ascii_isgraph (*c))
            return FALSE;
    return what[0] != '\0' && strlen (what) <= WHAT_MAX;
}

void
service_explain (AditCall *call)
{
    const char *what = NULL;

    g_variant_get (adit_call_arguments (call), "(&s)", &what);
    if (is_plain (what))
        adit_call_check (call, ADIT_ACTION_EXPLAIN, on_explain_allowed);
    else
        adit_call_refuse (call, ADIT_FAULT_ARGS,
                          _ ("Explain takes an address, a name or the number of a process."));
}

/* ---- EnterSplit ---- */

/* The number of the process that a descriptor stands for, which is told by the kernel, so that a
 * number that was given away again is not mistaken for the caller.  No process's: there is none, or
 * it has ended (-1). */
static guint
process_of (int fd)
{
    g_autofree char *path = g_strdup_printf ("/proc/self/fdinfo/%d", fd);
    g_autofree char *text = NULL;
    const char      *line;

    if (!g_file_get_contents (path, &text, NULL, NULL))
        return 0;
    line = strstr (text, "\nPid:");
    return line ? (guint) g_ascii_strtoull (line + strlen ("\nPid:"), NULL, 10) : 0;
}

static gboolean
enter_split (AditCall *call, GError **error)
{
    AditService *service = call->data;
    const char  *name;
    gboolean     past, ok;
    gint32       handle = -1;
    int          fd;

    g_variant_get (adit_call_arguments (call), "(&sbh)", &name, &past, &handle);
    if (!g_hash_table_contains (service->sessions, name))
        return adit_fail (error, ADIT_ERROR_PROFILE, _ ("No tunnel named %s is running."), name);
    fd = adit_parcel_take_fd (adit_call_fds (call), handle, error);
    if (fd < 0)
        return FALSE;
    if (call->pid != 0 && process_of (fd) == call->pid)
        ok = adit_split_enter (name, (GPid) call->pid, past, error);
    else
        ok = adit_fail (error, ADIT_ERROR_PROFILE,
                        _ ("A program may only put itself into a tunnel or past it."));
    g_close (fd, NULL);
    return ok;
}

static void
on_enter_allowed (AditCall *call)
{
    GError *error = NULL;

    if (enter_split (call, &error))
        adit_call_return (call, NULL);
    else
        adit_call_fail (call, error);
}

/* Everybody may use a tunnel that is one's own. */
void
service_enter_split (AditCall *call)
{
    AditService       *service = call->data;
    const AditSession *session;
    const char        *name  = NULL;
    GError            *error = NULL;

    g_variant_get (adit_call_arguments (call), "(&sbh)", &name, NULL, NULL);
    if (!adit_store_name_ok (name, &error)) {
        adit_call_fail (call, error);
        return;
    }
    session = g_hash_table_lookup (service->sessions, name);
    if (session && adit_session_uid (session) == call->uid)
        on_enter_allowed (call);
    else
        adit_call_check (call, ADIT_ACTION_EXEC, on_enter_allowed);
}
