/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of time of several files of a log.  Kubelet and container runtimes
 * rotate a log in the middle of a line, and people name its files in any order.
 */
#ifndef ORDER_H
#define ORDER_H

#include <stddef.h>

/*
 * Sort those of n names of files that are one log's, equal up to their last
 * ".log", by the suffixes of rotation: a later date is later, a higher number
 * is earlier, none is last.  They come where the first of them is; all others
 * keep their places.
 */
void order_logs(char **names, size_t n);

#endif
