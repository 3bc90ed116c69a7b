package io.sqlitereplica.sidecar.replicate;

import io.sqlitereplica.sidecar.state.StateFolder;
import io.sqlitereplica.sidecar.storage.ReplicaStore;
import io.sqlitereplica.sidecar.storage.StoredOwner;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Replicates the files that match a pattern: those that are there, those that come later, and, before the app starts, those
 * that only the destination has.
 *
 * <p>A database that is deleted is forgotten once all of it is shipped. Its replica stays, and its {@code owner.json} says
 * that the database was deleted: it is not restored again, and a new database of that name goes on behind it. If its state
 * folder is gone, too, that was not the app: somebody emptied the folder, or the volume is away, and it is restored at the
 * next start.
 *
 * <p>The app may start when the destination was asked which databases there are, or cannot be asked and this volume is known
 * to have had all of them (there is a mark beside them).
 */
public final class GlobWatch {
    private static final System.Logger LOG = System.getLogger(GlobWatch.class.getName());
    private static final long LOOK_NANOS = Duration.ofSeconds(1).toNanos();
    private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);

    /**
     * How long a file is gone until it counts as deleted, for whoever replaces one may need a moment; and how long the app
     * waits for a destination that does not answer, where all databases are known to be here.
     */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    /** Something that was changed longer ago than this has a new time if it changes again. */
    private static final Duration TIMES_TOLD_APART = Duration.ofSeconds(2);

    private final DatabaseGlob glob;
    private final Destination destination;
    private final ReplicatorOptions options;
    private final Replicators replicators;
    private final StatusBoard status;
    private final StartGate gate;
    private final Duration patience;
    private final StopSignal stop = new StopSignal();
    private final Path completeMark;
    private final Map<String, Match> matches = new LinkedHashMap<>();
    private @Nullable FileTime listedAsOf;
    private boolean complete;
    private @Nullable String problem;
    private @Nullable Thread thread;

    /** Where the databases go. */
    public interface Destination {
        /** The folder in which each has one named after its file. */
        ReplicaStore above();

        /** The destination of one. */
        ReplicaStore of(String fileName);

        /** A replicator that was not started yet. */
        Replicator replicator(DatabaseSpec database, String fileName);

        /** Another entry of the configuration has the file. */
        boolean isElsewhere(Path file);
    }

    /** One file. */
    private static final class Match {
        private final Replicator replicator;
        private boolean seen;
        private @Nullable Instant missingSince;

        Match(Replicator replicator) {
            this.replicator = replicator;
        }
    }

    /**
     * One that was not started yet.
     *
     * @param replicators to which those of the matching files are added
     */
    public GlobWatch(DatabaseGlob glob, Destination destination, ReplicatorOptions options, Replicators replicators) {
        this(glob, destination, options, replicators, PATIENCE);
    }

    GlobWatch(
            DatabaseGlob glob,
            Destination destination,
            ReplicatorOptions options,
            Replicators replicators,
            Duration patience) {
        this.patience = patience;
        this.glob = glob;
        this.destination = destination;
        this.options = options;
        this.replicators = replicators;
        this.status = new StatusBoard(glob.spec());
        this.gate = new StartGate(options.podFolder(), glob.spec().name());
        this.completeMark = glob.folder().resolve("." + glob.spec().name() + "-sqlitereplica-complete");
    }

    /** Begins. Returns at once. */
    public synchronized void start() {
        if (thread != null) {
            throw new IllegalStateException("It was started already");
        }
        thread = Thread.ofVirtual().name("watch-" + glob.spec().name()).start(this::run);
    }

    /** The pattern's name. */
    public String name() {
        return glob.spec().name();
    }

    /** How the pattern itself stands: while no file matches it, or it cannot be said which do. */
    public Optional<DatabaseStatus> status() {
        DatabaseStatus now = status.status();
        return now.state() == DatabaseState.REPLICATING ? Optional.empty() : Optional.of(now);
    }

    /** It is known which databases belong to it. Once true, always true. */
    public boolean startedUp() {
        return gate.isOpen();
    }

    private void run() {
        stop.attach();
        try {
            boolean appRuns = gate.isKnownToHaveStarted();
            if (appRuns) {
                gate.open();
            }
            look();
            if (!appRuns && options.whenMissing() != WhenMissing.START_EMPTY) {
                addMissing();
            }
            gate.open();
            while (true) {
                stop.pauseOrStop(LOOK_NANOS);
                look();
                markComplete();
            }
        } catch (BrokenOffException.Stopped _) {
            // it ends
        }
    }

    /** Adds what has come, and lets go of what has gone. */
    private void look() {
        try {
            if (mayHaveChanged()) {
                match(glob.find());
            }
            String wrong = problem;
            if (wrong == null) {
                status.state(matches.isEmpty() ? DatabaseState.WAITING : DatabaseState.REPLICATING);
                status.error(null);
            } else {
                failed(wrong);
            }
        } catch (IOException | RuntimeException e) {
            listedAsOf = null;
            failed("The folder %s cannot be read: %s".formatted(glob.folder(), Errors.message(e)));
        }
    }

    /** Nothing comes or goes without another time of the folder. */
    private boolean mayHaveChanged() throws IOException {
        FileTime before = listedAsOf;
        FileTime now;
        try {
            now = Files.getLastModifiedTime(glob.folder());
        } catch (NoSuchFileException _) {
            now = null;
        }
        boolean settled = now != null && now.toInstant().plus(TIMES_TOLD_APART).isBefore(Instant.now());
        FileTime asOf = settled ? now : null;
        listedAsOf = asOf;
        return asOf == null
                || !asOf.equals(before)
                || matches.values().stream().anyMatch(match -> match.missingSince != null);
    }

    private void match(Set<String> found) {
        forget();
        problem = null;
        for (String name : found) {
            Match match = matches.get(name);
            if (match == null && !destination.isElsewhere(glob.folder().resolve(name))) {
                match = add(name);
            }
            if (match != null) {
                match.seen = true;
                match.missingSince = null;
                match.replicator.endWhenDeleted(false);
            }
        }
        matches.forEach((name, match) -> {
            if (match.seen && !found.contains(name)) {
                isMissing(match, glob.folder().resolve(name));
            }
        });
    }

    private void isMissing(Match match, Path database) {
        Instant since = match.missingSince;
        if (since == null) {
            match.missingSince = Instant.now();
        } else if (since.plus(patience).isBefore(Instant.now())) {
            match.replicator.endWhenDeleted(Files.isDirectory(StateFolder.beside(database)));
        }
    }

    private void forget() {
        for (Iterator<Map.Entry<String, Match>> each = matches.entrySet().iterator(); each.hasNext(); ) {
            Map.Entry<String, Match> entry = each.next();
            if (entry.getValue().replicator.hasEnded()) {
                each.remove();
                DatabaseSpec database = glob.database(entry.getKey());
                replicators.remove(database.name());
                LOG.log(Level.INFO, () -> "no longer replicating, it was deleted: database=" + database.name());
            }
        }
    }

    private @Nullable Match add(String fileName) {
        DatabaseSpec database = glob.database(fileName);
        Replicator replicator;
        try {
            replicator = destination.replicator(database, fileName);
        } catch (IllegalArgumentException e) { // a name that cannot be one in a destination
            problem = "%s cannot be replicated: %s. Give it another name".formatted(database.path(), e.getMessage());
            return null;
        }
        if (gate.isOpen()) {
            replicator.appRuns();
        }
        if (!replicators.add(database.name(), replicator)) {
            return null;
        }
        Match match = new Match(replicator);
        matches.put(fileName, match);
        replicator.start();
        return match;
    }

    /** Asks the destination for databases that are not here. Their replicators restore them, or say why not. */
    private void addMissing() throws BrokenOffException.Stopped {
        boolean knownToBeComplete = Files.exists(completeMark);
        Instant start = Instant.now();
        Backoff backoff = new Backoff(FIRST_PAUSE, LONGEST_PAUSE);
        while (true) {
            try {
                for (String name : inDestinationOnly()) {
                    add(name);
                }
                return;
            } catch (IOException | RuntimeException e) {
                status.destinationFailed(Instant.now(), Errors.message(e));
                failed("Which databases are to be restored is not known: " + Errors.message(e));
            }
            if (knownToBeComplete && start.plus(patience).isBefore(Instant.now())) {
                LOG.log(
                        Level.WARNING,
                        () -> "the app starts with the databases that are here: databases="
                                + glob.spec().path());
                return;
            }
            stop.pauseOrStop(backoff.pause().toNanos());
        }
    }

    private List<String> inDestinationOnly() throws IOException {
        List<String> names = new ArrayList<>();
        destination.above().folders(name -> {
            if (glob.matches(name)
                    && !matches.containsKey(name)
                    && !destination.isElsewhere(glob.folder().resolve(name))) {
                names.add(name);
            }
        });
        List<String> wanted = new ArrayList<>();
        for (String name : names) {
            try {
                if (isToBeRestored(destination.of(name))) {
                    wanted.add(name);
                }
            } catch (IllegalArgumentException e) {
                LOG.log(
                        Level.WARNING,
                        () -> "not restored, the name cannot be that of a replica: location="
                                + destination.above().location() + " error=" + e.getMessage());
            }
        }
        return wanted;
    }

    private static boolean isToBeRestored(ReplicaStore store) throws IOException {
        Optional<StoredOwner> owner = store.owner();
        return owner.isPresent()
                ? !owner.get().record().isOfDeletedDatabase()
                : RemoteListing.of(store).newest().isPresent();
    }

    /** All that the destination had is here now: the next start need not wait for it. */
    private void markComplete() {
        if (complete || !matches.values().stream().allMatch(match -> match.replicator.startedUp())) {
            return;
        }
        try {
            Files.createFile(completeMark);
            complete = true;
        } catch (FileAlreadyExistsException _) {
            complete = true;
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "tried again", e);
        }
    }

    private void failed(String error) {
        status.state(gate.isOpen() ? DatabaseState.FAILED : DatabaseState.STARTING);
        boolean news = status.error(error);
        LOG.log(
                news ? Level.WARNING : Level.DEBUG,
                () -> "databases=" + glob.spec().path() + " error=" + error);
    }

    /** Stops looking. The replicators are not stopped. */
    public void stop() {
        stop.stop(System.nanoTime());
    }
}
