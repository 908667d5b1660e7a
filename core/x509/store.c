/* Trust stores: certificates in the order in which they were added, found by their subjects through a hash table. */
#include "x509/store.h"

#include "error.h"
#include "x509/pem.h"
#include "x509/platform.h"
#include "x509/verify.h"

#include <time.h>

typedef struct entry {
	otls_certificate *cert;
	uint32_t hash; /* of its subject */
	uint32_t next; /* the next one of the bucket, counted from 1; 0: none */
} entry;

struct otls_store {
	atomic_uint refs;
	atomic_bool sealed;
	int64_t time; /* INT64_MIN: the clock's */
	uint64_t flags;
	entry *entries;
	size_t count, cap;
	otls_crl **crls;
	size_t crl_count, crl_cap;
	uint32_t *buckets; /* as many as cap, a power of two; the first entry of each, counted from 1; 0: none */
};

#define STORE_MIN  16
/* Every certificate is compared with those of its bucket, and every list with all: a file has room for so many that it
 * would take minutes.  Stores in use have a few of one name, and a list or two of each authority. */
#define BUCKET_MAX 1024
#define CRLS_MAX   16384

/* == the table == */

/* Entries of a bucket stay in the order of adding, so that searches always answer in that order.  Answers how many were in
 * it before. */
static size_t
link_entry(otls_store *store, size_t i)
{
	uint32_t *link = &store->buckets[store->entries[i].hash & (store->cap - 1)];
	size_t before = 0;

	for (; *link != 0; before++)
		link = &store->entries[*link - 1].next;
	store->entries[i].next = 0;
	*link = (uint32_t)i + 1;
	return before;
}

/* Makes room for more entries; on failure the store is as before. */
static otls_status
reserve(otls_store *store, size_t more)
{
	size_t cap = store->cap > 0 ? store->cap : STORE_MIN;
	uint32_t *buckets;
	entry *entries;

	while (cap < store->count + more)
		cap *= 2;
	if (cap == store->cap)
		return OTLS_OK;
	if ((buckets = otls__alloc(cap * sizeof(buckets[0]))) == NULL)
		return otls__fail_memory();
	if ((entries = otls__realloc(store->entries, cap * sizeof(entries[0]))) == NULL) {
		otls__free(buckets);
		return otls__fail_memory();
	}
	otls__free(store->buckets);
	store->buckets = buckets;
	store->entries = entries;
	store->cap = cap;
	for (size_t i = 0; i < store->count; i++)
		link_entry(store, i);
	return OTLS_OK;
}

static size_t
first_in_bucket(const otls_store *store, uint32_t hash)
{
	return store->cap > 0 ? store->buckets[hash & (store->cap - 1)] : 0;
}

const otls_certificate *
otls__store_find(const otls_store *store, otls_bytes name, size_t *cursor)
{
	uint32_t hash = otls__name_hash(name);
	size_t at = *cursor == 0 ? first_in_bucket(store, hash) : store->entries[*cursor - 1].next;
	const entry *it;

	for (; at != 0; at = it->next) {
		it = &store->entries[at - 1];
		if (it->hash == hash && otls__names_equal(it->cert->subject, name)) {
			*cursor = at;
			return it->cert;
		}
	}
	return NULL;
}

bool
otls__store_has(const otls_store *store, const otls_certificate *cert)
{
	otls_bytes der = otls__bytes(cert->der, cert->der_len);
	const otls_certificate *found;
	size_t cursor = 0;

	while ((found = otls__store_find(store, cert->subject, &cursor)) != NULL) {
		if (otls__bytes_equal(otls__bytes(found->der, found->der_len), der))
			return true;
	}
	return false;
}

/* Takes the last ones out again, each of which stands at the end of its bucket. */
static void
shorten(otls_store *store, size_t count)
{
	while (store->count > count) {
		size_t i = --store->count;
		uint32_t *link = &store->buckets[store->entries[i].hash & (store->cap - 1)];

		while (*link != (uint32_t)i + 1)
			link = &store->entries[*link - 1].next;
		*link = 0;
		otls_certificate_free(store->entries[i].cert);
	}
}

/* One of several, for which there is room.  Where it is too many, all that came behind the first before of the store are
 * taken out again. */
static otls_status
insert(otls_store *store, const otls_certificate *cert, size_t before)
{
	size_t i = store->count;

	if (otls__store_has(store, cert))
		return OTLS_OK;
	store->entries[i] = (entry){ .cert = otls_certificate_ref(cert), .hash = otls__name_hash(cert->subject) };
	store->count++;
	if (link_entry(store, i) < BUCKET_MAX)
		return OTLS_OK;
	shorten(store, before);
	return otls__fail(OTLS_E_LIMIT, "%s: more than %d trusted certificates of one name",
	    otls_certificate_subject(cert), BUCKET_MAX);
}

static otls_status
check_open(const otls_store *store, const char *function)
{
	if (store == NULL)
		return otls__fail_null(function, "store");
	if (atomic_load(&store->sealed))
		return otls__fail(OTLS_E_BAD_STATE, "%s: the store is in use and cannot be changed any more", function);
	return OTLS_OK;
}

/* All or none. */
static otls_status
insert_all(otls_store *store, const otls_certificate *const *certs, size_t count)
{
	otls_status status = reserve(store, count);
	size_t before = store->count;

	for (size_t i = 0; i < count && status == OTLS_OK; i++)
		status = insert(store, certs[i], before);
	return status;
}

/* == revocation lists == */

const otls_crl *
otls__store_find_crl(const otls_store *store, otls_bytes issuer, size_t *cursor)
{
	while (store != NULL && *cursor < store->crl_count) {
		const otls_crl *crl = store->crls[(*cursor)++];
		if (otls__names_equal(crl->issuer, issuer))
			return crl;
	}
	return NULL;
}

static bool
has_crl(const otls_store *store, const otls_crl *crl)
{
	otls_bytes der = otls__bytes(crl->der, crl->der_len);

	for (size_t i = 0; i < store->crl_count; i++) {
		if (otls__bytes_equal(otls__bytes(store->crls[i]->der, store->crls[i]->der_len), der))
			return true;
	}
	return false;
}

/* All or none. */
static otls_status
insert_crls(otls_store *store, otls_crl *const *crls, size_t count)
{
	size_t cap = store->crl_cap;
	otls_crl **grown;

	if (count > CRLS_MAX - store->crl_count)
		return otls__fail(OTLS_E_LIMIT, "more than %d revocation lists in a store", CRLS_MAX);
	while (cap < store->crl_count + count)
		cap = cap == 0 ? STORE_MIN : 2 * cap;
	if (cap > store->crl_cap) {
		if ((grown = otls__realloc(store->crls, cap * sizeof(grown[0]))) == NULL)
			return otls__fail_memory();
		store->crls = grown;
		store->crl_cap = cap;
	}
	for (size_t i = 0; i < count; i++) {
		if (!has_crl(store, crls[i]))
			store->crls[store->crl_count++] = otls__crl_ref(crls[i]);
	}
	return OTLS_OK;
}

/* == inside core == */

void
otls__store_seal(otls_store *store)
{
	atomic_store(&store->sealed, true);
}

int64_t
otls__store_time(const otls_store *store)
{
	return store != NULL && store->time != INT64_MIN ? store->time : (int64_t)time(NULL);
}

uint64_t
otls__store_flags(const otls_store *store)
{
	return store != NULL ? store->flags : 0;
}

size_t
otls__store_count(const otls_store *store)
{
	return store->count;
}

static otls_status
merge(otls_store *store, const otls_store *from)
{
	otls_status status = reserve(store, from->count);
	size_t before = store->count;

	for (size_t i = 0; i < from->count && status == OTLS_OK; i++)
		status = insert(store, from->entries[i].cert, before);
	if (status != OTLS_OK || insert_crls(store, from->crls, from->crl_count) == OTLS_OK)
		return status;
	shorten(store, before);
	return OTLS_ERROR;
}

otls_status
otls__store_copy(const otls_store *store, otls_store **copy)
{
	if (otls_store_new(copy) != OTLS_OK)
		return OTLS_ERROR;
	if (merge(*copy, store) != OTLS_OK) {
		otls_store_free(*copy);
		*copy = NULL;
		return OTLS_ERROR;
	}
	(*copy)->time = store->time;
	(*copy)->flags = store->flags;
	return OTLS_OK;
}

/* == public == */

otls_status
otls_store_new(otls_store **store)
{
	if (store == NULL)
		return otls__fail_null(__func__, "store");
	if ((*store = otls__alloc(sizeof(**store))) == NULL)
		return otls__fail_memory();
	atomic_init(&(*store)->refs, 1);
	(*store)->time = INT64_MIN;
	return OTLS_OK;
}

otls_store *
otls_store_ref(otls_store *store)
{
	if (store != NULL)
		atomic_fetch_add_explicit(&store->refs, 1, memory_order_relaxed);
	return store;
}

void
otls_store_free(otls_store *store)
{
	if (store == NULL || atomic_fetch_sub_explicit(&store->refs, 1, memory_order_acq_rel) != 1)
		return;
	for (size_t i = 0; i < store->count; i++)
		otls_certificate_free(store->entries[i].cert);
	otls__crls_free(store->crls, store->crl_count);
	otls__free(store->entries);
	otls__free(store->buckets);
	otls__free(store);
}

otls_status
otls_store_add_certificate(otls_store *store, const otls_certificate *cert)
{
	if (check_open(store, __func__) != OTLS_OK)
		return OTLS_ERROR;
	if (cert == NULL)
		return otls__fail_null(__func__, "cert");
	return insert_all(store, &cert, 1);
}

static otls_status
add_text(otls_store *store, otls_bytes text, const char *where)
{
	otls_certificate **certs = NULL;
	size_t count = 0;
	otls_status status;

	if (otls__pem_certificates_by(text, where, OTLS_PEM_ANCHORS, &certs, &count) != OTLS_OK)
		return OTLS_ERROR;
	status = insert_all(store, (const otls_certificate *const *)certs, count);
	otls__certificates_free(certs, count);
	return status;
}

/* What is in a text: certificates or revocation lists. */
typedef otls_status (*add_fn)(otls_store *store, otls_bytes text, const char *where);

static otls_status
add_file(otls_store *store, const char *path, add_fn add)
{
	uint8_t *data = NULL;
	size_t len = 0;
	otls_status status;

	if (otls__read_file(path, OTLS_PEM_FILE_MAX, &data, &len) != OTLS_OK)
		return OTLS_ERROR;
	status = add(store, otls__bytes(data, len), path);
	otls__free_secret(data, len);
	return status;
}

otls_status
otls_store_add_pem(otls_store *store, const void *pem, size_t len)
{
	if (check_open(store, __func__) != OTLS_OK)
		return OTLS_ERROR;
	if (pem == NULL)
		return otls__fail_null(__func__, "pem");
	return add_text(store, otls__bytes(pem, len), "trusted certificates");
}

otls_status
otls_store_add_file(otls_store *store, const char *path)
{
	if (check_open(store, __func__) != OTLS_OK)
		return OTLS_ERROR;
	return path == NULL ? otls__fail_null(__func__, "path") : add_file(store, path, add_text);
}

otls_status
otls_store_add_directory(otls_store *store, const char *path)
{
	otls_store *found = NULL;
	otls_error before = *otls_error_last(); /* what is passed over is no failure of this call */
	otls_status status = OTLS_ERROR;

	if (check_open(store, __func__) != OTLS_OK)
		return OTLS_ERROR;
	if (path == NULL)
		return otls__fail_null(__func__, "path");
	if (otls_store_new(&found) == OTLS_OK && otls__collect_directory(found, path) == OTLS_OK &&
	    merge(store, found) == OTLS_OK) {
		*otls__error_thread() = before;
		status = OTLS_OK;
	}
	otls_store_free(found);
	return status;
}

otls_status
otls_store_add_platform(otls_store *store)
{
	otls_store *platform = NULL;
	otls_status status;

	if (check_open(store, __func__) != OTLS_OK || otls__platform_store(&platform) != OTLS_OK)
		return OTLS_ERROR;
	status = merge(store, platform);
	otls_store_free(platform);
	return status;
}

static otls_status
add_crl_text(otls_store *store, otls_bytes text, const char *where)
{
	otls_crl **crls = NULL;
	size_t count = 0;
	otls_status status;

	if (otls__crls_read(text, where, &crls, &count) != OTLS_OK)
		return OTLS_ERROR;
	status = insert_crls(store, crls, count);
	otls__crls_free(crls, count);
	return status;
}

otls_status
otls_store_add_crl(otls_store *store, const void *data, size_t len)
{
	if (check_open(store, __func__) != OTLS_OK)
		return OTLS_ERROR;
	if (data == NULL)
		return otls__fail_null(__func__, "data");
	return add_crl_text(store, otls__bytes(data, len), "revocation lists");
}

otls_status
otls_store_add_crl_file(otls_store *store, const char *path)
{
	if (check_open(store, __func__) != OTLS_OK)
		return OTLS_ERROR;
	return path == NULL ? otls__fail_null(__func__, "path") : add_file(store, path, add_crl_text);
}

otls_status
otls_store_set_time(otls_store *store, int64_t unix_seconds)
{
	if (check_open(store, __func__) != OTLS_OK)
		return OTLS_ERROR;
	store->time = unix_seconds;
	return OTLS_OK;
}

otls_status
otls_store_set_flags(otls_store *store, uint64_t flags)
{
	if (check_open(store, __func__) != OTLS_OK)
		return OTLS_ERROR;
	if ((flags & ~OTLS_PATH_FLAGS) != 0)
		return otls__fail(OTLS_E_UNSUPPORTED, "%s: flags 0x%llx are a context's", __func__,
		    (unsigned long long)(flags & ~OTLS_PATH_FLAGS));
	store->flags = flags;
	return OTLS_OK;
}

const otls_certificate *
otls_store_certificate_at(const otls_store *store, size_t i)
{
	return store != NULL && i < store->count ? store->entries[i].cert : NULL;
}

/* == what is in it == */

/* Adds the digest of one item to the sum, as little-endian numbers: the order of items does not matter. */
static bool
add_digest(const otls_engine *engine, otls_bytes item, uint8_t sum[32])
{
	otls_report report = otls__report();
	uint8_t digest[OTLS_HASH_MAX];
	unsigned carry = 0;
	size_t len;

	if (engine->hash(OTLS_HASH_SHA256, &item, 1, digest, &len, &report) != OTLS_OK)
		return false;
	for (size_t i = 0; i < 32; i++) {
		carry += (unsigned)sum[i] + digest[i];
		sum[i] = (uint8_t)carry;
		carry >>= 8;
	}
	return true;
}

bool
otls__store_digest(const otls_store *store, const otls_engine *engine, uint8_t digest[32])
{
	memset(digest, 0, 32);
	for (size_t i = 0; i < store->count; i++) {
		const otls_certificate *cert = store->entries[i].cert;
		if (!add_digest(engine, otls__bytes(cert->der, cert->der_len), digest))
			return false;
	}
	for (size_t i = 0; i < store->crl_count; i++)
		if (!add_digest(engine, store->crls[i]->tbs, digest))
			return false;
	return true;
}
