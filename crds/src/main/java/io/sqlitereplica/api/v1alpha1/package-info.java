/** The types of the Kubernetes API {@code sqlitereplica.io/v1alpha1}; the CustomResourceDefinition is generated from them. */
@NullMarked
package io.sqlitereplica.api.v1alpha1;

import org.jspecify.annotations.NullMarked;
