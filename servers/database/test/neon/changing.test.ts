import { askPostgres } from "@trestle/testkit/local-postgres";
import { expect, test } from "vitest";
import { ADMIN, expectNoSecrets, makeProject, startBench } from "./_bench.ts";

const yes = () => ({ action: "accept", content: { agree: true } });
const no = () => ({ action: "decline" });

test.for(["read-only", "read-write"])("nothing changes in the mode %s", async (mode) => {
  const bench = await startBench();
  const { projectId, mainId } = await makeProject(bench);
  const before = bench.api.requests.length;
  const { call } = await bench.connect({ DATABASE_MODE: mode });
  const calls = {
    create_project: { name: "x" },
    delete_project: { projectId, confirm: projectId },
    create_branch: { projectId },
    delete_branch: { projectId, branchId: mainId, confirm: mainId },
    reset_branch: { projectId, branchId: mainId, confirm: mainId },
    prepare_migration: { projectId, migrationSql: "CREATE TABLE x ()" },
    complete_migration: { migrationId: "mig-1" },
  };
  for (const [tool, args] of Object.entries(calls)) {
    const { code, text } = await call(tool, args);
    expect(code, tool).toBe("denied");
    expect(text).toMatch(new RegExp(`The mode is ${mode}, .*Set DATABASE_MODE=admin`));
  }
  expect(bench.api.requests).toHaveLength(before);
});

test("a branch is made, ready, from the parent and for the time that was asked", async () => {
  const bench = await startBench();
  const { projectId, mainId } = await makeProject(bench);
  const { call } = await bench.connect(ADMIN);
  const made = await call("create_branch", {
    projectId,
    name: "dev",
    parentId: "main",
    expiresAt: "2099-01-01T00:00:00.500Z",
  });
  expect(made.result, made.text).toMatchObject({
    name: "dev",
    parentId: mainId,
    state: "ready",
    expiresAt: "2099-01-01T00:00:00Z",
    temporary: false,
  });
  const url = bench.api.databaseUrl(projectId, String(made.result.id));
  expect(await askPostgres(url, "SELECT name FROM guest")).toEqual([{ name: "Ana" }]);
  const again = await call("create_branch", { projectId, name: "dev" });
  expect(again).toMatchObject({ code: "conflict" });
  const past = await call("create_branch", { projectId, expiresAt: "2020-01-01T00:00:00Z" });
  expect(past.text).toMatch(/is over: name a time to come/);
  expectNoSecrets(bench);
});

test("what cannot be taken back is asked of the user, who may say no", async () => {
  const bench = await startBench();
  const { projectId } = await makeProject(bench);
  const asked = await bench.connect(ADMIN, no);
  await asked.call("create_branch", { projectId, name: "dev" });
  for (const tool of ["delete_branch", "reset_branch"]) {
    const { code } = await asked.call(tool, { projectId, branchId: "dev" });
    expect(code, tool).toBe("denied");
  }
  expect(await asked.call("delete_project", { projectId })).toMatchObject({ code: "denied" });
  expect(asked.questions.map(({ message }) => message)).toEqual([
    expect.stringMatching(/^Delete the Neon branch "dev" \(br-.*with its data/),
    expect.stringMatching(/^Reset the Neon branch "dev" .* is lost/),
    expect.stringMatching(/^Delete the Neon project "hotel" .* on 2 branches/),
  ]);
  expect(bench.api.branchNames(projectId)).toEqual(["main", "dev"]);
});

test("a user who agrees has the branch reset and deleted", async () => {
  const bench = await startBench();
  const { projectId } = await makeProject(bench);
  const { call } = await bench.connect(ADMIN, yes);
  const { result: dev } = await call("create_branch", { projectId, name: "dev" });
  const url = () => bench.api.databaseUrl(projectId, String(dev.id));
  await askPostgres(url(), "DROP TABLE guest");
  const reset = await call("reset_from_parent", { projectId, branchId: "dev" });
  expect(reset.result, reset.text).toMatchObject({ branchId: dev.id, preservedAs: null });
  expect(await askPostgres(url(), "SELECT name FROM guest")).toEqual([{ name: "Ana" }]);
  const kept = await call("reset_branch", {
    projectId,
    branchId: "dev",
    preserveUnderName: "dev-before",
  });
  expect(kept.result).toMatchObject({ preservedAs: "dev-before" });
  expect(bench.api.branchNames(projectId)).toEqual(["main", "dev", "dev-before"]);
  const deleted = await call("delete_branch", { projectId, branchId: "dev" });
  expect(deleted.result).toEqual({ projectId, deleted: dev.id, name: "dev" });
  expect(bench.api.branchNames(projectId)).toEqual(["main", "dev-before"]);
  const root = await call("reset_branch", { projectId, branchId: "main" });
  expect(root.text).toMatch(/has no parent to be reset to/);
});

test("a client that cannot ask names the object, and only that", async () => {
  const bench = await startBench();
  const { projectId } = await makeProject(bench);
  const { call } = await bench.connect(ADMIN);
  const unnamed = await call("delete_project", { projectId });
  expect(unnamed.code).toBe("denied");
  expect(unnamed.text).toContain(`confirm: "${projectId}"`);
  expect((await call("delete_project", { projectId, confirm: "hotel" })).code).toBe("denied");
  const deleted = await call("delete_project", { projectId, confirm: projectId });
  expect(deleted.result).toEqual({ deleted: projectId, name: "hotel" });
  expect((await call("list_projects")).result.projects).toEqual([]);
});

test("a branch that Neon would not delete is refused before the user is asked", async () => {
  const bench = await startBench();
  const { projectId } = await makeProject(bench);
  const { call, questions } = await bench.connect(ADMIN, yes);
  const { code, text } = await call("delete_branch", { projectId, branchId: "main" });
  expect(code).toBe("invalid_input");
  expect(text).toMatch(/"main" .* is the default branch of its project/);
  expect(questions).toEqual([]);
});

test("what Neon refuses is told with its reason", async () => {
  const bench = await startBench();
  const { projectId } = await makeProject(bench);
  const { call } = await bench.connect(ADMIN, yes);
  await call("create_branch", { projectId, name: "dev" });
  await call("create_branch", { projectId, name: "child", parentId: "dev" });
  for (const tool of ["delete_branch", "reset_branch"]) {
    const { code, text } = await call(tool, { projectId, branchId: "dev" });
    expect(code).toBe("invalid_input");
    expect(text).toMatch(/Neon answered 422: .*children/);
  }
});

test("a busy project, a limit and an outage for a moment are waited out", async () => {
  const bench = await startBench({ looks: 3 });
  const { projectId } = await makeProject(bench);
  const { call } = await bench.connect(ADMIN);
  bench.api.fail({ method: "POST", path: /branches$/, status: 423 });
  bench.api.fail({ method: "POST", path: /branches$/, status: 503 });
  bench.api.fail({ method: "GET", path: /\/operations\//, status: 429, retryAfter: 0, times: 2 });
  const made = await call("create_branch", { projectId, name: "dev" });
  expect(made.result, made.text).toMatchObject({ name: "dev", state: "ready" });
  expect(bench.api.branchNames(projectId)).toEqual(["main", "dev"]);
});

test("a limit that lasts is told with the time to wait", async () => {
  const bench = await startBench();
  const { projectId } = await makeProject(bench);
  const { call } = await bench.connect(ADMIN);
  bench.api.fail({ method: "POST", status: 429, retryAfter: 30, times: 9 });
  const { code, text } = await call("create_branch", { projectId });
  expect(code).toBe("rate_limited");
  expect(text).toMatch(/Wait before you ask again/);
  expect(bench.api.requests.filter(({ status }) => status === 429)).toHaveLength(1);
});

test("an answer that was lost is told as that, since the change may have happened", async () => {
  const bench = await startBench();
  const { projectId } = await makeProject(bench);
  const { call } = await bench.connect(ADMIN);
  for (const status of ["reset", 500] as const) {
    bench.api.fail({ method: "POST", path: /branches$/, status });
    const { code, text } = await call("create_branch", { projectId, name: "dev" });
    expect(code).toBe("outcome_unknown");
    expect(text).toMatch(/create the branch "dev".*look before you ask again/);
  }
});

test("an operation that fails after Neon agreed is told with its reason", async () => {
  const bench = await startBench();
  const { projectId } = await makeProject(bench);
  const { call } = await bench.connect(ADMIN);
  bench.api.failOperation("start_compute");
  const { code, text } = await call("create_branch", { projectId, name: "dev" });
  expect(code).toBe("unavailable");
  expect(text).toMatch(/start_compute.*the compute did not start.*list_operations/);
  const { result } = await call("list_operations", { projectId });
  expect(result.operations).toMatchObject([
    {},
    { action: "start_compute", status: "failed", error: "the compute did not start" },
    {},
    {},
  ]);
});
