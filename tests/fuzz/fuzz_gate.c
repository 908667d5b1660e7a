/* The gate, between a peer that sends anything and an engine that plays a recorded handshake.  The first byte chooses
 * the handshake, the second the size of the pieces, the third raw bytes or a sample with changes. */
#include "../unit/hello_samples.h"
#include "hello/gate.h"
#include "patch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define READY_MAX (65536 + 16384 + 512) /* the largest hello in records, and what followed it */

static const struct flow {
	otls_role role;
	const uint8_t *in, *out;
	size_t in_len, out_len;
	size_t first; /* bytes of out that go before the second answer */
} flows[] = {
#define FLOW(role, in, out, first)                                                                                     \
	{                                                                                                              \
		role, in, out, sizeof(in), sizeof(out), first                                                          \
	}
	FLOW(OTLS_ROLE_SERVER, openssl_tls13_client, openssl_tls13_server, 0),
	FLOW(OTLS_ROLE_SERVER, openssl_tls12_client, openssl_tls12_server, 0),
	FLOW(OTLS_ROLE_SERVER, openssl_retry_client, openssl_retry_server, 99),
	FLOW(OTLS_ROLE_SERVER, gnutls_retry_client, gnutls_retry_server, 99),
	FLOW(OTLS_ROLE_CLIENT, openssl_tls13_server, openssl_tls13_client, 339),
	FLOW(OTLS_ROLE_CLIENT, openssl_tls12_server, openssl_tls12_client, 339),
	FLOW(OTLS_ROLE_CLIENT, openssl_retry_server, openssl_retry_client, 323),
	FLOW(OTLS_ROLE_CLIENT, gnutls_tls12_server, gnutls_tls12_client, 235),
#undef FLOW
};

static const uint16_t suites[] = { 0x1301, 0x1302, 0xC02B, 0xC02C };

static otls_status
send_out(otls_gate *gate, const struct flow *flow, size_t *sent, size_t until)
{
	otls_status status = otls__gate_sent(gate, flow->out + *sent, until - *sent);

	*sent = until;
	return status;
}

/* What the engine takes, and what it then answers. */
static otls_status
engine(otls_gate *gate, const struct flow *flow, size_t *sent, size_t *taken)
{
	uint8_t buf[512];
	size_t len = 0;

	while ((len = otls__gate_take(gate, buf, sizeof(buf))) > 0)
		*taken += len;
	if (*sent < flow->first)
		return send_out(gate, flow, sent, flow->first);
	return *taken > 0 ? send_out(gate, flow, sent, flow->out_len) : OTLS_OK;
}

static otls_status
step(otls_gate *gate, otls_input *input, const struct flow *flow, size_t *sent, size_t *taken)
{
	otls_status status = otls__gate_pull(gate, input);

	if (status != OTLS_OK)
		return status;
	if (gate->ready.len > READY_MAX || gate->message.len > READY_MAX || gate->certificate.len > 131072)
		abort();
	if (gate->state == OTLS_GATE_HELLO && otls__gate_release(gate) != OTLS_OK)
		abort();
	return engine(gate, flow, sent, taken);
}

static void
play(const struct flow *flow, const uint8_t *bytes, size_t len, size_t piece)
{
	size_t sent = 0, taken = 0;
	otls_input input = { 0 };
	otls_status status = OTLS_OK;
	otls_gate gate;

	otls__gate_init(&gate, flow->role);
	gate.rules = (otls_gate_rules){
		.min_version = 0x0303, .max_version = 0x0304, .suites = suites, .suite_count = OTLS_COUNT(suites)
	};
	if (flow->role == OTLS_ROLE_CLIENT)
		status = engine(&gate, flow, &sent, &taken);
	for (size_t at = 0; at < len && status != OTLS_ERROR && gate.state != OTLS_GATE_OPEN; at += piece) {
		if (!otls__input_append(&input, bytes + at, len - at < piece ? len - at : piece))
			abort();
		do
			status = step(&gate, &input, flow, &sent, &taken);
		while (status == OTLS_OK && gate.state != OTLS_GATE_OPEN);
	}
	if ((status == OTLS_ERROR) != (gate.state == OTLS_GATE_REFUSED))
		abort();
	/* A frame for each 16 KiB and one for what followed a hello are all that may be added. */
	if (taken > len + 64)
		abort();
	otls__input_fini(&input);
	otls__gate_fini(&gate);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct flow *flow = NULL;
	uint8_t *bytes = NULL;

	if (size < 3)
		return 0;
	flow = &flows[data[0] % OTLS_COUNT(flows)];
	if (data[2] % 2 == 0) {
		play(flow, data + 3, size - 3, (size_t)data[1] + 1);
		return 0;
	}
	bytes = patched(flow->in, flow->in_len, data + 3, size - 3);
	play(flow, bytes, flow->in_len, (size_t)data[1] + 1);
	free(bytes);
	return 0;
}
