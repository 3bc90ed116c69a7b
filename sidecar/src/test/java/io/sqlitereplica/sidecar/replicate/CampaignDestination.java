package io.sqlitereplica.sidecar.replicate;

import static org.assertj.core.api.Assertions.assertThat;

import io.sqlitereplica.sidecar.storage.CredentialsSource;
import io.sqlitereplica.sidecar.storage.ReplicaUrl;
import io.sqlitereplica.sidecar.testing.S3Server;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Where the replica of a campaign is.
 *
 * @param litestream the replica, as its configuration has it
 * @param unreachable the steps that do not happen there
 */
record CampaignDestination(
        ReplicaUrl url,
        CredentialsSource credentials,
        Map<String, String> variables,
        String litestream,
        Set<KillStep> unreachable) {
    private static final String BUCKET = "campaign";

    static CampaignDestination inFolder(Path folder) throws IOException {
        Files.createDirectories(folder);
        return new CampaignDestination(
                ReplicaUrl.parse("file:" + folder),
                CredentialsSource.environment(),
                Map.of(),
                "{type: file, path: %s}".formatted(folder),
                EnumSet.of(KillStep.REQUEST));
    }

    static CampaignDestination inS3(S3Server server, String prefix) {
        server.bucket(BUCKET);
        return new CampaignDestination(
                server.url(BUCKET, prefix),
                server.credentials(),
                Map.of(
                        "AWS_ACCESS_KEY_ID", S3Server.ACCESS_KEY_ID,
                        "AWS_SECRET_ACCESS_KEY", S3Server.SECRET_ACCESS_KEY),
                ("{type: s3, bucket: %s, path: %s, endpoint: \"%s\", region: %s, force-path-style: true,"
                                + " access-key-id: %s, secret-access-key: %s}")
                        .formatted(
                                BUCKET,
                                prefix,
                                server.endpoint(),
                                S3Server.REGION,
                                S3Server.ACCESS_KEY_ID,
                                S3Server.SECRET_ACCESS_KEY),
                EnumSet.of(KillStep.UPLOAD, KillStep.SNAPSHOT));
    }

    /** What a sidecar finds in its environment; may be added to. */
    Map<String, String> environment() {
        return new HashMap<>(variables);
    }

    /** The steps at which a sidecar can be killed. */
    List<KillStep> steps() {
        List<KillStep> steps = new ArrayList<>(List.of(KillStep.values()));
        steps.removeAll(unreachable);
        return steps;
    }

    /** Has Litestream restore the newest state. */
    Path restoreWith(Path program, Path folder) throws IOException, InterruptedException {
        Path copy = folder.resolve("litestream.db");
        Path configuration = Files.writeString(
                folder.resolve("litestream.yml"), "dbs: [{path: %s, replica: %s}]%n".formatted(copy, litestream));
        Path log = folder.resolve("litestream.log");
        ProcessBuilder builder = new ProcessBuilder(
                        program.toString(), "restore", "-config", configuration.toString(), copy.toString())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        builder.environment().remove("AWS_CA_BUNDLE"); // it cannot combine one with an HTTP client of its own
        Process process = builder.start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(Files.readString(log)).isZero();
        return copy;
    }
}
