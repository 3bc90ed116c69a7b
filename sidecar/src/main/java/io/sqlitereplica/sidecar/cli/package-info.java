/** The command line of {@code sqlite-replica}, its configuration file and its log. */
@NullMarked
package io.sqlitereplica.sidecar.cli;

import org.jspecify.annotations.NullMarked;
