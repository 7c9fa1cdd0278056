/* Is a store whole? Every page and every value of it is read, and what must agree is compared.
 *
 * Nothing is changed, and others may write meanwhile: what is looked at is one state of the store.
 */
#ifndef CROSSTAP_COLLECT_STORE_VERIFY_H
#define CROSSTAP_COLLECT_STORE_VERIFY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "collect/error.h"

struct store_verify_options {
	FILE *stream;                 /* a line for each check */
	bool quiet;                   /* only for those that found faults */
	/* A fault: file, what, and why. Text as it is in files: to be made harmless. */
	void (*say)(void *context, const char *text);
	void *context;
};

/* STATUS_INPUT: there were faults, and each was said, or *err says why it cannot be looked at at all. */
enum status store_verify(const char *path, const struct store_verify_options *options,
			 struct error *err) MUST_CHECK;

#endif
