package io.sqlitereplica.sidecar.memory;

/** A verdict and why. */
record Judgement(MemoryVerdict verdict, String reason) {}
