/** The LTX format, version 3. */
@NullMarked
package io.sqlitereplica.sidecar.ltx;

import org.jspecify.annotations.NullMarked;
