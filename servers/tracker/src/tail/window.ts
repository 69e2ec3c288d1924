import type { FileHandle } from "node:fs/promises";

/** Reads parts of files into one buffer, which grows for a long line and is given back when nothing is read. */
export interface Window {
  /** Bytes at `position`; they are overwritten by the next read. */
  read(handle: FileHandle, position: number, length: number): Promise<Buffer>;
  /** Gives the memory back. */
  release(): void;
}

/** The system gives no more at once. */
const AT_ONCE = 1 << 30;

export function createWindow(): Window {
  let buffer: Buffer | undefined;
  return {
    async read(handle, position, length) {
      if (buffer === undefined || buffer.length < length) buffer = Buffer.allocUnsafeSlow(length);
      const target = buffer;
      let filled = 0;
      while (filled < length) {
        const asked = Math.min(length - filled, AT_ONCE);
        const { bytesRead } = await handle.read(target, filled, asked, position + filled);
        filled += bytesRead;
        // The file's end: what a second look found behind it may belong to what was written anew since.
        if (bytesRead < asked) break;
      }
      return target.subarray(0, filled);
    },
    release() {
      buffer = undefined;
    },
  };
}
