import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { agentSchema } from "../src/agent/config.ts";
import { resolveAlerts } from "../src/alerts/config.ts";
import { healthSchema } from "../src/health/config.ts";

const page = readFileSync(new URL("../../../docs/tracker-running.md", import.meta.url), "utf8");

test("the files that the page of running shows are what the programs take", () => {
  const [health, agent, ...others] = [...page.matchAll(/```json\n([\s\S]*?)```/g)].map((match) =>
    JSON.parse(match[1] ?? ""),
  );
  expect(others).toEqual([]);
  const { targets, alerts } = healthSchema.parse(health);
  expect(targets.map(({ name }) => name)).toEqual([
    "nightly",
    "backend",
    "backend:api",
    "backend:mcp-8001",
    "store:cache",
    "store:postgres-5432",
  ]);
  const environment = { OPS_SLACK_URL: "https://hooks.slack.test/T/B", OWN_SECRET: "s" };
  expect(resolveAlerts(alerts, environment).webhooks.map(({ id }) => id)).toEqual(["ops", "own"]);
  expect(agentSchema.parse(agent)).toMatchObject(agent);
});
