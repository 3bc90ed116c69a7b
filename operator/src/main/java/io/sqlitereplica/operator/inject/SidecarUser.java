package io.sqlitereplica.operator.inject;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSecurityContext;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.sqlitereplica.api.v1alpha1.SidecarSecurityContext;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A user and a group by number.
 *
 * @param user null when it is the image's
 * @param group null when it is the user's, or the image's
 */
record SidecarUser(@Nullable Long user, @Nullable Long group) {
    private static final SidecarUser UNKNOWN = new SidecarUser(null, null);

    /** The user that owns the database: the SqliteReplica says, else the application's container, else the pod. */
    static SidecarUser of(
            @Nullable SidecarSecurityContext wanted, Container container, Pod pod, String replica, String databasePath)
            throws RefusedException {
        SidecarUser user =
                Stream.of(wanted(wanted), ofContainer(container), ofPod(pod)).reduce(UNKNOWN, SidecarUser::orElse);
        if (user.user() == null) {
            throw new RefusedException(
                    RefusalReason.UserUnknown,
                    ("the sidecar must run as the user that owns %s, and no number of that user is known. Set"
                                    + " securityContext.runAsUser of the container %s (or of the pod), or"
                                    + " spec.sidecar.securityContext.runAsUser of the SqliteReplica %s.")
                            .formatted(databasePath, container.getName(), replica));
        }
        return user;
    }

    static SidecarUser ofContainer(Container container) {
        SecurityContext context = container.getSecurityContext();
        return context == null ? UNKNOWN : new SidecarUser(context.getRunAsUser(), context.getRunAsGroup());
    }

    private static SidecarUser ofPod(Pod pod) {
        PodSecurityContext context = pod.getSpec().getSecurityContext();
        return context == null ? UNKNOWN : new SidecarUser(context.getRunAsUser(), context.getRunAsGroup());
    }

    private static SidecarUser wanted(@Nullable SidecarSecurityContext wanted) {
        return wanted == null ? UNKNOWN : new SidecarUser(wanted.runAsUser(), wanted.runAsGroup());
    }

    private SidecarUser orElse(SidecarUser other) {
        return new SidecarUser(user != null ? user : other.user, group != null ? group : other.group);
    }

    boolean isRoot() {
        return user != null && user == 0;
    }
}
