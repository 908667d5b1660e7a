/* Lists of names: "X25519:?X25519MLKEM768:0x0017".  What a name stands for is for the caller to say. */
#include "registry/registry.h"

#include "error.h"

#define SEPARATORS ":, ;"
#define NAME_SHOWN 60 /* bytes of a name that a message shows */

static int
digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "0x001d": as the registry writes it, with four digits. */
static bool
is_number(otls_bytes word, uint16_t *id)
{
	*id = 0;
	if (word.len != 6 || word.data[0] != '0' || (word.data[1] | 0x20) != 'x')
		return false;
	for (size_t i = 2; i < word.len; i++) {
		if (digit(word.data[i]) < 0)
			return false;
		*id = (uint16_t)(*id << 4 | digit(word.data[i]));
	}
	return true;
}

static void
add(uint16_t *ids, size_t *count, uint16_t id)
{
	for (size_t i = 0; i < *count; i++)
		if (ids[i] == id)
			return;
	ids[(*count)++] = id;
}

/* One name, without or with the mark of what may be missing. */
static otls_status
take(const otls_name_list *list, otls_bytes word, uint16_t *ids, size_t *count)
{
	bool optional = word.data[0] == '?';
	otls_bytes name = optional ? otls__bytes(word.data + 1, word.len - 1) : word;
	uint16_t found[OTLS_WORD_IDS_MAX];
	size_t n = is_number(name, &found[0]) ? 1 : list->find(name, found);

	for (size_t i = 0; i < n; i++)
		add(ids, count, found[i]);
	if (n > 0 || (optional && name.len > 0))
		return OTLS_OK;
	return otls__fail(OTLS_E_BAD_ARGUMENT, "%s: no %s is called \"%.*s\"", list->function, list->what,
	    (int)(name.len < NAME_SHOWN ? name.len : NAME_SHOWN), (const char *)name.data);
}

otls_status
otls__names_resolve(const otls_name_list *list, uint16_t **ids, size_t *count)
{
	const char *text = list->text;
	otls_status status = OTLS_OK;

	*count = 0;
	if ((*ids = otls__alloc((strlen(text) + 1) * OTLS_WORD_IDS_MAX * sizeof(**ids))) == NULL)
		return otls__fail_memory();
	for (text += strspn(text, SEPARATORS); *text != '\0' && status == OTLS_OK; text += strspn(text, SEPARATORS)) {
		size_t len = strcspn(text, SEPARATORS);

		status = take(list, otls__bytes(text, len), *ids, count);
		text += len;
	}
	if (status == OTLS_OK && *count > 0)
		return OTLS_OK;
	otls__free(*ids);
	*ids = NULL;
	*count = 0;
	return status == OTLS_OK ? otls__fail(OTLS_E_BAD_ARGUMENT, "%s: no %s is named in \"%.200s\"", list->function,
				       list->what, list->text)
				 : status;
}
