import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { type Built, createCheckoutBuild } from "../../src/inbound/dashboard/build.ts";

/** Stands in for Vite, which takes seconds: it copies one source, or refuses. */
const VITE = `
const { mkdirSync, readFileSync, writeFileSync } = require("node:fs");
const text = readFileSync("src/main.tsx", "utf8");
if (text.includes("broken")) { console.error("src/main.tsx: cannot be read"); process.exit(1); }
mkdirSync(process.env.OUT_DIR, { recursive: true });
writeFileSync(process.env.OUT_DIR + "/index.html", text);
`;
const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function sourcesOf(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "trestle-pages-"));
  folders.push(folder);
  put(folder, "src/main.tsx", text);
  put(folder, "node_modules/vite/bin/vite.js", VITE);
  put(folder, "package.json", "{}");
  return folder;
}

function put(folder: string, name: string, text: string): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text);
}

const log = { debug() {}, info() {}, warn() {}, error() {}, child: () => log };

function settled(build: { current(): Promise<Built> }): Promise<Built> {
  return expect
    .poll(async () => (await build.current()).state, { timeout: 30_000 })
    .not.toBe("building")
    .then(() => build.current());
}

function pageIn(built: Built): string {
  return built.state === "ready"
    ? readFileSync(join(built.folder, "index.html"), "utf8")
    : built.state;
}

test("the first who asks is told that it is being built, and then it is there", async () => {
  const build = createCheckoutBuild(sourcesOf("one"), log);
  expect(await build.current()).toEqual({ state: "building" });
  expect(pageIn(await settled(build))).toBe("one");
});

test("what was built before is there at once, for the next process, too", async () => {
  const folder = sourcesOf("one");
  await settled(createCheckoutBuild(folder, log));
  expect(pageIn(await createCheckoutBuild(folder, log).current())).toBe("one");
});

test("it is built anew when its sources have changed, tests left out", async () => {
  const folder = sourcesOf("one");
  const build = createCheckoutBuild(folder, log);
  await settled(build);
  put(folder, "src/main.test.ts", "a test");
  expect((await build.current()).state).toBe("ready");
  put(folder, "src/main.tsx", "two, longer");
  expect(await build.current()).toEqual({ state: "building" });
  expect(pageIn(await settled(build))).toBe("two, longer");
});

test("what was changed while it was built is built anew", async () => {
  const folder = sourcesOf("one");
  // It changes its own source, as somebody who goes on writing does.
  const changing = `require("node:fs").writeFileSync("src/main.tsx", "changed meanwhile");`;
  put(folder, "node_modules/vite/bin/vite.js", VITE.trimEnd() + changing);
  const build = createCheckoutBuild(folder, log);
  expect(await build.current()).toEqual({ state: "building" });
  expect(pageIn(await settled(build))).toBe("changed meanwhile");
  put(folder, "src/main.tsx", "one");
  expect((await build.current()).state).toBe("building");
});

test("why it could not be built is said, until the sources change", async () => {
  const folder = sourcesOf("broken");
  const build = createCheckoutBuild(folder, log);
  expect(await settled(build)).toMatchObject({
    state: "failed",
    problem: expect.stringContaining("cannot be read"),
  });
  put(folder, "src/main.tsx", "mended");
  expect(pageIn(await settled(build))).toBe("mended");
});

test("of the builds before only a few are kept", async () => {
  const folder = sourcesOf("0");
  const build = createCheckoutBuild(folder, log);
  for (let times = 0; times < 5; times += 1) {
    put(folder, "src/main.tsx", "x".repeat(times + 1));
    await settled(build);
  }
  await expect
    .poll(() => readdirSync(join(folder, "node_modules/.cache/pages")).length)
    .toBeLessThanOrEqual(3);
});

test("without its libraries it says how to get them", async () => {
  const folder = sourcesOf("one");
  rmSync(join(folder, "node_modules"), { recursive: true });
  const built = await settled(createCheckoutBuild(folder, log));
  expect(built).toMatchObject({ problem: expect.stringContaining("pnpm install") });
});
