import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { seededRandom, temporaryFolder } from "@trestle/testkit/surroundings";
import { describe, expect, onTestFinished, test } from "vitest";
import { createSealer, openKeyring } from "../src/index.ts";

const context = "session key:1";
const denied = expect.objectContaining({ code: "denied" });

function openSealer(folder = temporaryFolder(), encryptionKey?: string) {
  const keyring = openKeyring({
    folder,
    ...(encryptionKey === undefined ? {} : { encryptionKey }),
  });
  return { folder, keyring, ...createSealer(keyring) };
}

test("what was sealed opens for the same context only", () => {
  const { seal, open } = openSealer();
  const value = { user: "é😀\ud800", list: [1, null, true], text: "" };
  const sealed = seal(value, { context });
  expect(open(sealed, { context })).toEqual(value);
  expect(open(seal("text", { context }), { context })).toBe("text");
  expect(sealed).toMatch(/^1\.[\w-]{8}\.[\w-]+$/);
  expect(seal(value, { context })).not.toBe(sealed);
  expect(() => open(sealed, { context: `${context} ` })).toThrow(denied);
});

test("every change of any character is denied", () => {
  const random = seededRandom();
  const { seal, open } = openSealer();
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=";
  for (let round = random.rounds(20); round > 0; round -= 1) {
    const sealed = seal("x".repeat(random.below(20)), { context });
    for (let at = 0; at < sealed.length; at += 1) {
      const letter = random.pick([...letters].filter((each) => each !== sealed[at]));
      const changed = sealed.slice(0, at) + letter + sealed.slice(at + 1);
      expect(() => open(changed, { context }), changed).toThrow(denied);
      expect(() => open(sealed.slice(0, at), { context })).toThrow(denied);
    }
    expect(() => open(`${sealed}.`, { context })).toThrow(denied);
    expect(() => open(`${sealed}=`, { context })).toThrow(denied);
  }
});

test("a rotated key seals no more and opens still, in every process of the folder", () => {
  const one = openSealer();
  const other = openSealer(one.folder);
  const before = one.seal(1, { context });
  expect(other.open(before, { context })).toBe(1);
  const id = other.keyring.rotate();
  const after = one.seal(2, { context });
  expect(after.split(".")[1]).toBe(id);
  expect(other.open(after, { context })).toBe(2);
  expect(one.open(before, { context })).toBe(1);
  expect(openSealer(one.folder).open(before, { context })).toBe(1);
});

test("a key of somebody else is unknown here", () => {
  expect(() => openSealer().open(openSealer().seal(1, { context }), { context })).toThrow(denied);
});

test("nothing is written before a key is needed, and then only for its owner", () => {
  const { folder, keyring } = openSealer();
  expect(readdirSync(folder)).toEqual([]);
  keyring.active();
  expect(readdirSync(folder)).toEqual(["sealing-1.key"]);
  expect(statSync(join(folder, "sealing-1.key")).mode & 0o777).toBe(0o600);
});

test.each<[string, (file: string) => void]>([
  ["leads to a file that is not there", (file) => symlinkSync(`${file}.elsewhere`, file)],
  ["holds no key", (file) => writeFileSync(file, "half a ke")],
  ["is a folder", (file) => mkdirSync(file)],
])("a key whose file %s is missed, and no other is made in its place", (_what, spoil) => {
  const { folder, keyring } = openSealer();
  const file = join(folder, "sealing-1.key");
  spoil(file);
  const missed = expect.objectContaining({
    code: "unavailable",
    message: expect.stringContaining(file),
  });
  expect(() => keyring.active()).toThrow(missed);
  expect(() => keyring.rotate()).toThrow(missed);
  expect(readdirSync(folder)).toEqual(["sealing-1.key"]);
});

test("processes that start together agree on the first key and lose none of their own", async () => {
  const folder = temporaryFolder();
  const index = new URL("../src/index.ts", import.meta.url).href;
  const gate = join(folder, "gate");
  const script = `
    import { existsSync } from "node:fs";
    import { createSealer, openKeyring } from ${JSON.stringify(index)};
    process.stdout.write(" ");
    while (!existsSync(${JSON.stringify(gate)}));
    const keyring = openKeyring({ folder: process.argv[1] });
    const { seal } = createSealer(keyring);
    const sealed = [seal("first", { context: "c" })];
    for (let round = 0; round < 5; round += 1) {
      keyring.rotate();
      sealed.push(seal(round, { context: "c" }));
    }
    process.stdout.write(JSON.stringify(sealed));`;
  let ready = 0;
  const runs = [1, 2, 3].map(async () => {
    const child = spawn(process.execPath, ["--input-type=module", "-e", script, folder], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    let text = "";
    child.stdout.on("data", (chunk) => {
      if (text === "" && ++ready === 3) writeFileSync(gate, "");
      text += chunk;
    });
    await once(child, "close");
    return JSON.parse(text) as string[];
  });
  const all = (await Promise.all(runs)).flat();
  const { open } = openSealer(folder);
  for (const sealed of all) open(sealed, { context: "c" });
  expect(all).toHaveLength(18);
  expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  expect(readdirSync(folder).length).toBeGreaterThanOrEqual(16);
});

describe("a key from the environment", () => {
  const bytes = Buffer.alloc(32, 7);

  test.each([
    ["hex", bytes.toString("hex")],
    ["base64", bytes.toString("base64")],
    ["base64url", bytes.toString("base64url")],
  ])("is taken as %s", (_form, text) => {
    const sealed = openSealer(undefined, bytes.toString("hex")).seal(1, { context });
    expect(openSealer(undefined, text).open(sealed, { context })).toBe(1);
  });

  test("may be a passphrase, the same on every machine", () => {
    const sealed = openSealer(undefined, "correct horse battery").seal(1, { context });
    expect(openSealer(undefined, "correct horse battery").open(sealed, { context })).toBe(1);
    expect(() => openSealer(undefined, "too short")).toThrow(
      expect.objectContaining({ code: "invalid_config" }),
    );
  });

  test("is rotated by putting another in front of it", () => {
    const old = openSealer(undefined, bytes.toString("hex"));
    const sealed = old.seal(1, { context });
    const next = Buffer.alloc(32, 8).toString("hex");
    const both = openSealer(undefined, `${next}, ${bytes.toString("hex")}`);
    expect(both.open(sealed, { context })).toBe(1);
    expect(() => old.open(both.seal(2, { context }), { context })).toThrow(denied);
    expect(() => both.keyring.rotate()).toThrow(expect.objectContaining({ code: "unsupported" }));
  });

  test("still opens what the folder's keys sealed before", () => {
    const { folder, seal } = openSealer();
    const sealed = seal(1, { context });
    expect(openSealer(folder, bytes.toString("hex")).open(sealed, { context })).toBe(1);
  });
});
