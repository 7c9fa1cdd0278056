#include "correlate/change_book.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/dictionary.h"
#include "collect/link.h"

enum { OPTION_END = 0, OPTION_NOP = 1, OPTION_SACK = 5, OPTION_TIMESTAMPS = 8 };
enum { BOOK_STAMPED = 1, BOOK_SACKED = 2 };

struct change_book {
	const struct view *view;
	struct dictionary *options, *roads;
	uint32_t *first_option;      /* of each capture's entries in `option`, captures + 1 of them */
	uint32_t *option;            /* number of each entry of each capture */
	uint8_t *holds;              /* of each number: BOOK_STAMPED | BOOK_SACKED */
	uint32_t first_link[VIEW_POINTS_MAX];
	uint32_t *road;              /* of each link of each point */
	struct change_macs *macs;
	bool used[VIEW_POINTS_MAX][RECORD_COLUMNS];
};

static enum status book_memory(struct error *err)
{
	return error_errno(err, ENOMEM, "changes");
}

/* A dictionary's number as the book's: what found no room in it equals nothing. */
static uint32_t book_number(uint32_t number)
{
	return number == DICTIONARY_OTHER ? CHANGE_UNKNOWN : number;
}

/* ---- TCP options ---- */

bool change_option_next(const uint8_t *options, size_t size, size_t *at,
			struct change_option *option, bool *whole)
{
	while (*at < size && options[*at] == OPTION_NOP)
		++*at;
	*whole = *at == size || options[*at] == OPTION_END;
	if (*whole || size - *at < 2 || options[*at + 1] < 2 || options[*at + 1] > size - *at)
		return false;
	*option = (struct change_option){options[*at], options[*at + 1], options + *at};
	*at += option->bytes;
	return true;
}

static uint8_t book_holds(const uint8_t *options, size_t size)
{
	struct change_option option;
	uint8_t holds = 0;
	size_t at = 0;
	bool whole;

	while (change_option_next(options, size, &at, &option, &whole)) {
		holds |= option.kind == OPTION_TIMESTAMPS ? BOOK_STAMPED : 0;
		holds |= option.kind == OPTION_SACK ? BOOK_SACKED : 0;
	}
	return holds;
}

static enum status book_load_options(struct change_book *book, uint32_t capture,
				     struct error *err)
{
	uint32_t first = book->first_option[capture], size, i;
	struct capture_entries entries;
	enum status status;
	uint32_t *grown;

	status = capture_entries_open(book->view->txn, &book->view->capture[capture],
				      CAPTURE_OPTIONS, &entries, err);
	if (status)
		return status;
	grown = realloc(book->option, ((size_t)first + entries.count + 1) * sizeof *grown);
	if (!grown)
		status = book_memory(err);
	else
		book->option = grown;
	for (i = 0; i < entries.count && !status; i++) {
		const uint8_t *bytes = capture_entry(&entries, i, &size);

		grown[first + i] = CHANGE_UNKNOWN;
		if (i == DICTIONARY_OTHER)
			continue;
		status = dictionary_number(book->options, bytes, size, &grown[first + i], err);
		grown[first + i] = book_number(grown[first + i]);
	}
	book->first_option[capture + 1] = first + entries.count;
	capture_entries_close(&entries);
	return status;
}

static enum status book_options(struct change_book *book, struct error *err)
{
	static const uint8_t none[1];
	enum status status = dictionary_open(&book->options, book->view->seed, err);
	uint32_t zero, i;
	size_t size;

	book->first_option = calloc((size_t)book->view->captures + 1, sizeof *book->first_option);
	if (!status && !book->first_option)
		status = book_memory(err);
	if (!status) /* so that 0 means no options */
		status = dictionary_number(book->options, none, 0, &zero, err);
	for (i = 0; i < book->view->captures && !status; i++)
		status = book_load_options(book, i, err);
	if (status)
		return status;
	book->holds = calloc((size_t)dictionary_entries(book->options) + 1, 1);
	if (!book->holds)
		return book_memory(err);
	for (i = 0; i < dictionary_entries(book->options) && i < DICTIONARY_OTHER; i++) {
		const uint8_t *bytes = dictionary_entry(book->options, i, &size);

		book->holds[i] = book_holds(bytes, size);
	}
	return STATUS_OK;
}

/* ---- links ---- */

/* What of a link description is the way to the innermost packet, and not the place. */
static size_t book_road_bytes(const uint8_t *link, size_t size, uint8_t *road)
{
	size_t at = 0, from = 0, n = 0, value_bytes;
	const uint8_t *value;
	enum link_item item;

	while ((item = link_next(link, size, &at, &value, &value_bytes)) != 0) {
		if (item != LINK_ITEM_TYPE && item != LINK_ITEM_MACS &&
		    item != LINK_ITEM_COOKED && item != LINK_ITEM_IFINDEX) {
			memcpy(road + n, link + from, at - from);
			n += at - from;
		}
		from = at;
	}
	return n;
}

static struct change_macs book_macs(const uint8_t *link, size_t size)
{
	struct change_macs macs = {.has_dst = false};
	size_t at = 0, value_bytes;
	const uint8_t *value;
	enum link_item item;

	while ((item = link_next(link, size, &at, &value, &value_bytes)) != 0) {
		if (item != LINK_ITEM_MACS && (item != LINK_ITEM_COOKED || value[1] != 6))
			continue;
		macs.has_src = true;
		macs.has_dst = item == LINK_ITEM_MACS;
		if (macs.has_dst)
			memcpy(macs.dst, value, 6);
		memcpy(macs.src, macs.has_dst ? value + 6 : value + 2, 6);
		break;
	}
	return macs;
}

static enum status book_links(struct change_book *book, struct error *err)
{
	const struct view *view = book->view;
	enum status status = dictionary_open(&book->roads, view->seed, err);
	uint8_t bytes[PACKET_LINK_MAX];
	uint32_t p, i, n, links = 0;

	for (p = 0; p < view->points; p++) {
		book->first_link[p] = links;
		links += view->point[p].links;
	}
	book->road = calloc((size_t)links + 1, sizeof *book->road);
	book->macs = calloc((size_t)links + 1, sizeof *book->macs);
	if (!status && (!book->road || !book->macs))
		status = book_memory(err);
	if (!status) /* so that 0 means no road */
		status = dictionary_number(book->roads, bytes, 0, &n, err);
	for (p = 0; p < view->points; p++)
		for (i = 0; i < view->point[p].links && !status; i++) {
			const uint8_t *link = view->point[p].link + (size_t)i * VIEW_LINK_BYTES;
			uint32_t at = book->first_link[p] + i;

			status = dictionary_number(book->roads, bytes,
						   book_road_bytes(link + 1, link[0], bytes), &n,
						   err);
			/* What found no room in its capture's dictionary is no description. */
			book->road[at] = link[0] && link[1] == LINK_ITEM_TYPE ? book_number(n)
									      : CHANGE_UNKNOWN;
			book->macs[at] = book_macs(link + 1, link[0]);
		}
	return status;
}

/* ---- columns ---- */

static void book_uses(struct change_book *book)
{
	const struct view *view = book->view;
	uint32_t p, b;
	int c;

	for (p = 0; p < view->points; p++)
		for (b = 0; b < view->point[p].blocks; b++)
			for (c = 0; c < RECORD_COLUMNS; c++) {
				const struct column *column = &view->point[p].block[b].chunk.column[c];

				book->used[p][c] |= column->base || !column_is_same(column);
			}
}

bool change_book_uses(const struct change_book *book, uint32_t point, enum record_column column)
{
	return book->used[point][column];
}

/* ---- all ---- */

enum status change_book_open(struct change_book **out, const struct view *view, struct error *err)
{
	struct change_book *book = calloc(1, sizeof *book);
	enum status status;

	*out = book;
	if (!book)
		return book_memory(err);
	book->view = view;
	status = book_options(book, err);
	if (!status)
		status = book_links(book, err);
	if (!status)
		book_uses(book);
	else
		change_book_close(out);
	return status;
}

void change_book_close(struct change_book **book)
{
	if (!*book)
		return;
	dictionary_close(&(*book)->options);
	dictionary_close(&(*book)->roads);
	free((*book)->first_option);
	free((*book)->option);
	free((*book)->holds);
	free((*book)->road);
	free((*book)->macs);
	free(*book);
	*book = NULL;
}

/* ---- looking up ---- */

const uint32_t *change_book_options(const struct change_book *book, uint32_t capture,
				    uint32_t *count)
{
	*count = book->first_option[capture + 1] - book->first_option[capture];
	return book->option + book->first_option[capture];
}

uint32_t change_book_first_link(const struct change_book *book, uint32_t point, uint32_t block)
{
	return book->first_link[point] + book->view->point[point].block[block].link_base;
}

uint32_t change_book_road(const struct change_book *book, uint32_t link)
{
	return book->road[link];
}

const struct change_macs *change_book_macs(const struct change_book *book, uint32_t link)
{
	return &book->macs[link];
}

bool change_book_stamped(const struct change_book *book, uint32_t options)
{
	return options != CHANGE_UNKNOWN && book->holds[options] & BOOK_STAMPED;
}

bool change_book_sacked(const struct change_book *book, uint32_t options)
{
	return options != CHANGE_UNKNOWN && book->holds[options] & BOOK_SACKED;
}

const uint8_t *change_book_option_bytes(const struct change_book *book, uint32_t options,
					size_t *size)
{
	return dictionary_entry(book->options, options, size);
}

const uint8_t *change_book_road_bytes(const struct change_book *book, uint32_t road, size_t *size)
{
	return dictionary_entry(book->roads, road, size);
}
