package io.sqlitereplica.sidecar.http;

import io.sqlitereplica.sidecar.memory.MemoryStatus;
import io.sqlitereplica.sidecar.replicate.DatabaseStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** What the endpoints show, and the one thing they can ask for. For any number of threads. */
public interface Sidecar {
    /** Of this program. */
    String version();

    /** When this process started. */
    Instant startedAt();

    /** How each database stands. */
    List<DatabaseStatus> databases();

    /** How the memory stands. */
    MemoryStatus memory();

    /** The names of the databases whose app may not start yet. */
    List<String> notStartedUp();

    /** Ships what is committed now, and says whether all of it is durable in the destination within that time. */
    boolean shipNow(Duration wait) throws InterruptedException;
}
