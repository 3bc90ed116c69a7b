package io.sqlitereplica.sidecar.wal;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Sorts frames by the page they hold, and keeps the last frame of each page. Needs the same memory for any number of
 * frames: sorted runs of 8,192 go to a temporary file, and are merged eight at a time.
 */
public final class FrameSorter implements AutoCloseable {
    private static final int RUN_ENTRIES = 8192;
    private static final int FAN_IN = 8;

    private final Path folder;
    private final long[] run = new long[RUN_ENTRIES];
    private int entries;
    private boolean sorted;
    private @Nullable SpillFile spill;

    /** Pages in ascending order, each with its last frame. */
    public interface Cursor {
        /** Moves to the next page. False: there is none. */
        boolean next() throws IOException;

        /** The page, from 1. */
        int page();

        /** Its last frame. */
        int frame();
    }

    /** A sorter that spills into a folder: the file is gone when the sorter, or the process, is. */
    public FrameSorter(Path folder) {
        this.folder = folder;
    }

    /**
     * Adds a frame.
     *
     * @param page from 1
     * @param frame from 1; the largest of a page wins
     */
    public void add(int page, int frame) throws IOException {
        if (page < 1 || frame < 1) {
            throw new IllegalArgumentException("Page " + page + ", frame " + frame);
        }
        if (sorted) {
            throw new IllegalStateException("Already sorted");
        }
        if (entries == RUN_ENTRIES) {
            compact();
            if (entries > RUN_ENTRIES / 2) {
                spill();
            }
        }
        run[entries++] = (long) page << 32 | frame;
    }

    /** Ends adding. May be called again for another pass; one pass at a time. */
    public Cursor sorted() throws IOException {
        if (!sorted) {
            compact();
            if (spill != null) {
                spill();
                spill.mergeDownTo(FAN_IN);
            }
            sorted = true;
        }
        return new UniqueCursor(spill == null ? new MemoryRun(run, entries) : spill.merged());
    }

    /** Sorts what is in memory, and drops all but the last frame of each page. */
    private void compact() {
        Arrays.sort(run, 0, entries);
        int kept = 0;
        for (int i = 0; i < entries; i++) {
            if (i + 1 == entries || run[i] >>> 32 != run[i + 1] >>> 32) {
                run[kept++] = run[i];
            }
        }
        entries = kept;
    }

    private void spill() throws IOException {
        if (spill == null) {
            spill = new SpillFile(folder);
        }
        spill.add(new MemoryRun(run, entries));
        entries = 0;
    }

    @Override
    public void close() throws IOException {
        SpillFile closing = spill;
        spill = null;
        if (closing != null) {
            closing.close();
        }
    }

    /** Ascending entries: the page in the upper half, the frame in the lower. */
    private interface Run {
        /** The next entry, or -1. */
        long next() throws IOException;
    }

    private static final class MemoryRun implements Run {
        private final long[] entries;
        private final int count;
        private int next;

        MemoryRun(long[] entries, int count) {
            this.entries = entries;
            this.count = count;
        }

        @Override
        public long next() {
            return next < count ? entries[next++] : -1;
        }
    }

    /** Keeps the last frame of each page. */
    private static final class UniqueCursor implements Cursor {
        private final Run run;
        private long ahead;
        private long current = -1;

        UniqueCursor(Run run) throws IOException {
            this.run = run;
            ahead = run.next();
        }

        @Override
        public boolean next() throws IOException {
            current = ahead;
            while (ahead >= 0 && ahead >>> 32 == current >>> 32) {
                current = ahead;
                ahead = run.next();
            }
            return current >= 0;
        }

        @Override
        public int page() {
            return (int) (current >>> 32);
        }

        @Override
        public int frame() {
            return (int) current;
        }
    }

    /** Sorted runs, one behind the other in an unnamed file. */
    private static final class SpillFile implements AutoCloseable {
        private static final int BLOCK_BYTES = 8192;

        private final RandomAccessFile file;
        private final List<Extent> runs = new ArrayList<>();
        private final ByteBuffer out = ByteBuffer.allocate(BLOCK_BYTES);
        private long end;

        /** A run in the file. Eight of one level are merged into one of the next: there are never many. */
        private record Extent(long offset, long end, int level) {}

        SpillFile(Path folder) throws IOException {
            Path path = Files.createTempFile(folder, "frames-", ".tmp");
            file = new RandomAccessFile(path.toFile(), "rw");
            Files.delete(path); // lives as long as it is open
        }

        void add(Run run) throws IOException {
            append(run, 0);
            for (int level = 0; countOf(level) == FAN_IN; level++) {
                mergeLast(FAN_IN, level + 1);
            }
        }

        private int countOf(int level) {
            return Math.toIntExact(
                    runs.stream().filter(run -> run.level == level).count());
        }

        /** Merges until so few runs are left that one more pass reads them all. */
        void mergeDownTo(int count) throws IOException {
            while (runs.size() > count) {
                mergeLast(Math.min(FAN_IN, runs.size() - count + 1), 0);
            }
        }

        /** The last runs are the smallest. */
        private void mergeLast(int count, int level) throws IOException {
            List<Extent> last = runs.subList(runs.size() - count, runs.size());
            Run merged = merge(last);
            last.clear();
            append(merged, level);
        }

        private void append(Run run, int level) throws IOException {
            long start = end;
            for (long entry = run.next(); entry >= 0; entry = run.next()) {
                out.putLong(entry);
                if (!out.hasRemaining()) {
                    flush();
                }
            }
            flush();
            runs.add(new Extent(start, end, level));
        }

        private void flush() throws IOException {
            file.seek(end);
            file.write(out.array(), 0, out.position());
            end += out.position();
            out.clear();
        }

        Run merged() throws IOException {
            return merge(runs);
        }

        private Run merge(List<Extent> extents) throws IOException {
            FileRun[] inputs = new FileRun[extents.size()];
            long[] heads = new long[inputs.length];
            for (int i = 0; i < inputs.length; i++) {
                inputs[i] = new FileRun(extents.get(i));
                heads[i] = inputs[i].next();
            }
            return () -> {
                int least = -1;
                for (int i = 0; i < heads.length; i++) {
                    if (heads[i] >= 0 && (least < 0 || heads[i] < heads[least])) {
                        least = i;
                    }
                }
                if (least < 0) {
                    return -1;
                }
                long entry = heads[least];
                heads[least] = inputs[least].next();
                return entry;
            };
        }

        private final class FileRun implements Run {
            private final ByteBuffer block = ByteBuffer.allocate(BLOCK_BYTES).limit(0);
            private final long end;
            private long offset;

            FileRun(Extent extent) {
                offset = extent.offset;
                end = extent.end;
            }

            @Override
            public long next() throws IOException {
                if (!block.hasRemaining()) {
                    int bytes = (int) Math.min(BLOCK_BYTES, end - offset);
                    if (bytes == 0) {
                        return -1;
                    }
                    file.seek(offset);
                    file.readFully(block.array(), 0, bytes);
                    block.clear().limit(bytes);
                    offset += bytes;
                }
                return block.getLong();
            }
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }
}
