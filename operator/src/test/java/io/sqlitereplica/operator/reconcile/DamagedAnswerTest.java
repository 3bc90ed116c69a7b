package io.sqlitereplica.operator.reconcile;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.sqlitereplica.api.v1alpha1.SqliteReplicaStatus;
import io.sqlitereplica.operator.testing.FakeSidecar;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Whatever answers at a pod's port: the pod's owner can make it say anything, and the operator looks after other people's
 * replicas too. Each answer leads to a status that an API server takes.
 */
class DamagedAnswerTest {
    private static final int ROUNDS = Integer.getInteger("fuzz.rounds", 400);
    private static final int MOST_STATUS_BYTES = 128 * 1024;
    private static final int MOST_COPIED = 20_000; // copies of copies of copies are more than fits into memory
    private static final ObjectMapper JSON = new ObjectMapper();

    private static final List<String> VALUES = List.of(
            "null",
            "true",
            "-1",
            "0",
            "0.5",
            "1e308",
            "-1e308",
            "9223372036854775807",
            "-9223372036854775808",
            "99999999999999999999999",
            "\"\"",
            "\"replicating\"",
            "\"no such word\"",
            "\"+1000000000-12-31T23:59:59.999999999Z\"",
            "\"-1000000000-01-01T00:00:00Z\"",
            "\"2026-11-23T08:00:00Z\"",
            "\"\\u0000\\n\\t\\ud800\"",
            "\"" + "x".repeat(100_000) + "\"",
            "[]",
            "[null]",
            "{}",
            "[".repeat(500) + "]".repeat(500));

    private final ReconciliationFixture test = new ReconciliationFixture();

    DamagedAnswerTest() throws IOException {}

    @AfterEach
    void close() {
        test.close();
    }

    @Test
    void leadsToAStatusWhateverASidecarSays() throws IOException {
        long seed = Long.getLong("seed", System.nanoTime());
        System.out.println("DamagedAnswerTest: -Dseed=" + seed);
        Random random = new Random(seed);
        for (int round = 0; round < ROUNDS; round++) {
            String answer = damaged(random);
            test.sidecar.says(answer);

            SqliteReplicaStatus status = test.run(test.pod("orders-0"));

            String written = Serialization.asJson(status);
            assertThat(written)
                    .as("round %d: %s", round, answer)
                    .hasSizeLessThan(MOST_STATUS_BYTES)
                    .doesNotContainPattern(":\\s*\"?-?(NaN|Infinity)\\b");
            assertThat(status.conditions())
                    .as("round %d: %s", round, answer)
                    .allSatisfy(condition -> assertThat(condition.getStatus()).isIn("True", "False", "Unknown"))
                    .allSatisfy(condition -> assertThat(condition.getReason()).matches("[A-Za-z][A-Za-z0-9_,:]*"))
                    .allSatisfy(condition -> assertThat(condition.getMessage()).hasSizeLessThan(32768));
        }
    }

    private static String damaged(Random random) throws JsonProcessingException {
        JsonNode answer = JSON.readTree(FakeSidecar.replicating());
        for (int edits = 1 + random.nextInt(4); edits > 0; edits--) {
            List<JsonNode> containers = new ArrayList<>();
            collect(answer, containers);
            edit(containers.get(random.nextInt(containers.size())), random);
        }
        String text = answer.toString();
        return random.nextInt(10) == 0 ? text.substring(0, random.nextInt(text.length())) : text;
    }

    private static void collect(JsonNode node, List<JsonNode> containers) {
        if (node.isContainerNode() && !node.isEmpty()) {
            containers.add(node);
            node.forEach(child -> collect(child, containers));
        }
    }

    private static void edit(JsonNode container, Random random) throws JsonProcessingException {
        JsonNode value = JSON.readTree(VALUES.get(random.nextInt(VALUES.size())));
        switch (container) {
            case ObjectNode object -> {
                List<String> names = new ArrayList<>();
                object.fieldNames().forEachRemaining(names::add);
                object.set(names.get(random.nextInt(names.size())), value);
            }
            case ArrayNode array -> {
                JsonNode first = requireNonNull(array.get(0));
                boolean many = random.nextInt(3) == 0 && array.toString().length() < MOST_COPIED;
                for (int copies = many ? 200 : 1; copies > 0; copies--) {
                    array.add((random.nextBoolean() ? value : first).deepCopy());
                }
            }
            default -> throw new IllegalStateException(container.toString());
        }
    }
}
