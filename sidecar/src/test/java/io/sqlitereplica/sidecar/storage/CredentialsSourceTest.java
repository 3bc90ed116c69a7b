package io.sqlitereplica.sidecar.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sqlitereplica.sidecar.storage.StoreException.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Keys from the environment and from mounted Secrets. */
class CredentialsSourceTest {
    @TempDir
    private Path folder;

    @Test
    void takesTheEnvironmentsVariables() throws IOException {
        assertThat(new EnvironmentCredentials(Map.of("AWS_ACCESS_KEY_ID", "id", "AWS_SECRET_ACCESS_KEY", "secret"))
                        .current())
                .isEqualTo(new S3Credentials("id", "secret", null));
        assertThat(new EnvironmentCredentials(Map.of(
                                "AWS_ACCESS_KEY_ID", "id",
                                "AWS_SECRET_ACCESS_KEY", "secret",
                                "AWS_SESSION_TOKEN", "token"))
                        .current())
                .isEqualTo(new S3Credentials("id", "secret", "token"));
    }

    @Test
    void saysWhichVariableIsMissing() {
        var source = new EnvironmentCredentials(Map.of("AWS_ACCESS_KEY_ID", "id"));

        assertThatThrownBy(source::current)
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.CREDENTIALS))
                .hasMessageContaining("AWS_SECRET_ACCESS_KEY is not set");
    }

    @Test
    void takesTheFilesOfAFolder() throws IOException {
        Files.writeString(folder.resolve("access-key-id"), "id\n");
        Files.writeString(folder.resolve("secret-access-key"), "secret\n");
        assertThat(CredentialsSource.folder(folder).current()).isEqualTo(new S3Credentials("id", "secret", null));

        Files.writeString(folder.resolve("session-token"), "token");
        assertThat(CredentialsSource.folder(folder).current()).isEqualTo(new S3Credentials("id", "secret", "token"));
    }

    @Test
    void takesFilesWithTheVariablesNames() throws IOException {
        Files.writeString(folder.resolve("AWS_ACCESS_KEY_ID"), "id");
        Files.writeString(folder.resolve("AWS_SECRET_ACCESS_KEY"), "secret");

        assertThat(CredentialsSource.folder(folder).current()).isEqualTo(new S3Credentials("id", "secret", null));
    }

    @Test
    void saysWhichFileIsMissingOrEmpty() throws IOException {
        CredentialsSource source = CredentialsSource.folder(folder);
        Files.writeString(folder.resolve("access-key-id"), "id");

        assertThatThrownBy(source::current)
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.CREDENTIALS))
                .hasMessageContaining("no file secret-access-key in " + folder);

        Files.writeString(folder.resolve("secret-access-key"), "\n");
        assertThatThrownBy(source::current).hasMessageContaining("secret-access-key is empty");
    }

    @Test
    void seesNewFilesAtOnce() throws IOException {
        CredentialsSource source = CredentialsSource.folder(folder);
        Files.writeString(folder.resolve("access-key-id"), "id1");
        Files.writeString(folder.resolve("secret-access-key"), "secret1");
        assertThat(source.current().accessKeyId()).isEqualTo("id1");

        replace("access-key-id", "id2");
        replace("secret-access-key", "secret2");

        assertThat(source.current()).isEqualTo(new S3Credentials("id2", "secret2", null));
    }

    private void replace(String name, String contents) throws IOException {
        Path next = Files.writeString(folder.resolve(name + ".new"), contents);
        Files.move(next, folder.resolve(name), StandardCopyOption.ATOMIC_MOVE);
    }

    /** A Secret's volume: each file is a link through {@code ..data}, which is renamed to a new version. */
    @Test
    void seesANewVersionOfAMountedSecret() throws IOException {
        mount("..v1", "id1", "secret1");
        Files.createSymbolicLink(folder.resolve("access-key-id"), Path.of("..data/access-key-id"));
        Files.createSymbolicLink(folder.resolve("secret-access-key"), Path.of("..data/secret-access-key"));
        CredentialsSource source = CredentialsSource.folder(folder);
        assertThat(source.current()).isEqualTo(new S3Credentials("id1", "secret1", null));

        mount("..v2", "id2", "secret2");

        assertThat(source.current()).isEqualTo(new S3Credentials("id2", "secret2", null));
    }

    private void mount(String version, String id, String secret) throws IOException {
        Path files = Files.createDirectory(folder.resolve(version));
        Files.writeString(files.resolve("access-key-id"), id);
        Files.writeString(files.resolve("secret-access-key"), secret);
        Path link = Files.createSymbolicLink(folder.resolve("..data_tmp"), Path.of(version));
        Files.move(link, folder.resolve("..data"), StandardCopyOption.ATOMIC_MOVE);
    }

    @Test
    void neverShowsASecret() throws IOException {
        Files.writeString(folder.resolve("access-key-id"), "id");
        Files.writeString(folder.resolve("secret-access-key"), "hidden");

        assertThat(CredentialsSource.folder(folder).current().toString()).doesNotContain("hidden");
        assertThat(new EnvironmentCredentials(Map.of("AWS_SECRET_ACCESS_KEY", "hidden")).toString())
                .doesNotContain("hidden");
    }
}
