/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* table.c - rows with aligned columns. */
#include "ui-cli/table.h"
#include <unistd.h>

enum { COLUMNS_MAX = 8, GAP = 2, NARROWEST = 24 };

typedef struct {
    CliStyle style;
    char    *cells[COLUMNS_MAX];
    guint    n;
} Row;

struct CliTable {
    GPtrArray *rows;
};

static void
row_free (gpointer data)
{
    Row *row = data;

    for (guint i = 0; i < row->n; i++)
        g_free (row->cells[i]);
    g_free (row);
}

CliTable *
cli_table_new (void)
{
    CliTable *table = g_new0 (CliTable, 1);

    table->rows = g_ptr_array_new_with_free_func (row_free);
    return table;
}

void
cli_table_free (CliTable *table)
{
    g_ptr_array_unref (table->rows);
    g_free (table);
}

void
cli_table_add (CliTable *table, CliStyle style, ...)
{
    Row        *row = g_new0 (Row, 1);
    const char *cell;
    va_list     cells;

    row->style = style;
    va_start (cells, style);
    while ((cell = va_arg (cells, const char *)) && row->n < COLUMNS_MAX)
        row->cells[row->n++] = cli_clean (cell);
    va_end (cells);
    g_ptr_array_add (table->rows, row);
}

static void
measure (const CliTable *table, guint *widths)
{
    for (guint i = 0; i < table->rows->len; i++) {
        const Row *row = g_ptr_array_index (table->rows, i);

        for (guint c = 0; c + 1 < row->n; c++)
            widths[c] = MAX (widths[c], cli_width (row->cells[c]));
    }
}

static void
print_last (const char *text, guint at)
{
    guint columns = cli_columns ();

    if (isatty (STDOUT_FILENO) && columns > at + NARROWEST) {
        g_autofree char *lines = cli_wrap (text, columns, at);

        puts (lines);
    } else
        puts (text);
}

static void
print_row (const Row *row, const guint *widths)
{
    guint at = 0;

    for (guint c = 0; c + 1 < row->n; c++) {
        guint pad = widths[c] + GAP - cli_width (row->cells[c]);

        printf ("%s%s%s%*s", c ? "" : cli_on (stdout, row->style), row->cells[c],
                c ? "" : cli_off (stdout), (int) pad, "");
        at += widths[c] + GAP;
    }
    print_last (row->n ? row->cells[row->n - 1] : "", at);
}

void
cli_table_print (const CliTable *table)
{
    guint widths[COLUMNS_MAX] = { 0 };

    measure (table, widths);
    for (guint i = 0; i < table->rows->len; i++)
        print_row (g_ptr_array_index (table->rows, i), widths);
}
