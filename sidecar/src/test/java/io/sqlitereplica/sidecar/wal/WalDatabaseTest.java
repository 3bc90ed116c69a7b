package io.sqlitereplica.sidecar.wal;

import static org.assertj.core.api.Assertions.assertThat;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WalDatabaseTest {
    @TempDir
    Path folder;

    @Test
    void followsCommitsAcrossRenewals() throws Exception {
        Path path = folder.resolve("app.db");
        try (App app = App.start(path)) {
            app.sql("PRAGMA journal_mode=WAL");
            app.sql("CREATE TABLE t(a)");
            try (WalDatabase database = WalDatabase.open(path, new BufferPool(1 << 20));
                    ImageStager stager = new ImageStager(database, folder)) {
                database.stage(stager);
                for (int i = 0; i < 20; i++) {
                    app.sql("INSERT INTO t VALUES (randomblob(10000))");
                    if (database.renewalDue(database.header())) {
                        assertThat(database.renew(stager)).isTrue();
                    }
                }
                app.serialize("main", folder.resolve("expected"));
                assertThat(stager.image()).hasSameBinaryContentAs(folder.resolve("expected"));
                assertThat(stager.resyncs()).isEqualTo(1);
            }
        }
    }
}
