// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.bench;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** All that one run has measured, as it is kept in a file. */
final class Results {

    private static final Gson GSON = new GsonBuilder().setPrettyPrinting().serializeSpecialFloatingPointValues().create();

    final Map<String, String> machine = new LinkedHashMap<>();
    final List<String> notes = new ArrayList<>();
    final List<Row> rows = new ArrayList<>();

    /** Keeps a remark; messages in it may name folders of this machine, which are nothing to a reader of the results. */
    void note(String remark) {
        String text = remark;
        for (String property : List.of("user.dir", "java.io.tmpdir", "user.home", "java.home")) {
            String folder = System.getProperty(property);
            if (folder.length() > 1) {
                text = text.replace(folder, "...");
            }
        }
        notes.add(text);
    }

    Optional<Row> find(String table, String name, String at) {
        return rows.stream()
                .filter(r -> r.table().equals(table) && r.name().equals(name) && r.at().equals(at))
                .findFirst();
    }

    /** A score, or NaN if it was not measured. */
    double score(String table, String name, String at) {
        return find(table, name, at).map(Row::score).orElse(Double.NaN);
    }

    /** Two downcalls and one pair of native switches, of the way that a confined generator is switched. */
    double floor() {
        return 2 * score(Plan.FLOOR, "downcall", "") + score(Plan.FLOOR, Plan.CONFINED_PAIR, "");
    }

    void write(Path file) throws IOException {
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.writeString(file, GSON.toJson(this) + "\n");
    }

    static Results read(Path file) throws IOException {
        return GSON.fromJson(Files.readString(file), Results.class);
    }
}
