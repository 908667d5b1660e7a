/* A context's security level: what it leaves of the lists, and of the own certificates. */
#include "context/context.h"

#include "error.h"
#include "registry/registry.h"
#include "x509/certificate.h"
#include "x509/judge.h"

otls_status
otls__level_check_leaf(int level, const otls_certificate *leaf)
{
	const char *why = "";

	if (otls__check_key(otls__level(level), &leaf->spki, &why) == OTLS_REASON_WEAK_KEY)
		return otls__fail(
		    OTLS_E_WEAK, "%s: %s; the security level is %d", otls_certificate_subject(leaf), why, level);
	return OTLS_OK;
}

/* Something must be left of each list, or of the default in its place. */
static otls_status
check_list(const otls_context *ctx, const otls_settings *trial, const char *function, otls_kind kind,
    const otls_id_list *own, const char *what)
{
	otls_id_list list = otls__list_in_force(own, kind);

	for (size_t i = 0; i < list.count; i++)
		if (otls__allows(ctx->engine, trial, kind, list.ids[i]))
			return OTLS_OK;
	if (own->ids != NULL)
		return otls__fail(OTLS_E_BAD_ARGUMENT,
		    "%s: security level %d allows none of the %s that were set; set other ones first", function,
		    trial->level, what);
	return otls__fail(OTLS_E_UNSUPPORTED, "%s: %s has no %s of security level %d", function, ctx->engine->library,
	    what, trial->level);
}

/* What the library would refuse although the level allows it. */
static otls_status
check_engine(const otls_engine *engine, const char *function, int level)
{
	unsigned rsa = otls__level(level)->rsa_bits;
	uint64_t floor = engine->limit(OTLS_LIMIT_RSA_BITS_MIN);

	if (floor > rsa)
		return otls__fail(OTLS_E_UNSUPPORTED,
		    "%s: %s takes no RSA key of fewer than %llu bits, and level %d does", function, engine->library,
		    (unsigned long long)floor, level);
	if (level == 0 && !engine->supports(OTLS_KIND_SCHEME, 0x0201))
		return otls__fail(
		    OTLS_E_UNSUPPORTED, "%s: %s checks no signature with SHA-1", function, engine->library);
	return OTLS_OK;
}

static otls_status
set_level(otls_context *ctx, const char *function, int level)
{
	otls_settings trial = ctx->settings; /* only looked at */

	trial.level = level;
	if (check_engine(ctx->engine, function, level) != OTLS_OK ||
	    check_list(ctx, &trial, function, OTLS_KIND_SUITE, &trial.suites, "suites of TLS 1.2") != OTLS_OK ||
	    check_list(ctx, &trial, function, OTLS_KIND_SUITE, &trial.suites13, "suites of TLS 1.3") != OTLS_OK ||
	    check_list(ctx, &trial, function, OTLS_KIND_GROUP, &trial.groups, "groups") != OTLS_OK ||
	    check_list(ctx, &trial, function, OTLS_KIND_SCHEME, &trial.schemes, "signature schemes") != OTLS_OK)
		return OTLS_ERROR;
	for (size_t i = 0; i < trial.identity_count; i++)
		if (otls__level_check_leaf(level, trial.identities[i]->chain[0]) != OTLS_OK)
			return OTLS_ERROR;
	ctx->settings.level = level;
	otls__context_changed(ctx);
	return OTLS_OK;
}

otls_status
otls_context_set_security_level(otls_context *ctx, int level)
{
	if (ctx == NULL)
		return otls__fail_null(__func__, "ctx");
	if (level == 0)
		return otls__fail(OTLS_E_BAD_ARGUMENT,
		    "%s: level 0 is set by otls_context_insecure_set_security_level_zero", __func__);
	if (level < 1 || level > OTLS_LEVEL_MAX)
		return otls__fail(
		    OTLS_E_BAD_ARGUMENT, "%s: %d is not between 1 and %d", __func__, level, OTLS_LEVEL_MAX);
	return set_level(ctx, __func__, level);
}

otls_status
otls_context_insecure_set_security_level_zero(otls_context *ctx)
{
	return ctx != NULL ? set_level(ctx, __func__, 0) : otls__fail_null(__func__, "ctx");
}

int
otls_context_security_level(const otls_context *ctx)
{
	return ctx != NULL ? ctx->settings.level : -1;
}
