package io.sqlitereplica.sidecar.memory;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalDouble;

/** The three kinds of files in which the kernel gives figures. */
final class KernelFile {
    private KernelFile() {}

    /** A single number. */
    static long number(Path file) throws IOException {
        String text = Files.readString(file).strip();
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw new IOException("%s holds '%s' where a number was expected".formatted(file, text), e);
        }
    }

    /** A single number, or 0 where this kernel has no such file. */
    static long numberIfThere(Path file) throws IOException {
        try {
            return number(file);
        } catch (NoSuchFileException e) {
            return 0;
        }
    }

    /** Lines of a name and a number. Others are passed over. */
    static Map<String, Long> table(Path file) throws IOException {
        Map<String, Long> table = new HashMap<>();
        for (String line : Files.readAllLines(file)) {
            int space = line.indexOf(' ');
            if (space > 0) {
                try {
                    table.put(
                            line.substring(0, space),
                            Long.parseLong(line.substring(space + 1).strip()));
                } catch (NumberFormatException e) {
                    // a line of another kind
                }
            }
        }
        return table;
    }

    static long value(Map<String, Long> table, Path file, String name) throws IOException {
        Long value = table.get(name);
        if (value == null) {
            throw new IOException("%s has no line '%s'".formatted(file, name));
        }
        return value;
    }

    /** The 10 s average of a line of a pressure file; empty where this kernel has none, or has them switched off. */
    static OptionalDouble pressure(Path file, String line) {
        try {
            for (String text : Files.readAllLines(file)) {
                String start = line + " avg10=";
                if (text.startsWith(start)) {
                    return OptionalDouble.of(
                            Double.parseDouble(text.substring(start.length(), text.indexOf(' ', start.length()))));
                }
            }
        } catch (IOException | NumberFormatException | IndexOutOfBoundsException e) {
            // as documented
        }
        return OptionalDouble.empty();
    }
}
