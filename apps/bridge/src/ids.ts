import { randomFillSync } from "node:crypto";
import type { Clock } from "@trestle/protocol";

const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
/** Random bytes of one id, and how many are fetched at once: fetching costs more than an id. */
const BYTES = 10;
const AT_ONCE = 256;

/**
 * Makes ids that begin with their time (UUID version 7, RFC 9562 §5.7): whatever is sorted by them grows
 * at its end, which is what an index does best.
 */
export function createIds(clock: Clock): () => string {
  const pool = new Uint8Array(BYTES * AT_ONCE);
  let used = pool.length;
  let time = Number.NaN;
  let beginning = "";

  /** The next random byte, some of its bits replaced. */
  function byte(keep = 0xff, set = 0): string {
    const value = pool[used] as number;
    used += 1;
    return hex[(value & keep) | set] as string;
  }

  return () => {
    const now = clock.now();
    if (now !== time) {
      time = now;
      const text = now.toString(16).padStart(12, "0");
      beginning = `${text.slice(0, 8)}-${text.slice(8)}-`;
    }
    if (used === pool.length) {
      randomFillSync(pool);
      used = 0;
    }
    const version = byte(0x0f, 0x70) + byte();
    const variant = byte(0x3f, 0x80) + byte();
    return `${beginning}${version}-${variant}-${byte()}${byte()}${byte()}${byte()}${byte()}${byte()}`;
  };
}
