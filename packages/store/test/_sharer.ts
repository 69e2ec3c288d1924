/** Shares a folder; its backend keeps numbers in SQLite. Every call comes from the test. */
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type JsonObject, TrestleError } from "@trestle/protocol";
import { openSqlite, shareFolder } from "../src/index.ts";
import { answerCommands, say } from "./_commands.ts";

const [path = ""] = process.argv.slice(2);
const migrations = [{ name: "numbers", sql: "CREATE TABLE number (value INTEGER)" }];

const shared = shareFolder({
  path,
  async open(fence) {
    say({ opened: fence });
    const sqlite = await openSqlite({ file: join(path, "numbers.db"), migrations });
    return {
      async answer(method, payload, signal) {
        const fields = payload as JsonObject;
        if (method === "who") return { pid: process.pid, fence };
        if (method === "echo") return payload;
        if (method === "fail") throw new TrestleError("conflict", "Taken.", { details: fields });
        if (method === "crash") throw new Error("secret");
        if (method === "slow") {
          say({ begun: "slow" });
          await pause(Number(fields.ms), undefined, { signal }).catch((error) => {
            say({ aborted: "slow" });
            throw error;
          });
          return { pid: process.pid };
        }
        const params = [Number(fields.value)];
        await sqlite.write([{ sql: "INSERT INTO number VALUES (?)", params }]);
        return null;
      },
      close: sqlite.close,
    };
  },
});

const cancels = new Map<string, AbortController>();

answerCommands({
  async call({ method, payload, repeatable, key }) {
    const controller = new AbortController();
    cancels.set(String(key), controller);
    const { signal } = controller;
    return shared.call(String(method), payload ?? null, {
      repeatable: repeatable === true,
      signal,
    });
  },
  cancel({ key }) {
    cancels.get(String(key))?.abort();
    return null;
  },
  role: () => shared.role(),
  async close() {
    await shared.close();
    return null;
  },
});
say({ started: true });
