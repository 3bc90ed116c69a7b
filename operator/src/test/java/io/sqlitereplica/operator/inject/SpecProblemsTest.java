package io.sqlitereplica.operator.inject;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import io.sqlitereplica.api.v1alpha1.SqliteReplica;
import io.sqlitereplica.operator.testing.Replicas;
import io.sqlitereplica.operator.testing.Yaml;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the rules of the CustomResourceDefinition cannot see. */
class SpecProblemsTest {
    @Test
    void findsNothingWrongWithARightOne() {
        assertThat(SpecProblems.of(Replicas.orders("shop", """
              verification: {schedule: "0 5 * * 0", timeZone: Europe/Berlin}
              restore: {request: {id: a, timestamp: "2026-11-23T08:00:00+01:00"}}
            """))).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        verification: {schedule: "0 5 * * 9"}                       | spec.verification.schedule is "0 5 * * 9", which is no cron line
        verification: {schedule: "0 5 30 2 *"}                      | a day that no calendar has
        verification: {schedule: "0 5 * * 0", timeZone: Berlin}     | spec.verification.timeZone is "Berlin", which is no time zone
        restore: {request: {id: a, timestamp: "2026-13-01T00:00:00Z"}} | spec.restore.request.timestamp is "2026-13-01T00:00:00Z", which is no time
        """)
    void saysWhatIsWrong(String spec, String problem) {
        assertThat(SpecProblems.of(Replicas.orders("shop", "  " + spec + "\n")))
                .singleElement()
                .asString()
                .contains(problem);
    }

    @Test
    void refusesAPatternThatCannotBeRead() {
        SqliteReplica replica = Yaml.parse("""
            apiVersion: sqlitereplica.io/v1alpha1
            kind: SqliteReplica
            metadata: {name: shop}
            spec:
              databases:
              - {name: tenants, path: "/data/tenants/[a-.db"}
              destination: {s3: {bucket: backups, prefix: "{database}", credentialsSecretRef: {name: backups}}}
            """, SqliteReplica.class);

        assertThat(SpecProblems.of(replica))
                .singleElement()
                .asString()
                .startsWith("spec.databases[].path of tenants is a pattern that cannot be read: ");
    }

    @ParameterizedTest
    @CsvSource({"1, 112Mi, ", "2, 112Mi, 113Mi", "7, 113Mi, ", "100, 128Mi, ", "100, 127Mi, 128Mi"})
    void asksForMemoryForManyDatabases(int count, String limit, @Nullable String needed) {
        String databases = IntStream.range(1, count)
                .mapToObj(i -> "  - {name: d%d, path: /data/%d.db}%n".formatted(i, i))
                .collect(joining());
        SqliteReplica replica = Yaml.parse("""
            apiVersion: sqlitereplica.io/v1alpha1
            kind: SqliteReplica
            metadata: {name: shop}
            spec:
              databases:
              - {name: shop, path: /data/shop.db}
            """ + databases + """
                  destination: {s3: {bucket: backups, prefix: "{pod}/{database}", credentialsSecretRef: {name: backups}}}
                  sidecar: {resources: {limits: {memory: %s}}}
                """.formatted(limit), SqliteReplica.class);

        List<String> problems = SpecProblems.of(replica);

        if (needed == null) {
            assertThat(problems).isEmpty();
        } else {
            assertThat(problems).singleElement().asString().contains("set it to " + needed + " or more");
        }
    }
}
