package io.sqlitereplica.api.v1alpha1;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ApiReferenceTest {
    private static final Path CHECKED_IN = Path.of("../docs/api-reference.md");

    /** With {@code -Dcrd=write} it writes the page instead of comparing. */
    @Test
    void checkedInPageIsWhatTheDefinitionSays() throws IOException {
        var definition = Serialization.unmarshal(GeneratedDefinition.yaml(), CustomResourceDefinition.class);
        String generated =
                ApiReference.markdown(definition.getSpec().getVersions().getFirst());
        if ("write".equals(System.getProperty("crd"))) {
            Files.writeString(CHECKED_IN, generated);
        }
        assertThat(CHECKED_IN)
                .as(
                        "docs/api-reference.md is stale; refresh it with: mvn -q -pl crds test -Dtest=%s -Dcrd=write",
                        ApiReferenceTest.class.getSimpleName())
                .exists()
                .hasContent(generated);
    }
}
