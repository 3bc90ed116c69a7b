package io.sqlitereplica.operator.reconcile;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.sqlitereplica.api.v1alpha1.SqliteReplica;
import java.net.HttpURLConnection;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Events of a SqliteReplica, as {@code kubectl describe} shows them. */
final class EventSink {
    private static final Logger LOG = LoggerFactory.getLogger(EventSink.class);
    private static final String COMPONENT = "sqlitereplica-operator";
    private static final int MAX_MESSAGE = 1000;

    private final KubernetesClient client;

    /** How much an Event wants to be seen. */
    enum Kind {
        Normal,
        Warning
    }

    EventSink(KubernetesClient client) {
        this.client = client;
    }

    /** Adds an Event; that it cannot be written is no reason to stop. */
    void add(SqliteReplica replica, Kind kind, String reason, String message, Instant now) {
        addOnce(UUID.randomUUID().toString(), replica, kind, reason, message, now);
    }

    /**
     * Adds an Event, if it is not there yet.
     *
     * @param id the same for the same event
     * @return whether it is there now
     */
    boolean addOnce(String id, SqliteReplica replica, Kind kind, String reason, String message, Instant now) {
        String time = now.truncatedTo(ChronoUnit.SECONDS).toString();
        Event event = new EventBuilder()
                .withNewMetadata()
                .withNamespace(replica.getMetadata().getNamespace())
                .withName(replica.getMetadata().getName() + "." + id)
                .endMetadata()
                .withNewInvolvedObject()
                .withApiVersion(replica.getApiVersion())
                .withKind(replica.getKind())
                .withNamespace(replica.getMetadata().getNamespace())
                .withName(replica.getMetadata().getName())
                .withUid(replica.getMetadata().getUid())
                .endInvolvedObject()
                .withType(kind.name())
                .withReason(reason)
                .withMessage(message.length() <= MAX_MESSAGE ? message : message.substring(0, MAX_MESSAGE))
                .withFirstTimestamp(time)
                .withLastTimestamp(time)
                .withCount(1)
                .withNewSource()
                .withComponent(COMPONENT)
                .endSource()
                .withReportingComponent(COMPONENT)
                .build();
        try {
            client.resource(event).create();
            return true;
        } catch (KubernetesClientException e) {
            if (e.getCode() == HttpURLConnection.HTTP_CONFLICT) {
                return true;
            }
            LOG.warn(
                    "event not written replica={}/{} reason={} cause={}",
                    replica.getMetadata().getNamespace(),
                    replica.getMetadata().getName(),
                    reason,
                    e.getMessage());
            return false;
        }
    }
}
