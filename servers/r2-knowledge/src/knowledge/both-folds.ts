import type { Fold } from "../ledger/fold.ts";

const HEAD_BYTES = 8;

/** Two folds of the same lines as one. Their snapshots stand one behind the other. */
export function bothFolds(first: Fold, second: Fold): Fold {
  return {
    apply(lines) {
      first.apply(lines);
      second.apply(lines);
    },
    snapshot() {
      const [one, other] = [first.snapshot(), second.snapshot()];
      const head = Buffer.alloc(HEAD_BYTES);
      head.writeUInt32LE(one.length, 0);
      head.writeUInt32LE(other.length, 4);
      return Buffer.concat([head, one, other]);
    },
    load(snapshot) {
      const bytes = Buffer.from(snapshot.buffer, snapshot.byteOffset, snapshot.byteLength);
      const lengths =
        bytes.length < HEAD_BYTES ? [0, 0] : [bytes.readUInt32LE(0), bytes.readUInt32LE(4)];
      const [one = 0, other = 0] = lengths;
      if (bytes.length !== HEAD_BYTES + one + other) throw new Error("The snapshot is cut short.");
      first.load(bytes.subarray(HEAD_BYTES, HEAD_BYTES + one));
      second.load(bytes.subarray(HEAD_BYTES + one));
    },
    reset() {
      first.reset();
      second.reset();
    },
  };
}
