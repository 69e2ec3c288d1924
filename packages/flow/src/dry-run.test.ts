import { expect, test } from "vitest";
import { dryRunChain } from "./dry-run.ts";

test("a dry run fills in what is known and says what is not", () => {
  const plan = dryRunChain(
    {
      name: "report",
      input: { city: "Berlin", limit: 3 },
      steps: [
        {
          id: "find",
          server: "db",
          tool: "query",
          arguments: { sql: "… LIMIT $1", p: ["$limit"] },
        },
        {
          id: "mail",
          server: "post",
          tool: "send",
          when: "$step_1.count > $limit",
          arguments: { to: "${metadata.user}", text: "$city: ${results.find.count} rows" },
        },
      ],
    },
    { input: { city: "Rom" } },
  );
  expect(plan).toEqual({
    chain_name: "report",
    dry_run: true,
    mode: "ordered",
    total_steps: 2,
    ranks: [["find"], ["mail"]],
    steps: [
      {
        id: "find",
        server: "db",
        tool: "query",
        arguments: { sql: "… LIMIT $1", p: [3] },
        waits_for: [],
        unresolved: [],
      },
      {
        id: "mail",
        server: "post",
        tool: "send",
        when: "$step_1.count > $limit",
        arguments: { to: "${metadata.user}", text: "Rom: ${results.find.count} rows" },
        waits_for: ["find"],
        unresolved: ["${metadata.user}", "${results.find.count}", "$step_1.count"],
      },
    ],
  });
});

test("a dry run refuses what a run would refuse", () => {
  const steps = [{ server: "s", tool: "t", arguments: { x: "$last_result" } }];
  expect(() => dryRunChain({ name: "c", steps })).toThrow(/first step/);
});

test("ranks show which steps may run at once", () => {
  const steps = ["a", "b", "c", "d"].map((id) => ({ id, server: "s", tool: "t" }));
  const dependsOn: Record<string, string[]> = { b: ["a"], c: ["a"], d: ["b", "c"] };
  const plan = dryRunChain({
    name: "c",
    steps: steps.map((step) => ({ ...step, dependsOn: dependsOn[step.id] ?? [] })),
  });
  expect(plan.ranks).toEqual([["a"], ["b", "c"], ["d"]]);
});
