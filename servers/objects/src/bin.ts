#!/usr/bin/env node
import { checkNode } from "@trestle-mcp/server-kit/node-version";

const problem = checkNode(process.versions.node, "22.13");
if (problem !== undefined) {
  process.stderr.write(`${problem}\n`);
  process.exitCode = 1;
} else {
  const { keepCompiled } = await import("@trestle-mcp/server-kit/compile-cache");
  const { boundYoungSpace } = await import("@trestle-mcp/server-kit/young-space");
  keepCompiled(process.env);
  boundYoungSpace();
  await import("./main.ts");
}
