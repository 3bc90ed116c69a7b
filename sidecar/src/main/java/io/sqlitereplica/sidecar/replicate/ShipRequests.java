package io.sqlitereplica.sidecar.replicate;

/** Requests to stage at once what is committed. */
final class ShipRequests {
    private long requested;
    private long served;
    private boolean ended;

    /** Asks. Returns the number of the request. */
    synchronized long ask() {
        return ++requested;
    }

    /** The newest request that is not served; 0: none. */
    synchronized long newest() {
        return requested > served ? requested : 0;
    }

    /** What was committed before this request was asked is staged. */
    synchronized void served(long request) {
        if (request > served) {
            served = request;
            notifyAll();
        }
    }

    /** Nobody serves any more. */
    synchronized void end() {
        ended = true;
        notifyAll();
    }

    /** Waits until a request was served. False: it was not, within that time. */
    synchronized boolean await(long request, long deadlineNanos) throws InterruptedException {
        while (served < request) {
            long left = deadlineNanos - System.nanoTime();
            if (left <= 0 || ended) {
                return false;
            }
            wait(left / 1_000_000 + 1);
        }
        return true;
    }
}
