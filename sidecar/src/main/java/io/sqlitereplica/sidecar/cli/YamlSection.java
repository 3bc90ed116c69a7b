package io.sqlitereplica.sidecar.cli;

import com.fasterxml.jackson.core.JacksonException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A mapping in the configuration file, from which keys are taken with the type they must have. What is wrong is an
 * exception that names the file, the line, the key, and what would be right.
 */
final class YamlSection {
    private final Path file;
    private final String prefix;
    private final int line;
    private final Map<String, YamlNode> entries;
    private final Set<String> known = new LinkedHashSet<>();

    private YamlSection(Path file, String prefix, int line, Map<String, YamlNode> entries) {
        this.file = file;
        this.prefix = prefix;
        this.line = line;
        this.entries = entries;
    }

    /** The whole file. */
    static YamlSection read(Path file) throws ConfigException {
        YamlNode document = parse(file);
        if (document instanceof YamlNode.Mapping(int line, Map<String, YamlNode> entries)) {
            return new YamlSection(file, "", line, entries);
        }
        throw new ConfigException("%s:%d: this is not a mapping of keys to values".formatted(file, document.line()));
    }

    private static YamlNode parse(Path file) throws ConfigException {
        try {
            return YamlNode.read(file);
        } catch (JacksonException e) {
            throw new ConfigException(
                    "%s:%d: this is not YAML: %s"
                            .formatted(
                                    file,
                                    e.getLocation() == null
                                            ? 1
                                            : e.getLocation().getLineNr(),
                                    e.getOriginalMessage()),
                    e);
        } catch (NoSuchFileException | java.io.FileNotFoundException e) {
            throw new ConfigException("The configuration file %s is not there, or may not be read".formatted(file), e);
        } catch (IOException e) {
            throw new ConfigException(
                    "The configuration file %s cannot be read: %s".formatted(file, e.getMessage()), e);
        }
    }

    /** Turns text into a value. */
    @FunctionalInterface
    interface Reading<T> {
        /** Throws {@link IllegalArgumentException} that says what is wrong. */
        T read(String text);
    }

    /** It has no keys, or is not there. */
    boolean isEmpty() {
        return entries.isEmpty();
    }

    Optional<String> text(String key) throws ConfigException {
        return value(key, text -> text);
    }

    String requiredText(String key) throws ConfigException {
        return text(key).orElseThrow(() -> missing(key));
    }

    <T> T required(String key, Reading<T> reading) throws ConfigException {
        return value(key, reading).orElseThrow(() -> missing(key));
    }

    <T> Optional<T> value(String key, Reading<T> reading) throws ConfigException {
        YamlNode node = take(key);
        return switch (node) {
            case YamlNode.Empty _ -> Optional.empty();
            case YamlNode.Scalar(int at, String text) -> {
                try {
                    yield Optional.of(reading.read(text));
                } catch (IllegalArgumentException e) {
                    throw wrong(at, key, String.valueOf(e.getMessage()));
                }
            }
            case YamlNode.Mapping(int at, var _) -> throw wrong(at, key, "one value belongs here, not a mapping");
            case YamlNode.Sequence(int at, var _) -> throw wrong(at, key, "one value belongs here, not a list");
        };
    }

    /** The mapping under a key; one without keys where there is none. */
    YamlSection section(String key) throws ConfigException {
        return section(key, take(key));
    }

    /** The mappings in the list under a key. */
    List<YamlSection> sections(String key) throws ConfigException {
        YamlNode node = take(key);
        List<YamlSection> sections = new ArrayList<>();
        switch (node) {
            case YamlNode.Empty _ -> {}
            case YamlNode.Sequence(var _, List<YamlNode> items) -> {
                for (int i = 0; i < items.size(); i++) {
                    sections.add(section("%s[%d]".formatted(key, i), items.get(i)));
                }
            }
            default -> throw wrong(node.line(), key, "a list belongs here");
        }
        return sections;
    }

    private YamlSection section(String key, YamlNode node) throws ConfigException {
        return switch (node) {
            case YamlNode.Empty(int at) -> new YamlSection(file, prefix + key + ".", at, Map.of());
            case YamlNode.Mapping(int at, Map<String, YamlNode> found) ->
                new YamlSection(file, prefix + key + ".", at, found);
            default -> throw wrong(node.line(), key, "a mapping of keys to values belongs here");
        };
    }

    private YamlNode take(String key) {
        known.add(key);
        return entries.getOrDefault(key, new YamlNode.Empty(line));
    }

    /** Names the keys that nobody asked for. */
    void passOver(List<String> keys) {
        entries.forEach((key, value) -> {
            if (!known.contains(key)) {
                keys.add("%s%s (line %d)".formatted(prefix, key, value.line()));
            }
        });
    }

    /** Called when every key there is was asked for: any other key is refused. */
    void done() throws ConfigException {
        for (Map.Entry<String, YamlNode> entry : entries.entrySet()) {
            if (!known.contains(entry.getKey())) {
                throw wrong(
                        entry.getValue().line(),
                        entry.getKey(),
                        "there is no such key; known here are " + String.join(", ", known));
            }
        }
    }

    ConfigException missing(String key) {
        return wrong(key, "it is missing");
    }

    ConfigException wrong(String key, String what) {
        return wrong(entries.getOrDefault(key, new YamlNode.Empty(line)).line(), key, what);
    }

    private ConfigException wrong(int at, String key, String what) {
        return new ConfigException("%s:%d: %s: %s".formatted(file, at, prefix + key, what));
    }
}
