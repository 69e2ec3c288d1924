/**
 * Each owner of an object numbers its turns in a block of its own: the high part of a sequence number is the epoch, the
 * low part counts. So numbers of a later owner are always larger, whatever an earlier one still does, and no number
 * stands for two different turns.
 */
const BLOCK = 2 ** 32;

function epochOf(seq: number): number {
  return Math.floor(seq / BLOCK);
}

/** The number with which the next owner begins. */
export function nextEpoch(seq: number): number {
  return (epochOf(seq) + 1) * BLOCK;
}

/** Of the last `kept` turns the first that is dropped; those of earlier owners go once there are enough of this one. */
export function droppedUpTo(seq: number, kept: number): number | undefined {
  const last = seq - kept;
  return epochOf(last) === epochOf(seq) && last >= 0 ? last : undefined;
}
