/* Emit: the rows of hops, balance, drops, injected, delays, distributions, changes and run.
 */
#ifndef CROSSTAP_CORRELATE_EMIT_H
#define CROSSTAP_CORRELATE_EMIT_H

#include "collect/error.h"
#include "collect/store.h"
#include "correlate/cause.h"
#include "correlate/correlate.h"
#include "correlate/policy.h"
#include "correlate/story.h"
#include "correlate/verdict.h"

/* "fw-in>fw-out", cut to room. */
void emit_hop_name(const struct judging *judging, uint32_t hop, char *name, size_t room);
/* "SYN ACK", in the order of RFC 9293's header, and so on. Room for 40. */
void emit_tcp_flags(uint16_t flags, char *text, size_t room);
const char *emit_proto(uint8_t proto, char number[4]);

enum status emit_hops(const struct verdicts *verdicts, const struct judging *judging,
		      struct store *store, uint32_t generation, struct error *err) MUST_CHECK;
enum status emit_balance(const struct verdicts *verdicts, const struct judging *judging,
			 struct store *store, uint32_t generation, struct error *err) MUST_CHECK;
enum status emit_packets(const struct verdicts *verdicts, const struct judging *judging,
			 const struct causes *causes, enum verdict verdict, struct store *store,
			 uint32_t generation, struct error *err) MUST_CHECK;
enum status emit_delays(const struct verdicts *verdicts, const struct judging *judging,
			struct store *store, uint32_t generation, struct error *err) MUST_CHECK;
enum status emit_distributions(const struct verdicts *verdicts, const struct judging *judging,
			       struct store *store, uint32_t generation,
			       struct error *err) MUST_CHECK;
enum status emit_changes(const struct verdicts *verdicts, const struct judging *judging,
			 struct store *store, uint32_t generation, struct error *err) MUST_CHECK;

/* What run.csv tells besides the options. */
struct emit_run_source {
	const struct correlate_options *options;
	const struct policy *policy; /* NULL: none was given */
	const struct judging *judging;
	const struct verdicts *verdicts;
	const struct stories *stories;
	const struct clock *clock;  /* by point: hops_clocks() */
	uint64_t findings_gathered; /* that have no row of their own */
};
enum status emit_run(const struct emit_run_source *source, struct store *store,
		     uint32_t generation, struct error *err) MUST_CHECK;

#endif
