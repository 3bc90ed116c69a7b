/** Tests of the API types and of the CustomResourceDefinition that is generated from them. */
@NullMarked
package io.sqlitereplica.api.v1alpha1;

import org.jspecify.annotations.NullMarked;
