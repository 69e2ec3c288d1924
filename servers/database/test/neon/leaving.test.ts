import { until } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import { makeProject, openState, startBench } from "./_bench.ts";

test("who leaves while a migration is tried leaves no branch behind", async () => {
  const bench = await startBench();
  const { projectId } = await makeProject(bench);
  const { neon } = openState(bench, { neonProjectId: projectId, mode: "admin" });
  const controller = new AbortController();
  const preparing = neon.migrations.prepare(
    { migrationSql: "SELECT pg_sleep(60); CREATE TABLE room ()" },
    controller.signal,
  );
  const failed = expect(preparing).rejects.toMatchObject({ code: "cancelled" });
  const looked = () => bench.api.requests.filter(({ path }) => path.includes("connection_uri"));
  await until("it runs on the branch", () => looked().length === 2);
  controller.abort();
  await failed;
  expect(bench.api.branchNames(projectId)).toEqual(["main"]);
  expect(neon.prepared.list(projectId)).toEqual([]);
});
