package io.sqlitereplica.operator.poll;

/** What came of asking one sidecar. */
public sealed interface PollResult {
    /** The sidecar answered. */
    record Answered(SidecarStatus status) implements PollResult {}

    /**
     * The sidecar runs but could not be asked, so nothing is known of it.
     *
     * @param reason what happened, and the likely causes
     */
    record Unreachable(String reason) implements PollResult {}

    /** The sidecar's container does not run, so there is nobody to ask; the pod's own status says why. */
    record NotReady() implements PollResult {}
}
