package io.sqlitereplica.sidecar.storage;

/**
 * How often a destination was asked for something since the store was opened, failed requests included.
 *
 * @param puts objects or parts written, multipart uploads begun and completed
 * @param gets objects read
 * @param heads metadata read
 * @param lists pages of listings
 * @param deletes multipart uploads given up, and requests that delete files
 * @param failures requests that failed, of all kinds; a file that was there already is not a failure
 */
public record RequestCounts(long puts, long gets, long heads, long lists, long deletes, long failures) {}
