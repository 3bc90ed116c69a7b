package io.sqlitereplica.sidecar.state;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HexFormat;

/**
 * Who writes the replica, in the file {@code writer}.
 *
 * @param value not 0
 */
record WriterId(long value) {
    private static final String FILE = "writer";

    static WriterId of(Path folder) throws IOException {
        Path file = folder.resolve(FILE);
        if (Files.exists(file)) {
            String text = new String(Files.readAllBytes(file), US_ASCII).strip();
            if (text.matches("[0-9a-f]{16}") && !text.matches("0+")) {
                return new WriterId(HexFormat.fromHexDigitsToLong(text));
            }
        }
        return draw(folder, file);
    }

    private static WriterId draw(Path folder, Path file) throws IOException {
        WriterId drawn = new WriterId(new SecureRandom().nextLong() | 1);
        Path temporary = folder.resolve(FILE + ".tmp");
        Durable.write(
                temporary, ByteBuffer.wrap((HexFormat.of().toHexDigits(drawn.value()) + "\n").getBytes(US_ASCII)));
        Durable.rename(temporary, file);
        Durable.folder(folder);
        return drawn;
    }
}
