import { describe, expect, test } from "vitest";
import { isCheckout, readSource, readTracked, trackedFiles } from "./_sources.ts";

/**
 * Written so that this file does not hold what it looks for. The home of Node's own container images is nobody's
 * machine; six digits or more are a colour.
 */
const place = /(?<![\w.~}-])\/(?:work|root|home(?!\/node\b)|Users)\/\w/;
const registry = /regist[r]y\.npmjs|npmmirro[r]|verdacci[o]|artifactor[y]|jfro[g]/i;
const issue = /\b(?:issue|ticket|pull request|PR)s?\s+#?\d+\b|(?:^|[\s(])#\d{1,5}\b/i;

const foreign: readonly [name: string, pattern: RegExp][] = [
  ["a path of somebody's machine", place],
  ["a package registry", registry],
  ["the number of an issue", issue],
];

describe.skipIf(!isCheckout)("the project speaks of itself only", () => {
  const files = isCheckout ? trackedFiles().filter(isWritten) : [];

  test.each(foreign)("no file names %s", (_name, pattern) => {
    const found = files.flatMap((path) =>
      readTracked(path)
        .split("\n")
        .flatMap((line, index) =>
          pattern.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [],
        ),
    );
    expect(found).toEqual([]);
  });

  test("everything is exported by its name", () => {
    const unnamed = trackedFiles("*.ts", "*.tsx").filter(
      (path) => !isRead(path) && readSource(path).hasDefaultExport,
    );
    expect(unnamed).toEqual([]);
  });
});

/** By programs of others that look for a default: configurations, and the entry of a Cloudflare Worker. */
function isRead(path: string): boolean {
  return path.endsWith(".config.ts") || path === "servers/objects/worker/src/index.ts";
}

/** Written by one of us, not by a tool, and not by those whose tools we measure with. */
function isWritten(path: string): boolean {
  if (path === "bench/search/data/tools.jsonl") return false;
  return !/(^|\/)(pnpm-lock\.yaml|CHANGELOG\.md)$|\.(png|jpg|gif|ico|woff2?|pdf|gz|tgz|wasm)$/.test(
    path,
  );
}
