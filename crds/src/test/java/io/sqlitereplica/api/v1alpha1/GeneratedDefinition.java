package io.sqlitereplica.api.v1alpha1;

import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.crdv2.generator.CRDGenerator;
import io.fabric8.crdv2.generator.CRDPostProcessor;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceColumnDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionVersion;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.api.model.apiextensions.v1.ValidationRule;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** The CustomResourceDefinition as it follows from the types, with what the generator has no annotations for. */
final class GeneratedDefinition {
    private static final String DESCRIPTION =
            "A SqliteReplica says which SQLite databases of which pods are replicated to which destination. Pods opt in"
                    + " with the annotation sqlitereplica.io/inject: <name of the SqliteReplica> on their template. The"
                    + " operator adds the sidecar that replicates the databases and restores them before the"
                    + " application starts, restarts it when asked to, and reports here how far behind each replica"
                    + " is and how the sidecars use memory.";
    private static final List<String> COLUMN_ORDER = Stream.of(
                    SqliteReplica.class.getAnnotationsByType(AdditionalPrinterColumn.class))
            .map(AdditionalPrinterColumn::name)
            .toList();

    private GeneratedDefinition() {}

    static String yaml() throws IOException {
        var text = new ByteArrayOutputStream();
        new CRDGenerator()
                .customResourceClasses(SqliteReplica.class)
                .withMinQuotes(true)
                .withPostProcessor(new CRDPostProcessor() {
                    @Override
                    public HasMetadata process(HasMetadata definition, String version) {
                        return complete((CustomResourceDefinition) definition);
                    }
                })
                .withOutput(new CRDGenerator.AbstractCRDOutput<>() {
                    @Override
                    protected OutputStream createStreamFor(String name) {
                        return text;
                    }
                })
                .generate();
        return text.toString(StandardCharsets.UTF_8)
                .replaceFirst("# Generated.*\n", "# Generated from the types in crds/src/main; do not edit.\n");
    }

    private static CustomResourceDefinition complete(CustomResourceDefinition definition) {
        for (CustomResourceDefinitionVersion each : definition.getSpec().getVersions()) {
            each.getAdditionalPrinterColumns()
                    .sort(Comparator.comparingInt(
                            (CustomResourceColumnDefinition column) -> COLUMN_ORDER.indexOf(column.getName())));
            complete(each.getSchema().getOpenAPIV3Schema());
        }
        return definition;
    }

    private static void complete(JSONSchemaProps root) {
        dropRepeatedRules(root);
        root.setDescription(DESCRIPTION);
        root.setRequired(List.of("spec"));
        at(root, "spec").setDescription("What you want. Fields that are left out have the defaults stated with them.");
        at(root, "status").setDescription("What the operator saw.");

        listMap(at(root, "spec", "databases"), "name");
        listMap(at(root, "status", "pods"), "name");
        listMap(at(root, "status", "pods", "databases"), "name");
        listMap(at(root, "status", "conditions"), "type");
        at(root, "status", "restarts").setXKubernetesListType("atomic");

        condition(at(root, "status", "conditions").getItems().getSchema());
        dateTime(at(root, "status", "lastSnapshot"));
        dateTime(at(root, "status", "restarts", "time"));
        dateTime(at(root, "status", "pods", "startedAt"));
        dateTime(at(root, "status", "pods", "lastOomKillAt"));
        dateTime(at(root, "status", "pods", "databases", "lastSnapshotAt"));
    }

    /** The generator sees a rule on a record's component twice: on the field and on the accessor. */
    private static void dropRepeatedRules(JSONSchemaProps schema) {
        List<ValidationRule> rules = schema.getXKubernetesValidations();
        schema.setXKubernetesValidations(rules.stream().distinct().toList());
        schema.getProperties().values().forEach(GeneratedDefinition::dropRepeatedRules);
        if (schema.getItems() != null) {
            dropRepeatedRules(schema.getItems().getSchema());
        }
    }

    private static void condition(JSONSchemaProps condition) {
        condition.setRequired(List.of("lastTransitionTime", "message", "reason", "status", "type"));
        at(condition, "type")
                .setDescription("Ready, Injected, Replicating, Restorable, MemoryHealthy or DestinationReachable.");
        at(condition, "status").setDescription("True, False, or Unknown when nobody could be asked.");
        at(condition, "reason").setDescription("The cause in one word, for scripts.");
        at(condition, "message").setDescription("The cause, which pod or file it concerns, and what to do.");
        at(condition, "observedGeneration").setDescription("The generation of the spec that the condition is about.");
        at(condition, "lastTransitionTime").setDescription("When the status of the condition last changed.");
        dateTime(at(condition, "lastTransitionTime"));
    }

    /** Follows the names through objects and the items of lists. */
    private static JSONSchemaProps at(JSONSchemaProps start, String... names) {
        JSONSchemaProps found = start;
        for (String name : names) {
            JSONSchemaProps holder =
                    found.getItems() == null ? found : found.getItems().getSchema();
            found = Objects.requireNonNull(holder.getProperties().get(name), () -> "the schema has no field " + name);
        }
        return found;
    }

    private static void listMap(JSONSchemaProps list, String key) {
        list.setXKubernetesListType("map");
        list.setXKubernetesListMapKeys(List.of(key));
    }

    private static void dateTime(JSONSchemaProps text) {
        text.setFormat("date-time");
    }
}
