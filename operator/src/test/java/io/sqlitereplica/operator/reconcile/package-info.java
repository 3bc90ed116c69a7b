/** Tests of the reconciler and of the CustomResourceDefinition, on a mock server and on a real API server. */
@NullMarked
package io.sqlitereplica.operator.reconcile;

import org.jspecify.annotations.NullMarked;
