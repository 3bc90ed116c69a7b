package io.sqlitereplica.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** A restore over an existing database, done once per id. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
        value = "!has(self.timestamp) || !has(self.txid)",
        message = "give a timestamp or a txid, not both; without either the newest state is restored")
public record RestoreRequest(
        @Required
        @Size(min = 1, max = 63)
        @ValidationRule(
                value = "self.matches('^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$')",
                message = "must consist of letters, digits, dots, dashes and underscores, and begin and end with a"
                        + " letter or digit, like 2026-11-23-before-import")
        @JsonPropertyDescription("Names the request: each database does each id once. Another id asks again.")
        String id,

        @Size(max = 40)
        @ValidationRule(
                value =
                        "self.matches('^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})$')",
                message = "must be a time with its zone, like 2026-11-23T08:00:00Z or 2026-11-23T09:00:00+01:00")
        @JsonPropertyDescription("Restore the newest state that is not younger than this time, RFC 3339, like"
                + " 2026-11-23T08:00:00Z. How close that is depends on what the replica still has: 'sqlite-replica"
                + " list' shows it. Default: the newest state.")
        @Nullable
        String timestamp,

        @Size(max = 16)
        @ValidationRule(
                value = "self.matches('^[0-7][0-9a-f]{15}$')",
                message = "must be 16 lower-case hexadecimal digits, as 'sqlite-replica list' prints them")
        @JsonPropertyDescription("Restore the state after this transaction, 16 hexadecimal digits.")
        @Nullable
        String txid) {}
