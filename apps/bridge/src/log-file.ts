import { createWriteStream, renameSync, statSync, type WriteStream } from "node:fs";

const MAX_BYTES = 10 * 1024 * 1024;

/**
 * Appends to a log, and sets it aside whenever it has grown too long; one of those is kept. While the disk takes nothing, lines
 * are lost: a bridge goes on without its log, and writes it again when there is room.
 */
export function openLogFile(file: string, maxBytes = MAX_BYTES): { write(text: string): void } {
  let stream: WriteStream | undefined;
  let bytes = statSync(file, { throwIfNoEntry: false })?.size ?? 0;

  /** What is under way to the old file still goes there. */
  function setAside(): void {
    // It is just being opened: there is no file yet to be set aside.
    if (stream?.pending) return;
    bytes = 0;
    try {
      renameSync(file, `${file}.1`);
      stream?.end();
      stream = undefined;
    } catch {
      // Somebody else has it open, or took it away: it grows on.
    }
  }

  function open(): WriteStream {
    const opened = createWriteStream(file, { flags: "a", mode: 0o600 });
    // A stream that failed once never writes again: the next line gets another.
    opened.on("error", () => {
      if (stream === opened) stream = undefined;
    });
    return opened;
  }

  return {
    write(text) {
      if (bytes > maxBytes) setAside();
      bytes += Buffer.byteLength(text);
      stream ??= open();
      stream.write(text);
    },
  };
}
