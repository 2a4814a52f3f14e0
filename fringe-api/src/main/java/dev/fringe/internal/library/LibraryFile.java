// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.library;

import dev.fringe.internal.settings.Settings;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import java.util.zip.Checksum;

/**
 * Brings a library out of an artefact into a file, which is what the dynamic linker wants.
 *
 * <p>There is one file for each content, named by its checksums, in a directory that only the user can read
 * or write; it stays there for the next virtual machine. Two that start together both write a file of
 * their own and rename it, so that each sees either nothing or all of it; a file with other content
 * than the artefact's is replaced in the same way, never loaded.
 */
public final class LibraryFile {

    private static final Set<PosixFilePermission> OTHERS = Set.of(
            PosixFilePermission.GROUP_READ, PosixFilePermission.GROUP_WRITE, PosixFilePermission.GROUP_EXECUTE,
            PosixFilePermission.OTHERS_READ, PosixFilePermission.OTHERS_WRITE, PosixFilePermission.OTHERS_EXECUTE);
    private static final FileAttribute<?> PRIVATE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

    /** Whether this copy of the library stays until the end of the process. */
    private static final boolean PERMANENT = isPermanent(LibraryFile.class.getClassLoader());
    /** Whether there was no memory for loading a file, whose name may be locked since. */
    private static volatile boolean failed;

    private LibraryFile() {}

    private static boolean isPermanent(ClassLoader loader) {
        return loader == null || loader == ClassLoader.getSystemClassLoader()
                || loader == ClassLoader.getPlatformClassLoader();
    }

    /**
     * Brings a library into a file and loads it.
     *
     * @param name what the file's name and error messages say
     * @param url the library in its artefact, or null if it is not there
     * @param loader loads the file; it may be called twice
     */
    public static <T> T load(String name, URL url, Function<Path, T> loader) {
        byte[] content = read(name, url);
        Path directory = directory();
        try {
            if (!PERMANENT || failed) {
                makePrivate(directory);
                return loadCopy(name, loader, directory, content);
            }
            Path file = provide(directory, name, content);
            try {
                return loader.apply(file);
            } catch (OutOfMemoryError e) {
                failed = true;
                throw e;
            } catch (UnsatisfiedLinkError e) {
                if (!String.valueOf(e.getMessage()).contains("already loaded in another classloader")) {
                    throw explain(file, e);
                }
                return loadCopy(name, loader, directory, content);
            }
        } catch (IOException e) {
            throw new IllegalStateException("can't write the library of \"" + name + "\" to " + directory
                    + " (" + e + "); set the property " + Settings.LIBRARY_DIRECTORY
                    + " to a directory that this user can write to", e);
        }
    }

    /** The VM binds a file to one class loader, so each further one needs a file of its own. */
    private static <T> T loadCopy(String name, Function<Path, T> loader, Path directory, byte[] content)
            throws IOException {
        Path copy = Files.createTempFile(directory, "libfringe-" + name + "-", ".so", PRIVATE);
        File file = copy.toFile();
        try {
            Files.write(copy, content);
            return loader.apply(copy);
        } catch (UnsatisfiedLinkError e) {
            throw explain(copy, e);
        } finally {
            if (!file.delete()) { // which takes no memory of the heap
                Files.delete(copy);
            }
        }
    }

    private static UnsatisfiedLinkError explain(Path file, UnsatisfiedLinkError e) {
        UnsatisfiedLinkError error = new UnsatisfiedLinkError("can't load " + file + ": " + e.getMessage()
                + ". If its directory is on a file system mounted noexec, set the property " + Settings.LIBRARY_DIRECTORY
                + " to one that is not; if the file is for another architecture, the artefact is broken");
        error.initCause(e);
        return error;
    }

    private static byte[] read(String name, URL url) {
        if (url == null) {
            throw new UnsatisfiedLinkError("the artefact of \"" + name
                    + "\" does not contain its library; it was built without the assembler for it");
        }
        try {
            URLConnection connection = url.openConnection();
            connection.setUseCaches(false); // else the artefact's file stays open
            try (InputStream in = connection.getInputStream()) {
                return in.readAllBytes();
            }
        } catch (IOException e) {
            throw new IllegalStateException("can't read the library of \"" + name + "\" from " + url, e);
        }
    }

    /** Where libraries are put; need not exist yet. */
    public static Path directory() {
        StringBuilder user = new StringBuilder(System.getProperty("user.name", "unknown"));
        for (int i = 0; i < user.length(); i++) {
            char c = user.charAt(i);
            if (c >= 128 || !Character.isLetterOrDigit(c) && c != '.' && c != '_' && c != '-') {
                user.setCharAt(i, '_');
            }
        }
        return Path.of(Objects.requireNonNullElse(Settings.text(Settings.LIBRARY_DIRECTORY),
                System.getProperty("java.io.tmpdir", "/tmp")), "fringe-" + user);
    }

    /** The file with this content, made if need be. */
    static Path provide(Path directory, String name, byte[] content) throws IOException {
        makePrivate(directory);
        Path file = directory.resolve("libfringe-" + name + "-" + checksum(content) + ".so");
        if (!has(file, content)) {
            Path part = Files.createTempFile(directory, "part-", ".so", PRIVATE);
            try {
                Files.write(part, content);
                try {
                    Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
                } catch (AtomicMoveNotSupportedException e) {
                    Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
                }
            } finally {
                Files.deleteIfExists(part);
            }
        }
        return file.toAbsolutePath();
    }

    private static void makePrivate(Path directory) throws IOException {
        if (directory.getParent() != null) {
            Files.createDirectories(directory.getParent());
        }
        try {
            Files.createDirectory(directory, PRIVATE);
        } catch (FileAlreadyExistsException e) {
            check(directory);
        }
    }

    /** Nobody else may be able to exchange the file between the check of its content and its loading. */
    private static void check(Path directory) throws IOException {
        PosixFileAttributes attributes =
                Files.readAttributes(directory, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        if (!attributes.isDirectory()) {
            throw new IOException(directory + " is not a directory");
        }
        if (!attributes.owner().equals(Files.getOwner(Path.of("/proc/self")))) {
            throw new IOException(directory + " belongs to " + attributes.owner().getName()
                    + ", not to the user of this process");
        }
        if (!Collections.disjoint(attributes.permissions(), OTHERS)) {
            throw new IOException(directory + " is open to other users ("
                    + PosixFilePermissions.toString(attributes.permissions()) + "); chmod 700 it");
        }
    }

    private static boolean has(Path file, byte[] content) throws IOException {
        try {
            return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                    && Arrays.equals(Files.readAllBytes(file), content);
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    /**
     * By two checksums. A file is never loaded before its content has been compared, so they only have to keep
     * versions apart; a cryptographic hash would load the JDK's security providers.
     */
    private static String checksum(byte[] content) {
        Checksum one = new CRC32();
        Checksum other = new CRC32C();
        one.update(content);
        other.update(content);
        return HexFormat.of().toHexDigits(one.getValue() << Integer.SIZE | other.getValue());
    }
}
