package io.sqlitereplica.operator.inject;

/** Why a pod must not be created as it is. */
public enum RefusalReason {
    /** The annotation names no SqliteReplica of the namespace. */
    ReplicaNotFound,
    /** The SqliteReplica cannot be carried out as it is written. */
    ReplicaInvalid,
    /** Pods of this kind of workload cannot be injected. */
    UnsupportedWorkload,
    /** The destination has {@code {pod}}, and the names of these pods do not last. */
    UnstablePodName,
    /** Several pods would write to one destination. */
    SharedDestination,
    /** The SqliteReplica names a container that the pod does not have. */
    ContainerNotFound,
    /** Several containers could be the one that the sidecar follows. */
    ContainerAmbiguous,
    /** No volume is mounted where the database is. */
    DatabaseNotOnVolume,
    /** The sidecar needs the database's folder, and only the file is mounted. */
    DatabaseFolderNotMounted,
    /** The sidecar cannot write where it has to. */
    VolumeReadOnly,
    /** The database's volume would cover what the sidecar's image needs. */
    PathReserved,
    /** The sub-path of the database's volume cannot be followed. */
    SubPathUnclear,
    /** The destination is on a volume that the pod does not have. */
    DestinationVolumeNotFound,
    /** The user of the sidecar is not known. */
    UserUnknown,
    /** The pod uses a name that the sidecar needs. */
    NameTaken,
    /** The pod uses the port that the sidecar needs. */
    PortTaken,
    /** The memory limit leaves no room for the sidecar's JVM. */
    MemoryLimitTooSmall
}
