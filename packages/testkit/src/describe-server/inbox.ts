import type { Readable } from "node:stream";
import { createLineSplitter, isJsonObject, type JsonObject } from "@trestle/protocol";

/** What a server wrote to stdout: every line as it came, and its messages to wait for. */
export interface Inbox {
  readonly lines: readonly string[];
  /** Resolves with the first message that matches, come or to come; rejects when the server has ended without it. */
  waitFor(matches: (message: JsonObject) => boolean): Promise<JsonObject>;
}

interface Waiter {
  matches(message: JsonObject): boolean;
  take(message: JsonObject): void;
}

export function createInbox(stdout: Readable, ended: Promise<string>): Inbox {
  const lines: string[] = [];
  const messages: JsonObject[] = [];
  const waiters = new Set<Waiter>();
  const splitter = createLineSplitter();

  stdout.on("data", (chunk: Buffer) => {
    for (const line of splitter.push(chunk).lines) {
      lines.push(line);
      const message = parse(line);
      if (message === undefined) continue;
      messages.push(message);
      for (const waiter of waiters) if (waiter.matches(message)) waiter.take(message);
    }
  });

  return {
    lines,
    waitFor(matches) {
      const known = messages.find(matches);
      if (known !== undefined) return Promise.resolve(known);
      return new Promise((resolve, reject) => {
        const waiter = {
          matches,
          take(message: JsonObject) {
            waiters.delete(waiter);
            resolve(message);
          },
        };
        waiters.add(waiter);
        void ended.then((how) => reject(new Error(how)));
      });
    },
  };
}

function parse(line: string): JsonObject | undefined {
  try {
    const message: unknown = JSON.parse(line);
    return isJsonObject(message) ? message : undefined;
  } catch {
    return undefined;
  }
}
