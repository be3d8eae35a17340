/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of time of several files of a log.  Kubelet and container runtimes
 * rotate a log in the middle of a line, and people name its files in any order.
 */
#ifndef ORDER_H
#define ORDER_H

#include <stddef.h>

/*
 * Sort n names of files by the first timestamp in each, plain or in gzip;
 * among equals by the suffixes of rotation: a later date is later, a higher
 * number is earlier, none is last.  What cannot be told keeps its place before
 * all others; failures to read are left for the code that reads them.  Returns
 * 0, or -1 (reported).
 */
int order_logs(char **names, size_t n);

#endif
