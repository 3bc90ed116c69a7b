package io.sqlitereplica.sidecar.cli;

import java.lang.management.ManagementFactory;

/**
 * The classes and profiles of a training run (JEP 483, 515), which make the start faster and the process smaller. A JVM
 * that finds them unfit, because a jar or the JVM itself is another one, goes on without and says nothing.
 */
final class AotCache {
    private AotCache() {}

    /** Whether this JVM was given a cache and took it. */
    static boolean inUse() {
        // A runtime made by jlink has no other archive of classes that it could share.
        return System.getProperty("java.vm.info", "").contains("sharing")
                && ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                        .anyMatch(argument -> argument.startsWith("-XX:AOTCache="));
    }
}
