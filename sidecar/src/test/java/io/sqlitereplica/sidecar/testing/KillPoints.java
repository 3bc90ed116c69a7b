package io.sqlitereplica.sidecar.testing;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * Makes a process die at the points of a write that matter, as kill -9 there would: SQLite reaches its files through a
 * table of functions, and some of them are replaced here.
 */
@SuppressWarnings("restricted")
public final class KillPoints {
    /** Where a writer can die. */
    public enum Point {
        /** The commit frame is in the log, the header not yet published. */
        COMMIT_NOT_PUBLISHED,
        /** Between the two copies of the published header. */
        BETWEEN_HEADERS,
        /** The restarted generation is published, the log's file still carries the old one. */
        RESTART_NOT_WRITTEN,
        /** Between two frames of a transaction. */
        BETWEEN_FRAMES,
        /** While the checksums of frames written twice are computed again. */
        REWRITING_CHECKSUMS,
        /** In the middle of copying the log into the database. */
        MID_BACKFILL,
        /** All is copied and synced, the number of backfilled frames not yet published. */
        BACKFILL_NOT_PUBLISHED
    }

    private static final int SIGKILL = 9;
    private static final int OPEN_WAL = 0x80000;
    private static final int OPEN_MAIN_DB = 0x100;
    private static final long VFS_BYTES = 56;
    private static final long X_OPEN = 40;
    private static final long METHODS_BYTES = 152;
    private static final long X_WRITE = 24;
    private static final long X_SYNC = 40;
    private static final long X_SHM_MAP = 104;
    private static final long X_SHM_BARRIER = 120;
    private static final int HEADER_COPY_BYTES = 48;
    private static final int FRAME_HEADER_BYTES = 24;

    private final Set<Point> points;
    private final int oneIn;
    private final Random random;
    private final Map<Long, Long> patchedMethods = new HashMap<>();
    private final Set<Long> logs = new HashSet<>();
    private final Set<Long> databases = new HashSet<>();
    private MethodHandle open;
    private MethodHandle write;
    private MethodHandle sync;
    private MethodHandle map;
    private MethodHandle barrier;
    private MemorySegment index = MemorySegment.NULL;
    private long logEnd;
    private boolean commitFrame;

    private KillPoints(Set<Point> points, int oneIn, Random random, MethodHandle open) {
        this.points = EnumSet.copyOf(points);
        this.oneIn = oneIn;
        this.random = random;
        this.open = open;
        this.write = open;
        this.sync = open;
        this.map = open;
        this.barrier = open;
    }

    /** From now on this process dies at one in so many passages of these points. Not to be undone. */
    public static void install(NativeSqlite sqlite, Set<Point> points, int oneIn, Random random) {
        try {
            MethodHandle find = sqlite.function("sqlite3_vfs_find", FunctionDescriptor.of(ADDRESS, ADDRESS));
            MemorySegment vfs = ((MemorySegment) find.invokeExact(MemorySegment.NULL)).reinterpret(VFS_BYTES);
            FunctionDescriptor opens = FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS, JAVA_INT, ADDRESS);
            KillPoints kill = new KillPoints(points, oneIn, random, downcall(vfs.get(ADDRESS, X_OPEN), opens));
            vfs.set(ADDRESS, X_OPEN, kill.upcall("open", opens));
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    private static MethodHandle downcall(MemorySegment function, FunctionDescriptor descriptor) {
        return Linker.nativeLinker().downcallHandle(function, descriptor);
    }

    private MemorySegment upcall(String method, FunctionDescriptor descriptor) throws ReflectiveOperationException {
        MethodType type = descriptor.toMethodType();
        MethodHandle handle = MethodHandles.lookup().findVirtual(KillPoints.class, method, type);
        return Linker.nativeLinker().upcallStub(handle.bindTo(this), descriptor, Arena.global());
    }

    private void pass(Point point) {
        if (points.contains(point) && random.nextInt(oneIn) == 0) {
            System.err.println("died at " + point);
            dieNow();
        }
    }

    private static void dieNow() {
        try {
            MemorySegment kill = Linker.nativeLinker().defaultLookup().findOrThrow("kill");
            MethodHandle send = downcall(kill, FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
            int code = (int) send.invokeExact((int) ProcessHandle.current().pid(), SIGKILL);
            throw new IllegalStateException("Survived kill -9: " + code);
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    int open(MemorySegment vfs, MemorySegment name, MemorySegment file, int flags, MemorySegment out) throws Throwable {
        int code = (int) open.invokeExact(vfs, name, file, flags, out);
        if (code == 0 && (flags & (OPEN_WAL | OPEN_MAIN_DB)) != 0) {
            ((flags & OPEN_WAL) != 0 ? logs : databases).add(file.address());
            MemorySegment pointer = file.reinterpret(8);
            pointer.set(ADDRESS, 0, patched(pointer.get(ADDRESS, 0)));
        }
        return code;
    }

    private MemorySegment patched(MemorySegment methods) throws ReflectiveOperationException {
        Long known = patchedMethods.get(methods.address());
        if (known != null) {
            return MemorySegment.ofAddress(known);
        }
        MemorySegment original = methods.reinterpret(METHODS_BYTES);
        MemorySegment copy = Arena.global().allocate(METHODS_BYTES, 8).copyFrom(original);
        FunctionDescriptor writes = FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_INT, JAVA_LONG);
        FunctionDescriptor syncs = FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT);
        FunctionDescriptor maps = FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS);
        FunctionDescriptor barriers = FunctionDescriptor.ofVoid(ADDRESS);
        write = downcall(original.get(ADDRESS, X_WRITE), writes);
        sync = downcall(original.get(ADDRESS, X_SYNC), syncs);
        copy.set(ADDRESS, X_WRITE, upcall("write", writes));
        copy.set(ADDRESS, X_SYNC, upcall("sync", syncs));
        if (original.get(ADDRESS, X_SHM_MAP).address() != 0) { // the log's own table has no shared memory
            map = downcall(original.get(ADDRESS, X_SHM_MAP), maps);
            barrier = downcall(original.get(ADDRESS, X_SHM_BARRIER), barriers);
            copy.set(ADDRESS, X_SHM_MAP, upcall("map", maps));
            copy.set(ADDRESS, X_SHM_BARRIER, upcall("barrier", barriers));
        }
        patchedMethods.put(methods.address(), copy.address());
        patchedMethods.put(copy.address(), copy.address());
        return copy;
    }

    int write(MemorySegment file, MemorySegment bytes, int count, long offset) throws Throwable {
        boolean log = logs.contains(file.address());
        if (log && offset == 0) {
            pass(Point.RESTART_NOT_WRITTEN);
            logEnd = 0;
        }
        int code = (int) write.invokeExact(file, bytes, count, offset);
        if (!log) {
            pass(Point.MID_BACKFILL);
        } else if (count == FRAME_HEADER_BYTES) {
            if (offset + count <= logEnd) {
                pass(Point.REWRITING_CHECKSUMS);
            }
            commitFrame = bytes.reinterpret(count).get(JAVA_INT.withByteAlignment(1), 4) != 0;
        } else if (offset > 0) {
            logEnd = Math.max(logEnd, offset + count);
            pass(commitFrame ? Point.COMMIT_NOT_PUBLISHED : Point.BETWEEN_FRAMES);
        }
        return code;
    }

    int sync(MemorySegment file, int flags) throws Throwable {
        int code = (int) sync.invokeExact(file, flags);
        if (databases.contains(file.address())) {
            pass(Point.BACKFILL_NOT_PUBLISHED);
        }
        return code;
    }

    int map(MemorySegment file, int region, int bytes, int extend, MemorySegment out) throws Throwable {
        int code = (int) map.invokeExact(file, region, bytes, extend, out);
        if (code == 0 && region == 0) {
            index = out.reinterpret(8).get(ADDRESS, 0);
        }
        return code;
    }

    void barrier(MemorySegment file) throws Throwable {
        if (index.address() != 0) {
            MemorySegment headers = index.reinterpret(2 * HEADER_COPY_BYTES);
            MemorySegment second = headers.asSlice(HEADER_COPY_BYTES);
            if (headers.asSlice(0, HEADER_COPY_BYTES).mismatch(second) >= 0) {
                pass(Point.BETWEEN_HEADERS);
            }
        }
        barrier.invokeExact(file);
    }
}
