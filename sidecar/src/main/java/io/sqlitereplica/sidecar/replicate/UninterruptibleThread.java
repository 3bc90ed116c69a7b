package io.sqlitereplica.sidecar.replicate;

/**
 * A thread that cannot be interrupted. Java closes the file that an interrupted thread reads or writes: the state folder
 * would have to be opened anew, and the WAL would be let go meanwhile.
 */
final class UninterruptibleThread extends Thread {
    UninterruptibleThread(String name, Runnable task) {
        super(task, name);
    }

    @Override
    public void interrupt() {
        // whoever wants it to end tells it so
    }
}
