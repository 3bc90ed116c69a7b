package io.sqlitereplica.sidecar.ltx;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** An LTX file is damaged, cut short, or not an LTX file: says what is wrong and at which offset of the file. */
public class LtxFormatException extends IOException {
    private static final long serialVersionUID = 1;

    private final long offset;

    public LtxFormatException(String what, long offset) {
        this(what, offset, null);
    }

    public LtxFormatException(String what, long offset, @Nullable Throwable cause) {
        super("Bad LTX file: %s (at offset %d)".formatted(what, offset), cause);
        this.offset = offset;
    }

    /** Where in the file. */
    public long offset() {
        return offset;
    }
}
