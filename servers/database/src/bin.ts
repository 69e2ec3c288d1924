#!/usr/bin/env node
import { checkNode } from "@trestle-mcp/server-kit/node-version";

const problem = checkNode(process.versions.node, "22.13");
if (problem === undefined) void import("./main.ts");
else {
  process.stderr.write(`${problem}\n`);
  process.exitCode = 1;
}
