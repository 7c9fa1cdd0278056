#include "collect/column_code.h"

#include <string.h>

#include "collect/column_bits.h"

#define CODE_ROWS_LEAST 64u
#define CODE_TABLE_MOST (1u << COLUMN_TABLE_BITS)
#define CODE_SLOTS (4 * CODE_TABLE_MOST)
#define CODE_SAMPLE 32u       /* values looked at first */
#define CODE_SAMPLE_FEW 16u   /* different ones among these that promise a table */

static int64_t code_value(const void *values, size_t element_bytes, uint32_t row)
{
	switch (element_bytes) {
	case 1:
		return ((const uint8_t *)values)[row];
	case 2:
		return ((const uint16_t *)values)[row];
	case 4:
		return ((const uint32_t *)values)[row];
	default:
		return ((const int64_t *)values)[row];
	}
}

/* ---- what it may be ---- */

struct code_promise {
	bool table, sparse;
	int64_t often; /* the value seen most often */
};

/* `bits`: what a value takes as it is. The others, and a bit a row, must be less by a quarter. */
static struct code_promise code_look(const void *values, size_t element_bytes, uint32_t rows,
				     unsigned bits)
{
	struct code_promise promise = {false, false, 0};
	int64_t sample[CODE_SAMPLE];
	uint32_t i, k, different = 0, most = 0;

	for (i = 0; i < CODE_SAMPLE; i++) {
		uint32_t equal = 0;
		bool seen = false;

		/* at odd distances: packets have periods, too */
		sample[i] = code_value(values, element_bytes,
				       (uint32_t)((uint64_t)i * (rows - 1) / CODE_SAMPLE));
		for (k = 0; k < i; k++) {
			equal += sample[k] == sample[i];
			seen |= sample[k] == sample[i];
		}
		different += !seen;
		if (equal >= most) {
			most = equal;
			promise.often = sample[i];
		}
	}
	promise.table = different <= CODE_SAMPLE_FEW;
	promise.sparse = most + 1 >= CODE_SAMPLE / 4 + CODE_SAMPLE * 5 / 4 / bits;
	return promise;
}

/* ---- a table ---- */

struct code_table {
	uint32_t count;
	int64_t value[CODE_TABLE_MOST];
	int64_t key[CODE_SLOTS];
	uint16_t slot[CODE_SLOTS]; /* number + 1; 0: empty */
	uint8_t code[COLUMN_CODED_ROWS];
};

/* The number of a value that is seen for the first time; false: there are too many of them. */
static __attribute__((noinline)) bool table_add(struct code_table *t, int64_t value, uint32_t at)
{
	if (t->count == CODE_TABLE_MOST)
		return false;
	t->value[t->count++] = value;
	t->key[at] = value;
	t->slot[at] = (uint16_t)t->count;
	return true;
}

#define TABLE_FILL(type)                                                                           \
	static bool table_fill_##type(struct code_table *t, const type *values, uint32_t rows)     \
	{                                                                                          \
		uint32_t i, at;                                                                    \
		for (i = 0; i < rows; i++) {                                                       \
			int64_t value = (int64_t)values[i];                                        \
			at = ((uint64_t)value * UINT64_C(0x9e3779b97f4a7c15) >> 40) % CODE_SLOTS;  \
			while (t->key[at] != value || !t->slot[at]) {                              \
				if (!t->slot[at] && !table_add(t, value, at))                      \
					return false;                                              \
				at = t->key[at] == value ? at : (at + 1) % CODE_SLOTS;             \
			}                                                                          \
			t->code[i] = (uint8_t)(t->slot[at] - 1);                                   \
		}                                                                                  \
		return true;                                                                       \
	}
TABLE_FILL(uint8_t)
TABLE_FILL(uint16_t)
TABLE_FILL(uint32_t)
TABLE_FILL(int64_t)

static bool table_fill(struct code_table *t, const void *values, size_t element_bytes, uint32_t rows)
{
	t->count = 0;
	memset(t->slot, 0, sizeof t->slot);
	memset(t->key, 0, sizeof t->key);
	switch (element_bytes) {
	case 1:
		return table_fill_uint8_t(t, values, rows);
	case 2:
		return table_fill_uint16_t(t, values, rows);
	case 4:
		return table_fill_uint32_t(t, values, rows);
	default:
		return table_fill_int64_t(t, values, rows);
	}
}

static unsigned table_bits(const struct code_table *t)
{
	return t->count > 2 ? column_bits_for(t->count - 1) : 1;
}

static size_t table_bytes(uint32_t rows, unsigned bits)
{
	return COLUMN_HEADER_BYTES + ((size_t)8 << bits) + column_packed_bytes(rows, bits);
}

/* Behind the last of them the table has zeros, so that every code is in it. */
static size_t table_put(uint8_t *out, const struct code_table *t, uint32_t rows)
{
	unsigned bits = table_bits(t);
	size_t size = table_bytes(rows, bits);

	memset(out, 0, size);
	column_put_head(out, COLUMN_TABLE, bits, rows, 0);
	memcpy(out + COLUMN_HEADER_BYTES, t->value, t->count * sizeof *t->value);
	column_store(out + COLUMN_HEADER_BYTES + ((size_t)8 << bits), t->code, 1, rows, 0, bits);
	return size;
}

/* ---- sparse ---- */

#define SPARSE_WORDS_MOST (COLUMN_CODED_ROWS / 64)

struct code_sparse {
	int64_t often, least;
	uint32_t count;
	unsigned bits;
	uint64_t word[SPARSE_WORDS_MOST];
	uint16_t before[SPARSE_WORDS_MOST];
	int64_t other[COLUMN_CODED_ROWS + 1]; /* one place more: what is none is written, too */
};

static uint32_t sparse_words(uint32_t rows)
{
	return (rows + 63) / 64;
}

static size_t sparse_before_bytes(uint32_t rows)
{
	return (sparse_words(rows) * sizeof(uint16_t) + 7) / 8 * 8;
}

static size_t sparse_bytes(uint32_t rows, uint32_t others, unsigned bits)
{
	return COLUMN_HEADER_BYTES + 8 + (size_t)sparse_words(rows) * 8 + sparse_before_bytes(rows) +
	       column_packed_bytes(others, bits);
}

/* Which rows are others, and these. */
#define SPARSE_GATHER(type)                                                                        \
	static void sparse_gather_##type(struct code_sparse *s, const type *values, uint32_t rows) \
	{                                                                                          \
		uint32_t count = 0, i, w;                                                          \
		uint64_t word, other;                                                              \
		for (w = 0; w < sparse_words(rows); w++) {                                         \
			s->before[w] = (uint16_t)count;                                            \
			word = 0;                                                                  \
			for (i = w * 64; i < rows && i < w * 64 + 64; i++) {                       \
				other = (int64_t)values[i] != s->often;                            \
				word |= other << i % 64;                                           \
				s->other[count] = (int64_t)values[i];                              \
				count += (uint32_t)other;                                          \
			}                                                                          \
			s->word[w] = word;                                                         \
		}                                                                                  \
		s->count = count;                                                                  \
	}
SPARSE_GATHER(uint8_t)
SPARSE_GATHER(uint16_t)
SPARSE_GATHER(uint32_t)
SPARSE_GATHER(int64_t)

static void sparse_fill(struct code_sparse *s, int64_t often, const void *values,
			size_t element_bytes, uint32_t rows)
{
	int64_t least = INT64_MAX, greatest = INT64_MIN;
	uint32_t i;

	s->often = often;
	switch (element_bytes) {
	case 1:
		sparse_gather_uint8_t(s, values, rows);
		break;
	case 2:
		sparse_gather_uint16_t(s, values, rows);
		break;
	case 4:
		sparse_gather_uint32_t(s, values, rows);
		break;
	default:
		sparse_gather_int64_t(s, values, rows);
		break;
	}
	for (i = 0; i < s->count; i++) {
		least = s->other[i] < least ? s->other[i] : least;
		greatest = s->other[i] > greatest ? s->other[i] : greatest;
	}
	s->bits = s->count ? column_bits_for((uint64_t)greatest - (uint64_t)least) : 0;
	s->least = s->bits == 64 || !s->count ? 0 : least;
}

static size_t sparse_put(uint8_t *out, const struct code_sparse *s, uint32_t rows)
{
	size_t size = sparse_bytes(rows, s->count, s->bits), words = sparse_words(rows);
	uint8_t *at = out + COLUMN_HEADER_BYTES;

	memset(out, 0, size);
	column_put_head(out, COLUMN_SPARSE, s->bits, rows, s->often);
	memcpy(at, &s->least, 8);
	memcpy(at + 8, s->word, words * 8);
	memcpy(at + 8 + words * 8, s->before, words * sizeof *s->before);
	column_store(at + 8 + words * 8 + sparse_before_bytes(rows), s->other, 8, s->count,
		     (uint64_t)s->least, s->bits);
	return size;
}

/* ---- both ---- */

size_t column_code(uint8_t *out, const void *values, size_t element_bytes, uint32_t rows,
		   unsigned bits)
{
	struct code_promise promise;
	struct code_sparse sparse;
	struct code_table table;
	size_t most = column_packed_bytes(rows, bits) / 4 * 3;

	if (rows < CODE_ROWS_LEAST || rows > COLUMN_CODED_ROWS)
		return 0;
	promise = code_look(values, element_bytes, rows, bits);
	/* A table first: it is the faster to read. */
	if (promise.table && table_fill(&table, values, element_bytes, rows) &&
	    table_bytes(rows, table_bits(&table)) <= most)
		return table_put(out, &table, rows);
	if (!promise.sparse)
		return 0;
	sparse_fill(&sparse, promise.often, values, element_bytes, rows);
	return sparse_bytes(rows, sparse.count, sparse.bits) <= most ? sparse_put(out, &sparse, rows) : 0;
}

/* ---- reading ---- */

static uint32_t sparse_before(const struct column *column, uint32_t word)
{
	uint16_t before;

	memcpy(&before, column->more + (size_t)sparse_words(column->rows) * 8 + 2 * (size_t)word,
	       sizeof before);
	return before;
}

uint64_t column_sparse_word(const struct column *column, uint32_t word)
{
	uint64_t v;

	memcpy(&v, column->more + (size_t)word * 8, sizeof v);
	return v;
}

int64_t column_sparse_base(const struct column *column)
{
	int64_t base;

	memcpy(&base, column->more - 8, sizeof base);
	return base;
}

/* Not every processor that this runs on has an instruction for it. */
static inline uint32_t sparse_ones(uint64_t word)
{
	word -= word >> 1 & UINT64_C(0x5555555555555555);
	word = (word & UINT64_C(0x3333333333333333)) + (word >> 2 & UINT64_C(0x3333333333333333));
	word = (word + (word >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
	return (uint32_t)(word * UINT64_C(0x0101010101010101) >> 56);
}

uint32_t column_sparse_rank(const struct column *column, uint32_t row, bool *other)
{
	uint64_t word = column_sparse_word(column, row / 64);

	*other = word >> row % 64 & 1;
	return sparse_before(column, row / 64) +
	       sparse_ones(word & ((UINT64_C(1) << row % 64) - 1));
}

/* How many others there are; false where what lies in front of the words is wrong. */
static bool sparse_count(const struct column *column, uint32_t *count)
{
	uint32_t words = sparse_words(column->rows), w;
	uint64_t word = 0;

	*count = 0;
	for (w = 0; w < words; w++) {
		word = column_sparse_word(column, w);
		if (sparse_before(column, w) != *count)
			return false;
		*count += sparse_ones(word);
	}
	return column->rows % 64 == 0 || word >> column->rows % 64 == 0;
}

int64_t column_get_seldom(const struct column *column, uint32_t row)
{
	uint32_t rank;
	bool other;

	if (column->form == COLUMN_RAMP)
		return (int64_t)((uint64_t)column->base + row);
	rank = column_sparse_rank(column, row, &other);
	if (!other)
		return column->base;
	return (int64_t)((uint64_t)column_sparse_base(column) + column_packed(column, rank));
}

bool column_code_open(struct column *column, const uint8_t *bytes, size_t size, size_t *used)
{
	uint32_t rows = column->rows, others;
	size_t head;

	if (rows < CODE_ROWS_LEAST || rows > COLUMN_CODED_ROWS)
		return false;
	if (column->form == COLUMN_TABLE) {
		if (!column->bits || column->bits > COLUMN_TABLE_BITS)
			return false;
		column->more = bytes + COLUMN_HEADER_BYTES;
		column->data = column->more + ((size_t)8 << column->bits);
		*used = table_bytes(rows, column->bits);
		return *used <= size;
	}
	column->more = bytes + COLUMN_HEADER_BYTES + 8;
	head = sparse_bytes(rows, 0, 0);
	if (head > size || !sparse_count(column, &others))
		return false;
	if (column->bits)
		column->data = bytes + head;
	*used = sparse_bytes(rows, others, column->bits);
	return *used <= size;
}
