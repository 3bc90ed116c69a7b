package io.sqlitereplica.api.v1alpha1;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionVersion;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** The schema of the API as a page to read: one table for each object, one line for each field. */
final class ApiReference {
    private static final Pattern SPACES = Pattern.compile("\\s+");

    private final StringBuilder page = new StringBuilder();

    private ApiReference() {}

    static String markdown(CustomResourceDefinitionVersion version) {
        var reference = new ApiReference();
        JSONSchemaProps root = version.getSchema().getOpenAPIV3Schema();
        reference.page.append("""
            # API reference: SqliteReplica, `sqlitereplica.io/v1alpha1`

            <!-- Generated from the CustomResourceDefinition; do not edit. -->

            %s

            The same text is in the cluster: `kubectl explain slr.spec.restart`.
            """.formatted(root.getDescription()));
        for (String part : List.of("spec", "status")) {
            reference.object(part, requireNonNull(root.getProperties().get(part)));
        }
        reference.columns(version);
        return reference.page.toString();
    }

    private void object(String path, JSONSchemaProps object) {
        page.append("\n## ").append(path).append("\n\n");
        if (object.getDescription() != null) {
            page.append(oneLine(object.getDescription())).append("\n\n");
        }
        page.append("| field | type | default | what it says |\n|---|---|---|---|\n");
        List<Map.Entry<String, JSONSchemaProps>> nested = new ArrayList<>();
        object.getProperties().forEach((name, field) -> {
            String required = object.getRequired().contains(name) ? ", required" : "";
            page.append("| `%s` | %s%s | %s | %s |\n"
                    .formatted(name, type(field), required, defaultOf(field), description(field)));
            JSONSchemaProps element = element(field);
            if (!element.getProperties().isEmpty()) {
                nested.add(Map.entry(path + "." + name + (field.getItems() == null ? "" : "[]"), element));
            }
        });
        nested.forEach(each -> object(each.getKey(), each.getValue()));
    }

    private void columns(CustomResourceDefinitionVersion version) {
        page.append("\n## Columns of `kubectl get sqlitereplicas`\n\n| column | where | field |\n|---|---|---|\n");
        version.getAdditionalPrinterColumns()
                .forEach(column -> page.append("| %s | %s | `%s` |\n"
                        .formatted(
                                column.getName(),
                                column.getPriority() != null && column.getPriority() > 0 ? "`-o wide`" : "always",
                                column.getJsonPath())));
    }

    private static JSONSchemaProps element(JSONSchemaProps field) {
        return field.getItems() == null ? field : field.getItems().getSchema();
    }

    private static String type(JSONSchemaProps field) {
        if (field.getItems() != null) {
            return "list of " + type(field.getItems().getSchema());
        }
        if (!field.getEnum().isEmpty()) {
            return String.join(
                    ", ",
                    field.getEnum().stream()
                            .map(value -> "`" + value.asText() + "`")
                            .toList());
        }
        if (Boolean.TRUE.equals(field.getXKubernetesIntOrString())) {
            return "integer or string";
        }
        return field.getType();
    }

    private static String defaultOf(JSONSchemaProps field) {
        JsonNode value = field.getDefault();
        boolean isWorthShowing = value != null && (value.isValueNode() || !value.isEmpty());
        return isWorthShowing ? "`" + value + "`" : "";
    }

    private static String description(JSONSchemaProps field) {
        return field.getDescription() == null
                ? ""
                : oneLine(field.getDescription()).replace("|", "\\|");
    }

    private static String oneLine(String text) {
        return SPACES.matcher(text).replaceAll(" ").strip();
    }
}
