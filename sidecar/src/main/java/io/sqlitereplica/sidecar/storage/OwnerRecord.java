package io.sqlitereplica.sidecar.storage;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import java.io.IOException;
import java.io.StringWriter;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Who may write to a destination now: the contents of {@code owner.json}, which is written for people, too.
 *
 * @param epoch how often the destination has been taken, from 1
 * @param writerId of the state folder of the one who took it last, not 0
 * @param host where that one runs, a pod or a machine: for people
 * @param since when it took the destination
 * @param releasedAt when it let go of it, with everything in the replica that it had; null: it has not
 * @param deletedAt when it let go of it because the database had been deleted; null: it had not
 */
public record OwnerRecord(
        long epoch,
        long writerId,
        String host,
        Instant since,
        @Nullable Instant releasedAt,
        @Nullable Instant deletedAt) {
    /** Without buffers that are kept: each would be one of a thread, and there are threads for each database. */
    private static final JsonFactory JSON = JsonFactory.builder()
            .recyclerPool(JsonRecyclerPools.nonRecyclingPool())
            .build();

    private static final int VERSION = 1;

    public OwnerRecord {
        if (epoch < 1 || writerId == 0) {
            throw new IllegalArgumentException("Not an owner: epoch %d, writer %d".formatted(epoch, writerId));
        }
        since = since.truncatedTo(ChronoUnit.MILLIS);
        releasedAt = releasedAt == null ? null : releasedAt.truncatedTo(ChronoUnit.MILLIS);
        deletedAt = deletedAt == null ? null : deletedAt.truncatedTo(ChronoUnit.MILLIS);
    }

    /** A taking of the destination. */
    public static OwnerRecord taken(long epoch, long writerId, String host, Instant since) {
        return new OwnerRecord(epoch, writerId, host, since, null, null);
    }

    public boolean isReleased() {
        return releasedAt != null;
    }

    /** This taking of the destination, ended in order. */
    public OwnerRecord released(Instant when) {
        return new OwnerRecord(epoch, writerId, host, since, when, null);
    }

    /** This taking of the destination, ended because there is no database any more. */
    public OwnerRecord deleted(Instant when) {
        return new OwnerRecord(epoch, writerId, host, since, when, when);
    }

    /** The database that is in the replica was deleted by its application: nobody restores it unasked. */
    public boolean isOfDeletedDatabase() {
        return deletedAt != null;
    }

    /** The same taking of the destination, whether it was released or not. */
    public boolean isSameTaking(OwnerRecord other) {
        return epoch == other.epoch
                && writerId == other.writerId
                && host.equals(other.host)
                && since.equals(other.since);
    }

    /** For messages. */
    @Override
    public String toString() {
        return "writer %s on %s since %s (epoch %d%s)"
                .formatted(
                        HexFormat.of().toHexDigits(writerId),
                        host,
                        since,
                        epoch,
                        releasedAt == null ? "" : ", released " + releasedAt);
    }

    String toJson() throws IOException {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(text)) {
            json.useDefaultPrettyPrinter();
            json.writeStartObject();
            json.writeNumberField("version", VERSION);
            json.writeNumberField("epoch", epoch);
            json.writeStringField("writer", HexFormat.of().toHexDigits(writerId));
            json.writeStringField("host", host);
            json.writeStringField("since", since.toString());
            json.writeBooleanField("released", isReleased());
            if (releasedAt != null) {
                json.writeStringField("releasedAt", releasedAt.toString());
            }
            if (deletedAt != null) {
                json.writeStringField("databaseDeletedAt", deletedAt.toString());
            }
            json.writeEndObject();
        }
        return text.toString();
    }

    /**
     * Reads it. Fields that a later version added are passed over.
     *
     * @param where for messages
     */
    static OwnerRecord parse(String json, String where) throws StoreException {
        try {
            Map<String, String> fields = fields(json);
            int version = Integer.parseInt(field(fields, "version"));
            if (version != VERSION) {
                throw new IllegalArgumentException("its version is " + version + ", which only a newer sidecar knows");
            }
            return new OwnerRecord(
                    Long.parseLong(field(fields, "epoch")),
                    HexFormat.fromHexDigitsToLong(field(fields, "writer")),
                    field(fields, "host"),
                    Instant.parse(field(fields, "since")),
                    Boolean.parseBoolean(field(fields, "released")) ? Instant.parse(field(fields, "releasedAt")) : null,
                    fields.containsKey("databaseDeletedAt") ? Instant.parse(field(fields, "databaseDeletedAt")) : null);
        } catch (IOException | IllegalArgumentException | DateTimeException e) {
            throw new StoreException(
                    StoreException.Kind.OTHER,
                    "The record of who writes to %s, owner.json, cannot be read (%s). If nobody else writes there, delete it"
                            .formatted(where, e.getMessage()),
                    e);
        }
    }

    private static String field(Map<String, String> fields, String name) {
        String value = fields.get(name);
        if (value == null) {
            throw new IllegalArgumentException("it has no " + name);
        }
        return value;
    }

    private static Map<String, String> fields(String json) throws IOException {
        Map<String, String> fields = new HashMap<>();
        try (JsonParser parser = JSON.createParser(json)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new IllegalArgumentException("it is not a JSON object");
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                if (parser.nextToken().isScalarValue()) {
                    fields.put(name, parser.getText());
                } else {
                    parser.skipChildren();
                }
            }
        }
        return fields;
    }
}
