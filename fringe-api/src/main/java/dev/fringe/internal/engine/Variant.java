// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.engine;

import java.util.Map;

/**
 * One of the ways in which an engine can run bodies, for a test of each. Which way is used is otherwise the engine's
 * choice.
 *
 * @param description the end of a line that begins with the engine's name, such as {@code "by thread pointer"}
 * @param properties the system properties that force it, besides {@value Engines#PROPERTY}
 */
public record Variant(String description, Map<String, String> properties) {

    /** Copies the properties. */
    public Variant {
        properties = Map.copyOf(properties);
    }
}
