package io.sqlitereplica.operator.webhook;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.zjsonpatch.DiffFlags;
import io.fabric8.zjsonpatch.JsonDiff;
import io.sqlitereplica.api.v1alpha1.SqliteReplica;
import io.sqlitereplica.operator.inject.Decision;
import io.sqlitereplica.operator.inject.Decision.Inject;
import io.sqlitereplica.operator.inject.Decision.Refuse;
import io.sqlitereplica.operator.inject.Decision.Skip;
import io.sqlitereplica.operator.inject.Decision.Warning;
import io.sqlitereplica.operator.inject.Injector;
import io.sqlitereplica.operator.inject.Rollout;
import io.sqlitereplica.operator.inject.Workload;
import io.sqlitereplica.operator.inject.Workload.ReplicaSetPod;
import java.net.HttpURLConnection;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Adds the sidecar to pods that ask for it. */
final class PodMutator implements AdmissionHandler {
    private static final Logger LOG = LoggerFactory.getLogger(PodMutator.class);

    private final ObjectMapper mapper;
    private final Injector injector;
    private final Replicas replicas;
    private final Rollouts rollouts;

    PodMutator(ObjectMapper mapper, Injector injector, Replicas replicas, Rollouts rollouts) {
        this.mapper = mapper;
        this.injector = injector;
        this.replicas = replicas;
        this.rollouts = rollouts;
    }

    @Override
    public Admission handle(Request request) throws JsonProcessingException {
        if (!request.operation().equals("CREATE")) {
            return new Admission.Allow(List.of());
        }
        Pod pod = mapper.treeToValue(request.object(), Pod.class);
        if (pod.getMetadata() == null || pod.getSpec() == null) {
            return new Admission.Deny(
                    HttpURLConnection.HTTP_BAD_REQUEST, "SqliteReplica: the pod has no metadata or no spec.");
        }
        Decision decision;
        try {
            decision = decide(pod, request.namespace());
        } catch (KubernetesClientException e) {
            LOG.warn("event=pod-not-decided pod={} cause=\"{}\"", describe(pod, request), e.getMessage());
            return new Admission.Deny(
                    HttpURLConnection.HTTP_INTERNAL_ERROR,
                    "SqliteReplica: the operator could not look the SqliteReplica up; try again. " + e.getMessage());
        }
        return switch (decision) {
            case Skip(var reason) -> {
                LOG.debug("event=pod-skipped pod={} reason={}", describe(pod, request), reason);
                yield new Admission.Allow(List.of());
            }
            case Refuse(var reason, var message) -> {
                LOG.info("event=pod-refused pod={} reason={}", describe(pod, request), reason);
                yield new Admission.Deny(
                        HttpURLConnection.HTTP_FORBIDDEN, "SqliteReplica (" + reason + "): " + message);
            }
            case Inject(var injected, var warnings) -> {
                LOG.info(
                        "event=pod-injected pod={} dryRun={} warnings={}",
                        describe(pod, request),
                        request.dryRun(),
                        warnings.stream().map(Warning::reason).toList());
                yield new Admission.Patch(
                        patch(pod, injected),
                        warnings.stream()
                                .map(warning -> "SqliteReplica (" + warning.reason() + "): " + warning.message())
                                .toList());
            }
        };
    }

    private Decision decide(Pod pod, String namespace) {
        Optional<SqliteReplica> replica = Injector.wantedReplica(pod)
                .filter(name -> !name.isEmpty())
                .flatMap(name -> replicas.find(namespace, name));
        Optional<Rollout> rollout = replica.isPresent() && Workload.of(pod) instanceof ReplicaSetPod(String name)
                ? rollouts.find(namespace, name)
                : Optional.empty();
        return injector.decide(pod, namespace, replica, rollout);
    }

    /** Both sides go through the same model, so that only what was added differs. */
    private String patch(Pod before, Pod after) throws JsonProcessingException {
        return mapper.writeValueAsString(JsonDiff.asJson(
                mapper.valueToTree(before), mapper.valueToTree(after), DiffFlags.dontNormalizeOpIntoMoveAndCopy()));
    }

    /** A pod of a Deployment has no name yet. */
    private static String describe(Pod pod, Request request) {
        String name = pod.getMetadata().getName();
        return request.namespace() + "/"
                + (name != null ? name : pod.getMetadata().getGenerateName() + "*");
    }
}
