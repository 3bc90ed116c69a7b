/** Real programs that tests talk to or compare with: an S3 server, the peer. */
@NullMarked
package io.sqlitereplica.sidecar.testing;

import org.jspecify.annotations.NullMarked;
