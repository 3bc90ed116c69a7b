package io.sqlitereplica.api.v1alpha1;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class CheckedInDefinitionTest {
    private static final Path CHECKED_IN = Path.of("sqlitereplicas.sqlitereplica.io-v1.yaml");

    /** With {@code -Dcrd=write} it writes the file instead of comparing. */
    @Test
    void checkedInFileIsWhatTheTypesSay() throws IOException {
        String generated = GeneratedDefinition.yaml();
        if ("write".equals(System.getProperty("crd"))) {
            Files.writeString(CHECKED_IN, generated);
        }
        assertThat(CHECKED_IN)
                .as(
                        "crds/%s is stale; refresh it with: mvn -q -pl crds test -Dtest=%s -Dcrd=write",
                        CHECKED_IN, CheckedInDefinitionTest.class.getSimpleName())
                .exists()
                .hasContent(generated);
    }
}
