package io.sqlitereplica.sidecar.replicate;

import io.sqlitereplica.sidecar.ltx.LtxFileName;
import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.state.Completion;
import io.sqlitereplica.sidecar.state.StateFolder;
import io.sqlitereplica.sidecar.state.Unconfirmed;
import io.sqlitereplica.sidecar.wal.DatabaseRefusedException;
import io.sqlitereplica.sidecar.wal.WalDatabase;
import io.sqlitereplica.sidecar.wal.WalPosition;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** What comes before the first look at the WAL: what is there, here and in the destination, and does it fit together? */
final class StartUp {
    private static final System.Logger LOG = System.getLogger(StartUp.class.getName());
    private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);

    private final ReplicaContext context;

    StartUp(ReplicaContext context) {
        this.context = context;
    }

    /** Something that needs the destination. */
    interface Question<T> {
        T ask() throws IOException;
    }

    /** Asks until there is an answer. An app that has its database need not wait for a destination that is down. */
    <T> T patiently(Question<T> question) throws IOException {
        return ask(question, true);
    }

    /** Asks until there is an answer. Without it the app may not start. */
    <T> T insist(Question<T> question) throws IOException {
        return ask(question, false);
    }

    private <T> T ask(Question<T> question, boolean appMayStart) throws IOException {
        Backoff backoff = new Backoff(FIRST_PAUSE, LONGEST_PAUSE);
        while (true) {
            try {
                T answer = question.ask();
                context.status().destinationAnswered(Instant.now());
                return answer;
            } catch (BrokenOffException e) {
                throw e;
            } catch (IOException e) {
                context.status().destinationFailed(Instant.now(), Errors.message(e));
                if (appMayStart && Files.exists(context.database().path())) {
                    context.gate().open();
                    context.status().mayBeBehindSince(Instant.now());
                }
                boolean news = context.status().error(Errors.message(e));
                LOG.log(
                        news ? Level.WARNING : Level.DEBUG,
                        () -> "the destination does not answer: database=" + context.name() + " error="
                                + Errors.message(e));
                context.stop().pauseOrStop(backoff.pause().toNanos());
            }
        }
    }

    /** Waits until the destination answers: what broke off when it failed would only break off again. */
    void awaitDestination() throws IOException {
        patiently(() -> {
            context.store().check();
            return true;
        });
    }

    /** Finds out whether the last step before a crash was taken. */
    void settleUnconfirmed(StateFolder state) throws IOException {
        Optional<Unconfirmed> unconfirmed = state.unconfirmed();
        if (unconfirmed.isEmpty()) {
            return;
        }
        Completion.Uploaded upload = unconfirmed.get().upload();
        LtxFileName name = upload.name();
        boolean taken = patiently(() -> RemoteFile.find(context.store(), upload.level(), name, context.pool())
                .filter(file -> file.trailer().fileChecksum() == upload.fileChecksum())
                .isPresent());
        if (taken) {
            state.confirm();
        } else {
            state.discard();
        }
        LOG.log(
                Level.INFO,
                () -> "an upload was cut off by a crash: database=" + context.name() + " file=" + name + " level="
                        + upload.level() + (taken ? " it had worked" : " it had not worked"));
    }

    /**
     * Brings the state folder and the open database together.
     *
     * @return where to read on in the WAL
     */
    WalPosition begin(
            Lineage lineage, WalDatabase wal, StateFolder state, OpenTransaction.Room room, LineageGuard guard)
            throws IOException, SQLException, DatabaseRefusedException {
        return switch (lineage) {
            case Lineage.GoOn() -> goOn(wal, state, room, guard);
            case Lineage.WholeDatabase whole -> shipWhole(whole, wal, state, guard);
            case Lineage.Compare(RemoteFile newest) -> recognise(newest, wal, state, guard);
            case Lineage.Foreign _, Lineage.Refused _ -> throw new BrokenOffException.LineageBroken(lineage);
        };
    }

    private WalPosition goOn(WalDatabase wal, StateFolder state, OpenTransaction.Room room, LineageGuard guard)
            throws IOException, SQLException, DatabaseRefusedException {
        if (context.options().onDivergence() == OnDivergence.USE_REPLICA
                && !context.gate().mayHaveStarted()) {
            patiently(() -> {
                guard.check(); // only now can the database still be replaced
                return true;
            });
        }
        context.gate().open();
        wal.requirePageSize(state.position().orElseThrow().pageSize());
        Continuation continuation = Continuation.of(wal, state.position().orElseThrow());
        if (continuation.isGiven()
                && state.pages().databaseChecksum(wal.pageSize()).isPresent()) {
            LOG.log(
                    Level.INFO,
                    () -> "the WAL goes on: database=" + context.name() + " position=" + continuation.position());
            return continuation.position();
        }
        if (continuation.rowsLost()) {
            RowsLost.report(context, state.position().orElseThrow().txId(), continuation.reason());
        }
        return new Resync(context, wal, state, room).run(continuation.reason()).end();
    }

    private WalPosition shipWhole(Lineage.WholeDatabase planned, WalDatabase wal, StateFolder state, LineageGuard guard)
            throws IOException, SQLException {
        Lineage.WholeDatabase whole = patiently(() -> guard.takeForWhole(planned));
        context.gate().open();
        context.status().state(DatabaseState.SNAPSHOTTING);
        TxId after = whole.lastTxId();
        if (whole.rowsLost()) {
            RowsLost.report(context, after, whole.reason());
        }
        LOG.log(
                Level.INFO,
                () -> "shipping the whole database: database=" + context.name() + " reason=" + whole.reason() + " txid="
                        + after.next());
        state.dropAllStaged();
        WalPosition end = new WholeDatabase(context, wal, state).ship(whole.after());
        guard.pass();
        LOG.log(Level.INFO, () -> "shipped: database=" + context.name() + " txid=" + after.next());
        return end;
    }

    private WalPosition recognise(RemoteFile newest, WalDatabase wal, StateFolder state, LineageGuard guard)
            throws IOException, SQLException {
        Optional<WalPosition> end = new WholeDatabase(context, wal, state).recognise(newest);
        if (end.isEmpty()) {
            Lineage.Foreign foreign = new Lineage.Foreign(
                    newest,
                    Lineage.foreign(newest, context.store().location(), "leads to another database than the one here"));
            throw new BrokenOffException.LineageBroken(patiently(() -> guard.differs(foreign)));
        }
        guard.expect(state.position().orElseThrow());
        context.gate().open();
        LOG.log(
                Level.INFO,
                () -> "the database is that of the replica: database=" + context.name() + " txid="
                        + newest.header().maxTxId());
        return end.get();
    }
}
