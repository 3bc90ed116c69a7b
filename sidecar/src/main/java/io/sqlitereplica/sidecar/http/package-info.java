/** The HTTP endpoints of a sidecar: status, metrics, probes and the hook that ships before a pod ends. Read-only. */
@NullMarked
package io.sqlitereplica.sidecar.http;

import org.jspecify.annotations.NullMarked;
