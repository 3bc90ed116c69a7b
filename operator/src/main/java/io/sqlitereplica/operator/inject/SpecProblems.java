package io.sqlitereplica.operator.inject;

import com.cronutils.model.CronType;
import com.cronutils.model.definition.CronDefinitionBuilder;
import com.cronutils.model.time.ExecutionTime;
import com.cronutils.parser.CronParser;
import io.fabric8.kubernetes.api.model.Quantity;
import io.sqlitereplica.api.v1alpha1.Database;
import io.sqlitereplica.api.v1alpha1.Destination;
import io.sqlitereplica.api.v1alpha1.RestoreRequest;
import io.sqlitereplica.api.v1alpha1.SqliteReplica;
import io.sqlitereplica.api.v1alpha1.SqliteReplicaSpec;
import io.sqlitereplica.api.v1alpha1.Verification;
import io.sqlitereplica.operator.jvm.MemoryBudget;
import java.nio.file.FileSystems;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/** What is wrong with a SqliteReplica and cannot be seen by the rules of its CustomResourceDefinition. */
public final class SpecProblems {
    /** The name is the value of a label. */
    private static final int MAX_NAME_LENGTH = 63;

    /** Any moment will do: whether a schedule has a next time does not depend on it. */
    private static final ZonedDateTime SOME_TIME = ZonedDateTime.of(2026, 1, 1, 0, 0, 0, 0, ZoneOffset.UTC);

    private SpecProblems() {}

    /** A sentence for each problem, naming the field and what to write instead; none when all is well. */
    public static List<String> of(SqliteReplica replica) {
        List<String> problems = new ArrayList<>();
        String name = replica.getMetadata().getName();
        if (name != null && name.length() > MAX_NAME_LENGTH) {
            problems.add("metadata.name is %d characters long; it can have %d, because it labels the pods."
                    .formatted(name.length(), MAX_NAME_LENGTH));
        }
        SqliteReplicaSpec spec = replica.getSpec();
        if (spec == null) {
            problems.add("spec is missing: spec.databases and spec.destination say what goes where.");
            return problems;
        }
        if (spec.databases().isEmpty()) {
            problems.add("spec.databases is empty: name at least one, like {name: orders, path: /data/orders.db}.");
        }
        Set<String> paths = new HashSet<>();
        for (Database database : spec.databases()) {
            if (!paths.add(database.path())) {
                problems.add(
                        "spec.databases names %s twice: each path belongs to one name.".formatted(database.path()));
            }
            checkPattern(database, problems);
        }
        checkMemory(spec, problems);
        Destination destination = spec.destination();
        if (destination == null || (destination.s3() == null) == (destination.file() == null)) {
            problems.add("spec.destination must have exactly one of s3 and file.");
        }
        checkSchedule(
                "spec.snapshot", spec.snapshot().schedule(), spec.snapshot().timeZone(), problems);
        checkSchedule("spec.restart", spec.restart().schedule(), spec.restart().timeZone(), problems);
        Verification verification = spec.verification();
        if (verification != null) {
            checkSchedule("spec.verification", verification.schedule(), verification.timeZone(), problems);
        }
        RestoreRequest request = spec.restore().request();
        if (request != null && request.timestamp() != null) {
            checkTime("spec.restore.request.timestamp", request.timestamp(), problems);
        }
        return problems;
    }

    private static void checkPattern(Database database, List<String> problems) {
        try {
            FileSystems.getDefault()
                    .getPathMatcher(
                            "glob:" + database.path().substring(database.path().lastIndexOf('/') + 1));
        } catch (PatternSyntaxException e) {
            problems.add(
                    "spec.databases[].path of %s is a pattern that cannot be read: %s. Write one like /data/tenants/*.db."
                            .formatted(database.name(), e.getDescription()));
        }
    }

    /** Two connections of SQLite (62 KiB each), a virtual thread, and what is known of it: measured with 100 databases. */
    private static final int DATABASE_KIB = 160;

    private static void checkMemory(SqliteReplicaSpec spec, List<String> problems) {
        Quantity limit = spec.sidecar().resources().limits().memory();
        int more = spec.databases().size() - 1;
        int neededMib = MemoryBudget.MIN_LIMIT_MIB + Math.ceilDiv(more * DATABASE_KIB, 1024);
        if (more > 0 && limit.getNumericalAmount().longValue() < (long) neededMib << 20) {
            problems.add(
                    ("spec.sidecar.resources.limits.memory is %s, too little for %d databases: set it to %dMi or more"
                                    + " (%dMi, and %dKi for each after the first).")
                            .formatted(
                                    limit,
                                    spec.databases().size(),
                                    neededMib,
                                    MemoryBudget.MIN_LIMIT_MIB,
                                    DATABASE_KIB));
        }
    }

    private static void checkTime(String field, String time, List<String> problems) {
        try {
            OffsetDateTime.parse(time);
        } catch (DateTimeException e) {
            problems.add("%s is \"%s\", which is no time: write one with its zone, like 2026-11-23T08:00:00Z."
                    .formatted(field, time));
        }
    }

    private static void checkSchedule(String field, @Nullable String schedule, String zone, List<String> problems) {
        try {
            ZoneId.of(zone);
        } catch (DateTimeException e) {
            problems.add(("%s.timeZone is \"%s\", which is no time zone. Write the IANA name of one, like UTC or"
                            + " Europe/Berlin.")
                    .formatted(field, zone));
        }
        if (schedule == null) {
            return;
        }
        try {
            CronParser parser = new CronParser(CronDefinitionBuilder.instanceDefinitionFor(CronType.UNIX));
            ExecutionTime times = ExecutionTime.forCron(parser.parse(schedule).validate());
            if (times.nextExecution(SOME_TIME).isEmpty()) {
                problems.add("%s.schedule is \"%s\", a day that no calendar has: it would never run."
                        .formatted(field, schedule));
            }
        } catch (IllegalArgumentException e) {
            problems.add(
                    ("%s.schedule is \"%s\", which is no cron line: %s. Write minute, hour, day of month, month and"
                                    + " day of week, like \"30 4 * * 0\" for each Sunday at 04:30.")
                            .formatted(field, schedule, e.getMessage()));
        }
    }
}
