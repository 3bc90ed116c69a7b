package io.sqlitereplica.sidecar.storage;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.function.Function;

/** The contents of an object, whose failures say which destination broke off. */
final class ObjectStream extends FilterInputStream {
    private final Function<IOException, StoreException> explain;

    ObjectStream(InputStream body, Function<IOException, StoreException> explain) {
        super(body);
        this.explain = explain;
    }

    @Override
    public int read() throws IOException {
        try {
            return super.read();
        } catch (IOException e) {
            throw explain.apply(e);
        }
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        try {
            return super.read(target, offset, length);
        } catch (IOException e) {
            throw explain.apply(e);
        }
    }

    @Override
    public long skip(long count) throws IOException {
        try {
            return super.skip(count);
        } catch (IOException e) {
            throw explain.apply(e);
        }
    }
}
