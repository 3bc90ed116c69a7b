package io.sqlitereplica.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** One SQLite database file of the application. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Database(
        @Required
        @Size(min = 1, max = 63)
        @ValidationRule(
                value = "self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
                message = "must be a lower-case name of letters, digits and '-', like 'orders'")
        @JsonPropertyDescription(
                "The name of the database in status, metrics and in the destination, where it replaces {database}; for"
                        + " a path with a pattern <name>/<file name> does. Letters, digits and '-', at most 63.")
        String name,

        @Required
        @Size(min = 2, max = 1024)
        @ValidationRule(
                value = "self.startsWith('/') && !self.endsWith('/')",
                message = "must be the absolute path of the database file as the application's container sees"
                        + " it, like /data/orders.db")
        @ValidationRule(
                value = "!self.matches('[*?\\\\[{].*/')",
                message = "may have a pattern only in the file name, like /data/tenants/*.db, not in a folder above")
        @ValidationRule(
                value = "!self.matches('(^|/)[.][.]?(/|$)') && !self.contains('//')",
                message = "must be a plain absolute path without '.', '..' or '//'")
        @JsonPropertyDescription("The absolute path of the database file as the application's container sees"
                + " it, for example /data/orders.db. It must lie in a volume of the pod, never in the"
                + " container's own file system. The file need not exist yet: it is replicated as soon as the"
                + " application creates it. The database is switched to WAL mode. A file name with *, ?, [a-z] or"
                + " {a,b} is a pattern: every file of the folder that matches is replicated, also one that comes"
                + " later, as the database <name>/<file name>. One that is deleted is not restored again, and keeps"
                + " its replica.")
        String path) {}
