/* A listing of what a store holds, for people: one line for each capture. */
#ifndef CROSSTAP_COLLECT_LISTING_H
#define CROSSTAP_COLLECT_LISTING_H

#include <stdio.h>

#include "collect/error.h"

/* Writes a table of point, file, packets, first, last and SHA-256, aligned, with
 * the columns' names above it. */
enum status listing_write(const char *store_path, FILE *stream, struct error *err) MUST_CHECK;

#endif
