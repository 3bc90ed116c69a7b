package io.sqlitereplica.operator.reconcile;

import static java.util.Objects.requireNonNullElse;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.sqlitereplica.api.v1alpha1.PodStatus;
import io.sqlitereplica.api.v1alpha1.SqliteReplica;
import io.sqlitereplica.api.v1alpha1.SqliteReplicaStatus;
import io.sqlitereplica.operator.poll.PollResult;
import io.sqlitereplica.operator.poll.SidecarPoller;
import io.sqlitereplica.operator.reconcile.Findings.PodView;
import io.sqlitereplica.operator.restart.Durations;
import io.sqlitereplica.operator.restart.PodRestarter;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One round for one SqliteReplica: observe, validate, reconcile, patch the status. */
final class Reconciliation {
    private static final Logger LOG = LoggerFactory.getLogger(Reconciliation.class);
    private static final Duration BEHIND_AT_LEAST = Duration.ofSeconds(30);
    private static final int BEHIND_INTERVALS = 10;

    /** How long the operator trusts what it wrote itself more than what the API server's cache shows. */
    private static final Duration WRITTEN_KEPT = Duration.ofHours(1);

    private final KubernetesClient client;
    private final SidecarPoller poller;
    private final StatusWriter statusWriter;
    private final EventSink events;
    private final SidecarNotices notices;
    private final ScheduledRestarts restarts;
    private final Clock clock;
    private final RecentAnswers answers = new RecentAnswers();
    private final ExpiringMap<Written> written = new ExpiringMap<>(WRITTEN_KEPT);

    private record Written(SqliteReplicaStatus status, Instant time) {}

    Reconciliation(KubernetesClient client, SidecarPoller poller, StatusWriter statusWriter, Clock clock) {
        this.client = client;
        this.poller = poller;
        this.statusWriter = statusWriter;
        this.events = new EventSink(client);
        this.notices = new SidecarNotices(events);
        this.restarts = new ScheduledRestarts(new PodRestarter(client), events);
        this.clock = clock;
    }

    /**
     * Does it.
     *
     * @param podsOfReplica the pods that carry the replica's label
     * @param configMap the sidecars' ConfigMap as it was last seen; null when there is none
     */
    void run(SqliteReplica replica, List<Pod> podsOfReplica, @Nullable ConfigMap configMap) {
        Written before = before(replica);
        List<PodView> pods = observe(replica, podsOfReplica, before.status());
        List<String> problems = new ArrayList<>(Validation.problems(replica));
        if (problems.isEmpty()) {
            SidecarConfigMap.write(client, SidecarConfigMap.desired(replica), configMap)
                    .ifPresent(problems::add);
        }
        Instant now = clock.instant();
        boolean valid = problems.isEmpty();
        Duration behind = valid ? behind(replica) : BEHIND_AT_LEAST;
        ScheduledRestarts.Outcome restarted = valid
                ? restarts.act(replica, pods, before.status(), behind, now)
                : ScheduledRestarts.idle(pods, before.status());
        Map<String, Finding> findings = Findings.of(replica, problems, pods, behind);
        SqliteReplicaStatus status = status(replica, before.status(), pods, findings, restarted, now);
        patchStatus(replica, before, status, now);
        notices.tell(replica, pods.stream().map(PodView::seen).toList(), now);
    }

    private Written before(SqliteReplica replica) {
        return written.get(replica.getMetadata().getUid(), clock.instant())
                .orElseGet(() -> new Written(
                        Optional.ofNullable(replica.getStatus()).orElseGet(SqliteReplicaStatus::none), Instant.EPOCH));
    }

    private List<PodView> observe(SqliteReplica replica, List<Pod> podsOfReplica, SqliteReplicaStatus before) {
        List<Pod> alive = podsOfReplica.stream()
                .filter(Reconciliation::isAlive)
                .sorted(Comparator.comparing(pod -> pod.getMetadata().getName()))
                .toList();
        Map<String, PollResult> results =
                poller.poll(alive, replica.getSpec().sidecar().port());
        Instant now = clock.instant();
        return alive.stream()
                .map(pod -> {
                    PollResult result =
                            requireNonNullElse(results.get(pod.getMetadata().getName()), new PollResult.NotReady());
                    PodObservation seen = answers.observe(pod, result, now);
                    return new PodView(
                            seen,
                            PodStatuses.of(
                                    seen,
                                    previous(before, seen.name()),
                                    replica.getSpec().restore().request(),
                                    now));
                })
                .toList();
    }

    private static boolean isAlive(Pod pod) {
        String phase = pod.getStatus() == null ? null : pod.getStatus().getPhase();
        return pod.getMetadata().getDeletionTimestamp() == null
                && !"Succeeded".equals(phase)
                && !"Failed".equals(phase);
    }

    private static @Nullable PodStatus previous(SqliteReplicaStatus before, String pod) {
        return before.pods().stream()
                .filter(each -> each.name().equals(pod))
                .findFirst()
                .orElse(null);
    }

    /** From how much lag on a pod counts as behind. */
    private static Duration behind(SqliteReplica replica) {
        Duration several = Durations.parse(replica.getSpec().sync().interval()).multipliedBy(BEHIND_INTERVALS);
        return several.compareTo(BEHIND_AT_LEAST) > 0 ? several : BEHIND_AT_LEAST;
    }

    private static SqliteReplicaStatus status(
            SqliteReplica replica,
            SqliteReplicaStatus before,
            List<PodView> pods,
            Map<String, Finding> findings,
            ScheduledRestarts.Outcome restarted,
            Instant now) {
        long generation = requireNonNullElse(replica.getMetadata().getGeneration(), 0L);
        List<Condition> conditions = findings.entrySet().stream()
                .map(finding -> finding.getValue().as(finding.getKey(), generation, before.conditions(), now))
                .toList();
        Columns columns = Columns.of(pods);
        return new SqliteReplicaStatus(
                generation,
                conditions,
                pods.stream().map(PodView::status).toList(),
                restarted.history(),
                conditions.getFirst().getStatus(),
                columns.podsReady(),
                columns.lag(),
                columns.memory(),
                columns.verdict(),
                restarted.count(),
                restarted.next(),
                DestinationUrl.text(replica.getSpec().destination()),
                columns.lastSnapshot(),
                columns.oomKills(),
                columns.heap(),
                columns.cache());
    }

    private void patchStatus(SqliteReplica replica, Written before, SqliteReplicaStatus status, Instant now) {
        Duration sinceWritten = Duration.between(before.time(), now);
        if (!StatusChange.isWorthWriting(before.status(), status, sinceWritten)) {
            written.put(replica.getMetadata().getUid(), before, now);
            return;
        }
        statusWriter.write(replica, status);
        written.put(replica.getMetadata().getUid(), new Written(status, now), now);
        StatusEvents.of(before.status(), status).forEach(event -> {
            LOG.info(
                    "replica={}/{} {}: {}",
                    replica.getMetadata().getNamespace(),
                    replica.getMetadata().getName(),
                    event.reason(),
                    event.message());
            events.add(replica, event.kind(), event.reason(), event.message(), now);
        });
    }
}
