// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.engine;

/** Takes what an engine has found out, for a person to read. */
public interface Report {

    /**
     * One fact.
     *
     * @param name what it is about, a few words
     * @param value what is so; line breaks in it become spaces
     */
    void fact(String name, String value);
}
