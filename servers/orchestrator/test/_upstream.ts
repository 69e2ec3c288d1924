import { appendFileSync } from "node:fs";
import process from "node:process";
import { defineServer, defineTool, runServer } from "@trestle-mcp/server-kit";
import * as z from "zod";

/** A server over HTTP that writes down what it is told, in the file that LEDGER names. */
const note = (line: string) => appendFileSync(process.env.LEDGER ?? "", `${line}\n`);
const hints = { readOnly: false, destructive: false, idempotent: false, openWorld: false };
const input = z.object({});
const output = z.object({ done: z.boolean() });

const slow = defineTool({
  name: "s__slow",
  title: "Slow",
  description: "Never ends by itself.",
  input,
  output,
  hints,
  run: (_, { signal }) => {
    note("called");
    return new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => {
        note("cancelled");
        reject(new Error("aborted"));
      });
    });
  },
});

const quick = defineTool({
  name: "s__quick",
  title: "Quick",
  description: "Ends at once.",
  input,
  output,
  hints,
  async run() {
    note("quick");
    return { done: true };
  },
});

const server = defineServer({
  name: "upstream",
  title: "Upstream",
  version: "1.0.0",
  description: "For tests",
  tools: [slow, quick],
});
process.exitCode = await runServer(server, process);
