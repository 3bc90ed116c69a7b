package io.sqlitereplica.sidecar.cli;

import io.sqlitereplica.sidecar.replicate.DatabaseGlob;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a configuration file of Litestream 0.5 says about its databases, as far as a SqliteReplica can go on with it.
 *
 * @param databases names and paths
 * @param place where they are replicated to
 * @param syncInterval how often a database is shipped
 * @param snapshotInterval how often a snapshot is taken
 * @param retention how long snapshots are kept
 * @param levels the intervals of compaction
 * @param passedOver the keys that have no counterpart, each with its line
 */
record LitestreamConfig(
        Map<String, String> databases,
        Place place,
        Optional<Duration> syncInterval,
        Optional<Duration> snapshotInterval,
        Optional<Duration> retention,
        List<Duration> levels,
        List<String> passedOver) {
    private static final Pattern NAME = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");
    private static final Pattern POD = Pattern.compile("\\$\\{?(?:POD_NAME|HOSTNAME)\\b}?");
    private static final Pattern VARIABLE = Pattern.compile("\\$\\{?[A-Za-z_]\\w*}?");
    private static final Pattern URL = Pattern.compile("s3://([^/?]+)/?([^?]*)(?:\\?(.*))?");
    private static final Pattern DURATION_PART = Pattern.compile("\\d+(ms|s|m|h)");

    /**
     * A place in a bucket.
     *
     * @param prefix with {@code {pod}} and, for several databases, {@code {database}}
     */
    record Place(String bucket, String prefix, Optional<String> endpoint, Optional<String> region, boolean pathStyle) {}

    private record Replicated(String path, Place place, Optional<Duration> syncInterval) {}

    /**
     * Understands a file.
     *
     * @throws ConfigException it is no such file, or has something that cannot be gone on with: the message says what to do
     */
    static LitestreamConfig read(Path file) throws ConfigException {
        YamlSection top = YamlSection.read(file);
        List<String> passedOver = new ArrayList<>();
        // Secrets stay where they are: they are asked for, so that they are not named as passed over.
        top.text("access-key-id");
        top.text("secret-access-key");
        List<Replicated> replicated = new ArrayList<>();
        for (YamlSection database : top.sections("dbs")) {
            replicated.add(replicated(database, passedOver));
        }
        if (replicated.isEmpty()) {
            throw top.missing("dbs");
        }
        YamlSection snapshot = top.section("snapshot");
        List<Duration> levels = new ArrayList<>();
        for (YamlSection level : top.sections("levels")) {
            levels.add(level.required("interval", LitestreamConfig::duration));
        }
        Map<String, String> databases = new LinkedHashMap<>();
        Place place = onePlace(replicated, databases, top);
        Set<Duration> intervals = new HashSet<>();
        replicated.forEach(each -> each.syncInterval.ifPresent(intervals::add));
        if (intervals.size() > 1) {
            throw top.wrong("dbs", "they have different sync-intervals, and a SqliteReplica has one: make them equal");
        }
        Optional<Duration> snapshotInterval = snapshot.value("interval", LitestreamConfig::duration);
        Optional<Duration> retention = snapshot.value("retention", LitestreamConfig::duration);
        snapshot.passOver(passedOver);
        top.passOver(passedOver);
        return new LitestreamConfig(
                databases,
                place,
                intervals.stream().findFirst(),
                snapshotInterval,
                retention,
                levels,
                List.copyOf(passedOver));
    }

    private static Replicated replicated(YamlSection database, List<String> passedOver) throws ConfigException {
        Optional<String> folder = database.value("dir", LitestreamConfig::withoutVariables);
        String path = folder.isPresent()
                ? pattern(folder.get(), database)
                : database.required("path", LitestreamConfig::withoutVariables);
        if (!path.startsWith("/")) {
            throw database.wrong("path", "a SqliteReplica needs the absolute path, as the app's container sees it");
        }
        List<YamlSection> replicas = database.sections("replicas");
        YamlSection replica = replicas.isEmpty() ? database.section("replica") : replicas.getFirst();
        if (replica.isEmpty() || replicas.size() > 1) {
            throw database.wrong("replica", "exactly one replica goes over to a SqliteReplica");
        }
        Replicated read =
                new Replicated(path, place(replica), replica.value("sync-interval", LitestreamConfig::duration));
        replica.passOver(passedOver);
        database.passOver(passedOver);
        return read;
    }

    /** The files of a folder, as one path. Each has a replica below that of the folder, named after it. */
    private static String pattern(String folder, YamlSection database) throws ConfigException {
        if (database.text("recursive").filter("true"::equals).isPresent()) {
            throw database.wrong(
                    "recursive", "a pattern of a SqliteReplica takes the files of one folder: name each folder in dbs");
        }
        database.text("watch"); // it always is
        return folder.replaceFirst("/+$", "") + "/"
                + database.requiredText("pattern").replace("[^", "[!");
    }

    private static Place place(YamlSection replica) throws ConfigException {
        replica.text("access-key-id");
        replica.text("secret-access-key");
        replica.text("name");
        if (!replica.section("age").isEmpty()) {
            throw replica.wrong("age", "a replica that is encrypted with age cannot be gone on with: begin a new one");
        }
        Optional<String> url = replica.value("url", LitestreamConfig::withPod);
        Optional<String> type = replica.text("type");
        Matcher parts = URL.matcher(url.orElse("s3://bucket"));
        if (!parts.matches() || (url.isEmpty() && !type.orElse("").equals("s3"))) {
            throw replica.wrong(
                    url.isPresent() ? "url" : "type",
                    "only replicas in S3 go over: for a folder, give destination.file the volume that it is on");
        }
        Map<String, String> query = query(parts.group(3));
        String bucket = url.isPresent() ? parts.group(1) : replica.requiredText("bucket");
        String prefix = url.isPresent() ? parts.group(2) : replica.required("path", LitestreamConfig::withPod);
        Optional<String> endpoint = replica.text("endpoint").or(() -> Optional.ofNullable(query.get("endpoint")));
        Optional<String> region = replica.text("region").or(() -> Optional.ofNullable(query.get("region")));
        boolean pathStyle = replica.text("force-path-style")
                .or(() -> Optional.ofNullable(query.get("forcePathStyle")))
                .filter("true"::equals)
                .isPresent();
        String stripped = prefix.replaceAll("^/+|/+$", "");
        if (stripped.isEmpty()) {
            throw replica.wrong("path", "a SqliteReplica needs a folder in the bucket: it cannot go on with the root");
        }
        return new Place(
                bucket,
                stripped,
                endpoint.map(text -> text.contains("://") ? text : "https://" + text),
                region,
                pathStyle);
    }

    private static Map<String, String> query(@Nullable String text) {
        Map<String, String> query = new LinkedHashMap<>();
        if (text != null) {
            for (String parameter : text.split("&", -1)) {
                int equals = parameter.indexOf('=');
                if (equals > 0) {
                    query.put(parameter.substring(0, equals), parameter.substring(equals + 1));
                }
            }
        }
        return query;
    }

    /** One prefix for all of them: with several, the last name of each is that of the database. */
    private static Place onePlace(List<Replicated> replicated, Map<String, String> databases, YamlSection top)
            throws ConfigException {
        Replicated first = replicated.getFirst();
        if (replicated.size() == 1 && !DatabaseGlob.isGlob(first.path)) {
            databases.put(nameOf(first.path), first.path);
            return first.place;
        }
        Set<Place> places = new HashSet<>();
        for (Replicated each : replicated) {
            String prefix = each.place.prefix;
            int slash = prefix.lastIndexOf('/');
            String name = prefix.substring(slash + 1);
            if (!NAME.matcher(name).matches() || databases.put(name, each.path) != null) {
                throw top.wrong(
                        "dbs",
                        ("the databases or folders of a SqliteReplica share a prefix like 'shop/{database}', where the"
                            + " name stands for lower-case letters, digits and '-': '%s' of %s is no such name, or is"
                            + " there twice. Begin a new replica, or give that database a pod of its own")
                                .formatted(name, each.path));
            }
            Place place = each.place;
            places.add(new Place(
                    place.bucket,
                    prefix.substring(0, slash + 1) + "{database}",
                    place.endpoint,
                    place.region,
                    place.pathStyle));
        }
        if (places.size() > 1) {
            throw top.wrong("dbs", "they are replicated to different places, and a SqliteReplica has one: " + places);
        }
        return places.iterator().next();
    }

    /** A name for a database at a path, as Kubernetes wants names. */
    static String nameOf(String path) {
        String file = path.substring(path.lastIndexOf('/') + 1).replaceFirst("\\.[^.]*$", "");
        String name = file.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
        String stripped = name.replaceAll("^-+|-+$", "");
        return stripped.isEmpty() ? "database" : stripped.substring(0, Math.min(stripped.length(), 40));
    }

    private static String withPod(String text) {
        return withoutVariables(POD.matcher(text).replaceAll("{pod}"));
    }

    private static String withoutVariables(String text) {
        Matcher variable = VARIABLE.matcher(text);
        if (variable.find()) {
            throw new IllegalArgumentException("put the value in the place of the variable " + variable.group());
        }
        return text;
    }

    /** As Go writes them: 1h30m, 500ms. */
    private static Duration duration(String text) {
        Duration sum = Duration.ZERO;
        Matcher part = DURATION_PART.matcher(text);
        int end = 0;
        while (part.find() && part.start() == end) {
            sum = sum.plus(Amounts.duration(part.group()));
            end = part.end();
        }
        if (end != text.length() || end == 0) {
            throw new IllegalArgumentException("'" + text + "' is no time span, like 1h30m");
        }
        return sum;
    }
}
