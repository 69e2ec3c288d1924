#!/usr/bin/env node
import { checkNode } from "@trestle-mcp/server-kit/node-version";

const problem = checkNode(process.versions.node, "22.16");
const [command, ...words] = process.argv.slice(2);
if (problem !== undefined) {
  process.stderr.write(`${problem}\n`);
  process.exitCode = 1;
} else if (command === "hook" && !words.some((word) => word === "--help" || word === "-h")) {
  // An assistant waits for a hook: nothing of the server is loaded.
  const { runHook } = await import("./hook/run-hook.ts");
  await runHook(words, process);
} else {
  const { keepCompiled } = await import("@trestle-mcp/server-kit/compile-cache");
  const { boundYoungSpace } = await import("@trestle-mcp/server-kit/young-space");
  keepCompiled(process.env);
  boundYoungSpace();
  await import("./main.ts");
}
