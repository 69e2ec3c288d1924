import { writeFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { temporaryFolder } from "@trestle/testkit/surroundings";
import { describe, expect, test } from "vitest";
import { mountServer } from "./_call.ts";

type Mounted = ReturnType<typeof mountServer>;

async function put(call: Mounted["call"], message: string, more: object = {}): Promise<string> {
  const stored = await call("store_diagnosis", { error: { message }, fix: "mend it", ...more });
  return String(stored.structuredContent.id);
}

describe("backups", () => {
  test("bring back what was changed, deleted and added since, and search agrees", async () => {
    const { call, refusal } = mountServer();
    const kept = await put(call, "pool timed out");
    const deleted = await put(call, "disk quota exceeded");
    expect((await call("create_backup", {})).structuredContent).toMatchObject({ unchanged: 0 });
    await call("update_diagnosis", { id: kept, version: 1, fix: "something worse" });
    await call("delete_diagnosis", { id: deleted });
    const added = await put(call, "certificate has expired");
    const dry = await call("restore_backup", { dryRun: true });
    expect(dry.structuredContent).toMatchObject({ created: 1, replaced: 1, deleted: 1 });

    const done = await call("restore_backup", { confirm: "all knowledge" });
    expect(done.structuredContent).toMatchObject({
      created: 1,
      replaced: 1,
      deleted: 1,
      conflicts: [],
    });
    const got = await call("get_diagnosis", { id: kept });
    expect(got.structuredContent).toMatchObject({ diagnosis: { fix: "mend it" } });
    const found = await call("search_knowledge", { query: "disk quota" });
    expect(found.structuredContent).toMatchObject({ results: [{ id: deleted }] });
    expect(await refusal("get_diagnosis", { id: added })).toContain("There is no diagnosis");
    const expired = await call("search_knowledge", { query: "certificate expired" });
    expect(expired.structuredContent.total).toBe(0);
    // And what is changed afterwards is found as it is then.
    const version = Number(got.structuredContent.version);
    await call("update_diagnosis", { id: kept, version, fix: "raise the pool size" });
    const again = await call("search_knowledge", { query: "raise the pool size" });
    expect(again.structuredContent).toMatchObject({ results: [{ id: kept }] });
  });

  test("over what is there asks, beside it does not", async () => {
    const { call, refusal } = mountServer();
    await put(call, "one");
    await call("create_backup", {});
    expect(await refusal("restore_backup", {})).toContain('confirm: "all knowledge"');
    expect(await refusal("restore_backup", { into: "mcp/" })).toContain("not begin with mcp/");
    const beside = await call("restore_backup", { into: "restored/" });
    expect(beside.structuredContent).toMatchObject({ deleted: 0, replaced: 0, conflicts: [] });
    expect(beside.structuredContent.created).toBeGreaterThan(0);
    expect(await refusal("prune_backups", {})).toContain('confirm: "backups"');
    await call("create_backup", {});
    const pruned = await call("prune_backups", { last: 1, confirm: "backups" });
    expect(pruned.structuredContent).toMatchObject({ kept: [{}], removed: [{}] });
    expect((await call("verify_backups", {})).structuredContent).toMatchObject({
      ok: true,
      backups: 1,
    });
  });
});

describe("lifecycle", () => {
  test("plans, keeps what is on hold, archives and deletes what was planned", async () => {
    const { call, refusal, dataDir } = mountServer();
    const ids = [
      await put(call, "a old", { context: "legal/eu" }),
      await put(call, "b old"),
      await put(call, "c old", { severity: "low" }),
    ];
    const policy = {
      rules: [
        {
          name: "low",
          of: "diagnoses",
          where: { severity: ["low"] },
          after: "0s",
          action: "archive",
        },
        { name: "all", of: "diagnoses", after: "0s", action: "delete" },
      ],
      holds: [{ name: "case", reason: "a lawsuit", where: { context: "legal*" } }],
    };
    await call("set_lifecycle_policy", { policy });
    await new Promise((resolve) => setTimeout(resolve, 2));
    const { structuredContent: plan } = await call("plan_lifecycle", {});
    expect(plan).toMatchObject({ total: 2, held: { case: 1 } });
    expect(await refusal("delete_diagnosis", { id: ids[0] ?? "" })).toMatch(/on hold.*a lawsuit/);
    const { digest } = plan;
    expect(await refusal("apply_lifecycle", { digest: "feed", confirm: "feed" })).toContain(
      "look at the new plan",
    );
    const applied = await call("apply_lifecycle", { digest: digest ?? "", confirm: digest ?? "" });
    expect(applied.structuredContent).toMatchObject({
      deleted: 1,
      archived: 1,
      skipped: 0,
      failed: [],
    });
    expect((await call("list_diagnoses", {})).structuredContent.total).toBe(1);
    const archive = await readdir(join(dataDir, "knowledge", "mcp", "archive", "diagnoses"));
    expect(archive).toEqual([`${ids[2]}.json`]);
    const without = { ...policy, holds: [] };
    expect(await refusal("set_lifecycle_policy", { policy: without })).toContain(
      "Take away or change the hold case",
    );
  });

  test("a hold stands against deleting by hand, restoring over it and deletions that travel", async () => {
    const { call, refusal } = mountServer({ KNOWLEDGE_SYNC_DIR: temporaryFolder() });
    const id = await put(call, "pool timed out");
    await call("create_backup", {});
    const holds = [{ name: "case", reason: "a lawsuit", where: { hasFix: true } }];
    await call("set_lifecycle_policy", { policy: { holds } });
    expect(await refusal("delete_diagnosis", { id })).toContain("a lawsuit");
    expect(await refusal("restore_backup", { confirm: "all knowledge" })).toContain(
      "on hold (case)",
    );
    expect(await refusal("sync_knowledge", { deletes: true, confirm: "deletes" })).toContain(
      "on hold (case)",
    );
    expect((await call("restore_backup", { into: "beside/" })).structuredContent).toMatchObject({
      deleted: 0,
    });
    await call("set_lifecycle_policy", { policy: { holds: [] }, confirm: "case" });
    await call("restore_backup", { confirm: "all knowledge" });
    expect((await call("plan_lifecycle", {})).structuredContent).toMatchObject({
      policy: { holds: [] },
    });
  });

  test("rules that are wrong are refused and nothing changes", async () => {
    const { refusal } = mountServer();
    const rules = [{ name: "x", of: "diagnoses", after: "soon", action: "delete" }];
    expect(await refusal("set_lifecycle_policy", { policy: { rules } })).toContain(
      "must be a span",
    );
  });
});

describe("validate_fix", () => {
  test("runs the operator's check in a copy and records what came of it", async () => {
    const folder = temporaryFolder();
    writeFileSync(
      join(folder, "check.mjs"),
      "import { rmSync } from 'node:fs'; rmSync('check.mjs'); console.log('3 tests pass');",
    );
    const { call, refusal } = mountServer({
      KNOWLEDGE_CHECK_COMMAND: `"${process.execPath}" check.mjs`,
      KNOWLEDGE_CHECK_DIR: folder,
    });
    const id = await put(call, "pool timed out");
    expect(await refusal("validate_fix", { id: "none" })).toContain("There is no diagnosis none");
    const checked = await call("validate_fix", { id });
    expect(checked.structuredContent).toMatchObject({
      ...{ passed: true, recorded: true, exitCode: 0 },
      confidence: { worked: 1, failed: 0 },
    });
    writeFileSync(join(folder, "check.mjs"), "process.exit(4)");
    const failed = await call("validate_fix", { id });
    expect(failed.structuredContent).toMatchObject({
      passed: false,
      confidence: { worked: 1, failed: 1 },
    });
  });

  test("without a configured check says what its operator sets", async () => {
    const { call, refusal } = mountServer();
    const id = await put(call, "x");
    expect(await refusal("validate_fix", { id })).toContain("KNOWLEDGE_CHECK_COMMAND");
  });
});

describe("sync", () => {
  test("another folder follows, and whoever asks there finds it", async () => {
    const there = temporaryFolder();
    const { call } = mountServer({ KNOWLEDGE_SYNC_DIR: there });
    const id = await put(call, "pool timed out");
    const gone = await put(call, "disk quota exceeded");
    const first = await call("sync_knowledge", {});
    expect(first.structuredContent).toMatchObject({ copied: { toSource: 0 }, conflicts: [] });
    const other = mountServer({ KNOWLEDGE_DATA_DIR: there });
    const found = await other.call("search_knowledge", { query: "pool timed out" });
    expect(found.structuredContent).toMatchObject({ results: [{ id }] });

    await other.call("update_diagnosis", { id, version: 1, fix: "raise the size" });
    await call("delete_diagnosis", { id: gone });
    const both = { direction: "both", deletes: true, confirm: "deletes" };
    const second = await call("sync_knowledge", both);
    expect(second.structuredContent).toMatchObject({
      copied: { toSource: 1 },
      deleted: { inTarget: 1 },
    });
    expect((await call("get_diagnosis", { id })).structuredContent).toMatchObject({
      diagnosis: { fix: "raise the size" },
    });
    const raised = await call("search_knowledge", { query: "raise the size" });
    expect(raised.structuredContent).toMatchObject({ results: [{ id }] });
    expect(await other.refusal("get_diagnosis", { id: gone })).toContain("There is no diagnosis");
    expect((await call("sync_knowledge", both)).structuredContent).toMatchObject({ steps: 0 });

    // Deleted here and changed there: it is here again, and found.
    await call("delete_diagnosis", { id });
    await other.call("update_diagnosis", { id, version: 2, fix: "raise it again" });
    expect((await call("sync_knowledge", both)).structuredContent).toMatchObject({
      copied: { toSource: 1 },
    });
    const revived = await call("search_knowledge", { query: "raise it again" });
    expect(revived.structuredContent).toMatchObject({ results: [{ id }] });
  });

  test("without another place says what its operator sets, and asks before deletions travel", async () => {
    const { refusal } = mountServer();
    expect(await refusal("sync_knowledge", {})).toContain("KNOWLEDGE_SYNC_BUCKET");
    expect(await refusal("sync_knowledge", { deletes: true })).toContain('confirm: "deletes"');
    const here = temporaryFolder();
    const same = mountServer({ KNOWLEDGE_DATA_DIR: here, KNOWLEDGE_SYNC_DIR: join(here, ".") });
    expect(await same.refusal("sync_knowledge", {})).toContain("The other place is this one");
  });
});

test("records become other forms by steps", async () => {
  const { call } = mountServer();
  await put(call, "pool timed out for ann@example.org", { context: "api" });
  const steps = [{ pick: ["error.message"] }, { redact: { kinds: ["emails"] } }];
  const { structuredContent } = await call("transform_records", { to: "csv", steps });
  expect(structuredContent).toMatchObject({
    ...{ read: 1, written: 1 },
    text: "error.message\npool timed out for [redacted]\n",
  });
});

test("what is sealed can not be read beneath, also in its backups and in its copy", async () => {
  const there = temporaryFolder();
  const { call, dataDir } = mountServer({
    ...{ KNOWLEDGE_SEAL: "true", MCP_ENCRYPTION_KEY: "one key for both places" },
    KNOWLEDGE_SYNC_DIR: there,
  });
  const id = await put(call, "the swordfish pool timed out");
  await call("create_backup", {});
  await call("sync_knowledge", {});
  expect((await call("get_diagnosis", { id })).structuredContent).toMatchObject({ version: 1 });
  const found = await call("search_knowledge", { query: "swordfish" });
  expect(found.structuredContent.total).toBe(1);
  let files = 0;
  const all = { recursive: true, withFileTypes: true } as const;
  for (const name of [...(await readdir(dataDir, all)), ...(await readdir(there, all))]) {
    if (!name.isFile()) continue;
    files += 1;
    expect((await readFile(join(name.parentPath, name.name))).includes("swordfish")).toBe(false);
  }
  expect(files).toBeGreaterThan(3);
  const copy = mountServer({
    ...{ KNOWLEDGE_SEAL: "true", MCP_ENCRYPTION_KEY: "one key for both places" },
    KNOWLEDGE_DATA_DIR: there,
  });
  const copied = await copy.call("search_knowledge", { query: "swordfish" });
  expect(copied.structuredContent).toMatchObject({ results: [{ id }] });
});
