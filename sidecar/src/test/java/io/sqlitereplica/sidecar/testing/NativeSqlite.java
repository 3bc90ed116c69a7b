package io.sqlitereplica.sidecar.testing;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A SQLite library of any version, called without a driver: an app's own, older or newer than ours. */
@SuppressWarnings("restricted")
public final class NativeSqlite {
    private static final int READ_WRITE = 2;

    private final SymbolLookup library;
    private final MethodHandle open;
    private final MethodHandle exec;
    private final MethodHandle close;
    private final MethodHandle errorMessage;
    private final MethodHandle backupInit;
    private final MethodHandle backupStep;
    private final MethodHandle backupFinish;

    private NativeSqlite(SymbolLookup library) {
        this.library = library;
        open = function("sqlite3_open_v2", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_INT, ADDRESS));
        exec = function("sqlite3_exec", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS));
        close = function("sqlite3_close", FunctionDescriptor.of(JAVA_INT, ADDRESS));
        errorMessage = function("sqlite3_errmsg", FunctionDescriptor.of(ADDRESS, ADDRESS));
        backupInit =
                function("sqlite3_backup_init", FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS));
        backupStep = function("sqlite3_backup_step", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));
        backupFinish = function("sqlite3_backup_finish", FunctionDescriptor.of(JAVA_INT, ADDRESS));
    }

    /** The library in that file, or null if there is none. */
    public static @Nullable NativeSqlite load(String file) {
        try {
            return new NativeSqlite(SymbolLookup.libraryLookup(file, Arena.global()));
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    /** 3.40.1, say. */
    public String version() {
        try {
            MethodHandle version = function("sqlite3_libversion", FunctionDescriptor.of(ADDRESS));
            return ((MemorySegment) version.invokeExact()).reinterpret(32).getString(0);
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    MethodHandle function(String name, FunctionDescriptor descriptor) {
        return Linker.nativeLinker().downcallHandle(library.findOrThrow(name), descriptor);
    }

    /** A connection of this library. */
    public Connection connect(Path database) {
        return new Connection(database);
    }

    /** One connection. */
    public final class Connection implements AutoCloseable {
        private final MemorySegment handle;

        private Connection(Path database) {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment out = arena.allocate(ADDRESS);
                int code = (int)
                        open.invokeExact(arena.allocateFrom(database.toString()), out, READ_WRITE, MemorySegment.NULL);
                handle = out.get(ADDRESS, 0);
                if (code != 0) {
                    throw new SqlFailure("open: " + code);
                }
            } catch (RuntimeException e) {
                throw e;
            } catch (Throwable e) {
                throw new IllegalStateException(e);
            }
        }

        public void exec(String sql) {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment none = MemorySegment.NULL;
                int code = (int) exec.invokeExact(handle, arena.allocateFrom(sql), none, none, none);
                if (code != 0) {
                    throw failure();
                }
            } catch (RuntimeException e) {
                throw e;
            } catch (Throwable e) {
                throw new IllegalStateException(e);
            }
        }

        /** Makes the database a copy of another one, with SQLite's backup functions. */
        public void restoreFrom(Path source) {
            try (Connection from = new Connection(source);
                    Arena arena = Arena.ofConfined()) {
                MemorySegment main = arena.allocateFrom("main");
                MemorySegment backup = (MemorySegment) backupInit.invokeExact(handle, main, from.handle, main);
                if (backup.address() == 0) {
                    throw failure();
                }
                int ignored = (int) backupStep.invokeExact(backup, -1);
                if ((int) backupFinish.invokeExact(backup) != 0) {
                    throw failure();
                }
            } catch (RuntimeException e) {
                throw e;
            } catch (Throwable e) {
                throw new IllegalStateException(e);
            }
        }

        private SqlFailure failure() throws Throwable {
            MemorySegment message = (MemorySegment) errorMessage.invokeExact(handle);
            return new SqlFailure(message.reinterpret(1000).getString(0));
        }

        @Override
        public void close() {
            try {
                int ignored = (int) close.invokeExact(handle);
            } catch (Throwable e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
