package io.sqlitereplica.sidecar.replicate;

import static org.assertj.core.api.Assertions.assertThat;

import io.sqlitereplica.sidecar.replicate.Tally.What;
import io.sqlitereplica.sidecar.testing.KillPoints;
import io.sqlitereplica.sidecar.testing.TortureWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/** The hostile processes of a campaign's app. */
final class CampaignWriters implements AutoCloseable {
    private final Path database;
    private final List<String> libraries;
    private final Random random;
    private final Tally tally;
    private final Path log;
    private final List<Process> writers = new ArrayList<>();

    CampaignWriters(Path database, List<String> libraries, Random random, Tally tally) {
        this.database = database;
        this.libraries = libraries;
        this.random = random;
        this.tally = tally;
        this.log = database.resolveSibling("writers.log");
    }

    List<String> libraries() {
        return libraries;
    }

    /** Makes them up to three. */
    void startSome() {
        writers.removeIf(writer -> !writer.isAlive());
        int wanted = 1 + random.nextInt(3);
        while (writers.size() < wanted) {
            start();
        }
    }

    private void start() {
        boolean driver = libraries.isEmpty() || random.nextInt(3) == 0;
        List<KillPoints.Point> points = List.of(KillPoints.Point.values());
        String point = random.nextInt(3) == 0
                ? "all"
                : points.get(random.nextInt(points.size())).name();
        List<String> arguments = List.of(
                database.toString(),
                Long.toString(random.nextLong()),
                Integer.toString(10 + random.nextInt(40)),
                driver ? "driver" : libraries.get(random.nextInt(libraries.size())),
                Integer.toString(List.of(0, 30, 100, 300, 1000).get(random.nextInt(5))),
                point);
        writers.add(ChildJvm.start(TortureWriter.class, arguments, log));
    }

    void killOne() {
        if (!writers.isEmpty()) {
            kill(writers.remove(random.nextInt(writers.size())));
        }
    }

    void killAll() {
        writers.forEach(this::kill);
        writers.clear();
    }

    private void kill(Process writer) {
        if (writer.isAlive()) {
            tally.count(What.WRITER_KILLED_AT_RANDOM);
        }
        ChildJvm.kill(writer);
    }

    /** How often a writer told that it had made some commits. */
    long reports() throws IOException {
        return lines("commits ");
    }

    /** SQLite called the database damaged. */
    boolean damaged() throws IOException {
        return lines("damaged: ") > 0;
    }

    private long lines(String start) throws IOException {
        if (!Files.exists(log)) {
            return 0;
        }
        try (Stream<String> lines = Files.lines(log)) {
            return lines.filter(line -> line.startsWith(start)).count();
        }
    }

    @Override
    public void close() throws IOException {
        killAll();
        if (!Files.exists(log)) {
            return;
        }
        for (String line : Files.readAllLines(log)) {
            if (line.startsWith("commits ")) {
                tally.count(What.COMMITS, Long.parseLong(line.split(" ", -1)[1]));
            } else if (line.startsWith("died at ")) {
                tally.writerDied(line.substring(8));
            } else {
                assertThat(line).as("what a writer says").doesNotContain("Exception in thread");
            }
        }
    }
}
