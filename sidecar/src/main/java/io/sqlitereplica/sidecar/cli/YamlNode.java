package io.sqlitereplica.sidecar.cli;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A YAML document, as it was parsed. Data binding would do this too, for 17 MiB of memory that are never needed again
 * (measured).
 */
sealed interface YamlNode {
    /** Where it stands in the file, from 1. */
    int line();

    /** Keys and values. */
    record Mapping(int line, Map<String, YamlNode> entries) implements YamlNode {}

    /** Values. */
    record Sequence(int line, List<YamlNode> items) implements YamlNode {}

    /** Text, a number, true or false; all as they are written. */
    record Scalar(int line, String text) implements YamlNode {}

    /** Nothing. */
    record Empty(int line) implements YamlNode {}

    /** Reads the one document of a file. */
    static YamlNode read(Path file) throws IOException {
        try (JsonParser parser = new YAMLFactory()
                .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
                .createParser(file.toFile())) {
            return parser.nextToken() == null ? new Empty(1) : node(parser);
        }
    }

    private static YamlNode node(JsonParser parser) throws IOException {
        int line = parser.currentTokenLocation().getLineNr();
        return switch (parser.currentToken()) {
            case START_OBJECT -> {
                Map<String, YamlNode> entries = new LinkedHashMap<>();
                while (parser.nextToken() != JsonToken.END_OBJECT) {
                    String key = parser.currentName();
                    parser.nextToken();
                    entries.put(key, node(parser));
                }
                yield new Mapping(line, entries);
            }
            case START_ARRAY -> {
                List<YamlNode> items = new ArrayList<>();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    items.add(node(parser));
                }
                yield new Sequence(line, items);
            }
            case VALUE_NULL -> new Empty(line);
            default -> new Scalar(line, parser.getText());
        };
    }
}
