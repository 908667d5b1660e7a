/* Text tables: columns as wide as their contents, two blanks between them.  The last one is wrapped where the
 * terminal ends. */
#ifndef OTLS_TOOLS_TABLE_H
#define OTLS_TOOLS_TABLE_H

#include "terminal.h"

#include <stdbool.h>
#include <stddef.h>

#define TABLE_COLUMNS 16

typedef enum table_align { TABLE_LEFT, TABLE_RIGHT } table_align;

struct table_cell {
	char *text;
	text_style style;
};

struct table {
	size_t indent;
	struct {
		const char *title; /* NULL for all of them: no line of titles */
		table_align align;
		size_t width;
	} columns[TABLE_COLUMNS];
	size_t column_count;
	struct table_cell *cells; /* row by row */
	size_t cell_count, cell_cap;
	bool failed; /* memory ran out */
};

/* The title is not copied.  Columns first, then cells. */
void table_column(struct table *table, const char *title, table_align align);
/* The next cell, of this row or of the next one.  All but printable ASCII becomes '?': text may come from a peer. */
void table_cell(struct table *table, text_style style, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Prints the table to standard output and releases it.  false: memory ran out. */
bool table_finish(struct table *table);

#endif
