import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { MAX_FRAME_BYTES } from "@trestle/protocol";
import { createParser, type EventSourceMessage } from "eventsource-parser";

export interface EventReader {
  /** What it throws ends the stream. */
  onEvent(event: EventSourceMessage): void;
  /** The server's wish for the delay before a reconnect, in milliseconds. */
  onRetry?(ms: number): void;
}

/** Reads server-sent events until the stream ends. Rejects when it breaks, or when one event is too large. */
export function readEvents(stream: Readable, reader: EventReader): Promise<void> {
  return new Promise((resolve, reject) => {
    const decoder = new StringDecoder("utf8");
    const parser = createParser({
      maxBufferSize: MAX_FRAME_BYTES,
      onEvent: reader.onEvent,
      onRetry: (ms) => reader.onRetry?.(ms),
      onError(error) {
        if (error.type === "max-buffer-size-exceeded") stream.destroy(error);
      },
    });
    stream.on("data", (chunk: Buffer) => {
      if (stream.destroyed) return;
      try {
        parser.feed(decoder.write(chunk));
      } catch (error) {
        stream.destroy(error as Error);
      }
    });
    stream.once("end", () => resolve());
    stream.once("error", reject);
    stream.once("close", () => reject(new Error("The stream was closed before its end.")));
  });
}
