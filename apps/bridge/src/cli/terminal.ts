import type { Clock, Logger } from "@trestle/protocol";

/** What a command has of the process it runs in. Only `main.ts` makes one. */
export interface Terminal {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
  /** Writes one text for a person to stdout; to stderr while stdout belongs to the protocol. */
  print(text: string): void;
  /** Writes a word for a person to stderr, where it does not mix with what a script reads. */
  warn(text: string): void;
  readonly pid: number;
  /** The words that start this program again, from whatever folder. */
  readonly command: readonly string[];
  readonly version: string;
  readonly log: Logger;
  readonly logFile: string;
  readonly clock: Clock;
  /** Resolves at the first SIGINT or SIGTERM, or when the terminal window is closed. */
  readonly stopped: Promise<void>;
  /** Calls the listener at each SIGHUP, which asks a program without a window to read its configuration again. */
  onHangup(listener: () => void): () => void;
}
