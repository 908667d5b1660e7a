/* Who the clients of this process's servers were that hold tickets: what a library puts into a ticket says too little of
 * them, or nothing.  A ticket is known by its SHA-256; the table is a ring, in which the oldest makes room. */
#include "session/session.h"

#include <pthread.h>

#define RECORDS_MAX 8192
#define BUCKETS     4096 /* a power of two */
#define BYTES_MAX   ((size_t)32 << 20)
#define DIGEST_LEN  32

typedef struct record {
	uint8_t ticket[DIGEST_LEN];
	int64_t expires;
	uint8_t *chain;
	size_t len;
	uint32_t next; /* in its bucket, counted from 1; 0: none */
} record;

static struct {
	pthread_mutex_t lock;
	record *ring; /* made when the first comes */
	size_t oldest, count, bytes;
	uint32_t buckets[BUCKETS];
} table = { .lock = PTHREAD_MUTEX_INITIALIZER };

static uint32_t *
bucket_of(const uint8_t ticket[DIGEST_LEN])
{
	return &table.buckets[otls__get16(ticket) & (BUCKETS - 1)];
}

static bool
digest_of(const otls_engine *engine, otls_bytes ticket, uint8_t digest[DIGEST_LEN])
{
	otls_report report = { .code = OTLS_E_BACKEND };
	uint8_t full[OTLS_HASH_MAX];
	size_t len;

	if (ticket.len == 0 || engine->hash(OTLS_HASH_SHA256, &ticket, 1, full, &len, &report) != OTLS_OK)
		return false;
	memcpy(digest, full, DIGEST_LEN);
	return true;
}

static void
drop_oldest(void)
{
	record *oldest = &table.ring[table.oldest];
	uint32_t *link = bucket_of(oldest->ticket);

	while (*link != table.oldest + 1)
		link = &table.ring[*link - 1].next;
	*link = oldest->next;
	otls__free(oldest->chain);
	table.bytes -= oldest->len;
	*oldest = (record){ 0 };
	table.oldest = (table.oldest + 1) % RECORDS_MAX;
	table.count--;
}

static bool
make_room(size_t len)
{
	if (table.ring == NULL && (table.ring = otls__alloc(RECORDS_MAX * sizeof(*table.ring))) == NULL)
		return false;
	while (table.count == RECORDS_MAX || (table.count > 0 && table.bytes + len > BYTES_MAX))
		drop_oldest();
	return true;
}

void
otls__record_add(const otls_engine *engine, otls_bytes ticket, const otls_bytes *chain, size_t count, int64_t expires)
{
	record new = { .expires = expires, .len = otls__chain_size(chain, count) };
	uint32_t *link;
	size_t at;

	if (!digest_of(engine, ticket, new.ticket) || (new.chain = otls__alloc(new.len + 1)) == NULL)
		return;
	otls__chain_write(chain, count, new.chain);
	pthread_mutex_lock(&table.lock);
	if (make_room(new.len)) {
		at = (table.oldest + table.count) % RECORDS_MAX;
		link = bucket_of(new.ticket);
		new.next = *link;
		*link = (uint32_t)at + 1;
		table.ring[at] = new;
		table.count++;
		table.bytes += new.len;
		new.chain = NULL;
	}
	pthread_mutex_unlock(&table.lock);
	otls__free(new.chain);
}

static const record *
find(const uint8_t ticket[DIGEST_LEN])
{
	for (uint32_t at = *bucket_of(ticket); at != 0; at = table.ring[at - 1].next)
		if (memcmp(table.ring[at - 1].ticket, ticket, DIGEST_LEN) == 0)
			return &table.ring[at - 1];
	return NULL;
}

bool
otls__record_find(const otls_engine *engine, otls_bytes ticket, int64_t now, otls_buffer *chain)
{
	uint8_t digest[DIGEST_LEN];
	const record *found;
	bool there = false;

	if (!digest_of(engine, ticket, digest))
		return false;
	pthread_mutex_lock(&table.lock);
	found = find(digest);
	if (found != NULL && found->expires > now)
		there = otls__buffer_append(chain, found->chain, found->len);
	pthread_mutex_unlock(&table.lock);
	return there;
}

void
otls__records_clear(void)
{
	pthread_mutex_lock(&table.lock);
	while (table.count > 0)
		drop_oldest();
	otls__free(table.ring);
	table.ring = NULL;
	table.oldest = 0;
	pthread_mutex_unlock(&table.lock);
}
