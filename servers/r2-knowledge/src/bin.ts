#!/usr/bin/env node
import { checkNode } from "@trestle-mcp/server-kit/node-version";

const problem = checkNode(process.versions.node, "22.13");
if (problem === undefined) {
  const { keepCompiled } = await import("@trestle-mcp/server-kit/compile-cache");
  const { boundYoungSpace } = await import("@trestle-mcp/server-kit/young-space");
  const { boundOldSpace } = await import("./old-space.ts");
  keepCompiled(process.env);
  boundYoungSpace();
  boundOldSpace();
  await import("./main.ts");
} else {
  process.stderr.write(`${problem}\n`);
  process.exitCode = 1;
}
