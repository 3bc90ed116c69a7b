package io.sqlitereplica.sidecar.cli;

/** What the process ends with. */
final class ExitCode {
    /** What was asked for is done and true. */
    static final int OK = 0;
    /** It failed, or something is not as it should be. */
    static final int FAILURE = 1;
    /** The command line or the configuration file is wrong. */
    static final int USAGE = 2;
    /** Stopped in order to be started again at once; {@code bin/launch} does. */
    static final int RESTART = 75;

    private ExitCode() {}
}
