package io.sqlitereplica.sidecar.replicate;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** What this process runs on, in the words of people. */
final class Host {
    private Host() {}

    /** The pod, with its namespace, or the machine. */
    static String name() {
        String pod = System.getenv("POD_NAME");
        if (pod != null && !pod.isBlank()) {
            return Optional.ofNullable(System.getenv("POD_NAMESPACE"))
                            .map(namespace -> namespace + "/")
                            .orElse("")
                    + pod;
        }
        try {
            // As the kernel has it: to ask Java would ask the DNS.
            return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
        } catch (IOException e) {
            return Optional.ofNullable(System.getenv("HOSTNAME")).orElse("unknown");
        }
    }
}
