/** The certificate that the webhooks are served with: made here, kept in a Secret, trusted by the API server. */
@NullMarked
package io.sqlitereplica.operator.certificate;

import org.jspecify.annotations.NullMarked;
