import { readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { manualClock, temporaryFolder } from "@trestle/testkit/surroundings";
import { expect, onTestFinished, test } from "vitest";
import { ensureAdminCredential, openKeyStore, readAdminCredential } from "../src/index.ts";
import { createApiKey } from "../src/keys/api-key.ts";

async function openKeys(file = join(temporaryFolder(), "keys.db"), clock = manualClock()) {
  const keys = await openKeyStore({ file, clock });
  onTestFinished(() => keys.close());
  return { keys, file, clock };
}

test("a key is shown once, and only its hash is kept", async () => {
  const { keys, file } = await openKeys();
  const { text, record } = await keys.create({ name: "ci", scopes: ["database:*:read"] });
  expect(text).toMatch(new RegExp(`^trestle_${record.id}_`));
  expect(keys.verify(text)).toEqual({
    kind: "valid",
    record,
    principal: { id: `key:${record.id}`, kind: "key", scopes: ["database:*:read"] },
  });
  expect(JSON.stringify(keys.list())).not.toContain(text.slice(-43));
  for (const name of [file, `${file}-wal`]) {
    expect(readFileSync(name).includes(text.slice(-43))).toBe(false);
  }
});

test("a key without scopes may do everything", async () => {
  const { keys } = await openKeys();
  const { text, record } = await keys.create({ name: "all" });
  const principal = { id: `key:${record.id}`, kind: "key" };
  expect(keys.verify(text)).toEqual({ kind: "valid", record, principal });
});

test("whatever is no key of ours is unknown", async () => {
  const { keys } = await openKeys();
  const { text, record } = await keys.create({ name: "one" });
  const other = await keys.create({ name: "two" });
  const mixed = `trestle_${record.id}_${other.text.slice(-43)}`;
  for (const given of ["", "x", `${text} `, text.toUpperCase(), text.slice(0, -1), mixed]) {
    expect(keys.verify(given)).toEqual({ kind: "unknown" });
  }
});

test("an expired key says so, from the moment it expires", async () => {
  const { keys, clock } = await openKeys();
  const expiresAt = clock.now() + 1_000;
  const { text } = await keys.create({ name: "short", expiresAt });
  clock.set(expiresAt - 1);
  expect(keys.verify(text).kind).toBe("valid");
  clock.set(expiresAt);
  expect(keys.verify(text).kind).toBe("expired");
});

test("a key revoked by one process is refused at once by another", async () => {
  const { keys, file, clock } = await openKeys();
  const { keys: other } = await openKeys(file);
  const { text, record } = await keys.create({ name: "gone" });
  expect(other.verify(text).kind).toBe("valid");
  await keys.revoke(record.id);
  expect(other.verify(text).kind).toBe("revoked");
  const first = keys.list()[0]?.revokedAt;
  clock.set(clock.now() + 5_000);
  expect((await keys.revoke(record.id)).revokedAt).toBe(first);
  await expect(keys.revoke("nobody")).rejects.toMatchObject({ code: "not_found" });
});

test("a key is found by its id for as long as it is good", async () => {
  const { keys, clock } = await openKeys();
  expect(keys.isEmpty()).toBe(true);
  const expiresAt = clock.now() + 1_000;
  const { record } = await keys.create({ name: "one", scopes: ["a:b"], expiresAt });
  const principal = { id: `key:${record.id}`, kind: "key", scopes: ["a:b"] };
  expect(keys.find(record.id)).toEqual({ kind: "valid", record, principal, until: expiresAt });
  expect(keys.find("nobody")).toEqual({ kind: "unknown" });
  clock.set(expiresAt);
  expect(keys.find(record.id).kind).toBe("expired");
  await keys.revoke(record.id);
  expect(keys.find(record.id).kind).toBe("revoked");
  expect(keys.isEmpty()).toBe(false);
});

test("every change has a version of its own, in this process and in others", async () => {
  const { keys, file, clock } = await openKeys();
  const { keys: other } = await openKeys(file);
  const seen = [keys.version()];
  expect(keys.version()).toBe(seen[0]);
  const { record } = await keys.create({ name: "one" });
  seen.push(keys.version());
  await keys.revoke(record.id);
  seen.push(keys.version());
  await other.create({ name: "two" });
  clock.set(clock.now() + 10); // another process's change is looked for every ten milliseconds
  seen.push(keys.version());
  expect(new Set(seen).size).toBe(4);
});

test.each([
  [{ name: " " }],
  [{ name: "x", scopes: ["database"] }],
  [{ name: "x", expiresAt: 1 }],
  [{ name: "x", expiresAt: Number.NaN }],
  [{ name: "x", limit: { calls: 0, windowMs: 1 } }],
])("the key %j is not made", async (key) => {
  const { keys } = await openKeys();
  await expect(keys.create(key)).rejects.toMatchObject({ code: "invalid_input" });
  expect(keys.list()).toEqual([]);
});

test("the admin credential is made once, for its owner only", () => {
  const home = temporaryFolder();
  expect(readAdminCredential(home)).toBeUndefined();
  const made = ensureAdminCredential(home);
  expect(ensureAdminCredential(home).text).toBe(made.text);
  expect(readAdminCredential(home)?.text).toBe(made.text);
  expect(statSync(join(home, "admin.key")).mode & 0o777).toBe(0o600);
  expect(made.isSame(made.text)).toBe(true);
  expect(made.isSame(`${made.text}x`)).toBe(false);
  expect(made.isSame("")).toBe(false);
});

test.each<[string, (file: string) => void]>([
  ["holds something else", (file) => writeFileSync(file, "trestle_admin_short\n")],
  ["leads to a file that is not there", (file) => symlinkSync(`${file}.elsewhere`, file)],
])("an admin credential whose file %s is nobody's", (_what, spoil) => {
  const home = temporaryFolder();
  spoil(join(home, "admin.key"));
  expect(() => ensureAdminCredential(home)).toThrow(
    expect.objectContaining({ code: "unavailable", message: expect.stringContaining("Delete") }),
  );
});

test("a rotated key stays who it is; the secret before is good for the overlap, and then told apart", async () => {
  const { keys, clock, file } = await openKeys();
  const limit = { calls: 5, windowMs: 1_000 };
  const made = await keys.create({ name: "ci", scopes: ["a:b"], limit, profile: "ci" });
  const principal = { id: `key:${made.record.id}`, kind: "key", scopes: ["a:b"], limit };
  expect(keys.verify(made.text)).toMatchObject({ kind: "valid", principal });
  const overlapUntil = clock.now() + 1_000;
  const rotated = await keys.rotate(made.record.id, 1_000);
  const record = { ...made.record, rotatedAt: clock.now(), overlapUntil };
  expect(rotated.record).toEqual(record);
  expect(rotated.text).not.toBe(made.text);
  expect(keys.verify(rotated.text)).toMatchObject({ kind: "valid", record, principal });
  expect(keys.verify(rotated.text)).not.toHaveProperty("until");
  expect(keys.verify(made.text)).toMatchObject({ kind: "valid", principal, until: overlapUntil });
  clock.set(overlapUntil);
  expect(keys.verify(made.text)).toMatchObject({ kind: "replaced" });
  expect(keys.verify(rotated.text).kind).toBe("valid");
  for (const name of [file, `${file}-wal`]) {
    expect(readFileSync(name).includes(rotated.text.slice(-43))).toBe(false);
  }
});

test("a rotation without overlap, and a second one, end the secret before at once", async () => {
  const { keys } = await openKeys();
  const first = await keys.create({ name: "ci" });
  const second = await keys.rotate(first.record.id, 60_000);
  const third = await keys.rotate(first.record.id, 0);
  const kinds = [first, second, third].map(({ text }) => keys.verify(text).kind);
  expect(kinds).toEqual(["unknown", "replaced", "valid"]);
  await keys.revoke(first.record.id);
  expect(keys.verify(third.text).kind).toBe("revoked");
});

test("whatever ends a key ends its overlap, too", async () => {
  const { keys, clock } = await openKeys();
  const expiresAt = clock.now() + 1_000;
  const { text, record } = await keys.create({ name: "short", expiresAt });
  await keys.rotate(record.id, 60_000);
  expect(keys.verify(text)).toMatchObject({ kind: "valid", until: expiresAt });
  clock.set(expiresAt);
  expect(keys.verify(text).kind).toBe("expired");
  await expect(keys.rotate(record.id, 0)).rejects.toMatchObject({ code: "conflict" });
  await expect(keys.rotate("nobody", 0)).rejects.toMatchObject({ code: "not_found" });
  await expect(keys.rotate(record.id, -1)).rejects.toMatchObject({ code: "invalid_input" });
});

test("the keys of a home from before rotation are good as they were", async () => {
  const file = join(temporaryFolder(), "keys.db");
  const { id, text, hash } = createApiKey();
  const old = new DatabaseSync(file);
  old.exec(`CREATE TABLE api_key (
      id TEXT PRIMARY KEY, name TEXT NOT NULL, hash BLOB NOT NULL, scopes TEXT,
      created_at INTEGER NOT NULL, expires_at INTEGER, revoked_at INTEGER
    ) STRICT; PRAGMA user_version = 1`);
  old.prepare("INSERT INTO api_key VALUES (?, 'old', ?, '[\"a:b\"]', 1, NULL, NULL)").run(id, hash);
  old.close();
  const { keys } = await openKeys(file);
  const record = { id, name: "old", scopes: ["a:b"], createdAt: 1 };
  expect(keys.verify(text)).toMatchObject({ kind: "valid", record });
});
