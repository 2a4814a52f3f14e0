/* SPDX-License-Identifier: MIT OR Apache-2.0 */

/* What ../../threads.h needs of a C library. */

#ifndef PTHREAD_H
#define PTHREAD_H

#include <stddef.h>

typedef size_t pthread_t;

#endif
