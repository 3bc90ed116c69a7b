package io.sqlitereplica.sidecar.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;

/** Stands in for sqlite-replica where the scripts that start it are tested; runs in a JVM of its own. */
final class ScriptProbe {
    private ScriptProbe() {}

    /**
     * Prints the system property {@code probe}, then does as told: {@code exit CODE}, {@code restart FILE} (ends with
     * 75 until the file is there, which it creates at its second start) or {@code wait CODE} (until a signal, then
     * ends with this code).
     */
    public static void main(String[] args) throws IOException, InterruptedException {
        System.out.println("probe=" + System.getProperty("probe", "built-in") + " args=" + String.join(",", args));
        switch (args[0]) {
            case "exit" -> System.exit(Integer.parseInt(args[1]));
            case "restart" -> restart(Path.of(args[1]));
            case "wait" -> {
                Thread hook = new Thread(() -> {
                    System.out.println("stopping");
                    Runtime.getRuntime().halt(Integer.parseInt(args[1]));
                });
                Runtime.getRuntime().addShutdownHook(hook);
                System.out.println("waiting");
                new CountDownLatch(1).await();
            }
            default -> throw new IllegalArgumentException(args[0]);
        }
    }

    private static void restart(Path starts) throws IOException {
        long before = Files.exists(starts) ? Files.size(starts) : 0;
        Files.write(starts, new byte[(int) before + 1]);
        System.exit(before < 2 ? 75 : 3);
    }
}
