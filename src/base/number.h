/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers and sizes in text, as people write them.
 */
#ifndef NUMBER_H
#define NUMBER_H

#include <stdint.h>

/*
 * Parse the decimal digits at *text, a number of at most max, and move *text
 * behind them.  Returns 0 and stores it, or -1 (no digit, or more than max).
 */
int number_take(const char **text, uint64_t max, uint64_t *number);

/*
 * Parse all of text as a decimal number from min to max.
 * Returns 0 and stores it, or -1 (empty, a sign, other characters, range).
 */
int number_parse(const char *text, uint64_t min, uint64_t max,
    uint64_t *number);

/*
 * Like number_parse, with an optional binary suffix: k/K/Ki, M/Mi, G/Gi, T/Ti
 * (a Kubernetes quantity's binary suffixes; the short ones mean the same).
 */
int number_parse_size(const char *text, uint64_t min, uint64_t max,
    uint64_t *size);

#endif
