package io.sqlitereplica.operator.inject;

import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The controller that makes a pod, as far as the pod tells. */
public sealed interface Workload {
    /** A pod with a name that lasts. */
    record StatefulSetPod(String statefulSet, int ordinal) implements Workload {}

    /** A pod of a Deployment, or of a ReplicaSet without one. */
    record ReplicaSetPod(String replicaSet) implements Workload {}

    /** A pod that cannot be injected. */
    record Unsupported(String description) implements Workload {}

    /** Reads the pod's controller from its owner references. */
    static Workload of(Pod pod) {
        Optional<OwnerReference> controller = pod.getMetadata().getOwnerReferences().stream()
                .filter(owner -> Boolean.TRUE.equals(owner.getController()))
                .findFirst();
        if (controller.isEmpty()) {
            return new Unsupported("no controller");
        }
        OwnerReference owner = controller.get();
        String group = owner.getApiVersion().replaceFirst("/.*", "");
        return switch (group + "/" + owner.getKind()) {
            case "apps/StatefulSet" -> new StatefulSetPod(owner.getName(), StatefulSetOrdinal.of(pod));
            case "apps/ReplicaSet" -> new ReplicaSetPod(owner.getName());
            default -> new Unsupported("the controller " + owner.getKind() + " " + owner.getName());
        };
    }

    /** The number at the end of the name of a StatefulSet's pod. */
    final class StatefulSetOrdinal {
        private static final String INDEX_LABEL = "apps.kubernetes.io/pod-index";
        private static final Pattern NAME = Pattern.compile(".*-([0-9]{1,9})");

        private StatefulSetOrdinal() {}

        static int of(Pod pod) {
            Map<String, String> labels = pod.getMetadata().getLabels();
            String index = labels == null ? null : labels.get(INDEX_LABEL);
            if (index != null && index.matches("[0-9]{1,9}")) {
                return Integer.parseInt(index);
            }
            String name = pod.getMetadata().getName();
            Matcher matcher = NAME.matcher(name == null ? "" : name);
            return matcher.matches() ? Integer.parseInt(matcher.group(1)) : 0;
        }
    }
}
