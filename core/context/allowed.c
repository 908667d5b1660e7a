/* What a context's settings allow together: suites, groups and signature schemes, from its own lists or the defaults, as far
 * as the engine has them and the versions have a use for them. */
#include "context/context.h"

#include "error.h"
#include "registry/registry.h"

bool
otls__allows(const otls_engine *engine, const otls_settings *settings, otls_kind kind, uint16_t id)
{
	return engine->supports(kind, id) && otls__level_allows(otls__level(settings->level), kind, id);
}

otls_id_list
otls__list_in_force(const otls_id_list *own, otls_kind kind)
{
	static const struct {
		const uint16_t *ids;
		const size_t *count;
	} defaults[] = {
		[OTLS_KIND_SUITE] = { otls__default_suites, &otls__default_suite_count },
		[OTLS_KIND_GROUP] = { otls__default_groups, &otls__default_group_count },
		[OTLS_KIND_SCHEME] = { otls__default_schemes, &otls__default_scheme_count },
	};

	if (own->ids != NULL)
		return *own;
	return (otls_id_list){ .ids = (uint16_t *)(uintptr_t)defaults[kind].ids, .count = *defaults[kind].count };
}

/* == filling == */

/* What is allowed of a list; it is released with sealed. */
static otls_status
fill(const otls_sealed *sealed, otls_kind kind, const otls_id_list *own, uint16_t **to, size_t *to_count)
{
	otls_id_list list = otls__list_in_force(own, kind);

	*to_count = 0;
	if ((*to = otls__alloc(list.count * sizeof(**to))) == NULL)
		return otls__fail_memory();
	for (size_t i = 0; i < list.count; i++)
		if (otls__allows(sealed->engine, &sealed->settings, kind, list.ids[i]))
			(*to)[(*to_count)++] = list.ids[i];
	return OTLS_OK;
}

static bool
has_group_for(const otls_sealed *sealed, otls_kx kx)
{
	for (size_t i = 0; i < sealed->group_count; i++)
		if (otls__group_serves(sealed->groups[i], kx))
			return true;
	return false;
}

static bool
has_scheme_for(const otls_sealed *sealed, uint16_t version)
{
	for (size_t i = 0; i < sealed->scheme_count; i++)
		if (otls__scheme_serves(sealed->schemes[i], version))
			return true;
	return false;
}

/* Suites of TLS 1.3 are apart from those of TLS 1.2.  DHE can do without a group that has a name. */
static bool
suite_serves(const otls_sealed *sealed, const otls_cipher *cipher, uint16_t version)
{
	if ((cipher->kx == OTLS_KX_TLS13) != (version == OTLS_TLS1_3))
		return false;
	return cipher->kx == OTLS_KX_DHE || has_group_for(sealed, cipher->kx);
}

/* Appends those of a version, if it is in the range.  There is room. */
static void
add_suites(otls_sealed *sealed, uint16_t version, const otls_id_list *own)
{
	const otls_settings *settings = &sealed->settings;
	otls_id_list list = otls__list_in_force(own, OTLS_KIND_SUITE);

	if (version < settings->min_version || version > settings->max_version)
		return;
	for (size_t i = 0; i < list.count; i++)
		if (otls__allows(sealed->engine, settings, OTLS_KIND_SUITE, list.ids[i]) &&
		    suite_serves(sealed, otls_cipher_by_id(list.ids[i]), version))
			sealed->suites[sealed->suite_count++] = list.ids[i];
}

static otls_status
fill_suites(otls_sealed *sealed)
{
	const otls_settings *settings = &sealed->settings;
	size_t room = 2 * otls__default_suite_count + settings->suites.count + settings->suites13.count;

	if ((sealed->suites = otls__alloc(room * sizeof(*sealed->suites))) == NULL)
		return otls__fail_memory();
	add_suites(sealed, OTLS_TLS1_3, &settings->suites13);
	add_suites(sealed, OTLS_TLS1_2, &settings->suites);
	return OTLS_OK;
}

/* == nothing may be left without == */

static bool
has_suite_for(const otls_sealed *sealed, uint16_t version)
{
	for (size_t i = 0; i < sealed->suite_count; i++)
		if ((otls_cipher_by_id(sealed->suites[i])->kx == OTLS_KX_TLS13) == (version == OTLS_TLS1_3))
			return true;
	return false;
}

/* Each list has something in it, or its setter had refused it: what is missing here is in none of them, but in how they
 * go together. */
static otls_status
check_version(const otls_sealed *sealed, uint16_t version)
{
	const char *name = otls__version_name(version);

	if (version < sealed->settings.min_version || version > sealed->settings.max_version)
		return OTLS_OK;
	if (!has_group_for(sealed, version == OTLS_TLS1_3 ? OTLS_KX_TLS13 : OTLS_KX_ECDHE) &&
	    !has_suite_for(sealed, version))
		return otls__fail(OTLS_E_BAD_STATE,
		    "%s is served, and no group of the context's list can be used in it: name one, or leave it out",
		    name);
	if (!has_suite_for(sealed, version))
		return otls__fail(OTLS_E_BAD_STATE, "%s is served, and the context has no suite for it", name);
	if (!has_scheme_for(sealed, version))
		return otls__fail(OTLS_E_BAD_STATE,
		    "%s is served, and no signature scheme of the context's list can be used in it: name one, or leave "
		    "it out",
		    name);
	return OTLS_OK;
}

otls_status
otls__sealed_fill(otls_sealed *sealed)
{
	const otls_settings *settings = &sealed->settings;

	if (fill(sealed, OTLS_KIND_GROUP, &settings->groups, &sealed->groups, &sealed->group_count) != OTLS_OK ||
	    fill(sealed, OTLS_KIND_SCHEME, &settings->schemes, &sealed->schemes, &sealed->scheme_count) != OTLS_OK ||
	    fill_suites(sealed) != OTLS_OK)
		return OTLS_ERROR;
	if (check_version(sealed, OTLS_TLS1_3) != OTLS_OK)
		return OTLS_ERROR;
	return check_version(sealed, OTLS_TLS1_2);
}
