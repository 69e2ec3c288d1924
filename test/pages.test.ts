import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { programOf } from "@trestle/testkit/run";
import { expect, test } from "vitest";
import { type CodeBlock, codeBlocks } from "./_markdown.ts";
import { isCheckout, readTracked, root } from "./_sources.ts";
import { isTour, runTour } from "./_tour.ts";

/** What a reader has: the command, and a bridge that runs. */
const BIN = await programOf(pathToFileURL(join(root, "apps/bridge/src/bin.ts")));
const TRESTLE = `#!/bin/sh\nexec '${process.execPath}' '${BIN}' "$@"\n`;
/** The first address of the block that \`serve\` prints, which is taken by whatever is free. */
const SERVE = "trestle serve --port 0 | tee serve.txt";
const WITH_BRIDGE = `BRIDGE=$(sed -n 's#.*address *\\(http://[^ ]*\\)/mcp.*#\\1/api/mcp#p' serve.txt)\n`;

test.skipIf(!isCheckout).each(["docs/start.md", "docs/cli.md", "docs/hosts.md", "docs/rest.md"])(
  "every example of %s works, and answers what the page says",
  async (page) => {
    const folder = mkdtempSync(join(tmpdir(), "trestle-page-"));
    try {
      writeFileSync(join(folder, "trestle"), TRESTLE, { mode: 0o755 });
      mkdirSync(join(folder, "home"));
      const PATH = `${folder}:${process.env.PATH}`;
      const env = { PATH, HOME: folder, TRESTLE_HOME: join(folder, "home") };
      const blocks = codeBlocks(readTracked(page));
      const tour = blocks.filter(isTour);
      const stops = await runTour([serving(), ...tour.map(withBridge)], {
        cwd: folder,
        env,
        limitMs: 180_000,
      });
      expect(stops.filter(({ code }) => code !== 0 && code !== null)).toEqual([]);
      for (const [index, block] of tour.entries()) {
        const next = blocks[blocks.indexOf(block) + 1];
        if (next?.language !== "json") continue;
        const { output } = stops[index + 1] ?? { output: "" };
        expect(JSON.parse(output), `line ${next.line}`).toEqual(likeness(JSON.parse(next.text)));
      }
    } finally {
      rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
    }
  },
  600_000,
);

function serving(): CodeBlock {
  return { language: "sh", marks: ["tour", "running"], text: SERVE, line: 0 };
}

function withBridge(block: CodeBlock): CodeBlock {
  return { ...block, text: WITH_BRIDGE + block.text };
}

/** Matches what has the same fields with values of the same types, and more; what is true or false, exactly. */
function likeness(example: unknown): unknown {
  if (typeof example === "string") return expect.any(String);
  if (typeof example === "number") return expect.any(Number);
  if (Array.isArray(example)) return expect.arrayContaining(example.slice(0, 1).map(likeness));
  if (typeof example !== "object" || example === null) return example;
  const entries = Object.entries(example).map(([name, value]) => [name, likeness(value)]);
  return expect.objectContaining(Object.fromEntries(entries));
}
