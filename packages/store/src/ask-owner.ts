import { connect } from "node:net";
import { createLineSplitter, type JsonValue, TrestleError } from "@trestle/protocol";
import { readOwnerRecord } from "./owner-record.ts";
import { fromLine, fromWireError, GREETING, type ToJoiner, toLine } from "./share-wire.ts";

/**
 * Asks the owner of a folder one thing, without ever owning it: for programs that somebody waits for. Loads no
 * database.
 *
 * @throws TrestleError `unavailable` where nobody owns the folder, or the owner does not answer in time; else what the
 *   owner answered
 */
export function askOwner(
  folder: string,
  { method, payload, timeoutMs }: { method: string; payload: JsonValue; timeoutMs: number },
): Promise<JsonValue> {
  const address = readOwnerRecord(folder)?.address;
  if (address === undefined) return Promise.reject(unavailable(`nobody runs ${folder}`));
  return new Promise((resolve, reject) => {
    const socket = connect(address);
    const lines = createLineSplitter();
    const fail = (why: string) => end(() => reject(unavailable(why)));
    const timer = setTimeout(() => fail(`no answer within ${timeoutMs} ms`), timeoutMs);
    let greeted = false;

    function end(settle: () => void): void {
      clearTimeout(timer);
      socket.destroy();
      settle();
    }
    function take(message: ToJoiner): void {
      if ("welcome" in message) socket.write(toLine({ id: 1, method, payload }));
      else if ("closing" in message || "refused" in message) fail("its owner is closing");
      else if ("error" in message) end(() => reject(fromWireError(message.error)));
      else end(() => resolve(message.result));
    }
    socket.on("data", (chunk: Buffer) => {
      const rest = greeted ? chunk : chunk.subarray(GREETING.length);
      greeted = true;
      for (const line of lines.push(rest).lines) {
        const message = fromLine<ToJoiner>(line);
        if (message) take(message);
      }
    });
    socket.on("error", (error) => fail(error.message));
    socket.on("close", () => fail("the connection ended"));
  });
}

function unavailable(why: string): TrestleError {
  return new TrestleError("unavailable", why);
}
