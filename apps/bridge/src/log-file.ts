import { createWriteStream, existsSync, renameSync, statSync, type WriteStream } from "node:fs";

const MAX_BYTES = 10 * 1024 * 1024;

/**
 * Appends to a log, after setting one aside that has grown too long. While the disk takes nothing, lines
 * are lost: a bridge goes on without its log, and writes it again when there is room.
 */
export function openLogFile(file: string): { write(text: string): void } {
  if (existsSync(file) && statSync(file).size > MAX_BYTES) renameSync(file, `${file}.1`);
  let stream: WriteStream | undefined;

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
      stream ??= open();
      stream.write(text);
    },
  };
}
