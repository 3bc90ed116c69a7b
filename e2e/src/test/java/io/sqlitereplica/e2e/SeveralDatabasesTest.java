package io.sqlitereplica.e2e;

import static io.sqlitereplica.e2e.Scene.within;
import static org.assertj.core.api.Assertions.assertThat;

import io.sqlitereplica.api.v1alpha1.DatabaseStatus;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A pod with several databases loses its volume, and gets all of them back, but for one that it deleted. */
@Tag("e2e")
class SeveralDatabasesTest {
    @RegisterExtension
    static final Scene SCENE = new Scene();

    @Test
    void restoresEachFromItsOwnFolder() throws IOException {
        App app = App.running("shop", """
            mkdir -p /data/tenants
            echo "tenants at the start:" $(ls /data/tenants | grep db$)
            for name in app users tenants/a tenants/b; do
              sqlite3 /data/$name.db 'PRAGMA journal_mode = WAL; CREATE TABLE IF NOT EXISTS entries (n INTEGER)'
              echo "$name had $(sqlite3 /data/$name.db 'SELECT count(*) FROM entries')"
              sqlite3 /data/$name.db "INSERT INTO entries VALUES (1)"
            done
            sqlite3 /data/tenants/gone.db 'PRAGMA journal_mode = WAL; CREATE TABLE entries (n INTEGER)'
            sleep 4
            rm /data/tenants/gone.db*
            sleep 14
            echo written
            """);
        String replica = app.replica(SCENE.namespace());
        SCENE.apply(replica.replace(
                "databases: [",
                "databases: [{name: users, path: /data/users.db}, {name: tenants, path: \"/data/tenants/*.db\"}, "));
        SCENE.apply(app.manifest());
        SCENE.awaitReady(app.name());
        within(Duration.ofSeconds(60)).until(() -> SCENE.log(app.name()).contains("written"));
        assertThat(SCENE.log(app.name())).contains("app had 0", "users had 0", "tenants/a had 0", "tenants/b had 0");

        SCENE.losePodAndVolume(app.name(), 30);

        SCENE.awaitReady(app.name());
        assertThat(SCENE.log(app.name()))
                .contains("tenants at the start: a.db b.db")
                .contains("app had 1", "users had 1", "tenants/a had 1", "tenants/b had 1");
        assertThat(SCENE.status(app.name()).pods().getFirst().databases())
                .extracting(DatabaseStatus::name)
                .contains("app", "users", "tenants/a.db", "tenants/b.db");
    }
}
