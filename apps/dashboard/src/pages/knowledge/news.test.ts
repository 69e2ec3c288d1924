import { expect, test } from "vitest";
import { daysOf } from "./days.ts";
import { isChange } from "./news.ts";

const event = (topic: string, payload: Record<string, unknown> = {}, source?: string) => ({
  ...{ seq: 1, time: 0, topic, payload },
  ...(source !== undefined && { source }),
});

test("what changed the knowledge is news, what read it is none", () => {
  const call = (server: string, tool: string) => event("call.success", { server, tool });
  expect(isChange(call("knowledge", "update_diagnosis"), "knowledge")).toBe(true);
  expect(isChange(call("knowledge", "get_diagnosis"), "knowledge")).toBe(false);
  expect(isChange(call("other", "update_diagnosis"), "knowledge")).toBe(false);
  expect(isChange(event("knowledge.diagnosis.stored", {}, "knowledge"), "knowledge")).toBe(true);
  expect(isChange(event("knowledge.diagnosis.stored", {}, "other"), "knowledge")).toBe(false);
});

test("days that only one count names are 0 in the others", () => {
  expect(daysOf([{ "2026-01-02": 3 }, { "2026-01-01": 1 }])).toEqual({
    times: [1_767_268_800, 1_767_355_200],
    values: [
      [0, 3],
      [1, 0],
    ],
  });
});
