/** The operator's start: settings from the environment, webhooks, reconciler. */
@NullMarked
package io.sqlitereplica.operator;

import org.jspecify.annotations.NullMarked;
