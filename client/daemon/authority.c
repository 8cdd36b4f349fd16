/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* authority.c - org.freedesktop.PolicyKit1.Authority.CheckAuthorization. */
#include "client/daemon/authority.h"
#include <glib/gi18n.h>

enum { ALLOW_USER_INTERACTION = 1, PATIENCE_MS = 20000, PERSONS_PATIENCE_MS = 300000 };

static const struct {
    const char *id, *refusal;
} actions[ADIT_N_ACTIONS] = {
    [ADIT_ACTION_UP_OWN]      = { "org.adit.daemon.up-own",
                                  N_ ("You may not connect with a profile of your own.") },
    [ADIT_ACTION_UP_SYSTEM]   = { "org.adit.daemon.up-system",
                                  N_ ("You may not connect with a profile of this machine.") },
    [ADIT_ACTION_DOWN_OWN]    = { "org.adit.daemon.down-own",
                                  N_ ("You may not end your own tunnels.") },
    [ADIT_ACTION_DOWN_OTHERS] = { "org.adit.daemon.down-others",
                                  N_ ("You may not end a tunnel that somebody else started.") },
    [ADIT_ACTION_STATUS]      = { "org.adit.daemon.status",
                                  N_ ("You may not look into a tunnel that somebody else "
                                           "started.") },
    [ADIT_ACTION_RELOAD]      = { "org.adit.daemon.reload",
                                  N_ ("You may not have the profiles of this machine read "
                                           "again.") },
    [ADIT_ACTION_SECRET]      = { "org.adit.daemon.secret",
                                  N_ ("You may not change the secrets of this machine's "
                                           "profiles.") },
    [ADIT_ACTION_RESTORE]     = { "org.adit.daemon.restore",
                                  N_ ("You may not undo what killed tunnels left.") },
    [ADIT_ACTION_EXPLAIN]     = { "org.adit.daemon.explain",
                                  N_ ("You may not ask which way traffic goes.") },
    [ADIT_ACTION_EXEC]        = { "org.adit.daemon.exec",
                                  N_ ("You may not put a program into a tunnel or keep it out.") },
};

typedef struct {
    AditAction        action;
    gboolean          may_ask;
    AditAuthorityDone done;
    gpointer          user;
} Check;

const char *
adit_authority_action (AditAction action)
{
    return actions[action].id;
}

static void
refuse (const Check *check, gboolean challenge)
{
    g_autofree char *sentence = NULL;

    if (challenge && !check->may_ask) {
        sentence = g_strdup_printf (_ ("%s It takes a password, and nobody can be asked for it "
                                       "here."),
                                    _ (actions[check->action].refusal));
        check->done (check->user, ADIT_FAULT_ASK, sentence);
        return;
    }
    sentence = g_strdup_printf (_ ("%s An administrator allows it with the polkit action %s."),
                                _ (actions[check->action].refusal), actions[check->action].id);
    check->done (check->user, ADIT_FAULT_DENIED, sentence);
}

static void
refuse_without_authority (const Check *check, GError *error)
{
    g_autofree char *sentence =
        g_strdup_printf (_ ("%s polkit does not answer on this machine, so only root may do that."),
                         _ (actions[check->action].refusal));
    g_autofree char *text = NULL;

    g_dbus_error_strip_remote_error (error);
    text = g_strdup_printf ("%s\n  because: %s", sentence, error->message);
    check->done (check->user, ADIT_FAULT_DENIED, text);
}

static void
on_checked (GObject *source, GAsyncResult *result, gpointer user)
{
    g_autofree Check *check  = user;
    g_autoptr (GError) error = NULL;
    g_autoptr (GVariant) answer =
        g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
    gboolean allowed = FALSE, challenge = FALSE;

    if (answer == NULL) {
        refuse_without_authority (check, error);
        return;
    }
    g_variant_get (answer, "((bb@a{ss}))", &allowed, &challenge, NULL);
    if (allowed)
        check->done (check->user, ADIT_FAULT_DENIED, NULL);
    else
        refuse (check, challenge);
}

void
adit_authority_check (GDBusConnection *bus, const char *sender, AditAction action, gboolean may_ask,
                      AditAuthorityDone done, gpointer user)
{
    Check          *check = g_new0 (Check, 1);
    GVariantBuilder subject, details;

    check->action  = action;
    check->may_ask = may_ask;
    check->done    = done;
    check->user    = user;
    g_variant_builder_init (&subject, G_VARIANT_TYPE_VARDICT);
    g_variant_builder_add (&subject, "{sv}", "name", g_variant_new_string (sender));
    g_variant_builder_init (&details, G_VARIANT_TYPE ("a{ss}"));
    g_dbus_connection_call (
        bus, "org.freedesktop.PolicyKit1", "/org/freedesktop/PolicyKit1/Authority",
        "org.freedesktop.PolicyKit1.Authority", "CheckAuthorization",
        g_variant_new ("((sa{sv})sa{ss}us)", "system-bus-name", &subject, actions[action].id,
                       &details, may_ask ? ALLOW_USER_INTERACTION : 0, ""),
        G_VARIANT_TYPE ("((bba{ss}))"), G_DBUS_CALL_FLAGS_NONE,
        may_ask ? PERSONS_PATIENCE_MS : PATIENCE_MS, NULL, on_checked, check);
}
