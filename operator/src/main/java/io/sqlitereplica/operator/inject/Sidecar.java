package io.sqlitereplica.operator.inject;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.ResourceRequirementsBuilder;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.SecurityContextBuilder;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.VolumeMountBuilder;
import io.sqlitereplica.api.v1alpha1.Destination;
import io.sqlitereplica.api.v1alpha1.S3Destination;
import io.sqlitereplica.api.v1alpha1.ServerSideEncryption;
import io.sqlitereplica.api.v1alpha1.SidecarResources;
import io.sqlitereplica.api.v1alpha1.SqliteReplica;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/** Builds the sidecar's container and the volumes that it needs beside the application's. */
record Sidecar(SqliteReplica replica, String image, DatabaseMounts databases, SidecarUser user) {
    /** A restore of any length is no failure: the sidecar itself says what it is doing. */
    private static final int NEVER = Integer.MAX_VALUE;

    private static final int READABLE_BY_ALL = 0444;

    /** The environment variables that name the pod. */
    private static final SequencedMap<String, String> POD_FIELDS = podFields();

    Container container() {
        return new ContainerBuilder()
                .withName(Names.CONTAINER)
                .withImage(image)
                .withImagePullPolicy("IfNotPresent")
                .withRestartPolicy("Always")
                .withArgs("replicate", "--config", Names.CONFIG_PATH + "/" + Names.CONFIG_KEY)
                .withEnv(environment())
                .addNewPort()
                .withName(Names.PORT)
                .withContainerPort(replica.getSpec().sidecar().port())
                .withProtocol("TCP")
                .endPort()
                .withResources(resources(replica.getSpec().sidecar().resources()))
                .withSecurityContext(securityContext())
                .withNewStartupProbe()
                .withNewHttpGet()
                .withPath("/startupz")
                .withNewPort(Names.PORT)
                .endHttpGet()
                .withPeriodSeconds(1)
                .withTimeoutSeconds(5)
                .withFailureThreshold(NEVER)
                .endStartupProbe()
                .withNewLivenessProbe()
                .withNewHttpGet()
                .withPath("/livez")
                .withNewPort(Names.PORT)
                .endHttpGet()
                .withPeriodSeconds(10)
                .withTimeoutSeconds(5)
                .withFailureThreshold(6)
                .endLivenessProbe()
                .withNewLifecycle()
                .withNewPreStop()
                .withNewHttpGet()
                .withPath("/prestop")
                .withNewPort(Names.PORT)
                .endHttpGet()
                .endPreStop()
                .endLifecycle()
                .withVolumeMounts(mounts())
                .build();
    }

    /** The volumes that the pod does not have yet. */
    List<Volume> volumes() {
        List<Volume> volumes = new ArrayList<>();
        volumes.add(new VolumeBuilder()
                .withName(Names.CONFIG_VOLUME)
                .withNewConfigMap()
                .withName(Names.configMap(replica.getMetadata().getName()))
                .endConfigMap()
                .build());
        bucketFolders().forEach((folder, volume) -> volumes.add(volume));
        volumes.add(new VolumeBuilder()
                .withName(Names.POD_VOLUME)
                .withNewDownwardAPI()
                .addNewItem()
                .withPath(Names.POD_ANNOTATIONS_FILE)
                .withNewFieldRef()
                .withFieldPath("metadata.annotations")
                .endFieldRef()
                .endItem()
                .endDownwardAPI()
                .build());
        if (!isInTmp()) {
            volumes.add(emptyDir(Names.TMP_VOLUME));
        }
        volumes.add(emptyDir(Names.NO_TOKEN_VOLUME));
        return volumes;
    }

    private List<VolumeMount> mounts() {
        List<VolumeMount> mounts = new ArrayList<>();
        mounts.addAll(databases.mounts());
        if (destination().file() != null) {
            mounts.add(mount(destination().file().volume(), Names.DESTINATION_PATH, false));
        }
        mounts.add(mount(Names.CONFIG_VOLUME, Names.CONFIG_PATH, true));
        bucketFolders().forEach((folder, volume) -> mounts.add(mount(volume.getName(), folder, true)));
        mounts.add(mount(Names.POD_VOLUME, Names.POD_PATH, true));
        if (!isInTmp()) {
            mounts.add(mount(Names.TMP_VOLUME, Names.TMP_PATH, false));
        }
        mounts.add(mount(Names.NO_TOKEN_VOLUME, Names.TOKEN_PATH, true));
        return mounts;
    }

    /** What requests to a bucket need: the volumes, by the folders that they are mounted at. */
    private SequencedMap<String, Volume> bucketFolders() {
        SequencedMap<String, Volume> folders = new LinkedHashMap<>();
        S3Destination s3 = destination().s3();
        if (s3 == null) {
            return folders;
        }
        if (s3.credentialsSecretRef() != null) {
            folders.put(
                    Names.CREDENTIALS_PATH,
                    secret(Names.CREDENTIALS_VOLUME, s3.credentialsSecretRef().name()));
        }
        if (s3.caBundleRef() != null) {
            folders.put(
                    Names.CA_BUNDLE_PATH,
                    new VolumeBuilder()
                            .withName(Names.CA_BUNDLE_VOLUME)
                            .withNewConfigMap()
                            .withName(s3.caBundleRef().name())
                            .endConfigMap()
                            .build());
        }
        ServerSideEncryption encryption = s3.serverSideEncryption();
        if (encryption != null && encryption.customerKeySecretRef() != null) {
            folders.put(
                    Names.CUSTOMER_KEY_PATH,
                    secret(
                            Names.CUSTOMER_KEY_VOLUME,
                            encryption.customerKeySecretRef().name()));
        }
        return folders;
    }

    private static Volume secret(String volume, String name) {
        return new VolumeBuilder()
                .withName(volume)
                .withNewSecret()
                .withSecretName(name)
                .withDefaultMode(READABLE_BY_ALL)
                .endSecret()
                .build();
    }

    private List<EnvVar> environment() {
        List<EnvVar> environment = new ArrayList<>();
        POD_FIELDS.forEach((name, field) -> environment.add(podField(name, field)));
        environment.addAll(databases.environment());
        return environment;
    }

    /** Whether the sidecar has this very variable anyway. */
    static boolean hasVariable(EnvVar variable) {
        String field = POD_FIELDS.get(variable.getName());
        return field != null
                && variable.getValueFrom() != null
                && variable.getValueFrom().getFieldRef() != null
                && field.equals(variable.getValueFrom().getFieldRef().getFieldPath());
    }

    /** Whether the sidecar has another variable of this name. */
    static boolean hasOtherVariable(EnvVar variable) {
        return POD_FIELDS.containsKey(variable.getName()) && !hasVariable(variable);
    }

    private SecurityContext securityContext() {
        SecurityContext ofApplication = databases.container().getSecurityContext();
        return new SecurityContextBuilder()
                .withRunAsUser(user.user())
                .withRunAsGroup(user.group())
                .withRunAsNonRoot(user.isRoot() ? null : true)
                .withReadOnlyRootFilesystem(true)
                .withAllowPrivilegeEscalation(false)
                .withNewCapabilities()
                .withDrop("ALL")
                .endCapabilities()
                .withNewSeccompProfile()
                .withType("RuntimeDefault")
                .endSeccompProfile()
                .withSeLinuxOptions(ofApplication == null ? null : ofApplication.getSeLinuxOptions())
                .build();
    }

    private boolean isInTmp() {
        return databases.mounts().stream()
                .anyMatch(mount -> mount.getMountPath().matches(Names.TMP_PATH + "/*"));
    }

    private Destination destination() {
        return replica.getSpec().destination();
    }

    private static ResourceRequirements resources(SidecarResources resources) {
        Map<String, Quantity> limits = new HashMap<>();
        limits.put("memory", resources.limits().memory());
        if (resources.limits().cpu() != null) {
            limits.put("cpu", resources.limits().cpu());
        }
        return new ResourceRequirementsBuilder()
                .addToRequests("memory", resources.requests().memory())
                .addToRequests("cpu", resources.requests().cpu())
                .withLimits(limits)
                .build();
    }

    private static SequencedMap<String, String> podFields() {
        SequencedMap<String, String> fields = new LinkedHashMap<>();
        fields.put("POD_NAME", "metadata.name");
        fields.put("POD_NAMESPACE", "metadata.namespace");
        return Collections.unmodifiableSequencedMap(fields);
    }

    private static EnvVar podField(String name, String field) {
        return new EnvVarBuilder()
                .withName(name)
                .withNewValueFrom()
                .withNewFieldRef()
                .withFieldPath(field)
                .endFieldRef()
                .endValueFrom()
                .build();
    }

    private static VolumeMount mount(String volume, String path, boolean readOnly) {
        return new VolumeMountBuilder()
                .withName(volume)
                .withMountPath(path)
                .withReadOnly(readOnly ? true : null)
                .build();
    }

    private static Volume emptyDir(String name) {
        return new VolumeBuilder()
                .withName(name)
                .withNewEmptyDir()
                .endEmptyDir()
                .build();
    }
}
