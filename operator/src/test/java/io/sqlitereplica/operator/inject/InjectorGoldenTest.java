package io.sqlitereplica.operator.inject;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.sqlitereplica.api.v1alpha1.SqliteReplica;
import io.sqlitereplica.operator.inject.Decision.Inject;
import io.sqlitereplica.operator.inject.Decision.Skip;
import io.sqlitereplica.operator.testing.Yaml;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each folder of resources is a case: a pod and its SqliteReplica in, a pod with the sidecar out. */
class InjectorGoldenTest {
    private static final Injector INJECTOR = new Injector("sqlitereplica/sidecar:0.1.0");
    private static final Rollout ROLLOUT = new Rollout("Deployment notes", 1, false);

    static Stream<String> folders() {
        return Stream.of(
                "stateful-set-to-s3",
                "deployment-to-file",
                "everything-taken-from-the-pod",
                "several-databases",
                "private-s3");
    }

    @ParameterizedTest
    @MethodSource("folders")
    void addsTheSidecarAsInTheGoldenFile(String folder) {
        Pod pod = Yaml.read(getClass(), folder + "/pod.yaml", Pod.class);
        SqliteReplica replica = Yaml.read(getClass(), folder + "/replica.yaml", SqliteReplica.class);

        Decision decision = INJECTOR.decide(pod, "shop", Optional.of(replica), Optional.of(ROLLOUT));

        assertThat(decision).isInstanceOfSatisfying(Inject.class, injected -> {
            assertThat(Yaml.write(injected.pod()))
                    .isEqualTo(Yaml.write(Yaml.read(getClass(), folder + "/expected.yaml", Pod.class)));
            assertThat(injected.warnings()).isEmpty();
        });
    }

    @ParameterizedTest
    @MethodSource("folders")
    void leavesAPodThatHasTheSidecarAsItIs(String folder) {
        Pod pod = Yaml.read(getClass(), folder + "/expected.yaml", Pod.class);
        SqliteReplica replica = Yaml.read(getClass(), folder + "/replica.yaml", SqliteReplica.class);

        assertThat(INJECTOR.decide(pod, "shop", Optional.of(replica), Optional.of(ROLLOUT)))
                .isEqualTo(new Skip(SkipReason.AlreadyInjected));
        assertThat(Injector.wantedReplica(pod)).isEmpty();
    }
}
