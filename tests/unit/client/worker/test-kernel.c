/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-kernel.c - the kernel's own device through the parent. */
#include "tests/unit/client/worker/fake.h"
#include <string.h>

typedef struct {
    Fake        fake;
    AditKernel *kernel;
    GString    *story;
} Case;

static void
on_kernel (gpointer user, AditKernel *kernel, const GError *error)
{
    Case *c = user;

    c->kernel = kernel;
    g_string_append (c->story, error ? error->message : "device;");
}

static void
on_reply (gpointer user, const guint8 *data, gsize len, const GError *error)
{
    Case *c = user;

    if (error)
        g_string_append_printf (c->story, "error %s;", error->message);
    else if (data)
        g_string_append_printf (c->story, "data %.*s;", (int) len, (const char *) data);
    else
        g_string_append (c->story, "end;");
}

static void
on_last (gpointer user, const guint8 *data, gsize len, const GError *error)
{
    Case *c = user;

    on_reply (user, data, len, error);
    c->fake.base->verbs->unkernel (g_steal_pointer (&c->kernel));
}

static guint32
begin (Case *c)
{
    AditMessage want;

    *c = (Case){ .fake = fake_new (), .story = g_string_new (NULL) };
    c->fake.base->verbs->kernel (c->fake.base, on_kernel, c);
    want = fake_heard (&c->fake, ADIT_MSG_WANT_KERNEL);
    adit_message_clear (&want);
    return want.id;
}

static void
finish (Case *c, const char *story)
{
    g_assert_cmpstr (c->story->str, ==, story);
    g_string_free (c->story, TRUE);
    fake_free (&c->fake);
}

static void
reply (Case *c, guint32 id, const char *data)
{
    fake_say (&c->fake, &(AditMessage){ .kind = ADIT_MSG_REPLY,
                                        .id   = id,
                                        .data = (guint8 *) data,
                                        .size = strlen (data) });
}

static void
calls_are_answered_in_order (void)
{
    Case        c;
    guint32     id = begin (&c);
    AditMessage call;

    reply (&c, id, "too early");
    fake_say (&c.fake, &(AditMessage){ .kind = ADIT_MSG_KERNEL, .id = id });
    g_assert_nonnull (c.kernel);
    reply (&c, id, "nobody asked");
    c.fake.base->verbs->call (c.kernel, 7, TRUE, "attrs", 5, on_reply, &c);
    c.fake.base->verbs->call (c.kernel, 8, FALSE, NULL, 0, on_reply, &c);
    call = fake_heard (&c.fake, ADIT_MSG_CALL);
    g_assert_cmpuint (call.id, ==, id);
    g_assert_cmpuint (call.number, ==, 7);
    g_assert_cmpuint (call.extra, ==, 1);
    g_assert_cmpmem (call.data, call.size, "attrs", 5);
    adit_message_clear (&call);
    call = fake_heard (&c.fake, ADIT_MSG_CALL);
    g_assert_cmpuint (call.number, ==, 8);
    adit_message_clear (&call);
    reply (&c, id, "one");
    reply (&c, id, "two");
    reply (&c, id, "");
    reply (&c, id, "");
    c.fake.base->verbs->unkernel (c.kernel);
    call = fake_heard (&c.fake, ADIT_MSG_DROP_KERNEL);
    adit_message_clear (&call);
    reply (&c, id, "too late");
    finish (&c, "device;data one;data two;end;end;");
}

static void
refusals_are_told (void)
{
    char       *texts[] = { (char *) "No.", NULL };
    Case        c;
    AditMessage refused = { .kind = ADIT_MSG_REFUSED, .number = ADIT_ERROR_SYSTEM, .texts = texts };

    refused.id = begin (&c);
    fake_say (&c.fake, &refused);
    g_assert_null (c.kernel);
    finish (&c, "No.");

    refused.id = begin (&c);
    fake_say (&c.fake, &(AditMessage){ .kind = ADIT_MSG_KERNEL, .id = refused.id });
    c.fake.base->verbs->call (c.kernel, 1, FALSE, NULL, 0, on_reply, &c);
    fake_say (&c.fake, &refused);
    fake_say (&c.fake, &refused); /* of nothing any more */
    c.fake.base->verbs->unkernel (c.kernel);
    finish (&c, "device;error No.;");
}

static void
device_may_be_dropped_from_inside_a_reply (void)
{
    Case    c;
    guint32 id = begin (&c);

    fake_say (&c.fake, &(AditMessage){ .kind = ADIT_MSG_KERNEL, .id = id });
    c.fake.base->verbs->call (c.kernel, 1, FALSE, NULL, 0, on_last, &c);
    c.fake.base->verbs->call (c.kernel, 2, FALSE, NULL, 0, on_reply, &c);
    reply (&c, id, "data");
    reply (&c, id, "");
    finish (&c, "device;data data;");
}

static void
too_long_a_call_is_refused_here (void)
{
    g_autofree char *huge = g_malloc0 (ADIT_MESSAGE_BYTES);
    Case             c;
    guint32          id = begin (&c);

    fake_say (&c.fake, &(AditMessage){ .kind = ADIT_MSG_KERNEL, .id = id });
    c.fake.base->verbs->call (c.kernel, 1, FALSE, huge, ADIT_MESSAGE_BYTES, on_reply, &c);
    g_assert_true (fake_heard_nothing (&c.fake));
    c.fake.base->verbs->unkernel (c.kernel);
    finish (&c, "device;error A request to the kernel is too long.;");
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/kernel/calls-are-answered-in-order", calls_are_answered_in_order);
    g_test_add_func ("/kernel/refusals-are-told", refusals_are_told);
    g_test_add_func ("/kernel/device-may-be-dropped-from-inside-a-reply",
                     device_may_be_dropped_from_inside_a_reply);
    g_test_add_func ("/kernel/too-long-a-call-is-refused-here", too_long_a_call_is_refused_here);
    return g_test_run ();
}
