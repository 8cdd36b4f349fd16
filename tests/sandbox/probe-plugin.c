/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* probe-plugin.c - a protocol gone bad: when started it tries whatever a worker must not be able to
 * do, by bare system calls, and tells the errno of each attempt in its status notes.  It also is a
 * small honest plugin for the other tests here: links, timers, questions, a socket, import, export.
 */
#include "client/plugin.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

struct AditTunnel {
    AditHost          *host;
    const AditProfile *profile;
    AditLink          *link;
    AditPath          *path;
    GPtrArray         *notes; /* key, value, key, value … */
    AditTimer          timer;
    guint              heard, ticks;
};

static void
note (AditTunnel *t, const char *key, const char *value)
{
    g_ptr_array_add (t->notes, g_strdup (key));
    g_ptr_array_add (t->notes, g_strdup (value));
}

/* ---- attempts ---- */

static const char password_file[] = "/etc/passwd";

static void
try_call (AditTunnel *t, const char *name, long number, long a, long b, long c, long d)
{
    long             got   = syscall (number, a, b, c, d, 0, 0);
    g_autofree char *value = g_strdup_printf ("%d", got < 0 ? errno : 0);

    note (t, name, value);
}

#define TRY(name, number, a, b, c, d) \
    try_call (t, name, number, (long) (a), (long) (b), (long) (c), (long) (d))

static void
try_files (AditTunnel *t)
{
    guint64 how[3] = { 0 };

    TRY ("open", SYS_open, password_file, O_RDONLY, 0, 0);
    TRY ("openat", SYS_openat, AT_FDCWD, password_file, O_RDONLY, 0);
    TRY ("openat2", SYS_openat2, AT_FDCWD, password_file, how, sizeof how);
    TRY ("creat", SYS_creat, "/tmp/probe", 0600, 0, 0);
    TRY ("stat", SYS_stat, password_file, how, 0, 0);
    TRY ("access", SYS_access, password_file, R_OK, 0, 0);
    TRY ("readlink", SYS_readlink, "/proc/self/exe", how, sizeof how, 0);
    TRY ("unlink", SYS_unlink, "/tmp/probe", 0, 0, 0);
    TRY ("mkdir", SYS_mkdir, "/tmp/probe", 0700, 0, 0);
    TRY ("chmod", SYS_chmod, "/tmp", 0777, 0, 0);
    TRY ("chroot", SYS_chroot, "/", 0, 0, 0);
    TRY ("mount", SYS_mount, "none", "/tmp", "tmpfs", 0);
    TRY ("memfd-create", SYS_memfd_create, "probe", 0, 0, 0);
    TRY ("inotify", SYS_inotify_init1, 0, 0, 0, 0);
}

static void
try_sockets (AditTunnel *t)
{
    int       ends[2];
    const int mark = 1;
    struct ifreq_s {
        char bytes[40];
    } request = { "probe0" };

    TRY ("socket-inet", SYS_socket, AF_INET, SOCK_STREAM, 0, 0);
    TRY ("socket-unix", SYS_socket, AF_UNIX, SOCK_STREAM, 0, 0);
    TRY ("socket-netlink", SYS_socket, AF_NETLINK, SOCK_RAW, 0, 0);
    TRY ("socketpair", SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, ends);
    TRY ("connect", SYS_connect, 3, "", 0, 0);
    TRY ("bind", SYS_bind, 3, "", 0, 0);
    TRY ("listen", SYS_listen, 3, 1, 0, 0);
    TRY ("accept", SYS_accept, 3, 0, 0, 0);
    TRY ("accept4", SYS_accept4, 3, 0, 0, 0);
    TRY ("setsockopt-mark", SYS_setsockopt, 3, SOL_SOCKET, SO_MARK, &mark);
    TRY ("setsockopt-device", SYS_setsockopt, 3, SOL_SOCKET, SO_BINDTODEVICE, "lo");
    TRY ("setsockopt-filter", SYS_setsockopt, 3, SOL_SOCKET, SO_ATTACH_FILTER, 0);
    TRY ("ioctl-tunsetiff", SYS_ioctl, 3, TUNSETIFF, &request, 0);
    TRY ("ioctl-tiocsti", SYS_ioctl, 0, TIOCSTI, "x", 0);
    TRY ("fcntl-setown", SYS_fcntl, 3, F_SETOWN, 1, 0);
    TRY ("dup", SYS_dup, 3, 0, 0, 0);
}

static void
try_processes (AditTunnel *t)
{
    char *const  arguments[] = { (char *) "/bin/true", NULL };
    char         byte;
    struct iovec here = { &byte, 1 }, there = { (gpointer) password_file, 1 };

    TRY ("execve", SYS_execve, "/bin/true", arguments, arguments + 1, 0);
    TRY ("execveat", SYS_execveat, AT_FDCWD, "/bin/true", arguments, arguments + 1);
    TRY ("fork", SYS_fork, 0, 0, 0, 0);
    TRY ("vfork", SYS_vfork, 0, 0, 0, 0);
    TRY ("clone-process", SYS_clone, SIGCHLD, 0, 0, 0);
    TRY ("clone-user", SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0);
    TRY ("clone-thread-net", SYS_clone, CLONE_VM | CLONE_THREAD | CLONE_SIGHAND | CLONE_NEWNET, 0,
         0, 0);
    TRY ("clone3", SYS_clone3, 0, 0, 0, 0);
    TRY ("unshare", SYS_unshare, CLONE_NEWUSER, 0, 0, 0);
    TRY ("setns", SYS_setns, 0, 0, 0, 0);
    TRY ("ptrace-me", SYS_ptrace, PTRACE_TRACEME, 0, 0, 0);
    TRY ("ptrace-parent", SYS_ptrace, PTRACE_ATTACH, getppid (), 0, 0);
    TRY ("process-vm-readv", SYS_process_vm_readv, getpid (), &here, 1, &there);
    TRY ("process-vm-writev", SYS_process_vm_writev, getpid (), &here, 1, &there);
    TRY ("pidfd-open", SYS_pidfd_open, 1, 0, 0, 0);
    TRY ("kill-init", SYS_kill, 1, 0, 0, 0);
    TRY ("kill-self", SYS_kill, getpid (), 0, 0, 0);
    TRY ("tgkill-init", SYS_tgkill, 1, 1, 0, 0);
    TRY ("tkill", SYS_tkill, 1, 0, 0, 0);
    TRY ("setpriority", SYS_setpriority, 0, 0, -5, 0);
    TRY ("prlimit", SYS_prlimit64, 0, 7, 0, 0);
}

static void
try_rights (AditTunnel *t)
{
    guint32 header[2] = { 0x20080522, 0 }, all[6] = { ~0u, ~0u, ~0u, ~0u, ~0u, ~0u };

    TRY ("setuid", SYS_setuid, 0, 0, 0, 0);
    TRY ("setgid", SYS_setgid, 0, 0, 0, 0);
    TRY ("setresuid", SYS_setresuid, 0, 0, 0, 0);
    TRY ("setgroups", SYS_setgroups, 0, 0, 0, 0);
    TRY ("capset", SYS_capset, header, all, 0, 0);
    TRY ("prctl-dumpable", SYS_prctl, PR_SET_DUMPABLE, 1, 0, 0);
    TRY ("prctl-pdeathsig", SYS_prctl, PR_SET_PDEATHSIG, 0, 0, 0);
    TRY ("prctl-ambient", SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 0, 0);
    TRY ("personality", SYS_personality, 0x0400000, 0, 0, 0);
    TRY ("bpf", SYS_bpf, 0, 0, 0, 0);
    TRY ("perf-event-open", SYS_perf_event_open, 0, 0, 0, 0);
    TRY ("io-uring-setup", SYS_io_uring_setup, 1, all, 0, 0);
    TRY ("userfaultfd", SYS_userfaultfd, 0, 0, 0, 0);
    TRY ("add-key", SYS_add_key, "user", "probe", "x", 1);
    TRY ("keyctl", SYS_keyctl, 0, 0, 0, 0);
    TRY ("init-module", SYS_init_module, 0, 0, "", 0);
    TRY ("reboot", SYS_reboot, 0, 0, 0, 0);
    TRY ("settimeofday", SYS_settimeofday, 0, 0, 0, 0);
    TRY ("sethostname", SYS_sethostname, "probe", 5, 0, 0);
    TRY ("syslog", SYS_syslog, 3, 0, 0, 0);
    TRY ("shmget", SYS_shmget, 0, 4096, 01600, 0);
    TRY ("pkey-mprotect", SYS_pkey_mprotect, all, 4096, PROT_EXEC, -1);
}

static void
try_memory (AditTunnel *t)
{
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS;
    gpointer  plain = mmap (NULL, 4096, PROT_READ | PROT_WRITE, flags, -1, 0);
    gpointer  run   = mmap (NULL, 4096, PROT_READ | PROT_EXEC, flags, -1, 0);

    note (t, "mmap-plain", plain != MAP_FAILED ? "0" : "1");
    note (t, "mmap-exec", run != MAP_FAILED ? "0" : "1");
    TRY ("mprotect-exec", SYS_mprotect, plain, 4096, PROT_READ | PROT_EXEC, 0);
    TRY ("mprotect-plain", SYS_mprotect, plain, 4096, PROT_READ, 0);
}

static gpointer
run_thread (gpointer data)
{
    *(guint *) data = 7;
    return NULL;
}

/* What a tunnel needs must go on working. */
static void
try_needs (AditTunnel *t)
{
    guint            proof = 0, open = 0;
    GThread         *thread = g_thread_try_new ("probe", run_thread, &proof, NULL);
    g_autofree char *count  = NULL;
    guint8           bytes[16];

    if (thread)
        g_thread_join (thread);
    note (t, "thread", proof == 7 ? "0" : "1");
    TRY ("eventfd", SYS_eventfd2, 0, O_CLOEXEC, 0, 0);
    TRY ("getrandom", SYS_getrandom, bytes, sizeof bytes, 0, 0);
    TRY ("getsockopt", SYS_getsockopt, 3, SOL_SOCKET, SO_TYPE, 0);
    for (int fd = 4; fd < 1024; fd++)
        open += fcntl (fd, F_GETFD) >= 0;
    count = g_strdup_printf ("%u", open);
    note (t, "descriptors", count);
}

/* ---- the honest part ---- */

static void
on_recv (gpointer user, const AditEndpoint *from, AditPacket *packet)
{
    AditTunnel *t = user;

    t->heard++;
    t->host->verbs->send (t->link, from, packet);
}

static void
on_lost (gpointer user, GError *cause)
{
    AditTunnel *t = user;

    note (t, "lost", cause->message);
    g_error_free (cause);
}

static const AditLinkEvents link_events = { .recv = on_recv, .lost = on_lost };

static void
on_tick (gpointer user)
{
    AditTunnel *t = user;

    t->ticks++;
}

static void
on_answer (gpointer user, const char *answer)
{
    note (user, "answer", answer ? answer : "refused");
}

static void
on_found (gpointer user, const AditEndpoint *endpoint, guint mtu G_GNUC_UNUSED, const GError *error)
{
    g_autofree char *port = g_strdup_printf ("%u", endpoint ? endpoint->port : 0);

    note (user, "found", error ? error->message : port);
}

static gboolean
is_set (const AditTunnel *t, const char *what)
{
    const char *mode = adit_profile_get (t->profile, "probe", "mode");

    return g_strcmp0 (mode, what) == 0;
}

/* ---- a carrier that adds one byte ---- */

enum { MARK = 0xad, FLOOD = 10000 };

typedef struct {
    AditCarrier base;
    guint       in_order; /* messages told, numbered from 0 */
} Mark;

static void
mark_encap (AditCarrier *carrier G_GNUC_UNUSED, AditBatch *batch)
{
    for (guint i = 0; i < batch->n; i++)
        if (batch->packet[i].verdict == ADIT_PASS)
            *adit_packet_push (&batch->packet[i], 1) = MARK;
}

static void
mark_decap (AditCarrier *carrier, AditBatch *batch)
{
    for (guint i = 0; i < batch->n; i++) {
        AditPacket *p = &batch->packet[i];

        if (p->len && p->data[0] == MARK) {
            adit_packet_pull (p, 1);
        } else {
            p->verdict = ADIT_PUNT;
            carrier->lane->say (carrier->lane, carrier, "odd", 3);
        }
    }
}

static void
mark_told (AditCarrier *carrier, gconstpointer message, gsize size)
{
    Mark *mark = (Mark *) (gpointer) carrier;
    guint number;

    if (size != sizeof number)
        return;
    memcpy (&number, message, sizeof number);
    mark->in_order += number == mark->in_order;
    if (number == FLOOD - 1)
        carrier->lane->say (carrier->lane, carrier, &mark->in_order, sizeof mark->in_order);
}

static void
mark_free (AditCarrier *carrier)
{
    g_free (carrier);
}

static const AditCarrierOps mark_ops = { .name  = "mark",
                                         .head  = 1,
                                         .flags = ADIT_UNIFORM,
                                         .encap = mark_encap,
                                         .decap = mark_decap,
                                         .told  = mark_told,
                                         .free  = mark_free };

static void
on_punted (gpointer user, guint layer, const AditEndpoint *from G_GNUC_UNUSED, AditPacket *packet)
{
    AditTunnel *t = user;

    note (t, "punted", "yes");
    t->host->verbs->inject (t->path, layer, NULL, packet); /* back to where it came from */
}

static void
on_said (gpointer user, guint layer G_GNUC_UNUSED, gconstpointer message, gsize size)
{
    AditTunnel *t = user;

    if (size == sizeof t->heard)
        memcpy (&t->heard, message, size);
}

static void
on_path_mtu (gpointer user, guint bytes)
{
    g_autofree char *text = g_strdup_printf ("%u", bytes);

    note (user, "path-mtu", text);
}

static const AditPathEvents path_events = {
    .punted = on_punted, .said = on_said, .path_mtu = on_path_mtu, .lost = on_lost
};

static void
on_ready (gpointer user, guint16 local_port G_GNUC_UNUSED)
{
    AditTunnel  *t       = user;
    Mark        *mark    = g_new0 (Mark, 1);
    AditCarrier *carrier = &mark->base;

    carrier->ops = &mark_ops;
    t->path      = t->host->verbs->path (t->host, t->link, &carrier, 1, &path_events, t);
    /* More than the ring to the data thread holds. */
    for (guint i = 0; is_set (t, "flood") && i < FLOOD; i++)
        t->host->verbs->tell (t->path, 0, &i, sizeof i);
}

static const AditLinkEvents laid_events = { .ready = on_ready, .lost = on_lost };

static void
lay_path (AditTunnel *t)
{
    static const AditLinkSpec spec = { .kind = ADIT_LINK_UDP, .server = "hq.example:9" };

    t->link = t->host->verbs->link (t->host, &spec, &laid_events, t);
}

static void
attack (AditTunnel *t)
{
    try_files (t);
    try_sockets (t);
    try_processes (t);
    try_rights (t);
    try_memory (t);
    try_needs (t);
}

static void
be_honest (AditTunnel *t)
{
    static const AditLinkSpec spec     = { .kind = ADIT_LINK_UDP };
    static const AditQuestion question = { "password", "Password:", TRUE };

    t->link = t->host->verbs->link (t->host, &spec, &link_events, t);
    t->host->verbs->ask (t->host, &question, on_answer, t);
    t->host->verbs->lookup (t->host, "hq.example", 7, on_found, t);
    t->timer = (AditTimer){ .fn = on_tick, .user = t };
    adit_arm (t->host, &t->timer, 10);
}

static void
give_up (AditTunnel *t)
{
    GError *error = NULL;

    adit_fail (&error, ADIT_ERROR_LOGIN, "The server did not accept the password.");
    adit_give_up (t->host, error);
}

static void
probe_start (AditTunnel *t)
{
    static const char *const address[] = { "10.0.0.7/24", NULL }, *const none[] = { NULL };
    static const AditOffer offer = { address, none, none, none, 1400 };

    if (is_set (t, "attack"))
        attack (t);
    else if (is_set (t, "honest"))
        be_honest (t);
    else if (is_set (t, "path") || is_set (t, "flood"))
        lay_path (t);
    else if (is_set (t, "crash"))
        abort ();
    else if (is_set (t, "chatter"))
        for (guint i = 0; i < 10000; i++)
            adit_log (ADIT_LOG_NOTICE, "probe", "line %u", i);
    else if (is_set (t, "give-up")) {
        give_up (t);
        return;
    }
    t->host->verbs->phase (t->host, ADIT_PHASE_CONTACT, "hq\n.example");
    t->host->verbs->up (t->host, &offer);
}

static AditTunnel *
probe_open (AditHost *host, const AditProfile *profile)
{
    AditTunnel *t = g_new0 (AditTunnel, 1);

    t->host    = host;
    t->profile = profile;
    t->notes   = g_ptr_array_new_with_free_func (g_free);
    if (is_set (t, "open"))
        give_up (t);
    return t;
}

/* Sends back what the device gave, with another first byte. */
static void
probe_send (AditTunnel *t, AditPacket *packet)
{
    if (is_set (t, "carry"))
        packet->data[0] = MARK;
    t->host->verbs->deliver (t->host, packet);
}

static void
probe_moved (AditTunnel *t)
{
    static const char *const address[] = { "10.0.0.7/24", NULL }, *const none[] = { NULL };
    static const AditOffer offer = { address, none, none, none, 1300 };

    if (is_set (t, "again"))
        t->host->verbs->phase (t->host, ADIT_PHASE_NEGOTIATE, "hq.example");
    t->host->verbs->up (t->host, &offer);
}

static void
probe_stop (AditTunnel *t G_GNUC_UNUSED)
{
    adit_log (ADIT_LOG_NOTICE, "probe", "goodbye");
}

static void
probe_free (AditTunnel *t)
{
    adit_disarm (t->host, &t->timer);
    if (t->path)
        t->host->verbs->unpath (t->path);
    if (t->link)
        t->host->verbs->unlink (t->link);
    g_ptr_array_unref (t->notes);
    g_free (t);
}

static void
probe_status (AditTunnel *t, AditNoteFn tell, gpointer user)
{
    g_autofree char *heard = g_strdup_printf ("%u", t->heard);
    g_autofree char *ticks = g_strdup_printf ("%u", t->ticks);

    for (guint i = 0; i < t->notes->len; i += 2)
        tell (user, g_ptr_array_index (t->notes, i), g_ptr_array_index (t->notes, i + 1));
    tell (user, "heard", heard);
    tell (user, "ticks", ticks);
}

static char *
probe_serve (AditTunnel *t, const char *request)
{
    if (g_str_has_prefix (request, "close"))
        return NULL;
    if (g_str_has_prefix (request, "give up"))
        give_up (t);
    return g_strdup_printf ("%u bytes\n\n", (guint) strlen (request));
}

static gboolean
probe_import (AditProfile *profile, const char *text, gsize len, AditReportFn report, gpointer user,
              GError **error)
{
    if (g_str_has_prefix (text, "broken"))
        return adit_fail (error, ADIT_ERROR_PROFILE, "The file is broken.");
    if (!g_str_has_prefix (text, "probe"))
        return FALSE;
    if (g_str_has_prefix (text, "probe open"))
        report (user, 1, "open", syscall (SYS_open, password_file, O_RDONLY) < 0 ? "no" : "yes");
    if (g_str_has_prefix (text, "probe socket"))
        report (user, 1, "sendto", syscall (SYS_sendto, 3, "", 0, 0, 0, 0) < 0 ? "no" : "yes");
    adit_profile_set (profile, "connection", "type", "probe");
    adit_profile_set (profile, "probe", "mode", len > 1000 ? "attack" : "honest");
    report (user, 7, "Post\tUp", "Scripts are\nnot taken over.");
    return TRUE;
}

static char *
probe_export (const AditProfile *profile, AditReportFn report G_GNUC_UNUSED,
              gpointer user G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
    return g_strdup_printf ("probe %s\n", adit_profile_get (profile, "probe", "mode"));
}

static const AditField fields[] = {
    { "probe", "mode", "What it does", ADIT_FIELD_CHOICE, "idle",
      "idle|attack|honest|path|flood|carry|crash|chatter|give-up|open|again", FALSE },
    { NULL, NULL, NULL, 0, NULL, NULL, FALSE },
};

extern const AditPlugin adit_plugin;

const AditPlugin adit_plugin = {
    .abi    = ADIT_PLUGIN_ABI,
    .name   = "probe",
    .title  = "Probe (for tests)",
    .socket = "probe/%s.sock",
    .fields = fields,
    .import = probe_import,
    .export = probe_export,
    .open   = probe_open,
    .start  = probe_start,
    .send   = probe_send,
    .moved  = probe_moved,
    .stop   = probe_stop,
    .free   = probe_free,
    .status = probe_status,
    .serve  = probe_serve,
};
