#!/usr/bin/env node
import { checkNode } from "@trestle-mcp/server-kit/node-version";

const problem = checkNode(process.versions.node, "22.13");
const [command, ...words] = process.argv.slice(2);
if (problem !== undefined) {
  process.stderr.write(`${problem}\n`);
  process.exitCode = 1;
} else {
  const { keepCompiled } = await import("@trestle-mcp/server-kit/compile-cache");
  keepCompiled(process.env);
  const { boundYoungSpace } = await import("@trestle-mcp/server-kit/young-space");
  boundYoungSpace();
  const { keepNewObjectsYoung } = await import("./engine/short-lived.ts");
  keepNewObjectsYoung();
  if (command === "guard") {
    // Git or an assistant waits for it: nothing of the server is loaded.
    const { runGuard } = await import("./guards/run-guard.ts");
    process.exitCode = await runGuard(words, process);
  } else await import("./main.ts");
}
