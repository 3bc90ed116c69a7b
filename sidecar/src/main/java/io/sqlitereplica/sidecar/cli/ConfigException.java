package io.sqlitereplica.sidecar.cli;

/** The configuration file, or an argument, is wrong. The message names the place and says what would be right. */
final class ConfigException extends Exception {
    private static final long serialVersionUID = 1;

    ConfigException(String message) {
        super(message);
    }

    ConfigException(String message, Throwable cause) {
        super(message, cause);
    }
}
