import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import type { Clock, JsonObject } from "@trestle/protocol";

/** Appends audit entries to a file of JSON lines; each is on the disk before its promise resolves. */
export function createAuditFile(file: string, clock: Clock): (entry: JsonObject) => Promise<void> {
  let last: Promise<void> = Promise.resolve();

  async function append(line: string): Promise<void> {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const handle = await open(file, "a", 0o600);
    try {
      await handle.appendFile(line);
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  return (entry) => {
    const line = `${JSON.stringify({ time: new Date(clock.now()).toISOString(), ...entry })}\n`;
    // One after the other, in the order of the calls; a failed entry does not hold up the next.
    const written = last.then(() => append(line));
    last = written.catch(() => {});
    return written;
  };
}
