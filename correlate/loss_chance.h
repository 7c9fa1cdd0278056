/* Chance: whether so many deaths among so many packets can be one, at the rate at which
 * packets die otherwise.
 */
#ifndef CROSSTAP_CORRELATE_LOSS_CHANCE_H
#define CROSSTAP_CORRELATE_LOSS_CHANCE_H

#include <stdbool.h>
#include <stdint.h>

/* The rate at which packets die, 0 < rate < 1: where none did, one of twice as many might. */
double loss_rate(uint64_t dropped, uint64_t passed);

/* True when chance is excluded: that at least `dropped` of `packets` die at this rate, in
 * one of `trials` places where it might have been noticed, is less than one in a hundred. */
bool loss_no_chance(double rate, uint64_t dropped, uint64_t packets, uint64_t trials);

#endif
