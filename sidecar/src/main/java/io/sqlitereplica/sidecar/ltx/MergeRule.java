package io.sqlitereplica.sidecar.ltx;

import java.util.List;

/** Which files may be merged, and what the header of the result is. */
enum MergeRule {
    /** Of transactions that follow each other. */
    COMPACTION {
        @Override
        boolean follows(LtxHeader before, LtxHeader after) {
            return after.minTxId().value() == before.maxTxId().value() + 1;
        }

        @Override
        WalRange wal(LtxHeader first, LtxHeader last) {
            return WalRange.NONE;
        }

        @Override
        long nodeId(LtxHeader last) {
            return 0;
        }
    },

    /** Of the pieces of one transaction. */
    PIECES {
        @Override
        boolean follows(LtxHeader before, LtxHeader after) {
            return after.fileName().equals(before.fileName());
        }

        @Override
        WalRange wal(LtxHeader first, LtxHeader last) {
            WalRange from = first.wal();
            WalRange to = last.wal();
            return from.sameSalts(to) && from.offset() > 0 && to.end() >= from.end()
                    ? new WalRange(from.offset(), to.end() - from.offset(), to.salt1(), to.salt2())
                    : to;
        }

        @Override
        long nodeId(LtxHeader last) {
            return last.nodeId();
        }
    };

    abstract boolean follows(LtxHeader before, LtxHeader after);

    abstract WalRange wal(LtxHeader first, LtxHeader last);

    abstract long nodeId(LtxHeader last);

    /** The header of what these files are merged to. */
    LtxHeader header(List<LtxHeader> oldestFirst) throws LtxFormatException {
        for (int i = 1; i < oldestFirst.size(); i++) {
            LtxHeader before = oldestFirst.get(i - 1);
            LtxHeader after = oldestFirst.get(i);
            if (!follows(before, after)) {
                throw new LtxFormatException("it does not follow " + before.fileName(), LtxHeader.MIN_TX_ID_AT)
                        .in(after.fileName());
            }
            if (after.pageSize() != before.pageSize()) {
                throw new LtxFormatException(
                                "it has pages of %d bytes, and %s has pages of %d"
                                        .formatted(after.pageSize(), before.fileName(), before.pageSize()),
                                LtxHeader.PAGE_SIZE_AT)
                        .in(after.fileName());
            }
        }
        LtxHeader first = oldestFirst.getFirst();
        LtxHeader last = oldestFirst.getLast();
        boolean noChecksum = last.noChecksum() || (first.noChecksum() && !first.isSnapshot());
        return new LtxHeader(
                last.pageSize(),
                last.commit(),
                first.minTxId(),
                last.maxTxId(),
                last.timestamp(),
                noChecksum,
                noChecksum ? 0 : first.preApplyChecksum(),
                wal(first, last),
                nodeId(last));
    }
}
