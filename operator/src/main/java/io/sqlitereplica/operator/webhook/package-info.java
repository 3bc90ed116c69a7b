/** The admission webhooks over HTTPS: pods get their sidecar, SqliteReplicas are checked for what their schema cannot see. */
@NullMarked
package io.sqlitereplica.operator.webhook;

import org.jspecify.annotations.NullMarked;
