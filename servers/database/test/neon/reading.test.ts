import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { expect, test } from "vitest";
import { ADMIN, expectNoSecrets, makeProject, startBench } from "./_bench.ts";

test("what there is can be looked at in the read-only mode", async () => {
  const bench = await startBench();
  const { projectId, mainId } = await makeProject(bench);
  const { call } = await bench.connect();
  const projects = await call("list_projects");
  expect(projects.result).toMatchObject({
    projects: [{ id: projectId, name: "hotel", region: "aws-eu-central-1", postgresVersion: 17 }],
    truncated: false,
  });
  expect(projects.text).toMatch(/data, never instructions/);
  expect((await call("get_project", { projectId })).result).toMatchObject({
    name: "hotel",
    branches: [{ id: mainId, name: "main", default: true, state: "ready", temporary: false }],
  });
  expect((await call("describe_project", { projectId })).result).toMatchObject({ id: projectId });
  expect((await call("list_branches", { projectId })).result).toMatchObject({
    branches: [{ id: mainId, parentId: null, expiresAt: null, migrationId: null }],
  });
  expect((await call("list_databases", { projectId })).result).toMatchObject({
    branchId: mainId,
    databases: [{ name: "neondb", owner: "postgres" }],
  });
  const endpoint = { branchId: mainId, type: "read_write", minComputeUnits: 0.25 };
  expect((await call("list_endpoints", { projectId })).result).toMatchObject({
    endpoints: [endpoint],
  });
  const names = { project_id: projectId, branchIdOrName: "main" };
  const ofMain = await call("list_branch_computes", names);
  expect(ofMain.result).toMatchObject({ endpoints: [endpoint] });
  expect((await call("list_operations", { projectId })).result).toMatchObject({
    operations: [
      { action: "create_branch", status: "finished", branchId: mainId },
      { action: "start_compute", status: "finished" },
    ],
  });
  expectNoSecrets(bench);
});

test("a branch may be named, and a misspelt name finds the nearest", async () => {
  const bench = await startBench();
  const { projectId, mainId } = await makeProject(bench);
  const { call } = await bench.connect();
  const found = await call("list_databases", { projectId, branchId: "main" });
  expect(found.result.branchId).toBe(mainId);
  const lost = await call("list_databases", { projectId, branchId: "mian" });
  expect(lost).toMatchObject({ code: "not_found" });
  expect(lost.text).toContain('Did you mean "main"?');
});

test("pages follow each other, and one refusal among them ends nothing", async () => {
  const bench = await startBench({ looks: 1 });
  const { projectId } = await makeProject(bench);
  bench.api.fail({ method: "GET", path: /^\/projects\?/, status: 429, retryAfter: 0 });
  bench.api.fail({ method: "GET", path: /\/branches$/, status: 503, times: 2 });
  bench.api.fail({ method: "GET", path: /\/branches$/, status: "reset" });
  const { call } = await bench.connect();
  expect((await call("list_projects")).result.projects).toHaveLength(1);
  expect((await call("list_branches", { projectId })).result.branches).toHaveLength(1);
});

test("a personal key lists the projects of each organisation", async () => {
  const bench = await startBench({ orgRequired: true });
  const { projectId } = await makeProject(bench);
  const { call } = await bench.connect();
  expect((await call("list_projects")).result).toMatchObject({ projects: [{ id: projectId }] });
});

test("without a key a tool says which and where to make one", async () => {
  const bench = await startBench();
  const { call } = await bench.connect({ NEON_API_KEY: "" });
  const { code, text } = await call("list_projects");
  expect(code).toBe("invalid_config");
  expect(text).toMatch(
    /https:\/\/console\.neon\.tech\/app\/settings\/api-keys and set NEON_API_KEY/,
  );
  expect(bench.api.requests).toEqual([]);
});

test("a key that Neon does not know is said to be that, and never shown", async () => {
  const bench = await startBench();
  const { call } = await bench.connect({ NEON_API_KEY: "napi_anotherkeyofthetestkit" });
  const { code, text } = await call("list_projects");
  expect(code).toBe("denied");
  expect(text).toMatch(/check NEON_API_KEY/);
  expect(bench.seen.join("\n")).not.toContain("napi_another");
});

test("where no project is meant, the answer says how one is named", async () => {
  const bench = await startBench();
  const { call } = await bench.connect();
  const { code, text } = await call("list_branches");
  expect(code).toBe("invalid_input");
  expect(text).toMatch(/Pass projectId.*or set NEON_PROJECT_ID/);
});

test("a configured project is the only one there is, until the mode is admin", async () => {
  const bench = await startBench();
  const { projectId } = await makeProject(bench);
  const other = await makeProject(bench, "other");
  const narrow = await bench.connect({ NEON_PROJECT_ID: projectId });
  expect((await narrow.call("list_projects")).result.projects).toHaveLength(1);
  expect((await narrow.call("list_branches")).result.projectId).toBe(projectId);
  for (const tool of ["get_project", "list_branches", "get_connection_string"]) {
    const { code, text } = await narrow.call(tool, { projectId: other.projectId });
    expect(code).toBe("denied");
    expect(text).toMatch(/NEON_PROJECT_ID.*DATABASE_MODE=admin/);
  }
  const wide = await bench.connect({ NEON_PROJECT_ID: projectId, ...ADMIN });
  expect((await wide.call("list_projects")).result.projects).toHaveLength(2);
  const named = await wide.call("get_project", { projectId: other.projectId });
  expect(named.result).toMatchObject({ name: "other" });
});

test("a connection string keeps its password unless an admin asks for it", async () => {
  const bench = await startBench();
  const { projectId, mainId } = await makeProject(bench);
  const { call } = await bench.connect({ NEON_PROJECT_ID: projectId });
  const masked = await call("get_connection_string");
  expect(masked.result).toMatchObject({
    branchId: mainId,
    databaseName: "neondb",
    roleName: "postgres",
    masked: true,
    connectionString: expect.stringContaining(":****@127.0.0.1:5432/"),
  });
  const refused = await call("get_connection_string", { reveal: true });
  expect(refused.code).toBe("denied");
  expect(refused.text).toMatch(/may not reveal passwords. Set DATABASE_MODE=admin/);
  const admin = await bench.connect({ NEON_PROJECT_ID: projectId, ...ADMIN });
  expect((await admin.call("get_connection_string")).result.masked).toBe(true);
  expectNoSecrets(bench);
  const revealed = await admin.call("get_connection_string", { reveal: true });
  expect(revealed.result.connectionString).toBe(bench.api.databaseUrl(projectId, mainId));
});

test.for([
  [423, "unavailable", /list_operations shows when it is done/],
  [429, "rate_limited", /Wait before you ask again/],
  [500, "unavailable", /neonstatus\.com/],
  ["reset", "unavailable", /was not reached \(.+\): check the network/],
] as const)("a read that is answered %s for good says what to do", async ([status, code, text]) => {
  const bench = await startBench();
  const { projectId } = await makeProject(bench);
  bench.api.fail({ path: /\/endpoints$/, status, times: 100, retryAfter: 60 });
  const { call } = await bench.connect();
  const answer = await call("list_endpoints", { projectId });
  expect(answer.code).toBe(code);
  expect(answer.text).toMatch(text);
});

test("nobody listens where the API is said to be", async () => {
  const bench = await startBench();
  const passing = createServer().listen(0, "127.0.0.1");
  await once(passing, "listening");
  const { port } = passing.address() as AddressInfo;
  passing.close();
  const { call } = await bench.connect({ NEON_API_URL: `http://127.0.0.1:${port}/api/v2` });
  const { code, text } = await call("list_projects");
  expect(code).toBe("unavailable");
  expect(text).toMatch(/ECONNREFUSED\).*NEON_API_URL/);
});
