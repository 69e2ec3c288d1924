// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references are written so
import type { JsonObject } from "@trestle/protocol";
import { expect, test } from "vitest";
import { readDefinition } from "../definitions/read.ts";
import { toPlan } from "../definitions/to-plan.ts";
import { callsOf, warningsOf } from "../definitions/warnings.ts";
import { open } from "./_opened.ts";
import { listPublished } from "./_servers.ts";
import { instantiate } from "./template.ts";
import { findTemplate, listTemplates } from "./templates.ts";

test.each(listTemplates())("$id fits the tools that it names", ({ id, bindings }) => {
  const plan = toPlan(readDefinition(instantiate(findTemplate(id))));
  expect(warningsOf(plan, listPublished())).toEqual([]);
  const used = callsOf(plan).map(({ server, tool }) => `${server}.${tool}`);
  const declared = Object.values(bindings).flatMap(({ server, tools }) =>
    tools.map((tool) => `${server}.${tool}`),
  );
  expect(new Set(declared)).toEqual(new Set(used));
});

test("the six of them are listed, with what they need", async () => {
  const { templates } = await open({}).call("list_workflows", {});
  const ids = Array.isArray(templates) ? templates.map((each) => (each as JsonObject).id) : [];
  expect(ids).toEqual([
    ...["customer_onboarding", "deploy_and_watch", "full_deployment"],
    ...["health_recovery", "ocr_processing", "property_management"],
  ]);
});

test("bindings that the template does not know are refused with a sentence", async () => {
  const { call } = open({});
  for (const [bindings, problem] of [
    [{ databse: "x" }, 'did you mean \\"database\\"'],
    [{ database: { server: "x", tools: { upsert: "y" } } }, "knows no tool"],
  ] as const)
    await expect(
      call("register_workflow", { template: "ocr_processing", bindings }),
    ).rejects.toThrow(problem);
  await expect(call("register_workflow", { template: "ocr" })).rejects.toThrow("no template");
  await expect(call("register_workflow", { id: "x" })).rejects.toThrow("one of definition");
});

test("a binding renames tools and arguments", () => {
  const database = {
    ...{ server: "pg", tools: { upsert_rows: "put" } },
    arguments: { upsert_rows: { conflictColumns: "keys" } },
  };
  const { steps } = instantiate(findTemplate("ocr_processing"), { database });
  const [, , store] = steps as JsonObject[];
  expect(store).toMatchObject({ server: "pg", tool: "put", arguments: { keys: ["path"] } });
});
