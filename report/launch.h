/* Running the tools one after the other, as a shell would: each is found beside
 * our own executable, and a signal that ends us ends it first.
 *
 * From launch_begin() to launch_end() SIGINT, SIGTERM and SIGHUP are held back
 * and only looked at while a tool runs, so that no handler and no global is
 * needed and what has to be tidied up is tidied up.
 */
#ifndef CROSSTAP_REPORT_LAUNCH_H
#define CROSSTAP_REPORT_LAUNCH_H

#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "collect/error.h"

struct launch {
	char directory[PATH_MAX]; /* of the tools */
	sigset_t former, watched; /* signals */
	int signal;               /* the one that stopped us; 0: none */
};

/* The words of a command. They are borrowed. Starts as {0}. */
struct launch_words {
	const char **word;
	size_t count, room;
	bool failed; /* no memory: said by launch_run() */
};

void launch_add(struct launch_words *words, const char *word);
/* Two words, where the second is not NULL. */
void launch_add_pair(struct launch_words *words, const char *option, const char *argument);
void launch_words_free(struct launch_words *words);

/* Writes the command as one would type it into a shell. */
void launch_show(FILE *stream, const struct launch_words *words);

enum status launch_begin(struct launch *launch, struct error *err) MUST_CHECK;
/* Runs the tool that the first word names, with the others as arguments, to its end. *exit
 * becomes its exit status. STATUS_SYSTEM: it could not be run, or a signal ended it or us. */
enum status launch_run(struct launch *launch, const struct launch_words *words, int *exit,
		       struct error *err) MUST_CHECK;
/* Starts a program of the PATH by itself and does not wait for it. */
enum status launch_detach(const struct launch *launch, const char *program, const char *argument,
			  struct error *err) MUST_CHECK;
/* Lets signals through again; one that stopped a run ends the program now. */
void launch_end(struct launch *launch);

#endif
