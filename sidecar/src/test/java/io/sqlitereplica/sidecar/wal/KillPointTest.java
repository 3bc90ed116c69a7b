package io.sqlitereplica.sidecar.wal;

import static org.assertj.core.api.Assertions.assertThat;

import io.sqlitereplica.sidecar.testing.KillPoints;
import io.sqlitereplica.sidecar.testing.NativeSqlite;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Writers that die at the worst moments of a commit or a checkpoint. */
class KillPointTest {
    private static final String SYSTEM_LIBRARY = "libsqlite3.so.0";

    @TempDir
    Path folder;

    @ParameterizedTest
    @EnumSource
    void stagesWhatTheDatabaseHasAfterAWriterDied(KillPoints.Point point) throws Exception {
        Assumptions.assumeTrue(
                NativeSqlite.load(SYSTEM_LIBRARY) != null, "SKIPPED: there is no " + SYSTEM_LIBRARY + " to be killed");
        try (Rig rig = new Rig(folder)) {
            rig.commit(300_000);
            rig.tick();
            rig.commit(50_000);
            if (point == KillPoints.Point.RESTART_NOT_WRITTEN) {
                assertThat(rig.database().finish(rig.stager())).isEqualTo(FinishResult.DONE);
            } else {
                rig.tick();
            }

            assertDies(rig, point);

            rig.assertImageIsDatabase();
            for (int i = 0; i < 5; i++) {
                rig.commit(40_000);
                rig.tick();
                rig.assertImageIsDatabase();
            }
            assertThat(rig.database().finish(rig.stager())).isEqualTo(FinishResult.DONE);
            rig.commit(10);
            rig.assertImageIsDatabase();
            assertThat(rig.app.sql("PRAGMA integrity_check")).isEqualTo("ok");
            assertThat(rig.stager().resyncs()).isEqualTo(1);
        }
    }

    private static void assertDies(Rig rig, KillPoints.Point point) {
        App victim = App.start(rig.path);
        try {
            victim.command("die", SYSTEM_LIBRARY, point.name());
            for (String sql : statements(point)) {
                victim.command("native", SYSTEM_LIBRARY, sql);
            }
        } catch (IllegalStateException e) {
            assertThat(victim.exitCode()).isEqualTo(137);
            return;
        }
        victim.kill();
        throw new AssertionError("Lives on behind " + point);
    }

    private static List<String> statements(KillPoints.Point point) {
        return switch (point) {
            case COMMIT_NOT_PUBLISHED, BETWEEN_HEADERS, BETWEEN_FRAMES, RESTART_NOT_WRITTEN ->
                List.of("PRAGMA wal_autocheckpoint=0", "INSERT INTO t VALUES (randomblob(50000))");
            case REWRITING_CHECKSUMS ->
                List.of(
                        "PRAGMA wal_autocheckpoint=0",
                        "PRAGMA cache_size=5",
                        "BEGIN",
                        "UPDATE t SET a = randomblob(length(a))",
                        "UPDATE t SET a = randomblob(length(a))",
                        "COMMIT");
            case MID_BACKFILL, BACKFILL_NOT_PUBLISHED -> List.of("PRAGMA wal_checkpoint(PASSIVE)");
        };
    }
}
