// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.doctor;

import dev.fringe.internal.engine.Report;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What Linux tells of this process in files, without native code. Files that are not there or say something else than
 * expected are told as that; none of it decides anything.
 */
final class LinuxLimits {

    private static final String UNKNOWN = "not told";
    private static final Pattern GLIBC = Pattern.compile(".*/libc(\\.so\\.6|-2\\.[0-9]+\\.so)");
    private static final Pattern MUSL = Pattern.compile(".*/(ld-musl-.*|libc\\.musl-.*)");
    /** What glibc says of itself when it is run as a program. */
    private static final Pattern BANNER = Pattern.compile(
            "GNU C Library \\(([^)\n]*)\\)[^\n]* version ([0-9]+\\.[0-9]+)");
    private static final Pattern OCTAL = Pattern.compile("\\\\([0-7]{3})");

    private final Path root;

    /** @param root where {@code proc} and {@code sys} are: {@code /}, but for tests */
    LinuxLimits(Path root) {
        this.root = root;
    }

    /** The lines of a file; none if it can't be read. */
    private List<String> lines(String file) {
        try {
            return Files.readString(root.resolve(file), StandardCharsets.ISO_8859_1).lines().toList();
        } catch (IOException e) {
            return List.of();
        }
    }

    /** The first line. Those that are settings of the kernel have to be read at once, and no byte alone before. */
    private Optional<String> word(String file) {
        try (BufferedReader in = Files.newBufferedReader(root.resolve(file), StandardCharsets.ISO_8859_1)) {
            return Optional.ofNullable(in.readLine()).map(String::strip).filter(line -> !line.isEmpty());
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Which C library this process has loaded, and from where. */
    String libc() {
        for (String line : lines("proc/self/maps")) {
            int slash = line.indexOf('/');
            String path = slash < 0 ? "" : line.substring(slash);
            if (GLIBC.matcher(path).matches()) {
                return "glibc " + version(path) + ", " + path;
            }
            if (MUSL.matcher(path).matches()) {
                return "musl, " + path;
            }
        }
        return UNKNOWN;
    }

    private static String version(String path) {
        try {
            Matcher banner = BANNER.matcher(Files.readString(Path.of(path), StandardCharsets.ISO_8859_1));
            return banner.find() ? banner.group(2) + " (" + banner.group(1) + ")" : "of unknown version";
        } catch (IOException e) {
            return "of unknown version";
        }
    }

    void report(Path libraries, Report to) {
        to.fact("memory mappings", word("proc/sys/vm/max_map_count").map(max -> lines("proc/self/maps").size()
                + " of " + max + " (vm.max_map_count) in use").orElse(UNKNOWN));
        to.fact("threads", "of this user " + limit("Max processes", "") + " (ulimit -u), of the control group "
                + pids() + " (pids.max), of the machine " + word("proc/sys/kernel/threads-max").orElse(UNKNOWN)
                + " (kernel.threads-max)");
        to.fact("address space", limit("Max address space", " bytes") + " (ulimit -v)");
        to.fact("data", limit("Max data size", " bytes") + " (ulimit -d)");
        to.fact("overcommit", switch (word("proc/sys/vm/overcommit_memory").orElse("")) {
            case "0" -> "0: what is obviously too much is refused (vm.overcommit_memory)";
            case "1" -> "1: nothing is refused (vm.overcommit_memory)";
            case "2" -> "2: stacks count in full, though they are hardly used (vm.overcommit_memory)";
            default -> UNKNOWN;
        });
        to.fact("libraries go to", libraries + ": " + mount(libraries));
        to.fact("seccomp", switch (status("Seccomp")) {
            case "0" -> "none";
            case "1" -> "strict mode";
            case "2" -> "a filter" + (status("Seccomp_filters").isEmpty() ? ""
                    : " (" + status("Seccomp_filters") + " of them)")
                    + "; what it forbids is not told, but the self-tests below meet it";
            default -> UNKNOWN;
        });
    }

    /** A soft limit of this process. */
    private String limit(String name, String unit) {
        return lines("proc/self/limits").stream().filter(line -> line.startsWith(name + " "))
                .map(line -> line.substring(name.length()).strip().split(" +")[0])
                .map(value -> value.equals("unlimited") ? value : value + unit).findFirst().orElse(UNKNOWN);
    }

    private String status(String name) {
        return lines("proc/self/status").stream().filter(line -> line.startsWith(name + ":"))
                .map(line -> line.substring(name.length() + 1).strip()).findFirst().orElse("");
    }

    /** The least limit of the control group and those above it. */
    private String pids() {
        String least = null;
        for (String line : lines("proc/self/cgroup")) {
            String[] part = line.split(":", 3);
            if (part.length < 3 || !(part[0].equals("0") && part[1].isEmpty() || part[1].equals("pids"))) {
                continue;
            }
            Path mounted = root.resolve(part[1].isEmpty() ? "sys/fs/cgroup" : "sys/fs/cgroup/pids");
            for (Path group = mounted.resolve(part[2].replaceFirst("^/+", "")).normalize();
                    group != null && group.startsWith(mounted); group = group.getParent()) {
                String max = word(root.relativize(group.resolve("pids.max")).toString()).orElse("max");
                if (max.matches("[0-9]{1,18}") && (least == null || Long.parseLong(max) < Long.parseLong(least))) {
                    least = max;
                }
            }
        }
        return least == null ? "unlimited" : least;
    }

    /** Whether what is in a directory, which need not exist yet, may be executed. */
    private String mount(Path directory) {
        Path existing = directory.toAbsolutePath();
        while (existing != null && !Files.exists(existing)) {
            existing = existing.getParent();
        }
        Path real;
        try {
            real = existing == null ? Path.of("/") : existing.toRealPath();
        } catch (IOException e) {
            return UNKNOWN;
        }
        Path best = null;
        String options = "";
        for (String line : lines("proc/self/mounts")) {
            String[] part = line.split(" ");
            if (part.length < 4) {
                continue;
            }
            Path point = Path.of(OCTAL.matcher(part[1]).replaceAll(
                    match -> Matcher.quoteReplacement(String.valueOf((char) Integer.parseInt(match.group(1), 8)))));
            if (real.startsWith(point) && (best == null || point.startsWith(best))) { // the later one is on top
                best = point;
                options = "," + part[3] + ",";
            }
        }
        if (best == null) {
            return UNKNOWN;
        }
        return (options.contains(",noexec,") ? "NOT EXECUTABLE (noexec" : "executable (not noexec")
                + (options.contains(",ro,") ? ", READ ONLY" : "") + ", mounted at " + best + ")";
    }
}
