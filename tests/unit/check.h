/* The least that a unit test needs: each case has a sentence for its name,
 * each check says what was got and what was expected, and the program ends in
 * 1 when one of them failed. Lines "ok - ..." and "not ok - ..." are counted
 * by tests/run.
 */
#ifndef CROSSTAP_TESTS_CHECK_H
#define CROSSTAP_TESTS_CHECK_H

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int check_failures;      /* in the running case */
static int check_failed_cases;

#define CHECK(condition)                                                                  \
	do {                                                                              \
		if (!(condition)) {                                                       \
			printf("# %s:%d: %s does not hold\n", __FILE__, __LINE__, #condition); \
			check_failures++;                                                 \
		}                                                                         \
	} while (0)

#define CHECK_INT(got, expected)                                                          \
	do {                                                                              \
		long long got_ = (long long)(got), expected_ = (long long)(expected);     \
		if (got_ != expected_) {                                                  \
			printf("# %s:%d: %s is %lld, expected %lld\n", __FILE__, __LINE__, \
			       #got, got_, expected_);                                    \
			check_failures++;                                                 \
		}                                                                         \
	} while (0)

#define CHECK_TEXT(got, expected)                                                         \
	do {                                                                              \
		const char *got_ = (got), *expected_ = (expected);                        \
		if (strcmp(got_, expected_) != 0) {                                       \
			printf("# %s:%d: %s is \"%s\", expected \"%s\"\n", __FILE__,      \
			       __LINE__, #got, got_, expected_);                          \
			check_failures++;                                                 \
		}                                                                         \
	} while (0)

/* Ends a case that began after the last check_case(). */
static inline void check_case(const char *sentence)
{
	printf("%s - %s\n", check_failures ? "not ok" : "ok", sentence);
	check_failed_cases += check_failures != 0;
	check_failures = 0;
}

static inline int check_exit(void)
{
	return check_failed_cases != 0;
}

#endif
