/** The command line of {@code sqlite-replica}, its configuration file and its log. */
package io.sqlitereplica.sidecar.cli;
