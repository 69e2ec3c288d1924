import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";

const source = new URL("./compile-cache.ts", import.meta.url);
const loaded = new URL("./redact.ts", import.meta.url);

test("what is loaded is kept below the home, and nowhere else", async () => {
  const { home, temporary } = place();
  mkdirSync(home);
  const log = await start(home, temporary);
  expect(readdirSync(home)).toEqual(["compiled"]);
  expect(readdirSync(temporary)).toEqual([]);
  expect(log).not.toContain(`${loaded.pathname} was accepted`);
  expect(await start(home, temporary)).toContain(`${loaded.pathname} was accepted`);
});

test("a home is not made", async () => {
  const { home, temporary } = place();
  await start(home, temporary);
  expect(existsSync(home)).toBe(false);
  expect(readdirSync(temporary)).toEqual([]);
});

/** A program that keeps what it compiled. Resolves with what Node tells of its cache. */
async function start(home: string, temporary: string): Promise<string> {
  const program = `const { keepCompiled } = await import(${JSON.stringify(source)});
    keepCompiled({ TRESTLE_HOME: ${JSON.stringify(home)} });
    await import(${JSON.stringify(loaded)});`;
  const { stderr } = await promisify(execFile)(
    process.execPath,
    ["--input-type=module", "--eval", program],
    { env: { TMPDIR: temporary, NODE_DEBUG_NATIVE: "COMPILE_CACHE" } },
  );
  return stderr;
}

function place(): { readonly home: string; readonly temporary: string } {
  const folder = mkdtempSync(join(tmpdir(), "trestle-compiled-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const temporary = join(folder, "temporary");
  mkdirSync(temporary);
  return { home: join(folder, "home"), temporary };
}
