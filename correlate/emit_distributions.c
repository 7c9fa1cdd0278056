/* The rows of distributions.csv: a hop's delays and lengths, in bins. */
#include "correlate/emit.h"

#include "correlate/bins.h"
#include "correlate/results.h"

/* Where the rows go, and which hop and direction they are of. */
struct distributions {
	struct table_writer *w;
	char hop[PATH_TEXT_MAX];
	unsigned direction;
};

static void distributions_begin(const struct distributions *out, const char *kind, uint64_t packets)
{
	table_set_text(out->w, DISTRIBUTIONS_HOP, out->hop);
	table_set_text(out->w, DISTRIBUTIONS_DIRECTION, hop_direction_name(out->direction));
	table_set_text(out->w, DISTRIBUTIONS_KIND, kind);
	table_set_int(out->w, DISTRIBUTIONS_PACKETS, (int64_t)packets);
}

static enum status distributions_delay(const struct distributions *out,
				       const struct histogram *delay, struct error *err)
{
	uint64_t count[BINS_DELAY_EDGES + 1];
	int64_t edge_ns[BINS_DELAY_EDGES];
	enum status status = STATUS_OK;
	unsigned i;

	bins_delay_edges(edge_ns);
	histogram_bins(delay, edge_ns, BINS_DELAY_EDGES, count);
	for (i = 0; i <= BINS_DELAY_EDGES && !status; i++) {
		if (!count[i])
			continue;
		distributions_begin(out, "delay_us", count[i]);
		if (i > 0)
			table_set_int(out->w, DISTRIBUTIONS_FROM, edge_ns[i - 1]);
		if (i < BINS_DELAY_EDGES)
			table_set_int(out->w, DISTRIBUTIONS_TO, edge_ns[i]);
		status = table_row(out->w, err);
	}
	return status;
}

static enum status distributions_length(const struct distributions *out,
					const struct bins_lengths *lengths, struct error *err)
{
	struct bins_class class[BINS_LENGTHS];
	enum status status = STATUS_OK;
	unsigned i;

	bins_gather_lengths(lengths, class);
	for (i = 0; i < BINS_LENGTHS && !status; i++) {
		if (!class[i].packets)
			continue;
		distributions_begin(out, "length_bytes", class[i].packets);
		table_set_int(out->w, DISTRIBUTIONS_FROM_BYTES, bins_length_bytes[i]);
		if (i + 1 < BINS_LENGTHS)
			table_set_int(out->w, DISTRIBUTIONS_TO_BYTES,
				      (int64_t)bins_length_bytes[i + 1] - 1);
		table_set_int(out->w, DISTRIBUTIONS_DROPPED, (int64_t)class[i].dropped);
		status = table_row(out->w, err);
	}
	return status;
}

enum status emit_distributions(const struct verdicts *v, const struct judging *j,
			       struct store *store, uint32_t generation, struct error *err)
{
	struct distributions out;
	enum status status = table_begin(store, generation, &results_distributions, &out.w, err);
	uint32_t h;

	for (h = 0; h < v->hops && !status; h++) {
		emit_hop_name(j, h, out.hop, sizeof out.hop);
		for (out.direction = 0; out.direction < 2 && !status; out.direction++) {
			const struct hop_result *hop = &v->hop[h];

			if (j->hops->hop[h].known)
				status = distributions_delay(&out, hop->delay[out.direction], err);
			if (!status)
				status = distributions_length(&out, &hop->lengths[out.direction], err);
		}
	}
	if (!status)
		status = table_finish(&out.w, err);
	table_abort(&out.w);
	return status;
}
