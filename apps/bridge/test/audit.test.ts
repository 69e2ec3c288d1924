import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "@trestle/testkit/surroundings";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { objectOf, objectsOf } from "../src/cli/data.ts";
import { trestle } from "./_cli.ts";
import { type Answered, type RestBridge, startRest } from "./_rest.ts";

const KEY = "a-key-of-sixteen-letters";
const withKey = { authorization: `Bearer ${KEY}` };

let bridge: RestBridge;
let admin: { authorization: string };
beforeAll(async () => {
  bridge = await startRest({ http: { key: KEY }, access: { keyScopes: ["one:read"] } });
  const text = readFileSync(join(bridge.home, "admin.key"), "utf8").trim();
  admin = { authorization: `Bearer ${text}` };
  for (let count = 0; count < 5; count += 1) {
    await bridge.post("keys", { name: `key ${count}` }, admin);
  }
  await bridge.get("keys", { "x-api-key": "a mistyped credential" });
  await bridge.get("keys", withKey);
  await bridge.post("tool/call", { tool: "one.echo", arguments: {} }, withKey);
}, 60_000);
afterAll(async () => {
  await bridge.stop();
});

const dataOf = ({ body }: Answered) => objectOf(body.data);
const list = async (query: string) =>
  dataOf(await bridge.get(`security/audit-logs?${query}`, admin));
const entriesOf = (data: ReturnType<typeof dataOf>) =>
  objectsOf(data.entries).map(({ entry }) => objectOf(entry));

describe("the audit log over REST", () => {
  test("tells of administration, of wrong credentials, and of what was denied", async () => {
    const made = entriesOf(await list("event=key_created"));
    expect(made).toHaveLength(5);
    expect(made[0]).toMatchObject({ by: "admin", key: expect.stringMatching(/^[0-9a-f]{12}$/) });
    const begun = entriesOf(await list("operation=key_create&event=administered&limit=1"));
    expect(begun).toEqual([
      { event: "administered", operation: "key_create", by: "admin", name: "key 4" },
    ]);
    expect(entriesOf(await list("event=credential_refused"))).toMatchObject([
      { reason: "unknown", address: "127.0.0.1" },
    ]);
    expect(entriesOf(await list("event=operation_refused"))).toMatchObject([
      { operation: "keys", principal: expect.stringMatching(/^key:http-/) },
    ]);
    expect(entriesOf(await list("server=one&tool=echo"))).toMatchObject([
      { event: "call_refused" },
    ]);
  });

  test("is read page by page, in both directions, without a gap", async () => {
    const all = objectsOf((await list("limit=1000")).entries).map(({ seq }) => Number(seq));
    expect(all).toEqual([...all].sort((a, b) => b - a));
    const older: number[] = [];
    for (let next: unknown = all[0]; next !== undefined; ) {
      const page = await list(`limit=3&before=${next}`);
      older.push(...objectsOf(page.entries).map(({ seq }) => Number(seq)));
      next = page.next;
    }
    expect(older).toEqual(all.slice(1));
    const oldest: number[] = [];
    for (let next: unknown = 0; next !== undefined && oldest.length < all.length; ) {
      const page = await list(`limit=4&after=${next}`);
      oldest.push(...objectsOf(page.entries).map(({ seq }) => Number(seq)));
      next = page.next;
    }
    expect(oldest.slice(0, all.length)).toEqual(all.toReversed());
    const none = await list("to=2001-01-01");
    expect(none).toEqual({ entries: [] });
  });

  test("is for the administrator alone", async () => {
    for (const path of ["security/audit-logs", "security/audit-logs/verify"]) {
      expect((await bridge.get(path, withKey)).status).toBe(403);
    }
  });

  test("verifies, also against a head that was kept elsewhere", async () => {
    const first = dataOf(await bridge.get("security/audit-logs/verify", admin));
    expect(first).toMatchObject({ ok: true, torn_bytes: 0 });
    const kept = await bridge.get(`security/audit-logs/verify?head=${first.head}`, admin);
    expect(dataOf(kept).ok).toBe(true);
    const [seq] = String(first.head).split(":");
    const other = `${seq}:${"0".repeat(64)}`;
    const broken = await bridge.get(`security/audit-logs/verify?head=${other}`, admin);
    expect(dataOf(broken)).toMatchObject({ ok: false, seq: Number(seq), reason: "changed" });
    const far = await bridge.get(`security/audit-logs/verify?head=999999:${"0".repeat(64)}`, admin);
    expect(dataOf(far)).toMatchObject({ ok: false, reason: "truncated" });
  });
});

describe("trestle audit", () => {
  const run = (args: readonly string[], home = bridge.home) =>
    trestle(["audit", ...args], { home });

  test("lists and exports what the log holds", async () => {
    const listed = await run(["list", "--event", "key_created", "--limit", "2"]);
    expect(listed.stdout).toMatch(/key_created +admin +operation|key_created +admin +key/);
    expect(listed.stdout).toContain("--before");
    const lines = (await run(["export"])).stdout.trim().split("\n");
    expect(lines.map((line) => JSON.parse(line).seq)).toEqual(lines.map((_, index) => index + 1));
    const csv = (await run(["export", "--format", "csv", "--event", "key_created"])).stdout;
    expect(csv.split("\n")[0]).toBe("seq,time,event,who,entry,hash");
    expect(csv.trim().split("\n")).toHaveLength(6);
    expect(await run(["export", "--format", "xml"])).toMatchObject({ code: 2 });
  });

  /** A copy of the log, changed by somebody; its lines as they stand in its one file. */
  function tampered(change: (lines: string[]) => string[]): string {
    const home = temporaryFolder();
    const [from, to] = [bridge.home, home].map((each) => join(each, "bridge", "audit"));
    cpSync(String(from), String(to), { recursive: true, filter: (path) => !path.endsWith("lock") });
    const file = join(
      String(to),
      readdirSync(String(to)).find((name) => name.endsWith("jsonl")) ?? "",
    );
    const lines = readFileSync(file, "utf8").trimEnd().split("\n");
    writeFileSync(
      file,
      change(lines)
        .map((line) => `${line}\n`)
        .join(""),
    );
    return home;
  }

  test.each<[string, (lines: string[]) => string[], number, string]>([
    ["nothing", (lines) => lines, 0, "all as they were written"],
    [
      "a change",
      ([a = "", b = "", ...rest]) => [a, b.replace("admin", "nobody"), ...rest],
      1,
      "changed",
    ],
    ["a removal", ([a = "", , ...rest]) => [a, ...rest], 1, "removed"],
    ["another order", ([a = "", b = "", c = "", ...rest]) => [a, c, b, ...rest], 1, "reordered"],
    ["a cut end", (lines) => lines.slice(0, -2), 1, "truncated"],
    ["an empty log", () => [], 1, "truncated"],
  ])("verify finds %s, with no bridge running", async (_what, change, code, words) => {
    const ran = await run(["verify"], tampered(change));
    expect(ran).toEqual({ code, stdout: expect.stringContaining(words), stderr: "" });
  });

  test("a head that was kept finds a log that was written anew", async () => {
    const { head } = JSON.parse((await run(["verify", "--json"])).stdout);
    expect(await run(["verify", "--head", head])).toMatchObject({ code: 0 });
    const other = temporaryFolder();
    await trestle(["keys", "create", "x"], { home: other });
    const ran = await run(["verify", "--head", head], other);
    expect(ran).toMatchObject({ code: 1, stdout: expect.stringContaining("truncated") });
    expect(await run(["verify", "--head", "x"])).toMatchObject({ code: 2 });
  });
});
