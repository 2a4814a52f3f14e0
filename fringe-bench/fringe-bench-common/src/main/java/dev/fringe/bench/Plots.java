// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.bench;

import java.awt.Color;
import java.awt.Font;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.VectorGraphicsEncoder;
import org.knowm.xchart.VectorGraphicsEncoder.VectorGraphicsFormat;
import org.knowm.xchart.style.CategoryStyler;
import org.knowm.xchart.style.Styler.LegendLayout;
import org.knowm.xchart.style.Styler.LegendPosition;

/** The results as pictures. No display is needed. */
final class Plots {

    private static final Color[] COLOURS = {
        new Color(0x1b9e77), new Color(0xd95f02), new Color(0x7570b3), new Color(0xe7298a), new Color(0x66a61e)
    };

    private static final Pattern LONG_NUMBER = Pattern.compile("(\\d\\.\\d)\\d+(?!\\d*E)");

    private final Results results;
    private final Path directory;

    private Plots(Results results, Path directory) {
        this.results = results;
        this.directory = directory;
    }

    static void write(Results results, Path directory) throws IOException {
        System.setProperty("java.awt.headless", "true");
        Plots plots = new Plots(results, directory);
        plots.grouped("round-trip", "One resume and one suspend, by depth of calls in the body", "ns", true,
                Plan.ROUND_TRIP, List.of("fringe", "continuation", "virtual threads, queue", "virtual threads, park"),
                Plan.DEPTHS, at -> at);
        plots.bars("tree-walk", "Walk of a tree of 65,536 nodes: each key", Plan.TREE,
                labels("explicitStack", "by hand", "fringeBuffered", "Fringe, buffered", "fringe", "Fringe",
                        "continuation", "Continuation", "kotlin", "Kotlin's sequence"));
        plots.bars("creation", "Made, resumed twice, closed", Plan.CREATION,
                labels("pooled", "Fringe", "unwound", "Fringe, closed early", "continuation", "Continuation",
                        "virtualThread", "virtual thread", "unpooled", "Fringe, own stack"));
        plots.grouped("under-load", "Round trip while another thread allocates 1 GB/s", "ns", false,
                Plan.LOAD, List.of("fringe", "continuation"),
                List.of("G1", "Z", "Parallel", "Serial", "Shenandoah"), at -> at);
        List<String> counts = ScaleRuns.COUNTS.stream().map(n -> String.format(Locale.ROOT, "%,d", n)).toList();
        plots.grouped("memory", "Resident memory of each suspended one", "KiB", true, Plan.SCALE,
                ScaleRuns.KINDS.stream().map(kind -> kind + ", resident memory of each").toList(),
                counts, count -> count + ", G1");
    }

    /** What the rows of a table are called in a picture, in the order of its bars. */
    private static Map<String, String> labels(String... rowsAndLabels) {
        Map<String, String> labels = new LinkedHashMap<>();
        for (int i = 0; i < rowsAndLabels.length; i += 2) {
            labels.put(rowsAndLabels[i], rowsAndLabels[i + 1]);
        }
        return labels;
    }

    private void bars(String file, String title, String table, Map<String, String> labels) throws IOException {
        CategoryChart chart = chart(title, "ns", true);
        List<String> there = labels.keySet().stream().filter(n -> results.find(table, n, "").isPresent()).toList();
        if (there.isEmpty()) {
            return;
        }
        chart.addSeries(table, there.stream().map(labels::get).toList(),
                there.stream().map(n -> results.score(table, n, "")).toList());
        chart.getStyler().setLegendVisible(false);
        save(chart, file);
    }

    private void grouped(String file, String title, String unit, boolean logarithmic, String table,
            List<String> names, List<String> groups, Function<String, String> at) throws IOException {
        CategoryChart chart = chart(title, unit, logarithmic);
        for (String name : names) {
            List<Double> scores = new ArrayList<>();
            boolean any = false;
            for (String group : groups) {
                double score = results.score(table, name, at.apply(group));
                any |= score > 0;
                scores.add(score > 0 ? score : null);
            }
            if (any) {
                chart.addSeries(name.replace(", resident memory of each", ""), groups, scores);
            }
        }
        if (!chart.getSeriesMap().isEmpty()) {
            save(chart, file);
        }
    }

    private static CategoryChart chart(String title, String unit, boolean logarithmic) {
        CategoryChart chart = new CategoryChartBuilder().width(760).height(420).title(title)
                .yAxisTitle(logarithmic ? unit + " (logarithmic scale)" : unit).build();
        CategoryStyler style = chart.getStyler();
        style.setYAxisLogarithmic(logarithmic);
        style.setYAxisMin(logarithmic ? 1.0 : 0.0);
        style.setLegendPosition(LegendPosition.OutsideS);
        style.setLegendLayout(LegendLayout.Horizontal);
        style.setSeriesColors(COLOURS);
        style.setChartBackgroundColor(Color.WHITE);
        style.setPlotGridVerticalLinesVisible(false);
        style.setLabelsVisible(true);
        style.setAxisTickLabelsFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
        style.setYAxisDecimalPattern("#,##0");
        style.setDecimalPattern("#,##0.#");
        style.setAvailableSpaceFill(0.8);
        return chart;
    }

    /** A tenth of a pixel is precise enough, and takes half of the space. */
    private void save(CategoryChart chart, String name) throws IOException {
        Files.createDirectories(directory);
        VectorGraphicsEncoder.saveVectorGraphic(
                chart, directory.resolve(name).toString(), VectorGraphicsFormat.SVG);
        Path file = directory.resolve(name + ".svg");
        String drawing = Files.readString(file);
        int header = drawing.indexOf("<svg");
        Files.writeString(file, drawing.substring(0, header)
                + LONG_NUMBER.matcher(drawing.substring(header)).replaceAll("$1"));
    }
}
