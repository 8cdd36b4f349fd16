/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-sandbox.c - what a worker cannot do any more, tried from inside and looked at from outside.
 */
#include "client/worker/sandbox.h"
#include "tests/sandbox/parent.h"
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Attempts that must succeed, or fail for another reason than the filter. */
static const struct {
    const char *name, *value;
} exceptions[] = {
    { "clone3", "38" }, /* ENOSYS, so that glibc takes clone */
    { "mmap-plain", "0" },  { "mprotect-plain", "0" }, { "thread", "0" }, { "eventfd", "0" },
    { "getrandom", "0" },   { "getsockopt", "14" }, /* EFAULT: it was let through */
    { "descriptors", "2" }, /* the main loop's, and the eventfd tried above */
    { "heard", "0" },       { "ticks", "0" },
};

static void
everything_fails_but_what_a_tunnel_needs (void)
{
    Worker w                     = worker_open ("attack", 0, NULL, 0, NULL);
    g_autoptr (GHashTable) notes = worker_status (&w);
    GHashTableIter each;
    gpointer       name, value;
    guint          refused = 0;

    for (guint i = 0; i < G_N_ELEMENTS (exceptions); i++) {
        g_test_message ("%s", exceptions[i].name);
        g_assert_cmpstr (g_hash_table_lookup (notes, exceptions[i].name), ==, exceptions[i].value);
        g_hash_table_remove (notes, exceptions[i].name);
    }
    g_hash_table_iter_init (&each, notes);
    while (g_hash_table_iter_next (&each, &name, &value)) {
        g_test_message ("%s: errno %s", (char *) name, (char *) value);
        g_assert_cmpstr (value, ==, "1"); /* EPERM */
        refused++;
    }
    g_assert_cmpuint (refused, >=, 70);
    kill (w.pid, SIGKILL);
    worker_reap (&w);
}

static void
assert_proc (const Worker *w, const char *key, const char *want)
{
    g_autofree char *got = worker_proc (w, key);

    g_test_message ("%s: %s", key, got);
    g_assert_cmpstr (got, ==, want);
}

#ifdef __SANITIZE_ADDRESS__
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

static guint
expected_bits (void)
{
    guint bits = ADIT_SANDBOX_CAPABILITIES | ADIT_SANDBOX_SECCOMP;

    if (geteuid () == 0)
        bits |= ADIT_SANDBOX_UID;
    if (syscall (444 /* landlock_create_ruleset */, NULL, 0, 1 /* version */) >= 1)
        bits |= ADIT_SANDBOX_LANDLOCK;
    return bits;
}

static void
kernel_says_so_too (void)
{
    static const char none[] = "0000000000000000";
    guint             bits;
    Worker            w   = worker_open ("idle", 0, NULL, 0, &bits);
    guint             id  = ADIT_SANDBOX_FIRST_UID + (guint) w.pid;
    g_autofree char  *ids = g_strdup_printf ("%u\t%u\t%u\t%u", id, id, id, id);

    g_assert_cmphex (bits, ==, expected_bits ());
    assert_proc (&w, "CapInh", none);
    assert_proc (&w, "CapPrm", none);
    assert_proc (&w, "CapEff", none);
    assert_proc (&w, "CapAmb", none);
    assert_proc (&w, "NoNewPrivs", "1");
    assert_proc (&w, "Seccomp", "2");
    if (geteuid () == 0) {
        assert_proc (&w, "CapBnd", none);
        assert_proc (&w, "Uid", ids);
        assert_proc (&w, "Gid", ids);
        assert_proc (&w, "Groups", "");
    } else {
        g_test_message ("not root: user and bounding set stay");
    }
    kill (w.pid, SIGKILL);
    worker_reap (&w);
}

/* Soft and hard, from /proc/PID/limits, where prlimit() would want a capability. */
static void
assert_limit (const Worker *w, const char *what, guint64 most)
{
    g_autofree char *path = g_strdup_printf ("/proc/%d/limits", (int) w->pid);
    g_autofree char *text = NULL;
    const char      *line;
    guint64          soft, hard;

    g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
    line = strstr (text, what);
    g_assert_nonnull (line);
    g_assert_cmpint (sscanf (line + strlen (what), "%" SCNu64 " %" SCNu64, &soft, &hard), ==, 2);
    g_assert_cmpuint (soft, <=, most);
    g_assert_cmpuint (hard, <=, most);
}

static void
limits_hold_and_no_core_is_left (void)
{
    Worker           w     = worker_open ("idle", 0, NULL, 0, NULL);
    g_autofree char *maps  = g_strdup_printf ("/proc/%d/maps", (int) w.pid);
    struct stat      about = { .st_uid = 1 };
    int              status;

    if (geteuid () != 0) {
        g_test_skip ("needs root to look at an undumpable process");
    } else {
        assert_limit (&w, "Max core file size", 0);
        assert_limit (&w, "Max file size", 0);
        assert_limit (&w, "Max open files", 64);
        assert_limit (&w, "Max processes", 8);
        if (!SANITIZED) /* shadow memory */
            assert_limit (&w, "Max data size", 256 << 20);
        /* proc(5): the files of a process that may not be dumped belong to root. */
        g_assert_cmpint (stat (maps, &about), ==, 0);
        g_assert_cmpuint (about.st_uid, ==, 0);
    }
    kill (w.pid, SIGSEGV);
    status = worker_reap (&w);
    g_assert_true (WIFSIGNALED (status));
    g_assert_false (WCOREDUMP (status));
}

/* ---- machines that refuse ---- */

static Worker
begin_without (long call)
{
    char       *texts[] = { (char *) "probe", (char *) "test", NULL };
    AditMessage open    = { .kind = ADIT_MSG_OPEN, .extra = 1420, .texts = texts };
    Worker      w       = worker_spawn_without (call);
    int         fd      = text_fd ("[connection]\nname = test\ntype = probe\n");

    worker_send (&w, &open, &fd, 1);
    close (fd);
    return w;
}

static void
assert_refuses_without (long call, const char *sentence)
{
    Worker      w = begin_without (call);
    AditMessage failed;
    int         status;

    worker_expect (&w, ADIT_MSG_FAILED, &failed);
    g_test_message ("%s", failed.texts[0]);
    g_assert_cmpuint (failed.number, ==, ADIT_ERROR_SYSTEM);
    g_assert_cmpstr (failed.texts[0], ==, sentence);
    g_assert_nonnull (failed.texts[1]);
    adit_message_clear (&failed);
    g_assert_false (worker_receive (&w, &failed));
    status = worker_reap (&w);
    g_assert_true (WIFEXITED (status) && WEXITSTATUS (status) == 1);
}

static void
no_sandbox_no_tunnel (void)
{
    static const char closing[]   = "The worker could not close its sandbox on this machine.";
    static const char filtering[] = "The worker could not filter its system calls on this machine.";
    static const long user[]      = { SYS_setresuid, SYS_setresgid, SYS_setgroups };

    assert_refuses_without (SYS_seccomp, filtering);
    assert_refuses_without (SYS_capset, closing);
    for (guint i = 0; i < G_N_ELEMENTS (user) && geteuid () == 0; i++)
        assert_refuses_without (user[i], closing);
}

/* Landlock is a second lock on a closed door, and older kernels do not have it. */
static void
without_landlock_it_says_so (void)
{
    Worker      w = begin_without (446 /* landlock_restrict_self */);
    AditMessage ready;

    worker_expect (&w, ADIT_MSG_READY, &ready);
    g_assert_cmphex (ready.number, ==, expected_bits () & ~(guint) ADIT_SANDBOX_LANDLOCK);
    adit_message_clear (&ready);
    kill (w.pid, SIGKILL);
    worker_reap (&w);
}

/* ---- what it holds ---- */

/* libnftables is GPL-2, libcrypto is Apache-2: never both in one process. */
static void
licences_do_not_meet (void)
{
    Worker           w    = worker_open ("idle", 0, NULL, 0, NULL);
    g_autofree char *path = g_strdup_printf ("/proc/%d/maps", (int) w.pid);
    g_autofree char *maps = NULL;

    if (!g_file_get_contents (path, &maps, NULL, NULL)) {
        g_test_skip ("needs root to look at an undumpable process");
    } else {
        g_assert_nonnull (strstr (maps, "libcrypto"));
        g_assert_null (strstr (maps, "libnftables"));
        g_assert_null (strstr (maps, "libmnl"));
    }
    kill (w.pid, SIGKILL);
    worker_reap (&w);
}

/* Private_Clean and Private_Dirty: what this worker costs beside others. */
static void
idle_memory_is_small (void)
{
    Worker           w    = worker_open ("idle", 0, NULL, 0, NULL);
    g_autofree char *path = g_strdup_printf ("/proc/%d/smaps_rollup", (int) w.pid);
    g_autofree char *text = NULL;
    g_auto (GStrv) lines  = NULL;
    guint sum             = 0, kib;

    g_hash_table_unref (worker_status (&w));
    if (SANITIZED) {
        g_test_skip ("needs a build without sanitizers, whose memory counts too");
    } else if (!g_file_get_contents (path, &text, NULL, NULL)) {
        g_test_skip ("needs smaps_rollup");
    } else {
        lines = g_strsplit (text, "\n", -1);
        for (char **line = lines; *line; line++)
            if (sscanf (*line, "Private_Clean: %u", &kib) == 1 ||
                sscanf (*line, "Private_Dirty: %u", &kib) == 1)
                sum += kib;
        g_test_message ("private: %u KiB", sum);
        g_assert_cmpuint (sum, >, 0);
        g_assert_cmpuint (sum, <=, 4096);
    }
    kill (w.pid, SIGKILL);
    worker_reap (&w);
}

int
main (int argc, char **argv)
{
    sandbox_begin (&argc, &argv);
    g_test_add_func ("/sandbox/everything-fails-but-what-a-tunnel-needs",
                     everything_fails_but_what_a_tunnel_needs);
    g_test_add_func ("/sandbox/kernel-says-so-too", kernel_says_so_too);
    g_test_add_func ("/sandbox/limits-hold-and-no-core-is-left", limits_hold_and_no_core_is_left);
    g_test_add_func ("/sandbox/no-sandbox-no-tunnel", no_sandbox_no_tunnel);
    g_test_add_func ("/sandbox/without-landlock-it-says-so", without_landlock_it_says_so);
    g_test_add_func ("/sandbox/licences-do-not-meet", licences_do_not_meet);
    g_test_add_func ("/sandbox/idle-memory-is-small", idle_memory_is_small);
    return sandbox_end ();
}
