package io.sqlitereplica.sidecar.cli;

/** Entry point of {@code sqlite-replica}. */
public final class Main {
    private Main() {}

    public static void main(String[] args) {
        System.out.println("hi " + String.join(" ", args));
        System.exit(args.length > 0 ? Integer.parseInt(args[0]) : 0);
    }
}
