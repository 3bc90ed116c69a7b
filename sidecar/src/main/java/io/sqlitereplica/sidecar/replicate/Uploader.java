package io.sqlitereplica.sidecar.replicate;

import io.sqlitereplica.sidecar.ltx.LtxFileName;
import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.state.StagedFiles;
import io.sqlitereplica.sidecar.state.StateFolder;
import io.sqlitereplica.sidecar.storage.CreateResult;
import io.sqlitereplica.sidecar.storage.ReplicaFile;
import io.sqlitereplica.sidecar.storage.StoreException;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Uploads the staged files in the order of their TXIDs, on a virtual thread, and tries again for as long as it takes.
 * What it does may be interrupted: it touches neither the database nor its WAL.
 */
final class Uploader implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Uploader.class.getName());
    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);

    private static final TxId NOTHING = TxId.ZERO;

    private final ReplicaContext context;
    private final StagedFiles staged;
    private final LineageGuard guard;
    private final long writerId;
    private final @Nullable TxId newestFromBefore;
    private final Thread thread;
    private final Backoff backoff = new Backoff(FIRST_PAUSE, LONGEST_PAUSE);

    /** In the destination, but perhaps not deleted here: the disk may refuse that. For the uploading thread. */
    private TxId uploaded = NOTHING;

    private long lastAllowed;
    private @Nullable TxId current;
    private @Nullable Instant failingSince;
    private @Nullable BrokenOffException broken;
    private boolean hurry;
    private boolean closed;

    /**
     * Begins.
     *
     * @param paused not before {@link #resume}
     */
    Uploader(ReplicaContext context, StateFolder state, LineageGuard guard, boolean paused) {
        this.context = context;
        this.staged = state.staged();
        this.guard = guard;
        this.writerId = state.writerId();
        this.newestFromBefore = staged.newest().orElse(null);
        this.lastAllowed = paused ? 0 : Long.MAX_VALUE;
        this.thread = Thread.ofVirtual().name("upload-" + context.name()).start(this::run);
    }

    /** Something was staged. While the destination fails, that is no reason to ask it sooner. */
    synchronized void wake() {
        notifyAll();
    }

    /** Somebody waits: what failed is tried again at once. */
    synchronized void hurry() {
        hurry = true;
        notifyAll();
    }

    /** Everything staged is uploaded. */
    boolean isIdle() {
        return staged.oldest().isEmpty();
    }

    /** And the destination was asked whether it has what was uploaded before. */
    boolean isDone() {
        return isIdle() && guard.hasPassed();
    }

    /** Since when all attempts failed; null: they do not. */
    synchronized @Nullable Instant failingSince() {
        return failingSince;
    }

    /** Throws what keeps it from going on at all. */
    void check() throws BrokenOffException {
        context.ownership().check();
        synchronized (this) {
            if (broken != null) {
                throw broken;
            }
        }
    }

    /**
     * Uploads nothing behind the file that is being uploaded now, or is next.
     *
     * @return that file, if there is one
     */
    synchronized Optional<TxId> holdBack() {
        Optional<TxId> last = current != null ? Optional.of(current) : staged.oldest();
        lastAllowed = last.map(TxId::value).orElse(0L);
        return last;
    }

    /** Goes on. */
    synchronized void resume() {
        lastAllowed = Long.MAX_VALUE;
        notifyAll();
    }

    private void run() {
        while (true) {
            TxId txId = awaitNext();
            if (txId == null) {
                return;
            }
            boolean worked = false;
            try {
                guard.check();
                if (!txId.equals(NOTHING)) {
                    if (!txId.equals(uploaded)) {
                        upload(txId);
                    }
                    staged.deleteOldest();
                }
                worked = true;
            } catch (BrokenOffException.Stopped e) {
                // It was waiting for another writer.
            } catch (BrokenOffException e) {
                breakDown(e);
                return;
            } catch (IOException | RuntimeException | Error e) {
                failed(txId, e);
            }
            done(worked);
        }
    }

    /** What to upload next; {@link #NOTHING}: only look at the destination; null: end. */
    private synchronized @Nullable TxId awaitNext() {
        while (!closed) {
            TxId oldest = staged.oldest().orElse(null);
            if (oldest != null && oldest.value() <= lastAllowed) {
                current = oldest;
                return oldest;
            }
            if (oldest == null && lastAllowed > 0 && !guard.hasPassed()) {
                return NOTHING;
            }
            waitMillis(1000);
        }
        return null;
    }

    private void upload(TxId txId) throws IOException {
        StagedFile file = read(txId);
        LtxFileName name = LtxFileName.of(txId);
        if (context.store().create(0, name, file.header().timestamp(), file.path()) == CreateResult.EXISTS) {
            requireOurs(file, name);
        }
        Instant now = Instant.now();
        context.status().destinationAnswered(now);
        context.status().uploaded(file.bytes(), now);
        context.compactor()
                .uploaded(new ReplicaFile(0, name, file.bytes(), file.header().timestamp()));
        context.status().replicated(txId);
        uploaded = txId;
    }

    /** What was staged by an earlier process went through a crash, perhaps one of the machine: it is read whole first. */
    private StagedFile read(TxId txId) throws IOException {
        if (newestFromBefore != null && txId.compareTo(newestFromBefore) <= 0) {
            StagedFile.forEachPage(staged, txId, context.pool(), _ -> {});
        }
        return StagedFile.read(staged, txId, context.pool());
    }

    /** The file is there: by an earlier attempt of ours whose answer was lost, or by someone else. */
    private void requireOurs(StagedFile file, LtxFileName name) throws IOException {
        boolean same = RemoteFile.find(context.store(), 0, name, context.pool())
                .filter(theirs -> theirs.trailer().equals(file.trailer()))
                .isPresent();
        if (!same) {
            throw new BrokenOffException.LineageBroken(LineageGuard.onConflict(context, writerId, 0, name));
        }
    }

    private synchronized void breakDown(BrokenOffException e) {
        broken = e;
        current = null;
        notifyAll();
        context.stop().wake();
    }

    private void failed(TxId txId, Throwable e) {
        if (isClosed()) {
            return;
        }
        Instant now = Instant.now();
        context.status().count(StatusBoard.Count.UPLOAD_FAILURE);
        if (e instanceof StoreException) {
            context.status().destinationFailed(now, Errors.message(e));
        } else {
            context.status().uploadError(context.explain(e));
        }
        boolean first;
        synchronized (this) {
            first = failingSince == null;
            failingSince = first ? now : failingSince;
        }
        // The first of a row of failures; the others are counted.
        LOG.log(
                first ? Level.WARNING : Level.DEBUG,
                () -> "upload failed: database=" + context.name() + " txid=" + txId + " error=" + context.explain(e));
    }

    private synchronized boolean isClosed() {
        return closed;
    }

    private synchronized void done(boolean worked) {
        current = null;
        notifyAll();
        if (worked) {
            if (failingSince != null) {
                LOG.log(Level.INFO, "uploads work again: database=" + context.name());
            }
            failingSince = null;
            context.status().uploadError(null);
            backoff.reset();
            return;
        }
        long end = System.nanoTime() + backoff.pause().toNanos();
        hurry = false;
        for (long left = end - System.nanoTime(); left > 0 && !hurry && !closed; left = end - System.nanoTime()) {
            waitMillis(left / 1_000_000 + 1);
        }
    }

    /** To be called in a loop, and with the lock. */
    @SuppressWarnings("WaitNotInLoop")
    private void waitMillis(long millis) {
        try {
            wait(millis);
        } catch (InterruptedException e) {
            // Only close() interrupts, and says so.
        }
    }

    /** Breaks off what it does. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        thread.interrupt();
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
