package io.sqlitereplica.sidecar.replicate;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;

/** In a folder. */
@Tag("deep")
class FolderTakeOverTest extends TakeOverTest {
    @Override
    String url() {
        return "file:" + objects();
    }

    @Override
    Path objects() {
        return folder.resolve("destination");
    }

    @Override
    Replica makeReplica() throws IOException {
        return new Replica(objects());
    }
}
