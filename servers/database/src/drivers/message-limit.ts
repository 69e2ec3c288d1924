/** What passes in messages of the wire protocol: a letter, a length that counts itself, the rest. */
interface Stream {
  on(event: "data", listener: (chunk: Uint8Array) => void): unknown;
}

const HEAD = 5;

/**
 * Calls `onTooLong` as soon as a message announces more bytes than `limit`: whoever reads messages keeps
 * each whole before he looks at it. To be called between two messages.
 */
export function limitMessages(stream: Stream, limit: number, onTooLong: () => void): void {
  const head = new Uint8Array(HEAD);
  const view = new DataView(head.buffer);
  let held = 0;
  let left = 0;

  stream.on("data", (chunk) => {
    for (let at = 0; at < chunk.length; ) {
      if (left > 0) {
        const passed = Math.min(left, chunk.length - at);
        left -= passed;
        at += passed;
        continue;
      }
      head[held] = chunk[at] as number;
      held += 1;
      at += 1;
      if (held < HEAD) continue;
      held = 0;
      left = view.getUint32(1) + 1 - HEAD;
      if (left > limit) return onTooLong();
    }
  });
}
