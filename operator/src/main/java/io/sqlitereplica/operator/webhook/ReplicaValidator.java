package io.sqlitereplica.operator.webhook;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.sqlitereplica.api.v1alpha1.SqliteReplica;
import io.sqlitereplica.operator.inject.SpecProblems;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Refuses SqliteReplicas that cannot be carried out. */
final class ReplicaValidator implements AdmissionHandler {
    private static final Logger LOG = LoggerFactory.getLogger(ReplicaValidator.class);
    private static final int UNPROCESSABLE = 422;

    private final ObjectMapper mapper;
    private final Replicas replicas;

    ReplicaValidator(ObjectMapper mapper, Replicas replicas) {
        this.mapper = mapper;
        this.replicas = replicas;
    }

    @Override
    public Admission handle(Request request) throws JsonProcessingException {
        SqliteReplica replica = mapper.treeToValue(request.object(), SqliteReplica.class);
        ObjectMeta metadata = replica.getMetadata();
        // A finalizer is taken off by an update, which must not fail for an old mistake.
        if (metadata.getDeletionTimestamp() != null) {
            return new Admission.Allow(List.of());
        }
        List<String> problems = SpecProblems.of(replica);
        if (!problems.isEmpty()) {
            return refuse(replica, request, String.join(" ", problems));
        }
        Set<BucketFolder> folders = BucketFolder.of(replica);
        Optional<SqliteReplica> other = otherWriter(folders, replica, request.namespace());
        if (other.isEmpty()) {
            return new Admission.Allow(List.of());
        }
        String name = describe(other.get().getMetadata());
        String advice = "Take another spec.destination.s3.prefix, like \"%s/%s/{pod}/{database}\"."
                .formatted(request.namespace(), metadata.getName());
        if (areNamedAfterPods(folders)) {
            return new Admission.Allow(List.of(
                    "SqliteReplica: spec.destination is the same as that of %s: pods of the same name would write to one folder. %s"
                            .formatted(name, advice)));
        }
        return refuse(
                replica,
                request,
                "spec.destination is the same as that of the SqliteReplica %s, and two databases cannot be in one folder. %s"
                        .formatted(name, advice));
    }

    /** All have one prefix. */
    private static boolean areNamedAfterPods(Set<BucketFolder> folders) {
        return folders.stream().anyMatch(BucketFolder::isNamedAfterPods);
    }

    /** Another SqliteReplica that writes to one of the folders; pods of one namespace have different names. */
    private Optional<SqliteReplica> otherWriter(Set<BucketFolder> folders, SqliteReplica replica, String namespace) {
        if (folders.isEmpty()) {
            return Optional.empty();
        }
        String name = replica.getMetadata().getName();
        try {
            return replicas.list().stream()
                    .filter(other -> other.getMetadata().getDeletionTimestamp() == null)
                    .filter(other -> !Collections.disjoint(BucketFolder.of(other), folders))
                    .filter(other -> {
                        boolean sameNamespace =
                                other.getMetadata().getNamespace().equals(namespace);
                        return areNamedAfterPods(folders)
                                ? !sameNamespace
                                : !sameNamespace
                                        || !other.getMetadata().getName().equals(name);
                    })
                    .findFirst();
        } catch (KubernetesClientException e) {
            LOG.warn("event=destinations-not-compared cause=\"{}\"", e.getMessage());
            return Optional.empty();
        }
    }

    private static Admission refuse(SqliteReplica replica, Request request, String message) {
        LOG.info(
                "event=replica-refused replica={}/{} message=\"{}\"",
                request.namespace(),
                replica.getMetadata().getName(),
                message);
        return new Admission.Deny(UNPROCESSABLE, message);
    }

    private static String describe(ObjectMeta metadata) {
        return metadata.getNamespace() + "/" + metadata.getName();
    }
}
