package io.sqlitereplica.sidecar.cli;

import io.sqlitereplica.sidecar.compact.CompactionLevels;
import io.sqlitereplica.sidecar.compact.RetentionTimes;
import io.sqlitereplica.sidecar.replicate.DatabaseGlob;
import io.sqlitereplica.sidecar.replicate.DatabaseSpec;
import io.sqlitereplica.sidecar.replicate.OnDivergence;
import io.sqlitereplica.sidecar.replicate.ReplicatorOptions;
import io.sqlitereplica.sidecar.replicate.RestoreRequest;
import io.sqlitereplica.sidecar.replicate.Schedule;
import io.sqlitereplica.sidecar.replicate.WhenMissing;
import io.sqlitereplica.sidecar.restore.RestorePoint;
import io.sqlitereplica.sidecar.storage.ReplicaUrl;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads the configuration file of a sidecar, {@code sidecar.yaml}. Strict: what it does not know, it refuses. */
final class SidecarConfigReader {
    private static final String POD = "{pod}";
    private static final String POD_NAME = "POD_NAME";
    private static final String NEEDS_POD_FOLDER =
            " needs podFolder, a folder that lives as long as the pod: without it nobody knows whether the app runs";

    private final Path file;
    private final Map<String, String> environment;

    /**
     * @param environment has POD_NAME, which replaces {@code {pod}} in URLs
     */
    SidecarConfigReader(Path file, Map<String, String> environment) {
        this.file = file;
        this.environment = environment;
    }

    /**
     * Reads the file.
     *
     * @throws ConfigException that names the place and says what would be right
     */
    SidecarConfig read() throws ConfigException {
        YamlSection top = YamlSection.read(file);
        int version = top.required("version", SidecarConfigReader::wholeNumber).intValue();
        if (version != 1) {
            throw top.wrong("version", "this program reads version 1 of the file, not " + version);
        }
        readReplica(top.section("replica"));
        List<SidecarConfig.Database> databases = new ArrayList<>();
        List<SidecarConfig.Glob> globs = new ArrayList<>();
        readDatabases(top, databases, globs);
        SidecarConfig config = new SidecarConfig(
                databases,
                globs,
                top.value("credentialsFolder", SidecarConfigReader::absolute),
                options(top),
                verification(top.section("verification")),
                top.value("listen", ListenAddress::parse).orElseGet(() -> ListenAddress.parse(ListenAddress.DEFAULT)),
                top.value("podAnnotations", SidecarConfigReader::absolute),
                top.value("terminationMessage", SidecarConfigReader::absolute));
        top.done();
        return config;
    }

    /** For whoever reads the file: nothing here depends on it. */
    private static void readReplica(YamlSection replica) throws ConfigException {
        replica.text("namespace");
        replica.text("name");
        replica.done();
    }

    private void readDatabases(YamlSection top, List<SidecarConfig.Database> databases, List<SidecarConfig.Glob> globs)
            throws ConfigException {
        Set<String> names = new HashSet<>();
        Set<Path> paths = new HashSet<>();
        Set<ReplicaUrl> urls = new HashSet<>();
        for (YamlSection section : top.sections("databases")) {
            String name = section.requiredText("name");
            Path path = section.required("path", SidecarConfigReader::absolute);
            ReplicaUrl url = section.required("url", text -> ReplicaUrl.parse(withPodName(text)));
            section.done();
            if (!names.add(name)) {
                throw section.wrong("name", "two databases are named " + name);
            }
            if (!paths.add(path)) {
                throw section.wrong("path", "two databases are at " + path);
            }
            if (!urls.add(url)) {
                throw section.wrong("url", "two databases go to " + url + ": each needs a destination of its own");
            }
            try {
                if (DatabaseGlob.isGlob(path.toString())) {
                    globs.add(new SidecarConfig.Glob(new DatabaseGlob(name, path), url));
                } else {
                    databases.add(new SidecarConfig.Database(new DatabaseSpec(name, path), url));
                }
            } catch (IllegalArgumentException e) {
                throw section.wrong("path", String.valueOf(e.getMessage()));
            }
        }
        if (paths.isEmpty()) {
            throw top.missing("databases");
        }
    }

    private String withPodName(String url) {
        if (!url.contains(POD)) {
            return url;
        }
        String pod = environment.get(POD_NAME);
        if (pod == null || pod.isEmpty()) {
            throw new IllegalArgumentException(
                    "it contains {pod}, but the environment variable POD_NAME, which replaces that, is not set");
        }
        return url.replace(POD, pod);
    }

    private static ReplicatorOptions options(YamlSection top) throws ConfigException {
        ReplicatorOptions options = ReplicatorOptions.DEFAULTS;
        YamlSection sync = top.section("sync");
        Optional<Duration> interval = sync.value("interval", Amounts::duration);
        if (interval.isPresent()) {
            options = options.withSyncInterval(interval.get());
        }
        Optional<Long> maxStagedBytes = sync.value("maxStagedBytes", SidecarConfigReader::wholeNumber);
        if (maxStagedBytes.isPresent()) {
            options = options.withMaxStagedBytes(maxStagedBytes.get());
        }
        sync.done();

        YamlSection snapshot = top.section("snapshot");
        Optional<Schedule> schedule = schedule(snapshot);
        if (schedule.isPresent()) {
            options = options.withSnapshots(schedule.get());
        }
        Optional<Long> maxWalBytes = snapshot.value("maxWalBytes", SidecarConfigReader::wholeNumber);
        if (maxWalBytes.isPresent()) {
            options = options.withMaxWalBytes(maxWalBytes.get());
        }
        Optional<Optional<RetentionTimes>> retention = snapshot.value("retention", SidecarConfigReader::retention);
        if (retention.isPresent()) {
            options = options.withRetention(retention.get());
        }
        snapshot.done();

        YamlSection compaction = top.section("compaction");
        Optional<CompactionLevels> levels = compaction.value("levels", SidecarConfigReader::levels);
        if (levels.isPresent()) {
            options = options.withCompaction(levels.get());
        }
        compaction.done();

        YamlSection restore = top.section("restore");
        Optional<WhenMissing> whenMissing = restore.value("whenMissing", SidecarConfigReader::whenMissing);
        if (whenMissing.isPresent()) {
            options = options.withWhenMissing(whenMissing.get());
        }
        Optional<OnDivergence> onDivergence = restore.value("onDivergence", SidecarConfigReader::onDivergence);
        if (onDivergence.isPresent()) {
            options = options.withOnDivergence(onDivergence.get());
        }
        Optional<RestoreRequest> request = request(restore);
        if (request.isPresent()) {
            options = options.withRestoreRequest(request.get());
        }
        restore.done();
        Optional<Path> podFolder = top.value("podFolder", SidecarConfigReader::absolute);
        if (podFolder.isPresent()) {
            options = options.withPodFolder(podFolder.get());
        } else if (options.onDivergence() == OnDivergence.USE_REPLICA) {
            throw restore.wrong("onDivergence", "UseReplica" + NEEDS_POD_FOLDER);
        } else if (request.isPresent()) {
            throw restore.wrong("request", "it" + NEEDS_POD_FOLDER);
        }
        return options;
    }

    private static Optional<RestoreRequest> request(YamlSection restore) throws ConfigException {
        YamlSection request = restore.section("request");
        if (request.isEmpty()) {
            return Optional.empty();
        }
        Optional<RestorePoint> time = request.value("timestamp", RestorePoints::time);
        Optional<RestorePoint> txId = request.value("txid", RestorePoints::txId);
        if (time.isPresent() && txId.isPresent()) {
            throw request.wrong("txid", "either a timestamp or a TXID, not both");
        }
        RestorePoint point = time.or(() -> txId).orElse(RestorePoint.NEWEST);
        RestoreRequest result = request.required("id", id -> new RestoreRequest(id, point));
        request.done();
        return Optional.of(result);
    }

    private static Optional<Schedule> verification(YamlSection verification) throws ConfigException {
        Optional<Schedule> schedule = cron(verification);
        verification.done();
        return schedule;
    }

    private static Optional<Schedule> cron(YamlSection section) throws ConfigException {
        ZoneId zone = section.value("timeZone", SidecarConfigReader::zone).orElse(ZoneOffset.UTC);
        return section.value("schedule", text -> new Schedule.Cron(text, zone));
    }

    private static Optional<Schedule> schedule(YamlSection snapshot) throws ConfigException {
        Optional<Schedule> cron = cron(snapshot);
        Optional<Schedule> interval = snapshot.value("interval", text -> new Schedule.Every(Amounts.duration(text)));
        if (cron.isPresent() && interval.isPresent()) {
            throw snapshot.wrong("interval", "either a schedule or an interval, not both");
        }
        return cron.or(() -> interval);
    }

    private static Optional<RetentionTimes> retention(String text) {
        return text.equals("Never") ? Optional.empty() : Optional.of(RetentionTimes.of(Amounts.duration(text)));
    }

    private static CompactionLevels levels(String text) {
        return new CompactionLevels(
                Arrays.stream(text.split(", *")).map(Amounts::duration).toList());
    }

    private static ZoneId zone(String text) {
        try {
            return ZoneId.of(text);
        } catch (DateTimeException _) {
            throw new IllegalArgumentException("'" + text + "' is not a time zone: write UTC or Europe/Berlin");
        }
    }

    private static WhenMissing whenMissing(String text) {
        return switch (text) {
            case "Restore" -> WhenMissing.RESTORE;
            case "StartEmpty" -> WhenMissing.START_EMPTY;
            case "Fail" -> WhenMissing.FAIL;
            default -> throw new IllegalArgumentException("'" + text + "' is none of Restore, StartEmpty and Fail");
        };
    }

    private static OnDivergence onDivergence(String text) {
        return switch (text) {
            case "Fail" -> OnDivergence.FAIL;
            case "KeepLocal" -> OnDivergence.KEEP_LOCAL;
            case "UseReplica" -> OnDivergence.USE_REPLICA;
            default -> throw new IllegalArgumentException("'" + text + "' is none of Fail, KeepLocal and UseReplica");
        };
    }

    private static Path absolute(String text) {
        Path path = Path.of(text);
        if (!path.isAbsolute()) {
            throw new IllegalArgumentException("'" + text + "' is not an absolute path");
        }
        return path;
    }

    private static Long wholeNumber(String text) {
        try {
            return Long.valueOf(text);
        } catch (NumberFormatException _) {
            throw new IllegalArgumentException("'" + text + "' is not a whole number");
        }
    }
}
