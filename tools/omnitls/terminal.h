/* What standard output is: colours and width. */
#ifndef OTLS_TOOLS_TERMINAL_H
#define OTLS_TOOLS_TERMINAL_H

#include <stddef.h>

typedef enum text_style { STYLE_PLAIN, STYLE_HEAD, STYLE_DIM, STYLE_GOOD, STYLE_BAD } text_style;

/* What turns a style on, and what turns any off.  "" where there are to be no colours: standard output is not a
 * terminal or a dumb one, or NO_COLOR is set (https://no-color.org). */
const char *terminal_on(text_style style);
const char *terminal_off(text_style style);
/* Columns to stay within, at most 100; 0: no limit, for what reads a pipe or a file goes by lines. */
size_t terminal_width(void);

#endif
