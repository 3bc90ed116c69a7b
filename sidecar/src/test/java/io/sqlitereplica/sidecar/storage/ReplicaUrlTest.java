package io.sqlitereplica.sidecar.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sqlitereplica.sidecar.storage.ReplicaUrl.Addressing;
import io.sqlitereplica.sidecar.storage.ReplicaUrl.Bucket;
import io.sqlitereplica.sidecar.storage.ReplicaUrl.Endpoint;
import io.sqlitereplica.sidecar.storage.ReplicaUrl.Folder;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Destination URLs: the good ones, and what is said about the others. */
class ReplicaUrlTest {
    @Test
    void understandsABucketWithEverything() {
        assertThat(
                        ReplicaUrl.parse(
                                "s3://backups/shop/orders?endpoint=https://s3.storage:9000&region=eu-west-1&pathStyle=false"
                                    + "&caBundle=/etc/ca.crt&encryption=KMS&kmsKeyId=arn:aws:kms:x%23y&storageClass=STANDARD_IA"))
                .isEqualTo(new Bucket(
                        "backups",
                        "shop/orders",
                        new Endpoint("https", "s3.storage", 9000),
                        Optional.of("eu-west-1"),
                        Addressing.VIRTUAL_HOST,
                        new BucketOptions(
                                Optional.of(Path.of("/etc/ca.crt")),
                                new Encryption.Kms(Optional.of("arn:aws:kms:x#y")),
                                Optional.of("STANDARD_IA"))));
    }

    @ParameterizedTest
    @ValueSource(strings = {"s3://backups", "s3://backups/", "s3://backups//"})
    void aBucketAloneIsAtAmazon(String url) {
        assertThat(ReplicaUrl.parse(url))
                .isEqualTo(
                        new Bucket("backups", "", Endpoint.AWS, Optional.empty(), Addressing.AUTO, BucketOptions.NONE));
    }

    @ParameterizedTest
    @CsvSource({
        "https://s3.eu-central-1.amazonaws.com, eu-central-1",
        "https://s3.dualstack.us-gov-west-1.amazonaws.com, us-gov-west-1",
        "https://s3.amazonaws.com,",
        "https://s3.example.com, us-east-1"
    })
    void takesTheRegionFromAmazonsHostNames(String endpoint, @Nullable String region) {
        assertThat(ReplicaUrl.parse("s3://backups/orders?endpoint=" + endpoint))
                .isInstanceOfSatisfying(
                        Bucket.class, bucket -> assertThat(bucket.region()).isEqualTo(Optional.ofNullable(region)));
    }

    @ParameterizedTest
    @CsvSource({
        "file:/backups/orders, /backups/orders",
        "file:///backups/orders, /backups/orders",
        "file:/backups/orders/, /backups/orders",
        "file:/with%20space/100%25/%C3%A4, /with space/100%/ä",
        "file:/with space/ä, /with space/ä"
    })
    void understandsFolders(String url, String folder) {
        assertThat(ReplicaUrl.parse(url)).isEqualTo(new Folder(Path.of(folder)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "file:/backups/orders",
                "file:/with%20space/100%25/%C3%A4",
                "s3://backups",
                "s3://backups?region=us-east-1",
                "s3://backups?region=us-east-1&caBundle=/etc/my%20ca.crt&encryption=AES256&storageClass=GLACIER_IR",
                "s3://backups?encryption=KMS",
                "s3://backups?encryption=KMS&kmsKeyId=arn:aws:kms:eu-west-1:1:key/1",
                "s3://backups?encryption=CustomerKey&customerKeyFile=/etc/key",
                "s3://backups/a%20b/%C3%A4/%3F?endpoint=https://[::1]:9000&region=x&pathStyle=true",
                "s3://backups/shop/orders?endpoint=http://s3.storage:9000&region=eu-west-1&pathStyle=false"
            })
    void writesWhatItReads(String url) {
        assertThat(ReplicaUrl.parse(url)).hasToString(url);
        assertThat(ReplicaUrl.parse(ReplicaUrl.parse(url).toString())).isEqualTo(ReplicaUrl.parse(url));
    }

    @Test
    void goesDownByName() {
        assertThat(ReplicaUrl.parse("file:/backups").child("a b.db")).hasToString("file:/backups/a%20b.db");
        assertThat(ReplicaUrl.parse("s3://backups").child("a.db").child("x")).hasToString("s3://backups/a.db/x");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", "a/b", "a\nb"})
    void refusesNamesThatAreNone(String name) {
        assertThatThrownBy(() -> ReplicaUrl.parse("file:/backups").child(name))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> ReplicaUrl.parse("s3://backups").child(name))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "/backups/orders                              | neither a folder (file:/",
                "gs://backups                                 | neither a folder (file:/",
                "file:orders                                  | the folder is not absolute",
                "file://host/orders                           | the folder is not absolute",
                "file:/orders?x=1                             | a folder has no parameters",
                "file:/orders/100%                            | a percent sign is written as %25",
                "file:/orders/%C3                             | not UTF-8",
                "s3://                                        | cannot be the name of a bucket",
                "s3://ab/orders                               | 'ab' cannot be the name of a bucket",
                "s3://Backups/orders                          | 'Backups' cannot be the name of a bucket",
                "s3://backups/a//b                            | a name in the path is empty",
                "s3://backups/a/../b                          | '..' cannot be a name in the path",
                "s3://backups/a#b                             | # is written as %23",
                "s3://backups?encryption=AES                  | encryption is AES256, KMS or CustomerKey",
                "s3://backups?kmsKeyId=x                      | kmsKeyId goes with encryption=KMS",
                "s3://backups?encryption=CustomerKey          | customerKeyFile go together",
                "s3://backups?encryption=CustomerKey&customerKeyFile=key | 'key' must be absolute",
                "s3://backups?encryption=CustomerKey&customerKeyFile=/k&endpoint=http://x | must not travel over http",
                "s3://backups?caBundle=ca.crt                 | 'ca.crt' must be absolute",
                "s3://backups?storageClass=standard           | is no storage class",
                "s3://backups?storageClass=DEEP_ARCHIVE       | cannot be read at once",
                "s3://backups/a?endpoint=s3.storage:9000      | must begin with http:// or https://",
                "s3://backups/a?endpoint=http://              | the endpoint",
                "s3://backups/a?endpoint=http://s3/path       | more than a scheme, a host and a port",
                "s3://backups/a?endpoint=http://k:secret@s3   | must not contain keys",
                "s3://backups/a?region=                       | the parameter region has no value",
                "s3://backups/a?region=eu west                | is no region",
                "s3://backups/a?region=a&region=b             | given twice",
                "s3://backups/a?forcePathStyle=true           | there is no parameter 'forcePathStyle'",
                "s3://backups/a?pathStyle=yes                 | pathStyle is true or false",
            })
    void saysWhatIsWrongAndShowsWhatIsRight(String url, String reason) {
        assertThatThrownBy(() -> ReplicaUrl.parse(url))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(reason)
                .satisfies(e -> assertThat(e.getMessage()).containsAnyOf("file:/backups", "s3://backups/orders?"));
    }

    @Test
    void keepsKeysOutOfItsMessages() {
        assertThatThrownBy(() -> ReplicaUrl.parse("s3://key:secret@backups/orders"))
                .hasMessageContaining("AWS_SECRET_ACCESS_KEY")
                .hasMessageNotContainingAny("key:", "secret@");
        assertThatThrownBy(() -> ReplicaUrl.parse("s3://backups/a?endpoint=http://key:secret@s3"))
                .hasMessageNotContainingAny("key:", "secret@");
    }
}
