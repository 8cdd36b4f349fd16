/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-clock.c - timers of a plugin: once, moved, disarmed, freed from inside. */
#include "tests/unit/client/worker/fake.h"
#include <time.h>

typedef struct {
    Fake      fake;
    AditTimer timer;
    gboolean  fired;
    guint     count;
    gint64    at_us;
} Case;

static void
on_timer (gpointer user)
{
    Case *c = user;

    c->fired = TRUE;
    c->count++;
    c->at_us = adit_now (c->fake.base);
}

static void
set_up (Case *c)
{
    *c       = (Case){ .fake = fake_new () };
    c->timer = (AditTimer){ .fn = on_timer, .user = c };
}

static void
fires_once_and_not_early (void)
{
    Case   c;
    gint64 begun_us;

    set_up (&c);
    begun_us = adit_now (c.fake.base);
    adit_arm (c.fake.base, &c.timer, 20);
    fake_wait (&c.fired);
    g_assert_cmpint (c.at_us - begun_us, >=, 20000);
    g_assert_null (c.timer.source);
    fake_turn ();
    g_assert_cmpuint (c.count, ==, 1);
    fake_free (&c.fake);
}

static void
arming_again_moves_it (void)
{
    Case   c;
    gint64 begun_us;

    set_up (&c);
    begun_us = adit_now (c.fake.base);
    adit_arm (c.fake.base, &c.timer, 1);
    adit_arm (c.fake.base, &c.timer, 40);
    fake_wait (&c.fired);
    g_assert_cmpint (c.at_us - begun_us, >=, 40000);
    c.fired = FALSE;
    adit_arm (c.fake.base, &c.timer, 3600 * 1000);
    adit_arm (c.fake.base, &c.timer, 0);
    fake_wait (&c.fired);
    g_assert_cmpuint (c.count, ==, 2);
    fake_free (&c.fake);
}

static void
disarmed_or_far_away_stays_silent (void)
{
    Case     c;
    gboolean over = FALSE;
    Case     other;

    set_up (&c);
    other       = (Case){ .fake = c.fake };
    other.timer = (AditTimer){ .fn = on_timer, .user = &other };
    adit_arm (c.fake.base, &c.timer, 1);
    adit_disarm (c.fake.base, &c.timer);
    adit_disarm (c.fake.base, &c.timer);
    g_assert_null (c.timer.source);
    adit_arm (c.fake.base, &other.timer, G_MAXUINT64 - 1); /* clamped, not wrapped around */
    while (!over && adit_now (c.fake.base) - c.timer.due < 30000)
        over = g_main_context_iteration (NULL, FALSE) && c.count + other.count;
    g_assert_cmpuint (c.count + other.count, ==, 0);
    adit_disarm (c.fake.base, &other.timer);
    fake_free (&c.fake);
}

typedef struct {
    Case     *owner;
    AditTimer timer;
} Mortal;

static void
on_last_timer (gpointer user)
{
    Mortal *mortal = user;

    mortal->owner->fired = TRUE;
    g_free (mortal);
}

static void
may_free_itself (void)
{
    Case    c;
    Mortal *mortal = g_new0 (Mortal, 1);

    set_up (&c);
    mortal->owner = &c;
    mortal->timer = (AditTimer){ .fn = on_last_timer, .user = mortal };
    adit_arm (c.fake.base, &mortal->timer, 0);
    fake_wait (&c.fired);
    fake_free (&c.fake);
}

static void
on_again (gpointer user)
{
    Case *c = user;

    if (++c->count == 3)
        c->fired = TRUE;
    else
        adit_arm (c->fake.base, &c->timer, 1);
}

static void
may_arm_itself (void)
{
    Case c;

    set_up (&c);
    c.timer.fn = on_again;
    adit_arm (c.fake.base, &c.timer, 1);
    fake_wait (&c.fired);
    g_assert_cmpuint (c.count, ==, 3);
    fake_free (&c.fake);
}

/* As after a suspend: the timer's own time has come though the loop's clock has not seen it. */
static void
waking_sets_timers_anew (void)
{
    Case c;

    set_up (&c);
    adit_arm (c.fake.base, &c.timer, 3600 * 1000);
    c.timer.due -= G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC;
    fake_turn ();
    g_assert_cmpuint (c.count, ==, 0);
    fake_say (&c.fake, &(AditMessage){ .kind = ADIT_MSG_MOVED });
    fake_wait (&c.fired);
    fake_free (&c.fake);
}

static void
clock_goes_on_in_suspend (void)
{
    struct timespec boot;
    Case            c;

    set_up (&c);
    clock_gettime (CLOCK_BOOTTIME, &boot);
    g_assert_cmpint (ABS (adit_now (c.fake.base) / G_USEC_PER_SEC - boot.tv_sec), <=, 1);
    g_assert_cmpint (ABS (c.fake.base->verbs->wall (c.fake.base) - g_get_real_time ()), <,
                     G_USEC_PER_SEC);
    fake_free (&c.fake);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/clock/fires-once-and-not-early", fires_once_and_not_early);
    g_test_add_func ("/clock/arming-again-moves-it", arming_again_moves_it);
    g_test_add_func ("/clock/disarmed-or-far-away-stays-silent", disarmed_or_far_away_stays_silent);
    g_test_add_func ("/clock/may-free-itself", may_free_itself);
    g_test_add_func ("/clock/may-arm-itself", may_arm_itself);
    g_test_add_func ("/clock/waking-sets-timers-anew", waking_sets_timers_anew);
    g_test_add_func ("/clock/goes-on-in-suspend", clock_goes_on_in_suspend);
    return g_test_run ();
}
