package io.sqlitereplica.api.v1alpha1;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.Quantity;
import org.jspecify.annotations.Nullable;

/** Requests and limits of the sidecar's container. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
        value = "isQuantity(string(self.limits.memory))"
                + " && quantity(string(self.limits.memory)).compareTo(quantity('112Mi')) >= 0",
        message = "limits.memory must be at least 112Mi: the Java process needs about 68Mi besides its heap and"
                + " buffers; leave it out for 128Mi")
@ValidationRule(
        value = "isQuantity(string(self.requests.memory)) && (!isQuantity(string(self.limits.memory))"
                + " || quantity(string(self.requests.memory)).compareTo(quantity(string(self.limits.memory))) <= 0)",
        message = "requests.memory must be an amount no greater than limits.memory")
@ValidationRule(
        value = "!has(self.limits.cpu) || (isQuantity(string(self.limits.cpu)) && isQuantity(string(self.requests.cpu))"
                + " && quantity(string(self.requests.cpu)).compareTo(quantity(string(self.limits.cpu))) <= 0)",
        message = "limits.cpu must be an amount no smaller than requests.cpu, like 500m; leave it out for no limit")
public record SidecarResources(
        @Default("{}")
        @JsonPropertyDescription("What the scheduler sets aside for the sidecar. Default: memory 112Mi, cpu" + " 20m.")
        Requests requests,

        @Default("{}") @JsonPropertyDescription("What the sidecar cannot exceed. Default: memory 128Mi, no cpu limit.")
        Limits limits) {

    /** Fills in what was left out with the same defaults as the API server does. */
    public SidecarResources {
        requests = requireNonNullElse(requests, Requests.defaults());
        limits = requireNonNullElse(limits, Limits.defaults());
    }

    static SidecarResources defaults() {
        return new SidecarResources(Requests.defaults(), Limits.defaults());
    }

    /** What is set aside. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Requests(
            @Default("112Mi") @JsonPropertyDescription("Memory, for example 112Mi. Default: 112Mi.")
            Quantity memory,

            @Default("20m") @JsonPropertyDescription("Processor time, for example 20m. Default: 20m.")
            Quantity cpu) {

        /** Fills in what was left out with the same defaults as the API server does. */
        public Requests {
            memory = requireNonNullElse(memory, new Quantity("112Mi"));
            cpu = requireNonNullElse(cpu, new Quantity("20m"));
        }

        static Requests defaults() {
            return new Requests(new Quantity("112Mi"), new Quantity("20m"));
        }
    }

    /** What cannot be exceeded. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Limits(
            @Default("128Mi")
            @JsonPropertyDescription("Memory, at least 112Mi. The heap and the buffers of the Java process are"
                    + " computed from it. More than the default is only headroom: nothing gets faster with it."
                    + " Default: 128Mi.")
            Quantity memory,

            @JsonPropertyDescription("Processor time, for example 500m. A limit makes snapshots and restores slower."
                    + " Default: no limit.")
            @Nullable
            Quantity cpu) {

        /** Fills in what was left out with the same defaults as the API server does. */
        public Limits {
            memory = requireNonNullElse(memory, new Quantity("128Mi"));
        }

        static Limits defaults() {
            return new Limits(new Quantity("128Mi"), null);
        }
    }
}
