/* What a capture's row says, as a store of aliases holds it. */
#include "collect/holding.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define SUFFIX_MAX 8 /* bytes of ".pcapng" and the like */

static void text_alias(const struct alias *alias, enum alias_kind kind, const char *prefix,
		       char *text, size_t room)
{
	char digits[ALIAS_NAME_DIGITS];

	if (!*text)
		return;
	alias_name(alias, kind, text, strlen(text), digits);
	snprintf(text, room, "%s%.*s", prefix, ALIAS_NAME_DIGITS, digits);
}

/* ".pcap", ".pcap.gz": short words of letters and digits that begin with a letter, two at most; what else
 * stands behind a dot may be anything. "" where there are none. */
static const char *file_suffix(const char *file)
{
	const char *end = file + strlen(file), *suffix = end, *at = end;
	int words = 0;

	while (at > file && words < 2) {
		at--;
		if (*at == '.') {
			if (at == file || !isalpha((unsigned char)at[1]))
				break;
			suffix = at;
			words++;
		} else if (!isalnum((unsigned char)*at) || end - at > 2 * SUFFIX_MAX ||
			   suffix - at > SUFFIX_MAX) {
			break;
		}
	}
	return suffix;
}

/* The suffixes that captures have; "host.example" has none of them. */
static bool suffix_is_known(const char *suffix, size_t bytes)
{
	static const char *const known[] = {".pcap", ".pcapng", ".cap", ".dump", ".ntar", ".erf",
					    ".tsh", ".gz", ".bz2", ".xz", ".zst", ".lz4"};
	size_t i;

	for (i = 0; i < sizeof known / sizeof *known; i++)
		if (strlen(known[i]) == bytes && strncmp(known[i], suffix, bytes) == 0)
			return true;
	return false;
}

void holding_file(const struct alias *alias, const char *file, char *name, size_t room)
{
	const char *suffix = file_suffix(file), *dot = strrchr(suffix, '.');
	char digits[ALIAS_NAME_DIGITS];

	if (dot && !suffix_is_known(dot, strlen(dot)))
		suffix = dot = "";
	if (dot && dot != suffix && !suffix_is_known(suffix, (size_t)(dot - suffix)))
		suffix = dot;
	alias_name(alias, ALIAS_FILE, file, strlen(file), digits);
	snprintf(name, room, "capture-%.*s%s", ALIAS_NAME_DIGITS, digits, suffix);
}

/* An interface's number and a VLAN's name nobody; what is else behind the @ may. */
static void interface_alias(const struct alias *alias, struct capture *capture)
{
	char *text = capture->interface;
	uint8_t mac[ALIAS_MAC_BYTES];

	if (!*text || !text[strspn(text, "0123456789")] || strncmp(text, "vlan:", 5) == 0)
		return;
	if (strncmp(text, "mac:", 4) == 0 &&
	    sscanf(text + 4, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx", &mac[0], &mac[1], &mac[2],
		   &mac[3], &mac[4], &mac[5]) == ALIAS_MAC_BYTES) {
		alias_mac(alias, mac);
		snprintf(text, sizeof capture->interface, "mac:%02x:%02x:%02x:%02x:%02x:%02x", mac[0],
			 mac[1], mac[2], mac[3], mac[4], mac[5]);
		return;
	}
	text_alias(alias, ALIAS_INTERFACE, "interface-", text, sizeof capture->interface);
}

void holding_row(const struct holding *holding, struct capture *capture)
{
	char name[CAPTURE_FILE_MAX];

	if (!holding->alias)
		return;
	if (strcmp(capture->file, "-") != 0) {
		holding_file(holding->alias, capture->file, name, sizeof name);
		memcpy(capture->file, name, sizeof capture->file);
	}
	memset(capture->path, 0, sizeof capture->path);
	interface_alias(holding->alias, capture);
	text_alias(holding->alias, ALIAS_FILTER, "filter-", capture->filter, sizeof capture->filter);
}
