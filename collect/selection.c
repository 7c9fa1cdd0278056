#include "collect/selection.h"

#include <errno.h>
#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collect/filter.h"

#define SELECTION_LINKTYPE_SLL2 276u
#define SELECTION_LISTED_MAX 32 /* interfaces named in an error */
#define SELECTION_YEAR_MIN 1970
#define SELECTION_YEAR_MAX 2261 /* the last whole year of int64 ns */
#define SELECTION_EPOCH_MAX INT64_C(9214646400) /* 2262-01-01 */
#define NS_PER_S INT64_C(1000000000)

/* ---- operands ---- */

static bool selection_exists(const char *path)
{
	return strcmp(path, "-") == 0 || access(path, F_OK) == 0;
}

static bool selection_is_pattern(const char *path)
{
	return !selection_exists(path) && strpbrk(path, "*?[");
}

static enum status selection_add(struct selection_file *file, const char *path,
				 const char *interface, struct error *err)
{
	file->path = strdup(path);
	file->interface = strdup(interface);
	if (!file->path || !file->interface)
		return error_errno(err, ENOMEM, "%s", path);
	return STATUS_OK;
}

/* The files of a pattern, or the pattern itself when there are none. */
static enum status selection_expand(const char *path, const char *interface,
				    struct selection_file **files, uint32_t *count,
				    struct error *err)
{
	enum status status = STATUS_OK;
	size_t i, found = 0;
	glob_t matches;

	if (selection_is_pattern(path) && glob(path, 0, NULL, &matches) == 0)
		found = matches.gl_pathc;
	*files = calloc(found ? found : 1, sizeof **files);
	*count = 0;
	if (!*files)
		status = error_errno(err, ENOMEM, "%s", path);
	else if (!found)
		status = selection_add(&(*files)[(*count)++], path, interface, err);
	for (i = 0; i < found && !status; i++)
		status = selection_add(&(*files)[(*count)++], matches.gl_pathv[i], interface, err);
	if (found)
		globfree(&matches);
	if (status) {
		selection_files_free(*files, *count);
		*files = NULL;
	}
	return status;
}

enum status selection_files(const char *operand, struct selection_file **files, uint32_t *count,
			    struct error *err)
{
	const char *at = strrchr(operand, '@');
	char text[SELECTION_LINK_TEXT_MAX], *path;
	struct selection_link link;
	enum status status;

	if (!at || at == operand || selection_exists(operand))
		return selection_expand(operand, "", files, count, err);
	if (!at[1])
		return error_set(err, STATUS_USAGE, "%s: no interface behind the @", operand);
	status = selection_link_read(&link, at + 1, operand, err);
	if (status)
		return status;
	selection_link_write(&link, text);
	path = strndup(operand, (size_t)(at - operand));
	if (!path)
		return error_errno(err, ENOMEM, "%s", operand);
	status = selection_expand(path, link.by ? text : at + 1, files, count, err);
	free(path);
	return status;
}

void selection_files_free(struct selection_file *files, uint32_t count)
{
	uint32_t i;

	for (i = 0; files && i < count; i++) {
		free(files[i].path);
		free(files[i].interface);
	}
	free(files);
}

/* ---- time ---- */

/* `digits` decimal digits; *text moves behind them. False when others stand there. */
static bool selection_digits(const char **text, int digits, int64_t *value)
{
	*value = 0;
	for (; digits > 0; digits--, (*text)++) {
		if (**text < '0' || **text > '9')
			return false;
		*value = *value * 10 + (**text - '0');
	}
	return true;
}

/* ".5" as 500,000,000 ns; digits behind the ninth do not count. */
static bool selection_fraction(const char **text, int64_t *ns)
{
	int64_t scale = NS_PER_S / 10;

	*ns = 0;
	if (**text != '.' && **text != ',')
		return true;
	(*text)++;
	if (**text < '0' || **text > '9')
		return false;
	for (; **text >= '0' && **text <= '9'; (*text)++, scale /= 10)
		*ns += (**text - '0') * scale;
	return true;
}

static bool selection_epoch(const char *text, int64_t *time_ns)
{
	int64_t seconds = 0, ns;

	if (*text < '0' || *text > '9')
		return false;
	for (; *text >= '0' && *text <= '9' && seconds < SELECTION_EPOCH_MAX; text++)
		seconds = seconds * 10 + (*text - '0');
	if (!selection_fraction(&text, &ns) || *text || seconds >= SELECTION_EPOCH_MAX)
		return false;
	*time_ns = seconds * NS_PER_S + ns;
	return true;
}

/* Days from 1970-01-01 in the Gregorian calendar; false when there is no such day. */
static bool selection_days(int64_t year, int64_t month, int64_t day, int64_t *days)
{
	static const uint8_t length[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	int64_t before = year - 1, m;

	if (year < SELECTION_YEAR_MIN || year > SELECTION_YEAR_MAX || month < 1 || month > 12 ||
	    day < 1 || day > length[month - 1] + (leap && month == 2))
		return false;
	*days = before * 365 + before / 4 - before / 100 + before / 400 - 719162 + day - 1;
	for (m = 1; m < month; m++)
		*days += length[m - 1] + (leap && m == 2);
	return true;
}

/* "Z", "+02:00", "+0200", "+02" or nothing: seconds to take off. */
static bool selection_zone(const char **text, int64_t *seconds)
{
	int64_t hours, minutes = 0, sign;

	*seconds = 0;
	if (**text == 'Z' || **text == 'z') {
		(*text)++;
		return true;
	}
	if (**text != '+' && **text != '-')
		return true;
	sign = *(*text)++ == '-' ? -1 : 1;
	if (!selection_digits(text, 2, &hours))
		return false;
	if (**text == ':')
		(*text)++;
	if (**text && !selection_digits(text, 2, &minutes))
		return false;
	*seconds = sign * (hours * 3600 + minutes * 60);
	return hours < 24 && minutes < 60;
}

static bool selection_iso(const char *text, int64_t *time_ns)
{
	int64_t year, month, day, days, hour = 0, minute = 0, second = 0, ns = 0, zone_s;

	if (!selection_digits(&text, 4, &year) || *text++ != '-' ||
	    !selection_digits(&text, 2, &month) || *text++ != '-' ||
	    !selection_digits(&text, 2, &day) || !selection_days(year, month, day, &days))
		return false;
	if (*text == 'T' || *text == 't' || *text == ' ') {
		text++;
		if (!selection_digits(&text, 2, &hour) || *text++ != ':' ||
		    !selection_digits(&text, 2, &minute))
			return false;
		if (*text == ':' && (text++, !selection_digits(&text, 2, &second) ||
						     !selection_fraction(&text, &ns)))
			return false;
	}
	if (!selection_zone(&text, &zone_s) || *text || hour > 23 || minute > 59 || second > 60)
		return false;
	*time_ns = (days * 86400 + hour * 3600 + minute * 60 + second - zone_s) * NS_PER_S + ns;
	return true;
}

enum status selection_time(const char *text, int64_t *time_ns, struct error *err)
{
	if (selection_epoch(text, time_ns) || selection_iso(text, time_ns))
		return STATUS_OK;
	return error_set(err, STATUS_USAGE,
			 "\"%s\" is no time: write 2024-05-01T12:00:00Z or seconds since 1970",
			 text);
}

/* ---- at work ---- */

struct selector {
	const struct selection *selection;
	const struct source *source;
	struct filter *filter;
	struct selection_link link;       /* what decides instead of the interface */
	struct selection_link_seen links; /* what was there, for the error */
	bool by_number;      /* the interface wanted may be a number... */
	uint32_t number;     /* ...this one */
	bool found;          /* some interface is the one wanted */
	int8_t *wants;       /* by the source's interface: -1 not known yet */
	uint32_t wants_room;
	uint32_t seen[SELECTION_LISTED_MAX]; /* SLL2 indices that were there, for the error */
	uint32_t seen_count;
};

static bool selection_number(const char *text, uint32_t *number)
{
	uint64_t value = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		value = value * 10 + (uint64_t)(*text - '0');
		if (value > UINT32_MAX)
			return false;
	}
	*number = (uint32_t)value;
	return true;
}

enum status selector_open(struct selector **out, const struct selection *selection,
			  const struct source *source, pthread_mutex_t *compiling,
			  struct error *err)
{
	struct selector *s = calloc(1, sizeof *s);
	enum status status;

	*out = s;
	if (!s)
		return error_errno(err, ENOMEM, "selection");
	s->selection = selection;
	s->source = source;
	s->by_number = selection_number(selection->interface, &s->number);
	status = selection_link_read(&s->link, selection->interface, selection->interface, err);
	if (!status && *selection->filter &&
	    filter_open(&s->filter, selection->filter, compiling, err) != STATUS_OK)
		status = STATUS_SYSTEM;
	if (status)
		selector_close(out);
	return status;
}

/* By its name, or by its number where that is what is wanted. An SLL2 capture
 * has one interface in the file and tells the real ones packet by packet. */
static bool selector_matches(const struct selector *s, uint32_t index)
{
	const struct source_interface *interface = source_interface(s->source, index);

	if (!interface)
		return false;
	if (*interface->name && strcmp(interface->name, s->selection->interface) == 0)
		return true;
	return s->by_number && s->number == index &&
	       interface->linktype != SELECTION_LINKTYPE_SLL2;
}

static bool selector_wants_index(struct selector *s, uint32_t index)
{
	if (index >= s->wants_room) {
		uint32_t room = index < 8 ? 16 : 2 * index;
		int8_t *grown = realloc(s->wants, room);

		if (!grown)
			return selector_matches(s, index);
		memset(grown + s->wants_room, -1, room - s->wants_room);
		s->wants = grown;
		s->wants_room = room;
	}
	if (s->wants[index] < 0)
		s->wants[index] = selector_matches(s, index);
	return s->wants[index];
}

static void selector_see(struct selector *s, uint32_t ifindex)
{
	uint32_t i;

	for (i = 0; i < s->seen_count; i++)
		if (s->seen[i] == ifindex)
			return;
	if (s->seen_count < SELECTION_LISTED_MAX)
		s->seen[s->seen_count++] = ifindex;
}

static bool selector_belongs_link(struct selector *s, const struct packet *packet)
{
	bool wanted = selection_link_takes(&s->link, packet->link, packet->link_bytes);

	if (!s->found && !wanted)
		selection_link_see(&s->links, &s->link, packet->link, packet->link_bytes);
	s->found = s->found || wanted;
	return wanted;
}

static bool selector_belongs(struct selector *s, const struct frame *frame,
			     const struct packet *packet)
{
	uint32_t ifindex = packet->ifindex;
	bool wanted;

	if (s->link.by)
		return selector_belongs_link(s, packet);
	wanted = selector_wants_index(s, frame->interface);

	if (!wanted && frame->linktype == SELECTION_LINKTYPE_SLL2) {
		wanted = s->by_number && s->number == ifindex;
		if (!s->found && !wanted)
			selector_see(s, ifindex);
	}
	s->found = s->found || wanted;
	return wanted;
}

enum status selector_judge(struct selector *s, const struct frame *frame,
			   const struct packet *packet, enum selection_verdict *verdict,
			   struct error *err)
{
	bool takes = true;

	*verdict = SELECTION_FOREIGN;
	if (*s->selection->interface && !selector_belongs(s, frame, packet))
		return STATUS_OK;
	*verdict = SELECTION_FILTERED;
	if (frame->time_ns < s->selection->start_ns || frame->time_ns >= s->selection->end_ns)
		return STATUS_OK;
	if (s->filter) {
		enum status status = filter_takes(s->filter, frame, &takes, err);

		if (status)
			return status;
	}
	*verdict = takes ? SELECTION_TAKEN : SELECTION_FILTERED;
	return STATUS_OK;
}

bool selector_wants(struct selector *s, uint32_t index)
{
	const struct source_interface *interface = source_interface(s->source, index);

	return !*s->selection->interface || s->link.by || selector_wants_index(s, index) ||
	       (interface && interface->linktype == SELECTION_LINKTYPE_SLL2);
}

bool selector_shares_losses(const struct selector *s)
{
	return s->link.by != SELECTION_BY_INTERFACE;
}

/* "eth0, eth1, 2" - as the interface can be given. */
static void selector_list(const struct selector *s, char *out, size_t room)
{
	uint32_t count = source_info(s->source)->interfaces, i, listed = 0;
	size_t n = 0;

	out[0] = '\0';
	for (i = 0; i < count && listed < SELECTION_LISTED_MAX && n < room; i++) {
		const struct source_interface *interface = source_interface(s->source, i);

		if (interface->linktype == SELECTION_LINKTYPE_SLL2 && !*interface->name)
			continue;
		n += (size_t)snprintf(out + n, room - n, "%s%" PRIu32 "%s%s%s",
				      listed++ ? ", " : "", i, *interface->name ? " (" : "",
				      interface->name, *interface->name ? ")" : "");
	}
	for (i = 0; i < s->seen_count && n < room; i++)
		n += (size_t)snprintf(out + n, room - n, "%s%" PRIu32, listed++ ? ", " : "",
				      s->seen[i]);
}

enum status selector_check(const struct selector *s, const char *path, struct error *err)
{
	uint32_t count = source_info(s->source)->interfaces, i;
	char list[ERROR_TEXT_MAX / 2];

	if (!*s->selection->interface || s->found)
		return STATUS_OK;
	if (s->link.by && !s->links.frames)
		return STATUS_OK; /* a capture without packets */
	if (s->link.by) {
		selection_link_list(&s->links, &s->link, list, sizeof list);
		return error_set(err, STATUS_INPUT, "%s: no frame of %s; there are: %s", path,
				 s->selection->interface, *list ? list : "none");
	}
	for (i = 0; i < count; i++)
		if (selector_matches(s, i))
			return STATUS_OK; /* an interface without packets */
	selector_list(s, list, sizeof list);
	return error_set(err, STATUS_INPUT, "%s: no interface %s; there are: %s", path,
			 s->selection->interface, *list ? list : "none");
}

void selector_close(struct selector **selector)
{
	if (!*selector)
		return;
	filter_close(&(*selector)->filter);
	free((*selector)->wants);
	free(*selector);
	*selector = NULL;
}
