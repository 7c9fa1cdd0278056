/* ERF and TSH captures, which libtrace reads, in a child process.
 *
 * libtrace ends its process by assert() on bytes that it does not expect, so it
 * works in a process of its own: this program once more, with a hidden option.
 * The source's bytes (hashed, unpacked) are fed to it through one pipe, record
 * by record and only such records as it can read; frames come back through another.
 * A child that dies is a damage behind the last frame that it gave.
 *
 * Hence every program that opens sources must begin its main() with
 *
 *	if (argc > 1 && strcmp(argv[1], ERF_CHILD_OPTION) == 0)
 *		return erf_child_main(argc, argv);
 */
#ifndef CROSSTAP_COLLECT_ERF_H
#define CROSSTAP_COLLECT_ERF_H

#include "collect/reader.h"

#define ERF_CHILD_OPTION "--libtrace-child" /* and a format's name behind it */

extern const struct reader_type erf_reader_type;
extern const struct reader_type tsh_reader_type;

/* The child's work: libtrace from standard input, frames to standard output.
 * Returns the exit status. */
int erf_child_main(int argc, char **argv);

#endif
