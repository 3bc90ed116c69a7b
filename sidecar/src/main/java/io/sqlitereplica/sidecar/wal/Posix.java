package io.sqlitereplica.sidecar.wal;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * The few system calls a {@link NativeFile} is made of. Constants and layouts are those of 64-bit Linux, the same for
 * glibc and musl; only O_DIRECT depends on the processor.
 */
final class Posix {
    static final int O_RDONLY = 0;
    static final int O_CLOEXEC = 0x80000;
    static final int O_DIRECT = System.getProperty("os.arch").equals("aarch64") ? 0x10000 : 0x4000;

    private static final int ENOENT = 2;
    private static final int EINTR = 4;
    private static final int EACCES = 13;
    private static final int SEEK_END = 2;
    private static final int F_GETLK = 5;
    static final short F_RDLCK = 0;
    static final short F_WRLCK = 1;
    private static final short F_UNLCK = 2;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final Linker.Option ERRNO = Linker.Option.captureCallState("errno");
    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle STATE_ERRNO = STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    /** struct flock: type, whence, start, length, owner. */
    private static final long FLOCK_BYTES = 32;

    private static final MethodHandle OPEN =
            function("open", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT), Linker.Option.firstVariadicArg(2));
    private static final MethodHandle PREAD =
            function("pread", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle LSEEK =
            function("lseek", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT));
    private static final MethodHandle FDATASYNC = function("fdatasync", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    private static final MethodHandle FCNTL = function(
            "fcntl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS), Linker.Option.firstVariadicArg(2));
    private static final MethodHandle CLOSE = function("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));

    private Posix() {}

    @SuppressWarnings("restricted") // the JVM is started with --enable-native-access
    private static MethodHandle function(String name, FunctionDescriptor descriptor, Linker.Option... options) {
        Linker.Option[] all = new Linker.Option[options.length + 1];
        all[0] = ERRNO;
        System.arraycopy(options, 0, all, 1, options.length);
        return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), descriptor, all);
    }

    static int open(Path path, int flags) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            MemorySegment name = arena.allocateFrom(path.toString());
            while (true) {
                int descriptor = (int) OPEN.invokeExact(state, name, flags);
                if (descriptor >= 0) {
                    return descriptor;
                }
                int errno = errno(state);
                if (errno == ENOENT) {
                    throw new NoSuchFileException(path.toString());
                }
                if (errno == EACCES) {
                    throw new AccessDeniedException(path.toString());
                }
                if (errno != EINTR) {
                    throw failure(path, "open", errno);
                }
            }
        } catch (IOException e) {
            throw e;
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    static int read(Path path, int descriptor, MemorySegment into, long offset) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            while (true) {
                long read = (long) PREAD.invokeExact(state, descriptor, into, into.byteSize(), offset);
                if (read >= 0) {
                    return (int) read;
                }
                int errno = errno(state);
                if (errno != EINTR) {
                    throw failure(path, "read at byte " + offset, errno);
                }
            }
        } catch (IOException e) {
            throw e;
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    static long size(Path path, int descriptor) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            long size = (long) LSEEK.invokeExact(state, descriptor, 0L, SEEK_END);
            if (size < 0) {
                throw failure(path, "seek to the end", errno(state));
            }
            return size;
        } catch (IOException e) {
            throw e;
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    static void flush(Path path, int descriptor) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            if ((int) FDATASYNC.invokeExact(state, descriptor) != 0) {
                throw failure(path, "flush", errno(state));
            }
        } catch (IOException e) {
            throw e;
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    /** Another process holds a lock on a byte that a lock of this type would have to wait for. */
    static boolean isLockedElsewhere(Path path, int descriptor, long offset, short type) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            MemorySegment lock = arena.allocate(FLOCK_BYTES, Long.BYTES);
            lock.set(JAVA_SHORT, 0, type);
            lock.set(JAVA_LONG, 8, offset);
            lock.set(JAVA_LONG, 16, 1);
            if ((int) FCNTL.invokeExact(state, descriptor, F_GETLK, lock) != 0) {
                throw failure(path, "ask for locks", errno(state));
            }
            return lock.get(JAVA_SHORT, 0) != F_UNLCK;
        } catch (IOException e) {
            throw e;
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    static void close(int descriptor) {
        try (Arena arena = Arena.ofConfined()) {
            // The descriptor is gone whatever close says, and nothing was written through it.
            int ignored = (int) CLOSE.invokeExact(arena.allocate(STATE), descriptor);
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    private static int errno(MemorySegment state) {
        return (int) STATE_ERRNO.get(state, 0L);
    }

    private static IOException failure(Path path, String what, int errno) {
        String reason = switch (errno) {
            case 5 -> "Input/output error";
            case 24 -> "Too many open files";
            case 28 -> "No space left on device";
            case 30 -> "Read-only file system";
            default -> "errno " + errno;
        };
        return new IOException(path + ": cannot " + what + ": " + reason);
    }

    private static RuntimeException impossible(Throwable e) {
        if (e instanceof Error error) {
            throw error;
        }
        if (e instanceof RuntimeException runtime) {
            throw runtime;
        }
        throw new IllegalStateException(e);
    }
}
