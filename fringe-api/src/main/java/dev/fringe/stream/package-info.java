// SPDX-License-Identifier: MIT OR Apache-2.0

/**
 * Stages and ends of streams, written as straight-line code that asks for the next element: {@link
 * dev.fringe.stream.Gathering} makes a {@link java.util.stream.Gatherer} of it, and {@link
 * dev.fringe.stream.Collecting} a {@link java.util.stream.Collector}.
 */
@NullMarked
package dev.fringe.stream;

import org.jspecify.annotations.NullMarked;
