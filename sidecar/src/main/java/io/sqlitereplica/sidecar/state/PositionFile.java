package io.sqlitereplica.sidecar.state;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.sqlitereplica.sidecar.ltx.LtxFileName;
import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.wal.WalPosition;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The contents of {@code position} and {@code position.next}: {@value #HEAD_BYTES} bytes of text, for people too, and the
 * journal behind them, {@value #ENTRY_BYTES} bytes (page number, checksum) for each page that changed with the step to this position.
 *
 * @param completion what makes the step done
 * @param entries the length of the journal
 * @param entriesCrc the CRC-32C of the journal
 */
record PositionFile(Position position, Completion completion, long entries, int entriesCrc) {
    static final int HEAD_BYTES = 512;
    static final int ENTRY_BYTES = Integer.BYTES + Long.BYTES;

    static final int VERSION = 1;

    private static final String TITLE = "SqliteReplica position, version ";
    private static final String FIRST_LINE = TITLE + VERSION;
    private static final Pattern NEWER = Pattern.compile(TITLE + "([1-9][0-9]{0,8})\n.*", Pattern.DOTALL);
    private static final String CRC = "crc32c";
    private static final HexFormat HEX = HexFormat.of();

    /** The text, filled up with line ends. */
    ByteBuffer head() {
        StringBuilder text = new StringBuilder(FIRST_LINE).append('\n');
        fields().forEach((name, value) ->
                text.append(name).append('=').append(value).append('\n'));
        String crc = crcOf(text.toString());
        text.append(CRC).append('=').append(crc).append('\n');
        byte[] head = "\n".repeat(HEAD_BYTES).getBytes(US_ASCII);
        byte[] bytes = text.toString().getBytes(US_ASCII);
        System.arraycopy(bytes, 0, head, 0, bytes.length);
        return ByteBuffer.wrap(head);
    }

    private Map<String, String> fields() {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("txid", position.txId().toString());
        fields.put("timestamp", position.timestamp().toString());
        fields.put("database-checksum", HEX.toHexDigits(position.databaseChecksum()));
        fields.put("page-size", String.valueOf(position.pageSize()));
        fields.put("page-count", String.valueOf(position.pageCount()));
        fields.put("inode", String.valueOf(position.inode()));
        fields.put("wal", text(position.wal()));
        fields.put("completion", text(completion));
        fields.put("journal", entries + " " + HEX.toHexDigits(entriesCrc));
        return fields;
    }

    private static String text(@Nullable WalPosition wal) {
        return wal == null
                ? "none"
                : String.join(
                        " ",
                        HEX.toHexDigits(wal.salts()),
                        String.valueOf(wal.frame()),
                        HEX.toHexDigits(wal.checksum1()),
                        HEX.toHexDigits(wal.checksum2()));
    }

    private static String text(Completion completion) {
        return switch (completion) {
            case Completion.Staged() -> "staged";
            case Completion.Known() -> "known";
            case Completion.Uploaded(int level, LtxFileName name, long fileChecksum) ->
                "uploaded " + level + " " + name + " " + HEX.toHexDigits(fileChecksum);
        };
    }

    private static String crcOf(String text) {
        CRC32C crc = new CRC32C();
        crc.update(text.getBytes(US_ASCII));
        return HEX.toHexDigits((int) crc.getValue());
    }

    /** Empty if there is no such file, or it is not whole, or of another version. */
    static Optional<PositionFile> read(Path file) throws IOException {
        String head = head(file);
        return head.length() < HEAD_BYTES ? Optional.empty() : parse(head);
    }

    /** The version of a file that a later program wrote; 0 if it is none. */
    static int laterVersion(Path file) throws IOException {
        Matcher newer = NEWER.matcher(head(file));
        int version = newer.matches() ? Integer.parseInt(newer.group(1)) : 0;
        return version > VERSION ? version : 0;
    }

    private static String head(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            ByteBuffer head = ByteBuffer.allocate(HEAD_BYTES);
            while (head.hasRemaining() && channel.read(head) >= 0) {
                // until all of it is read
            }
            return new String(head.array(), 0, head.position(), US_ASCII);
        } catch (NoSuchFileException e) {
            return "";
        }
    }

    private static Optional<PositionFile> parse(String text) {
        int crcAt = text.lastIndexOf(CRC + "=");
        if (!text.startsWith(FIRST_LINE + "\n")
                || crcAt < 0
                || !text.substring(crcAt).strip().equals(CRC + "=" + crcOf(text.substring(0, crcAt)))) {
            return Optional.empty();
        }
        Map<String, String> fields = new LinkedHashMap<>();
        text.substring(FIRST_LINE.length(), crcAt).strip().lines().forEach(line -> {
            int equals = line.indexOf('=');
            fields.put(line.substring(0, Math.max(0, equals)), line.substring(equals + 1));
        });
        try {
            return Optional.of(new Fields(fields).positionFile());
        } catch (IllegalArgumentException | DateTimeException e) {
            return Optional.empty();
        }
    }

    /** The fields of the text, which were written by this version or by one that pretends to be it. */
    private record Fields(Map<String, String> values) {
        PositionFile positionFile() {
            Position position = new Position(
                    TxId.parse(get("txid")),
                    Instant.parse(get("timestamp")),
                    HexFormat.fromHexDigitsToLong(get("database-checksum")),
                    Integer.parseInt(get("page-size")),
                    Integer.parseInt(get("page-count")),
                    Long.parseLong(get("inode")),
                    wal());
            String[] journal = words("journal", 2);
            return new PositionFile(
                    position, completion(), Long.parseLong(journal[0]), HexFormat.fromHexDigits(journal[1]));
        }

        private @Nullable WalPosition wal() {
            if (get("wal").equals("none")) {
                return null;
            }
            String[] words = words("wal", 4);
            return new WalPosition(
                    HexFormat.fromHexDigitsToLong(words[0]),
                    Integer.parseInt(words[1]),
                    HexFormat.fromHexDigits(words[2]),
                    HexFormat.fromHexDigits(words[3]));
        }

        private Completion completion() {
            return switch (get("completion")) {
                case "staged" -> new Completion.Staged();
                case "known" -> new Completion.Known();
                default -> {
                    String[] words = words("completion", 4);
                    yield new Completion.Uploaded(
                            Integer.parseInt(words[1]),
                            LtxFileName.parse(words[2]).orElseThrow(IllegalArgumentException::new),
                            HexFormat.fromHexDigitsToLong(words[3]));
                }
            };
        }

        private String[] words(String name, int count) {
            String[] words = get(name).split(" ", -1);
            if (words.length != count) {
                throw new IllegalArgumentException(name);
            }
            return words;
        }

        private String get(String name) {
            String value = values.get(name);
            if (value == null) {
                throw new IllegalArgumentException(name);
            }
            return value;
        }
    }
}
