package io.sqlitereplica.operator.webhook;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;

/** The mapper for Kubernetes objects. */
final class Json {
    private Json() {}

    static ObjectMapper newMapper() {
        ObjectMapper mapper = new ObjectMapper();
        new KubernetesSerialization(mapper, false);
        return mapper;
    }
}
