package io.sqlitereplica.sidecar.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.sqlitereplica.sidecar.memory.MemoryStatus;
import io.sqlitereplica.sidecar.memory.MemoryVerdict;
import io.sqlitereplica.sidecar.replicate.DatabaseState;
import io.sqlitereplica.sidecar.replicate.DatabaseStatus;
import io.sqlitereplica.sidecar.replicate.Notice;
import io.sqlitereplica.sidecar.restore.Progress;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** {@code /status}: everything that is known about a sidecar. Values that are not known are null. */
final class StatusJson {
    private static final JsonFactory FACTORY = new JsonFactory();

    private final JsonGenerator json;

    private StatusJson(JsonGenerator json) {
        this.json = json;
    }

    static void write(Sidecar sidecar, OutputStream to) throws IOException {
        try (JsonGenerator json = FACTORY.createGenerator(to)) {
            new StatusJson(json).write(sidecar);
        }
    }

    private void write(Sidecar sidecar) throws IOException {
        json.writeStartObject();
        json.writeStringField("version", sidecar.version());
        time("startedAt", sidecar.startedAt());
        json.writeArrayFieldStart("databases");
        for (DatabaseStatus database : sidecar.databases()) {
            write(database);
        }
        json.writeEndArray();
        json.writeObjectFieldStart("memory");
        write(sidecar.memory());
        json.writeEndObject();
        json.writeEndObject();
    }

    private void write(DatabaseStatus database) throws IOException {
        json.writeStartObject();
        json.writeStringField("name", database.name());
        json.writeStringField("path", database.path().toString());
        json.writeStringField("state", text(database.state()));
        json.writeStringField("txid", database.txId().toString());
        json.writeStringField("replicatedTxid", database.replicatedTxId().toString());
        seconds("lagSeconds", database.lag());
        time("lastSyncAt", database.lastSyncAt());
        time("lastSnapshotAt", database.lastSnapshotAt());
        json.writeStringField("error", database.error());
        write(database.destination());
        if (database.counters().resyncs() > 0) {
            json.writeNumberField("resyncs", database.counters().resyncs());
            seconds("resyncSeconds", database.counters().resyncTime());
        }
        if (database.restoreRequest() != null) {
            json.writeStringField("restoreRequest", database.restoreRequest());
        }
        if (database.restore() != null) {
            write(database.restore());
        }
        if (database.restoring() != null) {
            write(database.restoring());
        }
        if (database.verification() != null) {
            write(database.verification());
        }
        json.writeArrayFieldStart("notices");
        for (Notice notice : database.notices()) {
            json.writeStartObject();
            json.writeStringField("reason", text(notice.reason()));
            time("time", notice.time());
            json.writeStringField("message", notice.message());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private void write(Progress restoring) throws IOException {
        json.writeObjectFieldStart("restoring");
        json.writeStringField("toTxid", restoring.goal().toString());
        json.writeNumberField("bytesDone", restoring.bytesDone());
        json.writeNumberField("bytesTotal", restoring.bytesTotal());
        json.writeNumberField("filesDone", restoring.filesDone());
        json.writeNumberField("filesTotal", restoring.filesTotal());
        json.writeEndObject();
    }

    private void write(DatabaseStatus.Destination destination) throws IOException {
        json.writeObjectFieldStart("destination");
        if (destination.reachable() == null) {
            json.writeNullField("reachable");
        } else {
            json.writeBooleanField("reachable", destination.reachable());
        }
        time("checkedAt", destination.checkedAt());
        json.writeStringField("reason", destination.reason());
        json.writeStringField("message", destination.message());
        json.writeEndObject();
    }

    private void write(DatabaseStatus.Restored restored) throws IOException {
        json.writeObjectFieldStart("restore");
        json.writeStringField("fromTxid", restored.fromTxId().toString());
        seconds("durationSeconds", restored.duration());
        json.writeNumberField("bytes", restored.bytes());
        json.writeEndObject();
    }

    private void write(DatabaseStatus.Verified verified) throws IOException {
        json.writeObjectFieldStart("verification");
        time("at", verified.at());
        json.writeStringField(
                "txid", verified.txId() == null ? null : verified.txId().toString());
        seconds("durationSeconds", verified.duration());
        json.writeStringField("error", verified.error());
        json.writeEndObject();
    }

    private void write(MemoryStatus memory) throws IOException {
        json.writeNumberField("limitBytes", memory.limitBytes());
        json.writeNumberField("anonBytes", memory.anonBytes());
        json.writeNumberField("fileBytes", memory.fileBytes());
        json.writeNumberField("slabBytes", memory.slabBytes());
        json.writeNumberField("kernelBytes", memory.kernelBytes());
        json.writeNumberField("workingSetBytes", memory.workingSetBytes());
        json.writeNumberField("rssAnonBytes", memory.rssAnonBytes());
        json.writeNumberField("heapUsedBytes", memory.heapUsedBytes());
        json.writeNumberField("heapMaxBytes", memory.heapMaxBytes());
        json.writeNumberField("heapLiveBytes", memory.heapLiveBytes());
        json.writeNumberField("directBytes", memory.directBytes());
        json.writeNumberField("directMaxBytes", memory.directMaxBytes());
        json.writeNumberField("metaspaceBytes", memory.metaspaceBytes());
        json.writeNumberField("codeBytes", memory.codeBytes());
        json.writeNumberField("gcOverheadRatio", memory.gcOverheadRatio());
        json.writeNumberField("majorFaults", memory.majorFaults());
        json.writeNumberField("oomKills", memory.oomKills());
        json.writeStringField("verdict", text(memory.verdict()));
        json.writeStringField("reason", memory.reason());
        if (memory.anonSlopeBytesPerHour() == null) {
            json.writeNullField("anonSlopeBytesPerHour");
        } else {
            json.writeNumberField("anonSlopeBytesPerHour", Math.round(memory.anonSlopeBytesPerHour()));
        }
        if (memory.secondsToLimit() == null) {
            json.writeNullField("secondsToLimit");
        } else {
            json.writeNumberField("secondsToLimit", memory.secondsToLimit());
        }
    }

    static String text(DatabaseState state) {
        return state.name().toLowerCase(Locale.ROOT);
    }

    private static String text(Notice.Reason reason) {
        return switch (reason) {
            case SWITCHED_TO_WAL -> "SwitchedToWal";
            case LOCAL_ROWS_LOST -> "LocalRowsLost";
            case SET_ASIDE -> "SetAside";
            case NOT_SHIPPED -> "NotShipped";
        };
    }

    static String text(MemoryVerdict verdict) {
        return switch (verdict) {
            case HEALTHY -> "Healthy";
            case PRESSURE -> "Pressure";
            case CRITICAL -> "Critical";
            case UNKNOWN -> "Unknown";
        };
    }

    private void seconds(String name, Duration duration) throws IOException {
        json.writeNumberField(name, duration.toMillis() / 1000.0);
    }

    private void time(String name, @Nullable Instant time) throws IOException {
        json.writeStringField(
                name, time == null ? null : time.truncatedTo(ChronoUnit.MILLIS).toString());
    }
}
