import { createNeonClient } from "@neon/sdk";
import pg from "pg";
import { expect, onTestFinished, test } from "vitest";
import { type NeonApiOptions, startNeonApi } from "./index.ts";

async function start(options: NeonApiOptions = {}) {
  const api = await startNeonApi(options);
  onTestFinished(api.close);
  const settings = { baseUrl: api.url, wait: { pollIntervalMs: 5 }, throwOnError: true } as const;
  return { api, neon: createNeonClient({ ...settings, apiKey: api.apiKey }), settings };
}

async function query(url: string, sql: string) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query(sql);
  await client.end();
  return rows;
}

test("the official SDK makes projects and branches that are real databases", async () => {
  const { neon } = await start();
  const { project, connectionString } = await neon.projects.createAndConnect({
    name: "hotel",
    pooled: false,
  });
  const projectId = project.id;
  await query(connectionString, "CREATE TABLE guest AS SELECT 1 AS id");
  const dev = await neon.branches.createAndConnect({ projectId, name: "dev", pooled: false });
  const devUrl = dev.connectionString;
  await query(devUrl, "ALTER TABLE guest ADD name text");
  expect(await query(devUrl, "SELECT * FROM guest")).toEqual([{ id: 1, name: null }]);
  expect(await query(connectionString, "SELECT * FROM guest")).toEqual([{ id: 1 }]);

  const compared = { projectId, branchId: dev.branch.id, databaseName: "neondb" };
  const { diff } = await neon.branches.compareSchema(compared);
  expect(diff).toMatch(/^--- a\/neondb\n\+\+\+ b\/neondb\n@@/);
  await neon.branches.resetFromParent(
    { projectId, branchId: dev.branch.id },
    { waitForReadiness: true },
  );
  expect(await neon.branches.compareSchema(compared)).toEqual({ diff: "" });
  expect(await query(devUrl, "SELECT 1 AS one").catch(() => "gone")).toBe("gone");
  const now = await neon.postgres.connectionString({ projectId, branchId: dev.branch.id });
  expect(await query(now, "SELECT * FROM guest")).toEqual([{ id: 1 }]);
});

test("operations pass through their states as they are looked at", async () => {
  const { neon } = await start({ looks: 3 });
  const { id: projectId } = await neon.projects.create({}, { waitForReadiness: false });
  const [operation] = await neon.operations.list({ projectId }).all();
  const operationId = operation?.id ?? "";
  const look = async () => (await neon.operations.get({ projectId, operationId })).status;
  expect([operation?.status, await look(), await look(), await look()]).toEqual([
    "scheduling",
    "running",
    "running",
    "finished",
  ]);
});

test("a project with unfinished operations is busy", async () => {
  const { neon, settings, api } = await start();
  const { id: projectId } = await neon.projects.create({}, { waitForReadiness: false });
  const once = createNeonClient({ ...settings, apiKey: api.apiKey, retries: 0 });
  await expect(once.branches.create({ projectId })).rejects.toMatchObject({ status: 423 });
});

test("lists come in pages", async () => {
  const { neon } = await start({ looks: 1 });
  for (const name of ["a", "b", "c"]) await neon.projects.create({ name });
  const projects = await neon.projects.list({ limit: 2 }).all();
  expect(projects.map(({ name }) => name)).toEqual(["a", "b", "c"]);
  const [{ id: projectId = "" } = {}] = projects;
  await neon.branches.create({ projectId, name: "dev" });
  const branches = await neon.branches.list({ projectId, limit: 1 }).all();
  expect(branches.map(({ name }) => name)).toEqual(["main", "dev"]);
});

test("failures come as often as asked, and are what the SDK knows", async () => {
  const { neon, settings, api } = await start();
  const stranger = createNeonClient({ ...settings, apiKey: "napi_stranger" });
  await expect(stranger.projects.list().all()).rejects.toMatchObject({ kind: "auth" });
  await expect(neon.projects.get({ projectId: "none" })).rejects.toMatchObject({
    kind: "not_found",
  });
  api.fail({ status: 503, times: 2 });
  expect(
    await neon.projects
      .list({})
      .page()
      .catch(({ status }) => status),
  ).toBe(503);
  await expect(neon.projects.get({ projectId: "none" })).rejects.toMatchObject({ status: 404 });
  api.fail({ status: "reset" });
  await expect(neon.user.organizations()).rejects.toMatchObject({ kind: "network" });
  api.failOperation("start_compute");
  await expect(neon.projects.create()).rejects.toMatchObject({ kind: "operation" });
});
