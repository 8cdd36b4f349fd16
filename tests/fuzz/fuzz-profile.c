/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fuzz-profile.c - the text of a profile, then its check; what is formatted parses to the same. */
#include "client/base/schema.h"
#include "tests/fuzz/target.h"
#include <string.h>

static AditField fields[] = {
    { "toy", "private-key", "Private key", ADIT_FIELD_SECRET_KEY, NULL, "32", FALSE },
    { "toy", "address", "Addresses", ADIT_FIELD_ADDRESSES, NULL, NULL, FALSE },
    { "toy", "listen-port", "Port", ADIT_FIELD_NUMBER, "0", "0..65535", FALSE },
    { "toy peer", "endpoint", "Endpoint", ADIT_FIELD_SERVER, NULL, "4444", FALSE },
    { "toy peer", "allowed-ips", "Prefixes", ADIT_FIELD_PREFIXES, NULL, NULL, FALSE },
    { NULL, NULL, NULL, ADIT_FIELD_TEXT, NULL, NULL, FALSE },
};

static const AditSchema toy = { .name = (char *) "toy", .title = (char *) "Toy", .fields = fields };

static void
formats_as_it_parsed (const AditProfile *profile)
{
    g_autofree char *once         = adit_profile_format (profile);
    g_autoptr (AditProfile) again = adit_profile_parse (once, strlen (once), "again", NULL);
    g_autofree char *twice        = again ? adit_profile_format (again) : NULL;

    g_assert_cmpstr (once, ==, twice);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
    g_autoptr (GError) error = NULL;
    g_autoptr (GError) unfit = NULL;
    g_autoptr (AditProfile) profile =
        adit_profile_parse ((const char *) data, size, "fuzz", &error);

    g_assert_true ((profile == NULL) == (error != NULL));
    if (!profile)
        return 0;
    formats_as_it_parsed (profile);
    g_assert_true (adit_profile_check (profile, &toy, &unfit) == (unfit == NULL));
    return 0;
}
