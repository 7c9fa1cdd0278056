/* --filter: any expression is a query whose nodes join earlier ones, or has a place where it is wrong. */
#include "report/query.h"
#include "tests/fuzz/fuzz.h"

static void query_check(const struct query *query, size_t bytes)
{
	FUZZ_HOLDS(query->nodes && query->nodes <= QUERY_NODES_MAX && query->hops <= QUERY_HOPS_MAX);
	for (uint32_t i = 0; i < query->nodes; i++) {
		const struct query_node *node = &query->node[i];

		FUZZ_HOLDS(node->kind <= QUERY_NUMBER && node->offset <= bytes);
		if (node->kind <= QUERY_NOT)
			FUZZ_HOLDS(node->left < i && (node->kind == QUERY_NOT || node->right < i));
		if (node->kind == QUERY_ADDRESS)
			FUZZ_HOLDS((node->address_bytes == 4 || node->address_bytes == 16) &&
				   node->prefix_bits <= 8 * node->address_bytes);
	}
	for (uint32_t i = 0; i < query->hops; i++)
		FUZZ_HOLDS(query->hop[i] < query->nodes && query->node[query->hop[i]].kind == QUERY_HOP);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct fuzz in = {bytes, size};
	struct query_fault fault = {0};
	struct query *query = NULL;
	struct error err = {0};
	char *text = fuzz_text(&in), *caret;

	if (!query_parse(&query, text, &fault, &err)) {
		query_check(query, strlen(text));
	} else {
		FUZZ_HOLDS(!query && err.status == STATUS_USAGE && fault.text[0] && fault.offset <= strlen(text));
		caret = query_caret(text, fault.offset);
		FUZZ_HOLDS(caret && strlen(caret) < 8192);
		free(caret);
	}
	query_free(&query);
	free(text);
	return 0;
}
