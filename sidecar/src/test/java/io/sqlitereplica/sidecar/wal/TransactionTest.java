package io.sqlitereplica.sidecar.wal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TransactionTest {
    @TempDir
    Path folder;

    @ParameterizedTest(name = "page_size={0} auto_vacuum={1}")
    @CsvSource({"512,0", "512,1", "1024,2", "4096,0", "4096,1", "4096,2", "16384,2", "65536,0", "65536,1"})
    void followsEveryKindOfTransaction(int pageSize, int autoVacuum) throws Exception {
        try (Rig rig = new Rig(folder, Rig.SMALL, "PRAGMA page_size=" + pageSize, "PRAGMA auto_vacuum=" + autoVacuum)) {
            assertThat(rig.database().pageSize()).isEqualTo(pageSize);
            rig.app.sql("PRAGMA cache_size=5");
            for (String sql : List.of(
                    "CREATE TABLE u(k INTEGER PRIMARY KEY, v BLOB)",
                    "INSERT INTO u SELECT value, randomblob(value * 13) FROM generate_series(1, 300)",
                    "CREATE INDEX ui ON u(v)",
                    "BEGIN",
                    "UPDATE u SET v = randomblob(900) WHERE k % 3 = 0",
                    "SAVEPOINT s",
                    "DELETE FROM u WHERE k > 100",
                    "UPDATE u SET v = randomblob(1700)",
                    "ROLLBACK TO s",
                    "UPDATE u SET v = randomblob(1500) WHERE k < 50",
                    "COMMIT",
                    "BEGIN",
                    "DELETE FROM u",
                    "ROLLBACK",
                    "DELETE FROM u WHERE k % 2 = 0",
                    "PRAGMA incremental_vacuum(10)",
                    "VACUUM",
                    "DROP INDEX ui",
                    "DELETE FROM u WHERE k > 20",
                    "VACUUM")) {
                rig.app.sql(sql.replace("generate_series(1, 300)", SERIES));
                rig.tick();
            }
            rig.assertImageIsDatabase();
            assertThat(rig.stager().resyncs()).isEqualTo(1);
        }
    }

    private static final String SERIES =
            "(WITH RECURSIVE s(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM s LIMIT 300) SELECT value FROM s)";
}
