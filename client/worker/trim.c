/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* trim.c - gives back memory that only starting or a handshake needed: free heap, and the pages of
 * programs and libraries, with code, relocations and tables.  Those come back from the files' cache
 * when they are touched again.  Segments that can be written are left alone: theirs would be lost.
 */
#include "client/worker/host.h"
#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

enum { REST_MS = 3000 };

static void
forget (const struct dl_phdr_info *about, const ElfW (Phdr) * segment, gsize page)
{
    gsize start = about->dlpi_addr + segment->p_vaddr;
    gsize end   = (start + segment->p_filesz) & ~(page - 1);

    start &= ~(page - 1);
    if (start < end)
        madvise (GSIZE_TO_POINTER (start), end - start, MADV_DONTNEED);
}

/* Relocations in the text itself would be lost with it; nobody builds so any more, but see. */
static gboolean
is_relocated (const struct dl_phdr_info *about)
{
    for (guint i = 0; i < about->dlpi_phnum; i++) {
        const ElfW (Phdr) *segment = &about->dlpi_phdr[i];
        const ElfW (Dyn) *entry    = (gconstpointer) (about->dlpi_addr + segment->p_vaddr);

        if (segment->p_type != PT_DYNAMIC)
            continue;
        for (; entry->d_tag != DT_NULL; entry++)
            if (entry->d_tag == DT_TEXTREL ||
                (entry->d_tag == DT_FLAGS && (entry->d_un.d_val & DF_TEXTREL)))
                return TRUE;
    }
    return FALSE;
}

static int
on_object (struct dl_phdr_info *about, size_t size G_GNUC_UNUSED, void *user)
{
    const gsize *page = user;

    if (!about->dlpi_phnum || is_relocated (about))
        return 0;
    for (guint i = 0; i < about->dlpi_phnum; i++) {
        const ElfW (Phdr) *segment = &about->dlpi_phdr[i];

        if (segment->p_type == PT_LOAD && !(segment->p_flags & PF_W))
            forget (about, segment, *page);
    }
    return 0;
}

static gboolean
on_rest (gpointer user)
{
    WorkerHost *host = user;
    gsize       page = (gsize) sysconf (_SC_PAGESIZE);

    host->resting = 0;
    malloc_trim (0);
    dl_iterate_phdr (on_object, &page);
    return G_SOURCE_REMOVE;
}

/* Not at once: the code of a handshake is wanted again by what follows it. */
void
worker_trim_soon (WorkerHost *host)
{
    if (!host->resting)
        host->resting = g_timeout_add (REST_MS, on_rest, host);
}
