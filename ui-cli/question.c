/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* question.c - asks the person on the controlling terminal. */
#include "ui-cli/question.h"
#include "client/base/secret.h"
#include "ui-cli/terminal.h"
#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gi18n.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { ANSWER_MAX = 4096 };

struct CliQuestion {
    CliAnswerFn    fn;
    gpointer       user;
    char          *answer; /* ANSWER_MAX bytes of secret memory */
    gsize          len;
    int            fd; /* -1: there is no terminal */
    guint          source;
    gboolean       secret;
    struct termios before;
};

static void
write_text (int fd, const char *text)
{
    gsize left = strlen (text);

    while (left > 0) {
        gssize n = write (fd, text, left);

        if (n <= 0)
            return;
        text += n;
        left -= (gsize) n;
    }
}

static void
hide_typing (CliQuestion *q)
{
    struct termios quiet;

    if (tcgetattr (q->fd, &q->before) < 0) {
        q->secret = FALSE;
        return;
    }
    quiet = q->before;
    quiet.c_lflag &= ~(tcflag_t) ECHO;
    quiet.c_lflag |= ICANON | ISIG;
    tcsetattr (q->fd, TCSAFLUSH, &quiet);
}

static void
finish (CliQuestion *q, const char *answer)
{
    CliAnswerFn fn   = q->fn;
    gpointer    user = q->user;

    q->source = 0;
    fn (user, answer);
}

static gboolean
on_typed (int fd, GIOCondition condition G_GNUC_UNUSED, gpointer user)
{
    CliQuestion *q = user;
    gssize       n = read (fd, q->answer + q->len, ANSWER_MAX - 1 - q->len);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return G_SOURCE_CONTINUE;
    q->len += n > 0 ? (gsize) n : 0;
    if (n > 0 && q->answer[q->len - 1] != '\n' && q->len < ANSWER_MAX - 1)
        return G_SOURCE_CONTINUE;
    q->answer[q->len] = '\0';
    g_strchomp (q->answer);
    if (q->secret)
        write_text (fd, "\n");
    finish (q, n > 0 ? q->answer : NULL);
    return G_SOURCE_REMOVE;
}

static gboolean
on_no_terminal (gpointer user)
{
    finish (user, NULL);
    return G_SOURCE_REMOVE;
}

CliQuestion *
cli_question_new (const char *text, gboolean secret, CliAnswerFn fn, gpointer user)
{
    CliQuestion     *q     = g_new0 (CliQuestion, 1);
    g_autofree char *clean = cli_clean (text);

    q->fn     = fn;
    q->user   = user;
    q->secret = secret;
    q->answer = adit_secret_new (ANSWER_MAX);
    q->fd     = open ("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (q->fd < 0) {
        q->secret = FALSE;
        q->source = g_idle_add (on_no_terminal, q);
        return q;
    }
    if (secret)
        hide_typing (q);
    write_text (q->fd, clean);
    q->source = g_unix_fd_add (q->fd, G_IO_IN | G_IO_HUP | G_IO_ERR, on_typed, q);
    return q;
}

void
cli_question_free (CliQuestion *q)
{
    if (q == NULL)
        return;
    if (q->source)
        g_source_remove (q->source);
    if (q->secret)
        tcsetattr (q->fd, TCSAFLUSH, &q->before);
    if (q->fd >= 0)
        close (q->fd);
    adit_secret_free (q->answer);
    g_free (q);
}

gboolean
cli_can_ask (void)
{
    int fd = open ("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);

    if (fd >= 0)
        close (fd);
    return fd >= 0;
}

typedef struct {
    GMainLoop *loop;
    char      *answer;
    gboolean   is_cancelled;
} Waiting;

static void
on_answer (gpointer user, const char *answer)
{
    Waiting *w = user;

    w->answer = g_strdup (answer);
    g_main_loop_quit (w->loop);
}

static gboolean
on_signal (gpointer user)
{
    Waiting *w = user;

    w->is_cancelled = TRUE;
    g_main_loop_quit (w->loop);
    return G_SOURCE_CONTINUE;
}

char *
cli_ask (const char *text, gboolean secret, GError **error)
{
    Waiting      w        = { g_main_loop_new (NULL, FALSE), NULL, FALSE };
    guint        sigint   = g_unix_signal_add (SIGINT, on_signal, &w);
    guint        sigterm  = g_unix_signal_add (SIGTERM, on_signal, &w);
    CliQuestion *question = cli_question_new (text, secret, on_answer, &w);

    g_main_loop_run (w.loop);
    cli_question_free (question);
    g_source_remove (sigint);
    g_source_remove (sigterm);
    g_main_loop_unref (w.loop);
    if (w.is_cancelled)
        adit_fail (error, ADIT_ERROR_CANCELLED, _ ("Cancelled."));
    else if (w.answer == NULL)
        adit_fail (error, ADIT_ERROR_SECRET,
                   _ ("A question needs an answer, and there is no terminal to ask on."));
    return w.answer;
}
