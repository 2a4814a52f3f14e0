// SPDX-License-Identifier: MIT OR Apache-2.0

/**
 * Bridges between code that writes and code that reads, on one thread and without a pipe.
 *
 * <p>A body that <b>writes</b>, for a caller that <b>reads</b>: {@link dev.fringe.io.GeneratorInputStream}
 * (bytes; also a channel), {@link dev.fringe.io.GeneratorReader} (characters), {@link
 * dev.fringe.io.BytePublishers} (byte buffers by demand).
 *
 * <p>A caller that <b>writes</b>, for a body that <b>reads</b> and returns a result: {@link
 * dev.fringe.io.GeneratorOutputStream} (bytes; also a channel and a consumer of byte buffers), {@link
 * dev.fringe.io.GeneratorWriter} (characters), {@link dev.fringe.io.GeneratorSubscriber} (byte buffers by
 * demand).
 *
 * <p>{@link dev.fringe.io.HttpBodies} uses these for the bodies of the JDK's HTTP client.
 */
@NullMarked
package dev.fringe.io;

import org.jspecify.annotations.NullMarked;
