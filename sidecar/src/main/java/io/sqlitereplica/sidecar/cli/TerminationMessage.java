package io.sqlitereplica.sidecar.cli;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** Tells Kubernetes why a container ended badly: the file's content shows in the pod's status. */
final class TerminationMessage {
    private static final System.Logger LOG = System.getLogger(TerminationMessage.class.getName());
    private static final int MOST_BYTES = 4096; // of which the kubelet keeps no more

    private TerminationMessage() {}

    static void write(Path file, String message) {
        try {
            Files.write(file, cut(message));
        } catch (IOException e) {
            LOG.log(Level.WARNING, "the termination message cannot be written: file=" + file, e);
        }
    }

    /** Takes back what was written: it was not true in the end. */
    static void clear(Path file) {
        write(file, "");
    }

    /** As many whole characters as fit. */
    private static byte[] cut(String message) {
        ByteBuffer bytes = ByteBuffer.allocate(MOST_BYTES);
        StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(message), bytes, true);
        return Arrays.copyOf(bytes.array(), bytes.position());
    }
}
