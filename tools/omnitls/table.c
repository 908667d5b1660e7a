#include "table.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GAP 2

void
table_column(struct table *table, const char *title, table_align align)
{
	size_t i = table->column_count++;

	assert(i < TABLE_COLUMNS);
	table->columns[i].title = title;
	table->columns[i].align = align;
	table->columns[i].width = title != NULL ? strlen(title) : 0;
}

/* == filling == */
static struct table_cell *
add_cell(struct table *table)
{
	if (table->cell_count == table->cell_cap) {
		size_t cap = table->cell_cap > 0 ? 2 * table->cell_cap : 64;
		struct table_cell *grown = realloc(table->cells, cap * sizeof(*grown));
		if (grown == NULL)
			return NULL;
		table->cells = grown;
		table->cell_cap = cap;
	}
	return &table->cells[table->cell_count];
}

static __attribute__((format(printf, 1, 0))) char *
format_text(const char *format, va_list args)
{
	char *text = NULL;
	va_list again;
	int len = 0;

	va_copy(again, args);
	len = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (len < 0 || (text = malloc((size_t)len + 1)) == NULL)
		return NULL;
	vsnprintf(text, (size_t)len + 1, format, args);
	for (char *c = text; *c != '\0'; c++)
		if (*c < 0x20 || *c > 0x7e)
			*c = '?';
	return text;
}

void
table_cell(struct table *table, text_style style, const char *format, ...)
{
	struct table_cell *cell = add_cell(table);
	size_t *width = &table->columns[table->cell_count % table->column_count].width;
	char *text = NULL;
	va_list args;

	va_start(args, format);
	if (cell != NULL)
		text = format_text(format, args);
	va_end(args);
	if (text == NULL) {
		table->failed = true;
		return;
	}
	*cell = (struct table_cell){ text, style };
	table->cell_count++;
	if (strlen(text) > *width)
		*width = strlen(text);
}

/* == printing == */
static void
print_blanks(size_t n)
{
	while (n-- > 0)
		putchar(' ');
}

static void
print_styled(const char *text, size_t len, text_style style)
{
	printf("%s%.*s%s", terminal_on(style), (int)len, text, terminal_off(style));
}

/* Where the last column begins. */
static size_t
last_column_start(const struct table *table)
{
	size_t start = table->indent;

	for (size_t i = 0; i + 1 < table->column_count; i++)
		start += table->columns[i].width + GAP;
	return start;
}

/* How much of the text fits into a line: up to a blank if there is one. */
static size_t
line_length(const char *text, size_t room)
{
	size_t len = strlen(text), end = room;

	if (len <= room)
		return len;
	while (end > 0 && text[end] != ' ')
		end--;
	return end > 0 ? end : room;
}

static void
print_wrapped(const struct table *table, const char *text, text_style style)
{
	size_t start = last_column_start(table), width = terminal_width();
	size_t room = width >= start + 16 ? width - start
					  : (size_t)-1; /* too narrow to be wrapped: the terminal's turn */
	size_t len = 0;

	for (;;) {
		len = line_length(text, room);
		print_styled(text, len, style);
		text += len;
		while (*text == ' ')
			text++;
		if (*text == '\0')
			return;
		putchar('\n');
		print_blanks(start);
	}
}

static void
print_cell(const struct table *table, size_t column, const char *text, text_style style)
{
	size_t padding = table->columns[column].width - strlen(text);
	bool last = column + 1 == table->column_count;

	if (table->columns[column].align == TABLE_RIGHT)
		print_blanks(padding);
	if (last) {
		print_wrapped(table, text, style);
		putchar('\n');
		return;
	}
	print_styled(text, strlen(text), style);
	if (table->columns[column].align == TABLE_LEFT)
		print_blanks(padding);
	print_blanks(GAP);
}

static void
print_titles(const struct table *table)
{
	print_blanks(table->indent);
	for (size_t i = 0; i < table->column_count; i++)
		print_cell(table, i, table->columns[i].title, STYLE_HEAD);
}

bool
table_finish(struct table *table)
{
	bool good = !table->failed;

	if (good && table->columns[0].title != NULL)
		print_titles(table);
	for (size_t i = 0; i < table->cell_count; i++) {
		if (good && i % table->column_count == 0)
			print_blanks(table->indent);
		if (good)
			print_cell(table, i % table->column_count, table->cells[i].text, table->cells[i].style);
		free(table->cells[i].text);
	}
	free(table->cells);
	*table = (struct table){ 0 };
	return good;
}
