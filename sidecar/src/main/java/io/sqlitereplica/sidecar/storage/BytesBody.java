package io.sqlitereplica.sidecar.storage;

import java.io.ByteArrayInputStream;
import java.io.InputStream;

/** A few bytes. */
final class BytesBody extends PartBody {
    private final byte[] bytes;

    BytesBody(byte[] bytes) {
        super(bytes.length);
        this.bytes = bytes;
    }

    @Override
    public InputStream inputStream() {
        return new ByteArrayInputStream(bytes);
    }
}
