package io.sqlitereplica.operator.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class ApiServerTest {
    @RegisterExtension
    static final ApiServer API = new ApiServer();

    @Test
    void givesTheTestClassANamespaceOfItsOwn() {
        assertThat(API.client().namespaces().withName(API.namespace()).get()).isNotNull();
        assertThat(API.client().getNamespace()).isEqualTo(API.namespace());
    }

    @Test
    void givesAServiceAccountNoRightsButItsOwn() {
        try (KubernetesClient client = API.clientOfServiceAccount(API.namespace(), "operator")) {
            assertThatThrownBy(() -> client.pods().inNamespace(API.namespace()).list())
                    .isInstanceOfSatisfying(
                            KubernetesClientException.class,
                            e -> assertThat(e.getCode()).isEqualTo(403));
        }
    }
}
