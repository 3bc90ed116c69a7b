package io.sqlitereplica.operator.poll;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.net.ConnectException;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Asks sidecars for their status over HTTP, all pods of a replica at once, each on a virtual thread of its own. */
public final class SidecarPoller implements AutoCloseable {
    /** How long a sidecar has to answer. */
    public static final Duration TIMEOUT = Duration.ofSeconds(2);

    private static final String CAUSES =
            " Likely causes: a NetworkPolicy that keeps the operator's namespace from this port, or a service mesh that"
                    + " wants mutual TLS on it.";
    private static final long MAX_ANSWER_BYTES = 4 << 20;

    private static final ObjectMapper JSON = JsonMapper.builder()
            .addModule(new JavaTimeModule())
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    private final ExecutorService threads = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("poll-", 0).factory());
    private final HttpClient client;

    /** Pods are in the cluster's own network: never asked through a proxy. */
    public SidecarPoller() {
        client = HttpClient.newBuilder()
                .connectTimeout(TIMEOUT)
                .proxy(ProxySelector.of(null))
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .executor(threads)
                .build();
    }

    /**
     * Asks the sidecars of these pods.
     *
     * @param port of pods whose sidecar names none
     * @return by the pods' names, in the order of the pods
     */
    public Map<String, PollResult> poll(List<Pod> pods, int port) {
        Map<String, Future<PollResult>> asked = new LinkedHashMap<>();
        for (Pod pod : pods) {
            asked.put(pod.getMetadata().getName(), threads.submit(() -> poll(pod, port)));
        }
        Map<String, PollResult> answers = new LinkedHashMap<>();
        asked.forEach((pod, answer) -> answers.put(pod, result(answer)));
        return answers;
    }

    private PollResult poll(Pod pod, int port) {
        return PodSidecar.of(pod)
                .filter(PodSidecar::isRunning)
                .flatMap(sidecar -> sidecar.address(port))
                .map(this::ask)
                .orElseGet(PollResult.NotReady::new);
    }

    private PollResult ask(String address) {
        URI uri = URI.create("http://" + address + "/status");
        HttpRequest request = HttpRequest.newBuilder(uri).timeout(TIMEOUT).build();
        try {
            HttpResponse<byte[]> response =
                    client.send(request, BodyHandlers.limiting(BodyHandlers.ofByteArray(), MAX_ANSWER_BYTES));
            if (response.statusCode() != 200) {
                return new PollResult.Unreachable(
                        "The sidecar answered %s with HTTP status %d.%s".formatted(uri, response.statusCode(), CAUSES));
            }
            SidecarStatus status = JSON.readValue(response.body(), SidecarStatus.class);
            return status == null || status.version() == null ? notAStatus(uri) : new PollResult.Answered(status);
        } catch (HttpTimeoutException _) {
            return new PollResult.Unreachable(
                    "The sidecar did not answer %s within %d s.%s".formatted(uri, TIMEOUT.toSeconds(), CAUSES));
        } catch (ConnectException _) {
            return new PollResult.Unreachable("Nobody accepts connections at %s.%s".formatted(uri, CAUSES));
        } catch (JsonProcessingException _) {
            return notAStatus(uri);
        } catch (IOException e) {
            return new PollResult.Unreachable("%s could not be read: %s.%s".formatted(uri, message(e), CAUSES));
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return new PollResult.Unreachable("The operator is stopping.");
        }
    }

    private static PollResult notAStatus(URI uri) {
        return new PollResult.Unreachable(
                "What answers at %s is not the sidecar. Set spec.sidecar.port to a port that the application does not use."
                        .formatted(uri));
    }

    private static PollResult result(Future<PollResult> answer) {
        try {
            return answer.get();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return new PollResult.Unreachable("The operator is stopping.");
        } catch (ExecutionException e) {
            throw new IllegalStateException("a poll ended in a way that it does not foresee", e.getCause());
        }
    }

    private static String message(IOException e) {
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }

    @Override
    public void close() {
        client.shutdownNow();
        threads.shutdownNow();
    }
}
