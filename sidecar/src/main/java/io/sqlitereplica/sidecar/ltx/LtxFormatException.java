package io.sqlitereplica.sidecar.ltx;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** An LTX file is damaged, cut short, or not an LTX file: says what is wrong and at which offset of the file. */
public class LtxFormatException extends IOException {
    private static final long serialVersionUID = 1;

    private final String what;
    private final long offset;

    public LtxFormatException(String what, long offset) {
        this(what, offset, null);
    }

    public LtxFormatException(String what, long offset, @Nullable Throwable cause) {
        this("Bad LTX file", what, offset, cause);
    }

    private LtxFormatException(String subject, String what, long offset, @Nullable Throwable cause) {
        super("%s: %s (at offset %d)".formatted(subject, what, offset), cause);
        this.what = what;
        this.offset = offset;
    }

    /** The same, which names the file. */
    LtxFormatException in(LtxFileName name) {
        LtxFormatException named = new LtxFormatException("Bad LTX file " + name, what, offset, getCause());
        named.setStackTrace(getStackTrace());
        return named;
    }

    /** Where in the file. */
    public long offset() {
        return offset;
    }
}
