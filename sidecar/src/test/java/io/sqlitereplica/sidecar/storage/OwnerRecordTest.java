package io.sqlitereplica.sidecar.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OwnerRecordTest {
    private static final Instant SINCE = Instant.parse("2026-11-25T22:41:52.904Z");
    private static final OwnerRecord RECORD = OwnerRecord.taken(7, 0xabcdef0123456789L, "shop/\"orders-0\"", SINCE);

    @Test
    void readsWhatItWrote() throws Exception {
        OwnerRecord released = RECORD.released(SINCE.plusSeconds(3));

        assertThat(OwnerRecord.parse(RECORD.toJson(), "here")).isEqualTo(RECORD);
        assertThat(OwnerRecord.parse(released.toJson(), "here")).isEqualTo(released);
        assertThat(released.isReleased()).isTrue();
        assertThat(released.isSameTaking(RECORD)).isTrue();
    }

    @Test
    void passesOverWhatALaterVersionAdds() throws Exception {
        String later = RECORD.toJson().replace("\"epoch\"", "\"more\" : {\"epoch\" : [1, 2]}, \"epoch\"");

        assertThat(OwnerRecord.parse(later, "here")).isEqualTo(RECORD);
    }

    @Test
    void tellsTakingsApart() {
        assertThat(RECORD.isSameTaking(OwnerRecord.taken(8, RECORD.writerId(), RECORD.host(), SINCE)))
                .isFalse();
        assertThat(RECORD.isSameTaking(OwnerRecord.taken(7, 1, RECORD.host(), SINCE)))
                .isFalse();
        assertThat(RECORD.isSameTaking(OwnerRecord.taken(7, RECORD.writerId(), RECORD.host(), SINCE.plusMillis(1))))
                .as("a copy of the volume on the same machine")
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "{}",
                "not JSON",
                "{\"version\": 2}",
                "{\"version\": 1, \"epoch\": 1, \"writer\": \"x\", \"host\": \"h\", \"since\":"
                        + " \"2026-11-25T22:41:52Z\"}",
                "{\"version\": 1, \"epoch\": 0, \"writer\": \"01\", \"host\": \"h\", \"since\":"
                        + " \"2026-11-25T22:41:52Z\", \"released\": false}",
                "{\"version\": 1, \"epoch\": 1, \"writer\": \"01\", \"host\": \"h\", \"since\": \"yesterday\","
                        + " \"released\": false}"
            })
    void saysWhatToDoWithARecordThatItCannotRead(String json) {
        assertThatThrownBy(() -> OwnerRecord.parse(json, "s3://backups/orders"))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("s3://backups/orders")
                .hasMessageContaining("delete it");
    }
}
