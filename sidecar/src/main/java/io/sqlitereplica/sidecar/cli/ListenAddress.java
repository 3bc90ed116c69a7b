package io.sqlitereplica.sidecar.cli;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads {@code 127.0.0.1:9813}, {@code [::1]:9813} or {@code localhost:9813}. */
final class ListenAddress {
    static final String DEFAULT = "127.0.0.1:9813";

    private static final Pattern ADDRESS = Pattern.compile("(\\[[0-9a-fA-F:.]+]|[^:\\[\\]]+):([0-9]{1,5})");

    private ListenAddress() {}

    /**
     * Understands an address.
     *
     * @throws IllegalArgumentException if it is none
     */
    static InetSocketAddress parse(String text) {
        Matcher matcher = ADDRESS.matcher(text);
        if (!matcher.matches() || Integer.parseInt(matcher.group(2)) > 65535) {
            throw new IllegalArgumentException(
                    "'" + text + "' is not an address to listen on: write " + DEFAULT + " or 0.0.0.0:9813");
        }
        try {
            return new InetSocketAddress(InetAddress.getByName(matcher.group(1)), Integer.parseInt(matcher.group(2)));
        } catch (UnknownHostException _) {
            throw new IllegalArgumentException("'" + text + "' names a host that is not known here");
        }
    }
}
