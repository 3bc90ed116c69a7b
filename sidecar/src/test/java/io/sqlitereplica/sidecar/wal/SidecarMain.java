package io.sqlitereplica.sidecar.wal;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A sidecar in a process of its own that can be stopped and killed. Keeps image and position in a folder. */
final class SidecarMain {
    private final WalDatabase database;
    private final ImageStager stager;
    private final Path saved;
    private final boolean continued;

    private SidecarMain(Path path, Path folder) throws Exception {
        database = WalDatabase.open(path, new BufferPool(1 << 20));
        stager = new ImageStager(database, folder);
        saved = folder.resolve("position");
        WalPosition position = load();
        continued = position != null && goOn(position);
    }

    public static void main(String[] args) throws Exception {
        SidecarMain sidecar = new SidecarMain(Path.of(args[0]), Path.of(args[1]));
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            switch (line) {
                case "stage" -> {
                    sidecar.stage();
                    out.println("ok\t" + (sidecar.continued ? "continued" : "resynced"));
                }
                case "stop" -> {
                    sidecar.database.close(CloseMode.STOPPING);
                    out.println("ok\tstopped");
                    return;
                }
                default -> throw new IllegalArgumentException(line);
            }
        }
    }

    private boolean goOn(WalPosition position) throws Exception {
        if (!database.continuesAt(position)) {
            return false;
        }
        stager.continueFrom(position);
        return true;
    }

    private void stage() throws Exception {
        if (!database.renew(stager)) {
            throw new IllegalStateException("No slot");
        }
        WalPosition position = stager.position();
        if (position != null) {
            Files.writeString(
                    saved,
                    position.salts() + " " + position.frame() + " " + position.checksum1() + " "
                            + position.checksum2());
        }
    }

    private @Nullable WalPosition load() throws Exception {
        if (!Files.exists(saved)) {
            return null;
        }
        String[] fields = Files.readString(saved).split(" ", -1);
        return new WalPosition(
                Long.parseLong(fields[0]),
                Integer.parseInt(fields[1]),
                Integer.parseInt(fields[2]),
                Integer.parseInt(fields[3]));
    }
}
