package io.sqlitereplica.sidecar;

import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.name;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.sqlitereplica.sidecar.buffer.BufferPool;
import java.io.File;
import java.io.FileInputStream;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeModel;
import java.lang.classfile.Instruction;
import java.lang.classfile.MethodModel;
import java.lang.classfile.TypeKind;
import java.lang.classfile.instruction.ConstantInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.NewPrimitiveArrayInstruction;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Whole files stay out of the heap, and the files of a database are opened where their locks are known. */
class BoundedMemoryTest {
    private static final String ROOT = "io.sqlitereplica.sidecar.";

    /** Where the bytes of databases and replicas pass through. */
    private static final List<String> DATA =
            List.of("buffer", "compact", "ltx", "replicate", "restore", "state", "storage", "wal");

    private static final int LARGEST_BYTES = 64 * 1024;

    /** Arrays and buffers of a length that is not a constant, and why it is bounded. */
    private static final Map<String, String> BOUNDED = Map.of(
            "BufferPool.idleOrNew", "a buffer of the pool, 256 KiB",
            "FollowedDatabase.<init>", "a page",
            "FollowedDatabase.prepare", "a page",
            "Follower.check", "a page",
            "LogReader.contentsOf", "a page at most",
            "OwnerFile.read", "64 KiB at most",
            "PartBody.digests", "16 KiB at most",
            "ReplicaFetcher.readWhole", "64 KiB at most, and eight of them",
            "ReplicaFileChannel.<init>", "64 KiB at most",
            "RollbackJournal.<init>", "a page");

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages(DATA.stream().map(name -> ROOT + name).toArray(String[]::new));

    @Test
    void allocatesNoArrayWhoseLengthMayGrow() throws Exception {
        Path main = Path.of(BufferPool.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        Set<String> found = new TreeSet<>();
        for (String name : DATA) {
            try (Stream<Path> files = Files.list(main.resolve((ROOT + name).replace('.', '/')))) {
                for (Path file :
                        (Iterable<Path>) files.filter(each -> each.toString().endsWith(".class"))::iterator) {
                    findIn(ClassFile.of().parse(file), found);
                }
            }
        }

        assertThat(found).containsExactlyInAnyOrderElementsOf(BOUNDED.keySet());
    }

    private static void findIn(ClassModel model, Set<String> found) {
        String name = model.thisClass().asInternalName();
        for (MethodModel method : model.methods()) {
            Instruction before = null;
            for (CodeElement element : method.code().map(CodeModel::elementList).orElse(List.of())) {
                if (element instanceof Instruction instruction) {
                    if (allocatesBytes(instruction) && !isSmall(before)) {
                        found.add(name.substring(name.lastIndexOf('/') + 1) + "." + method.methodName());
                    }
                    before = instruction;
                }
            }
        }
    }

    private static boolean allocatesBytes(Instruction instruction) {
        return switch (instruction) {
            case NewPrimitiveArrayInstruction array -> array.typeKind() == TypeKind.BYTE;
            case InvokeInstruction call ->
                call.owner().asInternalName().equals("java/nio/ByteBuffer")
                        && call.name().stringValue().startsWith("allocate");
            default -> false;
        };
    }

    private static boolean isSmall(@Nullable Instruction length) {
        return length instanceof ConstantInstruction constant
                && constant.constantValue() instanceof Integer bytes
                && bytes <= LARGEST_BYTES;
    }

    @Test
    void readsNoWholeFile() {
        noClasses()
                .should()
                .callMethod(InputStream.class, "readAllBytes")
                .orShould()
                .callMethod(Files.class, "readAllLines", Path.class)
                .orShould()
                .callMethod(Files.class, "lines", Path.class)
                .check(CLASSES);
    }

    /** Closing any descriptor of a database's file drops all locks that SQLite has on it in this process. */
    @Test
    void opensTheFilesOfADatabaseOnlyThroughTheirOwner() {
        noClasses()
                .that()
                .resideInAnyPackage(ROOT + "wal", ROOT + "replicate")
                .and()
                .doNotHaveSimpleName("FrameCopy") // its own temporary file
                .and()
                .doNotHaveSimpleName("StagedFile") // of the state folder
                .and()
                .doNotHaveSimpleName("TransactionFile") // of the state folder
                .and()
                .doNotHaveSimpleName("DatabaseArrival") // a database that nothing here has open yet
                .and()
                .doNotHaveFullyQualifiedName(ROOT + "wal.FrameSorter$SpillFile") // its own temporary file
                .should()
                .callMethodWhere(target(owner(assignableTo(FileChannel.class))).and(target(name("open"))))
                .orShould()
                .callMethodWhere(target(owner(assignableTo(Files.class)))
                        .and(target(nameMatching("new(InputStream|ByteChannel|BufferedReader)"))))
                .orShould()
                .callConstructor(RandomAccessFile.class, File.class, String.class)
                .orShould()
                .callConstructor(FileInputStream.class, File.class)
                .check(CLASSES);
    }
}
