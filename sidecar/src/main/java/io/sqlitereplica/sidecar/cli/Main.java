package io.sqlitereplica.sidecar.cli;

/** Entry point of {@code sqlite-replica}. */
public final class Main {
    private Main() {}

    public static void main(String[] args) {
        System.exit(new CommandLineTool(System.out, System.err).run(args));
    }
}
