import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { installScratch, scratchForTests } from "./scratch-install.ts";
import { temporaryFolder } from "./surroundings/index.ts";

const GIVEN = { dependencies: { heavy: "1.2.3" } };

/** An npm of no network: what it is given to do is counted, and `heavy` installed or refused. */
function npmThat(does: "installs" | "refuses"): () => number {
  const folder = temporaryFolder();
  const count = join(folder, "count");
  const install = `mkdir -p node_modules/heavy && echo {} > node_modules/heavy/package.json`;
  const refuse = `echo "npm error code ENOTFOUND" >&2; exit 1`;
  const body = does === "installs" ? install : refuse;
  writeFileSync(join(folder, "npm"), `#!/bin/sh\necho x >> "${count}"\n${body}\n`);
  chmodSync(join(folder, "npm"), 0o755);
  vi.stubEnv("PATH", `${folder}${delimiter}${process.env.PATH}`);
  return () => (existsSync(count) ? readFileSync(count, "utf8").split("\n").length - 1 : 0);
}

beforeEach(() => {
  const folder = join(temporaryFolder(), "tmp");
  mkdirSync(folder);
  vi.stubEnv("TMPDIR", folder);
  return () => vi.unstubAllEnvs();
});

describe.skipIf(process.platform === "win32")("a scratch installation", () => {
  test("is made once, and found again", async () => {
    const runs = npmThat("installs");
    const folder = await installScratch(GIVEN);
    expect(existsSync(join(folder, "node_modules/heavy/package.json"))).toBe(true);
    expect(await installScratch(GIVEN)).toBe(folder);
    expect(runs()).toBe(1);
    expect(await installScratch({ dependencies: { heavy: "1.2.4" } })).not.toBe(folder);
  });

  test("of which something was swept away is made again", async () => {
    npmThat("installs");
    const folder = await installScratch(GIVEN);
    rmSync(join(folder, "node_modules/heavy/package.json"));
    expect(await installScratch(GIVEN)).toBe(folder);
    expect(existsSync(join(folder, "node_modules/heavy/package.json"))).toBe(true);
  });

  test("that cannot be made fails where nothing may be left out, and is told elsewhere", async () => {
    npmThat("refuses");
    vi.stubEnv("CI", "true");
    await expect(scratchForTests(GIVEN)).rejects.toThrow(/^heavy 1\.2\.3 could not be installed/);
    vi.stubEnv("CI", "");
    const told = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    expect(await scratchForTests(GIVEN)).toBeUndefined();
    expect(told.mock.calls.join("")).toMatch(/ENOTFOUND.*Tests that need it are skipped/);
    told.mockRestore();
  });
});
