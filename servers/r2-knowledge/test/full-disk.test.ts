import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { nodeEnvironment, temporaryFolder } from "@trestle/testkit/surroundings";
import { beforeAll, expect, test } from "vitest";

const run = promisify(execFile);
const bin = fileURLToPath(new URL("../src/bin.ts", import.meta.url));

/** Runs a script where it may mount a disk that nobody else sees, and that ends with it. Needs no root. */
const withOwnMounts = (script: string, env: NodeJS.ProcessEnv) =>
  run("unshare", ["--map-root-user", "--mount", "sh", "-ec", script], { env, timeout: 150_000 });

let canMount = false;
beforeAll(async () => {
  const probe = withOwnMounts("mount -t tmpfs tmpfs /tmp", process.env);
  canMount = await probe.then(
    () => true,
    () => false,
  );
});

const record = (word: string) => JSON.stringify({ error: { message: word }, fix: "wait" });

test("a full disk stores nothing in part and says what to do; with room again all goes on", async (context) => {
  context.skip(!canMount, "SKIPPED: no disk of one's own can be mounted here");
  const folder = temporaryFolder("full");
  const disk = join(folder, "disk");
  mkdirSync(disk);
  writeFileSync(join(folder, "many.ndjson"), [record("lemur"), record("okapi")].join("\n"));
  const script = `
    mount -t tmpfs -o size=2m tmpfs "$DISK"
    knows() { name=$1; shift; set +e; "$NODE" "$BIN" "$@" >"$OUT/$name" 2>&1; echo "exit $?" >>"$OUT/$name"; set -e; }
    knows first put zanzibar --fix wait
    cat /dev/zero >"$DISK/ballast" 2>/dev/null || true
    knows full put --file "$OUT/many.ndjson"
    knows tried test
    knows found search zanzibar
    rm "$DISK/ballast"
    knows again put --file "$OUT/many.ndjson"
    knows checked index check
    knows listed list
  `;
  await withOwnMounts(script, {
    ...nodeEnvironment(),
    ...{ TRESTLE_HOME: join(folder, "home"), KNOWLEDGE_DATA_DIR: join(disk, "knowledge") },
    ...{ DISK: disk, OUT: folder, NODE: process.execPath, BIN: bin },
  });
  const said = (name: string) => readFileSync(join(folder, name), "utf8");

  expect(said("first")).toMatch(/stored\nexit 0\n$/);
  for (const nth of [1, 2]) expect(said("full")).toMatch(new RegExp(`diagnosis ${nth}: .*ENOSPC`));
  expect(said("full")).toMatch(/The disk is full: free some space, then try again\.\n/);
  expect(said("full")).toMatch(/audit log not written.*\nexit 1\n$/);
  expect(said("full")).not.toContain("It was done");
  expect(said("tried")).toMatch(/^FAIL {2}write an object .*The disk is full: free some space/m);
  expect(said("tried").match(/^FAIL/gm)).toHaveLength(1);
  expect(said("found")).toContain("zanzibar");
  expect(said("again")).toMatch(/stored\n.*stored\nexit 0\n$/);
  expect(said("checked")).toMatch(/diagnoses: 3 records, all in order[\s\S]*exit 0\n$/);
  for (const word of ["zanzibar", "lemur", "okapi"]) expect(said("listed")).toContain(word);
}, 180_000);
