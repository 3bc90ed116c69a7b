package io.sqlitereplica.sidecar.storage;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Keys from the files of a mounted Secret. Kubernetes changes all files of a volume at once, by renaming a link that
 * each of them goes through; so a set of files is taken only if none changed while they were read.
 */
final class FolderCredentials implements CredentialsSource {
    private static final List<String> ACCESS_KEY_ID = List.of("access-key-id", EnvironmentCredentials.ACCESS_KEY_ID);
    private static final List<String> SECRET_ACCESS_KEY =
            List.of("secret-access-key", EnvironmentCredentials.SECRET_ACCESS_KEY);
    private static final List<String> SESSION_TOKEN = List.of("session-token", EnvironmentCredentials.SESSION_TOKEN);
    private static final int ATTEMPTS = 5;
    private static final int MAX_BYTES = 64 * 1024;

    /** What tells one version of a file from another: which file it is, its time and its size. */
    private record Version(Path path, @Nullable Object inode, FileTime modified, long sizeBytes) {}

    private record Loaded(List<Version> versions, S3Credentials credentials) {}

    private final Path folder;
    private volatile @Nullable Loaded loaded;

    FolderCredentials(Path folder) {
        this.folder = folder;
    }

    @Override
    public S3Credentials current() throws StoreException {
        try {
            for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
                List<Version> before = versions();
                Loaded last = loaded;
                if (last != null && last.versions.equals(before)) {
                    return last.credentials;
                }
                S3Credentials read = read();
                if (versions().equals(before)) {
                    loaded = new Loaded(before, read);
                    return read;
                }
            }
        } catch (IOException e) {
            throw e instanceof StoreException known
                    ? known
                    : new StoreException(
                            StoreException.Kind.CREDENTIALS,
                            "The keys in %s cannot be read: %s".formatted(folder, e),
                            e);
        }
        throw new StoreException(
                StoreException.Kind.CREDENTIALS, "The keys in %s change all the time".formatted(folder));
    }

    private S3Credentials read() throws IOException {
        Optional<String> token = find(SESSION_TOKEN).isPresent() ? Optional.of(value(SESSION_TOKEN)) : Optional.empty();
        return new S3Credentials(value(ACCESS_KEY_ID), value(SECRET_ACCESS_KEY), token.orElse(null));
    }

    private String value(List<String> names) throws IOException {
        Path file = find(names)
                .orElseThrow(() -> new StoreException(
                        StoreException.Kind.CREDENTIALS,
                        "There is no file %s in %s: mount a Secret with the keys %s and %s"
                                .formatted(
                                        names.getFirst(),
                                        folder,
                                        ACCESS_KEY_ID.getFirst(),
                                        SECRET_ACCESS_KEY.getFirst())));
        String value =
                Files.size(file) > MAX_BYTES ? "" : Files.readString(file).strip();
        if (value.isEmpty()) {
            throw new StoreException(
                    StoreException.Kind.CREDENTIALS, "The file %s is empty, or is no key".formatted(file));
        }
        return value;
    }

    private Optional<Path> find(List<String> names) {
        return names.stream().map(folder::resolve).filter(Files::exists).findFirst();
    }

    private List<Version> versions() throws IOException {
        List<Version> versions = new ArrayList<>(3);
        for (List<String> names : List.of(ACCESS_KEY_ID, SECRET_ACCESS_KEY, SESSION_TOKEN)) {
            Path file = find(names).orElse(null);
            if (file != null) {
                BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
                versions.add(new Version(file, attributes.fileKey(), attributes.lastModifiedTime(), attributes.size()));
            }
        }
        return versions;
    }

    @Override
    public String toString() {
        return folder.toString();
    }
}
