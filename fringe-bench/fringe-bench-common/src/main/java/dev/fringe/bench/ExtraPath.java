// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.bench;

import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;

/**
 * One more artefact for the service loader, in some forks only: a fork's class path is that of the
 * program, so the artefact is put before the thread's context class loader.
 */
final class ExtraPath {

    /** Where the artefact is; nothing is done without it. */
    static final String PROPERTY = "dev.fringe.bench.path";

    private ExtraPath() {}

    /** To be called before the first generator is made. */
    static void use() {
        String path = System.getProperty(PROPERTY);
        if (path == null) {
            return;
        }
        try {
            URL[] urls = {Path.of(path).toUri().toURL()};
            Thread.currentThread().setContextClassLoader(
                    new URLClassLoader(urls, ExtraPath.class.getClassLoader()));
        } catch (MalformedURLException e) {
            throw new IllegalArgumentException("-D" + PROPERTY + " is not a path: " + path, e);
        }
    }
}
